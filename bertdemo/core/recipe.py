"""From what is asked, the data and the device to the settings of a run; and what it will cost."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from bertdemo.core.models import BUNDLED, catalogue_entry
from bertdemo.data.dataset import Split
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig
from bertdemo.runs.events import PHASES

_BUNDLED_ENCODER = 10_621_440  # weights that a token is multiplied with: 6 layers x (4 h^2 + 2 h ffn), h = 384
_STEPS = {"quick": 150, "balanced": 400, "thorough": 800}
_EPOCHS = {"quick": (1.0, 8.0), "balanced": (3.0, 16.0), "thorough": (5.0, 24.0)}
_SLOWEST_GUESS = 1500.0  # tokens per second before anything was measured: two old cores
_FORWARD_SHARE = 1 / 3  # a forward pass costs a third of forward and backward


def choose(
    config: TrainConfig, lengths: np.ndarray, classes: int, *, longest: int, encoder_weights: int
) -> dict[str, Any]:
    """The settings that do not depend on the machine's speed.

    Steps rather than epochs are what a small set lacks, so epochs follow from a number of steps;
    many classes need more of them. What the person set stays as set.

    Args:
        config: what was asked for.
        lengths: tokens of each training row, uncut, special tokens included.
        classes: number of classes.
        longest: most tokens that the model can read.
        encoder_weights: weights of the encoder without embeddings.

    Returns:
        JSON values: ``max_length`` (tokens), ``batch`` (rows), ``epochs``, ``lr`` (peak), ``warmup``
        (share of the steps), ``weight_decay``, ``clip`` (gradient norm), ``patience`` (validations).
    """
    rows = len(lengths)
    batch = config.batch or (16 if rows < 1000 else 32)
    low, high = _EPOCHS[config.budget]
    wanted = _STEPS[config.budget] + 10 * classes
    epochs = config.epochs or float(np.clip(math.ceil(wanted * batch / rows), low, high))
    covering = int(np.percentile(lengths, 99.5)) if rows else longest
    max_length = config.max_length or min(256, 8 * math.ceil(max(covering, 16) / 8))
    small = encoder_weights < 4e7
    return {
        "max_length": min(max_length, longest),
        "batch": batch,
        "epochs": epochs,
        "lr": config.lr or (1e-4 if small else 3e-5),
        "warmup": 0.1,
        "weight_decay": 0.01,
        "clip": 1.0,
        "patience": 10,
    }


def estimate_seconds(
    rows: int, mean_tokens: float, classes: int, config: TrainConfig, device: dict[str, Any] | None
) -> float:
    """What the whole job will take, from the measured speed of the device (`device.known()`).

    Args:
        rows: rows to train on.
        mean_tokens: tokens of an average text.
        classes: number of classes.
        config: what was asked for.
        device: facts of `bertdemo.core.device`, or None before they were measured.

    Returns:
        Seconds.
    """
    simple = 1.0 + rows * 3e-4 * max(1.0, math.log2(classes))
    if config.base == TFIDF_ONLY:
        return simple
    entry = catalogue_entry(config.base or BUNDLED)
    weights = encoder_weights_of(entry.name if entry else BUNDLED)
    speed = (device or {}).get("tokens_per_second", _SLOWEST_GUESS) * _BUNDLED_ENCODER / weights
    lengths = np.full(rows, mean_tokens)
    choices = choose(config, lengths, classes, longest=512, encoder_weights=weights)
    tokens = rows * min(mean_tokens, choices["max_length"])
    passes = choices["epochs"] * 1.1 + _FORWARD_SHARE * (min(1.0, 10_000 / max(rows, 1)) + 0.5)
    return 6.0 + simple + tokens * passes / speed


def encoder_weights(config: Any) -> int:
    """Weights that each token is multiplied with, from a transformers config: L (4 h^2 + 2 h ffn), about."""
    hidden = getattr(config, "hidden_size", 768)
    layers = getattr(config, "num_hidden_layers", 12)
    return int(layers * (4 * hidden**2 + 2 * hidden * getattr(config, "intermediate_size", 4 * hidden)))


def encoder_weights_of(base: str) -> int:
    """Weights of a catalogue model's encoder without its embeddings, about."""
    known = {
        BUNDLED: _BUNDLED_ENCODER,
        "distilbert/distilbert-base-uncased": 42_467_328,
        "answerdotai/ModernBERT-base": 110_000_000,
    }
    return known.get(base, 84_934_656)


def expected_seconds(config: TrainConfig, split: Split, device: dict[str, Any] | None) -> dict[str, float]:
    """Expected seconds of each phase, in the order of the phases."""
    sample = split.data.texts[:: max(1, len(split.data) // 200)]
    tokens = 2 + float(np.mean([len(text) for text in sample])) / 4.2
    rows, classes = len(split.train), len(split.data.label_names)
    times = dict.fromkeys(PHASES, 0.0)
    times["reading"] = 1.0
    times["tfidf"] = estimate_seconds(rows, tokens, classes, replace(config, base=TFIDF_ONLY), device)
    times["reporting"] = 0.5
    if config.base == TFIDF_ONLY:
        return times
    whole = estimate_seconds(rows, tokens, classes, config, device) * (len(split.folds) or 1)
    times["preparing"] = 3.0
    times["instant"] = 0.06 * whole + 2.0
    times["testing"] = 0.03 * whole + 1.0
    times["learning"] = 0.9 * whole
    return times


class Meter:
    """How much of the whole job is done, from the expected seconds of each phase."""

    def __init__(self, expected: dict[str, float]) -> None:
        self._expected = expected
        self._total = sum(expected.values()) or 1.0

    def before(self, phase: str) -> float:
        """Share of the job that lies before `phase`."""
        phases = list(self._expected)
        return round(sum(self._expected[p] for p in phases[: phases.index(phase)]) / self._total, 6)

    def within(self, phase: str, share: float) -> float:
        """Share of the job done when `share` of `phase` is."""
        return round(self.before(phase) + share * self._expected[phase] / self._total, 6)

    def after(self, phase: str) -> float:
        """Expected seconds of the phases that follow `phase`."""
        phases = list(self._expected)
        return sum(self._expected[p] for p in phases[phases.index(phase) + 1 :])
