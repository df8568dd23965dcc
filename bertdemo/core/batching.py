"""Lengths -> which rows go through a model together, with little padding. A step's rows are drawn at random before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from bertdemo.errors import UserError

Lengths = Callable[[np.ndarray], np.ndarray]
"""Rows, int64 (n,) -> their numbers of tokens, (n,)."""

SLACK = 0.04
"""Most padding of a group, as a share of what is computed."""
MOST_TOKENS, MOST_TOKENS_OF_GPU = 4096, 32_768
"""About as many tokens run through a model in one pass, where memory allows; small passes leave a GPU idle."""


def tokens_of_pass(device_kind: str) -> int:
    """How many tokens run through a model in one pass at most, on a ``"cpu"`` or another device."""
    return MOST_TOKENS if device_kind == "cpu" else MOST_TOKENS_OF_GPU


def half_a_pass(too_many: int, *, longest: int) -> int:
    """Half as many tokens for a pass as memory was too short for; a row always goes through whole.

    Args:
        too_many: tokens of a pass: what the step's rows have in all, where that is less than was allowed; before the
            training what was allowed, as other steps may have more.
        longest: tokens of the longest row.

    Raises:
        UserError: ``memory_ran_out``: that was a row by itself.
    """
    if too_many <= longest:
        raise UserError("memory_ran_out", tokens=longest, fits=max(8, longest // 2))
    return too_many // 2


def passes(rows: np.ndarray, lengths_of: Lengths, most_tokens: int, padding: float | None = None) -> list[np.ndarray]:
    """A step's rows cut into what runs through the model together, the shortest first.

    Rows are random batches before they are cut. Steps made of rows of like lengths would waste less, and learn worse
    where labels go with length.

    Args:
        rows: of the step.
        lengths_of: tokens of rows.
        most_tokens: of a pass; a row that is longer than that has a pass of its own.
        padding: most padding of a pass as a share of what is computed; None: nothing is padded, the pass is packed.
    """
    lengths = lengths_of(rows)
    order = np.argsort(lengths, kind="stable")
    if padding is not None:
        groups = length_groups(lengths, order, len(rows), max_tokens=most_tokens, slack=padding)
        return [rows[group] for group in groups]
    if lengths.sum() <= most_tokens:
        return [rows]
    found, begin = [], 0
    while begin < len(order):
        fit = int(np.searchsorted(np.cumsum(lengths[order[begin:]]), most_tokens, side="right"))
        found.append(rows[order[begin : begin + max(1, fit)]])
        begin += max(1, fit)
    return found


def length_groups(
    lengths: np.ndarray,
    order: np.ndarray,
    group: int,
    max_tokens: int | None = None,
    slack: float = SLACK,
    spare: int = 0,
) -> Iterator[np.ndarray]:
    """Cut `order` (row positions sorted by length) into runs that need little padding.

    Args:
        lengths: tokens of each row.
        order: row positions, ascending by length.
        group: most rows of a run.
        max_tokens: most rows times longest row of a run.
        slack: most padding of a run as a share of what is computed.
        spare: tokens of padding that a run may have in any case: what a pass of its own would cost.
    """
    sorted_lengths = lengths[order]
    begin = 0
    while begin < len(order):
        sizes = sorted_lengths[begin : begin + group]
        computed = np.arange(1, len(sizes) + 1) * sizes
        fits = computed - np.cumsum(sizes) <= np.maximum(slack * computed, spare)
        if max_tokens is not None:
            fits &= computed <= max_tokens
        end = begin + (len(sizes) if fits.all() else max(1, int(fits.argmin())))
        yield order[begin:end]
        begin = end
