"""How often an open page asks what is new."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from bertdemo.api import prepare
from bertdemo.runs import events as ev
from bertdemo.runs.state import RunState
from bertdemo.ui import view
from bertdemo.ui.watching import LIVE_SECONDS, QUIET_SECONDS, Watcher, seconds_between_looks


def test_a_page_asks_seldom_while_nothing_goes_on() -> None:
    def pace(status: str, *, held: bool) -> float:
        return seconds_between_looks(RunState(status=status), held=held)

    assert pace("waiting", held=False) == pace("running", held=True) == LIVE_SECONDS
    assert pace("running", held=False) == pace("finished", held=False) == QUIET_SECONDS
    assert seconds_between_looks(None, held=False) == QUIET_SECONDS > LIVE_SECONDS


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("held", [True, False])
def test_of_what_is_being_stopped_no_time_is_left(reviews_csv: Path, tiny_bert: Path, lang: str, held: bool) -> None:
    run, watcher = prepare(reviews_csv, base=str(tiny_bert)).run, Watcher()
    for event in (ev.Started(), ev.PhaseBegan(phase="learning", done=0.1), ev.Measured(seconds=300.0, memory=2**20)):
        run.append(event)
    with run.lock() if held else contextlib.nullcontext():
        before = watcher.state(run)
        run.request("stop")
        after = watcher.state(run)
        shown = [view.progress(state, 0, lang) + view.next_step(state, 0, None, lang) for state in (before, after)]
    assert [view.duration(before.left or 0, lang) in words for words in shown] == [True, False]
    assert "10%" in shown[1]
