"""Two runs side by side: settings that differ, scores, and the rows that one alone gets right."""

from __future__ import annotations

from typing import Any

import numpy as np

from bertdemo.core.predictions import Predictions, judging_rows
from bertdemo.errors import UserError
from bertdemo.report import several
from bertdemo.report.metrics import accuracy_interval, paired_difference
from bertdemo.runs.run import Run

SETTINGS = ("base", "budget", "epochs", "lr", "batch", "max_length", "seed", "precision")
MOST_ROWS_LISTED = 200


def compare(first: Run, second: Run) -> dict[str, Any]:
    """What tells two finished runs apart, judged on the rows that both were judged on.

    Rows are the same where text and given label are the same.

    Returns:
        ``settings`` (name, first, second) that differ; ``runs``: name, selected, train_rows, accuracy, macro_f1,
        several, score (accuracy, of several labels the micro F1) and its interval of each as its own report says;
        ``shared``: ``rows`` judged by both, ``accuracy`` and ``interval`` of each on them, ``paired`` (see
        `paired_difference`), ``only_first`` and ``only_second`` (how many one alone gets right); ``only_first`` and
        ``only_second``: the first of these rows, as ``{"position" (in the first run's data), "given", "first",
        "second"}``.

    Raises:
        UserError: ``report_missing``, ``report_other_version`` or ``same_run``.
    """
    if first.id == second.id:
        raise UserError("same_run")
    shared_rows = _matched(_judged(first), _judged(second))
    right = [np.array([row[side] == row["given"] for row in shared_rows], bool) for side in ("first", "second")]
    hits = [int(side.sum()) for side in right]
    n = len(shared_rows)
    only_first, only_second = (
        [row for row, a, b in zip(shared_rows, *sides, strict=True) if a and not b] for sides in (right, right[::-1])
    )
    return {
        "settings": _differing(first, second),
        "runs": [_summary(first), _summary(second)],
        "shared": {
            "rows": n,
            "accuracy": [count / n if n else None for count in hits],
            "interval": [list(accuracy_interval(count, n)) for count in hits],
            "paired": paired_difference(right[1], right[0]) if n else None,
            "only_first": len(only_first),
            "only_second": len(only_second),
        },
        "only_first": only_first[:MOST_ROWS_LISTED],
        "only_second": only_second[:MOST_ROWS_LISTED],
    }


def _judged(run: Run) -> dict[tuple[str, str], tuple[int, str]]:
    """(text, given label) -> (position, predicted label) of the rows that a run was judged on."""
    report = run.require_report()
    said = Predictions.load(run.folder, report["selected"])
    if said is None:
        raise UserError("run_not_ready", run=run.id)
    split = run.split()
    data, predicted = split.data, said.among(judging_rows(split))
    if data.several:
        has = several.decided(run, split, report["selected"], said, predicted.positions)
        labels = ["|".join(data.label_names[i] for i in np.flatnonzero(row)) for row in has]
    else:
        labels = [data.label_names[label] for label in predicted.labels.tolist()]
    return {
        (data.texts[p], data.labels_of(p)): (p, label)
        for p, label in zip(predicted.positions.tolist(), labels, strict=True)
    }


def _matched(
    first: dict[tuple[str, str], tuple[int, str]], second: dict[tuple[str, str], tuple[int, str]]
) -> list[dict[str, Any]]:
    return [
        {"position": position, "given": key[1], "first": said, "second": second[key][1]}
        for key, (position, said) in first.items()
        if key in second
    ]


def _differing(first: Run, second: Run) -> list[dict[str, Any]]:
    known = []
    for run in (first, second):
        meta = run.meta
        known.append({**meta["config"], **(meta["choices"] or {})})
    rows = [{"name": name, "first": known[0].get(name), "second": known[1].get(name)} for name in SETTINGS]
    return [row for row in rows if row["first"] != row["second"]]


def _summary(run: Run) -> dict[str, Any]:
    report = run.report or {}
    keys = ("selected", "train_rows", "test_rows", "accuracy", "interval", "macro_f1")
    about = {"run": run.id, "name": run.meta["name"], "created": run.meta["created"], **{k: report[k] for k in keys}}
    several = "micro_f1" in report
    return about | {"several": several, "score": report["micro_f1" if several else "accuracy"]}
