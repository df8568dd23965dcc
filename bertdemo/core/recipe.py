"""From what is asked, the data and the device to the settings of a run."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from bertdemo.core import models
from bertdemo.core.batching import MOST_TOKENS
from bertdemo.core.linear import MOST_ROWS
from bertdemo.core.models import BUNDLED
from bertdemo.data.dataset import Split
from bertdemo.data.doctor import QUICKLY_READ, READ_TOKENS
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.files import read_json

BUNDLED_ENCODER = 10_621_440
"""Weights of the bundled model that a token is multiplied with: 6 layers x (4 h^2 + 2 h ffn), h = 384."""
_STEPS = {"quick": 150, "balanced": 300, "thorough": 600}
"""Optimiser steps that a training of few classes wants, by budget."""
_EPOCHS = {"quick": (1.0, 8.0), "balanced": (3.0, 16.0), "thorough": (5.0, 24.0)}
"""The fewest and the most epochs, by budget."""
_LONGEST = {"quick": QUICKLY_READ, "balanced": READ_TOKENS, "thorough": READ_TOKENS}
"""Most tokens that are read of a text, by budget."""
_LEAST_READ = 128
"""Tokens that are read of a text at least: what is not there is not padded, and texts to come may be longer."""
RATES_OF_SMALL = (5e-5, 1e-4, 2e-4)
"""Learning rates for small encoders, the usual one in the middle."""
RATES_OF_OTHERS = (2e-5, 3e-5, 5e-5)
"""Learning rates for other encoders, the usual one in the middle (Devlin et al. 2019, A.3)."""
_USUAL_BATCH = 32
"""Rows of a step that the rates and steps are for; for more, rates go by the square root (Malladi et al. 2022)."""
_ROWS_FOR_USUAL, _ROWS_FOR_USUAL_QUICKLY = 2_000, 1_000
"""Training rows below which a step has half as many (docs/benchmarks.md), and of a quick training."""
_ROWS_FOR_TWICE = 4_000
"""Training rows from which a step may have twice as many: below, there are few steps as it is (docs/benchmarks.md)."""
_MANY_ROWS = 30_000
"""Training rows above which fewer epochs do (docs/benchmarks.md)."""
_QUICK_SECONDS = 57.0
"""That a quick training may take in all, of up to 5,000 rows."""
_QUICK_LEARNING = 30.0
"""That its learning takes of these at least, however slow the rest of it is."""
WRITING_SECONDS = 2.0
"""That models, predictions and the report take to be written, about."""
_FEWEST_EPOCHS = 0.25
"""That a quick training is cut to, however slow the machine."""
SLOWEST_GUESS = 1500.0
"""Tokens per second before anything was measured: two old cores."""
FORWARD_SHARE = 1 / 3
"""What a forward pass costs of forward and backward."""
LATER_PASSES = 0.75
"""What a step takes after the first pass of what it took at first, where fewer and fewer rows are drawn."""
_VALIDATION_SHARE = 0.2
"""Of the steps' time that validations may take, beyond the fewest."""
_INSTANT_SECONDS = 10.0
"""That a quick training may take to read rows for the instant classifier."""
_FEWEST_INSTANT = 1_000
"""Training rows that the instant classifier learns by, however slow the machine."""
GATED = ("eurobert", "gte", "modernbert", "nomic_bert", "ultrabert")
"""Types of models whose feed-forward part has a third product, a gate (Shazeer 2020)."""
_ROWS_FOR_NOISE = 500
"""Rows of an average class from which a head that starts from noise does as well, where the training is long."""
_EPOCHS_FOR_NOISE = 2.0
"""Epochs from which a training is long."""
_SEEN_FOR_NOISE = 20_000
"""Rows seen, repeated ones included, from which a training is long however few its epochs."""


