"""Files as other programs write them: lines around the header, rows of survey tools, annotations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bertdemo.data import table as reading
from bertdemo.data.dataset import guess_roles, labelled_texts
from bertdemo.data.doctor import examine
from bertdemo.data.table import Table, read_table

TEXTS = [
    f"{('the invoice is wrong', 'where is my parcel', 'it broke on day')[i % 3]}, says case {i}" for i in range(60)
]
LABELS = [("billing", "shipping", "technical")[i % 3] for i in range(60)]


def table_of(folder: Path, *lines: str, name: str = "data.csv", **asked: object) -> Table:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_table(path, **asked)  # type: ignore[arg-type]


def rows(delimiter: str = ",", *more: str) -> list[str]:
    cells = zip(TEXTS, LABELS, strict=True)
    return [delimiter.join((f'"{text}"', label, *more)) for text, label in cells]


def said(table: Table) -> dict[str, str]:
    return {notice.code: str(notice.params.get("lines", "")) for notice in table.reading.notices}


@pytest.mark.parametrize(
    ("above", "header", "more", "notices"),
    [
        (["Tickets, all queues"], "message,category,date", ["2026-11-03"], {"preamble_skipped": "1"}),
        (["Tickets, all queues", ""], "message,category,date", ["2026-11-03"], {"preamble_skipped": "1"}),
        (["Tickets, all, 2026"], "message,category,date,id", ["2026-11-03", "7"], {"preamble_skipped": "1"}),
        (["Tickets, all queues"], "message,category", [], {"preamble_skipped": "1"}),
        (["Tickets, all", "made by, us, all"], "message,category,date", ["x"], {"preamble_skipped": "1, 2"}),
        (["Tickets, 03.11.2026"], "Nachricht,Kategorie,Filiale", ["Nord"], {"preamble_skipped": "1"}),
        (["# exported on Monday, 2 Nov"], "message,category", [], {"comment_lines": "1"}),
        (["# exported on Monday, 2 Nov"], "Nachricht,Kategorie", [], {"comment_lines": "1"}),
        (["# a, b, c, d", "# e"], "message,category,date", ["x"], {"comment_lines": "1, 2"}),
        (["# a, b", "Tickets, all queues"], "message,category", [], {"comment_lines": "1", "preamble_skipped": "2"}),
        ([], "#message,category", [], {}),
        ([], "#Nachricht,Kategorie", [], {}),
        (["# by us, today"], "#message,category", [], {"comment_lines": "1"}),
    ],
)
def test_titles_and_comments_above_the_header_are_no_rows(
    tmp_path: Path, above: list[str], header: str, more: list[str], notices: dict[str, str]
) -> None:
    table = table_of(tmp_path, *above, header, *rows(",", *more))
    assert table.columns == tuple(header.split(","))
    assert (table.rows, table.column(table.columns[0])) == (60, TEXTS)
    assert said(table) == notices


@pytest.mark.parametrize(
    "lines",
    [
        ["Betreff,Team", *rows()],
        ["text,label", *rows()],
        ["text,label", "message,category", *rows()],
        ["id,text,label", *rows(",", "7")],
        ["Frage,Gruppe,Nummer", *(f"{text},{i}" for i, text in enumerate(rows()))],
    ],
)
def test_a_header_is_no_title(tmp_path: Path, lines: list[str]) -> None:
    table = table_of(tmp_path, *lines)
    assert (table.columns, table.rows) == (tuple(lines[0].split(",")), len(lines) - 1)
    assert not table.reading.notices


@pytest.mark.parametrize("first", ["#win", "# of calls"])
def test_texts_that_begin_with_a_hash_are_rows(tmp_path: Path, first: str) -> None:
    table = table_of(
        tmp_path, *(f"{first if i < 2 else 'we lost'} again today and number {i},{i % 2}" for i in range(40))
    )
    assert (table.rows, said(table)) == (40, {"header_missing": ""})


def test_lines_above_are_rows_where_a_person_says_that_there_is_no_header(tmp_path: Path) -> None:
    assert table_of(tmp_path, "Tickets,all", "message,category", *rows(), has_header=False).rows == 62


QUALTRICS = [
    "StartDate,Finished,Q1,Q2_TEXT,Q3",
    "Start Date,Finished,How satisfied?,What is your problem?,Which team?",
    ",".join(f'"{{""ImportId"":""{name}""}}"' for name in ("startDate", "finished", "QID1", "QID2_TEXT", "QID3")),
]
ANSWERS = [f'2026-11-03 10:00:00,True,{i % 5 + 1},"{TEXTS[i]}",{LABELS[i]}' for i in range(60)]


@pytest.mark.parametrize("skipped", [1, 2])
@pytest.mark.parametrize("blank_rows", [False, True])
def test_what_qualtrics_writes_below_the_names_are_no_answers(tmp_path: Path, skipped: int, blank_rows: bool) -> None:
    table = table_of(tmp_path, *([*QUALTRICS[:1], *QUALTRICS[-skipped:]]), *ANSWERS, blank_rows=blank_rows)
    assert (table.columns, table.rows) == (tuple(QUALTRICS[0].split(",")), 60)
    assert said(table) == {"survey_rows_skipped": "2, 3" if skipped == 2 else "2"}
    roles = guess_roles(table).roles
    assert (roles.text, roles.label) == (("Q2_TEXT",), "Q3")


@pytest.mark.parametrize(
    ("header", "below", "more"),
    [
        ("Respondent ID,What went wrong?,Which team?", ",Open-Ended Response,Response", ""),
        ("Respondent ID,What went wrong?,Which team?,", ",Open-Ended Response,Response,Other (please specify)", ",x"),
        ("Respondent ID,What?,Which?,What else?,,", ",Open-Ended Response,Response,Phone,Mail,Post", ",Phone,,Post"),
    ],
)
def test_what_surveymonkey_writes_below_the_questions_are_no_answers(
    tmp_path: Path, header: str, below: str, more: str
) -> None:
    lines = [f'{i},"{TEXTS[i]}",{LABELS[i]}{more}' for i in range(60)]
    table = table_of(tmp_path, header, below, *lines)
    assert (table.rows, table.column(table.columns[1])) == (60, TEXTS)
    assert said(table)["survey_rows_skipped"] == "2"
    assert table.column(table.columns[0])[0] is not None


@pytest.mark.parametrize(
    "first", [",Response,billing", "7,Open-Ended Response,Response", ",the response,Response", ",,billing"]
)
def test_a_row_that_may_be_an_answer_is_kept(tmp_path: Path, first: str) -> None:
    lines = [f'{i},"{TEXTS[i]}",{LABELS[i]}' for i in range(60)]
    table = table_of(tmp_path, "id,text,label", first, *lines)
    assert (table.rows, said(table)) == (61, {})


def json_of(folder: Path, rows: list[dict[str, Any]], **asked: object) -> Table:
    return table_of(folder, *map(json.dumps, rows), name="data.jsonl", **asked)


def task(i: int, chosen: dict[str, list[str]], cancelled: bool = False) -> dict[str, Any]:
    """What Label Studio exports of a text; with two annotators, of whom the second chooses otherwise."""
    results = [{"from_name": name, "value": {"choices": labels}, "type": "choices"} for name, labels in chosen.items()]
    other = [{"from_name": name, "value": {"choices": ["other"]}, "type": "choices"} for name in chosen]
    cancel = [{"was_cancelled": True, "result": other}] if cancelled else []
    annotations = [*cancel, {"was_cancelled": False, "result": results}, {"result": other}]
    return {"id": i, "annotations": annotations, "data": {"text": TEXTS[i]}, "meta": {}, "predictions": []}


CATS = ("billing", "shipping", "technical")
LIST = [[label, "urgent"] if i % 4 == 0 else [label] for i, label in enumerate(LABELS)]
FORMS: dict[str, tuple[Callable[[int], dict[str, Any]], str, str, bool]] = {
    "label studio": (lambda i: task(i, {"c": [LABELS[i]]}, i % 2 == 0), "text", "label", False),
    "label studio, several": (lambda i: task(i, {"c": LIST[i]}), "text", "label", True),
    "cats": (
        lambda i: {"text": TEXTS[i], "cats": {name: float(name == LABELS[i]) for name in CATS}},
        "text",
        "cats",
        False,
    ),
    "cats, several": (
        lambda i: {"text": TEXTS[i], "cats": {name: name in LIST[i] for name in (*CATS, "urgent")}},
        "text",
        "cats",
        True,
    ),
    "nested": (
        lambda i: {"data": {"text": TEXTS[i]}, "annotation": {"label": LABELS[i], "by": "ann"}},
        "data.text",
        "annotation.label",
        False,
    ),
    "nested, one value": (
        lambda i: {"id": {"$oid": f"x{i}"}, "message": {"de": TEXTS[i]}, "Gruppe": {"x": LABELS[i]}},
        "message.de",
        "Gruppe.x",
        False,
    ),
    "nested, lists": (
        lambda i: {"data": {"text": TEXTS[i]}, "annotation": {"labels": LIST[i]}},
        "data.text",
        "annotation.labels",
        True,
    ),
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(("row", "text", "label", "several"), FORMS.values(), ids=FORMS)
def test_annotations_inside_of_objects_become_columns(
    tmp_path: Path, row: Callable[[int], dict[str, Any]], text: str, label: str, several: bool, whole: bool
) -> None:
    made = [row(i) for i in range(60)]
    table = table_of(tmp_path, json.dumps(made), name="data.json") if whole else json_of(tmp_path, made)
    guess = guess_roles(table).roles
    assert (guess.text, guess.label, guess.several) == ((text,), label, several)
    assert table.column(text) == TEXTS
    data = labelled_texts(table, guess)
    assert [data.labels_of(i) for i in range(60)] == ["|".join(LIST[i]) if several else LABELS[i] for i in range(60)]
    assert table.reading.notices


def test_two_choices_of_label_studio_are_two_columns(tmp_path: Path) -> None:
    table = json_of(tmp_path, [task(i, {"topic": [LABELS[i]], "tone": ["calm"]}) for i in range(20)])
    assert table.columns == ("id", "text", "topic", "tone")
    assert table.column("topic") == LABELS[:20]


def test_tasks_without_an_annotation_have_no_label(tmp_path: Path) -> None:
    tasks = [task(i, {"c": [LABELS[i]]}) for i in range(20)]
    tasks[3]["annotations"] = []
    tasks[5]["annotations"] = [{"was_cancelled": False, "result": []}]
    assert json_of(tmp_path, tasks).column("label") == [*LABELS[:3], None, LABELS[4], None, *LABELS[6:20]]
    new = [{**task(i, {}), "annotations": []} for i in range(20)]
    assert json_of(tmp_path, new).columns == ("id", "text")


@pytest.mark.parametrize(
    "about",
    [
        {"confidence": 1, "job-name": "x", "human-annotated": "yes"},
        {"tokens": ["a", "b"]},
        {"x": 1, "y": {"z": 2}},
    ],
)
def test_objects_that_hold_neither_text_nor_label_stay_one_cell(tmp_path: Path, about: dict[str, Any]) -> None:
    made = [{"source": TEXTS[i], "class": LABELS[i], "class-metadata": about} for i in range(20)]
    table = json_of(tmp_path, made)
    assert table.columns == ("source", "class", "class-metadata")
    assert table.column("class-metadata")[0] == json.dumps(about)
    assert not table.reading.notices


def test_columns_that_have_the_name_are_kept(tmp_path: Path) -> None:
    made = [{"data": {"text": TEXTS[i]}, "data.text": "another", "label": LABELS[i]} for i in range(20)]
    assert json_of(tmp_path, made).columns == ("data", "data.text", "label")


def test_texts_that_are_objects_are_a_finding(tmp_path: Path) -> None:
    made = [{"text": {"de": TEXTS[i], "en": [f"in English {i}"]}, "label": LABELS[i]} for i in range(60)]
    table = json_of(tmp_path, made)
    roles = guess_roles(table).roles
    found = {finding.code: finding for finding in examine(table, roles, labelled_texts(table, roles))}
    assert found["cells_are_objects"].severity == "warning"
    assert found["cells_are_objects"].params == {"column": "text"}
    plain = json_of(tmp_path, [{"text": TEXTS[i], "label": LABELS[i]} for i in range(60)])
    codes = {finding.code for finding in examine(plain, roles, labelled_texts(plain, roles))}
    assert "cells_are_objects" not in codes


ANSWER = [("accept", "accept", "reject", "ignore")[i % 4] for i in range(60)]
ACCEPTED = [i for i in range(60) if ANSWER[i] == "accept"]


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("made", [lambda i: {"label": LABELS[i]}, lambda i: {"accept": [LABELS[i]], "options": [{}]}])
def test_only_what_was_accepted_counts(
    tmp_path: Path, made: Callable[[int], dict[str, Any]], streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if streamed:
        monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    every = [{"text": TEXTS[i], **made(i), "answer": ANSWER[i]} for i in range(60)]
    table = json_of(tmp_path, every)
    assert table.column("text") == [TEXTS[i] for i in ACCEPTED]
    left = [(notice.code, notice.count) for notice in table.reading.notices]
    assert left == [("answers_left_out", 60 - len(ACCEPTED))]
    assert guess_roles(table).roles.label in ("label", "accept")
    assert json_of(tmp_path, every, originals=True).rows == 60


@pytest.mark.parametrize(
    "row",
    [
        lambda i: {"text": TEXTS[i], "label": "billing", "answer": ("accept", "reject")[i % 2]},
        lambda i: {"text": TEXTS[i], "answer": ANSWER[i]},
        lambda i: {"text": TEXTS[i], "label": LABELS[i], "answer": ANSWER[i] if i else "maybe"},
        lambda i: {"text": TEXTS[i], "label": LABELS[i], "answer": "reject"},
    ],
)
def test_answers_that_judge_no_labels_leave_nothing_out(tmp_path: Path, row: Callable[[int], dict[str, Any]]) -> None:
    table = json_of(tmp_path, [row(i) for i in range(60)])
    assert (table.rows, table.reading.notices) == (60, ())


def test_of_one_label_the_answers_are_the_labels(tmp_path: Path) -> None:
    table = json_of(tmp_path, [{"text": TEXTS[i], "label": "billing", "answer": ANSWER[i]} for i in range(60)])
    assert [(notice.code, notice.count) for notice in table.reading.notices] == [("answers_ignored", 15)]
    roles = guess_roles(table).roles
    assert (roles.label, labelled_texts(table, roles).label_names) == ("answer", ("accept", "reject"))


def test_large_files_are_laid_out_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [{"data": {"text": TEXTS[i]}, "annotation": {"label": LABELS[i]}} for i in range(60)]
    held = json_of(tmp_path, made)
    monkeypatch.setattr(reading, "LARGE_BYTES", 0)
    assert json_of(tmp_path, made).fingerprint == held.fingerprint
    kept = json_of(tmp_path, made, keep=lambda schema, batches: pa.Table.from_batches(batches, schema), originals=True)
    assert json.loads(kept.data.column(kept.data.num_columns - 1)[0].as_py()) == made[0]
