"""A training in this process while another one has the device."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

import filelock
import pytest

from bertdemo import api
from bertdemo.cli import main
from bertdemo.errors import UserError
from bertdemo.jobs import worker
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.work import is_gone, leaves_queue, training_lock, work_on
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run, home
from bertdemo.ui import view


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


def test_a_run_that_is_stopped_while_it_waits_leaves_the_queue(
    reviews_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk()  # nobody works here
    first, stopped, last = (api.prepare(reviews_csv, base="tfidf").run for _ in range(3))
    desk.stop(stopped)
    assert [run.id for run in desk.waiting()] == [first.id, last.id]
    assert (desk.place(stopped.id), desk.place(last.id)) == (None, 2)
    state = stopped.state()
    assert state.status == "stopped"
    assert "before it began" in view.progress(state, None, "en")
    assert "failed" not in view.next_step(state, None, None, "en")
    main(["runs", "list"])
    assert f"{stopped.id}  {stopped.meta['created'][:16]}  stopped" in capsys.readouterr().out
    assert not leaves_queue(first)
    with training_lock():  # a worker that has it in hand already does no work on it
        assert [event.kind for event in work_on(stopped)] == ["failed"]
    assert stopped.models == ()
    for _ in api.TrainedRun(stopped).events():  # asked for again
        pass
    assert stopped.state().status == "finished"


def test_a_stop_that_comes_with_the_first_step_in_sight_is_heeded(reviews_csv: Path) -> None:
    run = api.prepare(reviews_csv, base="tfidf").run
    run.request("stop")
    with run.lock():
        assert not leaves_queue(run)  # somebody has it
    [word] = work_on(run)
    assert isinstance(word, ev.Failed)
    assert (word.code, run.models) == ("stopped_before", ())


def test_a_training_that_waits_in_this_process_can_be_stopped(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    prepared = api.prepare(reviews_csv, base="tfidf")
    prepared.on_wait = prepared.stop
    with training_lock(), pytest.raises(UserError, match="before it began"):
        list(prepared.events())
    assert prepared.run.state().status == "stopped"


def deleted(run: Run) -> None:
    with run.lock():
        run.delete()


def discarded(run: Run) -> None:
    run.request("discard")


@pytest.mark.parametrize("done", [deleted, discarded])
def test_a_run_that_is_deleted_while_it_waits_is_not_worked_on(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], done: Callable[[Run], None]
) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    run = api.prepare(reviews_csv, base="tfidf").run
    monkeypatch.setattr("bertdemo.cli.training.say", lambda code, **_: done(run) if code == "cli.waiting" else code)
    with training_lock(), pytest.raises(SystemExit) as ended:
        main(["runs", "resume", run.id])
    assert ended.value.code == 2
    assert f"The run {run.id} was deleted" in capsys.readouterr().err
    assert list((home() / "runs").iterdir()) == []


@pytest.mark.parametrize("take", [lambda run: run.lock().acquire(), lambda run: list(work_on(run)), Desk().go_on])
def test_nothing_brings_a_deleted_run_back_as_an_empty_folder(reviews_csv: Path, take: Callable[[Run], None]) -> None:
    run = api.prepare(reviews_csv, base="tfidf").run
    deleted(run)
    with contextlib.suppress(FileNotFoundError, UserError):
        take(run)
    assert not leaves_queue(run)
    assert is_gone(run)
    assert list((home() / "runs").iterdir()) == []


def test_a_run_that_is_deleted_by_who_has_its_lock_says_so_to_who_waits_for_that(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = api.prepare(reviews_csv, base="tfidf").run
    held = run.lock().acquire()

    def deleted_meanwhile(_: float) -> None:
        if held.lock.is_locked:
            run.delete()
            held.lock.release()

    monkeypatch.setattr(time, "sleep", deleted_meanwhile)
    with pytest.raises(UserError) as caught:
        list(work_on(run))
    assert caught.value.code == "run_deleted"
    assert list((home() / "runs").iterdir()) == []


def test_a_run_that_a_worker_has_in_hand_and_that_still_waits_is_discarded_at_once(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, run = Desk(), api.prepare(reviews_csv, base="tfidf").run
    monkeypatch.setattr(Desk, "_is_worked_on", lambda *_: True)
    desk.discard(run)
    assert not run.folder.exists()


@pytest.mark.parametrize("done", [deleted, discarded])
def test_a_worker_lets_go_of_a_run_that_is_deleted_while_it_waits(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, done: Callable[[Run], None]
) -> None:
    run, line = api.prepare(reviews_csv, base="tfidf").run, worker.Line.__new__(worker.Line)
    line.gone = threading.Event()
    acquire = filelock.FileLock.acquire
    monkeypatch.setattr(filelock.FileLock, "acquire", lambda lock, timeout=None, **named: acquire(lock, timeout=0))
    with training_lock():
        done(run)
        worker._train(run, line)
    assert list((home() / "runs").iterdir()) == []


def test_its_turn_ends_with_it(reviews_csv: Path) -> None:
    prepared = api.prepare(reviews_csv, base="tfidf")
    for _ in prepared.events():
        pass
    assert prepared.run.report is not None
    with training_lock().acquire(timeout=0):
        pass
