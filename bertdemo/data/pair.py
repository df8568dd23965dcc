"""Two texts that are judged together, such as a question and an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard


class TextPair(str):
    """Shown, compared and counted as one text, the second below the first; a model reads them apart."""

    first: str
    second: str

    def __new__(cls, first: str, second: str) -> TextPair:
        pair = super().__new__(cls, f"{first}\n{second}")
        pair.first, pair.second = first, second
        return pair

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return self.first, self.second


def are_pairs(texts: Sequence[str]) -> TypeGuard[Sequence[TextPair]]:
    """Whether `texts` are pairs; they all are, or none is."""
    return bool(len(texts)) and isinstance(texts[0], TextPair)
