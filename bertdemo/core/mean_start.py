"""A first token that says what the mean of all tokens says: where rows are few, the better start.

The bundled model was trained to be read by the mean of its tokens, and a `BertForSequenceClassification` reads the
first one, of which nothing was ever asked: before the last layer it is nearly the same in every text. With many
thousands of rows fine-tuning makes up for that; with dozens or hundreds it does not. So the last layer, which is read
at the first token alone, is set to read that mean. The architecture stays as it is, and everything goes on learning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bertdemo.core import head
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.linear import mean_of_tokens, sample

LEAST_SPREAD = 1e-3
"""Of a state, as it is taken: they have a spread of about a tenth, but where all texts are one."""
MOST_TEXTS = 3_000
"""Texts that are read for it at most: it is only a start."""
STRENGTH = 0.1
"""How little the regression is regularised (C): features of one spread need less than those of length 1."""


def start_from_mean(model: Any, ids: Sequence[np.ndarray], labels: np.ndarray, precision: str = "fp32") -> None:
    """Set the last layer of `model`, and start its head from a logistic regression on what that says of texts.

    Attention weighs all tokens alike, as it asks nothing. Its values are the tokens' states, less their mean over
    `ids`; what is made of them has one spread, less what the first token itself adds. The feed-forward part adds
    nothing at first, and norms only norm.

    Args:
        model: a `BertForSequenceClassification`.
        ids: token ids of the texts to learn from.
        labels: class of each text, shape (texts,); (texts, classes) bool where a text may have several.
        precision: in which they are read.
    """
    import torch

    some = sample(len(ids), MOST_TEXTS)
    means, firsts = _before_last_layer(model, [ids[i] for i in some], precision)
    centre, spread, first = means.mean(0), np.maximum(means.std(0), LEAST_SPREAD), firsts.mean(0)
    last, width = model.bert.encoder.layer[-1], model.config.hidden_size
    attention, attended, output = last.attention.self, last.attention.output, last.output
    with torch.no_grad():
        for asked in attention.query.parameters():
            asked.zero_()
        attention.value.weight.copy_(torch.eye(width))
        attention.value.bias.copy_(torch.from_numpy(-centre))
        attended.dense.weight.copy_(torch.diag(torch.from_numpy(1 / spread)))
        attended.dense.bias.copy_(torch.from_numpy(-first))
        for added in output.dense.parameters():
            added.zero_()
        for norm in (attended.LayerNorm, output.LayerNorm):
            norm.weight.fill_(1.0)
            norm.bias.zero_()
    said = (means - centre) / spread + firsts - first
    for norm in (attended.LayerNorm, output.LayerNorm):
        said = (said - said.mean(1, keepdims=True)) / np.sqrt(said.var(1, keepdims=True) + norm.eps)
    head.start_from_regression(model, said, labels[some], C=STRENGTH)


def _before_last_layer(model: Any, ids: Sequence[np.ndarray], precision: str) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each text's tokens, and its first token, before the last layer: two float32 (texts, hidden)."""
    import torch

    from bertdemo.core.forward import in_groups, padded

    fast = FastBert.of(model.bert, precision)
    if fast is None:
        raise TypeError("not a BERT")
    before = replace(fast, layers=fast.layers[:-1])
    shape = len(ids), model.config.hidden_size
    means, firsts = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def read(rows: np.ndarray) -> None:
        inputs = padded([ids[i] for i in rows], model.device)
        with torch.inference_mode():
            *_, states = (each.float() for each in before.states(inputs))
            means[rows] = mean_of_tokens(states, inputs["attention_mask"]).cpu().numpy()
            firsts[rows] = states[:, 0].cpu().numpy()

    in_groups(ids, model, read)
    return means, firsts
