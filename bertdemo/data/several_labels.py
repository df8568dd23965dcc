"""Rows that may have several labels: several in a cell, or one column of yes and no for each label."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.label_cells import labels_in, other_mark, readable_mark, says_none
from bertdemo.data.label_names import Positions, label_key, matched, merged, rows_of_each, spellings_of
from bertdemo.data.roles import Roles
from bertdemo.data.table import Table
from bertdemo.data.yes_no import NO, YES, lowered, unclear
from bertdemo.errors import UserError

Matrix = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SeveralLabels:
    """What the label columns of a table say.

    Attributes:
        names: the labels.
        has: (rows, labels), which row has which.
        unlabelled: (rows,), rows that say nothing.
        outside: (rows,), rows with a label that is not one of `names`; `others` are those labels.
        findings: spellings that were merged, empty cells that are taken for no, another mark between labels.
    """

    names: tuple[str, ...]
    has: Matrix
    unlabelled: Matrix
    outside: Matrix
    others: tuple[str, ...]
    findings: tuple[Finding, ...]


def several_labels(table: Table, roles: Roles, label_names: tuple[str, ...] | None) -> SeveralLabels:
    """Read the label columns.

    Args:
        label_names: the labels of the training file, for a test file.

    Raises:
        UserError: ``flag_unclear`` where a cell of a yes-no column is neither.
    """
    if roles.flags:
        return _of_flags(table, roles.flags, label_names)
    return _of_cells(table, roles, label_names)


def _of_flags(table: Table, flags: tuple[str, ...], label_names: tuple[str, ...] | None) -> SeveralLabels:
    names = label_names or flags
    has = np.zeros((table.rows, len(names)), bool)
    empty, blank = np.ones(table.rows, bool), np.zeros(table.rows, bool)
    for name in flags:
        cells = [lowered(cell) for cell in table.column(name)]
        if odd := unclear(dict.fromkeys(cells)):
            row = cells.index(odd)
            raise UserError("flag_unclear", column=name, row=row + 1, value=(table.column(name)[row] or "")[:40])
        nothing = np.array([not cell for cell in cells])
        empty &= nothing
        if any(cell in NO for cell in cells):  # otherwise an empty cell is how this column says no
            blank |= nothing
        if name in names:
            has[:, names.index(name)] = [cell in YES for cell in cells]
    blank &= ~empty
    findings = (Finding("flags_blank", "warning", int(blank.sum()), first_rows(np.flatnonzero(blank))),)
    return SeveralLabels(names, has, empty, np.zeros(table.rows, bool), (), findings if blank.any() else ())


def _of_cells(table: Table, roles: Roles, label_names: tuple[str, ...] | None) -> SeveralLabels:
    cells, codes = spellings_of(table, roles.label, to_part=True)
    mark = roles.separator or ""
    parted = [labels_in(cell, mark) for cell in cells]
    findings: list[Finding] = []
    if label_names is not None:
        parted, findings = _parted_as_known(parted, codes, roles, label_names)
    spellings = list(dict.fromkeys(part for parts in parted for part in parts))
    place = {spelling: i for i, spelling in enumerate(spellings)}
    rows_of_cell = np.bincount(codes[codes >= 0], minlength=len(cells))
    if label_names is None:
        counts = np.zeros(len(spellings), np.int64)
        for parts, rows in zip(parted, rows_of_cell.tolist(), strict=True):
            for part in parts:
                counts[place[part]] += rows
        names, to_name, findings = merged(spellings, counts, lambda odd: _rows(odd, parted, codes), apart=roles.apart)
    else:
        names, to_name = label_names, matched(spellings, label_names)
    of_cell = np.zeros((len(cells) + 1, len(names)), bool)
    strange = np.zeros(len(cells) + 1, bool)
    for i, parts in enumerate(parted):
        found = [int(to_name[place[part]]) for part in parts]
        of_cell[i, [name for name in found if name >= 0]] = True
        strange[i] = any(name < 0 for name in found)
    empty = np.array([says_none(cell, mark) for cell in cells] + [False])
    unlabelled = (codes < 0) | ~(of_cell.any(axis=1) | strange | empty)[codes]
    others = tuple(spelling for spelling, name in zip(spellings, to_name.tolist(), strict=False) if name < 0)
    return SeveralLabels(names, of_cell[codes], unlabelled, strange[codes] & (codes >= 0), others, tuple(findings))


def _parted_as_known(
    parted: list[list[str]], codes: Positions, roles: Roles, label_names: tuple[str, ...]
) -> tuple[list[list[str]], list[Finding]]:
    """The labels of cells of a test file, which may part them by a mark of its own; that is said."""
    known = set(map(label_key, label_names))
    strange, mark = strange_labels(parted, label_names)
    if not mark:
        return parted, []

    def pieces(part: str) -> list[str]:
        found = labels_in(part, mark) if part in strange else [part]
        return found if any(label_key(piece) in known for piece in found) else [part]

    again = [[piece for part in parts for piece in pieces(part)] for parts in parted]
    [rows] = rows_of_each(codes, [[i for i, parts in enumerate(parted) if again[i] != parts]])
    params = {"column": roles.label, "mark": readable_mark(mark), "learnt": readable_mark(roles.separator or "")}
    return again, [Finding("labels_parted_otherwise", "warning", len(rows), first_rows(rows), params)]


def strange_labels(parted: Sequence[Sequence[str]], label_names: Collection[str]) -> tuple[set[str], str]:
    """The parts of cells that are none of `label_names`, and the mark that parts them into such; empty: none does."""
    known = set(map(label_key, label_names))
    strange = {part for parts in parted for part in parts if label_key(part) not in known}
    return strange, other_mark(strange, lambda part: label_key(part) in known)


def one_flag(
    table: Table, roles: Roles, label_names: tuple[str, ...] | None
) -> tuple[list[str], Positions, list[Finding]]:
    """The flags, for each row the position of the only one it says yes to (-1: to none or several), and findings."""
    found = several_labels(table, roles, label_names)
    codes = np.where(found.has.sum(axis=1) == 1, found.has.argmax(axis=1), -1).astype(np.int64)
    return list(found.names), codes, list(found.findings)


def _rows(odd: Sequence[set[str]], parted: list[list[str]], codes: Positions) -> list[Positions]:
    """For each set of spellings the rows with one of them."""
    cells_with: dict[str, list[int]] = {}
    for cell, parts in enumerate(parted):
        for part in parts:
            cells_with.setdefault(part, []).append(cell)
    return rows_of_each(codes, [{cell for spelling in its for cell in cells_with[spelling]} for its in odd])


def without_unused(found: SeveralLabels, usable: Positions) -> tuple[tuple[str, ...], Matrix, list[Finding]]:
    """The names that some usable row has, the labels of the usable rows, and what is said of the other names."""
    has = found.has[usable]
    used = np.flatnonzero(has.any(axis=0)).tolist()
    others = [name for i, name in enumerate(found.names) if i not in set(used)]
    return tuple(found.names[i] for i in used), has[:, used], unused(others)


def unused(names: Sequence[str]) -> list[Finding]:
    """What is said of labels that no usable row has."""
    return [Finding("labels_unused", "warning", len(names), params={"names": listed(names)})] if names else []


def strata(has: Matrix) -> Positions:
    """One class for each row, to part rows by: its rarest label, or a class of its own for rows without any."""
    if not has.shape[1]:
        return np.zeros(len(has), np.int64)
    rarest_first = np.argsort(has.sum(axis=0), kind="stable")
    rarest = np.where(has.any(axis=1), rarest_first[has[:, rarest_first].argmax(axis=1)], has.shape[1])
    return np.unique(rarest, return_inverse=True)[1].astype(np.int64)
