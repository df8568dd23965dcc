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


Given = str | tuple[str, str] | list[str]
"""A text; or two, as a `TextPair`, a tuple or a list."""


def as_text(given: Given) -> str:
    """What was given, two texts as a `TextPair`.

    Raises:
        TypeError: it is neither a text nor two.
    """
    if isinstance(given, str):
        return given
    if len(given) != 2 or not all(isinstance(text, str) for text in given):
        raise TypeError("a text or a pair of texts was expected")
    return TextPair(*given)


def distinct(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Each different text or pair once, in the order of their first places; and for each of `texts` which one it is."""
    keys: Sequence[object] = [(pair.first, pair.second) for pair in texts] if are_pairs(texts) else texts
    places: dict[object, int] = {}
    found: list[str] = []
    for key, text in zip(keys, texts, strict=True):
        if key not in places:
            places[key] = len(found)
            found.append(text)
    return found, [places[key] for key in keys]


def are_pairs(texts: Sequence[str]) -> TypeGuard[Sequence[TextPair]]:
    """Whether `texts` are pairs; they all are, or none is."""
    return bool(len(texts)) and isinstance(texts[0], TextPair)
