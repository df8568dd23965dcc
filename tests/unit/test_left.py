"""How long a training will take, said from its start on and before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo import api
from bertdemo.core.estimate import Meter
from bertdemo.core.train import train
from bertdemo.progress import show_progress
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run
from bertdemo.runs.state import RunState, fold


def begun(reviews_csv: Path, tiny_bert: Path) -> tuple[Run, list[ev.PhaseBegan]]:
    """A run that is paused before its BERT begins, and what it said of its phases."""
    run = api.prepare(reviews_csv, base=str(tiny_bert), epochs=1).run
    run.append(ev.Started())
    said = []
    for event in train(run.config, run.split(), run, lambda: None):
        run.append(event)
        if isinstance(event, ev.PhaseBegan):
            said.append(event)
            if event.phase == "preparing":
                break
    return run, said


def test_what_is_left_is_said_before_anything_is_measured(reviews_csv: Path, tiny_bert: Path) -> None:
    run, said = begun(reviews_csv, tiny_bert)
    state = run.state()
    assert state.measured is None
    assert state.left is not None
    assert state.left >= 1
    left = [event.left for event in said if event.left is not None]
    assert [event.phase for event in said if event.left is None] == ["reading"]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize(("rate", "said_more"), [(float("inf"), True), (1e-9, False)])
def test_reading_moves_the_share_that_is_done_but_not_too_often(
    reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, rate: float, *, said_more: bool
) -> None:
    monkeypatch.setattr("bertdemo.core.train.EVENTS_PER_SECOND", rate)
    _, said = begun(reviews_csv, tiny_bert)
    for phase in ("tfidf", "instant"):
        done = [event.done for event in said if event.phase == phase]
        assert (len(done) > 1) is said_more
        assert done == sorted(done)
        assert (done[-1] > done[0]) is said_more


def test_the_share_of_the_work_is_that_of_its_phase() -> None:
    meter = Meter({"instant": 10.0, "learning": 90.0})
    left = [meter.left("instant"), meter.left("instant", 0.5), meter.left("learning", 0.5)]
    assert left == pytest.approx([100.0, 95.0, 45.0])
    resumed = Meter({"instant": 10.0, "learning": 90.0}, least=0.6)
    assert resumed.left("instant") == pytest.approx(40)  # as much was done before an interruption
    later = meter.measured(learning=180.0)
    assert later.left("learning") == pytest.approx(180)


def test_what_is_left_grows_less_with_the_time_of_every_event() -> None:
    events = [
        ev.Started(time=100.0),
        ev.PhaseBegan(time=100.0, phase="tfidf", done=0.0, left=300.0),
        ev.BaselineReady(time=120.0, model="tfidf", accuracy=0.5, macro_f1=0.5),
        ev.PhaseBegan(time=130.0, phase="learning", done=0.1),
    ]
    assert fold(RunState(), events).left == 270
    assert fold(RunState(), [*events, ev.Started(time=9000.0)]).left == 270  # nobody worked meanwhile


def test_a_phase_that_gets_on_is_said_now_and_then_where_lines_stay(capsys: pytest.CaptureFixture[str]) -> None:
    show = show_progress()
    for share in range(50):
        show(ev.PhaseBegan(phase="instant", done=share / 100, left=90.0))
    show(ev.PhaseBegan(phase="preparing", done=0.5, left=40.0))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) <= 3
    assert "about 90 s left" in lines[0]
    assert "about 40 s left" in lines[-1]
