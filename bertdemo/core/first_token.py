"""Attention of one token of each text, without projecting what it reads.

A classifier's last layer is read at the first token of each text alone. Its scores (q W_k) x are q (W_k x), and the sum
of all a W_v x is W_v times the sum of all a x: so a text's question is projected once, and what it read once, instead
of every token twice. The keys' bias adds the same to all scores of a question, which the softmax does not see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def questions(queries: torch.Tensor, key: torch.Tensor, heads: int) -> torch.Tensor:
    """Of queries (texts, hidden) and the keys' weight (hidden, hidden): what to multiply the tokens' states with.

    Returns:
        (texts, heads, hidden), divided by the root of a head's size; times (texts, hidden, tokens) it is the scores.
    """
    import torch

    texts, hidden = queries.shape
    size = hidden // heads
    scaled = queries.view(texts, heads, size) * size**-0.5
    return torch.einsum("ths,hsd->thd", scaled, key.view(heads, size, hidden))


def answers(weights: torch.Tensor, tokens: torch.Tensor, value: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """What attention of `weights` (texts, heads, longest) reads of `tokens` (texts, longest, hidden): (texts, hidden).

    `value` (hidden, hidden) and `bias` (hidden,) are of the values. What attention loses to dropout, the bias does too.
    """
    import torch

    texts, heads, _ = weights.shape
    read = weights.to(tokens.dtype) @ tokens
    values = torch.einsum("thd,hsd->ths", read, value.view(heads, -1, tokens.shape[2]))
    shares = weights.sum(-1, keepdim=True).to(values.dtype)
    return (values + shares * bias.view(heads, -1)).reshape(texts, -1)
