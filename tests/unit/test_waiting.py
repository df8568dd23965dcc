"""A training in this process while another one has the device."""

from __future__ import annotations

import contextlib
from pathlib import Path

import filelock
import pytest

from bertdemo import api
from bertdemo.cli import main
from bertdemo.jobs.work import training_lock


def test_a_training_that_waits_says_so_and_can_be_left(reviews_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    prepared = api.prepare(reviews_csv, base="tfidf")
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")
        prepared.pause()

    prepared.on_wait = waiting
    with training_lock():
        assert list(prepared.events()) == []
    assert said == ["waiting"]
    assert prepared.run.state().status == "waiting"


@pytest.mark.parametrize("itself", [True, False])
def test_what_a_resumed_training_waits_for_is_said(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], itself: bool
) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    prepared = api.prepare(reviews_csv, base="tfidf")
    waits_for = api.TrainedRun._waits_for

    def left(own: api.TrainedRun, turn: filelock.FileLock) -> bool:
        said = own.on_wait

        def wait() -> None:
            said()
            own.pause()

        own.on_wait = wait
        return waits_for(own, turn)

    monkeypatch.setattr(api.TrainedRun, "_waits_for", left)
    with training_lock(), prepared.run.lock() if itself else contextlib.nullcontext(), pytest.raises(SystemExit):
        main(["runs", "resume", prepared.run.id])
    assert ("this very run" in capsys.readouterr().err) is itself


def test_its_turn_ends_with_it(reviews_csv: Path) -> None:
    prepared = api.prepare(reviews_csv, base="tfidf")
    for _ in prepared.events():
        pass
    assert prepared.run.report is not None
    with training_lock().acquire(timeout=0):
        pass
