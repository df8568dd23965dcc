"""Can the probabilities be believed, and from which one on: calibration, and accuracy against coverage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bertdemo.report.metrics import counted_once, share_interval, spread_as

BINS = 15
CURVE_POINTS = 50
TARGETS = (0.9, 0.95, 0.99)
LEAST_ACCEPTED = 10
EASY_COVERAGE = 0.6
MOST_COUNTED = 10_000
"""Texts up to which the chances of every number of right ones are added up."""


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


def _bins(confidence: np.ndarray, bins: int) -> list[np.ndarray]:
    """Which rows, bool, (rows,), each bin of equal width holds that is not empty."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [place == b for b in np.unique(place)]


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = BINS) -> list[dict[str, float]]:
    """The filled bins of a reliability diagram: ``confidence`` and ``accuracy`` (means), ``share``, ``rows``."""
    return [
        {
            "confidence": float(confidence[inside].mean()),
            "accuracy": float(correct[inside].mean()),
            "share": float(inside.mean()),
            "rows": int(inside.sum()),
        }
        for inside in _bins(confidence, bins)
    ]


Judged = tuple[np.ndarray, np.ndarray]
"""The probabilities of what was predicted, and whether it was right, both of shape (rows,)."""


def calibration(after: Judged, before: Judged | None, groups: np.ndarray | None = None) -> dict[str, Any]:
    """What a report says of the probabilities as delivered, and of those before they were calibrated.

    Args:
        groups: which of those delivered belong together, (rows,); None: none do.

    Returns:
        ``error`` and ``error_before`` (see `expected_calibration_error`), ``bins`` (see `reliability`), and
        ``by_chance``, the error to expect where every probability means what it says: the mean distance of a share of n
        draws from their probability p is about sqrt(2 p (1 - p) / (pi n)), with n as `spread_as` has it.
    """
    bins, correct = reliability(*after), after[1]
    draws = (spread_as(correct[i], None if groups is None else groups[i]) for i in _bins(after[0], BINS))
    variances = (b["confidence"] * max(0.0, 1 - b["confidence"]) / n for b, n in zip(bins, draws, strict=True))
    by_chance = sum(b["share"] * math.sqrt(2 / math.pi * v) for b, v in zip(bins, variances, strict=True))
    return {
        "error": expected_calibration_error(*after),
        "error_before": expected_calibration_error(*before) if before else None,
        "by_chance": by_chance,
        "bins": bins,
    }


def coverage_curve(confidence: np.ndarray, correct: np.ndarray, points: int = CURVE_POINTS) -> list[dict[str, float]]:
    """Accuracy of the surest texts, for growing shares of them: ``threshold``, ``coverage``, ``accuracy``.

    Texts of equal confidence are accepted together: no share ends among them.
    """
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(correct[order])
    wanted = np.linspace(1, len(order), min(points, len(order))).round().astype(int)
    falling = -confidence[order]
    ends = np.unique(np.searchsorted(falling, falling[wanted - 1], side="right"))
    return [
        {
            "threshold": float(confidence[order[end - 1]]),
            "coverage": end / len(order),
            "accuracy": float(right[end - 1] / end),
        }
        for end in ends.tolist()
    ]


@dataclass(frozen=True)
class Promise:
    """What accepting texts from `threshold` on is expected to give, from rows other than those it is checked on.

    Attributes:
        accuracy: share of accepted texts that will be right.
        accepted: rows on which this rests, those that tell something each by itself.
        right: how many of them were right.
    """

    threshold: float
    accuracy: float
    accepted: int
    right: int

    def interval(self, texts: int) -> tuple[float, float]:
        """Where the accuracy on `texts` new accepted texts falls in 95 of 100 cases.

        The beta-binomial predictive interval under Jeffreys' prior: it allows for chance among the rows that
        the promise rests on and among the new texts. Its quantiles are found by adding up all counts, 15 seconds of
        them for a million texts: above `MOST_COUNTED` the share is as good as continuous, and they are those of the
        beta distribution with the same mean and variance. Without the variance of the new texts, as the posterior has
        it, they would be too narrow where the promise rests on as many rows.
        """
        from scipy.stats import beta, betabinom

        if not texts:
            return 0.0, 1.0
        right, wrong = self.right + 0.5, self.accepted - self.right + 0.5
        if texts > MOST_COUNTED:
            times = ((right + wrong + 1) * texts / (right + wrong + texts) - 1) / (right + wrong)
            share = beta(right * times, wrong * times)
            return float(share.ppf(0.025)), float(share.ppf(0.975))
        expected = betabinom(texts, right, wrong)
        return float(expected.ppf(0.025)) / texts, float(expected.ppf(0.975)) / texts


