"""What processes that were killed left in the home folder: half of what they were making, or of what they deleted."""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bertdemo.runs.run import home

MADE = re.compile(r"\..+\.(new|\d+)")
"""Names under which files and folders are made that are not whole yet, see `runs.files`."""
DELETED = re.compile(r"\..+\.deleted")
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
        if DELETED.fullmatch(path.name) or (MADE.fullmatch(path.name) and _is_old(path)):
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
