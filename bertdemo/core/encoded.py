"""The token ids of all texts, compact, and of a large set tokenised beside the training in the order of its rows."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from bertdemo.core.models import encode
from bertdemo.core.tokens import compact, expanded, ids_of, marked, types_of

SHARD = 4096
"""Texts that are tokenised at a time; whoever waits for one of them waits for no more than that."""
AHEAD = 4 * SHARD
"""So many texts beyond the last one asked for are tokenised: work that is not needed yet would slow the training."""
AT_ONCE = 50_000
"""Up to as many texts are tokenised before anything else happens: seconds."""


class Tokens(Protocol):
    """Token ids by row, as far as a training asks for them."""

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """Tokens of each of `rows`, int64."""

    def of(self, rows: np.ndarray) -> list[np.ndarray]:
        """Tokens of each of `rows`."""


class Encoded:
    """Token ids by row. What is asked for before it is tokenised is waited for; nothing depends on when that is.

    Texts are tokenised in shards, in the order given, a little ahead of what was asked for, by a thread with a
    tokenizer of its own. Four bytes a token and 24 a row are kept. Use it as a context: leaving it ends the thread.
    """

    def __init__(self, tokenizer: Any, texts: Sequence[str], max_length: int, order: np.ndarray) -> None:
        """Begin to tokenise `texts`, those at `order` first; at most `AT_ONCE` are done on return."""
        self._texts, self._max_length = texts, max_length
        self._begin = np.full(len(texts), -1, np.int32)
        self._length = np.zeros(len(texts), np.int32)
        self._shard = np.zeros(len(texts), np.int32)
        self._shards: list[np.ndarray] = []
        self._arrived, self._closed = threading.Condition(), False
        self._failed: Exception | None = None
        self._places: np.ndarray | None = None
        first = np.unique(order, return_index=True)[1]
        others = np.ones(len(texts), bool)
        others[order] = False
        self._order = np.concatenate([order[np.sort(first)], np.flatnonzero(others)]).astype(np.int64)
        self._rank = np.empty(len(texts), np.int32)
        self._rank[self._order] = np.arange(len(texts))
        self._asked = 0
        if self.is_whole:
            self._fill(tokenizer)
        else:  # a tokenizer may not be used by two threads
            threading.Thread(target=self._fill, args=(copy.deepcopy(tokenizer),), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def is_whole(self) -> bool:
        """Whether the set is so small that all of it is tokenised from the start."""
        return len(self._texts) <= AT_ONCE

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> np.ndarray:
        """Tokens of one text as `core.tokens` has them, int64."""
        if self._begin[row] < 0:
            self._wait(np.array([row]))
        begin = self._begin[row]
        ids = self._shards[self._shard[row]][begin : begin + self._length[row]]
        tokens = expanded(ids)
        return tokens if self._places is None else marked(self._places[ids_of(tokens)], types_of(tokens))

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """Tokens of each of `rows`, int64."""
        self._wait(rows)
        return self._length[rows].astype(np.int64)

    def of(self, rows: np.ndarray) -> list[np.ndarray]:
        """Tokens of each of `rows`."""
        self._wait(rows)
        return [self[row] for row in rows]

    def renumbered(self, used: np.ndarray) -> Encoded:
        """The same, but with positions in `used`, ascending vocabulary ids, in the place of ids."""
        found = copy.copy(self)
        found._places = np.zeros(int(used.max(initial=0)) + 1, np.int64)
        found._places[used] = np.arange(len(used))
        return found

    def _wait(self, rows: np.ndarray) -> None:
        if not len(rows):
            return
        with self._arrived:
            if (asked := int(self._rank[rows].max())) > self._asked:
                self._asked = asked
                self._arrived.notify_all()
            while (self._begin[rows] < 0).any():
                if self._failed:
                    raise self._failed
                self._arrived.wait()

    def _fill(self, tokenizer: Any) -> None:
        try:
            for at in range(0, len(self._order), SHARD):
                with self._arrived:
                    while not (self.is_whole or self._closed or at <= self._asked + AHEAD):
                        self._arrived.wait()
                if self._closed:
                    return
                rows = self._order[at : at + SHARD]
                ids = encode(tokenizer, [self._texts[row] for row in rows], self._max_length)
                lengths = np.array([len(i) for i in ids], np.int32)
                with self._arrived:
                    self._shards.append(compact(np.concatenate(ids)))
                    self._shard[rows], self._length[rows] = len(self._shards) - 1, lengths
                    self._begin[rows] = np.cumsum(lengths) - lengths
                    self._arrived.notify_all()
        except Exception as error:  # raised by whoever waits
            with self._arrived:
                self._failed = error
                self._arrived.notify_all()
