"""Following runs: their events read on from where the last look ended."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from bertdemo.runs.run import Run
from bertdemo.runs.state import RunState, fold

MOST_RUNS = 200
LIVE_SECONDS, QUIET_SECONDS = 1.0, 5.0
"""Between two looks of a page at its run."""


def seconds_between_looks(state: RunState | None, *, held: bool) -> float:
    """Every open page asks that often: seldom where nothing goes on, or pages left open keep a server busy.

    Args:
        state: of the run on show.
        held: whether a worker is at it; one that was interrupted is running, and nothing goes on with it.
    """
    live = state is not None and (state.status == "waiting" or (state.status == "running" and held))
    return LIVE_SECONDS if live else QUIET_SECONDS


class Watcher:
    """The states of the runs that were looked at last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, RunState]] = OrderedDict()
        self._lock = threading.Lock()

    def state(self, run: Run) -> RunState:
        """The state now, its `elapsed` counted up to this moment while a worker is at it; nothing is left to be done of
        what a person has stopped."""
        with self._lock:
            offset, state = self._known.get(run.id, (0, RunState()))
            events, offset = run.events(offset)
            state = fold(state, events)
            self._known[run.id] = (offset, state)
            self._known.move_to_end(run.id)
            while len(self._known) > MOST_RUNS:
                self._known.popitem(last=False)
        if state.status == "running" and run.is_requested("stop"):
            state = replace(state, left=None, measured=None)
        if state.status == "running" and run.is_held:
            silent = max(0.0, time.time() - state.last_time)
            left = None if state.left is None else max(1.0, state.left - silent)
            return replace(state, elapsed=state.elapsed + silent, left=left)
        return state

    def live(self, runs: Iterable[Run]) -> list[Run]:
        """Those that wait or learn, the one to end first before the others; what is to be deleted is none of them."""
        found = [run for run in runs if self.state(run).status in ("waiting", "running")]
        found = [run for run in found if not run.is_requested("discard")]
        return sorted(found, key=lambda run: (not run.is_held, run.meta["created"], run.id))