def choose(
    config: TrainConfig,
    lengths: np.ndarray,
    classes: int,
    *,
    longest: int,
    encoder_weights: int,
    rows: int | None = None,
    validated: bool = False,
) -> dict[str, Any]:
    """The settings that do not depend on the machine's speed.

    Steps rather than epochs are what a small set lacks, so epochs follow from a number of steps;
    many classes need more of them. What the person set stays as set.

    Args:
        config: what was asked for.
        lengths: tokens of each training row or of a sample of them, uncut, special tokens included.
        classes: number of classes.
        longest: most tokens that the model can read.
        encoder_weights: see there. Rates go by it too: ALBERT, small as it is on disk, is fine-tuned at those of a
            BERT as deep (Lan et al. 2020), as a step moves its weights in all layers at once.
        rows: number of training rows, where `lengths` are of a sample.
        validated: whether there are validation rows to choose a learning rate by.

    Returns:
        JSON values: ``max_length`` (tokens), ``batch`` (rows), ``epochs``, ``lr`` (peak), ``warmup``
        (share of the steps), ``weight_decay``, ``clip`` (gradient norm), ``patience`` (validations),
        ``tokens_per_pass`` (of a forward pass at most), and ``search``, learning rates to try, where several are.
    """
    rows = len(lengths) if rows is None else rows
    small = encoder_weights < 4e7
    rates = RATES_OF_SMALL if small else RATES_OF_OTHERS
    batch = config.batch or _batch(rows, config, small=small)
    seen = min(batch, rows)  # by a step: a larger batch is never full
    low, high = _EPOCHS[config.budget]
    low = max(1.0, round(low * min(1.0, _MANY_ROWS / max(rows, 1)) ** 0.5, 2))
    wanted = _STEPS[config.budget] + 10 * classes
    epochs = config.epochs or float(np.clip(math.ceil(wanted * min(seen, _USUAL_BATCH) / rows), low, high))
    covering = int(np.percentile(lengths, 99.5)) if rows else longest
    max_length = config.max_length or min(_LONGEST[config.budget], 8 * math.ceil(max(covering, _LEAST_READ) / 8))
    times = math.sqrt(max(1.0, seen / _USUAL_BATCH))
    choices: dict[str, Any] = {
        "max_length": min(max_length, longest),
        "batch": batch,
        "epochs": epochs,
        "lr": config.lr or _rate(rates[1], times),
        "warmup": 0.1,
        "weight_decay": 0.01,
        "clip": 1.0,
        "patience": 10,
        "tokens_per_pass": MOST_TOKENS,
    }
    if config.budget == "thorough" and config.lr is None and validated:
        choices["search"] = [_rate(rate, times) for rate in rates]
    return choices


def _batch(rows: int, config: TrainConfig, *, small: bool) -> int:
    """Rows of a step; with twice as many a CPU learns rows a third faster where a model is small."""
    if rows < (_ROWS_FOR_USUAL if config.budget != "quick" else _ROWS_FOR_USUAL_QUICKLY):
        return _USUAL_BATCH // 2
    twice = small and rows >= _ROWS_FOR_TWICE and config.budget != "quick"
    return 2 * _USUAL_BATCH if twice else _USUAL_BATCH


def _rate(rate: float, times: float) -> float:
    """A learning rate to two digits, `times` what it is for the usual batch."""
    return float(f"{rate * times:.2g}")


def start_of(
    base: str, rows: int, classes: int, epochs: float, *, few: bool, regression: bool, several: bool = False
) -> str:
    """How the classification head starts (measured: docs/benchmarks.md).

    Args:
        base: the base model.
        epochs: that the training will take.
        few: whether the rows are so few that they take turns (folds).
        regression: whether the head can start from one, see `head.can_start_from_regression`.
        several: whether a row may have several labels, some of which are always rare.

    Returns:
        ``"noise"``; or, where rows are few, classes many or several, or the training short, ``"mean"``, see
        `mean_start`, for a base that is read by the mean of its tokens, and ``"regression"``, see
        `head.start_from_regression`, for others whose head is a BERT's.
    """
    long = epochs >= _EPOCHS_FOR_NOISE or rows * epochs >= _SEEN_FOR_NOISE
    if not few and not several and rows >= _ROWS_FOR_NOISE * classes and long:
        return "noise"
    if models.is_mean_pooled(base):
        return "mean"
    return "regression" if regression else "noise"


def waits_for_embeddings(config: TrainConfig, start: str) -> bool:
    """Whether BERT waits until all rows are embedded: its head starts from them, or may, once its passes are known."""
    return config.budget == "quick" or start in ("mean", "regression")


def steps_of(choices: dict[str, Any], rows: int, validation_rows: int) -> tuple[int, int, int]:
    """Of one model: steps of an epoch, steps in all, and after how many steps it is validated.

    Twice an epoch, but at least 5 and at most 20 times; fewer, yet twice, where that would take more than a fifth of
    the time that the steps take.
    """
    per_epoch = math.ceil(rows / choices["batch"])
    steps = max(1, round(choices["epochs"] * per_epoch))
    affordable = _VALIDATION_SHARE * steps * min(choices["batch"], rows) / (FORWARD_SHARE * max(validation_rows, 1))
    times = int(min(float(np.clip(2 * choices["epochs"], 5, 20)), max(2.0, affordable)))
    return per_epoch, steps, max(1, math.ceil(steps / times))


