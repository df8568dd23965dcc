"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from bertdemo import __version__
from bertdemo.cli import runs, training, using
from bertdemo.cli.command import Command
from bertdemo.cli.given import path_given, run_id, run_or_model
from bertdemo.export.rules import RULES
from bertdemo.runs.config import BUDGETS, PRECISIONS
from bertdemo.text import LANGUAGES, say


def parser() -> argparse.ArgumentParser:
    """Of the whole command line; the function of the command is left in ``command``."""
    whole = argparse.ArgumentParser(prog="bertdemo", description=say("cli.about"))
    whole.add_argument("--version", action="version", version=f"bertdemo {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", parser_class=Command)
    for add in (_training, _using, _runs, _serve):
        add(commands)
    return whole


def _training(commands: Any) -> None:
    to = _command(commands, "inspect", training.inspect)
    to.add_argument("file", help=say("cli.help.file"))
    _json(to)
    _material(to)
    _reading(to)

    to = _command(commands, "train", training.train)
    to.add_argument("file", help=say("cli.help.file"))
    _material(to)
    to.add_argument("--base", metavar="NAME_OR_PATH", help=say("cli.help.base"))
    to.add_argument("--budget", default="balanced", choices=BUDGETS, help=say("cli.help.budget"))
    to.add_argument("--epochs", type=float, help=say("cli.help.epochs"))
    to.add_argument("--lr", type=float, help=say("cli.help.lr"))
    to.add_argument("--batch", type=int, help=say("cli.help.batch"))
    to.add_argument("--max-length", type=int, help=say("cli.help.max_length"))
    to.add_argument("--seed", type=int, default=0, help=say("cli.help.seed"))
    to.add_argument("--out", type=path_given, metavar="DIR", help=say("cli.help.out"))
    _json(to)
    _reading(to)


def _using(commands: Any) -> None:
    to = _command(commands, "evaluate", using.evaluate)
    _model(to)
    to.add_argument("file", type=path_given, help=say("cli.help.evaluate_file"))
    _columns(to)
    _precision(to)
    _json(to)
    _reading(to)

    to = _command(commands, "classify", using.classify)
    _model(to)
    to.add_argument("texts", nargs="*", metavar="TEXT", help=say("cli.help.texts"))
    to.add_argument("--file", type=path_given, help=say("cli.help.classify_file"))
    to.add_argument("--text", action="append", default=[], metavar="COLUMN", help=say("cli.help.text"))
    to.add_argument("--text-pair", metavar="COLUMN", help=say("cli.help.text_pair"))
    to.add_argument("--out", type=path_given, metavar="FILE", help=say("cli.help.classified_out"))
    to.add_argument("--review", type=path_given, metavar="FILE", help=say("cli.help.review"))
    to.add_argument("--threshold", type=float, metavar="X", help=say("cli.help.threshold"))
    to.add_argument("--keep-formulas", action="store_true", help=say("cli.help.keep_formulas"))
    to.add_argument("--all-probabilities", action="store_true", help=say("cli.help.all_probabilities"))
    to.add_argument("--why", action="store_true", help=say("cli.help.why"))
    _precision(to)
    _json(to)
    _reading(to)


def _runs(commands: Any) -> None:
    of_runs = commands.add_parser("runs", help=say("cli.help.runs")).add_subparsers(required=True, metavar="COMMAND")
    _json(_command(of_runs, "list", runs.runs_list))
    for name, work in (("show", runs.runs_show), ("resume", training.resume), ("delete", runs.runs_delete)):
        to = _command(of_runs, name, work)
        _run(to)
        _json(to)

    to = _command(commands, "report", runs.report)
    _run(to)
    to.add_argument("--out", type=path_given, required=True, metavar="FILE", help=say("cli.help.report_out"))
    to.add_argument("--examples", action="store_true", help=say("cli.help.examples"))
    to.add_argument("--lang", default="en", choices=tuple(LANGUAGES), help=say("cli.help.lang"))

    to = _command(commands, "export", runs.export)
    _run(to)
    to.add_argument("--format", required=True, choices=tuple(RULES), help=say("cli.help.export_form"))
    to.add_argument("--out", type=path_given, required=True, metavar="FILE_OR_DIR", help=say("cli.help.export_out"))
    _json(to)

    to = _command(commands, "compare", runs.compare)
    _run(to)
    _run(to, "other", "OTHER_RUN")
    _json(to)


