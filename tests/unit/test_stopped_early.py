"""A training that is cut off before its BERT has begun to learn: how soon, and what becomes of it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertdemo import api
from bertdemo.cli.outcome import print_outcome
from bertdemo.core import baselines, preflight
from bertdemo.core.predictions import Predictions
from bertdemo.core.train import train
from bertdemo.export.report_page import report_page
from bertdemo.export.report_parts import headline
from bertdemo.jobs.work import work_on
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run

WORDS = {"en": "before BERT had begun to learn", "zh": "在 BERT 开始学习之前"}


@pytest.fixture
def run(reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    return api.prepare(reviews_csv, base=str(tiny_bert), epochs=1).run


def ask_at(monkeypatch: pytest.MonkeyPatch, place: str, asked: list[str], word: str) -> list[str]:
    """Have `asked` hold `word` from a place of the job on; returns what was read of texts, group by group."""
    plain = baselines.embedding
    read: list[str] = []

    def reading(*given: Any, **named: Any) -> Generator[int, None, Any]:
        work = plain(*given, **named)
        while True:
            try:
                done = next(work)
            except StopIteration as end:
                return end.value
            read.append("group")
            if place == "reading":
                asked[:] = [word]
            yield done

    monkeypatch.setattr(baselines, "embedding", reading)
    if place == "measuring":
        gradients = preflight.gradients

        def stepped(*given: Any) -> Any:
            asked[:] = [word]
            return gradients(*given)

        monkeypatch.setattr(preflight, "gradients", stepped)
    return read


def done(run: Run, place: str, asked: list[str], word: str) -> list[ev.Event]:
    """All events of the work on a run; what is asked at the end of a baseline is asked from there on."""
    events = []
    for event in work_on(run, lambda: asked[0] if asked else None):
        events.append(event)
        if isinstance(event, ev.BaselineReady) and event.model == place:
            asked[:] = [word]
    return events


@pytest.mark.parametrize("place", ["tfidf", "reading", "instant", "measuring"])
def test_a_stop_before_bert_has_begun_ends_with_the_best_that_is_ready(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    asked: list[str] = []
    read = ask_at(monkeypatch, place, asked, "stop")
    events = done(run, place, asked, "stop")
    last = events[-1]
    assert isinstance(last, ev.Finished)
    assert last.stopped
    assert len(read) <= {"tfidf": 0, "reading": 1}.get(place, len(read))
    assert not [event for event in events if isinstance(event, ev.Stepped)]
    if place in ("tfidf", "reading"):
        assert run.models == ("tfidf",)
    else:
        assert "tfidf" in run.models
    assert "bert" not in run.models
    assert last.selected == run.meta["selected"] == run.report["selected"]  # type: ignore[index]
    report = run.require_report()
    assert report["test_rows"] == len(run.split().test)
    assert {caution["say"] for caution in report["cautions"]}.isdisjoint({"bert_astray"})
    for lang, words in WORDS.items():
        assert words in headline(report, lang)
        assert words in report_page(run, lang)
    trained = api.TrainedRun(run)
    found = api.outcome(trained, 0.0)
    assert (found["bert"], found["epochs"]) == (None, None)
    print_outcome(found, report)
    assert WORDS["en"] in capsys.readouterr().out
    assert api.load(run).predict(["a good film"])[0].label in report["labels"]


@pytest.mark.parametrize("instant", [True, False])
def test_of_what_is_ready_the_better_one_is_kept_and_judged_on_the_test_rows(
    run: Run, monkeypatch: pytest.MonkeyPatch, instant: bool
) -> None:
    chosen = "instant" if instant else "tfidf"
    monkeypatch.setattr(baselines, "FEW_TEST_ROWS", 0.0)  # they are left for later, as of a large set
    monkeypatch.setattr("bertdemo.core.train.select", lambda *_: (chosen, "alone"))
    done(run, "instant", [], "stop")
    split = run.split()
    assert run.models == (("instant", "tfidf") if instant else ("tfidf",))
    said = Predictions.load(run.folder, chosen)
    assert said is not None
    assert np.isin(split.test, said.positions).all()
    assert run.require_report()["models"].keys() == {*run.models, "majority"}


@pytest.mark.parametrize("place", ["reading", "instant", "measuring"])
@pytest.mark.parametrize(("word", "outcome"), [("discard", "discarded"), ("pause", "paused")])
def test_before_bert_begins_a_discard_is_heard_and_a_pause_waits_for_the_first_step(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: str, word: str, outcome: str
) -> None:
    asked: list[str] = []
    read = ask_at(monkeypatch, place, asked, word)
    assert worked(run, place, asked, word) == outcome
    assert [said.step for said in run.state().steps] == ([1] if word == "pause" else [])  # else slices never get on
    if place == "reading" and word == "discard":
        assert read == ["group"]
    if word == "pause":  # and it goes on; what was finished is not made again
        asked.clear()
        monkeypatch.setattr(baselines.TfidfClassifier, "fit", lambda *_: pytest.fail("made again"))
        assert worked(run, "", [], "") == "done"
        assert "bert" in run.models


def worked(run: Run, place: str, asked: list[str], word: str) -> str:
    """How the job ends."""
    job = train(run.config, run.split(), run, lambda: asked[0] if asked and place else None)
    while True:
        try:
            event = run.append(next(job))
        except StopIteration as end:
            return str(end.value)
        if isinstance(event, ev.BaselineReady) and event.model == place:
            asked[:] = [word]
