"""A last row that sums up those above it, such as “Average | 3.3”, is no text."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.findings import Finding
from bertdemo.data.header import NUMBER
from bertdemo.data.roles import Roles
from bertdemo.data.table import Table

FOOTERS = frozenset(
    """average avg mean total sum durchschnitt mittelwert summe gesamt
    合计 总计 总分 平均 平均值 平均分""".split()
)


def without_footer(table: Table, roles: Roles) -> Table:
    """`table` without a last row that sums it up, and with a finding that says so.

    It is one where the labels are numbers and its text is a word of `FOOTERS` alone, unless it may be a short text with
    a label of its own: its number must be none of the others, or stand alone with the word in its row.
    """
    if roles.several or roles.flags or roles.pair or table.rows < 2 or not set(roles.columns) <= set(table.columns):
        return table
    last = {name: (cells[0] or "").strip() for name, cells in table.data.slice(table.rows - 1).to_pydict().items()}
    texts = [last[name] for name in roles.text if last[name]]
    if len(texts) != 1 or texts[0].strip(" :：.=").casefold() not in FOOTERS or not NUMBER.fullmatch(last[roles.label]):
        return table
    others = _values(table, roles.label)
    if not others or not all(map(NUMBER.fullmatch, others)):
        return table
    beside = [bool(cell) for name, cell in last.items() if name not in roles.columns]
    if _as_number(last[roles.label]) in set(map(_as_number, others)) and (not beside or any(beside)):
        return table
    found = Finding("footer_left_out", "warning", 1, params={"text": texts[0], "label": last[roles.label]})
    reading = replace(table.reading, notices=(*table.reading.notices, found))
    return replace(table, data=table.data.slice(0, table.rows - 1), reading=reading)


def _values(table: Table, column: str) -> set[str]:
    """The different cells above the last one."""
    cells: pa.ChunkedArray = table.data.column(table.columns.index(column)).slice(0, table.rows - 1)
    return {cell.strip() for cell in pc.unique(cells).to_pylist() if cell and cell.strip()}


def _as_number(cell: str) -> float | str:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell
