"""The classification head: how it starts, and how its probabilities are made to mean what they say."""

from __future__ import annotations

from typing import Any

import numpy as np

from bertdemo.core.linear import Linear


def start(model: Any, first: np.ndarray, labels: np.ndarray) -> bool:
    """Start the head of a BERT from a logistic regression on what it will read, instead of from noise.

    The pooler becomes a standardising map (each feature centred and scaled into the part where tanh is
    nearly linear), the classifier the regression on the pooler's output (linear probing first, then
    fine-tuning: Kumar et al. 2022). The architecture stays as it is.

    Args:
        model: a `BertForSequenceClassification`; others are left alone.
        first: vectors of the first token from the untouched encoder, shape (rows, hidden).
        labels: class of each row, shape (rows,); (rows, classes) bool where a row may have several.

    Returns:
        Whether the head was set.
    """
    import torch

    pooler = getattr(getattr(model, "bert", None), "pooler", None)
    if pooler is None or not hasattr(pooler, "dense"):  # BigBird's is another one
        return False
    centre, scale = first.mean(0), 0.5 / (first.std(0) + 1e-6)
    pooled = np.tanh((first - centre) * scale)
    linear = Linear.fit(pooled, labels, model.config.num_labels, C=1.0, tol=1e-3)
    with torch.no_grad():
        pooler.dense.weight.copy_(torch.diag(torch.from_numpy(scale)))
        pooler.dense.bias.copy_(torch.from_numpy(-centre * scale))
        model.classifier.weight.copy_(torch.from_numpy(linear.weight))
        # a class without a row starts improbable, not impossible; a label that every row has likely, not certain
        model.classifier.bias.copy_(torch.from_numpy(np.clip(linear.bias, -10.0, 10.0)))
    return True


def fold_temperature(model: Any, temperature: float) -> None:
    """Divide the last layer by `temperature`, so that the plain logits are calibrated."""
    import torch

    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    last = next(m for m in reversed(layers) if m.out_features == model.config.num_labels)
    with torch.no_grad():
        last.weight.div_(temperature)
        last.bias.div_(temperature)
