"""A file that is written beside its place and takes it when it is whole: no reader, and no crash, meets half of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def file_aside(path: Path, mark: str = "new") -> Iterator[Path]:
    """Where to write a file, which becomes `path` when the block ends without an error, synced; else nothing is left.

    Args:
        mark: what tells it from what others write in the place of the same file at the same time.
    """
    aside = path.with_name(f".{path.name}.{mark}")
    try:
        yield aside
        sync_file(aside)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Make what was written to `path` durable."""
    with path.open("r+b") as handle:  # Windows syncs no file that is open for reading alone
        os.fsync(handle.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable, where the system can (Windows can't)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
