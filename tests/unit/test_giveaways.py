"""What gives labels away is said wherever a score that it made is."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bertdemo import train
from bertdemo.cli import main
from bertdemo.data.dataset import Roles, labelled_texts
from bertdemo.data.doctor import too_good
from bertdemo.data.findings import FINDING
from bertdemo.data.table import read_table
from bertdemo.export.report_page import write_report
from bertdemo.export.report_parts import next_steps, warnings
from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES

WORDS = [f"w{letter}{other}" for letter in "bcdfghjklm" for other in "aeiouy"]


def texts(n: int) -> list[str]:
    """Different texts of words that say nothing of a label."""
    draw = random.Random(0)
    return [" ".join(draw.sample(WORDS, 7)) for _ in range(n)]


def written(folder: Path, rows: list[tuple[str, str]]) -> Path:
    path = folder / "data.csv"
    path.write_text("text,label\n" + "".join(f'"{text}",{label}\n' for text, label in rows), encoding="utf-8")
    return path


def test_what_gives_a_label_away_stands_beside_the_score_and_is_the_first_thing_to_look_at(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(f"{text} -- sent by {'sales' if i % 2 else 'support'}", "ab"[i % 2]) for i, text in enumerate(texts(120))]
    main(["train", str(written(tmp_path, rows)), "--base", "tfidf"])
    said = capsys.readouterr()
    telling = "“sales” stands in 100% of the texts with the label “b”"
    assert telling in said.err
    assert telling in said.out
    main(["runs", "show", "last"])
    assert telling in capsys.readouterr().out
    write_report(Run.find("last"), tmp_path / "r.html", "en")
    assert telling in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_scores_that_nothing_gave_away_have_no_such_caution(tmp_path: Path, home: Path) -> None:
    given = [(f"{text} {'sales' if i % 2 else 'support'}", "ab"[i % 2]) for i, text in enumerate(texts(120))]
    plain = [(text, "ab"[i % 2]) for i, text in enumerate(texts(120))]
    for rows, warned in ((given, True), (plain, False)):
        report = train(written(tmp_path, rows), base="tfidf").report
        assert (FINDING in {caution["say"] for caution in report["cautions"]}) is warned
        assert (report["next"][0]["do"] == "look_why_easy") is warned
        for lang in LANGUAGES:
            assert all(warnings(report, lang))
            assert next_steps(report, lang, owner=False)


@pytest.mark.parametrize(
    ("marked", "code", "mark"),
    [
        (lambda text, own, i: f"{'XQ'[own]}{100 + 7 * i} {text}", "number_tells_label", "Q"),
        (lambda text, own, i: f"{text} ticket {'XQ'[own]}{100 + 7 * i}", "number_tells_label", "Q"),
        (lambda text, own, i: f"{'/#'[own]}{text}", "start_tells_label", "#"),
        (lambda text, own, i: f"{text} {'+~'[own]}", "end_tells_label", "~"),
        (lambda text, own, i: f"{'wz'[own]}{text}", "", ""),  # letters that many words begin with
        (lambda text, own, i: f"{text}{'.?'[own]}", "", ""),  # asked or told
        (lambda text, own, i: f"{'XQ'[i % 2]}{100 + 7 * i} {text}", "", ""),
    ],
)
def test_marks_that_give_a_label_away(
    marked: Callable[[str, int, int], str], code: str, mark: str, tmp_path: Path
) -> None:
    draw = random.Random(1)
    rows = [(i, text, draw.randrange(2)) for i, text in enumerate(texts(150))]
    table = read_table(written(tmp_path, [(marked(text, own, i), "ab"[own]) for i, text, own in rows]))
    roles = Roles(("text",), "label")
    found = {f.params["label"]: f for f in too_good(table, roles, labelled_texts(table, roles))}
    assert {f.code for f in found.values()} == ({code} if code else set())
    if code:
        assert (found["b"].params["mark"], found["b"].count) == (mark, 100)
        assert all(found["b"].message(lang) for lang in LANGUAGES)


def who(i: int) -> int:
    """Of 240 rows, four each of 60 people."""
    return i * 7 % 60


@pytest.mark.parametrize(
    ("column", "label", "told"),
    [
        (lambda i: f"customer {who(i)}", lambda i: "ab"[who(i) * who(i) % 7 % 2], True),
        (lambda i: str(who(i)), lambda i: "ab"[who(i) * who(i) % 7 % 2], True),
        (lambda i: str(who(i)), lambda i: "ab"[who(i) > 30], False),  # the label was made of the number
        (lambda i: f"customer {who(i)}", lambda i: "ab"[i // 60 % 2], False),  # they have several labels
        (lambda i: f"kind {who(i) % 8}", lambda i: "ab"[who(i) % 2], False),  # a finer sort of label
        (lambda i: f"row {i}", lambda i: "ab"[i % 2], False),  # nobody twice
    ],
)
def test_people_that_stand_on_both_sides_of_the_split_are_said(
    column: Callable[[int], str], label: Callable[[int], str], told: bool, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    rows = [f"{text},{label(i)},{column(i)}" for i, text in enumerate(texts(240))]
    path.write_text("text,label,who\n" + "\n".join(rows) + "\n", encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    found = too_good(table, roles, labelled_texts(table, roles))
    assert [(f.code, f.count, f.params["column"]) for f in found] == (
        [("column_of_sources", 60, "who")] if told else []
    )
    assert all(f.message(lang) for f in found for lang in LANGUAGES)
    path.write_text("text,label,who\na new text,a,somebody new\n", encoding="utf-8")
    assert too_good(table, roles, labelled_texts(table, roles), read_table(path)) == ()
