"""What a command says on standard error while it works."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bertdemo.text import say

LARGE_FILE = 20_000_000


def progress() -> Callable[[Any], None]:
    """Shows events on standard error: one line that changes on a terminal, a line now and then elsewhere."""
    from bertdemo.runs import events as ev

    terminal = sys.stderr.isatty()
    last, phase = [0.0], [""]

    def line(text: str, *, passing: bool = False) -> None:
        if terminal:
            print(f"\r\033[K{text}", end="" if passing else "\n", file=sys.stderr, flush=True)
        elif not passing or time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    def show(event: Any) -> None:
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


def _plain(event: Any) -> dict[str, Any]:
    """The values of an event, for its sentence."""
    return {name: value for name, value in vars(event).items() if name != "time"}


def file_line() -> Callable[[str, int, int], None]:
    """Shows on standard error how far a file is: a changing line on a terminal, a line now and then elsewhere."""
    terminal, began, last = sys.stderr.isatty(), time.monotonic(), time.monotonic()
    first = -1

    def show(phase: str, rows: int, total: int) -> None:
        nonlocal began, first, last
        now = time.monotonic()
        if phase == "classifying" and first < 0:
            began, first = now, rows
            if rows:
                print(say("cli.classify_resumed", rows=rows, total=total), file=sys.stderr, flush=True)
        if now - last < (0.2 if terminal else 10) and rows < total:
            return
        last = now
        line = f"{rows / max(1, total):4.0%}  {say(f'cli.{phase}')}"
        if phase == "classifying" and rows > max(0, first) and rows < total:
            rate = (rows - first) / max(1e-9, now - began)
            line += f"  {say('cli.left', seconds=(total - rows) / rate)}  {say('cli.speed', rows=rate)}"
        if terminal:
            end = "\n" if phase == "writing" and rows == total else ""
            print(f"\r\033[K{line}", end=end, file=sys.stderr, flush=True)
        elif rows < total:
            print(line, file=sys.stderr, flush=True)

    return show


def phase_line(file: str) -> Callable[[str], None]:
    """Says on standard error what is being done to a large file."""
    large = Path(file).is_file() and Path(file).stat().st_size > LARGE_FILE
    return lambda phase: print(say(f"cli.{phase}"), file=sys.stderr, flush=True) if large else None


def share_line() -> Callable[[float], None]:
    """Says on a terminal how much of a large file is read."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda share: print(f"\r{share:4.0%}", end="\r", file=sys.stderr, flush=True)
