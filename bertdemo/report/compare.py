"""Two runs side by side: settings that differ, scores, and the rows that one alone gets right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bertdemo.core.predictions import judged_by_all
from bertdemo.data.dataset import row_groups
from bertdemo.data.together import joined
from bertdemo.errors import UserError
from bertdemo.report import several
from bertdemo.report.metrics import micro_f1, paired_difference, paired_f1, share_interval
from bertdemo.report.rows import one_hot
from bertdemo.runs.run import Run

SETTINGS = ("base", "budget", "epochs", "lr", "batch", "max_length", "seed", "precision")
MOST_ROWS_LISTED = 200
MOST_RELABELLED = 0.02
"""Share of the rows judged by both whose labels may differ: beyond it scores tell of labels more than of runs."""


def compare(first: Run, second: Run) -> dict[str, Any]:
    """What tells two finished runs apart, judged on the rows that both were judged on.

    Rows are the same where their texts are. Where a text was given another label, what one run gets wrong may be what
    the other was told is right: such rows are left out, and where they are more than a few, nothing tells which run is
    better.

    Returns:
        ``settings`` (name, first, second) that differ; ``runs``: name, selected, train_rows, accuracy, macro_f1,
        several, score (accuracy, of several labels the micro F1) and its interval of each as its own report says;
        ``shared``: ``rows`` judged by both, ``measure`` (``"micro_f1"`` where both give several labels, else
        ``"accuracy"``), that ``score`` and its ``interval`` of each on them and ``paired`` (see `paired_difference` and
        `paired_f1`), None where there are no such rows or ``relabelled``, the texts that have other labels in the other
        run, are more than `MOST_RELABELLED` of them; ``only_first`` and ``only_second`` (how many one alone gets
        wholly right); ``only_first`` and ``only_second``: the first of these rows, as ``{"position" (in the first run's
        data), "given", "first", "second"}``.

    Raises:
        UserError: ``report_missing``, ``report_other_version`` or ``same_run``.
    """
    if first.id == second.id:
        raise UserError("same_run")
    rows, others = _judged(first), _judged(second)
    pairs = [(row, others[key]) for key, row in rows.items() if key in others]
    relabelled = len({text for text, _ in rows} & {text for text, _ in others} - {a.text for a, _ in pairs})
    runs = [_summary(first), _summary(second)]
    right = [np.array([pair[side].right for pair in pairs], bool) for side in (0, 1)]
    shared_rows = [
        {"position": a.position, "given": "|".join(a.given), "first": "|".join(a.said), "second": "|".join(b.said)}
        for a, b in pairs
    ]
    only_first, only_second = (
        [row for row, a, b in zip(shared_rows, *sides, strict=True) if a and not b] for sides in (right, right[::-1])
    )
    f1 = all(run["several"] for run in runs)
    groups = _groups(pairs)
    scores = _scores_of_several(pairs, groups) if f1 and pairs else _scores(right, groups)
    if relabelled > MOST_RELABELLED * (len(pairs) + relabelled):
        scores["paired"] = None
    return {
        "settings": _differing(first, second),
        "runs": runs,
        "shared": {
            "rows": len(pairs),
            "measure": "micro_f1" if f1 else "accuracy",
            "relabelled": relabelled,
            **scores,
            "only_first": len(only_first),
            "only_second": len(only_second),
        },
        "only_first": only_first[:MOST_ROWS_LISTED],
        "only_second": only_second[:MOST_ROWS_LISTED],
    }


@dataclass(frozen=True)
class _Row:
    """A row that a run was judged on: its text and position, the labels that it was given and that the run says, and
    the number that it has in common with the rows that belong together with it."""

    text: str
    position: int
    given: tuple[str, ...]
    said: tuple[str, ...]
    group: int

    @property
    def right(self) -> bool:
        return set(self.given) == set(self.said)


def _groups(pairs: list[tuple[_Row, _Row]]) -> np.ndarray | None:
    """Which pairs belong together, as either run says, shape (pairs,); None where no two do."""
    groups = joined(np.array([a.group for a, _ in pairs], np.int64), [str(b.group) for _, b in pairs])
    return groups if len(np.unique(groups)) < len(pairs) else None


def _scores(right: list[np.ndarray], groups: np.ndarray | None) -> dict[str, Any]:
    n = len(right[0])
    return {
        "score": [float(side.mean()) if n else None for side in right],
        "interval": [share_interval(side, groups) if n else None for side in right],
        "paired": paired_difference(right[1], right[0], groups) if n else None,
    }


def _scores_of_several(pairs: list[tuple[_Row, _Row]], groups: np.ndarray | None) -> dict[str, Any]:
    names = tuple(sorted({name for pair in pairs for row in pair for name in (*row.given, *row.said)}))

    def matrix(rows: Sequence[tuple[str, ...]]) -> np.ndarray:
        return np.array([[name in row for name in names] for row in rows], bool)

    truth = matrix([first.given for first, _ in pairs])
    said = [matrix([pair[side].said for pair in pairs]) for side in (0, 1)]
    scores = [micro_f1(truth, its, groups) for its in said]
    return {
        "score": [its["micro_f1"] for its in scores],
        "interval": [its["interval"] for its in scores],
        "paired": paired_f1(truth, said[1], said[0], groups),
    }


def _judged(run: Run) -> dict[tuple[str, tuple[str, ...]], _Row]:
    """The rows that a run was judged on, by their text and given label."""
    report = run.require_report()
    split = run.split()
    every, rows = judged_by_all(run, split)
    if (said := every.get(report["selected"])) is None:
        raise UserError("run_not_ready", run=run.id)
    data, predicted = split.data, said.among(rows)
    groups = row_groups(data.take(predicted.positions)).tolist()
    given = data.labels[predicted.positions]
    if data.several:
        found = several.decided(run, split, report["selected"], said, predicted.positions)
    else:
        given, found = (one_hot(labels, len(data.label_names)) for labels in (given, predicted.labels))

    def named(has: np.ndarray) -> tuple[str, ...]:
        return tuple(data.label_names[i] for i in np.flatnonzero(has))

    return {
        (data.texts[p], tuple(sorted(named(truth)))): _Row(data.texts[p], p, named(truth), named(its), group)
        for p, truth, its, group in zip(predicted.positions.tolist(), given, found, groups, strict=True)
    }


def _differing(first: Run, second: Run) -> list[dict[str, Any]]:
    """Settings that differ; epochs that neither person asked for are no setting, but what the machine had time for."""
    automatic = first.config.epochs is None and second.config.epochs is None
    known = []
    for run in (first, second):
        meta = run.meta
        known.append({**meta["config"], **(meta["choices"] or {}), **({"epochs": None} if automatic else {})})
    rows = [{"name": name, "first": known[0].get(name), "second": known[1].get(name)} for name in SETTINGS]
    return [row for row in rows if row["first"] != row["second"]]


def _summary(run: Run) -> dict[str, Any]:
    report = run.require_report()
    keys = ("selected", "train_rows", "test_rows", "accuracy", "interval", "macro_f1")
    about = {"run": run.id, "name": run.meta["name"], "created": run.meta["created"], **{k: report[k] for k in keys}}
    several = "micro_f1" in report
    return about | {"several": several, "score": report["micro_f1" if several else "accuracy"]}
