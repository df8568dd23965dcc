"""The Data tab: a file comes in, what is in it is shown, its columns and remedies are chosen."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.api import HUB, NO_SEPARATOR, open_table, open_test
from bertdemo.data.dataset import Roles, guess_roles, separator_of
from bertdemo.data.label_cells import LIST, SEPARATORS, readable_mark
from bertdemo.data.overrules import NO_QUOTES
from bertdemo.data.parts import NO_SPLIT
from bertdemo.data.remedies import KEEP_TOGETHER
from bertdemo.data.roles import settled
from bertdemo.data.table import Table
from bertdemo.errors import UserError
from bertdemo.places import ASSETS
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.filled import FilledCheckboxes, FilledDropdown
from bertdemo.ui.language import language, t, titles
from bertdemo.ui.loaded import (
    DELIMITERS,
    Handed,
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
    told,
)
from bertdemo.ui.owner import Door
from bertdemo.ui.wiring import CALM, PRIVATE, SAID_ALOUD

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
    said = view.lengths_said(found.legible.lengths, lang)
    return gr.BarPlot(frame, x_lim=ends, caption=said, **titles(lang, x="tokens", y="texts"))


def _has_sheets(table: Table) -> bool:
    return table.reading.format == "excel"


def _none_or(columns: Sequence[str], lang: str) -> list[tuple[str, str] | str]:
    return [(sentence("no_pair", lang), ""), *columns]


def _splits(columns: Sequence[str], lang: str) -> list[tuple[str, str]]:
    return [(sentence("no_split", lang), NO_SPLIT), *((name, name) for name in columns)]


def none_left(found: Loaded | None, text: Sequence[str], label: Sequence[str]) -> Any:
    """Another word each time a role of what was loaded has lost its last column."""
    return secrets.token_hex(4) if found is not None and not (text and label) else gr.skip()


class DataTab:
    """The tab. `onward` are the Continue buttons, beside the summary and below everything; what follows after a file
    was read is registered by `after_reading`."""

    def __init__(self, loaded: gr.State, door: Door) -> None:
        """Lay the tab out and wire it. `loaded` will hold what was read."""
        self.loaded, self.door, self.on_show = loaded, door, OnShow()
        with gr.Row(elem_classes="intake"):
            self._build_intake()
        self.problem = gr.HTML(visible=False, elem_id="data-problem", padding=False)
        self.welcome = gr.Markdown(t("welcome"), elem_id="welcome")
        self.source = gr.State(None)
        with gr.Column(visible=False, elem_id="data-panel") as self.panel:
            with gr.Row(equal_height=False):
                with gr.Column(scale=3):
                    self.line = gr.HTML(padding=False)
                go = gr.Button(t("continue_plain"), variant="primary", elem_id="continue", scale=1, min_width=320)
            with gr.Accordion(t("change_reading"), open=False, elem_id="reading"):
                self._build_reading()
        with gr.Column(visible=False, elem_id="data-columns") as self.below:
            self._build_columns()
            with gr.Column() as self.rest:
                self._build_findings()
            with gr.Accordion(t("preview"), open=False):
                self.preview = gr.Dataframe(interactive=False, wrap=True, max_height=420, show_label=False)
            self.onward = (go, gr.Button(t("continue_plain"), elem_id="continue-below"))
        self.told = gr.HTML(padding=False, elem_classes="sr-only", elem_id="data-told", js_on_load=SAID_ALOUD)
        # an empty dict would be taken for a value
        self.unchanged: Updates = {self.problem: gr.skip()}
        self.untreated: Updates = {
            self.cure: gr.update(visible=False),
            self.remedies: gr.update(choices=[], value=[]),
            self.outcome: "",
            self.cleaned: gr.update(visible=False),
        }
        self.how = [self.encoding, self.delimiter, self.header, self.quotes]
        self.fresh: Updates = {**dict.fromkeys(self.how, ""), self.skip: 0, self.sheet: "", self.test_file: None}
        self._wire()

    def _build_intake(self) -> None:
        with gr.Column(scale=3):
            self.file = gr.File(label=t("file"), elem_id="csv", height=150)
        with gr.Column(scale=2, elem_classes="samples"):
            gr.Markdown(t("or_sample"))
            self.samples = [gr.Button(t(f"sample_{Path(name).stem}"), size="md") for name in SAMPLES]
            with gr.Accordion(t("hub"), open=False):
                self.hub = gr.Textbox("", show_label=False, placeholder="owner/name", max_lines=1, elem_id="hub")
                self.hub_load = gr.Button(t("hub_load"), size="sm", elem_id="hub-load")

    def _build_reading(self) -> None:
        automatic = (t("guessed"), "")
        with gr.Row():
            self.encoding = gr.Dropdown(
                [automatic, *ENCODINGS], value="", label=t("encoding"), allow_custom_value=True, interactive=True
            )
            marks = [automatic, *((t(f"delimiter_{name}"), mark) for mark, name in DELIMITERS)]
            self.delimiter = gr.Dropdown(
                marks, value="", label=t("delimiter"), allow_custom_value=True, interactive=True, elem_id="delimiter"
            )
            marks = [automatic, (t("header_yes"), "yes"), (t("header_no"), "no")]
            self.header = gr.Dropdown(marks, value="", label=t("header"), interactive=True)
        with gr.Row():
            marks = [automatic, (t("quotes_double"), '"'), (t("quotes_single"), "'"), (t("quotes_none"), NO_QUOTES)]
            self.quotes = gr.Dropdown(marks, value="", label=t("quotes"), allow_custom_value=True, interactive=True)
            self.skip = gr.Number(0, label=t("skip_rows"), minimum=0, precision=0, interactive=True)
            self.sheet = gr.Textbox("", label=t("sheet"), max_lines=1, visible=False, interactive=True)
        self.test_file = gr.File(label=t("test_file"), elem_id="test-csv", height=110)
        gr.Markdown(t("test_file_info"))

    def _build_columns(self) -> None:
        with gr.Row():
            self.text = FilledDropdown([], label=t("text_column"), multiselect=True, interactive=True, scale=2)
            self.label = FilledDropdown([], label=t("label_column"), multiselect=True, interactive=True, scale=2)
        self.columns_problem = gr.HTML(visible=False, elem_id="columns-problem", padding=False)
        with gr.Accordion(t("more_columns"), open=False, elem_id="more-columns"), gr.Row():
            self.split = FilledDropdown(
                [], label=t("split_column"), info=t("split_info"), interactive=True, elem_id="split-column"
            )
            self.pair = FilledDropdown(
                [], label=t("pair_column"), info=t("pair_info"), interactive=True, elem_id="pair"
            )
            self.group = FilledDropdown(
                [], label=t("group_column"), info=t("group_info"), interactive=True, elem_id="group-column"
            )
            marks = [
                (t("separator_none"), NO_SEPARATOR),
                *((f"a {readable_mark(mark)} b", mark) for mark in (*SEPARATORS, " ")),
                ('["a", "b"]', LIST),
            ]
            self.separator = gr.Dropdown(
                marks,
                value=NO_SEPARATOR,
                label=t("separator"),
                info=t("separator_info"),
                allow_custom_value=True,
                interactive=True,
                elem_id="separator",
            )
            self.apart = gr.Checkbox(
                False, label=t("spellings_apart"), info=t("spellings_apart_info"), interactive=True, elem_id="apart"
            )

    def _build_findings(self) -> None:
        self.reasons = gr.HTML(padding=False)
        self.shown_rows = gr.HTML(padding=False)
        with gr.Row():
            with gr.Column():
                gr.Markdown(t("noticed"))
                self.noticed = gr.HTML(elem_id="noticed", padding=False)
                with gr.Column(visible=False, elem_id="remedies") as self.cure:
                    self.remedies = FilledCheckboxes([], label=t("remedies"), info=t("remedies_info"), interactive=True)
                    self.outcome = gr.HTML(padding=False)
                    self.cleaned = gr.DownloadButton(t("download_cleaned"), visible=False, elem_id="cleaned", size="sm")
            with gr.Column():
                gr.Markdown(t("labels"))
                self.chart = gr.HTML(elem_id="labels", padding=False)
                self.parts = gr.HTML(elem_id="parts", padding=False)
        self.lengths = gr.BarPlot(
            x="tokens", y="texts", label=t("lengths"), height=180, x_axis_format="d", elem_id="lengths"
        )

    def _wire(self) -> None:
        everything = [self.loaded, self.problem, self.welcome, self.panel, self.below, self.rest, self.line]
        everything += [self.text, self.label, self.pair, self.separator, self.apart, self.reasons, self.shown_rows]
        everything += [self.noticed, self.cure, self.remedies, self.outcome, self.cleaned, self.chart, self.parts]
        everything += [self.lengths, self.preview, *self.onward, self.columns_problem, self.told]
        everything += [self.source, self.encoding, self.delimiter, self.header, self.test_file, self.file]
        everything += [self.quotes, self.skip, self.sheet, self.split, self.group]
        choices = (self.text, self.pair, self.separator, self.apart, self.split, self.group)
        # a set of inputs is given to a handler as values by component
        asked: set[Any] = {self.loaded, self.source, *choices, self.label, self.remedies, self.test_file}
        told: set[Any] = {self.source, *self.how, self.skip, self.sheet, self.test_file}
        # one place shows that a file is being read: dozens of pulsing frames would keep the browser busy
        reading: dict[str, Any] = {**PRIVATE, "show_progress_on": self.file}
        # each one object, as Gradio counts what runs at once by it
        read_again, other_columns, self._diagnose = self.read_again, self.other_columns, self.diagnose
        events = [self.file.upload(self.uploaded, self.file, everything, **reading)]
        events += [self.file.clear(self.cleared, None, everything, **reading)]
        events += [button.click(self.sample(i), None, everything, **reading) for i, button in enumerate(self.samples)]
        events += [gr.on([self.hub_load.click, self.hub.submit], self.from_hub, self.hub, everything, **reading)]
        events += [choice.input(read_again, told, everything, **reading) for choice in self.how]
        events += [gr.on([self.skip.input, self.sheet.submit], read_again, told, everything, **reading)]
        events += [choice.input(other_columns, asked, everything, **PRIVATE) for choice in choices]
        # taken away all at once, columns are changed without an input
        emptied = gr.State("")
        for column in (self.text, self.label):
            # by way of the queue, as nothing else tells the page that a state has changed
            column.change(none_left, [self.loaded, self.text, self.label], emptied, **CALM)
        events += [emptied.change(other_columns, asked, everything, **PRIVATE)]
        events += [self.label.input(self.other_labels, asked, everything, **PRIVATE)]
        events += [self.remedies.input(self.other_remedies, asked, everything, **PRIVATE)]
        events += [self.test_file.upload(self.tested, asked, everything, **PRIVATE)]
        events += [self.test_file.clear(self.untested, asked, everything, **PRIVATE)]
        self.events: list[Any] = []
        self.everything = everything
        for event in events:
            self._diagnosed_after(event)

    def _diagnosed_after(self, event: Any) -> None:
        event.then(self._diagnose, self.loaded, self.everything, **PRIVATE, show_progress="hidden")
        self.events.append(event)

    def opens(self, trigger: Callable[..., Any], handed: gr.State) -> None:
        """After `trigger`, an event of another tab, the file in `handed` is opened; before `after_reading`."""
        self._diagnosed_after(trigger(self.take_over, handed, self.everything, **PRIVATE, show_progress_on=self.file))

    def starts_anew(self, trigger: Callable[..., Any]) -> None:
        """After `trigger` nothing is loaded any more; before `after_reading`."""
        self.events.append(trigger(self.lost, self.source, self.everything, **PRIVATE, show_progress="hidden"))

    def after_reading(self, handler: Callable[..., Any], given: list[Any], into: list[Any]) -> None:
        """Register what happens after a file was read: `handler` gets what was loaded, and what `given` holds."""
        for event in self.events:
            event.then(handler, [self.loaded, *given], into, **PRIVATE, show_progress="hidden")

    def show(self, found: Loaded, lang: str) -> Updates:
        """What follows at once from what was loaded."""
        texts = found.texts
        named = [(name, float(count)) for name, count in zip(texts.label_names, texts.counts.tolist(), strict=True)]
        columns = list((found.before or found.table).columns)
        return {
            self.loaded: found,
            **dict.fromkeys((self.problem, self.columns_problem), gr.update(value="", visible=False)),
            self.welcome: gr.update(visible=False),
            self.panel: gr.update(visible=True),
            self.below: gr.update(visible=True),
            self.rest: gr.update(visible=True),
            self.line: summary(found, lang),
            self.text: gr.update(choices=columns, value=list(found.roles.text)),
            self.label: gr.update(choices=columns, value=list(found.roles.labels)),
            self.pair: gr.update(choices=_none_or(columns, lang), value=found.roles.pair or ""),
            self.group: gr.update(choices=_none_or(columns, lang), value=found.roles.group or ""),
            self.separator: found.roles.separator or NO_SEPARATOR,
            self.apart: found.roles.apart,
            self.split: gr.update(choices=_splits(columns, lang), value=found.split),
            self.sheet: gr.update(visible=_has_sheets(found.before or found.table)),
            self.shown_rows: examples(found, lang) + not_used(found, lang),
            self.noticed: f'<p class="quiet" role="status">{escape(sentence("looking", lang))}</p>',
            self.cure: gr.update(visible=bool(remedy_choices(found, lang))),
            self.parts: "",
            self.chart: view.bars(named, lang),
            self.preview: gr.update(value=found.table.head(PREVIEW_ROWS)),
            **self._continue(sentence("continue", lang, n=len(texts)), possible=True),
        }

    def _continue(self, words: str, *, possible: bool) -> Updates:
        return {button: gr.update(value=words, interactive=possible) for button in self.onward}

    def diagnose(self, found: Loaded | None, request: gr.Request) -> Updates:
        """What the doctor says, after the rest is on show: with many rows it takes a while."""
        if found is None:
            return self.unchanged
        lang = language(request)
        found = diagnosed(found)
        if not self.on_show.has(request.session_hash, found):
            return self.unchanged  # another file, or other columns, came meanwhile
        choices = remedy_choices(found, lang)
        after = sentence("remedies_done", lang, before=(found.before or found.table).rows, after=found.table.rows)
        return {
            self.loaded: found,
            self.lengths: _length_plot(found, lang),
            self.noticed: view.findings(found.left or (), lang, found.table, found.roles),
            self.told: escape(told(found, lang)),
            self.cure: gr.update(visible=bool(choices)),
            self.remedies: gr.update(choices=choices, value=list(found.remedies)),
            self.outcome: f'<p class="quiet">{escape(after)}</p>' if found.remedies else "",
            self.parts: view.parts(split_of(found), lang),
            self.cleaned: gr.update(
                value=cleaned_file(found) if found.remedies else None, visible=bool(found.remedies)
            ),
        }

    def refuse(self, error: UserError, lang: str, kept: Source | None, *, chosen: bool = False) -> Updates:
        """Say what is wrong; a table that could be read stays on show, so that columns can be changed.

        What a person has `chosen` is at fault or else the file: that is said below the columns or below the file.

        Of a file that could not be read but is kept, how to read it is all that can be changed.
        """
        said, quiet = (self.columns_problem, self.problem) if chosen else (self.problem, self.columns_problem)
        updates: Updates = {
            self.loaded: None,
            said: gr.update(value=view.error(error, lang), visible=True),
            quiet: gr.update(value="", visible=False),
            **self._continue(t("continue_plain"), possible=False),
            self.told: "",
        }
        if kept is None:
            return {**updates, self.panel: gr.update(visible=False), self.below: gr.update(visible=False)}
        updates |= {
            self.welcome: gr.update(visible=False),
            self.panel: gr.update(visible=True),
            self.below: gr.update(visible=kept.table is not None),
            self.line: f'<div class="summary"><strong>{escape(kept.table.name)}</strong></div>' if kept.table else "",
        }
        if kept.table is None:
            return updates
        columns = list(kept.table.columns)
        return {
            **updates,
            self.rest: gr.update(visible=False),
            self.sheet: gr.update(visible=_has_sheets(kept.table)),
            self.text: gr.update(choices=columns),
            self.label: gr.update(choices=columns),
            self.pair: gr.update(choices=_none_or(columns, lang)),
            self.group: gr.update(choices=_none_or(columns, lang)),
            self.split: gr.update(choices=_splits(columns, lang)),
            self.preview: gr.update(value=kept.table.head(PREVIEW_ROWS)),
        }

    def read(
        self,
        path: str,
        request: gr.Request,
        tell: gr.Progress,
        tested_by: str | None = None,
        before: Source | None = None,
        like: Run | None = None,
        **reading: Any,
    ) -> Updates:
        """`tested_by` is the test file; `before` is how the file was read, which stays on show where it can't be read
        as the person says now; `like` is a run whose columns and test rows it has."""
        kept = before
        lang = language(request)
        self.on_show.forget(request.session_hash)
        try:
            tell(0.1, desc=sentence("phase_reading", lang))
            named = {} if path.startswith(HUB) else {"name": Path(path).name}
            if path.startswith(HUB):
                self.door.must_be_open_data(path.removeprefix(HUB), request)
            reading_words = sentence("phase_reading", lang)

            def share(done: float) -> None:
                tell(0.1 + 0.5 * done, desc=reading_words)

            table = open_table(path, on_progress=share, **named, **reading)
            kept = Source(path, table, None, reading)
            tell(0.6, desc=sentence("phase_columns", lang))
            if like:
                roles, why, guessed, kept = like.roles, "", [], replace(kept, test=like.test_table)
            else:
                guess = guess_roles(table)
                roles, why, guessed = guess.roles, because(guess, lang), guess.findings
            if tested_by:
                kept = replace(kept, test=open_test(tested_by, roles.columns, **reading))
            found = load(table, roles, test=kept.test, guessed=guessed)
            self.on_show.put(request.session_hash, found)
            return {**self.show(found, lang), self.source: kept, self.reasons: why, **self.untreated}
        except UserError as error:
            nothing_chosen: Updates = {}
            if kept is None and error.code in MENDED_BY_READING:
                kept = Source(path, None)
            if kept is not None and kept.table is not None:
                columns = list(kept.table.columns)
                nothing_chosen = {
                    self.text: gr.update(choices=columns, value=[]),
                    self.label: gr.update(choices=columns, value=[]),
                    self.split: gr.update(choices=_splits(columns, lang), value=None),
                }
            return {
                **self.refuse(error, lang, kept),
                **nothing_chosen,
                self.source: kept,
                self.reasons: "",
                **self.untreated,
            }

    def anew(self, updates: Updates) -> Updates:
        """Another file: nothing is said of how it is to be read."""
        sheet = {"visible": False, **updates.get(self.sheet, {}), "value": ""}
        return {**self.fresh, **updates, self.sheet: gr.update(**sheet)}

    def uploaded(self, path: str, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        return self.anew(self.read(path, request, tell))

    def from_hub(self, name: str, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        return {**self.anew(self.read(HUB + name.strip(), request, tell)), self.file: None}

    def cleared(self, request: gr.Request) -> Updates:
        self.on_show.forget(request.session_hash)
        hidden = gr.update(visible=False)
        return {
            **self.fresh,
            self.loaded: None,
            self.source: None,
            self.problem: hidden,
            self.columns_problem: hidden,
            self.told: "",
            self.panel: hidden,
            self.below: hidden,
            self.reasons: "",
            self.welcome: gr.update(visible=True),
        }

    def lost(self, kept: Source | None, request: gr.Request) -> Updates:
        """The app was started anew, and what came in is gone, unless it came after that."""
        return self.unchanged if kept else {**self.cleared(request), self.file: None}

    def sample(self, position: int) -> Callable[..., Updates]:
        def take(request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
            return {**self.anew(self.read(str(ASSETS / SAMPLES[position]), request, tell)), self.file: None}

        return take

    def take_over(
        self,
        handed: Handed | None,
        request: gr.Request,
        tell: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Updates:
        """A file made of a run's table, with the columns and the test rows of that run."""
        if handed is None:
            return self.unchanged
        updates = self.read(handed.path, request, tell, like=Run.open(handed.run), has_header=True)
        return {**self.anew(updates), self.file: None}

    def read_again(self, form: Updates, request: gr.Request, tell: gr.Progress = gr.Progress()) -> Updates:  # noqa: B008
        """The same file, read as the person says; `form` holds the values of `told`."""
        kept = form[self.source]
        if kept is None:
            return self.unchanged
        asked = {"encoding": form[self.encoding], "delimiter": form[self.delimiter], "quotechar": form[self.quotes]}
        asked |= {"sheet": form[self.sheet], "skip_rows": int(form[self.skip] or 0)}
        asked |= {"has_header": {"yes": True, "no": False}.get(form[self.header])}
        given = {name: value for name, value in asked.items() if value not in ("", None)}
        return self.read(kept.path, request, tell, form[self.test_file], kept, **given)

    def changed(self, form: Updates, request: gr.Request) -> Updates:
        """Other columns, other remedies or another test file; `form` holds the values of `asked`."""
        kept = form[self.source]
        if kept is None or kept.table is None:
            return self.unchanged
        lang = language(request)
        try:
            for column, code in ((self.text, "text_not_chosen"), (self.label, "label_not_chosen")):
                if not form[column]:
                    raise UserError(code)
            mark = None if form[self.separator] == NO_SEPARATOR else form[self.separator]
            apart, group = form[self.apart], form[self.group]
            roles = Roles.named(form[self.text], form[self.label], form[self.pair], mark, apart=apart, group=group)
            roles = settled(kept.table, roles)
            how = {"test": kept.test, "split": form[self.split], "remedies": form[self.remedies]}
            found = load(kept.table, roles, **how)
        except UserError as error:
            self.on_show.forget(request.session_hash)
            return self.refuse(error, lang, kept, chosen=True)
        self.on_show.put(request.session_hash, found)
        return self.show(found, lang)

    def other_remedies(self, form: Updates, request: gr.Request) -> Updates:
        before = form[self.loaded]
        if before is not None and KEEP_TOGETHER in before.remedies and KEEP_TOGETHER not in form[self.remedies]:
            form = {**form, self.group: ""}
        updates = self.changed(form, request)
        if before is not None and isinstance(now := updates.get(self.loaded), Loaded):
            updates[self.loaded] = replace(now, found=before.found)
        return updates

    def other_columns(self, form: Updates, request: gr.Request) -> Updates:
        return {**self.changed({**form, self.remedies: []}, request), self.reasons: ""}

    def other_labels(self, form: Updates, request: gr.Request) -> Updates:
        """What parts several labels is guessed anew for another column, which may replace the one before."""
        mark, kept, chosen = "", form[self.source], form[self.label]
        if kept is not None and kept.table is not None:
            chosen = label_meant(kept.table, chosen)
            mark = separator_of(kept.table.column(chosen[0])) if len(chosen) == 1 else ""
        updates = self.other_columns({**form, self.label: chosen, self.separator: mark}, request)
        return {**updates, self.label: gr.update(**{**updates.get(self.label, {}), "value": chosen})}

    def tested(self, form: Updates, request: gr.Request) -> Updates:
        kept, path = form[self.source], form[self.test_file]
        if kept is None or kept.table is None:  # one that is read later takes its test file with it
            return self.unchanged
        columns = [*form[self.text], *form[self.label], *([form[self.pair]] if form[self.pair] else [])]
        try:
            test = open_test(path, columns, **kept.reading) if path else None
        except UserError as error:
            return {self.problem: gr.update(value=view.error(error, language(request)), visible=True)}
        kept = replace(kept, test=test)
        return {**self.changed({**form, self.source: kept}, request), self.source: kept}

    def untested(self, form: Updates, request: gr.Request) -> Updates:
        return self.tested(
            {**form, self.test_file: None, self.split: None}, request
        )  # the file's own parts count again
