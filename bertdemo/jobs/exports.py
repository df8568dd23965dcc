"""A form of a run's model made by a worker: what it says meanwhile, and what a viewer reads of it."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from bertdemo.errors import UserError
from bertdemo.export.forms import Exported, export
from bertdemo.export.rules import RULES
from bertdemo.runs import events as ev
from bertdemo.runs import log
from bertdemo.runs.files import disk_full, is_full, is_held, lock_at
from bertdemo.runs.run import Run, home


@dataclass(frozen=True)
class ExportJob:
    """A form of a run's model. Its log lies beside the forms that were made."""

    run: Run
    form: str

    @classmethod
    def begin(cls, run: Run, form: str) -> ExportJob:
        """A new log, unless somebody makes this form already.

        Raises:
            UserError: ``export_form_unknown``, ``run_not_ready``, or ``run_unknown`` where it was deleted meanwhile.
        """
        if form not in RULES:
            raise UserError("export_form_unknown", form=form[:40], forms=", ".join(RULES))
        with run.needed():
            if run.selected is None:
                raise UserError("run_not_ready", run=run.id)
            job = cls(run, form)
            job.log.parent.mkdir(exist_ok=True)
            if not job.is_held:
                job.log.unlink(missing_ok=True)
            return job

    @property
    def log(self) -> Path:
        return self.run.folder / "exports" / f"{self.form}.jsonl"

    def lock(self) -> filelock.FileLock:
        """Held by the worker that makes it."""
        return lock_at(self.log.with_suffix(".lock"))

    @property
    def is_held(self) -> bool:
        return is_held(self.lock())

    def append(self, event: ev.Event) -> None:
        log.append(self.log, event)

    @property
    def last(self) -> ev.Event | None:
        """The last thing that was said: `PhaseBegan` while it is made, in the end `Packed` or `Failed`."""
        events, _ = log.read(self.log)
        return events[-1] if events else None

    def result(self) -> Exported:
        """What was made. Raises what `export` raises, and ``run_unknown`` where the run was deleted meanwhile."""
        with self.run.needed():
            return export(self.run, self.form)


def work_on_export(job: ExportJob) -> None:
    """Make the form and write its events; of a run that is deleted, before or meanwhile, there is nothing to say."""
    if job.run.is_deleted:
        return  # to take the lock would bring its folder back
    try:
        with job.lock():
            try:
                export(job.run, job.form, lambda phase, done: job.append(ev.PhaseBegan(phase=phase, done=done)))
                job.append(ev.Packed(form=job.form))
            except UserError as error:
                _fail(job, error.code, error.params)
            except Exception as error:
                if is_full(error):
                    full = disk_full(home())
                    _fail(job, full.code, full.params)
                    return
                _fail(job, "internal", {"type": type(error).__name__, "run": job.run.id}, traceback.format_exc())
    except (filelock.Timeout, FileNotFoundError):
        return  # another worker makes it, or the run was deleted


def _fail(job: ExportJob, code: str, params: dict[str, Any], details: str = "") -> None:
    with contextlib.suppress(UserError), job.run.needed():
        if details:
            with (job.run.folder / "log.txt").open("a", encoding="utf-8") as log_file:
                log_file.write(details)
        job.append(ev.Failed(code=code, params=params))
