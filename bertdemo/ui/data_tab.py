"""The Data tab: a file comes in, what is in it is shown, its columns and remedies are chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.api import HUB, NO_SEPARATOR, NO_SPLIT, open_table, open_test
from bertdemo.data.dataset import Roles, guess_roles, separator_of
from bertdemo.data.label_cells import LIST, SEPARATORS, readable_mark
from bertdemo.data.overrules import NO_QUOTES
from bertdemo.data.table import Table
from bertdemo.errors import UserError
from bertdemo.places import ASSETS
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.language import language, t, titles
from bertdemo.ui.loaded import (
    DELIMITERS,
    Loaded,
    OnShow,
    Source,
    because,
    cleaned_file,
    diagnosed,
    examples,
    label_meant,
    load,
    not_used,
    remedy_choices,
    split_of,
    summary,
)

SAMPLES = ("support_tickets.csv", "film_reviews.csv", "waimai_reviews_zh.csv")
PREVIEW_ROWS = 200
MENDED_BY_READING = ("rows_ragged", "quote_unclosed")
"""What is wrong with a file that can't be read where another delimiter or other quotes may help."""
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "gb18030", "big5", "shift_jis", "euc_kr", "cp1251")


Updates = dict[Any, Any]
"""New values of components."""


def _length_plot(found: Loaded, lang: str) -> gr.BarPlot:
    """From 0 on, since a few lengths side by side would have ticks between whole numbers."""
    frame = view.length_frame(found.legible.lengths)
    ends: list[float | None] = [0, max(10, int(frame["tokens"].max()) + 1)]
    return gr.BarPlot(frame, x_lim=ends, **titles(lang, x="tokens", y="texts"))


def _has_sheets(table: Table) -> bool:
    return table.reading.format == "excel"


def _splits(columns: Sequence[str], lang: str) -> list[tuple[str, str]]:
    return [(sentence("no_split", lang), NO_SPLIT), *((name, name) for name in columns)]


