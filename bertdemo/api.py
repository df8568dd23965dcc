"""The Python interface, and what the command line says as JSON."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import filelock

from bertdemo.arguments import check_names, taken_by
from bertdemo.core import models
from bertdemo.core.classify import Classifier
from bertdemo.data.dataset import (
    LabelledTexts,
    RoleGuess,
    Roles,
    Split,
    guess_roles,
    left_aside,
    separator_of,
)
from bertdemo.data.doctor import at_a_glance, examine
from bertdemo.data.findings import Finding
from bertdemo.data.hub import read_hub
from bertdemo.data.names import own_name
from bertdemo.data.overrules import Overrules
from bertdemo.data.parts import NO_SPLIT
from bertdemo.data.remedies import offered
from bertdemo.data.roles import settled
from bertdemo.data.table import Table, read_table
from bertdemo.data.treated import Treated, treated
from bertdemo.errors import UserError
from bertdemo.jobs.work import is_gone, leaves_queue, training_lock, work_on
from bertdemo.progress import show_progress as show_progress
from bertdemo.progress import tell, tell_look, tell_waiting
from bertdemo.report.report import remake
from bertdemo.runs import events as ev
from bertdemo.runs import leftovers
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run
from bertdemo.text import say

OnLook = Callable[[dict[str, Any]], None]
OnEvent = Callable[[ev.Event], None]

WAIT_SECONDS = 0.5
NO_SEPARATOR = "none"
HUB = "hub:"
READING = tuple(each.name for each in fields(Overrules))
OF_ONE_FILE = ("skip_rows", "sheet")
"""What is said of how a file is read and may hold for that file alone."""


def inspect(
    path: Path | str,
    *,
    text: Sequence[str] | str = (),
    label: Sequence[str] | str = (),
    text_pair: str | None = None,
    label_sep: str | None = None,
    spellings_apart: bool = False,
    group: str | None = None,
    test: Path | str | None = None,
    split: str | None = None,
    remedies: Sequence[str] | str = (),
    on_phase: Callable[[str], None] = lambda _: None,
    on_progress: Callable[[float], None] = lambda _: None,
    **reading: Any,
) -> dict[str, Any]:
    """What a file holds and how it would be used, as ``inspect --json`` says it.

    Args:
        path: the file, or ``hub:owner/name``.
        text, label, text_pair, label_sep, spellings_apart, group, test, split, remedies: as for `train`.
        on_phase: called with ``"reading"``, ``"columns"`` and ``"checking"`` as they begin.
        on_progress: called with the share of a large file that is read, 0 to 1.
        reading: what is guessed of how the file is read, overruled: ``encoding``, ``delimiter`` (a character or its
            name, such as ``"tab"``), ``quotechar`` (``"none"``: quotes are plain text), ``has_header``, ``skip_rows``
            (lines above the table) and ``sheet`` (of a workbook).

    Returns:
        JSON values: ``format``, ``encoding``, ``delimiter``, ``quotechar`` and ``has_header`` (how the file was read;
        None where its format has no such thing), ``rows``, ``columns``, the roles ``text``, ``text_pair``, ``label``,
        ``label_sep``, ``group`` and ``task``, ``label_rivals`` and ``unused`` (columns), ``test_rows``, ``language``,
        ``mean_tokens``, ``labels`` (rows by label) and ``findings``, the worst first.

    Raises:
        UserError: the file can't be read, holds no labelled texts, or too few groups of rows that belong together.
        TypeError: there is no argument of such a name.
    """
    check_names("inspect()", reading, taken_by(inspect, Overrules))
    on_phase("reading")
    table = open_table(path, on_progress=on_progress, **reading)
    on_phase("columns")
    roles, guess = _roles_and_guess(table, text, label, text_pair, label_sep, spellings_apart, group)
    given = _treated(table, roles, test, split, remedies, reading)
    given.check()
    table, roles, texts, tested = given.table, given.roles, given.texts, given.tested
    on_phase("checking")
    legible = models.legible_to_bundled(texts.texts)
    guess = guess and guess.without(roles.group)
    guessed = guess.findings if guess else ()
    findings = examine(table, roles, texts, test=tested, test_table=given.test, legible=legible, guessed=guessed)
    return {
        "format": table.reading.format,
        "encoding": table.reading.encoding,
        "delimiter": table.reading.delimiter,
        "quotechar": table.reading.quotechar,
        "has_header": table.reading.has_header,
        "rows": table.rows,
        "columns": list(table.columns),
        "text": list(roles.text),
        "text_pair": roles.pair,
        "label": list(roles.flags) or roles.label,
        "label_sep": roles.separator,
        "group": roles.group,
        "label_rivals": list(guess.rivals) if guess else [],
        "unused": [{"column": name, "reason": say(reason)} for name, reason in left_aside(table, roles)],
        "test_rows": len(tested) if tested is not None else 0,
        "task": roles.task,
        "language": legible.language.code,
        "mean_tokens": round(legible.mean_tokens, 1),
        "labels": dict(zip(texts.label_names, texts.counts.tolist(), strict=True)),
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "count": finding.count,
                "message": finding.message(),
                "rows": list(finding.rows),
                "remedies": list(offered(finding.code, roles)),
            }
            for finding in findings
        ],
    }


def open_table(path: Path | str, *, on_progress: Callable[[float], None] = lambda _: None, **reading: Any) -> Table:
    """The file at `path`, or for ``hub:owner/name`` that data set of the Hugging Face Hub.

    Raises:
        UserError: what `read_table` and `read_hub` raise; ``no_path``: it is none, but a table in memory, say;
            ``path_empty``, which would be the folder that one is in.
    """
    if not isinstance(path, str | os.PathLike):
        raise UserError("no_path", found=type(path).__name__)
    if not str(path).strip():
        raise UserError("path_empty")
    if str(path).startswith(HUB):
        return read_hub(str(path).removeprefix(HUB))
    return read_table(path, on_progress=on_progress, **reading)


def open_test(path: Path | str, columns: Sequence[str], **reading: Any) -> Table:
    """The test file at `path`, read as a person said of the training file where that gives `columns`, else as guessed.

    Files of one source are written alike, but not in all: each has lines of its own above the table and sheets of its
    own, and what reads as UTF-8 is UTF-8.

    Raises:
        UserError: as `open_table`.
    """
    if not reading or (isinstance(path, str | os.PathLike) and not Path(path).is_file()):
        return open_table(path)
    guessed: Table | UserError
    try:
        guessed = open_table(path)
    except UserError as error:
        guessed = error
    if isinstance(guessed, Table) and guessed.reading.encoding == "utf-8":
        reading.pop("encoding", None)
    for without in ((), OF_ONE_FILE):
        with contextlib.suppress(UserError):
            table = open_table(path, **{name: value for name, value in reading.items() if name not in without})
            table = table.called(columns)
            if set(columns) <= set(table.columns):
                return table
    if isinstance(guessed, UserError):
        raise guessed
    return guessed


def roles_of(
    table: Table,
    text: Sequence[str] | str = (),
    label: Sequence[str] | str = (),
    text_pair: str | None = None,
    label_sep: str | None = None,
    spellings_apart: bool = False,
    group: str | None = None,
) -> Roles:
    """The roles named, and for what is not named the guess, which never takes the column of groups.

    A second text is guessed only where no text was named; what parts several labels, wherever one column says them.

    Raises:
        UserError: ``unknown_column``, or nothing fits a role that was not named.
    """
    return _roles_and_guess(table, text, label, text_pair, label_sep, spellings_apart, group)[0]


def _roles_and_guess(
    table: Table,
    text: Sequence[str] | str,
    label: Sequence[str] | str,
    text_pair: str | None,
    label_sep: str | None,
    spellings_apart: bool,
    group: str | None,
) -> tuple[Roles, RoleGuess | None]:
    """What `roles_of` gives, and the guess by which the label was taken; None where that was named."""
    own = partial(own_name, columns=table.columns)
    texts = tuple(map(own, (text,) if isinstance(text, str) else text))
    labels = tuple(map(own, (label,) if isinstance(label, str) else label))
    text_pair, group = (name and own(name) for name in (text_pair, group))
    for name in (*texts, *labels, *filter(None, (text_pair, group))):
        if name not in table.columns:
            raise UserError("unknown_column", column=name, columns=", ".join(table.columns))
    guess = guess_roles(_without(table, group), labels) if not (texts and labels) else None
    guessed_label = None if labels else guess
    if guess is not None:
        found = guess.roles
        if not texts:
            others = [name for name in found.text if name not in (text_pair, *labels)]
            texts = tuple(others) or found.text
            text_pair = text_pair or (found.pair if found.pair not in labels else None)
        labels = labels or found.labels
    if label_sep is None and len(labels) == 1:
        label_sep = separator_of(table.column(labels[0]))
    mark = None if label_sep == NO_SEPARATOR else label_sep
    named = Roles.named(texts, labels, text_pair, mark, apart=spellings_apart, group=group)
    return settled(table, named), guessed_label


def _without(table: Table, column: str | None) -> Table:
    if column not in table.columns:
        return table
    columns = tuple(name for name in table.columns if name != column)
    return replace(table, columns=columns, data=table.data.remove_column(table.columns.index(column)))


@dataclass
class TrainedRun:
    """A run, worked on in this process while its `events` are taken; `train` and `resume` have taken them all.

    What comes of it is on disk, and asking for it works on nothing: before the end there is no `report`, and `model`
    is the best so far.
    """

    run: Run
    on_wait: Callable[[], None] | None = None
    """Called once where another training has the device; where left out, standard error says so."""
    _asked: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line: the id, what became of it, and its score."""
        if self.run.is_deleted:
            return f"TrainedRun({self.run.id}, deleted)"
        said = self.run.state().finished
        score = f", {self.run.measure} {said.score:.3f}" if said else ""
        return f"TrainedRun({self.run.id}, {self.run.status}{score})"

    def events(self) -> Generator[ev.Event, None, None]:
        """The events of the work that is left; work happens while they are taken.

        Raises:
            UserError: what ended the run, where it failed; ``stopped_before``: it was stopped while it waited;
                ``run_deleted``; ``run_busy``: another process works on it.
        """
        turn, status = training_lock(), self.run.state().status
        if status == "stopped":  # and is asked for again
            (self.run.folder / "stop").unlink(missing_ok=True)
        if status == "finished" or not self._waits_for(turn):
            return
        try:
            for event in work_on(self.run, lambda: self._asked.get("outside")):
                yield event
                if isinstance(event, ev.Failed):
                    raise UserError(event.code, **event.params)
        except filelock.Timeout:
            raise UserError("run_busy", run=self.run.id) from None
        finally:
            turn.release()

    def _waits_for(self, turn: filelock.FileLock) -> bool:
        """Take the machine's device, once no other training has it; False where a pause was asked for meanwhile.

        Raises:
            UserError: ``stopped_before`` or ``run_deleted``.
        """
        said = False
        while not self._asked:
            if is_gone(self.run):
                raise UserError("run_deleted", run=self.run.id)
            if leaves_queue(self.run):
                raise UserError(ev.STOPPED_BEFORE, run=self.run.id)
            try:
                turn.acquire(timeout=WAIT_SECONDS)
            except filelock.Timeout:
                if not said:
                    self._tell_waiting()
                said = True
            else:
                return True
        return False

    def _tell_waiting(self) -> None:
        if self.on_wait:
            self.on_wait()
        else:
            tell_waiting(self.run)

    def stop(self) -> None:
        """Finish at the next step and keep the best weights; before the first one, leave the queue."""
        self.run.request("stop")

    def pause(self) -> None:
        """End at the next step with a checkpoint; `events` goes on from it."""
        self._asked["outside"] = "pause"

    @property
    def report(self) -> dict[str, Any]:
        """The scores, as report.json has them.

        The main keys: ``measure`` (``"accuracy"``, or ``"micro_f1"`` where a text may have several labels), ``score``
        (that measure on the judged rows) and ``interval`` (where it lies by 95%); ``accuracy`` (where a text may have
        several labels: the share of texts with all of them right) and ``macro_f1``; ``selected`` (the classifier that
        these are of), ``models`` (the scores of each), ``per_class`` and ``confusion``, in the order of ``labels``;
        ``test_rows`` and ``rows_are`` (how many rows judged it, and which), ``train_rows``; ``calibration``; ``trust``
        (from which confidence on labels are right how often); ``wrong`` and ``suspects`` (mistakes, and labels that are
        doubted); ``cautions`` and ``next`` (what to know, and what to do).

        Raises:
            UserError: ``report_missing`` before the end, ``report_damaged`` or ``report_other_version``.
        """
        return self.run.require_report()

    @property
    def model(self) -> Path:
        """The folder of the selected classifier; before the end of the better of those ready, see `load`.

        Raises:
            UserError: ``run_not_ready``: none is.
        """
        folder = self.run.selected
        if folder is None:
            raise UserError("run_not_ready", run=self.run.id)
        return folder

    @property
    def selected(self) -> str:
        """``"bert"``, ``"instant"`` or ``"tfidf"``."""
        return self.model.name


