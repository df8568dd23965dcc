"""The two classifiers that need no fine-tuning: TF-IDF or frozen embeddings, and logistic regression.

Both are real, servable classifiers: usable seconds after the upload, the baseline that BERT has to
beat, and what is selected where it does not. Stored as JSON and safetensors, never pickle.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core.about import about_model
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.piecewise import whole
from bertdemo.core.tasks import OneLabel, SeveralLabels, Use
from bertdemo.data.pair import are_pairs
from bertdemo.runs.files import write_json

if TYPE_CHECKING:
    import torch

LINEAR = "linear.safetensors"
MOST_WEIGHTS = 8_000_000
"""Of a TF-IDF classifier: fitting takes about 180 bytes for each. Up to 80 classes lose no word by it."""
LEAST_SPREAD = 1e-4
"""Of a feature, as it is taken: those of means of length 1 have a spread of a few hundredths."""
MOST_ROWS = 10_000
"""More rows than this are sampled: a linear model on them learns little from more."""


@dataclass(frozen=True)
class Linear:
    """Logistic regression: softmax of ``x @ weight.T + bias``, or its sigmoid where rows may have several labels.

    `weight` has shape (classes, features), `bias` (classes,); both float32.
    """

    weight: np.ndarray
    bias: np.ndarray
    several: bool = False

    @classmethod
    def fit(cls, features: Any, labels: np.ndarray, classes: int, *, C: float, tol: float = 1e-4) -> Linear:
        """Fit on `features` (rows, features), dense or sparse; classes without a row get probability 0.

        Args:
            labels: (rows,) int64, or (rows, classes) bool; then each class is told from the rest by itself.
            C: how little is regularised.
            tol: largest gradient of the mean loss that counts as none. Ten times the default is enough to begin from,
                not to judge by: of 6,225 rows it ended after three steps, 6.6 points too early.
        """
        from sklearn.linear_model import LogisticRegression

        if labels.ndim == 2:
            each = [cls.fit(features, has.astype(np.int64), 2, C=C, tol=tol) for has in labels.T]
            # of two classes the second one's logit less the first one's is the logit of its sigmoid
            weights = np.stack([two.weight[1] - two.weight[0] for two in each])
            biases = np.array([np.clip(two.bias[1] - two.bias[0], -1e4, 1e4) for two in each], np.float32)
            return cls(weights, biases, several=True)
        weight = np.zeros((classes, features.shape[1]), dtype=np.float32)
        bias = np.full(classes, -1e4, dtype=np.float32)
        if len(np.unique(labels)) == 1:  # a part of a tiny set: nothing to tell apart
            bias[labels[0]] = 0.0
            return cls(weight, bias)
        with quietly_on_one_thread():
            model = LogisticRegression(C=C, max_iter=100, tol=tol).fit(features, labels)
        if len(model.classes_) == 2:  # sklearn keeps one row for two classes
            half = np.concatenate([-model.coef_, model.coef_]) / 2
            weight[model.classes_], bias[model.classes_] = half, np.concatenate(
                [-model.intercept_, model.intercept_]
            ) / 2  # fmt: skip
        else:
            weight[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
        return cls(weight, bias)

    @classmethod
    def fit_scaled(cls, features: np.ndarray, labels: np.ndarray, classes: int, *, C: float) -> Linear:
        """`fit` on dense features that have been centred and given one spread, so that a row's length is about 1.

        What is returned reads the features as they are.
        """
        centre = features.mean(axis=0)
        # what is nearly the same in all rows shall not be blown up
        scale = 1 / (np.maximum(features.std(axis=0), LEAST_SPREAD) * math.sqrt(features.shape[1]))
        scaled = cls.fit((features - centre) * scale, labels, classes, C=C)
        weight = scaled.weight * scale
        return replace(scaled, weight=weight, bias=scaled.bias - weight @ centre)

    def divided(self, temperature: float) -> Linear:
        """With logits divided by `temperature`."""
        return replace(self, weight=self.weight / np.float32(temperature), bias=self.bias / np.float32(temperature))

    def widened(self, width: int) -> Linear:
        """The same for rows of `width` features, of which those it knows are the last."""
        before = np.zeros((len(self.weight), width - self.weight.shape[1]), np.float32)
        return replace(self, weight=np.concatenate([before, self.weight], axis=1))

    def probabilities(self, features: Any) -> np.ndarray:
        """Shape (rows, classes), float64."""
        task = SeveralLabels() if self.several else OneLabel()
        return task.probabilities(np.asarray(features @ self.weight.T, dtype=np.float64) + self.bias)


@contextlib.contextmanager
def quietly_on_one_thread() -> Iterator[None]:
    """Where logistic regressions are fitted, several at a time perhaps: then this is around all of them, too.

    Their thousands of small products are over before a second thread has woken up: one takes a third of the time. What
    is not there after so many steps is near enough, and classes may be as many as half the rows.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes")
        yield


