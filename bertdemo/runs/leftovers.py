"""What processes that were killed left in the home folder: half of what they were making, or of what they deleted.

The folder may be one in which a person keeps other things: nothing is touched but what is named as it is named here.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bertdemo.runs.run import home

_ID = "[0-9a-f]{32}"
MADE = re.compile(
    rf"\.device\.json\.\d+|(runs|files)/\.{_ID}\.new|(runs/{_ID}|files/{_ID}(/[^/.]+)?)/\.[^/]+\.(new|\d+)"
)
"""Paths in the home of files and folders that are not whole yet, see `runs.files`."""
DELETED = re.compile(rf"runs/\.{_ID}\.deleted")
LONGEST_SECONDS = 3600.0
"""Nobody is at work any more on what is not whole and was not touched for so long."""


def sweep() -> None:
    """Delete what is left of runs and file jobs whose making or deleting was cut off. What can't be deleted stays."""
    for left in _leftovers():
        with contextlib.suppress(OSError):
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()


def _leftovers() -> Iterator[Path]:
    for path in _looked_at():
        name = path.relative_to(home()).as_posix()
        if DELETED.fullmatch(name) or (MADE.fullmatch(name) and _is_old(path)):
            yield path


def _looked_at() -> Iterator[Path]:
    """Hidden files and folders of the home, of its runs and of its file jobs."""
    for pattern in (".*", "runs/.*", "runs/*/.*", "files/.*", "files/*/.*", "files/*/*/.*"):
        with contextlib.suppress(OSError):  # deleted meanwhile
            yield from list(home().glob(pattern))


def _is_old(path: Path) -> bool:
    try:
        touched = max(each.stat().st_mtime for each in (path, *path.rglob("*")))
    except OSError:  # somebody is at it
        return False
    return time.time() - touched > LONGEST_SECONDS
