"""JSON, JSON Lines, Parquet, Arrow and Excel -> string columns."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import zipfile
from collections.abc import Iterator
from itertools import chain, dropwhile, islice
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq

from bertdemo.data.delimited import BATCH_ROWS, Parsed, string_array, tabulate
from bertdemo.data.findings import Finding, listed
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Keep, Streamed, Text, in_memory, pieces_of
from bertdemo.errors import UserError

LARGEST_WORKBOOK = 2 * 2**30


def looks_like_json(text: str) -> str | None:
    """``"json"``, ``"jsonl"`` or None: told by the first filled line."""
    start = text[:1_000_000].lstrip()
    if start[:1] == "[":
        return "json" if start[1:].lstrip()[:1] in ("{", "[", "]", '"') and _not_csv(start) else None
    if start[:1] != "{":
        return None
    first_line = start.split("\n", 1)[0].strip().rstrip(",")
    if _is_object(first_line):
        return "jsonl"
    return "json" if start[1:].lstrip()[:1] in ('"', "}") else None


def read_json(text: str, kind: str) -> Parsed:
    """A JSON array of objects (or an object that holds one), or one object per line.

    Raises:
        UserError: ``json_broken`` with line and column, or ``json_not_rows``.
    """
    rows = list(_json_lines(text)) if kind == "jsonl" else _json_rows(text)
    if not rows:
        raise UserError("no_rows", columns="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: string_array([_as_text(row.get(name)) for row in rows]) for name in names}
    if not columns:
        raise UserError("json_not_rows")
    return Parsed(pa.table(columns))


def read_json_lines(text: Streamed) -> Parsed:
    """One object per line, of a text that is too large to hold: the first pass finds the columns.

    Raises:
        UserError: as `read_json`.
        NotInPiecesError: the text can't be read in pieces.
    """
    names = list(dict.fromkeys(name for row in _json_lines(text) for name in row))
    if not names:
        raise UserError("json_not_rows")
    schema = pa.schema([(name, pa.string()) for name in names])

    def batches() -> Iterator[pa.RecordBatch]:
        rows = _json_lines(text)
        while batch := list(islice(rows, BATCH_ROWS)):
            cells = [string_array([_as_text(row.get(name)) for row in batch]) for name in names]
            yield pa.record_batch(cells, schema=schema)

    return Parsed(text.keep(schema, batches()))


def read_columnar(raw: bytes, kind: str) -> Parsed:
    """Parquet (``"parquet"``) or an Arrow file (``"arrow"``): every column as strings; nested values as JSON.

    Raises:
        UserError: ``file_damaged`` or ``no_rows``.
    """
    read = pq.read_table if kind == "parquet" else feather.read_table
    try:
        table = read(io.BytesIO(raw))
    except (pa.ArrowException, OSError, ValueError):
        raise UserError("file_damaged", kind=kind.capitalize()) from None
    if not table.num_rows:
        raise UserError("no_rows", columns=listed(table.column_names))
    return Parsed(pa.table([_strings(column) for column in table.columns], names=table.column_names))


def columnar_in_batches(path: Path, kind: str, keep: Keep) -> Parsed:
    """What `read_columnar` reads, a batch at a time.

    Raises:
        UserError: ``file_damaged`` or ``no_rows``.
    """
    try:
        if kind == "parquet":
            parquet = pq.ParquetFile(path, buffer_size=2**20)  # without a buffer a whole row group is read at once
            names, found = parquet.schema_arrow.names, parquet.iter_batches(BATCH_ROWS)
        else:
            arrow = pa.ipc.open_file(pa.memory_map(str(path)))
            names = arrow.schema.names
            found = (arrow.get_batch(i) for i in range(arrow.num_record_batches))
        schema = pa.schema([(name, pa.string()) for name in names])
        columns = ([_strings(pa.chunked_array([column])) for column in batch.columns] for batch in found)
        batches = (pa.record_batch([c.combine_chunks() for c in batch], schema=schema) for batch in columns)
        data = keep(schema, batches)
    except (pa.ArrowException, OSError, ValueError):
        raise UserError("file_damaged", kind=kind.capitalize()) from None
    if not data.num_rows:
        raise UserError("no_rows", columns=listed(names))
    return Parsed(data)


def read_excel(raw: bytes | Path, asked: Overrules, keep: Keep = in_memory) -> Parsed:
    """The sheet that was named, else the first one with cells in it; `keep` is what becomes of its rows.

    Raises:
        UserError: ``file_damaged``, ``file_empty``, ``sheet_unknown`` and what `tabulate` raises.
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
        sheets = [(sheet.title, _sheet_rows(sheet, asked.blank_rows)) for sheet in workbook.worksheets]
        filled = [(title, first, rows) for title, rows in sheets if (first := next(rows, None))]
        if not filled:
            raise UserError("file_empty")
        titles = [title for title, _, _ in filled]
        if asked.sheet is not None and asked.sheet not in titles:
            raise UserError("sheet_unknown", sheet=asked.sheet, sheets=listed(titles, 20))
        title, first, rows = filled[0 if asked.sheet is None else titles.index(asked.sheet)]
        below = dropwhile(_is_blank, (row for row in chain([first], rows) if row[0] > asked.skip_rows))
        parsed = tabulate(below, asked.has_header, keep=keep)
    if len(filled) == 1:
        return parsed
    severity = "warning" if asked.sheet is None else "info"
    others = listed([other for other in titles if other != title])
    notice = Finding("sheets_left_out", severity, len(filled) - 1, params={"sheet": title, "others": others})
    return Parsed(parsed.data, parsed.has_header, notices=(*parsed.notices, notice))


