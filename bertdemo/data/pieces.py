"""A text that is too large to hold, read from its file in pieces; and a text that is held, as one piece."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from bertdemo.errors import UserError

PIECE_BYTES = 8_000_000
LARGEST_UNPACKED = 2 * 2**30
LINE_END = re.compile(r"\r\n|\n|\r")
SCANNED = 0.2
"""Share of the reading that the first pass takes, which only looks."""


Keep = Callable[[pa.Schema, Iterator[pa.RecordBatch]], pa.Table]
"""What becomes of the rows of a large file as they are read."""


def in_memory(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
    """All rows at hand."""
    return pa.Table.from_batches(batches, schema)


class NotInPiecesError(Exception):
    """The text has something that can only be judged when all of it is at hand."""


@dataclass
class Streamed:
    """Decoded text of a file.

    Attributes:
        path: the file, perhaps a gzip.
        encoding: the name of its encoding; it must decode strictly.
        head: its first characters, without a byte order mark, cut at a line end.
        on_progress: called with the share of the reading that is done, 0 to 1.
        keep: what becomes of the rows.
        skipped: so many lines at its beginning are blank, whatever stands there.
    """

    path: Path
    encoding: str
    head: str
    on_progress: Callable[[float], None] = lambda _: None
    keep: Keep = in_memory
    skipped: int = 0
    _passes: int = 0

    def pieces(self) -> Iterator[str]:
        """The text from its start, cut at line ends.

        Raises:
            NotInPiecesError: bytes that the encoding does not have, or no line end in a whole piece.
        """
        self._passes += 1
        begin, share = (0.0, SCANNED) if self._passes == 1 else (SCANNED, 1 - SCANNED)
        size = self.path.stat().st_size
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        rest, first, unpacked = "", True, 0
        with open_bytes(self.path) as (stream, position):
            while raw := _read(stream):
                try:
                    text = rest + decoder.decode(raw)
                except UnicodeError as error:
                    raise NotInPiecesError from error
                unpacked += len(raw)
                if unpacked > LARGEST_UNPACKED and is_gzip(self.path):
                    raise NotInPiecesError
                if first:
                    text, first = blanked(text.lstrip("\ufeff"), self.skipped), False
                end = text.rfind("\n") + 1
                if not end:
                    raise NotInPiecesError
                yield text[:end]
                rest = text[end:]
                self.on_progress(begin + share * min(1.0, position() / size))
            try:
                rest += decoder.decode(b"", final=True)
            except UnicodeError as error:
                raise NotInPiecesError from error
        if rest:
            yield rest


Text = str | Streamed


class open_bytes:  # noqa: N801  (used as `open` is)
    """A file's bytes, unpacked where it is a gzip, and a function that tells how far in the file itself it is."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        packed = is_gzip(path)
        self._stream: io.BufferedIOBase = gzip.GzipFile(fileobj=self._file) if packed else self._file

    def __enter__(self) -> tuple[io.BufferedIOBase, Callable[[], int]]:
        return self._stream, self._file.tell

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._file.close()


def bytes_of(path: Path, name: str) -> bytes:
    """All bytes of a file as it is, perhaps a gzip.

    Args:
        name: the file's name as the person knows it.

    Raises:
        UserError: ``file_missing`` or ``file_unreadable``.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError("file_missing", name=str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UserError("file_unreadable", name=name, reason=reason) from None


def head_of(path: Path, size: int) -> bytes:
    """The first bytes of a file, unpacked.

    Raises:
        NotInPiecesError: it can't be read or unpacked.
    """
    with open_bytes(path) as (stream, _):
        return _read(stream, size)


def _read(stream: io.BufferedIOBase, size: int = PIECE_BYTES) -> bytes:
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:  # a damaged archive
        raise NotInPiecesError from error


def is_gzip(path: Path) -> bool:
    """Whether a file starts as a gzip does."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def keep_of(text: Text) -> Keep:
    """What becomes of the rows of `text`; those of a text that is held are held too."""
    return in_memory if isinstance(text, str) else text.keep


def pieces_of(text: Text) -> Iterator[str]:
    """`text` in pieces that end at line ends; a text that is held is one piece."""
    if isinstance(text, str):
        yield text
    else:
        yield from text.pieces()


def without_lines(text: Text, lines: int) -> Text:
    """`text` with its first `lines` blanked, so that the others keep their numbers.

    Raises:
        UserError: ``skip_rows_all``: there is nothing behind them.
    """
    if not lines:
        return text
    if isinstance(text, str):
        if not (rest := blanked(text, lines)).strip():
            raise UserError("skip_rows_all", value=lines)
        return rest
    return replace(text, head=blanked(text.head, lines), skipped=lines)


def blanked(text: str, lines: int) -> str:
    """The text with nothing on its first `lines`.

    Raises:
        UserError: ``skip_rows_all``.
    """
    place = 0
    for _ in range(lines):
        if not (end := LINE_END.search(text, place)):
            raise UserError("skip_rows_all", value=lines)
        place = end.end()
    return "\n" * lines + text[place:]


def whole(text: Text) -> str:
    """A text that is held.

    Raises:
        NotInPiecesError: it is not.
    """
    if isinstance(text, str):
        return text
    raise NotInPiecesError
