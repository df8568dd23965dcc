"""The HTTP endpoints, for `gradio_client`, curl and assistants (MCP); docs/http.md says how they are called."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr

from bertdemo import api
from bertdemo.core.models import require_length
from bertdemo.data.table import read_table
from bertdemo.data.treated import treated
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.runs.run import Run, new_key
from bertdemo.ui.downloads import for_download
from bertdemo.ui.owner import Door
from bertdemo.ui.serving import Models, answered
from bertdemo.ui.train_tab import settings
from bertdemo.ui.watching import Watcher

POLL_SECONDS = 0.25
TOOLS = ("inspect", "classify", "classify_batch")
"""Endpoints that assistants are offered: they change nothing. Their docstrings are what an assistant reads."""
LIST_OF_TEXTS = {
    "type": "array",
    "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}
"""Texts or pairs of them. Gradio's JSON has no schema that an assistant's call could be checked against."""


def worded(handler: Callable[..., Any]) -> Callable[..., Any]:
    """What a caller caused is answered with its sentence, as plain text: no page shows it."""

    @wraps(handler)
    def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return handler(*arguments, **named)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return answer


def a_path(file: Any) -> Path:
    """The uploaded file. Raises ``upload_missing``."""
    if not isinstance(file, str) or not Path(file).is_file():
        raise UserError("upload_missing")
    return Path(file)


def has_header(no: bool, yes: bool) -> bool | None:
    """What is said of a file's first row by two answers; None: nothing. Raises ``header_unclear``: both are given."""
    if no and yes:
        raise UserError("header_unclear")
    return False if no else True if yes else None


def _named(column: str) -> tuple[str, ...]:
    return (column,) if column else ()


class _Handlers:
    """What each endpoint does; its name and, for an assistant, its description are those of the method."""

    def __init__(self, desk: Desk, door: Door, models: Models, watcher: Watcher) -> None:
        self.desk, self.door, self.models, self.watcher = desk, door, models, watcher

    @staticmethod
    def inspect(file: str | None = None, csv: str = "") -> dict[str, Any]:
        """Say what a file of labelled texts holds and how it would be used for training. Nothing is kept.

        A file on a computer can't be given by its path: give what is in it as csv, or as a data: URL in base64.

        Args:
            file: a CSV, TSV, JSON Lines, Parquet or Excel file, by a public address or as a data: URL in base64.
            csv: in the place of a file, the lines of a CSV file as text, the names of the columns first.

        Returns:
            Encoding, columns, which of them hold texts and labels, how many rows each label has, and findings.
        """
        if not isinstance(csv, str):
            raise UserError("text_no_text", found=type(csv).__name__)
        if not csv:
            return api.inspect(a_path(file))
        with TemporaryDirectory() as folder:
            written = Path(folder) / "text.csv"
            written.write_bytes(csv.encode("utf-8", "replace"))
            return api.inspect(written)

    def train(self, file: str, text: str, label: str, budget: str, base: str, epochs: Any, lr: Any, batch: Any,
              max_length: Any, seed: Any, text_pair: str, label_sep: str, group: str,
              request: gr.Request) -> dict[str, str]:  # fmt: skip
        config = settings(budget, base, epochs, lr, batch, max_length, seed)
        self.door.must_be_open(config.base, request)
        require_length(config.base, config.max_length)
        key = new_key()
        table = read_table(a_path(file))
        columns = _named(text), _named(label), text_pair or None, label_sep or None
        roles = api.roles_of(table, *columns, group=group or None)
        given = treated(table, roles)
        run = Run.create(given.table, roles, config, test=given.test, key=key)
        return {"run": run.id, "key": key}

    def status(self, run: str) -> dict[str, Any]:
        found = Run.open(str(run))
        state = self.watcher.state(found)
        told: dict[str, Any] = {
            "status": state.status,
            "place": self.desk.place(found.id),
            "phase": state.phase,
            "done": round(state.done, 4),
            "left": state.left,
            "elapsed": round(state.elapsed, 1),
            "rows_per_second": round(state.rows_per_second, 1),
            "ready": list(found.models),
        }
        if state.failed:
            told["error"] = str(UserError(state.failed.code, **state.failed.params))
        if state.finished and (report := found.report):
            told |= {name: report[name] for name in ("selected", "accuracy", "interval", "macro_f1", "labels")}
            told |= {"micro_f1": report["micro_f1"]} if "micro_f1" in report else {}
        return told

    def stop(self, run: str, key: str) -> dict[str, str]:
        found = Run.open(str(run))
        if not found.belongs_to(key if isinstance(key, str) else None):
            raise UserError("not_owner", run=found.id)
        self.desk.stop(found)
        return {"run": found.id}

    def classify(self, run: str, text: str, text_pair: str) -> dict[str, Any]:
        """Classify one text with a trained run.

        Args:
            run: the id of the run, 32 hexadecimal characters; it stands in the link to the run.
            text: the text to classify.
            text_pair: the second text, for a run that judges two texts together; else empty.

        Returns:
            The label, its confidence (0 to 1) and the calibrated probability of every label; or labels and
            probabilities, where a text may have several labels.
        """
        chosen = Run.open(str(run))
        return answered(self.models.classify(chosen, self.models.sent(chosen, text, text_pair)), [text, text_pair])

    def classify_batch(self, run: str, texts: Any) -> list[dict[str, Any]]:
        """Classify up to 1000 texts at once with a trained run.

        Args:
            run: the id of the run, 32 hexadecimal characters; it stands in the link to the run.
            texts: a JSON list of texts; for a run that judges two texts together, of [first, second].

        Returns:
            For each text, in their order, what `classify` says of it.
        """
        chosen = Run.open(str(run))
        found = self.models.classify_all(chosen, self.models.texts_of(chosen, texts))
        return [answered(prediction, given) for prediction, given in zip(found, texts, strict=True)]

    def classify_file(self, run: str, file: str, text: str, output: str, keep_formulas: bool, no_header: bool,
                      header: bool = False) -> str:  # fmt: skip
        path = a_path(file)
        wish: dict[str, Any] = {"kind": output or None, "keep_formulas": bool(keep_formulas)}
        wish["has_header"] = has_header(no_header, header)
        job = self.desk.classify_file(str(run), path, name=path.name, text=_named(text), **wish)
        while (state := self.desk.job(job)).status in ("waiting", "running"):
            time.sleep(POLL_SECONDS)
        if state.failed or state.output is None:
            code, params = state.failed or ("file_stopped", {})
            raise UserError(code, **params)
        return for_download(state.output)


