"""What a person decides on rows whose label is doubted, and the table and the run that follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from bertdemo.data.labelled import given_labels, with_labels
from bertdemo.data.names import BEFORE_CORRECTION, CORRECTED_BY
from bertdemo.data.table import Table
from bertdemo.errors import UserError
from bertdemo.runs.run import Run

DECISIONS = ("relabel", "drop", "keep")
LIKELY = "likely"
"""Of all rows at once: the suggested label for as many of the most suspect as are reckoned to be wrong, no other."""

MODEL = "suggested by the model"
"""What a corrected file says of a label that was taken from a classifier."""

Decided = dict[int, str]
"""Row of the table -> one of `DECISIONS`."""


def for_all(run: Run) -> tuple[str, ...]:
    """What can be decided on all doubted rows of a finished run at once; the first is what is advised.

    A doubt may be a mistake of the classifier that has it. So where some of the doubted labels are reckoned to be wrong
    (`rows.suspect_rows`), that many are changed. Where labels are the steps of a scale nobody's is the right one, and
    where folds take turns few rows doubt and nothing is left to judge the change by: there nothing is changed unasked.
    """
    report = run.require_report()
    suspects = report["suspects"]
    doubted, wrong = len(suspects["rows"]), suspects["wrong"]
    if report["scale"] or report["rows_are"] in ("out_of_fold", "some_folds"):
        return ("keep", *((LIKELY,) if 0 < wrong < doubted else ()), "relabel", "drop")
    if 0 < wrong < doubted:
        return (LIKELY, *DECISIONS)
    return DECISIONS if wrong else ("keep", "relabel", "drop")


def decide(run: Run, otherwise: str, decisions: Mapping[int, str] | None = None) -> Decided:
    """One decision for each doubted row of a finished run.

    Args:
        run: a finished run.
        otherwise: what is done with rows that `decisions` does not name: one of `DECISIONS`, or `LIKELY`.
        decisions: by row of the table.

    Raises:
        UserError: ``report_missing``, ``report_other_version``, ``nothing_suspect`` or ``decision_unknown``.
    """
    suspects = run.require_report()["suspects"]
    rows = [entry["row"] for entry in suspects["rows"]]
    if not rows:
        raise UserError("nothing_suspect")
    decided = dict.fromkeys(rows, otherwise)
    if otherwise == LIKELY:
        wrong = suspects["wrong"]
        decided = dict.fromkeys(rows[:wrong], "relabel") | dict.fromkeys(rows[wrong:], "keep")
    decided |= {row: decision for row, decision in (decisions or {}).items() if row in decided}
    if unknown := set(decided.values()) - set(DECISIONS):
        raise UserError("decision_unknown", value=sorted(unknown)[0])
    return decided


def counts(decided: Decided) -> dict[str, int]:
    """Rows of each decision."""
    found = Counter(decided.values())
    return {decision: found[decision] for decision in DECISIONS}


def corrected_table(run: Run, decided: Decided) -> Table:
    """The run's table with every column, its doubted labels dealt with; test rows are in it, untouched.

    Where labels are changed two columns more say what they were before, and which ones the model suggested: what people
    really said is not lost, however often a file is corrected.
    """
    table, dropped = _relabelled(run, decided), _dropped(run, decided)
    return table.take([row for row in range(table.rows) if row not in dropped])


def corrected_run(run: Run, decided: Decided, *, key: str | None = None) -> Run:
    """A new run on the corrected training rows of `run`; the rows that choose and that judge are the same.

    It holds every row of the table, so that rows keep their numbers and what is corrected next is the whole table.

    Args:
        run: a finished run that has test rows of its own (with few rows, folds take turns: it has none).
        decided: see `decide`.
        key: what proves who owns the new run.

    Raises:
        UserError: ``no_test_rows_kept``; ``corrected_to_one_label`` where a single label would be left to learn.
    """
    split = run.split()
    if split.out_of_fold:
        raise UserError("no_test_rows_kept")
    table, dropped = _relabelled(run, decided), _dropped(run, decided)
    suggested, data = _suggested(run), split.data
    learnt = {
        suggested[row] if decided.get(row) == "relabel" else data.label_names[label]
        for row, label in zip(data.row_ids[split.train].tolist(), data.labels[split.train].tolist(), strict=True)
        if row not in dropped
    }
    if len(learnt) < 2:
        raise UserError("corrected_to_one_label", label=next(iter(learnt), ""))
    return Run.create(table, run.roles, run.config, test=run.test_table, key=key, like=run, dropped=dropped)


def _suggested(run: Run) -> dict[int, str]:
    return {entry["row"]: entry["suggested"] for entry in run.require_report()["suspects"]["rows"]}


def _dropped(run: Run, decided: Decided) -> set[int]:
    """Rows that are dropped now, or were when the run was made."""
    return {*run.meta["dropped"], *(row for row, decision in decided.items() if decision == "drop")}


def _relabelled(run: Run, decided: Decided) -> Table:
    """The run's table with its new labels, the labels before any correction, and who gave the new ones."""
    table, label, suggested = run.table, run.roles.label, _suggested(run)
    changed = [row for row, decision in decided.items() if decision == "relabel"]
    if not changed:
        return table
    was, by = f"{label}{BEFORE_CORRECTION}", f"{label}{CORRECTED_BY}"
    given = table.column(was) if was in table.columns else given_labels(table, run.roles)
    who: list[str | None] = table.column(by) if by in table.columns else [None] * table.rows
    for row in changed:
        who[row] = MODEL
    table = with_labels(table, run.roles, {row: suggested[row] for row in changed})
    return table.with_column(was, given).with_column(by, who)
