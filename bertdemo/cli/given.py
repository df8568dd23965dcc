"""What the options of several commands say, and JSON as an answer."""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import combinations
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from bertdemo.errors import UserError

READING = ("encoding", "delimiter", "quotechar", "has_header", "skip_rows", "sheet")
COLUMNS = ("text", "label", "text_pair", "label_sep", "spellings_apart")


def reading(options: argparse.Namespace) -> dict[str, Any]:
    """How the file is to be read, where the person says so: fields of `Overrules`."""
    given = {name: getattr(options, name) for name in READING}
    return {name: value for name, value in given.items() if value is not None}


def material(options: argparse.Namespace) -> dict[str, Any]:
    """Which columns, which test rows, and what is done to the rows first."""
    return {name: getattr(options, name) for name in (*COLUMNS, "group", "split", "remedies")}


def path_given(given: str) -> Path:
    """Raises `UserError` ``path_empty``, which `Path` would take for the folder that one is in."""
    if not given.strip():
        raise UserError("path_empty")
    return Path(given)


def run_id(given: str) -> str:
    """The whole id of the run that is meant; raises `UserError` ``run_unknown`` or ``run_ambiguous``."""
    from bertdemo.runs.run import Run

    return Run.find(given).id


def run_or_model(given: str) -> str:
    """The folder of a model, or the whole id of the run that is meant; raises `UserError` where it is neither."""
    if Path(given).is_file():
        raise UserError("model_zipped" if is_zipfile(given) else "model_unknown", path=given)
    return given if Path(given).is_dir() else run_id(given)


def can_be_written(path: Path, *, makes_folders: bool = False) -> None:
    """Raises `UserError` ``folder_missing`` (there is no folder for the file, and whoever writes it makes none),
    ``out_is_folder``, ``out_unwritable`` or ``disk_full``."""
    folder = _first_that_is_there(path.parent) if makes_folders else path.parent
    if not folder.is_dir():
        raise UserError("folder_missing", path=str(folder))
    if path.is_dir():
        raise UserError("out_is_folder", path=str(path))
    _must_take(folder, path)


def can_be_filled(path: Path) -> None:
    """Raises `UserError` ``out_not_empty`` (it is no empty folder, and no new one), ``folder_missing`` (a file is
    where its folder would be), ``out_unwritable`` or ``disk_full``."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError("out_not_empty", path=str(path))
    folder = _first_that_is_there(path)
    if not folder.is_dir():
        raise UserError("folder_missing", path=str(folder))
    _must_take(folder, path)


def _first_that_is_there(path: Path) -> Path:
    """`path`, or the nearest above it that is there: where folders will be made, or what is in their way."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())


def _must_take(folder: Path, path: Path) -> None:
    """Raises `UserError` where nothing can be written in `folder`, which is to hold `path`."""
    from bertdemo.runs.files import where_asked

    with where_asked(path), tempfile.NamedTemporaryFile(dir=folder, prefix=f".{path.name}."):
        pass


def must_differ(**paths: Path | None) -> None:
    """Raises `UserError` ``same_file`` where two options name one file: the one would be written over the other."""
    given = [(f"--{option}", path) for option, path in paths.items() if path is not None]
    for (first, one), (second, other) in combinations(given, 2):
        if one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other)):
            raise UserError("same_file", first=first, second=second, path=str(other))


def print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))
