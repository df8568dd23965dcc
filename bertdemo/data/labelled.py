"""A table and its roles -> labelled texts. What is left out or changed is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.header import NUMBER
from bertdemo.data.label_names import Positions, matched, merged, rows_of_each, spellings_of
from bertdemo.data.pair import TextPair
from bertdemo.data.readable import is_blank
from bertdemo.data.roles import Roles, check_roles
from bertdemo.data.several_labels import one_flag, several_labels, strata, unused, without_unused
from bertdemo.data.table import Table
from bertdemo.data.yes_no import own_words
from bertdemo.errors import UserError

FEWEST_ROWS = 10
SURELY_LABELS = 50


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts with one label each, or with any number of labels.

    Attributes:
        row_ids: (n,) int64, where each text stands in its table.
        texts: n texts, none of them blank; `TextPair`s where two texts are judged together.
        labels: (n,) int64, positions in `label_names`; (n, c) bool where a row may have several.
        label_names: c names, in the order shown.
        findings: rows left out and labels changed.
        grouped_by: the column whose values say which rows belong together; None: no column does.
        groups: the value of each row there, empty where it has none; () without such a column.
    """

    row_ids: Positions
    texts: tuple[str, ...]
    labels: npt.NDArray[Any]
    label_names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    grouped_by: str | None = None
    groups: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def several(self) -> bool:
        """Whether a row may have several labels."""
        return self.labels.ndim == 2

    @cached_property
    def strata(self) -> Positions:
        """(n,) int64: one class for each row, to part the rows by; where it has several labels, its rarest one."""
        return strata(self.labels) if self.several else self.labels

    @property
    def counts(self) -> Positions:
        """(c,) int64: rows of each label."""
        return self.counts_at(np.arange(len(self)))

    def counts_at(self, positions: npt.NDArray[np.integer]) -> Positions:
        """(c,) int64: rows of each label among those at `positions`."""
        labels = self.labels[positions]
        if self.several:
            return labels.sum(axis=0).astype(np.int64)
        return np.bincount(labels, minlength=len(self.label_names)).astype(np.int64)

    def labels_of(self, row: int) -> str:
        """The label of the row at that position; several are parted by ``|``, none is an empty text."""
        if self.several:
            return "|".join(self.label_names[i] for i in np.flatnonzero(self.labels[row]))
        return self.label_names[self.labels[row]]

    def take(self, positions: npt.NDArray[np.integer]) -> LabelledTexts:
        """The rows at `positions`, in that order, with the same label names and findings."""
        texts = tuple(self.texts[i] for i in positions.tolist())
        groups = tuple(self.groups[i] for i in positions.tolist()) if self.groups else ()
        its = {"row_ids": self.row_ids[positions], "labels": self.labels[positions]}
        return replace(self, **its, texts=texts, groups=groups)

    def joined(self, other: LabelledTexts) -> LabelledTexts:
        """These rows and then `other`'s, which have the same label names."""
        return replace(
            self,
            row_ids=np.concatenate([self.row_ids, other.row_ids]),
            texts=(*self.texts, *other.texts),
            labels=np.concatenate([self.labels, other.labels]),
            findings=(*self.findings, *other.findings),
            groups=(*self.groups, *other.groups),
        )


def labelled_texts(
    table: Table, roles: Roles, *, label_names: tuple[str, ...] | None = None, first_row_id: int = 0
) -> LabelledTexts:
    """The usable rows of a table.

    Args:
        label_names: the labels of the training file, for a test file: rows with others are left out.
        first_row_id: the row id of the table's first row.

    Raises:
        UserError: ``unknown_column``, ``same_column``, ``labels_missing``, ``no_label_given``, ``too_few_rows``,
            ``one_class``, ``too_many_labels`` or ``labels_are_numbers``; for a test file ``no_test_rows``.
    """
    check_roles(table, roles, is_test=label_names is not None)
    if roles.several:
        return _with_several(table, roles, label_names, first_row_id)
    findings: list[Finding] = []
    if roles.flags:
        spellings, codes, findings = one_flag(table, roles, label_names)
    else:
        spellings, codes = spellings_of(table, roles.label)
    texts = texts_of(table, roles.text, roles.pair)
    blank = np.fromiter((is_blank(text) for text in texts), bool, len(texts))
    unlabelled = codes < 0
    counts = np.bincount(codes[~unlabelled & ~blank], minlength=len(spellings))
    if label_names is None:
        if unlabelled.all():
            raise UserError("labels_missing", column=listed(roles.labels), rows=table.rows)
        every = np.bincount(codes[~unlabelled], minlength=len(spellings))

        def rows_with(odd: Sequence[set[str]]) -> list[Positions]:
            place = {spelling: i for i, spelling in enumerate(spellings)}
            return rows_of_each(codes, [[place[spelling] for spelling in its] for its in odd])

        names, to_name, unlike = merged(spellings, every, rows_with, apart=roles.apart or bool(roles.flags))
        findings += unlike
        every_name = names
        names, to_name = _used(names, to_name, counts)
        findings += unused([name for name in every_name if name not in names]) if roles.flags else []
    else:
        names, to_name = label_names, matched(spellings, label_names)
    labels = np.where(unlabelled, -1, to_name[codes]) if len(spellings) else codes
    outside = (labels < 0) & ~unlabelled & ~blank
    usable = np.flatnonzero((labels >= 0) & ~blank)
    others = [spellings[i] for i in np.unique(codes[outside]).tolist()]
    findings += _left_out(roles, unlabelled, blank, outside, others)
    _check(roles, names, len(usable), table.rows, is_test=label_names is not None)
    return LabelledTexts(
        row_ids=usable.astype(np.int64) + first_row_id,
        texts=tuple(texts[i] for i in usable.tolist()),
        labels=labels[usable].astype(np.int64),
        label_names=names,
        findings=tuple(_shifted(finding, first_row_id) for finding in findings),
        grouped_by=roles.group,
        groups=_groups(table, roles.group, usable),
    )


