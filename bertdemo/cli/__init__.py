"""The command line: ``python -m bertdemo …``.

Exit code 0, or 2 with a sentence on standard error for anything the person caused. With ``--json``
standard output is one JSON object; progress goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from bertdemo.cli.parser import parser
from bertdemo.errors import UserError
from bertdemo.text import say_hint


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits with 2 where the person can mend what went wrong."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        options = parser().parse_args(arguments)
        options.command(options)
    except UserError as error:
        print(f"bertdemo: {error} {say_hint(error.code, **error.params)}".rstrip(), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
