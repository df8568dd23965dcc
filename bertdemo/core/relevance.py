"""How much each token of a text adds to a score of a transformer: one forward and one backward pass.

Gradient times input, through a network that is made linear at the text in hand: attention weights, the scale of
layer norms and the slope of activations are held as they came out, so that in a plain BERT the relevance of a layer's
output is handed down to its inputs whole (layer-wise relevance propagation: Ali et al. 2022, "XAI for Transformers";
Achtibat et al. 2024, "AttnLRP"). A gate (ModernBERT and others) multiplies two activations, and each of them hands
down all that the product got: what such a model's tokens add is told by sign and order rather than by size. The forward
values stay what they are, and nothing is changed in the model: other threads may use it meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.models import encode_with_spans
from bertdemo.core.tokens import ids_of, types_of
from bertdemo.data.pair import TextPair

if TYPE_CHECKING:
    import torch

    from bertdemo.core.linear import Linear

ONLY_BY_IDS = ("IBertForSequenceClassification", "IBertModel", "LongformerForSequenceClassification")
"""Classes of transformers that take ``inputs_embeds`` and fail at them."""
SMALL = 1e-6
"""Nearer to 0 than this an activation's quotient is no number to rely on."""
NOT_OF_ZERO = {"laplace", "sigmoid", "sqrtsoftplus"}
"""Activations of transformers that are not 0 at 0: they make something of nothing, and have no quotient near it."""


