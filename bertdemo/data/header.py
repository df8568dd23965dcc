"""Is the first record a row of names, or already data? Told by the cells, not by their place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bertdemo.data.findings import Finding, listed
from bertdemo.data.names import ANY_NAME, words_of

NUMBER = re.compile(r"[-+]?(\d+([.,]\d+)*|[.,]\d+)([eE][-+]?\d+)?%?")
LONG_NAME = 60


def looks_like_header(records: Sequence[Sequence[str | None]]) -> bool:
    """Whether ``records[0]`` names the columns of the records after it.

    Args:
        records: the first some hundred records, of about the same width.
    """
    first = [(cell or "").strip() for cell in records[0]]
    filled = [cell for cell in first if cell]
    if not filled:
        return len(first) > 1  # names were left blank
    rest = _columns_below(first, records[1:])
    if any(_is_known_name(cell, column) for cell, column in zip(first, rest, strict=True)):
        return True
    if any(NUMBER.fullmatch(cell) for cell in filled):
        return all(NUMBER.fullmatch(cell) for cell in filled) and _years_over_numbers(filled)
    if len(set(filled)) < len(filled) or any(len(cell) > LONG_NAME for cell in filled):
        return len(set(filled)) < len(filled) and all(len(cell) <= LONG_NAME for cell in filled)
    return _votes(first, rest) >= 0


def stands_apart(records: Sequence[Sequence[str | None]]) -> bool:
    """Whether ``records[0]`` looks like a header, and not only because nothing speaks against it."""
    first = [(cell or "").strip() for cell in records[0]]
    rest = _columns_below(first, records[1:])
    return looks_like_header(records) and _votes(first, rest) > 0


def is_name_over(cell: str, below: Sequence[Sequence[str | None]], column: int) -> bool:
    """Whether `cell` is made of words that name columns, and is no value of its column in the records `below`."""
    return is_named(cell) and _is_known_name(cell.strip(), [row[column] or "" for row in below if column < len(row)])


def is_named(name: str) -> bool:
    """Whether the words of `name` are such as name columns."""
    return _is_known_name(name, ())


def name_columns(cells: Sequence[str | None], width: int) -> tuple[tuple[str, ...], list[Finding]]:
    """Column names out of a header record: empty ones numbered, repeated ones suffixed, both said."""
    names: list[str] = []
    changed: list[str] = []
    given = [" ".join((cell or "").split()) for cell in cells] + [""] * (width - len(cells))
    taken = Counter(name for name in given if name)
    seen: set[str] = set()
    for place, name in enumerate(given, start=1):
        unique = name or f"column_{place}"
        base, number = unique, 2
        while unique in seen or (unique != name and unique in taken):
            unique, number = f"{base}_{number}", number + 1
        if unique != name:
            changed.append(unique)
        seen.add(unique)
        names.append(unique)
    shown = {"names": listed(changed)}
    return tuple(names), [Finding("header_renamed", "info", len(changed), params=shown)] if changed else []


def _columns_below(first: Sequence[str], records: Sequence[Sequence[str | None]]) -> list[list[str]]:
    return [[cells[i] or "" for cells in records if i < len(cells)] for i in range(len(first))]


def _votes(first: Sequence[str], rest: Sequence[Sequence[str]]) -> int:
    """Above 0: the cells stand apart from their columns; below 0: they are of them."""
    alone = len(first) == 1
    return sum(
        _vote(cell, column, alone=alone) - _is_broken_as(cell, column) for cell, column in zip(first, rest, strict=True)
    )


def _is_known_name(cell: str, column: Sequence[str]) -> bool:
    """`cell` is made of words that name columns, and is not simply a value of its column ("spam")."""
    words = words_of(cell)
    if len(cell) > LONG_NAME or not set(words) <= ANY_NAME or not any(word.isalpha() for word in words):
        return False
    return sum(value.strip() == cell for value in column) <= max(1, len(column) // 100)


def _vote(name: str, cells: Sequence[str], *, alone: bool) -> int:
    """+1: the cell stands apart from its column; -1: it is one of them; 0: can't tell. `alone`: there is no other."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not name or not filled:
        return 0
    if sum(bool(NUMBER.fullmatch(cell)) for cell in filled) > 0.9 * len(filled):
        return 1
    distinct = set(filled)
    if name in distinct and len(distinct) <= max(2, len(filled) // 2):
        return -2
    mean_words = sum(len(cell.split()) for cell in filled) / len(filled)
    mean_length = sum(map(len, filled)) / len(filled)
    if mean_length >= 15 and len(name) < mean_length / 3:
        return 1
    fewest_rows, words = (1, 3) if alone else (5, 4)
    return -1 if len(filled) >= fewest_rows and min(mean_words, len(name.split())) >= words else 0


def _is_broken_as(cell: str, column: Sequence[str]) -> bool:
    """`cell` holds a line break, as others of its column do. In a name alone it only makes the column narrow."""
    return "\n" in cell and any("\n" in other.strip() for other in column)


def _years_over_numbers(cells: Sequence[str]) -> bool:
    return len(cells) >= 3 and all(re.fullmatch(r"(19|20)\d\d", cell) for cell in cells)
