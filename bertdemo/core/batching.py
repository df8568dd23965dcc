"""Lengths -> batches that waste next to nothing on padding, and still are near-random sets of rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

SLACK = 0.04
"""Most padding of a row in a group, as a share of the group's longest row."""
MOST_TOKENS = 4096
"""About as many tokens run through a model in one packed pass."""


def epoch_steps(lengths: np.ndarray, batch: int, group: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """One pass over all rows in a new random order, as optimiser steps of `batch` rows each.

    A step is made of groups of at most `group` rows of (nearly) the same length. Which rows share a
    group, and which groups share a step, is drawn anew in every epoch.

    Args:
        lengths: tokens of each row, shape (rows,).
        batch: rows of a step; the last one may have fewer.
        group: most rows that run through the model together.
        rng: source of the order.

    Returns:
        A list of steps; each is a list of int64 arrays of row positions.
    """
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    groups = list(length_groups(lengths, order, group))
    steps: list[list[np.ndarray]] = []
    room = 0
    for position in rng.permutation(len(groups)):
        rows = groups[position]
        while len(rows):
            if room == 0:
                steps.append([])
                room = batch
            steps[-1].append(rows[:room])
            room, rows = room - len(steps[-1][-1]), rows[room:]
    return steps


def packed_steps(lengths: np.ndarray, batch: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """One pass over all rows in a new random order, as optimiser steps of `batch` rows, for packed forward passes.

    A step is one group, or several where its tokens are too many for one pass; then the shortest come first.

    Args:
        lengths: tokens of each row, shape (rows,).
        batch: rows of a step; the last one may have fewer.
        rng: source of the order.

    Returns:
        A list of steps; each is a list of int64 arrays of row positions.
    """
    order = rng.permutation(len(lengths))
    return [_by_tokens(order[begin : begin + batch], lengths) for begin in range(0, len(order), batch)]


def _by_tokens(rows: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    if lengths[rows].sum() <= MOST_TOKENS:
        return [rows]
    rows = rows[np.argsort(lengths[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths[rows]) // MOST_TOKENS)) + 1
    return [group for group in np.split(rows, cuts) if len(group)]


def length_groups(
    lengths: np.ndarray, order: np.ndarray, group: int, max_tokens: int | None = None
) -> Iterator[np.ndarray]:
    """Cut `order` (row positions sorted by length) into runs that need next to no padding.

    Args:
        lengths: tokens of each row.
        order: row positions, ascending by length.
        group: most rows of a run.
        max_tokens: most rows times longest row of a run.
    """
    sorted_lengths = lengths[order]
    begin = 0
    while begin < len(order):
        shortest = sorted_lengths[begin]
        fits = np.searchsorted(sorted_lengths, int(shortest / (1 - SLACK)), side="right")
        rows = group if max_tokens is None else min(group, max(1, max_tokens // int(sorted_lengths[fits - 1])))
        end = min(int(fits), begin + rows)
        yield order[begin:end]
        begin = end


def padding_share(lengths: np.ndarray, groups: list[np.ndarray]) -> float:
    """Share of the tokens computed that are padding."""
    computed = sum(len(rows) * int(lengths[rows].max()) for rows in groups)
    return 1 - sum(int(lengths[rows].sum()) for rows in groups) / computed
