"""Rows with several labels, and pairs of texts: from the columns to the labels and texts that are learned from."""

from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from bertdemo.api import inspect, roles_of
from bertdemo.data.dataset import Roles, guess_roles, labelled_texts, separator_of, split_texts
from bertdemo.data.label_cells import labels_in, perhaps_parted_by
from bertdemo.data.labelled import given_labels, with_labels
from bertdemo.data.pair import TextPair
from bertdemo.data.remedies import ORDER, offered, remedied
from bertdemo.data.several_labels import strata
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError


def table_of(folder: Path, *lines: str) -> Table:
    path = folder / "rows.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_table(path)


def moods(folder: Path) -> Table:
    labels = ["joy", "fear", "joy|fear", "anger", "Joy", "anger|fear"]
    lines = [f"this is the text number {i} of all,{labels[i % 6]}" for i in range(60)]
    return table_of(folder, "text,moods", *lines)


def flags(folder: Path) -> Table:
    lines = [f"this is the text number {i} of all,{i % 2},{int(i % 3 == 0)},0,{i % 2}" for i in range(40)]
    return table_of(folder, "comment,rude,toxic,never,loud", *lines)


def test_cells_with_several_labels_are_guessed_and_parted(tmp_path: Path) -> None:
    table = moods(tmp_path)
    roles = guess_roles(table).roles
    assert (roles.separator, roles.task) == ("|", "multi_label")
    data = labelled_texts(table, roles)
    assert data.label_names == ("anger", "fear", "joy")
    assert data.labels.shape == (60, 3)
    assert data.counts.tolist() == [20, 30, 30]
    assert data.labels_of(2) == "fear|joy"
    assert data.labels_of(4) == "joy"
    [merged] = [f for f in data.findings if f.code == "labels_merged"]
    assert merged.count == 10


def test_each_cell_can_be_one_label_of_its_own(tmp_path: Path) -> None:
    data = labelled_texts(moods(tmp_path), roles_of(moods(tmp_path), label_sep="none"))
    assert data.label_names == ("anger", "anger|fear", "fear", "joy", "joy|fear")
    assert not data.several


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["a", "b", "a|b"], "|"),
        (["a", "b", "a;b", "a; c"], ";"),
        (["3", "15", "3,15"], ","),
        (["Paris, France", "Rome, Italy"], ""),  # no part stands alone
        (["a", "b", "a,b", "a,c"], ""),  # a comma needs every part to stand alone
        (["good", "bad"], ""),
        (["a|", "a"], ""),
        (["|a|b", "a|", "b"], "|"),
        (["a||b", "a", "b"], "|"),
        (["a,,b", "a", "b"], ","),
        (["发票；账号", "账号", "发票"], "；"),
        (["发票、账号", "账号", "发票", "物流、发票", "物流"], "、"),
        (["发票，账号", "账号", "发票"], "，"),
        (["a\nb", "a", "b", "b\na"], "\n"),
        (["a/b", "a", "b", "a/b/c", "c"], "/"),
        (["Sci/Tech", "World", "Sports"], ""),
        (["tcp", "ip", "tcp/ip"], ""),  # the name of one label
        (["hardware", "software", "network"] * 99 + ["hardware/software", "network/software"], ""),  # two in 300
        (["家居", "房产、家居", "体育"], ""),
        (["Sales", "Sales\nSupport", "Support"], ""),
        (["['a', 'b']", '["a"]', "[]"], "[]"),
        (["['a' 'b']", "['b']"], "[]"),  # as numpy writes it
        (["[3, 15]", "[3]"], "[]"),
        (["[a]", "[b]"], ""),
        (["3", "3,5", "4,5", "5", "4"], ""),  # stars with a decimal comma
        (["3,0", "3,25", "3", "0", "25"], ""),
        (["3", "3,27", "27"], ","),
        (["3", "3,5", "5", "5,3"], ","),
        (["3", "3,5", "5", "3,5,0", "0"], ","),
        (["[0, 0, 1]", "[0, 1, 0]"], ""),  # a vector
        (['["B", "O", "O"]', '["O", "O"]'], ""),  # a label for each token
        (["['a', 'b']", "a", "b"], ""),
        (["[" * 500 + "]" * 500], ""),
        ([None, ""], ""),
    ],
)
def test_what_parts_several_labels(cells: list[str | None], mark: str) -> None:
    assert separator_of(cells) == mark


