"""The part of the Classify tab that classifies a whole file."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJobState
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.downloads import for_download
from bertdemo.ui.language import language, t


def build(desk: Desk, run: gr.Dropdown, file_timer: gr.Timer) -> None:
    """Lay it out and wire it; `run` says whose model is used."""
    with gr.Accordion(t("whole_file"), open=False, elem_id="whole-file"):
        gr.Markdown(t("whole_file_info"))
        file = gr.File(label=t("file_of_texts"), elem_id="classify-file", height=120)
        job = gr.State("")
        file_progress = gr.HTML(elem_id="file-progress", padding=False)
        download = gr.DownloadButton(t("download"), visible=False, variant="primary", elem_id="file-download")

    def send_file(run_id: str | None, path: str | None, request: gr.Request) -> list[Any]:
        hidden = gr.update(visible=False, value=None)
        if not path:
            return ["", "", hidden, gr.Timer(active=False)]
        try:
            job_id = desk.classify_file(str(run_id or ""), Path(path), name=Path(path).name)
        except UserError as error:
            return ["", view.error(error, language(request)), hidden, gr.Timer(active=False)]
        return [job_id, file_bar(FileJobState("waiting"), language(request)), hidden, gr.Timer(active=True)]

    def follow_file(job_id: str, request: gr.Request) -> list[Any]:
        if not job_id:
            return [gr.skip(), gr.skip(), gr.Timer(active=False)]
        lang = language(request)
        state = desk.job(job_id)
        if state.status == "finished" and state.output:
            ready = gr.update(value=for_download(state.output), visible=True)
            return [file_bar(state, lang), ready, gr.Timer(active=False)]
        return [file_bar(state, lang), gr.skip(), gr.Timer(active=state.status != "failed")]

    private: dict[str, Any] = {"api_visibility": "private"}
    file.upload(send_file, [run, file], [job, file_progress, download, file_timer], **private)
    file_timer.tick(
        follow_file,
        job,
        [file_progress, download, file_timer],
        queue=False,
        show_progress="hidden",
        **private,
    )


def file_bar(state: FileJobState, lang: str) -> str:
    """The progress of a file, and in the end how many rows got each label."""
    if state.failed:
        code, params = state.failed
        return view.error(UserError(code, **params), lang)
    if state.status == "finished" and state.counts is not None:
        return view.bars([(name, float(n)) for name, n in state.counts.items()], lang)
    percent = round(100 * state.done)
    left = (
        sentence("about_left", lang, time=view.duration(state.left, lang)) if state.left else sentence("starting", lang)
    )
    name = escape(sentence("progress_name", lang))
    return (
        f'<div class="progress"><progress aria-label="{name}" value="{percent}" max="100">{percent}%</progress>'
        f"<strong>{percent}%</strong></div><p class='facts'>{escape(left)}</p>"
    )
