"""One label or several: losses against their formulas, thresholds, and both tasks from the file to the scores."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.api import TrainedRun, load, outcome, prepare
from bertdemo.cli import main
from bertdemo.core.classify import Classifier, chunked
from bertdemo.core.forward import logits_of, training_logits
from bertdemo.core.linear import Linear, TfidfClassifier, pair_features
from bertdemo.core.models import encode, load_for_classes, load_tokenizer
from bertdemo.core.predictions import Predictions
from bertdemo.core.tasks import (
    Decision,
    OneLabel,
    SeveralLabels,
    calibrated_losses,
    f1_scores,
    fit_temperature,
    headline,
    task_to_learn,
)
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.dataset import LabelledTexts, Split
from bertdemo.data.pair import TextPair
from bertdemo.data.stream import spool
from bertdemo.errors import UserError
from bertdemo.export.card import card
from bertdemo.export.report_page import report_page
from bertdemo.jobs.classified import classify_rows
from bertdemo.jobs.written import Wish
from bertdemo.report import several
from bertdemo.report.compare import compare
from bertdemo.report.metrics import paired_f1, score_several
from bertdemo.runs.run import Run
from bertdemo.ui.compare_view import compared
from tests.conftest import renumbered


@pytest.fixture(autouse=True)
def fixed_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")


def finished(path: Path, **settings: Any) -> TrainedRun:
    trained = prepare(path, **settings)
    for _ in trained.events():
        pass
    return trained


def test_rows_of_rare_classes_count_more_where_classes_are_very_uneven() -> None:
    def loss_of_each(labels: list[int]) -> np.ndarray:
        labels_there = np.array(labels)
        data = LabelledTexts(np.arange(len(labels)), ("a text",) * len(labels), labels_there, ("a", "b", "never"))
        task = task_to_learn(data, np.arange(len(labels)))
        assert task.problem_type == OneLabel.problem_type
        return np.array([task.losses(torch.zeros(1, 3), np.array([i])).item() for i in range(2)]) / np.log(3)

    assert loss_of_each([0] * 40 + [1] * 4) == pytest.approx([1, 1])
    common, rare = loss_of_each([0] * 64 + [1] * 4)
    assert rare == pytest.approx(4 * common, rel=1e-5)  # the square root of 16
    assert 64 * common + 4 * rare == pytest.approx(68, rel=1e-5)


def test_losses_are_those_of_torch() -> None:
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    classes, several = np.array([0, 2, 1, 1, 0]), np.array([[1, 0, 1]] * 4 + [[0, 0, 0]], bool)
    expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(classes))
    assert OneLabel().losses(logits, classes).mean().item() == pytest.approx(expected.item(), abs=1e-6)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(several).float())
    assert SeveralLabels().losses(logits, several).mean().item() == pytest.approx(expected.item(), abs=1e-6)
    exact = logits.numpy().astype(np.float64)
    assert SeveralLabels().likelihood(exact, several) == pytest.approx(-expected.item(), abs=1e-6)


@pytest.mark.parametrize("task", [OneLabel(), SeveralLabels()])
def test_logits_and_probabilities_are_inverse(task: OneLabel | SeveralLabels) -> None:
    logits = np.random.default_rng(0).normal(size=(20, 4))
    probabilities = task.probabilities(logits)
    assert np.allclose(task.probabilities(task.logits(probabilities)), probabilities)


def test_a_temperature_is_found_for_both_tasks() -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(0, 2, size=(5000, 3))
    has = draw.random((5000, 3)) < SeveralLabels().probabilities(logits)
    assert fit_temperature(SeveralLabels(), 3 * logits, has) == pytest.approx(3, rel=0.1)
    one = np.array([draw.choice(3, p=p) for p in OneLabel().probabilities(logits)])
    assert fit_temperature(OneLabel(), 3 * logits, one) == pytest.approx(3, rel=0.1)


def test_calibrated_losses_are_those_of_rows_whatever_the_logits_are_multiplied_with() -> None:
    draw = np.random.default_rng(0)
    logits = draw.normal(0, 2, size=(2000, 3))
    has = draw.random((2000, 3)) < SeveralLabels().probabilities(logits)
    one = np.array([draw.choice(3, p=p) for p in OneLabel().probabilities(logits)])
    for task, labels in ((OneLabel(), one), (SeveralLabels(), has)):
        losses = calibrated_losses(task, logits, labels)
        assert losses.shape == (2000,)
        assert losses.mean() == pytest.approx(task.scores(logits, labels)["loss"], rel=0.01)
        np.testing.assert_allclose(calibrated_losses(task, 3 * logits, labels), losses, atol=1e-2)


@pytest.mark.parametrize("rows", [30, 300])
def test_rows_that_are_all_right_ask_for_no_more_certainty_than_they_show(rows: int) -> None:
    labels = np.arange(rows) % 3
    logits = 6.0 * np.eye(3)[labels] + np.random.default_rng(0).normal(0, 0.5, (rows, 3))
    for task, given in ((OneLabel(), labels), (SeveralLabels(), np.eye(3, dtype=bool)[labels])):
        shifted = logits - 3.0 * task.several
        sure = task.probabilities(shifted / fit_temperature(task, shifted, given))
        assert 1 - 2 / given.size < sure.max(axis=1).mean() < 1 - 0.5 / given.size


@pytest.mark.parametrize(("rows", "classes", "share"), [(60, 100, 0.02), (300, 30, 0.04), (300, 5, 0.3)])
def test_a_temperature_does_not_make_rare_labels_of_many_unsure(rows: int, classes: int, share: float) -> None:
    """The log-odds of two normal curves, `apart` as far as wide, are true: they ask for no temperature."""
    draw, apart = np.random.default_rng(0), 25.0
    has = draw.random((rows, classes)) < share
    logits = draw.normal(np.where(has, apart / 2, -apart / 2), apart**0.5) + np.log(share / (1 - share))
    assert 0.8 < fit_temperature(SeveralLabels(), logits, has) < 1.4


def test_thresholds_give_each_class_its_best_f1() -> None:
    draw = np.random.default_rng(0)
    has = draw.random((4000, 2)) < (0.5, 0.05)
    said = np.clip(np.where(has, 0.6, 0.2) + draw.normal(0, 0.05, has.shape), 0, 1)
    said[:, 1] /= 3  # a rare class whose probabilities stay low
    decision = SeveralLabels().decision(said, has)
    assert decision.thresholds[1] < 0.2 < decision.thresholds[0]
    assert (decision.labels(said) == has).mean() > 0.99
    assert not decision.at_least_one


def test_a_class_that_is_hard_to_tell_is_not_given_to_every_other_text() -> None:
    draw = np.random.default_rng(0)
    has = draw.random((2000, 3)) < (0.3, 0.3, 0.1)
    has[~has.any(axis=1), 0] = True
    said = np.clip(np.where(has, 0.7, 0.1) + draw.normal(0, 0.15, has.shape), 0.01, 0.99)
    said[:, 2] = np.where(has[:, 2], 0.12, 0.1) + draw.normal(0, 0.02, len(has))
    decision = SeveralLabels().decision(said, has)
    of_shared = SeveralLabels().scores(SeveralLabels().logits(said), has)
    given = decision.labels(said)
    assert decision.at_least_one
    assert given[:, 2].mean() < has[:, 2].mean()
    assert (given == has).all(axis=1).mean() > of_shared["accuracy"] - 0.01


def test_of_thresholds_that_are_as_good_the_one_nearest_to_a_half_is_taken() -> None:
    has = np.eye(4, dtype=bool)[np.arange(40) % 4]
    assert SeveralLabels().decision(np.where(has, 0.95, 0.02), has).thresholds == pytest.approx([0.5] * 4, abs=0.02)


def test_where_no_row_has_a_label_the_threshold_is_one_at_which_none_is_said() -> None:
    said = np.random.default_rng(0).random((50, 3)) * 0.8
    decision = SeveralLabels().decision(said, np.zeros((50, 3), bool))
    assert not decision.labels(said).any()
    assert SeveralLabels().scores(SeveralLabels().logits(said), np.zeros((50, 3), bool))["accuracy"] == 1


def test_the_threshold_for_all_is_chosen_as_it_is_used() -> None:
    draw = np.random.default_rng(0)  # every row has a label, most of them not half sure
    has = np.eye(5, dtype=bool)[draw.integers(0, 5, 1000)]
    said = SeveralLabels().probabilities(np.where(has, -0.5, -2.0) + draw.normal(0, 0.5, has.shape))
    task = SeveralLabels()
    best = max(
        float((Decision((t,) * 5, at_least_one=True).labels(said) == has).all(axis=1).mean())
        for t in (0.2, 0.3, 0.4, 0.5, 0.6)
    )
    assert task.scores(task.logits(said), has)["accuracy"] > best - 0.02


def test_where_every_row_had_a_label_every_text_gets_one() -> None:
    said = np.array([[0.1, 0.3], [0.6, 0.7], [0.05, 0.04]])
    assert Decision((0.5, 0.5), at_least_one=False).labels(said).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    always = Decision((0.5, 0.5), at_least_one=True)
    assert always.labels(said).tolist() == [[False, True], [True, True], [True, False]]
    assert Decision.from_json(always.to_json()) == always


def test_micro_f1_is_the_accuracy_where_rows_have_one_label() -> None:
    draw = np.random.default_rng(0)
    truth, said = np.eye(4, dtype=bool)[draw.integers(0, 4, 200)], np.eye(4, dtype=bool)[draw.integers(0, 4, 200)]
    found = score_several(truth, said, ("a", "b", "c", "d"))
    assert found["micro_f1"] == pytest.approx(found["accuracy"])
    low, high = found["interval"]
    assert low < found["micro_f1"] < high
    assert headline(found) == found["micro_f1"]
    assert paired_f1(truth, truth, said)["verdict"] == "better"
    assert paired_f1(truth, said, truth)["verdict"] == "worse"
    assert paired_f1(truth, said, said)["verdict"] == "within_noise"


def test_macro_f1_leaves_out_a_label_that_no_row_has_and_none_is_given() -> None:
    truth = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0]], bool)
    said = truth.copy()
    names = ("a", "b", "c", "d")
    sure = Decision((0.5,) * 4, at_least_one=False)
    assert score_several(truth, said, names)["macro_f1"] == 1  # as `score` gives it of one label
    assert f1_scores(sure, said.astype(float), truth)["macro_f1"] == 1
    said[0, 2] = True  # given wrongly: its F1 is 0
    assert score_several(truth, said, names)["macro_f1"] == pytest.approx(2 / 3)
    assert f1_scores(sure, said.astype(float), truth)["macro_f1"] == pytest.approx(2 / 3)
    nothing = np.zeros((2, 4), bool)
    assert score_several(nothing, nothing, names)["macro_f1"] == 0


def test_regressions_of_several_labels_are_independent() -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(500, 6)).astype(np.float32)
    has = np.stack([features[:, 0] > 0, features[:, 1] > 0.5, np.zeros(500, bool)], axis=1)
    said = Linear.fit(features, has, 3, C=10.0).probabilities(features)
    assert ((said > 0.5) == has).mean() > 0.97
    assert said[:, 2].max() < 1e-3
    assert said.sum(axis=1).max() > 1.5


def test_features_of_pairs_have_length_one() -> None:
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(2, 5, 8))
    found = pair_features(first, second)
    assert found.shape == (5, 32)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.allclose(pair_features(first, first)[:, 16:24], 0)


def test_second_texts_reach_the_model_as_such(tiny_bert: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_bert))
    model = load_for_classes(str(tiny_bert), ["a", "b"], seed=0, device=torch.device("cpu")).eval()
    pairs = [TextPair("good food", "bad phone it was"), TextPair("the film", "so happy")]
    ids = encode(tokenizer, pairs, 64)
    inputs = tokenizer([p.first for p in pairs], [p.second for p in pairs], padding=True, return_tensors="pt")
    assert inputs["token_type_ids"].any()
    with torch.inference_mode():
        expected = model(**inputs).logits
    assert np.allclose(logits_of(model, ids, precision="fp32"), expected, atol=1e-5)
    with torch.inference_mode():
        assert torch.allclose(training_logits(model, ids, "fp32"), expected, atol=1e-5)
    vocabulary = UsedVocabulary(ids)
    mapped = renumbered(ids, vocabulary.used)
    vocabulary.shrink(model)
    assert np.allclose(logits_of(model, mapped, precision="fp32"), expected, atol=1e-5)


def test_long_pairs_are_cut_at_the_longer_text(tiny_bert: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_bert))
    [ids] = encode(tokenizer, [TextPair("good", " ".join(["bad"] * 50))], 10)
    assert len(ids) == 10
    assert (ids >> 32).tolist() == [0, 0, 0, *[1] * 7]


def test_several_labels_from_the_file_to_the_scores(
    several_csv: Path, tiny_bert: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = finished(several_csv, base=str(tiny_bert), epochs=6, lr=3e-3)
    run, report = trained.run, trained.report
    assert report["task"] == "multi_label"
    assert report["micro_f1"] > 0.8
    assert {"micro_f1", "accuracy", "macro_f1"} <= outcome(trained, 0.0).keys()
    assert report["models"]["majority"]["micro_f1"] < report["micro_f1"]
    assert report["models"]["commonest"]["accuracy"] < report["accuracy"]
    assert trained.run.state().kept is not None
    with several_csv.open(encoding="utf-8") as file:
        both = [row["text"] for row in csv.DictReader(file) if row["labels"].startswith("glad|sad")]
    assert len(both) > 50
    for name in run.models:
        classifier = Classifier.load(run.model_folder(name))
        answers = classifier.predict(both)
        assert sum({"glad", "sad"} <= set(found.labels) for found in answers) >= len(both) / 2
        for found in answers:
            assert found.several
            assert found.label == "|".join(found.labels)
            assert found.to_json().keys() == {"labels", "probabilities"}
    page = report_page(run, "en", examples=True)
    assert "micro F1" in page
    described, (low, high) = card(run), report["models"]["bert"]["interval"]
    assert f"Micro F1 {report['models']['bert']['micro_f1']:.1%} (95% interval {low:.1%} to {high:.1%})" in described
    assert "top_k=None" in described
    assert "## 标签" in card(run, "zh")
    out = tmp_path / "out.csv"
    counts = classify_rows(load(run), "", spool(several_csv, tmp_path), tmp_path, out, Wish(("text",))).labels
    assert sum(counts.values()) > 400
    with out.open(encoding="utf-8") as file:
        assert any("|" in row["predicted_label"] for row in csv.DictReader(file))
    other = finished(several_csv, base="tfidf")
    found = compare(run, other.run)
    assert (found["shared"]["rows"], found["shared"]["measure"]) == (report["test_rows"], "micro_f1")
    assert found["shared"]["score"] == [report["micro_f1"], other.report["micro_f1"]]
    assert found["shared"]["interval"] == [report["interval"], other.report["interval"]]
    assert "micro F1" in compared(found, "en", lambda _: ("a text", "glad", 0))
    main(["compare", run.id, other.run.id])
    said = capsys.readouterr().out
    assert f"micro F1: {run.id[:8]} {report['micro_f1']:.1%}, {other.run.id[:8]} {other.report['micro_f1']:.1%}" in said
    assert "this run" not in said


def test_transformers_gives_the_same_probabilities_of_several_labels(several_csv: Path, tiny_bert: Path) -> None:
    from transformers import pipeline

    trained = finished(several_csv, base=str(tiny_bert), epochs=1, lr=3e-3)
    folder = trained.run.model_folder("bert")
    text = "a happy phone and a sad film"
    [plain] = pipeline("text-classification", model=str(folder), top_k=None)([text])
    ours = load(folder, "fp32").predict([text])[0].probabilities
    assert {entry["label"]: pytest.approx(entry["score"], abs=1e-4) for entry in plain} == ours


def test_pairs_from_the_file_to_the_scores(pairs_csv: Path, tiny_bert: Path, tmp_path: Path) -> None:
    from transformers import pipeline

    trained = finished(pairs_csv, base=str(tiny_bert), epochs=2, lr=3e-3)
    run = trained.run
    assert trained.report["task"] == "pair"
    assert set(run.models) == {"bert", "instant", "tfidf"}
    for name in run.models:
        classifier = Classifier.load(run.model_folder(name))
        [found] = classifier.predict([TextPair("good happy food", "nice warm phone")])
        assert set(found.probabilities) == {"same", "other"}
        with pytest.raises(UserError, match="second one is missing"):
            classifier.predict(["good happy food"])
    plain = pipeline("text-classification", model=str(run.model_folder("bert")), top_k=None)
    said = {e["label"]: e["score"] for e in plain({"text": "good happy food", "text_pair": "nice warm phone"})}
    ours = load(run.model_folder("bert"), "fp32").predict([TextPair("good happy food", "nice warm phone")])
    assert ours[0].probabilities == {name: pytest.approx(score, abs=1e-4) for name, score in said.items()}
    out = tmp_path / "out.csv"
    wish = Wish(("text_a",), "text_b")
    counts = classify_rows(load(run), "", spool(pairs_csv, tmp_path), tmp_path, out, wish).labels
    assert sum(counts.values()) == 400


def test_folders_made_elsewhere_may_give_several_labels(tiny_bert: Path, tmp_path: Path) -> None:
    """A transformers folder of another program, without bertdemo.json."""
    model = load_for_classes(
        str(tiny_bert), ["a", "b"], seed=0, device=torch.device("cpu"), problem_type=SeveralLabels.problem_type
    )
    model.save_pretrained(tmp_path / "model")
    load_tokenizer(str(tiny_bert)).save_pretrained(tmp_path / "model")
    [found] = Classifier.load(tmp_path / "model").predict(["the food"])
    assert found.several
    assert set(found.labels) == {name for name, p in found.probabilities.items() if p >= 0.5}


def test_pairs_that_read_alike_when_joined_are_answered_apart() -> None:
    pairs = [TextPair("a\nb", "c"), TextPair("a", "b\nc"), TextPair("a\nb", "c")]
    asked: list[list[str]] = []

    def read(texts: Sequence[str]) -> list[str]:
        asked.append([text.first for text in texts if isinstance(text, TextPair)])
        return asked[-1]

    def classify(firsts: list[str], _: Any) -> np.ndarray:
        return np.array([[len(first), 0.0] for first in firsts])

    found = chunked(pairs, 2, read, classify)
    assert asked == [["a\nb", "a"]]
    assert found[:, 0].tolist() == [3, 1, 3]


@pytest.mark.parametrize(
    ("train", "judged", "labels", "right"),
    [
        (["ab", "ab", "a", "a", "ab", "b"], ["ab", "a", "ab", "b"], ["a", "b"], 0.5),  # “a” alone is in more rows
        (["", "", "a", "", "b"], ["", "", "", "b"], [], 0.75),
    ],
)
def test_the_labels_that_most_rows_have_are_a_rule_to_beat(
    train: list[str], judged: list[str], labels: list[str], right: float
) -> None:
    rows = np.arange(len(train) + len(judged))
    has = np.array([[name in row for name in "ab"] for row in train + judged])
    data = LabelledTexts(rows, tuple(f"text {n}" for n in rows), has, ("a", "b"))
    split = Split(data, rows[: len(train)], rows[:0], rows[len(train) :])
    found = several.commonest(split, split.test)
    assert (found["labels"], found["accuracy"]) == (labels, right)


def test_thresholds_of_rows_judged_out_of_fold_are_fitted_on_the_other_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.array([[True, False], [False, True]] * 4 + [[False, False]] * 4)
    rows = np.arange(12)
    texts = tuple(f"text {i}" for i in rows)
    folds = tuple((rows[rows % 4 // 2 != k], rows[rows % 4 // 2 == k]) for k in (0, 1))
    nothing = rows[:0]
    split = Split(LabelledTexts(rows, texts, labels, ("a", "b")), rows, nothing, nothing, folds)
    assert split.out_of_fold
    task = SeveralLabels()
    # the first fold's logits are lower by far: what is best there is not what is best in the other
    logits = task.logits(np.where(labels, 0.9, 0.6) * np.where(rows % 4 // 2 == 0, 0.3, 1.0)[:, None])
    said = Predictions(rows, logits.astype(np.float32), several=True)
    monkeypatch.setattr(several, "_decision", lambda *_: task.decision(said.probabilities, labels))
    has = several.decided(Run(tmp_path), split, "bert", said, rows)
    for _, held_out in folds:
        others = np.setdiff1d(rows, held_out)
        fitted = task.decision(said.probabilities[others], labels[others])
        np.testing.assert_array_equal(has[held_out], fitted.labels(said.probabilities[held_out]))
    assert not has[folds[0][1]].any()  # by thresholds fitted on all rows they would all be right


def test_of_one_judged_fold_each_half_is_decided_on_by_the_other_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, task = np.arange(12), SeveralLabels()
    labels = np.random.default_rng(0).random((12, 2)) < 0.5
    folds = ((rows[8:], rows[:8]), (rows[:8], rows[8:]))
    split = Split(LabelledTexts(rows, tuple(map(str, rows)), labels, ("a", "b")), rows, rows[:0], rows[:0], folds)
    probabilities = np.random.default_rng(1).uniform(0.1, 0.9, (8, 2))
    said = Predictions(rows[:8], task.logits(probabilities).astype(np.float32), several=True)
    monkeypatch.setattr(several, "_decision", lambda *_: task.decision(said.probabilities, labels[:8]))
    has = several.decided(Run(tmp_path), split, "bert", said, rows[:8])
    for own, others in ((rows[0:8:2], rows[1:8:2]), (rows[1:8:2], rows[0:8:2])):
        fitted = task.decision(said.probabilities[others], labels[others])
        np.testing.assert_array_equal(has[own], fitted.labels(said.probabilities[own]))


def test_runs_whose_label_columns_stand_in_another_order_share_their_rows(several_csv: Path, tmp_path: Path) -> None:
    with several_csv.open(encoding="utf-8") as file:
        rows = [(row["text"], row["labels"].split("|")) for row in csv.DictReader(file)]
    names = sorted({label for _, labels in rows for label in labels})
    runs = []
    for order in (names, names[::-1]):
        path = tmp_path / f"{order[0]}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["text", *order])
            out.writerows([text, *("yes" if name in labels else "no" for name in order)] for text, labels in rows)
        runs.append(finished(path, label=order, base="tfidf"))
    shared = compare(*(trained.run for trained in runs))["shared"]
    assert shared["rows"] == runs[0].report["test_rows"]


def test_tfidf_has_no_more_weights_than_memory_is_sure_of(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        f"{letter}{other} word{i} of{i % 7}" for i, (letter, other) in enumerate(product("abcdefghijklm", repeat=2))
    ]
    texts += [f"{text} again {text[::-1]} {text[1:]}" for text in texts * 3]
    labels = np.arange(len(texts)) % 30
    assert TfidfClassifier.fit(texts, labels, 30, "en").linear.weight.shape[1] > 2000
    monkeypatch.setattr("bertdemo.core.linear.MOST_WEIGHTS", 60_000)
    assert TfidfClassifier.fit(texts, labels, 30, "en").linear.weight.shape == (30, 2000)
