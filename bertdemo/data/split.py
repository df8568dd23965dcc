"""Labelled texts -> train, validation and test rows, stratified, with rows that belong together on one side."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from bertdemo.aside import file_aside
from bertdemo.data.findings import Finding, first_rows, listed
from bertdemo.data.label_names import Positions
from bertdemo.data.labelled import FEWEST_ROWS, LabelledTexts
from bertdemo.data.rewriting import keys_of_all_forms, text_key
from bertdemo.data.together import compact, dealt, in_one_group, joined
from bertdemo.errors import UserError

FOLDS_BELOW = 300
LEAST_OF_PART = 0.5
"""Of the size that a part is meant to have; below it folds take turns."""
LEAST_LEARNT = 0.55
"""Of the rows; where the parts leave less to learn from, folds take turns."""
LARGE = 3_000
FEWEST_GROUPS = 3
"""Of rows that belong together; with a test file one less."""
FEW_GROUPS = 20
"""Below it folds take turns where rows do not abound: two or three customers would be all that judges."""
NEARLY_ALL = 0.95
"""Of a class's rows; more in one group, and the class can't be both learnt and tested."""
MOST_VALIDATION = 5_000
MOST_TEST = 10_000
PARTS = ("train", "validation", "test")
NOWHERE = "left_out"


@dataclass(frozen=True, eq=False)
class Split:
    """Which rows are learned from, which choose the settings and which judge the result.

    Attributes:
        data: all usable rows: the training file's, then the test file's.
        train, validation, test: int64 positions in `data`, disjoint.
        folds: (fit, held out) positions; empty unless rows are few, or some hundreds and of each class so few that
            parts would be lopsided, and then every row of `train` is held out once and `validation` is empty. `test`
            is too, but where the person gave a test file.
        test_given: the test rows are the person's own file.
    """

    data: LabelledTexts
    train: Positions
    validation: Positions
    test: Positions
    folds: tuple[tuple[Positions, Positions], ...] = ()
    findings: tuple[Finding, ...] = ()
    test_given: bool = False

    @property
    def out_of_fold(self) -> bool:
        """Whether the rows that judge the result are those that are learnt from, held out in turn."""
        return bool(self.folds) and not len(self.test)

    def over(self, data: LabelledTexts, without: Collection[int] = ()) -> Split:
        """The same rows in the same parts, of `data` that gives them other labels; ids `without` are in none."""
        place = {row_id: i for i, row_id in enumerate(data.row_ids.tolist())}

        def moved(rows: Positions) -> Positions:
            ids = self.data.row_ids[rows].tolist()
            return np.array([place[row_id] for row_id in ids if row_id not in without], np.int64)

        folds = tuple((moved(fit), moved(held_out)) for fit, held_out in self.folds)
        train, validation, test = map(moved, (self.train, self.validation, self.test))
        return replace(self, data=data, train=train, validation=validation, test=test, folds=folds)

    def save(self, path: Path) -> None:
        """Write Parquet, one row per row of `data`: `row_id`, `part`, `fold` (-1: in none)."""
        part = np.full(len(self.data), NOWHERE, dtype=object)
        fold = np.full(len(self.data), -1, dtype=np.int32)
        for name in PARTS:
            part[getattr(self, name)] = name
        for number, (_, held_out) in enumerate(self.folds):
            fold[held_out] = number
        about = {"findings": [finding.to_json() for finding in self.findings], "test_given": self.test_given}
        columns = {"row_id": self.data.row_ids, "part": pa.array(part, pa.string()), "fold": fold}
        table = pa.table(columns).replace_schema_metadata({"bertdemo": json.dumps(about)})
        with file_aside(path) as aside:
            pq.write_table(table, aside, compression="zstd")

    @classmethod
    def load(cls, path: Path, data: LabelledTexts) -> Split:
        """What `save` wrote, for the same rows.

        Raises:
            ValueError: `data` has other rows than the split was made for.
        """
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[b"bertdemo"])
        row_ids = table["row_id"].to_numpy()
        if not np.array_equal(row_ids, data.row_ids):
            raise ValueError(f"{path} was made for other rows: {len(row_ids)} of them, not these {len(data)}")
        part = np.array(table["part"].to_pylist(), dtype=object)
        train, validation, test = (np.flatnonzero(part == name) for name in PARTS)
        findings = tuple(Finding.from_json(finding) for finding in about["findings"])
        folds = _folds_of(table["fold"].to_numpy())
        return cls(data, train, validation, test, folds, findings, about["test_given"])


def split_texts(data: LabelledTexts, *, test: LabelledTexts | None = None, seed: int = 0) -> Split:
    """Split by label, the same way for the same seed.

    Args:
        data: the training file's rows.
        test: the rows of the person's own test file, with the same label names.

    Raises:
        UserError: ``one_text`` where all rows hold the same text; where without the texts of the test file next to
            nothing is left to learn from, ``test_takes_all``, one label, ``test_takes_labels``, or one text,
            ``test_takes_texts``; where rows that belong together make too few groups, ``groups_few``, or groups that
            each hold a class, ``groups_hold_labels``.
    """
    if test is not None and test.label_names != data.label_names:
        raise ValueError(f"the test rows have other labels: {test.label_names}, not {data.label_names}")
    keys = [text_key(text) for text in data.texts]
    own, rng = _numbered(keys), np.random.default_rng(seed)
    if own.max(initial=0) == 0:
        raise UserError("one_text", n=len(data))
    free = np.ones(len(data), bool)
    if test is not None:
        taken = keys_of_all_forms(test.texts)
        free = np.array([key not in taken for key in keys], bool)
        if int(free.sum()) < FEWEST_ROWS:
            raise UserError("test_takes_all", rows=len(data), left=int(free.sum()))
        if len(np.unique(data.strata[free])) < 2:
            raise UserError("test_takes_labels", left=int(free.sum()))
        if len(np.unique(own[free])) < 2:
            raise UserError("test_takes_texts", left=int(free.sum()))
    rows = np.flatnonzero(free)
    if data.grouped_by:
        own = row_groups(data)
        return _split_groups(data, test, rows, own, rng)
    if len(rows) < FOLDS_BELOW:
        return _in_folds(data, test, rows, own, rng)
    sizes = [_part_size(len(rows), *size) for size in _SIZES[test is not None :]]
    parts = _draw(own[rows], data.strata[rows], sizes, rng)
    lopsided = _is_lopsided(own[rows], parts, sizes)  # classes of a few rows, or of one text: they have none to spare
    if lopsided and len(rows) >= LARGE:  # too many for folds: then not every class is in every part
        parts = _draw(own[rows], data.strata[rows], sizes, rng, every_class=False)
        lopsided = _is_lopsided(own[rows], parts, sizes)
    if lopsided:
        return _in_folds(data, test, rows, own, rng)
    return _in_parts(data, test, rows, parts, len(sizes))


def _in_parts(
    data: LabelledTexts, test: LabelledTexts | None, rows: Positions, part_of: Positions, parts: int
) -> Split:
    """The `rows` of `data` by the part that each was drawn into."""
    drawn = [rows[part_of == i] for i in range(parts)]
    train = rows[part_of < 0]
    findings = _too_small(data, train, drawn)
    everything = data if test is None else data.joined(test)
    test_rows = drawn[0] if test is None else np.arange(len(data), len(everything))
    return Split(everything, train, drawn[-1], test_rows, (), tuple(findings), test is not None)


def _split_groups(
    data: LabelledTexts, test: LabelledTexts | None, rows: Positions, groups: Positions, rng: np.random.Generator
) -> Split:
    """The same where a column says which of the `rows` belong together."""
    _check_groups(data, rows, groups[rows], FEWEST_GROUPS - (test is not None))
    few = len(np.unique(groups[rows])) < FEW_GROUPS and len(rows) < LARGE
    if few or len(rows) < FOLDS_BELOW:
        return _in_folds(data, test, rows, groups, rng)
    sizes = [_part_size(len(rows), *size) for size in _SIZES[test is not None :]]
    strata = data.strata[rows]
    parts = dealt(groups[rows], strata, _quotas(np.bincount(strata).astype(np.int64), sizes), rng)
    parts[parts == len(sizes)] = -1
    if _is_lopsided(groups[rows], parts, sizes):
        return _in_folds(data, test, rows, groups, rng)
    return _in_parts(data, test, rows, parts, len(sizes))


def _check_groups(data: LabelledTexts, rows: Positions, groups: Positions, fewest: int) -> None:
    """Raises `UserError` ``groups_few`` or ``groups_hold_labels``."""
    many = len(np.unique(groups))
    if many < fewest:
        raise UserError("groups_few", column=data.grouped_by, groups=many, fewest=fewest)
    held = _held(data, rows, groups)
    if np.count_nonzero(data.counts_at(rows)) - len(held) < 2 - data.several:
        names = listed([data.label_names[i] for i in held.tolist()])
        raise UserError("groups_hold_labels", column=data.grouped_by, names=names)


def _held(data: LabelledTexts, rows: Positions, groups: Positions) -> Positions:
    """The classes that one group has (nearly) all rows of, so that they can't be both learnt and tested."""
    return in_one_group(groups, data.labels[rows], len(data.label_names), NEARLY_ALL)


