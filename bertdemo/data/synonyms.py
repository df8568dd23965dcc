"""Labels that are different words for the same: yes and true, pos and positive."""

from __future__ import annotations

from typing import NamedTuple

from bertdemo.data.label_names import label_key
from bertdemo.data.labelled import LabelledTexts
from bertdemo.data.missing import missing_labels
from bertdemo.data.yes_no import WORDS


class _Scale(NamedTuple):
    """Ways to write the same meanings, each with one form for each meaning, in one order.

    `short` ways count only where no label of the data means anything else.
    """

    words: tuple[tuple[str, ...], ...]
    short: tuple[tuple[str, ...], ...]


def _ways(written: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(way.split()) for way in written.split(","))


SCALES = (
    _Scale(
        WORDS,
        _ways("1 0, y n, t f, j n, o n, s n"),
    ),
    _Scale(
        _ways(
            """positive negative neutral, pos neg neu, positiv negativ neutral, positif négatif neutre,
            positivo negativo neutro, positief negatief neutraal, pozitif negatif nötr,
            позитивный негативный нейтральный, 正面 负面 中性, 积极 消极 中立,
            ポジティブ ネガティブ ニュートラル, 긍정 부정 중립"""
        ),
        _ways("+ -"),
    ),
)


def synonyms(data: LabelledTexts) -> dict[str, str]:
    """Labels that mean the same as another one, with that one, which is of the way most rows are written."""
    counts = dict(zip(data.label_names, data.counts.tolist(), strict=True))
    names = {label_key(name): name for name in data.label_names}
    said = names.keys() - {label_key(name) for name in missing_labels(data.label_names)}
    found: dict[str, str] = {}
    for scale in SCALES:
        every = {form for way in (*scale.words, *scale.short) for form in way}
        ways = [*scale.words, *(scale.short if said <= every else ())]
        rows = {way: sum(counts[names[form]] for form in way if form in names) for way in ways}
        ways.sort(key=rows.__getitem__, reverse=True)
        for place in range(max(map(len, ways))):
            forms = dict.fromkeys(way[place] for way in ways if place < len(way))
            alike = [names[form] for form in forms if form in names]
            found |= dict.fromkeys(alike[1:], next(iter(alike), ""))
    return found
