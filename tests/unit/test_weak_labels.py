"""Labels that are told worse than the others: found where they are, and not among equals."""

from __future__ import annotations

import numpy as np
import pytest

from bertdemo.report.metrics import score, score_several
from bertdemo.report.weak_labels import told_worse


def weak(labels: np.ndarray, said: np.ndarray, groups: np.ndarray | None = None) -> list[str]:
    found = score(labels, said, tuple(f"label {n}" for n in range(int(max(labels.max(), said.max())) + 1)), groups)
    return [entry["label"] for entry in told_worse(found["per_class"], found["macro_f1"])]


def judged(rows: int, accuracies: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels of rows, as many of each, and what is said of them: right as often as the label's accuracy."""
    classes = len(accuracies)
    labels = np.arange(rows) % classes
    other = (labels + draw.integers(1, classes, rows)) % classes
    return labels, np.where(draw.random(rows) < accuracies[labels], labels, other)


@pytest.mark.parametrize(("rows", "classes"), [(60, 5), (100, 10), (200, 20), (400, 77)])
def test_no_label_among_equals_is_accused(rows: int, classes: int) -> None:
    draw = np.random.default_rng(0)
    accused = [bool(weak(*judged(rows, np.full(classes, 0.8), draw))) for _ in range(100)]
    assert np.mean(accused) <= 0.05


@pytest.mark.parametrize("copies", [4, 10])
def test_copies_of_texts_accuse_no_label_among_equals_and_hide_none(copies: int) -> None:
    draw, of_row = np.random.default_rng(0), np.repeat(np.arange(100), copies)

    def found(accuracies: np.ndarray) -> list[list[str]]:
        drawn = [judged(100, accuracies, draw) for _ in range(60)]
        return [weak(labels[of_row], said[of_row], of_row) for labels, said in drawn]

    assert np.mean([bool(one) for one in found(np.full(5, 0.8))]) <= 0.05
    fault = found(np.where(np.arange(5) == 1, 0.3, 0.9))
    assert np.mean([one[:1] == ["label 1"] for one in fault]) > 0.9


def test_copies_are_known_where_rows_have_several_labels() -> None:
    """Three of four texts of a label are not found, of the others one of 20: little of few texts, however many rows."""
    given = np.eye(2, dtype=bool)[np.arange(24) // 20]
    said = given & (np.isin(np.arange(24), [0, 20, 21, 22], invert=True))[:, None]

    def named(copies: int, together: bool) -> bool:
        of_row = np.repeat(np.arange(24), copies)
        found = score_several(given[of_row], said[of_row], ("a", "b"), of_row if together else None)
        return bool(told_worse(found["per_class"], found["macro_f1"]))

    assert named(5, together=False)
    assert not named(5, together=True)


def test_a_label_that_is_told_hardly_worse_is_not_named() -> None:
    """Beyond chance on many rows, but not worth a word."""
    draw = np.random.default_rng(0)
    assert weak(*judged(20_000, np.array([0.8, 0.88, 0.88, 0.88]), draw)) == []
    assert weak(*judged(20_000, np.array([0.5, 0.88, 0.88, 0.88]), draw)) == ["label 0"]


@pytest.mark.parametrize(("rows", "classes"), [(200, 4), (500, 10)])
def test_a_label_that_is_missed_more_often_is_named(rows: int, classes: int) -> None:
    draw = np.random.default_rng(0)
    accuracies = np.where(np.arange(classes) == 1, 0.4, 0.9)
    found = [weak(*judged(rows, accuracies, draw)) for _ in range(50)]
    assert np.mean([one[:1] == ["label 1"] for one in found]) > 0.9


def test_a_label_that_others_are_taken_for_is_named() -> None:
    """It is always found itself, and so is said for a tenth of the rows of each of the nine others."""
    labels = np.repeat(np.arange(10), 30)
    said = np.where((np.arange(300) % 30 < 3) & (labels > 0), 0, labels)
    assert weak(labels, said) == ["label 0"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [([0, 0, 0], [0, 0, 1]), ([0, 1, 2], [1, 2, 0]), ([0, 0, 1], [0, 0, 1])],
    ids=["one label", "nothing is found", "all is found"],
)
def test_where_there_is_nothing_to_compare_no_label_is_accused(labels: list[int], said: list[int]) -> None:
    assert weak(np.array(labels), np.array(said)) == []
