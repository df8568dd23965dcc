"""``inspect``, ``train`` and ``runs resume``: from a file to a classifier."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from functools import partial
from typing import Any

from bertdemo.cli.given import can_be_filled, material, print_json, reading
from bertdemo.cli.outcome import print_outcome
from bertdemo.cli.progress import phase_line, share_line
from bertdemo.errors import UserError
from bertdemo.progress import columns_line, rivals_line, show_progress, tell_look
from bertdemo.text import say, sentence

AFTER_LEARNING = ("testing", "reporting")
"""Phases that ask nobody whether to go on."""


def inspect(options: argparse.Namespace) -> None:
    """``inspect``: what a file holds, how it would be used, and what is wrong with it."""
    from bertdemo import api

    show: dict[str, Any] = {"on_phase": phase_line(options.file), "on_progress": share_line()}
    found = api.inspect(options.file, **show, **material(options), test=options.test, **reading(options))
    if options.json:
        print_json(found)
        return
    print(say("cli.inspect_rows", rows=found["rows"], columns=", ".join(found["columns"])))
    print(sentence("read_as", "en", how=", ".join(_how_read(found))))
    print(columns_line(found))
    for line in rivals_line(found, "cli"):
        print(line)
    for column in found["unused"]:
        print(say("cli.inspect_unused", **column))
    for name, count in sorted(found["labels"].items(), key=lambda entry: -entry[1]):
        print(f"{count:>8}  {name}")
    for finding in found["findings"]:
        print(f"{finding['severity']:>8}  {finding['message']}")
        for remedy in finding["remedies"]:
            print(f"{'':>8}  --remedy {remedy}: {say(f'remedy.{remedy}')}")


def _how_read(found: dict[str, Any]) -> list[str]:
    """What was taken for granted in reading a file; of what its format does not have, nothing is said."""
    names = ("encoding", "delimiter", "quotechar")
    how = [say(f"cli.read_{name}", value=found[name]) for name in names if found[name] is not None]
    return [found["format"], *how, sentence("with_header" if found["has_header"] else "without_header", "en")]


def train(options: argparse.Namespace) -> None:
    """``train``: a run on a file, worked on to its end; with ``--out`` a copy of its classifier."""
    from bertdemo.api import prepare

    began = time.monotonic()
    if options.out:
        can_be_filled(options.out)
    settings = {"budget": options.budget, "base": options.base, "epochs": options.epochs, "lr": options.lr}
    settings |= {"batch": options.batch, "max_length": options.max_length, "seed": options.seed}
    prepared = prepare(
        options.file,
        **material(options),
        test=options.test,
        reading=reading(options),
        on_look=partial(tell_look, asked="cli"),
        **settings,
    )
    _work(prepared, options, began)


def resume(options: argparse.Namespace) -> None:
    """``runs resume``: as `bertdemo.resume`."""
    from bertdemo.api import reopened
    from bertdemo.runs.run import Run

    began = time.monotonic()
    _work(reopened(Run.open(options.run)), options, began)


def _work(prepared: Any, options: argparse.Namespace, began: float) -> None:
    """Work on a run to its end, with progress; Ctrl-C finishes now, twice leaves it to be resumed.

    Raises:
        KeyboardInterrupt: it was left to be resumed, and that was said.
    """
    from bertdemo.api import outcome
    from bertdemo.runs import events as ev
    from bertdemo.runs.files import folder_to_fill, where_asked

    phase, pressed = "", 0

    def interrupted(*_: object) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            prepared.stop()
            print(f"\n{say('cli.finishing')}", file=sys.stderr)
            return
        (prepared.run.folder / "stop").unlink(missing_ok=True)
        prepared.pause()
        if pressed > 2 or phase in AFTER_LEARNING:
            raise KeyboardInterrupt

    def waiting() -> None:
        code = "cli.waiting_for_it" if prepared.run.is_held else "cli.waiting"
        print(say(code), file=sys.stderr, flush=True)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        show = show_progress()
        prepared.on_wait = waiting
        for event in prepared.events():
            show(event)
            phase = event.phase if isinstance(event, ev.PhaseBegan) else phase
            if pressed > 1 and phase in AFTER_LEARNING:  # the loop had heeded the first press already
                break
    except KeyboardInterrupt:
        pass  # what is on disk is gone on from
    finally:
        signal.signal(signal.SIGINT, before)
    if prepared.run.is_deleted:
        raise UserError("run_deleted", run=prepared.run.id)
    if prepared.run.state().status != "finished":
        print(say("cli.paused", run=prepared.run.id), file=sys.stderr)
        if pressed:
            raise KeyboardInterrupt
        sys.exit(2)
    if getattr(options, "out", None):
        with where_asked(options.out), folder_to_fill(options.out) as aside:
            shutil.copytree(prepared.model, aside, dirs_exist_ok=True)
    found = outcome(prepared, began)
    if options.json:
        print_json(found)
        return
    print_outcome(found, prepared.report)
    if found["epochs"]:
        print(say("cli.trained_epochs", epochs=found["epochs"]))
