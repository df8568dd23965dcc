"""The Data tab: a file comes in, what is in it is shown, its columns are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from bertdemo.core import models
from bertdemo.data.dataset import LabelledTexts, Roles, guess_roles, labelled_texts
from bertdemo.data.doctor import examine, token_lengths
from bertdemo.data.language import detect_language
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from bertdemo.text import say
from bertdemo.ui import view
from bertdemo.ui.language import language, sentence, t, titles

ASSETS = Path(__file__).resolve().parents[2] / "assets"
SAMPLES = ("support_tickets.csv", "film_reviews.csv", "waimai_reviews_zh.csv")
PREVIEW_ROWS = 200
TOKENS_SAMPLE = 5000


@dataclass(frozen=True, eq=False)
class Loaded:
    """A file that was read, its roles, and what follows from them; None where the roles don't fit."""

    table: Table
    roles: Roles
    texts: LabelledTexts
    language: str
    lengths: np.ndarray

    @property
    def mean_tokens(self) -> float:
        return float(self.lengths.mean()) if len(self.lengths) else 0.0


def load(table: Table, roles: Roles) -> Loaded:
    """Look at `table` in the light of `roles`. Raises what `labelled_texts` raises."""
    texts = labelled_texts(table, roles)
    step = max(1, len(texts) // TOKENS_SAMPLE)
    lengths = token_lengths(texts.texts[::step], models.bundled_folder() / "tokenizer.json")
    return Loaded(table, roles, texts, detect_language(texts.texts).code, lengths)


def summary(loaded: Loaded, lang: str) -> str:
    """The file in one line, and how it was read."""
    reading = loaded.table.reading
    what = sentence(
        "data_summary",
        lang,
        rows=loaded.table.rows,
        classes=len(loaded.texts.label_names),
        language=language_name(loaded.language, lang),
        tokens=loaded.mean_tokens,
    )
    names = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe", " ": "space"}
    parts = [reading.format.upper()] + ([reading.encoding] if reading.encoding else [])
    if reading.delimiter:
        known = names.get(reading.delimiter)
        parts.append(sentence(f"delimiter_{known}", lang) if known else reading.delimiter)
    parts.append(sentence("with_header" if reading.has_header else "without_header", lang))
    how = sentence("read_as", lang, how=", ".join(parts))
    return f'<div class="summary"><strong>{escape(what)}</strong><span>{escape(how)}</span></div>'


def language_name(code: str, lang: str) -> str:
    """``English`` for ``en``; the code itself where the name is not among the words."""
    return sentence(f"language_{code}", lang) if code in ("en", "zh", "de", "fr", "es", "und") else code


def shown(loaded: Loaded, lang: str) -> list[Any]:
    """Updates of the tab's components, in the order of `outputs`."""
    counts = np.bincount(loaded.texts.labels, minlength=len(loaded.texts.label_names))
    named = [(name, float(count)) for name, count in zip(loaded.texts.label_names, counts, strict=True)]
    columns = list(loaded.table.columns)
    found = examine(loaded.table, loaded.roles, loaded.texts)
    return [
        loaded,
        gr.update(value="", visible=False),
        gr.update(visible=True),
        summary(loaded, lang),
        gr.update(choices=columns, value=list(loaded.roles.text)),
        gr.update(choices=columns, value=loaded.roles.label),
        view.bars(named, lang),
        gr.BarPlot(view.length_frame(loaded.lengths), **titles(lang, x="tokens", y="texts")),
        view.findings(found, lang),
        gr.update(value=loaded.table.head(PREVIEW_ROWS)),
        gr.update(value=sentence("continue", lang, n=len(loaded.texts)), interactive=True),
    ]


def refused(problem: UserError, lang: str, table: Table | None = None, count: int = 11) -> list[Any]:
    """Updates that say what is wrong; a table that could be read stays on show, so that columns can be changed."""
    updates: list[Any] = [gr.skip() for _ in range(count)]
    updates[1] = gr.update(value=view.error(problem, lang), visible=True)
    updates[-1] = gr.update(interactive=False)
    if table is None:
        updates[0], updates[2] = None, gr.update(visible=False)
        return updates
    updates[2] = gr.update(visible=True)
    updates[3], updates[8] = "", ""
    updates[4] = gr.update(choices=list(table.columns))
    updates[5] = gr.update(choices=list(table.columns))
    updates[9] = gr.update(value=table.head(PREVIEW_ROWS))
    return updates


def build(loaded: gr.State) -> tuple[gr.Button, Callable[[Callable[..., Any], list[Any]], None]]:
    """Lay the tab out.

    Returns:
        The Continue button, and a function that registers what happens after a file was read.
    """
    with gr.Row(elem_classes="intake"):
        with gr.Column(scale=3):
            file = gr.File(label=t("file"), elem_id="csv", height=150)
        with gr.Column(scale=2, elem_classes="samples"):
            gr.Markdown(t("or_sample"))
            samples = [gr.Button(t(f"sample_{Path(name).stem}"), size="md") for name in SAMPLES]
    problem = gr.HTML(visible=False, elem_id="data-problem", padding=False)
    table = gr.State(None)
    with gr.Column(visible=False, elem_id="data-panel") as panel:
        line = gr.HTML(padding=False)
        with gr.Row():
            text = gr.Dropdown([], label=t("text_column"), multiselect=True, interactive=True, scale=2)
            label = gr.Dropdown([], label=t("label_column"), interactive=True, scale=1)
        reasons = gr.HTML(padding=False)
        with gr.Row():
            with gr.Column():
                gr.Markdown(t("noticed"))
                noticed = gr.HTML(elem_id="noticed", padding=False)
            with gr.Column():
                gr.Markdown(t("labels"))
                chart = gr.HTML(elem_id="labels", padding=False)
        lengths = gr.BarPlot(
            x="tokens",
            y="texts",
            label=t("lengths"),
            height=180,
        )
        with gr.Accordion(t("preview"), open=False):
            preview = gr.Dataframe(interactive=False, wrap=True, max_height=420, show_label=False)
        go = gr.Button(t("continue_plain"), variant="primary", elem_id="continue")
    outputs = [loaded, problem, panel, line, text, label, chart, lengths, noticed, preview, go]

    def read(path: str, request: gr.Request) -> list[Any]:
        lang = language(request)
        found: Table | None = None
        try:
            found = read_table(path, name=Path(path).name)
            guess = guess_roles(found)
            why = [
                sentence(
                    f"{role}_because",
                    lang,
                    why=say(code if code.startswith("role.") else f"role.{code}", lang, **params),
                )
                for role, (code, params) in guess.reasons.items()
            ]
            because = f'<p class="quiet">{escape(" ".join(why))}</p>'
            return [*shown(load(found, guess.roles), lang), found, because]
        except UserError as error:
            return [*refused(error, lang, found), found, ""]

    def cleared() -> list[Any]:
        hidden = gr.update(visible=False)
        return [None, hidden, hidden, *[gr.skip()] * (len(outputs) - 3), None, ""]

    def sample(position: int) -> Callable[[gr.Request], list[Any]]:
        def take(request: gr.Request) -> list[Any]:
            return read(str(ASSETS / SAMPLES[position]), request)

        return take

    def changed(found: Table | None, text_columns: list[str], label_column: str, request: gr.Request) -> list[Any]:
        lang = language(request)
        if found is None or not text_columns or not label_column:
            return [gr.skip()] * len(outputs)
        try:
            return shown(load(found, Roles(text=tuple(text_columns), label=label_column)), lang)
        except UserError as error:
            return refused(error, lang, found)

    private: dict[str, Any] = {"api_visibility": "private"}
    events = [file.upload(read, file, [*outputs, table, reasons], **private)]
    events += [file.clear(cleared, None, [*outputs, table, reasons], **private)]
    events += [button.click(sample(i), None, [*outputs, table, reasons], **private) for i, button in enumerate(samples)]
    events += [choice.input(changed, [table, text, label], outputs, **private) for choice in (text, label)]

    def then(handler: Callable[..., Any], into: list[Any]) -> None:
        for event in events:
            event.then(handler, loaded, into, **private)

    return go, then
