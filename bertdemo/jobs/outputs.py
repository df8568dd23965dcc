"""Rows out to a file of any size: CSV, TSV, JSON Lines, Parquet or Excel, the same bytes for the same rows."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq

from bertdemo.errors import UserError

KINDS = {"csv": ".csv", "tsv": ".tsv", "jsonl": ".jsonl", "parquet": ".parquet", "excel": ".xlsx"}
"""What can be written, and the ending of its name."""
SPREADSHEETS = ("csv", "tsv", "excel")
"""Kinds that a spreadsheet program opens, and may take texts in for formulas."""
EXCEL_ROWS, EXCEL_COLUMNS, EXCEL_CHARACTERS = 1_048_576, 16_384, 32_767
GROUP_ROWS, GROUP_BYTES = 65_536, 256_000_000
"""A row group of Parquet ends with the chunk that makes it as large; till then it is held."""
STARTS = "[=+\\-@＝＋－＠]"
"""What a formula begins with; spreadsheets for Chinese and Japanese take the full-width marks too."""
UNSEEN = "[\\s\ufeff\u200b\u2060\x00-\x1f]*"
FORMULA = re.compile(f"[\t\r\n]|{UNSEEN}{STARTS}")
FORMULA_INSIDE = re.compile(f"[;,|\t\r\n]{UNSEEN}{STARTS}")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*[.,]?|[.,]\d+)([eE][+-]?\d+)?\s?%?")
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

_encoded = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes one for every call

Cell = str | float | int | None
Columns = Sequence[Sequence[Cell]]
"""Cells column by column; of Parquet a column may be an Arrow array."""


def kind_for(path: Path) -> str:
    """What to write to a file of that name. Raises ``kind_unknown`` for any other ending than those of `KINDS`."""
    for kind, suffix in KINDS.items():
        if path.suffix.lower() == suffix:
            return kind
    raise UserError("kind_unknown", ending=path.suffix or path.name, endings=", ".join(KINDS.values()))


def like(form: str, delimiter: str | None) -> str:
    """The kind that is most like the file that came in, by its `Reading`."""
    kinds = {"json": "jsonl", "jsonl": "jsonl", "parquet": "parquet", "arrow": "parquet", "excel": "excel"}
    return kinds.get(form, "tsv" if delimiter == "\t" else "csv")


def check_fits(kind: str, rows: int, columns: int) -> None:
    """Raises ``excel_too_small`` where so many rows (without the header) or columns don't fit a sheet."""
    if kind == "excel" and (rows + 1 > EXCEL_ROWS or columns > EXCEL_COLUMNS):
        raise UserError("excel_too_small", rows=rows, columns=columns)


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it, where it begins as one does.

    As OWASP advises against CSV injection: texts that begin with ``= + - @``, also full-width or behind what is not
    seen, or with a tab or a line end. Plain numbers stay as they are.
    """
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell.strip(" ")) else cell


def excel_length(text: str) -> int:
    """Characters as Excel counts them, in units of UTF-16: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def excel_cut(text: str) -> str:
    """As much of a text as a cell of Excel takes; no character is parted."""
    if excel_length(text) <= EXCEL_CHARACTERS:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * EXCEL_CHARACTERS].decode("utf-16-le", "ignore")


class Out(Protocol):
    """A file that is being written; `write` adds rows, as columns of cells."""

    def write(self, columns: Columns) -> None: ...

    def __enter__(self) -> Out: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_out(kind: str, path: Path, columns: pa.Schema, delimiter: str = ",", objects: str | None = None) -> Out:
    """A new file at `path` with columns of these names and types: texts, float64, int64 or bool; of Parquet any.

    Spreadsheets get yes and no for bool.

    Args:
        delimiter: of CSV.
        objects: of JSON Lines the column that holds objects as JSON: the other columns become names beside theirs.
    """
    names = columns.names
    if kind == "jsonl":
        return _JsonLines(path, names, None if objects is None else names.index(objects))
    if kind == "parquet":
        return _Parquet(path, columns)
    if kind == "excel":
        return _Excel(path, names)
    return _Delimited(path, names, "\t" if kind == "tsv" else delimiter)


