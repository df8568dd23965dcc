"""The report: figures against hand-computed ones, planted faults found, and nothing that quotes rows unasked."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import hypergeom

from bertdemo.api import load, prepare
from bertdemo.cli import main
from bertdemo.core.baselines import Features
from bertdemo.core.linear import Linear
from bertdemo.core.neighbours import Neighbours
from bertdemo.core.predictions import Predictions
from bertdemo.data.checks import deciding_columns
from bertdemo.data.dataset import LabelledTexts, Split, guess_roles, left_aside
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.errors import UserError
from bertdemo.export import report_parts, report_rows
from bertdemo.export.card import card
from bertdemo.export.charts import clipped
from bertdemo.export.report_page import rows_of, write_report
from bertdemo.report import groups
from bertdemo.report.calibration import (
    MOST_COUNTED,
    Promise,
    accepted,
    calibration,
    chance_of_right,
    coverage_curve,
    expected_calibration_error,
    promise_for,
    recommended,
    reliability,
)
from bertdemo.report.cautions import cautions
from bertdemo.report.compare import _groups as groups_of_pairs
from bertdemo.report.compare import _Row as JudgedRow
from bertdemo.report.compare import compare
from bertdemo.report.corrections import DECISIONS, corrected_run, corrected_table, counts, decide, for_all
from bertdemo.report.groups import by_column, by_length, by_parts
from bertdemo.report.learning_curve import learning_curve, outlook
from bertdemo.report.metrics import far_off, most_confused, paired_difference, score_several
from bertdemo.report.next_steps import is_doubtful, next_steps
from bertdemo.report.report import _trust as trust_of
from bertdemo.report.report import by_other_folds, reselect
from bertdemo.report.rows import doubtful_tests, suspect_rows
from bertdemo.report.suspects import Suspects, find_suspects
from bertdemo.runs.files import read_json, write_json
from bertdemo.runs.run import REPORT_VERSION, Run
from bertdemo.text import LANGUAGES, sentence
from bertdemo.ui import compare_view


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


def test_the_gap_that_chance_makes_is_known() -> None:
    draw = np.random.default_rng(0)
    found = []
    for _ in range(200):
        confidence = draw.uniform(0.5, 1, 100)
        found.append(calibration((confidence, draw.random(100) < confidence), None))
    assert np.mean([one["error"] for one in found]) == pytest.approx(
        np.mean([one["by_chance"] for one in found]), rel=0.1
    )
    sure = np.full(50, 1.0 + 1e-7)  # as 32 bits round it
    assert calibration((sure, sure > 0), None)["by_chance"] == 0


@pytest.mark.parametrize(("texts", "copies"), [(400, 4), (60, 20), (50, 8)])
def test_true_probabilities_of_copies_are_seldom_doubted(texts: int, copies: int) -> None:
    draw, of_row, said = np.random.default_rng(0), np.repeat(np.arange(texts), copies), []
    for _ in range(60):
        confidence = draw.uniform(0.55, 1, texts)
        correct = draw.random(texts) < confidence
        found = calibration((confidence[of_row], correct[of_row]), None, of_row)
        said.append(believed(found, texts, copies))
    assert np.mean([code not in ("is_calibrated", "calibration_few") for code in said]) <= 0.1


def test_false_probabilities_are_found_among_copies_as_among_texts() -> None:
    draw, of_row, found = np.random.default_rng(0), np.repeat(np.arange(60), 10), np.zeros(2)
    for _ in range(60):
        confidence = draw.uniform(0.55, 1, 60)
        correct = draw.random(60) < confidence - 0.3
        once = calibration((confidence, correct), None)
        copied = calibration((confidence[of_row], correct[of_row]), None, of_row)
        assert copied["error"] == pytest.approx(once["error"])
        found += [believed(its, 60, n) == "calibration_few_bold" for its, n in ((once, 1), (copied, 10))]
    assert found[0] > 30
    assert abs(found[1] - found[0]) < 15


@pytest.mark.parametrize(
    ("error", "by_chance", "code"),
    [(0.049, 0.01, "is_calibrated"), (0.06, 0.042, "calibration_few"), (0.06, 0.038, "is_uncalibrated")],
)
def test_probabilities_of_many_texts_are_false_where_they_are_off_well_beyond_chance(
    error: float, by_chance: float, code: str
) -> None:
    assert believed({"error": error, "error_before": None, "by_chance": by_chance, "bins": []}, 200, 1) == code


def believed(found: dict[str, Any], texts: int, copies: int) -> str:
    """Which sentence is said of the probabilities of texts that stand so often in the judged rows."""
    report = {"calibration": found, "test_rows": texts * copies, "different_texts": texts if copies > 1 else None}
    said = report_parts.calibration(report, "en").split("</p>")[0].removeprefix("<p>")
    codes = ("is_calibrated", "is_uncalibrated", "calibration_few", "calibration_few_modest", "calibration_few_bold")
    [code] = [code for code in codes if said == sentence(code, "en", n=texts, points=100 * found["error"])]
    return code


def test_coverage_and_threshold() -> None:
    confidence = np.linspace(1.0, 0.5, 100)
    correct = np.arange(100) < 80  # the surest 80 are right
    curve = coverage_curve(confidence, correct, points=10)
    assert curve[0]["accuracy"] == 1
    assert (curve[-1]["coverage"], curve[-1]["accuracy"]) == (1.0, 0.8)
    promise = promise_for(confidence, correct, 0.95)
    assert promise is not None
    found = accepted(confidence, correct, promise.threshold)
    assert found["accuracy"] >= 0.95
    assert found["coverage"] > 0.7
    assert promise_for(confidence, ~correct & False, 0.9) is None
    assert promise_for(np.ones(50), np.arange(50) < 40, 0.9) is None  # equals stand or fall together
    assert accepted(confidence, correct, 2.0)["accuracy"] is None


def test_no_point_of_the_coverage_curve_parts_texts_of_equal_confidence() -> None:
    assert coverage_curve(np.full(100, 0.7), np.arange(100) < 50) == [
        {"threshold": 0.7, "coverage": 1.0, "accuracy": 0.5}
    ]
    confidence, correct = np.round(np.linspace(1, 0.5, 300), 1), np.arange(300) % 3 > 0
    curve = coverage_curve(confidence, correct)
    assert [point["threshold"] for point in curve] == [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
    for point in curve:
        found = accepted(confidence, correct, point["threshold"])
        assert (found["coverage"], found["accuracy"]) == (point["coverage"], point["accuracy"])


@pytest.mark.parametrize(("right", "rows"), [(470, 500), (20, 20), (39_500, 40_000)])
def test_the_interval_for_many_texts_is_the_one_for_a_few_less(right: int, rows: int) -> None:
    promise = Promise(0.9, right / rows, rows, right)
    counted, continuous = promise.interval(MOST_COUNTED), promise.interval(MOST_COUNTED + 1)
    assert continuous == pytest.approx(counted, abs=1.5 / MOST_COUNTED)
    low, high = promise.interval(10**12)
    assert continuous[0] <= low < high <= continuous[1]


def test_the_threshold_is_the_one_that_is_said() -> None:
    confidence = 1 - np.geomspace(1e-9, 0.3, 200)
    promise = promise_for(confidence, confidence > 0.8763, 0.95)
    assert promise is not None
    assert round(1000 * promise.threshold, 9) == int(1000 * promise.threshold + 0.5)
    assert promise.accepted == (confidence >= promise.threshold).sum()
    sure = promise_for(1 - np.geomspace(1e-9, 1e-4, 50), np.ones(50, dtype=bool), 0.95)
    assert sure is not None
    assert (sure.threshold, sure.accepted) == (0.999, 50)


def test_promises_are_kept_on_other_rows() -> None:
    """200 draws: what is promised is what comes, and its interval holds it 95 times of 100."""
    draw = np.random.default_rng(0)
    gaps, held = [], []
    for _ in range(200):
        confidence = draw.beta(6, 1.5, 2000)
        correct = draw.random(2000) < confidence**1.3  # surer than it should be
        promise = promise_for(confidence[:600], correct[:600], 0.9)
        assert promise is not None
        seen = accepted(confidence[600:], correct[600:], promise.threshold)
        low, high = promise.interval(seen["rows"])
        gaps.append(seen["accuracy"] - promise.accuracy)
        held.append(low <= seen["accuracy"] <= high)
    assert abs(np.mean(gaps)) < 0.005
    assert np.mean(held) >= 0.93


@pytest.mark.parametrize(
    ("numbers", "together"),
    [
        ([(0, 0), (1, 1)], None),
        ([(0, 0), (0, 1), (1, 2)], [0, 0, 1]),
        ([(0, 0), (1, 0), (2, 1)], [0, 0, 1]),
        ([(0, 0), (0, 1), (1, 1), (2, 2)], [0, 0, 0, 1]),
    ],
    ids=["none", "as the first run says", "as the second says", "by way of another"],
)
def test_rows_of_two_runs_belong_together_as_either_says(
    numbers: list[tuple[int, int]], together: list[int] | None
) -> None:
    pairs = [tuple(JudgedRow("text", 0, ("a",), ("a",), group) for group in pair) for pair in numbers]
    found = groups_of_pairs(pairs)  # type: ignore[arg-type]
    assert (None if found is None else np.unique(found, return_inverse=True)[1].tolist()) == together


@pytest.mark.parametrize(("worse", "least", "most"), [(0.0, 0.0, 0.06), (0.4, 0.8, 1.0)])
def test_a_threshold_of_copies_has_missed_its_promise_only_beyond_chance(
    worse: float, least: float, most: float
) -> None:
    """60 validation texts and 60 judged ones stand ten times each among the rows."""
    draw, texts = np.random.default_rng(0), tuple(f"text {n // 10}" for n in range(1200))
    rows, missed = np.arange(1200), []
    for _ in range(60):
        sure = draw.uniform(0.6, 1, 120)
        right = draw.random(120) < sure - np.where(np.arange(120) < 60, 0.0, worse)
        logits = np.stack([np.log(sure / (1 - sure)), np.zeros(120)], axis=1).repeat(10, axis=0).astype(np.float32)
        data = LabelledTexts(rows, texts, np.where(right, 0, 1).repeat(10), ("a", "b"))
        split = Split(data, rows[:0], rows[:600], rows[600:])
        targets = trust_of(Predictions(rows, logits), split, rows[600:], np.arange(600) // 10)["targets"]
        missed += [target["accuracy"] < target["promised_interval"][0] for target in targets[:1]]
    assert len(missed) > 30
    assert least <= np.mean(missed) <= most


def test_the_chance_of_being_right_never_falls_with_confidence() -> None:
    draw = np.random.default_rng(1)
    confidence = np.sort(draw.uniform(0.4, 1, 300))
    for correct in (
        draw.random(300) < confidence,
        np.ones(300, bool),
        np.zeros(300, bool),
        draw.random(300) > confidence,
    ):
        chance = chance_of_right(confidence, correct)
        assert (np.diff(chance) >= 0).all()
        assert ((chance > 0) & (chance < 1)).all()


def test_out_of_fold_no_row_has_a_say_in_whether_it_is_accepted() -> None:
    draw = np.random.default_rng(0)
    labels, fold = np.zeros(200, np.int64), np.arange(200) % 4
    logits = np.stack([draw.normal(1, 1.5, 200), np.zeros(200)], axis=1).astype(np.float32)
    said = Predictions(np.arange(200), logits)
    folds = tuple((np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(4))

    def taken(labels: np.ndarray) -> np.ndarray:
        split: Any = SimpleNamespace(data=SimpleNamespace(labels=labels), folds=folds)
        return by_other_folds(said, split, np.arange(200), 0.9)

    own = fold == 0
    assert 20 < taken(labels).sum() < 180
    wrong = np.where(own, 1, labels)
    assert (taken(labels)[own] == taken(wrong)[own]).all()
    assert taken(wrong).sum() < taken(labels).sum()  # the others accept less for it


def test_a_threshold_that_no_judged_row_reaches_is_none_to_go_by() -> None:
    labels, rows, nothing = np.zeros(100, np.int64), np.arange(100), np.zeros(0, np.int64)
    data = LabelledTexts(rows, tuple(f"text {n}" for n in rows), labels, ("a", "b"))
    folds = ((rows[50:], rows[:50]), (rows[:50], rows[50:]))
    split = Split(data, rows, nothing, nothing, folds)
    logits = np.stack([np.random.default_rng(0).uniform(3, 6, 100), np.zeros(100)], axis=1).astype(np.float32)
    assert trust_of(Predictions(rows, logits), split, rows)["targets"]
    judged = rows[:50]  # stopped in the first fold: no threshold comes from other ones
    found = trust_of(Predictions(judged, logits[judged]), split, judged)
    assert (found["targets"], found["recommended"]) == ([], None)
    assert found["curve"]


def test_a_run_without_embeddings_is_not_told_that_its_rows_are_few() -> None:
    report = {"learning_curve": [], "outlook": None, "models": {"bert": {}, "instant": {}}}
    assert "too few rows" in report_parts.growth(report, "en")
    assert "no embeddings" in report_parts.growth({**report, "models": {"tfidf": {}}}, "en")


def test_a_micro_f1_of_nothing_is_said_as_it_is() -> None:
    report = {"micro_f1": 0.0, "accuracy": 0.6, "interval": [0.0, 0.05]}
    assert report_parts.out_of_hundred(report) == (0, 0, 5)


def test_the_strictest_easy_threshold_is_recommended() -> None:
    targets = [
        {"target": 0.9, "threshold": 0.5, "coverage": 0.95},
        {"target": 0.95, "threshold": 0.8, "coverage": 0.7},
        {"target": 0.99, "threshold": 0.97, "coverage": 0.3},
    ]
    assert recommended(targets) == 0.8
    assert recommended(targets[2:]) == 0.97
    assert recommended([]) is None


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


def mistaken(rows: int, largest: float, learnt: float, wrong: float) -> tuple[Features, np.ndarray]:
    """Two classes, the larger one of a share of the rows; features tell the class of a share `learnt` of them, a
    share `wrong` of the labels is."""
    draw = np.random.default_rng(0)
    labels = (draw.random(rows) >= largest).astype(np.int64)
    told = np.where(draw.random(rows) < learnt, labels, draw.integers(0, 2, rows))
    means = np.eye(8)[told] + 0.15 * draw.standard_normal((rows, 8))
    means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return Features(np.arange(rows), means, means, (1,)), np.where(draw.random(rows) < wrong, 1 - labels, labels)


def suspects_of(known: Features, labels: np.ndarray, contradicts: np.ndarray | None = None) -> dict[str, Any]:
    return suspect_rows(known, split_of(labels, (len(labels), len(labels))), 0.3, contradicts)


def test_of_a_scale_the_next_step_is_no_wrong_label() -> None:
    known, truth = clusters(600, 0.1)
    draw = np.random.default_rng(1)
    labels = np.where(draw.random(600) < 0.2, np.clip(truth + draw.choice([-1, 1], 600), 0, 2), truth)
    far = draw.choice(np.flatnonzero((labels == 0) & (truth == 0)), 12, replace=False)
    labels[far] = 2
    every, two_off = suspects_of(known, labels), suspects_of(known, labels, far_off(("1", "2", "3")))
    assert every["doubted"] > 60
    assert every["wrong"] > 40
    assert {row["position"] for row in two_off["rows"]} >= set(far.tolist())
    assert {(row["given"], row["suggested"]) for row in two_off["rows"]} <= {("a", "c"), ("c", "a")}
    assert two_off["wrong"] <= two_off["doubted"] < 20
    for lang in LANGUAGES:
        plain = report_parts.suspects_sentence({"suspects": {**two_off, "scale": False}}, lang)
        said = report_parts.suspects_sentence({"suspects": two_off}, lang)
        assert said.startswith(plain)
        assert len(said) > len(plain)


def test_a_classifier_that_is_hardly_better_than_the_largest_class_doubts_no_label() -> None:
    weak = suspects_of(*mistaken(300, largest=0.7, learnt=0.3, wrong=0.0))
    assert (weak["checked"], weak["doubted"], weak["rows"], weak["weak"]) == (300, 0, [], True)
    for lang in LANGUAGES:
        shown = report_parts.suspects_sentence({"suspects": weak}, lang)
        assert shown != report_parts.suspects_sentence({"suspects": {**weak, "weak": False}}, lang)
        assert "300" not in shown
    hardly = suspects_of(*mistaken(300, largest=0.67, learnt=0.3, wrong=0.0))  # 33% of mistakes instead of 40%
    assert (hardly["doubted"], hardly["weak"]) == (0, True)
    strong = suspects_of(*mistaken(300, largest=0.5, learnt=1.0, wrong=0.1))
    assert not strong["weak"]
    assert 15 < strong["doubted"] < 60
    assert 15 < strong["wrong"] <= strong["doubted"]


@pytest.mark.parametrize("wrong", [0.0, 0.1, 0.2])
def test_how_many_labels_are_wrong_is_told_where_the_checking_classifier_is_surest(wrong: float) -> None:
    """Of two classes, half of the rows lie where the classes overlap: there it is wrong itself."""
    draw = np.random.default_rng(0)
    truth = np.arange(2000) % 2
    features = np.outer(2.0 * truth - 1, np.eye(8)[0]) * np.where(draw.random(2000) < 0.5, 1.0, 0.05)[:, None]
    features += 0.15 * draw.standard_normal((2000, 8))
    labels = np.where(draw.random(2000) < wrong, 1 - truth, truth)
    found = find_suspects(features.astype(np.float32), labels, 2, np.arange(2000))
    assert found.telling
    assert found.wrong == pytest.approx((labels != truth).mean(), abs=0.04)
    assert found.mistakes > wrong + 0.05


@pytest.mark.parametrize(
    ("checked", "surest", "wrong", "doubted", "own"),
    [
        (100, 20, 0.0, 3, False),
        (100, 20, 0.0, 15, False),  # of 20 of which none is wrong up to 16% may be
        (100, 20, 0.0, 17, True),
        (1000, 200, 0.0, 30, True),
        (1000, 200, 0.01, 30, False),
    ],
)
def test_doubts_are_its_own_mistakes_only_where_they_are_more_than_labels_can_be_wrong(
    checked: int, surest: int, wrong: float, doubted: int, own: bool
) -> None:
    nothing = np.zeros(0)
    found = Suspects(nothing, nothing, nothing, checked, 0.1, wrong, surest, 0.5)
    assert found.are_own(doubted) is own


def test_of_a_report_it_is_known_whether_doubts_are_the_classifiers_own() -> None:
    """Features tell the class of four of five rows: the others are doubted often, and none of the surest."""
    assert suspects_of(*mistaken(1000, largest=0.5, learnt=1.0, wrong=0.02))["own"] is False
    draw = np.random.default_rng(0)
    truth = np.arange(1000) % 2
    means = np.outer(2.0 * truth - 1, np.eye(8)[0]) * np.where(draw.random(1000) < 0.6, 1.0, 0.05)[:, None]
    means = (means + 0.15 * draw.standard_normal((1000, 8))).astype(np.float32)
    found = suspects_of(Features(np.arange(1000), means, means, (1,)), truth)
    assert (found["wrong"], found["own"]) == (0, True)
    assert found["doubted"] > 50


@pytest.mark.parametrize(("rows", "told"), [(12, False), (20, False), (59, False), (200, True)])
def test_of_few_rows_no_label_is_said_to_be_wrong(rows: int, told: bool) -> None:
    found = suspects_of(*mistaken(rows, largest=0.5, learnt=0.95, wrong=0.2))
    assert (found["doubted"] > 0, found["wrong"] > 0, found["few"]) == (told, told, not told)
    assert is_doubtful({"suspects": found}) is told
    for lang in LANGUAGES:
        assert str(rows) in report_parts.suspects_sentence({"suspects": found}, lang)


def test_the_only_row_of_a_class_is_not_doubted_nor_counted_as_checked() -> None:
    known, labels = clusters(200, 0.15)
    alone = int(np.flatnonzero(labels == 2)[0])
    labels[labels == 2] = 1
    labels[alone] = 2
    found = find_suspects(known.mean(np.arange(200)), labels, 3, np.arange(200))
    assert alone not in found.positions
    assert found.checked == 199
    assert suspects_of(known, labels)["checked"] == 199
    each = find_suspects(known.mean(np.arange(200)), np.arange(200), 200, np.arange(200))
    assert (len(each.positions), each.checked, each.telling) == (0, 0, False)


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


@pytest.fixture
def several_run(several_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A finished run on `several_csv` with every fourth row given the label of a place alone."""
    head, *lines = several_csv.read_text(encoding="utf-8").splitlines()
    lines = [f"{line.rpartition(',')[0]},place" if i % 4 == 0 else line for i, line in enumerate(lines)]
    several_csv.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    prepared = prepare(several_csv, base=str(tiny_bert), epochs=1, lr=3e-3)
    for _ in prepared.events():
        pass
    return prepared.run


