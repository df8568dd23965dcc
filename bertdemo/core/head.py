"""The classification head: how it starts, and how its probabilities are made to mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np

from bertdemo.core.library import transformers
from bertdemo.core.linear import Linear
from bertdemo.core.models import classification_layer, load_config, quietly


def can_start_from_regression(base: str) -> bool:
    """Whether `start_from_regression` sets the head of a classifier on `base`; found out without any weights."""
    import torch

    with quietly(), torch.device("meta"):
        model = transformers().AutoModelForSequenceClassification.from_config(load_config(base))
    return _pooler(model) is not None


def start_from_regression(model: Any, first: np.ndarray, labels: np.ndarray, *, C: float = 1.0) -> bool:
    """Start the head of a BERT from a logistic regression on what it will read, instead of from noise.

    The pooler becomes a standardising map (each feature centred and scaled into the part where tanh is
    nearly linear), the classifier the regression on the pooler's output (linear probing first, then
    fine-tuning: Kumar et al. 2022). The architecture stays as it is.

    Args:
        model: a `BertForSequenceClassification`; others are left alone.
        first: vectors of the first token from the encoder as it is, shape (rows, hidden).
        labels: class of each row, shape (rows,); (rows, classes) bool where a row may have several.
        C: how little the regression is regularised.

    Returns:
        Whether the head was set.
    """
    import torch

    if (pooler := _pooler(model)) is None:
        return False
    centre, scale = first.mean(0), 0.5 / (first.std(0) + 1e-6)
    pooled = np.tanh((first - centre) * scale)
    linear = Linear.fit(pooled, labels, model.config.num_labels, C=C, tol=1e-3)
    with torch.no_grad():
        pooler.dense.weight.copy_(torch.diag(torch.from_numpy(scale)))
        pooler.dense.bias.copy_(torch.from_numpy(-centre * scale))
        model.classifier.weight.copy_(torch.from_numpy(linear.weight))
        # a class without a row starts improbable, not impossible; a label that every row has likely, not certain
        model.classifier.bias.copy_(torch.from_numpy(np.clip(linear.bias, -10.0, 10.0)))
    return True


def _pooler(model: Any) -> Any:
    """What a BERT's classifier reads the first token through; None where `model` is another one."""
    pooler = getattr(getattr(model, "bert", None), "pooler", None)
    return pooler if hasattr(pooler, "dense") else None  # BigBird's is another one


def expect_shares(model: Any, labels: np.ndarray) -> None:
    """Start the last layer's biases where it says how frequent the classes are, and nothing else.

    An optimiser moves a bias by no more than its learning rate in a step, so that of many rare labels none would come
    to be as unlikely as it is within a training (Lin et al. 2017, section 3.3).

    Args:
        model: a sequence classifier whose head starts from noise.
        labels: class of each row to learn from, shape (rows,); (rows, classes) bool where a row may have several.
    """
    import torch

    classes = model.config.num_labels
    several = labels.ndim == 2
    counts = labels.sum(axis=0) if several else np.bincount(labels, minlength=classes)
    shares = (counts + 0.5) / (len(labels) + (1.0 if several else 0.5 * classes))
    bias = np.log(shares / (1 - shares)) if several else np.log(shares)
    with torch.no_grad():
        classification_layer(model).bias.copy_(torch.from_numpy(bias))


def fold_temperature(model: Any, temperature: float) -> None:
    """Divide the last layer by `temperature`, so that the plain logits are calibrated."""
    import torch

    last = classification_layer(model)
    with torch.no_grad():
        last.weight.div_(temperature)
        last.bias.div_(temperature)
