"""The Report tab: the score in a sentence, whether it is worth it, and where it goes wrong."""

from __future__ import annotations

from typing import Any

import gradio as gr

from bertdemo.ui import view
from bertdemo.ui.language import t


def build() -> list[Any]:
    """Lay the tab out; returns the components that `shown` updates."""
    empty = gr.Markdown(t("report_empty"), elem_classes="notice")
    with gr.Column(visible=False, elem_id="report") as panel:
        headline = gr.HTML(padding=False)
        gr.Markdown(t("worth_it"))
        worth = gr.HTML(padding=False)
        gr.Markdown(t("confused"))
        confusion = gr.HTML(padding=False)
        gr.Markdown(t("each_class"))
        classes = gr.HTML(padding=False)
    return [empty, panel, headline, worth, confusion, classes]


def shown(report: dict[str, Any] | None, lang: str) -> list[Any]:
    """Updates for what `build` returned."""
    if report is None:
        return [gr.update(visible=True), gr.update(visible=False), *[gr.skip()] * 4]
    return [
        gr.update(visible=False),
        gr.update(visible=True),
        view.headline(report, lang),
        view.worth(report, lang),
        view.confusion(report, lang),
        view.per_class(report, lang),
    ]
