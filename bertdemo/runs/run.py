"""A run folder: everything that is known of one training, and the only thing that is.

Worker and viewers share nothing else. The worker appends events and writes models; a viewer reads on
from where it was. Two commands travel the other way, as empty files: ``stop`` and ``discard``.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import filelock

from bertdemo.data.dataset import LabelledTexts, Roles, Split, labelled_texts, split_texts
from bertdemo.data.relabelling import UNCHANGED, Relabelling
from bertdemo.data.table import Table, rows_saved
from bertdemo.errors import UserError
from bertdemo.runs import events as ev
from bertdemo.runs import log
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.files import folder_aside, is_held, lock_at, read_json, write_json
from bertdemo.runs.state import RunState, fold

REPORT_VERSION = 4
"""Of a report: one of another version is not read."""
SCHEMA = 2
"""Of what is kept of a training until it is done: what another version began can't be gone on with."""
MODELS = ("bert", "instant", "tfidf")
"""The classifiers that a run may hold, in the order in which equals are preferred."""

NEEDED = frozenset(("created", "name", "key_hash", "data", "config", "choices", "selected"))
"""Keys of every run.json."""

LAST, FEWEST_CHARACTERS = "last", 4
"""How a run may be named without its whole id."""
LONGEST_ID = 64

CHECKPOINT, TRIALS, FOLD = "checkpoint", "trials", "fold"
UNFINISHED = (CHECKPOINT, TRIALS, FOLD)
"""Folders of weights that are of use until a training is done, a few times the size of its model."""

OnSplit = Callable[[LabelledTexts, LabelledTexts | None, Split], None]


def home() -> Path:
    """Where runs are kept: ``BERTDEMO_HOME``, else the user's data folder."""
    if chosen := os.environ.get("BERTDEMO_HOME"):
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("bertdemo", appauthor=False))


def writable(name: str) -> Path:
    """The folder of that name in `home`, there and ready to be written in.

    Raises:
        UserError: ``home_unwritable``.
    """
    folder = home() / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise UserError("home_unwritable", reason=error.strerror or type(error).__name__) from error


def new_key() -> str:
    """A secret owner key, 256 random bits."""
    return secrets.token_hex(32)