def prepare(
    path: Path | str,
    *,
    text: Sequence[str] | str = (),
    label: Sequence[str] | str = (),
    text_pair: str | None = None,
    label_sep: str | None = None,
    spellings_apart: bool = False,
    group: str | None = None,
    test: Path | str | None = None,
    split: str | None = None,
    remedies: Sequence[str] | str = (),
    reading: dict[str, Any] | None = None,
    key: str | None = None,
    on_look: OnLook | None = None,
    **settings: Any,
) -> TrainedRun:
    """A run that waits to be worked on; the arguments are those of `train`.

    Args:
        on_look: called with what is learnt from and what is wrong with it, as `_looked_at` says it, and with the
            ``label_rivals``.
    """
    config = TrainConfig(**settings)
    if config.base:
        models.require(config.base)
    models.require_length(config.base, config.max_length)
    table = open_table(path, **(reading or {}))
    roles, guess = _roles_and_guess(table, text, label, text_pair, label_sep, spellings_apart, group)
    given = _treated(table, roles, test, split, remedies, reading or {})
    guess = guess and guess.without(given.roles.group)

    def look(data: LabelledTexts, tested: LabelledTexts | None, split: Split) -> None:
        if on_look:
            beside: dict[str, Any] = {"test": tested, "test_table": given.test, "split": split}
            findings = at_a_glance(given.table, given.roles, data, guessed=guess.findings if guess else (), **beside)
            looked = _looked_at(given.table, given.roles, split, len(data), findings)
            on_look({**looked, "label_rivals": list(guess.rivals) if guess else []})

    leftovers.sweep()
    run = Run.create(
        given.table, given.roles, config, test=given.test, key=key, relabelling=given.relabelling, on_split=look
    )
    return TrainedRun(run)


