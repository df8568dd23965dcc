"""Token ids kept in four bytes, tokenised in the order in which they are needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bertdemo.core import encoded, models
from bertdemo.core.encoded import Encoded
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.pair import TextPair
from tests.conftest import renumbered

TEXTS = tuple(f"a {word} film" + " very" * (i % 7) for i, word in enumerate(["good", "bad", "dull", "fine"] * 30))


def same(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.fixture(params=["at once", "beside"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A small set, and one that is large enough to be tokenised by a thread."""
    if request.param == "beside":
        monkeypatch.setattr(encoded, "AT_ONCE", 10)
    monkeypatch.setattr(encoded, "SHARD", 16)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_the_tokens_are_those_of_the_tokenizer_whatever_the_order(tiny_bert: Path) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    expected = models.encode(tokenizer, TEXTS, 12)
    order = np.array([100, 3, 3, 50, 7])
    with Encoded(tokenizer, TEXTS, 12, order) as ids:
        assert same(ids.of(order), [expected[i] for i in order])
        assert same(list(ids), expected)
        assert ids.lengths(np.arange(len(TEXTS))).tolist() == [len(i) for i in expected]


@pytest.mark.usefixtures("way")
def test_pairs_keep_their_types(tiny_bert: Path) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    pairs = [TextPair("good", text) for text in TEXTS]
    with Encoded(tokenizer, pairs, 12, np.arange(3)) as ids:
        assert same(list(ids), models.encode(tokenizer, pairs, 12))


def test_a_used_vocabulary_renumbers_them(tiny_bert: Path) -> None:
    tokenizer = models.load_tokenizer(str(tiny_bert))
    with Encoded(tokenizer, TEXTS, 12, np.arange(0)) as ids:
        plain = list(ids)
        vocabulary = UsedVocabulary(ids)
        assert same(list(ids.renumbered(vocabulary.used)), renumbered(plain, vocabulary.used))
        assert same(list(ids), plain)


def test_what_goes_wrong_beside_is_raised_where_it_is_waited_for(
    tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded, "AT_ONCE", 10)
    monkeypatch.setattr(encoded, "encode", lambda *_: 1 / 0)
    with (
        Encoded(models.load_tokenizer(str(tiny_bert)), TEXTS, 12, np.arange(5)) as ids,
        pytest.raises(ZeroDivisionError),
    ):
        ids.of(np.arange(5))
