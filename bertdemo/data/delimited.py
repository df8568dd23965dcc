"""Delimited text (CSV and its relatives) and rows of cells -> columns, with every repair counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import pyarrow as pa

from bertdemo.data.dialect import (
    NOTHING,
    BrokenQuotesError,
    Dialect,
    first_words,
    guess_dialect,
    has_cells,
    has_marked_labels,
    lines_of,
    records_of,
    sample_of,
    starts_with_label,
)
from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.header import is_named, looks_like_header, name_columns
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Keep, NotInPiecesError, Text, in_memory, keep_of, pieces_of, whole, without_lines
from bertdemo.data.preamble import COMMENT, lines_above, survey_rows_below
from bertdemo.errors import UserError

HEADER_SAMPLE = 500
BATCH_ROWS = 8192
MOST_RAGGED = 0.2
# Below this share of the line ends a lone carriage return is a stray character, not a line end.
MOST_LONE_CR = 0.05
LONE_CR = re.compile(r"\r(?!\n)")
# A quote inside a cell of a tab-separated file that did not start with one.
QUOTE_INSIDE = re.compile(r'(?:^|\t)[^"\t\r\n][^\t\r\n]*"', re.MULTILINE)
MOSTLY = 0.98
MOST_LINES_OF_CELL = 4
# What a line end becomes where it is translated twice: there is no line between its halves.
DOUBLED_END = "\r\r\n"
NO_DELIMITER = "\x1f"  # had it parted cells, it would have been found
SEPARATOR_TOLD = re.compile(r"sep=(.)\r?\n")

Record = Sequence[str | None]


@dataclass(frozen=True)
class Parsed:
    """Columns as read, before they become a `Table`. `data` holds string columns with null for empty, if not `kept`."""

    data: pa.Table
    has_header: bool = True
    delimiter: str | None = None
    quotechar: str | None = None
    notices: tuple[Finding, ...] = ()
    kept: str | None = None


@dataclass
class _Repairs:
    """Lines and rows where the reader had to decide something."""

    short: list[int] = field(default_factory=list)
    short_lines: list[int] = field(default_factory=list)
    long_lines: list[int] = field(default_factory=list)
    comment_lines: list[int] = field(default_factory=list)
    header_again: list[int] = field(default_factory=list)
    header_again_lines: list[int] = field(default_factory=list)
    blank_lines: int = 0
    first_long: tuple[int, int] = (0, 0)

    def findings(self) -> list[Finding]:
        """The repairs as findings, nothing for what did not happen."""
        found: tuple[tuple[str, str, list[int], list[int]], ...] = (
            ("rows_short", "warning", self.short_lines, self.short),
            ("rows_long", "warning", self.long_lines, []),
            ("comment_lines", "info", self.comment_lines, []),
            ("header_repeated", "warning", self.header_again_lines, self.header_again),
        )
        blank = [Finding("blank_lines", "info", self.blank_lines)] if self.blank_lines else []
        return blank + [
            Finding(code, severity, len(lines), first_rows(rows), {"lines": listed(lines)})
            for code, severity, lines, rows in found
            if lines
        ]


@dataclass
class _Gaps:
    """Records of no cell, told from those between which they stand.

    Attributes:
        before: line of a record -> how many of them stand before it.
    """

    before: dict[int, int] = field(default_factory=dict)

    def without(self, records: Iterable[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
        """The others; what stands behind the last of them is nothing."""
        waiting = 0
        for line, cells in records:
            if not cells:
                waiting += 1
                continue
            if waiting:
                self.before[line], waiting = waiting, 0
            yield line, cells


@dataclass(frozen=True)
class _Scan:
    """What one look at the whole text tells.

    Attributes:
        quotes: how often the dialect's quote stands in it; `double_quotes` the same of ``"``.
        doubled: two double quotes stand side by side.
        inside: a quote stands inside a tab-separated cell that did not start with one.
        even: every filled line is cut alike, into two cells or more, if quotes mean nothing.
        lines: filled lines, where they are even.
    """

    quotes: int
    double_quotes: int
    doubled: bool
    inside: bool
    even: bool
    lines: int


def read_delimited(text: Text, asked: Overrules = NOTHING) -> Parsed:
    """Read CSV-like text; what is `asked` overrules what the content says.

    Raises:
        UserError: ``quote_unclosed``, ``rows_ragged`` (both name the line) or ``no_rows``.
        NotInPiecesError: a text in pieces can't be judged without all of it.
    """
    text = without_lines(text, asked.skip_rows)
    text, delimiter, notices = _clean(text, asked.delimiter)
    if asked.skip_rows:
        lines = f"1–{asked.skip_rows}" if asked.skip_rows > 1 else "1"
        notices.append(Finding("preamble_skipped", "info", asked.skip_rows, params={"lines": lines}))
    asked, has_header = replace(asked, delimiter=delimiter), asked.has_header
    if delimiter in (None, " ") and not asked.quotechar and _parts_at_space(text, delimiter):
        parsed = tabulate(first_words(text), False, 2, keep_of(text))
        code = "split_behind_labels" if has_marked_labels(text) else "split_at_first_space"
        notice = Finding(code, "info", parsed.data.num_rows)
        return replace(parsed, delimiter=" ", notices=(*notices, *parsed.notices, notice))
    dialect, width = guess_dialect(text, asked)
    shown = dialect.delimiter
    if asked.blank_rows and DOUBLED_END not in sample_of(text):
        dialect = replace(dialect, blank_from=asked.skip_rows + 1)
    if asked.blank_rows and width == 1 and delimiter is None:  # a comma in a list of texts parts no cells
        dialect = replace(dialect, delimiter=NO_DELIMITER)
    seen = _scan(text, dialect)
    if dialect.quotechar is None or not seen.quotes:
        parsed = _tabulate_text(text, dialect, has_header, width, seen)
    elif asked.quotes:
        parsed = _read_as_told(text, dialect, width, has_header)
    else:
        parsed = _read_quoted(text, dialect, width, has_header, seen)
    return replace(parsed, delimiter=shown, notices=(*notices, *parsed.notices))


def _parts_at_space(text: Text, delimiter: str | None) -> bool:
    """Whether each line is a label, a space and a text; where the space is not `delimiter` by word, no other fits."""
    return starts_with_label(text) and (delimiter == " " or not has_cells(text))


def tabulate(
    records: Iterable[tuple[int, Record]],
    has_header: bool | None = None,
    width: int | None = None,
    keep: Keep = in_memory,
) -> Parsed:
    """Rows of cells -> columns: header, preamble, short and long rows.

    Args:
        records: line number and cells of each row; no cells where a line has nothing on it. Such a line is a row of
            a table of one column, where it stands between rows, and counted in others.
        width: number of columns where there is no header to tell; None: the commonest width of the head.
        keep: what becomes of the rows as they are read.

    Raises:
        UserError: ``no_rows`` or ``rows_ragged``.
    """
    gaps = _Gaps()
    stream = gaps.without(records)
    head = list(islice(stream, HEADER_SAMPLE))
    if not head:
        raise UserError("file_empty")
    width = width or Counter(len(cells) for _, cells in head).most_common(1)[0][0]
    above = lines_above([cells for _, cells in head], width, has_header)
    skipped, comments = _told_apart(head[:above])
    head = head[above:]
    surveyed = survey_rows_below([cells for _, cells in head]) if has_header is not False else 0
    guessed, notices = has_header is None, []
    if has_header is None:
        has_header = surveyed > 0 or looks_like_header([cells for _, cells in head])
    if skipped:
        notices.append(Finding("preamble_skipped", "warning", len(skipped), params={"lines": listed(skipped)}))
    repairs = _Repairs(comment_lines=comments)
    names: Record = head[0][1] if has_header else ()
    if surveyed:
        lines = [line for line, _ in head[1 : surveyed + 1]]
        notices.append(Finding("survey_rows_skipped", "info", surveyed, params={"lines": listed(lines)}))
        del head[1 : surveyed + 1]
    columns, renamed = name_columns(names, len(names) or width)
    if has_header:
        head = head[1:]
        notices += renamed
        if guessed and len(columns) == 1 and not is_named(columns[0]):  # it may be the first of the texts
            notices.append(Finding("header_guessed", "info", 1, params={"name": columns[0][:60]}))
    else:
        notices.append(Finding("header_missing", "info", 1, params={"names": listed(columns)}))
    batches = _batches(chain(head, stream), columns, list(names), repairs, gaps)
    data = keep(pa.schema([(name, pa.string()) for name in columns]), batches)
    notices += repairs.findings()
    if not data.num_rows and not repairs.long_lines:
        raise UserError("no_rows", columns=listed([name[:40] for name in columns]))
    if len(repairs.long_lines) > MOST_RAGGED * (data.num_rows + len(repairs.long_lines)):
        line, cells = repairs.first_long
        raise UserError("rows_ragged", line=line, found=cells, expected=len(columns))
    return Parsed(data, has_header, notices=tuple(notices))


def _told_apart(above: Sequence[tuple[int, Record]]) -> tuple[list[int], list[int]]:
    """The numbers of the lines above a table: of those that are skipped, and of comments."""
    filled = [(line, cells[0] or "") for line, cells in above if any(cells)]
    comments = [line for line, first in filled if first.startswith(COMMENT)]
    return [line for line, _ in filled if line not in comments], comments


def string_array(cells: Sequence[str | None]) -> pa.Array:
    """A string array with null for None and "". Lone surrogates, which no UTF-8 can hold, become U+FFFD."""
    cells = [cell or None for cell in cells]
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        mended = [cell and cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for cell in cells]
        return pa.array(mended, pa.string())


def _clean(text: Text, delimiter: str | None) -> tuple[Text, str | None, list[Finding]]:
    notices: list[Finding] = []
    if not isinstance(text, str):  # what would have to be cleaned is seen by the scan
        if SEPARATOR_TOLD.match(text.head):
            raise NotInPiecesError
        return text, delimiter, notices
    if "\0" in text:
        notices.append(Finding("nul_removed", "warning", text.count("\0")))
        text = text.replace("\0", "")
    lone_cr = text.count("\r") - text.count("\r\n")
    if 0 < lone_cr < MOST_LONE_CR * text.count("\n"):
        parts = text.split('"')
        replaced = sum(len(LONE_CR.findall(part)) for part in parts[::2])
        if replaced:
            parts[::2] = [LONE_CR.sub(" ", part) for part in parts[::2]]
            text = '"'.join(parts)
            notices.append(Finding("carriage_returns", "info", replaced))
    told = SEPARATOR_TOLD.match(text)
    if told:
        text = text[told.end() :]
        delimiter = delimiter or told.group(1)
    return text, delimiter, notices


def _scan(text: Text, dialect: Dialect) -> _Scan:
    quotes = double_quotes = lines = 0
    doubled = inside = False
    cuts: set[int] = set()
    for piece in pieces_of(text):
        if not isinstance(text, str) and ("\0" in piece or piece.count("\r") != piece.count("\r\n")):
            raise NotInPiecesError
        quotes += piece.count(dialect.quotechar) if dialect.quotechar else 0
        double_quotes += piece.count('"')
        doubled = doubled or '""' in piece
        inside = inside or (dialect.delimiter == "\t" and QUOTE_INSIDE.search(piece) is not None)
        for line in lines_of(piece):
            if len(cuts) > 1:  # uneven, whatever follows
                break
            if not line.isspace():
                cuts.add(line.count(dialect.delimiter))
                lines += 1
    return _Scan(quotes, double_quotes, doubled, inside, len(cuts) == 1 and 0 not in cuts, lines)


def _share_alike(text: str, delimiter: str) -> float:
    """The share of the filled lines that is cut alike, into two cells or more, if quotes mean nothing."""
    widths = Counter(line.count(delimiter) for line in lines_of(text) if not line.isspace())
    cuts, hits = widths.most_common(1)[0] if widths else (0, 0)
    return hits / widths.total() if cuts else 0.0


def _read_quoted(text: Text, dialect: Dialect, width: int, has_header: bool | None, seen: _Scan) -> Parsed:
    """Read by the quoting rules; where those eat lines or break, judge what the quotes are instead."""
    if dialect.delimiter == "\t" and seen.even and not seen.doubled and seen.inside:
        return _quotes_as_text(text, dialect, has_header, width, seen)
    records = records_of(text, dialect, strict=True)
    # where lines by themselves are a table too, what quoting makes of them is looked at
    counted = _Counted(records, dialect) if seen.even and width > 1 else None
    try:
        parsed = tabulate(counted or records, has_header, width, keep_of(text))
    except BrokenQuotesError as broken:
        return _read_broken_quotes(whole(text), dialect, has_header, width, seen, broken.line)
    except UserError:
        if not seen.even or width == 1:
            raise
        return _quotes_as_text(text, dialect, has_header, width, seen)
    if counted and counted.records < seen.lines and not counted.well_quoted(seen):
        return _quotes_as_text(text, dialect, has_header, width, seen)
    return replace(parsed, quotechar=dialect.quotechar)


def _read_as_told(text: Text, dialect: Dialect, width: int, has_header: bool | None) -> Parsed:
    """By the quoting rules to the letter, since a person said so."""
    try:
        parsed = tabulate(records_of(text, dialect, strict=True), has_header, width, keep_of(text))
    except BrokenQuotesError as broken:
        raise UserError("quote_unclosed", line=broken.line, quote=dialect.quotechar) from None
    return replace(parsed, quotechar=dialect.quotechar)


def _read_broken_quotes(
    text: str, dialect: Dialect, has_header: bool | None, width: int, seen: _Scan, line: int
) -> Parsed:
    assert dialect.quotechar
    if "\\" + dialect.quotechar in text:
        escaped = replace(dialect, escapechar="\\")
        try:
            parsed = tabulate(records_of(text, escaped, strict=True), has_header, width)
            return replace(parsed, quotechar=dialect.quotechar)
        except BrokenQuotesError:
            pass
    plain_dialect = replace(dialect, quotechar=None)
    unclosed = _quotes_on_line(text, dialect.quotechar, line) % 2 == 1
    alike = _share_alike(text, dialect.delimiter)
    if alike >= MOSTLY and (dialect.delimiter == "\t" or not unclosed):
        return _quotes_as_text(text, dialect, has_header, width, seen)
    if unclosed and (head := _before_last_line(text, line)):
        last = text[len(head) :]
        records = chain(records_of(head, dialect), ((line, cells) for _, cells in records_of(last, plain_dialect)))
        parsed = tabulate(records, has_header, width)
        stray = Finding("quote_unclosed_at_end", "warning", 1, params={"line": line, "quote": dialect.quotechar})
        return replace(parsed, quotechar=dialect.quotechar, notices=(*parsed.notices, stray))
    if unclosed:
        raise UserError("quote_unclosed", line=line, quote=dialect.quotechar)
    parsed = _tabulate_text(text, dialect, has_header, width, seen)
    stray = Finding("quote_stray", "warning", 1, params={"line": line, "quote": dialect.quotechar})
    return replace(parsed, notices=(*parsed.notices, stray))


def _before_last_line(text: str, line: int) -> str | None:
    """What stands before line `line`, where that is the last one with anything on it."""
    head = list(islice(lines_of(text), line))
    before = sum(map(len, head[:-1]))
    return text[:before] if len(head) == line and not text[before + len(head[-1]) :].strip() else None


def _quotes_on_line(text: str, quotechar: str, line: int) -> int:
    return next(islice(lines_of(text), line - 1, line), "").count(quotechar)


def _quotes_as_text(text: Text, dialect: Dialect, has_header: bool | None, width: int, seen: _Scan) -> Parsed:
    return _tabulate_text(text, replace(dialect, quotechar=None), has_header, width, seen)


def _tabulate_text(text: Text, dialect: Dialect, has_header: bool | None, width: int, seen: _Scan) -> Parsed:
    parsed = tabulate(records_of(text, dialect), has_header, width, keep_of(text))
    if dialect.quotechar:
        return replace(parsed, quotechar=dialect.quotechar if seen.quotes else None)
    if not seen.double_quotes:
        return parsed
    notice = Finding("quotes_as_text", "info", seen.double_quotes)
    return replace(parsed, notices=(*parsed.notices, notice))


class _Counted:
    """Records passed on; how many they are, how many lines the longest takes, and whether cells hold quotes."""

    def __init__(self, records: Iterator[tuple[int, list[str]]], dialect: Dialect) -> None:
        self._stream = records
        self._quote = dialect.quotechar or ""
        self.records = self.most_lines = 0
        self.quotes_inside = False

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        before = 0
        for record in self._stream:
            if not record[1]:
                yield record
                continue
            self.records += 1
            self.most_lines = max(self.most_lines, record[0] - before)
            before = record[0]
            self.quotes_inside = self.quotes_inside or self._quote in "\0".join(record[1])
            yield record

    def well_quoted(self, seen: _Scan) -> bool:
        """Whether cells of several lines are meant: quotes inside of cells are doubled, and no cell runs on and on."""
        return self.most_lines <= MOST_LINES_OF_CELL and (seen.doubled or not self.quotes_inside)


def _batches(
    records: Iterator[tuple[int, Record]],
    columns: tuple[str, ...],
    header: list[str | None],
    repairs: _Repairs,
    gaps: _Gaps,
) -> Iterator[pa.RecordBatch]:
    schema = pa.schema([(name, pa.string()) for name in columns])
    row = 0
    while batch := list(islice(records, BATCH_ROWS)):
        kept: list[Record] = []
        for line, cells in batch:
            blank = gaps.before.pop(line, 0)
            if len(columns) == 1:
                kept += [[None]] * blank
                row += blank
            else:
                repairs.blank_lines += blank
            fitted = cells if len(cells) == len(columns) else _fit(cells, len(columns), line, row, repairs)
            if fitted is None:
                continue
            if fitted == header:
                repairs.header_again.append(row)
                repairs.header_again_lines.append(line)
            kept.append(fitted)
            row += 1
        arrays = [string_array([cells[i] for cells in kept]) for i in range(len(columns))]
        yield pa.record_batch(arrays, schema=schema)


def _fit(cells: Record, width: int, line: int, row: int, repairs: _Repairs) -> Record | None:
    """The row at the table's width; None where it is left out. Either way it is counted."""
    if len(cells) < width:
        if len(cells) == 1 and (cells[0] or "").startswith(COMMENT):
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
