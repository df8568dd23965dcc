"""The Classify tab: a text in, the probability of every label out; or a whole file."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from bertdemo.core.classify import Prediction
from bertdemo.core.predictions import choosing_rows
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.runs.run import Run
from bertdemo.text import say, sentence
from bertdemo.ui import elsewhere, view, whole_file
from bertdemo.ui.language import language, t
from bertdemo.ui.owner import Door
from bertdemo.ui.report_shown import rows_looked_up
from bertdemo.ui.serving import Models, Nearest

EXAMPLES = 4
TOP = 10


@dataclass
class ClassifyTab:
    """The components that other parts of the page update."""

    run: gr.Dropdown
    examples: gr.Dataset
    file_timer: gr.Timer


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


def build(desk: Desk, door: Door, models: Models, keys: gr.BrowserState, file_timer: gr.Timer) -> ClassifyTab:
    """Lay the tab out and wire it."""
    run = gr.Dropdown([], label=t("classify_with"), interactive=True, elem_id="classify-run")
    with gr.Row():
        with gr.Column():
            text = gr.Textbox(label=t("text"), lines=4, placeholder=t("text_placeholder"), elem_id="classify-text")
            second = gr.Textbox(label=t("second_text"), lines=3, visible=False, elem_id="classify-second")
            go = gr.Button(t("classify_text"), variant="primary", elem_id="classify-go")
            examples = gr.Dataset(
                components=[text, second], samples=[], label=t("examples"), visible=False, type="values"
            )
        with gr.Column():
            doubts = gr.HTML(padding=False, elem_id="doubts")
            label = gr.Label(label=t("prediction"), num_top_classes=TOP, elem_id="prediction")
            with_model = gr.HTML(padding=False)
            near = gr.HTML(padding=False, elem_id="nearest")
    problem = gr.HTML(visible=False, elem_id="classify-problem", padding=False)
    whole_file.build(desk, run, file_timer)
    elsewhere.build(desk, door, run, keys)

    def say_label(
        run_id: str | None, first: str, other: str, held: dict[str, str] | None, request: gr.Request
    ) -> list[Any]:
        lang = language(request)
        try:
            chosen = Run.open(str(run_id or ""))
            words = models.text_of(chosen, first, other)
            found = models.classify(chosen, words)
        except UserError as error:
            return [None, "", "", "", gr.update(value=view.error(error, lang), visible=True)]
        folder = chosen.selected
        used = sentence("said_by", lang, model=say(f"model.{folder.name}", lang)) if folder else ""
        alike = models.nearest(chosen, words)
        doubted = _doubts(found, chosen.threshold, alike, lang)
        rows = _nearest_rows(alike, chosen, lang) if alike and door.owns(chosen, held, request) else ""
        return [found.probabilities, doubted, f'<p class="quiet">{escape(used)}</p>', rows, gr.update(visible=False)]

    def show_examples(run_id: str | None, held: dict[str, str] | None, request: gr.Request) -> Any:
        try:
            chosen = Run.open(str(run_id or ""))
            found, pair = (examples_of(chosen) if door.owns(chosen, held, request) else []), chosen.roles.pair
        except UserError:
            found, pair = [], None
        return [gr.update(samples=found, visible=bool(found)), gr.update(visible=pair is not None)]

    private: dict[str, Any] = {"api_visibility": "private"}
    question, answer = [run, text, second, keys], [label, doubts, with_model, near, problem]
    gr.on([go.click, text.submit], say_label, question, answer, **private)
    examples.click(lambda sample: sample, examples, [text, second], **private).then(
        say_label, question, answer, **private
    )
    run.change(show_examples, [run, keys], [examples, second], **private)
    return ClassifyTab(run, examples, file_timer)


def _doubts(found: Prediction, threshold: float | None, near: Nearest | None, lang: str) -> str:
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


def _nearest_rows(near: Nearest, run: Run, lang: str) -> str:
    row_of = rows_looked_up(run)
    rows = [row_of(position)[:2] for position in near.positions]
    return view.example_rows(rows, sentence("nearest_rows", lang))
