"""One run, worked on from wherever it is to its last word."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Generator, Iterator

import filelock

from bertdemo.core.device import known, label
from bertdemo.core.estimate import BEFORE_REPORT
from bertdemo.core.memory import is_short
from bertdemo.core.train import train
from bertdemo.errors import UserError
from bertdemo.export.card import write_card
from bertdemo.report.report import build
from bertdemo.runs import events as ev
from bertdemo.runs.files import disk_full, is_full
from bertdemo.runs.run import Run, home

Outside = Callable[[], str | None]
"""What the process that works is asked from outside: None, ``"stop"`` or ``"pause"``."""


def training_lock() -> filelock.FileLock:
    """Held by the one training that runs on this machine's device."""
    (home() / "locks").mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(home() / "locks" / "train.lock")


def leaves_queue(run: Run) -> bool:
    """Whether `run` was stopped before anybody began it: that is its last word then, which is written here."""
    if not run.is_requested("stop"):
        return False
    try:
        with run.lock().acquire(timeout=0):
            return _stopped_before(run)
    except (filelock.Timeout, FileNotFoundError):  # it has begun, and stops by itself; or it was deleted
        return False


def is_gone(run: Run) -> bool:
    """Whether `run` was deleted while it waited. One that was to be discarded is deleted here, unless it has begun."""
    if run.is_requested("discard"):
        with contextlib.suppress(filelock.Timeout, FileNotFoundError), run.lock().acquire(timeout=0):
            run.delete()
    return run.is_deleted


def _stopped_before(run: Run) -> bool:
    """Of a run whose lock is held and that was asked to stop; see `leaves_queue`."""
    status = run.state().status
    if status == "waiting":
        run.append(ev.Failed(code=ev.STOPPED_BEFORE, params={"run": run.id}))
    return status in ("waiting", "stopped")


def work_on(run: Run, outside: Outside = lambda: None) -> Iterator[ev.Event]:
    """Train, judge, and write every event down; the caller holds `training_lock`.

    A discarded run is deleted. A paused one keeps its checkpoint and has no last word. An error that the
    person can mend becomes `Failed`; any other too, with its traceback in the run's ``log.txt``.

    A run that is finished already, by somebody who had the lock before, is left alone, as is one that was stopped
    before it began.

    Raises:
        filelock.Timeout: somebody else works on the run.
        UserError: ``run_deleted``: it is not there any more.
    """
    with run.needed("run_deleted"), run.lock():
        if run.is_deleted:  # by who had the lock before
            raise UserError("run_deleted", run=run.id)
        if run.state().status == "finished":
            return
        if run.is_requested("stop") and _stopped_before(run):
            yield run.events()[0][-1]
            return
        outcome = yield from _written(run, outside)
        if outcome == "discarded":
            run.delete()


def _written(run: Run, outside: Outside) -> Generator[ev.Event, None, str]:
    def signal() -> str | None:
        if run.is_requested("discard"):
            return "discard"
        return "stop" if run.is_requested("stop") else outside()

    try:
        yield run.append(ev.Started(device=label(known())))
        run.require_schema()
        outcome = yield from _appended(run, train(run.config, run.split(), run, signal))
        if outcome in ("done", "stopped"):
            yield run.append(ev.PhaseBegan(phase="reporting", done=BEFORE_REPORT))
            last_word = build(run, stopped=outcome == "stopped")
            if "bert" in run.models:
                write_card(run)
            yield run.append(last_word)
            run.tidy()
        return outcome
    except UserError as error:
        yield run.append(ev.Failed(code=error.code, params=error.params))
    except Exception as error:
        if is_full(error):
            full = disk_full(home())
            try:
                yield run.append(ev.Failed(code=full.code, params=full.params))
            except OSError:  # not even that has a place
                raise full from error
            return "failed"
        with (run.folder / "log.txt").open("a", encoding="utf-8") as log:
            log.write(traceback.format_exc())
        if is_short(error):  # where smaller passes are no help
            yield run.append(ev.Failed(code="memory_gone"))
        else:
            yield run.append(ev.Failed(code="internal", params={"type": type(error).__name__, "run": run.id}))
    return "failed"


def _appended(run: Run, job: Generator[ev.Event, None, str]) -> Generator[ev.Event, None, str]:
    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return str(end.value)
        yield run.append(event)
