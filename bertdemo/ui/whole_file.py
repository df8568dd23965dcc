"""The part of the Classify tab that classifies a whole file."""

from __future__ import annotations

import contextlib
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from bertdemo.core.foreign import Foreign
from bertdemo.data.findings import Finding
from bertdemo.errors import UserError
from bertdemo.export.charts import PALETTE, numbers
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJobState
from bertdemo.text import sentence, shown_percent
from bertdemo.ui import view
from bertdemo.ui.downloads import for_download
from bertdemo.ui.language import language, t
from bertdemo.ui.wiring import PRIVATE, PRIVATE_AT_ONCE, STORAGE

FORMATS = (("CSV", "csv"), ("TSV", "tsv"), ("JSON Lines", "jsonl"), ("Parquet", "parquet"), ("Excel", "excel"))
LIVE = ("waiting", "running")
QUIET: dict[str, Any] = {**PRIVATE_AT_ONCE, "show_progress": "hidden"}


def build(desk: Desk, run: gr.Dropdown, file_timer: gr.Timer) -> None:
    """Lay it out and wire it; `run` says whose model is used."""
    _WholeFile(desk, file_timer).wire(run)


class _WholeFile:
    """What is sent, and what is shown of the job that works on it."""

    def __init__(self, desk: Desk, file_timer: gr.Timer) -> None:
        """Lay it out. `file_timer` runs while there is something to follow."""
        self.desk, self.timer = desk, file_timer
        self.job = gr.BrowserState("", storage_key="bertdemo_file", secret=STORAGE)
        self.shown = gr.State("")
        with gr.Accordion(t("whole_file"), open=False, elem_id="whole-file"):
            gr.Markdown(t("whole_file_info"))
            with gr.Row():
                self.kind = gr.Dropdown(
                    [(t("like_the_file"), ""), *FORMATS],
                    value="",
                    label=t("write_as"),
                    interactive=True,
                    elem_id="file-kind",
                )
                self.column = gr.Textbox(
                    label=t("column_of_texts"), info=t("column_of_texts_info"), max_lines=1, elem_id="file-column"
                )
                self.keep = gr.Checkbox(
                    False, label=t("keep_formulas"), info=t("keep_formulas_info"), elem_id="file-formulas"
                )
                self.bare = gr.Checkbox(False, label=t("no_header"), info=t("no_header_info"), elem_id="file-no-header")
            self.file = gr.File(label=t("file_of_texts"), elem_id="classify-file", height=120)
            self.told = gr.HTML(elem_id="file-progress", padding=False)
            with gr.Row():
                self.stop = gr.Button(t("stop_file"), visible=False, elem_id="file-stop")
                self.go_on = gr.Button(t("continue_file"), visible=False, variant="primary", elem_id="file-continue")
                self.download = gr.DownloadButton(
                    t("download"), visible=False, variant="primary", elem_id="file-download"
                )
                self.review = gr.DownloadButton(t("download_review"), visible=False, elem_id="file-review")
        self.updates = [self.told, self.stop, self.go_on, self.download, self.review, self.shown, file_timer]

    def wire(self, run: gr.Dropdown) -> None:
        """Say what follows what; `run` says whose model is used."""
        job, updates = self.job, self.updates
        send = self.send  # one object, as Gradio counts what runs at once by it
        wish = [run, self.file, self.kind, self.column, self.keep, self.bare, job]
        # what is asked for otherwise than before is done anew with the file in hand
        for event in (self.file.upload, self.kind.input, self.keep.input, self.bare.input, self.column.submit):
            event(send, wish, [job, *updates], **PRIVATE)
        self.file.clear(self.forget, job, [job, *updates], **QUIET)
        self.stop.click(self.end, job, updates, **QUIET)
        self.go_on.click(self.continue_, job, updates, **QUIET)
        self.timer.tick(self.follow, [job, self.shown], updates, **QUIET)

    def look(self, job_id: str, lang: str, mark: str = "") -> list[Any]:
        """What is shown of a job; `mark` is what was shown last."""
        try:
            state = self.desk.job(job_id)
        except UserError:  # another installation's, or long gone
            return ["", *(gr.update(visible=False) for _ in range(4)), "", gr.Timer(active=False)]
        live, now = state.status in LIVE, f"{job_id} {state.status} {state.rows} {state.done:.3f} {lang}"
        if now == mark:
            return [*(gr.skip() for _ in self.updates[:-1]), gr.Timer(active=live)]
        files: list[Any] = [gr.update(visible=False, value=None)] * 2
        if state.output and state.review:
            files = [gr.update(visible=True, value=for_download(path)) for path in (state.output, state.review)]
        may_continue = state.status in ("stopped", "failed")
        return [
            shown_of(state, lang),
            gr.update(visible=live),
            gr.update(visible=may_continue),
            *files,
            now,
            gr.Timer(active=live),
        ]

    def send(
        self,
        run_id: str | None,
        path: str | None,
        kind: str,
        column: str,
        keep: bool,
        bare: bool,
        before: str,
        request: gr.Request,
    ) -> list[Any]:
        lang, nothing = language(request), [gr.skip()] * (len(self.updates) - 1)
        if not path:
            return [gr.skip(), *nothing, gr.skip()]
        try:
            text = (column.strip(),) if column and column.strip() else ()
            wish: dict[str, Any] = {"text": text, "kind": kind or None, "keep_formulas": bool(keep)}
            wish["has_header"] = False if bare else None
            new = self.desk.classify_file(str(run_id or ""), Path(path), name=Path(path).name, **wish)
        except UserError as error:
            return [gr.skip(), view.error(error, lang), *nothing[1:], gr.skip()]
        with contextlib.suppress(UserError):  # the file in hand is the one that is shown
            if before and self.desk.job(before).status in LIVE:
                self.desk.stop_file(before)
        return [new, *self.look(new, lang)]

    def forget(self, job_id: str) -> list[Any]:
        """The file was taken away: so is what was made of it."""
        with contextlib.suppress(UserError):
            if self.desk.job(str(job_id or "")).status in LIVE:
                self.desk.stop_file(str(job_id))
        return ["", *self.look("", "en")]

    def follow(self, job_id: str, mark: str, request: gr.Request) -> list[Any]:
        return self.look(str(job_id or ""), language(request), mark)

    def end(self, job_id: str, request: gr.Request) -> list[Any]:
        with contextlib.suppress(UserError):
            self.desk.stop_file(str(job_id or ""))
        return [*self.look(str(job_id or ""), language(request))[:-1], gr.Timer(active=True)]

    def continue_(self, job_id: str, request: gr.Request) -> list[Any]:
        with contextlib.suppress(UserError):
            self.desk.continue_file(str(job_id or ""))
        return self.look(str(job_id or ""), language(request))