def within_time(
    choices: dict[str, Any], config: TrainConfig, split: Split, fits: int, seconds_per_step: float, others: float
) -> dict[str, Any]:
    """`choices` with no more epochs than a quick training has the time for, by the seconds that a step takes here.

    Args:
        others: seconds that it takes besides, those included that have passed.
    """
    wished = fits * fit_seconds(choices, split, seconds_per_step)
    allowed = quick_seconds(len(split.train), others)
    if config.budget != "quick" or config.epochs or wished <= allowed:
        return choices
    share = allowed / wished
    return choices | {"epochs": max(round(choices["epochs"] * share, 3), _FEWEST_EPOCHS)}


def quick_seconds(rows: int, others: float) -> float:
    """What the learning of a quick training may take beside `others`, the seconds of all that it does besides.

    The whole is then done in about a minute for 5,000 rows.
    """
    least = _QUICK_LEARNING * max(1.0, math.sqrt(rows / 5000))
    return max(_QUICK_SECONDS - _QUICK_LEARNING - others, 0.0) + least


def instant_rows(config: TrainConfig, mean_tokens: float, device: dict[str, Any] | None) -> int:
    """By how many training rows the instant classifier learns: of a quick training as many as there is time for."""
    if config.budget != "quick":
        return MOST_ROWS
    speed = (device or {}).get("tokens_per_second", SLOWEST_GUESS) / FORWARD_SHARE
    return int(np.clip(_INSTANT_SECONDS * speed / max(mean_tokens, 1.0), _FEWEST_INSTANT, MOST_ROWS))


def fit_seconds(choices: dict[str, Any], split: Split, seconds_per_step: float) -> float:
    """What one model's learning takes, its validations included, by the seconds that a step takes at first."""
    rows = len(split.train) - (len(split.folds[0][1]) if split.folds else 0)
    per_epoch, steps, validate_every = steps_of(choices, rows, len(split.validation))
    each = reading_seconds(choices, len(split.validation), seconds_per_step)
    later = max(0, steps - per_epoch) * (LATER_PASSES if choices.get("draws") else 1.0)
    return (min(steps, per_epoch) + later) * seconds_per_step + steps / validate_every * each


def reading_seconds(choices: dict[str, Any], rows: int, seconds_per_step: float) -> float:
    """What a pass of so many rows takes from which nothing is learnt."""
    return FORWARD_SHARE * seconds_per_step * rows / choices["batch"]


def encoder_weights(config: Any) -> int:
    """Weights that each token is multiplied with, from a transformers config or what is in its file.

    L (4 h^2 + 2 h ffn), about, or 3 h ffn of gated ones. Layers that share their weights count each: it is what a token
    costs, and not what lies in memory (`preflight.weights_of`).
    """
    hidden = _first_of(config, ("hidden_size", "dim", "d_model", "emb_dim"), 768)
    layers = _first_of(config, ("num_hidden_layers", "n_layers"), 12)
    wide = _first_of(config, ("intermediate_size", "hidden_dim", "d_inner"), 4 * hidden)
    products = 3 if getattr(config, "model_type", "") in GATED else 2
    return int(layers * (4 * hidden**2 + products * hidden * wide))


def _first_of(config: Any, names: tuple[str, ...], otherwise: int) -> int:
    """The first of these numbers that a config has: they are called differently."""
    found = (getattr(config, name, None) for name in names)
    return next((number for number in found if number is not None), otherwise)


def encoder_weights_of(base: str) -> int:
    """Weights of a base model's encoder without its embeddings, about; of one that is not known those of BERT base."""
    with contextlib.suppress(OSError, ValueError, TypeError):  # no folder, or one that is refused when it is loaded
        return encoder_weights(SimpleNamespace(**read_json(Path(base) / "config.json")))
    known = {
        BUNDLED: BUNDLED_ENCODER,
        "distilbert/distilbert-base-uncased": 42_467_328,
        "answerdotai/ModernBERT-base": 110_000_000,
    }
    return known.get(base, 84_934_656)
