"""A file to classify as a job: a folder, events and a lock, as for a training."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from bertdemo.core.classify import Classifier
from bertdemo.core.memory import is_short
from bertdemo.data.stream import Rows, spool
from bertdemo.errors import UserError
from bertdemo.jobs.answers import rows_done
from bertdemo.jobs.classified import classify_rows, columns_called, columns_to_read, fingerprint
from bertdemo.jobs.outputs import KINDS
from bertdemo.jobs.work import Outside
from bertdemo.jobs.written import Summary, Wish
from bertdemo.runs import events as ev
from bertdemo.runs import log
from bertdemo.runs.files import (
    disk_full,
    folder_aside,
    is_full,
    is_held,
    lock_at,
    read_json,
    short_stem,
    where_asked,
    write_json,
)
from bertdemo.runs.run import Run, home, writable

READING, CLASSIFYING = 0.1, 0.95
"""The shares of a whole job at which reading and classifying end."""
TOLD_SECONDS, TOLD_PARTS = 0.5, 500
LOCK_SECONDS = 5.0
KEPT_SECONDS = 7 * 86_400.0
WORK = "work"
"""The folder in a job's own in which it is worked on."""
NEEDED = frozenset(("run", "name", "text", "kind", "keep_formulas", "created"))
"""Keys of every job.json."""


class PausedError(Exception):
    """The work was asked to end before its end."""


@dataclass(frozen=True)
class FileJobState:
    """What a viewer shows: ``waiting``, ``running``, ``stopped``, ``finished`` or ``failed``; `done` is 0 to 1.

    `rows` of `total` are classified.
    """

    status: str
    done: float = 0.0
    left: float | None = None
    phase: str = ""
    rows: int = 0
    total: int = 0
    output: Path | None = None
    review: Path | None = None
    counts: dict[str, int] | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    failed: tuple[str, dict[str, Any]] | None = None


