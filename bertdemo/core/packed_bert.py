"""A BERT that learns from texts packed in one row: the loss and the gradients of transformers' own, with less work.

The three projections of a layer's tokens are one matrix product, attention gathers and returns its tokens in one copy
each, and in the last layer only the first token of each text goes on, which is all that a classifier reads, and sees
the others as they are (`first_token`): for MiniLM that alone is a sixth of the work. Weights stay where the model has
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import first_token
from bertdemo.core.device import dtype_of
from bertdemo.core.dropout import dropout, drops, mask
from bertdemo.core.packing import Packing, pack

if TYPE_CHECKING:
    import torch

Weight = Callable[..., "torch.Tensor"]
"""Of one or several parameters, (out, …) each, what is computed with: (sum of all out, …)."""


def joined(*parameters: torch.Tensor) -> torch.Tensor:
    """They themselves."""
    import torch

    return torch.cat(parameters) if len(parameters) > 1 else parameters[0]


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows the architecture: BERT whose tokens see all others."""
    plain = model.config.model_type == "bert" and not model.config.is_decoder
    return plain and hasattr(model, "bert") and hasattr(model, "classifier")


def leaves_out(model: Any) -> bool:
    """Whether texts whose loss weighs nothing take no time in the backward pass (`PackedLayer`)."""
    return can_pack(model) and model.device.type == "cpu"


def packed_logits(
    model: Any, ids: Sequence[np.ndarray], precision: str = "fp32", weight: Weight = joined
) -> torch.Tensor:
    """Logits of a `BertForSequenceClassification`, shape (texts, classes) float32: as from a padded batch.

    Layers compute in `precision`, with what `weight` makes of their parameters; embeddings and head in float32.
    """
    logits: torch.Tensor = model.classifier(model.dropout(packed_pooled(model, ids, precision, weight)))
    return logits


def packed_pooled(
    model: Any, ids: Sequence[np.ndarray], precision: str = "fp32", weight: Weight = joined
) -> torch.Tensor:
    """What its pooler says, shape (texts, hidden) float32."""
    bert, dtype = model.bert, dtype_of(precision)
    packing = pack(ids, model.config.num_attention_heads, model.device, dtype, multiple_of(precision, ids))
    states = _embedded(bert.embeddings, packing).to(dtype)
    *layers, last = bert.encoder.layer
    for layer in layers:
        states = _through(layer, states, packing, weight)
    first = states.index_select(0, packing.begins)
    first = _after_attention(last, _read_by_first(last.attention.self, first, states, packing, weight), first, weight)
    pooled: torch.Tensor = bert.pooler(first.float()[:, None])
    return pooled.index_select(0, packing.back)


def multiple_of(precision: str, ids: Sequence[np.ndarray]) -> int:
    """Of how many tokens a row's length shall be a multiple.

    oneDNN, which computes in reduced precision on a CPU, makes a program for every length of row that it meets, 5
    milliseconds for each form of product; long ones that are multiples of 64 it has met before.
    """
    if precision == "fp32":
        return 1
    return 64 if sum(map(len, ids)) > 256 else 32


def _embedded(table: Any, packing: Packing) -> torch.Tensor:
    """The row's embeddings, (total, hidden)."""
    kinds = table.token_type_embeddings
    kind = kinds.weight[0] if packing.types is None else kinds(packing.types)
    states = table.LayerNorm(table.word_embeddings(packing.ids) + table.position_embeddings(packing.positions) + kind)
    return dropout(states, table.dropout.p, table.training)


