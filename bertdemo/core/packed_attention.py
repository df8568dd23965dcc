"""Attention within each text of a packed row, with its gradients written out: one copy there, one copy back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from bertdemo.core.dropout import drops, mask
from bertdemo.core.packing import Block, Packing

MOST_SCORES = 2**20
"""Scores that a CPU computes together: larger tensors come from the system anew each time, empty page by page, which
takes several times as long as the scores themselves."""
LONG = 128
"""Tokens of a block's longest text from which on a CPU computes its attention again in the backward pass and keeps none
of it but the masks, which lie in a pool: half the memory, and no slower."""


class PackedAttention(torch.autograd.Function):
    """Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) with dropout on its weights.

    From the tokens' queries, keys and values, (total, 3 * hidden), to what they read, (total, hidden). Dropped are
    weights with probability `p`.
    """

    @staticmethod
    def forward(ctx: Any, joined: torch.Tensor, packing: Packing, scaling: float, p: float) -> torch.Tensor:
        """What the tokens read, (total, hidden), in the precision of `joined`.

        Args:
            joined: the tokens' queries, keys and values side by side, (total, 3 * hidden).
            packing: where each text's tokens lie among them.
            scaling: what products of queries and keys are multiplied with.
            p: the probability with which a weight is dropped.
        """
        size = joined.shape[1] // (3 * packing.heads)
        gathered = joined.view(-1, size).index_select(0, packing.gather).view(3, -1, size)
        read, kept = torch.empty_like(gathered[0]), []
        read[-packing.heads :] = 0  # of the spare place
        for piece in _pieces(packing):
            q, k, v = (piece.of(part) for part in gathered)
            weights = piece.weights(q, k, scaling)
            left = mask(tuple(weights.shape), p, weights) if drops(p) else None
            used = _used(weights, left, v)
            torch.bmm(used, v, out=piece.of(read))
            kept.append((None, left, None) if piece.is_long else (weights, left, used))
        ctx.save_for_backward(gathered)
        ctx.packing, ctx.scaling, ctx.kept = packing, scaling, kept
        return read.index_select(0, packing.cells).view(len(joined), -1)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """From the gradient of what was read, (total, hidden), to that of `joined`, (total, 3 * hidden), and None of
        the other arguments."""
        (gathered,), packing = ctx.saved_tensors, ctx.packing
        size = gathered.shape[2]
        of_read = torch.zeros_like(gathered[0])  # what padding read was never used
        of_read.index_copy_(0, packing.cells, gradient.reshape(-1, size))
        of_gathered = torch.empty_like(gathered)
        of_gathered[:, -packing.heads :] = 0
        for piece, (weights, left, used) in zip(_pieces(packing), ctx.kept, strict=True):
            q, k, v = (piece.of(part) for part in gathered)
            of_q, of_k, of_v = (piece.of(part) for part in of_gathered)
            g = piece.of(of_read)
            if weights is None:
                weights = piece.weights(q, k, ctx.scaling)
                used = _used(weights, left, v)
            torch.bmm(used.transpose(1, 2), g, out=of_v)
            of_weights = torch.bmm(g, v.transpose(1, 2)).to(weights.dtype)
            if left is not None:
                of_weights.mul_(left)
            of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype).to(g.dtype)
            torch.baddbmm(of_q, of_scores, k, beta=0, alpha=ctx.scaling, out=of_q)
            torch.baddbmm(of_k, of_scores.transpose(1, 2), q, beta=0, alpha=ctx.scaling, out=of_k)
        return of_gathered.view(-1, size).index_select(0, packing.scatter).view(len(gradient), -1), None, None, None


@dataclass(frozen=True)
class _Piece:
    """Texts of a block, as some heads see them, that are computed together."""

    block: Block
    rows: slice
    is_long: bool

    def of(self, cells: torch.Tensor) -> torch.Tensor:
        """Its cells, (texts and heads, longest, size)."""
        return cells[self.block.cells].view(len(self.block.hidden), self.block.longest, -1)[self.rows]

    def weights(self, q: torch.Tensor, k: torch.Tensor, scaling: float) -> torch.Tensor:
        """How much each token reads of each, (texts and heads, longest, longest); float32 where `q` is less precise."""
        scores = torch.baddbmm(self.block.hidden[self.rows], q, k.transpose(1, 2), alpha=scaling)
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