@dataclass(frozen=True)
class FileJob:
    """The folder of one file to classify."""

    folder: Path

    @classmethod
    def create(
        cls,
        run: Run,
        path: Path,
        *,
        name: str,
        text: Sequence[str] = (),
        kind: str | None = None,
        keep_formulas: bool = False,
        has_header: bool | None = None,
    ) -> FileJob:
        """A copy of the file at `path`, to be classified with `run`.

        Args:
            name: the file's name as the person knows it.
            text: the columns to read; guessed where left out.
            kind: what is given back, one of `KINDS`; None: like the file.
            keep_formulas: texts that a spreadsheet would take for formulas stay as they are.
            has_header: whether the first row names the columns; None: the file decides.

        Raises:
            UserError: ``run_not_ready``, ``output_unknown``, or the file is not there.
        """
        if run.selected is None:
            raise UserError("run_not_ready", run=run.id)
        if kind is not None and kind not in KINDS:
            raise UserError("output_unknown", value=kind[:40], choices=", ".join(KINDS))
        if not path.is_file():
            raise UserError("file_missing", name=name)
        job = cls(writable("files") / secrets.token_hex(16))
        with folder_aside(job.folder) as aside:
            (aside / WORK).mkdir()
            shutil.copyfile(path, aside / WORK / "input")
            about = {"run": run.id, "name": name, "text": list(text), "kind": kind, "keep_formulas": keep_formulas}
            write_json(aside / "job.json", {**about, "has_header": has_header, "created": time.time()})
        return job

    @classmethod
    def open(cls, job_id: str) -> FileJob:
        """Raises ``job_unknown``."""
        job = cls(home() / "files" / job_id)
        if not job_id.isalnum() or not job._is_whole:
            raise UserError("job_unknown", job=job_id[:64])
        return job

    @classmethod
    def all(cls) -> list[FileJob]:
        """Every file job, the oldest first; one whose job.json is damaged is left out."""
        whole = [job for job in cls._there() if job._is_whole]
        return sorted(whole, key=lambda job: (job.about["created"], job.id))

    @classmethod
    def _there(cls) -> list[FileJob]:
        return [cls(f) for f in (home() / "files").glob("*") if f.name.isalnum() and (f / "job.json").is_file()]

    @classmethod
    def forget_old(cls) -> None:
        """Delete what nobody touched for `KEPT_SECONDS`, finished or not, with its output."""
        for job in cls._there():
            log = job.folder / "events.jsonl"
            touched = (log if log.exists() else job.folder / "job.json").stat().st_mtime
            if time.time() - touched > KEPT_SECONDS and not job.is_held:
                shutil.rmtree(job.folder, ignore_errors=True)

    @property
    def id(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def about(self) -> dict[str, Any]:
        """What was asked for: the fields of job.json."""
        about: dict[str, Any] = read_json(self.folder / "job.json")
        return about

    @property
    def _is_whole(self) -> bool:
        """Whether job.json is there and says what was asked for."""
        try:
            return isinstance(self.about, dict) and NEEDED.issubset(self.about)
        except (OSError, ValueError):
            return False

    @property
    def work(self) -> Path:
        """What is needed until the job is finished: the file, its rows, the answers so far."""
        return self.folder / WORK

    def output(self, kind: str, part: str) -> Path:
        """Where the classified file (`part` ``classified``) or its least sure rows (``review``) go."""
        return self.folder / "out" / f"{short_stem(self.about['name']) or 'texts'}-{part}{KINDS[kind]}"

    def lock(self) -> filelock.FileLock:
        """Held by whoever works on the job; free again when its process ends, however it ends."""
        return lock_at(self.folder / "lock")

    @property
    def is_held(self) -> bool:
        """Whether somebody works on the job now."""
        return is_held(self.lock())

    @property
    def rows_done(self) -> int:
        """Rows whose answers are surely kept."""
        return rows_done(self.work)

    def request_stop(self) -> None:
        """Ask whoever works on the job to end; what is done is kept."""
        (self.folder / "stop").touch()

    @property
    def is_stop_requested(self) -> bool:
        """Whether somebody asked for it to end."""
        return (self.folder / "stop").exists()

    def go_on(self) -> None:
        """Let a stopped or failed job wait for a worker again."""
        (self.folder / "stop").unlink(missing_ok=True)
        if self.state().status in ("stopped", "failed"):
            self.append(ev.Resumed(step=self.rows_done))

    def append(self, event: ev.Event) -> None:
        """Write an event down."""
        log.append(self.folder / "events.jsonl", event)

    def state(self) -> FileJobState:
        """The state now, folded from the first event on."""
        state = FileJobState("waiting")
        for event in log.read(self.folder / "events.jsonl")[0]:
            match event:
                case ev.Started():
                    state = FileJobState("running", state.done, None, "", state.rows, state.total)
                case ev.Progressed():
                    state = _progressed(state, event)
                case ev.Paused():
                    state = FileJobState("stopped", state.done, rows=event.rows, total=state.total)
                case ev.Resumed():
                    state = FileJobState("waiting", state.done, rows=event.step, total=state.total)
                case ev.Counted():
                    kind = event.summary["kind"]
                    out, review = self.output(kind, "classified"), self.output(kind, "review")
                    total = event.summary["rows"]
                    state = FileJobState(
                        "finished", 1.0, 0.0, "", total, total, out, review, event.counts, event.summary
                    )
                case ev.Failed():
                    state = FileJobState("failed", state.done, failed=(event.code, event.params))
        return state


def _progressed(state: FileJobState, event: ev.Progressed) -> FileJobState:
    share = event.rows / max(1, event.total)
    if event.phase == "reading":
        return FileJobState("running", READING * share, event.left, event.phase)
    if event.phase == "writing":
        done = CLASSIFYING + (1 - CLASSIFYING) * share
        return FileJobState("running", done, event.left, event.phase, state.total, state.total)
    done = READING + (CLASSIFYING - READING) * share
    return FileJobState("running", done, event.left, event.phase, event.rows, event.total)


def work_on_file(job: FileJob, outside: Outside = lambda: None) -> None:
    """Classify the job's file from wherever it is, and write its events.

    Raises:
        filelock.Timeout: somebody else works on it.
    """
    with job.lock().acquire(timeout=LOCK_SECONDS):
        if job.state().status in ("finished", "failed", "stopped"):
            return
        job.append(ev.Started())
        try:
            summary = _classified(job, outside)
            job.append(ev.Counted(counts=summary.labels, summary=summary.to_json()))
            shutil.rmtree(job.work, ignore_errors=True)
        except PausedError:
            if job.is_stop_requested:  # else the app goes away, and the next one goes on
                job.append(ev.Paused(rows=job.rows_done))
        except UserError as error:
            job.append(ev.Failed(code=error.code, params=error.params))
        except Exception as error:
            if is_full(error):
                full = disk_full(home())
                job.append(ev.Failed(code=full.code, params=full.params))
                return
            with contextlib.suppress(OSError), _details_of(job).open("a", encoding="utf-8") as details:
                details.write(traceback.format_exc())
            if is_short(error):
                job.append(ev.Failed(code="file_memory_gone"))
            else:
                job.append(ev.Failed(code="internal", params={"type": type(error).__name__, "run": job.about["run"]}))


def _details_of(job: FileJob) -> Path:
    """Where the person is told to look: the log of the job's run."""
    return home() / "runs" / job.about["run"] / "log.txt"


def _classified(job: FileJob, outside: Outside) -> Summary:
    about, tell = job.about, _Teller(job, outside)
    run = Run.open(about["run"])
    folder = run.selected
    if folder is None:
        raise UserError("run_not_ready", run=run.id)
    rows = Rows.open(job.work, job.id) or spool(
        job.work / "input",
        job.work,
        name=about["name"],
        source=job.id,
        on_progress=lambda share: tell("reading", round(1000 * share), 1000),
        called=columns_called(about["text"], None, run.roles),
        has_header=about.get("has_header"),
    )
    text, pair = columns_to_read(next(rows.chunks()), about["text"], None, run.roles)
    wish = Wish(text, pair, run.threshold, about["kind"], about["keep_formulas"])
    kind = wish.kind_of(rows)
    out, review = job.output(kind, "classified"), job.output(kind, "review")
    out.parent.mkdir(exist_ok=True)
    classifier = Classifier.load(folder)
    model = fingerprint(folder)
    return classify_rows(classifier, model, rows, job.work, out, wish, run=run, review=review, on_progress=tell)


@dataclass
class _Teller:
    """Writes the progress down, not too often, and ends the work where that is asked."""

    job: FileJob
    outside: Outside
    phase: str = ""
    began: float = 0.0
    first: int = 0
    last: float = 0.0
    last_rows: int = 0

    def __call__(self, phase: str, rows: int, total: int) -> None:
        if self.job.is_stop_requested or self.outside():
            raise PausedError
        now = time.monotonic()
        if phase != self.phase:
            self.phase, self.began, self.first = phase, now, rows
        elif now - self.last < TOLD_SECONDS or (rows - self.last_rows < total / TOLD_PARTS and now - self.last < 10):
            return
        self.last, self.last_rows = now, rows
        left = None
        if rows > self.first and phase != "reading":
            left = (now - self.began) / (rows - self.first) * (total - rows)
        self.job.append(ev.Progressed(rows=rows, total=total, left=left, phase=phase))


@contextlib.contextmanager
def work_beside(out: Path) -> Iterator[Path]:
    """A folder beside `out` for what is done so far.

    It goes away where the block ends without an error, or with a `UserError` before anything was done that another
    try could go on with.

    Raises:
        UserError: ``out_busy``: another process writes the same file; ``disk_full``, ``out_unwritable``.
    """
    folder = out.with_name(f".{out.name}.part")
    with where_asked(out):
        folder.mkdir(parents=True, exist_ok=True)
    refused = None
    try:
        with lock_at(folder / "lock"):
            begun = (folder / "rows.json").exists()  # by an earlier try, which was interrupted
            try:
                yield folder
            except UserError as error:
                if begun or rows_done(folder):
                    raise
                refused = error
            except Exception as error:
                if not is_full(error):
                    raise
                refused = disk_full(out.parent)
                if begun or rows_done(folder):
                    raise refused from error
    except filelock.Timeout:
        raise UserError("out_busy", path=str(out)) from None
    shutil.rmtree(folder, ignore_errors=True)
    if refused:
        raise refused