def build(desk: Desk, door: Door, models: Models, watcher: Watcher, *, mcp: bool = False) -> None:
    """Add the endpoints to the page that is being built; none of their components is shown.

    Where assistants are served (`mcp`), endpoints that are no `TOOLS` are not listed, though they can be called.
    """
    with gr.Group(visible=False):
        file, result, output = gr.File(label="file"), gr.JSON(), gr.File()
        lines = gr.Textbox("", label="csv")
        run, key, words = gr.Textbox(label="run"), gr.Textbox("", label="key"), gr.Textbox(label="text")
        text, label = gr.Textbox("", label="text_column"), gr.Textbox("", label="label_column")
        pair, mark = gr.Textbox("", label="text_pair"), gr.Textbox("", label="label_sep")
        together = gr.Textbox("", label="group")
        second, many = gr.Textbox("", label="text_pair"), gr.JSON(label="texts")
        many.api_info = lambda: LIST_OF_TEXTS  # type: ignore[method-assign]
        kind, keep = gr.Textbox("", label="output"), gr.Checkbox(False, label="keep_formulas")
        bare, named = gr.Checkbox(False, label="no_header"), gr.Checkbox(False, label="header")
        budget, base = gr.Textbox("balanced", label="budget"), gr.Textbox("", label="base")
        numbers = [gr.Textbox("", label=name) for name in ("epochs", "lr", "batch", "max_length", "seed")]
        go = gr.Button()
    do = _Handlers(desk, door, models, watcher)
    calls: list[tuple[Callable[..., Any], list[Any], Any, int]] = [
        (do.inspect, [file, lines], result, 2),
        (do.train, [file, text, label, budget, base, *numbers, pair, mark, together], result, 2),
        (do.status, [run], result, 8),
        (do.stop, [run, key], result, 8),
        (do.classify, [run, words, second], result, 16),
        (do.classify_batch, [run, many], result, 2),
        (do.classify_file, [run, file, text, kind, keep, bare, named], output, 4),
    ]
    for handler, inputs, into, at_once in calls:
        listed = "undocumented" if mcp and handler.__name__ not in TOOLS else "public"
        go.click(
            worded(handler),
            inputs,
            into,
            api_name=handler.__name__,
            api_visibility=listed,
            concurrency_limit=at_once,
        )