def combined(i: int, mark: str, fewest: int = 1) -> str:
    """One of many combinations of six labels."""
    draw = np.random.default_rng(i)
    return mark.join(draw.permutation(["bill", "ship", "bug", "praise", "wish", "login"])[: draw.integers(fewest, 5)])


@pytest.mark.parametrize("mark", [";", "|", ", ", "、"])
@pytest.mark.parametrize("name", ["tags", "genres", "Schlagwörter", "thèmes", "géneros", "темы", "タグ", "whatever"])
def test_labels_that_are_combined_in_many_ways_are_found(tmp_path: Path, name: str, mark: str) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"plot": f"a story of matter {i}", name: combined(i, mark)} for i in range(120)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    guess = guess_roles(read_table(path))
    assert (guess.roles.text, guess.roles.label, guess.roles.separator) == (("plot",), name, mark.strip())
    assert guess.equals == ()


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["a;b", "b;c", "a;c", "a;b;c", "b"], ";"),
        (["a + b", "b + c", "a + c", "a + b + c"], "+"),
        (["#a #b", "#b #c", "#a #c", "#a #b #c", "#a"], " "),
        (["#a b", "b #c", "#a #c", "#a #b #c"], ""),  # words that are no hashtags
        (["a b", "b c", "a c", "a b c"], ""),
        (["a;b", "b;c", "a;c", "a", "b", "c", "d"], ""),  # not most of them
        (["a;b", "c;d", "e;f", "g;h"], ""),  # no part repeats
        (["R + D", "R + B"], ""),
        ([], ""),
    ],
)
def test_what_may_part_labels_that_never_stand_alone(cells: list[str], mark: str) -> None:
    assert perhaps_parted_by(cells) == mark


