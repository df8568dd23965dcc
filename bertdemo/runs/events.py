"""What a worker says while it works: typed events, one JSON line each.

Only facts, codes and numbers; the words are made in `bertdemo.text`. Shares are 0 to 1, durations
seconds, `time` is seconds since 1970 and is stamped when the event is written.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

PHASES = ("reading", "tfidf", "instant", "preparing", "learning", "testing", "reporting")
"""The phases of a training job in their order; each is worded as ``phase.<name>``."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events; `kind` names the type in the JSON line."""

    kind: ClassVar[str]
    time: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Scores:
    """The scores of a classifier on some rows; `micro_f1` where a row may have several labels."""

    accuracy: float
    macro_f1: float
    micro_f1: float | None = None

    @property
    def score(self) -> float:
        """The headline: accuracy, or micro F1 where rows may have several labels."""
        return self.accuracy if self.micro_f1 is None else self.micro_f1


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """A worker took the job: for the first time, or again after an interruption."""

    kind: ClassVar[str] = "started"
    device: str = ""


@dataclass(frozen=True, kw_only=True)
class PhaseBegan(Event):
    """One of `PHASES` begins, or gets on; `done` is the share of the whole job that lies behind.

    `left` is the time that is expected until the end, where nothing was measured yet. Written at most twice a second.
    """

    kind: ClassVar[str] = "phase"
    phase: str
    done: float
    left: float | None = None


@dataclass(frozen=True, kw_only=True)
class BaselineReady(_Scores, Event):
    """A simple classifier (``tfidf`` or ``instant``) is trained, saved and usable."""

    kind: ClassVar[str] = "baseline"
    model: str


@dataclass(frozen=True, kw_only=True)
class Chosen(Event):
    """The settings that were chosen from data and device; the same as `choices` in run.json."""

    kind: ClassVar[str] = "chosen"
    choices: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class BaseOutOfReach(Event):
    """The texts need `base`, which can't be had now; the TF-IDF classifier is trained instead."""

    kind: ClassVar[str] = "base_out_of_reach"
    base: str
    megabytes: int
    language: str


@dataclass(frozen=True, kw_only=True)
class Measured(Event):
    """What a few real steps say of the training: seconds still to go, and bytes of memory at its peak."""

    kind: ClassVar[str] = "measured"
    seconds: float
    memory: int


@dataclass(frozen=True, kw_only=True)
class MemoryShort(Event):
    """Memory ran out at `step`; rows go through in passes of at most `tokens` from now on."""

    kind: ClassVar[str] = "memory_short"
    step: int
    tokens: int


@dataclass(frozen=True, kw_only=True)
class Tried(Event):
    """One of several learning rates was tried to the end; `score` is the headline on the validation rows."""

    kind: ClassVar[str] = "tried"
    number: int
    of: int
    lr: float
    score: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class Stepped(Event):
    """Where the learning is. Written at most twice a second."""

    kind: ClassVar[str] = "step"
    step: int
    steps: int
    epoch: float
    epochs: float
    loss: float
    lr: float
    rows_per_second: float
    done: float
    left: float | None


@dataclass(frozen=True, kw_only=True)
class Validated(_Scores, Event):
    """The scores on the validation rows after `step`; `best` where the loss is the smallest so far.

    The loss is that of probabilities which are calibrated by these rows, where they are enough.
    """

    kind: ClassVar[str] = "validated"
    step: int
    epoch: float
    loss: float
    best: bool


@dataclass(frozen=True, kw_only=True)
class Kept(Event):
    """The learning is over: the weights of `step` are kept; the best check, with `score`, was at `best_step`."""

    kind: ClassVar[str] = "kept"
    step: int
    best_step: int
    score: float

    @property
    def code(self) -> str:
        """As which it is worded: the weights of the best check, or the last ones, which are as good."""
        return "event.kept_best" if self.step == self.best_step else "event.kept_last"


@dataclass(frozen=True, kw_only=True)
class Progressed(Event):
    """How far a job other than a training is; `rows` of `total` are done in this phase.

    `phase` is ``reading`` (in thousandths of the file), ``classifying`` or ``writing``; `left` is of the whole job.
    """

    kind: ClassVar[str] = "progress"
    rows: int
    total: int
    left: float | None
    phase: str = "classifying"


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """A job was stopped on request; `rows` are done and kept. It goes on after `Resumed`."""

    kind: ClassVar[str] = "paused"
    rows: int


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """Work goes on from a checkpoint at `step`: step events after it are void.

    Of a run that failed: it was asked to go on, and waits for a worker.
    """

    kind: ClassVar[str] = "resumed"
    step: int


@dataclass(frozen=True, kw_only=True)
class Dropped(Event):
    """What was kept of a part of the work could not be read and is made again; worded as ``part.<part>``."""

    kind: ClassVar[str] = "dropped"
    part: str


@dataclass(frozen=True, kw_only=True)
class Checkpointed(Event):
    """A complete checkpoint at `step` is on disk."""

    kind: ClassVar[str] = "checkpoint"
    step: int


@dataclass(frozen=True, kw_only=True)
class Finished(_Scores, Event):
    """The last word of a run that went well. `stopped` where the person asked to finish early."""

    kind: ClassVar[str] = "finished"
    selected: str
    interval: list[float] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class Counted(Event):
    """The last word of a classified file: how many rows got each label, and the rest of its summary."""

    kind: ClassVar[str] = "counted"
    counts: dict[str, int]
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Packed(Event):
    """The last word of an export: the form lies ready."""

    kind: ClassVar[str] = "packed"
    form: str


STOPPED_BEFORE = "stopped_before"
"""The code of `Failed` of a run that was stopped while it waited: nothing was done, and nothing went wrong."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The last word of a run that did not: an error code of `bertdemo.text` and its parameters."""

    kind: ClassVar[str] = "failed"
    code: str
    params: dict[str, Any] = field(default_factory=dict)


KINDS: dict[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}


def to_line(event: Event) -> str:
    """One JSON line, newline included."""
    return json.dumps({"kind": event.kind, **dataclasses.asdict(event)}, ensure_ascii=False) + "\n"


def from_line(line: str) -> Event:
    """The event of a JSON line. Fields of a newer version are passed over.

    Raises:
        ValueError: not a JSON object, or not a kind that this version knows.
    """
    fields = json.loads(line)
    if not isinstance(fields, dict) or fields.get("kind") not in KINDS:
        raise ValueError(f"not an event: {line[:80]!r}")
    cls = KINDS[fields.pop("kind")]
    known = {f.name for f in dataclasses.fields(cls)}
    return cls(**{name: value for name, value in fields.items() if name in known})
