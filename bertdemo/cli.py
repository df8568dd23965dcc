"""The command line: ``python -m bertdemo …``.

Exit code 0, or 2 with one sentence on standard error for anything the person caused. With ``--json``
standard output is one JSON object; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bertdemo.errors import UserError
from bertdemo.text import LANGUAGES, say, sentence

LARGE_FILE = 20_000_000
READING = ("encoding", "delimiter", "quotechar", "has_header", "skip_rows", "sheet")
COLUMNS = ("text", "label", "text_pair", "label_sep", "spellings_apart")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits with 2 where the person can mend what went wrong."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except UserError as error:
        print(f"bertdemo: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _inspect(options: argparse.Namespace) -> None:
    from bertdemo.api import inspect

    show: dict[str, Any] = {"on_phase": _phase_line(options.file), "on_progress": _share_line()}
    found = inspect(options.file, **show, **_material(options), test=options.test, **_reading(options))
    if options.json:
        _print_json(found)
        return
    print(say("cli.inspect_rows", rows=found["rows"], columns=", ".join(found["columns"])))
    how = {name: found[name] for name in ("format", "encoding", "delimiter", "quotechar", "has_header")}
    print(say("cli.inspect_reading", **how))
    labels = [found["label"]] if isinstance(found["label"], str) else found["label"]
    texts = [*found["text"], *([found["text_pair"]] if found["text_pair"] else [])]
    print(say("cli.inspect_roles", text=", ".join(texts), label=", ".join(labels), task=say(f"task.{found['task']}")))
    for column in found["unused"]:
        print(say("cli.inspect_unused", **column))
    for name, count in sorted(found["labels"].items(), key=lambda entry: -entry[1]):
        print(f"{count:>8}  {name}")
    for finding in found["findings"]:
        print(f"{finding['severity']:>8}  {finding['message']}")


def _train(options: argparse.Namespace) -> None:
    from bertdemo.api import prepare

    began = time.monotonic()
    if options.out and options.out.exists() and any(options.out.iterdir()):
        raise UserError("out_not_empty", path=str(options.out))
    settings = {"budget": options.budget, "base": options.base, "epochs": options.epochs, "lr": options.lr}
    settings |= {"batch": options.batch, "max_length": options.max_length, "seed": options.seed}
    prepared = prepare(
        options.file,
        **_material(options),
        test=options.test,
        reading=_reading(options),
        **settings,
    )
    _work(prepared, options, began)


def _resume(options: argparse.Namespace) -> None:
    from bertdemo.api import TrainedRun
    from bertdemo.runs.run import Run

    began = time.monotonic()
    _work(TrainedRun(Run.open(options.run)), options, began)


def _work(prepared: Any, options: argparse.Namespace, began: float) -> None:
    """Work on a run to its end, with progress; Ctrl-C finishes now, twice leaves it to be resumed."""
    from bertdemo.api import outcome

    def interrupted(*_: object) -> None:
        if prepared.run.is_requested("stop"):
            (prepared.run.folder / "stop").unlink()
            prepared.pause()
        else:
            prepared.stop()
            print(f"\n{say('cli.finishing')}", file=sys.stderr)

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        show = _progress()
        for event in prepared.events():
            show(event)
    finally:
        signal.signal(signal.SIGINT, before)
    if prepared.run.report is None:
        print(say("cli.paused", run=prepared.run.id), file=sys.stderr)
        sys.exit(2)
    if getattr(options, "out", None):
        shutil.copytree(prepared.model, options.out, dirs_exist_ok=True)
    found = outcome(prepared, began)
    if options.json:
        _print_json(found)
        return
    low, high = found["interval"]
    scores = {**found, "low": low, "high": high, "rows": found["test_rows"]}
    code = "cli.trained" if "micro_f1" not in found else "cli.trained_several"
    print(say(code, **{**scores, "selected": say(f"model.{found['selected']}")}))
    for name, baseline in found["baselines"].items():
        print(f"{baseline.get('micro_f1', baseline['accuracy']):>8.1%}  {say(f'model.{name}')}")
    print(say("cli.trained_where", run=found["run"], model=found["model"]))


def _progress() -> Callable[[Any], None]:
    """Shows events on standard error: one line that changes on a terminal, a line now and then elsewhere."""
    from bertdemo.runs import events as ev

    terminal = sys.stderr.isatty()
    last = [0.0]

    def line(text: str, *, passing: bool = False) -> None:
        if terminal:
            print(f"\r\033[K{text}", end="" if passing else "\n", file=sys.stderr, flush=True)
        elif not passing or time.monotonic() - last[0] > 10:
            last[0] = time.monotonic()
            print(text, file=sys.stderr, flush=True)

    def show(event: Any) -> None:
        match event:
            case ev.PhaseBegan():
                line(f"{event.done:4.0%}  {say(f'phase.{event.phase}')}")
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
                left = say("cli.left", seconds=event.left or 0)
                speed = say("cli.speed", rows=event.rows_per_second)
                line(f"{event.done:4.0%}  {say('phase.learning')}  {left}  {speed}", passing=True)
            case ev.Validated():
                mark = " *" if event.best else ""
                line(say("cli.validated", epoch=event.epoch, accuracy=event.score, loss=event.loss) + mark)
            case ev.Resumed():
                line(say("cli.resumed", step=event.step))

    return show


def _plain(event: Any) -> dict[str, Any]:
    """The values of an event, for its sentence."""
    return {name: value for name, value in vars(event).items() if name != "time"}


def _evaluate(options: argparse.Namespace) -> None:
    from bertdemo.api import load
    from bertdemo.data.dataset import labelled_texts
    from bertdemo.data.table import read_table
    from bertdemo.report.metrics import score, score_several

    classifier = load(options.model, options.precision)
    table = read_table(options.file, **_reading(options))
    roles = _evaluated_roles(options, table)
    texts = labelled_texts(table, roles, label_names=classifier.labels)
    probabilities = classifier.probabilities(texts.texts)
    decision = classifier.use.decision
    if decision is None:
        scores = score(texts.labels, probabilities.argmax(axis=1), classifier.labels)
    else:
        scores = score_several(texts.labels, decision.labels(probabilities), classifier.labels)
    if options.json:
        left_out = [{"code": f.code, "count": f.count, "message": f.message()} for f in texts.findings]
        _print_json({**scores, "labels": list(classifier.labels), "findings": left_out})
        return
    low, high = scores["interval"]
    code = "cli.evaluated" if decision is None else "cli.evaluated_several"
    print(say(code, **{**scores, "low": low, "high": high}))
    for entry in scores["per_class"]:
        print(say("cli.class_scores", **entry))
    for finding in texts.findings:
        print(finding.message(), file=sys.stderr)


def _evaluated_roles(options: argparse.Namespace, table: Any) -> Any:
    """The columns named; what is not named is what the run learnt from, where it is there, else guessed."""
    from bertdemo.api import roles_of

    known = _run_roles(options.model)
    if known is None or any(name not in table.columns for name in known.columns):
        return roles_of(table, **{name: getattr(options, name) for name in COLUMNS})
    text, label = options.text or known.text, options.label or known.labels
    pair = options.text_pair or (known.pair if known.pair not in text else None)
    return roles_of(table, text, label, pair, options.label_sep or known.separator)


def _classify(options: argparse.Namespace) -> None:
    from bertdemo.api import load
    from bertdemo.data.pair import TextPair

    if bool(options.texts) == bool(options.file):
        raise UserError("texts_or_file")
    if options.file:
        _classify_file(options)
        return
    classifier = load(options.model, options.precision)
    texts = options.texts
    if classifier.use.pair:
        if len(texts) % 2:
            raise UserError("second_text_missing")
        texts = [TextPair(first, second) for first, second in zip(texts[::2], texts[1::2], strict=True)]
    found = classifier.predict(texts)
    reasons = [classifier.explain(text) if options.why else None for text in texts]
    if options.json:
        rows = [{**_as_given(t), **p.to_json()} for t, p in zip(texts, found, strict=True)]
        _print_json(
            {"predictions": [{**row, "why": w.to_json()} if w else row for row, w in zip(rows, reasons, strict=True)]}
        )
        return
    for text, prediction, why in zip(texts, found, reasons, strict=True):
        print(f"{prediction.confidence:6.1%}  {prediction.label}  {' / '.join(_as_given(text).values())}")
        for word in why.loudest if why else ():
            print(f"{word.weight:+8.2f}  {word.text}")


def _as_given(text: str) -> dict[str, str]:
    first, second = getattr(text, "first", text), getattr(text, "second", None)
    return {"text": first} if second is None else {"text": first, "text_pair": second}


def _classify_file(options: argparse.Namespace) -> None:
    from bertdemo.api import load
    from bertdemo.data.stream import Rows, spool
    from bertdemo.jobs.classified import classify_rows, fingerprint, text_columns
    from bertdemo.jobs.files import work_beside
    from bertdemo.jobs.outputs import kind_for
    from bertdemo.jobs.written import Wish

    if options.out is None:
        raise UserError("out_missing")
    if not options.file.exists():
        raise UserError("file_missing", name=str(options.file))
    if not options.out.parent.is_dir():
        raise UserError("folder_missing", path=str(options.out.parent))
    classifier, reading = load(options.model, options.precision), _reading(options)
    run = None if Path(options.model).is_dir() else _run(options.model)
    folder = run.selected if run else Path(options.model)
    known, pair = (run.roles.text, run.roles.pair) if run else ((), None)
    threshold = options.threshold if options.threshold is not None else run.threshold if run else None
    show = _file_line()
    try:
        with work_beside(options.out) as work:
            source = f"{fingerprint(options.file)} {json.dumps(reading)}"
            rows = Rows.open(work, source) or spool(
                options.file,
                work,
                source=source,
                on_progress=lambda share: show("reading", round(1000 * share), 1000),
                **reading,
            )
            wish = Wish(
                tuple(options.text) or text_columns(next(rows.chunks()), known),
                options.text_pair or pair,
                threshold,
                kind_for(options.out),
                options.keep_formulas,
                options.all_probabilities,
            )
            model = f"{fingerprint(folder)} {options.precision}"
            summary = classify_rows(
                classifier, model, rows, work, options.out, wish, review=options.review, on_progress=show
            )
    except KeyboardInterrupt:
        print(f"\n{say('cli.classify_paused')}", file=sys.stderr)
        sys.exit(2)
    _say_of_file(options, summary)


def _file_line() -> Callable[[str, int, int], None]:
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


def _say_of_file(options: argparse.Namespace, summary: Any) -> None:
    for wished, name in summary.renamed.items():
        print(say("cli.renamed", wished=wished, name=name), file=sys.stderr)
    for code, n in (("many_labels", summary.left_out), ("formulas", summary.formulas), ("cells_cut", summary.cut)):
        if n:
            print(say(f"cli.{code}", n=n), file=sys.stderr)
    if summary.threshold is None:
        print(say("cli.no_threshold"), file=sys.stderr)
    if options.json:
        review = str(options.review) if options.review else None
        _print_json({"out": str(options.out), "review": review, **summary.to_json()})
        return
    print(say("cli.classified", rows=summary.rows, path=str(options.out)))
    for label, count in summary.labels.items():
        print(f"{count:>8}  {label}")
    if summary.blank:
        print(say("cli.blank", n=summary.blank))
    if summary.unsure is not None:
        print(say("cli.to_review", n=summary.unsure, threshold=summary.threshold))
    if options.review:
        print(say("cli.review_written", path=str(options.review)))


def _run(run_id: str) -> Any:
    from bertdemo.runs.run import Run

    return Run.open(run_id)


def _run_roles(run_or_folder: str) -> Any:
    """The columns that a run learnt from; None for a plain model folder."""
    return None if Path(run_or_folder).is_dir() else _run(run_or_folder).roles


def _runs_list(options: argparse.Namespace) -> None:
    from bertdemo.runs.run import Run

    rows = []
    for run in Run.all():
        meta, state = run.meta, run.state()
        status = "running" if run.is_held else "interrupted" if state.status == "running" else state.status
        accuracy = state.finished.score if state.finished else None
        rows.append(
            {
                "run": run.id,
                "name": meta["name"],
                "created": meta["created"],
                "status": status,
                "accuracy": accuracy,
            }
        )
    if options.json:
        _print_json({"runs": rows})
        return
    for row in rows:
        right = f"{row['accuracy']:.1%}" if row["accuracy"] is not None else ""
        print(f"{row['run']}  {row['created'][:16]}  {row['status']:<11}  {right:>6}  {row['name']}")
    if not rows:
        print(say("cli.no_runs"))


def _runs_show(options: argparse.Namespace) -> None:
    from bertdemo.runs.run import Run

    run = Run.open(options.run)
    meta = {name: value for name, value in run.meta.items() if name != "key_hash"}
    found = {**meta, "status": run.state().status, "models": list(run.models), "report": run.report}
    _print_json(found)


def _runs_delete(options: argparse.Namespace) -> None:
    import filelock

    from bertdemo.runs.run import Run

    run = Run.open(options.run)
    try:
        with run.lock():
            run.delete()
    except filelock.Timeout:
        raise UserError("run_busy", run=run.id) from None
    if options.json:
        _print_json({"deleted": run.id})


def _report(options: argparse.Namespace) -> None:
    from bertdemo.export.report_page import write_report
    from bertdemo.runs.run import Run

    write_report(Run.open(options.run), options.out, options.lang, examples=options.examples)


def _export(options: argparse.Namespace) -> None:
    from bertdemo.export.forms import deliver, details, export
    from bertdemo.runs.run import Run

    run = Run.open(options.run)
    if options.out.suffix.lower() != ".zip" and options.out.exists() and any(options.out.iterdir()):
        raise UserError("out_not_empty", path=str(options.out))

    def tell(phase: str, done: float) -> None:
        print(f"{done:4.0%}  {say(f'phase.{phase}')}", file=sys.stderr, flush=True)

    exported = export(run, options.format, tell)
    deliver(exported, options.out)
    if options.json:
        _print_json({"run": run.id, "form": options.format, "out": str(options.out), **details(exported)})
        return
    print(say("cli.exported", model=say(f"model.{exported.model}"), path=str(options.out)))
    for line in exported.sentences("en"):
        print(line)


def _compare(options: argparse.Namespace) -> None:
    from bertdemo.report.compare import compare
    from bertdemo.runs.run import Run

    found = compare(Run.open(options.run), Run.open(options.other))
    if options.json:
        _print_json(found)
        return
    for run in found["runs"]:
        low, high = run["interval"]
        print(f"{run['run'][:8]}  {run['accuracy']:.1%} ({low:.1%} to {high:.1%})  {run['name']}")
    for setting in found["settings"]:
        print(f"{setting['name']}: {setting['first']}  {setting['second']}")
    if paired := found["shared"]["paired"]:
        first, second = (100 * share for share in found["shared"]["accuracy"])
        print(sentence("shared_rows", "en", n=found["shared"]["rows"], first=first, second=second), end=" ")
        print(sentence(f"compared_{paired['verdict']}", "en", points=abs(100 * paired["difference"])))
    else:
        print(sentence("shared_none", "en"))


def _serve(options: argparse.Namespace) -> None:
    from bertdemo.ui.app import launch

    launch(host=options.host, port=options.port, share=options.share, mcp=options.mcp)


def _reading(options: argparse.Namespace) -> dict[str, Any]:
    """How the file is to be read, where the person says so: fields of `Overrules`."""
    given = {name: getattr(options, name) for name in READING}
    return {name: value for name, value in given.items() if value is not None}


def _material(options: argparse.Namespace) -> dict[str, Any]:
    """Which columns, which test rows, and what is done to the rows first."""
    return {name: getattr(options, name) for name in (*COLUMNS, "split", "remedies")}


def _phase_line(file: str) -> Callable[[str], None]:
    """Says on standard error what is being done to a large file."""
    large = Path(file).is_file() and Path(file).stat().st_size > LARGE_FILE
    return lambda phase: print(say(f"cli.{phase}"), file=sys.stderr, flush=True) if large else None


def _share_line() -> Callable[[float], None]:
    """Says on a terminal how much of a large file is read."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda share: print(f"\r{share:4.0%}", end="\r", file=sys.stderr, flush=True)


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bertdemo", description=say("cli.about"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, work: Callable[[argparse.Namespace], None], into: Any = commands) -> Any:
        added = into.add_parser(name, help=say(f"cli.help.{name}"), description=say(f"cli.help.{name}"))
        added.set_defaults(command=work)
        return added

    def reading(to: Any) -> None:
        to.add_argument("--encoding", help=say("cli.help.encoding"))
        to.add_argument("--delimiter", help=say("cli.help.delimiter"))
        header = to.add_mutually_exclusive_group()
        header.add_argument("--header", dest="has_header", action="store_true", default=None)
        header.add_argument("--no-header", dest="has_header", action="store_false")
        to.add_argument("--quotechar", metavar="CHARACTER", help=say("cli.help.quotechar"))
        to.add_argument("--skip-rows", type=int, metavar="N", help=say("cli.help.skip_rows"))
        to.add_argument("--sheet", metavar="NAME", help=say("cli.help.sheet"))

    as_json: dict[str, Any] = {"action": "store_true", "help": say("cli.help.json")}
    precision: dict[str, Any] = {"default": "auto", "choices": ("auto", "fp32", "bf16", "fp16")}

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

    added = command("inspect", _inspect)
    added.add_argument("file", help=say("cli.help.file"))
    added.add_argument("--json", **as_json)
    material(added)
    reading(added)

    added = command("train", _train)
    added.add_argument("file", help=say("cli.help.file"))
    material(added)
    added.add_argument("--base", metavar="NAME_OR_PATH", help=say("cli.help.base"))
    added.add_argument("--budget", default="balanced", choices=("quick", "balanced", "thorough"))
    added.add_argument("--epochs", type=float)
    added.add_argument("--lr", type=float)
    added.add_argument("--batch", type=int)
    added.add_argument("--max-length", type=int)
    added.add_argument("--seed", type=int, default=0)
    added.add_argument("--out", type=Path, metavar="DIR", help=say("cli.help.out"))
    added.add_argument("--json", **as_json)
    reading(added)

    added = command("evaluate", _evaluate)
    added.add_argument("model", metavar="RUN_OR_MODEL")
    added.add_argument("file", type=Path)
    columns(added)
    added.add_argument("--precision", **precision)
    added.add_argument("--json", **as_json)
    reading(added)

    added = command("classify", _classify)
    added.add_argument("model", metavar="RUN_OR_MODEL")
    added.add_argument("texts", nargs="*", metavar="TEXT")
    added.add_argument("--file", type=Path)
    added.add_argument("--text", action="append", default=[], metavar="COLUMN")
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

    runs = commands.add_parser("runs", help=say("cli.help.runs")).add_subparsers(required=True, metavar="COMMAND")
    command("list", _runs_list, runs).add_argument("--json", **as_json)
    for name, work in (("show", _runs_show), ("resume", _resume), ("delete", _runs_delete)):
        added = command(name, work, runs)
        added.add_argument("run")
        added.add_argument("--json", **as_json)

    added = command("report", _report)
    added.add_argument("run")
    added.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("cli.help.report_out"))
    added.add_argument("--examples", action="store_true", help=say("cli.help.examples"))
    added.add_argument("--lang", default="en", choices=tuple(LANGUAGES))

    added = command("export", _export)
    added.add_argument("run")
    forms = ("transformers", "onnx", "onnx-int8")
    added.add_argument("--format", required=True, choices=forms, help=say("cli.help.export_form"))
    added.add_argument("--out", type=Path, required=True, metavar="FILE_OR_DIR", help=say("cli.help.export_out"))
    added.add_argument("--json", **as_json)

    added = command("compare", _compare)
    added.add_argument("run")
    added.add_argument("other")
    added.add_argument("--json", **as_json)

    added = command("serve", _serve)
    added.add_argument("--host", default="127.0.0.1")
    added.add_argument("--port", type=int)
    added.add_argument("--share", action="store_true", help=say("cli.help.share"))
    added.add_argument("--mcp", action="store_true", default=None, help=say("cli.help.mcp"))
    return parser
