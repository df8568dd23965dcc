"""Texts that say with nearly the same words what an earlier one says."""

from __future__ import annotations

import random
from unicodedata import normalize

import pytest

from bertdemo.data.repeats import exact_groups, near_copies

WORDS = 8
TEXTS = 400


def sentences(first: str, seed: int) -> list[str]:
    """Texts that all hold the same first word, and little else in common."""
    rng = random.Random(seed)
    return [" ".join([first, *rng.sample([f"word{i}" for i in range(3000)], WORDS)]) for _ in range(TEXTS)]


def test_texts_in_two_unicode_forms_are_copies() -> None:
    said = "déjà vu, très bien dit et répété à côté"
    assert exact_groups([said, normalize("NFD", said), "another text"]).tolist() == [0, 0, 1]
    near = [said, normalize("NFD", f"{said} là")]
    assert near_copies(near, exact_groups(near)).tolist() == [1]


@pytest.mark.parametrize("first", ["the", "我"])
@pytest.mark.parametrize("ahead", [[], ["Six other words stand before them all"]], ids=["first", "later"])
def test_shuffled_copies_are_found_however_common_the_first_word_is(first: str, ahead: list[str]) -> None:
    rng = random.Random(7)
    texts = sentences(first, 3)
    copies = [" ".join(rng.sample(words := text.split(), len(words))) for text in texts]
    every = [*ahead, *texts, *copies]
    found = near_copies(every, exact_groups(every))
    assert found.tolist() == list(range(len(ahead) + TEXTS, len(every)))
