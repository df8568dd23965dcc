"""Would more rows help? Accuracy from parts of the training rows, by the instant classifier, which costs seconds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bertdemo.core.baselines import Features
from bertdemo.core.linear import Linear
from bertdemo.data.dataset import Split, groups_among
from bertdemo.report.metrics import accuracy_interval, independent_rows

SHARES = (0.125, 0.25, 0.5, 1.0)
DRAWS = 3
MANY_ROWS = 3000
LEAST_ROWS = 80
REGULARISATION = 10.0
MOST_JUDGED = 3000
LITTLE = 0.02
NEARLY_TWICE = 1.8
"""How many times as many rows the last step must have for it to say what twice as many add."""


def learning_curve(known: Features, split: Split, rows: np.ndarray) -> list[dict[str, Any]]:
    """Accuracy on `rows` after learning from an eighth, a quarter, half and all of the training rows.

    The means of `DRAWS` stratified draws (one, where rows abound); frozen embeddings and logistic regression, so
    that the level is not that of the fine-tuned model, while the slope says how hungry the task is. Each class keeps
    a row at least: where classes have few rows, parts are larger than their share, and the same part stands once.

    Args:
        known: embeddings of the rows.
        split: the rows and their parts.
        rows: positions of the judged rows.

    Returns:
        ``rows`` (learned from, the mean over folds), ``accuracy``, its standard ``error`` and its 95% ``interval``,
        from few rows to all; nothing where there are fewer than `LEAST_ROWS` training rows.
    """
    parts = _parts(split, np.intersect1d(rows, known.positions), known.positions)
    all_rows = max((len(kept) for kept, _ in parts), default=0)
    if all_rows < LEAST_ROWS:
        return []
    draws = DRAWS if all_rows < MANY_ROWS else 1
    groups = groups_among(split.data, np.concatenate([unseen for _, unseen in parts]))
    curve: list[dict[str, Any]] = []
    for share in SHARES:
        learned_from = round(float(np.mean([_taken(split, kept, share).sum() for kept, _ in parts])))
        if curve and curve[-1]["rows"] == learned_from:
            continue
        found = [_right(known, split, parts, share, draw) for draw in range(draws if share < 1 else 1)]
        right, judged = float(np.mean([hits.mean() for hits in found])), independent_rows(found[0], groups)
        curve.append(
            {
                "rows": learned_from,
                "accuracy": right,
                "error": math.sqrt(right * (1 - right) / judged),
                "interval": list(accuracy_interval(right * judged, judged)),
            }
        )
    return curve


def outlook(curve: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What twice as many rows would probably add: ``gain`` of the last doubling, and ``verdict``.

    Each doubling adds less than the one before, so that the last one's gain is the most to hope for. ``"helps"``
    where it was at least a point and beyond chance, ``"little"`` where it is less than `LITTLE` even if chance has
    hidden a part of it, else ``"unclear"``. None where the last step is no doubling, as each class has few rows.
    """
    if len(curve) < 2 or curve[-1]["rows"] < NEARLY_TWICE * curve[-2]["rows"]:
        return None
    before, last = curve[-2], curve[-1]
    gain, chance = last["accuracy"] - before["accuracy"], last["error"]
    # the same rows are judged both times, so that the gain's error is about one of the two, not their sum
    verdict = "helps" if gain >= max(0.01, chance) else "little" if max(0.0, gain) + chance <= LITTLE else "unclear"
    return {"gain": gain, "verdict": verdict}


def _parts(split: Split, judged: np.ndarray, known: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows to learn from, rows to judge) of each model."""
    folds = split.folds if split.out_of_fold else ((split.train, judged),)
    found = []
    for kept, unseen in folds:
        test = np.intersect1d(unseen, judged)
        if len(test) > MOST_JUDGED:
            test = np.sort(np.random.default_rng(0).choice(test, MOST_JUDGED, replace=False))
        if len(test):
            found.append((np.intersect1d(kept, known), test))
    return found


def _taken(split: Split, kept: np.ndarray, share: float) -> np.ndarray:
    """(classes,): how many of each class's rows among `kept` are a `share` of them, rounded up."""
    taken: np.ndarray = np.ceil(share * np.bincount(split.data.labels[kept], minlength=len(split.data.label_names)))
    return taken


def _right(
    known: Features, split: Split, parts: list[tuple[np.ndarray, np.ndarray]], share: float, draw: int
) -> np.ndarray:
    """Whether each judged row is right after learning from `share` of the rows of each class."""
    labels, classes = split.data.labels, len(split.data.label_names)
    hits = []
    for number, (kept, unseen) in enumerate(parts):
        order = np.random.default_rng((draw, number)).permutation(kept)
        order = order[np.argsort(labels[order], kind="stable")]
        counts = np.bincount(labels[kept], minlength=classes)
        rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen = np.sort(order[rank < np.repeat(_taken(split, kept, share), counts)])
        linear = Linear.fit_scaled(known.mean(chosen), labels[chosen], classes, C=REGULARISATION)
        said = linear.probabilities(known.mean(unseen)).argmax(1)
        hits.append(said == labels[unseen])
    return np.concatenate(hits)
