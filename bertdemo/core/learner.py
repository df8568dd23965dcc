"""A model while it learns: its weights side by side, what passes compute with, and the optimiser's steps."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bertdemo.core.device import dtype_of
from bertdemo.core.forward import training_logits

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import torch


class Learner:
    """AdamW (Loshchilov & Hutter 2019) of a model in mixed precision (Micikevicius et al. 2018, section 3.1).

    The model keeps its parameters, in float32; they become views of one tensor for those that decay and one for norms
    and biases, the one-dimensional ones, which don't. So a step of the optimiser is a few operations on long tensors
    and not a thousand on short ones. Passes of a BERT compute with copies of the weights in reduced precision, made
    once a step, those of other architectures under torch's autocast; the gradients of several passes are added up in
    float32.

    Attributes:
        model: whose weights are learnt.
        precision: ``"bf16"``, ``"fp16"`` or ``"fp32"``.
        optimizer: of two tensors.
        scaler: of the loss, in fp16; None otherwise.
    """

    def __init__(self, model: Any, choices: dict[str, Any]) -> None:
        """`choices` are the run's: ``lr``, ``weight_decay``, ``clip``, ``precision``."""
        import torch

        from bertdemo.core.used_embedding import UsedEmbedding

        self.model, self.precision, self._clip = model, choices["precision"], choices["clip"]
        self._places: dict[torch.Tensor, _Place] = {}
        self._copies: dict[tuple[torch.Tensor, ...], tuple[torch.Tensor, _Place]] = {}
        self._written: set[_Place] = set()
        self._begun: set[_Place] = set()
        trained = [p for p in model.parameters() if p.requires_grad]
        decayed, decayed_gradients = self._side_by_side([p for p in trained if p.ndim > 1])
        others, their_gradients = self._side_by_side([p for p in trained if p.ndim <= 1])
        groups = [
            {"params": [decayed], "weight_decay": choices["weight_decay"]},
            {"params": [others], "weight_decay": 0.0},
        ]
        self._gradients, device = (decayed_gradients, their_gradients), decayed.device.type
        self._fused = device in ("cpu", "cuda")
        self.optimizer: Any = torch.optim.AdamW(groups, lr=choices["lr"], fused=self._fused)
        self.scaler = torch.amp.GradScaler(device) if self.precision == "fp16" else None
        if isinstance(words := model.get_input_embeddings(), UsedEmbedding):
            words.gradient = self._places[words.weight].gradient

    def logits(self, ids: Sequence[np.ndarray]) -> torch.Tensor:
        """Logits with gradients, float32 (texts, classes)."""
        return training_logits(self.model, ids, self.precision, self.weight)

    def weight(self, *parameters: torch.Tensor) -> torch.Tensor:
        """Parameters that follow each other in the model, of one shape but for the first dimension, as one tensor.

        It is in the precision that is computed in, and what a backward pass finds for it counts for them.
        """
        if parameters not in self._copies:
            first, last = self._places[parameters[0]], self._places[parameters[-1]]
            shape = (sum(p.shape[0] for p in parameters), *parameters[0].shape[1:])
            place = _Place(first.weights, first.gradients, first.begin, last.end, shape)
            if place.end - place.begin != sum(p.numel() for p in parameters):
                raise ValueError("these parameters don't follow each other")
            copy = place.values.to(dtype_of(self.precision)).requires_grad_()
            self._copies[parameters] = (copy, place)
        return self._copies[parameters][0]

    def backward(self, loss: torch.Tensor) -> None:
        """Add the gradients of `loss` to those of the step."""
        self._put_aside()
        (self.scaler.scale(loss) if self.scaler else loss).backward()

    def forget(self) -> None:
        """Leave no gradient of the step."""
        for tensor in (*self._places, *(copy for copy, _ in self._copies.values())):
            tensor.grad = None
        self._written |= self._begun
        self._begun = set()

    def update(self, rate: float) -> None:
        """One step of the optimiser at learning rate `rate`, with the gradients clipped to the norm of the choices."""
        import torch

        self._collect()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if self.scaler:
            self.scaler.unscale_(self.optimizer)
        norm = torch.stack([torch.dot(gradient, gradient) for gradient in self._gradients]).sum().sqrt()
        too_long = ((norm + 1e-6) / self._clip).clamp(min=1.0)
        if self._fused:
            self.optimizer.grad_scale = too_long  # which it divides by as it reads them
        else:
            for gradient in self._gradients:
                gradient.div_(too_long)
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        self.refresh()

    def refresh(self) -> None:
        """Make the copies anew: the weights are others now."""
        import torch

        if self.precision != "fp32" and self._copies:
            with torch.no_grad():
                copies, places = zip(*self._copies.values(), strict=True)
                torch._foreach_copy_(copies, [place.values for place in places])

    def _side_by_side(self, parameters: list[torch.nn.Parameter]) -> tuple[torch.Tensor, torch.Tensor]:
        """Make them views of one tensor, and return that and its gradient."""
        import torch

        together = torch.cat([p.detach().reshape(-1) for p in parameters])
        together.grad = gradient = torch.zeros_like(together)
        begin = 0
        for p in parameters:
            place = self._places[p] = _Place(together, gradient, begin, begin + p.numel(), tuple(p.shape))
            p.data = place.values
            begin = place.end
        return together, gradient

    def _put_aside(self) -> None:
        """Add what an earlier pass of the step found for the copies, in reduced precision, to where it is in float32.

        Added up where it is found, each pass would lose what is small beside all those before.
        """
        if self.precision == "fp32":
            return
        for copy, place in self._copies.values():
            if copy.grad is not None:
                if place in self._begun:
                    place.gradient.add_(copy.grad)
                else:
                    place.gradient.copy_(copy.grad)
                self._begun.add(place)
                copy.grad = None

    def _collect(self) -> None:
        """Bring the gradients of parameters and copies to where the optimiser finds them."""
        import torch

        if self._begun:
            self._put_aside()
        found = [(p.grad, place) for p, place in self._places.items()]
        found += [(copy.grad, place) for copy, place in self._copies.values()]
        written = self._begun | {place for gradient, place in found if gradient is not None}
        for place in self._written - written:
            place.gradient.zero_()
        there = [(g, place.gradient) for g, place in found if g is not None]
        there = [(g, target) for g, target in there if g.data_ptr() != target.data_ptr()]
        for kind in {g.dtype for g, _ in there}:  # of one kind a GPU copies all at once
            alike = [(g, target) for g, target in there if g.dtype == kind]
            torch._foreach_copy_([target for _, target in alike], [g for g, _ in alike])
        self._written = written
        self.forget()


@dataclass(frozen=True, eq=False)
class _Place:
    """Where weights lie among all."""

    weights: torch.Tensor
    gradients: torch.Tensor
    begin: int
    end: int
    shape: tuple[int, ...]

    @functools.cached_property
    def values(self) -> torch.Tensor:
        return self.weights[self.begin : self.end].view(self.shape)

    @functools.cached_property
    def gradient(self) -> torch.Tensor:
        return self.gradients[self.begin : self.end].view(self.shape)
