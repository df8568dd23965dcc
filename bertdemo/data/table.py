"""Bytes -> `Table`: whatever the file is called, read by what it holds, with every decision written down."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bertdemo.aside import file_aside
from bertdemo.data.decoding import Decoded, decode, encoding_of_head
from bertdemo.data.delimited import Parsed, read_delimited, string_array
from bertdemo.data.findings import JSON, Finding
from bertdemo.data.json_rows import looks_like_json, read_json, read_json_lines
from bertdemo.data.names import own_name
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Keep, NotInPiecesError, Streamed, bytes_of, head_of, in_memory, is_gzip
from bertdemo.data.several import Member, members_of_folder, members_of_zip, tables_among, together
from bertdemo.data.sniffing import (
    COLUMNAR,
    is_excel,
    is_zip,
    kind_of_file,
    refuse_binary_text,
    refuse_foreign,
    unpack,
)
from bertdemo.data.structured import (
    columnar_in_batches,
    read_columnar,
    read_excel,
)
from bertdemo.errors import UserError

MANY_COLUMNS = 200
LARGE_BYTES = 32_000_000
PACKED_BYTES = 4_000_000
"""Files of at least so many bytes are read in pieces, where their content allows."""
HEAD_BYTES = 4_000_000
SUFFIX_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".xlsx": "excel",
}


@dataclass(frozen=True)
class Reading:
    """How the bytes were read. All of it is shown to the person and can be overruled.

    Attributes:
        format: ``"csv"``, ``"jsonl"``, ``"json"``, ``"parquet"``, ``"arrow"`` or ``"excel"``; of a zip of texts
            ``"txt"``, of a data set of the Hugging Face Hub ``"hub"``.
        encoding, delimiter, quotechar: None where the format has none, or no quotes were used.
        notices: what was guessed, repaired or left out.
    """

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    has_header: bool = True
    notices: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        """Plain JSON values, the opposite of `from_json`."""
        return {
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "quotechar": self.quotechar,
            "has_header": self.has_header,
            "notices": [notice.to_json() for notice in self.notices],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Reading:
        return cls(**{**value, "notices": tuple(Finding.from_json(notice) for notice in value["notices"])})


@dataclass(frozen=True, eq=False)
class Table:
    """A file as read: string columns, null where a cell is missing or empty.

    Attributes:
        name: the file's name as the person knows it.
        columns: c unique names.
        data: (rows, c), every column of type string.
        kept: None, if no `Overrules.originals` are asked for. Else of Parquet and Arrow ``"cells"``: `data` holds the
            cells as they are, of any type; of JSON ``"objects"``: behind the columns stands one more, each row's JSON.
    """

    name: str
    columns: tuple[str, ...]
    data: pa.Table
    reading: Reading
    kept: str | None = None

    @property
    def rows(self) -> int:
        return int(self.data.num_rows)

    def column(self, name: str) -> list[str | None]:
        """The cells of one column, (rows,).

        Raises:
            UserError: ``unknown_column``.
        """
        if name not in self.columns:
            raise UserError("unknown_column", column=name, columns=", ".join(self.columns[:50]))
        cells: list[str | None] = self.data.column(self.columns.index(name)).to_pylist()
        return cells

    def called(self, names: Collection[str]) -> Table:
        """With the columns of `names` called as there, where they are but for their Unicode form."""
        own = {own_name(name, self.columns): name for name in names}
        columns = tuple(own.get(name, name) for name in self.columns)
        if columns == self.columns or len(set(columns)) < len(columns):
            return self
        return replace(self, columns=columns, data=self.data.rename_columns(list(columns)))

    def head(self, n: int) -> pd.DataFrame:
        """The first `n` rows, with None for empty cells."""
        return self.data.slice(0, n).to_pandas().astype(object).where(lambda frame: frame.notna(), None)

    def take(self, rows: Sequence[int]) -> Table:
        """The rows at these positions, in that order."""
        return replace(self, data=self.data.take(pa.array(rows, pa.int64())))

    def with_column(self, name: str, cells: Sequence[str | None]) -> Table:
        """With other cells in a column that it has, or with a new one behind the others."""
        if name not in self.columns:
            data = self.data.append_column(name, string_array(cells))
            return replace(self, columns=(*self.columns, name), data=data)
        position = self.columns.index(name)
        return replace(self, data=self.data.set_column(position, name, string_array(cells)))

    def with_rows(self, rows: Sequence[Mapping[str, str]]) -> Table:
        """With more rows behind its own; cells of columns that a row does not name are empty."""
        added = [string_array([row.get(name) or None for row in rows]) for name in self.columns]
        return replace(self, data=pa.concat_tables([self.data, pa.table(added, schema=self.data.schema)]))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the column names and cells; the same however the file was cut into chunks."""
        digest = hashlib.sha256(json.dumps(self.columns).encode())
        for column in self.data.columns:
            lengths, cells = hashlib.sha256(), hashlib.sha256()
            for chunk in column.chunks:
                lengths.update(pc.fill_null(pc.binary_length(chunk), -1).cast(pa.int64()).to_numpy(False).tobytes())
                cells.update(_cell_bytes(pc.fill_null(chunk, "")))
            digest.update(lengths.digest() + cells.digest())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write Parquet: every column, then int64 `row_id` (position, from 0); whole or not at all."""
        row_ids = pa.array(np.arange(self.rows, dtype=np.int64))
        about = {"name": self.name, "columns": self.columns, "reading": self.reading.to_json()}
        whole = pa.table([*self.data.columns, row_ids], names=[*map(_stored, self.columns), "row_id"])
        with file_aside(path) as aside:
            pq.write_table(whole.replace_schema_metadata({"bertdemo": json.dumps(about)}), aside, compression="zstd")

    def write_csv(self, path: Path) -> None:
        """Write every column as CSV in UTF-8, to be opened elsewhere."""
        pa_csv.write_csv(self.data, path)

    @classmethod
    def load(cls, path: Path, only: Collection[str] | None = None) -> Table:
        """What `save` wrote, or `only` these columns of it."""
        schema = pq.read_schema(path)
        about = json.loads(schema.metadata[b"bertdemo"])
        stored = dict(zip(about["columns"], schema.names, strict=False))  # the last one numbers the rows
        columns = tuple(name for name in about["columns"] if only is None or name in only)
        data = pq.read_table(path, columns=[stored[name] for name in columns]).rename_columns(list(columns))
        return cls(about["name"], columns, data, Reading.from_json(about["reading"]))


def rows_saved(path: Path) -> int:
    """How many rows `Table.save` wrote, without reading them."""
    return int(pq.read_metadata(path).num_rows)


def _stored(column: str) -> str:
    """What a column is called in Parquet, where another one numbers the rows."""
    return f"{column}_" if column.rstrip("_") == "row_id" else column


def read_table(
    path: Path | str,
    *,
    name: str | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
    keep: Keep = in_memory,
    **asked: Any,
) -> Table:
    """Read a file of rows by what it holds, not by its name; or a zip or a folder of several as one table.

    Args:
        name: the file's name as the person knows it; by default the path's.
        on_progress: called with the share that is read, 0 to 1; of large files, which are read in pieces.
        keep: what becomes of the rows of large files; by default they are held in memory.
        asked: fields of `Overrules`, which overrule what the content says.

    Raises:
        UserError: what the file is and what to do: ``file_missing``, ``file_empty``, ``file_unreadable``,
            ``file_binary`` and its like, ``no_rows``, ``quote_unclosed``, ``rows_ragged``, …
    """
    path = Path(path)
    name = name or path.name
    how = Overrules(**asked)
    if keep is not in_memory and (binary := _read_binary(path, name, how, keep)):
        return binary
    if path.is_dir():
        return _read_members(name, members_of_folder(path), how)
    if _is_large(path) and (table := _read_in_pieces(path, name, how, on_progress, keep)):
        return table
    raw = bytes_of(path, name)
    if is_zip(raw):
        members, said = members_of_zip(raw)
        return _read_members(name, members, how, "zip", said)
    return _read_one(raw, name, None, how)


def _read_in_pieces(
    path: Path, name: str, how: Overrules, on_progress: Callable[[float], None], keep: Keep = in_memory
) -> Table | None:
    """A large file of delimited text or JSON Lines, never held as a whole; None: something else, or it must be held.

    Raises:
        UserError: as `read_table`.
    """
    try:
        raw = head_of(path, HEAD_BYTES)
    except NotInPiecesError:
        return None
    if is_zip(raw) or is_excel(raw) or raw.startswith(tuple(magic for magic, _ in COLUMNAR)):
        return None
    refuse_foreign(raw)
    code, notices = encoding_of_head(raw, how.encoding)
    try:
        head = codecs.getincrementaldecoder(code)("replace").decode(raw).lstrip("\ufeff")
    except UnicodeError:  # UTF-16 without its mark, say
        return None
    refuse_binary_text(head, raw)
    head = head[: head.rfind("\n") + 1]
    kind = looks_like_json(head) or "csv"
    if not head.strip("\0 \t\r\n") or "\0" in head or kind == "json":
        return None
    text = Streamed(path, code, head, on_progress, keep)
    try:
        parsed = read_json_lines(text, how.originals) if kind == "jsonl" else read_delimited(text, how)
    except NotInPiecesError:
        return None
    packed = "gzip" if is_gzip(path) else None
    about = _about_file(PurePath(name).suffix.lower(), kind, packed)
    reading = Reading(kind, code, parsed.delimiter, parsed.quotechar, parsed.has_header)
    return _table(name, parsed, reading, [*about, *notices, *parsed.notices])


def _read_binary(path: Path, name: str, how: Overrules, keep: Keep) -> Table | None:
    """A Parquet, Arrow or Excel file, never held as a whole; None where it is something else."""
    kind = kind_of_file(path)
    if kind is None:
        return None
    parsed = read_excel(path, how, keep) if kind == "excel" else columnar_in_batches(path, kind, keep, how.originals)
    reading = Reading(kind, None, None, None, parsed.has_header)
    return _table(name, parsed, reading, [*_about_file(PurePath(name).suffix.lower(), kind, None), *parsed.notices])


def _table(name: str, parsed: Parsed, reading: Reading, notices: list[Finding]) -> Table:
    columns = tuple(parsed.data.column_names)[: -1 if parsed.kept == "objects" else None]
    if len(columns) > MANY_COLUMNS:
        notices.append(Finding("many_columns", "warning", len(columns)))
    return Table(name, columns, parsed.data, replace(reading, notices=tuple(notices)), parsed.kept)


def _read_members(
    name: str, members: Sequence[Member], how: Overrules, packed: str | None = None, said: Sequence[Finding] = ()
) -> Table:
    """One table of `members`; what is `said` of their names is kept where there are several, as names tell then."""
    tables = tables_among(members)
    if len(tables) == 1:
        return _read_one(tables[0].read(), name, packed, how)
    ignored, how = len(members) - len(tables), replace(how, originals=False)
    table = together(name, tables, ignored, lambda raw, inside: _read_one(raw, inside, packed, how))
    return replace(table, reading=replace(table.reading, notices=(*said, *table.reading.notices)))


def _read_one(raw: bytes, name: str, packed: str | None, how: Overrules) -> Table:
    raw, packed_inside = unpack(raw)
    packed = packed_inside or packed
    if not raw.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise UserError("file_empty")
    kind, decoded, parsed = _parse(raw, how)
    notices = [
        *_about_file(PurePath(name).suffix.lower(), kind, packed),
        *decoded.notices,
        *parsed.notices,
    ]
    shown = decoded.encoding if kind in ("csv", "json", "jsonl") else None
    reading = Reading(kind, shown, parsed.delimiter, parsed.quotechar, parsed.has_header)
    return _table(name, parsed, reading, notices)


def _is_large(path: Path) -> bool:
    if not path.is_file():  # what a pipe gave to a look at it would be lost
        return False
    try:
        return path.stat().st_size >= (PACKED_BYTES if is_gzip(path) else LARGE_BYTES)
    except (OSError, ValueError):
        return False  # said when its bytes are read


def _parse(raw: bytes, how: Overrules) -> tuple[str, Decoded, Parsed]:
    nothing = Decoded("", "")
    for magic, kind in COLUMNAR:
        if raw.startswith(magic):
            return kind, nothing, read_columnar(raw, kind)
    if is_excel(raw):
        return "excel", nothing, read_excel(raw, how)
    refuse_foreign(raw)
    decoded = decode(raw, how.encoding)
    refuse_binary_text(decoded.text, raw)
    if not decoded.text.strip("\0 \t\r\n\ufeff"):
        raise UserError("file_empty")
    if form := looks_like_json(decoded.text):
        return form, decoded, read_json(decoded.text, form, how.originals, how.has_header)
    return "csv", decoded, read_delimited(decoded.text, how)


def _about_file(suffix: str, kind: str, packed: str | None) -> list[Finding]:
    notices = []
    if packed:
        notices.append(Finding("unpacked", "info", 1, params={"kind": packed}))
    if not packed and SUFFIX_FORMATS.get(suffix, kind) != kind and {kind, SUFFIX_FORMATS[suffix]} != {"json", "jsonl"}:
        notices.append(Finding("name_misleads", "info", 1, params={"suffix": suffix, "kind": kind}))
    return notices


def _cell_bytes(chunk: pa.StringArray) -> bytes:
    """All cells of the chunk, one after the other."""
    _, offsets, cells = chunk.buffers()
    if cells is None or not len(chunk):
        return b""
    ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    return bytes(memoryview(cells)[ends[0] : ends[-1]])
