"""The part of the Classify tab that takes several texts at once, one per line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from bertdemo.core.classify import Prediction
from bertdemo.core.foreign import foreign
from bertdemo.data.readable import is_blank
from bertdemo.errors import UserError
from bertdemo.export.charts import clipped
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.language import language, t
from bertdemo.ui.serving import Models
from bertdemo.ui.wiring import PRIVATE

MOST_LINES = 500
"""More texts than this are a file's work."""
LINE_END = re.compile("\r?\n")
"""What the key for a new line types; other marks that part lines come with texts from elsewhere."""


def build(run: gr.Dropdown, models: Models) -> None:
    """Lay it out and wire it; `run` says whose model is used."""
    with gr.Accordion(t("several_texts"), open=False, elem_id="several"):
        words: dict[str, Any] = {"label": t("texts_by_line"), "info": t("texts_by_line_info")}
        lines = gr.Textbox(lines=6, max_lines=12, elem_id="several-texts", **words)
        go = gr.Button(t("classify_texts"), elem_id="several-go")
        answers = gr.HTML(padding=False, elem_id="several-answers")

    def say(run_id: str | None, typed: str | None, request: gr.Request) -> str:
        return answered(models, run_id, typed, language(request))

    go.click(say, [run, lines], answers, **PRIVATE)


def answered(models: Models, run_id: str | None, typed: str | None, lang: str) -> str:
    """What the classifier of a run says of what was typed, as a table, and what is to be known beside it."""
    try:
        chosen = Run.open(str(run_id or ""))
        texts = texts_of(models, chosen, typed)
        found = models.classify_all(chosen, texts)
        other = foreign(chosen, texts)
        beside = view.note(other.message(lang), "warning") if other else ""
        return beside + table(texts, found, chosen.threshold, lang, models.unlike(chosen, texts))
    except UserError as error:
        return view.error(error, lang)


def texts_of(models: Models, run: Run, typed: object) -> list[str]:
    """The texts of what was typed, one per line; the texts of a pair are parted by a tab or by ``||``.

    Raises:
        UserError: ``text_missing``, ``line_no_pair`` or ``too_many_lines``.
    """
    lines = {n: line for n, line in enumerate(LINE_END.split(str(typed or "")), start=1) if not is_blank(line)}
    if not lines:
        raise UserError("text_missing")
    if len(lines) > MOST_LINES:
        raise UserError("too_many_lines", n=len(lines), most=MOST_LINES)
    if run.roles.pair is None:
        return [models.text_of(run, line) for line in lines.values()]
    texts = []
    for n, line in lines.items():
        first, _, second = line.partition("\t" if "\t" in line else "||")
        if is_blank(first) or is_blank(second):
            raise UserError("line_no_pair", n=n)
        texts.append(models.text_of(run, first.strip(), second.strip()))
    return texts


def table(
    texts: Sequence[str],
    found: Sequence[Prediction],
    threshold: float | None,
    lang: str,
    unlike: Sequence[bool] | None = None,
) -> str:
    """Text, label, confidence and whether a person should look, a row for each text.

    Args:
        unlike: of each text whether it is far from all training rows, where that is known.
    """
    unlike = unlike or [False] * len(texts)
    heads = "".join(
        f'<th scope="col">{escape(sentence(f"several_{name}", lang))}</th>' for name in ("text", "label", "confidence")
    )
    rows = []
    for text, said, far in zip(texts, found, unlike, strict=True):
        label = escape(said.label or sentence("no_label_at_all", lang))
        doubt = threshold is not None and said.confidence < threshold
        marks = [name for name, applies in (("not_sure", doubt), ("not_like_the_data", far)) if applies]
        words = " · ".join(escape(sentence(name, lang)) for name in marks)
        mark = f' <strong class="doubt">{words}</strong>' if marks else ""
        shown = escape(clipped(text))
        rows.append(f'<tr><td>{shown}</td><td>{label}</td><td class="num">{said.confidence:.0%}{mark}</td></tr>')
    summary = " ".join(_summary(found, threshold, sum(unlike), lang))
    return (
        f'<p class="quiet" role="status">{escape(summary)}</p><div class="scroll tall"><table class="texts asked">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _summary(found: Sequence[Prediction], threshold: float | None, unlike: int, lang: str) -> list[str]:
    """How many texts there are, and how many of them a person should look at for which reason."""
    several = any(one.several for one in found)
    if threshold is None:
        said = [sentence("several_own_thresholds" if several else "several_no_threshold", lang, n=len(found))]
    else:
        unsure = sum(one.confidence < threshold for one in found)
        said = [sentence("several_summary", lang, n=len(found), unsure=unsure)]
    if unlike:
        said.append(sentence("several_unlike", lang, n=unlike))
    if cut := [one.read_tokens for one in found if one.read_tokens is not None]:
        said.append(sentence("file_unread", lang, n=len(cut), tokens=cut[0]))
    if several:
        said.append(sentence("confidence_of_several", lang))
    return said
