"""What can be done about a finding: each remedy makes a new table; the file that came in stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa

from bertdemo.data import checks
from bertdemo.data.label_cells import NONE, joined, labels_in
from bertdemo.data.label_names import label_key, spelling_of
from bertdemo.data.labelled import LabelledTexts, labelled_texts
from bertdemo.data.misspelt import mended, misspelt
from bertdemo.data.repeats import exact_groups, later_copies, near_copies
from bertdemo.data.rewriting import masked, without_markup
from bertdemo.data.roles import Roles
from bertdemo.data.synonyms import synonyms
from bertdemo.data.table import Table

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
_ALSO_OF_TEST_ROWS = (*SPELT, "keep_unlabelled", "drop_labels_everywhere")
"""What changes the labels of test rows just as those of the training rows."""
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


def remedied(table: Table, roles: Roles, remedies: Sequence[str]) -> Table:
    """`table` after `remedies`, which are done in one order whatever order they are named in.

    Raises:
        UserError: what `labelled_texts` raises; also where nothing would be left to learn from.
        KeyError: a remedy that is not one of `ORDER`.
    """
    if unknown := set(remedies) - set(ORDER):
        raise KeyError(f"no such remedy: {', '.join(sorted(unknown))}")
    for remedy in _sorted(remedies, roles):
        table = _REMEDIES[remedy](table, roles, labelled_texts(table, roles))
    labelled_texts(table, roles)
    return table


def relabelled_test(test: Table, table: Table, roles: Roles, remedies: Sequence[str]) -> Table:
    """The test rows with the labels that `remedies` give to the training rows, `table` before them.

    Only labels are changed, and no row is dropped: texts are judged as they come.
    """
    for remedy in _sorted(remedies, roles):
        data = labelled_texts(table, roles)
        mark = _mark_of(remedy, data)
        if remedy in _ALSO_OF_TEST_ROWS or (remedy == "merge_small_classes" and roles.several):
            test = _REMEDIES[remedy](test, roles, data)
        elif mark:
            test = _changed(test, roles.label, partial(_up_to, mark))
        elif remedy == "merge_small_classes":
            cells = table.column(roles.label)
            key = spelling_of if roles.apart else _key_of
            small = {key(cells[row] or "") for row in data.row_ids[checks.in_small_classes(data)].tolist()}
            test = _changed(test, roles.label, partial(_merged, key, small))
        table = _REMEDIES[remedy](table, roles, data)
    return test


def _mark_of(remedy: str, data: LabelledTexts) -> str | None:
    """Up to which mark a remedy keeps labels; None where it does something else."""
    if remedy == "keep_first_label":
        return checks.several_labels(data)[0]
    return checks.nested_labels(data) if remedy == "keep_label_head" else None


def _up_to(mark: str, label: str) -> str:
    parts = labels_in(label, mark)
    return parts[0] if parts else label


def _merged(key: Callable[[str], str], small: Collection[str], cell: str) -> str:
    return OTHER if key(cell) in small else cell


def _key_of(cell: str) -> str:
    """The same for all spellings of one label."""
    return label_key(spelling_of(cell))


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


def _changed(table: Table, column: str, change: Callable[[str], str]) -> Table:
    cells = [cell and change(cell) for cell in table.column(column)]
    return table.with_column(column, cells)


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


def _merge_small_classes(table: Table, roles: Roles, data: LabelledTexts) -> Table:
    if roles.several:
        small = {label_key(data.label_names[code]) for code in checks.small_classes(data).tolist()}
        return _changed(table, roles.label, lambda cell: _parts_merged(cell, small, roles.separator or ""))
    cells = table.column(roles.label)
    for row in data.row_ids[checks.in_small_classes(data)].tolist():
        cells[row] = OTHER
    return table.with_column(roles.label, cells)


def _parts_merged(cell: str, small: Collection[str], mark: str) -> str:
    labels = labels_in(cell, mark)
    made = [OTHER if label_key(label) in small else label for label in labels]
    return cell if made == labels else joined(list(dict.fromkeys(made)), mark)


def _spelt_as(
    find: Callable[[LabelledTexts], Mapping[str, str]], table: Table, roles: Roles, data: LabelledTexts
) -> Table:
    """With the labels that `find` finds in `data`, which need not be those of `table`, spelt as they are meant."""
    meant = {label_key(name): other for name, other in find(data).items()}
    return _changed(table, roles.label, lambda cell: mended(cell, meant, roles.separator))


def _strip_markup(table: Table, roles: Roles, _: LabelledTexts) -> Table:
    for column in roles.read:
        table = _changed(table, column, without_markup)
    return table


def _mask_personal_data(table: Table, roles: Roles, _: LabelledTexts) -> Table:
    for column in roles.read:
        table = _changed(table, column, masked)
    return table


def _keep_first_label(table: Table, roles: Roles, data: LabelledTexts) -> Table:
    mark = _mark_of("keep_first_label", data)
    return _changed(table, roles.label, partial(_up_to, mark)) if mark else table


def _keep_label_head(table: Table, roles: Roles, data: LabelledTexts) -> Table:
    mark = _mark_of("keep_label_head", data)
    return _changed(table, roles.label, partial(_up_to, mark)) if mark else table


def _keep_unlabelled(table: Table, roles: Roles, _: LabelledTexts) -> Table:
    """Where no label is given the cells say that there is none; in columns of yes and no they say no."""
    if roles.flags:
        for name in roles.flags:
            table = table.with_column(name, [(cell or "").strip() or "0" for cell in table.column(name)])
        return table
    mark = roles.separator or ""
    cells = [cell if cell and labels_in(cell.strip(), mark) else NONE for cell in table.column(roles.label)]
    return table.with_column(roles.label, cells)


def _drop_labels_everywhere(table: Table, roles: Roles, data: LabelledTexts) -> Table:
    """Without the labels that all rows of `data`, which need not be those of `table`, have."""
    everywhere = set(map(label_key, checks.labels_everywhere(data)))
    if roles.flags:
        for name in [name for name in roles.flags if label_key(name) in everywhere]:
            table = table.with_column(name, ["0"] * table.rows)
        return table
    return _changed(table, roles.label, lambda cell: _without_labels(cell, everywhere, roles.separator or ""))


def _without_labels(cell: str, left_out: Collection[str], mark: str) -> str:
    labels = labels_in(cell, mark)
    kept = [label for label in labels if label_key(label) not in left_out]
    return cell if len(kept) == len(labels) else joined(kept, mark)


def _keep_together(table: Table, _: Roles, __: LabelledTexts) -> Table:
    return table


_REMEDIES: dict[str, Callable[[Table, Roles, LabelledTexts], Table]] = {
    "drop_repeats": _drop_repeats,
    "drop_near_repeats": _drop_near_repeats,
    "drop_contradictions": _drop_contradictions,
    "drop_tiny": _drop_tiny,
    "drop_missing_labels": _drop_missing_labels,
    "drop_missing_texts": _drop_missing_texts,
    "unite_synonyms": partial(_spelt_as, synonyms),
    "mend_spelling": partial(_spelt_as, misspelt),
    "merge_small_classes": _merge_small_classes,
    "drop_small_classes": _drop_small_classes,
    "strip_markup": _strip_markup,
    "mask_personal_data": _mask_personal_data,
    "keep_first_label": _keep_first_label,
    "keep_label_head": _keep_label_head,
    "keep_unlabelled": _keep_unlabelled,
    "drop_labels_everywhere": _drop_labels_everywhere,
    KEEP_TOGETHER: _keep_together,
}
