"""Where a classifier fails more often than elsewhere: by length of the text and by other columns of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from bertdemo.data.names import is_of_correction
from bertdemo.data.roles import DATE
from bertdemo.data.table import Table
from bertdemo.report.metrics import counted_once, share_interval

LEAST_ROWS = 20
MOST_VALUES = 20
MOST_COLUMNS = 8
LENGTH_PARTS = 4
CHANCE = 0.05
"""How often any part at all is said to be worse where none is."""


def by_parts(
    texts: Sequence[str],
    table: Table,
    rows: np.ndarray,
    right: np.ndarray,
    used: Sequence[str],
    together: np.ndarray | None = None,
) -> dict[str, Any]:
    """``length`` (see `by_length`) and ``columns`` (see `by_column`), each part with ``worse`` in the place of ``p``.

    A part is worse beyond chance where its p is small among those of all parts of all tables (Holm 1979).
    """
    length, columns = by_length(texts, right, together), by_column(table, rows, right, used, together)
    parts = [*length, *(part for column in columns for part in column["groups"])]
    worse = True
    for rank, part in enumerate(sorted(parts, key=lambda part: float(part["p"]))):
        worse = worse and part.pop("p") < CHANCE / (len(parts) - rank)
        part["worse"] = worse
    return {"length": length, "columns": columns}


def by_length(texts: Sequence[str], right: np.ndarray, together: np.ndarray | None = None) -> list[dict[str, Any]]:
    """Accuracy in up to four groups of texts, from the shortest to the longest, by characters.

    Where many texts have the same length, a group too small to say anything is joined with its neighbour.

    Args:
        texts: the judged texts.
        right: whether each was right, bool, shape (texts,).
        together: which of them are right or wrong together, shape (texts,); None: each by itself.

    Returns:
        ``from`` and ``to`` (characters), ``rows``, ``accuracy``, ``interval`` (95%) and ``p`` for each group;
        nothing where there are not two groups of at least `LEAST_ROWS` rows.
    """
    if len(texts) < LENGTH_PARTS * LEAST_ROWS:
        return []
    lengths = np.array([len(text) for text in texts])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, LENGTH_PARTS + 1)[1:-1]))
    place = np.searchsorted(edges, lengths, side="left")
    groups: list[np.ndarray] = []
    for number in np.unique(place):
        rows = np.flatnonzero(place == number)
        if groups and min(len(rows), len(groups[-1])) < LEAST_ROWS:
            groups[-1] = np.concatenate([groups[-1], rows])
        else:
            groups.append(rows)
    if len(groups) < 2:
        return []
    return [
        {"from": int(lengths[rows].min()), "to": int(lengths[rows].max()), **_judged(rows, right, together)}
        for rows in groups
    ]


def by_column(
    table: Table, rows: np.ndarray, right: np.ndarray, used: Sequence[str], together: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """Accuracy by the values of each column that has a few.

    Args:
        table: where the judged rows stand.
        rows: their positions in it, shape (judged,).
        right: whether each was right, bool, shape (judged,).
        used: columns that are the text or the label.
        together: which rows are right or wrong together, shape (judged,); None: each by itself.

    Returns:
        For each column ``column`` and ``groups``: ``value``, ``rows``, ``accuracy``, ``interval``, ``p``;
        the weakest group first, and ``left_out``, the number of values of fewer than `LEAST_ROWS` judged rows.
    """
    found: list[dict[str, Any]] = []
    judged_rows = table.take(rows.tolist())
    for name in table.columns:
        if name in used or is_of_correction(name) or len(found) == MOST_COLUMNS:
            continue
        cells = ["" if cell is None else cell for cell in judged_rows.column(name)]
        values = sorted(set(cells))
        if not 2 <= len(values) <= MOST_VALUES or _are_no_groups(values, cells):
            continue
        place = np.array([values.index(cell) for cell in cells])
        groups = [(value, np.flatnonzero(place == number)) for number, value in enumerate(values)]
        groups = [(value, inside) for value, inside in groups if len(inside) >= LEAST_ROWS]
        if len(groups) < 2:
            continue
        judged = [{"value": value, **_judged(inside, right, together)} for value, inside in groups]
        judged.sort(key=lambda group: group["accuracy"])
        found.append({"column": name, "groups": judged, "left_out": len(values) - len(groups)})
    return found


def _are_no_groups(values: Sequence[str], cells: Sequence[str]) -> bool:
    """Dates, and columns most of whose values stand in next to no row, part nothing that could be dealt with."""
    given = [value.strip() for value in values if value.strip()]
    if sum(bool(DATE.fullmatch(value)) for value in given) > 0.9 * len(given):
        return True
    counts = Counter(cells)
    return 2 * sum(counts[value] == 1 for value in values) > len(values)


def _judged(inside: np.ndarray, right: np.ndarray, together: np.ndarray | None) -> dict[str, Any]:
    """The scores of one of several groups of rows, and ``p``: how probable it is that chance made them as low beside
    those of the other rows.

    Fisher's exact test (one-sided), of as many rows as would tell as much each by itself (Rao and Scott 1992).
    """
    from scipy.stats import fisher_exact

    outside = np.setdiff1d(np.arange(len(right)), inside)
    counts = [counted_once(right[rows], None if together is None else together[rows]) for rows in (inside, outside)]
    return {
        "rows": len(inside),
        "accuracy": float(right[inside].mean()),
        "interval": share_interval(right[inside], None if together is None else together[inside]),
        "p": float(fisher_exact(counts, alternative="less").pvalue),
    }
