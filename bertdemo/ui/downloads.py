"""Files for a visitor to download."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "bertdemo-download-"
"""Of these folders alone: a running export works in one that begins with ``bertdemo-``."""
KEPT_SECONDS = 3600.0
"""Gradio copies what it serves at once, and forgets its copies after a day; ours are of no use after that."""


def new_file(name: str) -> Path:
    """Where a file may be written that Gradio shall serve; older ones are deleted."""
    _forget_old()
    return Path(tempfile.mkdtemp(prefix=PREFIX)) / name


def for_download(path: Path) -> str:
    """A copy where Gradio may serve it: the folder of the runs itself is never opened."""
    return str(shutil.copy2(path, new_file(path.name)))


def _forget_old() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # deleted by another app, or of another user
            if time.time() - folder.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
