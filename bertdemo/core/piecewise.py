"""Work that is done piece by piece: a generator that says after each piece how far it is, and returns what was made.

Whoever asks for the pieces may leave off between two of them, and is told the share that is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeVar

Made = TypeVar("Made")
Done = TypeVar("Done", int, float)


def whole(work: Generator[Done, None, Made], on_progress: Callable[[Done], None] | None = None) -> Made:
    """What `work` makes, done to its end; an exception of `on_progress` ends it."""
    with contextlib.closing(work):
        while True:
            try:
                done = next(work)
            except StopIteration as end:
                made: Made = end.value
                return made
            if on_progress:
                on_progress(done)


def placed(work: Generator[float, None, Made], begin: float, size: float) -> Generator[float, None, Made]:
    """The same as a part of more: what it says, times `size`, is counted from `begin` on."""
    with contextlib.closing(work):
        while True:
            try:
                done = next(work)
            except StopIteration as end:
                made: Made = end.value
                return made
            yield begin + size * done
