"""What is said on standard error of a run that is made and worked on, on the command line and in Python."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bertdemo.runs import events as ev
from bertdemo.text import say

if TYPE_CHECKING:
    from bertdemo.runs.run import Run


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def tell_look(found: dict[str, Any], asked: str = "api") -> None:
    """Before the training: the columns, how many rows, and what is wrong with them.

    Args:
        found: what `bertdemo.api.prepare` calls `on_look` with.
        asked: ``"api"``, or ``"cli"`` where the columns are named by options.
    """
    parts = "rows" if found["chosen_by"] else "rows_in_folds"
    rows = say("cli.train_rows_in_turn" if found["out_of_fold"] else f"cli.train_{parts}", **found)
    wrong = [finding.message() for finding in found["findings"]]
    for line in (columns_line(found), *rivals_line(found, asked), rows, *wrong):
        tell(line)


def tell_waiting(run: Run) -> None:
    """Of a training in Python that can't begin yet: what it waits for."""
    tell(say("api.waiting_for_it" if run.is_held else "cli.waiting"))


def columns_line(found: dict[str, Any]) -> str:
    """`roles_line` of what a look at a file gives."""
    labels = [found["label"]] if isinstance(found["label"], str) else found["label"]
    return roles_line(found["text"], found["text_pair"], labels, found["task"], found["group"])


def roles_line(
    text: Sequence[str], pair: str | None, labels: Sequence[str], task: str, group: str | None = None
) -> str:
    """Which columns are the text and the label, what is learnt, and which rows are kept together."""
    texts = [*text, *([pair] if pair else [])]
    said = say("cli.inspect_roles", text=", ".join(texts), label=", ".join(labels), task=say(f"task.{task}"))
    return f"{said}; {say('cli.inspect_group', column=group)}" if group else said


def rivals_line(found: dict[str, Any], asked: str) -> list[str]:
    """What else could be the label, if anything, and how it is taken where the command line or Python `asked`."""
    rivals = found["label_rivals"]
    return [say(f"{asked}.label_rivals", columns=", ".join(rivals))] if rivals else []


def show_progress() -> Callable[[ev.Event], None]:
    """What shows the events of a training on standard error: ``train(…, on_event=bertdemo.show_progress())``.

    On a terminal one line changes; elsewhere, such as in a notebook, there is a line now and then.
    """
    terminal = sys.stderr.isatty()
    last, phase = [0.0], [""]

    def line(text: str, *, passing: bool = False) -> None:
        if terminal:
            print(f"\r\033[K{text}", end="" if passing else "\n", file=sys.stderr, flush=True)
        elif not passing or time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    def show(event: ev.Event) -> None:
        match event:
            case ev.PhaseBegan():
                left = "" if event.left is None else f"  {say('cli.left', seconds=event.left)}"
                again, phase[0] = event.phase == phase[0], event.phase
                line(f"{event.done:4.0%}  {say(f'phase.{event.phase}')}{left}", passing=again)
            case ev.BaselineReady():
                line(say("cli.baseline", model=say(f"model.{event.model}"), accuracy=event.score))
            case ev.BaseOutOfReach():
                line(say("event.base_out_of_reach", **_plain(event)))
            case ev.Measured():
                time_left = say("cli.seconds", seconds=event.seconds)
                line("      " + say("event.measured", time=time_left, memory=event.memory / 2**30))
            case ev.MemoryShort():
                line("      " + say("event.memory_short", **_plain(event)))
            case ev.Tried():
                line("      " + say("event.tried", **{**_plain(event), "number": event.number + 1}))
            case ev.Stepped():
                left = "" if event.left is None else f"  {say('cli.left', seconds=event.left)}"
                speed = say("cli.speed", rows=event.rows_per_second)
                line(f"{event.done:4.0%}  {say('phase.learning')}{left}  {speed}", passing=True)
            case ev.Validated():
                mark = " *" if event.best else ""
                line(say("cli.validated", epoch=event.epoch, accuracy=event.score, loss=event.loss) + mark)
            case ev.Kept():
                line("      " + say(event.code, **_plain(event)))
            case ev.Dropped():
                line("      " + say("event.dropped", part=say(f"part.{event.part}")))
            case ev.Resumed():
                line(say("cli.resumed", step=event.step))

    return show


def _plain(event: ev.Event) -> dict[str, Any]:
    """The values of an event, for its sentence."""
    return {name: value for name, value in vars(event).items() if name != "time"}