def _with_several(table: Table, roles: Roles, label_names: tuple[str, ...] | None, first_row_id: int) -> LabelledTexts:
    """The usable rows of a table whose rows may have several labels."""
    found = several_labels(table, roles, label_names)
    texts = texts_of(table, roles.text, roles.pair)
    blank = np.fromiter((is_blank(text) for text in texts), bool, len(texts))
    if label_names is None and found.unlabelled.all():
        raise UserError("labels_missing", column=", ".join(roles.labels), rows=table.rows)
    outside = found.outside & ~blank
    usable = np.flatnonzero(~blank & ~found.unlabelled & ~outside)
    names, has = found.names, found.has[usable]
    unused_names: list[Finding] = []
    if label_names is None:
        names, has, unused_names = without_unused(found, usable)
    _check(roles, names, len(usable), table.rows, is_test=label_names is not None)
    findings = [*found.findings, *unused_names, *_left_out(roles, found.unlabelled, blank, outside, found.others)]
    return LabelledTexts(
        row_ids=usable.astype(np.int64) + first_row_id,
        texts=tuple(texts[i] for i in usable.tolist()),
        labels=has,
        label_names=names,
        findings=tuple(_shifted(finding, first_row_id) for finding in findings),
        grouped_by=roles.group,
        groups=_groups(table, roles.group, usable),
    )


def given_labels(table: Table, roles: Roles) -> list[str | None]:
    """What each row says as its one label, as it stands there; None where it says none."""
    if not roles.flags:
        return table.column(roles.label)
    names, codes, _ = one_flag(table, roles, None)
    return [names[code] if code >= 0 else None for code in codes.tolist()]


def with_labels(table: Table, roles: Roles, labels: Mapping[int, str]) -> Table:
    """`table` with other labels in some rows, by their position."""
    for name in roles.labels:
        cells = table.column(name)
        yes, no = own_words([cell for cell in cells if cell])
        for row, label in labels.items():
            cells[row] = (yes if label == name else no) if roles.flags else label
        table = table.with_column(name, cells)
    return table


def _groups(table: Table, column: str | None, rows: Positions) -> tuple[str, ...]:
    """The values of `rows` in `column`, which a table of test rows may lack, each in one Unicode form."""
    if column is None:
        return ()
    cells = table.column(column) if column in table.columns else [None] * table.rows
    return tuple(normalize("NFC", cells[row] or "").strip() for row in rows.tolist())


def texts_of(table: Table, text: Sequence[str], pair: str | None = None) -> list[str]:
    """The text of each row; several columns are joined, and a second text makes a `TextPair` of it."""
    firsts = _joined(table, text)
    if pair is None:
        return firsts
    return [TextPair(first, second) for first, second in zip(firsts, _joined(table, [pair]), strict=True)]


def _joined(table: Table, columns: Sequence[str]) -> list[str]:
    cells = [table.data.column(table.columns.index(name)).to_pylist() for name in columns]
    if len(cells) == 1:
        return [cell or "" for cell in cells[0]]
    return ["\n".join(cell for cell in row if cell) for row in zip(*cells, strict=True)]


def _used(names: tuple[str, ...], to_name: Positions, counts: Positions) -> tuple[tuple[str, ...], Positions]:
    """Drop names that no usable row has."""
    used = np.bincount(to_name[:-1], weights=counts, minlength=len(names)) > 0
    place = np.where(used, np.cumsum(used) - 1, -1)
    kept = tuple(name for name, keep in zip(names, used.tolist(), strict=True) if keep)
    return kept, np.append(place[to_name[:-1]], -1)


def _left_out(
    roles: Roles,
    unlabelled: npt.NDArray[np.bool_],
    blank: npt.NDArray[np.bool_],
    outside: npt.NDArray[np.bool_],
    others: Sequence[str],
) -> list[Finding]:
    found = (
        ("labels_blank" if roles.several else "label_missing", unlabelled, {"column": listed(roles.labels)}),
        ("pair_incomplete" if roles.pair else "text_empty", blank & ~unlabelled, {"column": ", ".join(roles.read)}),
        ("labels_outside", outside, {"names": listed(others)}),
    )
    return [
        Finding(code, "warning", int(rows.sum()), first_rows(np.flatnonzero(rows)), params)
        for code, rows, params in found
        if rows.any()
    ]


def _check(roles: Roles, names: tuple[str, ...], usable: int, rows: int, is_test: bool) -> None:
    if is_test:
        if not usable:
            raise UserError("no_test_rows", column=listed(roles.labels), names=listed(names))
        return
    if usable < FEWEST_ROWS:
        raise UserError("too_few_rows", n=usable, rows=rows, fewest=FEWEST_ROWS)
    if not names:
        raise UserError("no_label_given", column=listed(roles.labels), rows=usable)
    if len(names) == 1:
        raise UserError("one_class", column=listed(roles.labels), name=names[0])
    if len(names) > SURELY_LABELS and len(names) > usable / 2:
        numbers = sum(bool(NUMBER.fullmatch(name)) for name in names) > 0.9 * len(names)
        code = "labels_are_numbers" if numbers else "too_many_labels"
        raise UserError(code, column=roles.label, n=len(names), rows=usable)


def _shifted(finding: Finding, by: int) -> Finding:
    return replace(finding, rows=tuple(row + by for row in finding.rows)) if by else finding
