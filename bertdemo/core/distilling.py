"""A first token that says what the mean of all tokens says: where rows are few, the better start.

The bundled model was trained to be read by the mean of its tokens, and a `BertForSequenceClassification` reads the
first one. With thousands of rows fine-tuning makes up for that; with dozens or hundreds it does not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bertdemo.core.dropout import use_pooled_dropout
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.learner import Learner
from bertdemo.core.learning import Signal
from bertdemo.core.linear import Linear, embed, sample
from bertdemo.core.packed_bert import packed_pooled
from bertdemo.core.recipe import DISTILLING_BATCH as BATCH
from bertdemo.core.recipe import DISTILLING_STEPS as STEPS
from bertdemo.core.recipe import DISTILLING_TOKENS as MOST_TOKENS

RATE = 1e-4
MOST_TEXTS = 1000
"""Texts by which the targets are standardised."""
SCALE = 0.5
"""Spread of the targets within tanh: where it is nearly linear."""


def seconds(choices: dict[str, Any]) -> float:
    """What `distil` will take: a step reads `BATCH` texts, learns from them, and has the teacher read them too."""
    return float(STEPS * choices["seconds_per_step"] * BATCH / choices["batch"] * 4 / 3)


def distil(
    model: Any, ids: Sequence[np.ndarray], seed: int, signal: Signal, precision: str = "fp32", *, rate: float = RATE
) -> Iterator[float]:
    """Fine-tune `model` until its pooler gives the standardised mean of an untouched copy's tokens.

    Labels have no part in it. Asked to stop or to discard it ends at once, with what it has.

    Args:
        ids: token ids of the run's texts; what is read are pieces of them put together anew, as few texts are soon
            known by heart.
        signal: what is asked meanwhile.
        precision: of the layers that learn; their teacher computes in float32.
        rate: peak learning rate.

    Yields:
        What share is done.
    """
    import torch

    teacher = copy.deepcopy(model.bert).eval()
    reads = FastBert.of(teacher, "fp32")
    some = sample(len(ids), MOST_TEXTS)
    layers = (model.config.num_hidden_layers,)
    means = embed(teacher, [ids[i] for i in some], layers, precision="fp32", fast=reads).means
    centre, spread = means.mean(0), SCALE / (means.std(0) + 1e-6)
    use_pooled_dropout(model)
    model.train()
    torch.manual_seed(seed)
    rng = np.random.default_rng((seed, STEPS))
    learner = Learner(model, {"precision": precision, "lr": rate, "weight_decay": 0.01, "clip": 1.0})
    for step in range(STEPS):
        if signal() in ("stop", "discard"):
            break
        texts = [mixed(ids, rng) for _ in range(BATCH)]
        target = np.tanh((embed(teacher, texts, layers, precision="fp32", fast=reads).means - centre) * spread)
        there = torch.from_numpy(target.astype(np.float32)).to(model.device)
        learner.backward((packed_pooled(model, texts, precision, learner.weight) - there).square().mean())
        learner.update(rate * min((step + 1) / 6, (STEPS - step) / (STEPS - 6)))
        yield (step + 1) / STEPS


def mixed(ids: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """The begin of one text and the end of another, between the first one's special tokens.

    At most `MOST_TOKENS` of them: what is learnt here is how to read, not what long texts say.
    """
    one, other = (ids[int(rng.integers(len(ids)))] for _ in range(2))
    inner, more = one[1:-1], other[1:-1]
    joined = np.concatenate([inner[: rng.integers(len(inner) + 1)], more[rng.integers(len(more) + 1) :]])
    if not len(joined):
        joined = inner
    return np.concatenate([one[:1], joined[: MOST_TOKENS - 2], one[-1:]])


def start(model: Any, ids: Sequence[np.ndarray], labels: np.ndarray) -> None:
    """Start the classifier of a distilled model from a logistic regression on what its pooler says."""
    import torch

    model.eval()
    with torch.inference_mode():
        said = torch.cat([packed_pooled(model, ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)])
    linear = Linear.fit(said.cpu().numpy(), labels, model.config.num_labels, C=1.0, tol=1e-3)
    with torch.no_grad():
        model.classifier.weight.copy_(torch.from_numpy(linear.weight))
        model.classifier.bias.copy_(torch.from_numpy(np.clip(linear.bias, -10.0, 10.0)))