def _treated(
    table: Table,
    roles: Roles,
    test: Path | str | None,
    split: str | None,
    remedies: Sequence[str] | str,
    reading: dict[str, Any],
) -> Treated:
    """Raises ``split_and_test``, and what `treated` and `open_test` raise."""
    if test is not None and split not in (None, NO_SPLIT):
        raise UserError("split_and_test", column=split)
    test_table = None if test is None else open_test(test, roles.columns, **reading)
    return treated(table, roles, test=test_table, split=split, remedies=remedies)


def _looked_at(table: Table, roles: Roles, split: Split, usable: int, findings: Sequence[Finding]) -> dict[str, Any]:
    """The columns, the rows and the findings of a run that is about to be made.

    ``usable`` of the ``rows`` can be learnt from, ``learnt`` are, and ``judged`` judge the result; where they are few,
    none of them is kept from learning and ``out_of_fold`` is true.
    """
    return {
        "text": list(roles.text),
        "text_pair": roles.pair,
        "label": list(roles.labels),
        "group": roles.group,
        "task": roles.task,
        "rows": table.rows,
        "usable": usable,
        "learnt": len(split.train),
        "chosen_by": len(split.validation),
        "judged": len(split.train if split.out_of_fold else split.test),
        "out_of_fold": split.out_of_fold,
        "findings": list(findings),
    }


