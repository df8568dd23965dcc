"""Scores of predicted labels. What scikit-learn has comes from there."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

from bertdemo.core.tasks import macro_f1

LEVEL = re.compile(r"(-?\d{1,2}(?:[.,]\d)?) ?([^\W\d_]*)")
"""A step of a scale: ``4``, ``4.5``, ``4 stars``."""
OUT_OF = re.compile(r"(\d{1,2}) ?(/ ?\d{1,2})")
"""The same as ``4/5``."""
SIGNS = re.compile(r"((.)\2*)☆*")
"""The same as ``★★★★`` or ``★★★★☆``."""
SIGNS_OF_STEPS = "★⭐☆*+"
STEM, ENDING = 4, 3
"""Letters that forms of a unit have in common at least, and that each has besides at most: Stern, Sterne."""
FAR_OFF = 1.5
"""Steps of a scale, as wide as most of its own are, from which on a label is not just one step off."""
FEWEST_MISTAKES = 10
DRAWS = 10_000
"""Draws of a permutation test."""
NORMAL, UPPER = 1.959964, 0.975
"""The normal quantile at the upper end of a 95% interval, and the share below that."""
NO_SPREAD = 1e-15
"""Where the variance of a share is not larger, rows don't differ but for rounding."""


def accuracy_interval(correct: float, n: float, z: float = NORMAL) -> tuple[float, float]:
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
    return max(0.0, centre - half) if correct else 0.0, min(1.0, centre + half) if correct < n else 1.0


def share_interval(right: np.ndarray, groups: np.ndarray | None = None) -> list[float]:
    """The 95% interval of the share of rows that are right: `accuracy_interval`, by groups where rows belong together.

    Args:
        right: whether each row is right, bool, shape (rows,).
        groups: which rows belong together, and are right or wrong together, shape (rows,); None: none do.
    """
    if groups is None:
        return list(accuracy_interval(int(right.sum()), len(right)))
    return _interval(right.astype(float), np.ones(len(right)), groups)


def independent_rows(right: np.ndarray, groups: np.ndarray | None = None) -> float:
    """How many rows that are right or wrong each by itself would tell as much as these; see `share_interval`."""
    return _independent(right.astype(float), np.ones(len(right)), groups)


def spread_as(right: np.ndarray, groups: np.ndarray | None = None) -> float:
    """How many such rows would be as far from their expected share on average: `independent_rows` without what an
    interval allows for few groups."""
    hits, counted = right.astype(float), np.ones(len(right))
    of_rows = _effective(hits, counted)
    return of_rows if groups is None else min(of_rows, _effective_of_groups(*_sums(hits, counted, groups)))


def counted_once(right: np.ndarray, groups: np.ndarray | None = None) -> tuple[int, int]:
    """How many rows are right and wrong, of those that tell something each by itself."""
    many = len(right) if groups is None else math.floor(independent_rows(right, groups))
    hits = round(float(right.sum()) / max(1, len(right)) * many)
    return hits, many - hits


def paired_difference(correct: np.ndarray, other: np.ndarray, groups: np.ndarray | None = None) -> dict[str, Any]:
    """Whether one classifier is right more often than another on the same rows (McNemar 1947, the exact test).

    Where rows belong together, whose was right is swapped at random for whole groups, as `paired_f1` does: for groups
    of one row that is McNemar's test.

    Args:
        correct, other: whether each was right, bool, shape (rows,).
        groups: which rows belong together, shape (rows,); None: none do.

    Returns:
        ``difference`` of the accuracies, ``p`` (two-sided), ``only_first`` and ``only_other`` (rows that one
        alone gets right), and ``verdict``: ``"better"`` or ``"worse"`` where p < 0.05, else ``"within_noise"``.
    """
    from scipy.stats import binomtest

    first, second = int((correct & ~other).sum()), int((other & ~correct).sum())
    if groups is not None:
        apart = _in_groups((correct.astype(int) - other)[:, None], groups)
        p = _share_as_far(np.abs(_swapped(apart)[:, 0]), abs(first - second))
    else:
        p = float(binomtest(first, first + second, 0.5).pvalue) if first + second else 1.0
    difference = (first - second) / max(1, len(correct))
    verdict = _verdict(p, difference)
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


