"""Which language the texts are in: by script where the script tells, else by py3langid."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

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
NOISE = re.compile(r"https?://\S+|[@#]\w+|<[^<>]{1,80}>")


@dataclass(frozen=True)
class Language:
    """A language by its ISO 639-1 code (``"und"``: can't tell) and the share of the texts in it."""

    code: str
    share: float


def detect_language(texts: Sequence[str]) -> Language:
    """The language of most of the texts, judged on at most 200 of them from all over."""
    step = max(1, len(texts) // SAMPLE)
    sample = [NOISE.sub(" ", text[:CHARACTERS]) for text in texts[::step][:SAMPLE]]
    scripts = [_script(text) for text in sample]
    readable = [(text, script) for text, script in zip(sample, scripts, strict=True) if script]
    if not readable:
        return Language("und", 0.0)
    japanese = "kana" in scripts
    votes: Counter[str] = Counter()
    for script in sorted({script for _, script in readable}):
        group = [text for text, its in readable if its == script]
        votes.update(_languages(group, script, japanese and scripts.count("kana") * 4 >= scripts.count("han")))
    code, count = votes.most_common(1)[0]
    return Language(code, count / len(readable))


def _script(text: str) -> str | None:
    """The script of most of a text; None where it has no letters."""
    counts = {name: len(pattern.findall(text)) for name, pattern in SCRIPTS.items()}
    if counts["kana"] and counts["kana"] * 8 >= counts["han"] and counts["kana"] * DENSE >= counts["latin"]:
        return "kana"
    for name in ("han", "ko", "th"):
        counts[name] = int(counts[name] * DENSE)
    name = max(counts, key=lambda name: counts[name])
    return name if counts[name] else None


def _languages(texts: list[str], script: str, japanese: bool) -> Counter[str]:
    if script == "kana" or (script == "han" and japanese):
        return Counter({"ja": len(texts)})
    if script == "han":
        return Counter({"zh": len(texts)})
    if script in SHARED:
        return Counter({_identify(" ".join(texts), SHARED[script]): len(texts)})
    if script != "latin":
        return Counter({script: len(texts)})
    whole = _identify(" ".join(texts))
    return Counter(whole if len(text.split()) < 6 else _identify(text, prefer=whole) for text in texts)


def _identify(text: str, among: tuple[str, ...] = (), prefer: str = "") -> str:
    """The likeliest language; `prefer` where the text alone is close to undecided."""
    import py3langid  # 0.1 s for its model: only where a Latin or shared script asks for it

    ranked: list[tuple[str, float]] = py3langid.rank(text.lower())
    allowed = [code for code, _ in ranked if not among or code in among]
    if prefer in [code for code, _ in ranked[:3]]:
        return prefer
    return allowed[0] if allowed else "und"
