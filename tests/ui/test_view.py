"""What is shown, as functions of what is known: true, escaped, and made for charts that people can read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bertdemo.core import device
from bertdemo.errors import UserError
from bertdemo.export import report_parts
from bertdemo.report.cautions import cautions
from bertdemo.report.metrics import accuracy_interval
from bertdemo.runs import events as ev
from bertdemo.runs.state import RunState, fold
from bertdemo.text import LANGUAGES, sentence
from bertdemo.ui import compare_view, train_tab, view
from bertdemo.ui.language import other_languages

HOSTILE = '<img src=x onerror="document.title=1">&\'"'


class Tags(HTMLParser):
    """The names of all tags in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.names.append(tag)


@pytest.fixture
def running() -> RunState:
    steps = [
        ev.Stepped(
            time=101.0 + i, step=10 * i, steps=100, epoch=i / 3, epochs=3, loss=1 / (i + 1), lr=1e-4,
            rows_per_second=80, done=0.1 * i, left=75,
        )
        for i in range(1, 6)
    ]  # fmt: skip
    events: list[ev.Event] = [
        ev.Started(time=100.0, device="CPU"),
        ev.BaselineReady(time=100.5, model="instant", accuracy=0.84, macro_f1=0.8),
        ev.PhaseBegan(time=101.0, phase="learning", done=0.1),
        *steps,
        ev.Validated(time=107.0, step=50, epoch=1.5, loss=0.3, accuracy=0.88, macro_f1=0.87, best=True),
    ]
    return fold(RunState(), events)


