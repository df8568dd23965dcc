"""The desk and the worker program: what waits is started, what dies is said, what is left is taken up."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import filelock
import psutil
import pytest
from safetensors import SafetensorError

from benchmarks.slices import in_slices
from bertdemo.api import prepare
from bertdemo.errors import UserError
from bertdemo.hosting import AS_ANYBODY, keep_token_from_others
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJob
from bertdemo.runs import events as ev
from bertdemo.runs import log
from bertdemo.runs.files import folder_aside, is_full, write_json
from bertdemo.runs.run import Run, home


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true answer of `condition`; fails when none comes in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := condition():
            return answer
        time.sleep(0.05)
    pytest.fail("it did not come to that in time")


@pytest.fixture(autouse=True)
def known_device(home: Path) -> None:
    """The device was measured before, so that workers need not."""
    home.mkdir(parents=True)
    facts = {"kind": "cpu", "name": "CPU", "memory_gb": 0, "cores": 1, "precision": "fp32", "tokens_per_second": 1000}
    write_json(home / "device.json", facts)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.open()
    yield desk
    desk.close()


@pytest.fixture
def new_run(reviews_csv: Path, tiny_bert: Path) -> Callable[..., Run]:
    def make(**settings: Any) -> Run:
        run = prepare(reviews_csv, **{"base": str(tiny_bert), "epochs": 2, "lr": 3e-3, **settings}).run
        run.update(choices={**CHOICES, "base": str(tiny_bert), "epochs": settings.get("epochs", 2)})
        return run

    return make


CHOICES = {
    "max_length": 16,
    "batch": 16,
    "lr": 3e-3,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "clip": 1.0,
    "patience": 1000,
    "language": "en",
    "threads": 1,
    "precision": "fp32",
}
"""Made in advance: what is measured may differ between two runs, and these tests compare weights."""


def weights(run: Run) -> str:
    return hashlib.sha256((run.model_folder("bert") / "model.safetensors").read_bytes()).hexdigest()


def is_over(run: Run) -> bool:
    return run.state().status in ("finished", "failed")


def test_a_run_is_worked_on_and_the_next_waits_its_turn(desk: Desk, new_run: Callable[..., Run]) -> None:
    first, second = new_run(epochs=190), new_run()
    wait_for(lambda: desk.place(first.id) == 0 and desk.place(second.id) == 1)
    wait_for(lambda: first.state().steps)
    desk.stop(first)
    wait_for(lambda: is_over(first) and is_over(second))
    assert first.state().status == second.state().status == "finished"
    assert first.state().finished.stopped  # type: ignore[union-attr]
    assert desk.place(first.id) is None


def test_a_discarded_run_is_gone(desk: Desk, new_run: Callable[..., Run]) -> None:
    working, waiting = new_run(epochs=190), new_run()
    wait_for(lambda: working.state().steps)
    desk.discard(waiting)
    assert not waiting.folder.exists()
    desk.discard(working)
    wait_for(lambda: not working.folder.exists())


def test_a_run_is_discarded_while_somebody_looks_whether_it_is_held(
    new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    look = run.lock().acquire(timeout=0)
    monkeypatch.setattr(time, "sleep", lambda _: look.lock.release())  # the look ends as soon as somebody waits
    Desk().discard(run)
    assert not run.folder.exists()


def test_a_killed_worker_has_a_last_word(desk: Desk, new_run: Callable[..., Run]) -> None:
    run = new_run(epochs=190)
    wait_for(lambda: run.state().steps)
    [worker] = [w for w in desk._workers if w.job]
    worker.process.send_signal(signal.SIGKILL)
    wait_for(lambda: is_over(run))
    assert run.state().failed.code == "out_of_memory"  # type: ignore[union-attr]
    assert desk.place(run.id) is None
    desk.go_on(run)
    wait_for(lambda: run.state().status == "running" and run.state().phase)
    desk.stop(run)
    wait_for(lambda: is_over(run))
    assert run.state().finished


def test_only_a_run_whose_work_is_kept_can_be_let_go_on(new_run: Callable[..., Run]) -> None:
    desk, run = Desk(), new_run()
    for code, status in (("base_unreadable", "failed"), ("worker_died", "waiting"), ("disk_full", "waiting")):
        run.append(ev.Failed(code=code, params={"exit": 1}))
        assert desk.waiting() == []
        desk.go_on(run)
        assert run.state().status == status
    assert [waiting.id for waiting in desk.waiting()] == [run.id]
    assert desk.place(run.id) == 1


def test_a_file_is_classified_beside_a_training(
    desk: Desk, trained: Run, new_run: Callable[..., Run], tmp_path: Path
) -> None:
    training = new_run(epochs=190)
    wait_for(lambda: training.state().steps)
    texts = tmp_path / "texts.csv"
    texts.write_text('id,text\n1,a good film\n2,"awful, broken phone"\n3,\n', encoding="utf-8")
    job = desk.classify_file(trained.id, texts, name="texts.csv")
    state = wait_for(lambda: (s := desk.job(job)).status in ("finished", "failed") and s)
    assert state.failed is None
    lines = state.output.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,text,predicted_label,confidence,unsure,p:negative,p:positive"
    assert lines[2].startswith('2,"awful, broken phone",')
    assert lines[3] == "3,,,,,,"
    assert training.state().status == "running"
    desk.stop(training)


def test_a_file_whose_worker_is_killed_goes_on_with_the_next(desk: Desk, trained: Run, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    words = "a good film,an awful phone,the food was it,so my broken order".split(",")
    lines = (f"{i},{words[i % 4]} {i} {words[i % 3]}" for i in range(20_000))
    texts.write_text("\n".join(["id,text", *lines]), encoding="utf-8")
    unbroken = desk.classify_file(trained.id, texts, name="texts.csv")
    broken = desk.classify_file(trained.id, texts, name="texts.csv")
    job = FileJob.open(broken)
    wait_for(lambda: job.rows_done > 0)
    [worker] = [w for w in desk._workers if w.job and w.job.get("job") == broken]
    worker.process.send_signal(signal.SIGKILL)
    done = job.rows_done
    wait_for(lambda: desk.job(unbroken).status == desk.job(broken).status == "finished")
    begun = [event for event in log.read(job.folder / "events.jsonl")[0] if isinstance(event, ev.Started)]
    assert len(begun) == 2
    assert 0 < done < 20_000
    first, second = desk.job(unbroken).output, desk.job(broken).output
    assert first is not None
    assert second is not None
    assert first.read_bytes() == second.read_bytes()


def test_a_waiting_file_is_stopped_and_continued(trained: Run, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("id,text\n1,a good film\n2,an awful phone\n", encoding="utf-8")
    job = FileJob.create(trained, texts, name="texts.csv")
    desk = Desk()
    desk.stop_file(job.id)
    assert desk.job(job.id).status == "stopped"
    desk.open()
    try:
        desk.continue_file(job.id)
        wait_for(lambda: desk.job(job.id).status == "finished")
    finally:
        desk.close()


APP = """
import sys, time
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJob
desk = Desk(); desk.open(); desk.warm()
while True: time.sleep(1)
"""


def test_killing_the_app_leaves_no_worker_and_the_next_app_ends_with_the_same_weights(
    new_run: Callable[..., Run], home: Path
) -> None:
    unbroken = new_run(epochs=40)
    list(in_slices(unbroken, 1e9))
    run = new_run(epochs=40)
    app = subprocess.Popen([sys.executable, "-c", APP])
    wait_for(lambda: any(s.step > 20 for s in run.state().steps))
    children = psutil.Process(app.pid).children(recursive=True)
    assert children
    app.send_signal(signal.SIGKILL)
    app.wait()
    _, alive = psutil.wait_procs(children, timeout=6)
    assert alive == []
    assert not is_over(run)
    desk = Desk()
    desk.open()
    try:
        wait_for(lambda: is_over(run))
    finally:
        desk.close()
    assert any(isinstance(event, ev.Resumed) for event in run.events()[0])
    assert weights(run) == weights(unbroken)


def test_slices_in_fresh_processes_end_with_the_weights_of_an_unbroken_run(new_run: Callable[..., Run]) -> None:
    unbroken, sliced = new_run(epochs=0.1), new_run(epochs=0.1)
    list(in_slices(unbroken, 1e9))
    events = list(in_slices(sliced, 0.0))  # a step for each slice, however fast the machine
    assert sum(isinstance(event, ev.Started) for event in events) > 1
    assert isinstance(events[-1], ev.Finished)
    assert weights(sliced) == weights(unbroken)


def outcome_where_training_raises(run: Run, error: Exception, monkeypatch: pytest.MonkeyPatch) -> ev.Failed:
    """The last word of a run whose training ends with `error`."""
    from bertdemo.jobs.work import work_on

    def broken(*_: object) -> Iterator[ev.Event]:
        raise error
        yield

    monkeypatch.setattr("bertdemo.jobs.work.train", broken)
    *_, last = work_on(run)
    assert isinstance(last, ev.Failed)
    return last


def test_an_error_inside_is_said_and_its_traceback_kept(
    new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    assert outcome_where_training_raises(run, ZeroDivisionError(), monkeypatch).code == "internal"
    assert "ZeroDivisionError" in (run.folder / "log.txt").read_text(encoding="utf-8")


def test_a_training_that_another_version_began_is_refused_in_words(new_run: Callable[..., Run]) -> None:
    from bertdemo.jobs.work import work_on

    run = new_run()
    run.update(schema=1)
    *_, last = work_on(run)
    assert isinstance(last, ev.Failed)
    assert last.code == "run_other_version"
    assert not (run.folder / "log.txt").exists()


def test_memory_that_ran_out_is_said(new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    from bertdemo.jobs.work import work_on

    def greedy(*_: object) -> Iterator[ev.Event]:
        raise MemoryError
        yield

    monkeypatch.setattr("bertdemo.jobs.work.train", greedy)
    *_, last = work_on(new_run())
    assert isinstance(last, ev.Failed)
    assert last.code == "memory_gone"


FULL = [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
    SafetensorError('Error while serializing: I/O error: Os { message: "No space left on device" } (os error 28)'),
]


@pytest.mark.parametrize("error", FULL)
def test_a_full_disk_is_said(
    new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, error: Exception, tmp_path: Path
) -> None:
    run = new_run()
    last = outcome_where_training_raises(run, error, monkeypatch)
    assert (last.code, last.params["folder"]) == ("disk_full", str(home()))
    assert not (run.folder / "log.txt").exists()
    with pytest.raises(UserError, match="disk is full"), folder_aside(tmp_path / "new"):
        raise error
    assert not (tmp_path / "new").exists()


def test_a_disk_that_takes_not_even_the_last_word_is_said(
    new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bertdemo.jobs.work import work_on

    def full(*_: object) -> None:
        raise FULL[0]

    run = new_run()
    monkeypatch.setattr(Run, "append", full)
    with pytest.raises(UserError, match="disk is full"):
        list(work_on(run))


@pytest.mark.parametrize("error", [SafetensorError("header too large"), OSError(errno.EACCES, "denied"), ValueError()])
def test_other_errors_are_no_full_disk(error: Exception) -> None:
    assert not is_full(error)


def test_workers_are_told_apart_from_the_terminal() -> None:
    """Ctrl-C in the terminal reaches the app alone: a worker is told by the end of its input."""
    from bertdemo.jobs.desk import Worker

    worker = Worker.start()
    try:
        if os.name != "nt":
            assert os.getsid(worker.process.pid) == worker.process.pid
    finally:
        worker.let_go()
        assert worker.process.wait(30) == 0


class Idle:
    """A worker process that does nothing and knows what it was started with and given."""

    def __init__(self, *_: Any, env: dict[str, str], **__: Any) -> None:
        self.env, self.stdin, self.returncode = env, io.StringIO(), 0

    def poll(self) -> int | None:
        return 0 if self.stdin.closed else None

    def jobs(self) -> list[str]:
        return [] if self.stdin.closed else self.stdin.getvalue().splitlines()


def test_a_spare_that_may_use_the_token_gets_no_job_once_others_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Idle] = []
    monkeypatch.setattr(
        "bertdemo.jobs.desk.subprocess.Popen", lambda *a, **k: started.append(Idle(*a, **k)) or started[-1]
    )
    monkeypatch.setenv(AS_ANYBODY, "")
    monkeypatch.delenv(AS_ANYBODY)
    desk = Desk()
    desk.warm()
    keep_token_from_others()
    desk._hand({"kind": "train", "run": "x"})
    spare, worker = started
    assert AS_ANYBODY not in spare.env
    assert spare.stdin.closed
    assert worker.env[AS_ANYBODY] == "1"
    assert len(worker.jobs()) == 1
    desk._bury()
    [_, _, following] = started
    desk._hand({"kind": "train", "run": "y"})
    assert following.env[AS_ANYBODY] == "1"
    assert len(following.jobs()) == 1


def test_an_error_of_one_beat_does_not_end_the_next(
    desk: Desk, new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    failed: list[int] = []
    waiting = Desk.waiting

    def failing_once(self: Desk) -> list[Run]:
        if not failed:
            failed.append(1)
            raise FileNotFoundError("a run deleted meanwhile")
        return waiting(self)

    monkeypatch.setattr(Desk, "waiting", failing_once)
    run = new_run(epochs=0.1)
    wait_for(lambda: is_over(run))
    assert failed
    assert run.state().status == "finished"
    assert "a run deleted meanwhile" in (home / "worker.log").read_text(encoding="utf-8")


def test_a_finished_run_is_not_trained_again_by_who_waited_for_it(trained: Run) -> None:
    from bertdemo.jobs.work import work_on

    before = len(trained.events()[0])
    assert list(work_on(trained)) == []
    assert len(trained.events()[0]) == before


def test_the_log_of_a_run_that_somebody_else_trains_is_not_read(
    new_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, free = new_run(), new_run()
    read: list[str] = []
    events = Run.events
    monkeypatch.setattr(Run, "events", lambda run, offset=0: read.append(run.id) or events(run, offset))
    with held.lock():
        assert Desk().waiting() == [free]
    assert read == [free.id]


def test_a_lock_that_is_looked_at_does_not_turn_a_worker_away(new_run: Callable[..., Run]) -> None:
    from bertdemo.jobs.work import work_on

    run = new_run(epochs=0.1)
    looked = filelock.FileLock(run.lock().lock_file, thread_local=False)
    looked.acquire()
    threading.Timer(0.2, looked.release, kwargs={"force": True}).start()
    *_, last = work_on(run)
    assert isinstance(last, ev.Finished)


def test_a_machine_that_changed_is_described_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from bertdemo.core import device

    measured: list[int] = []
    monkeypatch.setattr(device, "_measure", lambda *_: measured.append(1) or 777)
    write_json(device.home() / "device.json", {"kind": "cuda", "name": "NVIDIA T4", "tokens_per_second": 9e5})
    device.describe_anew()
    facts = device.known()
    assert facts is not None
    assert (facts["kind"], facts["tokens_per_second"]) == (device.best_device().type, 777)
    device.describe_anew()
    assert len(measured) == 1
