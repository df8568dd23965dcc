"""Every sentence of the page and of the command line, by code, one file per language.

A code is looked up in the language's table and filled with its parameters by `str.format`.
``<code>.one`` is taken instead where it exists and the parameter ``n`` is 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bertdemo.text.en import MESSAGES as EN
from bertdemo.text.zh import MESSAGES as ZH

LANGUAGES: dict[str, dict[str, str]] = {"en": EN, "zh": ZH}
DEFAULT_LANGUAGE = "en"
PAGE = "ui."
"""What the codes of sentences on the page begin with."""


def say(code: str, lang: str = DEFAULT_LANGUAGE, **params: Any) -> str:
    """The sentence for `code` in `lang`, with `params` filled in.

    Raises:
        KeyError: no language has such a code, or a parameter of the sentence is missing: a bug.
    """
    messages = LANGUAGES.get(lang, EN)
    if params.get("n") == 1 and f"{code}.one" in messages:
        code = f"{code}.one"
    return messages[code].format(**params)


def say_error(code: str, lang: str = DEFAULT_LANGUAGE, **params: Any) -> str:
    """The sentence of a `UserError`; where it is about one file of several (parameter ``in_file``), which one."""
    said = say(f"error.{code}", lang, **params)
    return say("in_file", lang, file=params["in_file"], said=said) if "in_file" in params else said


def say_hint(code: str, lang: str = DEFAULT_LANGUAGE, **params: Any) -> str:
    """What to type after a `UserError` on the command line; "" where its sentence says all there is to say."""
    hint = f"cli.hint.{code}"
    return say(hint, lang, **params) if hint in LANGUAGES[DEFAULT_LANGUAGE] else ""


def sentence(name: str, lang: str, **params: Any) -> str:
    """The sentence ``ui.<name>`` of the page, with its values."""
    return say(f"{PAGE}{name}", lang, **params)


def language_name(code: str, lang: str) -> str:
    """``English`` for ``en``; the code itself where the name is not among the words."""
    return sentence(f"language_{code}", lang) if f"{PAGE}language_{code}" in EN else code


def settings_said(asked: dict[str, Any], lang: str) -> str:
    """``Quick, Epochs 2`` for what `TrainConfig.asked` gives; "" where nothing was."""
    said = []
    for name, value in asked.items():
        if name == "budget":
            said.append(sentence(f"budget_{value}", lang))
        elif name == "base":
            said.append("TF-IDF" if value == "tfidf" else re.split(r"[/\\]", str(value).rstrip("/\\"))[-1])
        else:
            said.append(f"{sentence(name, lang)} {format(value, 'g') if isinstance(value, float) else value}")
    return sentence("between", lang).join(said)


def choose_language(preferences: str | None) -> str:
    """The language of ours that is liked best by an ``Accept-Language`` header or a tag such as ``zh-CN``: that of the
    highest quality (``q``), the first of equals; ``*`` is whatever we have, and a quality of 0 is a refusal."""
    liked: dict[str, float] = {}
    for entry in (preferences or "").split(","):
        tag, *parameters = entry.lower().split(";")
        primary = tag.strip().split("-")[0]
        primary = DEFAULT_LANGUAGE if primary == "*" else primary
        if primary in LANGUAGES:
            liked[primary] = max(liked.get(primary, 0.0), _quality(parameters))
    best = max(liked, key=liked.__getitem__, default=DEFAULT_LANGUAGE)
    return best if liked.get(best) else DEFAULT_LANGUAGE


def _quality(parameters: Sequence[str]) -> float:
    """Of an entry of ``Accept-Language``, 0 to 1: 1 where it names none, 0 where what it names is no number."""
    found = [value.strip() for name, _, value in (each.partition("=") for each in parameters) if name.strip() == "q"]
    if not found:
        return 1.0
    return float(found[0]) if re.fullmatch(r"0(\.\d*)?|1(\.0*)?", found[0]) else 0.0


def verdict_said(verdict: str, points: float) -> str:
    """The verdict on two scores as it is said: ``equal`` where what may be chance is not a tenth of a point either."""
    return "equal" if verdict == "within_noise" and round(points, 1) == 0 else verdict


def shown_percent(threshold: float) -> float:
    """A threshold in percent as it is said: one below 1 never as 100, which nothing could reach."""
    return 100 * threshold if threshold >= 1 else min(100 * threshold, 99.9)
