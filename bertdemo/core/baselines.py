"""Fitting and keeping the two classifiers that stand beside BERT from the start."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bertdemo.core.about import about_model
from bertdemo.core.device import best_device, cores, native_precision
from bertdemo.core.encoded import AT_ONCE, Encoded
from bertdemo.core.linear import (
    MOST_ROWS,
    Embeddings,
    Linear,
    TfidfClassifier,
    embedding,
    last_layer,
    pair_features,
    quietly_on_one_thread,
    read_layers,
    sample,
    tokens_of,
)
from bertdemo.core.models import load_encoder
from bertdemo.core.piecewise import placed
from bertdemo.core.predictions import Predictions, choosing_rows
from bertdemo.core.saving import save_instant, save_tfidf
from bertdemo.core.shared import readable_precision
from bertdemo.core.tasks import Use, fit_temperature, task_of
from bertdemo.core.weights import is_whole
from bertdemo.data.dataset import Split
from bertdemo.data.pair import are_pairs
from bertdemo.runs.files import folder_aside
from bertdemo.runs.run import Run

FEATURES = "rows.safetensors"
FIRST_TRAIN, FIRST_VALIDATION = 1_000, 300
"""Rows that the instant classifier begins with, where the fine-tuning shall not be kept waiting."""
FEW_TEST_ROWS = 1 / 4
"""Of all rows that are read: so many test rows are read with the others, and nothing is fitted twice."""
FORMS = ((True, 10.0), (False, 10.0), (True, 1.0), (True, 3.0), (True, 30.0))
"""Whether the instant classifier reads all of its layers or the last one alone, and how little it is regularised (C);
which does best on unseen rows decides."""
OF_READING = 0.9
"""Share of the instant classifier's time that its rows are read in; the rest goes into fitting it."""
QUICKLY_FITTED = 100_000
"""Rows times classes up to which all of them are tried: a second or two each. Beyond, the first two."""


@dataclass(frozen=True)
class Features:
    """Embeddings of the rows at `positions` (ascending), float32; see `linear.Embeddings`.

    `means` are of `layers`, (rows, layers * hidden), of pairs four times as many; `firsts` (rows, hidden).
    """

    positions: np.ndarray
    means: np.ndarray
    firsts: np.ndarray
    layers: tuple[int, ...]

    def mean(self, positions: np.ndarray) -> np.ndarray:
        """Of all layers, what the instant classifier reads."""
        return self.means[np.searchsorted(self.positions, positions)]

    def topic(self, positions: np.ndarray) -> np.ndarray:
        """Of the last layer, of length 1: texts about the same thing lie near each other, (rows, hidden)."""
        return last_layer(self.mean(positions), self.layers)

    def first(self, positions: np.ndarray) -> np.ndarray:
        """Of the last layer, the first token, (rows, hidden): what the head of a BERT reads."""
        return self.firsts[np.searchsorted(self.positions, positions)]

    def joined(self, other: Features) -> Features:
        """These rows and `other`'s, none of which is among these."""
        order = np.argsort(np.concatenate([self.positions, other.positions]))
        return Features(
            np.concatenate([self.positions, other.positions])[order],
            np.concatenate([self.means, other.means])[order],
            np.concatenate([self.firsts, other.firsts])[order],
            self.layers,
        )


def first_look(split: Split, most: int = MOST_ROWS, *, in_part: bool = False) -> np.ndarray:
    """Rows to begin with: all of `whole_look`, but the test rows where they are many.

    Args:
        most: training rows.
        in_part: a part of the rows does, as of a set of more than `AT_ONCE`: the others are read when BERT has learnt.
    """
    if not begins_with_a_part(len(split.train), in_part) and len(split.data) <= AT_ONCE:
        whole = whole_look(split, most)
        return whole if len(split.test) <= FEW_TEST_ROWS * len(whole) else np.setdiff1d(whole, split.test)
    part = split.train[sample(len(split.train), min(most, FIRST_TRAIN))]
    return np.sort(np.concatenate([part, split.validation[:FIRST_VALIDATION]]))


def begins_with_a_part(rows: int, in_part: bool) -> bool:
    """Whether of so many rows to learn from a part is read first, where a part does."""
    return in_part and rows > 2 * FIRST_TRAIN


def first_rows(split: Split, *, alone: bool) -> np.ndarray:
    """Rows for TF-IDF to begin with, which is quick: all of `whole_look`, but of a large set that BERT learns too."""
    return whole_look(split) if alone or len(split.data) <= AT_ONCE else first_look(split)


