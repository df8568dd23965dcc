"""The Report tab: how good it is, whether it is worth it, when to trust it, where it fails, what to do next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.export import report_parts as parts
from bertdemo.export import report_rows
from bertdemo.export.card import write_card
from bertdemo.export.report_page import write_report
from bertdemo.report.compare import compare
from bertdemo.report.corrections import DECISIONS, corrected_run, corrected_table, decide
from bertdemo.report.report import reselect
from bertdemo.runs.run import Run, new_key
from bertdemo.text import sentence
from bertdemo.ui import compare_view, report_shown, view
from bertdemo.ui.downloads import new_file
from bertdemo.ui.filled import FilledDropdown, FilledRadio
from bertdemo.ui.language import language, t
from bertdemo.ui.loaded import Handed
from bertdemo.ui.owner import Door
from bertdemo.ui.report_shown import SHOWN, at_threshold, rows_looked_up, said_of, shown
from bertdemo.ui.wiring import CALM, PRIVATE, PRIVATE_AT_ONCE

ON_CELL = """
element.addEventListener('click', event => {
  const cell = event.target.closest('[data-cell]');
  if (cell) {
    trigger('select', {cell: cell.dataset.cell});
    document.getElementById('wrong')?.scrollIntoView({behavior: 'smooth', block: 'center'});
  }
});
"""
ON_DECISION = """
element.addEventListener('change', event => {
  const choice = event.target.closest('select[data-row]');
  if (choice) trigger('select', {row: Number(choice.dataset.row), decision: choice.value});
});
"""

Keys = dict[str, str] | None
Owned = Callable[[str, Keys, gr.Request], Run]
"""The run of an id, for its owner.

Raises:
    UserError: there is none, or the request may not see its rows.