def promise_for(
    confidence: np.ndarray, correct: np.ndarray, target: float, groups: np.ndarray | None = None
) -> Promise | None:
    """The lowest confidence from which on `target` of the texts are expected to be right.

    Expected by a smooth curve through all rows (`chance_of_right`), not by counting the surest ones: the best of many
    counts is a lucky one and would promise too much. It is a tenth of a percent, as which it is said.

    Args:
        groups: which rows belong together, (rows,); None: none do.

    Returns:
        None where no share of the texts, of at least `LEAST_ACCEPTED` rows, reaches `target`.
    """
    order = np.argsort(-confidence, kind="stable")
    tenths = np.minimum(np.floor(1000 * confidence[order] + 1e-9), 999)
    expected = np.cumsum(chance_of_right(confidence, correct)[order]) / np.arange(1, len(order) + 1)
    last_of_equals = np.append(tenths[1:] != tenths[:-1], True)
    good = np.flatnonzero((expected >= target) & last_of_equals)
    if not len(good) or (end := int(good[-1]) + 1) < LEAST_ACCEPTED:
        return None
    taken = order[:end]
    right, wrong = counted_once(correct[taken], None if groups is None else groups[taken])
    return Promise(float(tenths[end - 1]) / 1000, float(expected[end - 1]), right + wrong, right)


def chance_of_right(confidence: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """How probable it is that each row is right: a logistic curve over the log-odds of its confidence.

    Platt's scaling (1999) with his smoothed targets, so that a curve exists where no row or every row is right;
    it never falls with the confidence. Shape (rows,).
    """
    from scipy.optimize import minimize

    if not len(confidence):
        return np.zeros(0)
    right, wrong = int(correct.sum()), int((~correct).sum())
    aim = np.where(correct, (right + 1) / (right + 2), 1 / (wrong + 2))
    clipped = np.clip(confidence, 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logit = weights[0] * odds + weights[1]
        off = 1 / (1 + np.exp(-logit)) - aim
        return float((np.logaddexp(0, logit) - aim * logit).mean()), np.array([(off * odds).mean(), off.mean()])

    slope, shift = minimize(loss, [1.0, 0.0], jac=True, bounds=[(1e-3, 5), (-5, 5)]).x
    chance: np.ndarray = 1 / (1 + np.exp(-(slope * odds + shift)))
    return chance


def accepted(
    confidence: np.ndarray,
    correct: np.ndarray,
    threshold: float,
    taken: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> dict[str, Any]:
    """What was seen of texts from `threshold` on: ``coverage``, ``accuracy``, its 95% ``interval``, ``rows``,
    and how many of these tell something each by itself, ``rows_once``.

    Args:
        taken: which texts were accepted, bool, (rows,), where that was decided otherwise than by `threshold` alone.
        groups: which rows belong together, (rows,); None: none do.
    """
    taken = confidence >= threshold if taken is None else taken
    n, right = int(taken.sum()), int(correct[taken].sum())
    together = None if groups is None else groups[taken]
    return {
        "threshold": threshold,
        "coverage": n / max(1, len(confidence)),
        "accuracy": right / n if n else None,
        "interval": share_interval(correct[taken], together),
        "rows": n,
        "rows_once": sum(counted_once(correct[taken], together)),
    }


def recommended(targets: list[dict[str, Any]]) -> float | None:
    """The threshold to begin with: the strictest that leaves at most four of ten texts to a person."""
    easy = [t for t in targets if t["coverage"] >= EASY_COVERAGE]
    if easy:
        return float(max(easy, key=lambda t: t["target"])["threshold"])
    return float(max(targets, key=lambda t: t["coverage"])["threshold"]) if targets else None
