"""Columns guessed, labels read, rows split: what is promised of each step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bertdemo.api import inspect
from bertdemo.data import label_names
from bertdemo.data.dataset import (
    LabelledTexts,
    Roles,
    Split,
    check_roles,
    guess_roles,
    labelled_texts,
    left_aside,
    split_texts,
    text_groups,
)
from bertdemo.data.findings import Finding
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.data.treated import treated
from bertdemo.errors import UserError
from bertdemo.ui.loaded import load
from tests.conftest import SHARED, on_real_data

ROLES = Roles(("text",), "label")
WORDS = [
    "phone",
    "broke",
    "after",
    "one",
    "day",
    "nobody",
    "answered",
    "my",
    "letters",
    "about",
    "it",
    "for",
    "weeks",
]


def table_of(folder: Path, header: str, *rows: str) -> Table:
    path = folder / "data.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_table(path)


def sentence(i: int) -> str:
    return f"{WORDS[i % 13]} {WORDS[i * 5 % 13]} number {i}"


def texts_of(labels: list[int], texts: list[str] | None = None) -> LabelledTexts:
    names = tuple(f"class {i}" for i in range(max(labels) + 1))
    texts = texts or [sentence(i) for i in range(len(labels))]
    return LabelledTexts(np.arange(len(labels)), tuple(texts), np.array(labels), names)


def refusal(table: Table, roles: Roles = ROLES) -> UserError:
    with pytest.raises(UserError) as caught:
        labelled_texts(table, roles)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("header", "row", "text", "label"),
    [
        ("text,label", "{s},{c}", "text", "label"),
        ("sentiment,reviewText", "{c},{s}", "reviewText", "sentiment"),
        ("context,kind", "{s},{c}", "context", "kind"),
        ("id,context,body,classification_id,topic", "{i},{c},{s},{i},{c}", "body", "topic"),
        ("标签,评论内容", "{c},很好吃下次再来一次{i}", "评论内容", "标签"),
        ("v1,v2", "{c},{s}", "v2", "v1"),
        ("text,label", "{i},{c}", "text", "label"),
        ("date,message,price,team", "2024-01-{d},{s},{i}.5,{c}", "message", "team"),
    ],
)
def test_roles_are_guessed(tmp_path: Path, header: str, row: str, text: str, label: str) -> None:
    rows = [row.format(s=sentence(i), c="ab"[i % 2], i=i, d=f"{i % 28 + 1:02}") for i in range(40)]
    guess = guess_roles(table_of(tmp_path, header, *rows))
    assert guess.roles == Roles((text,), label)
    assert set(guess.reasons) == {"text", "label"}


def test_other_columns_that_could_be_the_label_are_named(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'ab'[i % 2]},{'xyz'[i % 3]},{i * 7919}" for i in range(60)]
    assert guess_roles(table_of(tmp_path, "story,shape,colour,serial", *rows)).rivals == ("colour",)
    assert guess_roles(table_of(tmp_path, "story,label,colour,serial", *rows)).rivals == ()


@pytest.mark.parametrize(
    ("other", "text", "label"),
    [
        ("Filiale", "Nachricht", "Kategorie"),
        ("Status", "Kommentar", "Stimmung"),
        ("Abteilung", "Anliegen", "Thema"),
        ("Agence", "Commentaire", "Catégorie"),
        ("Statut", "Avis", "étiquette"),
        ("sucursal", "comentario", "etiqueta"),
        ("região", "mensagem", "Rótulo"),
        ("regione", "testo", "categoria"),
        ("kanaal", "bericht", "onderwerp"),
        ("oddział", "treść", "kategoria"),
        ("регион", "отзыв", "категория"),
        ("şube", "yorum", "Sınıf"),
        ("地域", "本文", "カテゴリ"),
        ("性別", "コメント", "ラベル"),
        ("지역", "댓글", "카테고리"),
        ("渠道", "评论", "标签"),
        ("channel", "text", "type"),
        ("country", "text", "issue"),
        ("status", "text", "queue"),
        ("region", "text", "reason"),
        ("sex", "text", "code"),
        ("annotator", "text", "choice"),
        ("reviewer", "document_text", "type"),
        ("gender", "answer", "coder_A"),
        ("country_code", "text", "kind"),
        ("label_version", "text", "label"),
        ("sentiment_confidence", "text", "sentiment"),
    ],
)
def test_names_tell_the_label_in_many_languages(tmp_path: Path, other: str, text: str, label: str) -> None:
    rows = [f"{'pq'[i % 2]},{sentence(i)},{'abc'[i // 2 % 3]}" for i in range(60)]
    guess = guess_roles(table_of(tmp_path, f"{other},{text},{label}", *rows))
    assert (guess.roles.text, guess.roles.label, guess.equals) == ((text,), label, ())
    assert guess.findings == []


def test_short_words_within_longer_ones_name_nothing(tmp_path: Path) -> None:
    rows = [f"{'abc'[i // 2 % 3]},{sentence(i)},{'pq'[i % 2]}" for i in range(60)]
    guess = guess_roles(table_of(tmp_path, "Artikel,text,prototypen", *rows))
    assert (guess.roles.label, guess.equals) == ("prototypen", ("Artikel",))


def test_that_no_name_says_which_is_the_label_is_a_warning(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'ab'[i % 2]},{'xyz'[i % 3]},{'uvw'[i % 3]}" for i in range(60)]
    [found] = guess_roles(table_of(tmp_path, "story,shape,colour,country", *rows)).findings
    assert (found.code, found.severity) == ("label_guessed", "warning")
    assert found.params == {"label": "shape", "columns": "colour"}
    assert guess_roles(table_of(tmp_path, "story,shape,topic,country", *rows)).findings == []


def test_few_words_that_repeat_are_named_beside_a_column_with_the_name_of_a_label(tmp_path: Path) -> None:
    parts = ("train", "train", "test")
    rows = [f"{sentence(i)},{'pqr'[i % 3]},{'xyz'[i // 3 % 3]},{parts[i % 3]},{i % 7}" for i in range(90)]
    guess = guess_roles(table_of(tmp_path, "message,team,priority,part,votes", *rows))
    assert (guess.roles.label, guess.rivals) == ("priority", ("team",))


@pytest.mark.parametrize("last", ["9a,fine again,4", ",Average,3.3"])
def test_a_class_that_was_asked_is_no_label_beside_its_ratings(tmp_path: Path, last: str) -> None:
    rows = [f"{('9a', '9b', '10c')[i % 3]},{sentence(i)},{i // 3 % 5 + 1}" for i in range(90)]
    table = table_of(tmp_path, "Class,What do you think?,Rating (1-5)", *rows, last)
    guess = guess_roles(table)
    assert (guess.roles.label, guess.rivals) == ("Rating (1-5)", ("Class",))
    asked = Roles(("What do you think?",), "Class")
    assert left_aside(table, asked) == [("Rating (1-5)", "role.unused")]  # numbers that may well be learnt from


@pytest.mark.parametrize(
    ("header", "values", "rivals"),
    [
        ("text,class,priority", ("bug", "wish", "1", "2", "3"), ("priority",)),  # a scale that judges no text
        ("text,class,score", ("bug", "wish", "0", "1", "1"), ("score",)),  # yes and no are no scale
        ("text,class,rating", ("0", "1", "1", "2", "3"), ("rating",)),
        ("text,class,votes", ("bug", "wish", "1", "2", "3"), ()),
        ("text,class,score", ("bug", "wish", "1.5", "2.5", "3"), ()),
    ],
)
def test_a_class_is_a_label_beside_other_numbers(
    tmp_path: Path, header: str, values: tuple[str, ...], rivals: tuple[str, ...]
) -> None:
    rows = [f"{sentence(i)},{values[i % 2]},{values[2 + i // 2 % 3]}" for i in range(90)]
    guess = guess_roles(table_of(tmp_path, header, *rows))
    assert (guess.roles.label, guess.rivals) == ("class", rivals)


def test_numbers_that_are_no_scale_are_said_to_be_numbers(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'ab'[i % 2]},{i % 30},{i % 3 + 0.5}" for i in range(90)]
    table = table_of(tmp_path, "text,label,votes,price", *rows)
    assert [why for _, why in left_aside(table, Roles(("text",), "label"))] == ["role.unused_numbers"] * 2


@pytest.mark.parametrize(
    "date", ["2025-01-{d:02}", "2025-01-{d:02} 10:30", "{d}/3/24", "{d} March 2025", "Mar {d}, 2025", "9:{d:02} pm"]
)
def test_dates_that_repeat_are_no_labels(tmp_path: Path, date: str) -> None:
    rows = [f'{sentence(i)},"{date.format(d=i % 4 + 10)}",{"ab"[i % 2] if i % 3 else ""}' for i in range(60)]
    table = table_of(tmp_path, "story,opened,kind", *rows)
    guess = guess_roles(table)
    assert (guess.roles.label, guess.rivals) == ("kind", ())
    assert left_aside(table, guess.roles) == [("opened", "role.unused_id")]
    assert guess_roles(table_of(tmp_path, "story,opened", *[row.rsplit(",", 1)[0] for row in rows])).roles.label


def test_no_label_and_no_text(tmp_path: Path) -> None:
    ids = [f"{sentence(i)},{i * 7919}" for i in range(40)]
    with pytest.raises(UserError) as caught:
        guess_roles(table_of(tmp_path, "story,serial", *ids))
    assert caught.value.code == "no_label_column"
    cut = [f"{i % 5 + 1} stars, because{',' * (i % 3)} it is number {i}" for i in range(120)]
    with pytest.raises(UserError, match="--delimiter"):
        guess_roles(table_of(tmp_path, "Wertung", *cut))
    numbers = [f"{i * 1.5},{i % 2}" for i in range(40)]
    with pytest.raises(UserError) as caught:
        guess_roles(table_of(tmp_path, "price,label", *numbers))
    assert caught.value.code == "no_text_column"


def test_what_to_do_about_one_column_depends_on_the_file() -> None:
    data = pa.table({"Note": ["Tickets", "Made by hand"]})
    left_out = Finding("sheets_left_out", "warning", 1, params={"sheet": "One", "others": "Two"})
    for reading, code, said in [
        (Reading("csv", delimiter=","), "one_column", "delimiter"),
        (Reading("excel"), "one_column_only", "only one column"),
        (Reading("excel", notices=(left_out,)), "one_column_sheet", "“One”, “Note”"),
        (Reading("jsonl"), "one_column_only", "only one column"),
    ]:
        with pytest.raises(UserError) as caught:
            guess_roles(Table("a", ("Note",), data, reading))
        assert caught.value.code == code
        assert said in str(caught.value)
        assert ("delimiter" in str(caught.value)) == (code == "one_column")


def test_reasons_count_all_rows_of_a_file_that_is_looked_at_in_a_sample() -> None:
    n = 30_000
    columns = {"text": [f"a text about matter {i} here" for i in range(n)], "label": ["ab"[i % 2] for i in range(n)]}
    table = Table("many.csv", tuple(columns), pa.table(columns), Reading("csv"))
    assert guess_roles(table).reasons["label"][1] == {"column": "label", "distinct": 2, "rows": n}


@pytest.mark.parametrize(
    ("header", "last", "left_out"),
    [
        ("text,label", "Average,3.3", True),
        ("text,label", "TOTAL:,270", True),
        ("text,label", "合计,270", True),
        ("text,label", "Average,3", False),  # what somebody wrote
        ("text,label", "Average course,3.3", False),
        ("text,label", "Average,", False),  # has no label anyhow
        ("id,text,label", ",Average,3", True),
        ("id,text,label", "91,Average,3", False),
        ("id,text,label", "91,Average,3.3", True),
        ("text,label,id", "Average,3,", True),
    ],
)
def test_a_last_row_that_sums_up_the_others_is_left_out(tmp_path: Path, header: str, last: str, left_out: bool) -> None:
    cells = [{"id": str(i), "text": sentence(i), "label": str(i % 5 + 1)} for i in range(90)]
    rows = [",".join(row[name] for name in header.split(",")) for row in cells]
    table = table_of(tmp_path, header, *rows, last)
    learnt = treated(table, Roles(("text",), "label")).table
    assert learnt.rows == (90 if left_out else 91)
    assert [f.code for f in learnt.reading.notices] == (["footer_left_out"] if left_out else [])
    in_front = treated(table_of(tmp_path, header, last, *rows), Roles(("text",), "label")).table
    assert in_front.rows == 91


def test_words_beside_words_are_no_footer(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'ab'[i % 2]}" for i in range(40)]
    for last in ("Average,c", "Average,3.3"):
        given = treated(table_of(tmp_path, "text,label", *rows, last), Roles(("text",), "label"))
        assert given.table.rows == 41


def test_a_footer_is_left_out_of_what_is_learnt_and_tested(tmp_path: Path) -> None:
    path, test = tmp_path / "data.csv", tmp_path / "test.csv"
    rows = [f"{sentence(i)},{i % 3 + 1}" for i in range(60)]
    path.write_text("\n".join(["text,label", *rows, "Mean,1.95"]), encoding="utf-8")
    test.write_text(
        "\n".join(["text,label", *(f"other {i},{i % 3 + 1}" for i in range(20)), "Mean,2.1"]), encoding="utf-8"
    )
    for given in (None, test):
        found = inspect(path, test=given)
        assert set(found["labels"]) == {"1", "2", "3"}
        assert [f["code"] for f in found["findings"]].count("footer_left_out") == 1
        assert found["test_rows"] == (20 if given else 0)
    source, other = read_table(path), read_table(test)
    page = load(source, Roles(("text",), "label"), test=other)
    assert (page.table.rows, page.test and page.test.rows) == (60, 20)


def test_wrong_roles(tmp_path: Path) -> None:
    table = table_of(tmp_path, "text,label", "a b,x", "c d,y")
    for roles, code in [
        (Roles(("txt",), "label"), "unknown_column"),
        (Roles(("text",), "lable"), "unknown_column"),
        (Roles(("text", "label"), "label"), "same_column"),
        (Roles((), "label"), "no_text_column"),
    ]:
        with pytest.raises(UserError) as caught:
            check_roles(table, roles)
        assert caught.value.code == code


def test_rows_left_out_are_counted(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'ab'[i % 2]}" for i in range(20)]
    data = labelled_texts(table_of(tmp_path, "text,label", "no label,", ",a", '"  ",b', "\u200b,b", *rows), ROLES)
    assert len(data) == 20
    assert data.row_ids.tolist() == list(range(4, 24))
    assert {f.code: (f.count, f.rows) for f in data.findings} == {
        "label_missing": (1, (0,)),
        "text_empty": (3, (1, 2, 3)),
    }


@pytest.mark.parametrize(
    ("header", "longer", "pair"),
    [
        ("label,text_a,text_b", 5, "text_b"),
        ("label,Q1,Q2", 1, None),
        ("label,a,b", 1, None),
        ("label,column_2,column_3", 1, "column_3"),
        ("label,column_2,column_3", 5, None),
    ],
)
def test_a_pair_is_told_by_names_that_say_something(tmp_path: Path, header: str, longer: int, pair: str | None) -> None:
    rows = [f"{'ab'[i % 2]},{sentence(i)},{' '.join([sentence(i + 1)] * longer)}" for i in range(40)]
    assert guess_roles(table_of(tmp_path, header, *rows)).roles.pair == pair


def test_columns_that_could_be_the_label_are_named_beside_those_of_yes_and_no(tmp_path: Path) -> None:
    rows = [f"{sentence(i)},{'abc'[i % 3]},{i % 2},{i // 2 % 2},{i // 4 % 2}" for i in range(40)]
    guess = guess_roles(table_of(tmp_path, "text,Lager,news,known,joined", *rows))
    assert guess.roles.flags == ("news", "known", "joined")
    assert guess.rivals == guess.equals == ("Lager",)


@pytest.mark.parametrize("separator", [None, "|"])
def test_spellings_are_compared_once_however_many_are_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str | None
) -> None:
    names = [spelling for i in range(50) for spelling in (f"class {i}", f"Class {i}", f"class {i}")]
    table = table_of(tmp_path, "text,label", *(f"a text {i},{name}" for i, name in enumerate(names)))
    asked: list[str] = []
    monkeypatch.setattr(label_names, "label_key", lambda name: asked.append(name) or name.casefold())
    data = labelled_texts(table, Roles(("text",), "label", separator=separator))
    found = {finding.params["name"]: finding.rows for finding in data.findings if finding.code == "labels_merged"}
    assert found == {f"class {i}": (3 * i + 1,) for i in range(50)}
    assert sorted(asked) == sorted(set(names))


def test_labels_that_differ_in_form_are_merged(tmp_path: Path) -> None:
    labels = ["Pos"] * 8 + ["pos ", "POS", "Cafe\u0301", "Café", "Café"]
    rows = [f"{sentence(i)},{label}" for i, label in enumerate(labels)]
    data = labelled_texts(table_of(tmp_path, "text,label", *rows), ROLES)
    assert data.label_names == ("Café", "Pos")
    assert [(f.code, f.count, f.params["name"]) for f in data.findings] == [
        ("labels_merged", 2, "Pos"),
        ("labels_merged", 1, "Café"),
    ]


def test_label_spellings(tmp_path: Path) -> None:
    def names(*labels: str) -> tuple[str, ...]:
        rows = [f"{sentence(i)},{labels[i % len(labels)]}" for i in range(30)]
        return labelled_texts(table_of(tmp_path, "text,label", *rows), ROLES).label_names

    assert names("1.0", "0.0") == ("0", "1")
    assert names("10", "9", "-1") == ("-1", "9", "10")
    assert names("007", "07", "7") == ("007", "07", "7")
    assert names("None", "NA", "null") == ("NA", "None", "null")
    assert names("1.5", "1.0") == ("1.0", "1.5")


def test_several_text_columns_are_joined(tmp_path: Path) -> None:
    rows = [f"title {i},body {i},{'ab'[i % 2]}" for i in range(11)] + [",only body,a"]
    data = labelled_texts(table_of(tmp_path, "title,body,label", *rows), Roles(("title", "body"), "label"))
    assert data.texts[0] == "title 0\nbody 0"
    assert data.texts[-1] == "only body"


def test_refused_labels(tmp_path: Path) -> None:
    def rows(label: str, n: int = 60) -> list[str]:
        return [f"{sentence(i)},{label.format(i=i)}" for i in range(n)]

    assert refusal(table_of(tmp_path, "text,label", *rows(""))).code == "labels_missing"
    one = refusal(table_of(tmp_path, "text,label", *rows("good")))
    assert (one.code, one.params["name"]) == ("one_class", "good")
    assert refusal(table_of(tmp_path, "text,label", *rows("id{i}"))).code == "too_many_labels"
    assert refusal(table_of(tmp_path, "text,label", *rows("{i}.25"))).code == "labels_are_numbers"
    assert refusal(table_of(tmp_path, "text,label", *rows("x", 3))).code == "too_few_rows"


def test_a_test_file_takes_the_training_labels(tmp_path: Path) -> None:
    table = table_of(tmp_path, "text,label", "a b,Good", "c d,bad", "e f,ugly", "g h,1.0")
    data = labelled_texts(table, ROLES, label_names=("1", "bad", "good"), first_row_id=100)
    assert data.row_ids.tolist() == [100, 101, 103]
    assert data.labels.tolist() == [2, 1, 0]
    assert [(f.code, f.count, f.rows) for f in data.findings] == [("labels_outside", 1, (102,))]
    with pytest.raises(UserError) as caught:
        labelled_texts(table, ROLES, label_names=("x", "y"))
    assert caught.value.code == "no_test_rows"


def test_take_keeps_rows_together() -> None:
    data = texts_of([0, 1, 0, 1])
    taken = data.take(np.array([3, 0]))
    assert (taken.texts, taken.labels.tolist()) == ((data.texts[3], data.texts[0]), [1, 0])
    assert taken.row_ids.tolist() == [3, 0]


@pytest.mark.parametrize(("n", "validation", "test"), [(1000, 150, 200), (10_000, 1000, 1000), (90_000, 5000, 9000)])
def test_sizes_and_strata(n: int, validation: int, test: int) -> None:
    data = texts_of([0 if i % 10 else 1 for i in range(n)])
    split = split_texts(data)
    assert (len(split.validation), len(split.test)) == (validation, test)
    whole = np.concatenate([split.train, split.validation, split.test])
    assert np.array_equal(np.sort(whole), np.arange(n))
    for part in (split.train, split.validation, split.test):
        assert abs(data.labels[part].mean() - 0.1) < 0.005
    assert split.folds == ()


def test_repeated_texts_stay_on_one_side() -> None:
    texts = [f"Text  {i // 3}".upper() if i % 2 else f"text {i // 3} " for i in range(900)]
    data = texts_of([i // 3 % 2 for i in range(900)], texts)
    split = split_texts(data)
    groups = text_groups(data.texts)
    sides = [set(groups[part].tolist()) for part in (split.train, split.validation, split.test)]
    assert len(set(groups.tolist())) == 300 == sum(map(len, sides))
    assert all(len(part) > 100 for part in (split.validation, split.test))


def test_a_giant_group_does_not_fill_the_test_part() -> None:
    data = texts_of([i % 2 for i in range(600)], ["same"] * 300 + [sentence(i) for i in range(300)])
    split = split_texts(data)
    assert "same" not in {data.texts[i] for i in split.test.tolist()}
    assert len(split.test) >= 50


def test_the_seed_decides() -> None:
    data = texts_of([i % 3 for i in range(600)])
    one, again, other = (split_texts(data, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.test, again.test)
    assert not np.array_equal(one.test, other.test)


def test_small_classes() -> None:
    data = texts_of([0] * 200 + [1] * 190 + [2] * 6 + [3] * 3 + [4])
    split = split_texts(data)
    for part in (split.train, split.validation, split.test):
        counts = np.bincount(data.labels[part], minlength=5)
        assert counts[2] == 2
        assert counts[3] == 1
    assert 4 in data.labels[split.train]
    assert [(f.code, f.params["names"]) for f in split.findings] == [("class_too_small", "class 4")]


@pytest.mark.parametrize("n", [10, 20, 40, 299])
def test_little_data_is_scored_out_of_fold(n: int) -> None:
    data = texts_of([i % 2 for i in range(n)])
    split = split_texts(data)
    assert (len(split.train), len(split.validation), len(split.test)) == (n, 0, 0)
    held_out = np.concatenate([held for _, held in split.folds])
    assert np.array_equal(np.sort(held_out), np.arange(n))
    for fit, held in split.folds:
        assert not set(fit.tolist()) & set(held.tolist())
        assert len(fit) + len(held) == n
        assert set(data.labels[fit].tolist()) == {0, 1}
    assert split.findings[0].code == "out_of_fold"


def own_test(data: LabelledTexts) -> LabelledTexts:
    """Ten test rows, two of whose texts are those of the first rows of `data`."""
    rows = np.arange(len(data), len(data) + 10)
    return LabelledTexts(rows, data.texts[:2] + tuple("abcdefgh"), np.arange(10) % 2, data.label_names)


def test_a_test_file_of_ones_own() -> None:
    data = texts_of([i % 2 for i in range(400)])
    split = split_texts(data, test=own_test(data))
    assert split.test_given
    assert split.test.tolist() == list(range(400, 410))
    assert split.data.row_ids[split.test].tolist() == list(range(400, 410))
    assert (len(split.validation), split.folds) == (60, ())
    used = set(split.train.tolist()) | set(split.validation.tolist())
    assert used == set(range(2, 400))


def test_few_rows_take_turns_beside_a_test_file_of_ones_own(tmp_path: Path) -> None:
    data = texts_of([i % 2 for i in range(40)])
    split = split_texts(data, test=own_test(data))
    assert split.test_given
    assert not split.out_of_fold
    assert split.train.tolist() == list(range(2, 40))
    assert split.test.tolist() == list(range(40, 50))
    assert not len(split.validation)
    assert sorted(np.concatenate([held for _, held in split.folds])) == list(range(2, 40))
    for fit, held in split.folds:
        assert sorted([*fit, *held]) == list(range(2, 40))
    split.save(tmp_path / "split.parquet")
    again = Split.load(tmp_path / "split.parquet", split.data)
    assert [held.tolist() for _, held in again.folds] == [held.tolist() for _, held in split.folds]
    assert [fit.tolist() for fit, _ in again.folds] == [fit.tolist() for fit, _ in split.folds]


def test_one_text_that_a_test_file_leaves_is_too_few() -> None:
    for same in (12, 400):
        data = texts_of(
            [i % 2 for i in range(8 + same)], [sentence(i) for i in range(8)] + ["Same ", "same"] * (same // 2)
        )
        test = LabelledTexts(np.arange(8) + len(data), data.texts[:8], data.labels[:8], data.label_names)
        with pytest.raises(UserError) as caught:
            split_texts(data, test=test)
        assert (caught.value.code, caught.value.params) == ("test_takes_texts", {"left": same})


def test_one_text_only() -> None:
    with pytest.raises(UserError) as caught:
        split_texts(texts_of([0, 1] * 10, ["same"] * 20))
    assert caught.value.code == "one_text"


@pytest.mark.parametrize("n", [40, 400])
def test_split_is_kept(tmp_path: Path, n: int) -> None:
    split = split_texts(texts_of([i % 2 for i in range(n)]))
    split.save(tmp_path / "split.parquet")
    loaded = Split.load(tmp_path / "split.parquet", split.data)
    for part in ("train", "validation", "test"):
        assert np.array_equal(np.sort(getattr(split, part)), getattr(loaded, part))
    assert len(split.folds) == len(loaded.folds)
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(split.folds, loaded.folds, strict=True))
    assert (loaded.findings, loaded.test_given) == (split.findings, split.test_given)
    with pytest.raises(ValueError, match="other rows"):
        Split.load(tmp_path / "split.parquet", texts_of([0, 1]))


@on_real_data
@pytest.mark.parametrize(
    ("name", "text", "label", "classes"),
    [
        ("banking77/train.csv", ("text",), "label", 77),
        ("raw/banking77_csv/train.csv", ("text",), "category", 77),
        ("raw/sms_spam_kaggle_latin1/spam.csv", ("v2",), "v1", 2),
        ("raw/sst2_headerless_tsv/dev.tsv", ("column_1",), "column_2", 2),
        ("raw/mrpc_bom_tsv/train.tsv", ("#1 String", "#2 String"), "Quality", 2),
        ("raw/restaurant_reviews_latin1_tsv/Restaurant_Reviews.tsv", ("Review",), "Liked", 2),
        ("raw/waimai_10k_label_first/waimai_10k.csv", ("review",), "label", 2),
    ],
)
def test_real_files(name: str, text: tuple[str, ...], label: str, classes: int) -> None:
    table = read_table(SHARED / name)
    roles = guess_roles(table).roles
    assert (roles.read, roles.label) == (text, label)
    data = labelled_texts(table, roles)
    assert (len(data), len(data.label_names)) == (table.rows, classes)


@pytest.mark.parametrize(
    "data",
    [
        texts_of([i // 2 for i in range(300)]),  # two rows of each class
        texts_of([i % 2 for i in range(400)], [f"text {i % 2}" for i in range(400)]),  # one text of each class
        texts_of([i // 2 for i in range(1200)] + [600] * 3),  # one class has two rows to spare
        texts_of([i // 2 for i in range(300)] + [150] * 10),
        texts_of([i // 3 for i in range(300)]),  # each class would be learnt from a third of its rows
        texts_of([i // 6 for i in range(462)]),
        texts_of([i // 6 for i in range(462)], [f"text {i // 2}" for i in range(462)]),  # of three texts each
    ],
)
def test_where_no_class_has_a_row_to_spare_folds_take_turns(data: LabelledTexts) -> None:
    split = split_texts(data)
    assert (len(split.train), len(split.validation), len(split.test)) == (len(data), 0, 0)
    assert split.out_of_fold
    assert sorted(np.concatenate([held for _, held in split.folds])) == list(range(len(data)))
    assert split.findings[0].code == "classes_out_of_fold"
    assert f"{len(data):,}" in split.findings[0].message()


def test_what_is_learnt_from_and_what_judges_keep_about_their_sizes() -> None:
    for rows_of_classes in (
        [6] * 40 + [60] * 5,
        [10] * 77,
        [2] * 99 + [300],
        [3] * 150 + [40] * 9,
        [7] * 300,
        [5] * 70,
    ):
        data = texts_of(np.repeat(np.arange(len(rows_of_classes)), rows_of_classes).tolist())
        for test in (None, own_test(data)):
            split = split_texts(data, test=test)
            fewest_learnt = min([len(fit) for fit, _ in split.folds] or [len(split.train)])
            assert fewest_learnt > 0.54 * len(data)
            assert split.folds or len(split.validation) >= 0.07 * len(data)
            assert split.out_of_fold or test or len(split.test) >= 0.1 * len(data)


@pytest.mark.parametrize("rows_of_each", [2, 3, 6])
def test_thousands_of_rows_are_parted_even_where_classes_have_few(rows_of_each: int) -> None:
    classes = 6000 // rows_of_each
    data = texts_of(np.repeat(np.arange(classes), rows_of_each).tolist())
    split = split_texts(data)
    assert not split.folds
    assert len(split.test) == pytest.approx(600, abs=1)
    assert len(split.validation) == pytest.approx(600, abs=1)
    assert set(data.labels[split.train]) == set(range(classes))  # what is judged was learnt
    # each class is as likely to be judged as any other
    firsts = [np.mean(data.labels[split_texts(data, seed=seed).test] < classes // 2) for seed in range(8)]
    assert np.mean(firsts) == pytest.approx(0.5, abs=0.03)
    [finding] = [found for found in split.findings if found.code == "class_too_small"]
    assert finding.count > classes // 2


def test_many_repeats_of_one_text_do_not_make_folds_take_turns() -> None:
    same = ["same"] * 250 + [sentence(i) for i in range(150)]
    split = split_texts(texts_of([0] * 250 + [1] * 150, same))
    assert not split.folds
    assert "same" not in {split.data.texts[i] for i in split.test.tolist()}