@pytest.fixture
def report() -> dict[str, Any]:
    scores = {"accuracy": 0.91, "interval": [0.89, 0.93], "macro_f1": 0.9}
    return {
        "selected": "bert", "selected_by": "validation", "rows_are": "held_out", "test_rows": 100, "cautions": [],
        "labels": [HOSTILE, "b"], **scores,
        "confusion": [[50, 4], [5, 41]],
        "per_class": [
            {"label": HOSTILE, "precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 54},
            {"label": "b", "precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 7},
        ],
        "models": {"bert": scores, "instant": scores, "tfidf": scores, "majority": scores},
    }  # fmt: skip


def test_progress_says_percent_times_speed_phase_and_what_is_ready(running: RunState) -> None:
    html = view.progress(running, 0, "en")
    for words in ('value="50"', "0:07 so far", "about 1 min left", "80 rows/s", "learning, epoch 2 of 3", "84%"):
        assert words in html
    assert "aria-label" in html


def test_progress_says_what_was_measured_and_noticed_on_the_way(running: RunState) -> None:
    state = fold(
        running,
        [
            ev.BaseOutOfReach(base=HOSTILE, megabytes=412, language="zh"),
            ev.Measured(seconds=240, memory=3 * 2**29),
            ev.Tried(number=0, of=3, lr=5e-5, score=0.875, loss=0.3),
            ev.MemoryShort(step=60, tokens=2048),
        ],
    )
    for lang in ("en", "zh"):
        html = view.progress(state, 0, lang)
        assert "img" not in Tags(html).names
        for value in ("412", "4", "1.5 GB", "5e-05", "87.5%", "60", "2,048"):
            assert value in html
    assert state.left == 240
    for lang, words in (("en", "By a few real steps"), ("zh", "根据几个真实步骤的测量")):
        assert words in view.progress(state, 0, lang)
        learning = fold(state, [replace(running.steps[-1], left=60)])
        assert words not in view.progress(learning, 0, lang)  # learning itself says what is left


def test_the_chart_of_scores_is_named_by_what_is_measured(running: RunState) -> None:
    several = replace(running, validations=(replace(running.validations[0], micro_f1=0.8),))
    said = [train_tab._score_chart(state, "en").label for state in (several, running)]
    assert said == ["Micro F1 on validation rows", "Accuracy on validation rows"]


def test_of_many_bars_the_largest_are_shown() -> None:
    few = view.bars([("a", 1.0), ("b", 2.0)], "en")
    assert few.index(">a<") < few.index(">b<")  # as they were given
    many = [(f"label {n}", float(n)) for n in range(view.MOST_BARS + 3)]
    shown = view.bars(many, "en")
    assert shown.index(">label 32<") < shown.index(">label 31<")
    assert "and 3 more" in shown
    for smallest in range(3):
        assert f">label {smallest}<" not in shown


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_progress_says_which_weights_are_kept(running: RunState, lang: str) -> None:
    best = view.progress(fold(running, [ev.Kept(step=1200, best_step=1200, score=0.875)]), 0, lang)
    last = view.progress(fold(running, [ev.Kept(step=1500, best_step=1200, score=0.875)]), 0, lang)
    assert all(words in best for words in ("1,200", "87.5%"))
    assert all(words in last for words in ("1,500", "1,200", "87.5%"))
    tried = [ev.Tried(number=0, of=3, lr=5e-5, score=0.875, loss=0.3), ev.Kept(step=1200, best_step=1200, score=0.875)]
    assert "1,200" not in view.progress(fold(running, tried), 0, lang)  # one of several models


def test_a_queued_run_says_its_place() -> None:
    assert "place 2" in view.progress(RunState(), 2, "en")
    assert "one training is before yours" in view.progress(RunState(), 1, "en")


@pytest.mark.parametrize(("lang", "words"), [("en", "takes about 5 min more"), ("zh", "大约还需")])
def test_a_queued_run_says_how_long_the_one_that_goes_on_takes(lang: str, words: str) -> None:
    for place in (1, 2):
        assert words in view.progress(RunState(), place, lang, 300.0)
        assert words not in view.progress(RunState(), place, lang)


def test_a_failed_run_says_what_to_do() -> None:
    state = fold(RunState(), [ev.Failed(code="out_of_memory", params={"exit": -9})])
    assert "smaller maximum length" in view.progress(state, None, "en")


def test_settings_are_called_what_the_form_calls_them() -> None:
    assert "Learning rate: “fast”" in view.error(UserError("setting_no_number", name="lr", value="fast"), "en")
    assert "学习率：" in view.error(UserError("setting_out_of_range", name="lr", value=5, low=1e-7, high=1e-2), "zh")


def test_the_device_is_named_in_both_languages() -> None:
    facts = {"kind": "cpu", "cores": 2, "precision": "bf16"}
    assert device.label(facts) == "CPU, 2 cores, bf16"
    assert device.label(facts, "zh") == "CPU, 2 核, bf16"
    assert device.label({**facts, "cores": 1}) == "CPU, 1 core, bf16"


def test_less_than_an_epoch_is_one_epoch(running: RunState) -> None:
    assert "epoch 1 of 1" in view.progress(replace(running, epoch=0.2, epochs=0.3), 0, "en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_labels_that_nobody_doubts_are_said_to_be_checked(lang: str) -> None:
    none: dict[str, Any] = {"checked": 300, "doubted": 0, "wrong": 0, "weak": False, "scale": False}
    said = [report_parts.suspects_sentence({"suspects": {**none, "doubted": n, "wrong": n}}, lang) for n in (0, 1, 2)]
    assert len(set(said)) == 3
    assert "wrong" not in said[0]
    found = {**none, "doubted": 30}
    some, every = (report_parts.suspects_sentence({"suspects": {**found, "wrong": n}}, lang) for n in (12, 30))
    assert "12" in some
    assert every != some
    own, untold = (
        report_parts.suspects_sentence({"suspects": {**found, "wrong": 0, "own": own}}, lang) for own in (True, False)
    )
    assert len({own, untold, some, every}) == 4
    assert "0" not in own.replace("300", "").replace("30", "")  # not that about none of them is wrong
    span, all_alike = (
        report_parts.agreement({"doubtful": True, "suspects": {**found, "wrong": n}}, lang) for n in (12, 30)
    )
    assert "4%" in span
    assert all_alike.count("10%") == 1  # no span of one number


def test_few_rows_tell_what_chance_would_not_make() -> None:
    def said(confidence: float, accuracy: float, rows: int = 40, **more: float) -> str:
        bins = [{"confidence": confidence, "accuracy": accuracy, "share": 1.0, "rows": rows}]
        by_chance = (2 * confidence * (1 - confidence) / (math.pi * rows)) ** 0.5
        found = {"bins": bins, "error": abs(confidence - accuracy), "error_before": None, "by_chance": by_chance}
        return report_parts.calibration({"calibration": found, "test_rows": 105, **more}, "en")

    assert "too few to tell" in said(0.8, 0.9)
    assert "right more often than it says" in said(0.8, 1.0)
    assert "right less often than it says" in said(0.8, 0.5)
    assert "too few to tell" in said(0.8, 1.0, rows=5)
    assert "labels given" in said(0.8, 0.9, micro_f1=0.9)
    assert "labels given" not in said(0.8, 0.9)


@pytest.mark.parametrize(
    ("error", "by_chance", "said"),
    [
        (0.03, 0.01, "is_calibrated"),
        (0.06, 0.05, "calibration_few"),  # as of true probabilities
        (0.06, 0.03, "is_uncalibrated"),
        (0.12, 0.05, "is_uncalibrated"),
    ],
)
def test_of_hundreds_of_rows_no_more_is_said_to_be_off_than_chance_leaves(
    error: float, by_chance: float, said: str
) -> None:
    found = {"bins": [], "error": error, "error_before": None, "by_chance": by_chance}
    for lang in LANGUAGES:
        html = report_parts.calibration({"calibration": found, "test_rows": 300}, lang)
        assert sentence(said, lang, n=300, points=100 * error) in html


@pytest.mark.parametrize(("confidence", "accuracy"), [(1.0, 1.0), (0.0, 0.0)])
def test_no_bubble_is_cut_at_the_edge_of_its_chart(confidence: float, accuracy: float) -> None:
    bins = [{"confidence": confidence, "accuracy": accuracy, "share": 1.0, "rows": 400}]
    found = {"bins": bins, "error": 0.0, "error_before": None}
    html = report_parts.calibration({"calibration": found, "test_rows": 400}, "en")
    width, height = (float(n) for n in re.findall(r'viewBox="0 0 (\d+) (\d+)"', html)[0])
    x, y, r = (float(n) for n in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', html)[0])
    assert r <= x <= width - r
    assert r <= y <= height - r


@pytest.mark.parametrize("accuracy", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("kept", [True, False])
def test_the_interval_of_a_learning_curve_is_one_of_shares(accuracy: float, kept: bool) -> None:
    low, high = accuracy_interval(20 * accuracy, 20)
    point = {"accuracy": accuracy, "error": (accuracy * (1 - accuracy) / 20) ** 0.5}
    curve = [{**point, "rows": n, **({"interval": [low, high]} if kept else {})} for n in (50, 100)]
    report = {"learning_curve": curve, "outlook": {"gain": 0.0, "verdict": "unclear"}, "models": {"instant": {}}}
    shown = report_parts.growth(report, "en")
    assert "-" not in "".join(re.findall(r"[^<>]+%", shown))
    assert (f"{low:.1%} – {high:.1%}" in shown) is kept


@pytest.mark.parametrize(
    ("rows_are", "selected_by", "verdict", "said"),
    [
        ("out_of_fold", "validation", "within_noise", True),
        ("some_folds", "likelier", "worse", True),
        ("out_of_fold", "validation", "better", False),
        ("out_of_fold", "expected", "within_noise", False),
        ("out_of_fold", "person", "within_noise", False),
        ("held_out", "validation", "within_noise", False),
    ],
)
def test_a_score_on_the_rows_that_chose_among_equals_is_called_too_good(
    rows_are: str, selected_by: str, verdict: str, said: bool
) -> None:
    models = {"bert": {}, "instant": {"paired": {"verdict": verdict, "difference": 0.01}}, "majority": {}}
    report = {"rows_are": rows_are, "selected_by": selected_by, "selected": "bert", "models": models}
    for lang in LANGUAGES:
        assert report_parts.chosen_by_them(report, lang) == ([sentence("chosen_by_them", lang)] if said else [])


def accepting(accuracy: float, rows_are: str) -> str:
    """What is said of a target of which 90 to 100% were expected, and 85 to 96% measured."""
    target = {"target": 0.95, "coverage": 0.9, "threshold": 0.8, "accuracy": accuracy}
    target |= {"promised_interval": [0.9, 1.0], "interval": [0.85, 0.96]}
    trust = {"curve": [{"coverage": 1.0, "accuracy": 0.9, "threshold": 0.5}], "recommended": 0.8, "targets": [target]}
    return report_parts.trust({"trust": trust, "rows_are": rows_are}, "en")


@pytest.mark.parametrize("rows_are", ["held_out", "test_file"])
def test_a_promise_that_was_not_kept_is_said(rows_are: str) -> None:
    assert "less than expected" in accepting(0.887, rows_are)
    assert "expected is 90% to 100%" in accepting(0.887, rows_are)
    assert "less than expected" not in accepting(0.95, rows_are)


@pytest.mark.parametrize("rows_are", ["out_of_fold", "some_folds"])
def test_what_the_judged_rows_promise_is_not_held_against_them(rows_are: str) -> None:
    assert "88.7% of them were right (between 85% and 96%)" in accepting(0.887, rows_are)
    assert "expected" not in accepting(0.887, rows_are)


def test_mistakes_on_a_scale_are_said_in_steps() -> None:
    report = {"most_confused": [], "scale": {"mistakes": 77, "next_to": 70 / 77, "steps": 0.34}}
    assert "91% of the mistakes are one step off" in report_parts.pairs(report, "en")
    assert "91%" in report_parts.pairs(report, "zh")
    assert report_parts.pairs({"most_confused": [], "scale": None}, "en") == ""  # without mistakes


@pytest.mark.parametrize(
    ("kept", "query", "links"),
    [
        ("en", {}, ['href="?lang=zh" lang="zh" hreflang="zh">中文<']),
        ("zh", {"lang": "zh"}, ['href="?lang=en" lang="en" hreflang="en">English<']),
        (
            "en",
            {"run": "a&b<c", "view": "settings", "__theme": "dark"},
            ["?run=a%26b%3Cc&amp;__theme=dark&amp;lang=zh"],
        ),
    ],
)
def test_the_header_leads_to_the_other_languages(kept: str, query: dict[str, str], links: list[str]) -> None:
    request: Any = SimpleNamespace(cookies={"bertdemo_lang": kept}, headers={}, query_params=query)
    html = other_languages(request)
    assert html.count("<a ") == len(links)
    for link in links:
        assert link in html


def test_screen_readers_are_told_every_ten_percent_only(running: RunState) -> None:
    said = view.announcement(running, 0, "en")
    assert "50%, learning" in said


def test_the_headline_is_a_sentence_with_its_interval(report: dict[str, Any]) -> None:
    assert "about 91 of 100 new texts (between 89 and 93)" in report_parts.headline(report, "en")
    assert "100 rows that it has not learned from" in report_parts.headline(report, "en")


@pytest.mark.parametrize(("lang", "words"), [("en", "only a part of the learning"), ("zh", "只完成了计划中的一部分")])
def test_that_a_training_was_stopped_is_said_beside_its_score(report: dict[str, Any], lang: str, words: str) -> None:
    assert words in report_parts.headline(report | {"stopped": True}, lang)
    assert words not in report_parts.headline(report | {"stopped": False}, lang)
    alone = {"models": {"tfidf": report["models"]["tfidf"]}, "selected": "tfidf", "selected_by": "alone"}
    assert words not in report_parts.headline(report | alone | {"stopped": True}, lang)


def test_of_several_labels_the_texts_that_are_all_right_come_first(report: dict[str, Any]) -> None:
    several = {**report, "micro_f1": 0.996, "accuracy": 0.87}
    assert report_parts.headline(several, "en").startswith('<h2 class="headline">All labels right for about 87 of 100')
    finished = fold(RunState(), [ev.Finished(selected="bert", accuracy=0.87, macro_f1=0.9, micro_f1=0.996)])
    assert "about 87 of 100" in view.next_step(finished, None, several, "en")
    assert "87" in view.next_step(finished, None, several, "zh")


@pytest.mark.parametrize(
    ("difference", "words"), [(0.0, "equally good"), (0.0004, "equally good"), (0.01, "1.0 points")]
)
def test_what_is_not_apart_is_said_to_be_equally_good(report: dict[str, Any], difference: float, words: str) -> None:
    paired = {"difference": difference, "verdict": "within_noise"}
    models = {"bert": report["models"]["bert"], "tfidf": {**report["models"]["tfidf"], "paired": paired}}
    assert words in report_parts.worth({**report, "models": models}, "en")
    shared = {
        "rows": 9,
        "score": [0.9, 0.9],
        "measure": "accuracy",
        "paired": paired,
        "only_first": 0,
        "only_second": 0,
    }
    run = {"interval": [0, 1], "selected": "bert", "train_rows": 9, "score": 0.9, "macro_f1": 0.9, "several": False}
    runs = [run | {"name": "a", "created": "2026-11-30T11:11"}] * 2
    found = {"shared": shared, "settings": [], "runs": runs, "only_first": [], "only_second": []}
    said = compare_view.compared(found, "en", lambda _: ("", "", 0))
    assert words in said
    assert "rows whose label was changed are not among them" in said


def test_a_row_without_a_label_says_so() -> None:
    assert "<em>no label</em>" in view.example_rows([("a text", "")], "", "en")
    assert "<em>无标签</em>" in view.example_rows([("a text", "")], "", "zh")


def test_a_score_near_that_of_the_largest_class_is_said(report: dict[str, Any]) -> None:
    def headline(majority: float, lang: str = "en", **more: Any) -> str:
        scores = {"accuracy": majority, "interval": [0.0, 1.0], "macro_f1": 0.3, "micro_f1": majority}
        models = {**report["models"], "majority": scores}
        whole = {**report, "models": models, **more}
        return report_parts.headline({**whole, "cautions": cautions(whole)}, lang)

    assert "Always saying" not in headline(0.86)
    assert "largest class is right on 88.0%" in headline(0.88)  # the interval begins at 89%
    assert "begins at 89.0%" in headline(0.88)
    assert "no better than that" in headline(0.95)
    assert "88.0%" in headline(0.88, "zh")
    assert "F1 of 88.0%" in headline(0.88, micro_f1=0.91)


@pytest.mark.parametrize(
    ("labels", "commonest", "said"),
    [
        (["neutral"], 0.293, "no_better_than_commonest"),
        ([], 0.913, "no_better_than_no_label"),
        (["neutral"], 0.23, "no_better_than_commonest"),
        (["neutral"], 0.2, None),
    ],
)
def test_always_the_same_labels_stand_beside_a_score_of_several(
    report: dict[str, Any], labels: list[str], commonest: float, said: str | None
) -> None:
    always = {"accuracy": commonest, "interval": [0.0, 0.4], "macro_f1": 0.3, "micro_f1": 0.2, "labels": labels}
    models = {**{name: {**scores, "micro_f1": 0.5} for name, scores in report["models"].items()}, "commonest": always}
    models["majority"]["micro_f1"] = 0.2
    whole = {**report, "models": models, "accuracy": 0.23, "micro_f1": 0.5}
    found = {**whole, "cautions": cautions(whole)}
    assert [caution["say"] for caution in found["cautions"]] == ([said] if said else [])
    for lang in LANGUAGES:
        assert ("23.0%" in report_parts.headline(found, lang)) is bool(said)
        assert f"{commonest:.1%}" in report_parts.worth(found, lang)
        assert ("neutral" in report_parts.worth(found, lang)) is bool(labels)


def test_a_rule_that_is_two_at_once_is_shown_once() -> None:
    models = {name: {"accuracy": 0.3, "micro_f1": 0.4} for name in ("commonest", "majority", "tfidf", "bert")}
    assert report_parts.models_shown(models) == ["bert", "tfidf", "commonest"]
    models["commonest"] = {"accuracy": 0.5, "micro_f1": 0.1}
    assert report_parts.models_shown(models) == ["bert", "tfidf", "majority", "commonest"]
    del models["commonest"]
    assert report_parts.models_shown(models) == ["bert", "tfidf", "majority"]


def test_what_is_right_of_several_labels_is_said_of_all_of_them(report: dict[str, Any]) -> None:
    group = {"value": "phone", "rows": 40, "accuracy": 0.5, "interval": [0.3, 0.7], "worse": True}
    split = {"groups": {"length": [], "columns": [{"column": "source", "groups": [group]}]}}
    one, several = {**report, **split}, {**report, **split, "micro_f1": 0.9}
    for lang in LANGUAGES:
        every = sentence("col_all_right", lang)
        assert every not in report_parts.groups(one, lang, columns=True)
        assert report_parts.groups(several, lang, columns=True).count(every) == 2  # in the table and in the sentence
        for by in ("validation", "likelier"):
            other = {"selected": "tfidf", "selected_by": by}
            said = [report_parts.headline({**whole, **other}, lang) for whole in (one, several)]
            assert ["F1" in words.split("</p>")[-2].split("<p>")[-1] for words in said] == [False, True]


@pytest.mark.parametrize(("lang", "words"), [("en", "may be chance"), ("zh", "可能只是偶然")])
def test_a_model_that_is_kept_though_another_is_ahead_says_so(report: dict[str, Any], lang: str, words: str) -> None:
    for selected in ("bert", "instant"):
        assert words in report_parts.headline({**report, "selected": selected, "selected_by": "expected"}, lang)
    assert words not in report_parts.headline(report, lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_that_a_person_wrote_becomes_a_tag(report: dict[str, Any], lang: str) -> None:
    pieces = [
        report_parts.confusion(report, lang),
        report_parts.per_class(report, lang),
        report_parts.worth(report, lang),
        report_parts.headline(report, lang),
        view.bars([(HOSTILE, 3.0)], lang),
        view.error(UserError("model_unknown", path=HOSTILE), lang),
        view.note(HOSTILE),
    ]
    for html in pieces:
        assert "img" not in Tags(html).names


def _luminance(color: Sequence[float]) -> float:
    """Of 0 to 255 each, by WCAG 2."""
    red, green, blue = (v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: Sequence[float], other: Sequence[float]) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(code: str) -> list[int]:
    return [int(code[at : at + 2], 16) for at in (1, 3, 5)]


LIGHT, DARK = ("#ffffff", "#1e293b"), ("#0f172a", "#f1f5f9")
"""What is behind, and the letters on it."""


@pytest.mark.parametrize("behind", ["#ffffff", "#1e293b"])
def test_every_curve_is_seen_on_light_and_on_dark(behind: str) -> None:
    for name, code in view.CURVES.items():
        assert _contrast(_rgb(code), _rgb(behind)) >= 3, name


@pytest.mark.parametrize(("behind", "letters"), [LIGHT, DARK])
def test_numbers_of_a_matrix_are_read_in_every_cell(report: dict[str, Any], behind: str, letters: str) -> None:
    for right in range(0, 101, 2):
        counts = [[right, 100 - right], [100 - right, right]]
        html = report_parts.confusion({**report, "labels": ["a", "b"], "confusion": counts}, "en")
        tones = re.findall(r"rgba\(([\d,.]+)\)", html)
        assert len(tones) == 4
        for tone in tones:
            *color, alpha = (float(n) for n in tone.split(","))
            mixed = [alpha * c + (1 - alpha) * b for c, b in zip(color, _rgb(behind), strict=True)]
            assert _contrast(mixed, _rgb(letters)) >= 4.5


def test_long_names_of_labels_can_break_in_every_table(report: dict[str, Any]) -> None:
    name = "not_updated_after_deposit<b>"
    broken = "not_<wbr>updated_<wbr>after_<wbr>deposit&lt;b&gt;"
    entry = {**report["per_class"][0], "label": name}
    assert report_parts.confusion({**report, "labels": [name, "b"]}, "en").count(broken) == 2
    assert broken in report_parts.per_class({**report, "per_class": [entry]}, "en")
    assert broken in view.bars([(name, 3.0)], "en")


def test_few_rows_are_said_to_be_few(report: dict[str, Any]) -> None:
    assert report_parts.per_class(report, "en").count("few rows") == 1


def test_a_class_without_rows_has_no_scores(report: dict[str, Any]) -> None:
    report["per_class"][1] |= {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    html = report_parts.per_class(report, "en")
    assert ">0.0%" not in html
    assert html.count(">–<") == 3


def test_curves_have_numbers_for_axes(running: RunState) -> None:
    losses, scores = view.loss_frame(running), view.score_frame(running)
    for frame, column in (
        (losses, "loss"),
        (scores, "accuracy"),
        (view.loss_frame(RunState(steps=running.steps)), "loss"),
    ):
        assert pd.api.types.is_integer_dtype(frame["step"])
        assert pd.api.types.is_float_dtype(frame[column])
    assert set(losses["rows"]) == {"train", "validation"}
    assert set(scores.dropna()["model"]) == {"bert", "instant"}


def test_the_step_that_was_kept_is_marked_in_the_chart(running: RunState) -> None:
    """It is the one of the least loss, and the curve of the scores may be higher elsewhere."""
    last = running.validations[-1]
    done = replace(running, kept=ev.Kept(step=last.step, best_step=last.step, score=last.score))
    frame = view.score_frame(done)
    mark = frame[frame["model"] == "kept"]
    assert mark["step"].tolist() == [last.step] * 2
    assert mark["accuracy"].tolist() == [frame["accuracy"].min(), frame["accuracy"].max()]
    for lang in LANGUAGES:
        named = sentence("curve_kept", lang)
        assert [named in view.legend(lang, kept=kept) for kept in (True, False)] == [True, False]
        assert named not in view.legend(lang, validated=False, kept=True)


def test_a_chart_is_told_of_every_curve_from_its_first_rows_on(running: RunState) -> None:
    """It learns the colours from them, and a curve that comes later would have none."""
    last = running.validations[-1]
    later = [
        ev.BaselineReady(time=108.0, model="tfidf", accuracy=0.8, macro_f1=0.8),
        ev.Kept(step=last.step, best_step=last.step, score=last.score),
    ]
    first, done = view.score_frame(running), view.score_frame(fold(running, later))
    assert set(first["model"]) == set(done["model"]) == set(view.CURVES) - {"train", "validation"}
    assert set(done.dropna()["model"]) == set(done["model"])


@pytest.mark.parametrize("last", [1, 7, 50, 12_345])
def test_level_lines_of_one_score_are_both_seen(running: RunState, last: int) -> None:
    state = replace(running, validations=(replace(running.validations[0], step=last),))
    state = fold(state, [ev.BaselineReady(time=108.0, model="tfidf", accuracy=0.84, macro_f1=0.8)])
    frame = view.score_frame(state)
    order = frame["model"].tolist()
    assert order.index("instant") < order.index("tfidf")  # which is drawn over it
    over = frame[frame["model"] == "tfidf"]
    ends = frame[frame["model"] == "instant"]["step"].tolist()
    assert ends[0] == 0
    drawn = over["step"].diff()[over["accuracy"].notna() & over["accuracy"].shift().notna()].sum()
    assert 0 < drawn <= max(1, 0.6 * ends[1])
    assert over["step"].is_monotonic_increasing
    assert over["step"].max() <= ends[1]
    assert "class=dashed" in view.legend("en")


@pytest.mark.parametrize(
    ("scores", "limits"),
    [((0.875, 0.93), (0.85, 0.95)), ((0.85, 0.85), (0.8, 0.9)), ((0.0, 1.0), (0.0, 1.0)), ((0.5, 0.9999), (0.45, 1.0))],
)
def test_no_level_line_lies_on_the_edge_of_its_chart(scores: tuple[float, float], limits: tuple[float, float]) -> None:
    assert view.score_limits(pd.DataFrame({"accuracy": [*scores, float("nan")]})) == pytest.approx(limits)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_charts_are_told_to_those_who_cannot_see_them(running: RunState, lang: str) -> None:
    assert view.charts_said(RunState(), lang) == ""
    learning = view.charts_said(RunState(steps=running.steps), lang)
    assert learning.count("sr-only") == 1
    assert sentence("curve_validation", lang) not in learning
    done = view.charts_said(fold(running, [ev.Kept(step=1200, best_step=1200, score=0.88)]), lang)
    assert done.count("sr-only") == 2
    for value in ("0.30", "88.0%", "84.0%", "1,200"):
        assert value in done
    for name in ("loss", "validation_accuracy", "curve_train", "curve_validation", "curve_instant", "curve_kept"):
        assert sentence(name, lang) in done
    assert sentence("curve_tfidf", lang) not in done


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_chart_of_lengths_is_told_too(lang: str) -> None:
    said = view.lengths_said(np.arange(1, 2001), lang)
    assert "1,001" in said
    assert "1,98" in said
    assert view.lengths_said(np.array([], dtype=int), lang) == ""


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("en", ("4 texts: “a” taken for “b”", "1 text: “b” taken for “a”")),
        ("zh", ("4 条文本：“a”被当成“b”", "1 条文本：“b”被当成“a”")),
    ],
)
def test_buttons_of_a_matrix_are_named_by_what_they_show(
    report: dict[str, Any], lang: str, names: Sequence[str]
) -> None:
    found = {**report, "labels": ["a", "b"], "confusion": [[50, 4], [1, 41]]}
    html = report_parts.confusion(found, lang, leads_on=True)
    assert re.findall('aria-label="([^"]+)">[0-9]', html) == list(names)
    hostile = report_parts.confusion({**report, "confusion": [[50, 4], [1, 41]]}, lang, leads_on=True)
    assert set(Tags(hostile).names) <= {
        "p",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "span",
        "button",
        "wbr",
    }


def test_models_that_learn_in_turns_have_curves_of_their_own(running: RunState) -> None:
    [step] = running.steps[:1]
    said = [(1, 0.5, 1.0), (2, 1.0, 0.2), (3, 0.5, 0.9), (4, 1.0, 0.1)]
    steps = tuple(replace(step, step=at, epoch=epoch, loss=loss) for at, epoch, loss in said)
    frame = view.loss_frame(RunState(steps=steps))
    curve = frame[frame["rows"] == "train"]
    assert curve["step"].tolist() == [1, 2, 3, 3, 4]
    assert curve["loss"].isna().tolist() == [False, False, True, False, False]
    assert curve["loss"].tolist()[3] == 0.9  # nothing of the model before is in it


def test_lengths_are_at_most_forty_bars() -> None:
    frame = view.length_frame(np.random.default_rng(0).integers(3, 900, 10_000))
    assert len(frame) <= 41
    assert frame["texts"].sum() == 10_000


@pytest.mark.parametrize(("seconds", "words"), [(3, "5 s"), (50, "50 s"), (100, "2 min"), (7200, "2.0 h")])
def test_durations_are_said_as_people_do(seconds: float, words: str) -> None:
    assert view.duration(seconds, "en") == words


def test_runs_of_one_file_are_told_apart_in_a_list() -> None:
    finished = RunState(status="finished", finished=ev.Finished(selected="bert", accuracy=0.934, macro_f1=0.9))

    def title(state: RunState, second: int, lang: str = "en", **asked: Any) -> str:
        meta = {"name": "tickets.csv", "created": f"2026-01-02T08:09:{second:02}.5", "config": asked}
        return view.run_titles([("abcdef", meta, state), ("123456", {**meta, "name": "other"}, state)], lang)[0]

    assert title(finished, 1) == "tickets.csv · 93.4% · 2026-01-02 08:09"
    assert title(finished, 1, budget="quick", epochs=2.0).endswith("08:09 · Quick, Epochs 2")
    assert title(finished, 1, base="owner/some-base").endswith("· some-base")
    assert title(finished, 1, seed=1234567).endswith("· Seed 1234567")
    assert title(finished, 1, "zh", budget="quick", lr=2e-5).endswith("快速，学习率 2e-05")
    assert title(finished, 1, of_a_later_version=3).endswith("08:09")
    assert title(RunState(), 1, "zh", base="tfidf").startswith("tickets.csv · 等待")
    alike = {"name": "tickets.csv", "created": "2026-01-02T08:09:01.5", "config": {}}
    later = {**alike, "created": "2026-01-02T08:09:31.5"}
    runs = [("aaaa1", alike, finished), ("bbbb2", later, finished), ("cccc3", later, finished)]
    assert len(set(view.run_titles(runs, "en"))) == 3
    assert "08:09:31 · bbbb" in view.run_titles(runs, "en")[1]


def test_of_a_long_file_name_beginning_and_end_are_kept() -> None:
    meta = {"name": "all-support-tickets-of-the-year-2025.csv", "created": "2026-01-02T08:09:01", "config": {}}
    [title] = view.run_titles([("abcdef", meta, RunState())], "en")
    assert title.startswith("all-support-t…year-2025.csv · ")
    assert len(title) < 60
