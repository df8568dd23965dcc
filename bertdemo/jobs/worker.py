"""The worker program: ``python -m bertdemo.jobs.worker``.

It warms up, reads one job as a JSON line from its standard input, works on it and ends. End-of-file
there, at any time, means that the app is gone: the job is paused at its next step, and whatever happens
the process ends within five seconds. Everything it writes is written whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

import filelock

from bertdemo.errors import UserError

if TYPE_CHECKING:
    from bertdemo.runs.run import Run

GRACE_SECONDS = 4.5
OF_DELETED = ("run_unknown", "run_deleted")
"""Errors that say that there is nothing left to work on."""


class Line:
    """The line to the app: its first line is the job, its end means that the app is gone."""

    def __init__(self) -> None:
        self._job: dict[str, Any] | None = None
        self._arrived = threading.Event()
        self.gone = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def job(self) -> dict[str, Any] | None:
        """Wait for the job; None where the app went away before it had one."""
        self._arrived.wait()
        return self._job

    def _listen(self) -> None:
        first = sys.stdin.readline()
        if first.strip():
            self._job = json.loads(first)
        else:
            self.gone.set()
        self._arrived.set()
        while sys.stdin.readline():
            continue
        self.gone.set()
        # the loop pauses at its next step; whatever else is under way is cut off
        threading.Timer(GRACE_SECONDS, os._exit, args=(0,)).start()


def main() -> None:
    line = Line()
    _yield_to_the_page()
    _warm_up()
    job = line.job()
    if job is None:
        return
    from bertdemo.runs.run import Run

    if job["kind"] == "classify":
        from bertdemo.jobs.files import FileJob, work_on_file

        with contextlib.suppress(filelock.Timeout):  # somebody else works on it
            work_on_file(FileJob.open(job["job"]), lambda: "pause" if line.gone.is_set() else None)
        return
    if job["kind"] == "export":
        from bertdemo.jobs.exports import ExportJob, work_on_export

        work_on_export(ExportJob(Run.open(job["run_of"]), job["form"]))
        return
    try:
        _train(Run.open(job["run"]), line)
    except UserError as error:
        if error.code not in OF_DELETED:
            raise
    os._exit(0) if line.gone.is_set() else sys.exit(0)


def _train(run: Run, line: Line) -> None:
    """Work on a run as soon as no other training has the device, unless it is stopped or discarded before."""
    from bertdemo.jobs.work import is_gone, leaves_queue, training_lock, work_on

    while True:
        try:
            with training_lock().acquire(timeout=0.5):
                for _ in work_on(run, lambda: "pause" if line.gone.is_set() else None):
                    pass
            return
        except filelock.Timeout:  # another training has the device, or the run's last worker is ending
            if line.gone.is_set() or leaves_queue(run) or is_gone(run):
                return


def _yield_to_the_page() -> None:
    """Run at a lower priority, so that classifying stays quick while a training runs."""
    import psutil

    own = psutil.Process()
    with contextlib.suppress(psutil.AccessDenied):  # where the app runs at a lower one still
        own.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else max(5, own.nice()))


def _warm_up() -> None:
    from bertdemo.core import device

    device.describe_anew()
    device.warm_up()


if __name__ == "__main__":
    main()
