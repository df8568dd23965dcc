"""Files for a visitor to download."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


def for_download(path: Path) -> str:
    """A copy where Gradio may serve it: the folder of the runs itself is never opened."""
    folder = Path(tempfile.mkdtemp(prefix="bertdemo-"))
    return str(shutil.copy2(path, folder / path.name))
