"""A file of any size, read once and kept on disk in chunks: what does not fit in memory can still be gone through."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from bertdemo.data.table import Reading, Table, read_table

CHUNK = 4096
"""Rows of a chunk: as many as a classifier sorts by length together."""


@dataclass(frozen=True)
class Rows:
    """The rows of a file as it was read: what `Table` is, but on disk.

    Attributes:
        path: an Arrow file of string columns, in batches of at most `CHUNK` rows.
        name: the file's name as the person knows it.
        source: what the rows were read from, in words of whoever asked for it.
    """

    path: Path
    name: str
    columns: tuple[str, ...]
    rows: int
    reading: Reading
    source: str

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
        return cls(folder / about["file"], about["name"], tuple(about["columns"]), about["rows"], reading, source)

    def chunks(self, first: int = 0) -> Iterator[Table]:
        """The rows in their order from chunk `first` on; one chunk is in memory at a time."""
        with pa.OSFile(str(self.path)) as file:  # not mapped: pages of a mapped file count as memory in use
            reader = pa.ipc.open_file(file)
            for number in range(first, reader.num_record_batches):
                data = pa.Table.from_batches([reader.get_batch(number)])
                yield Table(self.name, self.columns, data, self.reading)


def spool(
    path: Path,
    folder: Path,
    *,
    name: str | None = None,
    source: str = "",
    on_progress: Callable[[float], None] = lambda _: None,
    **overrules: Any,
) -> Rows:
    """Read the file at `path` as `read_table` does, and keep its rows in `folder`, blank ones among them too.

    CSV and its relatives, JSON Lines, Parquet and Arrow are never in memory as a whole, whatever their size; nor
    are the rows of an Excel sheet, whose reader holds the distinct texts. A large file that can only be judged as a
    whole (a JSON array, broken quotes, stray carriage returns) is read as a whole.

    Args:
        source: kept with the rows, and compared when they are opened.
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
        **overrules,
    )
    if not keep.turns:
        keep(table.data.schema, iter(table.data.to_batches(max_chunksize=CHUNK)))
    about = {
        "file": keep.path.name,
        "name": table.name,
        "columns": table.columns,
        "rows": table.rows,
        "reading": table.reading.to_json(),
        "source": source,
    }
    _write_synced(folder / "rows.json", json.dumps(about).encode())
    return Rows(keep.path, table.name, table.columns, table.rows, table.reading, source)


class _OnDisk:
    """Writes rows to an Arrow file; called again where a file is read by other rules from its start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.turns = 0

    @property
    def path(self) -> Path:
        return self._folder / f"rows-{self.turns}.arrow"

    def __call__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.Table:
        """The rows, mapped from their file: no row is read before somebody asks for it."""
        self.turns += 1  # a file that is still mapped can't be written anew everywhere
        with self.path.open("wb") as file:
            with pa.ipc.new_file(file, schema) as writer:
                for batch in batches:
                    for begin in range(0, batch.num_rows, CHUNK):
                        writer.write_batch(batch.slice(begin, CHUNK))
            os.fsync(file.fileno())
        return pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()


def _write_synced(path: Path, raw: bytes) -> None:
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