def train(
    path: Path | str,
    *,
    text: Sequence[str] | str = (),
    label: Sequence[str] | str = (),
    text_pair: str | None = None,
    label_sep: str | None = None,
    spellings_apart: bool = False,
    group: str | None = None,
    test: Path | str | None = None,
    split: str | None = None,
    remedies: Sequence[str] | str = (),
    reading: dict[str, Any] | None = None,
    on_look: OnLook | None = tell_look,
    on_event: OnEvent | None = None,
    on_wait: Callable[[], None] | None = None,
    **settings: Any,
) -> TrainedRun:
    """Train on a file of labelled texts, in this process, to the end.

    Args:
        path: the file, or ``hub:owner/name``, a data set of the Hugging Face Hub.
        text: the column of texts, or several that are joined; guessed where left out.
        label: the column of labels, or several columns of yes and no; guessed where left out.
        text_pair: the column of second texts, where two are judged together; guessed where `text` is left out too.
        label_sep: what parts several labels in a cell; guessed where left out; ``"none"``: a cell is one label.
        spellings_apart: labels that differ only in case, space, marks at the end or Unicode form are not the
            same.
        group: the column that says which rows belong together, such as customers or authors: all rows of one value are
            on one side of the split, so that the scores hold for new ones; nothing is learnt from it.
        test: a file whose rows are the test rows; it is read as `path` is, where it can be.
        split: the column whose cells say train or test; guessed where left out; ``"none"``: there is none.
        remedies: names of `bertdemo.data.remedies`, done on the training rows before anything else.
        reading: what is guessed of how the file is read, overruled: a dict of ``encoding``, ``delimiter``,
            ``quotechar``, ``has_header``, ``skip_rows`` and ``sheet``, see `inspect`.
        on_look: called before the training with the columns, the rows and what is wrong with them; by default standard
            error says it; None: nobody is told.
        on_event: called with each event; `show_progress()` makes one that shows them as the command line does.
        on_wait: called once where another training has the device; where left out, standard error says so.
        settings: fields of `TrainConfig`; what is left out is chosen from the data and the device.
            ``budget``: how much time the search for a good model may take: ``"quick"``, ``"balanced"`` (where left
            out) or ``"thorough"``.
            ``base``: the base model: a name of the Hugging Face Hub, a folder, or ``"tfidf"`` for TF-IDF alone.
            ``epochs``: passes over the training rows, 0.1 to 200.
            ``lr``: the highest learning rate, 1e-7 to 1e-2.
            ``batch``: rows that a step sees, 1 to 4096.
            ``max_length``: tokens of a text that are read, 8 to 8192.
            ``seed``: from which the split, the order of rows and dropout are drawn; 0 where left out.

    Returns:
        The finished run: its scores are its ``report``, its classifier is in the folder ``model``.

    Raises:
        UserError: whatever the caller can mend.
        TypeError: there is no argument of such a name.
        KeyboardInterrupt: it was interrupted. The run's id and how to go on (`resume`) are said on standard error
            before; what was ready by then `load` gives.
    """
    elsewhere = {name: f"reading={{'{name}': …}}" for name in READING}
    check_names("train()", settings, taken_by(train, TrainConfig), elsewhere)
    check_names("reading of train()", reading or {}, READING)
    named: dict[str, Any] = {"text": text, "label": label, "text_pair": text_pair, "label_sep": label_sep}
    named |= {"spellings_apart": spellings_apart, "group": group}
    beside: dict[str, Any] = {"test": test, "split": split, "remedies": remedies, "reading": reading}
    return _worked_on(prepare(path, **named, **beside, on_look=on_look, **settings), on_event, on_wait)


