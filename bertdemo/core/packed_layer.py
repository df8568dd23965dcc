"""A layer of a BERT with its gradients written out: texts that nothing is learnt from take no part in its way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import linear, pad

from bertdemo.core.dropout import drops, mask
from bertdemo.core.packed_attention import attend, attend_back
from bertdemo.core.packing import Packing, Part, part_of

Both = tuple[torch.Tensor, torch.Tensor]
"""Of a weight and a bias."""


@dataclass(frozen=True)
class Settings:
    """What a layer computes with besides its weights.

    Attributes:
        scaling: what products of queries and keys are multiplied with.
        of_attention, of_states: probabilities with which a weight of attention, and a number of what is added to the
            states, is dropped; 0 where nothing is.
        activate: the activation.
        epsilon: of the norms.
    """

    scaling: float
    of_attention: float
    of_states: float
    activate: Callable[[torch.Tensor], torch.Tensor]
    epsilon: float


class PackedLayer(torch.autograd.Function):
    """From the states of a row's tokens before a layer to those after it, both (total, hidden).

    Where no token of a text has a gradient, as its loss weighs nothing, the backward pass leaves the text out: it would
    find zeros for it. What it finds for the others is the same.
    """

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, packing: Packing, how: Settings, *weights: torch.Tensor
    ) -> torch.Tensor:
        """The layer of Devlin et al. 2019 (after Vaswani et al. 2017, section 3).

        Args:
            states: (total, hidden).
            packing: where each text's tokens lie among them.
            how: the rest of what the layer computes with.
            weights: weight and bias each, of the projections to queries, keys and values side by side, of what
                attention has read, of the norm behind that, of the wide part, of the narrow one, and of its norm.
        """
        projections, attended, norm, wide, narrow, last_norm = zip(weights[::2], weights[1::2], strict=True)
        read, ctx.attention = attend(linear(states, *projections), packing, how.scaling, how.of_attention)
        middle, ctx.middle_sum = _summed(linear(read, *attended), states, norm, how)
        raised = linear(middle, *wide)
        out, ctx.last_sum = _summed(linear(how.activate(raised), *narrow), middle, last_norm, how)
        ctx.save_for_backward(states, read, middle, raised, *weights)
        ctx.packing, ctx.activate = packing, how.activate
        return out

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """From the gradient of `forward`'s result to those of its tensors."""
        states, read, middle, raised, *weights = ctx.saved_tensors
        projections, attended, norm, wide, narrow, last_norm = zip(weights[::2], weights[1::2], strict=True)
        part = learnt_from(gradient, ctx.packing)

        def of(values: torch.Tensor) -> torch.Tensor:
            return values.index_select(0, part.tokens) if part else values

        g_middle, g_narrowed, of_last_norm = _back_through_sum(of(gradient), ctx.last_sum, last_norm, of)
        with torch.enable_grad():
            raised = of(raised).detach().requires_grad_()
            activated = ctx.activate(raised)
        g_activated, of_narrow = _back_through_linear(g_narrowed, activated.detach(), narrow)
        (g_raised,) = torch.autograd.grad(activated, raised, g_activated)
        g_widened, of_wide = _back_through_linear(g_raised, of(middle), wide)
        g_states, g_attended, of_norm = _back_through_sum(g_middle.add_(g_widened), ctx.middle_sum, norm, of)
        g_read, of_attended = _back_through_linear(g_attended, of(read), attended)
        g_joined = attend_back(ctx.attention, g_read, part)
        g_projected, of_projections = _back_through_linear(g_joined, of(states), projections)
        g_states.add_(g_projected)
        if part:
            g_states = torch.zeros_like(gradient).index_copy_(0, part.tokens, g_states)
        return g_states, None, None, *of_projections, *of_attended, *of_norm, *of_wide, *of_narrow, *of_last_norm


def learnt_from(gradient: torch.Tensor, packing: Packing) -> Part | None:
    """The texts of which a token has a gradient, which is (total, hidden); None where these are all, or none."""
    bounds = packing.bounds[: len(packing.begins) + 1].long()
    tokens = pad(gradient.any(dim=1).cumsum(0), (1, 0))[bounds].diff()
    texts = tokens > 0
    return None if texts.all() or not texts.any() else part_of(packing, texts)


@dataclass(frozen=True)
class _Sum:
    """What the way back through a sum needs: the sum, mean and inverse spread of its norm, and what dropout left."""

    summed: torch.Tensor
    mean: torch.Tensor
    spread: torch.Tensor
    left: torch.Tensor | None


def _summed(values: torch.Tensor, states: torch.Tensor, norm: Both, how: Settings) -> tuple[torch.Tensor, _Sum]:
    """`values`, some of them dropped, added to `states` and normed."""
    left = mask(tuple(values.shape), how.of_states, states) if drops(how.of_states) else None
    summed = states + values if left is None else torch.addcmul(states, values, left)
    normed, mean, spread = torch.native_layer_norm(summed, summed.shape[-1:], *norm, how.epsilon)
    return normed, _Sum(summed, mean, spread, left)


def _back_through_sum(
    gradient: torch.Tensor, kept: _Sum, norm: Both, of: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor, Both]:
    """From the gradient of what `_summed` gives to those of `states`, of `values`, and of the norm.

    The first two are one tensor where nothing is dropped: it is added to only when the other is done with.
    """
    summed = of(kept.summed)
    found, *of_norm = torch.ops.aten.native_layer_norm_backward(
        gradient, summed, summed.shape[-1:], of(kept.mean), of(kept.spread), *norm, [True, True, True]
    )
    return found, found if kept.left is None else found * of(kept.left), (of_norm[0], of_norm[1])


def _back_through_linear(gradient: torch.Tensor, values: torch.Tensor, layer: Both) -> tuple[torch.Tensor, Both]:
    """From the gradient of what a linear layer makes of `values` to those of `values`, and of the layer."""
    return gradient @ layer[0], (gradient.t() @ values, gradient.sum(dim=0))
