"""Texts with nothing to read, and halves of characters, whichever way they come in."""

from __future__ import annotations

import pyarrow as pa
import pytest

from bertdemo.api import inspect, load, train
from bertdemo.data.pair import TextPair
from bertdemo.data.readable import is_blank, readable
from bertdemo.errors import UserError
from bertdemo.runs.run import Run

HALF = "\udcff"


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t", "\u00a0", "\u3000", "\u200b", " \u200b", "\x00", "\ufeff\r\n", "\x1b"]
)
def test_what_nobody_can_see_is_no_text(text: str) -> None:
    assert is_blank(text)
    assert is_blank(TextPair("good", text))
    assert is_blank(TextPair(text, "good"))
    assert not is_blank(text + "x" + text)


def test_halves_of_characters_become_question_marks_and_nothing_else_changes() -> None:
    assert readable(f"{HALF} good") == "? good"
    for text in ("good", "naïve ✓ 👍", ""):
        assert readable(text) == text
    pair = readable(TextPair("naïve", HALF))
    assert isinstance(pair, TextPair)
    assert (pair.first, pair.second) == ("naïve", "?")


@pytest.mark.parametrize("kind", ["bert", "instant", "tfidf"])
def test_halves_of_characters_are_read_by_every_kind_of_classifier(trained: Run, kind: str) -> None:
    classifier = load(trained.model_folder(kind))
    assert classifier.predict([f"{HALF} good"]) == classifier.predict(["? good"])
    assert classifier.explain(f"{HALF} good") == classifier.explain("? good")
    if kind == "instant":
        assert (classifier.embed([HALF]) == classifier.embed(["?"])).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["good", TextPair("good", "bad")])
def test_one_text_in_the_place_of_a_list_is_refused(trained: Run, text: str) -> None:
    with pytest.raises(TypeError, match="a list of texts"):
        load(trained.model_folder("tfidf")).predict(text)


@pytest.mark.parametrize("wrong", [None, 3.5, (None, "good"), {"text": "good"}])
def test_what_is_no_text_is_said_with_its_place(trained: Run, wrong: object) -> None:
    classifier = load(trained.model_folder("tfidf"))
    with pytest.raises(UserError, match="Text number 2 is no text"):
        classifier.predict(["good", wrong])  # type: ignore[list-item]
    assert classifier.predict([""])[0].label in classifier.labels


def test_a_table_in_memory_is_no_path() -> None:
    for use in (train, inspect):
        with pytest.raises(UserError, match=r"not a Table.*frame\.to_csv"):
            use(pa.table({"text": ["good"], "label": ["a"]}))  # type: ignore[operator]
