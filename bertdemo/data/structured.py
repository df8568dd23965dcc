"""Parquet, Arrow and Excel -> string columns."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, dropwhile, islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq

from bertdemo.data.delimited import BATCH_ROWS, HEADER_SAMPLE, Parsed, string_array, tabulate
from bertdemo.data.findings import Finding, listed
from bertdemo.data.header import name_columns
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Keep, in_memory
from bertdemo.errors import UserError

UUID = "arrow.uuid"
UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError)
"""What Arrow raises of damaged files, and Python of a date beyond its own."""
BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
LARGEST_WORKBOOK = 2 * 2**30
WIDEST_SAID = 256
"""Columns that a sheet may say it has; of more most are empty."""


def read_columnar(raw: bytes, kind: str) -> Parsed:
    """Parquet (``"parquet"``) or an Arrow file (``"arrow"``): every column as strings; nested values as JSON.

    Raises:
        UserError: ``file_damaged`` or ``no_rows``.
    """
    file = io.BytesIO(raw)
    try:
        table = pq.ParquetFile(file).read() if kind == "parquet" else feather.read_table(file)
        columns = [as_strings(column) for column in table.columns]
    except UNREADABLE:
        raise UserError("file_damaged", kind=kind.capitalize()) from None
    if not table.num_rows:
        raise UserError("no_rows", columns=listed(table.column_names))
    names, notices = _names_of(table.schema)
    return Parsed(pa.table(columns, names=names), notices=tuple(notices))


def columnar_in_batches(path: Path, kind: str, keep: Keep, originals: bool = False) -> Parsed:
    """What `read_columnar` reads, a batch at a time.

    Args:
        originals: the cells are kept as they are, see `Table.kept`.

    Raises:
        UserError: ``file_damaged`` or ``no_rows``.
    """
    try:
        if kind == "parquet":
            parquet = pq.ParquetFile(path, buffer_size=2**20)  # without a buffer a whole row group is read at once
            own, found = parquet.schema_arrow, parquet.iter_batches(BATCH_ROWS)
        else:
            arrow = pa.ipc.open_file(pa.memory_map(str(path)))
            own = arrow.schema
            found = (arrow.get_batch(i) for i in range(arrow.num_record_batches))
        names, notices = _names_of(own)
        kinds = [_kept_type(field.type) if originals else pa.string() for field in own]
        schema = pa.schema(list(zip(names, kinds, strict=True)))
        data = keep(schema, (_columnar_batch(batch, schema, originals) for batch in found))
    except UNREADABLE:
        raise UserError("file_damaged", kind=kind.capitalize()) from None
    if not data.num_rows:
        raise UserError("no_rows", columns=listed(own.names))
    return Parsed(data, notices=tuple(notices), kept="cells" if originals else None)


def _names_of(schema: pa.Schema) -> tuple[list[str], list[Finding]]:
    """The columns' names as they are, but for those that are empty or doubled, and what is said of these."""
    if all(schema.names) and len(set(schema.names)) == len(schema.names):
        return schema.names, []
    names, notices = name_columns(schema.names, len(schema.names))
    return list(names), notices


def _columnar_batch(batch: pa.RecordBatch, schema: pa.Schema, originals: bool) -> pa.RecordBatch:
    """The columns as strings; as they are where `originals` are asked for, and that is their type in `schema`."""
    columns = []
    for column, kept in zip(batch.columns, schema, strict=True):
        strings = as_strings(pa.chunked_array([column]))  # also where they are not kept: what can't be read is said now
        own = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        columns.append(own if originals and own.type == kept.type else strings.combine_chunks())
    return pa.record_batch(columns, schema=schema)