def on_a_scale(confusion: np.ndarray, label_names: tuple[str, ...]) -> dict[str, Any] | None:
    """How far off mistakes are where labels are the steps of a scale, such as 1 to 5 stars.

    Labels are taken for one where they are numbers, of the same thing, or as many signs, and mistakes come to lie next
    to the given label more often than if what is said wrongly did not depend on it: numbers of classes are no scale.

    Args:
        confusion: given x predicted counts.
        label_names: of its rows and columns.

    Returns:
        ``mistakes``, ``next_to`` (share of them one step away) and ``steps`` (mean distance over all rows); None
        where labels are no scale or mistakes fewer than `FEWEST_MISTAKES`.
    """
    if (levels := _levels(label_names)) is None:
        return None
    apart = _places_apart(levels)
    counts = np.array(confusion)
    wrong = np.where(apart == 0, 0, counts)
    mistakes = int(wrong.sum())
    if mistakes < FEWEST_MISTAKES:
        return None
    others = np.where(apart == 0, 0, wrong.sum(axis=0)[None, :]).astype(float)
    chance = others / np.maximum(others.sum(axis=1, keepdims=True), 1)
    expected = float((wrong.sum(axis=1) * (chance * (apart == 1)).sum(axis=1)).sum()) / mistakes
    next_to = float(wrong[apart == 1].sum()) / mistakes
    if next_to - expected < 2 * math.sqrt(expected * (1 - expected) / mistakes):
        return None
    return {"mistakes": mistakes, "next_to": next_to, "steps": float((counts * apart).sum() / counts.sum())}


def far_off(label_names: tuple[str, ...]) -> np.ndarray | None:
    """Which two labels are two or more steps of a scale apart, bool, (labels, labels); None where they are no levels.

    They have another level between them, and are further apart than levels next to each other mostly are: a stray
    3.3 among 1 to 5 does not make two steps of 3 to 4.
    """
    if (levels := _levels(label_names)) is None:
        return None
    width = float(np.median(np.diff(np.sort(levels))))
    far: np.ndarray = np.abs(levels[:, None] - levels[None, :]) >= FAR_OFF * width
    return far & (_places_apart(levels) > 1)


def _levels(label_names: tuple[str, ...]) -> np.ndarray | None:
    """Where each label stands on a scale, at least three different places; None where they are no steps of one."""
    found = _steps([name.strip().lower().replace("\ufe0f", "") for name in label_names])
    return np.array(found) if len(found) >= 3 and len(set(found)) == len(found) else None


def _places_apart(levels: np.ndarray) -> np.ndarray:
    places = np.argsort(np.argsort(levels))
    return np.abs(places[:, None] - places[None, :])


def _steps(names: list[str]) -> list[float]:
    """Where each name stands on a scale; empty where names are no steps of one."""
    found = [LEVEL.fullmatch(name) or OUT_OF.fullmatch(name) for name in names]
    numbers = [level for level in found if level]
    if len(numbers) == len(names):
        same = _is_one_unit({level[2].replace(" ", "") for level in numbers})
        return [float(level[1].replace(",", ".")) for level in numbers] if same else []
    if all(re.fullmatch(r"\d{1,4}", name) for name in names):
        # hundreds: larger numbers are codes or years, unless they count 1, 2, 3 in a power of ten
        values = [int(name) for name in names]
        step = 10 ** (len(str(max(values))) - 1)
        steps = sorted(value / step for value in values)
        counted = steps in (list(range(len(steps))), list(range(1, len(steps) + 1)))
        return [float(value) for value in values] if counted else []
    signs = [SIGNS.fullmatch(name) for name in names]
    shown = [sign for sign in signs if sign and sign[2] in SIGNS_OF_STEPS]
    if len(shown) == len(names) and len({sign[2] for sign in shown}) == 1:
        return [float(len(sign[1])) for sign in shown]
    return []


def _is_one_unit(units: set[str]) -> bool:
    """Whether these are forms of one word: ``star`` and ``stars``, ``Stern`` and ``Sterne``, ``звезда``, ``звёзд``."""
    if len({unit.rstrip("s") for unit in units}) == 1:
        return True
    plain = [unicodedata.normalize("NFD", unit) for unit in units]
    bare = ["".join(c for c in unit if not unicodedata.combining(c)) for unit in plain]
    first, last = min(bare), max(bare)
    stem = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return stem >= STEM and max(map(len, bare)) - stem <= ENDING


def score_several(
    labels: np.ndarray, said: np.ndarray, label_names: tuple[str, ...], groups: np.ndarray | None = None
) -> dict[str, Any]:
    """What `score` gives, of rows that may have several labels.

    Args:
        labels, said: given and predicted labels, bool, shape (rows, labels).
        groups: which rows belong together, shape (rows,); None: none do.

    Returns:
        ``rows``, ``accuracy`` (rows with all labels right), ``micro_f1``, ``interval`` (95%, of the micro F1, see
        `micro_f1`), ``macro_f1`` (over the labels that occur) and ``per_class``.
    """
    from sklearn.metrics import precision_recall_fscore_support

    found = precision_recall_fscore_support(labels, said, average=None, zero_division=0)
    return {
        "rows": len(labels),
        "accuracy": float((labels == said).all(axis=1).mean()) if len(labels) else 0.0,
        **micro_f1(labels, said, groups),
        "macro_f1": macro_f1(labels, said),
        "per_class": _per_class(label_names, found, labels.T, said.T, groups),
    }


