"""The part of the Classify tab that takes several texts at once, one per line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import gradio as gr

from bertdemo.core.classify import Prediction
from bertdemo.data.pair import TextPair
from bertdemo.data.readable import is_blank
from bertdemo.errors import UserError
from bertdemo.export.charts import clipped
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.language import language, t
from bertdemo.ui.serving import Models

MOST_LINES = 500
"""More texts than this are a file's work."""


def build(run: gr.Dropdown, models: Models) -> None:
    """Lay it out and wire it; `run` says whose model is used."""
    with gr.Accordion(t("several_texts"), open=False, elem_id="several"):
        lines = gr.Textbox(label=t("texts_by_line"), info=t("texts_by_line_info"), lines=6, elem_id="several-texts")
        go = gr.Button(t("classify_texts"), elem_id="several-go")
        answers = gr.HTML(padding=False, elem_id="several-answers")

    def say(run_id: str | None, typed: str | None, request: gr.Request) -> str:
        lang = language(request)
        try:
            chosen = Run.open(str(run_id or ""))
            texts = texts_of(models, chosen, typed)
            return table(texts, models.classify_all(chosen, texts), chosen.threshold, lang)
        except UserError as error:
            return view.error(error, lang)

    go.click(say, [run, lines], answers, api_visibility="private")


def texts_of(models: Models, run: Run, typed: object) -> list[str]:
    """The texts of what was typed, one per line; the texts of a pair are parted by a tab or by ``||``.

    Raises:
        UserError: ``text_missing``, ``second_text_missing`` or ``too_many_lines``.
    """
    lines = [line for line in str(typed or "").splitlines() if not is_blank(line)]
    if not lines:
        raise UserError("text_missing")
    if len(lines) > MOST_LINES:
        raise UserError("too_many_lines", n=len(lines), most=MOST_LINES)
    if run.roles.pair is None:
        return [models.text_of(run, line) for line in lines]
    halves = [line.partition("\t" if "\t" in line else "||") for line in lines]
    return [models.text_of(run, first.strip(), second.strip()) for first, _, second in halves]


def table(texts: Sequence[str], found: Sequence[Prediction], threshold: float | None, lang: str) -> str:
    """Text, label, confidence and whether a person should look, a row for each text."""
    heads = "".join(
        f'<th scope="col">{escape(sentence(f"several_{name}", lang))}</th>' for name in ("text", "label", "confidence")
    )
    rows = []
    for text, said in zip(texts, found, strict=True):
        label = escape(said.label or sentence("no_label_at_all", lang))
        doubt = threshold is not None and said.confidence < threshold
        mark = f' <strong class="doubt">{escape(sentence("not_sure", lang))}</strong>' if doubt else ""
        shown = clipped(" / ".join((text.first, text.second)) if isinstance(text, TextPair) else text)
        rows.append(
            f'<tr><td>{escape(shown)}</td><td>{label}</td><td class="num">{said.confidence:.0%}{mark}</td></tr>'
        )
    unsure = sum(threshold is not None and said.confidence < threshold for said in found)
    summary = sentence("several_summary", lang, n=len(found), unsure=unsure)
    if any(said.several for said in found):
        summary += " " + sentence("confidence_of_several", lang)
    return (
        f'<p class="quiet" role="status">{escape(summary)}</p><div class="scroll tall"><table class="texts asked">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