def _serve(commands: Any) -> None:
    to = _command(commands, "serve", runs.serve)
    to.add_argument("--host", default="127.0.0.1", help=say("cli.help.host"))
    to.add_argument("--port", type=int, help=say("cli.help.port"))
    to.add_argument("--share", action="store_true", help=say("cli.help.share"))
    to.add_argument("--for-others", action="store_true", help=say("cli.help.for_others"))
    to.add_argument("--root-path", metavar="PATH", help=say("cli.help.root_path"))
    to.add_argument("--mcp", action="store_true", help=say("cli.help.mcp"))


def _command(commands: Any, name: str, work: Callable[[argparse.Namespace], None]) -> Any:
    """A command without arguments yet; below are those that several commands take."""
    added = commands.add_parser(name, help=say(f"cli.help.{name}"), description=say(f"cli.help.{name}"))
    added.set_defaults(command=work)
    return added


def _run(to: Any, name: str = "run", shown: str = "RUN") -> None:
    to.add_argument(name, type=run_id, metavar=shown, help=say("cli.help.run"))


def _model(to: Any) -> None:
    to.add_argument("model", type=run_or_model, metavar="RUN_OR_MODEL", help=say("cli.help.run_or_model"))


def _json(to: Any) -> None:
    to.add_argument("--json", action="store_true", help=say("cli.help.json"))


def _precision(to: Any) -> None:
    to.add_argument("--precision", default="auto", choices=PRECISIONS, help=say("cli.help.precision"))


def _columns(to: Any) -> None:
    to.add_argument("--text", action="append", default=[], metavar="COLUMN", help=say("cli.help.text"))
    to.add_argument("--text-pair", metavar="COLUMN", help=say("cli.help.text_pair"))
    to.add_argument("--label", action="append", default=[], metavar="COLUMN", help=say("cli.help.label"))
    to.add_argument("--label-sep", metavar="MARK", help=say("cli.help.label_sep"))
    to.add_argument("--spellings-apart", action="store_true", help=say("cli.help.spellings_apart"))


def _material(to: Any) -> None:
    """The columns, and what becomes of the rows."""
    _columns(to)
    to.add_argument("--group", metavar="COLUMN", help=say("cli.help.group"))
    to.add_argument("--test", type=path_given, metavar="FILE", help=say("cli.help.test"))
    to.add_argument("--split", metavar="COLUMN", help=say("cli.help.split"))
    remedy = say("cli.help.remedy")
    to.add_argument("--remedy", dest="remedies", action="append", default=[], metavar="NAME", help=remedy)


def _reading(to: Any) -> None:
    """How the file is read, where that isn't to be guessed."""
    to.add_argument("--encoding", help=say("cli.help.encoding"))
    to.add_argument("--delimiter", help=say("cli.help.delimiter"))
    header = to.add_mutually_exclusive_group()
    with_header = say("cli.help.header")
    header.add_argument("--header", dest="has_header", action="store_true", default=None, help=with_header)
    header.add_argument("--no-header", dest="has_header", action="store_false", help=say("cli.help.no_header"))
    to.add_argument("--quotechar", metavar="CHARACTER", help=say("cli.help.quotechar"))
    to.add_argument("--skip-rows", type=int, metavar="N", help=say("cli.help.skip_rows"))
    to.add_argument("--sheet", metavar="NAME", help=say("cli.help.sheet"))
