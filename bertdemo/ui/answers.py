"""What the Classify tab says of one text: the answer at once, then why, and what it should have been."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.core.classify import Prediction
from bertdemo.core.predictions import choosing_rows
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.text import say, sentence, shown_percent
from bertdemo.ui import view, visit, why_view
from bertdemo.ui.downloads import new_file
from bertdemo.ui.language import language
from bertdemo.ui.loaded import Handed
from bertdemo.ui.owner import Door
from bertdemo.ui.report_shown import rows_looked_up
from bertdemo.ui.serving import LONGEST_TEXT, Models, Nearest

EXAMPLES = 4
TOP = 10
"""Labels that are shown with their probabilities; of more, any other one can be looked up."""
GIVEN = "✓"
Keys = dict[str, str] | None


@dataclass(frozen=True)
class Answers:
    """The handlers of the part for one text. Each gives updates in the order of the components that it fills."""

    door: Door
    models: Models

    def _said(self, run_id: object, first: object, second: object) -> tuple[Run, str, Prediction]:
        """Raises `UserError`: what keeps the text from being classified."""
        run = Run.open(str(run_id or ""))
        text = self.models.text_of(run, first, second)
        return run, text, self.models.classify(run, text)

    def say(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> list[Any]:
        lang = language(request)
        try:
            run, _, found = self._said(run_id, first, second)
        except UserError as error:
            return [None, "", "", gr.skip(), "", gr.update(value=view.error(error, lang), visible=True), ""]
        folder = run.selected
        used = sentence("said_by", lang, model=say(f"model.{folder.name}", lang)) if folder else ""
        if max(len(str(text or "")) for text in (first, second)) > LONGEST_TEXT:
            used += " " + sentence("text_cut", lang, n=LONGEST_TEXT)
        names = list(found.probabilities)
        others = gr.update(choices=names, visible=len(names) > TOP) if len(names) > TOP else gr.update(visible=False)
        bars = {_marked(name, found): probability for name, probability in found.probabilities.items()}
        return [
            # the heading is the likeliest label, which of several need be neither given nor the only one: see `doubts`
            gr.update(value=bars, show_heading=not found.several),
            doubts(found, run.threshold, None, lang),
            f'<p class="quiet">{escape(used)}</p>',
            others,
            bar(found, other, lang),
            gr.update(visible=False),
            escape(told(found, run.threshold, lang)),
        ]

    def typed(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> list[Any]:
        """The answer while a person types, where it takes next to no time."""
        try:
            quick = self.models.is_quick(Run.open(str(run_id or "")))
        except UserError:
            quick = False
        if not quick:
            return [gr.skip()] * 7
        return [*self.paused(run_id, first, second, other, request)[:-1], gr.skip()]  # told aloud after a pause only

    def paused(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> list[Any]:
        """The answer when a person stops typing; nothing is said of what is not there yet."""
        try:
            self.models.text_of(Run.open(str(run_id or "")), first, second)
        except UserError as error:
            emptied = error.code == "text_missing"
            return [None, "", "", gr.skip(), "", gr.update(visible=False), ""] if emptied else [gr.skip()] * 7
        return self.say(run_id, first, second, other, request)

    def reasons(self, run_id: object, first: object, second: object, held: Keys, request: gr.Request) -> list[Any]:
        """Why, and the nearest training rows; after the answer, which shall not wait for them."""
        lang = language(request)
        try:
            run, text, found = self._said(run_id, first, second)
            explained = self.models.explain(run, text)
        except UserError:
            return [gr.update(visible=False)] + [gr.skip()] * 6
        near = self.models.nearest(run, text)
        rows = _nearest_rows(near, run, lang) if near and self.door.owns(run, held, request) else ""
        names = list(found.probabilities)
        return [
            gr.update(visible=True),
            gr.update(choices=names, value=explained.label),
            why_view.why(explained, lang),
            rows,
            doubts(found, run.threshold, near, lang),
            gr.update(choices=names, value=None, visible=not found.several),
            gr.update(choices=names, value=[], visible=found.several),
        ]

    def why(self, run_id: object, first: object, second: object, label: object, request: gr.Request) -> Any:
        lang = language(request)
        try:
            run = Run.open(str(run_id or ""))
            return why_view.why(self.models.explain(run, self.models.text_of(run, first, second), str(label)), lang)
        except UserError as error:
            return view.error(error, lang)

    def other(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> str:
        try:
            return bar(self._said(run_id, first, second)[2], other, language(request))
        except UserError:
            return ""

    def note(self, run_id: object, first: object, second: object, kept: visit.Visit, request: gr.Request) -> list[Any]:
        """Remember what was asked, with or without a correction."""
        return self._remembered(run_id, first, second, None, kept, request)

    def correct(
        self, run_id: object, first: object, second: object, right: object, kept: visit.Visit, request: gr.Request
    ) -> list[Any]:
        labels = tuple(str(name) for name in right) if isinstance(right, list) else (str(right),) if right else ()
        return self._remembered(run_id, first, second, labels, kept, request)

    def _remembered(
        self,
        run_id: object,
        first: object,
        second: object,
        right: tuple[str, ...] | None,
        kept: visit.Visit,
        request: gr.Request,
    ) -> list[Any]:
        try:
            run, text, found = self._said(run_id, first, second)
        except UserError:
            return [gr.skip()] * 5
        if right is not None:
            right = tuple(name for name in found.probabilities if name in right)
        one, two = getattr(text, "first", str(text)), getattr(text, "second", "")
        kept = visit.noted(kept, visit.Entry(run.id, one, two, found.label, found.confidence, right))
        lang = language(request)
        return [kept, *_visit_shown(kept, run, lang), _kept_said(kept, run, lang)]

    def added(self, run_id: object, kept: visit.Visit, held: Keys, request: gr.Request) -> Handed:
        """A file of the run's data and, behind it, what was corrected."""
        try:
            run = Run.open(str(run_id or ""))
            self.door.must_own(run, held, request)
        except UserError as error:
            raise gr.Error(escape(view.worded(error, language(request)))) from error
        path = new_file(f"{Path(run.meta['name']).stem}-more.csv")
        run.table.with_rows(visit.corrected_rows(visit.of_run(kept, run.id), run.roles)).write_csv(path)
        return Handed(str(path), run.id)

    def change(self, run_id: object, shown: str, held: Keys, kept: visit.Visit, request: gr.Request) -> list[Any]:
        """Another run: what the one before said goes. Where none was known, as once the app was started anew, an answer
        stays, and of the visit there is what came since."""
        try:
            run = Run.open(str(run_id or ""))
        except UserError:
            return ["", gr.update(samples=[], visible=False), gr.update(visible=False)] + [gr.skip()] * 11
        found = examples_of(run) if self.door.owns(run, held, request) else []
        parts = [run.id, gr.update(samples=found, visible=bool(found)), gr.update(visible=run.roles.pair is not None)]
        if run.id == shown:
            return parts + [gr.skip()] * 11
        hidden = gr.update(visible=False)
        lang = language(request)
        asked = [*_visit_shown(kept, run, lang), _kept_said(kept, run, lang)]
        if not shown:
            return [*parts, *[gr.skip()] * 6, *asked, gr.skip()]
        return [*parts, None, "", "", "", gr.update(value=None, visible=False), hidden, *asked, ""]


