"""Labels that are spelt in several ways, or are different words for the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo.data.dataset import Roles, labelled_texts
from bertdemo.data.doctor import at_a_glance
from bertdemo.data.label_names import label_key
from bertdemo.data.remedies import remedied
from bertdemo.data.synonyms import synonyms
from bertdemo.data.table import Table, read_table
from bertdemo.text import LANGUAGES

ROLES = Roles(("text",), "label")


def table_of(folder: Path, labels: list[str]) -> Table:
    folder.mkdir(exist_ok=True)
    lines = [f'a text of its own number {i},"{label}"' for i, label in enumerate(labels)]
    (folder / "data.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return read_table(folder / "data.csv")


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Pos.", "pos"),
        ("zufrieden! ", "zufrieden"),
        ("满意。", "满意"),
        ("1.0", "1"),
        ("1.", "1"),
        ("1.5", "1.5"),
        ("007", "007"),
        ("C++", "c++"),
        ("spam?", "spam?"),
        ("?", "?"),
        (":", ":"),
        ("...", "..."),
    ],
)
def test_marks_at_the_end_make_no_other_label(label: str, key: str) -> None:
    assert label_key(label) == key


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["Zufrieden", "zufrieden.", "unzufrieden!", "Unzufrieden"], ("Unzufrieden", "Zufrieden")),
        (["1", "1.0", "0", "0.0", "x"], ("0", "1", "x")),
        (["1.0", "1.5", "2.0"], ("1.0", "1.5", "2.0")),
    ],
)
def test_spellings_of_one_label(tmp_path: Path, labels: list[str], names: tuple[str, ...]) -> None:
    table = table_of(tmp_path, labels * 10)
    data = labelled_texts(table, ROLES)
    assert data.label_names == names
    test = labelled_texts(table_of(tmp_path / "test", labels), ROLES, label_names=names)
    assert len(test) == len(labels)
    assert labelled_texts(table, Roles(("text",), "label", apart=True)).label_names != names or len(labels) == 3


@pytest.mark.parametrize(
    ("labels", "meant"),
    [
        (["1", "yes", "TRUE", "yes", "FALSE", "0", "no"], {"1": "yes", "TRUE": "yes", "FALSE": "no", "0": "no"}),
        (["yes", "yes", "1", "0", "0", "0", "no"], {"yes": "1", "no": "0"}),  # as most rows are written
        (["Ja", "yes", "yes", "no", "n/a", "1"], {"Ja": "yes", "1": "yes"}),
        (["y", "yes", "yes", "n", "no", "no"], {"y": "yes", "n": "no"}),
        (["true", "yes", "yes", "no", "unknown"], {"true": "yes"}),
        (["pos", "pos", "positive", "neutral", "neu", "neu", "+"], {"positive": "pos", "neutral": "neu", "+": "pos"}),
        (["oui", "oui", "Oui.", "non"], {}),
        (["1", "yes", "2", "3"], {}),
        (["y", "yes", "x"], {}),
        (["positive", "negative", "neutral"], {}),
        (["0", "1", "0"], {}),
    ],
)
def test_words_that_mean_the_same(tmp_path: Path, labels: list[str], meant: dict[str, str]) -> None:
    assert synonyms(labelled_texts(table_of(tmp_path, labels * 10), ROLES)) == meant


def test_they_are_said_and_united_in_the_test_rows_too(tmp_path: Path) -> None:
    table = table_of(tmp_path, ["yes", "yes", "TRUE", "no", "no"] * 8)
    data = labelled_texts(table, ROLES)
    assert data.label_names == ("no", "TRUE", "yes")
    [found] = [each for each in at_a_glance(table, ROLES, data) if each.code == "labels_synonymous"]
    assert (found.severity, found.count) == ("warning", 8)
    for lang in LANGUAGES:
        assert "“TRUE” (8) → “yes” (16)" in found.message(lang)
    assert labelled_texts(remedied(table, ROLES, ["unite_synonyms"]).table, ROLES).label_names == ("no", "yes")
    test = table_of(tmp_path / "test", ["true", "no", "Yes"])
    found = remedied(table, ROLES, ["unite_synonyms"]).relabelling.done(test, ROLES)
    assert found.column("label") == ["yes", "no", "Yes"]
