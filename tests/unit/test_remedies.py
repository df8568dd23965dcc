"""Remedies make new tables and leave the one they came from alone."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pytest

from bertdemo.data.checks import test_texts_in_train as in_train
from bertdemo.data.dataset import LabelledTexts, Roles, guess_roles, labelled_texts, split_texts
from bertdemo.data.doctor import examine
from bertdemo.data.label_cells import joined
from bertdemo.data.pair import TextPair
from bertdemo.data.relabelling import Relabelling
from bertdemo.data.remedies import ORDER, REMEDIES, offered, remedied
from bertdemo.data.rewriting import keys_of_all_forms, keys_of_forms, text_key
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.text import LANGUAGES, say

ROLES = Roles(("text",), "label")
NFC, NFD = partial(normalize, "NFC"), partial(normalize, "NFD")
ROWS = [
    *(f"plain text {i} about matter {i * 7},{'ab'[i % 2]}" for i in range(40)),
    "said twice,a",
    "said twice,a",
    "torn apart,a",
    "torn apart,b",
    "?,a",
    "rare thing one,c",
    "rare thing two,d",
    "<b>bold</b> &amp; brave,a",
    "write to jo@example.org or 08001950382,b",
]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["text,label", *ROWS]), encoding="utf-8")
    return read_table(path)


def texts_after(table: Table, *remedies: str) -> list[str | None]:
    return remedied(table, ROLES, remedies).table.column("text")


def test_every_remedy_answers_a_finding_and_has_words() -> None:
    assert set(ORDER) == {remedy for remedies in REMEDIES.values() for remedy in remedies}
    for lang in LANGUAGES:
        assert all(say(f"remedy.{remedy}", lang) for remedy in ORDER)


def test_rows_are_dropped(table: Table) -> None:
    assert texts_after(table, "drop_repeats").count("said twice") == 1
    assert texts_after(table, "drop_repeats").count("torn apart") == 2
    assert "torn apart" not in texts_after(table, "drop_contradictions")
    assert "?" not in texts_after(table, "drop_tiny")
    assert "rare thing one" not in texts_after(table, "drop_small_classes")
    assert table.rows == len(ROWS)


def test_cells_are_changed(table: Table) -> None:
    assert "bold & brave" in texts_after(table, "strip_markup")
    assert "write to [e-mail] or [phone]" in texts_after(table, "mask_personal_data")
    merged = labelled_texts(remedied(table, ROLES, ["merge_small_classes"]).table, ROLES)
    assert merged.label_names == ("a", "b", "other")
    assert texts_after(table) == table.column("text")


def test_of_several_labels_the_small_ones_alone_are_merged(tmp_path: Path) -> None:
    roles = Roles(("text",), "label", separator="|")
    cells = [*["a", "b", "a|b"] * 5, "a|rare", "few|rare", "a|other"]
    rows = [f"text number {i} of these,{cell}" for i, cell in enumerate(cells)]
    for name, lines in (("train", rows), ("test", ["a new one,b|rare"])):
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    train, test = (read_table(tmp_path / f"{name}.csv") for name in ("train", "test"))
    merged = remedied(train, roles, ["merge_small_classes"]).table
    assert merged.column("label")[-3:] == ["a|other", "other", "a|other"]
    assert merged.column("label")[:15] == cells[:15]
    assert remedied(train, roles, ["merge_small_classes"]).relabelling.done(test, roles).column("label") == ["b|other"]


def test_after_its_remedy_a_finding_is_gone(table: Table) -> None:
    for finding in examine(table, ROLES, labelled_texts(table, ROLES)):
        for remedy in REMEDIES.get(finding.code, ()):
            if remedy == "merge_small_classes":
                continue  # two rows of "other" are still few
            after = remedied(table, ROLES, [remedy]).table
            codes = {found.code for found in examine(after, ROLES, labelled_texts(after, ROLES))}
            assert finding.code not in codes or remedy == "drop_repeats", (finding.code, remedy)


def test_all_at_once_in_any_order(table: Table) -> None:
    once = remedied(table, ROLES, ORDER).table
    again = remedied(table, ROLES, ORDER[::-1]).table
    assert once.fingerprint == again.fingerprint
    assert once.fingerprint != table.fingerprint


def test_an_unknown_remedy(table: Table) -> None:
    with pytest.raises(KeyError):
        remedied(table, ROLES, ["pray"])


def test_the_test_rows_get_the_labels_that_are_learnt(tmp_path: Path) -> None:
    heads = [("HUM", "ind"), ("HUM", "gr"), ("LOC", "city"), ("LOC", "other")]
    rows = [f"a text number {i} of words,{':'.join(heads[i % 4])}" for i in range(80)]
    rows += ["one odd text here,NUM:date", "another odd text,NUM:count"]
    path, test_path = tmp_path / "train.csv", tmp_path / "test.csv"
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    test_path.write_text("text,label\nwho is it,HUM:title\nwhen is it,NUM:date\nno label,\n", encoding="utf-8")
    table, test, roles = read_table(path), read_table(test_path), Roles(("text",), "label")
    cut = remedied(table, roles, ["keep_label_head"]).relabelling.done(test, roles)
    assert cut.column("label")[:2] == ["HUM", "NUM"]
    assert cut.column("text") == test.column("text")
    both = remedied(table, roles, ["merge_small_classes", "keep_label_head"]).relabelling.done(test, roles)
    learnt = set(remedied(table, roles, ["merge_small_classes", "keep_label_head"]).table.column("label"))
    assert set(both.column("label")[:2]) <= learnt
    none = remedied(table, roles, ["drop_repeats", "strip_markup"]).relabelling
    assert none.done(test, roles).column("label") == test.column("label")


@pytest.mark.parametrize("remedies", [(), ("strip_markup",), ("mask_personal_data",), ORDER])
def test_a_remedy_hides_no_test_text_among_the_training_texts(tmp_path: Path, remedies: tuple[str, ...]) -> None:
    said = [f"<p>Tom &amp; Jerry</p> wrote to jo{i}@example.org or 0800195{i:04}" for i in range(30)]
    both = [f"{text},{'ab'[i % 2]}" for i, text in enumerate(said)]
    own = [f"a text of its own {i},{'ab'[i % 2]}" for i in range(30)]
    path, test_path = tmp_path / "train.csv", tmp_path / "test.csv"
    path.write_text("\n".join(["text,label", *both, *own]), encoding="utf-8")
    test_path.write_text("\n".join(["text,label", *both]), encoding="utf-8")
    given = read_table(path)
    kept = [name for name in remedies if not name.startswith("drop")]
    data = labelled_texts(remedied(given, ROLES, kept).table, ROLES)
    cells = remedied(given, ROLES, remedies).relabelling.done(read_table(test_path), ROLES)
    test = labelled_texts(cells, ROLES, label_names=data.label_names)
    assert split_texts(data, test=test).train.tolist() == list(range(30, 60))
    texts, rows = in_train(data, test)
    assert rows.tolist() == list(range(30))
    assert texts == (1 if "mask_personal_data" in remedies else 30)


def test_texts_that_differ_in_a_number_alone_are_not_the_same(tmp_path: Path) -> None:
    rows = [f"call 0800195{i:04},{'ab'[i % 2]}" for i in range(60)]
    path, test_path = tmp_path / "train.csv", tmp_path / "test.csv"
    path.write_text("\n".join(["text,label", *rows[:40]]), encoding="utf-8")
    test_path.write_text("\n".join(["text,label", *rows[38:]]), encoding="utf-8")
    data = labelled_texts(read_table(path), ROLES)
    test = labelled_texts(read_table(test_path), ROLES, label_names=data.label_names)
    assert split_texts(data, test=test).train.tolist() == list(range(38))


def of_several(folder: Path, name: str, *lines: str) -> Table:
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    return read_table(folder / name)


SEVERAL = ["ticket;bug", "ticket;bug;wish", "ticket;wish", "Ticket"]


@pytest.mark.parametrize(
    ("header", "cells", "roles"),
    [
        ("text,tags", SEVERAL, Roles(("text",), "tags", separator=";")),
        ("text,tags", ["['ticket' 'bug']", "['ticket' 'bug' 'wish']", "['wish' 'ticket']", "['ticket']"], None),
        ("text,ticket,bug,wish", ["1,1,0", "1,1,1", "1,0,1", "1,0,0"], None),
        ("text,ticket,bug,wish", ["x,x,", "x,x,x", "x,,x", "x,,"], None),
    ],
)
def test_a_label_of_every_row_is_left_out(tmp_path: Path, header: str, cells: list[str], roles: Roles | None) -> None:
    lines = [f"plain text {i} about matter {i * 7},{cells[i % 4]}" for i in range(40)]
    table = of_several(tmp_path, "data.csv", header, *lines)
    test = of_several(tmp_path, "test.csv", header, *(line.replace("plain", "other") for line in lines[:4]))
    roles = roles or guess_roles(table).roles
    [found] = [f for f in examine(table, roles, labelled_texts(table, roles)) if f.code == "labels_everywhere"]
    assert "“ticket”" in found.message().lower()
    assert offered(found.code, roles) == ("drop_labels_everywhere",)
    left = labelled_texts(remedied(table, roles, ["drop_labels_everywhere"]).table, roles)
    assert left.label_names == ("bug", "wish")
    assert [left.labels_of(row) for row in range(4)] == ["bug", "bug|wish", "wish", ""]
    tested = remedied(table, roles, ["drop_labels_everywhere"]).relabelling.done(test, roles)
    assert labelled_texts(tested, roles, label_names=left.label_names).labels.tolist() == left.labels[:4].tolist()


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("text,tags", ["bug", "wish", "bug;wish", "", ";"]),
        ("text,tags", ["['bug']", "['wish']", "['bug' 'wish']", "", "[]"]),
        ("text,bug,wish,other", ["x,,", ",x,", "x,x,", ",,", ",,"]),
        ("text,bug,wish,other", ["1,0,0", "0,1,0", "1,1,", ",,", "0,0,0"]),
    ],
)
def test_rows_without_a_label_may_be_kept_as_rows_with_none(tmp_path: Path, header: str, cells: list[str]) -> None:
    lines = [f"plain text {i} about matter {i * 7},{cells[i % 5]}" for i in range(50)]
    table = of_several(tmp_path, "data.csv", header, *lines, "one more text,bug" if "tags" in header else "more,,,1")
    roles = guess_roles(table).roles
    data = labelled_texts(table, roles)
    [found] = [f for f in data.findings if f.code == "labels_blank"]
    assert (len(data), offered(found.code, roles)) == (51 - found.count, ("keep_unlabelled",))
    kept = remedied(table, roles, ["keep_unlabelled"]).table
    again = labelled_texts(kept, roles)
    assert [again.labels_of(row) for row in range(5)] == ["bug", "wish", "bug|wish", "", ""]
    assert (len(again), {f.code for f in again.findings}) == (51, set())
    assert (
        labelled_texts(remedied(table, roles, ["keep_unlabelled"]).relabelling.done(table, roles), roles).labels.sum()
        == data.labels.sum()
    )


@pytest.mark.parametrize(
    ("remedy", "learnt", "cells", "said"),
    [
        ("drop_labels_everywhere", "|", ["all;a", "all;a;b", "all", "all|a"], ["a", "a|b", "", "a"]),
        ("drop_labels_everywhere", "|", ['["all", "a"]', '["all"]', "[]"], ["a", "", ""]),
        ("drop_labels_everywhere", "[]", ["all, a", "b, all, a", "all"], ["a", "a|b", ""]),
        ("mend_spelling", "|", ["all;insutl", "insutl|all"], ["all|insult", "all|insult"]),
        ("merge_small_classes", "|", ["all;rare;a", "rare"], ["a|all|other", "other"]),
    ],
)
def test_labels_are_changed_in_cells_of_another_mark_too(
    remedy: str, learnt: str, cells: list[str], said: list[str]
) -> None:
    def labelled(labels: list[list[str]] | list[str]) -> Table:
        made = [joined(label, learnt) if isinstance(label, list) else label for label in labels]
        data = {"text": [f"text {i} of it" for i in range(len(labels))], "label": made}
        return Table("t", ("text", "label"), pa.table(data), Reading("csv"))

    more = {"mend_spelling": ["insutl"], "merge_small_classes": ["rare"]}.get(remedy, [])
    train = labelled([["all", *more], *[["all", "a"], ["all", "b", "a"], ["all", "insult"]] * 20])
    roles = Roles(("text",), "label", separator=learnt)
    after, relabelling = remedied(train, roles, [remedy])
    names = labelled_texts(after, roles).label_names
    kept = Relabelling.from_json(json.loads(json.dumps(relabelling.to_json())))
    test = labelled_texts(kept.done(labelled(cells), roles), roles, label_names=names)
    assert [test.labels_of(row) for row in range(len(test))] == said


def test_what_is_for_several_labels_changes_nothing_else(table: Table) -> None:
    assert remedied(table, ROLES, ["keep_unlabelled", "drop_labels_everywhere"]).table.data.equals(table.data)
    assert offered("labels_blank", ROLES) == offered("labels_everywhere", ROLES) == ()


@pytest.mark.parametrize(
    ("apart", "cells", "learnt"),
    [
        (False, ["rare", "RARE", " rare. ", '["Rare"]', "often", None], ["other"] * 4 + ["often", None]),
        (True, ["Rare", "RARE", " Rare ", "often"], ["other", "RARE", "other", "often"]),
    ],
)
def test_test_rows_of_a_merged_class_are_found_in_every_spelling(
    apart: bool, cells: list[str | None], learnt: list[str | None]
) -> None:
    def labelled(labels: list[str | None]) -> Table:
        data = {"text": [f"text {i} of it" for i in range(len(labels))], "label": labels}
        return Table("t", ("text", "label"), pa.table(data), Reading("csv"))

    roles = Roles(("text",), "label", apart=apart)
    train = labelled(["Rare"] * 3 + ["often"] * 30 + ["much"] * 30)
    test = remedied(train, roles, ["merge_small_classes"]).relabelling.done(labelled(cells), roles)
    assert test.column("label") == learnt


FORMS = [
    (NFC("café crème"), NFD("café crème"), True),
    (NFC("ÉTÉ"), NFD("été"), True),
    ("Straße", "STRASSE", True),
    (" Two  words", "two\nWORDS", True),
    ("１", "1", False),  # wide figures: another character, and nothing says that it is the same text
    ("cafe", "café", False),
    (TextPair("one", "two"), TextPair("Two ", "ONE"), True),
    (TextPair("one two", "three"), TextPair("one", "two three"), False),
    (TextPair(NFC("é"), "b"), TextPair("b", NFD("é")), True),
]


@pytest.mark.parametrize(("one", "other", "same"), FORMS)
def test_texts_are_told_apart_by_what_they_say(one: str, other: str, same: bool) -> None:
    assert (text_key(one) == text_key(other)) is same
    assert (not keys_of_forms(other).isdisjoint({text_key(one)})) is same


def test_a_pair_is_compared_in_all_its_forms() -> None:
    as_it_comes = TextPair("<b>bold</b> words", "write to jo@example.org")
    rewritten = TextPair("write to [e-mail]", "bold words")
    assert text_key(rewritten) in keys_of_forms(as_it_comes)
    assert keys_of_all_forms([as_it_comes]) == keys_of_forms(as_it_comes)


TOLD_APART = {
    "unicode forms": (lambda i: NFC(f"où est mon café {i}"), lambda i: NFD(f"où est mon café {i}")),
    "order of a pair": (
        lambda i: TextPair(f"question {i}", f"answer {i}"),
        lambda i: TextPair(f"answer {i}", f"question {i}"),
    ),
}


@pytest.mark.parametrize("kind", TOLD_APART)
def test_texts_that_say_the_same_stand_on_one_side_of_the_split(kind: str) -> None:
    first, second = TOLD_APART[kind]
    n = 300
    texts = (*(first(i) for i in range(n)), *(second(i) for i in range(n)))
    labels = np.tile(np.arange(n) % 2, 2)
    data = LabelledTexts(np.arange(2 * n), texts, labels, ("a", "b"))
    split = split_texts(data)
    sides = [{int(row) % n for row in rows} for rows in (split.train, split.validation, split.test)]
    assert sum(map(len, sides)) == n
    learnt, test = data.take(np.arange(n)), data.take(np.arange(n, n + 50))
    assert split_texts(learnt, test=test).train.min() >= 50
    assert in_train(learnt, test)[0] == 50
