"""How texts of different lengths go through a model in one pass without padding: tokens side by side in one row.

Everything but attention works on single tokens, so a batch can be one long row of tokens. Attention gathers
texts of similar lengths into blocks (texts, longest), which is where padding remains: little of the work.
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

WIDEST = 2.5
"""Longest over shortest text of a block: between padding and many small products."""
WIDTH = 16
"""Places of a text are a multiple of it where rows are filled up: in bf16 other widths are many times slower."""


@dataclass(frozen=True)
class Block:
    """Neighbouring texts of similar lengths, for which attention is computed together.

    Attributes:
        texts: which of the row's texts are in it.
        longest: tokens of the longest of them.
        cells: its part of all blocks' cells, in the order (texts, heads, longest).
        hidden: (texts * heads, 1, longest), 0 for tokens and -inf for padding.
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

    A *place* of a block is for one token, or padding, in whose stead the row's first token stands. A *cell* is a place
    as one head of attention sees it. Behind all places is a spare one, of the tokens that fill the row up.

    Attributes:
        ids, positions: (total,) int64, token ids and their positions within their texts.
        types: (total,) int64, which tokens belong to a second text; None where none does.
        begins: (texts,) int64, where each text begins, in the row's order.
        back: (texts,) int64, which of them each text is, in the order in which they were given.
        tokens: (places,) int64, the token of each place, by blocks in the order (texts, longest).
        cells: (total * heads,) int64, the cell of each token and head; the spare place has the last ones.
        gather: (3 * cells,) int64, for the cells of queries, of keys and of values which slice of (total * 3 * heads)
            projections each holds.
        scatter: (total * 3 * heads,) int64, the cell of each of these slices.
        blocks: the texts by similar lengths; they cover the row.
        heads: of attention.
        bounds: (texts + 1,) int32, where each text begins and the last one ends, in the row's order; one more where the
            row is filled up: its end.
        longest: tokens of the longest text, or of the filling.
        multiple: of which the row's length is one.
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
    bounds: torch.Tensor
    longest: int
    multiple: int


@dataclass(frozen=True)
class Part:
    """Some of the texts of a row.

    Attributes:
        texts: (texts of the row,) bool, which they are.
        tokens: (n,) int64, where in the row their tokens are, and then one of another text as often as fills n up.
        cells: (n * heads,) int64, the cell of each token and head where only these texts have any; the spare place,
            where the filling goes, has the last ones.
        count: how many cells there are without those of the spare place.
    """

    texts: torch.Tensor
    tokens: torch.Tensor
    cells: torch.Tensor
    count: int


def part_of(packing: Packing, texts: torch.Tensor) -> Part:
    """The part of those `texts`, (texts,) bool, not all and not none of them."""
    import torch

    device, heads = texts.device, packing.heads
    bounds = packing.bounds[: len(texts) + 1].long()
    in_part = texts.repeat_interleave(bounds.diff())
    tokens = in_part.nonzero().view(-1)
    filling = bounds[texts.logical_not().nonzero()[0]].repeat(-len(tokens) % packing.multiple)

    # their cells move up to where those of the texts before that are left out were
    per_block = torch.tensor([block.longest for block in packing.blocks], device=device)
    texts_of_block = torch.tensor([block.texts.stop - block.texts.start for block in packing.blocks], device=device)
    of_text = heads * per_block.repeat_interleave(texts_of_block)
    left_out = (of_text * ~texts).cumsum(0).repeat_interleave(bounds.diff())
    cells = packing.cells.view(-1, heads)[tokens] - left_out[tokens, None]
    count = int(of_text[texts].sum())
    spare = torch.arange(count, count + heads, device=device).repeat(len(filling))
    return Part(texts, torch.cat([tokens, filling]), torch.cat([cells.view(-1), spare]), count)


def pack(
    ids: Sequence[np.ndarray], heads: int, device: torch.device, dtype: torch.dtype | None = None, multiple: int = 1
) -> Packing:
    """Lay texts side by side, for attention of so many heads in `dtype`; the row is filled up to a multiple."""
    import torch

    lengths = np.array([len(i) for i in ids])
    order = np.argsort(lengths, kind="stable")
    back = np.empty(len(ids), np.int64)
    back[order] = np.arange(len(ids))
    row, lengths = np.concatenate([ids[i] for i in order]), lengths[order]
    starts = np.cumsum(lengths) - lengths
    cut = list(_alike(lengths))
    step = WIDTH if multiple > 1 else 1
    longest = [-(-lengths[texts.stop - 1] // step) * step for texts in cut]
    widths = np.repeat(longest, [texts.stop - texts.start for texts in cut])
    before = np.cumsum(widths) - widths  # a text takes as many places as the longest of its block has tokens

    # what fills the row up has the spare place behind all others, and nobody reads it
    places, filling = int(widths.sum()), -len(row) % multiple
    row = np.concatenate([row, np.repeat(row[:1], filling)])
    positions = np.concatenate([np.arange(len(row) - filling) - np.repeat(starts, lengths), np.zeros(filling, int)])
    types = types_of(row)
    of_tokens = [
        np.concatenate([np.repeat(of_texts, lengths), np.full(filling, of_filling)])
        for of_texts, of_filling in ((before, places), (widths, 1))
    ]

    # all of it in one copy: a GPU is waited for with each
    bounds = np.append(starts, [len(row) - filling, len(row)][: 1 + (filling > 0)])
    arrays = [ids_of(row), positions, types, starts, back, *of_tokens, bounds]
    sent = moved(np.concatenate(arrays).astype(np.int64), device).split([len(array) for array in arrays])
    row_there, positions_there, types_there, begins, back_there, before_there, width, bounds_there = sent

    token, head = torch.arange(len(row), device=device), torch.arange(heads, device=device)
    cells = (heads * before_there + positions_there)[:, None] + head * width[:, None]
    tokens, slices = (torch.zeros(n, dtype=torch.int64, device=device) for n in (places + 1, (places + 1) * heads))
    tokens[before_there + positions_there] = token
    slices[cells] = token[:, None] * (3 * heads) + head
    hidden = torch.full(((places + 1) * heads,), -torch.inf, dtype=dtype, device=device).index_fill_(
        0, cells.view(-1), 0
    )
    part = torch.arange(3, device=device)[:, None]
    return Packing(
        ids=row_there,
        positions=positions_there,
        types=types_there if types.any() else None,
        begins=begins,
        back=back_there,
        tokens=tokens[:places],
        cells=cells.view(-1),
        gather=(slices + part * heads).view(-1),
        scatter=(cells[:, None] + part * len(slices)).view(-1),
        blocks=tuple(_block(texts, before, widths, heads, hidden) for texts in cut),
        heads=heads,
        bounds=bounds_there.to(torch.int32),
        longest=max(int(lengths.max()), filling),
        multiple=multiple,
    )


def _alike(lengths: np.ndarray) -> Iterator[slice]:
    """Cut ascending lengths into neighbours of which the longest is not much longer than the shortest."""
    begin = 0
    while begin < len(lengths):
        end = int(np.searchsorted(lengths, WIDEST * lengths[begin], side="right"))
        yield slice(begin, end)
        begin = end


def _block(texts: slice, before: np.ndarray, widths: np.ndarray, heads: int, hidden: torch.Tensor) -> Block:
    """The block of `texts`; `hidden` is of all cells."""
    width = int(widths[texts.start])
    begin = int(before[texts.start]) * heads
    cells = slice(begin, begin + (texts.stop - texts.start) * heads * width)
    return Block(texts, width, cells, hidden[cells].view(-1, 1, width))
