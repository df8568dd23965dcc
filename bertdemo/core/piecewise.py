"""Work that is done piece by piece: a generator that says after each piece how far it is, and returns what was made.

Whoever asks for the pieces may leave off between two of them, and is told the share that is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import Generic, TypeVar

Made = TypeVar("Made")
Done = TypeVar("Done", int, float)


class Pieces(Generic[Done, Made]):
    """The pieces of `work`, to go through once; `made` is what it returned."""

    made: Made

    def __init__(self, work: Generator[Done, None, Made]) -> None:
        self._work: Generator[Done, None, Made] = work

    def __iter__(self) -> Iterator[Done]:
        self.made = yield from self._work


def whole(work: Generator[Done, None, Made], on_progress: Callable[[Done], None] | None = None) -> Made:
    """What `work` makes, done to its end; an exception of `on_progress` ends it."""
    pieces = Pieces(work)
    with contextlib.closing(work):
        for done in pieces:
            if on_progress:
                on_progress(done)
    return pieces.made


def placed(work: Generator[float, None, Made], begin: float, size: float) -> Generator[float, None, Made]:
    """The same as a part of more: what it says, times `size`, is counted from `begin` on."""
    pieces = Pieces(work)
    with contextlib.closing(work):
        for done in pieces:
            yield begin + size * done
    return pieces.made
