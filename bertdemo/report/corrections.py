"""What a person decides on rows whose label is doubted, and the table and the run that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bertdemo.data.table import Table
from bertdemo.errors import UserError
from bertdemo.runs.run import Run

DECISIONS = ("relabel", "drop", "keep")

Decided = dict[int, str]
"""Row of the table -> one of `DECISIONS`."""


def decide(run: Run, otherwise: str, decisions: Mapping[int, str] | None = None) -> Decided:
    """One decision for each doubted row of a finished run.

    Args:
        run: a finished run.
        otherwise: what is done with rows that `decisions` does not name.
        decisions: by row of the table.

    Raises:
        UserError: ``report_missing``, ``report_other_version``, ``nothing_suspect`` or ``decision_unknown``.
    """
    rows = [entry["row"] for entry in run.require_report()["suspects"]["rows"]]
    if not rows:
        raise UserError("nothing_suspect")
    decided = {row: (decisions or {}).get(row, otherwise) for row in rows}
    if unknown := set(decided.values()) - set(DECISIONS):
        raise UserError("decision_unknown", value=sorted(unknown)[0])
    return decided


def counts(decided: Decided) -> dict[str, int]:
    """Rows of each decision."""
    found = Counter(decided.values())
    return {decision: found[decision] for decision in DECISIONS}


def corrected_table(run: Run, decided: Decided) -> Table:
    """The run's table with every column, its doubted labels dealt with; test rows are in it, untouched."""
    table = _relabelled(run, decided)
    return table.take([row for row in range(table.rows) if decided.get(row) != "drop"])


def corrected_run(run: Run, decided: Decided, *, key: str | None = None) -> Run:
    """A new run on the corrected training rows of `run`, judged on the same test rows.

    Args:
        run: a finished run that has test rows of its own (with few rows, folds take turns: it has none).
        decided: see `decide`.
        key: what proves who owns the new run.

    Raises:
        UserError: ``no_test_rows_kept``.
    """
    split = run.split()
    if split.out_of_fold:
        raise UserError("no_test_rows_kept")
    test = run.test_table
    tested: set[int] = set()
    if test is None:
        tested = set(split.data.row_ids[split.test].tolist())
        test = run.table.take(sorted(tested))
    table = _relabelled(run, decided)
    kept = [row for row in range(table.rows) if row not in tested and decided.get(row) != "drop"]
    return Run.create(table.take(kept), run.roles, run.config, test=test, key=key, parent=run.id)


def _relabelled(run: Run, decided: Decided) -> Table:
    report, table, label = run.report or {}, run.table, run.roles.label
    suggested = {entry["row"]: entry["suggested"] for entry in report["suspects"]["rows"]}
    labels = table.column(label)
    for row, decision in decided.items():
        if decision == "relabel":
            labels[row] = suggested[row]
    return table.with_column(label, labels)
