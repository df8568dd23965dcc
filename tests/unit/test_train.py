"""The training job on a tiny BERT: what it leaves, and that stopping, pausing and resuming keep their word."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertdemo.core.classify import Classifier
from bertdemo.core.predictions import Predictions
from bertdemo.core.train import train
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import read_table
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run

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


def weights(run: Run) -> str:
    return hashlib.sha256((run.model_folder("bert") / "model.safetensors").read_bytes()).hexdigest()


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
        np.testing.assert_allclose(told, kept.among(split.test).probabilities, atol=0.02)


def test_the_same_run_gives_the_same_weights(make_run: Callable[..., Run]) -> None:
    first, second, other = make_run(), make_run(), make_run(seed=1)
    for run in (first, second, other):
        work(run)
    assert weights(first) == weights(second)
    assert weights(first) != weights(other)


@pytest.mark.parametrize("questions", [1, 2, 9, 30])
def test_paused_anywhere_and_resumed_ends_with_the_weights_of_an_unbroken_run(
    make_run: Callable[..., Run], questions: int
) -> None:
    unbroken, broken = make_run(), make_run()
    work(unbroken)
    _, outcome = work(broken, answers(*[None] * (questions - 1), "pause"))
    assert outcome == "paused"
    events, outcome = work(broken)
    assert outcome == "done"
    assert weights(broken) == weights(unbroken)
    if questions > 1:
        assert any(isinstance(e, ev.Resumed) for e in events)


def test_stop_finishes_at_once_with_a_usable_model(make_run: Callable[..., Run]) -> None:
    run = make_run(epochs=50)
    events, outcome = work(run, answers(None, None, None, None, "stop"))
    assert outcome == "done"
    assert max(e.step for e in events if isinstance(e, ev.Stepped)) <= 5
    assert len(Classifier.load(run.model_folder("bert")).predict(["a good film"])) == 1


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