def resume(
    run: TrainedRun | Run | str, *, on_event: OnEvent | None = None, on_wait: Callable[[], None] | None = None
) -> TrainedRun:
    """Go on with a run that was interrupted, stopped before it began, or failed, in this process, to its end.

    One that is finished is left as it is, but for a damaged report, which is made again.

    Args:
        run: its id or the beginning of it, ``last``, or what `prepare` or `train` gave.
        on_event, on_wait: as for `train`.

    Returns:
        The finished run.

    Raises:
        UserError, KeyboardInterrupt: as `train`; ``run_unknown``, ``run_ambiguous``, ``no_runs`` or ``run_damaged``.
    """
    if isinstance(run, TrainedRun):
        run = run.run
    return _worked_on(reopened(run if isinstance(run, Run) else Run.find(run)), on_event, on_wait)


def reopened(run: Run) -> TrainedRun:
    """A run that is to be gone on with; of a finished one a report that is damaged is made again."""
    if run.is_report_damaged and run.state().finished:
        remake(run)
    return TrainedRun(run)


def _worked_on(trained: TrainedRun, on_event: OnEvent | None, on_wait: Callable[[], None] | None) -> TrainedRun:
    """The same, worked on to its end; who interrupts that is told how to go on."""
    run, trained.on_wait = trained.run, on_wait
    try:
        with contextlib.closing(trained.events()) as events:
            for event in events:
                if on_event:
                    on_event(event)
    except KeyboardInterrupt:
        if not run.is_deleted and run.state().status != "finished":
            tell(say("api.left", run=run.id))
        raise
    if run.is_deleted:
        raise UserError("run_deleted", run=run.id)
    return trained