def _through(layer: Any, states: torch.Tensor, packing: Packing, weight: Weight) -> torch.Tensor:
    """What a layer makes of the states of all tokens, (total, hidden)."""
    if states.device.type != "cpu":  # `PackedLayer` looks at what has a gradient: a GPU would be waited for
        return _after_attention(layer, _read(layer.attention.self, states, packing, weight), states, weight)
    from bertdemo.core.packed_layer import PackedLayer, Settings

    def both(*parts: Any) -> list[torch.Tensor]:
        return [one.to(states.dtype) for one in _both(parts, weight)]

    own, attended, wide, narrow = layer.attention.self, layer.attention.output, layer.intermediate, layer.output
    projections, norms = (
        both(own.query, own.key, own.value),
        [[*part.LayerNorm.parameters()] for part in (attended, narrow)],
    )
    weights = *projections, *both(attended.dense), *norms[0], *both(wide.dense), *both(narrow.dense), *norms[1]
    how = Settings(
        scaling=own.scaling,
        of_attention=own.dropout.p if own.training else 0.0,
        of_states=narrow.dropout.p if narrow.training else 0.0,
        activate=wide.intermediate_act_fn,
        epsilon=narrow.LayerNorm.eps,
    )
    out: torch.Tensor = PackedLayer.apply(states, packing, how, *weights)  # type: ignore[no-untyped-call]
    return out


def _after_attention(layer: Any, read: torch.Tensor, states: torch.Tensor, weight: Weight) -> torch.Tensor:
    """The rest of a layer, token by token: `read` is what attention found for `states`, both (tokens, hidden)."""
    states = _added(layer.attention.output, read, states, weight)
    wide = layer.intermediate.intermediate_act_fn(_linear((layer.intermediate.dense,), states, weight))
    return _added(layer.output, wide, states, weight)


def _linear(parts: Sequence[Any], values: torch.Tensor, weight: Weight) -> torch.Tensor:
    """What linear layers make of `values`, side by side, in the precision of `values`."""
    import torch

    return torch.nn.functional.linear(values, *(one.to(values.dtype) for one in _both(parts, weight)))


def _both(parts: Sequence[Any], weight: Weight) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of linear layers side by side."""
    return weight(*(part.weight for part in parts)), weight(*(part.bias for part in parts))


def _added(part: Any, values: torch.Tensor, states: torch.Tensor, weight: Weight) -> torch.Tensor:
    """A linear layer of `values`, some of it dropped, added to `states` and normed."""
    import torch

    values, p, norm = _linear((part.dense,), values, weight), part.dropout.p, part.LayerNorm
    if part.training and drops(p):
        summed = torch.addcmul(states, values, mask(tuple(values.shape), p, states))
    else:
        summed = states + values
    of_norm = norm.weight, norm.bias
    if summed.device.type != "cpu":  # a CPU norms in float32 what is less precise
        of_norm = weight(norm.weight).to(summed.dtype), weight(norm.bias).to(summed.dtype)
    return torch.nn.functional.layer_norm(summed, norm.normalized_shape, *of_norm, norm.eps)


def _read(own: Any, states: torch.Tensor, packing: Packing, weight: Weight) -> torch.Tensor:
    """What the attention of a layer reads for all tokens, (total, hidden)."""
    from bertdemo.core import flash_attention
    from bertdemo.core.packed_attention import PackedAttention

    together, p = _linear((own.query, own.key, own.value), states, weight), own.dropout.p if own.training else 0.0
    if flash_attention.is_better(together.device, together.dtype, packing.heads, together.shape[1] // 3):
        return flash_attention.attention(together, packing, own.scaling, p)
    read: torch.Tensor = PackedAttention.apply(together, packing, own.scaling, p)  # type: ignore[no-untyped-call]
    return read


def _read_by_first(
    own: Any, first: torch.Tensor, states: torch.Tensor, packing: Packing, weight: Weight
) -> torch.Tensor:
    """What it reads for the first token of each text, (texts, hidden)."""
    import torch

    key, value, bias = (weight(p).to(states.dtype) for p in (own.key.weight, own.value.weight, own.value.bias))
    asked = first_token.questions(_linear((own.query,), first, weight), key, packing.heads)
    places = states.index_select(0, packing.tokens).split([len(block) for block in packing.blocks])
    read = []
    for block, tokens in zip(packing.blocks, places, strict=True):
        tokens = tokens.view(-1, block.longest, tokens.shape[1])
        scores = asked[block.texts] @ tokens.transpose(1, 2)
        hidden = block.hidden.view(len(tokens), packing.heads, -1)
        weights = dropout((scores + hidden).softmax(-1), own.dropout.p, own.training)
        read.append(first_token.answers(weights, tokens, value, bias))
    return torch.cat(read)