def micro_f1(labels: np.ndarray, said: np.ndarray, groups: np.ndarray | None = None) -> dict[str, Any]:
    """``micro_f1`` and its 95% ``interval``.

    The score interval of a share among an effective number of labels, as samples in clusters have it (Korn and
    Graubard 1998): so many independent ones would make the F1 as uncertain as the spread between rows does, which are
    drawn whole. No more than there are labels, given and predicted; where rows don't differ, as all are right, each
    counts as one. Where each row has one label this is `accuracy_interval`. Rows that belong together are drawn
    together; see `_independent`.

    Args:
        labels, said: given and predicted labels, bool, shape (rows, labels).
        groups: which rows belong together, shape (rows,); None: none do.
    """
    right, counted = _counts(labels, said)
    return {"micro_f1": _micro_f1(right, counted), "interval": _interval(2.0 * right, counted, groups)}


def _interval(hits: np.ndarray, counted: np.ndarray, groups: np.ndarray | None) -> list[float]:
    """The 95% interval of `hits` among `counted`, both of shape (rows,), by the spread between rows or groups."""
    many = _independent(hits, counted, groups)
    return list(accuracy_interval(_share(hits, counted) * many, many))


def _independent(hits: np.ndarray, counted: np.ndarray, groups: np.ndarray | None) -> float:
    """`_effective` of rows or groups; groups that differ less than by chance tell no more than their rows do."""
    of_rows = _effective(hits, counted)
    if groups is None:
        return of_rows
    sums = _sums(hits, counted, groups)
    return min(of_rows, _effective_of_groups(*sums) * _allowed_for_few(sums[1]))


def _effective(hits: np.ndarray, counted: np.ndarray) -> float:
    """How many independent ones would make the share as uncertain as the spread between rows does."""
    share, total = _share(hits, counted), float(counted.sum())
    spread = float(((hits - share * counted) ** 2).sum()) / max(1.0, total) ** 2
    return min(share * (1 - share) / spread, total) if spread > NO_SPREAD else float((counted > 0).sum())


def _effective_of_groups(hits: np.ndarray, counted: np.ndarray) -> float:
    """The same of whole groups of rows, both (groups,).

    Where all rows are right, or all wrong, each group counts as one; infinite where groups don't differ otherwise.
    """
    share, many, total = _share(hits, counted), len(hits), float(counted.sum())
    alike = float(many) if many < 2 or share in (0, 1) else math.inf
    spread = float(((hits - share * counted) ** 2).sum()) / max(1.0, total) ** 2 * many / max(1, many - 1)
    return share * (1 - share) / spread if spread > NO_SPREAD else alike


def _allowed_for_few(counted: np.ndarray) -> float:
    """What groups of rows, which may be few and of very different sizes, count less for in an interval, 0 to 1.

    By what the quantile of Student's t is above the normal one (Korn and Graubard 1998), whose degrees of freedom are
    those of as many groups of one size as would weigh as these do (Kish 1965).
    """
    from scipy.special import stdtrit

    degrees = max(1.0, float(counted.sum()) ** 2 / max(1.0, float((counted**2).sum())) - 1)
    return float(NORMAL / stdtrit(degrees, UPPER)) ** 2


