"""Which rows and columns a finding is about: one small function for each question."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.header import NUMBER
from bertdemo.data.label_cells import MOST_LABELS, are_ratings, labels_in
from bertdemo.data.label_names import label_key
from bertdemo.data.labelled import LabelledTexts
from bertdemo.data.names import is_of_correction
from bertdemo.data.repeats import Positions
from bertdemo.data.rewriting import has_markup, has_personal_data, keys_of_all_forms, text_key
from bertdemo.data.roles import Roles
from bertdemo.data.split import Split, text_groups
from bertdemo.data.table import Table

SMALL_CLASS = 5
SHORTEST_CUT, FEWEST_CUT, MUCH_CUT = 30, 20, 0.1
"""Characters, different texts and share of the rows from which on texts of one length may have been cut off."""
FEWEST_VALUES, VALUES_OF_LABEL, FEWEST_EACH, MOST_EACH = 20, 5, 2, 50
"""Values of a column, values for each label, and rows of a value on average where these may be customers."""
SAMPLE = 20_000
MOST_RATINGS = 101
MOST_HALVES = 21
TWO_LETTERS = re.compile(r"[^\W_][\W_]*[^\W_]")


def tiny(data: LabelledTexts) -> Positions:
    """Texts with fewer than two letters or digits: "?", "-", ":)"."""
    return _where(data, lambda text: TWO_LETTERS.search(text) is None)


def equally_longest(table: Table, roles: Roles) -> list[tuple[str, int, Positions]]:
    """Text columns in which many different texts have exactly the greatest length, with it and the rows of those."""
    found = []
    for name in roles.read:
        cells = table.data.column(table.columns.index(name))
        lengths = pc.fill_null(pc.utf8_length(cells), 0).to_numpy().astype(np.int64)
        longest = int(lengths.max(initial=0))
        rows = np.flatnonzero(lengths == longest)
        if longest < SHORTEST_CUT or len(rows) < max(FEWEST_CUT, MUCH_CUT * len(lengths)):
            continue
        if len(pc.unique(cells.take(pa.array(rows)))) >= FEWEST_CUT:  # one text many times is a form that was sent
            found.append((name, longest, rows))
    return found


def marked_up(data: LabelledTexts) -> Positions:
    """Texts with HTML tags or entities."""
    return _where(data, has_markup)


def personal(data: LabelledTexts) -> Positions:
    """Texts with what looks like an e-mail address or a phone number."""
    return _where(data, has_personal_data)


def contradicting(data: LabelledTexts, groups: Positions) -> Positions:
    """Rows whose text stands with two labels or more, copies side by side."""
    said = np.unique(data.labels, axis=0, return_inverse=True)[1].reshape(-1)
    pairs = np.unique(groups * (int(said.max(initial=0)) + 1) + said)
    texts, labels = np.unique(pairs // (int(said.max(initial=0)) + 1), return_counts=True)
    rows = np.flatnonzero(np.isin(groups, texts[labels > 1]))
    return rows[np.argsort(groups[rows], kind="stable")]


def in_small_classes(data: LabelledTexts) -> Positions:
    """Rows of classes with fewer than five."""
    small = data.counts < SMALL_CLASS
    return np.flatnonzero(data.labels[:, small].any(axis=1) if data.several else small[data.labels])


def is_sorted(data: LabelledTexts) -> bool:
    """Whether equal labels stand together far more than in any random order."""
    if len(data) < 100:
        return False
    shares = np.bincount(data.strata) / len(data)
    expected = len(data) * (1 - float((shares**2).sum()))
    return int((np.diff(data.strata) != 0).sum()) < 0.1 * expected


def several_labels(data: LabelledTexts) -> tuple[str, Positions]:
    """The mark that parts several labels in one cell, and the label names made so; an empty mark: none are.

    A mark counts only where every part is itself a label that stands alone in other cells.
    """
    for mark in "" if data.several else ",|;":
        if mark == "," and are_ratings(data.label_names):
            continue
        parts = [labels_in(name, mark) for name in data.label_names]
        alone = {its[0] for its in parts if len(its) == 1}
        made = [i for i, its in enumerate(parts) if len(its) > 1]
        if made and all(part in alone for i in made for part in parts[i]):
            return mark, np.array(made, dtype=np.int64)
    return "", np.zeros(0, np.int64)


def measured(label_names: Sequence[str]) -> tuple[float, float] | None:
    """The least and the largest of labels that are measurements, not names of classes; None where they are not.

    Numbers with fractions are measured, and so are whole numbers of more than `MOST_RATINGS` values: nobody rates on a
    scale that fine.
    """
    if len(label_names) < 3 or not all(NUMBER.fullmatch(name) for name in label_names):
        return None
    try:
        numbers = [float(name.rstrip("%").replace(",", ".")) for name in label_names]
    except ValueError:  # 1,234,567 and its like
        return None
    if (any(number % 1 for number in numbers) and len(numbers) > MOST_HALVES) or len(numbers) > MOST_RATINGS:
        return min(numbers), max(numbers)
    return None


def nested_labels(data: LabelledTexts) -> str:
    """The mark between a label and its finer part, as in ``HUM:ind``; empty where there is none."""
    for mark in ":/>":
        heads = {name.split(mark)[0] for name in data.label_names}
        if 2 <= len(heads) <= len(data.label_names) / 2 and all(mark in name for name in data.label_names):
            return mark
    return ""


def deciding_columns(table: Table, roles: Roles) -> list[str]:
    """Columns that are not used and whose every value goes with one label: the label under another name."""
    if roles.several:
        return []
    labels = _codes(table, roles.label)
    found = []
    for name in _unused(table, roles):
        codes = _codes(table, name)
        both = (codes >= 0) & (labels >= 0)
        values = len(np.unique(codes[both]))
        if both.sum() < 0.9 * (labels >= 0).sum() or not 2 <= values <= MOST_LABELS or values > 0.5 * both.sum():
            continue
        pairs = np.unique(codes[both] * (labels.max() + 1) + labels[both])
        if len(pairs) == values:
            found.append(name)
    return found


def deciding_groups(table: Table, roles: Roles) -> tuple[str, int] | None:
    """The first of `deciding_columns` whose values look like customers or authors rather than finer labels, and how
    many these are: many beside the labels, with several rows each, though not very many."""
    labels = len(np.unique(_codes(table, roles.label)))
    for name in deciding_columns(table, roles):
        codes = _codes(table, name)
        values = len(np.unique(codes[codes >= 0]))
        rows = int((codes >= 0).sum()) / values
        if values >= max(FEWEST_VALUES, VALUES_OF_LABEL * labels) and FEWEST_EACH <= rows <= MOST_EACH:
            return name, values
    return None


def test_texts_in_train(data: LabelledTexts, test: LabelledTexts) -> tuple[int, Positions]:
    """How many different test texts stand in the training rows too, and those rows' positions.

    Texts are told apart as by `split_texts`, which leaves these rows out: not by case and white space, nor by what a
    remedy rewrites.
    """
    taken = keys_of_all_forms(test.texts)
    found = {row: key for row, text in enumerate(data.texts) if (key := text_key(text)) in taken}
    return len(set(found.values())), np.array([*found], dtype=np.int64)


def groups_in_both(data: LabelledTexts, test: LabelledTexts) -> tuple[int, Positions]:
    """How many values of the column of groups stand in test rows and in rows that are learnt from, and the latter's
    positions: rows whose texts are tested are not learnt from."""
    tested = set(test.groups) - {""}
    rows = [row for row, value in enumerate(data.groups) if value in tested]
    if rows:
        rows = np.setdiff1d(rows, test_texts_in_train(data, test)[1]).tolist()
    return len({data.groups[row] for row in rows}), np.array(rows, np.int64)


def kept_from_learning(data: LabelledTexts, split: Split) -> tuple[int, Positions]:
    """What `test_texts_in_train` finds, from the split that left these rows out."""
    rows = np.setdiff1d(np.arange(len(data)), np.concatenate([split.train, split.validation]))
    return len(np.unique(text_groups([data.texts[row] for row in rows.tolist()]))), rows


def rival_labels(table: Table, roles: Roles) -> list[tuple[str, float]]:
    """Columns with the same values as the label column, and the share of rows in which they agree with it."""
    if roles.several:
        return []
    labels = table.data.column(table.columns.index(roles.label))
    keys = {label_key(value) for value in pc.unique(labels).to_pylist() if value}
    found = []
    for name in _unused(table, roles):
        cells = table.data.column(table.columns.index(name))
        values = {label_key(value) for value in set(cells[:1000].to_pylist()) if value}
        if len(values) >= 2 and len(keys) >= 2 and len(values & keys) >= 0.8 * max(len(values), min(len(keys), 50)):
            pairs = list(zip(_sampled(labels), _sampled(cells), strict=True))
            same = sum(a is not None and b is not None and label_key(a) == label_key(b) for a, b in pairs)
            found.append((name, same / max(1, len(pairs))))
    return found


def _sampled(cells: pa.ChunkedArray) -> list[str | None]:
    step = max(1, -(-len(cells) // SAMPLE))
    return cells.take(pa.array(range(0, len(cells), step), pa.int64())).to_pylist()


def _unused(table: Table, roles: Roles) -> list[str]:
    used = (*roles.columns, roles.group)
    return [name for name in table.columns if name not in used and not is_of_correction(name)]


def _codes(table: Table, name: str) -> npt.NDArray[np.int64]:
    """(rows,): the position of each cell among the column's values, -1 where it is empty."""
    encoded = pc.dictionary_encode(table.data.column(table.columns.index(name)).combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)


def _where(data: LabelledTexts, holds: Callable[[str], bool]) -> Positions:
    return np.array([i for i, text in enumerate(data.texts) if holds(text)], dtype=np.int64)