def test_labels_that_never_stand_alone_are_asked_about_before_small_classes(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    lines = [f"this is the text number {i} of all,{combined(i % 60, ';', 2)}" for i in range(240)]
    path.write_text("\n".join(["text,tags", *lines]), encoding="utf-8")
    codes = [f["code"] for f in inspect(path)["findings"]]
    assert codes.index("labels_perhaps_parted") < codes.index("classes_small")
    assert "labels_perhaps_parted" not in {f["code"] for f in inspect(path, label_sep=";")["findings"]}


def test_a_column_that_may_hold_several_labels_is_named_where_there_is_no_label(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{combined(i, ';', 2)}" for i in range(60)]
    with pytest.raises(UserError, match="“whatever” may hold several labels in a cell, parted by “;”") as refused:
        guess_roles(table_of(tmp_path, "story,whatever", *lines))
    assert refused.value.code == "no_label_unless_parted"


def test_empty_parts_of_a_cell_are_no_labels(tmp_path: Path) -> None:
    labels = ["|joy|", "fear|", "joy||fear", "|"]
    lines = [f"this is the text number {i} of all,{labels[i % 4]}" for i in range(40)]
    data = labelled_texts(table := table_of(tmp_path, "text,moods", *lines), guess_roles(table).roles)
    assert dict(zip(data.label_names, data.counts.tolist(), strict=True)) == {"fear": 20, "joy": 20}
    assert {f.code: f.count for f in data.findings} == {"labels_blank": 10}


@pytest.mark.parametrize("labels", [["['joy', 'fear']", '["joy"]', "[]"], ["['fear' 'joy']", "['joy']", "[ ]"]])
def test_cells_that_are_lists_hold_several_labels(tmp_path: Path, labels: list[str]) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = [[f"this is the text number {i} of all", labels[i % 3]] for i in range(60)]
        csv.writer(file).writerows([["text", "moods"], *lines, ["one row without labels", ""]])
    table = read_table(path)
    roles = guess_roles(table).roles
    assert (roles.separator, roles.task) == ("[]", "multi_label")
    data = labelled_texts(table, roles)
    assert [data.labels_of(row) for row in range(3)] == ["fear|joy", "joy", ""]
    assert (len(data), [f.code for f in data.findings]) == (60, ["labels_blank"])
    assert "labels_listed" in {f["code"] for f in inspect(path)["findings"]}
    assert inspect(path, label_sep="none")["task"] == "single_label"


@pytest.mark.parametrize("form", ['["{}"]', "['{}']", '[ "{}" ]'])
def test_lists_of_one_label_are_one_label(tmp_path: Path, form: str) -> None:
    lines = [
        {"text": f"this is the text number {i} of all", "label": form.format(["joy", "Fear", "fear"][i % 3])}
        for i in range(30)
    ]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    table = read_table(path)
    for roles in (guess_roles(table).roles, roles_of(table, label="label", label_sep="none")):
        assert (roles.separator, roles.task) == (None, "single_label")
        assert labelled_texts(table, roles).label_names == ("fear", "joy")
    united = remedied(table, roles, ["mend_spelling"]).table
    assert labelled_texts(united, roles).label_names == ("fear", "joy")


@pytest.mark.parametrize(("odd", "task"), [("[]", "multi_label"), ("['a', 'b']", "multi_label"), ("", "single_label")])
def test_one_row_with_more_or_none_makes_lists_several_labels(tmp_path: Path, odd: str, task: str) -> None:
    lines = [f"this is the text number {i} of all,\"['{'ab'[i % 2]}']\"" for i in range(40)]
    table = table_of(tmp_path, "text,label", *lines, f'another text,"{odd}"')
    assert guess_roles(table).roles.task == task
    alone = labelled_texts(table, Roles(("text",), "label"))
    assert alone.label_names[-2:] == ("a", "b")
    assert len(alone) == (41 if "," in odd else 40)


def test_columns_of_yes_and_no_are_labels(tmp_path: Path) -> None:
    table = flags(tmp_path)
    roles = guess_roles(table).roles
    assert roles.flags == ("rude", "toxic", "never", "loud")
    assert roles.text == ("comment",)
    data = labelled_texts(table, roles)
    assert data.label_names == ("rude", "toxic", "loud")  # nothing can be learnt of a label that no row has
    assert [f.code for f in data.findings] == ["labels_unused"]
    assert data.labels[3].tolist() == [True, True, True]
    assert data.labels_of(2) == ""
    assert len(data) == 40


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("x", ""),
        ("X", ""),
        ("✓", ""),
        ("✔", "✗"),
        ("√", "×"),
        ("y", "n"),
        ("T", "F"),
        ("ja", "nein"),
        ("Oui", "non"),
        ("sí", "no"),
        ("si", "no"),
        ("是", "否"),
        ("да", "нет"),
        ("1.0", "0.0"),
        ("TRUE", "FALSE"),
    ],
)
def test_yes_and_no_are_read_in_many_ways(tmp_path: Path, yes: str, no: str) -> None:
    said = [(i % 2, i % 3 > 0, i % 5 == 0) for i in range(40)]
    lines = [
        f"this is the text number {i} of all,{','.join(yes if it else no for it in row)}" for i, row in enumerate(said)
    ]
    table = table_of(tmp_path, "comment,rude,toxic,loud", *lines)
    roles = guess_roles(table).roles
    assert (roles.flags, roles.text, roles.task) == (("rude", "toxic", "loud"), ("comment",), "multi_label")
    data = labelled_texts(table, roles)
    assert data.labels.tolist() == [list(map(bool, said[row])) for row in data.row_ids.tolist()]
    changed = with_labels(table, Roles.named(["comment"], ["rude", "toxic", "loud"]), {0: "rude"})
    assert [changed.column(name)[0] or "" for name in roles.flags] == [yes, no, no]


