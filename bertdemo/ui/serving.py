"""Classifiers kept in memory for the page and the HTTP endpoints."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bertdemo.core.baselines import features_written
from bertdemo.core.classify import Classifier, Prediction
from bertdemo.core.explain import Explanation
from bertdemo.core.neighbours import Neighbours
from bertdemo.data.pair import TextPair
from bertdemo.data.readable import is_blank, readable
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui.kept import Kept

MOST_BYTES = 2_000_000_000
LONGEST_TEXT = 20_000
"""Characters of a text that are looked at; more than any model here can read."""
MOST_TEXTS = 1000
"""Texts of a batch at most."""
QUICK_SECONDS = 0.25
"""Answers that take longer are given when asked for, not while a person types."""


@dataclass(frozen=True)
class Nearest:
    """Positions of the nearest training rows, and whether even the nearest is farther than is usual."""

    positions: tuple[int, ...]
    unlike: bool


class Together:
    """Single texts that arrive while a classifier is at work are read together in its next pass.

    A pass over ten short texts takes little longer than one over a single text, and passes beside each other only
    slow each other down.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._waiting: list[tuple[str, Future[Prediction]]] = []
        self._adding, self._working = threading.Lock(), threading.Lock()

    def predict(self, text: str) -> Prediction:
        """What the classifier says of a text, from whichever thread."""
        mine: Future[Prediction] = Future()
        with self._adding:
            self._waiting.append((text, mine))
        with self._working:
            if not mine.done():  # nobody took it along
                with self._adding:
                    texts, self._waiting = self._waiting, []
                try:
                    found = self._classifier.predict([text for text, _ in texts])
                except BaseException as error:
                    for _, other in texts:
                        other.set_exception(error)
                    raise
                for (_, other), prediction in zip(texts, found, strict=True):
                    other.set_result(prediction)
        return mine.result()


@dataclass(frozen=True)
class _Loaded:
    """A classifier in memory."""

    classifier: Classifier
    together: Together


