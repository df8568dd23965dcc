"""Lengths -> batches that waste next to nothing on padding, and still are near-random sets of rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

Lengths = Callable[[np.ndarray], np.ndarray]
"""Rows, int64 (n,) -> their numbers of tokens, (n,)."""

SLACK = 0.04
"""Most padding of a row in a group, as a share of the group's longest row."""
MOST_TOKENS = 4096
"""About as many tokens run through a model in one pass, where memory allows."""
POOL = 16_384
"""Rows among which padded passes look for like lengths."""


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


def steps_of_epoch(
    order: np.ndarray, lengths_of: Lengths, batch: int, seed: Sequence[int], *, packed: bool, first: int = 0
) -> Iterator[list[np.ndarray]]:
    """The optimiser steps of one epoch from the `first` on, drawn as they are needed.

    Packed passes take the rows as `order` has them. Padded ones need rows of like lengths: they are grouped by
    `epoch_steps` among `POOL` rows at a time, so that no more lengths are asked for than the next steps need.

    Args:
        order: the epoch's rows in a random order, int64.
        lengths_of: tokens of each of the rows it is given.
        batch: rows of a step; the last one may have fewer.
        seed: of the epoch.

    Returns:
        For each step a list of int64 arrays of rows, to run through the model together; see also `passes`.
    """
    if packed:
        for begin in range(first * batch, len(order), batch):
            yield [order[begin : begin + batch]]
        return
    pool = batch * max(1, POOL // batch)
    for number in range(first * batch // pool, math.ceil(len(order) / pool)):
        rows = order[number * pool : (number + 1) * pool]
        steps = epoch_steps(lengths_of(rows), batch, max(8, batch // 2), np.random.default_rng((*seed, number)))
        for step in steps[max(0, first - number * pool // batch) :]:
            yield [rows[group] for group in step]


def passes(groups: Sequence[np.ndarray], lengths_of: Lengths, most_tokens: int) -> list[np.ndarray]:
    """`groups` cut so that no pass has more than about `most_tokens` tokens, the shortest rows of a group first.

    A row that is longer than that has a pass of its own.
    """
    return [part for group in groups for part in _by_tokens(group, lengths_of(group), most_tokens)]


def _by_tokens(rows: np.ndarray, lengths: np.ndarray, most_tokens: int) -> list[np.ndarray]:
    if lengths.sum() <= most_tokens:
        return [rows]
    order = np.argsort(lengths, kind="stable")
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths[order]) // most_tokens)) + 1
    return [group for group in np.split(rows[order], cuts) if len(group)]


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
