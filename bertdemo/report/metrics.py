"""Scores of predicted labels. What scikit-learn has comes from there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


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
