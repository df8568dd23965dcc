"""Why this label: what each whole word of a text speaks for and against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.data.findings import listed, shortened
from bertdemo.data.pair import TextPair
from bertdemo.data.readable import readable
from bertdemo.data.words import Word, split_words, without
from bertdemo.errors import UserError

if TYPE_CHECKING:
    from bertdemo.core.classify import Classifier
    from bertdemo.core.relevance import TokenRelevance

SHORT = 32
"""Words of a text up to which leaving out each of them costs less than half a second on two cores."""
UNITS = 40
"""Runs of words at most that a text, or a run of it, is parted into, each left out in turn."""
REFINED = 8
"""Runs at most that are parted again, those that matter most."""
WORDS_ASKED = 160_000
"""Words that the texts of a round of questions hold together, about: four seconds of TF-IDF on a core."""
FEWEST_ASKED = 8
"""Questions of a round, however long the text."""
LITTLE = 0.1
"""Less than this share of how far the log-odds fall without any word, and no single word is needed for them."""
NAMED = 10
"""Labels of the classifier that are named to who asked about one that it does not have."""
LEAST = 1e-6
"""Log-odds are taken of probabilities between this and 1 less this."""


@dataclass(frozen=True)
class Weighed(Word):
    """A word and its weight: above 0 it speaks for the label, below 0 against it, in log-odds, roughly."""

    weight: float = 0.0


@dataclass(frozen=True)
class Explanation:
    """Why a classifier gives a text a label, or would not.

    Attributes:
        texts: the text, or both texts of a pair.
        label: the label asked about; `probability` is what the classifier gives it.
        words: the words that the classifier read, in order; what comes after them it did not read.
    """

    texts: tuple[str, ...]
    label: str
    probability: float
    words: tuple[Weighed, ...]

    @property
    def pair(self) -> bool:
        return len(self.texts) == 2

    @property
    def loudest(self) -> list[Weighed]:
        """The words, those with the most weight on either side first."""
        return sorted(self.words, key=lambda word: -abs(word.weight))

    def to_json(self) -> dict[str, Any]:
        """``label``, ``probability`` and ``words``: ``word``, ``begin``, ``end``, ``weight``, of pairs ``second``."""
        words = [
            {"word": w.text, "begin": w.begin, "end": w.end, "weight": round(w.weight, 4)}
            | ({"second": w.second} if self.pair else {})
            for w in self.words
        ]
        return {"label": self.label, "probability": self.probability, "words": words}


def explain(classifier: Classifier, text: str, label: str | None = None) -> Explanation:
    """What each word of `text` that is read speaks for or against `label`.

    Transformers are asked by relevance handed down from the label to the tokens (`core.relevance`), one forward and
    one backward pass; a word weighs what its tokens do. Of at most `SHORT` words each is left out in turn as well, with
    its equals, and both views count half: deleting words then tells more than by either (docs/measurements.md).
    Classifiers whose tokens can't be asked are only asked what they say without words.

    Args:
        text: a text, or a `TextPair` where the classifier judges pairs.
        label: where left out, the likeliest one of those that the text gets, and of all where it gets none.

    Raises:
        UserError: ``label_unknown`` or ``second_text_missing``.
    """
    text = readable(text)
    [probabilities] = classifier.probabilities([text])
    name = _asked_first(classifier, probabilities) if label is None else label
    if name not in classifier.labels:
        raise UserError(
            "label_unknown", label=name, labels=listed([shortened(has) for has in classifier.labels], NAMED)
        )
    target = classifier.labels.index(name)
    texts = (text.first, text.second) if isinstance(text, TextPair) else (str(text),)
    words = [word for i, part in enumerate(texts) for word in split_words(part, second=i == 1)]
    found = classifier.relevance(text, target)
    if found is None:
        weights, _ = _occluded(classifier, texts, words, target)
    else:
        words, weights = _gathered(found, texts, words)
        if len(words) <= SHORT:
            weights = _both(weights, *_occluded(classifier, texts, words, target))
    weighed = [Weighed(w.text, w.begin, w.end, w.second, x) for w, x in zip(words, weights.tolist(), strict=True)]
    return Explanation(texts, name, float(probabilities[target]), tuple(weighed))


def _asked_first(classifier: Classifier, probabilities: np.ndarray) -> str:
    """The likeliest of the labels that a text of these probabilities, (labels,), gets; of all where it gets none."""
    [given], _ = classifier.decide(probabilities[None])
    return max(given or classifier.labels, key=dict(zip(classifier.labels, probabilities, strict=True)).__getitem__)


def _both(handed_down: np.ndarray, left_out: np.ndarray, fallen: float) -> np.ndarray:
    """The mean of two views of the words, the first one brought to the scale of the second.

    Where words say the same, leaving out one of them changes next to nothing, and its scale is noise: what is handed
    down is brought to the scale of how far the log-odds have `fallen` without any word. Where that is handed down with
    the wrong sign, a network's biases had it, and the words are left to the second view.
    """
    top, total = np.abs(handed_down).max(initial=0.0), float(handed_down.sum())
    scale = np.abs(left_out).max(initial=0.0) / top if top > 0 else 0.0
    if np.abs(left_out).max(initial=0.0) < LITTLE * abs(fallen):
        if total * fallen <= 0:
            return left_out
        scale = min(fallen / total, abs(fallen) / top)
    mean: np.ndarray = (handed_down * scale + left_out) / 2
    return mean


def _gathered(found: TokenRelevance, texts: Sequence[str], words: list[Word]) -> tuple[list[Word], np.ndarray]:
    """From tokens to the words that they are of; words that no token is of were not read."""
    weights, read = np.zeros(len(words)), np.zeros(len(words), bool)
    for second in range(len(texts)):
        of_text = [i for i, word in enumerate(words) if word.second == bool(second)]
        begins = np.array([words[i].begin for i in of_text])
        ends = np.array([words[i].end for i in of_text])
        for part, begin, end, value in zip(found.second, found.begins, found.ends, found.values, strict=True):
            if part != second or end <= begin:
                continue
            # a token's span may begin with the space before its word
            touched = np.flatnonzero((begins < end) & (ends > begin))
            for i in touched:
                weights[of_text[i]] += value / len(touched)
                read[of_text[i]] = True
    return [word for word, seen in zip(words, read, strict=True) if seen], weights[read]


def _occluded(classifier: Classifier, texts: Sequence[str], words: list[Word], target: int) -> tuple[np.ndarray, float]:
    """How far the log-odds of a label fall without each word, and without all of them.

    A word is left out wherever it stands, and what that tells is parted among its places: without one of equal words a
    text says the same. Of a short text it is parted by what each place says beside the others. Of a long text runs of
    words are left out first, then parts of the runs that matter most, down to single words. There are as many rounds as
    the length has digits, about, and no more questions in a round for longer texts.
    """
    if not words:
        return np.zeros(0), 0.0
    most = int(np.clip(WORDS_ASKED // len(words), FEWEST_ASKED, 2 * UNITS))
    weights = np.zeros(len(words))
    alike = _alike(words)
    runs = _parted(alike, min(UNITS, most))
    asked = [np.concatenate(run) for run in runs]
    whole, empty, *left = _log_odds(
        classifier, texts, words, [np.array([], int), np.arange(len(words)), *asked], target
    )
    while True:
        fallen = [whole - odds for odds in left]
        for places, fell in zip(asked, fallen, strict=True):
            weights[places] = fell / len(places)
        order = sorted(range(len(runs)), key=lambda i: -abs(fallen[i]))
        runs = _refined([runs[i] for i in order if len(runs[i]) > 1], most)
        if not runs:
            if len(words) <= SHORT:
                weights += _among_equals(classifier, texts, words, alike, target)
            return weights, whole - empty
        asked = [np.concatenate(run) for run in runs]
        left = _log_odds(classifier, texts, words, asked, target)


def _among_equals(
    classifier: Classifier, texts: Sequence[str], words: list[Word], alike: list[np.ndarray], target: int
) -> np.ndarray:
    """How much more than the mean of equal words each place of one says: by what is said without that alone."""
    more = np.zeros(len(words))
    if repeated := [places for places in alike if len(places) > 1]:
        each = [np.array([place]) for places in repeated for place in places]
        odds = dict(zip(np.concatenate(each).tolist(), _log_odds(classifier, texts, words, each, target), strict=True))
        for places in repeated:
            left = np.array([odds[place] for place in places.tolist()])
            more[places] = left.mean() - left
    return more


def _alike(words: list[Word]) -> list[np.ndarray]:
    """The places of each different word of a text, whatever its case, in the order of the first ones."""
    places: dict[tuple[bool, str], list[int]] = {}
    for i, word in enumerate(words):
        places.setdefault((word.second, word.text.casefold()), []).append(i)
    return [np.array(of_word) for of_word in places.values()]


def _parted(run: list[np.ndarray], parts: int) -> list[list[np.ndarray]]:
    """`run` in parts of about the same number of different words."""
    ends = np.linspace(0, len(run), min(len(run), parts) + 1).astype(int)
    return [run[a:b] for a, b in pairwise(ends)]


def _refined(runs: list[list[np.ndarray]], most: int) -> list[list[np.ndarray]]:
    """The parts of the first `runs`: at most `most`, and of one run at least."""
    found: list[list[np.ndarray]] = []
    for run in runs[:REFINED]:
        parts = _parted(run, min(UNITS, most))
        if found and len(found) + len(parts) > most:
            break
        found += parts
    return found


def _log_odds(
    classifier: Classifier, texts: Sequence[str], words: list[Word], left_out: Sequence[np.ndarray], target: int
) -> list[float]:
    """The log-odds of a label without these words, for each set of them."""
    asked: list[str] = []
    for out in left_out:
        kept = np.ones(len(words), bool)
        kept[out] = False
        parts = [
            without(part, *zip(*of_part, strict=True)) if of_part else ""
            for i, part in enumerate(texts)
            for of_part in [[(w, k) for w, k in zip(words, kept, strict=True) if w.second == bool(i)]]
        ]
        asked.append(TextPair(*parts) if len(parts) == 2 else parts[0])
    chances = classifier.probabilities(asked)[:, target].clip(LEAST, 1 - LEAST)
    found: list[float] = np.log(chances / (1 - chances)).tolist()
    return found
