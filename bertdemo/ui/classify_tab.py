"""The Classify tab: a text in, the probability of every label out, and why; several texts; a whole file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from bertdemo.jobs.desk import Desk
from bertdemo.runs.state import RunState
from bertdemo.text import sentence
from bertdemo.ui import elsewhere, several_texts, whole_file
from bertdemo.ui.answers import TOP, Answers
from bertdemo.ui.filled import FilledDropdown
from bertdemo.ui.language import t
from bertdemo.ui.owner import Door
from bertdemo.ui.serving import Models
from bertdemo.ui.wiring import CALM, PRIVATE, SAID_ALOUD

ON_TYPING = """
// a short pause asks for the answer, a longer one for the reasons: never once a key
let short, long;
const reasons = stale => document.querySelector('#why section')?.classList.toggle('stale', stale);
document.addEventListener('input', event => {
  if (!event.target.closest('#classify-text, #classify-second')) return;
  clearTimeout(short); clearTimeout(long);
  reasons(true);
  short = setTimeout(() => trigger('input'), 250);
  long = setTimeout(() => { reasons(false); trigger('submit'); }, 1200);
});
// what the button says stays: a pause that began before it asks for nothing more
document.addEventListener('click', event => {
  if (!event.target.closest('#classify-go')) return;
  clearTimeout(short); clearTimeout(long);
  reasons(false);
});
"""


@dataclass
class ClassifyTab:
    """The components that other parts of the page update; and the event after which `handed` is to be opened."""

    empty: gr.Markdown
    form: gr.Column
    run: gr.Dropdown
    add: gr.Button
    added: Any
    handed: gr.State
    starts_anew: Callable[[Callable[..., Any]], None]


def build(desk: Desk, door: Door, models: Models, keys: gr.BrowserState, file_timer: gr.Timer) -> ClassifyTab:
    """Lay the tab out and wire it."""
    empty = gr.Markdown(t("classify_empty"), elem_classes="notice", visible=False)
    with gr.Column() as form:
        run = FilledDropdown([], label=t("classify_with"), interactive=True, elem_id="classify-run")
        page = _Page(door, models, run, keys)
        several_texts.build(run, models)
        with gr.Accordion(t("visit"), open=False, elem_id="visit"):
            gr.Markdown(t("visit_info"))
            page.entries.render()
            page.download.render()
            page.add.render()
        whole_file.build(desk, run, file_timer)
        elsewhere.build(desk, door, run, keys)
        page.wire()
    added = page.add.click(page.answers.added, [run, page.visit, keys], page.handed, **PRIVATE)
    return ClassifyTab(empty, form, run, page.add, added, page.handed, page.starts_anew)


def while_empty(ready: bool, state: RunState | None, owner: bool, lang: str) -> list[Any]:
    """Updates for the words where nothing can classify yet, and for the form.

    A visitor by link has no Train tab: that the model of the link is on its way is all there is for them.

    Args:
        ready: whether something can classify.
        state: of the run on show, None where there is none.
        owner: whether the visitor owns that run.
        lang: language.
    """
    waits = not ready and not owner and state is not None and state.status in ("waiting", "running")
    words = sentence("classify_waits" if waits else "classify_empty", lang)
    return [gr.update(value=words, visible=not ready), gr.update(visible=not waits)]


class _Page:
    """The part for one text: what is asked, the answer, why, and what it should have been."""

    def __init__(self, door: Door, models: Models, run: gr.Dropdown, keys: gr.BrowserState) -> None:
        self.answers, self.run, self.keys = Answers(door, models), run, keys
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
                    headers=["", " "],  # labels of ours would be shown untranslated; two of the same are an error
                    samples=[],
                    label=t("examples"),
                    visible=False,
                    type="values",
                    elem_id="examples",
                )
            with gr.Column():
                self.problem = gr.HTML(visible=False, elem_id="classify-problem", padding=False)
                self.doubts = gr.HTML(padding=False, elem_id="doubts")
                self.label = gr.Label(label=t("prediction"), num_top_classes=TOP, elem_id="prediction")
                self.other = FilledDropdown(
                    [], label=t("other_label"), info=t("other_label_info"), visible=False, interactive=True,
                    elem_id="other-label",
                )  # fmt: skip
                self.other_shown = gr.HTML(padding=False, elem_id="other-shown")
                self.said_by = gr.HTML(padding=False)
                self.told = gr.HTML(padding=False, elem_classes="sr-only", elem_id="answer-told", js_on_load=SAID_ALOUD)
        with gr.Column(visible=False, elem_id="reasons") as self.reasons:
            with gr.Row():
                self.why_label = FilledDropdown([], label=t("why_label"), interactive=True, elem_id="why-label")
                words: dict[str, Any] = {"label": t("should_be"), "info": t("should_be_info"), "interactive": True}
                self.right = FilledDropdown([], elem_id="should-be", **words)
                self.right_labels = FilledDropdown(
                    [], multiselect=True, visible=False, elem_id="should-be-several", **words
                )
            self.kept_said = gr.HTML(padding=False, elem_id="kept-said")
            self.why = gr.HTML(padding=False, elem_id="why")
            self.near = gr.HTML(padding=False, elem_id="nearest")
        self.typing = gr.HTML("", js_on_load=ON_TYPING, padding=False)
        self.entries = gr.HTML(padding=False, elem_id="visit-entries", render=False)
        self.download = gr.DownloadButton(
            t("download_corrections"), visible=False, elem_id="visit-download", render=False
        )
        self.add = gr.Button(t("add_corrections"), visible=False, elem_id="visit-add", render=False)
        self.handed = gr.State(None)

    def wire(self) -> None:
        """Say what follows what; after everything is laid out."""
        answers, asked = self.answers, [self.run, self.text, self.second]
        answer = [self.label, self.doubts, self.said_by, self.other, self.other_shown, self.problem, self.told]
        reasons = [self.reasons, self.why_label, self.why, self.near, self.doubts, self.right, self.right_labels]
        kept = [self.visit, self.entries, self.download, self.add, self.kept_said]
        awaited: dict[str, Any] = {**PRIVATE, "show_progress_on": self.label}
        explicit = [
            gr.on([self.go.click, self.text.submit], answers.say, [*asked, self.other], answer, **awaited),
            self.examples.click(lambda sample: sample, self.examples, [self.text, self.second], **PRIVATE).then(
                answers.say, [*asked, self.other], answer, **awaited
            ),
        ]
        for said in explicit:
            said.then(answers.note, [*asked, self.visit], kept, **CALM)
            said.then(answers.reasons, [*asked, self.keys], reasons, **CALM)
        self.typing.input(answers.typed, [*asked, self.other], answer, trigger_mode="always_last", **CALM)
        self.typing.submit(answers.paused, [*asked, self.other], answer, trigger_mode="always_last", **CALM).then(
            answers.reasons, [*asked, self.keys], reasons, **CALM
        )
        self.other.input(answers.other, [*asked, self.other], self.other_shown, **CALM)
        self.why_label.input(answers.why, [*asked, self.why_label], self.why, **CALM)
        for right in (self.right, self.right_labels):
            right.input(answers.correct, [*asked, right, self.visit], kept, **CALM)
        shown_run = gr.State("")
        self.changed = [shown_run, self.examples, self.second, self.label, self.doubts, self.said_by, self.other_shown]
        self.changed += [self.other, self.reasons, self.entries, self.download, self.add, self.kept_said, self.told]
        self.change = answers.change  # one object, as Gradio counts what runs at once by it
        self.shown = [self.run, shown_run, self.keys, self.visit]
        self.run.change(self.change, self.shown, self.changed, **PRIVATE)

    def starts_anew(self, trigger: Callable[..., Any]) -> None:
        """After `trigger` nothing is known of this visit; after `wire`."""
        trigger(self.change, self.shown, self.changed, **CALM)
