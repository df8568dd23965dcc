"""Token ids of a text as one array; of a pair, tokens of the second text carry a mark above the id's bits."""

from __future__ import annotations

import numpy as np

_BITS = 32


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