def _sheet_rows(sheet: Any, blank_rows: bool) -> Iterator[tuple[int, list[str | None]]]:
    """Line numbers and cells; rows with nothing on them only where that is asked, between others."""
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


def _json_lines(text: Text) -> Iterator[dict[str, Any]]:
    lines = (line for piece in pieces_of(text) for line in _cut(piece))
    for number, line in enumerate(lines, start=1):
        stripped = line.strip().rstrip(",")
        if not stripped:
            continue
        try:
            row = _loads(stripped)
        except ValueError as error:
            column = getattr(error, "colno", 1)
            raise UserError("json_broken", line=number, column=column) from None
        if not isinstance(row, dict):
            raise UserError("json_broken", line=number, column=1)
        yield row


def _cut(piece: str) -> list[str]:
    # a piece that ends with a line ends there: what `split` finds behind it is the next piece
    return piece.removesuffix("\n").split("\n")


def _json_rows(text: str) -> list[dict[str, Any]]:
    try:
        value = _loads(text)
    except json.JSONDecodeError as error:
        raise UserError("json_broken", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):
        raise UserError("json_not_rows") from None
    if isinstance(value, dict):
        value = _rows_inside(value)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return value
    if isinstance(value, list) and len(value) > 1 and all(isinstance(row, list) for row in value):
        names = [str(name) for name in value[0]]
        return [dict(zip(names, row, strict=False)) for row in value[1:]]
    raise UserError("json_not_rows")


def _rows_inside(value: dict[str, Any]) -> Any:
    """``{"data": [rows]}`` -> the rows; ``{"text": [...], "label": [...]}`` -> the rows of these columns."""
    lists = {name: item for name, item in value.items() if isinstance(item, list)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if len(lists) > 1 and len({len(item) for item in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if value and all(isinstance(item, dict) for item in value.values()):
        keys = list(dict.fromkeys(key for item in value.values() for key in item))
        return [{name: item.get(key) for name, item in value.items()} for key in keys]
    return [value]


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _is_object(line: str) -> bool:
    try:
        return isinstance(_loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _not_csv(start: str) -> bool:
    first_line = start.split("\n", 1)[0]
    return (
        first_line.strip() in ("[", "[{") or start[1:].lstrip()[:1] in ("{", "[") or first_line.rstrip().endswith("]")
    )


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _strings(column.cast(kind.value_type))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([string_array([_nested_text(v) for v in column.to_pylist()])])
    strings = column.cast(pa.string())
    return pc.if_else(pc.equal(strings, ""), pa.scalar(None, pa.string()), strings)


def _nested_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None else json.dumps(value, ensure_ascii=False, default=str)
