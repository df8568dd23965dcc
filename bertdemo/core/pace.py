"""How fast a training is now, and as many threads as go best while other work comes and goes on the cores."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from bertdemo.core.device import cores, fastest_threads

RECENT_SECONDS = 60.0
"""What is said to be left follows from the steps of so many seconds, or of `RECENT_SHARE` of the training so far."""
RECENT_SHARE = 0.25
SHORTEST = 1e-3
"""Seconds that a step takes at least: a clock may not have moved on (that of Windows ticks every 16 ms)."""
WINDOW_SECONDS, WINDOW_STEPS = 3.0, 3
"""By so much at least it is judged whether steps have become slow."""
SLOW = 2.0
"""Times as long as in the best window, or as measured before: this is not the texts' doing."""
ASK_SECONDS, ASK_SHARE = 30.0, 0.02
"""How long not to ask again for the best number of threads, and of the time at most goes into asking."""


class Pace:
    """Seconds of steps, as they come.

    Threads wait for each other after every product. Once another program takes one of their cores, however low its
    priority, a step on all cores may take 14 times as long as on one (docs/measurements.md). So where steps of a CPU
    have become slow, or where fewer threads than cores are in use, it is tried again how many go best.
    """

    def __init__(
        self, step: int, usual: float = math.inf, *, on_cpu: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """From `step` on, the steps that were done before; `usual` are the seconds that one was measured to take."""
        import torch

        self._clock, self._on_cpu, self._threads = clock, on_cpu, torch.get_num_threads()
        self._began = self._ready = clock()
        self._marks = deque([(self._began, step)])
        self._window: list[float] = []
        self._best = usual
        self._ready += ASK_SECONDS if self._threads < cores() else 0.0

    def stepped(self, seconds: float) -> None:
        """Take note of a step that took so long; torch may have another number of threads then."""
        if not self._on_cpu:
            return
        self._window.append(seconds)
        if len(self._window) < WINDOW_STEPS or sum(self._window) < WINDOW_SECONDS:
            return
        mean = sum(self._window) / len(self._window)
        self._window, self._best = [], min(self._best, mean)
        now = self._clock()
        if now < self._ready or not (mean > SLOW * self._best or self._threads < cores()):
            return
        self._threads = fastest_threads()
        self._ready = now + max(ASK_SECONDS, (self._clock() - now) / ASK_SHARE)

    def seconds_per_step(self, step: int) -> float:
        """Of the last steps, with all that was done between them; `step` have been done by now."""
        now = self._clock()
        recent = max(RECENT_SECONDS, RECENT_SHARE * (now - self._began))
        while len(self._marks) > 1 and self._marks[1][0] <= now - recent:
            self._marks.popleft()
        since, before = self._marks[0]
        self._marks.append((now, step))
        return max((now - since) / max(1, step - before), SHORTEST)
