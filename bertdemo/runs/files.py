"""Files and folders of a run: written whole or not at all, locked, and what is said where they can't be written."""

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

from bertdemo.aside import file_aside, sync_file, sync_folder
from bertdemo.errors import UserError

PROBE_SECONDS = 1.0
"""How long to wait for a lock that may only be looked at: `is_held` takes it for an instant."""
STEM_BYTES = 100
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG)
"""Of an OSError: nothing can be written there, however much room there is."""
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
SAID_FULL = ("No space left", "quota exceeded", *(f"os error {number}" for number in FULL))
"""What libraries say that give no number."""
MEGABYTE = 1_000_000


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON in one step."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1))


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step."""
    with file_aside(path, str(os.getpid())) as aside:
        aside.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def where_asked(path: Path) -> Iterator[None]:
    """A block that writes at `path`, which a person named.

    Raises:
        UserError: ``disk_full``, or ``out_unwritable``: the system refuses it.
    """
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise disk_full(path.parent) from error
        if error.errno in REFUSED:
            raise UserError("out_unwritable", path=str(path), reason=error.strerror) from error
        raise


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


class _LockOfFolder(filelock.FileLock):  # type: ignore[misc]
    """A lock in a folder that is there: what was deleted is not brought back as an empty folder by who wants it."""

    def acquire(self, *arguments: Any, **named: Any) -> Any:
        self._require_folder()
        return super().acquire(*arguments, **named)

    def _acquire(self) -> None:  # with every look whether it is free by now
        self._require_folder()
        super()._acquire()

    def _require_folder(self) -> None:
        folder = Path(self.lock_file).parent
        if not folder.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))


def lock_at(path: Path) -> filelock.FileLock:
    """A lock that whoever takes it waits for a little: free is also what somebody only looks at.

    Its folder must be there: to take it raises FileNotFoundError where that was deleted.
    """
    return _LockOfFolder(path, timeout=PROBE_SECONDS)


def is_held(lock: filelock.FileLock) -> bool:
    """Whether somebody holds a lock now."""
    try:
        with lock.acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
    except OSError:  # it was deleted, or nobody may write there
        return False


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
            sync_file(file)
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def folder_to_fill(folder: Path) -> Iterator[Path]:
    """As `folder_aside`, for a folder that a person named: where it is there, and empty, it stays the same one."""
    if not folder.exists():
        with folder_aside(folder) as aside:
            yield aside
        return
    filled = folder / ".filled"
    with folder_aside(filled) as aside:
        yield aside
    for each in filled.iterdir():
        each.rename(folder / each.name)
    filled.rmdir()


def short_stem(name: str) -> str:
    """A file's name without its ending, as much as every file system takes: they count bytes, not characters."""
    return Path(name).stem.encode("utf-8", "replace")[:STEM_BYTES].decode("utf-8", "ignore")
