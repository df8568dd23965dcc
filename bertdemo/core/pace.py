"""How fast a training is now, and as many threads as go best while other work comes and goes on the cores."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from bertdemo.core.device import thread_counts

RECENT_SECONDS = 60.0
"""What is said to be left follows from the steps of so many seconds, or of `RECENT_SHARE` of the training so far."""
RECENT_SHARE = 0.25
SHORTEST = 1e-3
"""Seconds that a step takes at least: a clock may not have moved on (that of Windows ticks every 16 ms)."""
WINDOW_SECONDS, WINDOW_STEPS = 3.0, 3
"""By so much at least steps are judged."""
SLOW = 2.0
"""Times as long as in the best window, or as measured before: this is not the texts' doing."""
BETTER, WORSE = 0.8, 1.25
"""Of the seconds before: from where on another number of threads is kept, and one step is enough to leave it."""
TRY_SECONDS, TRY_SHARE = 30.0, 0.02
"""How long not to try another number of threads again, and of the time at most goes into trying."""


class Pace:
    """Seconds of steps, as they come.

    Threads wait for each other after every product. Where other programs use the cores, a step on all of them may take
    many times as long as on one (docs/measurements.md). So where steps on a CPU have become slow, or where fewer
    threads than cores are in use, some steps are done with another number of threads, and it stays if it is better.
    """

    def __init__(
        self, step: int, usual: float = math.inf, *, on_cpu: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """From `step` on, the steps that were done before; `usual` are the seconds that one was measured to take."""
        self._clock, self._on_cpu, self._best = clock, on_cpu, usual
        self._began = self._tried = clock()
        self._ready = self._began + (TRY_SECONDS if _threads() < thread_counts()[0] else 0.0)
        self._marks = deque([(self._began, step)])
        self._window: list[float] = []
        self._before: tuple[int, float] | None = None

    def stepped(self, seconds: float) -> None:
        """Take note of a step that took so long; torch may have another number of threads then."""
        if not self._on_cpu:
            return
        self._window.append(seconds)
        if self._before:
            if seconds > WORSE * self._before[1]:
                self._decide(keep=False)
            elif self._is_enough():
                self._decide(keep=self._mean() < BETTER * self._before[1])
        elif self._is_enough():
            mean, fewer = self._mean(), _threads() < thread_counts()[0]
            self._best, self._window = min(self._best, mean), []
            if self._clock() >= self._ready and (mean > SLOW * self._best or fewer):
                self._try(mean)

    def seconds_per_step(self, step: int) -> float:
        """Of the last steps, with all that was done between them; `step` have been done by now."""
        now = self._clock()
        recent = max(RECENT_SECONDS, RECENT_SHARE * (now - self._began))
        while len(self._marks) > 1 and self._marks[1][0] <= now - recent:
            self._marks.popleft()
        since, before = self._marks[0]
        self._marks.append((now, step))
        return max((now - since) / max(1, step - before), SHORTEST)

    def _try(self, mean: float) -> None:
        """Go on with the next smaller number of threads, or where there is none with the next larger."""
        counts, now = thread_counts(), _threads()
        fewer, more = [n for n in counts if n < now], [n for n in counts if n > now]
        is_slow = mean > SLOW * self._best
        following = fewer[:1] if fewer and (is_slow or not more) else more[-1:]
        if following:
            self._before, self._tried = (now, mean), self._clock()
            _set_threads(following[0])

    def _decide(self, *, keep: bool) -> None:
        """End a trial."""
        now = self._clock()
        if self._before and not keep:
            _set_threads(self._before[0])
        self._before, self._window = None, []
        self._ready = now if keep else now + max(TRY_SECONDS, (now - self._tried) / TRY_SHARE)

    def _is_enough(self) -> bool:
        return len(self._window) >= WINDOW_STEPS and sum(self._window) >= WINDOW_SECONDS

    def _mean(self) -> float:
        return sum(self._window) / len(self._window)


def _threads() -> int:
    import torch

    return torch.get_num_threads()


def _set_threads(number: int) -> None:
    import torch

    torch.set_num_threads(number)