@dataclass(frozen=True)
class TfidfClassifier:
    """TF-IDF of words (1 and 2) and characters (2 to 4; for Chinese 1 to 3), and a linear model."""

    vectorizers: tuple[Any, ...] = field(repr=False)
    linear: Linear = field(repr=False)

    @classmethod
    def fit(cls, texts: Sequence[str], labels: np.ndarray, classes: int, language: str) -> TfidfClassifier:
        """Fit on at most `MOST_ROWS` texts; `language` (ISO 639-1) decides what a word is."""
        from scipy.sparse import hstack
        from sklearn.feature_extraction.text import TfidfVectorizer

        rows = sample(len(texts))
        texts, labels = [texts[i] for i in rows], labels[rows]
        least = 2 if len(texts) >= 1000 else 1
        kinds = [{"analyzer": "word", "ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (2, 4)}]
        if language in ("zh", "ja", "ko", "th"):  # written without spaces between words
            kinds = [{"analyzer": "char", "ngram_range": (1, 3)}]
        most = min(50_000, max(1000, MOST_WEIGHTS // (classes * len(kinds))))
        common = {"sublinear_tf": True, "min_df": least, "max_features": most, "dtype": np.float32}
        fitted, features = [], []
        for kind in kinds:
            vectorizer = TfidfVectorizer(**common, **kind)
            try:
                features.append(vectorizer.fit_transform(texts))
            except ValueError:  # not one word in all the texts: characters remain
                continue
            fitted.append(vectorizer)
        if not fitted:
            fitted = [TfidfVectorizer(analyzer="char", ngram_range=(1, 3)).fit([*texts, "?"])]
            features = [fitted[0].transform(texts)]
        return cls(tuple(fitted), Linear.fit(hstack(features, format="csr"), labels, classes, C=10.0))

    def probabilities(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Shape (texts, classes), float64."""
        parts = []
        for begin in range(0, len(texts), 4096):
            batch = texts[begin : begin + 4096]
            parts.append(self.linear.probabilities(_stacked(self.vectorizers, batch)))
            if on_progress:
                on_progress(begin + len(batch))
        return np.concatenate(parts) if parts else np.zeros((0, len(self.linear.bias)))

    def save(self, folder: Path, label_names: Sequence[str], use: Use) -> None:
        """Write bertdemo.json and linear.safetensors into `folder`, which is there."""
        from safetensors.numpy import save_file

        tables = [
            {
                "analyzer": v.analyzer,
                "ngram_range": list(v.ngram_range),
                "sublinear_tf": v.sublinear_tf,
                "terms": v.get_feature_names_out().tolist(),
            }
            for v in self.vectorizers
        ]
        about = {"kind": "tfidf", "labels": list(label_names), "tables": tables, **use.to_json()}
        write_json(folder / "bertdemo.json", about)
        idfs = {f"idf.{i}": v.idf_.astype(np.float32) for i, v in enumerate(self.vectorizers)}
        save_file({"weight": self.linear.weight, "bias": self.linear.bias, **idfs}, folder / LINEAR)

    @classmethod
    def load(cls, folder: Path) -> TfidfClassifier:
        """The classifier that `save` wrote."""
        from safetensors.numpy import load_file
        from sklearn.feature_extraction.text import TfidfVectorizer

        arrays = load_file(folder / LINEAR)
        about = about_model(folder)
        vectorizers = []
        for i, table in enumerate(about["tables"]):
            vectorizer = TfidfVectorizer(
                analyzer=table["analyzer"],
                ngram_range=tuple(table["ngram_range"]),
                sublinear_tf=table["sublinear_tf"],
                vocabulary=table["terms"],
                dtype=np.float32,
            )
            vectorizer.idf_ = arrays[f"idf.{i}"]
            vectorizers.append(vectorizer)
        return cls(tuple(vectorizers), Linear(arrays["weight"], arrays["bias"], bool(about.get("decision"))))


def _stacked(vectorizers: Sequence[Any], texts: Sequence[str]) -> Any:
    from scipy.sparse import hstack

    return hstack([v.transform(texts) for v in vectorizers], format="csr")


@dataclass(frozen=True)
class Embeddings:
    """What the frozen encoder says of texts, float32.

    Attributes:
        means: over a text's tokens, after each of the layers that were asked for, each mean of length 1,
            (texts, layers * hidden); the last layer's stand last.
        first: the last layer's vector of the first token, (texts, hidden).
    """

    means: np.ndarray
    first: np.ndarray


def read_layers(config: Any) -> tuple[int, ...]:
    """The layers whose means an instant classifier reads: after a third, two thirds and all of them, counted from 1.

    What a text is about stands in the last layer; the ones before know more of how it is put (Jawahar et al. 2019).
    """
    layers = int(config.num_hidden_layers)
    if config.model_type == "funnel":  # all but the layers that decode at the end have fewer and fewer tokens
        repeated = sum(size * times for size, times in zip(config.block_sizes, config.block_repeats, strict=True))
        return (repeated + 1 + int(config.num_decoder_layers),)  # what is decoded counts too
    return tuple(sorted({max(1, round(layers * third / 3)) for third in (1, 2, 3)}))


def last_layer(means: np.ndarray, layers: Sequence[int]) -> np.ndarray:
    """Of the means of several layers, or of pairs of them, the part of the last one."""
    return means[:, -(means.shape[1] // len(layers)) :]


def embed(
    encoder: Any,
    ids: Sequence[np.ndarray],
    layers: Sequence[int],
    *,
    precision: str,
    fast: FastBert | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Embeddings:
    """`embedding` to its end; `on_progress` is told how many texts are done."""
    return whole(embedding(encoder, ids, layers, precision=precision, fast=fast), on_progress)


def embedding(
    encoder: Any,
    ids: Sequence[np.ndarray],
    layers: Sequence[int],
    *,
    precision: str,
    fast: FastBert | None = None,
) -> Generator[int, None, Embeddings]:
    """Run token ids through `encoder` in batches of nearly equal length, in the precision named.

    `layers` are those whose means are wanted, ascending, the last one of all among them. `fast` is
    `FastBert.of(encoder, precision)` where it is at hand already.

    Yields:
        How many texts are done, after each batch.
    """
    import torch

    from bertdemo.core.device import autocast
    from bertdemo.core.forward import for_fast, group_by_group, padded

    device, fast = encoder.device, fast or FastBert.of(encoder, precision)
    hidden = encoder.config.hidden_size
    means = np.zeros((len(ids), len(layers), hidden), np.float32)
    first = np.zeros((len(ids), hidden), np.float32)

    def read(rows: np.ndarray) -> None:
        texts = [ids[i] for i in rows]
        inputs = for_fast(texts, fast, device) if fast else padded(texts, device)
        with torch.inference_mode(), contextlib.nullcontext() if fast else autocast(device, precision):
            mask = inputs["attention_mask"]
            for layer, states in enumerate(fast.states(inputs) if fast else _states(encoder, inputs), start=1):
                if layer not in layers:
                    continue
                states = states.float()
                unit = torch.nn.functional.normalize(mean_of_tokens(states, mask), dim=-1)
                means[rows, layers.index(layer)] = unit.cpu().numpy()
            first[rows] = states[:, 0].float().cpu().numpy()

    yield from group_by_group(ids, encoder, read)
    return Embeddings(means.reshape(len(ids), -1), first)


def _states(encoder: Any, inputs: dict[str, Any]) -> list[torch.Tensor]:
    """Each layer's states of all tokens."""
    return states_of(encoder(**inputs, output_hidden_states=True))


def states_of(output: Any) -> list[torch.Tensor]:
    """Each layer's states of all tokens, from what a transformer returned that was asked for hidden states."""
    return [*output.hidden_states[1:-1], output.last_hidden_state]  # some norm the last one's once more


def mean_of_tokens(states: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """Of states (texts, longest, hidden), padding left out by `mask` (texts, longest): (texts, hidden)."""
    return states.mean(1) if mask is None else (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def tokens_of(
    tokenizer: Any, texts: Sequence[str], max_length: int, cut: set[str] | None = None
) -> list[list[np.ndarray]]:
    """Token ids of the texts; of pairs those of the first texts, and those of the second. `cut` as of `encode`."""
    from bertdemo.core.models import encode

    parts = [[text.first for text in texts], [text.second for text in texts]] if are_pairs(texts) else [texts]
    in_parts: set[str] | None = None if cut is None else set()
    found = [encode(tokenizer, part, max_length, in_parts) for part in parts]
    if cut is not None and in_parts:
        cut.update(text for text, *own in zip(texts, *parts, strict=True) if not in_parts.isdisjoint(own))
    return found


def embed_tokens(
    encoder: Any,
    tokens: list[list[np.ndarray]],
    layers: Sequence[int],
    *,
    precision: str,
    fast: FastBert | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    """`Embeddings.means` of what `tokens_of` gave; of pairs `pair_features` of both."""
    found = [
        embed(encoder, ids, layers, precision=precision, fast=fast, on_progress=on_progress).means for ids in tokens
    ]
    return found[0] if len(found) == 1 else pair_features(*found, layers=len(layers))


def embed_texts(
    encoder: Any,
    tokenizer: Any,
    texts: Sequence[str],
    max_length: int,
    layers: Sequence[int],
    *,
    precision: str,
    fast: FastBert | None = None,
) -> np.ndarray:
    """`embed_tokens` of texts."""
    return embed_tokens(encoder, tokens_of(tokenizer, texts, max_length), layers, precision=precision, fast=fast)


def pair_features(first: np.ndarray, second: np.ndarray, *, layers: int = 1) -> np.ndarray:
    """Both embeddings, their distance and their product (Conneau et al. 2017), of length 1, for each layer.

    From two arrays (pairs, layers * hidden) to (pairs, layers * 4 * hidden), float32.
    """
    found = []
    for one, other in zip(np.split(first, layers, axis=1), np.split(second, layers, axis=1), strict=True):
        alike = one * other * np.sqrt(one.shape[1])
        joined = np.concatenate([one, other, 2 * np.abs(one - other), alike], axis=1)
        found.append(joined / np.linalg.norm(joined, axis=1, keepdims=True))
    return np.concatenate(found, axis=1).astype(np.float32)


def sample(n: int, most: int = MOST_ROWS) -> np.ndarray:
    """Positions of at most `most` of `n` rows, evenly spread by a fixed draw, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))
