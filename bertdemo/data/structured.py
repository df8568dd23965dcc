"""JSON, JSON Lines, Parquet, Arrow and Excel -> string columns."""

from __future__ import annotations

import contextlib
import datetime
import io
import json
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
from bertdemo.data.header import looks_like_header, name_columns
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Keep, Streamed, Text, in_memory, pieces_of
from bertdemo.errors import UserError

LARGEST_WORKBOOK = 2 * 2**30
HEAD_CHARACTERS = 1_000_000
FEWEST_INSIDE = 10
"""Objects in a list from which on they are taken for rows, though other things stand beside the list."""
WIDEST_SAID = 256
"""Columns that a sheet may say it has; of more most are empty."""


def looks_like_json(text: str) -> str | None:
    """``"json"``, ``"jsonl"`` or None: told by the first filled line, and whether it is the only one."""
    start = text[:HEAD_CHARACTERS].lstrip()
    if start[:1] == "[":
        return "json" if start[1:].lstrip()[:1] in ("{", "[", "]", '"') and _not_csv(start) else None
    if start[:1] != "{":
        return None
    first_line, _, below = start.partition("\n")
    if (value := _object_in(first_line.strip().rstrip(","))) is not None:
        return "json" if len(text) < HEAD_CHARACTERS and not below.strip() and _is_table(value) else "jsonl"
    return "json" if start[1:].lstrip()[:1] in ('"', "}") else None


