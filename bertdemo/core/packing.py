"""How texts of different lengths go through a model in one pass without padding: tokens side by side in one row.

Everything but attention works on single tokens, so a batch can be one long row of tokens. Attention gathers
texts of similar lengths into blocks (texts, longest), which is where padding remains: a few percent of the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bertdemo.core.device import moved
from bertdemo.core.tokens import ids_of, types_of

if TYPE_CHECKING:
    import torch

WIDEST = 1.6
"""Longest over shortest text of a block: between padding and many small products."""


@dataclass(frozen=True)
class Block:
    """Neighbouring texts of similar lengths, for which attention is computed together.

    Attributes:
        texts: which of the row's texts are in it.
        longest: tokens of the longest of them.
        cells: its part of all blocks' cells, in the order (texts, heads, longest).
        hidden: (texts * heads, 1, longest) float32, 0 for tokens and -inf for padding.
    """

    texts: slice
    longest: int
    cells: slice
    hidden: torch.Tensor

    def __len__(self) -> int:
        """Its places."""
        return (self.texts.stop - self.texts.start) * self.longest


@dataclass(frozen=True)
class Packing:
    """How texts lie in one row, the shortest first, and where attention finds their tokens.

    A *place* of a block is for one token, or padding, in whose stead its text's first token stands. A *cell* is a
    place as one head of attention sees it.

    Attributes:
        ids, positions: (total,) int64, token ids and their positions within their texts.
        types: (total,) int64, which tokens belong to a second text; None where none does.
        begins: (texts,) int64, where each text begins, in the row's order.
        back: (texts,) int64, which of them each text is, in the order in which they were given.
        tokens: (places,) int64, the token of each place, by blocks in the order (texts, longest).
        cells: (total * heads,) int64, the cell of each token and head.
        gather: (3 * cells,) int64, for the cells of queries, of keys and of values which slice of (total * 3 * heads)
            projections each holds.
        scatter: (total * 3 * heads,) int64, the cell of each of these slices.
        blocks: the texts by similar lengths; they cover the row.
        heads: of attention.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    types: torch.Tensor | None
    begins: torch.Tensor
    back: torch.Tensor
    tokens: torch.Tensor
    cells: torch.Tensor
    gather: torch.Tensor
    scatter: torch.Tensor
    blocks: tuple[Block, ...]
    heads: int


def pack(ids: Sequence[np.ndarray], heads: int, device: torch.device) -> Packing:
    """Lay texts side by side, for attention of so many heads."""
    import torch

    lengths = np.array([len(i) for i in ids])
    order = np.argsort(lengths, kind="stable")
    back = np.empty(len(ids), np.int64)
    back[order] = np.arange(len(ids))
    row, lengths = np.concatenate([ids[i] for i in order]), lengths[order]
    starts = np.cumsum(lengths) - lengths
    positions, types = np.arange(len(row)) - np.repeat(starts, lengths), types_of(row)
    tokens, slices, cells, padding = [], [], [], []
    head, done = np.arange(heads)[:, None], 0
    for texts in _alike(lengths):
        there = np.arange(lengths[texts][-1]) < lengths[texts][:, None]
        of_places = starts[texts][:, None] + np.where(there, np.arange(there.shape[1]), 0)
        tokens.append(of_places.ravel())
        slices.append((of_places[:, None] * (3 * heads) + head).ravel())
        of_cells = done + np.arange(heads * there.size).reshape(len(there), heads, -1)
        cells.append(of_cells.transpose(0, 2, 1)[there].ravel())
        padding.append(np.repeat(~there, heads, axis=0).ravel())
        done += heads * there.size

    # all of it in one copy: a GPU is waited for with each
    joined = [np.concatenate(parts) for parts in (tokens, slices, cells, padding)]
    arrays = [ids_of(row), positions, types, starts, back, *joined]
    sent = moved(np.concatenate(arrays).astype(np.int64), device).split([len(array) for array in arrays])
    row_there, positions_there, types_there, begins, back_there, tokens_there, slices_there, cells_there, hidden = sent
    part = torch.arange(3, device=device)[:, None]
    return Packing(
        ids=row_there,
        positions=positions_there,
        types=types_there if types.any() else None,
        begins=begins,
        back=back_there,
        tokens=tokens_there,
        cells=cells_there,
        gather=(slices_there + part * heads).view(-1),
        scatter=(cells_there.view(-1, 1, heads) + part * done).view(-1),
        blocks=_blocks(lengths, heads, torch.zeros(done, device=device).masked_fill_(hidden.bool(), -torch.inf)),
        heads=heads,
    )


def _alike(lengths: np.ndarray) -> Iterator[slice]:
    """Cut ascending lengths into neighbours of which the longest is not much longer than the shortest."""
    begin = 0
    while begin < len(lengths):
        end = int(np.searchsorted(lengths, WIDEST * lengths[begin], side="right"))
        yield slice(begin, end)
        begin = end


def _blocks(lengths: np.ndarray, heads: int, hidden: torch.Tensor) -> tuple[Block, ...]:
    """The blocks of ascending lengths; `hidden` is that of all their cells."""
    found, done = [], 0
    for texts in _alike(lengths):
        longest = int(lengths[texts][-1])
        cells = slice(done, done + (texts.stop - texts.start) * heads * longest)
        found.append(Block(texts, longest, cells, hidden[cells].view(-1, 1, longest)))
        done = cells.stop
    return tuple(found)
