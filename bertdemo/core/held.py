"""What a classifier takes in memory."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

WORD_BYTES = 340
"""Of a tokenizer, for each entry of its vocabulary (measured: the built-in model's 30,522 take 10.4 MB)."""
TERM_BYTES = 140
"""Of a TF-IDF table, for each of its terms (measured: a list, a dictionary, and the terms themselves)."""


def held(part: Any) -> dict[int, int]:
    """Bytes of the weights and vocabularies in `part`, by where they lie: what two parts share lies in one place.

    Args:
        part: a classifier, or whatever dataclass holds arrays, networks, tokenizers and vectorizers.
    """
    if isinstance(part, np.ndarray):
        return {id(part): part.nbytes}
    if hasattr(part, "data_ptr"):
        return {part.data_ptr(): part.nbytes}
    if hasattr(part, "parameters"):
        return _together([*part.parameters(), *part.buffers()])
    if hasattr(part, "get_vocab"):
        return {id(part): WORD_BYTES * len(part)}
    if hasattr(part, "vocabulary"):
        return {id(part): TERM_BYTES * len(part.vocabulary)} | held(part.idf_)
    if is_dataclass(part):
        return _together([getattr(part, field.name) for field in fields(part)])
    return _together(part) if isinstance(part, tuple) else {}


def _together(parts: Any) -> dict[int, int]:
    return {place: size for part in parts for place, size in held(part).items()}