def whole_look(split: Split, most: int = MOST_ROWS) -> np.ndarray:
    """A sample of at most `most` of the training rows, and all rows that are predicted; ascending."""
    learnt = split.train if split.folds else split.train[sample(len(split.train), most)]
    return np.sort(np.concatenate([learnt, split.validation, split.test]))


def instant(
    run: Run, split: Split, base: str, ids: Encoded, tokenizer: Any, max_length: int, positions: np.ndarray
) -> Generator[float, None, Features]:
    """The instant classifier by the rows at `positions`, see `fit_instant`, and what it knows of them.

    Yields:
        The share that is done, a group of texts and a form of the classifier at a time.
    """
    reading = features(run, split, base, ids, tokenizer, max_length, positions)
    known = yield from placed(reading, 0.0, OF_READING)
    yield from placed(fit_instant(run, split, known, base, max_length), OF_READING, 1 - OF_READING)
    return known


def features(
    run: Run, split: Split, base: str, ids: Encoded, tokenizer: Any, max_length: int, positions: np.ndarray
) -> Generator[float, None, Features]:
    """The frozen encoder's view of the rows at `positions`.

    Kept in the run's folder: what was computed before is not computed again.

    Yields:
        The share that is read, after each group of texts.
    """
    from safetensors.numpy import save_file

    known = load_features(run)
    missing = positions if known is None else np.setdiff1d(positions, known.positions)
    if known is not None and not len(missing):
        return known
    device = best_device()
    encoder = load_encoder(base).to(device)
    precision, layers = readable_precision(encoder, native_precision(device)), read_layers(encoder.config)
    texts = [split.data.texts[i] for i in missing]
    tokens = [ids.of(missing), *(tokens_of(tokenizer, texts, max_length) if are_pairs(texts) else [])]
    found: list[Embeddings] = []
    share = 1 / len(tokens)
    for one in tokens:  # of pairs both together, then each of the two
        reading = embedding(encoder, one, layers, precision=precision)
        found.append((yield from placed(reading, len(found) * share, share / len(missing))))
    joined, *apart = found
    means = pair_features(*(each.means for each in apart), layers=len(layers)) if apart else joined.means
    looked = Features(missing, means, joined.first, layers)
    if known is not None:
        looked = known.joined(looked)
    arrays = {"positions": looked.positions, "means": looked.means, "firsts": looked.firsts, "layers": np.array(layers)}
    with folder_aside(run.folder / "features") as aside:
        save_file(arrays, aside / FEATURES)
    return looked


def features_written(run: Run) -> int:
    """When what `load_features` gives was written, in nanoseconds; 0 where it was not."""
    try:
        return _features_of(run).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _features_of(run: Run) -> Path:
    return run.folder / "features" / FEATURES


def load_features(run: Run) -> Features | None:
    """What `features` computed for the run, None where it did not, or that can't be read."""
    from safetensors.numpy import load_file

    path = _features_of(run)
    if not is_whole(path):
        return None
    arrays = load_file(path)
    # runs made before the instant classifier read several layers kept the last one's alone
    layers = arrays.pop("layers", np.zeros(1, int))
    return Features(**arrays, layers=tuple(layers.tolist()))


def forget_instant(run: Run) -> None:
    """Delete the instant classifier and what it knows of rows; it has not judged those that the scores are of."""
    for folder in (run.model_folder("instant"), run.folder / "predictions" / "instant", run.folder / "features"):
        shutil.rmtree(folder, ignore_errors=True)


def fit_tfidf(run: Run, split: Split, language: str, rows: np.ndarray) -> Generator[float, None, None]:
    """Write ``models/tfidf`` and its predictions, learnt from and of those at `rows`; not where they are there.

    Yields:
        The share that is done.
    """
    data, task = split.data, task_of(split.data)
    classes = len(data.label_names)
    predictions, before = Predictions.none(classes, several=task.several), Predictions.load(run.folder, "tfidf")
    if before is not None and len(before.positions) == len(_unseen(split, rows)):
        return
    parts = _parts(split, rows)
    for part, (kept, unseen) in enumerate(parts):
        texts = [data.texts[i] for i in kept]
        classifier = TfidfClassifier.fit(texts, data.labels[kept], classes, language)
        yield (part + 0.5) / len(parts)
        said = classifier.probabilities([data.texts[i] for i in unseen])
        predictions = predictions.plus(unseen, task.logits(said))
        yield (part + 1) / len(parts)
    predictions, use = _calibrated(predictions, split)
    classifier = replace(classifier, linear=classifier.linear.divided(use.temperature))
    save_tfidf(run.model_folder("tfidf"), classifier, data.label_names, use)
    predictions.save(run.folder, "tfidf")


