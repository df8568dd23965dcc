"""A training cut into slices, each in a process of its own with a limit of time.

Nothing in the app does this. It shows that between two slices everything is in the run's folder, so that a training
which is cut anywhere goes on to the same weights.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from bertdemo.core.device import warm_up
from bertdemo.jobs.work import training_lock, work_on
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run


def run_slice(run_id: str, seconds: float) -> list[ev.Event]:
    """Work on a run for about `seconds`, at least one step, then pause it.

    The clock starts when the libraries are loaded: a process that was forked from a warm one has them.

    Returns:
        The events of the slice, all of them written to the run's log already.
    """
    warm_up()
    until = time.monotonic() + seconds
    with training_lock():
        return list(work_on(Run.open(run_id), lambda: "pause" if time.monotonic() >= until else None))


def in_slices(run: Run, seconds: float) -> Iterator[ev.Event]:
    """Work on `run` to its last word, every slice in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    while True:
        with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
            events = pool.submit(run_slice, run.id, seconds).result()
        yield from events
        if not (run.folder / "run.json").exists() or isinstance(events[-1], ev.Finished | ev.Failed):
            return
