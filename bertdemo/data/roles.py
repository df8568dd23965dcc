"""Which column holds the texts and which the labels: guessed from cells and whole-word names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from shlex import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.findings import JSON, Finding, listed
from bertdemo.data.header import NUMBER
from bertdemo.data.label_cells import (
    LIST,
    MOST_LABELS,
    labels_in,
    may_be_parted,
    perhaps_parted_by,
    readable_mark,
    separator_among,
    separator_of,
)
from bertdemo.data.names import (
    FIRST_NAMES,
    ID_NAMES,
    LABEL_NAMES,
    SCALE_NAMES,
    SECOND_NAMES,
    STRONG_LABEL_NAMES,
    STRONG_TEXT_NAMES,
    TEST_PART,
    TEXT_NAMES,
    TRAIN_PART,
    UNLIKELY_LABEL_NAMES,
    WEAK_LABEL_NAMES,
    WHO_JUDGED,
    is_of_correction,
    words_of,
)
from bertdemo.data.table import Table
from bertdemo.data.words import count_unspaced
from bertdemo.data.yes_no import YES, lowered, unclear
from bertdemo.errors import UserError

SAMPLE_ROWS = 20_000
ASIDE_ROWS = 2_000
FEWEST_FLAGS = 3
CLOSE = 1.0
"""What a name like that of a label is worth: a column that is short of the best by less could be the label as well."""
GRANTED = 0.3
"""By how much more columns of words may be short of it: what a label's name says is little beside few values."""
WEAKLY_NAMED, UNLIKELY_NAMED = 0.5, -0.8
"""What names that seldom, and hardly ever, are those of labels are worth."""
SCALE = 20
"""So many different whole numbers at most are a scale, such as one to five, and no counts or measurements."""
FEWEST_WORDS, WORDY = 3, 5
"""Words of a text on average from which on a column may be one of a pair, and from which on it looks like texts
whatever it is called."""
REPEATED = 0.1
"""The share of different cells from which on they are texts; fewer are the answers to choose from of a form."""
WORDIEST_LABELS = 20
"""Words of a cell on average, beyond which it is a text and not several labels."""
GENERATED = re.compile(r"column_\d+")
"""What a column without a name is called."""
WHOLE_NUMBER = re.compile(r"[-+]?\d+(\.0+)?")
NUMBER_LIST = re.compile(r"\d{1,3}(,\d{1,3})*")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?"
_DAY = (
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{4}年\d{1,2}月\d{1,2}日"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]+\d{{2,4}}|{_MONTH} \d{{1,2}},? \d{{4}}"
)
_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:z|utc|[-+]\d{2}:?\d{2}))?"
DATE = re.compile(rf"(?:{_DAY})(?:[t ,]+{_TIME})?|{_TIME}", re.IGNORECASE)

ONE_COLUMN = ("one_column", "one_column_sheet", "one_column_only")
"""Codes of the error that a table has one column, by what may be done about it."""
NO_LABEL = ("no_label_column", "no_label_behind_space", "no_label_unless_parted")
"""Codes of the error that no column of several could be the label; the second where another delimiter might help, the
third where a column may hold several labels in a cell."""

Reason = tuple[str, dict[str, JSON]]


