"""Rare labels that are one slip of the hand away from a frequent one."""

from __future__ import annotations

from bertdemo.data.label_names import label_key
from bertdemo.data.labelled import LabelledTexts

RARE, TIMES = 5, 10
"""A label on fewer rows than that may be a slip, of one that has so many times as many."""
SHORTEST = 5
"""Letters of a label, below which one letter more or less makes another word too often."""
MOST_COMPARED = 200_000


def misspelt(data: LabelledTexts) -> dict[str, str]:
    """Each rare label that looks like a frequent one with a letter too many, too few, wrong, or two exchanged."""
    counts = dict(zip(data.label_names, data.counts.tolist(), strict=True))
    rare = [name for name, rows in counts.items() if rows < RARE and len(name) >= SHORTEST]
    frequent = [name for name, rows in counts.items() if rows >= TIMES]
    found: dict[str, str] = {}
    if len(rare) * len(frequent) > MOST_COMPARED:
        return found
    for name in rare:
        meant = [other for other in frequent if counts[other] >= TIMES * counts[name] and _one_slip(name, other)]
        if meant:
            found[name] = max(meant, key=counts.__getitem__)
    return found


def _one_slip(name: str, other: str) -> bool:
    """Whether two labels are the same but for one letter, or two neighbours that changed places (Damerau 1964).

    Figures, marks and signs that stand for whole words make another label.
    """
    one, two = label_key(name), label_key(other)
    while one and two and one[0] == two[0]:
        one, two = one[1:], two[1:]
    while one and two and one[-1] == two[-1]:
        one, two = one[:-1], two[:-1]
    letters = all(letter.upper() != letter.lower() for letter in one + two)
    exchanged = len(one) == len(two) == 2 and one == two[::-1]
    return letters and (exchanged or max(len(one), len(two)) == 1)
