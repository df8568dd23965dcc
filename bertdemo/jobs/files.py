"""Classifying a file: the same rows out, with the label, the confidence and the probabilities."""

from __future__ import annotations

import csv
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bertdemo.core.classify import Classifier
from bertdemo.data.dataset import is_blank, texts_of
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from bertdemo.runs import events as ev
from bertdemo.runs import log
from bertdemo.runs.files import folder_aside, read_json, write_json
from bertdemo.runs.run import Run, home

MOST_PROBABILITY_COLUMNS = 100
CHUNK = 2000


def text_column(table: Table, known: Sequence[str]) -> tuple[str, ...]:
    """The columns to read from a file that came without a word: those the run learnt from, else the longest.

    Args:
        table: the file.
        known: the text columns of the run.
    """
    if known and all(name in table.columns for name in known):
        return tuple(known)
    head = {name: [cell or "" for cell in table.column(name)[:200]] for name in table.columns}
    return (max(table.columns, key=lambda name: sum(map(len, head[name]))),)


def check_columns(table: Table, columns: Sequence[str]) -> None:
    """Raises ``unknown_column`` where one is not in the table."""
    for name in columns:
        if name not in table.columns:
            raise UserError("unknown_column", column=name, columns=", ".join(table.columns))


def classify_table(
    classifier: Classifier,
    table: Table,
    columns: Sequence[str],
    out: Path,
    *,
    pair: str | None = None,
    all_probabilities: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[dict[str, int], dict[str, str]]:
    """Write `out`: a UTF-8 CSV of every row and column of `table` in order, and the new columns.

    `pair` is the column of second texts, for a classifier of pairs. Rows without a text get empty cells.
    ``p:<label>`` columns are written up to
    `MOST_PROBABILITY_COLUMNS` labels, above that only with `all_probabilities`.

    Returns:
        How many rows got each label, and the new columns that had to be renamed (wished name -> name).
    """
    check_columns(table, [*columns, *([pair] if pair else [])])
    labels = classifier.labels
    wished = ["predicted_label", "confidence"]
    if all_probabilities or len(labels) <= MOST_PROBABILITY_COLUMNS:
        wished += [f"p:{label}" for label in labels]
    names = _free_names(wished, table.columns)
    cells = {name: table.column(name) for name in table.columns}
    texts = texts_of(table, columns, pair)
    counts: Counter[str] = Counter()
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.columns, *names])
        for begin in range(0, table.rows, CHUNK):
            chunk = texts[begin : begin + CHUNK]
            filled = [i for i, text in enumerate(chunk) if not is_blank(text)]
            found = np.zeros((len(chunk), len(labels)))
            found[filled] = classifier.probabilities([chunk[i] for i in filled])
            said, sure = classifier.decide(found)
            has_text = set(filled)
            for i in range(len(chunk)):
                row = [cells[name][begin + i] for name in table.columns]
                added: list[Any] = [""] * len(names)
                if i in has_text:
                    counts.update(said[i])
                    added = ["|".join(said[i]), *(f"{p:.6f}" for p in (sure[i], *found[i]))][: len(names)]
                writer.writerow([*row, *added])
            if on_progress:
                on_progress(begin + len(chunk))
    renamed = {a: b for a, b in zip(wished, names, strict=True) if a != b}
    return dict(counts.most_common()), renamed


def _free_names(wished: Sequence[str], taken: Sequence[str]) -> list[str]:
    used, names = set(taken), []
    for name in wished:
        free, number = name, 2
        while free in used:
            free, number = f"{name}_{number}", number + 1
        used.add(free)
        names.append(free)
    return names


@dataclass(frozen=True)
class FileJobState:
    """What a viewer shows: ``waiting``, ``running``, ``finished`` or ``failed``; `done` is 0 to 1."""

    status: str
    done: float = 0.0
    left: float | None = None
    output: Path | None = None
    counts: dict[str, int] | None = None
    failed: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class FileJob:
    """The folder of one file to classify."""

    folder: Path

    @classmethod
    def create(cls, run: Run, path: Path, *, name: str, text: Sequence[str] = ()) -> FileJob:
        """Read `path`, check that it can be classified with `run`, and keep it.

        Raises:
            UserError: the file can't be read, a column is not there, or the run has no model yet.
        """
        if run.selected is None:
            raise UserError("run_not_ready", run=run.id)
        table = read_table(path, name=name)
        columns, pair = tuple(text) or text_column(table, run.roles.text), run.roles.pair
        check_columns(table, [*columns, *([pair] if pair else [])])
        (home() / "files").mkdir(parents=True, exist_ok=True)
        job = cls(home() / "files" / secrets.token_hex(16))
        with folder_aside(job.folder) as aside:
            table.save(aside / "table.parquet")
            about = {
                "run": run.id,
                "name": name,
                "text": list(columns),
                "pair": pair,
                "rows": table.rows,
                "created": time.time(),
            }
            write_json(aside / "job.json", about)
        return job

    @classmethod
    def open(cls, job_id: str) -> FileJob:
        """Raises ``job_unknown``."""
        job = cls(home() / "files" / job_id)
        if not job_id.isalnum() or not (job.folder / "job.json").is_file():
            raise UserError("job_unknown", job=job_id[:64])
        return job

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def about(self) -> dict[str, Any]:
        about: dict[str, Any] = read_json(self.folder / "job.json")
        return about

    @property
    def output(self) -> Path:
        return self.folder / "out" / f"{Path(self.about['name']).stem[:80] or 'texts'}-classified.csv"

    def append(self, event: ev.Event) -> None:
        log.append(self.folder / "events.jsonl", event)

    def state(self) -> FileJobState:
        state = FileJobState("waiting")
        for event in log.read(self.folder / "events.jsonl")[0]:
            match event:
                case ev.Started():
                    state = FileJobState("running")
                case ev.Progressed():
                    state = FileJobState("running", event.rows / max(1, event.total), event.left)
                case ev.Counted():
                    state = FileJobState("finished", 1.0, 0.0, self.output, event.counts)
                case ev.Failed():
                    state = FileJobState("failed", failed=(event.code, event.params))
        return state


def work_on_file(job: FileJob) -> None:
    """Classify the job's file and write its events."""
    about = job.about
    job.append(ev.Started())
    try:
        folder = Run.open(about["run"]).selected
        if folder is None:
            raise UserError("run_not_ready", run=about["run"])
        classifier = Classifier.load(folder)
        began = time.monotonic()

        def tell(rows: int) -> None:
            left = (time.monotonic() - began) / max(1, rows) * (about["rows"] - rows)
            job.append(ev.Progressed(rows=rows, total=about["rows"], left=left))

        table = Table.load(job.folder / "table.parquet")
        with folder_aside(job.folder / "out") as aside:
            out = aside / job.output.name
            counts, _ = classify_table(classifier, table, about["text"], out, pair=about["pair"], on_progress=tell)
        job.append(ev.Counted(counts=counts))
    except UserError as error:
        job.append(ev.Failed(code=error.code, params=error.params))
    except Exception as error:
        (job.folder / "log.txt").write_text(traceback.format_exc(), encoding="utf-8")
        job.append(ev.Failed(code="internal", params={"type": type(error).__name__, "run": about["run"]}))
