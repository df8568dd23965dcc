"""The training job on a tiny BERT: what it leaves, and that stopping, pausing and resuming keep their word."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import transformers

from bertdemo.core import baselines, device, learning, recipe, search
from bertdemo.core.classify import Classifier
from bertdemo.core.predictions import Predictions
from bertdemo.core.recipe import choose
from bertdemo.core.train import train
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import read_table
from bertdemo.errors import UserError
from bertdemo.export.card import card
from bertdemo.jobs.work import work_on
from bertdemo.report.compare import compare
from bertdemo.report.report import build, reselect, sureness
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import UNFINISHED, Run

Signal = Callable[[], str | None]


@pytest.fixture(autouse=True)
def fixed_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """The precision is measured, and on a model this small the measurement is a toss-up."""
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")


@pytest.fixture
def make_run(reviews_csv: Path, tiny_bert: Path) -> Callable[..., Run]:
    def make(**settings: Any) -> Run:
        table = read_table(reviews_csv)
        config = TrainConfig(**{"base": str(tiny_bert), "epochs": 4, "lr": 3e-3, **settings})
        return Run.create(table, guess_roles(table).roles, config)

    return make


def work(run: Run, signal: Signal = lambda: None) -> tuple[list[ev.Event], str]:
    """All events of the job, written to the run's log, and its outcome."""
    job = train(run.config, run.split(), run, signal)
    events: list[ev.Event] = []
    while True:
        try:
            events.append(run.append(next(job)))
        except StopIteration as end:
            return events, end.value


def answers(*given: str | None) -> Signal:
    """A signal that gives these answers, one at each question, and then the last one for ever."""
    rest: Iterator[str | None] = iter(given)
    return lambda: next(rest, given[-1])


def in_learning(run: Run, *given: str | None) -> Signal:
    """`answers` to the questions that the learning asks; nothing is asked for before."""
    answer = answers(*given)
    return lambda: answer() if run.state().phase == "learning" else None


def weights(run: Run) -> str:
    return hashlib.sha256((run.model_folder("bert") / "model.safetensors").read_bytes()).hexdigest()


def weights_of(run: Run) -> dict[str, Any]:
    from safetensors.torch import load_file

    found: dict[str, Any] = load_file(run.model_folder("bert") / "model.safetensors")
    return found


def test_a_run_leaves_three_classifiers_and_selects_the_best(make_run: Callable[..., Run]) -> None:
    run = make_run()
    events, outcome = work(run)
    assert outcome == "done"
    assert set(run.models) == {"bert", "instant", "tfidf"}
    assert run.meta["selected"] in run.models
    bert = Predictions.load(run.folder, "bert")
    split = run.split()
    assert bert is not None
    assert set(bert.positions) == set(split.validation) | set(split.test)
    done = [e.done for e in events if isinstance(e, ev.PhaseBegan | ev.Stepped)]
    assert done == sorted(done)
    validated = [e for e in events if isinstance(e, ev.Validated)]
    assert validated[-1].accuracy > 0.8


def test_the_kept_predictions_are_those_of_the_saved_model(make_run: Callable[..., Run]) -> None:
    run = make_run()
    work(run)
    split = run.split()
    texts = [split.data.texts[i] for i in split.test]
    for name in run.models:
        kept = Predictions.load(run.folder, name)
        assert kept is not None
        told = Classifier.load(run.model_folder(name), precision="fp32").probabilities(texts)
        np.testing.assert_allclose(told, kept.among(split.test).probabilities, atol=0.03)


def test_the_same_run_gives_the_same_weights(make_run: Callable[..., Run]) -> None:
    first, second, other = make_run(), make_run(), make_run(seed=1)
    for run in (first, second, other):
        work(run)
    assert weights(first) == weights(second)
    assert weights(first) != weights(other)


@pytest.mark.parametrize("questions", [1, 5, 12, 25, 45])
def test_paused_anywhere_and_resumed_ends_with_the_weights_of_an_unbroken_run(
    make_run: Callable[..., Run], questions: int
) -> None:
    unbroken, broken = make_run(), make_run()
    work(unbroken)
    _, outcome = work(broken, answers(*[None] * (questions - 1), "pause"))
    assert outcome == "paused"
    assert broken.state().steps  # short slices get on, too
    events, outcome = work(broken)
    assert outcome == "done"
    assert weights(broken) == weights(unbroken)
    assert any(isinstance(e, ev.Resumed) for e in events)


