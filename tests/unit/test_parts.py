"""Files that say themselves which rows are for testing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bertdemo.api import inspect, open_test, prepare
from bertdemo.data.dataset import Roles, guess_roles
from bertdemo.data.parts import guess_split_column, split_by_column
from bertdemo.data.table import Table, read_table
from bertdemo.data.treated import treated
from bertdemo.errors import UserError

ROLES = Roles(("text",), "label")


def table_of(folder: Path, column: str, cells: list[str]) -> Table:
    path = folder / "data.csv"
    rows = [f"a text about matter {i * 7} here,{'ab'[i % 2]},{cells[i % len(cells)]}" for i in range(60)]
    path.write_text("\n".join([f"text,label,{column}", *rows]), encoding="utf-8")
    return read_table(path)


def test_a_split_column_is_told_by_name_and_values(tmp_path: Path) -> None:
    assert guess_split_column(table_of(tmp_path, "split", ["train", "Test", "dev"]), ROLES) == "split"
    assert guess_split_column(table_of(tmp_path, "data_set", ["training", "testing"]), ROLES) == "data_set"
    assert guess_split_column(table_of(tmp_path, "split", ["train", "north"]), ROLES) is None
    assert guess_split_column(table_of(tmp_path, "mood", ["train", "test"]), ROLES) is None
    assert guess_split_column(table_of(tmp_path, "split", ["train"]), ROLES) is None


def test_rows_go_where_the_column_says(tmp_path: Path) -> None:
    table = table_of(tmp_path, "split", ["train", "test", "dev", "?", "train"])
    train, test = split_by_column(table, "split", ROLES)
    assert (train.rows, test and test.rows) == (36, 12)
    assert {(f.code, f.count) for f in train.reading.notices} == {("split_given", 12), ("split_unclear_rows", 12)}
    with pytest.raises(UserError) as refused:
        split_by_column(table, "text", ROLES)
    assert refused.value.code == "split_column_unclear"
    assert "(a text about matter 0 here, a text" in str(refused.value)


def test_it_is_heeded_named_or_switched_off(tmp_path: Path) -> None:
    table = table_of(tmp_path, "split", ["train", "train", "train", "test"])
    assert guess_roles(table).roles == ROLES
    by_column = treated(table, ROLES)
    assert (by_column.table.rows, by_column.test and by_column.test.rows, by_column.split) == (45, 15, "split")
    whole = treated(table, ROLES, split="none")
    assert (whole.table, whole.test, whole.split) == (table, None, "none")
    found = inspect(tmp_path / "data.csv")
    assert (found["rows"], found["test_rows"]) == (45, 15)
    assert "split_given" in {finding["code"] for finding in found["findings"]}


def test_a_run_tests_on_the_rows_that_the_column_names(tmp_path: Path, home: Path) -> None:
    table_of(tmp_path, "split", ["train", "train", "train", "test"])
    run = prepare(tmp_path / "data.csv", base="tfidf").run
    split = run.split()
    assert split.test_given
    assert len(split.test) == 15
    assert len(split.data) == 60


def test_remedies_are_done_on_training_rows_alone(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f"a text about matter {i * 7} here,{'ab'[i % 2]}" for i in range(60)]
    rows += ["?,a", "twice said,b", "twice said,b"]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    found = inspect(path)
    assert {"texts_tiny": ["drop_tiny"], "text_repeated": ["drop_repeats"]}.items() <= {
        finding["code"]: finding["remedies"] for finding in found["findings"]
    }.items()
    test = tmp_path / "test.csv"
    unseen = [f"unseen {i * 3} of {i},{'ab'[i % 2]}" for i in range(20)]
    test.write_text("\n".join(["text,label", *unseen, "?,a"]), encoding="utf-8")
    run = prepare(path, test=test, remedies=["drop_tiny", "drop_repeats"], base="tfidf").run
    assert run.meta["data"]["rows"] == 61 + 21
    with pytest.raises(UserError) as same:
        prepare(path, test=path, base="tfidf")
    assert same.value.code == "test_takes_all"
    test.write_text("\n".join(["text,label", *rows[::2]]), encoding="utf-8")  # all of one label
    with pytest.raises(UserError) as one_left:
        prepare(path, test=test, base="tfidf")
    assert one_left.value.code == "test_takes_labels"
    with pytest.raises(UserError) as refused:
        inspect(path, remedies=["pray"])
    assert refused.value.code == "remedy_unknown"


@pytest.mark.parametrize("unknown", ["", "-1"])
def test_test_rows_without_a_label_are_no_test(tmp_path: Path, unknown: str) -> None:
    path = tmp_path / "data.csv"
    rows = [f"a text about matter {i * 7} here,{i % 2},train" for i in range(40)]
    rows += [f"a text of the test {i * 7} here,{unknown},test" for i in range(20)]
    path.write_text("\n".join(["text,label,split", *rows]), encoding="utf-8")
    for split in (None, "split"):
        found = inspect(path, split=split)
        assert (found["rows"], found["test_rows"], list(found["labels"])) == (40, 0, ["0", "1"])
        [said] = [finding for finding in found["findings"] if finding["code"].startswith("split_")]
        assert (said["code"], said["severity"], said["count"]) == ("split_unlabelled", "warning", 20)


@pytest.mark.parametrize(("train", "test"), [("1.0", "1"), ("Yes", "yes "), ("a|b", "b"), ('["a"]', '["a", "c"]')])
def test_labels_of_test_rows_may_be_written_otherwise(tmp_path: Path, train: str, test: str) -> None:
    cells = [[f"a text {i}", train if i < 5 else test, "train" if i < 5 else "test"] for i in range(10)]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(json.dumps(dict(zip(["text", "label", "split"], row, strict=True))) for row in cells))
    mark = "|" if "|" in train else "[]" if "[" in train else None
    given = treated(read_table(path), Roles(("text",), "label", separator=mark))
    assert (given.table.rows, given.test and given.test.rows) == (5, 5)


def test_a_test_file_is_read_as_the_training_file_was_told_to_be(tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_bytes("".join(f"ładny tekst {i},{'ab'[i % 2]}\n" for i in range(40)).encode("cp1250"))
    test.write_bytes("ł,a\nanother short one,b\n".encode("cp1250"))
    found = inspect(train, test=test, has_header=False, encoding="cp1250")
    assert found["test_rows"] == 2
    columns = ("column_1", "column_2")
    assert open_test(test, columns, has_header=False, encoding="cp1250").column("column_1")[0] == "ł"
    assert open_test(test, columns, has_header=False, encoding="cp1250", sheet="no workbook").rows == 2


def test_what_was_said_of_the_training_file_may_not_hold_for_the_test_file(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("text;label\nein schöner Text;a\nnoch ein Text;b\n", encoding="utf-8")
    for told in (
        {"delimiter": ","},
        {"has_header": False},
        {"skip_rows": 1},
        {"encoding": "cp1252"},
        {"encoding": "x"},
    ):
        table = open_test(path, ["text", "label"], **told)
        assert table.columns == ("text", "label"), told
        assert table.column("text") == ["ein schöner Text", "noch ein Text"], told
    with pytest.raises(UserError) as missing:
        open_test(tmp_path / "none.csv", ["text", "label"], has_header=False)
    assert missing.value.code == "file_missing"


def test_a_split_column_and_a_test_file_are_one_too_many(tmp_path: Path) -> None:
    table_of(tmp_path, "split", ["train", "train", "test"])
    path = tmp_path / "data.csv"
    with pytest.raises(UserError) as refused:
        inspect(path, test=path, split="split")
    assert refused.value.code == "split_and_test"
    assert inspect(path, test=path, split="none")["test_rows"] == 60
