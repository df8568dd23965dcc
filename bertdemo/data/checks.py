"""Which rows and columns a finding is about: one small function for each question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bertdemo.data.header import NUMBER
from bertdemo.data.label_cells import MOST_LABELS, are_ratings, bare, labels_in
from bertdemo.data.label_names import Positions, label_key
from bertdemo.data.labelled import LabelledTexts
from bertdemo.data.missing import missing_labels, missing_texts
from bertdemo.data.names import is_of_correction
from bertdemo.data.rewriting import has_markup, has_personal_data, keys_of_all_forms, text_key
from bertdemo.data.roles import Roles
from bertdemo.data.split import Split, text_groups
from bertdemo.data.table import Table

SMALL_CLASS = 5
SHORTEST_CUT, FEWEST_CUT, MUCH_CUT = 30, 20, 0.1
"""Characters, different texts and share of the rows from which on texts of one length may have been cut off."""
SOURCES, MOST_OF_SOURCE, FEWEST_MIXED = 10, 50, 10
"""Values of a column for each label from which on they may be people and the like, the most rows of each on average,
and how many of them would have several labels by chance."""
SAMPLE = 20_000
GLANCE = 1_000
"""Cells that tell whether a column has the labels' names at all."""
FEWEST_PAIRS, LEAST_KAPPA = 10, 0.4
"""Rows that two columns both label, and Cohen's kappa, from which on they judge the same: agreement is moderate from
there on (Landis and Koch 1977); two people who judge one text reach it, and other questions on the same scale don't."""
MOST_RATINGS = 101
MOST_HALVES = 21
OBJECT = r'(?s)^\s*(\[\s*)?\{\s*".*\}(\s*\])?\s*$'
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


def objects_in(table: Table, name: str) -> Positions:
    """The rows in which a column holds an object as JSON writes it, or a list of objects."""
    cells = table.data.column(table.columns.index(name))
    found = pc.fill_null(pc.match_substring_regex(cells, OBJECT), False)
    return np.flatnonzero(found.to_numpy())


def labelled_missing(data: LabelledTexts) -> tuple[list[str], Positions]:
    """Labels that probably say that there is none, and the positions of the rows that have no other."""
    names = missing_labels(data.label_names)
    places = [data.label_names.index(name) for name in names]
    if not data.several:
        return names, np.flatnonzero(np.isin(data.labels, places))
    others = np.setdiff1d(np.arange(len(data.label_names)), places)
    return names, np.flatnonzero(data.labels[:, places].any(axis=1) & ~data.labels[:, others].any(axis=1))


def says_missing_alone(data: LabelledTexts) -> Positions:
    """Texts that hold nothing but a code for a missing answer; `tiny` ones are left to that."""
    rows = missing_texts(data.texts)
    return np.array([row for row in rows if TWO_LETTERS.search(data.texts[row])], dtype=np.int64)


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


def labels_everywhere(data: LabelledTexts) -> list[str]:
    """Labels that every row has, where rows may have several: there is nothing to learn about them."""
    if not data.several:
        return []
    return [name for name, rows in zip(data.label_names, data.counts.tolist(), strict=True) if rows == len(data)]


def small_classes(data: LabelledTexts) -> Positions:
    """Classes with fewer than five rows."""
    return np.flatnonzero(data.counts < SMALL_CLASS)


def in_small_classes(data: LabelledTexts) -> Positions:
    """Rows of `small_classes`."""
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
    if roles.several or roles.flags:
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


