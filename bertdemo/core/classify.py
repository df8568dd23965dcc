"""A folder that holds a classifier, of whatever kind -> probabilities of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from bertdemo.core.about import about_model
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.library import transformers
from bertdemo.core.linear import LINEAR, Linear, TfidfClassifier, embed_texts, embed_tokens, last_layer, tokens_of
from bertdemo.core.tasks import Decision, OneLabel, SeveralLabels, Use
from bertdemo.data.findings import listed, shortened
from bertdemo.data.pair import Given, TextPair, as_text, distinct
from bertdemo.data.readable import readable
from bertdemo.errors import UserError
from bertdemo.runs.config import PRECISIONS

if TYPE_CHECKING:
    from bertdemo.core.explain import Explanation
    from bertdemo.core.relevance import TokenRelevance

MOST_PROBABILITY_COLUMNS = 100
"""Labels up to which a classified file has a column for each without being asked for."""
CHUNK = 4096
"""Texts that are tokenised and sorted by length together: enough to waste nothing, few enough to hold."""

OnProgress = Callable[[int], None]
Tokens = TypeVar("Tokens")


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one text.

    Attributes:
        label: the label; where a text may have several, those it has, parted by ``|``.
        confidence: the probability of the label; of several, of the least sure one; where there is none, that the
            likeliest one is not.
        probabilities: of every label, in their order; they sum to 1 where a text has one label.
        labels: the labels, none or several where a text may have several.
        read_tokens: where the text is longer than the model reads, how many tokens of it were read, those that mark
            its ends included; None where it was read whole.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    labels: tuple[str, ...]
    several: bool = False
    read_tokens: int | None = None

    def to_json(self) -> dict[str, Any]:
        """``label``, ``confidence`` and ``probabilities``, or ``labels`` and ``probabilities``.

        Where a part of the text was not read, ``read_tokens`` says how many tokens were.
        """
        read = {} if self.read_tokens is None else {"read_tokens": self.read_tokens}
        if self.several:
            return {"labels": list(self.labels), "probabilities": self.probabilities, **read}
        return {"label": self.label, "confidence": self.confidence, "probabilities": self.probabilities, **read}


class _Backend(Protocol):
    def probabilities(self, texts: Sequence[str], on_progress: OnProgress | None = None) -> np.ndarray: ...


@dataclass(frozen=True)
class Classifier:
    """A classifier ready for use: ``Classifier.load(folder).predict(["a text"])``."""

    kind: str
    labels: tuple[str, ...]
    backend: _Backend
    use: Use = field(default_factory=Use)

    def __repr__(self) -> str:
        """One line: weights and modules would be pages of them."""
        labels = "1 label" if len(self.labels) == 1 else f"{len(self.labels):,} labels"
        pairs = " of pairs" if self.use.pair else ""
        return f"Classifier({self.kind}{pairs}, {labels}: {listed([shortened(name) for name in self.labels])})"

    @classmethod
    def load(cls, folder: Path | str, precision: str = "auto") -> Classifier:
        """Load a model folder of bertdemo, or any folder of a transformers text classifier.

        Args:
            folder: of a BERT (config.json), an instant or a TF-IDF classifier (bertdemo.json).
            precision: ``auto`` takes what the model was trained in where this machine computes it
                natively; ``fp32`` gives what `transformers.pipeline` gives.

        Raises:
            UserError: ``model_unknown``: no classifier is there; ``model_damaged``.
        """
        from safetensors import SafetensorError

        folder = Path(folder)
        if precision not in PRECISIONS:
            raise UserError("unknown_precision", value=precision, choices=", ".join(PRECISIONS))
        about = about_model(folder)
        kind, use = about.get("kind", "bert"), Use.from_json(about)
        if kind in ("tfidf", "instant"):
            backend: _Backend
            try:
                backend = TfidfClassifier.load(folder) if kind == "tfidf" else _Instant.load(folder, about, precision)
            except SafetensorError as error:
                raise UserError("model_damaged", path=str(folder), file=LINEAR) from error
            return cls(kind, tuple(about["labels"]), backend, use)
        if not (folder / "config.json").is_file():
            raise UserError("model_unknown", path=str(folder))
        backend = _Bert.load(folder, about, precision)
        names = backend.model.config.id2label
        labels = tuple(str(names[i]) for i in range(len(names)))
        if use.decision is None and backend.several:  # a folder made elsewhere
            use = Use(Decision((0.5,) * len(labels), at_least_one=False), use.pair)
        return cls(kind, labels, backend, use)

    def probabilities(self, texts: Sequence[Given], on_progress: OnProgress | None = None) -> np.ndarray:
        """Calibrated probabilities, float64, shape (texts, labels); `on_progress` gets the texts done.

        Args:
            texts: texts, or for a classifier of pairs ``(first, second)`` each.

        Raises:
            UserError: ``second_text_missing``: it judges pairs, and one of these is none; ``no_second_text``: it
                judges single texts; ``no_text_at``: something is no text, such as None.
            TypeError: one text was given instead of a list of texts, or a tuple that is no pair of texts.
        """
        return self.backend.probabilities(self._all_taken(texts), on_progress)

    def judged(self, texts: Sequence[Given], on_progress: OnProgress | None = None) -> tuple[np.ndarray, np.ndarray]:
        """What `probabilities` gives and raises, and of each text whether a part of it was not read, (texts,)."""
        if not isinstance(self.backend, _Bert | _Instant):
            return self.probabilities(texts, on_progress), np.zeros(len(texts), bool)
        taken, cut = self._all_taken(texts), set[str]()
        found = self.backend.probabilities(taken, on_progress, cut)
        return found, np.array([text in cut for text in taken], bool)

    @property
    def reads(self) -> int | None:
        """The most tokens of a text that are read; None where it is read whole, however long."""
        return self.backend.max_length if isinstance(self.backend, _Bert | _Instant) else None

    def _all_taken(self, texts: Sequence[Given]) -> list[str]:
        if isinstance(texts, str):
            raise TypeError("a list of texts was expected, not one text")  # its characters are texts too
        return [readable(self._taken(text, n)) for n, text in enumerate(texts, start=1)]

    def _taken(self, given: Given, n: int = 1) -> str:
        """Text number `n` of those that were given."""
        for part in given if isinstance(given, tuple | list) else (given,):
            if not isinstance(part, str):
                raise UserError("no_text_at", n=n, found=type(part).__name__)
        text = as_text(given)
        if self.use.pair and not isinstance(text, TextPair):
            raise UserError("second_text_missing")
        if not self.use.pair and not isinstance(given, str):
            raise UserError("no_second_text")
        return text

    def decide(self, probabilities: np.ndarray) -> tuple[list[tuple[str, ...]], np.ndarray]:
        """From probabilities (texts, labels) to the labels of each text, and the confidence in them, (texts,)."""
        if self.use.decision is None:
            best = probabilities.argmax(axis=1)
            return [(self.labels[i],) for i in best.tolist()], probabilities.max(axis=1, initial=0.0)
        has = self.use.decision.labels(probabilities)
        said = [tuple(self.labels[i] for i in np.flatnonzero(row)) for row in has]
        return said, confidence_in_several(probabilities, has)

    def embed(self, texts: Sequence[str]) -> np.ndarray | None:
        """Embeddings of length 1 by the frozen encoder, (texts, hidden); None where the kind has no encoder."""
        if not isinstance(self.backend, _Instant):
            return None
        return self.backend.embed([readable(text) for text in texts])

    def explain(self, text: Given, label: str | None = None) -> Explanation:
        """What each word of a text or a pair speaks for or against `label`.

        Where it is left out, the likeliest one of those that the text gets is meant, and of all where it gets none.

        Raises:
            UserError: ``label_unknown``, ``second_text_missing`` or ``no_second_text``.
        """
        from bertdemo.core.explain import explain

        return explain(self, self._taken(text), label)

    def relevance(self, text: str, target: int) -> TokenRelevance | None:
        """What each token of a text adds to the label at `target`; None where its tokens can't be asked."""
        if not isinstance(self.backend, _Bert | _Instant):
            return None
        return self.backend.relevance(readable(text), target)

    def predict(self, texts: Sequence[Given], on_progress: OnProgress | None = None) -> list[Prediction]:
        """One `Prediction` for each text or pair, in their order. Raises what `probabilities` raises.

        A text with nothing to read, such as ``""``, gets one too, which means nothing: what the classifier says where
        it reads no word. The command line and the page refuse it, and a file's row without a text gets no label.
        """
        found, cut = self.judged(texts, on_progress)
        labels, sureness = self.decide(found)
        several = self.use.decision is not None
        return [
            Prediction(
                "|".join(said),
                sure,
                dict(zip(self.labels, row.tolist(), strict=True)),
                said,
                several,
                self.reads if part else None,
            )
            for row, said, sure, part in zip(found, labels, sureness.tolist(), cut.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class _Bert:
    model: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    max_length: int
    precision: str
    fast: FastBert | None = field(repr=False)

    @property
    def several(self) -> bool:
        return bool(self.model.config.problem_type == SeveralLabels.problem_type)

    @classmethod
    def load(cls, folder: Path, about: dict[str, Any], precision: str) -> _Bert:
        import torch
        from safetensors import SafetensorError

        from bertdemo.core.device import best_device
        from bertdemo.core.models import load_tokenizer, longest, quietly

        device = best_device()
        resolved = _resolve(precision, about.get("precision", "fp32"), device)
        with quietly():
            try:
                model, loaded = transformers().AutoModelForSequenceClassification.from_pretrained(
                    folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
                )
            except (OSError, ValueError, SafetensorError) as error:
                raise UserError("model_unknown", path=str(folder)) from error
        if loaded["missing_keys"] or loaded["mismatched_keys"]:  # an encoder: its head would be a random one
            raise UserError("model_unknown", path=str(folder))
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(resolved, torch.float32)
        tokenizer = load_tokenizer(str(folder))
        max_length = about.get("max_length") or longest(tokenizer, model.config)
        fast = FastBert.of(model.to(device), resolved)
        model = model.to(dtype).eval()
        if fast:  # the largest of its copies is the model's, too
            fast = replace(fast, words=model.get_input_embeddings().weight.detach())
        return cls(model, tokenizer, max_length, resolved, fast)

    def probabilities(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, cut: set[str] | None = None
    ) -> np.ndarray:
        """Shape (texts, labels); `cut` gets the texts of which a part was not read."""
        from bertdemo.core.forward import logits_of
        from bertdemo.core.models import encode

        def read(chunk: Sequence[str]) -> list[np.ndarray]:
            return encode(self.tokenizer, chunk, self.max_length, cut)

        def classify(ids: list[np.ndarray], tell: OnProgress) -> np.ndarray:
            # the weights themselves are in the reduced precision: no autocast
            logits = logits_of(self.model, ids, precision="fp32", fast=self.fast, on_progress=tell)
            return (SeveralLabels() if self.several else OneLabel()).probabilities(logits)

        return chunked(texts, self.model.config.num_labels, read, classify, on_progress)

    def relevance(self, text: str, target: int) -> TokenRelevance | None:
        from bertdemo.core.relevance import of_classifier

        return of_classifier(self.model, self.tokenizer, text, self.max_length, target, several=self.several)


@dataclass(frozen=True)
class _Instant:
    encoder: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    layers: tuple[int, ...]
    max_length: int
    linear: Linear = field(repr=False)
    precision: str
    fast: FastBert | None = field(repr=False)

    @classmethod
    def load(cls, folder: Path, about: dict[str, Any], precision: str) -> _Instant:
        from safetensors.numpy import load_file

        from bertdemo.core.device import best_device, native_precision
        from bertdemo.core.models import load_tokenizer
        from bertdemo.core.shared import readable_precision, shared_encoder, shared_reader

        device = best_device()
        arrays = load_file(folder / LINEAR)
        inside = folder / about["base"]  # a classifier that was made for elsewhere brings its encoder along
        base = str(inside) if inside.is_dir() else about["base"]
        encoder = shared_encoder(base, device)
        resolved = readable_precision(encoder, _resolve(precision, native_precision(device), device))
        linear = Linear(arrays["weight"], arrays["bias"], bool(about.get("decision")))
        fast = shared_reader(encoder, resolved)
        # those made before several layers were read read the last one
        layers = tuple(about.get("layers", [encoder.config.num_hidden_layers]))
        return cls(encoder, load_tokenizer(base), layers, about["max_length"], linear, resolved, fast)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        means = embed_texts(
            self.encoder, self.tokenizer, texts, self.max_length, self.layers, precision=self.precision, fast=self.fast
        )
        return last_layer(means, self.layers)

    def probabilities(
        self, texts: Sequence[str], on_progress: OnProgress | None = None, cut: set[str] | None = None
    ) -> np.ndarray:
        """Shape (texts, labels); `cut` gets the texts of which a part was not read."""

        def read(chunk: Sequence[str]) -> list[list[np.ndarray]]:
            return tokens_of(self.tokenizer, chunk, self.max_length, cut)

        def classify(ids: list[list[np.ndarray]], tell: OnProgress) -> np.ndarray:
            return self.linear.probabilities(
                embed_tokens(self.encoder, ids, self.layers, precision=self.precision, fast=self.fast, on_progress=tell)
            )

        return chunked(texts, len(self.linear.bias), read, classify, on_progress)

    def relevance(self, text: str, target: int) -> TokenRelevance | None:
        from bertdemo.core.relevance import of_embedding

        return of_embedding(self.encoder, self.tokenizer, text, self.max_length, self.layers, self.linear, target)


def confidence_in_several(probabilities: np.ndarray, has: np.ndarray) -> np.ndarray:
    """The least probability among the labels given, (texts,); where none is given, one minus the largest.

    Args:
        probabilities, has: of each label its probability, and whether it is given, (texts, labels).
    """
    least = np.where(has, probabilities, 1.0).min(axis=1, initial=1.0)
    confidence: np.ndarray = np.where(has.any(axis=1), least, 1 - probabilities.max(axis=1, initial=0.0))
    return confidence


def use_of_folder(folder: Path) -> Use:
    """How the classifier of a model folder is used."""
    return Use.from_json(about_model(folder))


def chunked(
    texts: Sequence[str],
    classes: int,
    read: Callable[[Sequence[str]], Tokens],
    classify: Callable[[Tokens, OnProgress], np.ndarray],
    on_progress: OnProgress | None = None,
) -> np.ndarray:
    """Probabilities of all texts, (texts, classes): `CHUNK` at a time, each distinct text of a chunk once.

    While `classify` is at one chunk, a thread has the next one go through `read`.
    """
    done, parts = 0, [np.zeros((0, classes))]

    def tell(count: int) -> None:
        if on_progress:
            on_progress(done + count)

    chunks = [distinct(texts[begin : begin + CHUNK]) for begin in range(0, len(texts), CHUNK)]
    with ThreadPoolExecutor(1) as ahead:  # starts its thread with the first thing to do
        begun: Future[Tokens] | None = None
        for number, (different, places) in enumerate(chunks):
            ready = begun.result() if begun else read(different)
            if number + 1 < len(chunks):
                begun = ahead.submit(read, chunks[number + 1][0])
            parts.append(classify(ready, tell)[places])
            done += len(places)
            tell(0)
    return np.concatenate(parts)


def _resolve(asked: str, trained: str, device: Any) -> str:
    """The precision to compute in: what is asked, else the trained one where it is native here."""
    from bertdemo.core.device import native_precision

    if asked != "auto":
        return asked
    return trained if native_precision(device) == trained else "fp32"
