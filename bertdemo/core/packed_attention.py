"""Attention within each text of a packed row, with its gradients written out: one copy there, one copy back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from bertdemo.core.dropout import drops, mask
from bertdemo.core.packing import Block, Packing, Part

MOST_SCORES = 2**20
"""Scores that a CPU computes together: larger tensors come from the system anew each time, empty page by page, which
takes several times as long as the scores themselves."""
LONG = 128
"""Tokens of a block's longest text from which on a CPU computes its attention again in the backward pass and keeps none
of it but the masks, which lie in a pool: half the memory, and no slower."""

_ALL = slice(None)
_Computed = tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]
"""Of a piece: weights, what dropout leaves of them, and what is used; the first and last are None of long texts."""


class PackedAttention(torch.autograd.Function):
    """`attend` and `attend_back` of all texts."""

    @staticmethod
    def forward(ctx: Any, joined: torch.Tensor, packing: Packing, scaling: float, p: float) -> torch.Tensor:
        read, ctx.kept = attend(joined, packing, scaling, p)
        return read

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return attend_back(ctx.kept, gradient), None, None, None


@dataclass(frozen=True)
class Kept:
    """What `attend` keeps for `attend_back`.

    Attributes:
        packing, scaling: what it was given.
        gathered: cells of queries, keys and values, (3, cells, size).
        pieces: what was computed of each.
    """

    packing: Packing
    scaling: float
    gathered: torch.Tensor
    pieces: list[_Computed]


def attend(joined: torch.Tensor, packing: Packing, scaling: float, p: float) -> tuple[torch.Tensor, Kept]:
    """Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) with dropout on its weights.

    Args:
        joined: the tokens' queries, keys and values side by side, (total, 3 * hidden).
        packing: where each text's tokens lie among them.
        scaling: what products of queries and keys are multiplied with.
        p: the probability with which a weight is dropped.

    Returns:
        What the tokens read, (total, hidden), in the precision of `joined`.
    """
    size = joined.shape[1] // (3 * packing.heads)
    gathered = joined.view(-1, size).index_select(0, packing.gather).view(3, -1, size)
    read = torch.empty_like(gathered[0])
    pieces: list[_Computed] = []
    read[-packing.heads :] = 0  # of the spare place
    for piece in _pieces(packing):
        q, k, v = (piece.of(part) for part in gathered)
        weights = piece.weights(q, k, scaling)
        left = mask(tuple(weights.shape), p, weights) if drops(p) else None
        used = _used(weights, left, v)
        torch.bmm(used, v, out=piece.of(read))
        pieces.append((None, left, None) if piece.is_long else (weights, left, used))
    return read.index_select(0, packing.cells).view(len(joined), -1), Kept(packing, scaling, gathered, pieces)


def attend_back(kept: Kept, gradient: torch.Tensor, part: Part | None = None) -> torch.Tensor:
    """From the gradient of what was read, (n, hidden), to that of `joined`, (n, 3 * hidden): of all tokens, or of those
    of `part`."""
    packing, size, n = kept.packing, kept.gathered.shape[2], len(gradient)
    cells, count = (part.cells, part.count) if part else (packing.cells, kept.gathered.shape[1] - packing.heads)
    of_read = gradient.new_zeros(count + packing.heads, size)  # what padding read was never used
    of_read.index_copy_(0, cells, gradient.reshape(-1, size))
    of_gathered = gradient.new_empty(3, count + packing.heads, size)
    of_gathered[:, count:] = 0
    begin = 0
    for piece, computed in zip(_pieces(packing), kept.pieces, strict=True):
        rows = piece.rows_of(part, packing.heads) if part else _ALL
        q, k, v = (piece.of(of_all)[rows] for of_all in kept.gathered)
        end = begin + q.shape[0] * q.shape[1]
        g, of_q, of_k, of_v = (cells[begin:end].view(q.shape) for cells in (of_read, *of_gathered))
        begin = end
        weights, left, used = (None if one is None else one[rows] for one in computed)
        if weights is None or used is None:
            weights = piece.weights(q, k, kept.scaling, rows)
            used = _used(weights, left, v)
        torch.bmm(used.transpose(1, 2), g, out=of_v)
        of_weights = torch.bmm(g, v.transpose(1, 2)).to(weights.dtype)
        if left is not None:
            of_weights.mul_(left)
        of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype).to(g.dtype)
        torch.baddbmm(of_q, of_scores, k, beta=0, alpha=kept.scaling, out=of_q)
        torch.baddbmm(of_k, of_scores.transpose(1, 2), q, beta=0, alpha=kept.scaling, out=of_k)
    scatter = cells.view(n, 1, packing.heads) + (count + packing.heads) * torch.arange(3, device=cells.device)[:, None]
    return of_gathered.view(-1, size).index_select(0, scatter.view(-1)).view(n, -1)


@dataclass(frozen=True)
class _Piece:
    """Texts of a block, as some heads see them, that are computed together."""

    block: Block
    rows: slice
    is_long: bool

    def of(self, cells: torch.Tensor) -> torch.Tensor:
        """Its cells, (texts and heads, longest, size)."""
        return cells[self.block.cells].view(len(self.block.hidden), self.block.longest, -1)[self.rows]

    def rows_of(self, part: Part, heads: int) -> torch.Tensor:
        """Which of its texts and heads are of texts of `part`, int64."""
        return part.texts[self.block.texts].repeat_interleave(heads)[self.rows].nonzero().view(-1)

    def weights(
        self, q: torch.Tensor, k: torch.Tensor, scaling: float, rows: torch.Tensor | slice = _ALL
    ) -> torch.Tensor:
        """How much each token reads of each, (texts and heads, longest, longest); float32 where `q` is less precise."""
        scores = torch.baddbmm(self.block.hidden[self.rows][rows], q, k.transpose(1, 2), alpha=scaling)
        return scores.softmax(-1, dtype=torch.promote_types(scores.dtype, torch.float32))


def _pieces(packing: Packing) -> Iterator[_Piece]:
    for block in packing.blocks:
        on_cpu, rows = block.hidden.device.type == "cpu", len(block.hidden)
        together = max(1, MOST_SCORES // block.longest**2) if on_cpu else rows
        for begin in range(0, rows, together):
            yield _Piece(block, slice(begin, begin + together), on_cpu and block.longest >= LONG)


def _used(weights: torch.Tensor, left: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
    """What dropout has left of them, in the precision of `like`."""
    return (weights if left is None else weights * left).to(like.dtype)
