"""A file of any size, read once and kept on disk in chunks: what does not fit in memory can still be gone through."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.aside import file_aside
from bertdemo.data.structured import as_strings
from bertdemo.data.table import Reading, Table, read_table

CHUNK = 4096
"""Most rows of a chunk: as many as a classifier sorts by length together."""
FIRST = 256
"""Rows of the first chunk at most; each other has no more than those before it, so that an early end loses few."""
CHUNK_BYTES, FEWEST = 2_000_000, 64
"""A chunk ends before so much text, if it has that many rows: what a killed job loses is not too much to do again."""
TEXTUAL = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)


@dataclass(frozen=True)
class Rows:
    """The rows of a file as it was read: what `Table` is, but on disk.

    Attributes:
        path: an Arrow file, in batches of at most `CHUNK` rows: of string columns, and what is `kept`.
        name: the file's name as the person knows it.
        source: what the rows were read from, in words of whoever asked for it.
        kept: what is kept of the file besides texts, as `Table.kept`.
    """

    path: Path
    name: str
    columns: tuple[str, ...]
    rows: int
    reading: Reading
    source: str
    kept: str | None = None

    @classmethod
    def open(cls, folder: Path, source: str) -> Rows | None:
        """What `spool` wrote to `folder`; None where it did not come to its end, or read something else."""
        try:
            about = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if about["source"] != source:
            return None
        reading = Reading.from_json(about["reading"])
        columns, kept = tuple(about["columns"]), about.get("kept")
        return cls(folder / about["file"], about["name"], columns, about["rows"], reading, source, kept)

    def chunks(self, first: int = 0) -> Iterator[Table]:
        """The rows in their order from chunk `first` on; one chunk is in memory at a time."""
        for data in self._stored(first):
            columns = data.columns[: len(self.columns)]
            if self.kept == "cells":
                columns = [as_strings(column) for column in columns]
            yield Table(self.name, self.columns, pa.table(columns, names=list(self.columns)), self.reading)

    def originals(self) -> Iterator[pa.Table]:
        """What is kept of each chunk: columns of any type, or one with each row's JSON."""
        for data in self._stored():
            yield data if self.kept == "cells" else data.select([len(self.columns)])

    def originals_at(self, places: Sequence[int]) -> pa.Table:
        """What is kept of the rows at these places (from 0), in that order; one chunk is in memory at a time."""
        order, found, first = np.argsort(places), [], 0
        wanted = np.asarray(places)[order]
        for data in self.originals():
            inside = wanted[(wanted >= first) & (wanted < first + data.num_rows)] - first
            found.append(data.take(pa.array(inside, pa.int64())))
            first += data.num_rows
        return pa.concat_tables(found).take(pa.array(np.argsort(order), pa.int64()))

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns of `originals`."""
        with pa.OSFile(str(self.path)) as file:
            stored = pa.ipc.open_file(file).schema
        return stored if self.kept == "cells" else pa.schema([stored.field(len(self.columns))])

    def _stored(self, first: int = 0) -> Iterator[pa.Table]:
        with pa.OSFile(str(self.path)) as file:  # not mapped: pages of a mapped file count as memory in use
            reader = pa.ipc.open_file(file)
            for number in range(first, reader.num_record_batches):
                yield pa.Table.from_batches([reader.get_batch(number)])


def spool(
    path: Path,
    folder: Path,
    *,
    name: str | None = None,
    source: str = "",
    on_progress: Callable[[float], None] = lambda _: None,
    called: Collection[Collection[str]] = (),
    **overrules: Any,
) -> Rows:
    """Read the file at `path` as `read_table` does, and keep its rows in `folder`, blank ones among them too.

    CSV and its relatives, JSON Lines, Parquet and Arrow are never in memory as a whole, whatever their size; nor
    are the rows of an Excel sheet, whose reader holds the distinct texts. A large file that can only be judged as a
    whole (a JSON array, broken quotes, stray carriage returns) is read as a whole.

    Args:
        source: kept with the rows, and compared when they are opened.
        called: names that columns may have. Where nothing is said of a header and none is seen, a first row that holds
            all names of one of these collections is one.
        overrules: fields of `Overrules`, as of `read_table`.

    Raises:
        UserError: what `read_table` raises.
    """
    keep = _OnDisk(folder)
    table = read_table(
        path,
        name=name,
        on_progress=on_progress,
        keep=keep,
        blank_rows=True,
        originals=True,
        **overrules,
    )
    if overrules.get("has_header") is None and not table.reading.has_header and _names_columns(table, called):
        again = {"name": name, "source": source, "on_progress": on_progress, **overrules, "has_header": True}
        return spool(path, folder, **again)
    if table.data is not keep.rows:  # read as a whole, perhaps after a try in pieces
        keep(table.data.schema, iter(table.data.to_batches()))
    about = {
        "file": keep.path.name,
        "name": table.name,
        "columns": table.columns,
        "rows": table.rows,
        "reading": table.reading.to_json(),
        "source": source,
        "kept": table.kept,
    }
    with file_aside(folder / "rows.json") as aside:
        aside.write_text(json.dumps(about), encoding="utf-8")
    return Rows(keep.path, table.name, table.columns, table.rows, table.reading, source, table.kept)


def _names_columns(table: Table, called: Collection[Collection[str]]) -> bool:
    """Whether the first row holds all names of one of these collections."""
    cells = {_name(str(cell)) for row in table.data.slice(0, 1).to_pylist() for cell in row.values()}
    return any(names and cells.issuperset(map(_name, names)) for names in called)


def _name(cell: str) -> str:
    return " ".join(normalize("NFC", cell).split())


class _OnDisk:
    """Writes rows to an Arrow file; called again where a file is read by other rules from its start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.turns = 0
        self.rows: pa.Table | None = None

    @property
    def path(self) -> Path:
        return self._folder / f"rows-{self.turns}.arrow"

    def __call__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
        """The rows, mapped from their file: no row is read before somebody asks for it."""
        rows = 0
        self.turns += 1  # a file that is still mapped can't be written anew everywhere
        with self.path.open("wb") as file:
            with pa.ipc.new_file(file, schema) as writer:
                for batch in batches:
                    for begin, end in _cuts(batch, rows):
                        writer.write_batch(batch.slice(begin, end - begin))
                    rows += batch.num_rows
            os.fsync(file.fileno())
        self.rows = pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()
        return self.rows


def _cuts(batch: pa.RecordBatch, rows: int) -> Iterator[tuple[int, int]]:
    """Where the chunks of a batch begin and end, which comes after so many rows."""
    sizes = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        if any(of_kind(column.type) for of_kind in TEXTUAL):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    ends, begin = sizes.cumsum(), 0
    while begin < batch.num_rows:
        before = ends[begin - 1] if begin else 0
        fits = int(np.searchsorted(ends, before + CHUNK_BYTES, side="right"))
        most = min(CHUNK, max(FIRST, rows + begin))
        end = min(max(fits, begin + FEWEST), begin + most, batch.num_rows)
        yield begin, end
        begin = end
