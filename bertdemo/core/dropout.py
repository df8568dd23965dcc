"""Dropout whose masks are windows of one pool: drawing a number for each cell of each layer is a quarter of a step."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

POOL = 2**23
"""Cells of a pool, drawn once. A window is cut from it at a random place, so that no two steps meet the same mask."""


ALIGNED = 8
"""Cells of which a window's place is a multiple on a GPU, which reads several at once where they lie so."""


def mask(shape: tuple[int, ...], p: float, like: torch.Tensor) -> torch.Tensor:
    """What to multiply with: 0 with probability `p`, to the nearest 1/256, else what keeps the mean. Not to be changed.

    The cells of a window are independent; two windows (a mask of more than half the pool has several) may share a
    stretch of the pool, at different places in each. Where a window begins is drawn from torch's generator. On the
    device and in the precision of `like`.
    """
    import torch

    pool = _pool(round(256 * p), like.dtype, like.device)
    windows, left = [], functools.reduce(lambda cells, more: cells * more, shape, 1)
    while left:
        cells = min(left, POOL // 2)
        begin = int(torch.randint(POOL - cells + 1, ()))
        if like.device.type != "cpu":
            begin -= begin % ALIGNED
        windows.append(pool[begin : begin + cells])
        left -= cells
    return (windows[0] if len(windows) == 1 else torch.cat(windows)).view(shape)


@functools.lru_cache(maxsize=16)
def _pool(dropped: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
    """Drawn by bytes, and the same in every process: an interrupted training goes on with it."""
    import torch

    draws = torch.randint(256, (POOL,), dtype=torch.uint8, generator=torch.Generator().manual_seed(dropped))
    return ((draws.to(torch.int16) >= dropped).to(torch.float32) * (256 / max(1, 256 - dropped))).to(device, dtype)


def dropout(values: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    """`torch.nn.functional.dropout` with masks of a pool."""
    if not training or not drops(p):
        return values
    return values * mask(tuple(values.shape), p, values)


def drops(p: float) -> bool:
    """Whether a byte can tell the probability from 0."""
    return round(256 * p) > 0


def use_pooled_dropout(model: Any) -> None:
    """Have all dropout layers of `model` take masks of a pool. They have no weights: what is saved stays the same."""
    import torch

    class PooledDropout(torch.nn.Dropout):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return dropout(input, self.p, self.training)

    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(module, name, PooledDropout(child.p))