def build(loaded: gr.State) -> tuple[gr.Button, Callable[[Callable[..., Any], list[Any], list[Any]], None]]:
    """Lay the tab out.

    Returns:
        The Continue button, and a function that registers what happens after a file was read: a handler, what it is
        given behind what was loaded, and what it updates.
    """
    with gr.Row(elem_classes="intake"):
        with gr.Column(scale=3):
            file = gr.File(label=t("file"), elem_id="csv", height=150)
        with gr.Column(scale=2, elem_classes="samples"):
            gr.Markdown(t("or_sample"))
            samples = [gr.Button(t(f"sample_{Path(name).stem}"), size="md") for name in SAMPLES]
            with gr.Accordion(t("hub"), open=False):
                hub = gr.Textbox("", show_label=False, placeholder="owner/name", max_lines=1, elem_id="hub")
                hub_load = gr.Button(t("hub_load"), size="sm", elem_id="hub-load")
    problem = gr.HTML(visible=False, elem_id="data-problem", padding=False)
    welcome = gr.Markdown(t("welcome"), elem_id="welcome")
    source = gr.State(None)
    automatic = (t("guessed"), "")
    with gr.Column(visible=False, elem_id="data-panel") as panel:
        line = gr.HTML(padding=False)
        with gr.Accordion(t("change_reading"), open=False, elem_id="reading"):
            with gr.Row():
                encoding = gr.Dropdown(
                    [automatic, *ENCODINGS], value="", label=t("encoding"), allow_custom_value=True, interactive=True
                )
                marks = [automatic, *((t(f"delimiter_{name}"), mark) for mark, name in DELIMITERS)]
                delimiter = gr.Dropdown(
                    marks,
                    value="",
                    label=t("delimiter"),
                    allow_custom_value=True,
                    interactive=True,
                    elem_id="delimiter",
                )
                header = gr.Dropdown(
                    [automatic, (t("header_yes"), "yes"), (t("header_no"), "no")],
                    value="",
                    label=t("header"),
                    interactive=True,
                )
            with gr.Row():
                marks = [automatic, (t("quotes_double"), '"'), (t("quotes_single"), "'"), (t("quotes_none"), NO_QUOTES)]
                quotes = gr.Dropdown(marks, value="", label=t("quotes"), allow_custom_value=True, interactive=True)
                skip = gr.Number(0, label=t("skip_rows"), minimum=0, precision=0, interactive=True)
                sheet = gr.Textbox("", label=t("sheet"), max_lines=1, visible=False, interactive=True)
            test_file = gr.File(label=t("test_file"), elem_id="test-csv", height=110)
            gr.Markdown(t("test_file_info"))
    with gr.Column(visible=False, elem_id="data-columns") as below:
        with gr.Row():
            text = gr.Dropdown([], label=t("text_column"), multiselect=True, interactive=True, scale=2)
            label = gr.Dropdown([], label=t("label_column"), multiselect=True, interactive=True, scale=2)
        with gr.Accordion(t("more_columns"), open=False, elem_id="more-columns"), gr.Row():
            split = gr.Dropdown(
                [], label=t("split_column"), info=t("split_info"), interactive=True, elem_id="split-column"
            )
            pair = gr.Dropdown([], label=t("pair_column"), info=t("pair_info"), interactive=True, elem_id="pair")
            marks = [
                (t("separator_none"), NO_SEPARATOR),
                *((f"a {readable_mark(mark)} b", mark) for mark in (*SEPARATORS, " ")),
                ('["a", "b"]', LIST),
            ]
            separator = gr.Dropdown(
                marks,
                value=NO_SEPARATOR,
                label=t("separator"),
                info=t("separator_info"),
                allow_custom_value=True,
                interactive=True,
                elem_id="separator",
            )
            apart = gr.Checkbox(
                False, label=t("spellings_apart"), info=t("spellings_apart_info"), interactive=True, elem_id="apart"
            )
        with gr.Column() as rest:
            reasons = gr.HTML(padding=False)
            shown_rows = gr.HTML(padding=False)
            with gr.Row():
                with gr.Column():
                    gr.Markdown(t("noticed"))
                    noticed = gr.HTML(elem_id="noticed", padding=False)
                    with gr.Column(visible=False, elem_id="remedies") as cure:
                        remedies = gr.CheckboxGroup([], label=t("remedies"), info=t("remedies_info"), interactive=True)
                        outcome = gr.HTML(padding=False)
                        cleaned = gr.DownloadButton(t("download_cleaned"), visible=False, elem_id="cleaned", size="sm")
                with gr.Column():
                    gr.Markdown(t("labels"))
                    chart = gr.HTML(elem_id="labels", padding=False)
                    parts = gr.HTML(elem_id="parts", padding=False)
            lengths = gr.BarPlot(
                x="tokens",
                y="texts",
                label=t("lengths"),
                height=180,
                x_axis_format="d",
            )
        with gr.Accordion(t("preview"), open=False):
            preview = gr.Dataframe(interactive=False, wrap=True, max_height=420, show_label=False)
        go = gr.Button(t("continue_plain"), variant="primary", elem_id="continue")

    on_show = OnShow()
    # an empty dict would be taken for a value
    unchanged: Updates = {problem: gr.skip()}

    def show(found: Loaded, lang: str) -> Updates:
        """What follows at once from what was loaded."""
        texts = found.texts
        named = [(name, float(count)) for name, count in zip(texts.label_names, texts.counts.tolist(), strict=True)]
        columns = list((found.before or found.table).columns)
        return {
            loaded: found,
            problem: gr.update(value="", visible=False),
            welcome: gr.update(visible=False),
            panel: gr.update(visible=True),
            below: gr.update(visible=True),
            rest: gr.update(visible=True),
            line: summary(found, lang),
            text: gr.update(choices=columns, value=list(found.roles.text)),
            label: gr.update(choices=columns, value=list(found.roles.labels)),
            pair: gr.update(choices=[(sentence("no_pair", lang), ""), *columns], value=found.roles.pair or ""),
            separator: found.roles.separator or NO_SEPARATOR,
            apart: found.roles.apart,
            split: gr.update(choices=_splits(columns, lang), value=found.split),
            sheet: gr.update(visible=_has_sheets(found.before or found.table)),
            shown_rows: examples(found, lang) + not_used(found, lang),
            noticed: f'<p class="quiet" role="status">{escape(sentence("looking", lang))}</p>',
            cure: gr.update(visible=bool(remedy_choices(found, lang))),
            parts: "",
            chart: view.bars(named, lang),
            preview: gr.update(value=found.table.head(PREVIEW_ROWS)),
            go: gr.update(value=sentence("continue", lang, n=len(texts)), interactive=True),
        }

    def diagnose(found: Loaded | None, request: gr.Request) -> Updates:
        """What the doctor says, after the rest is on show: with many rows it takes a while."""
        if found is None:
            return unchanged
        lang = language(request)
        found = diagnosed(found)
        if not on_show.has(request.session_hash, found):
            return unchanged  # another file, or other columns, came meanwhile
        choices = remedy_choices(found, lang)
        after = sentence("remedies_done", lang, before=(found.before or found.table).rows, after=found.table.rows)
        return {
            loaded: found,
            lengths: _length_plot(found, lang),
            noticed: view.findings(found.left or (), lang, found.table, found.roles),
            cure: gr.update(visible=bool(choices)),
            remedies: gr.update(choices=choices, value=list(found.remedies)),
            outcome: f'<p class="quiet">{escape(after)}</p>' if found.remedies else "",
            parts: view.parts(split_of(found), lang),
            cleaned: gr.update(value=cleaned_file(found) if found.remedies else None, visible=bool(found.remedies)),
        }

    def refuse(error: UserError, lang: str, kept: Source | None) -> Updates:
        """Say what is wrong; a table that could be read stays on show, so that columns can be changed.

        Of a file that could not be read but is kept, how to read it is all that can be changed.
        """
        updates: Updates = {
            loaded: None,
            problem: gr.update(value=view.error(error, lang), visible=True),
            go: gr.update(value=t("continue_plain"), interactive=False),
        }
        if kept is None:
            return {**updates, panel: gr.update(visible=False), below: gr.update(visible=False)}
        updates |= {
            welcome: gr.update(visible=False),
            panel: gr.update(visible=True),
            below: gr.update(visible=kept.table is not None),
            line: f'<div class="summary"><strong>{escape(kept.table.name)}</strong></div>' if kept.table else "",
        }
        if kept.table is None:
            return updates
        columns = list(kept.table.columns)
        return {
            **updates,
            rest: gr.update(visible=False),
            sheet: gr.update(visible=_has_sheets(kept.table)),
            text: gr.update(choices=columns),
            label: gr.update(choices=columns),
            pair: gr.update(choices=[(sentence("no_pair", lang), ""), *columns]),
            split: gr.update(choices=_splits(columns, lang)),
            preview: gr.update(value=kept.table.head(PREVIEW_ROWS)),
        }

    def read(
        path: str,
        request: gr.Request,
        tell: gr.Progress,
        tested_by: str | None = None,
        before: Source | None = None,
        **reading: Any,
    ) -> Updates:
        """`tested_by` is the test file; `before` is how the file was read, which stays on show where it can't be read
        as the person says now."""
        kept = before
        lang = language(request)
        on_show.forget(request.session_hash)
        try:
            tell(0.1, desc=sentence("phase_reading", lang))
            named = {} if path.startswith(HUB) else {"name": Path(path).name}
            reading_words = sentence("phase_reading", lang)

            def share(done: float) -> None:
                tell(0.1 + 0.5 * done, desc=reading_words)

            table = open_table(path, on_progress=share, **named, **reading)
            kept = Source(path, table, None, reading)
            tell(0.6, desc=sentence("phase_columns", lang))
            guess = guess_roles(table)
            if tested_by:
                kept = replace(kept, test=open_test(tested_by, guess.roles.columns, **reading))
            found = load(table, guess.roles, test=kept.test)
            on_show.put(request.session_hash, found)
            return {**show(found, lang), source: kept, reasons: because(guess, lang), **untreated}
        except UserError as error:
            nothing_chosen: Updates = {}
            if kept is None and error.code in MENDED_BY_READING:
                kept = Source(path, None)
            if kept is not None and kept.table is not None:
                columns = list(kept.table.columns)
                nothing_chosen = {
                    text: gr.update(choices=columns, value=[]),
                    label: gr.update(choices=columns, value=[]),
                    split: gr.update(choices=_splits(columns, lang), value=None),
                }
            return {**refuse(error, lang, kept), **nothing_chosen, source: kept, reasons: "", **untreated}

    untreated = {
        cure: gr.update(visible=False),
        remedies: gr.update(choices=[], value=[]),
        outcome: "",
        cleaned: gr.update(visible=False),
    }
    fresh = {encoding: "", delimiter: "", header: "", quotes: "", skip: 0, sheet: "", test_file: None}

    def anew(updates: Updates) -> Updates:
        """Another file: nothing is said of how it is to be read."""
        return {**fresh, **updates, sheet: gr.update(**{"visible": False, **updates.get(sheet, {}), "value": ""})}

    def uploaded(path: str, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        return anew(read(path, request, tell))

    def from_hub(name: str, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        return {**anew(read(HUB + name.strip(), request, tell)), file: None}

    def cleared(request: gr.Request) -> Updates:
        on_show.forget(request.session_hash)
        hidden = gr.update(visible=False)
        return {
            **fresh,
            loaded: None,
            source: None,
            problem: hidden,
            panel: hidden,
            below: hidden,
            reasons: "",
            welcome: gr.update(visible=True),
        }

    def sample(position: int) -> Callable[..., Updates]:
        def take(request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
            return {**anew(read(str(ASSETS / SAMPLES[position]), request, tell)), file: None}

        return take

    def read_again(form: Updates, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """The same file, read as the person says; `form` holds the values of `told`."""
        kept = form[source]
        if kept is None:
            return unchanged
        asked = {"encoding": form[encoding], "delimiter": form[delimiter], "quotechar": form[quotes]}
        asked |= {"sheet": form[sheet], "skip_rows": int(form[skip] or 0)}
        asked |= {"has_header": {"yes": True, "no": False}.get(form[header])}
        given = {name: value for name, value in asked.items() if value not in ("", None)}
        return read(kept.path, request, tell, form[test_file], kept, **given)

    def changed(form: Updates, request: gr.Request) -> Updates:
        """Other columns, other remedies or another test file; `form` holds the values of `asked`."""
        kept = form[source]
        if kept is None or kept.table is None or not form[text] or not form[label]:
            return unchanged
        lang = language(request)
        try:
            mark = None if form[separator] == NO_SEPARATOR else form[separator]
            roles = Roles.named(form[text], form[label], form[pair], mark, apart=form[apart])
            how = {"test": kept.test, "split": form[split], "remedies": form[remedies]}
            found = load(kept.table, roles, **how)
        except UserError as error:
            on_show.forget(request.session_hash)
            return refuse(error, lang, kept)
        on_show.put(request.session_hash, found)
        return show(found, lang)

    def other_remedies(form: Updates, request: gr.Request) -> Updates:
        updates, before = changed(form, request), form[loaded]
        if before is not None and isinstance(now := updates.get(loaded), Loaded):
            updates[loaded] = replace(now, found=before.found)
        return updates

    def other_columns(form: Updates, request: gr.Request) -> Updates:
        return {**changed({**form, remedies: []}, request), reasons: ""}

    def other_labels(form: Updates, request: gr.Request) -> Updates:
        """What parts several labels is guessed anew for another column, which may replace the one before."""
        mark, kept, chosen = "", form[source], form[label]
        if kept is not None and kept.table is not None:
            chosen = label_meant(kept.table, chosen)
            mark = separator_of(kept.table.column(chosen[0])) if len(chosen) == 1 else ""
        updates = other_columns({**form, label: chosen, separator: mark}, request)
        return {**updates, label: gr.update(**{**updates.get(label, {}), "value": chosen})}

    def tested(form: Updates, request: gr.Request) -> Updates:
        kept, path = form[source], form[test_file]
        if kept is None or kept.table is None:  # one that is read later takes its test file with it
            return unchanged
        columns = [*form[text], *form[label], *([form[pair]] if form[pair] else [])]
        try:
            test = open_test(path, columns, **kept.reading) if path else None
        except UserError as error:
            return {problem: gr.update(value=view.error(error, language(request)), visible=True)}
        kept = replace(kept, test=test)
        return {**changed({**form, source: kept}, request), source: kept}

    def untested(form: Updates, request: gr.Request) -> Updates:
        return tested({**form, test_file: None, split: None}, request)  # the file's own parts count again

    private: dict[str, Any] = {"api_visibility": "private"}
    everything = [
        loaded,
        problem,
        welcome,
        panel,
        below,
        rest,
        line,
        text,
        label,
        pair,
        separator,
        apart,
        reasons,
        shown_rows,
        noticed,
        cure,
        remedies,
        outcome,
    ]
    everything += [cleaned, chart, parts, lengths, preview, go, source, encoding, delimiter, header, test_file, file]
    everything += [quotes, skip, sheet, split]
    how = [encoding, delimiter, header, quotes]
    # a set of inputs is given to a handler as values by component
    asked: set[Any] = {loaded, source, text, label, pair, separator, apart, split, remedies, test_file}
    told: set[Any] = {source, *how, skip, sheet, test_file}
    # one place shows that a file is being read: dozens of pulsing frames would keep the browser busy
    reading: dict[str, Any] = {**private, "show_progress_on": file}
    events = [file.upload(uploaded, file, everything, **reading)]
    events += [file.clear(cleared, None, everything, **reading)]
    events += [button.click(sample(i), None, everything, **reading) for i, button in enumerate(samples)]
    events += [gr.on([hub_load.click, hub.submit], from_hub, hub, everything, **reading)]
    events += [choice.input(read_again, told, everything, **reading) for choice in how]
    events += [gr.on([skip.input, sheet.submit], read_again, told, everything, **reading)]
    choices = (text, pair, separator, apart, split)
    events += [choice.input(other_columns, asked, everything, **private) for choice in choices]
    events += [label.input(other_labels, asked, everything, **private)]
    events += [remedies.input(other_remedies, asked, everything, **private)]
    events += [test_file.upload(tested, asked, everything, **private)]
    events += [test_file.clear(untested, asked, everything, **private)]

    for event in events:
        event.then(diagnose, loaded, everything, **private, show_progress="hidden")

    def then(handler: Callable[..., Any], given: list[Any], into: list[Any]) -> None:
        for event in events:
            event.then(handler, [loaded, *given], into, **private, show_progress="hidden")

    return go, then
