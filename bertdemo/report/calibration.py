"""Can the probabilities be believed, and from which one on: calibration, and accuracy against coverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bertdemo.report.metrics import accuracy_interval

BINS = 15
CURVE_POINTS = 50
TARGETS = (0.9, 0.95, 0.99)


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = BINS) -> float:
    """How far confidence and accuracy are apart on average, over bins of equal width (Guo et al. 2017).

    Args:
        confidence: probability of the predicted class, shape (rows,).
        correct: whether it was right, bool, shape (rows,).

    Returns:
        0 (probabilities mean what they say) to 1.
    """
    if not len(confidence):
        return 0.0
    return float(sum(b["share"] * abs(b["confidence"] - b["accuracy"]) for b in reliability(confidence, correct, bins)))


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = BINS) -> list[dict[str, float]]:
    """The filled bins of a reliability diagram: ``confidence`` and ``accuracy`` (means), ``share``, ``rows``."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for b in np.unique(place):
        inside = place == b
        found.append(
            {
                "confidence": float(confidence[inside].mean()),
                "accuracy": float(correct[inside].mean()),
                "share": float(inside.mean()),
                "rows": int(inside.sum()),
            }
        )
    return found


def coverage_curve(confidence: np.ndarray, correct: np.ndarray, points: int = CURVE_POINTS) -> list[dict[str, float]]:
    """Accuracy of the surest texts, for growing shares of them: ``threshold``, ``coverage``, ``accuracy``."""
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(correct[order])
    ends = np.unique(np.linspace(1, len(order), min(points, len(order))).round().astype(int))
    return [
        {
            "threshold": float(confidence[order[end - 1]]),
            "coverage": end / len(order),
            "accuracy": float(right[end - 1] / end),
        }
        for end in ends.tolist()
    ]


def threshold_for(confidence: np.ndarray, correct: np.ndarray, target: float) -> float | None:
    """The lowest confidence from which on at least `target` of the texts are right.

    A bound of one standard error is kept, so that a lucky run at the top is not taken for a promise. With
    equal confidences all or none are accepted.

    Returns:
        A threshold (accept what is at least as sure), or None where no share of the texts reaches `target`.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, right = confidence[order], np.cumsum(correct[order])
    count = np.arange(1, len(order) + 1)
    share = right / count
    slack = np.sqrt(share * (1 - share) / count)
    last_of_equals = np.append(sure[1:] != sure[:-1], True)
    good = np.flatnonzero((share - slack >= target) & (count >= 10) & last_of_equals)
    return float(sure[good[-1]]) if len(good) else None


def promise(confidence: np.ndarray, correct: np.ndarray, threshold: float) -> dict[str, Any]:
    """What accepting texts from `threshold` on gives: ``coverage``, ``accuracy`` and its 95% ``interval``."""
    accepted = confidence >= threshold
    n = int(accepted.sum())
    right = int(correct[accepted].sum())
    return {
        "threshold": threshold,
        "coverage": n / max(1, len(confidence)),
        "accuracy": right / n if n else math.nan,
        "interval": list(accuracy_interval(right, n)),
        "rows": n,
    }
