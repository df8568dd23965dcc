"""The linear classifiers are fitted to their end, and as strongly as unseen rows would have it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from safetensors.numpy import load_file

from bertdemo.core.baselines import FORMS, Features, first_look, fit_instant, fit_tfidf, whole_look
from bertdemo.core.linear import Linear, TfidfClassifier, quietly_on_one_thread
from bertdemo.core.piecewise import whole
from bertdemo.core.predictions import Predictions, before_calibration, choosing_rows
from bertdemo.core.tasks import OneLabel, fit_temperature
from bertdemo.data.dataset import LabelledTexts, Split, guess_roles, split_texts
from bertdemo.data.table import read_table
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run


def temperature_of(run: Run, model: str) -> float:
    found: float = json.loads((run.model_folder(model) / "bertdemo.json").read_text())["temperature"]
    return found


def test_a_fit_does_not_end_where_it_has_only_begun() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.repeat(np.arange(3000), 20), rng.integers(0, 3000, 60_000)
    features = sp.csr_matrix((np.full(60_000, 20**-0.5, np.float32), (rows, columns)), (3000, 3000))
    labels = (features @ rng.standard_normal(3000) > 0).astype(np.int64)
    fitted = Linear.fit(features, labels, 2, C=10.0)
    assert (fitted.probabilities(features).argmax(1) == labels).mean() > 0.99
    wrong = fitted.probabilities(features)[:, 1] - labels
    gradient = features.T @ wrong / 3000 + (fitted.weight[1] - fitted.weight[0]) / (10.0 * 3000)
    assert np.abs(gradient).max() < 2e-4


def test_as_many_classes_as_half_the_rows_are_no_reason_to_warn() -> None:
    fitted = Linear.fit(np.eye(30, dtype=np.float32), np.arange(30) // 2 + np.arange(30) % 2, 16, C=10.0)
    assert fitted.probabilities(np.eye(30)).shape == (30, 16)


def test_a_fit_takes_one_thread_and_leaves_the_others_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    meanwhile, fit = [], LogisticRegression.fit
    monkeypatch.setattr(LogisticRegression, "fit", lambda *given: (meanwhile.append(threads()), fit(*given))[1])
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        Linear.fit(np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1]), 2, C=1.0)
        assert meanwhile == [{1}]
        assert threads() == before


def test_several_fits_at_a_time_leave_threads_and_warnings_as_they_were() -> None:
    import warnings
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info, threadpool_limits

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    features, labels = np.random.default_rng(0).standard_normal((300, 40)).astype(np.float32), np.arange(300) % 3
    with threadpool_limits(2, user_api="blas"):
        before, filters = threads(), list(warnings.filters)
        with quietly_on_one_thread(), ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda C: Linear.fit_scaled(features, labels, 3, C=C), (1.0, 3.0, 10.0, 30.0)))
        assert (threads(), list(warnings.filters)) == (before, filters)
    for C, one in zip((1.0, 3.0, 10.0, 30.0), found, strict=True):
        np.testing.assert_array_equal(one.weight, Linear.fit_scaled(features, labels, 3, C=C).weight)


@pytest.mark.parametrize("rows", [400, 60])
@pytest.mark.parametrize("noise", [0.3, 3.0])
def test_unseen_rows_decide_how_strongly_the_instant_classifier_is_regularised(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, noise: float
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "home"))
    table = read_table(reviews_csv).take(list(range(rows)))
    run = Run.create(table, guess_roles(table).roles, TrainConfig(base="tfidf"))
    split, task, rng = run.split(), OneLabel(), np.random.default_rng(0)
    assert bool(split.folds) == (rows == 60)
    means = noise * rng.standard_normal((rows, 24)).astype(np.float32)
    means[:, 0] += split.data.labels * 2 - 1
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    known = Features(np.arange(rows), means, means, (1,))
    whole(fit_instant(run, split, known, "base", 16))

    def lost(C: float, kept: np.ndarray, unseen: np.ndarray) -> tuple[float, Linear]:
        fitted = Linear.fit_scaled(means[kept], split.data.labels[kept], 2, C=C)
        logits = task.logits(fitted.probabilities(means[unseen]))
        return -task.likelihood(logits, split.data.labels[unseen]) * len(unseen), fitted

    parts = split.folds or [(split.train, split.validation)]
    sums = [sum(lost(C, kept, unseen)[0] for kept, unseen in parts) for _, C in FORMS]
    _, best = FORMS[int(np.argmin(sums))]
    saved = load_file(run.model_folder("instant") / "linear.safetensors")
    expected = Linear.fit_scaled(means[split.train], split.data.labels[split.train], 2, C=best)
    expected = expected.divided(temperature_of(run, "instant"))
    np.testing.assert_allclose(saved["weight"], expected.weight, rtol=1e-4, atol=1e-5)
    said = Predictions.load(run.folder, "instant")
    assert said is not None
    assert set(choosing_rows(split)) <= set(said.positions.tolist())


def test_a_fold_has_no_say_in_its_own_scores(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "home"))
    table = read_table(reviews_csv).take(list(range(60)))
    run = Run.create(table, guess_roles(table).roles, TrainConfig(base="tfidf"))
    split = run.split()
    means = np.random.default_rng(5).standard_normal((60, 8)).astype(np.float32)
    means[:, 0] += split.data.labels * 2 - 1
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    known = Features(np.arange(60), means, means, (1,))
    [first, *_] = split.folds
    by_fold: dict[float, list[float]] = {}
    for _, C in FORMS:
        for kept, unseen in split.folds:
            fitted = Linear.fit_scaled(means[kept], split.data.labels[kept], 2, C=C)
            logits = OneLabel().logits(fitted.probabilities(means[unseen]))
            by_fold.setdefault(C, []).append(-OneLabel().likelihood(logits, split.data.labels[unseen]) * len(unseen))
    best = min((C for _, C in FORMS), key=lambda C: sum(by_fold[C][1:]))
    assert best != min((C for _, C in FORMS), key=lambda C: sum(by_fold[C]))
    whole(fit_instant(run, split, known, "base", 16))
    kept, unseen = first
    fitted = Linear.fit_scaled(means[kept], split.data.labels[kept], 2, C=best)
    expected = fitted.divided(temperature_of(run, "instant")).probabilities(means[unseen])
    said = Predictions.load(run.folder, "instant")
    assert said is not None
    np.testing.assert_allclose(said.among(unseen).probabilities, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("rows", [400, 60])
def test_linear_classifiers_are_calibrated_by_unseen_rows(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "home"))
    table = read_table(reviews_csv).take(list(range(rows)))
    run = Run.create(table, guess_roles(table).roles, TrainConfig(base="tfidf"))
    split, task = run.split(), OneLabel()
    whole(fit_tfidf(run, split, "en", whole_look(split)))
    temperature, said = temperature_of(run, "tfidf"), Predictions.load(run.folder, "tfidf")
    assert said is not None
    assert temperature < 0.9  # plain words give the labels of these texts away: the regression is not sure enough
    judged = said.among(choosing_rows(split))
    assert fit_temperature(task, judged.logits, split.data.labels[judged.positions]) == pytest.approx(1, abs=0.02)
    texts = [split.data.texts[i] for i in split.test]
    used = TfidfClassifier.load(run.model_folder("tfidf")).probabilities(texts)
    np.testing.assert_allclose(said.among(split.test).probabilities, used, atol=1e-5)
    before = before_calibration(run, "tfidf", split.test)
    assert before is not None
    np.testing.assert_allclose(before.logits, said.among(split.test).logits * temperature, rtol=1e-4)


@pytest.mark.parametrize("told_by", ["the last layer", "the one before"])
def test_the_instant_classifier_reads_the_layers_that_tell_classes_apart(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told_by: str
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "home"))
    table = read_table(reviews_csv)
    run = Run.create(table, guess_roles(table).roles, TrainConfig(base="tfidf"))
    split, draw = run.split(), np.random.default_rng(0)
    known = np.arange(len(split.data))
    layers = 2 * draw.standard_normal((2, len(known), 16)).astype(np.float32)
    layers[int(told_by == "the last layer"), :, 0] += 8 * split.data.labels - 4
    layers /= np.linalg.norm(layers, axis=2, keepdims=True)
    whole(fit_instant(run, split, Features(known, np.concatenate(list(layers), axis=1), layers[0], (1, 2)), "base", 16))
    said = Predictions.load(run.folder, "instant")
    assert said is not None
    said = said.among(split.test)
    assert np.mean(said.logits.argmax(1) == split.data.labels[said.positions]) > 0.85
    weight = load_file(run.model_folder("instant") / "linear.safetensors")["weight"]
    assert weight.shape == (2, 32)
    assert json.loads((run.model_folder("instant") / "bertdemo.json").read_text())["layers"] == [1, 2]
    if told_by == "the last layer":
        assert not weight[:, :16].any()


def test_a_fit_on_scaled_features_reads_them_as_they_are() -> None:
    draw = np.random.default_rng(0)
    labels = np.arange(200) % 3
    features = draw.standard_normal((200, 6)).astype(np.float32) * 0.01 + 5
    features[:, 0] += labels * 0.02
    centred = (features - features.mean(0)) / ((features.std(0) + 1e-6) * 6**0.5)
    expected = Linear.fit(centred, labels, 3, C=3.0).probabilities(centred)
    found = Linear.fit_scaled(features, labels, 3, C=3.0)
    np.testing.assert_allclose(found.probabilities(features), expected, atol=1e-3)


def test_what_is_the_same_in_all_rows_says_nothing_of_others() -> None:
    draw = np.random.default_rng(0)
    labels = np.arange(40) % 2
    features = np.full((40, 3), 0.05, np.float32) + 1e-8 * draw.standard_normal((40, 3)).astype(np.float32)
    features[:, 0] += 0.05 * labels
    found = Linear.fit_scaled(features, labels, 2, C=30.0)
    unlike = features + np.array([0.0, 0.1, -0.1], np.float32)
    np.testing.assert_allclose(found.probabilities(unlike), found.probabilities(features), atol=0.05)


def test_every_row_is_looked_at_that_is_held_out_in_turn() -> None:
    texts = tuple(f"text {i}" for i in range(300))
    split = split_texts(LabelledTexts(np.arange(300), texts, np.arange(300) // 2, tuple(map(str, range(150)))))
    assert whole_look(split, 100).tolist() == list(range(300))


@pytest.mark.parametrize(
    ("rows", "in_part", "looked_at"), [(2_500, True, 1_300), (2_500, False, 2_500), (1_500, True, 1_500)]
)
def test_of_many_rows_a_part_is_looked_at_first(rows: int, in_part: bool, looked_at: int) -> None:
    train, validation, test = np.split(np.arange(rows + 900), [rows, rows + 500])
    data = LabelledTexts(np.arange(rows + 900), ("text",) * (rows + 900), np.zeros(rows + 900, np.int64), ("a", "b"))
    look = first_look(Split(data, train, validation, test), in_part=in_part)
    whole = looked_at == rows
    assert len(np.intersect1d(look, train)) == (rows if whole else 1_000)
    assert len(np.intersect1d(look, validation)) == (500 if whole else 300)
    assert len(np.intersect1d(look, test)) == (400 if whole else 0)


def test_an_instant_classifier_is_fitted_again_where_there_is_more_to_learn_from(tmp_path: Path) -> None:
    draw, run = np.random.default_rng(0), Run(tmp_path)
    labels = np.arange(90) % 2
    means = (draw.standard_normal((90, 4)) + labels[:, None]).astype(np.float32)
    data = LabelledTexts(np.arange(90), ("text",) * 90, labels, ("a", "b"))
    split = Split(data, np.arange(60), np.arange(60, 90), np.zeros(0, np.int64))

    def learnt_from(rows: int) -> bytes:
        seen = np.concatenate([np.arange(rows), np.arange(60, 90)])
        whole(fit_instant(run, split, Features(seen, means[seen], means[seen], (1,)), "base", 64))
        return (tmp_path / "models" / "instant" / "linear.safetensors").read_bytes()

    few = learnt_from(20)
    assert learnt_from(20) == few
    assert learnt_from(60) != few
