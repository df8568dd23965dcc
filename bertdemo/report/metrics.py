"""Scores of predicted labels. What scikit-learn has comes from there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bertdemo.core.tasks import macro_f1

DRAWS = 1000
"""Draws of a bootstrap."""


def accuracy_interval(correct: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share: `correct` of `n` (Wilson 1927, the score interval).

    Args:
        correct: rows that were right.
        n: rows that were judged.
        z: normal quantile; 1.96 gives 95%.

    Returns:
        Lower and upper bound; (0, 1) where there are no rows.
    """
    if n == 0:
        return 0.0, 1.0
    share = correct / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def paired_difference(correct: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """Whether one classifier is right more often than another on the same rows (McNemar 1947, the exact test).

    Args:
        correct, other: whether each was right, bool, shape (rows,).

    Returns:
        ``difference`` of the accuracies, ``p`` (two-sided), ``only_first`` and ``only_other`` (rows that one
        alone gets right), and ``verdict``: ``"better"`` or ``"worse"`` where p < 0.05, else ``"within_noise"``.
    """
    from scipy.stats import binomtest

    first, second = int((correct & ~other).sum()), int((other & ~correct).sum())
    p = float(binomtest(first, first + second, 0.5).pvalue) if first + second else 1.0
    verdict = "within_noise" if p >= 0.05 else "better" if first > second else "worse"
    difference = (first - second) / max(1, len(correct))
    return {"difference": difference, "p": p, "only_first": first, "only_other": second, "verdict": verdict}


def most_confused(confusion: np.ndarray, label_names: tuple[str, ...], most: int = 5) -> list[dict[str, Any]]:
    """The pairs (given, predicted) with the most rows, largest first."""
    wrong = np.array(confusion).copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    places = [divmod(int(i), len(label_names)) for i in order]
    return [
        {"given": label_names[i], "predicted": label_names[j], "rows": int(wrong[i, j])}
        for i, j in places
        if wrong[i, j]
    ]


def score_several(labels: np.ndarray, said: np.ndarray, label_names: tuple[str, ...]) -> dict[str, Any]:
    """What `score` gives, of rows that may have several labels.

    Args:
        labels, said: given and predicted labels, bool, shape (rows, labels).

    Returns:
        ``rows``, ``accuracy`` (rows with all labels right), ``micro_f1``, ``interval`` (95%, of the micro F1: the
        bootstrap over rows, Efron 1979), ``macro_f1`` (over the labels that occur) and ``per_class``.
    """
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, support = precision_recall_fscore_support(labels, said, average=None, zero_division=0)
    per_class = [
        {"label": name, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
        for name, p, r, f, s in zip(label_names, precision, recall, f1, support, strict=True)
    ]
    return {
        "rows": len(labels),
        "accuracy": float((labels == said).all(axis=1).mean()) if len(labels) else 0.0,
        **micro_f1(labels, said),
        "macro_f1": macro_f1(labels, said),
        "per_class": per_class,
    }


def micro_f1(labels: np.ndarray, said: np.ndarray) -> dict[str, Any]:
    """``micro_f1`` and its ``interval``, see `score_several`."""
    right, counted = (labels & said).sum(axis=1), labels.sum(axis=1) + said.sum(axis=1)
    return {"micro_f1": _micro_f1(right, counted), "interval": _bootstrap(right, counted)}


def paired_f1(labels: np.ndarray, said: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """Whether one classifier has a better micro F1 than another on the same rows (paired bootstrap over rows).

    Args:
        labels, said, other: given labels and those of both classifiers, bool, shape (rows, labels).

    Returns:
        ``difference`` of the micro F1s, ``p`` (two-sided: twice the share of draws on the other side of 0) and
        ``verdict``, as `paired_difference` gives them.
    """
    counts = [((labels & its).sum(axis=1), labels.sum(axis=1) + its.sum(axis=1)) for its in (said, other)]
    difference = _micro_f1(*counts[0]) - _micro_f1(*counts[1])
    rng, drawn = np.random.default_rng(0), []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(labels), len(labels))
        first, second = (_micro_f1(right[rows], counted[rows]) for right, counted in counts)
        drawn.append(first - second)
    below = float(np.mean(np.array(drawn) <= 0))
    p = min(1.0, 2 * min(below, float(np.mean(np.array(drawn) >= 0))))
    verdict = "within_noise" if p >= 0.05 else "better" if difference > 0 else "worse"
    return {"difference": difference, "p": p, "verdict": verdict}


def _micro_f1(right: np.ndarray, counted: np.ndarray) -> float:
    """From each row's labels that are right, and its labels given plus predicted."""
    return float(2 * right.sum() / max(1, counted.sum()))


def _bootstrap(right: np.ndarray, counted: np.ndarray) -> list[float]:
    """The middle 95% of the micro F1 over rows drawn with replacement."""
    if not len(right):
        return [0.0, 1.0]
    rng = np.random.default_rng(0)
    found = []
    for _ in range(DRAWS):
        rows = rng.integers(0, len(right), len(right))
        found.append(_micro_f1(right[rows], counted[rows]))
    return [float(bound) for bound in np.quantile(found, (0.025, 0.975))]


def score(labels: np.ndarray, predicted: np.ndarray, label_names: tuple[str, ...]) -> dict[str, Any]:
    """Everything that is counted on judged rows.

    Args:
        labels: the given classes, shape (rows,).
        predicted: the predicted classes, shape (rows,).
        label_names: names of the classes.

    Returns:
        ``rows``, ``accuracy``, ``interval`` (95%), ``macro_f1`` (over the classes that occur),
        ``confusion`` (given x predicted counts) and ``per_class`` (label, precision, recall, f1, support).
    """
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

    classes = np.arange(len(label_names))
    correct = int((labels == predicted).sum())
    precision, recall, f1, support = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    per_class = [
        {"label": name, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
        for name, p, r, f, s in zip(label_names, precision, recall, f1, support, strict=True)
    ]
    return {
        "rows": len(labels),
        "accuracy": correct / max(1, len(labels)),
        "interval": list(accuracy_interval(correct, len(labels))),
        "macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
        "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
        "per_class": per_class,
    }
