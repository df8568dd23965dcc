"""Writing so that a reader, or a crash, never meets half a file."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from bertdemo.errors import UserError

PROBE_SECONDS = 1.0
"""How long to wait for a lock that may only be looked at: `is_held` takes it for an instant."""
STEM_BYTES = 100
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
SAID_FULL = ("No space left", "quota exceeded", *(f"os error {number}" for number in FULL))
"""What libraries say that give no number."""
MEGABYTE = 1_000_000


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON in one step."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1))


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step: written aside, synced, renamed."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync_folder(path.parent)


def is_full(error: BaseException) -> bool:
    """Whether `error` says that the disk is full, or as full as its owner may make it."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    wrote = isinstance(error, OSError) or type(error).__name__ == "SafetensorError"
    return wrote and any(words in str(error) for words in SAID_FULL)


def disk_full(folder: Path) -> UserError:
    """What is said where something did not fit in `folder`."""
    return UserError("disk_full", folder=str(folder), free=free_on_disk(folder) // MEGABYTE)


def free_on_disk(folder: Path) -> int:
    """Bytes that can still be written there."""
    return shutil.disk_usage(folder).free


def lock_at(path: Path) -> filelock.FileLock:
    """A lock that whoever takes it waits for a little: free is also what somebody only looks at."""
    return filelock.FileLock(path, timeout=PROBE_SECONDS)


def is_held(lock: filelock.FileLock) -> bool:
    """Whether somebody holds a lock now."""
    if not Path(lock.lock_file).parent.is_dir():
        return False  # to take a lock makes its folder: what was deleted would be back as an empty one
    try:
        with lock.acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True


def read_json(path: Path) -> Any:
    """What a JSON file in UTF-8 holds.

    Raises:
        OSError: it is not there.
        ValueError: it is no JSON.
    """
    return json.loads(path.read_text(encoding="utf-8"))


@contextlib.contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """An empty folder to write in, which becomes `folder` when the block ends without an error.

    Where `folder` exists already, it is moved away first and deleted last, so that a crash at any
    moment leaves the old one, the new one, or (for an instant) `folder` under its ``.old`` name.

    Raises:
        UserError: ``disk_full``.
    """
    aside, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    if old.exists() and not folder.exists():  # a crash came between the two renames
        old.rename(folder)
    for stale in (aside, old):
        shutil.rmtree(stale, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if is_full(error):
            raise disk_full(folder.parent) from error
        raise
    for file in aside.rglob("*"):
        if file.is_file():
            with file.open("r+b") as handle:  # Windows syncs no file that is open for reading alone
                os.fsync(handle.fileno())
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def short_stem(name: str) -> str:
    """A file's name without its ending, as much as every file system takes: they count bytes, not characters."""
    return Path(name).stem.encode("utf-8", "replace")[:STEM_BYTES].decode("utf-8", "ignore")


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable, where the system can (Windows can't)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
