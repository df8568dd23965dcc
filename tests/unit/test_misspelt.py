"""Rare labels that look like frequent ones misspelt: which are found, what is said, and how they are mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo.data.dataset import Roles, labelled_texts
from bertdemo.data.doctor import at_a_glance
from bertdemo.data.misspelt import misspelt
from bertdemo.data.remedies import remedied
from bertdemo.data.table import Table, read_table
from bertdemo.text import LANGUAGES

ROLES = Roles(("text",), "label")


def table_of(folder: Path, labels: list[str]) -> Table:
    path = folder / "data.csv"
    lines = [f'a text of its own number {i},"{label}"' for i, label in enumerate(labels)]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return read_table(path)


@pytest.mark.parametrize(
    ("rare", "frequent", "is_slip"),
    [
        ("insutl", "insult", True),
        ("positve", "positive", True),
        ("Possitive", "positive", True),
        ("effective", "affection", False),  # two slips, or another word
        ("level1", "level2", False),
        ("C-sharp", "C+sharp", False),
        ("五年级一班", "五年级二班", False),
        ("male", "malé", False),  # too short to tell
    ],
)
def test_one_slip_of_the_hand_makes_a_misspelt_label(tmp_path: Path, rare: str, frequent: str, is_slip: bool) -> None:
    table = table_of(tmp_path, [rare, *[frequent, "another"] * 20])
    assert misspelt(labelled_texts(table, ROLES)) == ({rare: frequent} if is_slip else {})


def test_a_label_that_is_not_rare_beside_the_other_is_its_own(tmp_path: Path) -> None:
    for rare, many in ((5, 60), (3, 20)):
        table = table_of(tmp_path, ["insutl"] * rare + ["insult"] * many)
        assert not misspelt(labelled_texts(table, ROLES))


def test_they_are_said_and_mended_in_the_test_rows_too(tmp_path: Path) -> None:
    table = table_of(tmp_path, ["insutl", *["insult", "spam"] * 20])
    found = [each for each in at_a_glance(table, ROLES, labelled_texts(table, ROLES)) if each.code == "labels_misspelt"]
    assert [(each.count, each.rows) for each in found] == [(1, (0,))]
    for lang in LANGUAGES:
        assert "“insutl” (1) → “insult” (20)" in found[0].message(lang)
    assert labelled_texts(remedied(table, ROLES, ["mend_spelling"]).table, ROLES).label_names == ("insult", "spam")
    (tmp_path / "test").mkdir()
    test = table_of(tmp_path / "test", ["insutl", "spam", "insult"])
    found = remedied(table, ROLES, ["mend_spelling"]).relabelling.done(test, ROLES)
    assert found.column("label") == ["insult", "spam", "insult"]


@pytest.mark.parametrize(
    ("separator", "cells", "mended"),
    [
        ("|", ["spam|insutl", "insutl|insult", "spam"], ["spam|insult", "insult", "spam"]),
        ("[]", ['["spam", "insutl"]', '["insutl"]', "[]"], ['["spam", "insult"]', '["insult"]', "[]"]),
    ],
)
def test_of_several_labels_in_a_cell_each_is_mended(
    tmp_path: Path, separator: str, cells: list[str], mended: list[str]
) -> None:
    many = [cell.replace("insutl", "insult") for cell in cells[:2]] * 40
    path = tmp_path / "data.csv"
    lines = [
        f'a text of its own number {i},"{cell.replace(chr(34), chr(34) * 2)}"' for i, cell in enumerate(cells + many)
    ]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    roles = Roles(("text",), "label", separator=separator)
    table = read_table(path)
    assert remedied(table, roles, ["mend_spelling"]).table.column("label")[:3] == mended
    assert remedied(table, roles, ["mend_spelling"]).table.column("label")[3:] == table.column("label")[3:]


def test_very_many_labels_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(tmp_path, ["insutl", "spamm", *["insult", "spam"] * 20])
    data = labelled_texts(table, ROLES)
    monkeypatch.setattr("bertdemo.data.misspelt.MOST_COMPARED", 4)  # two rare ones beside two frequent ones
    assert misspelt(data) == {"insutl": "insult", "spamm": "spam"}
    monkeypatch.setattr("bertdemo.data.misspelt.MOST_COMPARED", 3)
    assert misspelt(data) == {}
