"""Which column holds the texts and which the labels: guessed from cells and whole-word names."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from bertdemo.data.findings import JSON
from bertdemo.data.header import NUMBER
from bertdemo.data.names import (
    ID_NAMES,
    LABEL_NAMES,
    STRONG_LABEL_NAMES,
    STRONG_TEXT_NAMES,
    TEXT_NAMES,
    words_of,
)
from bertdemo.data.table import Table
from bertdemo.errors import UserError

SAMPLE_ROWS = 20_000
MOST_LABELS = 1_000
NUMBER_LIST = re.compile(r"\d{1,3}(,\d{1,3})*")

Reason = tuple[str, dict[str, JSON]]


@dataclass(frozen=True)
class Roles:
    """The columns that are learned from: texts (several are joined by a newline) and the label."""

    text: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class RoleGuess:
    """Guessed roles, and for ``"text"`` and ``"label"`` the reason as a code and its parameters."""

    roles: Roles
    reasons: dict[str, Reason]


@dataclass(frozen=True)
class _Column:
    """What a column looks like in a sample of rows."""

    name: str
    filled: int
    distinct: int
    mean_length: float
    mean_words: float
    numbers: float
    whole_numbers: bool
    number_lists: bool
    words: frozenset[str]

    @property
    def variety(self) -> float:
        return self.distinct / max(self.filled, 1)


def guess_roles(table: Table) -> RoleGuess:
    """The most likely text and label columns.

    Raises:
        UserError: ``one_column``, ``no_label_column`` or ``no_text_column`` where nothing fits.
    """
    if len(table.columns) == 1:
        raise UserError("one_column", column=table.columns[0][:60], rows=table.rows)
    sample = _sample(table)
    columns = [_look_at(name, column) for name, column in zip(table.columns, sample.columns, strict=True)]
    label = _best_label(columns, sample.num_rows)
    names = ", ".join(table.columns[:20])
    texts = sorted(
        (column for column in columns if column is not label and _text_score(column) > 0),
        key=lambda column: -_text_score(column),
    )
    if label is None:
        raise UserError("no_label_column", columns=names)
    if not texts:
        raise UserError("no_text_column", columns=names, label=label.name)
    pair = [column for column in columns if column in texts and _stem(column) == _stem(texts[0])]
    chosen = pair if len(pair) == 2 and all(column.mean_words >= 3 for column in pair) else texts[:1]
    roles = Roles(tuple(column.name for column in chosen), label.name)
    return RoleGuess(roles, {"text": _text_reason(chosen), "label": _label_reason(label)})


def check_roles(table: Table, roles: Roles) -> None:
    """Hold the roles against the table.

    Raises:
        UserError: ``unknown_column``, ``same_column`` or ``no_text_column``.
    """
    if not roles.text:
        raise UserError("no_text_column", columns=", ".join(table.columns[:20]), label=roles.label)
    for name in (*roles.text, roles.label):
        if name not in table.columns:
            raise UserError("unknown_column", column=name, columns=", ".join(table.columns[:50]))
    if roles.label in roles.text:
        raise UserError("same_column", column=roles.label)


def _sample(table: Table) -> pa.Table:
    """Rows from all over the table: files are often sorted by label."""
    if table.rows <= SAMPLE_ROWS:
        return table.data
    step = -(-table.rows // SAMPLE_ROWS)
    return table.data.take(pa.array(range(0, table.rows, step)))


def _look_at(name: str, column: pa.ChunkedArray) -> _Column:
    cells = [cell.strip() for cell in column.to_pylist() if cell and cell.strip()]
    n = max(len(cells), 1)
    return _Column(
        name=name,
        filled=len(cells),
        distinct=len(set(cells)),
        mean_length=sum(map(len, cells)) / n,
        mean_words=sum(_count_words(cell) for cell in cells) / n,
        numbers=sum(bool(NUMBER.fullmatch(cell)) for cell in cells) / n,
        whole_numbers=all(re.fullmatch(r"[-+]?\d+(\.0+)?", cell) for cell in cells),
        number_lists=any("," in cell for cell in cells) and all(map(NUMBER_LIST.fullmatch, cells)),
        words=frozenset(words_of(name)),
    )


def _count_words(cell: str) -> float:
    """Words between spaces; where script has no spaces, two characters count as a word."""
    dense = sum("\u2e80" <= char <= "\u9fff" or "\u0e00" <= char <= "\u0eff" for char in cell)
    return len(cell.split()) + dense / 2


def _best_label(columns: list[_Column], rows: int) -> _Column | None:
    scored = [(score, column) for column in columns if (score := _label_score(column, rows)) > 0]
    if len(scored) == len(columns) and len(columns) == 2:
        # Both could be labels: then the longer and more varied one is the text, unless its name says label.
        return max(scored, key=lambda pair: (pair[0] - _text_score(pair[1]), -pair[1].mean_length))[1]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _label_score(column: _Column, rows: int) -> float:
    """Above 0 where the column could be the label; the higher the likelier."""
    name = _name_score(column.words, LABEL_NAMES, STRONG_LABEL_NAMES)
    few_short_values = column.variety < 0.1 and column.mean_words < 3
    if column.words & TEXT_NAMES and not name and not few_short_values:
        return -1.0
    if name >= 2 and (column.mean_words <= 8 or column.filled == 0):
        name += 2
    if column.distinct < 2:
        return name - 2 if name >= 2 else -1.0
    if name < 2:
        repeats = column.filled / column.distinct
        if column.distinct > MOST_LABELS or repeats < 2 or column.mean_words > 6:
            return -1.0
        if column.number_lists:
            return 1.0 - column.variety
        if not column.whole_numbers and column.numbers > 0.9:
            return -1.0
        if column.whole_numbers and column.distinct > max(20, 0.02 * column.filled):
            return -1.0
    coverage = column.filled / max(rows, 1)
    identity = 2.0 if column.words & ID_NAMES and not name else 0.0
    return 1.0 + name + coverage + (1 - column.variety) - 0.1 * min(column.distinct, 20) / 20 - identity


def _text_score(column: _Column) -> float:
    """Above 0 where the column could be the text; the higher the likelier."""
    name = _name_score(column.words, TEXT_NAMES, STRONG_TEXT_NAMES)
    if not column.filled:
        return -1.0
    if name < 1 and (column.numbers > 0.5 or column.mean_length < 3 or column.distinct < 2):
        return -1.0
    wordy = min(column.mean_words, 30) / 6
    identity = 2.0 if column.words & ID_NAMES and not name else 0.0
    one_word = 1.5 if column.mean_words < 1.5 and name < 1 else 0.0
    return max(0.01, 1.0 + name + wordy + column.variety - identity - one_word)


def _name_score(words: frozenset[str], names: frozenset[str], strong: frozenset[str]) -> float:
    if not words & names or words & ID_NAMES:
        return 0.0
    return 2.0 if words & strong else 1.0


def _stem(column: _Column) -> str:
    """The name without what tells one of a pair from the other: ``text_a``, ``text_b`` -> ``text``."""
    return " ".join(word for word in words_of(column.name) if not word.isdigit() and len(word) > 1)


def _text_reason(columns: list[_Column]) -> Reason:
    column = columns[0]
    words = round(column.mean_words)
    if len(columns) > 1:
        return "role.text_pair", {"columns": " + ".join(column.name for column in columns)}
    if column.words & TEXT_NAMES:
        return "role.text_name", {"column": column.name, "words": words}
    return "role.text_content", {"column": column.name, "words": words, "distinct": column.distinct}


def _label_reason(column: _Column) -> Reason:
    params: dict[str, JSON] = {"column": column.name, "distinct": column.distinct, "rows": column.filled}
    return ("role.label_name" if column.words & LABEL_NAMES else "role.label_content"), params
