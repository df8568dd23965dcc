"""Fitting and keeping the two classifiers that stand beside BERT from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bertdemo.core.device import best_device, native_precision
from bertdemo.core.linear import Linear, TfidfClassifier, embed, embed_texts, sample
from bertdemo.core.models import load_encoder
from bertdemo.core.predictions import Predictions, choosing_rows
from bertdemo.core.saving import save_instant, save_tfidf
from bertdemo.core.tasks import Use, task_of
from bertdemo.data.dataset import Split
from bertdemo.data.pair import are_pairs
from bertdemo.runs.files import folder_aside
from bertdemo.runs.run import Run

FEATURES = "rows.safetensors"


@dataclass(frozen=True)
class Features:
    """Embeddings of the rows at `positions` (ascending), float32 (rows, hidden); see `linear.Embeddings`."""

    positions: np.ndarray
    means: np.ndarray
    firsts: np.ndarray

    def mean(self, positions: np.ndarray) -> np.ndarray:
        return self.means[np.searchsorted(self.positions, positions)]

    def first(self, positions: np.ndarray) -> np.ndarray:
        return self.firsts[np.searchsorted(self.positions, positions)]


def features(run: Run, split: Split, base: str, ids: list[np.ndarray], tokenizer: Any, max_length: int) -> Features:
    """The frozen encoder's view of a sample of the training rows and of all rows that are predicted.

    Kept in the run's folder, so that a resumed run need not compute it again.
    """
    from safetensors.numpy import save_file

    if (kept := load_features(run)) is not None:
        return kept
    unseen = np.concatenate([split.validation, split.test])
    positions = np.sort(np.concatenate([split.train[sample(len(split.train))], unseen]))
    device = best_device()
    encoder = load_encoder(base, attn_implementation="sdpa").to(device)
    precision = native_precision(device)
    found = embed(encoder, [ids[i] for i in positions], precision=precision)
    means, texts = found.mean, [split.data.texts[i] for i in positions]
    if are_pairs(texts):
        means = embed_texts(encoder, tokenizer, texts, max_length, precision=precision)
    arrays = {"positions": positions, "means": means, "firsts": found.first}
    with folder_aside(run.folder / "features") as aside:
        save_file(arrays, aside / FEATURES)
    return Features(**arrays)


def load_features(run: Run) -> Features | None:
    """What `features` computed for the run, None where it did not."""
    from safetensors.numpy import load_file

    path = run.folder / "features" / FEATURES
    return Features(**load_file(path)) if path.exists() else None


def fit_tfidf(run: Run, split: Split, language: str) -> None:
    """Write ``models/tfidf`` and its predictions."""
    data, task = split.data, task_of(split.data)
    classes = len(data.label_names)
    predictions = Predictions.none(classes, several=task.several)
    for kept, unseen in _parts(split):
        texts = [data.texts[i] for i in kept]
        classifier = TfidfClassifier.fit(texts, data.labels[kept], classes, language)
        said = classifier.probabilities([data.texts[i] for i in unseen])
        predictions = predictions.plus(unseen, task.logits(said))
    save_tfidf(run.model_folder("tfidf"), classifier, data.label_names, use_of(predictions, split))
    predictions.save(run.folder, "tfidf")


def fit_instant(run: Run, split: Split, known: Features, base: str, max_length: int) -> None:
    """Write ``models/instant`` and its predictions."""
    data, task = split.data, task_of(split.data)
    predictions = Predictions.none(len(data.label_names), several=task.several)
    for kept, unseen in _parts(split):
        rows = np.intersect1d(kept, known.positions)
        linear = Linear.fit(known.mean(rows), data.labels[rows], len(data.label_names), C=30.0)
        predictions = predictions.plus(unseen, task.logits(linear.probabilities(known.mean(unseen))))
    use = use_of(predictions, split)
    save_instant(run.model_folder("instant"), linear, data.label_names, base, max_length, use)
    predictions.save(run.folder, "instant")


def use_of(predictions: Predictions, split: Split) -> Use:
    """How a model of the run is used; thresholds are fitted on the rows by which models are chosen."""
    said, data = predictions.among(choosing_rows(split)), split.data
    decision = task_of(data).decision(said.probabilities, data.labels[said.positions])
    return Use(decision, are_pairs(data.texts))


def _parts(split: Split) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows to learn from, rows to predict) of each model; the last is the one that is kept."""
    if not split.folds:
        return [(split.train, np.concatenate([split.validation, split.test]))]
    return [*split.folds, (split.train, np.zeros(0, dtype=np.int64))]
