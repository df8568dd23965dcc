"""Which character separates the cells and which one quotes them, judged on a sample of the text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bertdemo.data.names import ANY_NAME, words_of
from bertdemo.data.overrules import Overrules
from bertdemo.data.pieces import Text, pieces_of

SAMPLE_CHARACTERS = 200_000
# Delimiters and what each has to make up for: a rare one must fit much better than a common one.
DELIMITERS = {",": 0.0, "\t": 0.0, ";": 0.0, "|": 0.0}
RARE_DELIMITERS = {
    "^": 0.1,
    "~": 0.1,
    "\x01": 0.0,
    "\x1f": 0.0,
    "\x1e": 0.0,
    ":": 0.2,
    "#": 0.2,
    "&": 0.2,
    "*": 0.2,
}
CHUNK_CHARACTERS = 1_000_000
LABEL_MARK = "__label__"
# A first word that is surely a label and not the start of a sentence.
LABEL_WORD = re.compile(r"__label__\S+|[A-Z][A-Z0-9_]+(:\w+)?|[-+]?\d{1,3}")
CUT_ALIKE = 0.98
"""The share of lines that have to be cut alike where each also looks like a label before its text."""
LARGEST_FIELD = 2**31 - 1
NOTHING = Overrules()


@dataclass(frozen=True)
class Dialect:
    """How a delimited text is cut. `quotechar` None: quotes are plain characters.

    Attributes:
        blank_from: the first line from which on lines with nothing on them give a record too, of no cell.
        spaced: spaces behind a delimiter are no part of a cell, and a quote may follow them.
    """

    delimiter: str
    quotechar: str | None = '"'
    escapechar: str | None = None
    blank_from: int | None = None
    spaced: bool = False


class BrokenQuotesError(ValueError):
    """The quoting of a record is broken; `line` is where that record starts."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def records_of(text: Text, dialect: Dialect, strict: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of the line where each starts (from 1). Blank lines give none, if none are asked for.

    Raises:
        BrokenQuotesError: `strict`, and the quoting is broken.
    """
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(
        lines_of(text),
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar,
        quoting=csv.QUOTE_MINIMAL if dialect.quotechar else csv.QUOTE_NONE,
        escapechar=dialect.escapechar,
        doublequote=dialect.escapechar is None,
        strict=strict,
        skipinitialspace=dialect.spaced,
    )
    line = 1
    try:
        for record in reader:
            if len(record) > 1 or (record and record[0].strip()):
                yield line, record
            elif dialect.blank_from is not None and line >= dialect.blank_from:
                yield line, record if record == [""] else []  # two quotes are an empty cell
            line = reader.line_num + 1
    except csv.Error as error:
        raise BrokenQuotesError(line) from error


def lines_of(text: Text) -> Iterator[str]:
    """Lines with their ends (LF, CRLF, CR), without a second copy of a large text in memory."""
    for piece in pieces_of(text):
        start = 0
        while start < len(piece):
            end = piece.find("\n", start + CHUNK_CHARACTERS) + 1 or len(piece)
            yield from io.StringIO(piece[start:end], newline="")
            start = end


def sample_of(text: Text) -> str:
    """The head of the text, cut at a line end."""
    text = text if isinstance(text, str) else text.head
    if len(text) <= SAMPLE_CHARACTERS:
        return text
    head = text[:SAMPLE_CHARACTERS]
    cut = max(head.rfind("\n"), head.rfind("\r")) + 1
    return head[:cut] if cut else head


def guess_dialect(text: Text, asked: Overrules = NOTHING) -> tuple[Dialect, int]:
    """The dialect that cuts the sample most evenly, and its number of columns (1: nothing cuts it)."""
    sample, delimiter = sample_of(text), asked.delimiter
    quotes = asked.quotes or _quotes_to_try(sample)
    best, best_score, best_width = Dialect(delimiter or ",", quotes[0]), 0.0, 1
    present = {d: cost for d, cost in (DELIMITERS | RARE_DELIMITERS).items() if d in sample}
    for candidate, cost in {delimiter: 0.0}.items() if delimiter is not None else present.items():
        for quote in quotes:
            if quote is None and not asked.quotes and not _breaks(sample, Dialect(candidate, '"')):
                continue
            for spaced in (False, True) if quote and f"{candidate} {quote}" in sample else (False,):
                dialect = Dialect(candidate, quote, spaced=spaced)
                score, width = _evenness(sample, dialect, common=candidate in DELIMITERS)
                score -= cost + (0.001 if quote is None else 0)
                if score > best_score:
                    best, best_score, best_width = dialect, score, width
    if delimiter is None and best_width == 1:
        return Dialect(",", quotes[0]), 1
    return best, best_width


def starts_with_label(text: Text) -> bool:
    """Whether every line is a label, a space and a text, as in TREC and fastText files."""
    lines = [line for line in sample_of(text).splitlines() if line.strip()]
    words = [line.split(" ", 1)[0] for line in lines]
    if len(lines) < 10 or sum(bool(LABEL_WORD.fullmatch(word)) for word in words) < 0.99 * len(lines):
        return False
    return 2 <= len(set(words)) <= len(lines) / 4


def has_cells(text: Text) -> bool:
    """Whether a delimiter cuts lines that all start with a label's word: into named columns, or nearly all alike.

    Lines whose labels are marked have none; neither have those that a comma and a space cut without a header, as they
    do in sentences.
    """
    if has_marked_labels(text):
        return False
    dialect, width = guess_dialect(text)
    if width == 1 or dialect.delimiter not in DELIMITERS:
        return False
    try:
        records = [record for _, record in records_of(sample_of(text), dialect)]
    except BrokenQuotesError:
        return False
    first = records[0]
    headed = len(first) == width and not LABEL_WORD.fullmatch(first[0].split(" ", 1)[0])
    if headed and any(_names_a_column(cell) for cell in first):
        return True
    alike = [record for record in records if len(record) == width]
    sentences = not headed and all(record[1].startswith(" ") for record in alike)
    return len(alike) >= CUT_ALIKE * len(records) and not sentences


def has_marked_labels(text: Text) -> bool:
    """Whether every line starts as fastText has it: with ``__label__`` before each of its labels."""
    return all(line.startswith(LABEL_MARK) for line in sample_of(text).splitlines() if line.strip())


def first_words(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Records of two cells: the first word of a line, and the rest.

    Marked labels are read without their mark, several of them in one cell with ``|`` between them.
    """
    marked = has_marked_labels(text)
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            label, _, rest = line.rstrip("\r\n").partition(" ")
            labels = [label]
            while marked and rest.startswith(LABEL_MARK):
                label, _, rest = rest.partition(" ")
                labels.append(label)
            yield number, ["|".join(name.removeprefix(LABEL_MARK) if marked else name for name in labels), rest]