def _kept_type(kind: pa.DataType) -> pa.DataType:
    """The type in which cells are kept: their own, if Parquet can hold it; categories are plain values."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if _holds_categories(kind):  # an Arrow file takes one set of them for all batches
        return pa.string()
    try:
        pq.write_table(pa.schema([("", kind)]).empty_table(), io.BytesIO())
    except pa.ArrowException:
        return pa.string()
    return kind


def _holds_categories(kind: pa.DataType) -> bool:
    return pa.types.is_dictionary(kind) or any(_holds_categories(kind.field(i).type) for i in range(kind.num_fields))


def read_excel(raw: bytes | Path, asked: Overrules, keep: Keep = in_memory) -> Parsed:
    """The sheet that was named, else the one that `_main_sheet` takes; `keep` is what becomes of its rows.

    Raises:
        UserError: ``file_damaged``, ``file_empty``, ``sheet_unknown``, ``skip_rows_all`` and what `tabulate` raises.
    """
    # openpyxl refuses a path that does not end in .xlsx, whatever the file holds
    with io.BytesIO(raw) if isinstance(raw, bytes) else raw.open("rb") as source:
        return _read_workbook(source, asked, keep)


def _read_workbook(source: BinaryIO, asked: Overrules, keep: Keep) -> Parsed:
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(info.file_size for info in archive.infolist()) > LARGEST_WORKBOOK:
                raise UserError("archive_too_large", limit=f"{LARGEST_WORKBOOK // 2**30} GB")
        workbook = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except UserError:
        raise
    except Exception:  # openpyxl lets whatever its XML and zip readers meet come through
        raise UserError("file_damaged", kind="Excel") from None
    with contextlib.closing(workbook):
        sheets = [_Sheet(sheet.title, _sheet_rows(sheet, asked.blank_rows)) for sheet in workbook.worksheets]
        filled = [sheet for sheet in sheets if sheet.look(1)]
        if not filled:
            raise UserError("file_empty")
        titles = [sheet.title for sheet in filled]
        if asked.sheet is not None and asked.sheet not in titles:
            raise UserError("sheet_unknown", sheet=asked.sheet, sheets=listed(titles, 20))
        read = _main_sheet(filled, asked) if asked.sheet is None else filled[titles.index(asked.sheet)]
        below = _below(chain(read.look(HEADER_SAMPLE), read.rows), asked)
        if (top := next(below, None)) is None:
            raise UserError("skip_rows_all", value=asked.skip_rows)
        parsed = tabulate(chain([top], below), asked.has_header, keep=keep)
    if len(filled) == 1:
        return parsed
    severity = "warning" if asked.sheet is None else "info"
    others = listed([other for other in titles if other != read.title])
    notice = Finding("sheets_left_out", severity, len(filled) - 1, params={"sheet": read.title, "others": others})
    return Parsed(parsed.data, parsed.has_header, notices=(*parsed.notices, notice))


@dataclass
class _Sheet:
    """A sheet of a workbook: the rows that were looked at, with their line numbers, and those that follow."""

    title: str
    rows: Iterator[tuple[int, list[str | None]]]
    head: list[tuple[int, list[str | None]]] = field(default_factory=list)

    def look(self, n: int) -> list[tuple[int, list[str | None]]]:
        """The first `n` rows, as wide as the widest of them: a header may be narrower than what stands below it."""
        self.head += islice(self.rows, max(0, n - len(self.head)))
        widest = max((len(cells) for _, cells in self.head), default=0)
        for _, cells in self.head:
            cells += [None] * (widest - len(cells))
        return self.head[:n]


def _main_sheet(sheets: Sequence[_Sheet], asked: Overrules) -> _Sheet:
    """The first sheet in which a text and a label column are found, else the first with two filled columns, else with
    two rows, else the first; always the first where the rows are given back, since texts alone are a table then."""
    if len(sheets) == 1 or asked.blank_rows:
        return sheets[0]
    fitting = (sheet for fits in (_has_roles, _has_columns, _has_rows) for sheet in sheets if fits(sheet, asked))
    return next(fitting, sheets[0])


def _has_roles(sheet: _Sheet, asked: Overrules) -> bool:
    from bertdemo.data.roles import guess_roles
    from bertdemo.data.table import Reading, Table

    try:
        data = tabulate(_below(sheet.look(HEADER_SAMPLE), asked), asked.has_header).data
        guess_roles(Table(sheet.title, tuple(data.column_names), data, Reading("excel")))
    except UserError:
        return False
    return True


def _has_columns(sheet: _Sheet, asked: Overrules) -> bool:
    rows = [cells for _, cells in _below(sheet.look(HEADER_SAMPLE), asked)]
    return sum(sum(map(bool, column)) > 1 for column in zip_longest(*rows)) > 1


def _has_rows(sheet: _Sheet, asked: Overrules) -> bool:
    return len(list(_below(sheet.look(2 + asked.skip_rows), asked))) > 1


def _below(rows: Iterable[tuple[int, list[str | None]]], asked: Overrules) -> Iterator[tuple[int, list[str | None]]]:
    """The rows from the first one on that is not skipped and has something on it."""
    return dropwhile(_is_blank, (row for row in rows if row[0] > asked.skip_rows))


def _sheet_rows(sheet: Any, blank_rows: bool) -> Iterator[tuple[int, list[str | None]]]:
    """Line numbers and cells; rows with nothing on them only where that is asked, between others.

    The size that a sheet says it has is often wrong: rows are read to the last one, and are at least as wide as those
    above them.
    """
    width = sheet.max_column or 0
    width = width if width <= WIDEST_SAID else 0
    sheet.reset_dimensions()
    blank: list[int] = []
    lines = enumerate(sheet.iter_rows(values_only=True), start=1)
    while True:
        try:
            line, cells = next(lines)
        except StopIteration:
            return
        except Exception:  # as above: a sheet is read while its rows are taken
            raise UserError("file_damaged", kind="Excel") from None
        row = [_cell_text(cell) for cell in cells]
        if any(row):
            width = max(width, len(row))
            row += [None] * (width - len(row))
            for above in blank:
                yield above, [None] * len(row)
            blank.clear()
            yield line, row
        elif blank_rows:
            blank.append(line)


def _is_blank(row: tuple[int, list[str | None]]) -> bool:
    return not any(row[1])


def _cell_text(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    return str(cell)


def as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells of any type as texts: nested ones as JSON, null for empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pa.chunked_array(
            [
                as_strings(pa.chunked_array([chunk.dictionary])).combine_chunks().take(chunk.indices)
                for chunk in column.chunks
            ],
            pa.string(),
        )
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != UUID:
        return as_strings(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if pa.types.is_timestamp(kind) and kind.tz:
        column = _in_known_zone(column)
    if any(is_kind(kind) for is_kind in BYTES):
        return pa.chunked_array([string_array([v and v.decode("utf-8", "replace") for v in column.to_pylist()])])
    if not _has_texts(kind):
        return pa.chunked_array([string_array([_value_text(value) for value in column.to_pylist()])])
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):  # pandas has no other missing number
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    strings = _readable(column.cast(pa.string()))
    return pc.if_else(pc.equal(strings, ""), pa.scalar(None, pa.string()), strings)


def _readable(strings: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts of which some may hold bytes that are no UTF-8, which Arrow does not look at."""
    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        return as_strings(strings.cast(pa.binary()))
    return strings


def _has_texts(kind: pa.DataType) -> bool:
    """Whether Arrow itself makes texts of all values of that type."""
    odd = (pa.types.is_nested, pa.types.is_interval, pa.types.is_fixed_size_binary)
    return not isinstance(kind, pa.BaseExtensionType) and not any(is_kind(kind) for is_kind in odd)


def _in_known_zone(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same moments in UTC, where nobody here knows the time zone that they are in."""
    try:
        pa.scalar(0, column.type).cast(pa.string())
    except pa.ArrowInvalid:
        return column.cast(pa.timestamp(column.type.unit, "UTC"))
    return column


def _value_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bytes | uuid.UUID):
        return _plain(value) or None
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    """What JSON has no form for: bytes as the text that they are, else in hexadecimal; others as Python writes them."""
    if not isinstance(value, bytes):
        return str(value)
    try:
        text = value.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return value.hex() if any(char < " " and not char.isspace() for char in text) else text
