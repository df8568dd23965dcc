"""A file that says itself which rows are for testing: a column such as ``split`` with ``train`` and ``test``."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from bertdemo.data.findings import Finding, listed
from bertdemo.data.label_cells import labels_in
from bertdemo.data.label_names import label_key, spellings_of
from bertdemo.data.names import TEST_PART, TRAIN_PART, words_of
from bertdemo.data.roles import Roles
from bertdemo.data.table import Table
from bertdemo.errors import UserError

NAMES = frozenset("split set subset partition fold part 划分 数据集".split())
LONGEST_SHOWN = 40
NO_SPLIT = "none"
"""In the place of a column's name: the file's own parts are not heeded."""


def guess_split_column(table: Table, roles: Roles) -> str | None:
    """The column that parts the rows, told by its name and by values that mean nothing else."""
    for name in table.columns:
        if name in (*roles.columns, roles.group) or not set(words_of(name)) & NAMES:
            continue
        values = {cell.strip().lower() for cell in table.column(name) if cell}
        if values <= TRAIN_PART | TEST_PART and values & TRAIN_PART and values & TEST_PART:
            return name
    return None


def column_of_parts(table: Table, roles: Roles, split: str | None = None) -> str | None:
    """`split`, the guess where it is None; None where there is no such column, or none is to be heeded."""
    if split == NO_SPLIT and NO_SPLIT not in table.columns:
        return None
    return split or guess_split_column(table, roles)


def split_by_column(table: Table, column: str, roles: Roles) -> tuple[Table, Table | None]:
    """The rows to learn from (validation rows among them, which are drawn anew) and the rows to test on.

    The latter are None where no test row has a label that is learnt, as in competitions, which keep these labels to
    themselves.

    Raises:
        UserError: ``unknown_column``, or ``split_column_unclear`` where its cells don't say train and test.
    """
    cells = [(cell or "").strip().lower() for cell in table.column(column)]
    is_test = [cell in TEST_PART for cell in cells]
    is_train = [cell in TRAIN_PART for cell in cells]
    if not any(is_test) or not any(is_train):
        values = listed(sorted({cell[:LONGEST_SHOWN] for cell in cells if cell}))
        raise UserError("split_column_unclear", column=column, values=values)
    train = replace(table, data=table.data.filter(pa.array(is_train)))
    test = replace(table, data=table.data.filter(pa.array(is_test)))
    labelled = not _label_keys(train, roles).isdisjoint(_label_keys(test, roles))
    neither = len(cells) - sum(is_test) - sum(is_train)
    found = ("split_given", "info") if labelled else ("split_unlabelled", "warning")
    notices = [*table.reading.notices, Finding(*found, sum(is_test), params={"column": column})]
    if neither:
        notices.append(Finding("split_unclear_rows", "warning", neither, params={"column": column}))
    reading = replace(table.reading, notices=tuple(notices))
    return replace(train, reading=reading), test if labelled else None


def _label_keys(table: Table, roles: Roles) -> set[str]:
    """What tells the labels of the rows apart; of columns of yes and no, which of them say anything."""
    if roles.flags:
        return {name for name in roles.flags if any(table.column(name))}
    spellings, _ = spellings_of(table, roles.label, to_part=roles.several)
    parts = [labels_in(cell, roles.separator) if roles.separator else [cell] for cell in spellings]
    return {label_key(name) for its in parts for name in its}