def _breaks(sample: str, dialect: Dialect) -> bool:
    try:
        for _ in records_of(sample, dialect, strict=True):
            pass
    except BrokenQuotesError:
        return True
    return False


def _quotes_to_try(sample: str) -> Sequence[str | None]:
    if '"' in sample:
        return ['"', None]
    single = re.findall(r"(?:^|[,;\t|])'[^'\n]*(?:''[^'\n]*)*'(?=[,;\t|\r\n]|$)", sample, re.MULTILINE)
    if len(single) >= 2 and len(single) * 2 >= sample.count("\n"):
        return ["'"]
    return ['"']


def _evenness(sample: str, dialect: Dialect, common: bool) -> tuple[float, int]:
    """How even the records are, 0 to about 1.1, and their commonest width of at least 2."""
    widths: list[int] = []
    first: list[str] = []
    try:
        for _, record in records_of(sample, dialect):
            if len(record) > 1 and not first:
                first = record
            widths.append(len(record))
    except BrokenQuotesError:
        return 0.0, 1
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0, 1
    width, hits = wide.most_common(1)[0]
    share = hits / len(widths)
    named = len(first) == width and any(_names_a_column(cell) for cell in first)
    if share < (0.2 if named else 0.55 if common else 0.95) or (not common and hits < 2):
        return 0.0, 1
    score = share + 0.05 * (widths[0] == width) + 0.01 * min(width, 8) + 0.1 * named
    return score, width


def _names_a_column(cell: str) -> bool:
    words = words_of(cell) if len(cell) <= 40 else ()
    return any(word.isalpha() for word in words) and set(words) <= ANY_NAME
