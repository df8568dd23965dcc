"""What a run will cost, before and while it goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bertdemo.core import recipe
from bertdemo.core.baselines import FIRST_TRAIN, FIRST_VALIDATION, begins_with_a_part
from bertdemo.core.linear import MOST_ROWS
from bertdemo.core.models import BUNDLED, catalogue_entry
from bertdemo.data.dataset import Split
from bertdemo.data.split import folds_of
from bertdemo.data.words import count_unspaced
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig
from bertdemo.runs.events import PHASES

_OF_A_STEP, _OF_A_TOKEN = 300.0, 0.85
"""A step takes what so many tokens take, whatever it learns; each of its tokens takes so much of what one takes in the
measurement (`device.describe`): about what steps of 16 to 128 rows took (docs/measurements.md, 64 rows a step)."""
BEFORE_REPORT = 0.99
"""Share of a training that lies before its report."""
_VALIDATING = 1.1
_CHARACTERS_OF_A_TOKEN = 4.2
"""In scripts with spaces; in others a token is a character."""


@dataclass(frozen=True)
class _Size:
    """Of a training: rows to learn from, tokens of an average text, classes, folds that take turns, or 0, and whether a
    row may have several labels."""

    rows: int
    tokens: float
    classes: int
    folds: int
    several: bool = False


def estimate_seconds(
    rows: int,
    mean_tokens: float,
    classes: int,
    config: TrainConfig,
    device: dict[str, Any] | None,
    *,
    folds: int | None = None,
) -> float:
    """What the whole job will take, from the measured speed of the device (`device.known()`).

    Args:
        rows: rows to train on.
        mean_tokens: tokens of an average text.
        classes: number of classes.
        config: what was asked for.
        device: facts of `bertdemo.core.device`, or None before they were measured.
        folds: how many take turns; by the number of rows where left out, as if no class were too small for parts.

    Returns:
        Seconds.
    """
    size = _Size(rows, mean_tokens, classes, folds_of(rows) if folds is None else folds)
    return sum(_by_phase(size, config, device).values())


def expected_seconds(config: TrainConfig, split: Split, device: dict[str, Any] | None) -> dict[str, float]:
    """Expected seconds of each phase, in the order of the phases."""
    sample = split.data.texts[:: max(1, len(split.data) // 200)]
    tokens = 2 + float(np.mean([_about_tokens(text) for text in sample]))
    size = _Size(len(split.train), tokens, len(split.data.label_names), len(split.folds), split.data.several)
    return _by_phase(size, config, device)


def _about_tokens(text: str) -> float:
    unspaced = count_unspaced(text)
    return unspaced + (len(text) - unspaced) / _CHARACTERS_OF_A_TOKEN


def _by_phase(size: _Size, config: TrainConfig, device: dict[str, Any] | None) -> dict[str, float]:
    times = dict.fromkeys(PHASES, 0.0)
    times["reading"] = 1.0
    times["tfidf"] = 1.0 + size.rows * 3e-4 * max(1.0, math.log2(size.classes))
    times["reporting"] = 0.5
    if config.base == TFIDF_ONLY:
        return times

    entry = catalogue_entry(config.base or BUNDLED)
    base = entry.name if entry else config.base or BUNDLED
    weights = recipe.encoder_weights_of(base)
    speed = (device or {}).get("tokens_per_second", recipe.SLOWEST_GUESS) * recipe.BUNDLED_ENCODER / weights
    about = np.array([size.tokens])
    choices = recipe.choose(config, about, size.classes, longest=512, encoder_weights=weights, rows=size.rows)
    tokens = min(size.tokens, choices["max_length"])

    def learnt(rows: float, batch: int, tokens: float) -> float:
        return rows * (_OF_A_STEP / batch + _OF_A_TOKEN * tokens) / speed

    def read(rows: float) -> float:
        return recipe.FORWARD_SHARE * rows * tokens / speed

    most = at_first = min(size.rows, MOST_ROWS)
    start = recipe.start_of(
        base, size.rows, size.classes, choices["epochs"], few=size.folds > 0, regression=True, several=size.several
    )
    if begins_with_a_part(size.rows, not recipe.waits_for_embeddings(config, start)):
        at_first = FIRST_TRAIN + FIRST_VALIDATION
    times["instant"] = 2.0 + read(at_first)
    times["preparing"] = 3.0
    times["testing"] = 1.0 + read(0.5 * size.rows + most - at_first)
    learning = learnt(size.rows * choices["epochs"] * max(1, size.folds), choices["batch"], tokens)
    learning *= 1.0 if size.folds else _VALIDATING
    if config.budget == "quick" and not config.epochs:
        learning = min(learning, recipe.quick_seconds(size.rows, sum(times.values())))
    if config.budget == "thorough" and config.lr is None and not size.folds:
        learning *= len(recipe.RATES_OF_SMALL)
    times["learning"] = learning
    return times


class Meter:
    """How much of the whole job is done, from the expected seconds of each phase; it never goes back."""

    def __init__(self, expected: dict[str, float], done: float = 0.0, least: float = 0.0) -> None:
        """`done` is the share of the job that lies before the first of the `expected` phases; no less than `least` is
        said, what was said before an interruption."""
        self._expected, self._done, self._least = expected, done, least
        self._total = sum(expected.values()) or 1.0

    def before(self, phase: str) -> float:
        """Share of the job that lies before `phase`."""
        return self.within(phase, 0.0)

    def within(self, phase: str, share: float) -> float:
        """Share of the job done when `share` of `phase` is; what is left for the report is left."""
        return min(max(self._least, self._planned(phase, share)), BEFORE_REPORT)

    def left(self, phase: str, share: float = 0.0) -> float:
        """Expected seconds of all that is left when `share` of `phase` is done."""
        return self._total * (1 - self.within(phase, share)) / (1 - self._done)

    def after(self, phase: str) -> float:
        """Expected seconds of the phases that follow `phase`."""
        phases = list(self._expected)
        return sum(self._expected[p] for p in phases[phases.index(phase) + 1 :])

    def measured(self, **seconds: float) -> Meter:
        """From the first of the phases named on by seconds that were measured; what lies before keeps its share."""
        phases = list(self._expected)
        begin = next(i for i, phase in enumerate(phases) if phase in seconds)
        rest = {phase: seconds.get(phase, self._expected[phase]) for phase in phases[begin:]}
        return Meter(rest, self._planned(phases[begin], 0.0), self._least)

    def _planned(self, phase: str, share: float) -> float:
        phases = list(self._expected)
        passed = sum(self._expected[p] for p in phases[: phases.index(phase)]) + share * self._expected[phase]
        return round(self._done + (1 - self._done) * passed / self._total, 6)
