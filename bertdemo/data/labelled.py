"""A table and its roles -> labelled texts. What is left out or changed is counted."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.header import NUMBER
from bertdemo.data.roles import Roles, check_roles
from bertdemo.data.table import Table
from bertdemo.errors import UserError

FEWEST_ROWS = 10
SURELY_LABELS = 50
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164\u2800"
WHOLE_NUMBER = re.compile(r"([-+]?\d+)(\.0+)?")

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Texts with one label each.

    Attributes:
        row_ids: (n,) int64, where each text stands in its table.
        texts: n texts, none of them blank.
        labels: (n,) int64, positions in `label_names`.
        label_names: c names, in the order shown.
        findings: rows left out and labels changed.
    """

    row_ids: Positions
    texts: tuple[str, ...]
    labels: Positions
    label_names: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, positions: npt.NDArray[np.integer]) -> LabelledTexts:
        """The rows at `positions`, in that order, with the same label names and findings."""
        texts = tuple(self.texts[i] for i in positions.tolist())
        return replace(self, row_ids=self.row_ids[positions], texts=texts, labels=self.labels[positions])

    def joined(self, other: LabelledTexts) -> LabelledTexts:
        """These rows and then `other`'s, which have the same label names."""
        return replace(
            self,
            row_ids=np.concatenate([self.row_ids, other.row_ids]),
            texts=(*self.texts, *other.texts),
            labels=np.concatenate([self.labels, other.labels]),
            findings=(*self.findings, *other.findings),
        )


def labelled_texts(
    table: Table, roles: Roles, *, label_names: tuple[str, ...] | None = None, first_row_id: int = 0
) -> LabelledTexts:
    """The usable rows of a table.

    Args:
        label_names: the labels of the training file, for a test file: rows with others are left out.
        first_row_id: the row id of the table's first row.

    Raises:
        UserError: ``unknown_column``, ``same_column``, ``labels_missing``, ``too_few_rows``, ``one_class``,
            ``too_many_labels`` or ``labels_are_numbers``; for a test file ``no_test_rows``.
    """
    check_roles(table, roles)
    spellings, codes = _spellings(table, roles.label)
    texts = _texts(table, roles.text)
    blank = np.fromiter((is_blank(text) for text in texts), bool, len(texts))
    unlabelled = codes < 0
    counts = np.bincount(codes[~unlabelled & ~blank], minlength=len(spellings))
    findings: list[Finding] = []
    if label_names is None:
        if unlabelled.all():
            raise UserError("labels_missing", column=roles.label, rows=table.rows)
        names, to_name = _merge(spellings, np.bincount(codes[~unlabelled], minlength=len(spellings)), codes, findings)
        names, to_name = _used(names, to_name, counts)
    else:
        names, to_name = label_names, _match(spellings, label_names)
    labels = np.where(unlabelled, -1, to_name[codes]) if len(spellings) else codes
    outside = (labels < 0) & ~unlabelled & ~blank
    usable = np.flatnonzero((labels >= 0) & ~blank)
    findings += _left_out(roles, unlabelled, blank, outside, spellings, codes)
    _check(roles, names, len(usable), table.rows, is_test=label_names is not None)
    return LabelledTexts(
        row_ids=usable.astype(np.int64) + first_row_id,
        texts=tuple(texts[i] for i in usable.tolist()),
        labels=labels[usable].astype(np.int64),
        label_names=names,
        findings=tuple(_shifted(finding, first_row_id) for finding in findings),
    )


def is_blank(text: str) -> bool:
    """Nothing to read: white space of any kind, zero-width characters."""
    return not text or text.isspace() or not text.strip(INVISIBLE).strip() or not text.translate(_NO_INVISIBLE).strip()


_NO_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))