class Models:
    """The classifiers that were used last and the rows that texts are compared with, within `MOST_BYTES`."""

    def __init__(self) -> None:
        self._kept = Kept(MOST_BYTES)
        self._seconds: dict[str, float] = {}

    def text_of(self, run: Run, text: object, second: object = "") -> str:
        """What a person typed as the run's classifier takes it: one text, or a pair where it judges pairs.

        Raises:
            UserError: ``text_missing``, ``text_no_text`` or ``second_text_missing``.
        """
        first = _cleaned(text)
        if is_blank(first):
            raise UserError("text_missing")
        if run.roles.pair is None:
            return first
        other = _cleaned(second or "")
        if is_blank(other):
            raise UserError("second_text_missing")
        return TextPair(first, other)

    def sent(self, run: Run, text: object, second: object) -> str:
        """What a program sent, as `text_of` gives it; a second text that nobody would read is refused.

        Raises:
            UserError: ``no_second_text``, or what `text_of` raises.
        """
        if run.roles.pair is None and not is_blank(_cleaned(second or "")):
            raise UserError("no_second_text")
        return self.text_of(run, text, second)

    def texts_of(self, run: Run, texts: object) -> list[str]:
        """A batch as the run's classifier takes it: texts, or ``[first, second]`` where it judges pairs.

        Raises:
            UserError: ``batch_no_list``, ``batch_too_large``, ``texts_not_pairs``, ``text_no_pair``,
                ``text_missing_at``, or what `text_of` raises.
        """
        if not isinstance(texts, list):
            raise UserError("batch_no_list", found=type(texts).__name__)
        if len(texts) > MOST_TEXTS:
            raise UserError("batch_too_large", n=len(texts), most=MOST_TEXTS)
        for number, entry in enumerate(texts, start=1):
            if run.roles.pair is None and isinstance(entry, list):
                raise UserError("texts_not_pairs", n=number)
            if isinstance(entry, str) and is_blank(entry):
                raise UserError("text_missing_at", n=number)
        if run.roles.pair is None:
            return [self.text_of(run, text) for text in texts]
        for number, entry in enumerate(texts, start=1):
            if not isinstance(entry, list) or len(entry) != 2:
                raise UserError("text_no_pair", n=number)
        return [self.text_of(run, first, second) for first, second in texts]

    def classify(self, run: Run, text: str, model: str | None = None) -> Prediction:
        """What the run's selected classifier, or its `model`, says of what `text_of` gave.

        Raises:
            UserError: ``run_not_ready``.
        """
        loaded = self._of(run, model)
        begin = time.perf_counter()
        prediction = loaded.together.predict(text)
        self._seconds[run.id] = time.perf_counter() - begin
        return prediction

    def classify_all(
        self, run: Run, texts: Sequence[str], on_pass: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """What the run's selected classifier says of each text; an error that `on_pass` raises ends the work.

        Raises:
            UserError: ``run_not_ready``.
        """
        return self._of(run).classifier.predict(texts, on_pass)

    def explain(self, run: Run, text: str, label: str | None = None) -> Explanation:
        """Why the run's selected classifier gives a text `label`; which one where None, `core.explain` says.

        Raises:
            UserError: ``run_not_ready`` or ``label_unknown``.
        """
        return self._of(run).classifier.explain(text, label)

    def is_quick(self, run: Run) -> bool:
        """Whether the last answer took so little that answers can keep up with typing."""
        return self._seconds.get(run.id, 0.0) <= QUICK_SECONDS

    def _of(self, run: Run, model: str | None = None) -> _Loaded:
        folder = run.model_folder(model) if model in run.models else run.selected
        if folder is None:
            raise UserError("run_not_ready", run=run.id)
        return self._load(folder)

    def nearest(self, run: Run, text: str) -> Nearest | None:
        """The training rows that a text is nearest to; None where the run has no embeddings of its texts."""
        found = self._nearest(run, [text])
        return None if found is None else found[0]

    def unlike(self, run: Run, texts: Sequence[str]) -> list[bool] | None:
        """Of each text whether it is farther from all training rows than is usual; None where nobody knows."""
        found = self._nearest(run, texts)
        return None if found is None else [near.unlike for near in found]

    def _nearest(self, run: Run, texts: Sequence[str]) -> list[Nearest] | None:
        folder = run.model_folder("instant")
        if not folder.is_dir():
            return None
        known = self._kept.get((run.id, features_written(run)), lambda: Neighbours.of(run, run.split()))
        if known is None:
            return None
        try:
            means = self._load(folder).classifier.embed(texts)
        except UserError:  # the base that the embeddings are of is gone, or out of reach
            return None
        if means is None:
            return None
        positions, alike = known.nearest(means)
        far = (alike[:, 0] < known.far).tolist()
        return [Nearest(tuple(rows), unlike) for rows, unlike in zip(positions.tolist(), far, strict=True)]

    def _load(self, folder: Path) -> _Loaded:
        def load() -> _Loaded:
            classifier = Classifier.load(folder)
            return _Loaded(classifier, Together(classifier))

        def expected() -> int:
            return sum(file.stat().st_size for file in folder.iterdir())

        return self._kept.get((str(folder), folder.stat().st_mtime_ns), load, expected)


def answered(found: Prediction, given: object) -> dict[str, Any]:
    """An answer as JSON; where `given`, a text or a list of two, was longer than is looked at, ``read_characters`` says
    how much of it was."""
    parts = given if isinstance(given, list | tuple) else (given,)
    cut = any(isinstance(part, str) and len(part) > LONGEST_TEXT for part in parts)
    return {**found.to_json(), **({"read_characters": LONGEST_TEXT} if cut else {})}


def _cleaned(text: object) -> str:
    if not isinstance(text, str):
        raise UserError("text_no_text", found=type(text).__name__)
    return readable(text[:LONGEST_TEXT])