def test_an_x_beside_check_marks_may_be_either(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{'✓x'[i % 2]},{'✓x'[i // 2 % 2]},✓" for i in range(40)]
    table = table_of(tmp_path, "comment,rude,toxic,loud", *lines)
    assert guess_roles(table).roles.flags == ()
    with pytest.raises(UserError, match="“rude” says “x” in row 2"):
        labelled_texts(table, Roles.named(["comment"], ["rude", "toxic"]))


def test_two_columns_of_yes_and_no_may_be_labels_together(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{i % 2},{i // 2 % 2},{'abc'[i % 3]}" for i in range(60)]
    [found] = guess_roles(table_of(tmp_path, "text,billing,to be shipped,colour", *lines)).findings
    assert "--label billing --label 'to be shipped')" in found.message()
    [found] = guess_roles(table_of(tmp_path, "text,billing,colour", *[f"{x[:-4]}{x[-2:]}" for x in lines])).findings
    assert found.code == "label_guessed"


def test_empty_cells_beside_yes_and_no_are_said(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{i % 2},{i % 3 // 2}" for i in range(40)]
    lines += ["one that nobody judged in whole,1,", "and another,,0", "one that nobody judged,,"]
    table = table_of(tmp_path, "text,rude,toxic", *lines)
    data = labelled_texts(table, Roles(("text",), "rude", flags=("rude", "toxic")))
    assert [(f.code, f.count, f.rows) for f in data.findings] == [
        ("flags_blank", 2, (40, 41)),
        ("labels_blank", 1, (42,)),
    ]
    ones = [f"this is the text number {i} of all,{'1' * (i % 2)},{'1' * (1 - i % 2)}" for i in range(40)]
    table = table_of(tmp_path, "text,rude,toxic", *ones)  # here an empty cell is the only no there is
    assert labelled_texts(table, Roles(("text",), "rude", flags=("rude", "toxic"))).findings == ()


def test_a_label_that_is_named_needs_no_looks_of_one(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{100 + i // 2},{i % 7}" for i in range(60)]
    table = table_of(tmp_path, "note,code,other", *lines)
    assert roles_of(table, label="code") == Roles(("note",), "code")
    assert roles_of(table, label=["code", "other"]) == Roles(("note",), "code", flags=("code", "other"))


def test_two_columns_of_yes_and_no_need_to_be_named(tmp_path: Path) -> None:
    table = flags(tmp_path)
    named = roles_of(table, text="comment", label=["rude", "toxic"])
    assert named == Roles(("comment",), "rude", flags=("rude", "toxic"))


def test_a_column_named_label_is_not_one_flag_of_many(tmp_path: Path) -> None:
    lines = [f"this is the text number {i} of all,{i % 2},{i % 3 // 2},{i % 5 // 4}" for i in range(60)]
    roles = guess_roles(table_of(tmp_path, "text,label,has_link,is_reply", *lines)).roles
    assert (roles.label, roles.flags) == ("label", ())


ONE_OF_THREE = [f"this is the text number {i} of all,{('1,0,0', '0,1,0', '0,0,1')[i % 3]}" for i in range(40)]


@pytest.mark.parametrize(
    ("odd", "task"),
    [
        ("one more text,0,0,1", "single_label"),
        ("one without an answer,,,", "single_label"),
        ("one of none,0,0,0", "multi_label"),
        ("one of two,1,0,1", "multi_label"),
    ],
)
def test_columns_of_which_every_row_says_yes_to_one_are_one_label(tmp_path: Path, odd: str, task: str) -> None:
    table = table_of(tmp_path, "text,bill,ship,other", *ONE_OF_THREE, odd)
    roles = guess_roles(table).roles
    assert (roles.flags, roles.task) == (("bill", "ship", "other"), task)
    assert roles_of(table) == roles_of(table, label=["bill", "ship", "other"]) == roles
    if task == "single_label":
        data = labelled_texts(table, roles)
        assert data.label_names == ("bill", "other", "ship")
        assert [data.labels_of(row) for row in range(3)] == ["bill", "ship", "other"]
        assert len(data) == 40 + ("1" in odd)


def test_a_column_that_no_row_says_yes_to_is_said(tmp_path: Path) -> None:
    table = table_of(tmp_path, "text,bill,ship,other", *(line for line in ONE_OF_THREE if line[-1] == "0"))
    data = labelled_texts(table, guess_roles(table).roles)
    assert data.label_names == ("bill", "ship")
    assert [(each.code, each.params["names"]) for each in data.findings] == [("labels_unused", "other")]


def test_test_rows_with_none_or_two_have_no_label(tmp_path: Path) -> None:
    table = table_of(tmp_path, "text,bill,ship,other", *ONE_OF_THREE)
    (tmp_path / "test").mkdir()
    test = table_of(tmp_path / "test", "text,bill,ship,other", "a parcel,0,1,0", "a sum,1,1,0", "well,0,0,0")
    roles = guess_roles(table).roles
    tested = labelled_texts(test, roles, label_names=labelled_texts(table, roles).label_names)
    assert (len(tested), tested.labels_of(0)) == (1, "ship")


def test_one_label_in_columns_is_changed_there(tmp_path: Path) -> None:
    table = table_of(tmp_path, "text,bill,ship,other", *ONE_OF_THREE)
    roles = guess_roles(table).roles
    changed = with_labels(table, roles, {0: "ship"})
    assert given_labels(table, roles)[:2] == ["bill", "ship"]
    assert given_labels(changed, roles)[:2] == ["ship", "ship"]
    assert remedied(table, roles, ORDER).table.columns == table.columns
    assert offered("classes_small", roles) == ("drop_small_classes",)


def test_a_flag_that_is_neither_yes_nor_no_is_said_with_its_row(tmp_path: Path) -> None:
    lines = [f"text number {i} of all,{i % 2},{i % 3}" for i in range(20)]
    table = table_of(tmp_path, "text,a,b", *lines)
    with pytest.raises(UserError, match="“b” says “2” in row 3"):
        labelled_texts(table, Roles.named(["text"], ["a", "b"]))


def test_test_rows_keep_the_labels_of_the_training_rows(tmp_path: Path) -> None:
    table = moods(tmp_path)
    roles = guess_roles(table).roles
    data = labelled_texts(table, roles)
    test = table_of(tmp_path, "text,moods", "new one,JOY", "another,fear|envy", "a third,", "the last,anger|joy")
    rows = labelled_texts(test, roles, label_names=data.label_names, first_row_id=60)
    assert rows.row_ids.tolist() == [60, 63]
    assert rows.labels.tolist() == [[False, False, True], [True, False, True]]
    assert {f.code: f.count for f in rows.findings} == {"labels_blank": 1, "labels_outside": 1}


@pytest.mark.parametrize(
    ("learnt", "cells", "said", "parted"),
    [
        (";", ["joy|fear", "JOY", "fear|envy", "envy"], ["fear|joy", "joy"], ("|", 2)),
        (";", ["joy, fear", "joy;fear", "fear"], ["fear|joy", "fear|joy", "fear"], (",", 1)),
        ("|", ['["joy", "fear"]', '["joy"]', "[]"], ["fear|joy", "joy", ""], ("[]", 2)),
        ("[]", ["joy;fear", "[]", "['fear']"], ["fear|joy", "", "fear"], (";", 1)),
        (";", ["joy + anger", "joy"], ["anger|joy", "joy"], ("+", 1)),
        (";", ["joy;fear", "envy|hope", "hope"], ["fear|joy"], None),
        (";", ["envy|hope", "joy"], ["joy"], None),
    ],
)
def test_a_test_file_may_part_labels_by_another_mark(
    tmp_path: Path, learnt: str, cells: list[str], said: list[str], parted: tuple[str, int] | None
) -> None:
    path = tmp_path / "test.jsonl"
    rows = [{"text": f"this is the text number {i}", "moods": cell} for i, cell in enumerate(cells)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    roles = Roles(("text",), "moods", separator=learnt)
    test = labelled_texts(read_table(path), roles, label_names=("anger", "fear", "joy"))
    assert [test.labels_of(row) for row in range(len(test))] == said
    found = [f for f in test.findings if f.code == "labels_parted_otherwise"]
    assert [(f.params["mark"], f.params["learnt"], f.count) for f in found] == (
        [(parted[0], learnt, parted[1])] if parted else []
    )


def test_a_test_label_of_two_known_words_is_one_label_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("text,place\nwords about it,new york\nmore words,york\n", encoding="utf-8")
    roles = Roles(("text",), "place", separator=";")
    test = labelled_texts(read_table(path), roles, label_names=("city", "new", "york"))
    assert [test.labels_of(row) for row in range(len(test))] == ["york"]


@pytest.mark.parametrize("words", [("EVET", "HAYIR"), ("si\u0301", "no"), ("S\u00cd", "NO")])
def test_yes_and_no_are_read_in_capitals_and_in_any_unicode_form(tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "rows.csv"
    lines = [f"this is the text number {i},{words[i % 2]},{words[i % 3 == 0]}" for i in range(30)]
    path.write_text("\n".join(["text,joy,fear", *lines]), encoding="utf-8")
    data = labelled_texts(read_table(path), Roles.named(("text",), ("joy", "fear")))
    assert [data.labels_of(row) for row in (0, 1, 2)] == ["joy", "fear", "joy|fear"]


def test_another_mark_in_the_test_file_is_said_before_the_training(tmp_path: Path) -> None:
    moods(tmp_path)
    test = tmp_path / "test.csv"
    test.write_text("text,moods\nnew one,joy\nanother,fear;joy\n", encoding="utf-8")
    found = inspect(tmp_path / "rows.csv", test=test)
    assert found["test_rows"] == 2
    assert [f["count"] for f in found["findings"] if f["code"] == "labels_parted_otherwise"] == [1]


def test_rows_are_parted_by_their_rarest_label(tmp_path: Path) -> None:
    has = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], bool)
    assert strata(has).tolist() == [0, 1, 2, 0]
    draw = np.random.default_rng(0)
    lines = [f"this is the text number {i},{'a' if draw.random() < 0.95 else 'a|b'}" for i in range(2000)]
    data = labelled_texts(table_of(tmp_path, "text,label", *lines, "one more,b"), Roles(("text",), "label", None, "|"))
    split = split_texts(data)
    share = [data.counts_at(rows)[1] / len(rows) for rows in (split.train, split.validation, split.test)]
    assert max(share) - min(share) < 0.01


def test_a_pair_is_told_by_its_names_and_read_apart(tmp_path: Path) -> None:
    lines = [f"first text of row {i},second text of row {i},{'yes' if i % 2 else 'no'}" for i in range(20)]
    table = table_of(tmp_path, "sentence1,sentence2,label", *lines)
    roles = guess_roles(table).roles
    assert (roles.text, roles.pair, roles.task) == (("sentence1",), "sentence2", "pair")
    text = labelled_texts(table, roles).texts[3]
    assert isinstance(text, TextPair)
    assert (text.first, text.second) == ("first text of row 3", "second text of row 3")
    assert text == "first text of row 3\nsecond text of row 3"
    again = pickle.loads(pickle.dumps(text))
    assert (again.first, again.second) == (text.first, text.second)


def test_columns_named_as_texts_are_joined_and_make_no_pair(tmp_path: Path) -> None:
    lines = [f"first text of row {i},second text of row {i},{i % 2}" for i in range(20)]
    table = table_of(tmp_path, "sentence1,sentence2,label", *lines)
    roles = roles_of(table, text=["sentence1", "sentence2"])
    assert roles.pair is None
    assert labelled_texts(table, roles).texts[0] == "first text of row 0\nsecond text of row 0"


PAIR = ["what is known of it", "it is said to be small"]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("texts", PAIR, ("texts.1", "texts.2")),
        ("sentence_pair", PAIR, ("sentence_pair.1", "sentence_pair.2")),
        ("texts", ["今天天气怎么样啊", "昨天下了一整天的雨"], ("texts.1", "texts.2")),
        ("texts", [*PAIR, "and a third one"], ("texts",)),
        ("tags", PAIR, ("text",)),
        ("words", ["one", "two"], ("text",)),
        ("numbers", [1.5, 2.5], ("text",)),
    ],
)
def test_lists_of_two_texts_in_json_are_pairs(
    tmp_path: Path, name: str, value: list[str | float], read: tuple[str, ...]
) -> None:
    other = {} if name in read[0] else {"text": "a text that tells of it in some more words"}
    rows = [{**{key: f"{item} {i}" for key, item in other.items()}, name: value, "label": i % 2} for i in range(30)]
    path = tmp_path / "rows.jsonl"
    for written in ("\n".join(map(json.dumps, rows)), json.dumps(rows)):
        path.write_text(written, encoding="utf-8")
        table = read_table(path)
        assert guess_roles(table, ["label"]).roles.read == read
        said = [f.params["names"] for f in table.reading.notices if f.code == "pairs_opened"]
        assert said == ([name] if len(read) > 1 else [])
        if len(read) > 1:
            assert [table.column(column)[3] for column in read] == value


def test_one_row_without_two_texts_leaves_lists_as_they_are(tmp_path: Path) -> None:
    rows = [{"texts": PAIR if i else PAIR[:1], "label": i % 2} for i in range(30)]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read_table(path).columns == ("texts", "label")


@pytest.mark.parametrize("columns", ["premise,hypothesis", "question,answer", "text_a,text_b", "query,passage"])
def test_names_of_pairs(tmp_path: Path, columns: str) -> None:
    lines = [f"some first text {i},some second text {i},{i % 2}" for i in range(20)]
    roles = guess_roles(table_of(tmp_path, f"{columns},label", *lines)).roles
    assert roles.read == tuple(columns.split(","))
    assert roles.pair


@pytest.mark.parametrize(
    ("header", "row", "pair"),
    [
        ("question_id,question,answer_id,answer,label", "q{i},{a},a{i},{b},{c}", ("question", "answer")),
        ("QuestionID,Question,DocumentTitle,SentenceID,Sentence,Label", "Q{i},{a},A title,S-{i},{b},{c}", None),
        ("claim_id,claim,evidence_url,evidence,verdict", "{i},{a},it is http://a.org/{i} there,{b},{c}", None),
        ("query,response_type,response,label", "{a},free,{b},{c}", ("query", "response")),
    ],
)
def test_columns_of_ids_are_no_texts_of_a_pair(
    tmp_path: Path, header: str, row: str, pair: tuple[str, str] | None
) -> None:
    texts = [(f"what is known of matter {i}", f"it is said that matter {i} is small") for i in range(20)]
    lines = [row.format(i=i, a=a, b=b, c=i % 2) for i, (a, b) in enumerate(texts)]
    named = header.split(",")
    assert guess_roles(table_of(tmp_path, header, *lines)).roles.read == (pair or (named[1], named[-2]))


@pytest.mark.parametrize(
    ("other", "severity"),
    [
        ("the other text of matter {i} as it stands", "warning"),
        ("the other text of matter {i} as it stands, and much more of it that follows in one long line", "info"),
        ("in short matter {i}", None),
        ("one of the few answers to a form: {c}", None),
        ("2024-01-01", None),
    ],
)
def test_another_column_of_texts_is_not_left_out_in_silence(tmp_path: Path, other: str, severity: str | None) -> None:
    path = tmp_path / "rows.csv"
    lines = [f'a text that tells of matter {i},"{other.format(i=i, c=i % 3)}",{i % 2}' for i in range(60)]
    path.write_text("\n".join(["Text,Reference,Match", *lines]), encoding="utf-8")
    found = [f for f in inspect(path, text="Text")["findings"] if f["code"] == "texts_aside"]
    assert [f["severity"] for f in found] == ([severity] if severity else [])
    assert all("“Reference”" in f["message"] and "--text-pair" in f["message"] for f in found)
    for pair, text in (("Reference", "Text"), (None, ["Text", "Reference"])):
        assert "texts_aside" not in {f["code"] for f in inspect(path, text=text, text_pair=pair)["findings"]}


def test_a_title_and_a_body_are_no_pair(tmp_path: Path) -> None:
    lines = [f"some title {i} here,some long body text {i},{i % 2}" for i in range(20)]
    assert guess_roles(table_of(tmp_path, "title,body,label", *lines)).roles.pair is None


def test_a_pair_without_its_second_text_is_left_out(tmp_path: Path) -> None:
    lines = [f"first {i} here,second {i} there,{i % 2}" for i in range(20)]
    data = labelled_texts(table_of(tmp_path, "a,b,label", *lines, "alone,,1"), Roles(("a",), "label", "b"))
    assert len(data) == 20
    [finding] = data.findings
    assert finding.message() == "1 row lacks one or both of its two texts (a, b) and is left out."


def test_inspect_says_the_task(tmp_path: Path) -> None:
    table = moods(tmp_path)
    path = tmp_path / "rows.csv"
    found = inspect(path)
    assert (found["task"], found["label"], found["label_sep"]) == ("multi_label", "moods", "|")
    assert found["labels"] == {"anger": 20, "fear": 30, "joy": 30}
    assert "labels_parted" in {f["code"] for f in found["findings"]}
    assert table.rows == found["rows"]
    assert inspect(path, label_sep="none")["task"] == "single_label"


def test_spellings_are_one_label_unless_they_are_kept_apart(tmp_path: Path) -> None:
    labels = ["Good", "good", "bad", "good "]
    lines = [f"this is the text number {i},{labels[i % 4]}" for i in range(40)]
    table = table_of(tmp_path, "text,label", *lines)
    assert labelled_texts(table, roles_of(table)).label_names == ("bad", "good")
    apart = labelled_texts(table, roles_of(table, spellings_apart=True))
    assert apart.label_names == ("bad", "Good", "good")
    assert apart.findings == ()
    again = labelled_texts(table, roles_of(table, spellings_apart=True), label_names=apart.label_names)
    assert again.labels.tolist() == apart.labels.tolist()


def test_columns_in_which_no_row_says_yes_hold_no_label(tmp_path: Path) -> None:
    path = tmp_path / "flags.csv"
    path.write_text("text,joy,anger\n" + "".join(f"text number {i},0,0\n" for i in range(30)), encoding="utf-8")
    table = read_table(path)
    with pytest.raises(UserError) as refused:
        labelled_texts(table, Roles(("text",), "joy", flags=("joy", "anger")))
    assert refused.value.code == "no_label_given"


def test_columns_of_many_different_cells_are_not_all_parted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def counted(cell: str, mark: str) -> list[str]:
        seen.append(cell)
        return labels_in(cell, mark)

    columns = ["text", "kind", *(f"c{i}" for i in range(4))]
    rows = [
        [f"a text number {i} of words", "ab"[i % 2], *(f"note {i}; {i}/{n}" for n in range(4))] for i in range(6000)
    ]
    table = table_of(tmp_path, ",".join(columns), *map(",".join, rows))
    monkeypatch.setattr("bertdemo.data.label_cells.labels_in", counted)
    assert guess_roles(table).roles == Roles(("text",), "kind")
    assert 0 < len(seen) <= 4 * 2 * 2000  # columns, marks that are in them, cells that are looked at


def test_few_labels_that_stand_alone_are_found_among_many_cells(tmp_path: Path) -> None:
    tags = [f"t{i}" for i in range(12)]
    made = [";".join(tag for bit, tag in enumerate(tags) if number >> bit & 1) for number in range(1, 2**12)]
    rows = [f"a text number {i} that is about something,{made[i % len(made)]}" for i in range(2 * len(made))]
    roles = guess_roles(table_of(tmp_path, "what,those", *rows)).roles
    assert (roles.label, roles.separator) == ("those", ";")