def fit_instant(run: Run, split: Split, known: Features, base: str, max_length: int) -> Generator[float, None, None]:
    """Write ``models/instant`` and its predictions of the rows whose features are known; not where they are there.

    Yields:
        The share that is done, after each of the forms that are tried.
    """
    data, parts = split.data, _parts(split, known.positions)
    before, learnt = Predictions.load(run.folder, "instant"), len(parts[-1][0])
    judged = len(_unseen(split, known.positions))
    if before is not None and (_learnt_rows(run), len(before.positions)) == (learnt, judged):
        return
    classes = len(data.label_names)
    quick = max(len(kept) for kept, _ in parts) * classes <= QUICKLY_FITTED
    forms = FORMS if quick else FORMS[:2]
    tried = []
    with quietly_on_one_thread(), ThreadPoolExecutor(min(cores(), len(forms))) as side_by_side:
        for fitted in side_by_side.map(lambda form: _tried(form, known, split, parts), forms):
            tried.append(fitted)
            yield len(tried) / len(forms)
    losses = np.stack([of_parts for _, _, of_parts in tried])
    predictions = Predictions.none(classes, several=task_of(data).several)
    for part, (_, unseen) in enumerate(parts):
        others = np.arange(len(parts)) != part if split.folds else slice(None)  # no fold has a say in its own scores
        _, logits, _ = tried[int(losses[:, others].sum(1).argmin())]
        predictions = predictions.plus(unseen, logits[part])
    linear, _, _ = tried[int(losses.sum(1).argmin())]
    predictions, use = _calibrated(predictions, split)
    linear = linear.divided(use.temperature)
    about = {"base": base, "layers": list(known.layers), "max_length": max_length, "learnt_rows": learnt}
    save_instant(run.model_folder("instant"), linear, data.label_names, about, use)
    predictions.save(run.folder, "instant")


def _learnt_rows(run: Run) -> int | None:
    """How many rows the run's instant classifier has learnt from, where it says."""
    return about_model(run.model_folder("instant")).get("learnt_rows")


def _tried(
    form: tuple[bool, float], known: Features, split: Split, parts: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[Linear, list[np.ndarray], np.ndarray]:
    """In one form: the last part's model, the logits of each part's unseen rows, and what those that choose lose.

    The loss is a sum over rows, (parts,).
    """
    data, task, choosing = split.data, task_of(split.data), choosing_rows(split)
    (all_layers, C), logits, losses = form, [], np.zeros(len(parts))
    for part, (kept, unseen) in enumerate(parts):
        features = known.mean(kept) if all_layers else known.topic(kept)
        linear = Linear.fit_scaled(features, data.labels[kept], len(data.label_names), C=C)
        linear = linear.widened(known.means.shape[1])
        logits.append(task.logits(linear.probabilities(known.mean(unseen))))
        choose = np.isin(unseen, choosing)
        if choose.any():
            losses[part] = -task.likelihood(logits[part][choose], data.labels[unseen[choose]]) * choose.sum()
    return linear, logits, losses


def _calibrated(predictions: Predictions, split: Split) -> tuple[Predictions, Use]:
    """With the temperature that suits the rows by which models are chosen."""
    said = predictions.among(choosing_rows(split))
    temperature = fit_temperature(task_of(split.data), said.logits, split.data.labels[said.positions])
    predictions = predictions.divided(temperature)
    return predictions, replace(use_of(predictions, split), temperature=temperature)


def use_of(predictions: Predictions, split: Split) -> Use:
    """How a model of the run is used; thresholds are fitted on the rows by which models are chosen."""
    said, data = predictions.among(choosing_rows(split)), split.data
    decision = task_of(data).decision(said.probabilities, data.labels[said.positions])
    if decision:
        every = data.labels[np.concatenate([split.train, split.validation])]
        decision = replace(decision, at_least_one=bool(every.any(axis=1).all()))
    return Use(decision, are_pairs(data.texts))


def _unseen(split: Split, rows: np.ndarray) -> np.ndarray:
    return np.unique(np.concatenate([unseen for _, unseen in _parts(split, rows)]))


def _parts(split: Split, rows: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of `rows` those to learn from and those to predict, for each model; the last is the one that is kept."""
    parts = [*split.folds, (split.train, split.test)] if split.folds else [
        (split.train, np.concatenate([split.validation, split.test]))
    ]  # fmt: skip
    return [(among(kept, rows), among(unseen, rows)) for kept, unseen in parts]


def among(positions: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of `rows` that are in `positions`, in the order of `rows`; no row is in either twice."""
    return rows[np.isin(rows, positions, assume_unique=True, kind="table")]
