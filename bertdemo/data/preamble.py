"""What stands around a header and is no row: titles and comments above it, a survey tool's own rows below it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bertdemo.data.header import is_name_over, looks_like_header, stands_apart

Record = Sequence[str | None]
COMMENT = "#"
MOST_PREAMBLE = 30
MOST_TITLES = 5
"""Lines that are nearly as wide as the table, or as wide, above a header."""
FEWEST_BELOW_TITLES = 3
"""Records: of two rows below the first either could be the header."""
IMPORT_ID = re.compile(r'\{"ImportId":')
"""How Qualtrics begins the cells of the row that ends its header."""
RESPONSES = frozenset(("Response", "Open-Ended Response"))
"""What SurveyMonkey writes below the header of a question without options."""


def lines_above(records: Sequence[Record], width: int, has_header: bool | None) -> int:
    """How many records stand above a table of `width` columns: titles and comments.

    Args:
        records: the first some hundred records.
        has_header: whether the table has a header; None: it may have one.
    """
    place = _first_of_width([len(cells) for cells in records], width)
    if has_header is False:
        return place
    if width > 1:
        place += _comments(records[place:], width)
        place += _titles(records[place:], width)
    return place if survey_rows_below(records[place:]) else place + _padded_titles(records[place:])


def survey_rows_below(records: Sequence[Record]) -> int:
    """How many rows below the header ``records[0]`` a survey tool wrote about its questions; 0 where it is not sure."""
    for place, cells in enumerate(records[1:3], start=1):
        filled = [cell for cell in cells if cell]
        if filled and all(IMPORT_ID.match(cell) for cell in filled):
            return place
    return 1 if len(records) > 2 and _says_how_to_respond(records[0], records[1]) else 0


def _says_how_to_respond(header: Record, below: Record) -> bool:
    """Whether all filled cells of the row below a header say that a response follows, or are options of a question,
    whose name stands above the first of them alone."""
    if len(header) != len(below) or (below[0] or "").strip() or not any(cell in RESPONSES for cell in below):
        return False
    spread = [not name or not following for name, following in zip(header, [*header[1:], "end"], strict=True)]
    return all(not cell or cell in RESPONSES or of_many for cell, of_many in zip(below, spread, strict=True))


def _first_of_width(widths: Sequence[int], width: int) -> int:
    """How many lines stand above the first that is wider than half of `width`; at least one line is left."""
    most = min(MOST_PREAMBLE, len(widths) - 1) if width > 1 else 0
    return next((place for place in range(most) if widths[place] * 2 > width), most)


def _comments(records: Sequence[Record], width: int) -> int:
    """How many of the first lines begin with ``#`` and are not the header, which may begin so too."""
    most = min(MOST_PREAMBLE, len(records) - FEWEST_BELOW_TITLES)
    marked = next((n for n in range(max(most, 0)) if not (records[n][0] or "").startswith(COMMENT)), 0)
    if not marked:
        return 0
    last = marked - 1
    if 1 < _known(records, last) == _filled(records[last]) and len(records[last]) == width:
        return last
    if looks_like_header(records[marked:]):
        return marked
    return last if len(records[last]) == width and looks_like_header(records[last:]) else 0


def _titles(records: Sequence[Record], width: int) -> int:
    """How many lines stand above the header: one of known names, or what looks like one below one narrower line."""
    most = min(MOST_TITLES, len(records) - FEWEST_BELOW_TITLES)
    if most < 1:
        return 0
    whole = [place for place in range(most + 1) if len(records[place]) == width]
    if whole[:1] == [0] and _known(records, 0):
        return 0
    if named := next((place for place in whole if place and _is_named_below(records, place)), 0):
        return named
    narrow = len(records[0]) < width == len(records[1]) and not _known(records, 0)
    return int(narrow and stands_apart(records[1:]))


def _is_named_below(records: Sequence[Record], place: int) -> bool:
    """Whether a record names columns while those above it don't: all its cells do, or two at least and it is wider."""
    known, filled = _known(records, place), _filled(records[place])
    return known > 1 and (known == filled or all(_filled(above) < filled for above in records[:place]))


def _known(records: Sequence[Record], place: int) -> int:
    """How many cells of a record are names of columns, and no values of those below."""
    below = records[place + 1 :]
    return sum(is_name_over(cell, below, column) for column, cell in enumerate(records[place]) if cell)


def _filled(cells: Record) -> int:
    return sum(bool(cell and cell.strip()) for cell in cells)


def _padded_titles(records: Sequence[Record]) -> int:
    """How many title lines, filled up with empty cells as spreadsheets do, stand above what looks like a header."""
    filled = [_filled(cells) for cells in records]
    usual = Counter(count for count in filled if count).most_common(1)
    place = _first_of_width(filled, usual[0][0]) if usual else 0
    below = records[place:]
    return place if place and len(below) >= FEWEST_BELOW_TITLES and looks_like_header(below) else 0
