"""The part of the Classify tab that takes a model elsewhere: forms to download, snippets to copy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.export.forms import may_have_bert, stem
from bertdemo.export.rules import OF_BERT, RULES
from bertdemo.export.snippets import Snippet, snippets
from bertdemo.jobs.desk import Desk
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run
from bertdemo.text import say, sentence
from bertdemo.ui import view
from bertdemo.ui.downloads import for_download
from bertdemo.ui.language import language, t
from bertdemo.ui.owner import Door
from bertdemo.ui.wiring import PRIVATE, PRIVATE_AT_ONCE

LOCAL = "http://127.0.0.1:7860"
LOOK_SECONDS = 0.3
WORDED = ("client", "bertdemo", "transformers", "onnx")
"""Snippets whose title is a sentence; the others are named alike everywhere."""
SNIPPETS_OF_BERT = ("transformers", "onnx")
"""Snippets that use a form of a BERT."""


def build(desk: Desk, door: Door, run: gr.Dropdown, keys: gr.BrowserState) -> None:
    """Lay it out and wire it; `run` says whose model is taken. Only the run's owner may take it."""
    with gr.Accordion(t("elsewhere"), open=False, elem_id="elsewhere"):
        gr.Markdown("### " + t("take_away"))
        gr.Markdown(t("forms_info"))
        with gr.Column() as of_bert:
            for form in OF_BERT:
                _build_form(_maker(desk, door, form), form, run, keys)
            gr.Markdown(t("forms_onnx_info"))
        for form in RULES:
            if form not in OF_BERT:
                _build_form(_maker(desk, door, form), form, run, keys)
        gr.Markdown("### " + t("snippets"))
        gr.Markdown(t("snippets_info"))
        every = snippets(LOCAL, "RUN", "model", pair=False, several=False)
        shown = _build_snippets([snippet for snippet in every if snippet.title not in SNIPPETS_OF_BERT])
        # Gradio can't hide a tab once it is shown: those that come and go have tabs of their own
        with gr.Column() as snippets_of_bert:
            gr.Markdown(t("snippets_of_forms"))
            shown |= _build_snippets([snippet for snippet in every if snippet.title in SNIPPETS_OF_BERT])

    boxes = [shown[snippet.title] for snippet in every]
    run.change(_filled_in, run, boxes, show_progress="hidden", **PRIVATE_AT_ONCE)
    run.change(_offered, run, [of_bert, snippets_of_bert], show_progress="hidden", **PRIVATE_AT_ONCE)


def _build_snippets(some: list[Snippet]) -> dict[str, gr.Code]:
    """A tab for each; the boxes by title."""
    boxes = {}
    with gr.Tabs():
        for snippet in some:
            with gr.Tab(t(f"snippet_{snippet.title}") if snippet.title in WORDED else snippet.title):
                boxes[snippet.title] = gr.Code(
                    snippet.code,
                    language=snippet.language,  # type: ignore[arg-type]
                    interactive=False,
                    show_label=False,
                    wrap_lines=True,
                    show_line_numbers=False,  # in a tab that is opened later they don't stand beside their lines
                    elem_id=f"snippet-{snippet.title.lower()}",
                )
    return boxes


def _build_form(
    make_it: Callable[..., Iterator[list[Any]]], form: str, run: gr.Dropdown, keys: gr.BrowserState
) -> None:
    """The button that asks for a form, its download and what is said of it."""
    name = form.replace("-", "_")
    with gr.Row(equal_height=True):
        make = gr.Button(t(f"form_{name}"), elem_id=f"make-{form}", scale=1)
        took = gr.DownloadButton(t("form_download"), visible=False, variant="primary", elem_id=f"take-{form}", scale=1)
    said = gr.HTML(padding=False, elem_id=f"said-{form}")
    limits: dict[str, Any] = {"concurrency_id": "export", "concurrency_limit": 8}
    make.click(make_it, [run, keys], [said, took], show_progress="hidden", **limits, **PRIVATE)
    run.change(_cleared, None, [said, took], **PRIVATE_AT_ONCE)


def address_of(request: gr.Request | None) -> str:
    """Where the visitor reached the page, as a program would have to: of several proxies, the outermost, and below the
    path that the page is served at."""
    if request is None:
        return LOCAL
    headers = request.headers
    host = headers.get("x-forwarded-host", "").split(",")[0].strip() or headers.get("host", "")
    scheme = headers.get("x-forwarded-proto", "").split(",")[0].strip()
    scheme = scheme or str(getattr(request.request, "url", "http")).split(":")[0]
    known = re.fullmatch(r"[\w.:\[\]-]+", host) and scheme in ("http", "https")
    path = str(getattr(request.request, "scope", {}).get("root_path", "")).rstrip("/")
    if path.startswith(("http://", "https://")):  # Gradio takes a whole address, too
        return path
    return (f"{scheme}://{host}" if known else LOCAL) + path


def _filled_in(run_id: str | None, request: gr.Request) -> list[Any]:
    try:
        chosen = Run.open(str(run_id or ""))
    except UserError:
        return [gr.skip() for _ in snippets(LOCAL, "", "", pair=False, several=False)]
    roles = chosen.roles
    what = {"pair": roles.pair is not None, "several": roles.several}
    return [snippet.code for snippet in snippets(address_of(request), chosen.id, stem(chosen), **what)]


def _offered(run_id: str | None) -> list[Any]:
    """The forms that are of a BERT and the snippets that use them: hidden where the run has none."""
    try:
        return [gr.update(visible=may_have_bert(Run.open(str(run_id or ""))))] * 2
    except UserError:
        return [gr.skip()] * 2


def _cleared() -> list[Any]:
    return ["", gr.update(visible=False, value=None)]


def _maker(desk: Desk, door: Door, form: str) -> Callable[..., Iterator[list[Any]]]:
    """What a click on a form's button does: a worker makes it, the page only looks on."""

    def make(run_id: str | None, held: dict[str, str] | None, request: gr.Request) -> Iterator[list[Any]]:
        lang = language(request)
        title = sentence(f"form_{form.replace('-', '_')}", lang)
        hidden = gr.update(visible=False, value=None)
        yield [_bar(None, lang), hidden]
        try:
            run = Run.open(str(run_id or ""))
            door.must_own(run, held, request)
            job = desk.export(run, form)
            while not isinstance(last := job.last, (ev.Packed, ev.Failed)):
                yield [_bar(last, lang), gr.skip()]
                time.sleep(LOOK_SECONDS)
                Run.open(run.id)  # deleted meanwhile, nobody would ever say a last word
            if isinstance(last, ev.Failed):
                raise UserError(last.code, **last.params)
            made = job.result()
            with run.needed():
                path = for_download(made.path)
        except UserError as error:
            yield [view.error(error, lang), hidden]
            return
        words = " ".join(made.sentences(lang))
        told = view.note(sentence("form_ready", lang, form=title, words=words))
        yield [told, gr.update(value=path, visible=True)]

    return make


def _bar(event: ev.Event | None, lang: str) -> str:
    """How far it is."""
    phase, done = (event.phase, event.done) if isinstance(event, ev.PhaseBegan) else (None, 0.0)
    words = say(f"phase.{phase}", lang) if phase else sentence("starting", lang)
    name, percent = escape(sentence("progress_name", lang)), round(100 * done)
    return (
        f'<div class="progress"><progress aria-label="{name}" value="{percent}" max="100">{percent}%</progress>'
        f"<strong>{percent}%</strong></div><p class='facts'>{escape(words)}</p>"
    )
