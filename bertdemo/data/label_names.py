"""The names of labels: spellings that mean the same, whole numbers, the order in which they are shown."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.label_cells import bare
from bertdemo.data.readable import INVISIBLE
from bertdemo.data.table import Table

AT_THE_END = " .,;:!。，；：！"
"""What may stand behind a label and makes it no other one."""
WHOLE_NUMBER = re.compile(r"([-+]?\d+)(\.0+)?")

Positions = npt.NDArray[np.int64]


def label_key(name: str) -> str:
    """What labels have in common that are the same but for case, space, marks at the end and Unicode form, or the same
    whole number (``1`` and ``1.0``)."""
    plain = " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())
    number = WHOLE_NUMBER.fullmatch(plain)
    return number.group(1) if number else plain.rstrip(AT_THE_END) or plain


def spellings_of(table: Table, label: str, *, to_part: bool = False) -> tuple[list[str], Positions]:
    """The trimmed spellings of the labels, and each row's position among them (-1: no label).

    Args:
        to_part: cells hold several labels, and stay as they are; otherwise a list of one is its label.
    """
    encoded = pc.dictionary_encode(table.data.column(table.columns.index(label)).combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    raw = [_trimmed(value) if to_part else spelling_of(value) for value in encoded.dictionary.to_pylist()]
    spellings = list(dict.fromkeys(value for value in raw if value))
    place = {value: i for i, value in enumerate(spellings)}
    of_raw = np.array([place.get(value, -1) for value in raw] + [-1], dtype=np.int64)
    return spellings, of_raw[pc.fill_null(encoded.indices, len(raw)).to_numpy(zero_copy_only=False)]


def spelling_of(cell: str) -> str:
    """The one label of a cell, without what nobody sees around it; a list of one is its label."""
    return bare(_trimmed(cell))


def _trimmed(cell: str) -> str:
    return cell.strip().strip(INVISIBLE).strip()


def merged(
    spellings: list[str],
    counts: Positions,
    rows_with: Callable[[Sequence[set[str]]], Sequence[Positions]],
    *,
    apart: bool = False,
) -> tuple[tuple[str, ...], Positions, list[Finding]]:
    """Names for the spellings: whole numbers without ".0", variants under their most frequent form.

    Args:
        apart: every spelling is a label of its own.
        counts: how often each spelling stands in the table.
        rows_with: for each set of spellings the rows that have one of them.

    Returns:
        The names in the order shown; the position of each spelling's name, and a -1 at the end; findings.
    """
    if apart:
        names = _ordered(spellings)
        place = {name: i for i, name in enumerate(names)}
        return names, np.array([place[spelling] for spelling in spellings] + [-1], dtype=np.int64), []
    shown = _whole_numbers(spellings)
    keys = [label_key(name) for name in shown]
    groups: dict[str, Counter[str]] = {}
    raw_forms: dict[str, list[tuple[str, str]]] = {}
    for key, raw, name, count in zip(keys, spellings, shown, counts.tolist(), strict=True):
        groups.setdefault(key, Counter())[name] += count
        raw_forms.setdefault(key, []).append((raw, name))
    chosen = {key: max(forms, key=lambda form: (forms[form], -len(form), form)) for key, forms in groups.items()}
    torn = [key for key, forms in groups.items() if len(forms) > 1]
    rows_of = rows_with([{raw for raw, name in raw_forms[key] if name != chosen[key]} for key in torn]) if torn else []
    findings = []
    for key, rows in zip(torn, rows_of, strict=True):
        others = [form for form in groups[key] if form != chosen[key]]
        params = {"name": chosen[key], "others": listed([_visible(form) for form in others])}
        findings.append(Finding("labels_merged", "warning", len(rows), first_rows(rows), params))
    names = _ordered(list(chosen.values()))
    place = {name: i for i, name in enumerate(names)}
    return names, np.array([place[chosen[key]] for key in keys] + [-1], dtype=np.int64), findings


def rows_of_each(codes: Positions, groups: Sequence[Collection[int]]) -> list[Positions]:
    """For each group of codes the rows that have one of them, in order."""
    order = np.argsort(codes, kind="stable")
    ends = np.append(np.searchsorted(codes[order], np.arange(codes.max(initial=-1) + 1)), len(codes))
    return [np.sort(np.concatenate([order[ends[code] : ends[code + 1]] for code in group])) for group in groups]


def matched(spellings: list[str], label_names: tuple[str, ...]) -> Positions:
    """Each spelling's position in `label_names`, -1 where it has none."""
    place = {label_key(name): i for i, name in enumerate(label_names)}
    exact = {name: i for i, name in enumerate(label_names)}
    found = [exact.get(name, place.get(label_key(name), -1)) for name in spellings]
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
