"""Codes for what is missing: which labels and texts are, what is said, and that a remedy leaves their rows out."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo.data.dataset import Roles, labelled_texts
from bertdemo.data.doctor import at_a_glance, examine
from bertdemo.data.missing import missing_labels, missing_texts
from bertdemo.data.remedies import remedied
from bertdemo.data.table import Table, read_table

ROLES = Roles(("text",), "label")


def table_of(folder: Path, labels: list[str], texts: list[str] | None = None) -> Table:
    said = texts or [f"a text number {i} of words" for i in range(len(labels))]
    rows = [f"{text},{label}" for text, label in zip(said, labels, strict=True)]
    (folder / "data.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return read_table(folder / "data.csv")


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["billing", "shipping", "n/a", "#N/A", "?", "k.A.", "NULL", "nan"], 6),
        (["billing", "shipping", "99", "-1"], 2),
        (["refund", "billing", "None"], 1),
        (["EU", "APAC", "NA"], 1),
        (["1", "2", "3", "4", "5", "-1", "99"], 2),
        (["1.0", "2.0", "3.0", "99.0"], 1),
        (["1", "2", "3", "99", "k.A.", "-"], 3),
        (["0", "1", "2", "-9", "999"], 2),
        (["悪い", "良い", "無回答"], 1),
        (["0", "1", "-1"], 0),
        (["-2", "-1", "0", "1", "2"], 0),
        ([str(i) for i in range(95, 105)], 0),
        (["88", "120", "99"], 0),
        (["chapter 1", "chapter 2", "99"], 0),
        (["+", "-", "0"], 0),
        (["?", "!", "."], 0),
        (["none", "some"], 0),
        (["nothing", "missing data", "nano", "unknown"], 0),
    ],
)
def test_labels_that_say_that_there_is_none(names: list[str], missing: int) -> None:
    assert sorted(missing_labels(names)) == sorted(names[len(names) - missing :])


def test_texts_that_say_that_there_is_none() -> None:
    assert missing_texts(["it broke", "99", "keine Angabe", "N/A", "no", "99 balloons"] + ["more"] * 20) == [1, 2, 3]
    assert missing_texts([*map(str, range(90, 110)), "null"]) == [20]


def test_it_is_said_and_a_remedy_leaves_the_rows_out(tmp_path: Path) -> None:
    table = table_of(tmp_path, [*["a", "b"] * 20, "n/a", "N/A", "99"])
    data = labelled_texts(table, ROLES)
    [found] = [each for each in at_a_glance(table, ROLES, data) if each.code == "labels_say_missing"]
    assert (found.severity, found.count, found.rows) == ("warning", 3, (40, 41, 42))
    assert "“99” (1)" in found.params["names"]
    after = labelled_texts(remedied(table, ROLES, ["drop_missing_labels"]).table, ROLES)
    assert (after.label_names, len(after)) == (("a", "b"), 40)
    assert table.rows == 43


def test_texts_that_hold_a_code_alone_are_said_and_dropped(tmp_path: Path) -> None:
    texts = [*(f"a text number {i} of words" for i in range(20)), "99", "keine Angabe", "?"]
    table = table_of(tmp_path, ["a", "b", "a", "b"] * 5 + ["a", "b", "a"], texts)
    found = {each.code: each.rows for each in examine(table, ROLES, labelled_texts(table, ROLES))}
    assert (found["texts_say_missing"], found["texts_tiny"]) == ((20, 21), (22,))
    assert remedied(table, ROLES, ["drop_missing_texts"]).table.rows == 21


def test_of_several_labels_a_code_counts_where_it_is_alone(tmp_path: Path) -> None:
    roles = Roles(("text",), "label", separator="|")
    table = table_of(tmp_path, [*["a", "b", "a|b"] * 7, "n/a", "a|n/a"])
    found = {each.code: each for each in examine(table, roles, labelled_texts(table, roles))}
    assert found["labels_say_missing"].rows == (21,)
    assert remedied(table, roles, ["drop_missing_labels"]).table.rows == 22
