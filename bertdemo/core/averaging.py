"""The mean of a training's weights: calmer than the last ones, and better on what was not learnt from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

LATER = 3.0
"""How much later weights count for more: about the last 1 / (LATER + 1) of the steps so far make up the mean."""
UPDATES = 200
"""About so many times weights are added to the mean, fewer than twice as often: each reads and writes them all."""


class Average:
    """Polynomial-decay average (Shamir & Zhang 2013, section 4): the k-th weights come in with (c + 1) / (c + k).

    It stretches with the training: at any step it is a mean of the same share of the steps so far, so that it is good
    wherever a training ends.
    """

    def __init__(self, model: torch.nn.Module, steps: int) -> None:
        """`steps` is the number of steps that the training of `model` will have."""
        self._weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._mean = {name: weight.detach().clone() for name, weight in self._weights.items()}
        self._every = max(1, steps // UPDATES)

    def follow(self, step: int) -> None:
        """Take in the model's weights as they are after step number `step`, from 1; of a long training not all."""
        import torch

        count, rest = divmod(step, self._every)
        if not rest or not count:  # before the first ones are taken in, the mean is the weights themselves
            share = (LATER + 1) / (LATER + max(count, 1))
            with torch.no_grad():
                torch._foreach_lerp_(list(self._mean.values()), list(self._weights.values()), share)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """The model has the mean for its weights; afterwards its own again."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def stay(self) -> None:
        """Leave the mean in the model for good."""
        self._swap()

    def state(self) -> dict[str, Any]:
        """The mean by names of weights, to write down; not a copy."""
        return self._mean

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from what `state` gave."""
        for name, mean in self._mean.items():
            mean.copy_(state[name])

    def _swap(self) -> None:
        for name, weight in self._weights.items():
            weight.data, self._mean[name] = self._mean[name], weight.data