def test_a_quick_run_that_is_killed_before_its_first_checkpoint_starts_as_it_did(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "quick_seconds", lambda *_: 0.0)
    monkeypatch.setattr(recipe, "_ROWS_FOR_NOISE", 10)
    unbroken, broken = (make_run(budget="quick", epochs=None) for _ in range(2))
    work(unbroken)
    job = train(broken.config, broken.split(), broken, lambda: None)
    while not isinstance(broken.append(next(job)), ev.Stepped):
        pass
    job.close()
    before = broken.state().done
    events, outcome = work(broken)
    assert outcome == "done"
    # by the passes that there is time for: with those that were wished for it would be noise
    assert broken.meta["choices"]["start"] == unbroken.meta["choices"]["start"] == "regression"
    assert broken.meta["choices"]["epochs"] < 1
    assert weights(broken) == weights(unbroken)
    assert min(e.done for e in events if isinstance(e, ev.PhaseBegan | ev.Stepped)) >= before > 0


def test_stop_finishes_at_once_with_a_usable_model(make_run: Callable[..., Run]) -> None:
    run = make_run(epochs=50)
    events, outcome = work(run, in_learning(run, None, None, None, "stop"))
    assert outcome == "stopped"
    assert max(e.step for e in events if isinstance(e, ev.Stepped)) <= 5
    [said] = Classifier.load(run.model_folder("bert")).predict(["a good film"])
    assert [type(number) for number in (said.confidence, *said.probabilities.values())] == [float] * 3


def test_a_stop_that_comes_after_the_last_step_stopped_nothing(make_run: Callable[..., Run]) -> None:
    late, alone = make_run(epochs=1), make_run(base="tfidf")
    for run in (late, alone):
        for event in work_on(run):
            if isinstance(event, ev.PhaseBegan) and event.phase == ("testing" if run is late else "tfidf"):
                run.request("stop")
        assert run.report is not None
        assert not run.report["stopped"]
    cut = make_run()
    events = list(work_on(cut, lambda: "stop"))
    assert isinstance(events[-1], ev.Finished)
    assert events[-1].stopped


def test_discard_ends_without_a_model(make_run: Callable[..., Run]) -> None:
    run = make_run()
    _, outcome = work(run, answers(None, None, "discard"))
    assert outcome == "discarded"
    assert "bert" not in run.models


def test_tfidf_alone_needs_no_base(make_run: Callable[..., Run]) -> None:
    run = make_run(base="tfidf")
    _, outcome = work(run)
    assert outcome == "done"
    assert run.models == ("tfidf",)
    assert run.meta["selected"] == "tfidf"


def test_few_rows_are_judged_out_of_fold(reviews_csv: Path, tiny_bert: Path) -> None:
    lines = reviews_csv.read_text(encoding="utf-8").splitlines(keepends=True)
    reviews_csv.write_text("".join(lines[:81]), encoding="utf-8")
    table = read_table(reviews_csv)
    config = TrainConfig(base=str(tiny_bert), epochs=2, lr=3e-3)
    run = Run.create(table, guess_roles(table).roles, config)
    _, outcome = work(run)
    assert outcome == "done"
    for name in run.models:
        said = Predictions.load(run.folder, name)
        assert said is not None
        assert sorted(said.positions) == list(range(80))


def test_plain_transformers_gives_the_same_probabilities(make_run: Callable[..., Run]) -> None:
    from transformers import pipeline

    run = make_run()
    work(run)
    folder = run.model_folder("bert")
    texts = ["a good film", "the phone was awful and late", "great " * 200]
    told = Classifier.load(folder, precision="fp32").predict(texts)
    plain = pipeline("text-classification", model=str(folder), top_k=None)(texts, truncation=True)
    for ours, theirs in zip(told, plain, strict=True):
        for entry in theirs:
            assert entry["score"] == pytest.approx(ours.probabilities[entry["label"]], abs=1e-3)


