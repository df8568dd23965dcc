"""The one family of errors that a user can cause.

An error is a code and its parameters. The sentence is made in `bertdemo.text`, once, for the page
and for the command line. Everything that is not a `UserError` is a bug and crashes loudly.
"""

from __future__ import annotations

from typing import Any


class UserError(Exception):
    """Something the user caused and can mend.

    Args:
        code: key of the sentence in `bertdemo.text`, e.g. ``"file_empty"`` (worded as
            ``error.file_empty``).
        params: values that the sentence names: what was found, where, what was expected. Plain JSON
            values, so that an error survives a log line and a process boundary. ``in_file``: the one of several files
            that it is about.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.code, self.params)

    def __str__(self) -> str:
        from bertdemo.text import say_error

        return say_error(self.code, **self.params)


def first_line(error: Exception) -> str:
    """What a library says went wrong, as a whole sentence: in the words of a `UserError` another one follows it."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip()
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _rebuild(code: str, params: dict[str, Any]) -> UserError:
    return UserError(code, **params)
