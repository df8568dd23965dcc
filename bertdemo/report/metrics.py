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
