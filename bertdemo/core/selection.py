"""Which of a run's models is used: the one expected to be best, unless another is better beyond noise."""

from __future__ import annotations

import math

import numpy as np

from bertdemo.core.predictions import Predictions, choosing_rows
from bertdemo.core.tasks import task_of
from bertdemo.data.dataset import Split
from bertdemo.runs.run import MODELS, Run

BEYOND_NOISE = 1.645
"""Standard errors; chance alone gets as far once in twenty times (one-sided)."""
BEYOND_NOISE_OF_FEW = 2.326
"""The same where rows are few: once in a hundred times."""
EXPECTED_OF_FEW = ("instant", "bert", "tfidf")
"""The classifiers from best to worst where rows are so few that scores are out of fold."""


def select(run: Run, split: Split) -> tuple[str, str]:
    """The model to use, and why.

    Models are compared on the rows by which models are chosen, all on those that BERT has judged (a stopped run has
    judged some folds only). On a few dozen rows the best of three accuracies is luck, and so is the smallest of
    three losses: it falls to whichever classifier is least sure of itself. So the order that is expected holds until
    the rows speak clearly against it (McNemar 1947: the test on the rows that one model alone gets right).

    Returns:
        A name of `MODELS`, and ``"validation"``, or ``"few_rows"`` where BERT was passed over though no worse there.
    """
    found = {name: said for name in MODELS if (said := Predictions.load(run.folder, name))}
    rows = choosing_rows(split)
    if "bert" in found:
        rows = found["bert"].among(rows).positions
    right = {
        name: task_of(split.data).right(said.among(rows).logits, split.data.labels[rows])
        for name, said in found.items()
    }
    expected = next(name for name in (EXPECTED_OF_FEW if split.folds else MODELS) if name in right)
    least = BEYOND_NOISE_OF_FEW if split.folds else BEYOND_NOISE
    clearly = [name for name in right if _standard_errors(right[name] - right[expected]) > least]
    best = max(clearly, key=lambda name: right[name].mean()) if clearly else expected
    passed_over = best != "bert" and "bert" in right and right[best].mean() <= right["bert"].mean()
    return best, "few_rows" if passed_over else "validation"


def _standard_errors(gains: np.ndarray) -> float:
    """How many standard errors a sum of gains, one for each row, lies above 0."""
    spread = math.sqrt(float((gains**2).sum()))
    return float(gains.sum()) / spread if spread else 0.0
