"""Why a label: the words of a text coloured by what they speak for, as escaped HTML."""

from __future__ import annotations

from html import escape

from bertdemo.core.explain import Explanation, Weighed
from bertdemo.data.words import split_words
from bertdemo.text import sentence

SLIGHT = 0.12
"""Words with less than this share of the weightiest word's weight stay plain."""
FAINT = 0.05
"""Log-odds below which a word speaks for nothing, however little the others say."""
LEVELS = 3
"""Shades of each colour."""
UNREAD = 'class="unread"'


def why(found: Explanation, lang: str) -> str:
    """Sentence, text and legend.

    For and against are told apart by colour, by the line under a word (solid, dashed), and in words for who hears
    the page or rests on a word.
    """
    if not found.words:
        return ""
    top = max((abs(word.weight) for word in found.words), default=0.0)
    parts = [_text(found, second, top, lang) for second in ((False, True) if found.pair else (False,))]
    unread = any(UNREAD in part for part in parts)
    return (
        f'<section class="why"><p class="quiet">{escape(_sentence(found, lang))}</p>{"".join(parts)}'
        f"{_legend(found.label, lang, unread)}</section>"
    )


def _sentence(found: Explanation, lang: str) -> str:
    """What speaks loudest, in words."""
    said = []
    for code, sign in (("why_for", 1), ("why_against", -1)):
        loudest = sorted((w for w in found.words if sign * w.weight > 0), key=lambda w: -abs(w.weight))
        top = max(abs(w.weight) for w in found.words)
        names = list(dict.fromkeys(w.text for w in loudest if abs(w.weight) >= max(0.3 * top, FAINT)))[:3]
        if names:
            said.append(sentence(code, lang, label=found.label, words=", ".join(f"“{name}”" for name in names)))
    return " ".join(said) or sentence("why_nothing", lang, label=found.label)


def _text(found: Explanation, second: bool, top: float, lang: str) -> str:
    text = found.texts[int(second)]
    parts, last = [], 0
    for word in found.words:
        if word.second != second:
            continue
        parts += [escape(text[last : word.begin]), _marked(word, top, found.label, lang)]
        last = word.end
    rest = text[last:]
    if split_words(rest):
        title = escape(sentence("why_unread", lang), quote=True)
        parts.append(f'<span {UNREAD} title="{title}">{escape(rest)}</span>')
    else:
        parts.append(escape(rest))
    return f'<p class="words" dir="auto">{"".join(parts)}</p>'


def _marked(word: Weighed, top: float, label: str, lang: str) -> str:
    share = abs(word.weight) / top if top > 0 else 0.0
    if share < SLIGHT or abs(word.weight) < FAINT:
        return escape(word.text)
    side = "for" if word.weight > 0 else "against"
    level = min(LEVELS, 1 + int(share * LEVELS))
    heard = sentence(f"word_{side}_{level}", lang, label=label)
    return (
        f'<mark class="{side} level{level}" title="{escape(heard, quote=True)}">{escape(word.text)}'
        f'<span class="sr-only"> ({escape(heard)})</span></mark>'
    )


def _legend(label: str, lang: str, unread: bool) -> str:
    names = [
        f'<li><mark class="{side} level2">{escape(sentence(f"legend_{side}", lang, label=label))}</mark></li>'
        for side in ("for", "against")
    ]
    if unread:
        names.append(f"<li><s {UNREAD}>{escape(sentence('why_unread', lang))}</s></li>")
    return f'<ul class="legend">{"".join(names)}</ul>'
