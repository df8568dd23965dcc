"""Classifiers kept in memory for the page and the HTTP endpoints."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bertdemo.core.classify import Classifier, Prediction
from bertdemo.core.neighbours import Neighbours
from bertdemo.data.pair import TextPair
from bertdemo.errors import UserError
from bertdemo.runs.run import Run

MOST_BYTES = 2_000_000_000
LONGEST_TEXT = 20_000
"""Characters of a text that are looked at; more than any model here can read."""


@dataclass(frozen=True)
class Nearest:
    """Positions of the nearest training rows, and whether even the nearest is farther than is usual."""

    positions: tuple[int, ...]
    unlike: bool


class Models:
    """The classifiers that were used last, within `MOST_BYTES` of weights."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], tuple[Classifier, int]] = OrderedDict()
        self._lock = threading.Lock()

    def text_of(self, run: Run, text: object, second: object = "") -> str:
        """What a person typed as the run's classifier takes it: one text, or a pair where it judges pairs.

        Raises:
            UserError: ``text_missing``, ``text_no_text`` or ``second_text_missing``.
        """
        first = _cleaned(text)
        if not first.strip():
            raise UserError("text_missing")
        if run.roles.pair is None:
            return first
        other = _cleaned(second or "")
        if not other.strip():
            raise UserError("second_text_missing")
        return TextPair(first, other)

    def classify(self, run: Run, text: str, model: str | None = None) -> Prediction:
        """What the run's selected classifier, or its `model`, says of what `text_of` gave.

        Raises:
            UserError: ``run_not_ready``.
        """
        [prediction] = self.classify_all(run, [text], model)
        return prediction

    def classify_all(self, run: Run, texts: Sequence[str], model: str | None = None) -> list[Prediction]:
        """As `classify`, for many texts. Raises ``run_not_ready``."""
        folder = run.model_folder(model) if model in run.models else run.selected
        if folder is None:
            raise UserError("run_not_ready", run=run.id)
        return self._load(folder).predict(texts)

    def nearest(self, run: Run, text: str) -> Nearest | None:
        """The training rows that a text is nearest to; None where the run has no embeddings of its texts."""
        folder = run.model_folder("instant")
        if not folder.is_dir() or (known := _neighbours(run.id)) is None:
            return None
        means = self._load(folder).embed([text])
        if means is None:
            return None
        positions, alike = known.nearest(means)
        return Nearest(tuple(positions[0].tolist()), unlike=bool(alike[0, 0] < known.far))

    def _load(self, folder: Path) -> Classifier:
        key = (str(folder), folder.stat().st_mtime_ns)
        with self._lock:
            if key not in self._known:
                size = sum(file.stat().st_size for file in folder.iterdir())
                while self._known and sum(s for _, s in self._known.values()) + size > MOST_BYTES:
                    self._known.popitem(last=False)
                self._known[key] = (Classifier.load(folder), size)
            self._known.move_to_end(key)
            return self._known[key][0]


def _cleaned(text: object) -> str:
    if not isinstance(text, str):
        raise UserError("text_no_text", found=type(text).__name__)
    # half a surrogate pair is no character, and tokenizers refuse it
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


@lru_cache(maxsize=4)
def _neighbours(run_id: str) -> Neighbours | None:
    run = Run.open(run_id)
    return Neighbours.of(run, run.split())
