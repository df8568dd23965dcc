"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bertdemo import __version__
from bertdemo.cli import runs, training, using
from bertdemo.cli.command import Command
from bertdemo.cli.given import run_id, run_or_model
from bertdemo.export.rules import RULES
from bertdemo.runs.config import BUDGETS, PRECISIONS
from bertdemo.text import LANGUAGES, say


def parser() -> argparse.ArgumentParser:
    """Of the whole command line; the function of the command is left in ``command``."""
    whole = argparse.ArgumentParser(prog="bertdemo", description=say("cli.about"))
    whole.add_argument("--version", action="version", version=f"bertdemo {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=Command)

    def command(name: str, work: Callable[[argparse.Namespace], None], into: Any = commands) -> Any:
        added = into.add_parser(name, help=say(f"cli.help.{name}"), description=say(f"cli.help.{name}"))
        added.set_defaults(command=work)
        return added

    def reading(to: Any) -> None:
        to.add_argument("--encoding", help=say("cli.help.encoding"))
        to.add_argument("--delimiter", help=say("cli.help.delimiter"))
        header = to.add_mutually_exclusive_group()
        header.add_argument("--header", dest="has_header", action="store_true", default=None,
                            help=say("cli.help.header"))  # fmt: skip
        header.add_argument("--no-header", dest="has_header", action="store_false", help=say("cli.help.no_header"))
        to.add_argument("--quotechar", metavar="CHARACTER", help=say("cli.help.quotechar"))
        to.add_argument("--skip-rows", type=int, metavar="N", help=say("cli.help.skip_rows"))
        to.add_argument("--sheet", metavar="NAME", help=say("cli.help.sheet"))

    as_json: dict[str, Any] = {"action": "store_true", "help": say("cli.help.json")}
    precision: dict[str, Any] = {"default": "auto", "choices": PRECISIONS}
    precision["help"] = say("cli.help.precision")
    run: dict[str, Any] = {"type": run_id, "metavar": "RUN", "help": say("cli.help.run")}
    model: dict[str, Any] = {"type": run_or_model, "metavar": "RUN_OR_MODEL", "help": say("cli.help.run_or_model")}

    def columns(to: Any) -> None:
        to.add_argument("--text", action="append", default=[], metavar="COLUMN", help=say("cli.help.text"))
        to.add_argument("--text-pair", metavar="COLUMN", help=say("cli.help.text_pair"))
        to.add_argument("--label", action="append", default=[], metavar="COLUMN", help=say("cli.help.label"))
        to.add_argument("--label-sep", metavar="MARK", help=say("cli.help.label_sep"))
        to.add_argument("--spellings-apart", action="store_true", help=say("cli.help.spellings_apart"))

    def material(to: Any) -> None:
        columns(to)
        to.add_argument("--test", type=Path, metavar="FILE", help=say("cli.help.test"))
        to.add_argument("--split", metavar="COLUMN", help=say("cli.help.split"))
        to.add_argument("--remedy", dest="remedies", action="append", default=[], metavar="NAME",
                        help=say("cli.help.remedy"))  # fmt: skip

    added = command("inspect", training.inspect)
    added.add_argument("file", help=say("cli.help.file"))
    added.add_argument("--json", **as_json)
    material(added)
    reading(added)

    added = command("train", training.train)
    added.add_argument("file", help=say("cli.help.file"))
    material(added)
    added.add_argument("--base", metavar="NAME_OR_PATH", help=say("cli.help.base"))
    added.add_argument("--budget", default="balanced", choices=BUDGETS,
                       help=say("cli.help.budget"))  # fmt: skip
    added.add_argument("--epochs", type=float, help=say("cli.help.epochs"))
    added.add_argument("--lr", type=float, help=say("cli.help.lr"))
    added.add_argument("--batch", type=int, help=say("cli.help.batch"))
    added.add_argument("--max-length", type=int, help=say("cli.help.max_length"))
    added.add_argument("--seed", type=int, default=0, help=say("cli.help.seed"))
    added.add_argument("--out", type=Path, metavar="DIR", help=say("cli.help.out"))
    added.add_argument("--json", **as_json)
    reading(added)

    added = command("evaluate", using.evaluate)
    added.add_argument("model", **model)
    added.add_argument("file", type=Path, help=say("cli.help.evaluate_file"))
    columns(added)
    added.add_argument("--precision", **precision)
    added.add_argument("--json", **as_json)
    reading(added)

    added = command("classify", using.classify)
    added.add_argument("model", **model)
    added.add_argument("texts", nargs="*", metavar="TEXT", help=say("cli.help.texts"))
    added.add_argument("--file", type=Path, help=say("cli.help.classify_file"))
    added.add_argument("--text", action="append", default=[], metavar="COLUMN", help=say("cli.help.text"))
    added.add_argument("--text-pair", metavar="COLUMN", help=say("cli.help.text_pair"))
    added.add_argument("--out", type=Path, metavar="FILE", help=say("cli.help.classified_out"))
    added.add_argument("--review", type=Path, metavar="FILE", help=say("cli.help.review"))
    added.add_argument("--threshold", type=float, metavar="X", help=say("cli.help.threshold"))
    added.add_argument("--keep-formulas", action="store_true", help=say("cli.help.keep_formulas"))
    added.add_argument("--all-probabilities", action="store_true", help=say("cli.help.all_probabilities"))
    added.add_argument("--why", action="store_true", help=say("cli.help.why"))
    added.add_argument("--precision", **precision)
    added.add_argument("--json", **as_json)
    reading(added)

    of_runs = commands.add_parser("runs", help=say("cli.help.runs")).add_subparsers(required=True, metavar="COMMAND")
    command("list", runs.runs_list, of_runs).add_argument("--json", **as_json)
    for name, work in (("show", runs.runs_show), ("resume", training.resume), ("delete", runs.runs_delete)):
        added = command(name, work, of_runs)
        added.add_argument("run", **run)
        added.add_argument("--json", **as_json)

    added = command("report", runs.report)
    added.add_argument("run", **run)
    added.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("cli.help.report_out"))
    added.add_argument("--examples", action="store_true", help=say("cli.help.examples"))
    added.add_argument("--lang", default="en", choices=tuple(LANGUAGES), help=say("cli.help.lang"))

    added = command("export", runs.export)
    added.add_argument("run", **run)
    added.add_argument("--format", required=True, choices=tuple(RULES), help=say("cli.help.export_form"))
    added.add_argument("--out", type=Path, required=True, metavar="FILE_OR_DIR", help=say("cli.help.export_out"))
    added.add_argument("--json", **as_json)

    added = command("compare", runs.compare)
    added.add_argument("run", **run)
    added.add_argument("other", **run | {"metavar": "OTHER_RUN"})
    added.add_argument("--json", **as_json)

    added = command("serve", runs.serve)
    added.add_argument("--host", default="127.0.0.1", help=say("cli.help.host"))
    added.add_argument("--port", type=int, help=say("cli.help.port"))
    added.add_argument("--share", action="store_true", help=say("cli.help.share"))
    added.add_argument("--mcp", action="store_true", default=None, help=say("cli.help.mcp"))
    return whole
