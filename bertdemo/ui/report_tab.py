"""The Report tab: how good it is, whether it is worth it, when to trust it, where it fails, what to do next."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.api import corrected
from bertdemo.errors import UserError
from bertdemo.runs.run import Run, new_key
from bertdemo.ui import report_view, view
from bertdemo.ui.language import language, sentence, t
from bertdemo.ui.owner import Door


@dataclass(frozen=True)
class ReportTab:
    """The components that `shown` updates."""

    updates: list[Any]


def build(door: Door, keys: gr.BrowserState, watched: gr.State, tabs: gr.Tabs) -> ReportTab:
    """Lay the tab out. `watched` holds the id of the run on show."""
    empty = gr.Markdown(t("report_empty"), elem_classes="notice")
    with gr.Column(visible=False, elem_id="report") as panel:
        headline = gr.HTML(padding=False)
        gr.Markdown(t("what_next"))
        steps = gr.HTML(padding=False, elem_id="next-steps")
        gr.Markdown(t("worth_it"))
        worth = gr.HTML(padding=False)
        with gr.Row():
            with gr.Column():
                gr.Markdown(t("believed"))
                believed = gr.HTML(padding=False, elem_id="calibration")
            with gr.Column():
                gr.Markdown(t("when_to_trust"))
                trust = gr.HTML(padding=False, elem_id="trust")
        gr.Markdown(t("confused"))
        confusion = gr.HTML(padding=False)
        gr.Markdown(t("where_wrong"))
        label = gr.Dropdown([], label=t("given_label"), interactive=True, elem_id="wrong-label")
        wrong = gr.HTML(padding=False, elem_id="wrong")
        gr.Markdown(t("suspect_labels"))
        suspects = gr.HTML(padding=False, elem_id="suspects")
        download = gr.DownloadButton(t("download_suspects"), visible=False, size="sm", elem_id="suspects-download")
        with gr.Row(visible=False) as again:
            relabelled = gr.Button(t("train_relabelled"), size="sm", elem_id="train-relabelled")
            dropped = gr.Button(t("train_dropped"), size="sm", elem_id="train-dropped")
        problem = gr.HTML(visible=False, padding=False)
        gr.Markdown(t("each_class"))
        classes = gr.HTML(padding=False)

    def chosen(label: str, run_id: str, held: dict[str, str] | None, request: gr.Request) -> str:
        lang = language(request)
        try:
            run = Run.open(str(run_id or ""))
            door.must_own(run, held, request)
        except UserError as error:
            return view.error(error, lang)
        return report_view.wrong(run.report or {"wrong": []}, lang, texts_of(run), label)

    def start(how: str) -> Callable[..., list[Any]]:
        """Train again on corrected rows, and watch that run."""

        def again(run_id: str, held: dict[str, str] | None, request: gr.Request) -> list[Any]:
            try:
                run = Run.open(str(run_id or ""))
                door.must_own(run, held, request)
                key = new_key()
                made = corrected(run, how, key=key)
            except UserError as error:
                return [
                    gr.skip(),
                    gr.skip(),
                    gr.update(value=view.error(error, language(request)), visible=True),
                    gr.skip(),
                ]
            return [{**(held or {}), made.id: key}, made.id, gr.update(visible=False), gr.Tabs(selected="train")]

        return again

    label.input(chosen, [label, watched, keys], wrong, api_visibility="private")
    for button, how in ((relabelled, "relabel"), (dropped, "drop")):
        button.click(start(how), [watched, keys], [keys, watched, problem, tabs], api_visibility="private", queue=False)
    lists = [confusion, label, wrong, suspects, download, again, classes]
    return ReportTab([empty, panel, headline, steps, worth, believed, trust, *lists])


def shown(run: Run | None, report: dict[str, Any] | None, lang: str, owner: bool) -> list[Any]:
    """Updates for `ReportTab.updates`; rows of the data go to the owner only."""
    if run is None or report is None:
        return [gr.update(visible=True), gr.update(visible=False), *[gr.skip()] * 12]
    text_of = texts_of(run) if owner else None
    private = f'<p class="quiet">{escape(sentence("rows_are_private", lang))}</p>'
    labels = [(sentence("every_label", lang), ""), *((name, name) for name in report["labels"])]
    has_suspects = owner and bool(report["suspects"]["rows"])
    return [
        gr.update(visible=False),
        gr.update(visible=True),
        view.headline(report, lang) + report_view.before_after(report, lang),
        report_view.next_steps(report, lang),
        report_view.worth(report, lang) + view.worth(report, lang),
        report_view.calibration(report, lang),
        report_view.trust(report, lang),
        report_view.pairs(report, lang) + view.confusion(report, lang),
        gr.update(choices=labels, value="", visible=owner),
        report_view.wrong(report, lang, text_of) if text_of else private,
        report_view.suspects(report, lang, text_of),
        gr.update(value=suggestions_file(run, report) if has_suspects else None, visible=has_suspects),
        gr.update(visible=has_suspects and report["rows_are"] != "out_of_fold"),
        view.per_class(report, lang),
    ]


def texts_of(run: Run) -> Callable[[int], str]:
    """Looks texts of the run's data up by position."""
    texts = _texts(run.id)
    return lambda position: texts[position]


@lru_cache(maxsize=2)
def _texts(run_id: str) -> tuple[str, ...]:
    return Run.open(run_id).split().data.texts


def suggestions_file(run: Run, report: dict[str, Any]) -> str:
    """A CSV of the rows in doubt: row, text, given label, suggested label, probability of the given one."""
    path = Path(tempfile.mkdtemp(prefix="bertdemo-")) / "labels-to-check.csv"
    text_of = texts_of(run)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "text", "given_label", "suggested_label", "probability_of_given"])
        for entry in report["suspects"]["rows"]:
            cells = [entry["row"] + 1, text_of(entry["position"]), entry["given"], entry["suggested"]]
            writer.writerow([*cells, f"{entry['probability']:.3f}"])
    return str(path)
