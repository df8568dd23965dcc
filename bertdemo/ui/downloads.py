"""Files for a visitor to download."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
import time
from pathlib import Path

from gradio.utils import get_upload_folder

PREFIX = "bertdemo-download-"
"""Of these folders alone: a running export works in one that begins with ``bertdemo-``."""
KEPT_SECONDS = 3600.0
"""Gradio copies what it serves at once, and forgets its copies after a day; ours are of no use after that."""
GIVEN_SECONDS = 86_400.0
"""What is given out where Gradio serves it without a copy is kept as long as Gradio's copies are."""

_given: dict[tuple[str, int, int], Path] = {}
_lock = threading.Lock()


def new_file(name: str) -> Path:
    """Where a file may be written that Gradio shall serve; older ones are deleted."""
    _forget_old()
    return Path(tempfile.mkdtemp(prefix=PREFIX)) / name


def for_download(path: Path) -> str:
    """The file where Gradio serves it as it is: the folder of the runs itself is never opened.

    A link, on another disk a copy, under a name that nobody guesses; the same one whenever the file is asked for again.
    A classified file may have gigabytes, and its page is loaded many times.
    """
    about = path.stat()
    key = str(path), about.st_ino, about.st_mtime_ns
    with _lock:
        given = _given.get(key)
        if given is None or not given.exists():
            _forget_old()
            given = Path(get_upload_folder()) / f"{PREFIX}{secrets.token_hex(16)}" / path.name
            given.parent.mkdir(parents=True)
            _link(path, given)
            _given[key] = given
        _renew(given)
    return str(given)


def _link(path: Path, to: Path) -> None:
    try:
        os.link(path, to)
    except OSError:  # another disk, or one that has no links
        shutil.copy2(path, to)


def _renew(given: Path) -> None:
    """Begin its day anew. Gradio goes by the time at which a file's entry changed, which is set with any other."""
    about = given.stat()
    os.utime(given, ns=(about.st_atime_ns, about.st_mtime_ns))
    os.utime(given.parent)


def _forget_old() -> None:
    for root, kept in ((tempfile.gettempdir(), KEPT_SECONDS), (get_upload_folder(), GIVEN_SECONDS)):
        for folder in Path(root).glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):  # deleted by another app, or of another user
                if time.time() - folder.stat().st_mtime > kept:
                    shutil.rmtree(folder, ignore_errors=True)
