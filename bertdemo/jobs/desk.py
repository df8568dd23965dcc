"""The app's one hand on long work: it starts workers, watches them, and passes on what is asked.

What waits is read from disk, never remembered: a run without a last word whose lock is free is waiting,
whether it was made a second ago or before the app was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import filelock

import bertdemo
from bertdemo.errors import UserError
from bertdemo.export.forms import sweep
from bertdemo.hosting import AS_ANYBODY
from bertdemo.jobs.exports import ExportJob
from bertdemo.jobs.files import FileJob, FileJobState
from bertdemo.jobs.work import leaves_queue
from bertdemo.runs import events as ev
from bertdemo.runs import leftovers
from bertdemo.runs.files import PROBE_SECONDS
from bertdemo.runs.run import Run, home
from bertdemo.runs.state import ENDED

BEAT_SECONDS = 0.25
FORGET_SECONDS = 3600.0
GRACE_SECONDS = 6.0
FILE_WORKERS = 2
"""Files that are classified at the same time: a small one need not wait for a large one."""
MOST_DEATHS = 3
"""So many workers in a row died on a file without finishing a chunk of it: it has failed."""

CAN_GO_ON = frozenset(("worker_died", "out_of_memory", "memory_gone", "disk_full"))
"""Why a run failed whose work, as far as it was done, is kept."""


@dataclass
class Worker:
    """A worker process; `job` is what it works on, None while it is the spare. `as_anybody` is what it was told of the
    use of the Hub's token when it was started."""

    process: subprocess.Popen[str]
    as_anybody: str | None
    job: dict[str, str] | None = None

    @classmethod
    def start(cls) -> Worker:
        """Start one. Its output goes to a file: a pipe that nobody reads would block it."""
        home().mkdir(parents=True, exist_ok=True)
        package = str(Path(bertdemo.__file__).parents[1])
        paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        # a session of its own: Ctrl-C is for the app, the worker is told by the end of its input
        own = {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}
        with (home() / "worker.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bertdemo.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                env={**os.environ, "PYTHONPATH": paths, "TOKENIZERS_PARALLELISM": "true"},
                **own,  # type: ignore[call-overload]
            )
        return cls(process, os.environ.get(AS_ANYBODY))

    def give(self, job: dict[str, str]) -> None:
        self.job = job
        line: IO[str] = self.process.stdin  # type: ignore[assignment]
        line.write(json.dumps(job) + "\n")
        line.flush()

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def let_go(self) -> None:
        """End the line: an idle worker ends, a working one writes a checkpoint first."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()


@dataclass
class Desk:
    """Long work of one app, which outlives the page and, from its last checkpoint, the app."""

    _workers: list[Worker] = field(default_factory=list)
    _spare: Worker | None = None
    _ended: set[str] = field(default_factory=set)
    _deaths: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _failure: str = ""
    _forget_at: float = 0.0

    def open(self) -> None:
        """Begin to start what waits, also what an earlier app left unfinished; what nobody needs is deleted:
        files of last week, and what is left of whatever was cut off while it was made or deleted."""
        self._thread = threading.Thread(target=self._beat, name="desk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all workers; those that train write a checkpoint first. Takes a few seconds at most."""
        self._closing.set()
        if self._thread:
            self._thread.join()
        with self._lock:
            workers = [*self._workers, *([self._spare] if self._spare else [])]
            for worker in workers:
                worker.let_go()
            for worker in workers:
                try:
                    worker.process.wait(GRACE_SECONDS)
                except subprocess.TimeoutExpired:
                    worker.process.kill()
                    worker.process.wait()
            self._workers, self._spare = [], None

    def warm(self) -> None:
        """Have a worker at hand that has loaded torch already."""
        with self._lock:
            if self._spare is None and not self._closing.is_set():
                self._spare = Worker.start()

    # trainings -----------------------------------------------------------------------------------

    def place(self, run_id: str) -> int | None:
        """0 where a run is worked on, 1 where it is next, and so on; None after its last word."""
        run = Run.open(run_id)
        if run.is_held or self._is_worked_on(run_id):
            return 0
        waiting = [r.id for r in self.waiting()]
        return waiting.index(run_id) + 1 if run_id in waiting else None

    def waiting(self) -> list[Run]:
        """Runs without a last word that nobody works on, the oldest first."""
        found = []
        for run in Run.all(but=self._ended):
            # of a run that somebody else trains the log grows long, and is not read with every beat
            if self._is_worked_on(run.id) or run.is_held:
                continue
            if run.state().status in ENDED:
                self._ended.add(run.id)
            else:
                found.append(run)
        return found

    def worked_on(self) -> list[Run]:
        """Runs that somebody works on now, here or in another process."""
        return [run for run in Run.all(but=self._ended) if run.is_held]

    def stop(self, run: Run) -> None:
        """Finish now and keep the best; what nobody has begun leaves the queue. Who may ask that, the caller has
        checked."""
        run.request("stop")
        leaves_queue(run)

    def go_on(self, run: Run) -> None:
        """Let a run whose worker died wait for another one. Who may ask that, the caller has checked."""
        with self._lock, contextlib.suppress(filelock.Timeout, FileNotFoundError), run.lock():
            state = run.state()
            if state.failed and state.failed.code in CAN_GO_ON:
                run.append(ev.Resumed(step=state.steps[-1].step if state.steps else 0))
                self._ended.discard(run.id)

    def discard(self, run: Run) -> None:
        """Delete a run, at once or as soon as its worker lets go. Who may ask that, the caller has checked."""
        run.request("discard")
        with self._lock:
            # one that a worker has in hand may still wait for its turn; else the worker sees the request
            seconds = 0 if self._is_worked_on(run.id) else PROBE_SECONDS
            with contextlib.suppress(filelock.Timeout, FileNotFoundError), run.lock().acquire(timeout=seconds):
                run.delete()

    # files ---------------------------------------------------------------------------------------

    def classify_file(self, run_id: str, path: Path, *, name: str, text: Sequence[str] = (), **wish: Any) -> str:
        """Begin to classify a file with a run's selected model; returns the job's id. See `FileJob.create`."""
        job = FileJob.create(Run.open(run_id), path, name=name, text=text, **wish)
        self._start_files()
        return job.id

    def job(self, job_id: str) -> FileJobState:
        """How far a file is. Raises ``job_unknown``."""
        return FileJob.open(job_id).state()

    # exports -------------------------------------------------------------------------------------

    def export(self, run: Run, form: str) -> ExportJob:
        """Begin to make a form of a run's model. Who may ask that, the caller has checked. See `ExportJob.begin`."""
        job = ExportJob.begin(run, form)
        with self._lock:
            self._hand({"kind": "export", "run_of": run.id, "form": form})
        return job

    def stop_file(self, job_id: str) -> None:
        """End the work on a file and keep what is done. Whoever knows the job's id may ask that."""
        job = FileJob.open(job_id)
        job.request_stop()
        with self._lock:
            if not self._is_worked_on(job_id):
                with contextlib.suppress(filelock.Timeout, FileNotFoundError), job.lock():
                    if job.state().status in ("waiting", "running"):
                        job.append(ev.Paused(rows=job.rows_done))

    def continue_file(self, job_id: str) -> None:
        """Let a stopped or failed file go on behind the rows that are done."""
        job = FileJob.open(job_id)
        with self._lock:
            self._ended.discard(job_id)
            self._deaths.pop(job_id, None)
            with contextlib.suppress(filelock.Timeout, FileNotFoundError), job.lock():
                job.go_on()
        self._start_files()

    def _start_files(self) -> None:
        """Hand out files that nobody works on and that have no last word, also those that an earlier app left."""
        with self._lock:
            busy = sum(bool(w.job and w.job["kind"] == "classify") for w in self._workers)
            for job in FileJob.all() if busy < FILE_WORKERS else []:
                if busy == FILE_WORKERS or self._closing.is_set():
                    return
                if job.id in self._ended or self._is_worked_on(job.id):
                    continue
                status = job.state().status
                if status not in ("waiting", "running"):
                    self._ended.add(job.id)
                elif not job.is_held:
                    self._hand({"kind": "classify", "job": job.id})
                    busy += 1

    # the beat ------------------------------------------------------------------------------------

    def _beat(self) -> None:
        while not self._closing.wait(BEAT_SECONDS):
            try:
                with self._lock:
                    self._look_after()
            except Exception:  # a run deleted under our hands, a full disk: the next beat looks again
                self._note(traceback.format_exc())

    def _note(self, failure: str) -> None:
        """Write down what went wrong, once as long as it is the same; a disk may be full for hours."""
        if failure != self._failure:
            self._failure = failure
            with contextlib.suppress(OSError), (home() / "worker.log").open("a", encoding="utf-8") as log:
                log.write(failure)

    def _look_after(self) -> None:
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            leftovers.sweep()
            FileJob.forget_old()
            for run in Run.all():
                sweep(run)
        self._bury()
        if not any(w.job and w.job["kind"] == "train" for w in self._workers) and (runs := self.waiting()):
            self._hand({"kind": "train", "run": runs[0].id})
        self._start_files()

    def _hand(self, job: dict[str, str]) -> None:
        worker, self._spare = self._spare, None
        if worker is not None and (worker.has_ended or worker.as_anybody != os.environ.get(AS_ANYBODY)):
            worker.let_go()  # the app was made public after it was started
            self._workers.append(worker)  # until it has ended
            worker = None
        worker = worker or Worker.start()
        worker.give(job)
        self._workers.append(worker)

    def _bury(self) -> None:
        """See which workers have ended, and give the last word to work that died with one."""
        ended = [w for w in self._workers if w.has_ended]
        self._workers = [w for w in self._workers if not w.has_ended]
        for worker in ended:
            worker.let_go()
            if worker.job is not None and worker.job["kind"] == "classify":
                with contextlib.suppress(UserError):  # forgotten meanwhile
                    self._bury_file(FileJob.open(worker.job["job"]), worker.process.returncode)
            elif worker.job is not None:
                _speak_for_the_dead(worker.job, worker.process.returncode)
        if ended:
            self.warm()

    def _bury_file(self, job: FileJob, code: int) -> None:
        """A file whose worker died goes on with the next one, unless they die without getting on."""
        if job.is_held or job.state().status not in ("waiting", "running"):
            return
        deaths, rows = self._deaths.get(job.id, (0, 0))
        deaths = 1 if job.rows_done > rows else deaths + 1
        self._deaths[job.id] = deaths, job.rows_done
        if deaths >= MOST_DEATHS:
            job.append(ev.Failed(code="file_worker_died", params={"exit": code}))

    def _is_worked_on(self, run_or_job: str) -> bool:
        return any(w.job and run_or_job in (w.job.get("run"), w.job.get("job")) for w in self._workers)


def _speak_for_the_dead(job: dict[str, str], code: int) -> None:
    # SIGKILL that nobody of us sent is the kernel's, for want of memory
    word = ev.Failed(code="out_of_memory" if code == -9 else "worker_died", params={"exit": code})
    if job["kind"] == "export":
        _last_word_of_export(job, word)
        return
    try:
        run = Run.open(job["run"])
        with run.lock():
            if run.is_requested("discard"):
                run.delete()
            elif run.state().status not in ENDED:
                run.append(word)
    except (UserError, filelock.Timeout, FileNotFoundError):
        return  # discarded, or taken up by somebody else already


def _last_word_of_export(job: dict[str, str], word: ev.Failed) -> None:
    try:
        made = ExportJob(Run.open(job["run_of"]), job["form"])
    except UserError:
        return  # the run was discarded meanwhile
    if not made.is_held and not isinstance(made.last, (ev.Packed, ev.Failed)):
        made.append(ev.Failed(code="export_died", params=word.params))
