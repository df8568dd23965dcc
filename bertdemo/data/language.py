"""Which language the texts are in: by script where the script tells, else by py3langid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bertdemo.data.readable import is_blank

SAMPLE = 200
CHARACTERS = 500
SCRIPTS = {
    "kana": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "han": re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "el": re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "bn": re.compile(r"[\u0980-\u09ff]"),
    "ta": re.compile(r"[\u0b80-\u0bff]"),
    "te": re.compile(r"[\u0c00-\u0c7f]"),
    "ka": re.compile(r"[\u10a0-\u10ff]"),
    "hy": re.compile(r"[\u0530-\u058f]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
}
# Languages of a script that several share; a guess outside its set is a wrong one.
SHARED = {
    "cyrillic": ("ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn"),
    "arabic": ("ar", "fa", "ur", "ps", "ug"),
    "devanagari": ("hi", "mr", "ne"),
}
DENSE = 2.5  # one character of a script without spaces says as much as this many Latin ones
WORD = re.compile(r"(?<![\w-])[A-Za-z\u00c0-\u024f\u1e00-\u1eff]{2,}(?![\w-])")
ENOUGH_WORDS, ENOUGH_LETTERS = 6, 12
"""Of a text that tells its language by itself: words in Latin script; letters of another, `DENSE` ones counted so."""
FEWEST_TEXTS, CERTAIN = 20, 0.8
"""How many texts must say enough, and the share of them in one language, for that to be certain."""
NO_LANGUAGE = ("und", "zxx")
"""Can't tell; there is none, but codes and numbers, say."""
PIDGIN = {"pcm": "en"}  # what clipped English is often taken for
NOISE = re.compile(r"https?://\S+|[@#]\w+|<[^<>]{1,80}>")


@dataclass(frozen=True)
class Language:
    """What most texts are in, and what the next most are in.

    Attributes:
        code: ISO 639-1, or one of `NO_LANGUAGE`.
        share: of the texts that are in it, 0 to 1.
        second: the next language; empty where there is none.
        second_at: positions of texts in that one, of those that were looked at.
        second_share: of the texts.
    """

    code: str
    share: float
    second: str = ""
    second_at: tuple[int, ...] = ()
    second_share: float = 0.0


UNKNOWN = Language("und", 0.0)


def detect_language(texts: Sequence[str]) -> Language:
    """The language of most of the texts, judged on at most 200 of them from all over."""
    places = range(0, len(texts), max(1, len(texts) // SAMPLE))[:SAMPLE]
    sample = {place: NOISE.sub(" ", texts[place][:CHARACTERS]) for place in places}
    scripts = {place: script for place, text in sample.items() if (script := _script(text))}
    if not scripts:
        return UNKNOWN
    counted = Counter(scripts.values())
    japanese = 0 < counted["kana"] * 4 >= counted["han"]
    spoken: dict[int, str] = {}
    for script in sorted(counted):
        group = [place for place, its in scripts.items() if its == script]
        spoken |= zip(group, _languages([sample[place] for place in group], script, japanese), strict=True)
    (code, count), *others = Counter(spoken[place] for place in sorted(spoken)).most_common(2)
    if not others:
        return Language(code, count / len(spoken))
    second = others[0][0]
    at = tuple(sorted(place for place, its in spoken.items() if its == second))
    return Language(code, count / len(spoken), second, at, len(at) / len(spoken))


def language_shares(texts: Sequence[str]) -> dict[str, float]:
    """The shares of languages in texts that are long enough to tell each by itself, the largest first.

    Stricter than `detect_language`: no text is taken to be in the language of the others.

    Returns:
        ISO 639-1 -> 0 to 1, judged on at most 200 texts; nothing where fewer than `FEWEST_TEXTS`, or less than half of
        those that are not blank, say enough: short ones, numbers and codes do not.
    """
    cleaned = [NOISE.sub(" ", text[:CHARACTERS]) for text in texts if not is_blank(text)]
    enough = [text for text in cleaned if _says_enough(text)]
    if len(enough) < max(FEWEST_TEXTS, len(cleaned) / 2):
        return {}
    sample = enough[:: -(-len(enough) // SAMPLE)]
    counted = Counter(map(_language_of, sample))
    return {code: count / len(sample) for code, count in counted.most_common()}


def certain_language(shares: dict[str, float]) -> str | None:
    """The language of nearly all texts; None where there is none, or nothing is certain."""
    return next((code for code, share in shares.items() if share >= CERTAIN and code not in NO_LANGUAGE), None)


def _says_enough(text: str) -> bool:
    script = _script(text)
    if script == "latin":
        words = len(WORD.findall(text))
        return words >= max(ENOUGH_WORDS, len(text.split()) / 2)
    if script is None:
        return False
    letters = len(SCRIPTS[script].findall(text)) + (len(SCRIPTS["han"].findall(text)) if script == "kana" else 0)
    return letters * (DENSE if script in ("kana", "han", "ko", "th") else 1) >= ENOUGH_LETTERS


def _language_of(text: str) -> str:
    """The language of a text by itself; that of one in Chinese characters alone is Chinese."""
    script = _script(text) or "latin"
    if script in ("latin", *SHARED):
        code = _identify(text, SHARED.get(script, ()))
        return PIDGIN.get(code, code)
    return {"kana": "ja", "han": "zh"}.get(script, script)


def _script(text: str) -> str | None:
    """The script of most of a text; None where it has no letters."""
    counts = {name: len(pattern.findall(text)) for name, pattern in SCRIPTS.items()}
    if counts["kana"] and counts["kana"] * 8 >= counts["han"] and counts["kana"] * DENSE >= counts["latin"]:
        return "kana"
    for name in ("han", "ko", "th"):
        counts[name] = int(counts[name] * DENSE)
    name = max(counts, key=lambda name: counts[name])
    return name if counts[name] else None


def _languages(texts: list[str], script: str, japanese: bool) -> list[str]:
    """The language of each of some texts in one script."""
    if script == "kana" or (script == "han" and japanese):
        return ["ja"] * len(texts)
    if script == "han":
        return ["zh"] * len(texts)
    if script in SHARED:
        return [_identify(" ".join(texts), SHARED[script])] * len(texts)
    if script != "latin":
        return [script] * len(texts)
    whole = _identify(" ".join(texts))
    return [whole if len(text.split()) < 6 else _identify(text, prefer=whole) for text in texts]


def _identify(text: str, among: tuple[str, ...] = (), prefer: str = "") -> str:
    """The likeliest language; `prefer` where the text alone is close to undecided."""
    import py3langid  # 0.1 s for its model: only where a Latin or shared script asks for it

    ranked: list[tuple[str, float]] = py3langid.rank(text.lower())
    allowed = [code for code, _ in ranked if not among or code in among]
    if prefer in [code for code, _ in ranked[:3]]:
        return prefer
    return allowed[0] if allowed else "und"
