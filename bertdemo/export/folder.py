"""A run's selected model as one file to take away."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from bertdemo.errors import UserError
from bertdemo.runs.files import folder_aside
from bertdemo.runs.run import Run


def zip_model(run: Run) -> Path:
    """The zip of the selected model's folder, made once for each selection and named after the data file.

    Raises:
        UserError: ``run_not_ready``.
    """
    folder = run.selected
    if folder is None:
        raise UserError("run_not_ready", run=run.id)
    stem = re.sub(r"[^\w-]+", "-", Path(run.meta["name"]).stem).strip("-") or "model"
    target = run.folder / "exports" / folder.name / f"{stem}-{folder.name}.zip"
    if not target.exists():
        target.parent.parent.mkdir(exist_ok=True)
        # weights do not get smaller: stored, not deflated
        with folder_aside(target.parent) as aside, zipfile.ZipFile(aside / target.name, "w") as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, Path(stem) / file.relative_to(folder))
    return target
