"""What an interrupted training has kept and nobody can read any more: it is dropped, and so made again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bertdemo.core import baselines, checkpoint, predictions, weights
from bertdemo.runs.run import CHECKPOINT, FOLD, TRIALS, Run


def drop_unreadable(run: Run) -> list[str]:
    """Delete of a run that is worked on what can't be read. Returns what it was, worded as ``part.<name>``.

    All of it follows from the rows and the settings: of a fit it is the last checkpoint that is lost at most, or the
    fit where the predictions that it ended with are.
    """
    dropped = []
    for part, folders in _unreadable(run):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        if part not in dropped:
            dropped.append(part)
    return dropped


def _unreadable(run: Run) -> Iterator[tuple[str, list[Path]]]:
    if not checkpoint.is_readable(run.folder / CHECKPOINT):
        yield "checkpoint", checkpoint.folders(run.folder / CHECKPOINT)
    for folder in (run.folder / "predictions").glob("[!.]*"):
        if not weights.is_whole(folder / predictions.FILE):
            # the weights that wait for folds to come are of the folds whose predictions are lost
            yield "predictions", [folder, run.folder / FOLD]
    if (features := run.folder / "features").exists() and not weights.is_whole(features / baselines.FEATURES):
        yield "features", [features]
    for folder in (run.folder / FOLD, *(run.folder / TRIALS).glob("[0-9]*")):
        if folder.exists() and not weights.is_readable(folder):
            yield "weights", [folder]
