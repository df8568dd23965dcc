"""Rows and their answers -> the file that is given back, with a summary and the rows to look at first."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bertdemo.aside import file_aside
from bertdemo.data.stream import Rows
from bertdemo.data.table import Table
from bertdemo.jobs.answers import Answers, Chunk
from bertdemo.jobs.outputs import EXCEL_CHARACTERS, SPREADSHEETS, Cell, excel_length, harmless, kind_for, like, open_out

UNSURE = "unsure"
BEFORE_LABELS = {"predicted_label": pa.string(), "confidence": pa.float64(), UNSURE: pa.bool_()}
"""Columns that are added before those of the labels, `UNSURE` where it can be said or is expected."""
MOST_TO_REVIEW = 1000
BINS = 20
"""Bars of the histogram of confidences, from 0 to 1."""

KEPT = {"jsonl": "objects", "parquet": "cells"}
"""What must be kept of a file, so that its rows are written as they were in a kind."""
Head = tuple[str, pa.DataType]
OnProgress = Callable[[str, int, int], None]
"""Told the phase (``classifying`` or ``writing``), the rows that are done, and all rows."""


@dataclass(frozen=True)
class Wish:
    """How a file is to be classified and given back.

    Attributes:
        text, pair: the columns to read.
        threshold: confidences below it are unsure; None where nobody knows one.
        kind: one of `outputs.KINDS`; None: like the file that came in.
        keep_formulas: texts that a spreadsheet would take for formulas stay as they are.
        all_probabilities: also of more than a hundred labels.
    """

    text: tuple[str, ...]
    pair: str | None = None
    threshold: float | None = None
    kind: str | None = None
    keep_formulas: bool = False
    all_probabilities: bool = False

    def kind_of(self, rows: Rows) -> str:
        """What is written for these rows."""
        return self.kind or like(rows.reading.format, rows.reading.delimiter)

    def delimiter_of(self, rows: Rows) -> str:
        """Of CSV: that of the file that came in where what is given back is like it, else a comma."""
        own = None if self.kind or rows.reading.format != "csv" else rows.reading.delimiter
        return "," if own in (None, " ") else own  # a space parts a label from a text, not the cells of a table


@dataclass
class Summary:
    """What is said of a classified file.

    Attributes:
        text, pair: the columns that were read.
        rows: of the file; `blank` of them have no text, or lack one of a pair, and have empty answers.
        labels: how many rows got each label.
        unlabelled: rows with a text to which none of several labels applies.
        reviewed: rows that the file of the least sure ones holds.
        histogram: rows by confidence, in `BINS` bars from 0 to 1.
        unsure: rows below the threshold; None where there is no threshold.
        formulas: cells that were made harmless.
        cells_cut: cells that were too long for Excel.
        unread: rows of whose text a part was not read, being longer than the model reads; `reads` says how many
            tokens that is, None where texts are read whole.
        renamed: columns of ours whose name was taken: wished name -> name.
        left_out: labels whose probabilities are not written, being too many.
        several: a row may have several labels.
        foreign: that the texts are in another language than those learnt from: ``language`` and ``learnt``, ISO 639-1.
        notices: what was guessed, repaired or left out in reading, as `Finding.to_json` gives it.
    """

    kind: str
    text: list[str]
    rows: int = 0
    blank: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    threshold: float | None = None
    unsure: int | None = None
    formulas: int = 0
    cells_cut: int = 0
    unread: int = 0
    reads: int | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    several: bool = False
    notices: list[dict[str, Any]] = field(default_factory=list)
    pair: str | None = None
    unlabelled: int = 0
    reviewed: int = 0
    foreign: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class _Least:
    """The least sure rows so far, the least sure first."""

    rows: list[tuple[float, int, list[Cell]]] = field(default_factory=list)

    def add(self, first: int, confidence: np.ndarray, has: np.ndarray, columns: Sequence[Sequence[Cell]]) -> None:
        """Rows of a chunk that begins at row `first` (from 1); `has` is False where there is no answer."""
        worst = self.rows[-1][0] if len(self.rows) == MOST_TO_REVIEW else np.inf
        places = np.flatnonzero(has & (confidence < worst))
        places = places[np.argsort(confidence[places], kind="stable")][:MOST_TO_REVIEW]
        new = [(float(confidence[i]), first + i, [column[i] for column in columns]) for i in places.tolist()]
        self.rows = sorted([*self.rows, *new], key=lambda row: row[:2])[:MOST_TO_REVIEW]


def write(
    rows: Rows,
    answers: Answers,
    names: dict[str, str],
    out: Path,
    wish: Wish,
    *,
    labels: int,
    several: bool,
    reads: int | None,
    review: Path | None,
    on_progress: OnProgress,
) -> Summary:
    """Write the rows and their answers to `out`, and the least sure ones to `review`; whole or not at all.

    Args:
        names: the columns that are added: the name that each should have -> the name that is free.
        labels: how many the classifier knows; their probabilities are written where `names` has columns for them.
        several: a row may have several labels, parted by ``|``.
        reads: the most tokens of a text that the classifier reads.
    """
    kind, width, texts = wish.kind_of(rows), probability_columns(names), len(rows.columns) + 1
    unsure = None if wish.threshold is None else 0
    summary = Summary(kind, list(wish.text), pair=wish.pair, threshold=wish.threshold, unsure=unsure, several=several)
    summary.renamed = {wished: name for wished, name in names.items() if wished != name}
    summary.left_out, summary.reads = 0 if width else labels, reads
    summary.notices = [notice.to_json() for notice in rows.reading.notices]
    added = [(name, BEFORE_LABELS.get(wished, pa.float64())) for wished, name in names.items()]
    heads, own = [*_heads(rows, kind), *added], _is_own(rows, kind)
    tables = zip(rows.chunks(), rows.originals(), strict=True) if own else ((table, None) for table in rows.chunks())
    counts: Counter[str] = Counter()
    least = _Least()
    schema, summary.formulas = _schema(heads, kind, wish)
    objects = heads[0][0] if own else None
    with file_aside(out) as aside, open_out(kind, aside, schema, wish.delimiter_of(rows), objects) as file:
        for (table, original), chunk in zip(tables, answers.read(width), strict=True):
            on_progress("writing", summary.rows, rows.rows)
            columns = _columns(table, chunk, wish, UNSURE in names)
            safe, formulas = _guarded(columns, texts, kind, wish)
            file.write([*_as_they_were(original, kind), *safe[texts - 1 :]] if original is not None else safe)
            summary.formulas += formulas
            if kind == "excel":
                summary.cells_cut += sum(
                    excel_length(str(cell)) > EXCEL_CHARACTERS for column in safe[:texts] for cell in column
                )
            _count(chunk, several, summary, counts)
            least.add(summary.rows + 1, chunk.confidence, _answered(chunk), columns)
            summary.rows += table.rows
    summary.labels = dict(counts.most_common())
    if review:
        _write_least(rows, least, added, review, wish)
        summary.reviewed = len(least.rows)
    on_progress("writing", rows.rows, rows.rows)
    return summary


def _write_least(rows: Rows, least: _Least, added: list[Head], path: Path, wish: Wish) -> None:
    kind = kind_for(path)
    heads, own = [*_heads(rows, kind), *added], _is_own(rows, kind)
    row = free_name("row", {*dict(heads), *rows.columns})
    schema, _ = _schema([(row, pa.int64()), *heads], kind, wish)
    objects = heads[0][0] if own else None
    with file_aside(path) as aside, open_out(kind, aside, schema, wish.delimiter_of(rows), objects) as file:
        if least.rows:
            columns: list[Sequence[Cell]] = list(zip(*([row, *cells] for _, row, cells in least.rows), strict=True))
            if own:
                original = rows.originals_at([row - 1 for _, row, _ in least.rows])
                columns = [columns[0], *_as_they_were(original, kind), *columns[1 + len(rows.columns) :]]
            file.write(_guarded(columns, len(columns), kind, wish)[0])


def _is_own(rows: Rows, kind: str) -> bool:
    """Whether the rows can be written as they were: in the kind of file that they came in."""
    return rows.kept is not None and rows.kept == KEPT.get(kind)


def _heads(rows: Rows, kind: str) -> list[Head]:
    """The columns of the file that came in."""
    if _is_own(rows, kind):
        return [(field.name, field.type) for field in rows.schema]
    return [(name, pa.string()) for name in rows.columns]


def _as_they_were(original: pa.Table, kind: str) -> list[Any]:
    """What is kept of some rows, as columns to write."""
    return list(original.columns) if kind == "parquet" else [column.to_pylist() for column in original.columns]


def _schema(heads: list[Head], kind: str, wish: Wish) -> tuple[pa.Schema, int]:
    """The columns of a file, their names made harmless, and how many that were."""
    names, changed = _guarded([[name for name, _ in heads]], 1, kind, wish)
    return pa.schema([(str(name), type_) for name, (_, type_) in zip(names[0], heads, strict=True)]), changed


def _answered(chunk: Chunk) -> np.ndarray:
    return np.array([label is not None for label in chunk.labels], bool)


def probability_columns(names: dict[str, str]) -> int:
    """How many of the columns that are added are probabilities of labels."""
    return sum(name not in BEFORE_LABELS for name in names)


def _columns(table: Table, chunk: Chunk, wish: Wish, says_unsure: bool) -> list[list[Cell]]:
    """The cells of a chunk, column by column: texts, those of the file and the label first."""
    has = _answered(chunk).tolist()

    def where_answered(values: np.ndarray) -> list[Cell]:
        return [v if there else None for v, there in zip(values.tolist(), has, strict=True)]

    unsure: list[list[Cell]] = []
    if says_unsure:
        below = None if wish.threshold is None else chunk.confidence < wish.threshold
        unsure = [[None] * len(has) if below is None else where_answered(below)]
    own = (column.to_pylist() for column in table.data.columns)
    probabilities = map(where_answered, chunk.probabilities.T)
    labels = [None if said is None else "|".join(said) for said in chunk.labels]
    return [*own, labels, where_answered(chunk.confidence), *unsure, *probabilities]


def _guarded(columns: Sequence[Sequence[Cell]], texts: int, kind: str, wish: Wish) -> tuple[list[Sequence[Cell]], int]:
    """The columns with formulas made harmless in the first `texts` of them, and how many cells that were."""
    if kind not in SPREADSHEETS or wish.keep_formulas:
        return list(columns), 0
    safe = [[harmless(cell) if isinstance(cell, str) else cell for cell in column] for column in columns[:texts]]
    changed = sum(sum(map(operator.ne, old, new)) for old, new in zip(columns[:texts], safe, strict=True))
    return [*safe, *columns[texts:]], changed


def _count(chunk: Chunk, several: bool, summary: Summary, counts: Counter[str]) -> None:
    has = _answered(chunk)
    summary.blank += int((~has).sum())
    summary.unread += int(chunk.cut.sum())
    summary.unlabelled += sum(said is not None and not len(said) for said in chunk.labels) if several else 0
    for said in filter(None, chunk.labels):
        counts.update(said)
    bins = np.minimum((chunk.confidence[has] * BINS).astype(int), BINS - 1)
    summary.histogram = (np.array(summary.histogram) + np.bincount(bins, minlength=BINS)).tolist()
    if summary.threshold is not None:
        summary.unsure = (summary.unsure or 0) + int((chunk.confidence[has] < summary.threshold).sum())


def free_name(name: str, used: set[str]) -> str:
    """`name`, with a number behind it where it is used already."""
    free, number = name, 2
    while free in used:
        free, number = f"{name}_{number}", number + 1
    return free