def test_the_card_of_several_labels_says_the_rule_and_its_lines_give_its_scores(
    several_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, split, report = several_run, several_run.split(), several_run.report or {}
    decision = read_json(run.model_folder("bert") / "bertdemo.json")["decision"]
    for lang in LANGUAGES:
        said = card(run, lang)
        for label, threshold in zip(report["labels"], decision["thresholds"], strict=True):
            assert f"{threshold:g}" in next(line for line in said.splitlines() if line.startswith(f"- `{label}`"))
    monkeypatch.chdir(run.model_folder("bert"))  # the lines run from inside it, as they stand
    code = card(run).split("```python\n")[1].split("```")[0]
    loading, using = code.split("\n\n")[1].split("\n", 1)
    scope: dict[str, Any] = {}
    exec(f"{code.split(chr(10))[0]}\n{loading}", scope)
    names = split.data.label_names
    has = np.zeros((len(split.test), len(names)), bool)
    for row, position in enumerate(split.test.tolist()):
        exec(using.replace('"your text"', repr(str(split.data.texts[position]))).replace("print(labels)", ""), scope)
        has[row, [names.index(label) for label in scope["labels"]]] = True
    scores = score_several(split.data.labels[split.test], has, names)
    assert scores["micro_f1"] == pytest.approx(report["models"]["bert"]["micro_f1"], abs=1e-9)
    assert scores["accuracy"] == report["models"]["bert"]["accuracy"]


def test_mistakes_in_several_labels_are_listed_by_the_confidence_that_classifying_gives(several_run: Run) -> None:
    report, data = several_run.report or {}, several_run.split().data
    wrong = report["wrong"]
    assert len(wrong) > 5
    assert [row["confidence"] for row in wrong] == sorted((row["confidence"] for row in wrong), reverse=True)
    again = load(several_run, "fp32").predict([data.texts[row["position"]] for row in wrong])
    assert [found.label for found in again] == [row["predicted"] for row in wrong]
    assert [found.confidence for found in again] == pytest.approx([row["confidence"] for row in wrong], abs=1e-4)
    row_of = rows_of(several_run)
    for lang, words in (("en", "least probability"), ("zh", "最小的概率")):
        assert words in report_rows.wrong(report, lang, row_of)


def test_mistakes_are_filtered_by_whole_labels(several_run: Run) -> None:
    report, data = several_run.report or {}, several_run.split().data
    for row in report["wrong"]:
        assert "|".join(row["given_labels"]) == row["given"] == data.labels_of(row["position"])
        assert "|".join(row["predicted_labels"]) == row["predicted"]
    row = {**report["wrong"][0], "given": "Q&A|FAQ|price", "given_labels": ["Q&A|FAQ", "price"]}
    found = {**report, "wrong": [row]}

    def is_shown(report: dict[str, Any], given: str) -> bool:
        return "Q&amp;A|FAQ|price" in report_rows.wrong(report, "en", rows_of(several_run), given)

    assert [is_shown(found, given) for given in ("", "Q&A|FAQ", "price", "FAQ")] == [True, True, True, False]


def test_rows_are_escaped() -> None:
    row = {"row": 0, "position": 0, "of_test_file": False, "given": "<b>", "predicted": "<i>", "confidence": 0.9}
    row |= {"likeliest": [["<u>", 0.9]], "near": [1]}
    report = {"wrong": [row], "doubtful_tests": [], "suspects": {"rows": []}}
    shown = report_rows.wrong(report, "en", lambda _: ("<script>alert(1)</script>", "<s>", 3))
    assert "&lt;script&gt;" in shown
    assert not any(tag in shown for tag in ("<script>", "<b>", "<i>", "<u>", "<s>"))
    assert '<td data-head="taken for">&lt;i&gt;</td>' in shown  # where a screen is narrow, the heads stand there


def test_next_steps_follow_from_the_report(trained: Run) -> None:
    report = {**(trained.report or {}), "outlook": None, "groups": {"columns": []}, "cautions": []}
    report["suspects"] = {"checked": 100, "doubted": 50, "wrong": 50, "rows": []}
    assert next_steps(report)[0]["do"] == "check_labels"
    assert is_doubtful({"suspects": {"checked": 100, "doubted": 20, "wrong": 20, "rows": []}})
    assert is_doubtful({"suspects": {"checked": 100, "doubted": 9, "wrong": 8, "rows": []}})
    assert not is_doubtful({"suspects": {"checked": 100, "doubted": 9, "wrong": 2, "rows": []}})
    crowd = {"checked": 100, "doubted": 20, "wrong": 3, "rows": []}  # most doubts are the classifier's own mistakes
    assert [step["do"] for step in next_steps({**report, "suspects": crowd})].index("check_labels") > 0
    assert next_steps({**report, "suspects": {**crowd, "wrong": 15}})[0]["do"] == "check_labels"
    own = {**crowd, "wrong": 0}  # where it is surest it contradicts nothing
    assert "check_labels" not in {step["do"] for step in next_steps({**report, "suspects": own})}
    report["suspects"] = {"checked": 100, "doubted": 0, "wrong": 0, "rows": []}
    assert "check_labels" not in {step["do"] for step in next_steps(report)}


def classes(**found: tuple[int, float]) -> list[dict[str, Any]]:
    """Scores by class, from how many judged rows have the label and how many of them were found."""
    return [{"label": name, "support": n, "recall": recall, "f1": recall} for name, (n, recall) in found.items()]


def test_a_rule_that_is_as_good_and_labels_that_are_never_found_are_said() -> None:
    def said(
        score: float, low: float, *, several: bool = False, majority: float = 0.9, **found: tuple[int, float]
    ) -> dict[str, Any]:
        measure = "micro_f1" if several else "accuracy"
        report = {"models": {"majority": {measure: majority}}, measure: score, "interval": [low, 1.0]}
        return {c["say"]: c["values"] for c in cautions({**report, "per_class": classes(**found)})}

    assert said(0.97, 0.95, a=(90, 1.0), b=(10, 0.7)) == {}
    assert said(0.93, 0.88, a=(90, 1.0), b=(10, 0.3)) == {
        "near_majority": {"majority": 0.9, "low": 0.88, "score": 0.93}
    }
    never = said(0.9, 0.82, a=(90, 1.0), b=(9, 0.0), c=(0, 0.0))
    assert list(never) == ["no_better_than_majority", "never_found", "unjudged"]
    assert never["never_found"] == {"names": "b", "n": 1, "rows": 9}
    assert never["unjudged"] == {"names": "c", "n": 1}
    assert list(said(0.5, 0.4, several=True, a=(9, 0.5))) == ["no_better_than_majority_several"]
    assert said(0.9999, 0.9996, majority=0.985, a=(985, 1.0), b=(15, 1.0)) == {}
    assert list(said(0.9865, 0.9855, majority=0.985, a=(985, 1.0), b=(15, 0.1))) == ["near_majority"]
    for lang in LANGUAGES:
        for code, values in never.items():
            assert sentence(code, lang, **values)


def test_no_threshold_is_praised_that_missed_its_aim_or_takes_next_to_nothing(trained: Run) -> None:
    report = {**(trained.report or {}), "outlook": None, "groups": {"columns": []}, "per_class": [], "cautions": []}
    report |= {
        "suspects": {"checked": 100, "doubted": 0, "wrong": 0, "rows": []},
        "most_confused": [],
        "test_rows": 500,
    }
    report["accuracy"] = 0.8

    def praised(accuracy: float, coverage: float, *cautions: dict[str, Any]) -> bool:
        target = {"target": 0.9, "threshold": 0.9999, "accuracy": accuracy, "coverage": coverage}
        trust = {"targets": [target], "recommended": 0.9999, "curve": []}
        steps = {step["do"]: step["values"] for step in next_steps({**report, "trust": trust, "cautions": [*cautions]})}
        if step := steps.get("review_unsure"):
            assert step == {"threshold": 0.9999, "coverage": coverage}
            shown = report_parts.next_steps({"next": [{"do": "review_unsure", "values": step}]}, "en", owner=True)
            assert f"less than 99.9% sure; {coverage:.0%}" in shown
        return "review_unsure" in steps

    assert praised(0.91, 0.7)
    assert praised(0.89, 0.7)
    assert not praised(0.8, 0.7)
    assert not praised(0.95, 0.04)
    report["accuracy"] = 0.95
    assert not praised(0.95, 0.98)  # where it is unsure it is right as often
    report["accuracy"] = 0.8
    never = {"say": "never_found", "values": {"names": "yes", "n": 1, "rows": 5}}
    assert not praised(0.95, 0.9, never)
    report["cautions"] = [never]
    for found, step in ((report, "find_rare"), ({**report, "micro_f1": 0.7}, "find_rare_several")):
        assert next_steps(found)[0]["do"] == step
        for lang in LANGUAGES:
            assert "p:" in report_parts.next_steps({"next": next_steps(found)}, lang, owner=True)
    crowd = {**report, "labels": [f"label {n}" for n in range(101)]}  # a file has no such columns
    assert "find_rare" not in {step["do"] for step in next_steps(crowd)}


@pytest.mark.parametrize(
    ("score", "words", "rows", "rare"),
    [
        (1.0, 1.0, 80, True),
        (1.0, 0.99, 400, False),
        (0.99, 0.8, 400, True),
        (0.99, 0.95, 400, False),
        (0.93, 0.7, 400, False),
    ],
)
def test_of_a_score_that_is_rare_new_texts_are_to_be_tried_first(
    score: float, words: float, rows: int, rare: bool, trained: Run
) -> None:
    target = {"target": 0.9, "threshold": 0.8, "accuracy": score, "coverage": 0.9}
    report = {**(trained.report or {}), "outlook": None, "groups": {"columns": []}, "per_class": [], "cautions": []}
    report |= {"suspects": {"checked": 0, "doubted": 0, "wrong": 0, "rows": []}, "most_confused": []}
    report |= {"accuracy": score, "test_rows": rows, "trust": {"targets": [target], "recommended": 0.8}}
    report["models"] = {**report["models"], "tfidf": {"accuracy": words}}
    steps = [step["do"] for step in next_steps(report)]
    assert "use_it" in steps
    assert ("try_new" in steps) is rare
    assert not rare or steps.index("try_new") < steps.index("use_it")
    for lang in LANGUAGES:
        shown = report_parts.next_steps({"next": next_steps(report)}, lang, owner=False)
        assert (f"{rows}" in shown and f"{100 * score:.1f}%" in shown) or not rare


def test_a_quick_training_that_saw_part_of_the_rows_suggests_a_longer_one(trained: Run) -> None:
    report = {**(trained.report or {}), "outlook": None, "groups": {"columns": []}, "cautions": []}
    report["suspects"] = {"checked": 100, "doubted": 0, "wrong": 0, "rows": []}
    assert report["passes"] is None
    assert "train_longer" not in {step["do"] for step in next_steps(report)}
    report["passes"] = 0.25
    assert next_steps(report)[0] == {"do": "train_longer", "values": {"share": 0.25}}
    for lang in LANGUAGES:
        assert "25%" in report_parts.next_steps({"next": next_steps(report)}, lang, owner=True)


def test_a_label_of_a_few_rows_that_is_never_found_is_to_be_dropped_and_not_looked_for(trained: Run) -> None:
    per_class = [{"label": name, "recall": recall, "f1": recall, "support": n, "precision": recall,
                  "of_given": [round(recall * n), 1], "of_said": [round(recall * n), 1]}
                 for name, recall, n in (("3", 0.9, 90), ("3.3", 0.0, 1), ("5", 0.0, 9))]  # fmt: skip
    report = {**(trained.report or {}), "per_class": per_class, "labels": ["3", "3.3", "5"]}
    report["cautions"] = cautions(report)
    said = [(step["do"], step["values"].get("names")) for step in next_steps(report, {"3": 90, "3.3": 1, "5": 9})]
    assert said[:2] == [("drop_rare", "3.3"), ("find_rare", "5")]
    assert next_steps(report)[0]["values"] == {"names": "3.3, 5", "n": 2, "rows": 10}
    for lang in LANGUAGES:
        shown = report_parts.next_steps({"next": next_steps(report, {"3.3": 1})[:1]}, lang, owner=False)
        assert "3.3" in shown
        assert "p:" not in shown


def test_next_steps_name_a_weak_group_and_more_rows(trained: Run) -> None:
    report = {
        **(trained.report or {}),
        "suspects": {"checked": 100, "doubted": 0, "wrong": 0, "rows": []},
        "per_class": [],
    }
    report |= {"most_confused": [], "test_rows": 500, "outlook": {"gain": 0.02, "verdict": "helps"}}
    group = {"value": "phone", "rows": 40, "accuracy": 0.5, "worse": True}
    report["groups"] = {"columns": [{"column": "source", "groups": [group]}]}
    steps = {step["do"]: step["values"] for step in next_steps(report)}
    assert steps["weak_group"] == {"group": "source: phone", "accuracy": 0.5}
    assert steps["more_rows"] == {"gain": 0.02}
    assert next_steps({**report, "micro_f1": 0.7})[-1]["do"] == "weak_group_several"
    for lang in LANGUAGES:
        shown = report_parts.next_steps({"next": next_steps(report)}, lang, owner=True)
        assert all(words in shown for words in ("source: phone", "50%", "2.0"))
        assert "phone" not in report_parts.next_steps({"next": next_steps(report)}, lang, owner=False)


@pytest.mark.parametrize(
    ("verdicts", "step"),
    [
        ([("within_noise", 0.015)], "more_data"),
        ([("within_noise", -0.02)], "more_data"),
        ([("within_noise", 0.07), ("within_noise", 0.01)], "more_data"),
        ([("within_noise", 0.025)], "tell_worth"),
        ([("within_noise", 0.07)], "tell_worth"),
        ([("within_noise", 0.07), ("better", 0.2)], "tell_worth"),
        ([("better", 0.07)], None),
    ],
)
def test_what_is_not_proven_better_is_not_called_as_good(
    verdicts: list[tuple[str, float]], step: str | None, trained: Run
) -> None:
    others = {f"other {n}": {"paired": {"verdict": v, "difference": d}} for n, (v, d) in enumerate(verdicts)}
    report = {**(trained.report or {}), "selected": "bert", "models": {"bert": {}, **others}, "outlook": None}
    report |= {"suspects": {"checked": 0, "doubted": 0, "wrong": 0, "rows": []}, "per_class": [], "most_confused": []}
    report |= {"test_rows": 120, "train_rows": 70, "trust": {"targets": []}, "groups": {"columns": []}, "cautions": []}
    found = {each["do"]: each["values"] for each in next_steps(report)}
    assert found == ({step: {"n": 70 if step == "more_data" else 120}} if step else {})
    for lang in LANGUAGES:
        shown = report_parts.next_steps({"next": next_steps(report)}, lang, owner=False)
        assert all(str(values["n"]) in shown for values in found.values())


def finished(run: Run, rows: list[int], wrong: int = 0, to: str = "positive") -> Run:
    """A run with a report in which the labels of `rows` are doubted, and so many of them reckoned to be wrong."""
    suspects = [{"row": row, "position": 0, "given": "x", "suggested": to, "probability": 0.1} for row in rows]
    report = {"version": REPORT_VERSION, "suspects": {"rows": suspects, "wrong": wrong}}
    report |= {"scale": None, "rows_are": "held_out"}
    (run.folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return run


def test_a_corrected_run_is_judged_on_the_same_rows(reviews_csv: Path, home: Path) -> None:
    run = prepare(reviews_csv, base="tfidf").run
    split = run.split()
    rows = split.data.row_ids[split.train[:3]].tolist()
    with pytest.raises(UserError) as not_ready:
        decide(run, "drop")
    assert not_ready.value.code == "report_missing"
    finished(run, rows)
    for decided, lost in ((decide(run, "relabel"), 0), (decide(run, "drop", {rows[0]: "keep"}), 2)):
        made = corrected_run(run, decided, key="key")
        again = made.split()
        assert not again.test_given  # they are the rows set aside before, not a file of their own
        for part in ("test", "validation"):
            ids = [found.data.row_ids[getattr(found, part)].tolist() for found in (again, split)]
            assert ids[0] == ids[1]
        assert len(again.train) == len(split.train) - lost
        assert made.meta["parent"] == run.id
        assert made.table.rows == run.table.rows  # so that rows keep their numbers
        assert made.belongs_to("key")
    once_more = split.data.row_ids[split.train[5:6]].tolist()
    table = corrected_table(finished(made, once_more), decide(made, "drop"))  # the whole file, both rounds
    gone = {*rows[1:], *once_more}
    assert table.column("text") == [text for row, text in enumerate(run.table.column("text")) if row not in gone]
    with pytest.raises(UserError) as alone:
        corrected_run(finished(run, split.data.row_ids[split.train].tolist()), decide(run, "relabel"))
    assert alone.value.code == "corrected_to_one_label"
    finished(run, [])
    with pytest.raises(UserError) as clean:
        decide(run, "drop")
    assert clean.value.code == "nothing_suspect"


def test_labels_are_called_in_a_corrected_run_what_they_were_called_before(tmp_path: Path, home: Path) -> None:
    labels = ["Good"] * 176 + ["good "] * 174 + ["Bad"] * 350
    lines = [f"text {i} is {label.strip().lower()},{label}" for i, label in enumerate(labels)]
    (tmp_path / "spelt.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    run = prepare(tmp_path / "spelt.csv", base="tfidf").run
    split = run.split()
    names, train = split.data.label_names, split.data.row_ids[split.train]
    assert names == ("Bad", "Good")
    some = [row for row in train.tolist() if labels[row] == "Good"][:8]  # after them “good ” is the commoner spelling
    again = corrected_run(finished(run, some, to="Bad"), decide(run, "relabel")).split()
    assert again.data.label_names == names
    assert again.data.row_ids.tolist() == split.data.row_ids.tolist()
    assert again.test.tolist() == split.test.tolist()
    bad = [row for row in train.tolist() if labels[row] == "Bad"]
    with pytest.raises(UserError) as alone:  # both spellings are one label
        corrected_run(finished(run, bad), decide(run, "drop"))
    assert alone.value.code == "corrected_to_one_label"


def test_no_more_labels_are_changed_unasked_than_are_reckoned_to_be_wrong(reviews_csv: Path, home: Path) -> None:
    run = finished(prepare(reviews_csv, base="tfidf").run, [4, 2, 9], wrong=1)
    assert for_all(run)[0] == "likely"
    assert decide(run, "likely") == {4: "relabel", 2: "keep", 9: "keep"}
    assert decide(run, "likely", {9: "drop", 4: "keep"}) == {4: "keep", 2: "keep", 9: "drop"}
    for wrong, advised in ((0, "keep"), (3, "relabel")):
        assert for_all(finished(run, [4, 2, 9], wrong))[0] == advised
        assert sorted(for_all(run)) == sorted(DECISIONS)


@pytest.mark.parametrize("about", [{"scale": {"next_to": 0.8}}, {"rows_are": "out_of_fold"}])
def test_no_rating_and_nothing_that_few_rows_doubt_is_changed_unasked(
    about: dict[str, Any], reviews_csv: Path, home: Path
) -> None:
    run = finished(prepare(reviews_csv, base="tfidf").run, [4, 2, 9], wrong=1)
    write_json(run.folder / "report.json", {**run.require_report(), **about})
    assert for_all(run) == ("keep", "likely", "relabel", "drop")
    assert set(decide(run, for_all(run)[0]).values()) == {"keep"}


def test_the_corrected_table_has_every_row_that_was_not_dropped(reviews_csv: Path, home: Path) -> None:
    run = prepare(reviews_csv, base="tfidf").run
    before = run.table
    first, second, third = [i for i, label in enumerate(before.column("label")) if label != "positive"][:3]
    finished(run, [first, second, third])
    decided = decide(run, "relabel", {second: "drop", third: "keep"})
    assert counts(decided) == {"relabel": 1, "drop": 1, "keep": 1}
    after = corrected_table(run, decided)
    assert after.rows == before.rows - 1
    assert after.column("label")[first] == "positive"
    assert before.column("text")[second] not in after.column("text")
    with pytest.raises(UserError) as unknown:
        decide(run, "burn")
    assert unknown.value.code == "decision_unknown"


def test_a_corrected_file_keeps_the_labels_that_were_given_and_is_learnt_from_as_the_file_was(
    reviews_csv: Path, tmp_path: Path, home: Path
) -> None:
    run = prepare(reviews_csv, base="tfidf").run
    given, texts = run.table.column("label"), run.table.column("text")
    split = run.split()
    train = split.data.row_ids[split.train].tolist()
    first, second = [row for row in train if given[row] != "positive"][:2]
    finished(run, [first, second])
    assert corrected_table(run, decide(run, "keep")).columns == run.table.columns
    once = corrected_run(run, decide(run, "keep", {first: "relabel"}))
    table = corrected_table(finished(once, [second]), decide(once, "relabel"))
    assert table.column("label")[first] == table.column("label")[second] == "positive"
    assert table.column("label (before correction)") == given
    who = table.column("label (corrected by)")
    assert [row for row, said in enumerate(who) if said] == sorted((first, second))

    table.write_csv(tmp_path / "corrected.csv")
    again = read_table(tmp_path / "corrected.csv")
    guess, before = guess_roles(again), guess_roles(run.table)
    assert (guess.roles, guess.rivals) == (before.roles, before.rivals)
    assert {why for _, why in left_aside(again, guess.roles)} == {"role.unused_correction"}
    assert deciding_columns(again, guess.roles) == []
    assert by_column(again, np.arange(again.rows), np.ones(again.rows, bool), guess.roles.columns) == []
    assert again.column("text") == texts


def test_groups_that_are_worse_than_chance_are_named() -> None:
    right = np.ones(400, bool)
    right[:60] = np.arange(60) % 2 == 0  # half of the longest texts are wrong
    texts = ["long " * 50 if i < 100 else "short" + "!" * (i % 30) for i in range(400)]
    cells = {
        "text": texts,
        "channel": ["phone" if i < 60 else "mail" if i < 390 else "fax" for i in range(400)],
        "id": [str(i) for i in range(400)],
    }
    table = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
    report = {"groups": by_parts(texts, table, np.arange(400), right, ("text", "label"))}
    found, [column] = report["groups"]["length"], report["groups"]["columns"]
    assert [g["worse"] for g in found] == [False] * (len(found) - 1) + [True]
    assert sum(g["rows"] for g in found) == 400
    assert by_length(texts[:50], right[:50]) == []
    assert by_length(["short"] * 77 + ["longer"] * 3, np.ones(80, bool)) == []
    several = by_length(["a"] * 5 + ["as"] * 50 + ["longer"] * 40 + ["longest"] * 5, np.ones(100, bool))
    assert [(g["from"], g["to"], g["rows"]) for g in several] == [(1, 2, 55), (6, 7, 45)]
    assert column["column"] == "channel"
    assert [(g["value"], g["worse"]) for g in column["groups"]] == [("phone", True), ("mail", False)]
    assert "1 more value" in report_parts.groups(report, "en", columns=True)
    assert "1 个取值" in report_parts.groups(report, "zh", columns=True)
    assert "1 more value" not in report_parts.groups(report, "en", columns=False)


@pytest.mark.parametrize(("rows", "customers"), [(300, 300), (300, 60), (400, 20)])
def test_where_no_part_is_worse_seldom_any_is_said_to_be(rows: int, customers: int) -> None:
    """Of eight columns besides the length, all of which say nothing; the rows of a customer are right together."""
    draw, alarms = np.random.default_rng(0), 0
    for _ in range(40):
        of_row = draw.integers(0, customers, rows)
        right = (draw.random(customers) < 0.85)[of_row]
        cells = {f"by row {i}": draw.choice(["a", "b", "c"], rows).tolist() for i in range(4)}
        cells |= {f"by customer {i}": draw.choice(["a", "b", "c"], customers)[of_row].tolist() for i in range(4)}
        texts = ["x" * int(n) for n in draw.integers(1, 100, rows)]
        table = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
        together = of_row if customers < rows else None
        found = by_parts(texts, table, np.arange(rows), right, (), together)
        alarms += any(
            part["worse"] for its in (found["length"], *(c["groups"] for c in found["columns"])) for part in its
        )
    assert alarms / 40 <= 0.1


def test_a_part_is_held_against_the_rows_that_are_not_of_it() -> None:
    right = np.concatenate([np.arange(20) < 10, np.arange(20) < 18])
    cells = ["phone"] * 20 + ["mail"] * 20
    table = Table("t.csv", ("channel",), pa.table({"channel": cells}), Reading("csv"))
    [column] = by_column(table, np.arange(40), right, ())
    assert [part["value"] for part in column["groups"]] == ["phone", "mail"]
    assert column["groups"][0]["p"] == pytest.approx(hypergeom.cdf(10, 40, 28, 20))


def test_no_part_is_worse_than_chance_behind_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Holm: the level grows from part to part, but only as long as each was below its own."""

    def worse(*chances: float) -> list[bool]:
        monkeypatch.setattr(groups, "by_length", lambda *_: [{"p": p} for p in chances])
        monkeypatch.setattr(groups, "by_column", lambda *_: [])
        none: Any = None
        return [part["worse"] for part in by_parts([], none, none, none, ())["length"]]

    assert worse(0.03, 0.031) == [False, False]
    assert worse(0.04, 0.02) == [True, True]
    assert worse(0.06, 0.02) == [False, True]


def test_dates_and_columns_of_mostly_single_values_are_no_groups() -> None:
    right = np.arange(90) % 3 > 0
    names = ["same" if i < 43 else "other" if i < 86 else f"name {i}" for i in range(90)]
    for cells, shown in (
        (["2026-03-0" + str(1 + i % 3) for i in range(90)], False),
        (["2026-03-01T10:00:00" if i % 2 else "2026-03-02T11:30:00" for i in range(90)], False),
        (names, False),
        (["phone" if i % 2 else "mail" for i in range(90)], True),
    ):
        table = Table("t.csv", ("column",), pa.table({"column": cells}), Reading("csv"))
        assert bool(by_column(table, np.arange(90), right, ())) is shown


def clusters(rows: int, spread: float) -> tuple[Features, np.ndarray]:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, rows)
    means = np.eye(24)[labels] + spread * draw.standard_normal((rows, 24))
    means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    return Features(np.arange(rows), means, means, (1,)), labels


def split_of(labels: np.ndarray, parts: tuple[int, int]) -> Split:
    n, rows = len(labels), np.arange(len(labels))
    data = LabelledTexts(rows, tuple(f"text {i}" for i in range(n)), labels, ("a", "b", "c"))
    return Split(data, rows[: parts[0]], rows[parts[0] : parts[1]], rows[parts[1] :])


def test_the_learning_curve_rises_where_rows_are_needed_and_is_flat_where_not() -> None:
    known, labels = clusters(1600, 0.45)
    split = split_of(labels, (400, 600))
    hungry = learning_curve(known, split, split.test)
    assert [p["rows"] for p in hungry] == [51, 101, 201, 400]  # of each class the share is rounded up
    assert hungry[-1]["accuracy"] > hungry[0]["accuracy"] + 0.02
    known, labels = clusters(1600, 0.05)
    easy = learning_curve(known, split_of(labels, (400, 600)), split.test)
    assert (outlook(easy) or {})["verdict"] == "little"
    assert learning_curve(known, split_of(labels, (40, 60)), split.test) == []
    assert outlook([]) is None


def test_the_learning_curve_says_how_many_rows_were_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a class's three rows an eighth and a quarter are one, a half is two."""
    learned_from, fit = [], Linear.fit

    def counted(features: np.ndarray, *rest: Any, **settings: Any) -> Linear:
        learned_from.append(len(features))
        return fit(features, *rest, **settings)

    monkeypatch.setattr(Linear, "fit", counted)
    labels, rows = np.tile(np.arange(40), 5), np.arange(200)
    means = np.eye(40)[labels] + 0.3 * np.random.default_rng(0).standard_normal((200, 40))
    means = (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
    data = LabelledTexts(rows, tuple(f"text {i}" for i in rows), labels, tuple(f"class {i}" for i in range(40)))
    curve = learning_curve(
        Features(rows, means, means, (1,)), Split(data, rows[:120], rows[:0], rows[120:]), rows[120:]
    )
    assert [p["rows"] for p in curve] == [40, 80, 120]
    assert learned_from == [40] * 3 + [80] * 3 + [120]
    assert curve[-1]["accuracy"] > curve[-2]["accuracy"]
    assert all(0 <= low < p["accuracy"] < high <= 1 for p in curve for low, high in [p["interval"]])
    assert outlook(curve) is None  # half as many again is no doubling


def test_the_learning_curve_is_as_unsure_as_the_texts_that_it_is_judged_on_are_few() -> None:
    known, labels = clusters(600, 0.45)
    copied = np.r_[np.arange(400), np.repeat(np.arange(400, 420), 10)]
    of_copies = replace(known, means=known.means[copied])
    split = split_of(labels[copied], (400, 400))
    copies = replace(split.data, texts=tuple(f"text {i}" for i in copied))
    by_rows, by_texts = (learning_curve(of_copies, its, split.test)[-1] for its in (split, replace(split, data=copies)))
    assert by_rows["accuracy"] == by_texts["accuracy"]
    assert by_texts["error"] > 2 * by_rows["error"] > 0


@pytest.mark.parametrize(
    ("gain", "error", "verdict"),
    [
        (0.03, 0.01, "helps"),
        (0.004, 0.003, "little"),
        (-0.004, 0.015, "little"),
        (0.008, 0.009, "little"),
        (0.009, 0.0105, "little"),
        (0.009, 0.0115, "unclear"),
        (0.02, 0.04, "unclear"),
        (0.0, 0.03, "unclear"),
        (-0.01, 0.04, "unclear"),  # as it comes about on 150 rows where twice as many add four points
        (-0.08, 0.1, "unclear"),
    ],
)
def test_verdicts_of_the_learning_curve(gain: float, error: float, verdict: str) -> None:
    curve = [{"rows": 100, "accuracy": 0.8, "error": error}, {"rows": 200, "accuracy": 0.8 + gain, "error": error}]
    assert (outlook(curve) or {})["verdict"] == verdict


def test_nearest_rows_and_texts_that_are_unlike_all() -> None:
    known, labels = clusters(600, 0.1)
    near = Neighbours.among(known, split_of(labels, (400, 500)))
    found, alike = near.nearest(known.mean(np.arange(500, 600)), 3)
    assert found.shape == (100, 3)
    assert found.max() < 400
    assert (np.diff(alike, axis=1) <= 0).all()
    assert (labels[found[:, 0]] == labels[500:]).mean() > 0.95
    assert (alike[:, 0] < near.far).mean() < 0.1  # of its own kind, few are unusual
    elsewhere = np.zeros((1, 24), np.float32)
    elsewhere[0, 20] = 1
    assert near.nearest(elsewhere)[1][0, 0] < near.far


def test_two_runs_side_by_side(trained: Run, tmp_path: Path, reviews_csv: Path) -> None:
    other = prepare(reviews_csv, base="tfidf", key="key")
    for _ in other.events():
        pass
    found = compare(trained, other.run)
    assert {s["name"] for s in found["settings"]} >= {"base"}
    assert found["shared"]["rows"] == len(trained.split().test)
    paired = found["shared"]["paired"]
    assert (found["shared"]["measure"], found["shared"]["score"][0]) == ("accuracy", trained.report["accuracy"])
    assert (paired["only_first"], paired["only_other"]) == (len(found["only_second"]), len(found["only_first"]))
    assert (found["shared"]["only_first"], found["shared"]["only_second"]) == (
        paired["only_other"],
        paired["only_first"],
    )
    shown = compare_view.compared(found, "en", rows_of(trained))
    assert "settings" in shown.lower()
    assert "基础模型" in compare_view.compared(found, "zh", rows_of(trained))
    config, choices = trained.meta["config"], trained.meta["choices"]
    for asked, differ in ((None, False), (2.0, True)):  # how many there was time for is no setting
        trained.update(config=config | {"epochs": asked}, choices=choices | {"epochs": 1.2})
        assert ("epochs" in {s["name"] for s in compare(trained, other.run)["settings"]}) is differ
    with pytest.raises(UserError) as same:
        compare(trained, trained)
    assert same.value.code == "same_run"
    waiting = prepare(reviews_csv, base="tfidf").run
    with pytest.raises(UserError) as not_ready:
        compare(trained, waiting)
    assert not_ready.value.code == "report_missing"


def test_where_labels_were_changed_between_two_runs_neither_is_said_to_be_better(
    reviews_csv: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows whose labels were changed to what a model says fall out, and with them what it gets wrong."""
    first = prepare(reviews_csv, base="tfidf")
    for _ in first.events():
        pass
    split = first.run.split()
    test = split.data.row_ids[split.test].tolist()
    table = first.run.table
    runs = {}
    for changed in (1, 10):
        labels = table.column("label")
        for row in test[:changed]:
            labels[row] = "negative" if labels[row] == "positive" else "positive"
        table.with_column("label", labels).write_csv(tmp_path / f"{changed}.csv")
        runs[changed] = prepare(tmp_path / f"{changed}.csv", base="tfidf", seed=first.run.config.seed)
        for _ in runs[changed].events():
            pass
        other = runs[changed].run.split()  # of other labels the rows may be parted otherwise
        shared = {*test} & set(other.data.row_ids[other.test].tolist())
        found = compare(first.run, runs[changed].run)
        assert found["shared"]["relabelled"] == len(shared & set(test[:changed]))
        assert found["shared"]["rows"] == len(shared) - found["shared"]["relabelled"]
        assert (found["shared"]["paired"] is None) == (changed == 10)
    n, of = found["shared"]["relabelled"], len(shared)
    assert n > 1
    for lang in LANGUAGES:
        assert sentence("labels_differ", lang, n=n, rows=of) in compare_view.compared(found, lang, rows_of(first.run))
    main(["compare", first.run.id, runs[10].run.id])
    said = capsys.readouterr().out
    assert sentence("labels_differ", "en", n=n, rows=of) in said
    assert "points" not in said


def test_no_label_ends_the_code_that_it_stands_in(trained: Run) -> None:
    odd = ["back`tick` [x](javascript:alert(1))", "two\nlines", "plain"]
    report = trained.folder / "report.json"
    report.write_text(json.dumps({**(trained.report or {}), "labels": odd}), encoding="utf-8")
    said = card(Run.open(trained.id))
    assert "- `` back`tick` [x](javascript:alert(1)) ``\n- `two lines`\n- `plain`\n" in said


def test_the_report_as_a_file_quotes_rows_only_when_asked(trained: Run, tiny_bert: Path, tmp_path: Path) -> None:
    texts = [escape(clipped(text)) for text in trained.split().data.texts]
    page, card = tmp_path / "r.html", tmp_path / "r.md"
    for lang in LANGUAGES:
        write_report(trained, page, lang)
        html = page.read_text(encoding="utf-8")
        assert "<svg" in html
        assert "http" not in html.replace("http://www.w3.org", "")  # needs nothing from elsewhere
        assert not any(text in html for text in texts)
    write_report(trained, card, "zh")
    assert "## 得分" in card.read_text(encoding="utf-8")
    write_report(trained, card, "en")
    assert card.read_text(encoding="utf-8").startswith("---\n")
    assert not any(text in card.read_text(encoding="utf-8") for text in texts)
    wrong = (trained.report or {})["wrong"]
    assert str(tiny_bert) not in page.read_text(encoding="utf-8") + card.read_text(encoding="utf-8")  # a folder here
    assert "base_model" not in card.read_text(encoding="utf-8")  # which is no name on the Hub
    about = trained.model_folder("bert") / "bertdemo.json"
    assert json.loads(about.read_text(encoding="utf-8"))["base"] == tiny_bert.name
    if wrong:
        write_report(trained, page, "en", examples=True)
        assert escape(clipped(trained.split().data.texts[wrong[0]["position"]])) in page.read_text(encoding="utf-8")


def test_the_threshold_is_kept_with_the_run(trained: Run) -> None:
    recommended_one = (trained.report or {})["trust"]["recommended"]
    assert trained.threshold == recommended_one
    trained.keep_threshold(0.77)
    assert Run.open(trained.id).threshold == 0.77
    with trained.lock(), pytest.raises(UserError) as busy:
        Run.open(trained.id).keep_threshold(0.5)
    assert busy.value.code == "run_busy"


@pytest.mark.parametrize("version", [REPORT_VERSION - 1, REPORT_VERSION + 1, None])
def test_a_report_of_another_version_is_not_shown(trained: Run, version: int | None) -> None:
    old = {**(trained.report or {}), "version": version}
    (trained.folder / "report.json").write_text(json.dumps(old), encoding="utf-8")
    assert trained.report is None
    with pytest.raises(UserError) as unread:
        trained.require_report()
    assert unread.value.code == "report_other_version"


def test_another_model_may_be_used(trained: Run, reviews_csv: Path) -> None:
    report = trained.report or {}
    other = next(name for name in ("tfidf", "instant") if name != report["selected"])
    reselect(trained, other)
    again = trained.report or {}
    assert "as you chose" in report_parts.headline(again, "en")
    assert (again["selected"], trained.selected) == (other, trained.model_folder(other))
    assert again["accuracy"] == report["models"][other]["accuracy"]
    assert "paired" not in again["models"][other]
    assert (finished := trained.state().finished) is not None
    assert finished.selected == other
    for run, model in ((trained, "guess"), (prepare(reviews_csv, base="tfidf").run, "tfidf")):
        with pytest.raises(UserError) as refused:
            reselect(run, model)
        assert refused.value.code == "run_not_ready"


def test_one_odd_row_among_few_does_not_make_everything_usual() -> None:
    known, labels = clusters(80, 0.1)
    split = split_of(labels, (40, 80))
    usual = Neighbours.among(known, split).far
    odd = known.mean(np.array([60]))
    means = known.mean(np.arange(80))
    means[60] = -odd[0]  # unlike every training row
    with_odd = Neighbours.among(replace(known, means=means), split).far
    assert with_odd == pytest.approx(usual, abs=0.1)


def of_three_models(said: list[list[float]], agree: list[bool]) -> dict[str, Predictions]:
    """One that gives these probabilities to the rows at 10, 11, …, and two others that agree where they do."""
    rows, logits = np.arange(10, 10 + len(said)), np.log(np.array(said, np.float32))
    other = np.where(np.array(agree)[:, None], logits, -logits)
    return {"bert": Predictions(rows, logits), "instant": Predictions(rows, logits), "tfidf": Predictions(rows, other)}


@pytest.mark.parametrize(("test_given", "expected"), [(True, [14, 10]), (False, [])])
def test_labels_of_test_rows_that_all_models_contradict_are_worth_a_look(test_given: bool, expected: list[int]) -> None:
    found = of_three_models(
        [[0.95, 0.05], [0.95, 0.05], [0.6, 0.4], [0.01, 0.99], [0.01, 0.99]], [True, False, True, True, True]
    )
    labels = np.array([0] * 10 + [1, 1, 1, 1, 0])
    data = LabelledTexts(np.arange(15), tuple(f"text {i}" for i in range(15)), labels, ("no", "yes"))
    rows = np.arange(15)
    split = Split(data, rows[:10], rows[:0], rows[10:], test_given=test_given)
    assert doubtful_tests(found, "bert", split, rows[10:]) == expected
    assert doubtful_tests({"bert": found["bert"]}, "bert", split, rows[10:]) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_doubtful_labels_of_test_rows_stand_apart_and_change_nothing(trained: Run, lang: str) -> None:
    report = {**(trained.report or {}), "confidence_is": None}
    entry = {"row": 3, "of_test_file": True, "position": 7, "given": "negative", "predicted": "positive"}
    report["wrong"] = [{**entry, "confidence": 0.97, "likeliest": [["positive", 0.97]], "near": []}]
    plain = report_rows.wrong(report, lang, rows_of(trained))
    report["doubtful_tests"] = [7]
    shown = report_rows.wrong(report, lang, rows_of(trained))
    words = escape(sentence("doubtful_tests", lang, n=1))
    assert words in shown
    assert words not in plain
    assert shown.endswith(plain)
    assert words not in report_rows.wrong(report, lang, rows_of(trained), "negative")
    assert report["suspects"] == (trained.report or {})["suspects"]
    assert (trained.report or {})["doubtful_tests"] == []  # there is no test file
