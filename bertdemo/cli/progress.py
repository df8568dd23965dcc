"""What a command says on standard error while it works on a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from bertdemo.text import say

LARGE_FILE = 20_000_000


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
