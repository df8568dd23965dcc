"""Texts of different lengths in one forward pass without padding: tokens side by side, attention within each text.

Everything but attention works on single tokens, so a batch can be one long row of tokens. Attention gathers
texts of similar lengths into blocks (texts, longest), which is where padding remains: a few percent of the
work. The model's weights and its results stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.device import moved
from bertdemo.core.dropout import byte_dropout
from bertdemo.core.tokens import ids_of, types_of

if TYPE_CHECKING:
    import torch

NAME = "bertdemo_packed"
WIDEST = 1.6
"""Longest over shortest text of a block: between padding and many small products."""


@dataclass(frozen=True)
class Block:
    """Neighbouring texts of similar lengths, for which attention is computed together.

    Attributes:
        begin, end: the texts' tokens within the row.
        spread: (texts * longest,) int64, which of these tokens stands in each cell of the padded block; padding
            points at the first one. None where all lengths are equal.
        cells: (end - begin,) int64, where each token stands in the block; None likewise.
        hidden: (texts, 1, 1, longest) float32, 0 for tokens and -inf for padding; None likewise.
        texts, longest: sizes of the block.
    """

    begin: int
    end: int
    spread: torch.Tensor | None
    cells: torch.Tensor | None
    hidden: torch.Tensor | None
    texts: int
    longest: int


@dataclass(frozen=True)
class Packing:
    """How texts lie in one row, the shortest first.

    Attributes:
        ids, places: (1, total) int64, token ids and their places within their texts.
        types: (1, total) int64, which tokens belong to a second text; None where none does.
        begins: (texts,) int64, where each text begins, in the row's order.
        back: (texts,) int64, which of them each text is, in the order in which they were given.
        blocks: the texts by similar lengths; they cover the row.
    """

    ids: torch.Tensor
    places: torch.Tensor
    types: torch.Tensor | None
    begins: torch.Tensor
    back: torch.Tensor
    blocks: tuple[Block, ...]


def pack(ids: Sequence[np.ndarray], device: torch.device) -> Packing:
    """Lay texts side by side."""
    import torch

    lengths = np.array([len(i) for i in ids])
    order = np.argsort(lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    starts = ends - lengths[order]
    back = np.empty(len(ids), np.int64)
    back[order] = np.arange(len(ids))
    groups, begin = [], 0
    while begin < len(order):
        sizes = lengths[order[begin:]]
        texts = int(np.searchsorted(sizes, WIDEST * sizes[0], side="right"))
        groups.append((int(starts[begin]), sizes[:texts]))
        begin += texts
    tokens = np.concatenate([ids[i] for i in order])
    places, types = np.arange(ends[-1]) - np.repeat(starts, lengths[order]), types_of(tokens)
    spreads, cells, padding = zip(*(_layout(sizes) for _, sizes in groups), strict=True)

    # all of it in one copy: a GPU is waited for with each
    arrays = [ids_of(tokens), places, types, starts, back, *spreads, *cells, np.concatenate(padding)]
    sent = moved(np.concatenate(arrays).astype(np.int64), device).split([len(array) for array in arrays])
    row, places_there, types_there, begins, back_there, *rest = sent
    hidden = torch.zeros(len(rest[-1]), device=device).masked_fill_(rest[-1].bool(), -torch.inf)
    masks = hidden.split([len(cells) for cells in padding])
    parts = zip(groups, rest[: len(groups)], rest[len(groups) : -1], masks, strict=True)
    seconds = types_there[None] if types.any() else None
    blocks = tuple(_block(*group, *part) for group, *part in parts)
    return Packing(row[None], places_there[None], seconds, begins, back_there, blocks)


def _block(begin: int, lengths: np.ndarray, spread: torch.Tensor, cells: torch.Tensor, hidden: torch.Tensor) -> Block:
    """A block that begins at token `begin`; the tensors are those of `Block`, `hidden` flat, empty without padding."""
    texts, longest, end = len(lengths), int(lengths[-1]), begin + int(lengths.sum())
    if not len(spread):
        return Block(begin, end, None, None, None, texts, longest)
    return Block(begin, end, spread, cells, hidden.view(texts, 1, 1, longest), texts, longest)


def _layout(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``spread`` and ``cells`` of a `Block`, and 1 for each of its cells that is padding; empty where none is."""
    texts, longest, total = len(lengths), int(lengths[-1]), int(lengths.sum())
    if total == texts * longest:
        return (np.zeros(0, np.int64),) * 3
    starts = np.cumsum(lengths) - lengths
    cells = np.repeat(np.arange(texts) * longest - starts, lengths) + np.arange(total)
    spread = np.zeros(texts * longest, np.int64)
    spread[cells] = np.arange(total)
    padding = np.ones(texts * longest, np.int64)
    padding[cells] = 0
    return spread, cells, padding


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows the architecture: BERT with absolute positions."""
    return model.config.model_type == "bert" and hasattr(model, "bert") and hasattr(model, "classifier")


def packed_logits(model: Any, packing: Packing) -> torch.Tensor:
    """Logits of a `BertForSequenceClassification`, shape (texts, classes): as from a padded batch."""
    logits: torch.Tensor = model.classifier(model.dropout(packed_pooled(model, packing)))
    return logits


def packed_pooled(model: Any, packing: Packing) -> torch.Tensor:
    """What its pooler says, shape (texts, hidden).

    It reads the first token of each text alone, so in the last layer no other token goes on: they serve as keys and
    values. Loss and gradients are those of the whole layer; of MiniLM's work a seventh is saved.
    """
    _register()
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        bert = model.bert
        states = bert.embeddings(input_ids=packing.ids, position_ids=packing.places, token_type_ids=packing.types)
        *layers, last = bert.encoder.layer
        for layer in layers:
            states = layer(states, packing=packing)
    finally:
        model.config._attn_implementation = before
    pooled: torch.Tensor = bert.pooler(_last(last, states[0], packing)[:, None])
    return pooled.index_select(0, packing.back)


def _last(layer: Any, states: torch.Tensor, packing: Packing) -> torch.Tensor:
    """What a layer makes of each text's first token: `states` (total, hidden) -> (texts, hidden) in the row's order."""
    import torch

    own = layer.attention.self
    heads, dropout = own.num_attention_heads, own.dropout.p
    first = states.index_select(0, packing.begins)
    query = own.query(first).view(len(first), 1, heads, -1).transpose(1, 2)
    key, value = own.key(states), own.value(states)
    read, text = [], 0
    for block in packing.blocks:
        k, v = (_spread(tokens[block.begin : block.end], block, heads) for tokens in (key, value))
        q = query[text : text + block.texts]
        read.append(_read(q, k, v, block, own.scaling, dropout, training=own.training).flatten(1))
        text += block.texts
    attended = layer.attention.output(torch.cat(read), first)
    found: torch.Tensor = layer.output(layer.intermediate(attended), attended)
    return found


def _register() -> None:
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, _attention)


def _attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    packing: Packing,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention within each text. `query`, `key`, `value`: (1, heads, total, size); returns (1, total, heads, size)."""
    import torch

    heads, size = query.shape[1], query.shape[3]
    rows = [tokens[0].transpose(0, 1).reshape(-1, heads * size) for tokens in (query, key, value)]
    read = []
    for block in packing.blocks:
        q, k, v = (_spread(tokens[block.begin : block.end], block, heads) for tokens in rows)
        found = _read(q, k, v, block, scaling or size**-0.5, dropout, training=module.training)
        found = found.reshape(-1, heads * size)
        read.append(found if block.cells is None else found.index_select(0, block.cells))
    return torch.cat(read).view(1, -1, heads, size), None


def _read(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    block: Block,
    scaling: float,
    dropout: float,
    *,
    training: bool,
) -> torch.Tensor:
    """Attention of one block: `query` (texts, heads, asking, size) -> (texts, asking, heads, size)."""
    import torch

    scores = query @ key.transpose(2, 3) * scaling
    if block.hidden is not None:
        scores = scores + block.hidden.to(scores.dtype)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(scores.dtype)
    return (byte_dropout(weights, dropout, training) @ value).transpose(1, 2)


def _spread(tokens: torch.Tensor, block: Block, heads: int) -> torch.Tensor:
    """(tokens, heads * size) -> (texts, heads, longest, size)."""
    if block.spread is not None:
        tokens = tokens.index_select(0, block.spread)
    return tokens.view(block.texts, block.longest, heads, -1).transpose(1, 2)
