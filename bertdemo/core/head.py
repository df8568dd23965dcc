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
        labels: class of each row, shape (rows,).

    Returns:
        Whether the head was set.
    """
    import torch

    pooler = getattr(getattr(model, "bert", None), "pooler", None)
    if pooler is None:
        return False
    centre, scale = first.mean(0), 0.5 / (first.std(0) + 1e-6)
    pooled = np.tanh((first - centre) * scale)
    linear = Linear.fit(pooled, labels, model.config.num_labels, C=1.0)
    with torch.no_grad():
        pooler.dense.weight.copy_(torch.diag(torch.from_numpy(scale)))
        pooler.dense.bias.copy_(torch.from_numpy(-centre * scale))
        model.classifier.weight.copy_(torch.from_numpy(linear.weight))
        # a class without a row starts improbable, not impossible
        model.classifier.bias.copy_(torch.from_numpy(np.maximum(linear.bias, -10.0)))
    return True


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of the logits that makes their probabilities likeliest (Guo et al. 2017).

    Args:
        logits: shape (rows, classes), of rows that were not trained on.
        labels: shape (rows,).

    Returns:
        Between 0.25 and 8; 1 where there are fewer than 20 rows to fit it on.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    if len(labels) < 20:
        return 1.0
    logits = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.25), np.log(8.0)), method="bounded").x))


def fold_temperature(model: Any, temperature: float) -> None:
    """Divide the last layer by `temperature`, so that the plain logits are calibrated."""
    import torch

    layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    last = next(m for m in reversed(layers) if m.out_features == model.config.num_labels)
    with torch.no_grad():
        last.weight.div_(temperature)
        last.bias.div_(temperature)