def row_groups(data: LabelledTexts) -> Positions:
    """(n,) int64: the same number for rows that belong together: of one text, and of one value of the column that says
    so, where there is such a column."""
    groups = text_groups(data.texts)
    return joined(groups, data.groups) if data.groups else groups


def groups_among(data: LabelledTexts, rows: Positions) -> Positions | None:
    """(n,) int64: which of the `rows` belong together, as `row_groups` says; None where no two of them do."""
    groups = row_groups(data.take(rows))
    return groups if groups.max(initial=-1) + 1 < len(rows) else None


def different_texts(texts: Sequence[str]) -> int | None:
    """How many of `texts` differ by more than case and white space; None where all do."""
    many = int(text_groups(texts).max(initial=-1)) + 1
    return many if many < len(texts) else None


def text_groups(texts: Sequence[str]) -> Positions:
    """(n,) int64: the same number for texts of one `text_key`."""
    return _numbered([text_key(text) for text in texts])


def _numbered(keys: Sequence[str]) -> Positions:
    return pd.factorize(pd.Series(keys, dtype=object))[0].astype(np.int64)


# Share of the rows below and above LARGE, and the most that is needed: test rows, then validation rows.
_SIZES = ((0.20, 0.10, MOST_TEST), (0.15, 0.10, MOST_VALIDATION))