def shown_of(state: FileJobState, lang: str) -> str:
    """The progress of a file, and in the end its summary."""
    if state.failed:
        code, params = state.failed
        return view.error(UserError(code, **params), lang)
    if state.status == "finished":
        return summary(state.summary, lang)
    if state.status == "stopped":
        return view.note(sentence("file_stopped", lang, rows=state.rows))
    facts = [sentence(f"file_{state.phase or 'waiting'}", lang, rows=state.rows, total=state.total)]
    if state.status == "running" and not state.phase:
        facts = [sentence("starting", lang)]
    if state.left is not None:
        facts.append(sentence("about_left", lang, time=view.duration(state.left, lang)))
    percent = round(100 * state.done)
    name = escape(sentence("progress_name", lang))
    words = " · ".join(f"<span>{escape(fact)}</span>" for fact in facts)
    return (
        f'<div class="progress"><progress aria-label="{name}" value="{percent}" max="100">{percent}%</progress>'
        f"<strong>{percent}%</strong></div><p class='facts'>{words}</p>"
    )


def summary(found: dict[str, Any], lang: str) -> str:
    """What became of a file: how many rows, how many to review, the labels, how sure the model is, what was changed."""
    facts = [sentence("file_rows", lang, n=found["rows"])]
    pair = found.get("pair")  # files of last week have none
    if found["blank"]:
        facts.append(sentence("file_blank_pair" if pair else "file_blank", lang, n=found["blank"]))
    facts.append(sentence("file_read", lang, columns=", ".join([*found["text"], *([pair] if pair else [])])))
    parts = [f"<p class='facts'>{' · '.join(f'<span>{escape(fact)}</span>' for fact in facts)}</p>"]
    if found["unsure"] is None:
        none = "file_own_thresholds" if found.get("several") else "file_no_threshold"
        parts.append(f'<p class="quiet">{escape(sentence(none, lang))}</p>')
    else:
        share = 100 * found["unsure"] / max(1, found["rows"] - found["blank"])
        values = {"n": found["unsure"], "threshold": shown_percent(found["threshold"]), "share": share}
        parts.append(view.note(sentence("file_review", lang, **values), "warning" if found["unsure"] else ""))
    parts += [
        view.note(notice.message(lang), "warning" if notice.severity == "warning" else "")
        for notice in map(Finding.from_json, found.get("notices", ()))  # files of last week have none
    ]
    if other := found.get("foreign"):  # files of last week have none
        parts.append(view.note(Foreign(**other).message(lang), "warning"))
    parts += [view.note(words) for words in _changes(found, lang)]
    parts.append(
        _titled("file_labels", lang, view.bars([(name, float(n)) for name, n in found["labels"].items()], lang))
    )
    meant = sentence("confidence_of_several", lang) if found.get("several") else ""
    picture = histogram(found["histogram"], found["threshold"], lang)
    parts.append(_titled("file_confidence", lang, (f'<p class="quiet">{escape(meant)}</p>' if meant else "") + picture))
    return "".join(parts)


