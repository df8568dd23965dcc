"""Labels that are told worse than the others: found where they are, and not among equals."""

from __future__ import annotations

import numpy as np
import pytest

from bertdemo.report.metrics import score
from bertdemo.report.weak_labels import told_worse


def weak(labels: np.ndarray, said: np.ndarray) -> list[str]:
    found = score(labels, said, tuple(f"label {n}" for n in range(int(max(labels.max(), said.max())) + 1)))
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
