"""What remedies make of labels: found in the rows to learn from, kept with the run, done to all rows that judge it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bertdemo.data.label_cells import NONE, changed_labels, joined, labels_in
from bertdemo.data.label_names import label_key, spelling_of, spellings_of
from bertdemo.data.roles import Roles
from bertdemo.data.several_labels import strange_labels
from bertdemo.data.table import Table


@dataclass(frozen=True)
class Change:
    """What one remedy makes of labels.

    Attributes:
        names: what labels become, by their `label_key`, or by their spelling where spellings are apart; an empty text:
            the label is left out.
        up_to: the mark up to which labels are kept; empty: as a whole.
        blank_is_none: rows that say no label have none of them.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    up_to: str = ""
    blank_is_none: bool = False


@dataclass(frozen=True)
class Relabelling:
    """What all remedies make of labels, one after the other.

    Attributes:
        known: the labels before, by which cells are told that part them by a mark of their own; empty: none are.
        apart: as of `Roles`.
    """

    changes: tuple[Change, ...] = ()
    known: tuple[str, ...] = ()
    apart: bool = False

    def to_json(self) -> dict[str, Any]:
        return {"changes": [asdict(change) for change in self.changes], "known": list(self.known), "apart": self.apart}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Relabelling:
        return cls(tuple(Change(**change) for change in value["changes"]), tuple(value["known"]), value["apart"])

    def done(self, table: Table, roles: Roles) -> Table:
        """`table` with other labels, and all of its rows."""
        strange, other = self._parted_otherwise(table, roles)
        for change in self.changes:
            if change.blank_is_none:
                table = _blank_as_none(table, roles)
            if roles.flags:
                for name in [name for name in roles.flags if self._changed(change, name) == ""]:
                    table = table.with_column(name, ["0"] * table.rows)
            elif change.names or change.up_to:
                table = changed(table, roles.label, self._of_cells(change, roles.separator, strange, other))
        return table

    def _parted_otherwise(self, table: Table, roles: Roles) -> tuple[Collection[str], str]:
        """What stands as one label and is several, and the mark that parts these."""
        if not (self.changes and self.known and roles.separator):
            return (), ""
        cells = spellings_of(table, roles.label, to_part=True)[0]
        return strange_labels([labels_in(cell, roles.separator) for cell in cells], self.known)

    def _of_cells(self, change: Change, mark: str | None, strange: Collection[str], other: str) -> Callable[[str], str]:
        def label(said: str) -> str:
            return self._changed(change, said)

        def part(said: str) -> str:
            if not other or said not in strange:
                return label(said)
            left = labels_in(changed_labels(said, other, label), other)
            return joined(left, other) if len(left) > 1 else "".join(left)

        return label if mark is None else lambda cell: changed_labels(cell, mark, part)

    def _changed(self, change: Change, label: str) -> str:
        if change.up_to:
            return next(iter(labels_in(label, change.up_to)), label)
        spelling = spelling_of(label)
        return change.names.get(spelling if self.apart else label_key(spelling), label)


UNCHANGED = Relabelling()


def strange_everywhere(table: Table, roles: Roles, known: Collection[str]) -> list[str]:
    """Labels that all rows have beside others and a model does not know, as where they were left out before it learnt:
    all that can be told of that by the file alone."""
    if not roles.separator:
        return []
    cells = [labels_in(cell, roles.separator) for cell in spellings_of(table, roles.label, to_part=True)[0]]
    keys = [set(map(label_key, labels)) for labels in cells]
    learnt = set(map(label_key, known))
    if not any(learnt & its for its in keys):
        return []
    return [label for label in dict.fromkeys(cells[0]) if all(label_key(label) in its - learnt for its in keys)]


def without_labels(names: Collection[str], known: Collection[str], *, apart: bool) -> Relabelling:
    """That these are left out of labels, of which the `known` stay."""
    left_out = {name if apart else label_key(name): "" for name in names}
    return Relabelling((Change(left_out),), (*known, *names), apart)


def changed(table: Table, column: str, change: Callable[[str], str]) -> Table:
    """`table` with each filled cell of a column after `change`."""
    cells = table.column(column)
    after = {cell: change(cell) for cell in set(cells) if cell}
    return table.with_column(column, [cell and after[cell] for cell in cells])


def _blank_as_none(table: Table, roles: Roles) -> Table:
    """Where no label is given the cells say that there is none; in columns of yes and no they say no."""
    if roles.flags:
        for name in roles.flags:
            table = table.with_column(name, [(cell or "").strip() or "0" for cell in table.column(name)])
        return table
    mark = roles.separator or ""
    cells = [cell if cell and labels_in(cell.strip(), mark) else NONE for cell in table.column(roles.label)]
    return table.with_column(roles.label, cells)
