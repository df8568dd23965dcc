"""The Classify tab: a text in, the probability of every label out, and why; several texts; a whole file."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.core.classify import Prediction
from bertdemo.core.predictions import choosing_rows
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.runs.run import Run
from bertdemo.text import say, sentence
from bertdemo.ui import elsewhere, several_texts, view, visit, whole_file, why_view
from bertdemo.ui.language import language, t
from bertdemo.ui.owner import Door
from bertdemo.ui.report_shown import rows_looked_up
from bertdemo.ui.serving import Models, Nearest

EXAMPLES = 4
TOP = 10
"""Labels that are shown with their probabilities; of more, any other one can be looked up."""
ON_TYPING = """
// a short pause asks for the answer, a longer one for the reasons: never once a key
let short, long;
document.addEventListener('input', event => {
  if (!event.target.closest('#classify-text, #classify-second')) return;
  clearTimeout(short); clearTimeout(long);
  document.getElementById('why')?.classList.add('stale');
  short = setTimeout(() => trigger('input'), 250);
  long = setTimeout(() => trigger('submit'), 1200);
});
"""
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
CALM: dict[str, Any] = {**PRIVATE, "show_progress": "hidden"}
Keys = dict[str, str] | None


@dataclass
class ClassifyTab:
    """The components that other parts of the page update."""

    run: gr.Dropdown
    examples: gr.Dataset
    file_timer: gr.Timer


def build(desk: Desk, door: Door, models: Models, keys: gr.BrowserState, file_timer: gr.Timer) -> ClassifyTab:
    """Lay the tab out and wire it."""
    run = gr.Dropdown([], label=t("classify_with"), interactive=True, elem_id="classify-run")
    page = _Page(door, models, run, keys)
    several_texts.build(run, models)
    with gr.Accordion(t("visit"), open=False, elem_id="visit"):
        gr.Markdown(t("visit_info"))
        page.entries.render()
        page.download.render()
    whole_file.build(desk, run, file_timer)
    elsewhere.build(run)
    page.wire()
    return ClassifyTab(run, page.examples, file_timer)


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


class _Page:
    """The part for one text: what is asked, the answer, why, and what it should have been."""

    def __init__(self, door: Door, models: Models, run: gr.Dropdown, keys: gr.BrowserState) -> None:
        self.door, self.models, self.run, self.keys = door, models, run, keys
        self.visit = gr.State(())
        with gr.Row():
            with gr.Column():
                self.text = gr.Textbox(
                    label=t("text"), lines=4, placeholder=t("text_placeholder"), elem_id="classify-text"
                )
                self.second = gr.Textbox(label=t("second_text"), lines=3, visible=False, elem_id="classify-second")
                self.go = gr.Button(t("classify_text"), variant="primary", elem_id="classify-go")
                self.examples = gr.Dataset(
                    components=[self.text, self.second],
                    headers=["", ""],  # a label of ours would be shown as it is, untranslated
                    samples=[],
                    label=t("examples"),
                    visible=False,
                    type="values",
                )
            with gr.Column():
                self.doubts = gr.HTML(padding=False, elem_id="doubts")
                self.label = gr.Label(label=t("prediction"), num_top_classes=TOP, elem_id="prediction")
                self.other = gr.Dropdown(
                    [], label=t("other_label"), info=t("other_label_info"), visible=False, interactive=True,
                    elem_id="other-label",
                )  # fmt: skip
                self.other_shown = gr.HTML(padding=False, elem_id="other-shown")
                self.said_by = gr.HTML(padding=False)
        self.problem = gr.HTML(visible=False, elem_id="classify-problem", padding=False)
        with gr.Column(visible=False, elem_id="reasons") as self.reasons:
            with gr.Row():
                self.why_label = gr.Dropdown([], label=t("why_label"), interactive=True, elem_id="why-label")
                words: dict[str, Any] = {"label": t("should_be"), "info": t("should_be_info"), "interactive": True}
                self.right = gr.Dropdown([], elem_id="should-be", **words)
                self.right_labels = gr.Dropdown(
                    [], multiselect=True, visible=False, elem_id="should-be-several", **words
                )
            self.why = gr.HTML(padding=False, elem_id="why")
            self.near = gr.HTML(padding=False, elem_id="nearest")
        self.typing = gr.HTML("", js_on_load=ON_TYPING, padding=False)
        self.entries = gr.HTML(padding=False, elem_id="visit-entries", render=False)
        self.download = gr.DownloadButton(
            t("download_corrections"), visible=False, elem_id="visit-download", render=False
        )

    def wire(self) -> None:
        """Say what follows what; after everything is laid out."""
        asked = [self.run, self.text, self.second]
        answer = [self.label, self.doubts, self.said_by, self.other, self.other_shown, self.problem]
        reasons = [self.reasons, self.why_label, self.why, self.near, self.doubts, self.right, self.right_labels]
        kept = [self.visit, self.entries, self.download]
        explicit = [
            gr.on([self.go.click, self.text.submit], self._say, [*asked, self.other], answer, **PRIVATE),
            self.examples.click(lambda sample: sample, self.examples, [self.text, self.second], **PRIVATE).then(
                self._say, [*asked, self.other], answer, **PRIVATE
            ),
        ]
        for said in explicit:
            said.then(self._note, [*asked, self.visit], kept, **CALM)
            said.then(self._reasons, [*asked, self.keys], reasons, **CALM)
        self.typing.input(self._typed, [*asked, self.other], answer, trigger_mode="always_last", **CALM)
        self.typing.submit(self._reasons, [*asked, self.keys], reasons, trigger_mode="always_last", **CALM)
        self.other.input(self._other, [*asked, self.other], self.other_shown, **CALM)
        self.why_label.input(self._why, [*asked, self.why_label], self.why, **CALM)
        for right in (self.right, self.right_labels):
            right.input(self._correct, [*asked, right, self.visit], kept, **CALM)
        shown_run = gr.State("")
        changed = [shown_run, self.examples, self.second, self.label, self.doubts, self.said_by, self.other_shown]
        changed += [self.other, self.reasons, self.entries, self.download]
        self.run.change(self._change, [self.run, shown_run, self.keys, self.visit], changed, **PRIVATE)

    def _said(self, run_id: object, first: object, second: object) -> tuple[Run, str, Prediction]:
        """Raises `UserError`: what keeps the text from being classified."""
        run = Run.open(str(run_id or ""))
        text = self.models.text_of(run, first, second)
        return run, text, self.models.classify(run, text)

    def _say(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> list[Any]:
        lang = language(request)
        try:
            run, _, found = self._said(run_id, first, second)
        except UserError as error:
            return [None, "", "", gr.skip(), "", gr.update(value=view.error(error, lang), visible=True)]
        folder = run.selected
        used = sentence("said_by", lang, model=say(f"model.{folder.name}", lang)) if folder else ""
        names = list(found.probabilities)
        others = gr.update(choices=names, visible=len(names) > TOP) if len(names) > TOP else gr.update(visible=False)
        return [
            found.probabilities,
            doubts(found, run.threshold, None, lang),
            f'<p class="quiet">{escape(used)}</p>',
            others,
            _bar(found, other, lang),
            gr.update(visible=False),
        ]

    def _typed(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> list[Any]:
        """The answer while a person types; nothing is said of what is not there yet, or takes long."""
        try:
            run = Run.open(str(run_id or ""))
            self.models.text_of(run, first, second)
            quick = self.models.is_quick(run)
        except UserError as error:
            done = error.code == "text_missing"
            return [None, "", "", gr.skip(), "", gr.update(visible=False)] if done else [gr.skip()] * 6
        return self._say(run_id, first, second, other, request) if quick else [gr.skip()] * 6

    def _reasons(self, run_id: object, first: object, second: object, held: Keys, request: gr.Request) -> list[Any]:
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

    def _why(self, run_id: object, first: object, second: object, label: object, request: gr.Request) -> Any:
        lang = language(request)
        try:
            run = Run.open(str(run_id or ""))
            return why_view.why(self.models.explain(run, self.models.text_of(run, first, second), str(label)), lang)
        except UserError as error:
            return view.error(error, lang)

    def _other(self, run_id: object, first: object, second: object, other: object, request: gr.Request) -> str:
        try:
            return _bar(self._said(run_id, first, second)[2], other, language(request))
        except UserError:
            return ""

    def _note(self, run_id: object, first: object, second: object, kept: visit.Visit, request: gr.Request) -> list[Any]:
        """Remember what was asked, with or without a correction."""
        return self._remembered(run_id, first, second, None, kept, request)

    def _correct(
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
            return [gr.skip()] * 3
        if right is not None:
            right = tuple(name for name in found.probabilities if name in right)
        one, two = getattr(text, "first", str(text)), getattr(text, "second", "")
        kept = visit.noted(kept, visit.Entry(run.id, one, two, found.label, found.confidence, right))
        return [kept, *_visit_shown(kept, run, language(request))]

    def _change(self, run_id: object, shown: str, held: Keys, kept: visit.Visit, request: gr.Request) -> list[Any]:
        """Another run: what the one before said goes."""
        try:
            run = Run.open(str(run_id or ""))
        except UserError:
            return ["", gr.update(samples=[], visible=False), gr.update(visible=False)] + [gr.skip()] * 8
        found = examples_of(run) if self.door.owns(run, held, request) else []
        parts = [run.id, gr.update(samples=found, visible=bool(found)), gr.update(visible=run.roles.pair is not None)]
        if run.id == shown:
            return parts + [gr.skip()] * 8
        hidden = gr.update(visible=False)
        return [*parts, None, "", "", "", gr.update(value=None, visible=False), hidden,
                *_visit_shown(kept, run, language(request))]  # fmt: skip


def doubts(found: Prediction, threshold: float | None, near: Nearest | None, lang: str) -> str:
    """Why a label should not be taken at its word."""
    notes = ""
    if found.several:
        said = sentence("found_labels", lang, names=", ".join(found.labels)) if found.labels else ""
        notes += view.note(said or sentence("found_no_label", lang))
    if threshold is not None and found.confidence < threshold:
        values = {"confidence": 100 * found.confidence, "threshold": 100 * threshold}
        notes += view.note(sentence("unsure", lang, **values), "warning")
    if near and near.unlike:
        notes += view.note(sentence("unlike", lang), "warning")
    return notes


def _bar(found: Prediction, label: object, lang: str) -> str:
    """The probability of one more label."""
    if not isinstance(label, str) or label not in found.probabilities:
        return ""
    return view.bars([(label, found.probabilities[label])], lang, shares=True)


def _nearest_rows(near: Nearest, run: Run, lang: str) -> str:
    row_of = rows_looked_up(run)
    rows = [row_of(position)[:2] for position in near.positions]
    return view.example_rows(rows, sentence("nearest_rows", lang))


def _visit_shown(kept: visit.Visit, run: Run, lang: str) -> list[Any]:
    """The table of what was asked of a run, and the file of what was corrected."""
    mine = visit.of_run(kept, run.id)
    rows = visit.corrected_rows(mine, run.roles)
    if rows is None:
        return [visit.table(mine, lang), gr.update(visible=False)]
    path = Path(tempfile.mkdtemp(prefix="bertdemo-")) / "corrections.csv"
    path.write_text(rows, encoding="utf-8", newline="")
    return [visit.table(mine, lang), gr.update(value=str(path), visible=True)]
