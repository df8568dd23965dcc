"""A file of events: one writer appends lines, any number of readers read on from where they were."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from bertdemo.runs.events import Event, from_line, to_line


def append(path: Path, event: Event) -> Event:
    """Write one event, stamped with the time now, and return it as written.

    After a crash the last line may be torn: it is closed with a newline and ignored by readers.
    """
    event = replace(event, time=round(time.time(), 3))
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(to_line(event).encode())
    return event


def read(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The whole lines from byte `offset` on as events, and the offset to read on from.

    Lines that are no event of this version (torn, or of a newer one) are passed over.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            raw = file.read()
    except FileNotFoundError:  # nothing is said yet, or it was deleted
        return [], offset
    whole = raw[: raw.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        try:
            found.append(from_line(line.decode("utf-8", "replace")))
        except (ValueError, TypeError):
            continue
    return found, offset + len(whole)