"""


@contextlib.contextmanager
def _toasted(request: gr.Request) -> Iterator[None]:
    """What the person caused is said in passing, where there is no box for it."""
    try:
        yield
    except UserError as error:
        raise gr.Error(escape(view.worded(error, language(request)))) from error


class ReportTab:
    """The tab. `updates` are the components that `shown` updates; `others` offers runs to compare with.

    `reselected` is the event after which another model is used.
    """

    def __init__(self, door: Door, keys: gr.BrowserState, watched: gr.State, tabs: gr.Tabs) -> None:
        """Lay the tab out and wire it. `watched` holds the id of the run on show."""

        def owned(run_id: str, held: Keys, request: gr.Request) -> Run:
            run = Run.open(str(run_id or ""))
            door.must_own(run, held, request)
            return run

        self.empty = gr.Markdown(t("report_empty"), elem_classes="notice")
        with gr.Column(visible=False, elem_id="report") as self.panel:
            self.headline = gr.HTML(padding=False)
            with gr.Column() as self.steps_part:
                gr.Markdown(t("what_next"))
                self.steps = gr.HTML(padding=False, elem_id="next-steps")
            gr.Markdown(t("worth_it"))
            self.worth = gr.HTML(padding=False)
            self._build_choice(owned, watched, keys)
            with gr.Row():
                with gr.Column():
                    gr.Markdown(t("believed"))
                    self.believed = gr.HTML(padding=False, elem_id="calibration")
                with gr.Column() as self.trust_part:
                    gr.Markdown(t("when_to_trust"))
                    self._build_trust(owned, watched, keys)
            with gr.Row():
                with gr.Column():
                    gr.Markdown(t("by_groups"))
                    self.groups = gr.HTML(padding=False, elem_id="groups")
                with gr.Column() as self.growth_part:
                    gr.Markdown(t("more_rows"))
                    self.growth = gr.HTML(padding=False, elem_id="growth")
            self._build_mistakes(owned, watched, keys)
            with gr.Column() as self.suspects_part:
                gr.Markdown(t("suspect_labels"))
                self._build_suspects(owned, watched, keys, tabs)
            gr.Markdown(t("each_class"))
            self.classes = gr.HTML(padding=False)
            self._build_comparison(owned, watched, keys)
            self._build_sharing(owned, watched, keys)
        self.updates = [getattr(self, name) for name in SHOWN]

    def shown(self, run: Run | None, report: dict[str, Any] | None, lang: str, owner: bool) -> list[Any]:
        """Updates for `updates`; rows of the data go to the owner only."""
        found = shown(run, report, lang, owner)
        return [found.get(name, gr.skip()) for name in SHOWN]

    def _build_choice(self, owned: Owned, watched: gr.State, keys: gr.BrowserState) -> None:
        self.model = FilledRadio(
            [], label=t("use_model"), info=t("use_model_info"), visible=False, interactive=True, elem_id="use-model"
        )
        problem = gr.HTML(padding=False)

        def use(model: str, run_id: str, held: Keys, request: gr.Request) -> str:
            try:
                run = owned(run_id, held, request)
                reselect(run, model)
                write_card(run)  # it says which one is in use
            except UserError as error:
                return view.error(error, language(request))
            report_shown.forget()
            return ""

        self.reselected = self.model.input(use, [self.model, watched, keys], problem, **PRIVATE)

    def _build_trust(self, owned: Owned, watched: gr.State, keys: gr.BrowserState) -> None:
        self.threshold = gr.Slider(
            0, 100, step=0.1, label=t("threshold"), info=t("threshold_info"), interactive=True, elem_id="threshold"
        )
        self.at = gr.HTML(padding=False, elem_id="at-threshold")
        self.keep = gr.Button(t("threshold_keep"), size="sm", visible=False, elem_id="keep-threshold")
        self.trust = gr.HTML(padding=False, elem_id="trust")

        def moved(percent: float, run_id: str, request: gr.Request) -> list[Any]:
            """Anybody who may see the scores may ask what another threshold would give."""
            try:
                run = Run.open(str(run_id or ""))
                at, lang = at_threshold(run, percent / 100), language(request)
            except UserError as error:
                return [view.error(error, language(request)), gr.skip()]
            return [parts.at_threshold(at, lang), parts.trust(run.report or {}, lang, at)]

        def kept(percent: float, run_id: str, held: Keys, request: gr.Request) -> str:
            lang = language(request)
            try:
                owned(run_id, held, request).keep_threshold(percent / 100)
            except UserError as error:
                return view.error(error, lang)
            return view.note(sentence("threshold_kept", lang, threshold=percent))

        self.threshold.input(
            moved, [self.threshold, watched], [self.at, self.trust], **CALM, trigger_mode="always_last"
        )
        self.keep.click(kept, [self.threshold, watched, keys], self.at, **PRIVATE)

    def _build_mistakes(self, owned: Owned, watched: gr.State, keys: gr.BrowserState) -> None:
        with gr.Column() as self.confused_part:
            gr.Markdown(t("confused"))
            self.confusion = gr.HTML(padding=False, elem_id="confusion", js_on_load=ON_CELL)
        gr.Markdown(t("where_wrong"))
        with gr.Row():
            self.given = FilledDropdown([], label=t("given_label"), interactive=True, elem_id="wrong-label")
            self.predicted = FilledDropdown([], label=t("predicted_label"), interactive=True, elem_id="wrong-predicted")
        self.wrong = gr.HTML(padding=False, elem_id="wrong")

        def chosen(given: str, predicted: str, run_id: str, held: Keys, request: gr.Request) -> str:
            lang = language(request)
            try:
                run = owned(run_id, held, request)
                report = run.require_report()
                for name in (given, predicted):
                    if name and name not in report["labels"]:
                        raise UserError("label_unknown", label=name)
            except UserError as error:
                return view.error(error, lang)
            return report_rows.wrong(report, lang, rows_looked_up(run), given, predicted)

        def cell(run_id: str, held: Keys, request: gr.Request, event: gr.EventData) -> list[Any]:
            given, predicted = (int(place) for place in str(event.cell).split(","))
            with _toasted(request):
                names = owned(run_id, held, request).require_report()["labels"]
            return [names[given], names[predicted], chosen(names[given], names[predicted], run_id, held, request)]

        choice = [self.given, self.predicted]
        gr.on([c.input for c in choice], chosen, [*choice, watched, keys], self.wrong, **CALM)
        self.confusion.select(cell, [watched, keys], [*choice, self.wrong], **CALM)

    def _build_suspects(self, owned: Owned, watched: gr.State, keys: gr.BrowserState, tabs: gr.Tabs) -> None:
        self.doubt = gr.HTML(padding=False)
        self.decided = gr.State({})
        with gr.Column(visible=False, elem_id="cure") as self.cure:
            self.otherwise = FilledRadio(
                [], label=t("decide"), info=t("decide_info"), interactive=True, elem_id="decide"
            )
            self.suspects = gr.HTML(padding=False, elem_id="suspects", js_on_load=ON_DECISION)
            self.corrections = gr.HTML(padding=False, elem_id="corrections")
            self.by_file = gr.Markdown(t("correct_by_file"), visible=False)
            with gr.Row():
                self.again = gr.Button(t("train_corrected"), variant="primary", elem_id="train-corrected")
                make = gr.Button(t("make_corrected"), elem_id="make-corrected")
                self.corrected = gr.DownloadButton(t("download_corrected"), visible=False, elem_id="corrected")
                self.onward = gr.Button(t("open_corrected"), visible=False, elem_id="open-corrected")
        self.handed = gr.State(None)
        self.told = gr.HTML(visible=False, padding=False)

        def other(otherwise: str, run_id: str, held: Keys, request: gr.Request) -> list[Any]:
            """All rows are decided anew."""
            lang = language(request)
            with _toasted(request):
                run = owned(run_id, held, request)
                decided = decide(run, otherwise)
            table = report_rows.suspects(run.report or {}, lang, rows_looked_up(run), decided, DECISIONS)
            return [{}, table, *said_of(decided, lang)]

        def one(
            otherwise: str, decisions: dict[int, str], run_id: str, held: Keys, request: gr.Request,
            event: gr.EventData,
        ) -> list[Any]:  # fmt: skip
            """One row is decided by itself; the table stays as it is, so that its place is not lost."""
            now = {**decisions, int(event.row): str(event.decision)}
            with _toasted(request):
                decided = decide(owned(run_id, held, request), otherwise, now)
            return [now, *said_of(decided, language(request))]

        def start(otherwise: str, decisions: dict[int, str], run_id: str, held: Keys, request: gr.Request) -> list[Any]:
            """Train again on corrected rows, and watch that run."""
            try:
                run, key = owned(run_id, held, request), new_key()
                made = corrected_run(run, decide(run, otherwise, decisions), key=key)
            except UserError as error:
                problem = gr.update(value=view.error(error, language(request)), visible=True)
                return [gr.skip(), gr.skip(), problem, gr.skip()]
            return [{**(held or {}), made.id: key}, made.id, gr.update(visible=False), gr.Tabs(selected="train")]

        def make_file(
            otherwise: str, decisions: dict[int, str], run_id: str, held: Keys, request: gr.Request
        ) -> list[Any]:
            try:
                run = owned(run_id, held, request)
                table = corrected_table(run, decide(run, otherwise, decisions))
            except UserError as error:
                problem = gr.update(value=view.error(error, language(request)), visible=True)
                return [gr.skip(), problem, gr.skip(), gr.skip()]
            path = new_file(f"{Path(run.meta['name']).stem}-corrected.csv")
            table.write_csv(path)
            made, there = Handed(str(path), run.id), gr.update(visible=True)
            return [gr.update(value=made.path, visible=True), gr.update(visible=False), made, there]

        said = [self.corrections, self.again]
        self.otherwise.input(other, [self.otherwise, watched, keys], [self.decided, self.suspects, *said], **CALM)
        choice = [self.otherwise, self.decided, watched, keys]
        self.suspects.select(one, choice, [self.decided, *said], **CALM)
        self.again.click(start, choice, [keys, watched, self.told, tabs], **PRIVATE_AT_ONCE)
        make.click(make_file, choice, [self.corrected, self.told, self.handed, self.onward], **PRIVATE)

    def _build_comparison(self, owned: Owned, watched: gr.State, keys: gr.BrowserState) -> None:
        with gr.Column(visible=False) as self.owner_part:
            gr.Markdown(t("compare"))
            self.others = FilledDropdown([], label=t("compare_with"), interactive=True, elem_id="compare-with")
            self.difference = gr.HTML(padding=False, elem_id="compared")
            gr.Markdown(t("share_report"))
            with gr.Row():
                self.examples = gr.Checkbox(False, label=t("with_examples"), interactive=True, elem_id="with-examples")
                self.make_report = gr.Button(t("make_report"), elem_id="make-report")
            with gr.Row():
                self.report_file = gr.DownloadButton(t("download_report"), visible=False, elem_id="report-file")
                self.card_file = gr.DownloadButton(t("download_card"), visible=False, elem_id="card-file")

        def beside(other_id: str | None, run_id: str, held: Keys, request: gr.Request) -> str:
            if not other_id:
                return ""
            lang = language(request)
            try:
                run = owned(run_id, held, request)
                return compare_view.compared(compare(run, owned(other_id, held, request)), lang, rows_looked_up(run))
            except UserError as error:
                return view.error(error, lang)

        self.others.input(beside, [self.others, watched, keys], self.difference, **PRIVATE)

    def _build_sharing(self, owned: Owned, watched: gr.State, keys: gr.BrowserState) -> None:
        def make(examples: bool, run_id: str, held: Keys, request: gr.Request) -> list[Any]:
            with _toasted(request):
                run = owned(run_id, held, request)
            stem = Path(run.meta["name"]).stem
            endings = ("report.html", "model-card.md") if "bert" in run.require_report()["models"] else ("report.html",)
            made = [new_file(f"{stem}-{ending}") for ending in endings]
            for path in made:
                write_report(run, path, language(request), examples=examples)
            files = [gr.update(value=str(path), visible=True) for path in made]
            return [*files, *[gr.update(visible=False)] * (2 - len(made))]

        self.make_report.click(make, [self.examples, watched, keys], [self.report_file, self.card_file], **PRIVATE)
