"""What a classifier says of rows it has not learnt from: the raw material of every score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bertdemo.core.about import about_model
from bertdemo.core.tasks import OneLabel, SeveralLabels, Use
from bertdemo.data.dataset import Split
from bertdemo.errors import UserError
from bertdemo.runs.files import folder_aside
from bertdemo.runs.run import Run

FILE = "rows.safetensors"


@dataclass(frozen=True)
class Predictions:
    """`logits[i]` (classes,) float32 belongs to the row at `positions[i]` of the split's data."""

    positions: np.ndarray
    logits: np.ndarray
    several: bool = False
    """Whether a row may have several labels."""

    @classmethod
    def none(cls, classes: int, *, several: bool = False) -> Predictions:
        """Of no row yet, for so many classes."""
        return cls(np.zeros(0, np.int64), np.zeros((0, classes), np.float32), several)

    def plus(self, positions: np.ndarray, logits: np.ndarray) -> Predictions:
        """With more rows; rows that were there already are replaced."""
        old = ~np.isin(self.positions, positions)
        return Predictions(
            np.concatenate([self.positions[old], positions]),
            np.concatenate([self.logits[old], logits.astype(np.float32)]),
            self.several,
        )

    def divided(self, temperature: float) -> Predictions:
        """The same with logits divided by `temperature`."""
        return replace(self, logits=self.logits / np.float32(temperature))

    def among(self, positions: np.ndarray) -> Predictions:
        """Those of `positions` that were predicted, in the order of `positions`."""
        where = {int(p): i for i, p in enumerate(self.positions)}
        rows = [where[int(p)] for p in positions if int(p) in where]
        return replace(self, positions=self.positions[rows], logits=self.logits[rows])

    @property
    def are_numbers(self) -> bool:
        """False of a model whose training went astray: its likeliest class is none at all."""
        return bool(np.isfinite(self.logits).all())

    @property
    def labels(self) -> np.ndarray:
        """The likeliest class of each row."""
        best: np.ndarray = self.logits.argmax(axis=1)
        return best

    @property
    def probabilities(self) -> np.ndarray:
        """Of each class, shape (rows, classes), float64; a row's sum to 1 where it has one label."""
        return (SeveralLabels() if self.several else OneLabel()).probabilities(self.logits)

    def save(self, folder: Path, name: str) -> None:
        """Write ``predictions/<name>/rows.safetensors`` in the run's folder."""
        from safetensors.numpy import save_file

        (folder / "predictions").mkdir(exist_ok=True)
        with folder_aside(folder / "predictions" / name) as aside:
            arrays = {"positions": self.positions, "logits": np.ascontiguousarray(self.logits)}
            save_file(arrays, aside / FILE, {"several": "yes"} if self.several else None)

    @classmethod
    def load(cls, folder: Path, name: str) -> Predictions | None:
        """What `save` wrote; None where it wrote nothing.

        Raises:
            UserError: ``run_data_damaged``.
        """
        from safetensors import SafetensorError, safe_open

        path = folder / "predictions" / name / FILE
        if not path.exists():
            return None
        try:
            with safe_open(path, "np") as kept:
                several = bool((kept.metadata() or {}).get("several"))
                return cls(kept.get_tensor("positions"), kept.get_tensor("logits"), several)
        except (SafetensorError, ValueError) as error:
            raise UserError("run_data_damaged", run=folder.name, file=f"predictions/{name}/{FILE}") from error


def before_calibration(run: Run, model: str, rows: np.ndarray) -> Predictions | None:
    """What a model of a run would have said of `rows` without its temperature; None where it has none."""
    temperature = Use.from_json(about_model(run.model_folder(model))).temperature
    said = Predictions.load(run.folder, model)
    return said.among(rows).divided(1 / temperature) if said and temperature != 1.0 else None


def choosing_rows(split: Split) -> np.ndarray:
    """Positions of the rows by which models are chosen: validation rows, or all where scores are out of fold."""
    return split.train if split.folds else split.validation


def judging_rows(split: Split) -> np.ndarray:
    """Positions of the rows that the scores are reported on."""
    return split.train if split.out_of_fold else split.test


def judged_by_all(run: Run, split: Split) -> tuple[dict[str, Predictions], np.ndarray]:
    """What each ready model of a run said, and positions of the rows that the scores of all of them are of.

    One whose logits are no numbers has said nothing: it is not among them.
    Where a run was stopped between folds BERT has judged some of `judging_rows`: all models are judged on those.
    """
    found = {name: said for name in run.models if (said := Predictions.load(run.folder, name)) and said.are_numbers}
    rows = judging_rows(split)
    for said in found.values():
        rows = said.among(rows).positions
    return found, rows
