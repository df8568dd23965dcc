"""Token ids of a text as one array; of a pair, tokens of the second text carry a mark above the id's bits."""

from __future__ import annotations

import numpy as np

_BITS = 32
_COMPACT_BITS = 30


def marked(ids: np.ndarray, types: np.ndarray) -> np.ndarray:
    """Ids and token types (0 or 1), both (tokens,), as one int64 array."""
    joined: np.ndarray = ids.astype(np.int64) | (types.astype(np.int64) << _BITS)
    return joined


def ids_of(tokens: np.ndarray) -> np.ndarray:
    """The vocabulary's ids, without marks."""
    plain: np.ndarray = tokens & ((1 << _BITS) - 1)
    return plain


def types_of(tokens: np.ndarray) -> np.ndarray:
    """0 for tokens of a first text, 1 for those of a second."""
    types: np.ndarray = tokens >> _BITS
    return types


def compact(tokens: np.ndarray) -> np.ndarray:
    """The same in four bytes a token, to keep many."""
    small: np.ndarray = (ids_of(tokens) | (types_of(tokens) << _COMPACT_BITS)).astype(np.int32)
    return small


def expanded(small: np.ndarray) -> np.ndarray:
    """What `compact` was given."""
    wide = small.astype(np.int64)
    return marked(wide & ((1 << _COMPACT_BITS) - 1), wide >> _COMPACT_BITS)