def _changes(found: dict[str, Any], lang: str) -> list[str]:
    counted = ("formulas", "cells_cut", "left_out")
    said = [sentence(f"file_{name}", lang, n=found[name]) for name in counted if found.get(name)]
    if found.get("unread"):  # what an earlier version kept does not say it
        said.append(sentence("file_unread", lang, n=found["unread"], tokens=found["reads"]))
    return said + [sentence("file_renamed", lang, wished=a, ours=b) for a, b in found["renamed"].items()]


def _titled(name: str, lang: str, inside: str) -> str:
    return f"<h4>{escape(sentence(name, lang))}</h4>{inside}"


HEIGHT, WIDTH, BELOW = 150, 440, 22


def histogram(counts: list[int], threshold: float | None, lang: str) -> str:
    """Rows by confidence, from the first bar that has any; bars below the threshold in another colour."""
    first = next((i for i, n in enumerate(counts) if n), 0)
    first = min(first - first % 2, len(counts) - 2)
    low, top = first / len(counts), max(counts) or 1
    wide = WIDTH / (len(counts) - first)

    def across(share: float) -> float:
        return (share - low) / (1 - low) * WIDTH

    bars = ""
    for i, n in enumerate(counts[first:], start=first):
        tall = HEIGHT * n / top
        color = PALETTE[1] if threshold is not None and (i + 0.5) / len(counts) < threshold else PALETTE[0]
        place = (
            f'x="{across(i / len(counts)) + 1:.1f}" y="{HEIGHT - tall:.1f}" width="{wide - 2:.1f}" height="{tall:.1f}"'
        )
        bars += f'<rect {place} fill="{color}"><title>{_span(i, counts)}: {n:,}</title></rect>'
    guide = ""
    if threshold is not None and threshold > low:
        guide = f'<line class="guide" x1="{across(threshold):.1f}" x2="{across(threshold):.1f}" y1="0" y2="{HEIGHT}"/>'
    ends = ((low, "start"), ((1 + low) / 2, "middle"), (1.0, "end"))
    ticks = "".join(
        f'<text x="{across(share):.0f}" y="{HEIGHT + 16}" text-anchor="{anchor}">{share:.0%}</text>'
        for share, anchor in ends
    )
    words = escape(sentence("file_confidence_chart", lang, low=100 * low))
    picture = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT + BELOW}" role="img" aria-label="{words}">'
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>{bars}{guide}{ticks}</svg>'
    )
    rows = [(_span(i, counts), f"{n:,}") for i, n in enumerate(counts[first:], start=first)]
    return picture + numbers(("col_confidence", "col_rows"), rows, lang)


def _span(i: int, counts: list[int]) -> str:
    return f"{100 * i / len(counts):.0f}–{100 * (i + 1) / len(counts):.0f}%"
