"""The report: figures against hand-computed ones, planted faults found, and nothing that quotes rows unasked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bertdemo.api import corrected, prepare
from bertdemo.errors import UserError
from bertdemo.report.calibration import (
    coverage_curve,
    expected_calibration_error,
    promise,
    reliability,
    threshold_for,
)
from bertdemo.report.metrics import most_confused, paired_difference
from bertdemo.report.next_steps import next_steps
from bertdemo.report.suspects import find_suspects
from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES
from bertdemo.ui import report_tab, report_view


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.65, 0.65])
    correct = np.array([True, True, True, False])
    # two bins of half the rows each: |0.95 - 1| / 2 + |0.65 - 0.5| / 2
    assert expected_calibration_error(confidence, correct, bins=10) == pytest.approx(0.1)
    assert [b["rows"] for b in reliability(confidence, correct, bins=10)] == [2, 2]
    assert expected_calibration_error(np.zeros(0), np.zeros(0, bool)) == 0


def test_calibrated_probabilities_have_a_small_error() -> None:
    draw = np.random.default_rng(0)
    confidence = draw.uniform(0.5, 1, 20_000)
    correct = draw.random(20_000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.015
    assert expected_calibration_error(confidence, draw.random(20_000) < confidence - 0.2) > 0.15


def test_coverage_and_threshold() -> None:
    confidence = np.linspace(1.0, 0.5, 100)
    correct = np.arange(100) < 80  # the surest 80 are right
    curve = coverage_curve(confidence, correct, points=10)
    assert curve[0]["accuracy"] == 1
    assert (curve[-1]["coverage"], curve[-1]["accuracy"]) == (1.0, 0.8)
    threshold = threshold_for(confidence, correct, 0.95)
    assert threshold is not None
    found = promise(confidence, correct, threshold)
    assert found["accuracy"] >= 0.95
    assert found["coverage"] > 0.75
    assert threshold_for(confidence, ~correct & False, 0.9) is None
    assert threshold_for(np.ones(50), np.arange(50) < 40, 0.9) is None  # equals stand or fall together


def test_paired_test_is_the_exact_one() -> None:
    first, second = np.ones(30, bool), np.ones(30, bool)
    first[:2], second[2:12] = False, False
    found = paired_difference(first, second)
    # 10 against 2: the two-sided binomial probability of 12 throws
    assert found["p"] == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert (found["verdict"], found["only_first"], found["only_other"]) == ("better", 10, 2)
    assert paired_difference(second, first)["verdict"] == "worse"
    assert paired_difference(first, first) == {
        "difference": 0,
        "p": 1.0,
        "only_first": 0,
        "only_other": 0,
        "verdict": "within_noise",
    }


def test_most_confused_pairs() -> None:
    found = most_confused(np.array([[9, 3, 0], [1, 9, 0], [0, 0, 9]]), ("a", "b", "c"))
    assert [(p["given"], p["predicted"], p["rows"]) for p in found] == [("a", "b", 3), ("b", "a", 1)]


@pytest.mark.parametrize("spread", [0.15, 0.35])
def test_planted_wrong_labels_come_first(spread: float) -> None:
    """Found where classes lie in clusters (neighbours tell) and where a plane parts them (regression tells)."""
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 3, 600)
    features = np.eye(16)[truth] + spread * draw.standard_normal((600, 16))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    given = truth.copy()
    wrong = draw.choice(600, 60, replace=False)
    given[wrong] = (given[wrong] + 1) % 3
    found = find_suspects(features.astype(np.float32), given, 3, np.arange(600))
    first = found.positions[:60]
    assert np.isin(first, wrong).mean() > (0.95 if spread < 0.2 else 0.6)
    assert (found.suggested[:40] == truth[first[:40]]).mean() > 0.9
    assert (np.diff(found.given) >= 0).all()


def test_nothing_to_compare_with_is_no_suspicion() -> None:
    assert len(find_suspects(np.eye(5, 4, dtype=np.float32), np.arange(5) % 2, 2, np.arange(5)).positions) == 0


def test_the_report_of_a_run_is_whole_and_quotes_no_row(trained: Run) -> None:
    report = trained.report
    assert report is not None
    assert {"calibration", "trust", "wrong", "suspects", "next", "most_confused", "parent"} <= set(report)
    assert report["models"]["tfidf"].get("paired") or report["selected"] == "tfidf"
    text = json.dumps(report)
    assert not any(row in text for row in trained.split().data.texts[:50])
    assert len(report["next"]) <= 3
    for lang in LANGUAGES:
        owner = json.dumps(report_tab.shown(trained, report, lang, True), default=str)
        visitor = json.dumps(report_tab.shown(trained, report, lang, False), default=str)
        assert "svg" in owner
        assert not any(row in visitor for row in trained.split().data.texts)


def test_rows_are_escaped(trained: Run) -> None:
    row = {"row": 0, "position": 0, "of_test_file": False, "given": "<b>", "predicted": "<i>", "confidence": 0.9}
    shown = report_view.wrong({"wrong": [row]}, "en", lambda _: "<script>alert(1)</script>")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "<b>" not in shown


def test_next_steps_follow_from_the_report(trained: Run) -> None:
    report = {**(trained.report or {})}
    report["suspects"] = {"checked": 100, "doubted": 50, "rows": []}
    assert next_steps(report)[0]["do"] == "check_labels"
    report["suspects"] = {"checked": 100, "doubted": 0, "rows": []}
    assert "check_labels" not in {step["do"] for step in next_steps(report)}


def test_a_corrected_run_is_judged_on_the_same_rows(reviews_csv: Path, home: Path) -> None:
    run = prepare(reviews_csv, base="tfidf").run
    split = run.split()
    rows = split.data.row_ids[split.train[:3]].tolist()
    with pytest.raises(UserError) as not_ready:
        corrected(run, "drop")
    assert not_ready.value.code == "run_not_ready"
    suspects = [{"row": row, "position": 0, "given": "x", "suggested": "positive", "probability": 0.1} for row in rows]
    (run.folder / "report.json").write_text(json.dumps({"suspects": {"rows": suspects}}), encoding="utf-8")
    tested = set(split.data.take(split.test).texts)
    for how, lost in (("relabel", 0), ("drop", 3)):
        made = corrected(run, how, key="key")
        again = made.split()
        assert set(again.data.take(again.test).texts) == tested
        assert made.meta["parent"] == run.id
        assert made.table.rows == run.table.rows - len(split.test) - lost
        assert made.belongs_to("key")
    (run.folder / "report.json").write_text(json.dumps({"suspects": {"rows": []}}), encoding="utf-8")
    with pytest.raises(UserError) as clean:
        corrected(run, "drop")
    assert clean.value.code == "nothing_suspect"
