"""Attention within each text of a packed row by the one kernel that torch has for it on newer GPUs.

`PackedAttention` is a dozen operations for each block of texts, and a GPU that is given many small ones waits for
Python. FlashAttention-2 (Dao 2023) takes texts of all lengths side by side. Torch has it, with dropout, under a name
that is not meant for everyone, and not for every GPU: so it is used where a first try agrees with the plain form and
takes no longer.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bertdemo.core.packing import Packing, pack

if TYPE_CHECKING:
    import torch

    Form = Callable[[torch.Tensor, Packing, float, float], torch.Tensor]

SAME = 0.03
"""What the two may differ by, of their norm: rounding to 16 bits makes a hundredth of it, a mistake all."""
TRIED_LENGTHS = tuple(range(4, 44)) * 2
"""Tokens of the texts of the first try."""
TRIED_DROPOUT = 0.1
ROUNDS = 5


def attention(joined: torch.Tensor, packing: Packing, scaling: float, p: float) -> torch.Tensor:
    """What `PackedAttention` gives, but for rounding and for which weights are dropped, with probability `p`.

    What tokens read that fill the row up is another thing: nobody reads it.
    """
    q, k, v = joined.view(len(joined), 3, packing.heads, -1).unbind(1)
    return _kernel(q, k, v, packing, scaling, p).reshape(len(joined), -1)


def _kernel(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, packing: Packing, scaling: float, p: float
) -> torch.Tensor:
    """Of queries, keys and values, each (tokens, heads, size), what is read, of that shape."""
    import torch

    bounds, longest = packing.bounds, packing.longest
    read: torch.Tensor = torch.ops.aten._flash_attention_forward(
        q, k, v, bounds, bounds, longest, longest, p, False, False, scale=scaling
    )[0]
    return read


@functools.lru_cache(maxsize=16)
def is_better(device: torch.device, dtype: torch.dtype, heads: int, hidden: int) -> bool:
    """Whether this GPU has it for such states, it agrees with the plain form and is no slower; tried once.

    Nothing is drawn from torch's generators that a training goes on with.
    """
    import torch

    if device.type != "cuda":
        return False
    try:
        with torch.random.fork_rng([device]), torch.enable_grad():
            return agrees(device, dtype, heads, hidden) and _is_no_slower(device, dtype, heads, hidden)
    except (RuntimeError, AttributeError, TypeError):  # no such kernel for this GPU, these numbers or this torch
        return False


def agrees(device: torch.device, dtype: torch.dtype, heads: int, hidden: int) -> bool:
    """Whether both forms read the same, nothing dropped, and find the same gradients."""
    import torch

    packing, joined, gradient = _first_try(device, dtype, heads, hidden)
    found = []
    for form in _forms():
        states = joined.clone().requires_grad_()
        read = form(states, packing, (hidden // heads) ** -0.5, 0.0)
        read.backward(gradient)
        found += [read.detach()[: sum(TRIED_LENGTHS)].float(), states.grad.float()]  # type: ignore[union-attr]
    read, of_states, plain, of_plain = found
    pairs = ((read, plain), (of_states, of_plain))
    return all(float(torch.dist(one, other)) < SAME * float(other.norm()) for one, other in pairs)


def _is_no_slower(device: torch.device, dtype: torch.dtype, heads: int, hidden: int) -> bool:
    """By the best of some rounds forward and backward, weights dropped."""
    import torch

    packing, joined, gradient = _first_try(device, dtype, heads, hidden)
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for form, times in zip(_forms(), seconds, strict=True):
            torch.cuda.synchronize(device)
            begin = time.perf_counter()
            form(joined.clone().requires_grad_(), packing, (hidden // heads) ** -0.5, TRIED_DROPOUT).backward(gradient)
            torch.cuda.synchronize(device)
            times.append(time.perf_counter() - begin)
    flash, plain = map(min, seconds)
    return flash <= plain


def _first_try(
    device: torch.device, dtype: torch.dtype, heads: int, hidden: int
) -> tuple[Packing, torch.Tensor, torch.Tensor]:
    """Texts side by side, filled up, what is projected for their tokens, and a gradient of what they read."""
    import torch

    packing = pack([np.ones(n, np.int64) for n in TRIED_LENGTHS], heads, device, dtype, multiple=64)
    total, filled_from = len(packing.ids), sum(TRIED_LENGTHS)
    generator = torch.Generator().manual_seed(0)
    joined = torch.randn(total, 3 * hidden, generator=generator)
    gradient = torch.randn(total, hidden, generator=generator)
    gradient[filled_from:] = 0
    return packing, joined.to(device, dtype), gradient.to(device, dtype)


def _forms() -> tuple[Form, Form]:
    from bertdemo.core.packed_attention import PackedAttention

    return attention, PackedAttention.apply