def doubts(found: Prediction, threshold: float | None, near: Nearest | None, lang: str) -> str:
    """Why a label should not be taken at its word."""
    notes = ""
    if found.several:
        said = sentence("found_labels", lang, names=", ".join(found.labels)) if found.labels else ""
        notes += view.note(said or sentence("found_no_label", lang))
    if threshold is not None and found.confidence < threshold:
        # rounded down: it would otherwise be as large as the threshold at times
        values = {"confidence": math.floor(1000 * found.confidence) / 10, "threshold": shown_percent(threshold)}
        notes += view.note(sentence("unsure", lang, **values), "warning")
    if found.read_tokens is not None:
        notes += view.note(sentence("unread", lang, tokens=found.read_tokens), "warning")
    if near and near.unlike:
        notes += view.note(sentence("unlike", lang), "warning")
    return notes


def told(found: Prediction, threshold: float | None, lang: str) -> str:
    """The answer in words for whoever does not see it."""
    unsure = threshold is not None and found.confidence < threshold
    if found.several:
        labels = sentence("between", lang).join(found.labels)
        said = sentence("found_labels_told", lang, names=labels) if labels else sentence("found_no_label", lang)
    else:
        said = sentence("found_told", lang, label=found.label, confidence=found.confidence)
    return said + (sentence("unsure_told", lang) if unsure else "")


def bar(found: Prediction, label: object, lang: str) -> str:
    """The probability of one more label."""
    if not isinstance(label, str) or label not in found.probabilities:
        return ""
    return view.bars([(_marked(label, found), found.probabilities[label])], lang, shares=True)


def _marked(name: str, found: Prediction) -> str:
    """A label as it stands at its bar: with a check mark where it is one of several that are given."""
    return f"{GIVEN} {name}" if found.several and name in found.labels else name


def _nearest_rows(near: Nearest, run: Run, lang: str) -> str:
    row_of = rows_looked_up(run)
    rows = [row_of(position)[:2] for position in near.positions]
    return view.example_rows(rows, sentence("nearest_rows", lang), lang)


def _visit_shown(kept: visit.Visit, run: Run, lang: str) -> list[Any]:
    """The table of what was asked of a run, the file of what was corrected, and the button that adds it to the data."""
    mine = visit.of_run(kept, run.id)
    rows = visit.corrected_rows(mine, run.roles)
    if not rows:
        return [visit.table(mine, lang), *[gr.update(visible=False)] * 2]
    path = new_file("corrections.csv")
    path.write_text(visit.as_csv(rows, run.roles), encoding="utf-8", newline="")
    return [visit.table(mine, lang), gr.update(value=str(path), visible=True), gr.update(visible=True)]


def _kept_said(kept: visit.Visit, run: Run, lang: str) -> str:
    """Beside the choice, how many corrections are kept and how to train with them; "" where there is none."""
    corrections = len(visit.corrected_rows(visit.of_run(kept, run.id), run.roles))
    return view.note(sentence("kept_corrections", lang, n=corrections), said=True) if corrections else ""


def examples_of(run: Run) -> list[list[str]]:
    """A few validation texts of a run, one of each label first. For the owner's eyes only."""
    split = run.split()
    rows = choosing_rows(split)
    found: dict[int, str] = {}
    for row in rows.tolist():
        text = split.data.texts[row]
        if len(text) <= 200:
            found.setdefault(int(split.data.strata[row]), text)
    return [[getattr(text, "first", text), getattr(text, "second", "")] for text in list(found.values())[:EXAMPLES]]
