"""Labels that are told worse than the others: missed more often, or more often said where another is right."""

from __future__ import annotations

from typing import Any

import numpy as np

CHANCE = 0.05
FAR_BELOW = 0.1
"""How much lower than the mean of all the F1 of a label must be to be worth a word."""


def told_worse(per_class: list[dict[str, Any]], macro_f1: float) -> list[dict[str, Any]]:
    """The entries of labels that are told worse than the others, beyond chance; the lowest F1 first.

    Fisher's exact test (one-sided): of the rows with the label fewer are found than of the other rows, or of the times
    that it was said fewer are right than of the other answers. The level is divided among the tests (Bonferroni). Rows
    that belong together count as so many as tell something each by itself (Rao and Scott 1992).

    Args:
        per_class: of each label ``f1``, ``support``, ``of_given`` and ``of_said``, as a report has them.
        macro_f1: the mean of the F1.
    """
    judged = [entry for entry in per_class if entry["support"]]
    if len(judged) < 2:
        return []
    level = CHANCE / (2 * len(judged))
    chances = [_chance_of_fewer(*np.array([entry[key] for entry in judged]).T) for key in ("of_given", "of_said")]
    worse = np.minimum(*chances) < level
    weak = [entry for entry, is_worse in zip(judged, worse, strict=True) if is_worse]
    return sorted((e for e in weak if e["f1"] < macro_f1 - FAR_BELOW), key=lambda entry: entry["f1"])


def _chance_of_fewer(right: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """(labels,): how probable it is that no more are right of so many, were all labels told alike."""
    from scipy.stats import hypergeom

    found: np.ndarray = hypergeom.cdf(right, (right + wrong).sum(), right.sum(), right + wrong)
    return found
