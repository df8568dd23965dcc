"""Rows that belong together, such as all of one customer, stand on one side of a split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bertdemo.data.label_names import Positions

LEAST_QUOTA = 0.5


def joined(groups: Positions, values: Sequence[str]) -> Positions:
    """(n,) int64 without gaps: the same number for rows of one group or of one value, and for those that are so by way
    of others; rows whose value is empty have none.

    Args:
        groups: (n,) numbers from 0 on.
        values: n texts.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    known = np.flatnonzero([bool(value) for value in values])
    codes = pd.factorize(np.array(values, dtype=object)[known])[0]
    first, many = int(groups.max(initial=-1)) + 1, int(codes.max(initial=-1)) + 1
    ends = groups[known], first + codes
    links = coo_matrix((np.ones(len(known), bool), ends), shape=(first + many, first + many))
    return compact(connected_components(links, directed=False)[1][groups])


def dealt(groups: Positions, labels: Positions, quotas: npt.NDArray[Any], rng: np.random.Generator) -> Positions:
    """(n,) int64: the part of each row, whole groups dealt so that each part has about its quota of each class.

    The largest groups are dealt first, groups of one size in random order, each to the part where it adds least to the
    squared distances from the quotas (in shares of them) of its classes and of all rows.

    Args:
        groups: (n,) numbers.
        labels: (n,) classes.
        quotas: (parts, classes) rows.
    """
    everything = quotas.shape[1]
    meant = np.maximum(np.column_stack([quotas, quotas.sum(axis=1)]), LEAST_QUOTA)
    filled = np.zeros(meant.shape)
    numbers = compact(groups)
    pairs, rows = np.unique(numbers * everything + labels, return_counts=True)
    owner, label = pairs // everything, pairs % everything
    sizes = np.bincount(numbers)
    starts = np.searchsorted(owner, np.arange(len(sizes) + 1))
    part = np.empty(len(sizes), np.int64)
    order = rng.permutation(len(sizes))
    for group in order[np.argsort(-sizes[order], kind="stable")].tolist():
        its = slice(starts[group], starts[group + 1])
        classes, added = np.append(label[its], everything), np.append(rows[its], sizes[group])
        wanted, has = meant[:, classes], filled[:, classes]
        further = ((2 * (has - wanted) + added) * added / wanted).sum(axis=1)
        part[group] = further.argmin()
        filled[part[group], classes] += added
    return part[numbers]


def in_one_group(groups: Positions, has: npt.NDArray[np.bool_] | Positions, classes: int, share: float) -> Positions:
    """The classes of whose rows more than a `share` are in one group.

    Args:
        groups: (n,) numbers.
        has: (n,) classes, or (n, classes) bool where a row may have several.
        classes: number of classes.
        share: 0 to 1.
    """
    rows, labels = np.nonzero(has) if has.ndim == 2 else (np.arange(len(has)), has)
    pairs, counts = np.unique(groups[rows] * classes + labels, return_counts=True)
    most = np.zeros(classes, np.int64)
    np.maximum.at(most, pairs % classes, counts)
    whole = np.bincount(labels, minlength=classes)
    return np.flatnonzero((whole > 0) & (most > share * whole)).astype(np.int64)


def compact(groups: Positions) -> Positions:
    """Group numbers without gaps."""
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)
