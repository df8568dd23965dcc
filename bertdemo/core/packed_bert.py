"""A BERT that learns from texts packed in one row: the loss and the gradients of transformers' own, with less work.

The three projections of a layer's tokens are one matrix product, attention gathers and returns its tokens in one copy
each, and in the last layer only the first token of each text goes on, which is all that a classifier reads, and sees
the others as they are (`first_token`): for MiniLM that alone is a sixth of the work. Weights stay where the model has
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import first_token
from bertdemo.core.dropout import dropout, drops, mask
from bertdemo.core.packing import Packing, pack

if TYPE_CHECKING:
    import torch


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows the architecture: BERT with absolute positions."""
    return model.config.model_type == "bert" and hasattr(model, "bert") and hasattr(model, "classifier")


def packed_logits(model: Any, ids: Sequence[np.ndarray]) -> torch.Tensor:
    """Logits of a `BertForSequenceClassification`, shape (texts, classes): as from a padded batch."""
    logits: torch.Tensor = model.classifier(model.dropout(packed_pooled(model, ids)))
    return logits


def packed_pooled(model: Any, ids: Sequence[np.ndarray]) -> torch.Tensor:
    """What its pooler says, shape (texts, hidden)."""
    bert, packing = model.bert, pack(ids, model.config.num_attention_heads, model.device)
    states = _embedded(bert.embeddings, packing)
    *layers, last = bert.encoder.layer
    for layer in layers:
        states = _after_attention(layer, _read(layer.attention.self, states, packing), states)
    first = states.index_select(0, packing.begins)
    first = _after_attention(last, _read_by_first(last.attention.self, first, states, packing), first)
    pooled: torch.Tensor = bert.pooler(first[:, None])
    return pooled.index_select(0, packing.back)


def _embedded(table: Any, packing: Packing) -> torch.Tensor:
    """The row's embeddings, (total, hidden)."""
    kinds = table.token_type_embeddings
    kind = kinds.weight[0] if packing.types is None else kinds(packing.types)
    states = table.LayerNorm(table.word_embeddings(packing.ids) + table.position_embeddings(packing.positions) + kind)
    return dropout(states, table.dropout.p, table.training)


def _after_attention(layer: Any, read: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """The rest of a layer, token by token: `read` is what attention found for `states`, both (tokens, hidden)."""
    states = _added(layer.attention.output, read, states)
    return _added(layer.output, layer.intermediate(states), states)


def _added(part: Any, values: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """A linear layer of `values`, some of it dropped, added to `states` and normed."""
    import torch

    values, p = part.dense(values), part.dropout.p
    if part.training and drops(p):
        summed = torch.addcmul(states, values, mask(tuple(values.shape), p, states))
    else:
        summed = states + values
    normed: torch.Tensor = part.LayerNorm(summed)
    return normed


def _read(own: Any, states: torch.Tensor, packing: Packing) -> torch.Tensor:
    """What the attention of a layer reads for all tokens, (total, hidden)."""
    import torch

    from bertdemo.core.packed_attention import PackedAttention

    parts = (own.query, own.key, own.value)
    weight, bias = torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])
    joined = torch.nn.functional.linear(states, weight, bias)
    p = own.dropout.p if own.training else 0.0
    read: torch.Tensor = PackedAttention.apply(joined, packing, own.scaling, p)  # type: ignore[no-untyped-call]
    return read


def _read_by_first(own: Any, first: torch.Tensor, states: torch.Tensor, packing: Packing) -> torch.Tensor:
    """What it reads for the first token of each text, (texts, hidden)."""
    import torch

    asked = first_token.questions(own.query(first), own.key.weight, packing.heads)
    places = states.index_select(0, packing.tokens).split([len(block) for block in packing.blocks])
    read = []
    for block, tokens in zip(packing.blocks, places, strict=True):
        tokens = tokens.view(-1, block.longest, tokens.shape[1])
        scores = asked[block.texts] @ tokens.transpose(1, 2).to(asked.dtype)
        hidden = block.hidden.view(len(tokens), packing.heads, -1).to(scores.dtype)
        weights = dropout((scores + hidden).softmax(-1), own.dropout.p, own.training)
        read.append(first_token.answers(weights, tokens, own.value.weight, own.value.bias))
    return torch.cat(read)
