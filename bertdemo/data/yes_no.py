"""How a column says of a label whether rows have it: words of many languages, and marks."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

WORDS = tuple(
    tuple(way.split())
    for way in """yes no, true false, ja nein, ja nee, wahr falsch, oui non, vrai faux, sí no, si no, sì no,
    verdadero falso, vero falso, sim não, sim nao, verdadeiro falso, tak nie, да нет, evet hayır,
    はい いいえ, 예 아니요, 是 否""".split(",")
)
"""Yes and no, each way in its own language."""
_CHECKS, _CROSSES = frozenset("✓✔☑✅√"), frozenset("✗✘☒❌×")
YES = frozenset(("1", "1.0", "y", "t", "j", "x", *_CHECKS, *(yes for yes, _ in WORDS)))
NO = frozenset(("0", "0.0", "n", "f", "☐", "hayir", *_CROSSES, *(no for _, no in WORDS)))
"""In lower case; an empty cell says no as well, where a row says anything."""


def lowered(cell: str | None) -> str:
    """A cell as `YES`, `NO` and `unclear` have it, in one of its Unicode forms; HAYIR in Turkish capitals is hayir."""
    return unicodedata.normalize("NFC", cell or "").strip().lower()


def unclear(cells: Collection[str]) -> str:
    """The first cell of a column, in lower case, that is neither yes nor no; empty where each says one of them.

    An x is yes, unless it stands beside check marks: there it may be a cross.
    """
    crossed = not _CHECKS.isdisjoint(cells)
    return next((cell for cell in cells if cell and (cell not in YES | NO or (crossed and cell == "x"))), "")


def own_words(cells: Collection[str]) -> tuple[str, str]:
    """What a column writes for yes and for no; a column that says yes and nothing else leaves a no empty."""
    yes = next((cell for cell in cells if lowered(cell) in YES), "")
    no = next((cell for cell in cells if lowered(cell) in NO), "")
    return yes or "1", no or ("" if yes else "0")