@dataclass(frozen=True)
class Run:
    """A handle on the folder of one run. All state is on disk."""

    folder: Path

    @classmethod
    def create(
        cls,
        table: Table,
        roles: Roles,
        config: TrainConfig,
        *,
        test: Table | None = None,
        key: str | None = None,
        like: Run | None = None,
        dropped: Collection[int] = (),
        relabelling: Relabelling = UNCHANGED,
        on_split: OnSplit | None = None,
    ) -> Run:
        """A new run that waits to be worked on. The folder appears whole or not at all.

        Args:
            test: rows that test and nothing else.
            key: what proves who owns the run.
            like: the run that this one is to better: `table` is its table with other labels, and is divided as there.
            dropped: rows of the table that are in no part, and are not to be in a corrected table.
            relabelling: what remedies made of the labels; of a run `like` another the same as there.
            on_split: told the usable rows, the usable rows of `test`, and how they are divided.

        Raises:
            UserError: the columns are not there, or hold nothing that can be learnt.
        """
        before = like.split() if like else None
        texts = labelled_texts(table, roles, label_names=before.data.label_names if before else None)
        tested = None if test is None else _test_texts(test, roles, texts, table.rows)
        relabelling = like.relabelling if like else relabelling
        if before:
            split = before.over(texts if tested is None else texts.joined(tested), set(dropped))
        else:
            split = split_texts(texts, test=tested, seed=config.seed)
        if on_split:
            on_split(texts, tested, split)
        if config.base and Path(config.base).is_dir():
            config = replace(config, base=str(Path(config.base).resolve()))  # whoever goes on may be in another folder
        run = cls(writable("runs") / secrets.token_hex(16))
        with folder_aside(run.folder) as aside:
            (aside / "data").mkdir()
            table.save(aside / "data" / "table.parquet")
            if test is not None:
                test.save(aside / "data" / "test.parquet")
            split.save(aside / "data" / "split.parquet")
            write_json(
                aside / "run.json",
                {
                    "schema": SCHEMA,
                    "id": run.id,
                    "key_hash": _hash(key) if key else None,
                    "parent": like.id if like else None,
                    "dropped": sorted(dropped),
                    "created": datetime.now(UTC).isoformat(),
                    "name": _readable(table.name),
                    "data": {
                        "fingerprint": table.fingerprint,
                        "rows": len(split.data),
                        "folds": len(split.folds),
                        "text": list(roles.text),
                        "label": roles.label,
                        "pair": roles.pair,
                        "separator": roles.separator,
                        "flags": list(roles.flags),
                        "apart": roles.apart,
                        "exclusive": roles.exclusive,
                        "group": roles.group,
                        "task": roles.task,
                        "labels": list(split.data.label_names),
                        "labels_kept": like is not None,
                        "relabelling": relabelling.to_json(),
                        "test": _readable(test.name) if test is not None else None,
                    },
                    "config": config.to_json(),
                    "device": None,
                    "choices": None,
                    "selected": None,
                    "versions": _versions(),
                },
            )
        return run

    @classmethod
    def open(cls, run_id: str, *, whole: bool = True) -> Run:
        """The run of that id.

        Args:
            whole: whether a damaged one, see `meta`, is refused.

        Raises:
            UserError: ``run_unknown``, ``run_missing`` where the id is empty, or ``run_damaged``.
        """
        if not run_id:
            raise UserError("run_missing")
        run = cls(home() / "runs" / run_id)
        # an id is hexadecimal: nothing else may reach the file system
        if not run_id.isalnum() or len(run_id) > LONGEST_ID or not (run.folder / "run.json").is_file():
            raise UserError("run_unknown", run=run_id[:64])
        if whole and run.is_damaged:
            raise UserError("run_damaged", run=run_id)
        return run

    @classmethod
    def find(cls, given: str) -> Run:
        """The run meant by who may list them all: an id, its beginning (four characters or more), or ``last``.

        Raises:
            UserError: ``run_unknown``, ``run_missing``, ``run_ambiguous`` or ``no_runs``.
        """
        if given == LAST:
            runs = cls.all()
            if not runs:
                raise UserError("no_runs")
            return runs[-1]
        begun = [run for run in cls._there() if len(given) >= FEWEST_CHARACTERS and run.id.startswith(given)]
        if len(begun) > 1:
            raise UserError("run_ambiguous", run=given, n=len(begun))
        return begun[0] if begun else cls.open(given)

    @classmethod
    def all(cls, but: Collection[str] = ()) -> list[Run]:
        """Every run, the oldest first; those whose ids are in `but` are not looked at, damaged ones left out."""
        found = []
        for run in cls._there():
            if run.id not in but:
                with contextlib.suppress(FileNotFoundError, UserError):  # deleted meanwhile, or damaged
                    found.append((str(run.meta["created"]), run))
        return [run for _, run in sorted(found, key=lambda each: (each[0], each[1].id))]

    @classmethod
    def damaged(cls) -> list[Run]:
        """Runs of which nobody can say what they are, see `meta`: they can be deleted, and nothing else."""
        return sorted((run for run in cls._there() if run.is_damaged), key=lambda run: run.id)

    @classmethod
    def _there(cls) -> list[Run]:
        """Every run there is, in no order."""
        folders = (home() / "runs").glob("*")
        return [cls(folder) for folder in folders if folder.name.isalnum() and (folder / "run.json").is_file()]

    @property
    def id(self) -> str:
        return self.folder.name

    # What was asked for ------------------------------------------------------------------------

    @property
    def meta(self) -> dict[str, Any]:
        """run.json as it is now.

        Raises:
            FileNotFoundError: the run was deleted.
            UserError: ``run_damaged``: the file does not say what every run says.
        """
        try:
            meta: dict[str, Any] = read_json(self.folder / "run.json")
        except ValueError:
            meta = {}
        if not isinstance(meta, dict) or not NEEDED.issubset(meta):
            raise UserError("run_damaged", run=self.id)
        return meta

    @property
    def is_damaged(self) -> bool:
        """Whether run.json is there and can't be made sense of."""
        try:
            return not self.meta
        except FileNotFoundError:
            return False
        except UserError:
            return True

    def update(self, **fields: Any) -> None:
        """Change fields of run.json in one step. Only the holder of the lock does this."""
        write_json(self.folder / "run.json", {**self.meta, **fields})

    def require_schema(self) -> None:
        """Raises ``run_other_version``: another version began the training, and this one can't go on with it."""
        if self.meta["schema"] != SCHEMA:
            raise UserError("run_other_version", run=self.id)

    @property
    def config(self) -> TrainConfig:
        return TrainConfig.from_json(self.meta["config"])

    def is_of(self, table: Table) -> bool:
        """Whether it learns from a file of that name."""
        return str(self.meta["name"]) == _readable(table.name)

    @property
    def roles(self) -> Roles:
        data = self.meta["data"]
        # runs made before there were pairs, several labels and groups lack those keys
        flags, pair, separator = tuple(data.get("flags", ())), data.get("pair"), data.get("separator")
        apart, exclusive, group = data.get("apart", False), data.get("exclusive", False), data.get("group")
        return Roles(tuple(data["text"]), data["label"], pair, separator, flags, apart, exclusive, group)

    @property
    def measure(self) -> str:
        """Which of its scores is the score: ``accuracy``, or ``micro_f1`` where rows may have several labels."""
        return "micro_f1" if self.roles.several else "accuracy"

    @property
    def relabelling(self) -> Relabelling:
        """What remedies made of the labels before they were learnt; nothing of runs that don't say it."""
        said = self.meta["data"].get("relabelling")
        return Relabelling.from_json(said) if said else UNCHANGED

    @property
    def table(self) -> Table:
        """The rows that came in, as they are learned from. Raises what `split` raises."""
        with self._reads("table.parquet") as path:
            return Table.load(path)

    @property
    def table_rows(self) -> int:
        """The number of rows of `table`, which are not read for it. Raises what `split` raises."""
        with self._reads("table.parquet") as path:
            return rows_saved(path)

    def columns(self, names: Collection[str]) -> Table:
        """Of `table` these columns alone, which takes less memory."""
        with self._reads("table.parquet") as path:
            return Table.load(path, names)

    @property
    def test_table(self) -> Table | None:
        """The person's own test rows."""
        with self._reads("test.parquet") as path:
            return Table.load(path) if path.exists() else None

    def split(self) -> Split:
        """The rows and their parts, as they were divided when the run was made.

        Raises:
            UserError: ``run_data_damaged``: a file of the run can't be read.
        """
        table, test = self.table, self.test_table
        about = self.meta["data"]
        # labels of a corrected run are called what they were called before
        kept = tuple(about["labels"]) if about.get("labels_kept") else None
        texts = labelled_texts(table, self.roles, label_names=kept)
        if test is not None:
            texts = texts.joined(_test_texts(test, self.roles, texts, table.rows))
        with self._reads("split.parquet") as path:
            return Split.load(path, texts)

    @contextlib.contextmanager
    def _reads(self, name: str) -> Iterator[Path]:
        """A block that reads that file of the run's data. Raises ``run_data_damaged``."""
        try:
            yield self.folder / "data" / name
        except (OSError, ValueError, KeyError, TypeError) as error:
            if self.is_deleted:
                raise
            raise UserError("run_data_damaged", run=self.id, file=f"data/{name}") from error

    def belongs_to(self, key: str | None) -> bool:
        """Whether `key` is the owner's."""
        kept = self.meta["key_hash"]
        return bool(key and kept and hmac.compare_digest(_hash(key), kept))

    # What happened -----------------------------------------------------------------------------

    def append(self, event: ev.Event) -> ev.Event:
        """Write one event to the run's log. Only the holder of the lock does this."""
        return log.append(self.folder / "events.jsonl", event)

    def events(self, offset: int = 0) -> tuple[list[ev.Event], int]:
        """The events from byte `offset` on, and the offset to read on from."""
        return log.read(self.folder / "events.jsonl", offset)

    def state(self) -> RunState:
        """The state now, folded from the first event on."""
        return fold(RunState(), self.events()[0])

    def lock(self) -> filelock.FileLock:
        """Held by whoever works on the run; free again when its process ends, however it ends."""
        return lock_at(self.folder / "lock")

    @property
    def is_held(self) -> bool:
        """Whether a worker works on the run now."""
        return is_held(self.lock())

    @property
    def status(self) -> str:
        """``waiting``, ``running``, ``interrupted`` (nobody works on what was begun), ``finished``, ``failed`` or
        ``stopped``."""
        status = self.state().status
        return "running" if self.is_held else "interrupted" if status == "running" else status

    @property
    def is_deleted(self) -> bool:
        return not (self.folder / "run.json").is_file()

    @contextlib.contextmanager
    def needed(self, code: str = "run_unknown") -> Iterator[None]:
        """A block whose errors are one where the run was deleted meanwhile.

        Raises:
            UserError: of that code.
        """
        try:
            yield
        except OSError:
            if self.is_deleted:
                raise UserError(code, run=self.id) from None
            raise

    def tidy(self) -> None:
        """Delete what only a training that is not done has a use for."""
        for name in UNFINISHED:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    # What is asked meanwhile -------------------------------------------------------------------

    def request(self, command: str) -> None:
        """Ask the worker to ``stop`` (finish now, keep the best) or to ``discard``."""
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            (self.folder / command).touch()

    def is_requested(self, command: str) -> bool:
        return (self.folder / command).exists()

    def delete(self) -> None:
        """Delete the run and everything in it; at once invisible, then gone."""
        grave = self.folder.with_name(f".{self.id}.deleted")
        self.folder.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    # What came of it ---------------------------------------------------------------------------

    def model_folder(self, name: str) -> Path:
        return self.folder / "models" / name

    @property
    def models(self) -> tuple[str, ...]:
        """The classifiers that are ready."""
        return tuple(name for name in MODELS if self.model_folder(name).is_dir())

    @property
    def selected(self) -> Path | None:
        """The folder of the classifier to use: the selected one, before the end the best so far."""
        name = self.meta["selected"]
        if name is None:
            ready = [b for b in self.state().baselines if b.model in self.models]
            name = max(ready, key=lambda b: b.score).model if ready else None
        return self.model_folder(name) if name else None

    @property
    def threshold(self) -> float | None:
        """The confidence from which on labels are accepted: the one kept, else what the report recommends."""
        kept = self.meta.get("threshold")
        if kept is not None:
            return float(kept)
        path = self.folder / "report.json"
        # asked with every text that is classified, and a report is long
        return _recommended(path, path.stat().st_mtime_ns) if path.exists() else None

    def keep_threshold(self, threshold: float) -> None:
        """Accept labels from `threshold` on, from now on.

        Raises:
            UserError: ``run_busy``: somebody works on the run; ``run_unknown``: it was deleted meanwhile.
        """
        try:
            with self.needed(), self.lock():
                self.update(threshold=threshold)
        except filelock.Timeout:
            raise UserError("run_busy", run=self.id) from None

    @property
    def report(self) -> dict[str, Any] | None:
        """What report.json holds; None before the end, where its version is another one, and where it is damaged."""
        found = self._report
        if not found or found.get("version") != REPORT_VERSION:
            return None
        measure = "micro_f1" if "micro_f1" in found else "accuracy"
        return {"measure": measure, "score": found.get(measure), **found}  # the first reports of this version lack both

    @property
    def is_report_damaged(self) -> bool:
        """Whether report.json is there and can't be read."""
        return self._report is None

    @property
    def _report(self) -> dict[str, Any] | None:
        """What report.json holds: nothing where there is none, None where it is damaged."""
        path = self.folder / "report.json"
        try:
            found = read_json(path) if path.exists() else {}
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def require_report(self) -> dict[str, Any]:
        """What report.json holds.

        Raises:
            UserError: ``report_missing`` before the end; ``report_other_version``: this one can't read it;
                ``report_damaged``: nobody can.
        """
        report = self.report
        if self.is_report_damaged:
            raise UserError("report_damaged", run=self.id)
        if report is None:
            written = (self.folder / "report.json").exists()
            raise UserError("report_other_version" if written else "report_missing", run=self.id)
        return report


@lru_cache(maxsize=16)
def _recommended(path: Path, changed: int) -> float | None:
    report = Run(path.parent).report
    return report["trust"]["recommended"] if report else None


def _test_texts(test: Table, roles: Roles, texts: LabelledTexts, first_row_id: int) -> LabelledTexts:
    return labelled_texts(test, roles, label_names=texts.label_names, first_row_id=first_row_id)


def _readable(name: str) -> str:
    """A file's name as text: one that is no UTF-8 has bytes that Python keeps as halves of characters."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    packages = ("torch", "transformers", "scikit-learn", "numpy", "pandas")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
