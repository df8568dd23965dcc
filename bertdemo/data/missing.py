"""Codes that stand where a label or a text is missing, as surveys and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from bertdemo.data.header import NUMBER

SAID = frozenset(
    """n/a|n.a.|n. a.|na|#n/a|#na|<na>|nan|null|#null!|none|nil|(none)|(null)|(blank)|(empty)|?|??|???|-|--|---|–|—
    k.a.|k. a.|k.a|ka.|keine angabe|keine angaben|keine antwort|ohne angabe|(leer)|not available|no answer|no response
    missing|not answered|prefer not to say|non répondu|non renseigné|sans réponse|pas de réponse|aucune réponse
    sin respuesta|sin dato|sin datos|ns/nc|no contesta|no responde|sem resposta|não respondeu|sem informação
    nessuna risposta|non risponde|non disponibile|geen antwoord|geen opgave|n.v.t.|nvt|brak|brak odpowiedzi|b.d.
    нет ответа|нет данных|н/д|cevap yok|yanıt yok|無回答|未回答|回答なし|未入力
    무응답|응답 없음|결측|无回答|未填写|缺失|空值""".replace("\n    ", "|").split("|")
)
"""What says by itself that something is missing, in lower case; “none” and “na” may also be meant."""
CODES = frozenset(("99", "999", "9999", "98", "88", "888", "-1", "-9", "-99", "-999"))
"""Numbers that say so where no other number is near."""
SCALE_ENDS = (0, 20)
"""Within which the numbers are that such a code stands beside."""
LONGEST = 40
"""Characters beyond which a text is no code."""
MOST_NUMBERS = 0.1
"""The share of texts that are numbers, up to which one of `CODES` is none of them."""


def says_missing(cell: str) -> bool:
    """Whether a cell says, by itself, that what should stand there is missing."""
    return _key(cell) in SAID


def missing_labels(names: Collection[str]) -> list[str]:
    """Those of the labels that probably say that there is none: what says so by itself, and numbers out of a scale.

    A number counts where the other labels are a scale of small whole numbers that it lies apart from, or no numbers at
    all; a mark where no other label is one, as “+” is beside “-”. Labels of which fewer than two would be left are all
    meant.
    """
    marks = any(_is_mark(name) and not says_missing(name) for name in names)
    said = [name for name in names if says_missing(name) and not (marks and _is_mark(name))]
    rest = [name for name in names if name not in said]
    coded = [name for name in rest if _whole(name) in CODES]
    others = [name for name in rest if name not in coded]
    found = [*said, *(name for name in coded if _is_apart(_whole(name), others))]
    return found if len(names) - len(found) >= 2 else []


def missing_texts(texts: Collection[str]) -> list[int]:
    """The positions of texts that hold nothing but such a code."""
    keys = [_key(text) if len(text) <= LONGEST else "" for text in texts]
    numbers = sum(bool(NUMBER.fullmatch(key)) and key not in CODES for key in keys)
    codes = SAID | CODES if numbers <= MOST_NUMBERS * len(keys) else SAID
    return [i for i, key in enumerate(keys) if key in codes]


def _key(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).casefold().split())


def _is_mark(name: str) -> bool:
    return not any(map(str.isalnum, name))


def _whole(name: str) -> str:
    return re.sub(r"\.0+$", "", name)


def _is_apart(code: str, others: Collection[str]) -> bool:
    if not any(char.isdigit() for name in others for char in name):
        return True
    if not all(re.fullmatch(r"\d{1,2}(\.0+)?", name) for name in others):
        return False
    low, high = min(map(float, others)), max(map(float, others))
    return SCALE_ENDS[0] <= low and high <= SCALE_ENDS[1] and (float(code) > high or low - float(code) > 1)
