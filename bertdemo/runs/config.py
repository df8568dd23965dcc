"""The settings of a training run, checked when they are made."""

from __future__ import annotations

import dataclasses
import math
import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bertdemo.errors import UserError

Budget = Literal["quick", "balanced", "thorough"]
BUDGETS: tuple[Budget, ...] = ("quick", "balanced", "thorough")

PRECISIONS = ("auto", "fp32", "bf16", "fp16")
"""In which a classifier may compute; see `Classifier.load`."""
TFIDF_ONLY = "tfidf"
"""A `TrainConfig.base` that asks for the TF-IDF classifier alone: nothing to download."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What a person asked for. `None` means: chosen from the data and the device before step 0.

    Numbers may be numpy's; whole ones may be floats, such as 16.0.

    Raises:
        UserError: ``setting_out_of_range`` with the setting's name, its value and the range; ``setting_no_number``,
            ``setting_not_whole``, ``base_missing`` or ``unknown_budget``.
    """

    budget: Budget = "balanced"
    """The one dial: how much time the search for a good model may take."""
    base: str | None = None
    """Base model: a name from the catalogue, a Hub id, a local folder, or ``"tfidf"``."""
    epochs: float | None = None
    """Passes over the training rows, 0.1 to 200."""
    lr: float | None = None
    """Peak learning rate of AdamW, 1e-7 to 1e-2."""
    batch: int | None = None
    """Rows that one optimiser step sees, 1 to 4096."""
    max_length: int | None = None
    """Tokens kept of a text, special tokens included, 8 to 8192."""
    seed: int = 0
    """Seed of the split, of the order of rows, of dropout and of the head's first weights."""

    def __post_init__(self) -> None:
        if self.budget not in BUDGETS:
            raise UserError("unknown_budget", value=str(self.budget), choices=", ".join(BUDGETS))
        if self.base is not None and not str(self.base).strip():
            raise UserError("base_missing")
        if self.base is not None:  # a folder may be given as a `Path`, which has no JSON
            object.__setattr__(self, "base", os.path.expanduser(str(self.base)))
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise UserError("setting_no_number", name=name, value=str(value)[:40])
            if name in _WHOLE and math.isfinite(value) and value != int(value):
                raise UserError("setting_not_whole", name=name, value=value)
            if not low <= value <= high:
                raise UserError("setting_out_of_range", name=name, value=value, low=low, high=high)
            # 16.0 is taken for 16, and numbers of numpy have no JSON
            object.__setattr__(self, name, int(value) if name in _WHOLE else float(value))

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def asked(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Of the settings in run.json those that are not the usual ones; what this version doesn't know is left out."""
        usual = {field.name: field.default for field in dataclasses.fields(cls)}
        return {name: value for name, value in settings.items() if name in usual and value != usual[name]}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> TrainConfig:
        return cls(**fields)


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("epochs", 0.1, 200),
    ("lr", 1e-7, 1e-2),
    ("batch", 1, 4096),
    ("max_length", 8, 8192),
    ("seed", 0, 2**31 - 1),
)
_WHOLE = ("batch", "max_length", "seed")