def sources(table: Table, roles: Roles, test_table: Table | None = None) -> dict[str, int]:
    """Columns that say of whom or what the rows are, with how many values: each stands in several rows, with one label.

    There are many for each label, as there are of no finer sort of label, in few rows each; chance would hardly give
    them one label, and neither does their order, as it does for a number that labels were made of. Of a test table
    that holds none of them, none is told: there nobody is known again.
    """
    if roles.several:
        return {}
    labels = _codes(table, roles.label)
    shares = np.bincount(labels[labels >= 0]) / max(1, int((labels >= 0).sum()))
    found = {}
    for name in _unused(table, roles):
        codes = _codes(table, name)
        both = (codes >= 0) & (labels >= 0)
        values, first, place, rows = np.unique(codes[both], return_index=True, return_inverse=True, return_counts=True)
        own = labels[both][first]
        if both.sum() < 0.9 * (labels >= 0).sum() or len(values) < SOURCES * np.count_nonzero(shares):
            continue
        if not 2 <= rows.mean() <= MOST_OF_SOURCE or (own[place] != labels[both]).any():
            continue
        by_chance = 1 - (shares[:, None] ** rows).sum(axis=0)
        if by_chance.sum() >= FEWEST_MIXED and not _in_order(table, name, roles) and _held(table, test_table, name):
            found[name] = len(values)
    return found


def _in_order(table: Table, name: str, roles: Roles) -> bool:
    """Whether a column is of numbers whose order parts the labels."""
    pairs = zip(table.column(name), table.column(roles.label), strict=True)
    known = {(value, label) for value, label in pairs if value is not None and label is not None}
    if not all(NUMBER.fullmatch(value) for value, _ in known):
        return False
    try:
        ranked = [label for _, label in sorted(known, key=lambda pair: float(pair[0].rstrip("%").replace(",", ".")))]
    except ValueError:  # 1,234,567 and its like
        return False
    changes = sum(a != b for a, b in pairwise(ranked))
    return changes < len(ranked) / SOURCES


def _held(table: Table, test_table: Table | None, name: str) -> bool:
    """Whether a column's values stand in the test table too, where that is one of its own."""
    if test_table is None:
        return True
    return name in test_table.columns and not set(table.column(name)).isdisjoint(set(test_table.column(name)) - {None})


def test_texts_in_train(data: LabelledTexts, test: LabelledTexts) -> tuple[int, Positions]:
    """How many different test texts stand in the training rows too, and those rows' positions.

    Texts are told apart as by `split_texts`, which leaves these rows out: by their `text_key`, and not by what a remedy
    rewrites.
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


def rival_labels(table: Table, roles: Roles) -> list[tuple[str, float, float]]:
    """Columns that judge the same as the label column, as a second person's would: the share of rows in which they
    agree with it, and by how much that is more than chance (Cohen 1960, kappa).

    Rows where either has no label, or a code for none, don't count.
    """
    if roles.several or roles.flags:
        return []
    labels = _keys(_sampled(table, roles.label))
    names = set(labels) - {""}
    found = []
    for name in _unused(table, roles):
        cells = _sampled(table, name)
        values = set(_keys(cells[:GLANCE])) - {""}
        if len(values) < 2 or len(names) < 2 or len(values & names) < 0.8 * max(len(values), min(len(names), 50)):
            continue
        pairs = [pair for pair in zip(labels, _keys(cells), strict=True) if all(pair)]
        share, kappa = agreement(pairs)
        if len(pairs) >= FEWEST_PAIRS and kappa >= LEAST_KAPPA:
            found.append((name, share, kappa))
    return found


def agreement(pairs: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """The share of pairs that are alike, and Cohen's kappa: 0 where chance would make so many, 1 where all are."""
    if not pairs:
        return 0.0, 0.0
    n = len(pairs)
    share = sum(one == other for one, other in pairs) / n
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(ones[key] * others[key] for key in ones) / n**2
    return share, (share - chance) / (1 - chance) if chance < 1 else 0.0


def _keys(cells: Sequence[str | None]) -> list[str]:
    """What tells labels apart; empty where there is none, or a code says so."""
    stripped = [(cell or "").strip() for cell in cells]
    names = {cell for cell in stripped if cell}
    missing = set(missing_labels(names)) if len(names) <= MOST_LABELS else set()
    keys = {cell: "" if cell in missing else label_key(bare(cell)) for cell in names}
    return [keys.get(cell, "") for cell in stripped]


def _sampled(table: Table, name: str) -> list[str | None]:
    cells = table.data.column(table.columns.index(name))
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