def load(run_or_folder: TrainedRun | Run | Path | str, precision: str = "auto") -> Classifier:
    """The classifier of a run (its id or the beginning of it, ``last``, or what `train` gave) or of a model folder.

    Of a run that is not finished, the best so far: of the TF-IDF and the instant classifier, where they are ready, the
    one with the better score on the validation rows; once BERT has learnt and one of all was chosen, that one.

    Args:
        run_or_folder: whose; a folder may be any of a transformers text classifier.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``, see `Classifier.load`.

    Returns:
        A classifier with `Classifier.predict`, `Classifier.probabilities` and `Classifier.explain`.

    Raises:
        UserError: ``run_unknown``, ``run_ambiguous``, ``run_not_ready``, ``model_unknown``, ``model_zipped``
            or ``unknown_precision``.
    """
    if isinstance(run_or_folder, TrainedRun):
        return Classifier.load(run_or_folder.model, precision)
    if isinstance(run_or_folder, Run):
        return Classifier.load(TrainedRun(run_or_folder).model, precision)
    named = Path(str(run_or_folder))
    if named.is_dir():
        return Classifier.load(named, precision)
    if named.is_file() and is_zipfile(named):
        raise UserError("model_zipped", path=str(named))
    return Classifier.load(TrainedRun(Run.find(str(run_or_folder))).model, precision)


def outcome(trained: TrainedRun, began: float) -> dict[str, Any]:
    """What ``train --json`` says; `began` is `time.monotonic()` at the start of the command.

    ``measure`` says which one the ``score`` is, that ``interval`` is of; ``epochs``, None where no BERT learnt, how
    often it went through the rows at most.
    """
    meta, report = trained.run.meta, trained.report
    bert = trained.run.model_folder("bert")
    return {
        "run": trained.run.id,
        "model": str(trained.model),
        "bert": str(bert) if bert.is_dir() else None,
        "selected": report["selected"],
        "base": meta["choices"]["base"],
        "epochs": meta["choices"].get("epochs"),
        "seconds": round(time.monotonic() - began, 1),
        "rows": report["train_rows"],
        "test_rows": report["test_rows"],
        "rows_are": report["rows_are"],
        "labels": report["labels"],
        "measure": report["measure"],
        "score": report["score"],
        "interval": report["interval"],
        "accuracy": report["accuracy"],
        "macro_f1": report["macro_f1"],
        **{name: report[name] for name in ("micro_f1",) if name in report},
        "baselines": {
            name: {key: scores[key] for key in ("accuracy", "micro_f1", "macro_f1", "labels") if key in scores}
            for name, scores in report["models"].items()
            if name != report["selected"]
        },
    }
