"""Texts of different lengths in one forward pass without padding: tokens side by side, attention within each text.

Everything but attention works on single tokens, so a batch can be one long row of tokens. Attention gathers
each text's tokens into a block (texts, longest) of its own, which is where padding remains: a few percent of
the work. The model's weights and its results stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.dropout import byte_dropout

if TYPE_CHECKING:
    import torch

NAME = "bertdemo_packed"


@dataclass(frozen=True)
class Packing:
    """How texts of `total` tokens lie in one row.

    Attributes:
        ids, places: (1, total) int64, token ids and their places within their texts.
        first: (texts,) int64, where each text begins.
        block: (texts * longest,) int64, where each cell of a padded block is found; padding points at token 0.
        cells: (total,) int64, where each token stands in the block.
        hidden: (texts, 1, 1, longest) float32, 0 for tokens and -inf for padding; None where nothing is padded.
        texts, longest: sizes of the block.
    """

    ids: torch.Tensor
    places: torch.Tensor
    first: torch.Tensor
    block: torch.Tensor
    cells: torch.Tensor
    hidden: torch.Tensor | None
    texts: int
    longest: int


def pack(ids: Sequence[np.ndarray], device: torch.device) -> Packing:
    """Lay texts side by side."""
    import torch

    lengths = np.array([len(i) for i in ids])
    longest, total = int(lengths.max()), int(lengths.sum())
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    places = np.arange(total) - np.repeat(first, lengths)
    cells = np.repeat(np.arange(len(ids)) * longest, lengths) + places
    block = np.zeros(len(ids) * longest, np.int64)
    block[cells] = np.arange(total)
    hidden = None
    if total < len(block):
        empty = np.full(len(block), -np.inf, np.float32)
        empty[cells] = 0
        hidden = torch.from_numpy(empty.reshape(len(ids), 1, 1, longest)).to(device)

    def there(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array.astype(np.int64)).to(device)

    row = there(np.concatenate(ids))[None]
    return Packing(row, there(places)[None], there(first), there(block), there(cells), hidden, len(ids), longest)


def can_pack(model: Any) -> bool:
    """Whether `packed_logits` knows the architecture: BERT with absolute positions."""
    return model.config.model_type == "bert" and hasattr(model, "bert") and hasattr(model, "classifier")


def packed_logits(model: Any, packing: Packing) -> torch.Tensor:
    """Logits of a `BertForSequenceClassification`, shape (texts, classes): as from a padded batch."""
    _register()
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        states = model.bert(input_ids=packing.ids, position_ids=packing.places, packing=packing).last_hidden_state
    finally:
        model.config._attn_implementation = before
    pooled = model.bert.pooler(states[0].index_select(0, packing.first)[:, None])
    logits: torch.Tensor = model.classifier(model.dropout(pooled))
    return logits


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

    def block(tokens: torch.Tensor) -> torch.Tensor:
        rows = tokens[0].transpose(0, 1).reshape(-1, heads * size).index_select(0, packing.block)
        return rows.view(packing.texts, packing.longest, heads, size).transpose(1, 2)

    scores = block(query) @ block(key).transpose(2, 3) * (scaling or size**-0.5)
    if packing.hidden is not None:
        scores = scores + packing.hidden.to(scores.dtype)
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(scores.dtype)
    weights = byte_dropout(weights, dropout, module.training)
    read = (weights @ block(value)).transpose(1, 2).reshape(-1, heads * size)
    return read.index_select(0, packing.cells).view(1, -1, heads, size), None
