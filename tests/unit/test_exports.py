"""Files as other programs write them: lines around the header, rows of survey tools, annotations."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import Table, read_table

TEXTS = [f"{('the invoice is wrong', 'where is my parcel', 'it broke on day')[i % 3]}, says case {i}" for i in range(60)]
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
