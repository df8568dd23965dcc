"""What a base model can make of texts: how many tokens they are, what it can't read, which language they are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from bertdemo.data.language import UNKNOWN, Language, detect_language

SAMPLE = 2000
"""Texts of which tokens and characters are looked at, from all over the file."""
TOKENIZER_BATCH = 10_000
UNKNOWN_SIGN = "[UNK]"


@dataclass(frozen=True, eq=False)
class Legible:
    """What is known of texts and of the base model that is to read them; as it stands: nothing.

    Attributes:
        lengths: (sample,) tokens of each of some texts, special ones included, uncut.
        unread: characters that the model can't read, those of the most texts first.
        language: of the texts.
        reads: codes of the languages that the model reads; empty: not judged.
    """

    lengths: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    unread: tuple[str, ...] = ()
    language: Language = UNKNOWN
    reads: tuple[str, ...] = ()

    @property
    def mean_tokens(self) -> float:
        """Tokens of a text; 0 where none was looked at."""
        return float(self.lengths.mean()) if len(self.lengths) else 0.0


def legible(texts: Sequence[str], tokenizer_file: Path, reads: Sequence[str]) -> Legible:
    """What the model of this tokenizer.json, which reads the languages `reads`, can make of `texts`."""
    sample = texts[:: max(1, len(texts) // SAMPLE)]
    lengths, unread = token_lengths(sample, tokenizer_file), unread_characters(sample, tokenizer_file)
    return Legible(lengths, unread, detect_language(texts), tuple(reads))


def token_lengths(texts: Sequence[str], tokenizer_file: Path) -> npt.NDArray[np.int64]:
    """(n,) int64: tokens of every text, special tokens included, nothing cut and nothing padded."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths: list[int] = []
    stream = iter(texts)
    while batch := list(islice(stream, TOKENIZER_BATCH)):
        lengths.extend(len(encoding.ids) for encoding in tokenizer.encode_batch_fast(batch))
    return np.array(lengths, dtype=np.int64)


def unread_characters(texts: Sequence[str], tokenizer_file: Path) -> tuple[str, ...]:
    """The characters of the texts that the tokenizer knows nothing of, those of the most texts first."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    unknown = tokenizer.token_to_id(UNKNOWN_SIGN)
    found = Counter(char for text in texts for char in set(text) if not char.isascii())
    chars = sorted(found, key=lambda char: (-found[char], char))
    encodings = tokenizer.encode_batch_fast(chars, add_special_tokens=False)
    return tuple(char for char, encoding in zip(chars, encodings, strict=True) if unknown in encoding.ids)
