"""Frozen encoders: classifiers on the same base read one and the same."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from bertdemo.core import memory
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.linear import embed
from bertdemo.core.models import load_encoder

_encoders: WeakValueDictionary[tuple[str, int, str], Any] = WeakValueDictionary()
_readers: WeakKeyDictionary[Any, dict[str, FastBert | None]] = WeakKeyDictionary()
_readable: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
_locks: dict[tuple[str, int, str], threading.Lock] = {}


def shared_encoder(base: str, device: Any) -> Any:
    """The encoder of `base`, in fp32 on `device`: for reading only, and in memory as long as somebody has it.

    The precision that it is read in is the reader's affair: its weights are the same.

    Raises:
        UserError: as `models.load_encoder`.
    """
    key = (base, _written(Path(base)), str(device))
    with _locks.setdefault(key, threading.Lock()):
        encoder = _encoders.get(key)
        if encoder is None:
            encoder = load_encoder(base).to(device)
            _encoders[key] = encoder
        return encoder


def readable_precision(encoder: Any, precision: str) -> str:
    """`precision` where `encoder` can be read in it, else ``fp32``: found out once, by two texts of a few tokens.

    Some architectures mix numbers of two kinds where torch reduces the precision of some operations alone.
    """
    known = _readable.setdefault(encoder, {"fp32": "fp32"})
    if precision not in known:
        found = precision
        try:
            if FastBert.of(encoder) is None:
                embed(encoder, [np.zeros(3, np.int64), np.zeros(5, np.int64)], (), precision=precision)
        except RuntimeError as error:
            if memory.is_short(error):
                raise
            found = "fp32"
        known[precision] = found
    return known[precision]


def shared_reader(encoder: Any, precision: str) -> FastBert | None:
    """What reads with the weights of `encoder` in `precision`, as long as there is one: `FastBert.of`."""
    readers = _readers.setdefault(encoder, {})
    if precision not in readers:
        readers[precision] = FastBert.of(encoder, precision)
    return readers[precision]


def _written(folder: Path) -> int:
    """When a base in a folder was last written; 0 of those that have a name."""
    return max((file.stat().st_mtime_ns for file in folder.iterdir()), default=0) if folder.is_dir() else 0
