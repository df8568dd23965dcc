"""The part of the Classify tab that takes a model elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.export.folder import zip_model
from bertdemo.runs.run import Run
from bertdemo.text import say
from bertdemo.ui.downloads import for_download
from bertdemo.ui.language import language, t


def build(run: gr.Dropdown) -> None:
    """Lay it out and wire it; `run` says whose model is taken."""
    with gr.Accordion(t("elsewhere"), open=False, elem_id="elsewhere"):
        gr.Markdown(t("elsewhere_info"))
        make_zip = gr.Button(t("make_zip"))
        model_zip = gr.DownloadButton(t("download_model"), visible=False)

    def zip_it(run_id: str | None, request: gr.Request) -> Any:
        try:
            path = zip_model(Run.open(str(run_id or "")))
        except UserError as error:
            raise gr.Error(escape(say(f"error.{error.code}", language(request), **error.params))) from error
        return gr.update(value=for_download(path), visible=True)

    make_zip.click(zip_it, run, model_zip, api_visibility="private")
