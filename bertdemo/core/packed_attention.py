"""Attention within each text of a packed row, with its gradients written out: one copy there, one copy back."""

from __future__ import annotations

from typing import Any

import torch

from bertdemo.core.dropout import drops, mask
from bertdemo.core.packing import Block, Packing


class PackedAttention(torch.autograd.Function):
    """Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1) with dropout on its weights.

    From the tokens' queries, keys and values, (total, 3 * hidden), to what they read, (total, hidden). Dropped are
    weights with probability `p`.
    """

    @staticmethod
    def forward(ctx: Any, joined: torch.Tensor, packing: Packing, scaling: float, p: float) -> torch.Tensor:
        size = joined.shape[1] // (3 * packing.heads)
        gathered = joined.view(-1, size).index_select(0, packing.gather).view(3, -1, size)
        read, kept = torch.empty_like(gathered[0]), []
        read[-packing.heads :] = 0  # of the spare place
        for block in packing.blocks:
            q, k, v = (_of(part, block) for part in gathered)
            scores = torch.baddbmm(block.hidden, q, k.transpose(1, 2), alpha=scaling)
            weights = scores.softmax(-1, dtype=torch.promote_types(scores.dtype, torch.float32))
            left = mask(tuple(weights.shape), p, weights) if drops(p) else None
            used = (weights if left is None else weights * left).to(v.dtype)
            torch.bmm(used, v, out=_of(read, block))
            kept.append((weights, left, used))
        ctx.save_for_backward(gathered)
        ctx.packing, ctx.scaling, ctx.kept = packing, scaling, kept
        return read.index_select(0, packing.cells).view(len(joined), -1)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (gathered,), packing = ctx.saved_tensors, ctx.packing
        size = gathered.shape[2]
        of_read = torch.zeros_like(gathered[0])  # what padding read was never used
        of_read.index_copy_(0, packing.cells, gradient.reshape(-1, size))
        of_gathered = torch.empty_like(gathered)
        of_gathered[:, -packing.heads :] = 0
        for block, (weights, left, used) in zip(packing.blocks, ctx.kept, strict=True):
            q, k, v = (_of(part, block) for part in gathered)
            of_q, of_k, of_v = (_of(part, block) for part in of_gathered)
            g = _of(of_read, block)
            torch.bmm(used.transpose(1, 2), g, out=of_v)
            of_weights = torch.bmm(g, v.transpose(1, 2)).to(weights.dtype)
            if left is not None:
                of_weights.mul_(left)
            of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype).to(g.dtype)
            torch.baddbmm(of_q, of_scores, k, beta=0, alpha=ctx.scaling, out=of_q)
            torch.baddbmm(of_k, of_scores.transpose(1, 2), q, beta=0, alpha=ctx.scaling, out=of_k)
        return of_gathered.view(-1, size).index_select(0, packing.scatter).view(len(gradient), -1), None, None, None


def _of(cells: torch.Tensor, block: Block) -> torch.Tensor:
    """A block's cells, (texts * heads, longest, size)."""
    return cells[block.cells].view(len(block.hidden), block.longest, -1)
