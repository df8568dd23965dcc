"""The command line: ``python -m bertdemo …``.

Exit code 0, or 2 with a sentence on standard error for anything the person caused; 130 where Ctrl-C ended the command
before its end (a training that is finished early and saved has reached it: 0). With ``--json`` standard output is one
JSON object; progress goes to standard error. Both are UTF-8 where they are no terminal.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from bertdemo.cli.parser import parser
from bertdemo.errors import UserError
from bertdemo.text import say_hint

INTERRUPTED = 130
"""What shells give for a command that Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits with 2 where the person can mend what went wrong."""
    for stream in (sys.stdout, sys.stderr):
        _take_all_characters(stream)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        options = parser().parse_args(arguments)
        options.command(options)
    except UserError as error:
        _refuse(error)
    except KeyboardInterrupt:  # where it leaves something to go on with, the command has said so
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if said := _of_the_disk(error):
            _refuse(said)
        raise


def _refuse(error: UserError) -> NoReturn:
    print(f"bertdemo: {error} {say_hint(error.code, **error.params)}".rstrip(), file=sys.stderr)
    sys.exit(2)


def _of_the_disk(error: Exception) -> UserError | None:
    """What is said where the system lets nothing be written in the home folder; None of an error of another kind."""
    from bertdemo.runs.files import REFUSED, disk_full, is_full
    from bertdemo.runs.run import home

    if is_full(error):
        return disk_full(home())
    if isinstance(error, OSError) and error.errno in REFUSED and home() in Path(str(error.filename)).parents:
        return UserError("home_unwritable", reason=error.strerror)
    return None


def _take_all_characters(stream: TextIO) -> None:
    """Windows writes files and pipes in a code page that has few of them."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
