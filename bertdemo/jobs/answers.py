"""What a classifier said of the rows of a file, kept so that a killed job goes on behind its last whole chunk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bertdemo.runs.files import read_json, write_json


@dataclass(frozen=True)
class Chunk:
    """The answers for a chunk of rows.

    Attributes:
        labels: the labels of each row: one, or of several any number; None where it has no text.
        confidence: (rows,) float64.
        probabilities: (rows, labels) float64; no columns where they are not kept.
        cut: (rows,) bool: a part of the text was not read.
    """

    labels: Sequence[Sequence[str] | None]
    confidence: np.ndarray
    probabilities: np.ndarray
    cut: np.ndarray

    def to_batch(self) -> pa.RecordBatch:
        width = self.probabilities.shape[1]
        flat = pa.array(np.ascontiguousarray(self.probabilities).reshape(-1))
        labels = pa.array(self.labels, pa.list_(pa.string()))
        columns = [labels, pa.array(self.confidence), pa.array(self.cut, pa.bool_())]
        if width:
            columns.append(pa.FixedSizeListArray.from_arrays(flat, width))
        return pa.record_batch(columns, names=["labels", "confidence", "cut", "probabilities"][: len(columns)])

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> Chunk:
        flat = batch.column(3).flatten().to_numpy() if batch.num_columns > 3 else np.zeros(0)
        probabilities = flat.reshape(batch.num_rows, -1) if len(flat) else np.zeros((batch.num_rows, 0))
        cut = batch.column(2).to_numpy(zero_copy_only=False)
        return cls(batch.column(0).to_pylist(), batch.column(1).to_numpy(), probabilities, cut)


@dataclass
class Answers:
    """Chunks of answers in a file that only grows: `chunks` of them, for `rows` rows, are surely there.

    Each chunk is synced to disk before ``answers.json`` says so; what stands behind that place is cut off.
    """

    folder: Path
    chunks: int = 0
    rows: int = 0
    bytes: int = 0

    @classmethod
    def open(cls, folder: Path, plan: dict[str, Any]) -> Answers:
        """The answers so far; none where they were given by another `plan`: another model, other columns."""
        found = _place(folder)
        if found.get("plan") != plan:
            write_json(folder / "answers.json", {"plan": plan, "chunks": 0, "rows": 0, "bytes": 0})
            found = {"chunks": 0, "rows": 0, "bytes": 0}
        answers = cls(folder, found["chunks"], found["rows"], found["bytes"])
        answers._path.touch()
        os.truncate(answers._path, answers.bytes)
        return answers

    @property
    def _path(self) -> Path:
        return self.folder / "answers.bin"

    def append(self, chunk: Chunk) -> None:
        """Add the next chunk; it is on disk when this returns."""
        message = chunk.to_batch().serialize()
        with self._path.open("ab") as file:
            file.write(len(message).to_bytes(8, "little"))
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
            end = file.tell()
        self.chunks, self.rows, self.bytes = self.chunks + 1, self.rows + len(chunk.labels), end
        place = {"chunks": self.chunks, "rows": self.rows, "bytes": self.bytes}
        write_json(self.folder / "answers.json", {**read_json(self.folder / "answers.json"), **place})

    def read(self, width: int) -> Iterator[Chunk]:
        """All chunks in their order, of `width` probabilities each; one is in memory at a time."""
        empty = Chunk([], np.zeros(0), np.zeros((0, width)), np.zeros(0, bool)).to_batch()
        with self._path.open("rb") as file:
            while length := file.read(8):
                message = file.read(int.from_bytes(length, "little"))
                yield Chunk.from_batch(pa.ipc.read_record_batch(pa.py_buffer(message), empty.schema))


def rows_done(folder: Path) -> int:
    """Rows whose answers are surely kept in a folder."""
    return int(_place(folder).get("rows", 0))


def _place(folder: Path) -> dict[str, Any]:
    """What answers.json says; nothing where it is not there or damaged: the rows are classified again then."""
    try:
        found = read_json(folder / "answers.json")
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