@dataclass(frozen=True)
class Roles:
    """The columns that are learned from.

    Attributes:
        text: the columns of texts; several are joined by a newline.
        label: the column of labels; the first one where there are several.
        pair: the column of the second texts, where two texts are judged together.
        separator: what parts several labels in one cell, or `LIST`; None: a cell is one label.
        flags: columns that each stand for one label by their name, and say yes or no (1 or 0) in every row.
        exclusive: of the flags each row says yes to one, which is its one label.
        apart: spellings that differ only in case, space, marks at the end or Unicode form are labels of their own.
        group: the column whose values, such as customers, are each on one side of the split; it is not learned from.
    """

    text: tuple[str, ...]
    label: str
    pair: str | None = None
    separator: str | None = None
    flags: tuple[str, ...] = ()
    apart: bool = False
    exclusive: bool = False
    group: str | None = None

    @classmethod
    def named(
        cls,
        text: Sequence[str],
        label: Sequence[str],
        pair: str | None = None,
        separator: str | None = None,
        *,
        apart: bool = False,
        group: str | None = None,
    ) -> Roles:
        """The roles of these columns: one of labels, or several of yes and no."""
        flags = tuple(label) if len(label) > 1 else ()
        mark = None if flags else separator or None
        return cls(tuple(text), label[0] if label else "", pair or None, mark, flags, apart, group=group or None)

    @property
    def several(self) -> bool:
        """Whether a row may have several labels."""
        return bool(self.separator or (self.flags and not self.exclusive))

    @property
    def labels(self) -> tuple[str, ...]:
        """All columns that say labels."""
        return self.flags or (self.label,)

    @property
    def read(self) -> tuple[str, ...]:
        """All columns of texts."""
        return (*self.text, self.pair) if self.pair else self.text

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are learned from."""
        return (*self.read, *self.labels)

    @property
    def task(self) -> str:
        """``"single_label"``, ``"multi_label"``, ``"pair"`` or ``"pair_multi_label"``."""
        kind = "multi_label" if self.several else "single_label"
        return kind if not self.pair else f"pair_{kind}" if self.several else "pair"


@dataclass(frozen=True)
class RoleGuess:
    """Guessed roles, and how sure they are.

    Attributes:
        roles: the likeliest columns.
        reasons: for ``"text"`` and ``"label"`` why, as a code and its parameters.
        rivals: other columns that could be the label about as well, the likeliest first.
        equals: those of them whose names speak for them no less than the label's name does for it.
        together: the label and those of them, where it and they say yes or no; they could be labels together.
    """

    roles: Roles
    reasons: dict[str, Reason]
    rivals: tuple[str, ...] = ()
    equals: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    def without(self, column: str | None) -> RoleGuess:
        """The same where that column is known to be no label."""
        rivals, equals = (tuple(name for name in names if name != column) for names in (self.rivals, self.equals))
        return replace(self, rivals=rivals, equals=equals)

    @property
    def findings(self) -> list[Finding]:
        """That no name says which column is the label, where there is more than one that could be."""
        params = {"label": listed(self.roles.labels), "columns": listed(self.equals)}
        if self.together:
            params |= {"together": " ".join(f"--label {quote(name)}" for name in self.together)}
            return [Finding("label_guessed_flag", "warning", len(self.equals), params=params)]
        return [Finding("label_guessed", "warning", len(self.equals), params=params)] if self.equals else []


@dataclass(frozen=True)
class _Column:
    """What a column looks like in a sample of rows."""

    name: str
    filled: int
    distinct: int
    mean_length: float
    mean_words: float
    numbers: float
    dates: bool
    whole_numbers: bool
    number_lists: bool
    words: frozenset[str]
    values: frozenset[str] | None
    """The different cells in lower case, where they are very few."""

    @property
    def variety(self) -> float:
        return self.distinct / max(self.filled, 1)

    @property
    def is_scale(self) -> bool:
        return self.numbers > 0.9 and self.whole_numbers and self.distinct <= SCALE


def guess_roles(table: Table, labels: Sequence[str] = ()) -> RoleGuess:
    """The most likely text and label columns; `labels` are columns that are known to say them.

    Raises:
        UserError: one of `ONE_COLUMN`, one of `NO_LABEL` or ``no_text_column`` where nothing fits.
    """
    if len(table.columns) == 1:
        raise _one_column(table)
    sample = _sample(table)
    named = zip(table.columns, sample.columns, strict=True)
    columns = [
        _look_within(name, cells, sample.num_rows)
        for name, cells in named
        if name in labels or not is_of_correction(name)
    ]
    label = next((c for c in columns if c.name in labels), None) or _best_label(columns, sample.num_rows)
    flags = _flags(columns, label) if not labels else list(labels) if len(labels) > 1 else []
    if flags:
        label = next(column for column in columns if column.name == flags[0])
    names = ", ".join(table.columns[:20])
    texts = sorted(
        (c for c in columns if c is not label and c.name not in flags and _text_score(c) > 0),
        key=lambda column: -_text_score(column),
    )
    if label is None:
        raise _no_label(table, columns, names)
    if not texts:
        raise UserError("no_text_column", columns=names, label=label.name)
    chosen = _pair([column for column in columns if column in texts], texts[0]) or texts[:1]
    mark = "" if flags else separator_of(sample[label.name].to_pylist())
    roles = Roles(
        (chosen[0].name,), label.name, chosen[1].name if len(chosen) > 1 else None, mark or None, tuple(flags)
    )
    roles = settled(table, roles)
    reason: Reason = _label_reason(_counted(label, table))
    if flags:
        code = "role.label_one_flag" if roles.exclusive else "role.label_flags"
        reason = code, {"n": len(flags), "columns": listed(flags)}
    elif mark == LIST:
        reason = "role.label_lists", {"column": label.name}
    elif mark:
        reason = "role.label_several", {"column": label.name, "mark": readable_mark(mark)}
    reasons = {"text": _text_reason([_counted(column, table) for column in chosen]), "label": reason}
    others = [column for column in columns if column.name not in roles.columns]
    rivals = _rivals(label, others, sample.num_rows)
    called = {column.name: _named_as_label(column.words) for column in _without_who_is_judged(columns)}
    equals = tuple(name for name in rivals if called[name] >= called[label.name])
    said = [column.name for column in columns if column.name in (label.name, *equals) and _is_flag(column)]
    together = tuple(said) if len(said) > 1 and label.name in said and not flags else ()
    return RoleGuess(roles, reasons, rivals, equals, together)


def _one_column(table: Table) -> UserError:
    """What to do about it depends on what the file is: in CSV a delimiter was missed, a workbook has other sheets."""
    column, reading = table.columns[0][:60], table.reading
    if reading.delimiter is not None or reading.format == "csv":
        return UserError("one_column", column=column)
    for notice in reading.notices:
        if notice.code == "sheets_left_out":
            return UserError("one_column_sheet", column=column, **notice.params)
    return UserError("one_column_only", column=column)


def _no_label(table: Table, columns: Sequence[_Column], names: str) -> UserError:
    """What to do about it depends on how the file was cut, and on whether cells may hold several labels."""
    if any(notice.code == "split_at_first_space" for notice in table.reading.notices):
        return UserError("no_label_behind_space", columns=names)
    for column in columns:
        cells = {cell.strip() for cell in table.column(column.name)[:SAMPLE_ROWS] if cell and cell.strip()}
        if column.mean_words <= WORDIEST_LABELS and (mark := perhaps_parted_by(cells)):
            return UserError("no_label_unless_parted", columns=names, column=column.name, mark=mark)
    return UserError("no_label_column", columns=names)


def check_roles(table: Table, roles: Roles, *, is_test: bool = False) -> None:
    """Hold the roles against the table; one of test rows need not have the column of groups.

    Raises:
        UserError: ``unknown_column``, ``same_column`` or ``no_text_column``.
    """
    if not roles.text:
        raise UserError("no_text_column", columns=", ".join(table.columns[:20]), label=roles.label)
    columns = (*roles.columns, roles.group) if roles.group else roles.columns
    for name in columns:
        if name not in table.columns and not (is_test and name == roles.group):
            raise UserError("unknown_column", column=name, columns=", ".join(table.columns[:50]))
    for name in columns:
        if columns.count(name) > 1:
            raise UserError("same_column", column=name)


def settled(table: Table, roles: Roles) -> Roles:
    """`roles`, of whose flags it is known whether every row that says anything says yes to exactly one."""
    if not roles.flags or not set(roles.flags) <= set(table.columns):
        return roles
    yes, filled = np.zeros(table.rows, np.int64), np.zeros(table.rows, bool)
    for name in roles.flags:
        cells = pc.fill_null(table.data.column(table.columns.index(name)), "")
        said = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
        yes += pc.is_in(said, value_set=pa.array(sorted(YES))).to_numpy()
        filled |= pc.not_equal(said, "").to_numpy()
    return replace(roles, exclusive=bool(filled.any() and (yes[filled] == 1).all()))


def left_aside(table: Table, roles: Roles) -> list[tuple[str, str]]:
    """The columns that are not learned from, and what they seem to be, as a code.

    ``role.unused_id`` (different in every row, or named so), ``role.unused_empty``, ``role.unused_same`` (one value),
    ``role.unused_numbers``, ``role.unused_correction`` (what a corrected file says of its corrections),
    ``role.unused_group`` (the rows of each of its values are kept together) or ``role.unused``.
    """
    sample = _sample(table, ASIDE_ROWS)
    named = [pair for pair in zip(table.columns, sample.columns, strict=True) if pair[0] not in roles.columns]
    seems = {name: _unused_as(_look_at(name, column)) for name, column in named}
    return list((seems | ({roles.group: "role.unused_group"} if roles.group in seems else {})).items())


def texts_aside(table: Table, roles: Roles) -> tuple[list[str], bool]:
    """The columns beside a single text that look like texts too, and whether one of them is about as long as it."""
    if roles.pair:
        return [], False
    sample = _sample(table, ASIDE_ROWS)
    others = [n for n in table.columns if n not in (*roles.columns, roles.group) and not is_of_correction(n)]
    looks = {name: _look_at(name, sample.column(table.columns.index(name))) for name in (roles.text[0], *others)}
    aside = [looks[name] for name in others if _is_text(looks[name])]
    return [look.name for look in aside], any(_alike_long([looks[roles.text[0]], look]) for look in aside)


def _is_text(column: _Column) -> bool:
    return _is_wordy(column, WORDY) and column.variety >= REPEATED and column.numbers < 0.5 and not column.dates


def _unused_as(column: _Column) -> str:
    if is_of_correction(column.name):
        return "role.unused_correction"
    if not column.filled:
        return "role.unused_empty"
    if column.distinct == 1 and column.filled > 1:
        return "role.unused_same"
    if (
        column.dates
        or column.words & ID_NAMES
        or (column.variety == 1 and column.mean_words < 2 and column.filled > FEWEST_FLAGS)
    ):
        return "role.unused_id"
    return "role.unused_numbers" if column.numbers > 0.9 and not column.is_scale else "role.unused"


def _flags(columns: list[_Column], label: _Column | None) -> list[str]:
    """Columns of yes and no, where there are so many that they must be the labels and no other is named like one."""
    found = [column for column in columns if _is_flag(column)]
    if label and label not in found and label.words & LABEL_NAMES:
        return []
    if len(found) < FEWEST_FLAGS or any(c.words & STRONG_LABEL_NAMES for c in found):
        return []
    return [column.name for column in found]


def _is_flag(column: _Column) -> bool:
    return (
        column.values is not None and column.filled > 0 and not unclear(column.values) and not column.words & ID_NAMES
    )


def _pair(columns: list[_Column], best: _Column) -> list[_Column]:
    """Two columns of texts that are judged together, told by their names; empty where there are none."""
    stem = _stem(best)
    alike = [column for column in columns if stem and _stem(column) == stem]
    if len(alike) != 2 or (GENERATED.fullmatch(best.name) and not _alike_long(alike)):
        texts = [column for column in columns if _is_wordy(column, FEWEST_WORDS)]
        alike = [c for names in (FIRST_NAMES, SECOND_NAMES) for c in texts if c.words & names]
    return alike if len(alike) == 2 and best in alike and all(_is_wordy(c, FEWEST_WORDS) for c in alike) else []


def _is_wordy(column: _Column, words: int) -> bool:
    """Whether its cells have so many words on average, and it is not named like one of ids."""
    return column.mean_words >= words and not column.words & ID_NAMES


def _alike_long(columns: list[_Column]) -> bool:
    """Whether the longer texts are at most twice as long, as those are that are judged together: names that were made
    up say nothing, and a title may stand beside its article."""
    lengths = [column.mean_length for column in columns]
    return max(lengths) <= 2 * min(lengths)


def _sample(table: Table, most: int = SAMPLE_ROWS) -> pa.Table:
    """Rows from all over the table: files are often sorted by label."""
    if table.rows <= most:
        return table.data
    step = -(-table.rows // most)
    return table.data.take(pa.array(range(0, table.rows, step)))


def _look_at(name: str, cells: pa.ChunkedArray) -> _Column:
    return _look_of(name, *_different_cells(cells))


def _look_within(name: str, cells: pa.ChunkedArray, rows: int) -> _Column:
    """The same; where cells hold several labels, and are too many to be labels themselves, as these make it look."""
    counts, last = _different_cells(cells)
    column = _look_of(name, counts, last)
    several = column.mean_words <= WORDIEST_LABELS and not column.dates and _label_score(column, rows) <= 0
    return _parted(column, counts) if several and may_be_parted(counts) else column


def _look_of(name: str, counts: Counter[str], last: str | None) -> _Column:
    filled = sum(counts.values())
    n = max(filled, 1)

    def share(is_so: Callable[[str], object]) -> float:
        return sum(rows for cell, rows in counts.items() if is_so(cell)) / n

    above_last = [cell for cell, rows in counts.items() if cell != last or rows > 1]
    return _Column(
        name=name,
        filled=filled,
        distinct=len(counts),
        mean_length=sum(len(cell) * rows for cell, rows in counts.items()) / n,
        mean_words=sum(_count_words(cell) * rows for cell, rows in counts.items()) / n,
        numbers=share(NUMBER.fullmatch),
        dates=share(DATE.fullmatch) > 0.9,
        # under a column of them may stand their mean
        whole_numbers=all(map(WHOLE_NUMBER.fullmatch, above_last or counts)),
        number_lists=any("," in cell for cell in counts) and all(map(NUMBER_LIST.fullmatch, counts)),
        words=frozenset(words_of(name)),
        values=frozenset(map(lowered, counts)) if len(counts) <= 4 else None,
    )


def _parted(column: _Column, counts: Counter[str]) -> _Column:
    """`column` as the labels that its cells hold make it look; as it is where they hold one each."""
    if not (mark := separator_among(counts)):
        return column
    parts: Counter[str] = Counter()
    for cell, rows in counts.items():
        for part in labels_in(cell, mark):
            parts[part] += rows
    words = sum(_count_words(part) * rows for part, rows in parts.items()) / max(parts.total(), 1)
    return replace(column, filled=parts.total(), distinct=len(parts), mean_words=words)


def _different_cells(column: pa.ChunkedArray) -> tuple[Counter[str], str | None]:
    """The filled cells without the space around them, each with its rows; and the last of the column."""
    cells = column.to_pylist()
    counts: Counter[str] = Counter()
    for cell, rows in Counter(cells).items():
        if cell and (bare := cell.strip()):
            counts[bare] += rows
    return counts, next((bare for cell in reversed(cells) if cell and (bare := cell.strip())), None)


def _counted(column: _Column, table: Table) -> _Column:
    """`column` with the counts of all rows, where it was looked at in a sample."""
    if table.rows <= SAMPLE_ROWS:
        return column
    cells = pc.utf8_trim_whitespace(table.data.column(table.columns.index(column.name)))
    cells = cells.filter(pc.not_equal(cells, ""))
    return replace(column, filled=len(cells), distinct=pc.count_distinct(cells).as_py())


def _count_words(cell: str) -> float:
    """Words between spaces; where script has no spaces, two characters count as a word."""
    return len(cell.split()) + count_unspaced(cell) / 2


def _best_label(columns: list[_Column], rows: int) -> _Column | None:
    known = _without_who_is_judged(columns)
    scored = [
        (score, column) for column, seen in zip(columns, known, strict=True) if (score := _label_score(seen, rows)) > 0
    ]
    if len(scored) == len(columns) and len(columns) == 2:
        # Both could be labels: then the longer and more varied one is the text, unless its name says label.
        return max(scored, key=lambda pair: (pair[0] - _text_score(pair[1]), -pair[1].mean_length))[1]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


def _without_who_is_judged(columns: list[_Column]) -> list[_Column]:
    """The columns, of which those named `WHO_JUDGED` are named like no label where a scale says how it is judged."""
    judged = any(c.is_scale and c.distinct > 2 and c.words & SCALE_NAMES and not c.words & ID_NAMES for c in columns)
    return [replace(c, words=c.words - WHO_JUDGED) if judged and c.numbers < 0.5 else c for c in columns]


def _rivals(label: _Column, others: list[_Column], rows: int) -> tuple[str, ...]:
    best = _label_score(label, rows)
    scored = [
        (score, column.name)
        for column in others
        if not column.dates and not _is_split(column)
        if (score := _label_score(column, rows)) > (0.0 if _is_called_label(column) else _least(column, best))
    ]
    return tuple(name for _, name in sorted(scored, key=lambda pair: -pair[0]))


def _is_called_label(column: _Column) -> bool:
    return bool(column.words & LABEL_NAMES) and not column.words & (ID_NAMES | UNLIKELY_LABEL_NAMES)


def _least(column: _Column, best: float) -> float:
    """Below what score a column of another name is no rival of one of the score `best`."""
    return max(0.0, best - CLOSE - (GRANTED if column.numbers < 0.5 else 0))


def _is_split(column: _Column) -> bool:
    """Its cells say which rows are for testing."""
    return column.values is not None and column.values <= TRAIN_PART | TEST_PART


def _label_score(column: _Column, rows: int) -> float:
    """Above 0 where the column could be the label; the higher the likelier."""
    name = _named_as_label(column.words)
    few_short_values = column.variety < 0.1 and column.mean_words < 3
    if column.words & TEXT_NAMES and name <= 0 and not few_short_values:
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
    identity = 2.0 if (column.words & ID_NAMES or column.dates) and name <= 0 else 0.0
    return 1.0 + name + coverage + (1 - column.variety) - 0.1 * min(column.distinct, 20) / 20 - identity


def _named_as_label(words: frozenset[str]) -> float:
    """What a column's name says for (or against) its being the label."""
    name = _name_score(words, LABEL_NAMES, STRONG_LABEL_NAMES)
    if words & UNLIKELY_LABEL_NAMES:
        return name + UNLIKELY_NAMED
    return name or _name_score(words, WEAK_LABEL_NAMES, frozenset()) * WEAKLY_NAMED


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
    words = max(1, round(column.mean_words))
    if len(columns) > 1:
        return "role.text_pair", {"columns": " + ".join(column.name for column in columns)}
    if column.words & TEXT_NAMES:
        return "role.text_name", {"column": column.name, "words": words}
    return "role.text_content", {"column": column.name, "words": words, "distinct": column.distinct}


def _label_reason(column: _Column) -> Reason:
    params: dict[str, JSON] = {"column": column.name, "distinct": column.distinct, "rows": column.filled}
    return ("role.label_name" if _named_as_label(column.words) > 0 else "role.label_content"), params
