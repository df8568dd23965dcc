"""What of a text can be read: nothing of a blank one, and no half of a character."""

from __future__ import annotations

from bertdemo.data.pair import TextPair

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u2800"
_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
_NOTHING = _SPACES + _CONTROLS + INVISIBLE


def is_blank(text: str) -> bool:
    """Nothing to read: white space of any kind, zero-width and control characters; of a pair, in either text."""
    if isinstance(text, TextPair):
        return is_blank(text.first) or is_blank(text.second)
    return not text.strip(_NOTHING)


def readable(text: str) -> str:
    """The text with a question mark for each lone half of a surrogate pair: no character, and tokenizers refuse it."""
    if text.isascii():
        return text
    if isinstance(text, TextPair):
        return TextPair(readable(text.first), readable(text.second))
    return text.encode("utf-8", "replace").decode("utf-8")