def test_what_was_measured_is_said_and_not_measured_again(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    events, _ = work(run, in_learning(run, None, None, "pause"))
    [first] = [e for e in events if isinstance(e, ev.Measured)]
    assert first.seconds > 0
    assert first.memory > 0
    monkeypatch.setattr("bertdemo.core.preflight.measure", lambda *_: pytest.fail("measured again"))
    events, outcome = work(run)
    assert outcome == "done"
    assert [e.memory for e in events if isinstance(e, ev.Measured)] == [first.memory]


def test_quick_takes_no_longer_than_it_may_by_what_a_step_takes(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"seconds_per_step": 4.0, "memory": 1, "tokens_per_pass": 4096}
    monkeypatch.setattr("bertdemo.core.preflight.measure", lambda *_: slow)
    quick, asked = make_run(budget="quick", epochs=None), make_run(budget="quick", epochs=2)
    work(quick)
    work(asked)
    assert quick.meta["choices"]["epochs"] <= 1.0
    assert asked.meta["choices"]["epochs"] == 2


def test_thorough_tries_learning_rates_and_keeps_the_best_on_validation_rows(make_run: Callable[..., Run]) -> None:
    run = make_run(budget="thorough", lr=None, epochs=2)
    events, outcome = work(run)
    assert outcome == "done"
    choices = run.meta["choices"]
    assert [t["lr"] for t in choices["tried"]] == choices["search"]
    best = max(choices["tried"], key=lambda t: (t["accuracy"], -t["loss"]))
    assert choices["lr"] == best["lr"]
    assert [e.lr for e in events if isinstance(e, ev.Tried)] == choices["search"]
    split, said = run.split(), Predictions.load(run.folder, "uncalibrated")
    assert said is not None
    accuracy = (said.among(split.validation).labels == split.data.labels[split.validation]).mean()
    assert accuracy == pytest.approx(best["accuracy"])
    run.tidy()
    assert not {path.name for path in run.folder.iterdir()} & set(UNFINISHED)
    done = [e.done for e in events if isinstance(e, ev.PhaseBegan | ev.Stepped)]
    assert done == sorted(done)
    steps = [e.step for e in events if isinstance(e, ev.Stepped | ev.Validated)]
    assert steps == sorted(steps)


@pytest.mark.parametrize("questions", [3, 50, 75])
def test_a_search_that_is_interrupted_ends_with_the_weights_of_an_unbroken_one(
    make_run: Callable[..., Run], questions: int
) -> None:
    unbroken, broken = (make_run(budget="thorough", lr=None, epochs=2) for _ in range(2))
    work(unbroken)
    _, outcome = work(broken, in_learning(broken, *[None] * (questions - 1), "pause"))
    assert outcome == "paused"
    events, _ = work(broken)
    assert weights(broken) == weights(unbroken)
    assert broken.meta["choices"]["tried"] == unbroken.meta["choices"]["tried"]
    assert len([e for e in events if isinstance(e, ev.Tried)]) == 3 - questions // 37


def test_a_search_that_is_stopped_keeps_the_best_so_far(make_run: Callable[..., Run]) -> None:
    run = make_run(budget="thorough", lr=None, epochs=2)
    _, outcome = work(run, in_learning(run, *[None] * 49, "stop"))
    assert outcome == "stopped"
    assert run.meta["choices"]["lr"] in run.meta["choices"]["search"]
    assert len(run.meta["choices"]["tried"]) in (0, 2)


def test_a_rate_that_was_cut_short_is_nothing_to_be_better_than() -> None:
    def trial(number: int, accuracy: float, *, cut: bool = False) -> search.Trial:
        return search.Trial(number, 1e-4, {"accuracy": accuracy, "macro_f1": accuracy, "loss": 0.5}, cut)

    assert len(search.compared([trial(0, 0.9), trial(1, 0.8)])) == 2
    assert search.compared([trial(0, 0.9), trial(1, 0.8, cut=True)]) == []
    assert len(search.compared([trial(0, 0.9), trial(1, 0.95, cut=True)])) == 2
    assert search.compared([trial(0, 0.9, cut=True)]) == []


@pytest.mark.parametrize("score", [0.8, 0.9])
def test_a_rate_that_went_astray_is_worse_than_any_other(score: float) -> None:
    def trial(number: int, score: float, loss: float) -> search.Trial:
        return search.Trial(number, 1e-4, {"accuracy": score, "macro_f1": score, "loss": loss})

    astray, sound, better = trial(0, score, float("nan")), trial(1, 0.8, 0.6), trial(2, 0.8, 0.5)
    assert search.best([astray, sound, better]) is search.best([better, sound, astray]) is better


def test_a_large_set_is_begun_with_a_part_and_ends_like_a_small_one(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bertdemo.core import encoded

    monkeypatch.setattr(encoded, "AT_ONCE", 100)
    monkeypatch.setattr(baselines, "AT_ONCE", 100)
    monkeypatch.setattr(encoded, "SHARD", 32)
    monkeypatch.setattr(baselines, "FIRST_TRAIN", 100)
    monkeypatch.setattr(baselines, "FIRST_VALIDATION", 20)
    run, again = make_run(epochs=1), make_run(epochs=1)
    _, outcome = work(run)
    assert outcome == "done"
    split = run.split()
    for name in ("instant", "bert"):
        said = Predictions.load(run.folder, name)
        assert said is not None
        assert set(said.positions) == set(split.validation) | set(split.test)
    work(again)
    assert weights(run) == weights(again)


def test_a_head_that_starts_from_noise_does_not_wait_for_all_rows_to_be_embedded(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "_ROWS_FOR_NOISE", 10)
    run, at_once = make_run(), make_run()
    work(at_once)
    monkeypatch.setattr(baselines, "FIRST_TRAIN", 20)
    monkeypatch.setattr(baselines, "FIRST_VALIDATION", 10)
    known: list[int] = []

    def signal() -> None:
        if run.state().phase == "learning":
            features = baselines.load_features(run)
            assert features is not None
            known.append(len(features.positions))

    assert work(run, signal)[1] == "done"
    assert set(known) == {30}
    assert at_once.meta["choices"]["start"] == run.meta["choices"]["start"] == "noise"
    assert weights(run) == weights(at_once)
    for name in ("instant", "tfidf"):
        said, expected = Predictions.load(run.folder, name), Predictions.load(at_once.folder, name)
        assert said is not None
        assert expected is not None
        np.testing.assert_array_equal(said.positions, expected.positions)
        np.testing.assert_allclose(said.logits, expected.logits, atol=1e-3)


def test_what_is_read_after_the_learning_can_be_left_off(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "_ROWS_FOR_NOISE", 10)
    monkeypatch.setattr(baselines, "FIRST_TRAIN", 20)
    for asked, ends in (("discard", "discarded"), ("stop", "done"), ("pause", "done")):
        run = make_run(epochs=2)
        outcome = work(run, lambda run=run, asked=asked: asked if run.state().phase == "testing" else None)[1]
        assert outcome == ends


@pytest.mark.parametrize(("share", "fits"), [(1 / 4, 1), (1 / 8, 2)])
def test_the_instant_classifier_is_fitted_once_where_few_rows_are_to_test_by(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, share: float, fits: int
) -> None:
    fitted, tried = [], baselines._tried
    monkeypatch.setattr(baselines, "_tried", lambda *given: (fitted.append(given), tried(*given))[1])
    monkeypatch.setattr(baselines, "FEW_TEST_ROWS", share)
    run = make_run(epochs=1)
    split = run.split()
    assert 1 / 8 < len(split.test) / len(baselines.whole_look(split)) <= 1 / 4
    work(run)
    assert len(fitted) == fits * len(baselines.FORMS)
    said = Predictions.load(run.folder, "instant")
    assert said is not None
    assert set(said.positions) == set(split.validation) | set(split.test)


def test_texts_whose_base_is_out_of_reach_get_the_tfidf_classifier(reviews_csv: Path) -> None:
    words = str.maketrans(
        dict(zip("abcdefghijklmnopqrstuvwxyz", "很好吃难送餐快慢味道服务差的了我不是们它在有这那来", strict=False))
    )
    head, *rows = reviews_csv.read_text(encoding="utf-8").splitlines()
    chinese = [f"{text.translate(words)},{label}" for text, label in (row.split(",") for row in rows)]
    reviews_csv.write_text("\n".join([head, *chinese]), encoding="utf-8")
    table = read_table(reviews_csv)
    run = Run.create(table, guess_roles(table).roles, TrainConfig())
    events, outcome = work(run)
    assert outcome == "done"
    [missed] = [e for e in events if isinstance(e, ev.BaseOutOfReach)]
    assert (missed.base, missed.language) == ("google-bert/bert-base-chinese", "zh")
    assert run.meta["selected"] == "tfidf"
    assert run.meta["choices"]["wanted"] == missed.base


def test_a_base_that_was_named_is_not_replaced(make_run: Callable[..., Run]) -> None:
    with pytest.raises(UserError, match="bert-base-chinese"):
        work(make_run(base="google-bert/bert-base-chinese"))


def test_a_length_that_the_base_cant_read_is_refused_and_not_cut(make_run: Callable[..., Run]) -> None:
    with pytest.raises(UserError, match="max_length: 65 is out of range"):
        work(make_run(max_length=65))


@pytest.mark.parametrize("stopped", [False, True])
def test_few_rows_with_a_test_file_are_chosen_by_folds_and_judged_on_the_test_rows(
    reviews_csv: Path, tiny_bert: Path, stopped: bool
) -> None:
    table = read_table(reviews_csv)
    rows, test = table.take(range(60)), table.take(range(60, 100))
    config = TrainConfig(base=str(tiny_bert), epochs=2, lr=3e-3)
    run = Run.create(rows, guess_roles(rows).roles, config, test=test)
    split = run.split()
    assert split.folds
    assert len(split.test)
    _, outcome = work(run, in_learning(run, None, None, None, "stop") if stopped else lambda: None)
    assert outcome == ("stopped" if stopped else "done")
    for name in ("tfidf", "instant", "bert"):
        said = Predictions.load(run.folder, name)
        assert said is not None
        assert set(split.test) <= set(said.positions)
        if not stopped:
            assert set(said.positions) == set(split.test) | set(split.train)
    run.append(build(run, stopped=stopped))
    report = run.report
    assert report is not None
    learnt = len(split.folds[0][0]) if stopped else 60
    assert (report["rows_are"], report["test_rows"], report["train_rows"]) == ("test_file", 40, learnt)
    uncalibrated = Predictions.load(run.folder, "uncalibrated")
    assert uncalibrated is not None
    assert set(split.test) <= set(uncalibrated.positions)
    reselect(run, "bert")
    assert run.report is not None
    before = run.report["calibration"]["error_before"]
    assert before is None if stopped else before > 0  # one fold has too few rows for a temperature


@pytest.mark.parametrize("fits_done", [0, 1, 3])
def test_stopped_between_folds_the_model_that_ships_is_the_one_that_was_judged(
    reviews_csv: Path, tiny_bert: Path, fits_done: int
) -> None:
    table = read_table(reviews_csv)
    rows = table.take(range(60))
    run = Run.create(rows, guess_roles(rows).roles, TrainConfig(base=str(tiny_bert), epochs=2, lr=3e-3))
    split = run.split()
    assert split.out_of_fold
    fits = len(split.folds) + 1

    def stop_in_the_next() -> str | None:
        said = run.state().steps
        return "stop" if said and said[-1].step >= max(1, fits_done * said[-1].steps // fits) else None

    _, outcome = work(run, stop_in_the_next)
    assert outcome == "stopped"
    bert = Predictions.load(run.folder, "bert")
    assert bert is not None
    judged_folds = [held for _, held in split.folds if set(held) <= set(bert.positions)]
    assert len(judged_folds) == max(1, fits_done)
    shipped = Classifier.load(run.model_folder("bert"), precision="fp32")
    last = judged_folds[-1]
    told = shipped.probabilities([split.data.texts[i] for i in last])
    np.testing.assert_allclose(told, bert.among(last).probabilities, atol=0.02)
    for name in run.models:
        run.update(selected=name)
        build(run, stopped=True)
        assert run.report is not None
        assert run.report["test_rows"] == sum(map(len, judged_folds))
        assert run.report["rows_are"] == "some_folds"
        assert run.report["train_rows"] == len(split.folds[max(1, fits_done) - 1][0])
        _, right, _ = sureness(run)  # what the threshold in use is checked on
        assert len(right) == run.report["test_rows"]
        assert right.mean() == pytest.approx(run.report["accuracy"])
        copy = Run(run.folder.with_name(f"copy-{name}"))
        shutil.copytree(run.folder, copy.folder)
        shared = compare(run, copy)["shared"]
        assert shared["rows"] == len({split.data.texts[i] for fold in judged_folds for i in fold})
    assert "Stopped early" in card(run)


def test_stopped_after_all_folds_the_rows_that_were_learnt_are_those_of_the_model_that_ships(
    reviews_csv: Path, tiny_bert: Path
) -> None:
    rows = read_table(reviews_csv).take(range(24))
    run = Run.create(rows, guess_roles(rows).roles, TrainConfig(base=str(tiny_bert), epochs=2, lr=3e-3, batch=4))
    folds = run.split().folds

    def stop_in_the_last() -> str | None:
        said = run.state().steps
        return "stop" if said and said[-1].step > len(folds) * said[-1].steps // (len(folds) + 1) else None

    work(run, stop_in_the_last)
    build(run, stopped=True)
    assert run.report is not None
    assert run.report["rows_are"] == "out_of_fold"
    assert run.report["train_rows"] == len(folds[-1][0]) < len(run.split().train)
    assert f"{len(folds[-1][0])} rows; " in card(run)


def test_folds_of_different_sizes_are_no_interruptions(reviews_csv: Path, tiny_bert: Path) -> None:
    rows = read_table(reviews_csv).take(range(63))
    config = TrainConfig(base=str(tiny_bert), epochs=2, lr=3e-3, batch=10)
    run = Run.create(rows, guess_roles(rows).roles, config)
    assert len({-(-len(kept) // 10) for kept, _ in run.split().folds}) == 2
    events, outcome = work(run)
    steps = [event.step for event in events if isinstance(event, ev.Stepped)]
    assert outcome == "done"
    assert not [event for event in events if isinstance(event, ev.Resumed)]
    assert steps == sorted(set(steps))
    assert steps[-1] <= next(event.steps for event in events if isinstance(event, ev.Stepped))


def test_a_report_that_cant_be_made_leaves_the_classifier_in_use(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=1)
    work(run)
    run.append(build(run))
    before = run.meta["selected"]
    other = next(name for name in run.models if name != before)
    monkeypatch.setattr("bertdemo.report.report.next_steps", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reselect(run, other)
    assert run.meta["selected"] == before


def test_a_training_that_begins_anew_takes_back_what_was_said(make_run: Callable[..., Run]) -> None:
    run = make_run(epochs=1)
    job = train(run.config, run.split(), run, lambda: None)
    for event in job:
        run.append(event)
        if isinstance(event, ev.Validated):
            break
    job.close()  # killed, before there was a checkpoint
    work(run)
    state = run.state()
    steps = [said.step for said in state.steps]
    assert steps == sorted(set(steps))
    assert len({v.step for v in state.validations}) == len(state.validations)
    assert state.resumed == 1


def test_each_rate_that_is_tried_keeps_its_own_best_weights(make_run: Callable[..., Run]) -> None:
    def trials(run: Run) -> list[dict[str, float]]:
        found: list[dict[str, float]] = run.meta["choices"]["tried"]
        return found

    unbroken, broken = (make_run(budget="thorough", lr=None, epochs=3) for _ in range(2))
    work(unbroken)
    while True:  # paused at every fourth question: each fit writes checkpoints before and after its best step
        _, outcome = work(broken, answers(*[None] * 12, "pause"))
        if outcome == "done":
            break
    assert trials(broken) == trials(unbroken)
    assert weights(broken) == weights(unbroken)


def test_a_clock_that_has_not_moved_on_ends_no_training(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bertdemo.core.learning.time", SimpleNamespace(monotonic=lambda: 1.0))
    _, outcome = work(make_run(epochs=1))
    assert outcome == "done"


@pytest.mark.parametrize("kind", ["DistilBert", "DebertaV2", "Roberta"])
def test_other_architectures_are_trained_and_say_what_their_saved_models_say(
    make_run: Callable[..., Run], tiny_bert: Path, tmp_path: Path, kind: str
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / kind)
    small: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{kind}Config")(**small, vocab_size=300, max_position_embeddings=64)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    run = make_run(base=str(folder), epochs=1)
    _, outcome = work(run)
    assert outcome == "done"
    kept, split = Predictions.load(run.folder, "bert"), run.split()
    assert kept is not None
    texts = [split.data.texts[i] for i in split.test]
    told = Classifier.load(run.model_folder("bert"), precision="fp32").probabilities(texts)
    np.testing.assert_allclose(told, kept.among(split.test).probabilities, atol=1e-3)


@pytest.mark.parametrize("kind", ["Funnel", "IBert"])
def test_architectures_with_states_or_words_of_their_own_are_trained(
    make_run: Callable[..., Run], tiny_bert: Path, tmp_path: Path, kind: str
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / kind)
    small: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    if kind == "Funnel":
        small = {"d_model": 32, "n_head": 2, "d_head": 16, "d_inner": 64, "block_sizes": [1, 1]}
    config = getattr(transformers, f"{kind}Config")(**small, vocab_size=300, max_position_embeddings=64)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    run = make_run(base=str(folder), epochs=0.5)
    assert work(run)[1] == "done"
    assert Classifier.load(run.model_folder("instant")).probabilities(["a good film"]).shape == (1, 2)
    if kind == "Funnel":  # what is left of it after a training has no states of single tokens
        with pytest.raises(UserError) as caught:
            work(make_run(base=str(run.model_folder("bert"))))
        assert caught.value.code == "base_pooled"


def test_the_model_of_all_rows_is_not_kept_where_it_went_astray_after_the_folds(
    reviews_csv: Path, tiny_bert: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learn(model: Any, fit: Any, job: Any) -> Any:
        outcome = yield from learning.learn(model, fit, job)
        if not len(fit.held_out):
            model.classifier.weight.data.fill_(float("nan"))
        return outcome

    monkeypatch.setattr("bertdemo.core.train.learn", learn)
    rows = read_table(reviews_csv).take(range(24))
    run = Run.create(rows, guess_roles(rows).roles, TrainConfig(base=str(tiny_bert), epochs=1, batch=4))
    for _ in work_on(run):
        pass
    assert "bert" not in run.models
    assert "bert_astray" in {caution["say"] for caution in run.require_report()["cautions"]}


def test_a_tokenizer_with_more_tokens_than_the_model_has_words_is_refused(
    make_run: Callable[..., Run], tiny_bert: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "more")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["zzfilm"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(UserError) as caught:
        work(make_run(base=str(folder)))
    assert caught.value.code == "base_lacks_tokens"


def test_an_architecture_that_reduced_precision_cant_compute_is_read_and_trained_in_fp32(
    make_run: Callable[..., Run], tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(tiny_bert, tmp_path / "deberta")
    small: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.DebertaConfig(**small, vocab_size=300, max_position_embeddings=64)
    transformers.DebertaModel(config).save_pretrained(folder)
    for place in ("core.device", "core.baselines"):
        monkeypatch.setattr(f"bertdemo.{place}.native_precision", lambda _: "bf16")
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", device.fastest_precision)
    run = make_run(base=str(folder), epochs=0.5)
    _, outcome = work(run)
    assert outcome == "done"
    assert run.meta["choices"]["precision"] == "fp32"
    for precision in ("auto", "bf16"):
        instant = Classifier.load(run.model_folder("instant"), precision=precision)
        assert instant.probabilities(["a good film"]).shape == (1, 2)


def test_who_goes_on_with_a_classifier_of_the_same_labels_begins_where_it_was(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_run()
    work(first)
    seen: dict[str, float] = {}

    def begun(model: Any, fit: learning.Fit, job: learning.Job) -> Any:
        said = learning.logits_of(model, job.ids.of(fit.validation), precision="fp32")
        seen["accuracy"] = job.task.scores(said, job.labels[fit.validation])["accuracy"]
        return learning.learn(model, fit, job)

    monkeypatch.setattr("bertdemo.core.train.learn", begun)
    on = make_run(base=str(first.model_folder("bert")), epochs=1)
    work(on)
    assert on.meta["choices"]["start"] == "own"
    split, predictions = first.split(), Predictions.load(first.folder, "bert")
    assert predictions is not None
    said = predictions.among(split.validation).logits.argmax(axis=1)
    assert seen["accuracy"] == (said == split.data.labels[split.validation]).mean() > 0.7


def test_weights_that_are_no_numbers_are_not_kept(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, steps = learning.gradients, iter(range(1000))

    def failing(learner: Any, *how: Any) -> Any:
        found = plain(learner, *how)
        if next(steps) >= 12:  # after the first validation
            learner.model.classifier.weight.grad.fill_(float("nan"))
        return found

    monkeypatch.setattr(learning, "gradients", failing)
    run = make_run(epochs=3)
    events, outcome = work(run)
    assert outcome == "done"
    validated = [e for e in events if isinstance(e, ev.Validated)]
    assert [e.best for e in validated] == [True] + [False] * (len(validated) - 1)
    assert not np.isfinite([e.loss for e in validated[1:]]).any()
    assert all(weight.isfinite().all() for weight in weights_of(run).values())


def test_a_bert_that_went_astray_has_no_score_and_is_not_to_be_had(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = learning.gradients

    def failing(learner: Any, *how: Any) -> Any:
        found = plain(learner, *how)
        learner.model.classifier.weight.grad.fill_(float("nan"))
        return found

    monkeypatch.setattr(learning, "gradients", failing)
    run = make_run(epochs=1)
    events = list(work_on(run))
    assert isinstance(events[-1], ev.Finished)
    assert run.report is not None
    assert (run.models, run.report["selected_by"]) == (("instant", "tfidf"), "alone")
    assert set(run.report["models"]) == {"instant", "tfidf", "majority"}
    assert run.report["cautions"][0]["say"] == "bert_astray"
    assert "NaN" not in (run.folder / "report.json").read_text(encoding="utf-8")
    # runs that earlier versions trained have its folder and what it said
    shutil.copytree(run.model_folder("tfidf"), run.model_folder("bert"))
    known = Predictions.load(run.folder, "instant")
    assert known is not None
    replace(known, logits=np.full_like(known.logits, np.nan)).save(run.folder, "bert")
    with pytest.raises(UserError) as caught:
        reselect(run, "bert")
    assert caught.value.code == "model_astray"
    build(run)
    assert "NaN" not in (run.folder / "report.json").read_text(encoding="utf-8")


def spread(mean: float, labels: np.ndarray) -> np.ndarray:
    """Losses of rows around `mean`, each time others."""
    losses = np.random.default_rng(round(1e6 * mean)).normal(mean, 0.1, len(labels))
    return losses - losses.mean() + mean


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_training_that_gets_no_better_ends_with_its_best_weights(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    losses, seen = iter([0.5, 0.4, 0.6]), []

    def judged(_: Any, logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
        seen.append(logits)
        return spread(next(losses, 0.7), labels)

    monkeypatch.setattr(learning, "calibrated_losses", judged)
    monkeypatch.setattr(recipe, "choose", lambda *given, **how: choose(*given, **how) | {"patience": 3})
    run, signal = make_run(), answers(*[None] * 25, "pause") if interrupted else lambda: None
    log, outcome = work(run, signal)
    assert outcome == ("paused" if interrupted else "done")
    log += work(run)[0] if interrupted else []
    validated = [e for e in log if isinstance(e, ev.Validated)]
    assert [e.best for e in validated] == [True, True, False, False, False]
    assert validated[-1].step < next(e.steps for e in log if isinstance(e, ev.Stepped))
    split, said = run.split(), Predictions.load(run.folder, "uncalibrated")
    assert said is not None
    of_kept = said.among(split.validation).logits
    away = [float(np.abs(of_kept - logits).max()) for logits in seen]
    assert away.index(min(away)) == 1
    [said] = [e for e in log if isinstance(e, ev.Kept)]
    assert (said.step, said.best_step, said.score) == (*[validated[1].step] * 2, validated[1].accuracy)
    assert run.state().kept == said


def test_last_weights_that_are_as_good_as_the_best_are_said_to_be_kept(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.5, 0.4])
    monkeypatch.setattr(learning, "calibrated_losses", lambda _, logits, labels: spread(next(losses, 0.401), labels))
    run = make_run()
    log, outcome = work(run)
    validated = [e for e in log if isinstance(e, ev.Validated)]
    [said] = [e for e in log if isinstance(e, ev.Kept)]
    assert outcome == "done"
    assert (said.step, said.best_step, said.score) == (validated[-1].step, validated[1].step, validated[1].accuracy)
