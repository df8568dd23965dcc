"""The Report tab as functions: what an owner and a visitor are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES
from bertdemo.ui import view
from bertdemo.ui.report_shown import SHOWN, at_threshold, said_of, shown


def with_mistakes(run: Run) -> dict[str, Any]:
    """The run's report as if row 1 were judged wrong, row 2 nearest to it, and row 3 doubtful."""
    said = {"row": 0, "position": 0, "given": "positive", "predicted": "negative", "confidence": 0.9}
    wrong = {**said, "of_test_file": False, "likeliest": [["negative", 0.9]], "near": [1]}
    doubtful = {"row": 2, "position": 2, "given": "positive", "suggested": "negative", "probability": 0.1}
    report = run.report or {}
    suspects = {**report["suspects"], "rows": [doubtful]}
    report = {**report, "wrong": [wrong], "suspects": suspects, "confusion": [[20, 1], [0, 20]]}
    (run.folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return report


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rows_are_the_owners(trained: Run, lang: str) -> None:
    texts, report = trained.split().data.texts, with_mistakes(trained)
    owner = json.dumps(shown(trained, report, lang, True), default=str)
    visitor = json.dumps(shown(trained, report, lang, False), default=str)
    assert "svg" in owner
    assert "svg" in visitor
    assert [text for text in texts if text in owner] == list(texts[:3])
    assert not any(text in visitor for text in texts)
    for rows_to_decide_on in ("<select", "data-cell"):
        assert rows_to_decide_on in owner
        assert rows_to_decide_on not in visitor


def test_every_component_is_shown_something(trained: Run) -> None:
    assert set(shown(trained, trained.report, "en", True)) == set(SHOWN)
    assert set(shown(None, None, "en", False)) == {"empty", "panel"}


def test_a_report_of_another_version_is_said_to_be_one(trained: Run) -> None:
    state, old = trained.state(), {**(trained.report or {}), "version": 1}
    (trained.folder / "report.json").write_text(json.dumps(old), encoding="utf-8")
    for lang, words in (("en", "another version"), ("zh", "另一个版本")):
        assert words in shown(trained, trained.report, lang, True)["empty"]["value"]
        assert "%" not in view.next_step(state, None, trained.report, lang)


def test_without_steps_there_is_no_heading_for_them(trained: Run) -> None:
    report = trained.report or {}
    for steps, there in ([], False), ([{"do": "test_more", "values": {"n": 30}}], True):
        assert shown(trained, {**report, "next": steps}, "en", True)["steps_part"]["visible"] is there


def test_where_a_corrected_run_is_not_offered_the_way_by_the_file_is_told(trained: Run) -> None:
    for rows_are, told in (("held_out", False), ("out_of_fold", True), ("some_folds", True)):
        found = shown(trained, {**(trained.report or {}), "rows_are": rows_are}, "en", True)
        assert (found["again"]["visible"], found["by_file"]["visible"]) == (not told, told)


def test_only_a_change_is_worth_another_training() -> None:
    for decided, worth in (({}, False), ({3: "keep"}, False), ({3: "keep", 5: "drop"}, True), ({3: "relabel"}, True)):
        said, again = said_of(decided, "en")
        assert bool(said) == bool(decided)
        assert again["interactive"] is worth


def test_a_stricter_threshold_accepts_fewer(trained: Run) -> None:
    shares = [at_threshold(trained, threshold)["coverage"] for threshold in (0.0, 0.6, 0.9, 1.01)]
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (1.0, 0.0)


def test_a_threshold_of_the_report_gives_what_the_report_says(trained: Run) -> None:
    report = trained.report or {}
    of_folds = {"threshold": 0.538, "coverage": 0.99, "accuracy": 0.973, "interval": [0.9, 1.0], "rows": 148}
    report["trust"] = {**report["trust"], "targets": [{"target": 0.95, **of_folds}]}
    (trained.folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert {**at_threshold(trained, 53.8 / 100), **of_folds} == at_threshold(trained, 53.8 / 100)
    assert at_threshold(trained, 0.539)["coverage"] != 0.99
