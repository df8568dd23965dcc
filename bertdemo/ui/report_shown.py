"""What the Report tab shows of a run: pure functions of its report, with rows of the data for the owner alone."""

from __future__ import annotations

import math
from functools import lru_cache
from html import escape
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.export import report_parts as parts
from bertdemo.export import report_rows
from bertdemo.export.report_page import rows_of
from bertdemo.report.calibration import accepted
from bertdemo.report.corrections import DECISIONS, Decided, counts, decide, for_all
from bertdemo.report.report import sureness
from bertdemo.runs.run import Run
from bertdemo.text import say, say_error, sentence, shown_percent
from bertdemo.ui import view

SHOWN = (
    "empty",
    "panel",
    "headline",
    "steps",
    "worth",
    "model",
    "believed",
    "threshold",
    "keep",
    "at",
    "trust",
    "groups",
    "growth",
    "confusion",
    "given",
    "predicted",
    "wrong",
    "doubt",
    "decided",
    "suspects",
    "cure",
    "otherwise",
    "corrections",
    "again",
    "by_file",
    "corrected",
    "onward",
    "told",
    "classes",
    "steps_part",
    "owner_part",
    "trust_part",
    "growth_part",
    "confused_part",
    "suspects_part",
    "difference",
    "report_file",
    "card_file",
)
"""The components that a report fills, by their names in `ReportTab`."""


def _why_empty(run: Run | None, lang: str) -> str:
    """That there is no report yet, or that this version can't read it."""
    try:
        if run:
            run.require_report()
    except UserError as error:
        if error.code == "report_other_version":
            return say_error(error.code, lang, **error.params)
    return sentence("report_empty", lang)


def shown(run: Run | None, report: dict[str, Any] | None, lang: str, owner: bool) -> dict[str, Any]:
    """What each component of the tab shows, by its name in `SHOWN`; rows of the data go to the owner only."""
    if run is None or report is None:
        return {"empty": gr.update(visible=True, value=_why_empty(run, lang)), "panel": gr.update(visible=False)}
    row_of = rows_looked_up(run) if owner else None
    private = f'<p class="quiet">{escape(sentence("rows_are_private", lang))}</p>'
    labels = [(sentence("every_label", lang), ""), *((name, name) for name in report["labels"])]
    doubted = owner and bool(report["suspects"]["rows"])
    threshold = run.threshold
    at = at_threshold(run, threshold) if threshold is not None else None
    in_turns = report["rows_are"] in ("out_of_fold", "some_folds")
    choices = for_all(run) if doubted else DECISIONS
    decided = decide(run, choices[0]) if doubted else {}
    said, again = said_of(decided, lang)
    hidden, one_label = gr.update(visible=False), gr.update(visible="micro_f1" not in report)
    models = [(say(f"model.{name}", lang), name) for name in run.models]
    steps = parts.next_steps(report, lang, owner=owner)
    decisions = [(sentence(f"decide_{choice}", lang, n=counts(decided)["relabel"]), choice) for choice in choices]
    return {
        "empty": hidden,
        "panel": gr.update(visible=True),
        "headline": view.of_run(run)
        + parts.headline(report, lang)
        + parts.agreement(report, lang)
        + parts.before_after(report, lang),
        "steps": steps,
        "worth": parts.worth(report, lang),
        "model": gr.update(choices=models, value=report["selected"], visible=owner and len(models) > 1),
        "believed": parts.calibration(report, lang),
        "threshold": gr.update(value=round(shown_percent(threshold or 0), 1), visible=at is not None),
        "keep": gr.update(visible=owner and at is not None),
        "at": parts.at_threshold(at, lang) if at else "",
        "trust": parts.trust(report, lang, at),
        "groups": parts.groups(report, lang, columns=owner),
        "growth": parts.growth(report, lang),
        "confusion": parts.pairs(report, lang) + parts.confusion(report, lang, leads_on=owner),
        "given": gr.update(choices=labels, value="", visible=owner),
        "predicted": gr.update(choices=labels, value="", visible=owner),
        "wrong": report_rows.wrong(report, lang, row_of) if row_of else private,
        "doubt": parts.suspects_sentence(report, lang),
        "decided": {},
        "suspects": report_rows.suspects(report, lang, row_of, decided, DECISIONS) if row_of else "",
        "cure": gr.update(visible=doubted),
        "otherwise": gr.update(choices=decisions, value=choices[0]),
        "corrections": said,
        "again": {**again, "visible": not in_turns},
        "by_file": gr.update(visible=in_turns),
        "corrected": hidden,
        "onward": hidden,
        "told": hidden,
        "classes": parts.per_class(report, lang),
        "steps_part": gr.update(visible=bool(steps)),
        "owner_part": gr.update(visible=owner),
        "trust_part": one_label,
        "growth_part": one_label,
        "confused_part": one_label,
        "suspects_part": one_label,
        "difference": "",
        "report_file": hidden,
        "card_file": hidden,
    }  # fmt: skip


def said_of(decided: Decided, lang: str) -> list[Any]:
    """How many rows are relabelled, dropped and kept; and the button to train again, which asks for a change."""
    found = counts(decided)
    said = f'<p role="status">{escape(sentence("corrections", lang, **found))}</p>' if decided else ""
    return [said, gr.update(interactive=found["relabel"] + found["drop"] > 0)]


def rows_looked_up(run: Run) -> report_rows.RowOf:
    """Rows of the run's data by position; the texts of the last two runs stay in memory, beside `serving`'s bound."""
    return _rows(run.id)


@lru_cache(maxsize=2)
def _rows(run_id: str) -> report_rows.RowOf:
    return rows_of(Run.open(run_id))


def at_threshold(run: Run, threshold: float) -> dict[str, Any]:
    """What accepting labels from `threshold` on gave on the judged rows; of one that the report has, what that says.

    Where folds take turns the report counts by what the other folds accept, which is another number.

    Raises:
        UserError: ``run_not_ready``.
    """
    for target in (run.report or {}).get("trust", {}).get("targets", []):
        if math.isclose(target["threshold"], threshold, abs_tol=1e-6):  # the slider is in percent
            return dict(target)
    confidence, right, together = _judged_sureness(run.id)
    return accepted(confidence, right, threshold, groups=together)


@lru_cache(maxsize=4)
def _judged_sureness(run_id: str) -> tuple[Any, Any, Any]:
    return sureness(Run.open(run_id))


def forget() -> None:
    """What is kept in memory of the runs on show may have changed."""
    _judged_sureness.cache_clear()