def _part_size(n: int, share: float, share_of_many: float, most: int) -> int:
    return min(round(n * (share if n < LARGE else share_of_many)), most)


def _draw(
    groups: Positions, labels: Positions, sizes: list[int], rng: np.random.Generator, *, every_class: bool = True
) -> Positions:
    """(n,) int64: which part each row is drawn into, -1 for the rest.

    Whole groups are drawn, class by class, until the class has given its quota; groups that would fill a
    good part of a quota by themselves are drawn last.
    """
    order, first_label, group_size = _shuffled_groups(groups, labels, rng)
    class_rows = np.bincount(first_label, weights=group_size).astype(np.int64)
    quotas = _quotas(class_rows, sizes) if every_class else _fair_quotas(class_rows, sizes, rng)
    smallest = np.maximum(quotas[:-1].min(axis=0), 1)
    bulky = group_size > np.maximum(1, smallest[first_label] // 4)
    order = order[np.lexsort((bulky[order], first_label[order]))]
    size, label = group_size[order], first_label[order]
    ends = np.cumsum(size)
    starts = ends - size
    class_start = np.concatenate([[0], np.cumsum(class_rows)])[label]
    limits = np.cumsum(quotas, axis=0)[:, label]
    filled = starts - class_start + (size + 1) // 2
    part = (filled > limits).sum(axis=0)
    part[np.append(label[1:] != label[:-1], True)] = len(sizes)  # no class is all tested and never learned
    of_group = np.empty(len(order), np.int64)
    of_group[order] = np.where(part == len(sizes), -1, part)
    return of_group[compact(groups)]


def _is_lopsided(groups: Positions, part_of: Positions, sizes: list[int]) -> bool:
    """Whether a part is empty or far smaller than meant, in rows and in texts, or too little is left to learn from."""
    n, texts = len(groups), len(np.unique(groups))
    for i, size in enumerate(sizes):
        drawn = groups[part_of == i]
        least = LEAST_OF_PART * size / n
        if not len(drawn) or (len(drawn) < least * n and len(np.unique(drawn)) < least * texts):
            return True
    return int((part_of < 0).sum()) < LEAST_LEARNT * n


def _shuffled_groups(
    groups: Positions, labels: Positions, rng: np.random.Generator
) -> tuple[Positions, Positions, Positions]:
    """A random order of the groups, the label of each group's first row, and its number of rows."""
    _, first, counts = np.unique(groups, return_index=True, return_counts=True)
    return rng.permutation(len(first)), labels[first], counts.astype(np.int64)


def _quotas(class_rows: Positions, sizes: list[int]) -> Positions:
    """(parts + 1, c): rows of each class for each part and, last, what stays; every class keeps some rows."""
    total = max(int(class_rows.sum()), 1)
    parts = len(sizes)
    fewest = np.where(class_rows >= 6, 2, np.where(class_rows >= parts + 1, 1, 0))
    quotas = []
    for size in sizes:
        exact = class_rows * (size / total)
        quota = np.floor(exact).astype(np.int64)
        rest = np.argsort(-(exact - quota), kind="stable")[: max(0, size - int(quota.sum()))]
        quota[rest] += 1
        quotas.append(np.where(class_rows >= parts + 1, np.maximum(quota, fewest), 0))
    return np.stack([*quotas, class_rows - sum(quotas)])


def _fair_quotas(class_rows: Positions, sizes: list[int], rng: np.random.Generator) -> Positions:
    """The same, where a class gives its share on average and no more: of six rows often none.

    Systematic sampling (Madow and Madow 1944): the shares of all classes laid end to end, in a random order, are cut
    at equal distances, and what is drawn so is dealt to the parts by chance.
    """
    order, drawn = rng.permutation(len(class_rows)), sum(sizes)
    ends = np.cumsum(class_rows[order]) * drawn // int(class_rows.sum())
    dealt = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    quotas = np.zeros((len(sizes) + 1, len(class_rows)), np.int64)
    np.add.at(quotas, (dealt, np.repeat(order, np.diff(ends, prepend=0))), 1)
    quotas[-1] = class_rows - quotas.sum(axis=0)
    return quotas


def folds_of(rows: int) -> int:
    """How many folds so many rows take turns in; 0 where they are enough for parts."""
    if rows >= FOLDS_BELOW:
        return 0
    return 5 if rows >= 25 else 3 if rows >= 12 else 2


def _in_folds(
    data: LabelledTexts,
    test: LabelledTexts | None,
    rows: Positions,
    groups: Positions,
    rng: np.random.Generator,
) -> Split:
    """Folds of the `rows` of `data` that are learnt from."""
    n, groups = len(rows), compact(groups[rows])
    k = min(folds_of(min(n, FOLDS_BELOW - 1)), int(groups.max()) + 1)
    everything = data if test is None else data.joined(test)
    fold = np.full(len(everything), -1, np.int64)
    if data.grouped_by:
        fold[rows] = folds_of_groups(groups, data.strata[rows], k, rng)
    else:
        order, first_label, _ = _shuffled_groups(groups, data.strata[rows], rng)
        order = order[np.argsort(first_label[order], kind="stable")]
        fold_of_group = np.empty(len(order), np.int64)
        fold_of_group[order] = np.arange(len(order)) % k
        fold[rows] = fold_of_group[groups]
    many = "groups_out_of_fold" if data.grouped_by else "classes_out_of_fold"
    why = "out_of_fold" if n < FOLDS_BELOW else many
    params = {"folds": k} | ({"column": data.grouped_by} if why == "groups_out_of_fold" else {})
    findings = [Finding(why, "info", n, params=params)] if test is None else []
    findings += _class_finding(data, _held(data, rows, groups) if data.grouped_by else _alone(data, rows))
    nothing, test_rows = np.empty(0, np.int64), np.arange(len(data), len(everything))
    return Split(everything, rows, nothing, test_rows, _folds_of(fold), tuple(findings), test is not None)


def folds_of_groups(groups: Positions, labels: Positions, folds: int, rng: np.random.Generator) -> Positions:
    """(n,) int64: the fold of each row, whole groups in one fold, classes as even as that allows."""
    quotas = np.tile(np.bincount(labels) / folds, (folds, 1))
    return dealt(groups, labels, quotas, rng)


def _folds_of(fold: npt.NDArray[np.integer]) -> tuple[tuple[Positions, Positions], ...]:
    numbers = range(int(fold.max(initial=-1)) + 1)
    return tuple((np.flatnonzero((fold >= 0) & (fold != i)), np.flatnonzero(fold == i)) for i in numbers)


def _alone(data: LabelledTexts, rows: Positions) -> Positions:
    """The classes of fewer than two of the `rows`."""
    return np.flatnonzero(data.counts_at(rows) < 2)


def _too_small(data: LabelledTexts, train: Positions, drawn: list[Positions]) -> list[Finding]:
    """Classes that could not be put into every part."""
    present = data.counts > 0
    missing = np.zeros(len(data.label_names), bool)
    for rows in (train, *drawn):
        missing |= data.counts_at(rows) == 0
    return _class_finding(data, np.flatnonzero(present & missing))


def _class_finding(data: LabelledTexts, classes: Positions) -> list[Finding]:
    if not len(classes):
        return []
    names = listed([data.label_names[i] for i in classes.tolist()])
    small = data.labels[:, classes].any(axis=1) if data.several else np.isin(data.labels, classes)
    rows = first_rows(data.row_ids[small])
    if data.grouped_by:
        params = {"names": names, "column": data.grouped_by}
        return [Finding("labels_in_few_groups", "warning", len(classes), rows, params)]
    return [Finding("class_too_small", "warning", len(classes), rows, {"names": names})]
