"""Which rows of a step are learnt from: those that the model does not know yet, and some others in the place of all.

As a training goes on most rows are known, and what a backward pass finds for them is next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.packed_bert import leaves_out

if TYPE_CHECKING:
    import torch

MORE_VARIANCE = 0.1
"""That drawing adds to the variance of a pass's gradient, as a share of the sum of its rows' squared gradients: as much
as if batches had a tenth fewer rows."""
FEWEST_TOKENS = 400
"""Of a pass: smaller ones take as long with fewer rows (docs/measurements.md)."""


def pays(model: Any, tokens: int) -> bool:
    """Whether a pass of so many tokens takes less time where only some of its rows are learned from."""
    return leaves_out(model) and tokens >= FEWEST_TOKENS


def row_weights(losses: torch.Tensor, logits: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """How much each row counts, float32 (rows,): 0 for those that are not drawn, so that the mean stays the same.

    Rows are drawn by how long the gradient of their loss by their logits is (Katharopoulos & Fleuret 2018, section
    3.3), and those drawn weigh the inverse of their probability. What a text loses nothing by, `PackedLayer` leaves
    out of the backward pass.

    Args:
        losses: (rows,), of `logits`, (rows, classes), each row of its own.
    """
    import torch

    (gradient,) = torch.autograd.grad(losses.sum(), logits, retain_graph=True)
    probabilities = probabilities_of(gradient.norm(dim=1).double().cpu().numpy())
    weights = np.zeros(len(probabilities), np.float32)
    drawn = systematic(probabilities, rng)
    weights[drawn] = 1 / probabilities[drawn]
    return torch.from_numpy(weights).to(logits.device)


def probabilities_of(norms: np.ndarray, more_variance: float = MORE_VARIANCE) -> np.ndarray:
    """With which each row is drawn, float64 (rows,), by the norms of their gradients.

    Rows with norms above a threshold t are learnt from in any case, others with the probability norm / t. That adds
    t norm - norm^2 of each row below t to the variance of the sum of all gradients; t is as large as `more_variance`
    times the sum of norm^2 allows. One row is drawn at least.
    """
    ascending = np.sort(norms)
    sums, squares = np.cumsum(ascending), np.cumsum(ascending**2)
    if not (np.isfinite(squares[-1]) and squares[-1] > 0):
        return np.ones(len(norms))
    thresholds = (more_variance * squares[-1] + squares) / np.maximum(sums, np.finfo(float).tiny)
    lies_between = thresholds <= np.append(ascending[1:], np.inf)  # so many rows are below this threshold
    probabilities = np.minimum(norms / thresholds[lies_between.argmax()], 1.0)
    return probabilities / min(1.0, probabilities.sum())


def systematic(probabilities: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Positions drawn, each with its probability, in all as many as these add up to, but for rounding.

    Systematic sampling (Madow & Madow 1944).
    """
    passed = np.floor(np.cumsum(probabilities) + rng.random())
    return np.flatnonzero(np.diff(passed, prepend=0.0) > 0)
