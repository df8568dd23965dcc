"""What gives a label away without reading the text: scores on such data promise more than new texts will keep."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bertdemo.data.labelled import LabelledTexts
from bertdemo.data.repeats import WORD

SAMPLE = 20_000
EASY_SAMPLE = 5_000
MOST_CLASSES = 10
FEWEST_ROWS = 20
FEWEST_EASY = 200
TELLS = 0.97
"""Balanced accuracy of one threshold on one number from which on that number gives a class away."""
EASY = 0.995
SAID, SAID_OF_OTHERS = 0.5, 0.1
NEARLY_ALL, NEXT_TO_NONE = 0.95, 0.01
"""Of the texts of a class, and of all others, the shares that have what gives the class away."""
LONGEST_MARK = 3
"""Characters."""
DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
NUMBERED = re.compile(r"(?<![^\W_])([^\W\d_]{1,4})\d+(?![^\W_])")
"""A few letters and then digits, as ``T976079``: such letters may say where a text comes from."""
ORDINARY = frozenset(".,;:!?…。，；：！？、؟।()\"'“”‘’«»„「」¿¡")
"""Begin and end sentences: that what is asked ends otherwise than what is told is no accident."""

MEASURES = {
    "characters": len,
    "digits": lambda text: sum(char.isdigit() for char in text),
    "capitals": lambda text: sum(char.isupper() for char in text),
    "lines": lambda text: text.count("\n"),
    "numbers": lambda text: float(found.group().replace(",", ".")) if (found := DIGITS.search(text)) else -1.0,
}
"""Numbers that a text has whatever it says, by name."""


@dataclass(frozen=True)
class TellingWord:
    """A word in nearly all texts of one class and nearly none of the others. Shares are of a sample."""

    word: str
    label: int
    inside: float
    outside: float


def telling_words(data: LabelledTexts) -> list[TellingWord]:
    """For each class the word that gives it away best, if there is one: of equal ones the first of the alphabet."""
    found = []
    for label, told in _telling(data, lambda text: set(WORD.findall(text[:2000].casefold()))).items():
        words = [TellingWord(word, label, inside, outside) for word, inside, outside in told]
        found += sorted(words, key=lambda its: (its.outside - its.inside, its.word))[:1]
    return found


@dataclass(frozen=True)
class TellingMark:
    """Characters that nearly all texts of one class and nearly none of the others begin or end with, or numbers that
    have them before their digits, as the T of ``T976079``. Shares are of a sample.

    `place` is ``"start"``, ``"end"`` or ``"number"``.
    """

    place: str
    mark: str
    label: int
    inside: float
    outside: float


def telling_marks(data: LabelledTexts) -> list[TellingMark]:
    """For each class the mark that gives it away best, if there is one: of equal ones that of a number, a start, an
    end, and the shortest.
    """
    found = []
    for label, told in _telling(data, _marks).items():
        marks = [TellingMark(*mark, label, inside, outside) for mark, inside, outside in told]
        order = ("number", "start", "end")
        found += sorted(marks, key=lambda its: (its.outside - its.inside, order.index(its.place), len(its.mark)))[:1]
    return found


def _marks(text: str) -> set[tuple[str, str]]:
    """What a text begins and ends with, and the letters of its numbers, each with its place.

    Letters alone are no mark: where they are not a word, they begin or end many.
    """
    text = text.strip()
    lengths = range(1, min(LONGEST_MARK, len(text)) + 1)
    ends = {("start", text[:n]) for n in lengths} | {("end", text[-n:]) for n in lengths}
    numbers = {("number", letters) for letters in NUMBERED.findall(text[:2000])}
    ends = {(place, mark) for place, mark in ends if not (ORDINARY & set(mark) or mark != mark.strip())}
    return {(place, mark) for place, mark in ends if not mark.isalpha()} | numbers


Sign = TypeVar("Sign")


def _telling(data: LabelledTexts, signs: Callable[[str], set[Sign]]) -> dict[int, list[tuple[Sign, float, float]]]:
    """By class the signs in nearly all of its texts and nearly none of the others, with both shares of a sample.

    Among many narrow classes a sign of one's own is what a class is made of: there are none.
    """
    rows = range(0, len(data), -(-len(data) // SAMPLE))
    classes = len(data.label_names)
    if classes > MOST_CLASSES or data.several:
        return {}
    sizes = np.bincount(data.labels[:: rows.step], minlength=classes)
    counts: list[Counter[Sign]] = [Counter() for _ in range(classes)]
    for i in rows:
        counts[data.labels[i]].update(signs(data.texts[i]))
    everywhere: Counter[Sign] = Counter()
    for its in counts:
        everywhere.update(its)
    found = {}
    for label, its in enumerate(counts):
        size, others = int(sizes[label]), int(sizes.sum() - sizes[label])
        if min(size, others) < FEWEST_ROWS:
            continue
        found[label] = [
            (sign, n / size, (everywhere[sign] - n) / others)
            for sign, n in its.items()
            if n >= NEARLY_ALL * size and everywhere[sign] - n <= NEXT_TO_NONE * others
        ]
    return found


@dataclass(frozen=True)
class TellingNumber:
    """A number of a text (one of `MEASURES`) that is above, or below, a threshold in one class and in no other.

    `share` is the balanced accuracy of that one question, in a sample.
    """

    measure: str
    label: int
    above: bool
    threshold: float
    share: float


def telling_numbers(data: LabelledTexts) -> list[TellingNumber]:
    """For each class the number of a text that gives it away, if there is one."""
    rows = np.arange(0, len(data), -(-len(data) // SAMPLE))
    if len(data.label_names) > MOST_CLASSES or data.several:
        return []
    labels, texts = data.labels[rows], [data.texts[i][:2000] for i in rows.tolist()]
    sizes = np.bincount(labels, minlength=len(data.label_names))
    values = {name: np.array([measure(text) for text in texts]) for name, measure in MEASURES.items()}
    found = []
    for label, size in enumerate(sizes.tolist()):
        if min(size, len(labels) - size) < FEWEST_ROWS:
            continue
        stumps = [(name, *_best_threshold(its, labels == label)) for name, its in values.items()]
        name, share, threshold, above = max(stumps, key=lambda stump: stump[1])
        if share >= TELLS:
            found.append(TellingNumber(name, label, above, threshold, share))
    return found


def _best_threshold(values: npt.NDArray[np.float64], inside: npt.NDArray[np.bool_]) -> tuple[float, float, bool]:
    """The balanced accuracy of the best question "is it above t?", t, and whether those above are the class."""
    order = np.argsort(values, kind="stable")
    ranked, ends = values[order], np.flatnonzero(np.append(np.diff(values[order]) > 0, False))
    if not len(ends):
        return 0.0, 0.0, True
    below_in = np.cumsum(inside[order])[ends] / inside.sum()
    below_out = np.cumsum(~inside[order])[ends] / (~inside).sum()
    gain = below_in - below_out
    best = int(np.abs(gain).argmax())
    return (1 + abs(float(gain[best]))) / 2, float(ranked[ends[best]]), bool(gain[best] < 0)


def share_that_say_their_label(data: LabelledTexts) -> float:
    """Share of the texts that hold the name of their own label as words; 0 where they hold others' names as well."""
    rows = range(0, len(data), -(-len(data) // SAMPLE))
    if data.several or len(data.label_names) > 1000:
        return 0.0
    names = [" ".join(WORD.findall(name.casefold())) for name in data.label_names]
    own = others = 0
    for i in rows:
        text = f" {' '.join(WORD.findall(data.texts[i][:2000].casefold()))} "
        said = [label for label, name in enumerate(names) if name and f" {name} " in text]
        own += data.labels[i] in said
        others += any(label != data.labels[i] for label in said)
    share = own / max(1, len(rows))
    return share if share >= SAID and others <= SAID_OF_OTHERS * len(rows) else 0.0


def easy_share(data: LabelledTexts) -> float:
    """Share of labels that follow from which words occur (naive Bayes on one half of a sample, judged on the other).

    0 where it is not suspiciously high, the classes are many, or there are too few rows to tell.
    """
    if data.several or len(data) < FEWEST_EASY or len(data.label_names) > MOST_CLASSES:
        return 0.0
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    rows = np.random.default_rng(0).permutation(len(data))[:EASY_SAMPLE]
    texts, labels = [data.texts[i][:2000] for i in rows.tolist()], data.labels[rows]
    half = len(rows) // 2
    counter = CountVectorizer(token_pattern=WORD.pattern, binary=True)
    try:
        counts = counter.fit_transform(texts[:half])
    except ValueError:  # no words at all
        return 0.0
    right = MultinomialNB().fit(counts, labels[:half]).predict(counter.transform(texts[half:])) == labels[half:]
    share = float(right.mean())
    common = float(np.bincount(labels[half:]).max() / len(right))
    return share if share >= EASY and share > (1 + common) / 2 else 0.0
