"""Texts rewritten: markup taken off, e-mail addresses and phone numbers masked; and texts told apart in spite of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape
from re import Match
from unicodedata import normalize

from bertdemo.data.pair import TextPair

MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|ul|ol|li|table|tr|td|h[1-6]|img|script|font)\b[^<>]*>"
    r"|&(?:amp|lt|gt|quot|nbsp|apos|#\d{2,5});",
    re.I,
)
E_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(
    r"(?<![\w.,/-])(?:\+\d{1,3}[ .-]?)?(?:\(0?\d{1,4}\)[ .-]?)?\d{2,5}(?:[ .-]\d{2,5}){1,4}(?![\w/-]|[.,]\d)"
    r"|(?<![\w.,/-])(?:\+\d{8,14}|0\d{9,10}|1[3-9]\d{9})(?![\w/-]|[.,]\d)"
)
DIGITS = re.compile(r"\d\d")
FEWEST_DIGITS, MOST_DIGITS = 9, 15


def has_markup(text: str) -> bool:
    """Whether it has HTML tags or entities."""
    return ("<" in text or "&" in text) and MARKUP.search(text) is not None


def has_personal_data(text: str) -> bool:
    """Whether something in it looks like an e-mail address or a phone number."""
    return ("@" in text and E_MAIL.search(text) is not None) or has_phone(text)


def has_phone(text: str) -> bool:
    """Whether some run of digits is written like a phone number and has as many."""
    return DIGITS.search(text) is not None and any(is_phone(match.group()) for match in PHONE.finditer(text))


def is_phone(run: str) -> bool:
    """Whether what `PHONE` found has the digits of a phone number; dates and amounts have fewer."""
    return FEWEST_DIGITS <= sum(char.isdigit() for char in run) <= MOST_DIGITS


def without_markup(text: str) -> str:
    """The text without HTML tags, entities as the characters that they stand for."""
    return " ".join(unescape(MARKUP.sub(_unless_entity, text)).split()) if has_markup(text) else text


def _unless_entity(match: Match[str]) -> str:
    return match.group() if match.group().startswith("&") else " "


def masked(text: str) -> str:
    """The text with ``[e-mail]`` and ``[phone]`` for what looks like an e-mail address or a phone number."""
    text = E_MAIL.sub("[e-mail]", text) if "@" in text else text
    return PHONE.sub(lambda run: "[phone]" if is_phone(run.group()) else run.group(), text)


def text_key(text: str) -> str:
    """The same for texts that are the same but for case, white space and Unicode form; and for a pair and the same two
    texts the other way round."""
    if isinstance(text, TextPair):
        return "\n".join(sorted((text_key(text.first), text_key(text.second))))
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(normalize("NFC", normalize("NFC", text).casefold()).split())


def keys_of_forms(text: str) -> set[str]:
    """The keys of a text as it stands and as it is once rewritten, which texts to learn from may be."""
    forms = {text}
    if has_markup(text):
        forms.add(_each(without_markup, text))
    forms |= {_each(masked, form) for form in forms if has_personal_data(form)}
    return {text_key(form) for form in forms}


def _each(change: Callable[[str], str], text: str) -> str:
    """The text, or both of a pair, after `change`."""
    return TextPair(change(text.first), change(text.second)) if isinstance(text, TextPair) else change(text)


def keys_of_all_forms(texts: Iterable[str]) -> set[str]:
    """The keys of `texts`, in each of their forms."""
    keys: set[str] = set()
    for text in texts:
        if has_markup(text) or has_personal_data(text):
            keys |= keys_of_forms(text)
        else:
            keys.add(text_key(text))
    return keys