def _digits(cell: Cell) -> Cell:
    """A cell as spreadsheets get it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"{cell:.6f}" if isinstance(cell, float) else cell


class _Text:
    """What CSV and JSON Lines share: a UTF-8 file."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


class _Delimited(_Text):
    def __init__(self, path: Path, names: Sequence[str], delimiter: str) -> None:
        super().__init__(path)
        self.writer = csv.writer(self.file, delimiter=delimiter)
        self.quoting = csv.writer(self.file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        self._write_row(names)

    def write(self, columns: Columns) -> None:
        for row in zip(*columns, strict=True):
            self._write_row(row)

    def _write_row(self, row: Sequence[Cell]) -> None:
        # a program that splits at another mark than ours would find a cell that begins as a formula does
        parted = any(isinstance(cell, str) and FORMULA_INSIDE.search(cell) for cell in row)
        (self.quoting if parted else self.writer).writerow([_digits(cell) for cell in row])


class _JsonLines(_Text):
    def __init__(self, path: Path, names: Sequence[str], objects: int | None) -> None:
        super().__init__(path)
        self.names, self.objects = [_encoded(name) for name in names], objects

    def write(self, columns: Columns) -> None:
        for row in zip(*columns, strict=True):
            inside = [self._written(place, cell) for place, cell in enumerate(row)]
            self.file.write(f"{{{', '.join(filter(None, inside))}}}\n")

    def _written(self, place: int, cell: Cell) -> str:
        if place == self.objects:
            return str(cell)[1:-1].strip()
        value = round(cell, 6) if isinstance(cell, float) else cell
        return f"{self.names[place]}: {_encoded(value)}"


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.writer = pq.ParquetWriter(path, schema, compression="zstd")
        self.waiting: list[pa.RecordBatch] = []

    def __enter__(self) -> _Parquet:
        return self

    def write(self, columns: Columns) -> None:
        arrays = [
            column.combine_chunks() if isinstance(column, pa.ChunkedArray) else pa.array(column, field.type)
            for column, field in zip(columns, self.schema, strict=True)
        ]
        self.waiting.append(pa.record_batch(arrays, schema=self.schema))
        rows, size = (sum(getattr(batch, of) for batch in self.waiting) for of in ("num_rows", "nbytes"))
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self.waiting:
            self.writer.write_table(pa.Table.from_batches(self.waiting), row_group_size=2 * GROUP_ROWS)
            self.waiting = []

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        self.writer.close()


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="classified" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


class _Excel:
    """A workbook of one sheet (ECMA-376), row by row; openpyxl writes the time of day into it and takes long."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        for part, text in PARTS.items():
            self.archive.writestr(self._entry(part), DECLARED + text)
        self.sheet = self.archive.open(self._entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True)
        self.sheet.write(f'{DECLARED}<worksheet xmlns="{SHEET}"><sheetData>'.encode())
        self.write([[name] for name in names])

    @staticmethod
    def _entry(name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        return entry

    def __enter__(self) -> _Excel:
        return self

    def write(self, columns: Columns) -> None:
        rows = (f"<row>{''.join(map(_cell_xml, row))}</row>" for row in zip(*columns, strict=True))
        self.sheet.write("".join(rows).encode())

    def __exit__(self, *_: object) -> None:
        self.sheet.write(b"</sheetData></worksheet>")
        self.sheet.close()
        self.archive.close()


def _cell_xml(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if not isinstance(cell, str | bool):
        return f"<c><v>{_digits(cell)}</v></c>"
    cell = str(_digits(cell))
    text = NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", ESCAPED.sub("_x005F_", excel_cut(cell)))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text, {chr(13): "&#13;"})}</t></is></c>'
