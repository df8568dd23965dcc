"""How often an open page asks what is new."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from bertdemo.api import prepare
from bertdemo.jobs.desk import Desk
from bertdemo.runs import events as ev
from bertdemo.runs.state import RunState
from bertdemo.ui import view
from bertdemo.ui.train_tab import left_before, watch
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


def test_who_waits_is_told_how_long_the_training_of_another_takes_and_not_what_it_is(
    reviews_csv: Path, tmp_path: Path
) -> None:
    private = tmp_path / "private.csv"
    private.write_bytes(reviews_csv.read_bytes())
    ahead, mine, desk, watcher = (
        prepare(private, base="tfidf").run,
        prepare(reviews_csv, base="tfidf").run,
        Desk(),
        Watcher(),
    )
    with ahead.lock():
        ahead.append(ev.Started())
        shown = [str(watch(mine, desk, watcher, "en", "", True)[0][1])]
        ahead.append(ev.PhaseBegan(phase="instant", done=0.1, left=7200.0))
        shown += [str(watch(mine, desk, watcher, "en", "", True)[0][1])]
    shown += [str(watch(mine, desk, watcher, "en", "", True)[0][1])]
    assert ["takes about 2.0 h more" in words for words in shown] == [False, True, False]
    assert not any("private" in words for words in shown)
    assert left_before(desk, watcher) is None
