"""Dropout whose masks come from random bytes: on a CPU, drawing a number for each cell is a quarter of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def byte_dropout(values: torch.Tensor, p: float, training: bool) -> torch.Tensor:
    """Set each cell to 0 with probability `p`, to the nearest 1/256, and scale the others so that the mean stays.

    One 64-bit draw of torch's generator decides on eight cells. On other devices than a CPU, and for
    probabilities that a byte can't tell from 0 or 1, this is torch's own dropout.
    """
    import torch

    dropped = round(256 * p)
    if not training or p == 0:
        return values
    if values.device.type != "cpu" or not 0 < dropped < 256:
        return torch.nn.functional.dropout(values, p, training=True)
    draws = torch.empty(-(-values.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = draws.view(torch.uint8)[: values.numel()].view(values.shape) >= dropped
    return values * kept.to(values.dtype).mul_(256 / (256 - dropped))


def use_byte_dropout(model: Any) -> None:
    """Have all dropout layers of `model` draw bytes. They have no weights: what is saved stays the same."""
    import torch

    class ByteDropout(torch.nn.Dropout):
        def forward(self, input: torch.Tensor) -> torch.Tensor:
            return byte_dropout(input, self.p, self.training)

    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(module, name, ByteDropout(child.p))
