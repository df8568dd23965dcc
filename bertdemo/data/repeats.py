"""Texts that stand more than once, to the letter or nearly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
import pandas as pd

from bertdemo.data.label_names import Positions

ALIKE = 0.8
"""Share of words (Jaccard) from which two texts count as nearly the same."""
FEWEST_WORDS = 6
MOST_TEXTS = 200_000
BANDS, ROWS_OF_BAND = 8, 4
COMPARED = 5
# A word, or one character of a script that puts no spaces between words.
WORD = re.compile(r"[\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af]|[^\W_\u0e00-\u0e7f\u2e80-\u9fff\uac00-\ud7af]+")


def exact_groups(texts: Sequence[str]) -> Positions:
    """(n,): the same number for the same text, whatever its Unicode form."""
    return pd.factorize(np.array([normalize("NFC", text) for text in texts], dtype=object))[0].astype(np.int64)


def later_copies(groups: Positions) -> Positions:
    """Positions of the rows whose text stood in an earlier row."""
    first = np.zeros(len(groups), bool)
    first[np.unique(groups, return_index=True)[1]] = True
    return np.flatnonzero(~first)


def near_copies(texts: Sequence[str], groups: Positions) -> Positions:
    """Positions of rows that say with nearly the same words what an earlier row says; exact copies excluded.

    MinHash signatures cut into bands find the candidates (Broder 1997), their sets of words decide.
    Texts of fewer than six different words are left out; of more than 200,000 texts the first are looked at.
    """
    firsts = np.unique(groups, return_index=True)[1]
    firsts = np.sort(firsts)[:MOST_TEXTS]
    vocabulary: dict[str, int] = {}
    known = vocabulary.setdefault
    words = [
        frozenset([known(word, len(vocabulary) + 1) for word in WORD.findall(normalize("NFC", texts[i]).casefold())])
        for i in firsts.tolist()
    ]
    long = [i for i, its in enumerate(words) if len(its) >= FEWEST_WORDS]
    if len(long) < 2:
        return np.zeros(0, np.int64)
    sets = [words[i] for i in long]
    keys = _band_keys(sets)
    copies: set[int] = set()
    for band in keys:
        order = np.argsort(band, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(band[order]) != 0, True)) + 1
        begin = 0
        for end in ends.tolist():
            if end - begin > 1:
                _compare(np.sort(order[begin:end]).tolist(), sets, copies)
            begin = end
    return firsts[np.array([long[i] for i in sorted(copies)], dtype=np.int64)].astype(np.int64)


def _band_keys(words: list[frozenset[int]]) -> npt.NDArray[np.uint64]:
    """(bands, n): texts that are much alike probably share one of their numbers.

    Words are numbered from 1: 0 would be the lowest under every factor, whatever else stands in a text.
    """
    sizes = [len(its) for its in words]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = np.fromiter(chain.from_iterable(words), np.uint64, sum(sizes))
    rng = np.random.default_rng(0)
    odd = rng.integers(0, 2**63, BANDS * ROWS_OF_BAND, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    mixed = flat * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    keys = np.zeros((BANDS, len(words)), np.uint64)
    for number, factor in enumerate(odd):
        hashed = mixed * factor
        hashed ^= hashed >> np.uint64(32)
        lowest = np.minimum.reduceat(hashed, starts)
        band = number // ROWS_OF_BAND
        keys[band] = (keys[band] ^ lowest) * np.uint64(0x100000001B3)
    return keys


def _compare(candidates: list[int], sets: list[frozenset[int]], copies: set[int]) -> None:
    """Add to `copies` each candidate that is much like one of the first few before it."""
    for place, i in enumerate(candidates):
        if i in copies:
            continue
        its, size = sets[i], len(sets[i])
        for j in candidates[: min(place, COMPARED)]:
            other = len(sets[j])
            if min(size, other) < ALIKE * max(size, other):
                continue
            shared = len(its & sets[j])
            if shared >= ALIKE * (size + other - shared):
                copies.add(i)
                break