def _sums(hits: np.ndarray, counted: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`hits` and `counted` of each group of rows in which something was counted, both (groups,)."""
    there = counted > 0
    sums = _in_groups(np.column_stack([hits, counted])[there], groups[there])
    return sums[:, 0], sums[:, 1]


def _in_groups(counts: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The sums over the rows of each group, (groups, numbers), of `counts`, (rows, numbers)."""
    of_row = np.unique(groups, return_inverse=True)[1]
    summed = np.zeros((int(of_row.max(initial=-1)) + 1, counts.shape[1]), counts.dtype)
    np.add.at(summed, of_row, counts)
    return summed


def paired_f1(
    labels: np.ndarray, said: np.ndarray, other: np.ndarray, groups: np.ndarray | None = None
) -> dict[str, Any]:
    """Whether one classifier has a better micro F1 than another on the same rows (Yeh 2000, randomization by rows).

    Were there no difference, it would not matter whose labels of a row are whose: they are swapped at random, those of
    rows that belong together at once.

    Args:
        labels, said, other: given labels and those of both classifiers, bool, shape (rows, labels).
        groups: which rows belong together, shape (rows,); None: none do.

    Returns:
        ``difference`` of the micro F1s, ``p`` (two-sided: the share of draws that are as far apart, these labels
        counted in) and ``verdict``, as `paired_difference` gives them.
    """
    first, second = (np.stack(_counts(labels, its), axis=1) for its in (said, other))
    difference = _micro_f1(*first.T) - _micro_f1(*second.T)
    apart = first - second
    drawn = _swapped(apart if groups is None else _in_groups(apart, groups))
    both = (first + second).sum(axis=0)
    scores = [2 * sums[:, 0] / np.maximum(1, sums[:, 1]) for sums in ((both + drawn) / 2, (both - drawn) / 2)]
    p = _share_as_far(np.abs(scores[0] - scores[1]), abs(difference))
    return {"difference": difference, "p": p, "verdict": _verdict(p, difference)}


def _swapped(apart: np.ndarray) -> np.ndarray:
    """How far two classifiers are apart in all, (`DRAWS`, numbers), each row of `apart` turned or not by chance.

    Args:
        apart: by how much one has more than the other, shape (rows or groups of them, numbers).
    """
    first = apart[np.arange(len(apart)), (apart != 0).argmax(axis=1)]
    upright = apart * np.where(first < 0, -1, 1)[:, None]  # as likely either way: few kinds are left
    kinds, rows = np.unique(upright, axis=0, return_counts=True)
    turns = 2 * np.random.default_rng(0).binomial(rows, 0.5, (DRAWS, len(rows))) - rows
    drawn: np.ndarray = turns @ kinds
    return drawn


def _share_as_far(drawn: np.ndarray, seen: float) -> float:
    """The share of draws that are as far apart as what is seen, which is counted in."""
    return (1 + int((drawn >= seen - 1e-12).sum())) / (1 + len(drawn))


def _verdict(p: float, difference: float) -> str:
    return "within_noise" if p >= 0.05 else "better" if difference > 0 else "worse"


def _counts(labels: np.ndarray, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row how many labels are right, and how many were given plus predicted."""
    return (labels & said).sum(axis=1), labels.sum(axis=1) + said.sum(axis=1)


def _micro_f1(right: np.ndarray, counted: np.ndarray) -> float:
    """From each row's labels that are right, and its labels given plus predicted."""
    return _share(2 * right, counted)


def _share(hits: np.ndarray, counted: np.ndarray) -> float:
    return float(hits.sum() / max(1, counted.sum()))


def score(
    labels: np.ndarray, predicted: np.ndarray, label_names: tuple[str, ...], groups: np.ndarray | None = None
) -> dict[str, Any]:
    """Everything that is counted on judged rows.

    Args:
        labels: the given classes, shape (rows,).
        predicted: the predicted classes, shape (rows,).
        label_names: names of the classes.
        groups: which rows belong together, and are right or wrong together, shape (rows,); None: none do.

    Returns:
        ``rows``, ``accuracy``, ``interval`` (95%), ``macro_f1`` (over the classes that occur),
        ``confusion`` (given x predicted counts) and ``per_class`` (label, precision, recall, f1, support; see
        `_per_class`).
    """
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

    classes = np.arange(len(label_names))
    right = labels == predicted
    correct = int(right.sum())
    found = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    return {
        "rows": len(labels),
        "accuracy": correct / max(1, len(labels)),
        "interval": share_interval(right, groups),
        "macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
        "confusion": confusion_matrix(labels, predicted, labels=classes).tolist(),
        "per_class": _per_class(label_names, found, _by_class(labels, classes), _by_class(predicted, classes), groups),
    }


def _by_class(labels: np.ndarray, classes: np.ndarray) -> Iterable[np.ndarray]:
    """Of each class which rows are of it, bool, (rows,); one at a time, as rows may be a million."""
    return (labels == one for one in classes)


def _per_class(
    names: tuple[str, ...],
    found: tuple[np.ndarray, ...],
    given: Iterable[np.ndarray],
    said: Iterable[np.ndarray],
    groups: np.ndarray | None,
) -> list[dict[str, Any]]:
    """Of each label what was `found`, and `counted_once`, right and wrong, of the rows that have it and of those of
    which it is said.

    Args:
        found: precision, recall, F1 and support, each (labels,).
        given, said: of each label which rows have it, and of which it is said, bool, (rows,).
    """

    def once(of: np.ndarray, right: np.ndarray) -> list[int]:
        return list(counted_once(right[of], None if groups is None else groups[of]))

    return [
        {"label": name, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(s)}
        | {"of_given": once(has, its), "of_said": once(its, has)}
        for name, p, r, f, s, has, its in zip(names, *found, given, said, strict=True)
    ]