def read_json(text: str, kind: str, originals: bool = False, has_header: bool | None = None) -> Parsed:
    """A JSON array of objects or of arrays (or an object that holds one), or one object per line.

    Args:
        has_header: of arrays, whether the first one names the columns; None: it is guessed.
        originals: each row is kept as JSON too, see `Table.kept`.

    Raises:
        UserError: ``json_broken`` with line and column, or ``json_not_rows``.
    """
    notices: list[Finding] = []
    if kind == "jsonl":
        has_header = True
        rows, lines = [list(part) for part in zip(*_json_lines(text), strict=True)] or [[], []]
    else:
        rows, has_header, notices = _json_rows(text, has_header)
        lines = []
        try:
            lines = [verbatim(row) for row in rows] if originals else []
        except RecursionError:  # nested some hundred deep: given back as texts
            originals = False
    if not rows:
        raise UserError("no_rows", columns="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise UserError("json_not_rows")
    data = pa.Table.from_batches([_json_batch(rows, lines, names, originals)])
    return Parsed(data, has_header, notices=tuple(notices), kept=_kept_of_json(originals))


def read_json_lines(text: Streamed, originals: bool = False) -> Parsed:
    """One object per line, of a text that is too large to hold: the first pass finds the columns.

    Args:
        originals: as of `read_json`.

    Raises:
        UserError: as `read_json`.
        NotInPiecesError: the text can't be read in pieces.
    """
    names = list(dict.fromkeys(name for row, _ in _json_lines(text) for name in row))
    if not names:
        raise UserError("json_not_rows")

    def batches() -> Iterator[pa.RecordBatch]:
        rows = _json_lines(text)
        while batch := list(islice(rows, BATCH_ROWS)):
            yield _json_batch([row for row, _ in batch], [line for _, line in batch], names, originals)

    schema = _json_batch([], [], names, originals).schema
    return Parsed(text.keep(schema, batches()), kept=_kept_of_json(originals))


def _json_batch(
    rows: Sequence[dict[str, Any]], lines: Sequence[str], names: list[str], originals: bool
) -> pa.RecordBatch:
    """The rows' cells as strings, where `originals` are asked for with the `lines` that they were read from behind."""
    cells = [string_array([_as_text(row.get(name)) for row in rows]) for name in names]
    if originals:
        cells, names = [*cells, string_array(lines)], [*names, "_" + max(names, key=len)]  # a name that none has
    return pa.record_batch(cells, schema=pa.schema([(name, pa.string()) for name in names]))


def _kept_of_json(originals: bool) -> str | None:
    return "objects" if originals else None


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
    return Parsed(pa.table([as_strings(column) for column in table.columns], names=table.column_names))


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
        schema = pa.schema([(field.name, _kept_type(field.type) if originals else pa.string()) for field in own])
        data = keep(schema, (_columnar_batch(batch, schema, originals) for batch in found))
    except (pa.ArrowException, OSError, ValueError):
        raise UserError("file_damaged", kind=kind.capitalize()) from None
    if not data.num_rows:
        raise UserError("no_rows", columns=listed(own.names))
    return Parsed(data, kept="cells" if originals else None)


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
        below = _below(chain(read.head, read.rows), asked)
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
        """The first `n` rows."""
        self.head += islice(self.rows, max(0, n - len(self.head)))
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


def _json_lines(text: Text) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row, and the JSON it was read from."""
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
        yield row, stripped


def _cut(piece: str) -> list[str]:
    # a piece that ends with a line ends there: what `split` finds behind it is the next piece
    return piece.removesuffix("\n").split("\n")


def _json_rows(text: str, has_header: bool | None) -> tuple[list[dict[str, Any]], bool, list[Finding]]:
    """The rows, whether the file names their columns, and what is said of it."""
    try:
        value = _loads(text)
    except json.JSONDecodeError as error:
        raise UserError("json_broken", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):
        raise UserError("json_not_rows") from None
    if isinstance(value, dict):
        value = _rows_inside(value)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return value, True, []
    if isinstance(value, list) and len(value) > 1 and all(isinstance(row, list) for row in value):
        return _rows_of_arrays(value, has_header)
    raise UserError("json_not_rows")


def _rows_of_arrays(
    arrays: list[list[Any]], has_header: bool | None
) -> tuple[list[dict[str, Any]], bool, list[Finding]]:
    """What `_json_rows` gives, of a list of lists of cells."""
    head = [[_as_text(cell) for cell in row] for row in arrays[:HEADER_SAMPLE]]
    named = looks_like_header(head) if has_header is None else has_header
    names, notices = name_columns(head[0] if named else (), len(head[0]))
    if not named:
        notices = [Finding("header_missing", "info", 1, params={"names": listed(names)})]
    return [dict(zip(names, row, strict=False)) for row in arrays[int(named) :]], named, notices


def _rows_inside(value: dict[str, Any]) -> Any:
    """``{"data": [rows]}`` -> the rows; ``{"text": [...], "label": [...]}`` -> the rows of these columns.

    Of an object of objects, as pandas writes tables, rows are what there is more of.
    """
    if _is_split(value):
        return [dict(zip(map(str, value["columns"]), row, strict=False)) for row in value["data"]]
    lists = {name: item for name, item in value.items() if isinstance(item, list)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if len(lists) > 1 and len({len(item) for item in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if value and all(isinstance(item, dict) for item in value.values()):
        keys = list(dict.fromkeys(key for item in value.values() for key in item))
        if len(keys) < len(value):
            return list(value.values())
        return [{name: item.get(key) for name, item in value.items()} for key in keys]
    return [value]


def _is_split(value: dict[str, Any]) -> bool:
    """Whether it has columns and rows apart, as pandas calls ``split``."""
    columns, rows = value.get("columns"), value.get("data")
    return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _is_table(value: dict[str, Any]) -> bool:
    """Whether an object on a line of its own is a table, and not the one row of it."""
    if _is_split(value):
        return True
    items = list(value.values())
    lists = [item for item in items if isinstance(item, list)]
    inside = [item for item in lists if item and all(isinstance(row, dict | list) for row in item)]
    if len(lists) == len(inside) == 1 and len(inside[0]) >= (1 if len(items) == 1 else FEWEST_INSIDE):
        return True
    if len(lists) == len(items) > 1:
        return not inside and len(lists[0]) > 1 and len({len(item) for item in lists}) == 1
    alike = all(isinstance(item, dict) and item.keys() == items[0].keys() for item in items)
    return alike and len(items) > 0 and len(items) + len(items[0]) > 2


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


class Number(str):
    """A number of JSON in its own digits, told from a string."""

    __slots__ = ()


NOT_A_NUMBER = "NaN"
"""How Python writes a missing number."""


def verbatim(value: Any) -> str:
    """What was parsed with `Number`, as JSON of the same values."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{json.dumps(name, ensure_ascii=False)}: {verbatim(item)}" for name, item in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(verbatim, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _object_in(line: str) -> dict[str, Any] | None:
    """The object that a line holds; None where it is something else."""
    try:
        value = _loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _not_csv(start: str) -> bool:
    first_line = start.split("\n", 1)[0]
    return (
        first_line.strip() in ("[", "[{") or start[1:].lstrip()[:1] in ("{", "[") or first_line.rstrip().endswith("]")
    )


def _as_text(value: Any) -> str | None:
    if value is None or (type(value) is Number and value == NOT_A_NUMBER):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return verbatim(value)
    except RecursionError:  # nested some hundred deep: its numbers become texts
        return json.dumps(value, ensure_ascii=False)


def as_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells of any type as texts: nested ones as JSON, null for empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_strings(column.cast(kind.value_type))
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([string_array([_nested_text(v) for v in column.to_pylist()])])
    if pa.types.is_float32(kind) or pa.types.is_float64(kind):  # pandas has no other missing number
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    strings = column.cast(pa.string())
    return pc.if_else(pc.equal(strings, ""), pa.scalar(None, pa.string()), strings)


def _nested_text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if value is None else json.dumps(value, ensure_ascii=False, default=str)
