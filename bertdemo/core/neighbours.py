"""The training rows that a text is nearest to, and whether any is near at all."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from bertdemo.core.baselines import Features, load_features
from bertdemo.core.predictions import choosing_rows
from bertdemo.data.dataset import Split
from bertdemo.runs.run import Run

CHUNK = 1000
UNUSUAL = 0.01
MOST_UNUSUAL = 0.05
FEW = 300
"""Unseen rows below which their lowest similarity is that of one odd row: how widely they spread says more."""


@dataclass(frozen=True)
class Neighbours:
    """The frozen encoder's view of the training rows.

    Attributes:
        positions: where they stand in the run's data, (rows,).
        means: their embeddings of length 1, (rows, hidden).
        far: the similarity to the nearest of them that all but about `UNUSUAL` of the run's own unseen rows reach.
    """

    positions: np.ndarray
    means: np.ndarray
    far: float

    @classmethod
    def of(cls, run: Run, split: Split) -> Neighbours | None:
        """Those of a run; None where it has no embeddings of its texts."""
        known = load_features(run)
        if known is None:
            return None
        return cls.among(known, split)

    @classmethod
    def among(cls, known: Features, split: Split) -> Neighbours:
        """Those training rows that `known` has embeddings of."""
        positions = np.intersect1d(split.train, known.positions)
        near = cls(positions, known.topic(positions), far=-1.0)
        unseen = np.intersect1d(choosing_rows(split), known.positions)
        if not len(unseen):
            return near
        # a row that is a training row itself, where folds take turns, is not its own neighbour
        found, alike = near.nearest(known.topic(unseen), 2)
        own = found[:, 0] == unseen
        return cls(positions, near.means, _unusually_low(np.where(own, alike[:, -1], alike[:, 0])))

    def nearest(self, means: np.ndarray, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the `k` nearest training rows of each text and their cosine similarities, nearest first.

        Args:
            means: embeddings of length 1, shape (texts, hidden).
            k: how many; fewer where there are fewer rows.

        Returns:
            Two arrays of shape (texts, k).
        """
        k = min(k, len(self.positions))
        places, alike = [], []
        for begin in range(0, len(means), CHUNK):
            similar = means[begin : begin + CHUNK] @ self.means.T
            best = np.argpartition(-similar, k - 1, axis=1)[:, :k]
            values = np.take_along_axis(similar, best, 1)
            order = np.argsort(-values, axis=1, kind="stable")
            places.append(self.positions[np.take_along_axis(best, order, 1)])
            alike.append(np.take_along_axis(values, order, 1))
        if not places:
            return np.zeros((0, k), int), np.zeros((0, k))
        return np.concatenate(places), np.concatenate(alike)


def _unusually_low(similarities: np.ndarray) -> float:
    """The `UNUSUAL` quantile; of `FEW` values not below what a normal curve of their median and spread has there.

    The spread is the median absolute deviation times 1.4826 (Rousseeuw & Croux 1993), which odd values do not move.
    Whatever it says, no more than `MOST_UNUSUAL` of the values lie below.
    """
    lowest = float(np.quantile(similarities, UNUSUAL))
    if len(similarities) >= FEW:
        return lowest
    middle = float(np.median(similarities))
    spread = 1.4826 * float(np.median(np.abs(similarities - middle)))
    usual = middle + NormalDist().inv_cdf(UNUSUAL) * spread
    return max(lowest, min(usual, float(np.quantile(similarities, MOST_UNUSUAL))))