@cache
def _linearised() -> Any:
    """A context within which gradients hand relevance down whole, for this thread only."""
    import torch
    from torch.nn import functional
    from torch.overrides import TorchFunctionMode

    slopes_at_zero = {functional.gelu: 0.5, functional.silu: 0.5, torch.tanh: 1.0, torch.Tensor.tanh: 1.0}
    softmax = (functional.softmax, torch.softmax, torch.Tensor.softmax)

    class Linearised(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if func is functional.layer_norm:
                return _layer_norm(*args, **kwargs)
            if func is functional.scaled_dot_product_attention:
                query, key, value, *others = args
                return func(query.detach(), key.detach(), value, *others, **kwargs)
            if func in slopes_at_zero:
                out, x = func(*args, **kwargs), args[0]
                return x * torch.where(x.abs() > SMALL, out / x, slopes_at_zero[func]).detach()
            out = func(*args, **kwargs)
            return out.detach() if func in softmax else out

    return Linearised


@cache
def _activations() -> Any:
    """The classes of transformers' activations, a tuple."""
    from bertdemo.core.library import transformers

    known = {name: kind for name, kind in transformers().activations.ACT2CLS.items() if name not in NOT_OF_ZERO}
    return tuple({kind[0] if isinstance(kind, tuple) else kind for kind in known.values()})


@cache
def _held() -> Any:
    """A module around an activation that has its slope held, whatever it is made of.

    Some are written out (ALBERT's and BigBird's GELU is half of x, times 1 more than a tanh): what they multiply would
    hand down all that the product got, each.
    """
    import torch

    class Held(torch.nn.Module):
        def __init__(self, activation: Any) -> None:
            super().__init__()
            self.activation = activation

        def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
            out = self.activation(x, *args, **kwargs).detach()
            part = x * torch.where(x.abs() > SMALL, out / x, 0.0).detach()
            return part + (out - part).detach()

    return Held


def _with_activations_held(module: Any) -> Any:
    """The module with its activations in `_held`; all else is shared, and `module` stays as it is."""
    if isinstance(module, _activations()):
        return _held()(module).train(module.training)
    found = module.__new__(type(module))
    found.__dict__ = {k: v.copy() if isinstance(v, dict) else v for k, v in module.__dict__.items()}
    found._modules = {name: child and _with_activations_held(child) for name, child in module._modules.items()}
    return found


def _layer_norm(
    x: torch.Tensor, shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> torch.Tensor:
    axes = tuple(range(-len(shape), 0))
    centred = x - x.mean(axes, keepdim=True)
    out = centred / (centred.detach().square().mean(axes, keepdim=True) + eps).sqrt()
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


@dataclass(frozen=True)
class TokenRelevance:
    """What each token adds to a label's log-odds; arrays of shape (tokens,), special tokens left out.

    Attributes:
        second: whether it is of the second text of a pair.
        begins, ends: where it stands in its text, in characters.
        values: what it adds.
    """

    second: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    values: np.ndarray


def relevance(model: Any, texts: Sequence[np.ndarray], score: Callable[..., Any], **wanted: bool) -> list[np.ndarray]:
    """What each token adds to ``score(outputs...)``, for each text an array of shape (tokens,), float64.

    Args:
        model: a transformer that takes ``inputs_embeds``; in evaluation mode.
        texts: token ids, those of a second text marked (`core.tokens`), shape (tokens,).
        score: from the model's output for each text to a scalar.
        wanted: what the model shall return besides.
    """
    import torch

    vectors, outputs = [], []
    held = _with_activations_held(model)
    with torch.enable_grad(), _linearised()():
        for ids in texts:
            row, types = torch.from_numpy(ids_of(ids)[None]).to(model.device), types_of(ids)
            inputs = {"token_type_ids": torch.from_numpy(types[None]).to(model.device)} if types.any() else {}
            vectors.append(model.get_input_embeddings()(row).detach().requires_grad_())
            outputs.append(held(inputs_embeds=vectors[-1], **inputs, **wanted))
        slopes = torch.autograd.grad(score(*outputs), vectors)
    return [(s * v).sum(-1)[0].detach().double().cpu().numpy() for s, v in zip(slopes, vectors, strict=True)]


def log_odds(logits: torch.Tensor, target: int, *, several: bool) -> torch.Tensor:
    """Of a label against all others; where a text may have several, against its absence. `logits`: (labels,)."""
    import torch

    if several:
        return logits[target]
    others = torch.cat([logits[:target], logits[target + 1 :]])
    return logits[target] - torch.logsumexp(others, 0) if len(others) else logits[target]


def of_classifier(
    model: Any, tokenizer: Any, text: str, max_length: int, target: int, *, several: bool
) -> TokenRelevance | None:
    """Of a sequence classifier's label; None where it can't be asked by embeddings."""
    if type(model).__name__ in ONLY_BY_IDS:
        return None
    ids, second, spans = encode_with_spans(tokenizer, text, max_length)
    [values] = relevance(model, [ids], lambda output: log_odds(output.logits[0].float(), target, several=several))
    return _at(second, spans, values)


def of_embedding(
    encoder: Any, tokenizer: Any, text: str, max_length: int, layers: Sequence[int], linear: Linear, target: int
) -> TokenRelevance | None:
    """Of the label of a linear model on the means of an encoder's tokens after some of its layers; None as above."""
    import torch

    from bertdemo.core.linear import states_of

    if type(encoder).__name__ in ONLY_BY_IDS:
        return None
    texts = (text.first, text.second) if isinstance(text, TextPair) else (text,)
    parts = [encode_with_spans(tokenizer, part, max_length) for part in texts]
    weight, bias = torch.from_numpy(linear.weight), torch.from_numpy(linear.bias)

    def features(*states: torch.Tensor) -> torch.Tensor:
        """Of one layer, of a text or a pair."""
        means = [_unit(tokens[0].float().mean(0).cpu()) for tokens in states]
        if len(means) == 1:
            return means[0]
        first, second = means
        alike = first * second * len(first) ** 0.5
        return _unit(torch.cat([first, second, 2 * (first - second).abs(), alike]))

    def score(*outputs: Any) -> torch.Tensor:
        each = [states_of(output) for output in outputs]
        found = torch.cat([features(*(states[layer - 1] for states in each)) for layer in layers])
        return log_odds(weight @ found + bias, target, several=linear.several)

    values = relevance(encoder, [ids for ids, _, _ in parts], score, output_hidden_states=True)
    second = np.concatenate([np.where(part < 0, part, i) for i, (_, part, _) in enumerate(parts)])
    return _at(second, np.concatenate([spans for _, _, spans in parts]), np.concatenate(values))


def _unit(vector: torch.Tensor) -> torch.Tensor:
    return vector / vector.detach().norm()


def _at(part: np.ndarray, spans: np.ndarray, values: np.ndarray) -> TokenRelevance:
    own = part >= 0
    return TokenRelevance(part[own] == 1, spans[own, 0], spans[own, 1], values[own])
