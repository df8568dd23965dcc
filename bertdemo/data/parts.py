"""A file that says itself which rows are for testing: a column such as ``split`` with ``train`` and ``test``."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from bertdemo.data.findings import Finding, listed
from bertdemo.data.names import TEST_PART, TRAIN_PART, words_of
from bertdemo.data.roles import Roles
from bertdemo.data.table import Table
from bertdemo.errors import UserError

NAMES = frozenset("split set subset partition fold part 划分 数据集".split())
LONGEST_SHOWN = 40


def guess_split_column(table: Table, roles: Roles) -> str | None:
    """The column that parts the rows, told by its name and by values that mean nothing else."""
    for name in table.columns:
        if name in roles.columns or not set(words_of(name)) & NAMES:
            continue
        values = {cell.strip().lower() for cell in table.column(name) if cell}
        if values <= TRAIN_PART | TEST_PART and values & TRAIN_PART and values & TEST_PART:
            return name
    return None


def split_by_column(table: Table, column: str) -> tuple[Table, Table]:
    """The rows to learn from (validation rows among them, which are drawn anew) and the rows to test on.

    Raises:
        UserError: ``unknown_column``, or ``split_column_unclear`` where its cells don't say train and test.
    """
    cells = [(cell or "").strip().lower() for cell in table.column(column)]
    is_test = [cell in TEST_PART for cell in cells]
    is_train = [cell in TRAIN_PART for cell in cells]
    if not any(is_test) or not any(is_train):
        values = listed(sorted({cell[:LONGEST_SHOWN] for cell in cells if cell}))
        raise UserError("split_column_unclear", column=column, values=values)
    neither = len(cells) - sum(is_test) - sum(is_train)
    notices = [*table.reading.notices, Finding("split_given", "info", sum(is_test), params={"column": column})]
    if neither:
        notices.append(Finding("split_unclear_rows", "warning", neither, params={"column": column}))
    reading = replace(table.reading, notices=tuple(notices))
    train = replace(table, data=table.data.filter(pa.array(is_train)), reading=reading)
    return train, replace(table, data=table.data.filter(pa.array(is_test)))
