"""Fitting and keeping the two classifiers that stand beside BERT from the start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bertdemo.core.device import best_device, native_precision
from bertdemo.core.linear import Linear, TfidfClassifier, embed, sample
from bertdemo.core.models import load_encoder
from bertdemo.core.predictions import Predictions
from bertdemo.core.saving import save_instant, save_tfidf
from bertdemo.data.dataset import Split
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


def features(run: Run, split: Split, base: str, ids: list[np.ndarray]) -> Features:
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
    found = embed(encoder, [ids[i] for i in positions], precision=native_precision(device))
    arrays = {"positions": positions, "means": found.mean, "firsts": found.first}
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
    data = split.data
    classes = len(data.label_names)
    predictions = Predictions.none(classes)
    for kept, unseen in _parts(split):
        texts = [data.texts[i] for i in kept]
        classifier = TfidfClassifier.fit(texts, data.labels[kept], classes, language)
        said = classifier.probabilities([data.texts[i] for i in unseen])
        predictions = predictions.plus(unseen, _logits(said))
    save_tfidf(run.model_folder("tfidf"), classifier, data.label_names)
    predictions.save(run.folder, "tfidf")


def fit_instant(run: Run, split: Split, known: Features, base: str, max_length: int) -> None:
    """Write ``models/instant`` and its predictions."""
    data = split.data
    predictions = Predictions.none(len(data.label_names))
    for kept, unseen in _parts(split):
        rows = np.intersect1d(kept, known.positions)
        linear = Linear.fit(known.mean(rows), data.labels[rows], len(data.label_names), C=30.0)
        predictions = predictions.plus(unseen, _logits(linear.probabilities(known.mean(unseen))))
    save_instant(run.model_folder("instant"), linear, data.label_names, base, max_length)
    predictions.save(run.folder, "instant")


def _parts(split: Split) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows to learn from, rows to predict) of each model; the last is the one that is kept."""
    if not split.folds:
        return [(split.train, np.concatenate([split.validation, split.test]))]
    return [*split.folds, (split.train, np.zeros(0, dtype=np.int64))]


def _logits(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, 1e-30))