def label_key(name: str) -> str:
    """What labels that are the same but for case, space and Unicode form have in common."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


def _spellings(table: Table, label: str) -> tuple[list[str], Positions]:
    """The trimmed spellings of the labels, and each row's position among them (-1: no label)."""
    encoded = pc.dictionary_encode(table.data.column(table.columns.index(label)).combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    raw = [value.strip().strip(INVISIBLE).strip() for value in encoded.dictionary.to_pylist()]
    spellings = list(dict.fromkeys(value for value in raw if value))
    place = {value: i for i, value in enumerate(spellings)}
    of_raw = np.array([place.get(value, -1) for value in raw] + [-1], dtype=np.int64)
    return spellings, of_raw[pc.fill_null(encoded.indices, len(raw)).to_numpy(zero_copy_only=False)]


def _texts(table: Table, columns: Sequence[str]) -> list[str]:
    cells = [table.data.column(table.columns.index(name)).to_pylist() for name in columns]
    if len(cells) == 1:
        return [cell or "" for cell in cells[0]]
    return ["\n".join(cell for cell in row if cell) for row in zip(*cells, strict=True)]


def _merge(
    spellings: list[str], counts: Positions, codes: Positions, findings: list[Finding]
) -> tuple[tuple[str, ...], Positions]:
    """Names for the spellings: whole numbers without ".0", variants under their most frequent form."""
    shown = _whole_numbers(spellings)
    groups: dict[str, Counter[str]] = {}
    for name, count in zip(shown, counts.tolist(), strict=True):
        groups.setdefault(label_key(name), Counter())[name] += count
    chosen = {key: max(forms, key=lambda form: (forms[form], form)) for key, forms in groups.items()}
    for key, forms in groups.items():
        if len(forms) > 1:
            others = [form for form in forms if form != chosen[key]]
            changed = np.array([label_key(name) == key and name != chosen[key] for name in shown] + [False])
            rows = np.flatnonzero(changed[codes])
            params = {"name": chosen[key], "others": listed([_visible(form) for form in others])}
            findings.append(Finding("labels_merged", "warning", len(rows), first_rows(rows), params))
    names = _ordered(list(chosen.values()))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[chosen[label_key(name)]] for name in shown] + [-1], dtype=np.int64)


def _used(names: tuple[str, ...], to_name: Positions, counts: Positions) -> tuple[tuple[str, ...], Positions]:
    """Drop names that no usable row has."""
    used = np.bincount(to_name[:-1], weights=counts, minlength=len(names)) > 0
    place = np.where(used, np.cumsum(used) - 1, -1)
    kept = tuple(name for name, keep in zip(names, used.tolist(), strict=True) if keep)
    return kept, np.append(place[to_name[:-1]], -1)


def _match(spellings: list[str], label_names: tuple[str, ...]) -> Positions:
    """Each spelling's position in `label_names`, -1 where it has none."""
    place = {label_key(name): i for i, name in enumerate(label_names)}
    found = []
    for name in spellings:
        number = WHOLE_NUMBER.fullmatch(name)
        found.append(place.get(label_key(name), place.get(number.group(1), -1) if number else -1))
    return np.array([*found, -1], dtype=np.int64)


def _whole_numbers(names: list[str]) -> list[str]:
    """``1.0`` -> ``1`` where all are whole numbers; ``007`` stays as it is."""
    matches = [WHOLE_NUMBER.fullmatch(name) for name in names]
    return [match.group(1) for match in matches if match] if all(matches) else names


def _ordered(names: list[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    except ValueError:
        return tuple(sorted(names, key=lambda name: (name.casefold(), name)))


def _visible(form: str) -> str:
    """A spelling as it must be shown for its difference to be seen."""
    return form if unicodedata.is_normalized("NFC", form) else f"{form} (NFD)"


def _left_out(
    roles: Roles,
    unlabelled: npt.NDArray[np.bool_],
    blank: npt.NDArray[np.bool_],
    outside: npt.NDArray[np.bool_],
    spellings: list[str],
    codes: Positions,
) -> list[Finding]:
    names = listed([spellings[i] for i in np.unique(codes[outside]).tolist()])
    found = (
        ("label_missing", unlabelled, {"column": roles.label}),
        ("text_empty", blank & ~unlabelled, {"column": ", ".join(roles.text)}),
        ("labels_outside", outside, {"names": names}),
    )
    return [
        Finding(code, "warning", int(rows.sum()), first_rows(np.flatnonzero(rows)), params)
        for code, rows, params in found
        if rows.any()
    ]


def _check(roles: Roles, names: tuple[str, ...], usable: int, rows: int, is_test: bool) -> None:
    if is_test:
        if not usable:
            raise UserError("no_test_rows", column=roles.label, names=listed(names))
        return
    if usable < FEWEST_ROWS:
        raise UserError("too_few_rows", n=usable, rows=rows, fewest=FEWEST_ROWS)
    if len(names) == 1:
        raise UserError("one_class", column=roles.label, name=names[0])
    if len(names) > SURELY_LABELS and len(names) > usable / 2:
        numbers = sum(bool(NUMBER.fullmatch(name)) for name in names) > 0.9 * len(names)
        code = "labels_are_numbers" if numbers else "too_many_labels"
        raise UserError(code, column=roles.label, n=len(names), rows=usable)


def _shifted(finding: Finding, by: int) -> Finding:
    return replace(finding, rows=tuple(row + by for row in finding.rows)) if by else finding
