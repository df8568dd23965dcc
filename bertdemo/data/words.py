"""A text as words: whole ones where spaces part them, single characters where a script writes none."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

JOINERS = frozenset("'’-_.@&/")
"""Marks that belong to a word where letters or digits stand on both sides: ``isn't``, ``3.5``, ``e-mail``."""
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
"""How the Unicode names of characters begin whose scripts put no space between words."""

UNSEEN = ("Cc", "Cf")
"""Unicode's categories of controls and formats: a word of nothing else, such as U+200B, is none."""
BLANKS = "\u2800\u3164"
"""What Unicode takes for a sign and a letter, and shows as nothing."""


@dataclass(frozen=True)
class Word:
    """A word, a character of an unspaced script, or a run of marks.

    Attributes:
        begin, end: where it stands in its text, in characters.
        second: whether its text is the second one of a pair.
    """

    text: str
    begin: int
    end: int
    second: bool = False


def split_words(text: str, *, second: bool = False) -> list[Word]:
    """The words of `text` in order; only white space and characters that nobody sees lie between or beside them."""
    kinds = [_kind(c) for c in text]
    for i in range(1, len(text) - 1):
        if text[i] in JOINERS and kinds[i - 1] == kinds[i + 1] == "word":
            kinds[i] = "word"
    found, begin = [], 0
    for i in range(1, len(text) + 1):
        same = i < len(text) and (kinds[i] == "mark" or (kinds[i] == kinds[begin] and kinds[i] != "alone"))
        if not same:
            if kinds[begin] != "space" and not all(map(_unseen, text[begin:i])):
                found.append(Word(text[begin:i], begin, i, second))
            begin = i
    return found


def count_unspaced(text: str) -> int:
    """How many characters of `text` belong to scripts without spaces, by the blocks that hold nearly all of them."""
    return 0 if text.isascii() else sum("\u2e80" <= c <= "\u9fff" or "\u0e00" <= c <= "\u0eff" for c in text)


def without(text: str, words: Sequence[Word], kept: Sequence[bool]) -> str:
    """`text` with only those of its `words` that are `kept`; no two words grow together."""
    parts: list[str] = []
    last = -1
    for i, word in enumerate(words):
        if not kept[i]:
            continue
        if last >= 0:
            between = text[words[i - 1].end : word.begin] if last == i - 1 else text[words[last].end : word.begin]
            if last == i - 1:
                parts.append(between)
            elif any(c.isspace() for c in between) or not (_alone(words[last].text) or _alone(word.text)):
                parts.append(" ")
        parts.append(word.text)
        last = i
    return "".join(parts)


def _kind(c: str) -> str:
    if c.isspace():
        return "space"
    group = unicodedata.category(c)
    if group[0] == "M" or c == "\u200d":  # an accent, a vowel sign, or what joins emoji: part of what stands before it
        return "mark"
    if group[0] not in "LN":
        return "sign"
    return "alone" if _alone(c) else "word"


def _unseen(c: str) -> bool:
    return unicodedata.category(c) in UNSEEN or c in BLANKS


def _alone(text: str) -> bool:
    return ord(text[0]) > 0x0E00 and unicodedata.name(text[0], "").startswith(UNSPACED)
