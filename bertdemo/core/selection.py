"""Which of a run's models is used: the one expected to be best, unless another is better beyond noise."""

from __future__ import annotations

import math

import numpy as np

from bertdemo.core.predictions import Predictions, choosing_rows
from bertdemo.core.tasks import task_of
from bertdemo.data.dataset import Split, groups_among
from bertdemo.runs.run import MODELS, Run

BEYOND_NOISE = 1.645
"""Standard errors; chance alone gets as far once in twenty times (one-sided)."""
BEYOND_NOISE_OF_FEW = 2.326
"""The same where folds take turns: once in a hundred times."""
A_FEW_DOZEN = 60
"""Rows that take turns, below which the instant classifier is expected to be the best (docs/measurements.md)."""
EXPECTED_OF_FEW = ("instant", "bert", "tfidf")
"""The classifiers from best to worst where rows are so few."""
MORE_THAN_FITTING = 1.0
"""What a log-likelihood gains by chance from one number fitted to the rows (Akaike 1974), as a temperature is."""


def select(run: Run, split: Split) -> tuple[str, str]:
    """The model to use, and why.

    Models are compared on the rows by which models are chosen, all on those that BERT has judged (a stopped run has
    judged some folds only), or, without a BERT, on those that all have judged. On a few dozen rows the best of three
    accuracies is luck, and so is the smallest of three losses: it falls to whichever classifier is least sure of
    itself. So the order that is expected holds until the rows speak clearly against it (McNemar 1947: the test on the
    rows that one model alone gets right). What tells
    models apart where right and wrong don't is the likelihood that their calibrated probabilities give the rows which
    they have not seen. Of a few dozen rows the instant classifier is expected to be better than BERT, unless that is
    larger for BERT; of more rows BERT is, unless it is larger for another that is right no less often. A model whose
    logits are no numbers, as those of a training that went astray, is not used.

    Returns:
        A name of `MODELS`, and ``"validation"``: it is the best on those rows; ``"expected"``: another is better there,
        but not beyond chance; ``"likelier"``: it is no worse there and its probabilities are better;
        ``"few_rows"``: BERT was passed over though no worse there; ``"alone"``: there is no BERT to compare with.
    """
    every = {name: said for name in MODELS if (said := Predictions.load(run.folder, name))}
    found = {name: said for name, said in every.items() if said.are_numbers}
    rows = choosing_rows(split)
    for said in [found["bert"]] if "bert" in found else found.values():
        rows = said.among(rows).positions
    right = {
        name: task_of(split.data).right(said.among(rows).logits, split.data.labels[rows])
        for name, said in found.items()
    }
    groups = groups_among(split.data, rows)
    likelihoods = {name: _likelihood(found[name], rows, split) for name in right}
    few = bool(split.folds) and len(rows) < A_FEW_DOZEN
    order = EXPECTED_OF_FEW if few and not _is_likelier("bert", "instant", likelihoods) else MODELS
    expected = next(name for name in order if name in right)
    least = BEYOND_NOISE_OF_FEW if split.folds else BEYOND_NOISE
    best = expected
    if clearly := [name for name in right if _standard_errors(right[name] - right[expected], groups) > least]:
        best = max(clearly, key=lambda name: right[name].mean())
    elif expected == "bert" and not few:
        no_worse = [name for name in right if right[name].sum() >= right["bert"].sum()]
        likeliest = max(no_worse, key=lambda name: likelihoods[name])
        if _is_likelier(likeliest, "bert", likelihoods):
            return likeliest, "likelier"
    if "bert" not in found:
        return best, "alone"
    passed_over = best != "bert" and right[best].mean() <= right["bert"].mean()
    if passed_over:
        return best, "few_rows"
    ahead = best == expected and any(each.mean() > right[best].mean() for each in right.values())
    return best, "expected" if ahead else "validation"


def _is_likelier(one: str, other: str, likelihoods: dict[str, float]) -> bool:
    """Whether the rows were likelier to `one` than to the `other`, by more than a fit could bring about."""
    return {one, other} <= set(likelihoods) and likelihoods[one] - likelihoods[other] > MORE_THAN_FITTING


def _likelihood(said: Predictions, rows: np.ndarray, split: Split) -> float:
    """The logarithm of what the labels of `rows` had for a probability.

    Rows with a label that their fold has not learnt don't count: what is said of it is no knowledge.
    """
    if split.folds:
        rows = rows[np.isin(rows, _taught(split))]
    labels = split.data.labels[rows]
    logits = said.among(rows).logits.astype(np.float64)
    return float(labels.size * task_of(split.data).likelihood(logits, labels)) if len(rows) else 0.0


def _taught(split: Split) -> np.ndarray:
    """Positions of the rows whose labels all stand in the rows that their fold learnt from."""
    labels = split.data.labels
    has = labels if split.data.several else np.eye(len(split.data.label_names), dtype=bool)[labels]
    taught = [held_out[~(has[held_out] & ~has[kept].any(axis=0)).any(axis=1)] for kept, held_out in split.folds]
    return np.concatenate(taught)


def _standard_errors(gains: np.ndarray, groups: np.ndarray | None) -> float:
    """How many standard errors a sum of gains, one for each row, lies above 0; groups of rows gain or lose at once."""
    gains = gains if groups is None else np.bincount(groups, weights=gains)
    spread = math.sqrt(float((gains**2).sum()))
    return float(gains.sum()) / spread if spread else 0.0
