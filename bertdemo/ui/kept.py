"""Things kept in memory within a bound: each is made once, and those that were used longest ago go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from bertdemo.core.held import held

Thing = TypeVar("Thing")


class Kept:
    """What was used last, within `most` bytes of weights and vocabularies; what things share is counted once.

    What a thing holds is known when it is there, so that the one that came last may be beyond the bound by itself.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Thing], expected: Callable[[], int] = lambda: 0) -> Thing:
        """The thing of that key; who asks while it is made waits for it, and nobody else does.

        Args:
            make: makes it; what it raises is raised for all who wait, and it is tried again when next asked for.
            expected: gives the bytes that it will take, as far as is known before; room is made for them.
        """
        with self._lock:
            mine = key not in self._things
            if mine:
                self._things[key] = Future()
            self._things.move_to_end(key)
            thing = self._things[key]
        if mine:
            self._make(key, make, expected, thing)
        return thing.result()  # type: ignore[no-any-return]

    def _make(self, key: Hashable, make: Callable[[], Any], expected: Callable[[], int], thing: Future[Any]) -> None:
        try:
            self._let_go(key, expected())
            made = make()
        except BaseException as error:
            with self._lock:
                del self._things[key]
            thing.set_exception(error)
            return
        thing.set_result(made)
        self._let_go(key)

    def _let_go(self, but: Hashable, expected: int = 0) -> None:
        """Forget things, those used longest ago first, until the rest and what is expected are within the bound."""
        with self._lock:
            sizes = {key: held(thing.result()) for key, thing in self._things.items() if thing.done()}
            for key in [key for key in sizes if key != but]:
                shared = {place: size for each in sizes.values() for place, size in each.items()}
                if sum(shared.values()) + expected <= self._most:
                    return
                del self._things[key], sizes[key]
