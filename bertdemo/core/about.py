"""bertdemo.json: what a model folder of bertdemo says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bertdemo.errors import UserError
from bertdemo.runs.files import read_json

ABOUT = "bertdemo.json"


def about_model(folder: Path) -> dict[str, Any]:
    """What the file says; nothing where there is none, in a folder that was made elsewhere.

    Raises:
        UserError: ``model_damaged``.
    """
    if not (folder / ABOUT).is_file():
        return {}
    try:
        about = read_json(folder / ABOUT)
    except ValueError:
        about = None
    if not isinstance(about, dict):
        raise UserError("model_damaged", path=str(folder), file=ABOUT)
    return about
