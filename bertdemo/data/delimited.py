"""Delimited text (CSV and its relatives) and rows of cells -> columns, with every repair counted."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa

from bertdemo.data.dialect import Dialect, guess_dialect, records_of
from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.header import looks_like_header, name_columns
from bertdemo.errors import UserError

HEADER_SAMPLE = 500
BATCH_ROWS = 50_000
MOST_RAGGED = 0.2
MOST_PREAMBLE = 30

Record = Sequence[str | None]


@dataclass(frozen=True)
class Parsed:
    """Columns as read, before they become a `Table`. `data` holds string columns with null for empty."""

    data: pa.Table
    has_header: bool = True
    delimiter: str | None = None
    quotechar: str | None = None
    notices: tuple[Finding, ...] = ()


@dataclass
class _Repairs:
    """Lines and rows where the reader had to decide something."""

    short: list[int] = field(default_factory=list)
    short_lines: list[int] = field(default_factory=list)
    long_lines: list[int] = field(default_factory=list)
    comment_lines: list[int] = field(default_factory=list)
    header_again: list[int] = field(default_factory=list)
    header_again_lines: list[int] = field(default_factory=list)
    first_long: tuple[int, int] = (0, 0)

    def findings(self) -> list[Finding]:
        """The repairs as findings, nothing for what did not happen."""
        found = (
            ("rows_short", "warning", self.short_lines, self.short),
            ("rows_long", "warning", self.long_lines, []),
            ("comment_lines", "info", self.comment_lines, []),
            ("header_repeated", "warning", self.header_again_lines, self.header_again),
        )
        return [
            Finding(code, severity, len(lines), first_rows(rows), {"lines": listed(lines)})
            for code, severity, lines, rows in found
            if lines
        ]


def read_delimited(text: str, delimiter: str | None = None, has_header: bool | None = None) -> Parsed:
    """Read CSV-like text. `delimiter` and `has_header` overrule what the content says.

    Raises:
        UserError: ``quote_unclosed``, ``rows_ragged`` (both name the line) or ``no_rows``.
    """
    text, delimiter, notices = _clean(text, delimiter)
    dialect, width = guess_dialect(text, delimiter)
    if dialect.quotechar is None or dialect.quotechar not in text:
        parsed = _tabulate_text(text, dialect, has_header)
    else:
        parsed = _read_quoted(text, dialect, width, has_header)
    return Parsed(
        parsed.data, parsed.has_header, dialect.delimiter, parsed.quotechar, (*notices, *parsed.notices)
    )


def tabulate(
    records: Iterable[tuple[int, Record]], has_header: bool | None = None, width: int | None = None
) -> Parsed:
    """Rows of cells -> columns: header, preamble, short and long rows.

    Args:
        records: line number and cells of each row.
        width: number of columns where there is no header to tell; None: the commonest width of the head.

    Raises:
        UserError: ``no_rows`` or ``rows_ragged``.
    """
    stream = iter(records)
    head = list(islice(stream, HEADER_SAMPLE))
    if not head:
        raise UserError("file_empty")
    width = width or Counter(len(cells) for _, cells in head).most_common(1)[0][0]
    head, skipped, comments = _skip_preamble(head, width)
    if has_header is None:
        has_header = looks_like_header([cells for _, cells in head]) if len(head) > 1 else True
    notices = []
    if skipped:
        notices.append(Finding("preamble_skipped", "warning", len(skipped), params={"lines": listed(skipped)}))
    repairs = _Repairs(comment_lines=comments)
    names: Record = head[0][1] if has_header else ()
    columns, renamed = name_columns(names, len(names) or width)
    if has_header:
        head = head[1:]
        notices += renamed
    else:
        notices.append(Finding("header_missing", "info", 1, params={"names": listed(columns)}))
    data = _build(_chain(head, stream), columns, list(names), repairs)
    notices += repairs.findings()
    if not data.num_rows and not repairs.long_lines:
        raise UserError("no_rows", columns=listed(columns))
    if len(repairs.long_lines) > MOST_RAGGED * (data.num_rows + len(repairs.long_lines)):
        line, cells = repairs.first_long
        raise UserError("rows_ragged", line=line, found=cells, expected=len(columns))
    return Parsed(data, has_header, notices=tuple(notices))


def string_array(cells: Sequence[str | None]) -> pa.Array:
    """A string array with null for None and "". Lone surrogates, which no UTF-8 can hold, become U+FFFD."""
    cells = [cell or None for cell in cells]
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        mended = [cell and cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for cell in cells]
        return pa.array(mended, pa.string())


def _clean(text: str, delimiter: str | None) -> tuple[str, str | None, list[Finding]]:
    notices = []
    if "\0" in text:
        notices.append(Finding("nul_removed", "warning", text.count("\0")))
        text = text.replace("\0", "")
    told = re.match(r"sep=(.)\r?\n", text)
    if told:
        text = text[told.end() :]
        delimiter = delimiter or told.group(1)
    return text, delimiter, notices


def _read_quoted(text: str, dialect: Dialect, width: int, has_header: bool | None) -> Parsed:
    """Read by the quoting rules; where those eat lines or break, judge what the quotes are instead."""
    lines, plain = _plain_lines(text, dialect.delimiter)
    try:
        counted = _Counted(records_of(text, dialect, strict=True))
        parsed = tabulate(counted, has_header, width)
    except csv.Error:
        return _read_broken_quotes(text, dialect, width, has_header, plain, counted.next_line)
    if plain and counted.records < lines and width > 1:
        return _quotes_as_text(text, dialect, has_header)
    return Parsed(parsed.data, parsed.has_header, None, dialect.quotechar, parsed.notices)


def _read_broken_quotes(
    text: str, dialect: Dialect, width: int, has_header: bool | None, plain: bool, line: int
) -> Parsed:
    assert dialect.quotechar
    if "\\" + dialect.quotechar in text:
        escaped = Dialect(dialect.delimiter, dialect.quotechar, "\\")
        try:
            parsed = tabulate(records_of(text, escaped, strict=True), has_header, width)
            return Parsed(parsed.data, parsed.has_header, None, dialect.quotechar, parsed.notices)
        except csv.Error:
            pass
    if plain and (dialect.delimiter == "\t" or not _opens_and_never_closes(text, dialect, line)):
        return _quotes_as_text(text, dialect, has_header)
    if dialect.delimiter == "\t" and "\n" + dialect.quotechar not in text:
        return _quotes_as_text(text, dialect, has_header)
    if _opens_and_never_closes(text, dialect, line):
        raise UserError("quote_unclosed", line=line, quote=dialect.quotechar)
    parsed = _tabulate_text(text, dialect, has_header)
    stray = Finding("quote_stray", "warning", 1, params={"line": line, "quote": dialect.quotechar})
    return Parsed(parsed.data, parsed.has_header, None, dialect.quotechar, (*parsed.notices, stray))


def _opens_and_never_closes(text: str, dialect: Dialect, line: int) -> bool:
    """Whether the record that starts on `line` has an odd number of quotes on its first line."""
    assert dialect.quotechar
    lines = text.splitlines() if "\n" not in text else text.split("\n")
    return line <= len(lines) and lines[line - 1].count(dialect.quotechar) % 2 == 1


def _quotes_as_text(text: str, dialect: Dialect, has_header: bool | None) -> Parsed:
    assert dialect.quotechar
    parsed = _tabulate_text(text, Dialect(dialect.delimiter, None), has_header)
    params = {"quote": dialect.quotechar}
    notice = Finding("quotes_as_text", "info", text.count(dialect.quotechar), params=dict(params))
    return Parsed(parsed.data, parsed.has_header, None, None, (*parsed.notices, notice))


def _tabulate_text(text: str, dialect: Dialect, has_header: bool | None) -> Parsed:
    parsed = tabulate(records_of(text, dialect), has_header)
    quotechar = dialect.quotechar if dialect.quotechar and dialect.quotechar in text else None
    return Parsed(parsed.data, parsed.has_header, None, quotechar, parsed.notices)


def _plain_lines(text: str, delimiter: str) -> tuple[int, bool]:
    """Number of filled lines, and whether all are cut alike with quotes taken as plain characters."""
    widths = Counter(line.count(delimiter) for line in text.split("\n" if "\n" in text else "\r") if line.strip())
    return widths.total(), len(widths) == 1 and 0 not in widths


class _Counted:
    """Records passed on, counted, with the line where the record being read starts."""

    def __init__(self, records: Iterator[tuple[int, list[str]]]) -> None:
        self._stream = records
        self.records = 0
        self.next_line = 1

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in self._stream:
            self.records += 1
            yield line, cells
            self.next_line = line + 1 + sum(cell.count("\n") for cell in cells)


def _skip_preamble(
    head: list[tuple[int, Record]], width: int
) -> tuple[list[tuple[int, Record]], list[int], list[int]]:
    """Drop title and comment lines above a table of at least two columns."""
    skipped: list[int] = []
    comments: list[int] = []
    place = 0
    while width > 1 and place < min(MOST_PREAMBLE, len(head) - 1):
        line, cells = head[place]
        if sum(bool((cell or "").strip()) for cell in cells) > 1 and len(cells) * 2 > width:
            break
        (comments if (cells[0] or "").startswith("#") else skipped).append(line)
        place += 1
    return head[place:], skipped, comments


def _chain(head: list[tuple[int, Record]], rest: Iterator[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
    yield from head
    yield from rest


def _build(
    records: Iterator[tuple[int, Record]], columns: tuple[str, ...], header: list[str | None], repairs: _Repairs
) -> pa.Table:
    schema = pa.schema([(name, pa.string()) for name in columns])
    batches = []
    row = 0
    while True:
        kept: list[Record] = []
        for line, cells in islice(records, BATCH_ROWS):
            fitted = cells if len(cells) == len(columns) else _fit(cells, len(columns), line, row, repairs)
            if fitted is None:
                continue
            if fitted == header:
                repairs.header_again.append(row)
                repairs.header_again_lines.append(line)
            kept.append(fitted)
            row += 1
        if not kept:
            break
        batches.append(pa.record_batch([string_array(c) for c in zip(*kept, strict=True)], schema=schema))
    return pa.Table.from_batches(batches, schema)


def _fit(cells: Record, width: int, line: int, row: int, repairs: _Repairs) -> Record | None:
    """The row at the table's width; None where it is left out. Either way it is counted."""
    if len(cells) < width:
        if len(cells) == 1 and (cells[0] or "").startswith("#"):
            repairs.comment_lines.append(line)
            return None
        repairs.short.append(row)
        repairs.short_lines.append(line)
        return [*cells, *[None] * (width - len(cells))]
    if any((cell or "").strip() for cell in cells[width:]):
        if not repairs.long_lines:
            repairs.first_long = (line, len(cells))
        repairs.long_lines.append(line)
        return None
    return cells[:width]
