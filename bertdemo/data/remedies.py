"""What can be done about a finding: each remedy makes a new table; the file that came in stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from bertdemo.data import checks
from bertdemo.data.findings import listed
from bertdemo.data.label_names import label_key
from bertdemo.data.labelled import LabelledTexts, labelled_texts
from bertdemo.data.misspelt import misspelt
from bertdemo.data.relabelling import UNCHANGED, Change, Relabelling, changed
from bertdemo.data.repeats import exact_groups, later_copies, near_copies
from bertdemo.data.rewriting import masked, without_markup
from bertdemo.data.roles import Roles
from bertdemo.data.synonyms import synonyms
from bertdemo.data.table import Table
from bertdemo.errors import UserError

OTHER = "other"
KEEP_TOGETHER = "keep_together"
"""The remedy that changes no cell and no row, but what is known of the columns; see `grouped`."""

REMEDIES = {
    "labels_blank": ("keep_unlabelled",),
    "labels_everywhere": ("drop_labels_everywhere",),
    "text_repeated": ("drop_repeats",),
    "text_nearly_repeated": ("drop_near_repeats",),
    "text_with_two_labels": ("drop_contradictions",),
    "texts_tiny": ("drop_tiny",),
    "labels_say_missing": ("drop_missing_labels",),
    "texts_say_missing": ("drop_missing_texts",),
    "labels_synonymous": ("unite_synonyms",),
    "labels_misspelt": ("mend_spelling",),
    "classes_small": ("merge_small_classes", "drop_small_classes"),
    "markup": ("strip_markup",),
    "personal_data": ("mask_personal_data",),
    "labels_several": ("keep_first_label",),
    "labels_nested": ("keep_label_head",),
    "column_of_sources": (KEEP_TOGETHER,),
}
"""The remedies of each finding, by its code; the first is the one to suggest."""

ORDER = tuple(remedy for remedies in REMEDIES.values() for remedy in remedies)


SPELT = ("unite_synonyms", "mend_spelling")
_SEVERAL_ONLY = ("keep_unlabelled", "drop_labels_everywhere")
_CELLS_ONLY = ("keep_first_label", "keep_label_head", *SPELT, "merge_small_classes")
"""What changes cells that are labels: columns of yes and no have none."""


def offered(code: str, roles: Roles) -> tuple[str, ...]:
    """The remedies of a finding of that code that can be done with columns of these roles."""
    left_out = (*(() if roles.several else _SEVERAL_ONLY), *(_CELLS_ONLY if roles.flags else ()))
    return tuple(remedy for remedy in REMEDIES.get(code, ()) if remedy not in left_out)


def grouped(table: Table, roles: Roles, remedies: Sequence[str]) -> Roles:
    """`roles` with the first column of sources as its groups, where that is a remedy and none is named."""
    if KEEP_TOGETHER not in remedies or roles.group:
        return roles
    return replace(roles, group=next(iter(checks.sources(table, roles)), None))


def misfit(remedies: Sequence[str], roles: Roles) -> UserError | None:
    """What is to be said of a remedy that can do nothing with columns of these roles; None where each can."""
    for remedy in remedies:
        if remedy in _SEVERAL_ONLY and not roles.several:
            return UserError("remedy_of_several", name=remedy, column=listed(roles.labels))
        if remedy in _CELLS_ONLY and roles.flags:
            return UserError("remedy_of_cells", name=remedy)
    return None


class Remedied(NamedTuple):
    """A table after its remedies, and what they made of its labels."""

    table: Table
    relabelling: Relabelling


def remedied(table: Table, roles: Roles, remedies: Sequence[str]) -> Remedied:
    """`table` after `remedies`, which are done in one order whatever order they are named in.

    Raises:
        UserError: what `labelled_texts` raises; also where nothing would be left to learn from.
        KeyError: a remedy that is not one of `ORDER`.
    """
    if unknown := set(remedies) - set(ORDER):
        raise KeyError(f"no such remedy: {', '.join(sorted(unknown))}")
    changes: list[Change] = []
    known: tuple[str, ...] = ()
    for remedy in _sorted(remedies, roles):
        data = labelled_texts(table, roles)
        known = known or data.label_names
        if remedy in _CHANGES:
            changes.append(_CHANGES[remedy](data, roles))
            table = Relabelling((changes[-1],), apart=roles.apart).done(table, roles)
        else:
            table = _REMEDIES[remedy](table, roles, data)
    labelled_texts(table, roles)
    return Remedied(table, Relabelling(tuple(changes), known, roles.apart) if changes else UNCHANGED)


def _sorted(remedies: Sequence[str], roles: Roles) -> list[str]:
    """Texts are changed before rows are compared, and labels before classes are counted."""
    left_out = (*(_CELLS_ONLY if roles.flags else ()), *(() if roles.several else _SEVERAL_ONLY))
    remedies = [remedy for remedy in remedies if remedy not in left_out]
    order = (
        "keep_unlabelled",
        "strip_markup",
        "mask_personal_data",
        "keep_first_label",
        "keep_label_head",
        *SPELT,
        "drop_labels_everywhere",
    )
    first = [remedy for remedy in order if remedy in remedies]
    return first + [remedy for remedy in ORDER if remedy in remedies and remedy not in first]


def _without(table: Table, rows: np.ndarray) -> Table:
    keep = np.ones(table.rows, bool)
    keep[rows] = False
    return replace(table, data=table.data.filter(pa.array(keep)))


def _drop_repeats(table: Table, _: Roles, data: LabelledTexts) -> Table:
    """Copies that say the same label too; those that contradict are another finding's matter."""
    groups = exact_groups(data.texts)
    torn = np.isin(groups, groups[checks.contradicting(data, groups)])
    copies = later_copies(groups)
    return _without(table, data.row_ids[copies[~torn[copies]]])


