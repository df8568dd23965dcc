"""An embedding whose gradient stays one tensor: a new one for every pass costs more than what a pass adds to it."""

from __future__ import annotations

from typing import Any

import torch


class UsedEmbedding(torch.nn.Embedding):
    """`torch.nn.Embedding`, the gradient of whose weight is one tensor throughout a training.

    Set `weight.grad` to None to begin anew (`Optimizer.zero_grad`); what adds to it is the backward pass itself, so
    that `torch.autograd.grad` has nothing to say of the weight.
    """

    gradient: torch.Tensor | None = None

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__(weight.shape[0], weight.shape[1], _weight=weight)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = _Lookup.apply(self.weight, ids, self)  # type: ignore[no-untyped-call]
        return found

    def add(self, ids: torch.Tensor, gradient: torch.Tensor) -> None:
        """Add a gradient (tokens, hidden) to that of the rows `ids` (tokens,)."""
        if self.gradient is None:
            self.gradient = torch.zeros_like(self.weight)
        if self.weight.grad is not self.gradient:
            self.weight.grad = self.gradient.zero_()
        self.gradient.index_add_(0, ids, gradient.to(self.gradient.dtype))


class _Lookup(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor, ids: torch.Tensor, embedding: UsedEmbedding) -> torch.Tensor:
        ctx.ids, ctx.embedding = ids, embedding
        return torch.nn.functional.embedding(ids, weight)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[None, None, None]:
        ctx.embedding.add(ctx.ids.reshape(-1), gradient.reshape(-1, gradient.shape[-1]))
        return None, None, None
