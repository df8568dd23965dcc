"""The expected model is used until the rows speak clearly for another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bertdemo.core.predictions import Predictions
from bertdemo.core.selection import select
from bertdemo.core.tasks import OneLabel, SeveralLabels
from bertdemo.data.dataset import Split
from bertdemo.data.labelled import LabelledTexts
from bertdemo.runs.run import Run

Judge = Callable[..., tuple[str, str]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """What is selected of models that are right on so many rows, the first ones, and so sure of what they say; of
    each text there are so many copies."""

    def of(
        rows: int, *, few: bool, sure: dict[str, float] | None = None, together: int = 1, **right: int
    ) -> tuple[str, str]:
        data = LabelledTexts(
            np.arange(rows), tuple(f"text {i // together}" for i in range(rows)), np.arange(rows) % 2, ("a", "b")
        )
        every, nothing = np.arange(rows), np.zeros(0, np.int64)
        folds = ((every[: rows // 2], every[rows // 2 :]), (every[rows // 2 :], every[: rows // 2]))
        split = Split(data, every, nothing if few else every, nothing, folds if few else ())
        for name, count in right.items():
            logits = np.eye(2)[np.where(every < count, data.labels, 1 - data.labels)] * (sure or {}).get(name, 0.5)
            Predictions(every, logits.astype(np.float32)).save(tmp_path, name)
        return select(Run(tmp_path), split)

    return of


@pytest.mark.parametrize(
    ("right", "selected"),
    [
        ({"bert": 9, "instant": 8, "tfidf": 8}, ("instant", "few_rows")),
        ({"bert": 8, "instant": 8, "tfidf": 10}, ("instant", "few_rows")),
        ({"bert": 8, "instant": 9, "tfidf": 8}, ("instant", "validation")),
        ({"bert": 14, "instant": 8, "tfidf": 8}, ("bert", "validation")),
        ({"bert": 8, "instant": 8, "tfidf": 14}, ("tfidf", "validation")),
        ({"bert": 9, "instant": 8, "tfidf": 15}, ("tfidf", "validation")),
        ({"bert": 12, "instant": 8, "tfidf": 14}, ("bert", "expected")),
        ({"bert": 8, "instant": 9, "tfidf": 10}, ("instant", "expected")),
    ],
)
def test_on_few_rows_the_instant_classifier_until_another_is_clearly_better(
    judge: Judge, right: dict[str, int], selected: tuple[str, str]
) -> None:
    assert judge(16, few=True, **right) == selected


@pytest.mark.parametrize(
    ("bert", "sure", "selected"),
    [
        (12, {"bert": 1.0, "instant": 0.1}, "bert"),
        (12, {"bert": 9.0, "instant": 1.0}, "instant"),
        (13, {"bert": 0.9, "instant": 0.9}, "instant"),
        (4, {"bert": 0.1, "instant": 9.0}, "instant"),
    ],
)
def test_on_few_rows_bert_where_it_gives_them_a_larger_likelihood_and_is_not_clearly_more_often_wrong(
    judge: Judge, bert: int, sure: dict[str, float], selected: str
) -> None:
    assert judge(16, few=True, bert=bert, instant=12, sure=sure)[0] == selected


@pytest.mark.parametrize(
    ("instant", "sure", "selected"),
    [
        (84, {"bert": 1.0, "instant": 4.0}, "bert"),  # a little more often, but too sure of what is wrong
        (78, {"bert": 9.0, "instant": 1.0}, "bert"),  # likelier, but right less often
        (80, {"bert": 9.0, "instant": 1.0}, "instant"),
        (98, {"bert": 1.0, "instant": 1.0}, "instant"),
    ],
)
def test_on_more_than_a_few_dozen_rows_in_turn_bert_unless_another_is_no_worse_and_likelier(
    judge: Judge, instant: int, sure: dict[str, float], selected: str
) -> None:
    assert judge(120, few=True, bert=80, instant=instant, sure=sure)[0] == selected


@pytest.mark.parametrize(
    ("right", "selected"),
    [
        ({"bert": 400, "instant": 401, "tfidf": 390}, ("bert", "expected")),
        ({"bert": 400, "instant": 400, "tfidf": 390}, ("bert", "validation")),
        ({"bert": 400, "instant": 420, "tfidf": 390}, ("instant", "validation")),
        ({"bert": 400, "instant": 300, "tfidf": 390}, ("bert", "validation")),
        ({"tfidf": 390}, ("tfidf", "alone")),
    ],
)
def test_on_many_rows_bert_until_another_is_clearly_better(
    judge: Judge, right: dict[str, int], selected: tuple[str, str]
) -> None:
    assert judge(500, few=False, **right) == selected


@pytest.mark.parametrize(
    ("instant", "sure", "selected"),
    [
        (400, {"bert": 3.0, "instant": 1.5}, "instant"),
        (401, {"bert": 3.0, "instant": 1.5}, "instant"),
        (399, {"bert": 3.0, "instant": 1.5}, "bert"),  # likelier, but right less often
        (401, {"bert": 1.5, "instant": 3.0}, "bert"),  # a little more often, but too sure of what is wrong
        (400, {"bert": 1.5, "instant": 1.4995}, "bert"),  # by less than a fit brings about
    ],
)
def test_on_many_rows_another_that_is_no_worse_where_it_gives_them_a_larger_likelihood(
    judge: Judge, instant: int, sure: dict[str, float], selected: str
) -> None:
    found = judge(500, few=False, bert=400, instant=instant, sure=sure)
    assert found[0] == selected
    assert (found[1] == "likelier") == (selected == "instant")


@pytest.mark.parametrize(("together", "selected"), [(1, "instant"), (10, "bert")])
def test_copies_of_a_text_count_once_where_another_is_to_be_clearly_better(
    judge: Judge, together: int, selected: str
) -> None:
    assert judge(200, few=False, bert=120, instant=140, sure={"instant": 0.01}, together=together)[0] == selected


def test_what_is_right_of_one_label_and_of_several() -> None:
    logits = np.array([[2.0, 1.0], [0.0, 3.0]], np.float32)
    assert OneLabel().right(logits, np.array([0, 0])).tolist() == [1.0, 0.0]
    given = np.array([[True, False], [False, True]])
    assert SeveralLabels().right(np.array([[4.0, -4.0], [-4.0, 4.0]]), given).tolist() == [1.0, 1.0]


def test_what_says_no_numbers_is_not_used(judge: Judge) -> None:
    assert judge(500, few=False, bert=250, instant=260, tfidf=250, sure={"bert": float("nan")})[0] == "instant"


def test_a_row_of_a_class_that_its_fold_has_not_learnt_decides_nothing(tmp_path: Path) -> None:
    rows = 17
    labels = np.array([0, 1] * 8 + [2])  # the last row is the only one of its class
    data = LabelledTexts(np.arange(rows), tuple(f"text {i}" for i in range(rows)), labels, ("a", "b", "c"))
    every, nothing = np.arange(rows), np.zeros(0, np.int64)
    folds = tuple((np.delete(every, held), held) for held in np.array_split(every, 4))
    split = Split(data, every, nothing, nothing, folds)
    said = np.eye(3)[labels] * 2.0
    for name, lost in (("bert", 4.0), ("instant", 69.0)):
        logits = said * (0.9 if name == "bert" else 1.0)
        logits[-1] = [0.0, 0.0, -lost]
        Predictions(every, logits.astype(np.float32)).save(tmp_path, name)
    assert select(Run(tmp_path), split)[0] == "instant"