def _drop_near_repeats(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[near_copies(data.texts, exact_groups(data.texts))])


def _drop_contradictions(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[checks.contradicting(data, exact_groups(data.texts))])


def _drop_tiny(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[checks.tiny(data)])


def _drop_missing_labels(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[checks.labelled_missing(data)[1]])


def _drop_missing_texts(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[checks.says_missing_alone(data)])


def _drop_small_classes(table: Table, _: Roles, data: LabelledTexts) -> Table:
    return _without(table, data.row_ids[checks.in_small_classes(data)])


def _strip_markup(table: Table, roles: Roles, _: LabelledTexts) -> Table:
    for column in roles.read:
        table = changed(table, column, without_markup)
    return table


def _mask_personal_data(table: Table, roles: Roles, _: LabelledTexts) -> Table:
    for column in roles.read:
        table = changed(table, column, masked)
    return table


def _keep_together(table: Table, _: Roles, __: LabelledTexts) -> Table:
    return table


def _first_labels(data: LabelledTexts, _: Roles) -> Change:
    return Change(up_to=checks.several_labels(data)[0])


def _label_heads(data: LabelledTexts, _: Roles) -> Change:
    return Change(up_to=checks.nested_labels(data))


def _united(data: LabelledTexts, roles: Roles) -> Change:
    return _renamed(synonyms(data), roles)


def _spelt_as_meant(data: LabelledTexts, roles: Roles) -> Change:
    return _renamed(misspelt(data), roles)


def _small_as_other(data: LabelledTexts, roles: Roles) -> Change:
    return _renamed({data.label_names[i]: OTHER for i in checks.small_classes(data).tolist()}, roles)


def _without_everywhere(data: LabelledTexts, roles: Roles) -> Change:
    return _renamed(dict.fromkeys(checks.labels_everywhere(data), ""), roles)


def _blank_as_none(_: LabelledTexts, __: Roles) -> Change:
    return Change(blank_is_none=True)


def _renamed(names: Mapping[str, str], roles: Roles) -> Change:
    return Change({name if roles.apart else label_key(name): other for name, other in names.items()})


_CHANGES: dict[str, Callable[[LabelledTexts, Roles], Change]] = {
    "keep_unlabelled": _blank_as_none,
    "keep_first_label": _first_labels,
    "keep_label_head": _label_heads,
    "unite_synonyms": _united,
    "mend_spelling": _spelt_as_meant,
    "drop_labels_everywhere": _without_everywhere,
    "merge_small_classes": _small_as_other,
}
"""The remedies that change labels, and nothing but labels: test rows get them as well."""

_REMEDIES: dict[str, Callable[[Table, Roles, LabelledTexts], Table]] = {
    "drop_repeats": _drop_repeats,
    "drop_near_repeats": _drop_near_repeats,
    "drop_contradictions": _drop_contradictions,
    "drop_tiny": _drop_tiny,
    "drop_missing_labels": _drop_missing_labels,
    "drop_missing_texts": _drop_missing_texts,
    "drop_small_classes": _drop_small_classes,
    "strip_markup": _strip_markup,
    "mask_personal_data": _mask_personal_data,
    KEEP_TOGETHER: _keep_together,
}
