"""``runs``, ``report``, ``export``, ``compare`` and ``serve``: what there is of finished runs."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from bertdemo.cli.given import can_be_filled, can_be_written, print_json
from bertdemo.cli.listening import check_address, is_asked_for, root_path_of
from bertdemo.cli.outcome import print_outcome
from bertdemo.data.findings import listed
from bertdemo.errors import UserError
from bertdemo.hosting import is_reached_by_others, keep_token_from_others
from bertdemo.progress import roles_line
from bertdemo.text import say, sentence, settings_said, verdict_said


def runs_list(options: argparse.Namespace) -> None:
    """``runs list``: all runs, a line each, and on standard error those that are damaged."""
    from bertdemo.runs import leftovers
    from bertdemo.runs.config import TrainConfig
    from bertdemo.runs.run import Run

    leftovers.sweep()
    rows = []
    for run in Run.all():
        meta, state = run.meta, run.state()
        said = state.finished
        rows.append(
            {
                "run": run.id,
                "name": meta["name"],
                "created": meta["created"],
                "status": run.status,
                "measure": run.measure,
                "score": said.score if said else None,
                "accuracy": said.accuracy if said else None,
                "asked": TrainConfig.asked(meta["config"]),
            }
        )
    damaged = [run.id for run in Run.damaged()]
    if options.json:
        print_json({"runs": rows, "damaged": damaged})
        return
    for row in rows:
        done = row["score"] is not None
        score = f"{sentence('col_' + row['measure'], 'en')} {row['score']:.1%}" if done else ""
        asked = f"  ({settings})" if (settings := settings_said(row["asked"], "en")) else ""
        print(f"{row['run']}  {row['created'][:16]}  {row['status']:<11}  {score:<15}  {row['name']}{asked}")
    if not rows:
        print(say("cli.no_runs"))
    for run_id in damaged:
        print(UserError("run_damaged", run=run_id), file=sys.stderr)


def runs_show(options: argparse.Namespace) -> None:
    """``runs show``: one run: what it learnt from, its settings, its state or its scores."""
    from bertdemo.api import TrainedRun, outcome
    from bertdemo.runs.run import Run

    run = Run.open(options.run)
    meta, state, status = run.meta, run.state(), run.status
    if options.json:
        shown = {name: value for name, value in meta.items() if name != "key_hash"}
        print_json({**shown, "status": status, "models": list(run.models), "report": run.report})
        return
    data, roles, choices = meta["data"], run.roles, meta["choices"]
    print(f"{meta['name']}  {meta['created'][:16]}  {status}")
    print(roles_line(roles.text, roles.pair, roles.labels, roles.task, roles.group))
    print(say("cli.run_rows", rows=data["rows"], n=len(data["labels"]), names=listed(data["labels"])))
    if "epochs" in (choices or {}):
        print(say("cli.run_choices", **choices, seed=run.config.seed))
    if state.finished and run.report:
        print_outcome(outcome(TrainedRun(run), 0.0), run.report)
        return
    print(say("cli.run_id", run=run.id))
    if run.is_report_damaged:
        print(UserError("report_damaged", run=run.id))
    if state.failed:
        print(UserError(state.failed.code, **state.failed.params))


def runs_delete(options: argparse.Namespace) -> None:
    """``runs delete``: a run and everything in its folder."""
    import filelock

    from bertdemo.runs.run import Run

    run = Run.open(options.run, whole=False)
    try:
        with run.needed(), run.lock():
            run.delete()
    except filelock.Timeout:
        raise UserError("run_busy", run=run.id) from None
    if options.json:
        print_json({"deleted": run.id})


def report(options: argparse.Namespace) -> None:
    """``report``: the report of a run as HTML, or its model card."""
    from bertdemo.export.report_page import write_report
    from bertdemo.runs.run import Run

    can_be_written(options.out)
    write_report(Run.open(options.run), options.out, options.lang, examples=options.examples)
    code = "cli.card_written" if options.out.suffix.lower() == ".md" else "cli.report_written"
    print(say(code, path=str(options.out)))


def export(options: argparse.Namespace) -> None:
    """``export``: a form of the model of a run, compared with it before it is given."""
    import filelock

    from bertdemo.export import forms
    from bertdemo.jobs.exports import ExportJob
    from bertdemo.runs.run import Run

    run = Run.open(options.run)
    if options.out.suffix.lower() == ".zip":
        can_be_written(options.out, makes_folders=True)
    else:
        can_be_filled(options.out)

    def tell(phase: str, done: float) -> None:
        print(f"{done:4.0%}  {say(f'phase.{phase}')}", file=sys.stderr, flush=True)

    job = ExportJob(run, options.format)
    try:  # a worker of the page makes forms in the same folder
        with run.needed():
            job.log.parent.mkdir(exist_ok=True)
        with run.needed(), job.lock():
            exported = forms.export(run, options.format, tell)
            forms.deliver(exported, options.out)
    except filelock.Timeout:
        raise UserError("export_busy", form=options.format) from None
    if options.json:
        print_json({"run": run.id, "form": options.format, "out": str(options.out), **forms.details(exported)})
        return
    print(say("cli.exported", model=say(f"model.{exported.model}"), path=str(options.out)))
    for line in exported.sentences("en"):
        print(line)


def compare(options: argparse.Namespace) -> None:
    """``compare``: two runs on the texts that judge both."""
    from bertdemo.report import compare as comparison
    from bertdemo.runs.run import Run

    found = comparison.compare(Run.open(options.run), Run.open(options.other))
    if options.json:
        print_json(found)
        return
    ids = [run["run"][:8] for run in found["runs"]]
    for run in found["runs"]:
        low, high = run["interval"]
        measure = sentence("col_micro_f1" if run["several"] else "col_accuracy", "en")
        print(f"{run['run'][:8]}  {measure} {run['score']:.1%} ({low:.1%} to {high:.1%})  {run['name']}")
    for setting in found["settings"]:
        print(f"{setting['name']}: {'  '.join(_value(setting[side]) for side in ('first', 'second'))}")
    if paired := found["shared"]["paired"]:
        shared = found["shared"]
        first, second = (f"{name} {score:.1%}" for name, score in zip(ids, shared["score"], strict=True))
        print(say(f"cli.shared_{shared['measure']}", n=shared["rows"], first=first, second=second), end=" ")
        points = abs(100 * paired["difference"])
        if paired["verdict"] == "within_noise":
            print(sentence(f"compared_{verdict_said(paired['verdict'], points)}", "en", points=points))
        else:
            print(say("cli.compared_better", run=ids[paired["verdict"] == "better"], points=points))
    elif relabelled := found["shared"]["relabelled"]:
        print(sentence("labels_differ", "en", n=relabelled, rows=found["shared"]["rows"] + relabelled))
    else:
        print(sentence("shared_none", "en"))


def _value(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def serve(options: argparse.Namespace) -> None:
    """``serve``: the page, until it is ended."""
    check_address(options.host, options.port)
    asked: dict[str, Any] = {"host": options.host, "port": options.port, "share": options.share}
    asked |= {"for_others": options.for_others, "root_path": root_path_of(options.root_path)}
    asked["mcp"] = options.mcp or is_asked_for("BERTDEMO_MCP")
    if for_others := is_reached_by_others(options.host, shared=options.share or options.for_others):
        keep_token_from_others()
    from bertdemo.runs.run import writable

    writable("runs")  # else only whoever trains would be told
    from bertdemo.ui.app import launch

    def told(address: str, public: str | None) -> None:
        if options.share and not public:
            print(say("cli.not_shared"))
        alone = "" if for_others else f" {say('cli.served_alone')}"
        print(f"{say('cli.served', address=address)}{alone}", flush=True)

    launch(**asked, on_served=None if "SPACE_ID" in os.environ else told)
