"""How long a run takes to be as good as the tuned Trainer is in the end.

    pip install accelerate
    python benchmarks/time_to_accuracy.py ../shared/data/sst2 ../shared/data/trec6 --json seconds.json

Each folder holds train.csv and test.csv. The peer is Hugging Face's Trainer (3 epochs, 5e-5, batch 32, bf16 where the
CPU has it, batches by length) with the bundled model; its clock runs from loading the model to the end of the last
epoch, and it learns from the rows that ours validates on too. Ours is a run with no option, from the table to each of
its validations: TF-IDF, the instant classifier and all the choosing are counted. At each validation the clock is
stopped and the test rows are judged, with the weights that are validated, and would be kept: their mean over steps
(`bertdemo.core.averaging`). Test rows steer nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from measuring import machine, say, table, write_json
from peers import labelled, require_accelerate, tuned_trainer

from bertdemo.api import TrainedRun
from bertdemo.core import learning, train
from bertdemo.core.averaging import Average
from bertdemo.core.device import cores
from bertdemo.core.forward import logits_of
from bertdemo.core.learning import Fit, Job, Outcome, learn
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import Table, read_table
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run


def accuracy(logits: np.ndarray, labels: np.ndarray) -> float:
    return float((logits.argmax(1) == labels).mean())


def ours(run: Run, wanted: float, *, to_the_end: bool) -> dict[str, Any]:
    """The test accuracy at each validation with the seconds until then, and the scores of the whole run."""
    split = run.split()
    curve: list[dict[str, float]] = []
    averages: list[Average] = []
    trained, stopped, learning_seconds, passed = TrainedRun(run), 0.0, 0.0, 0.0
    began = time.perf_counter()

    def averaged(*given: Any) -> Average:
        averages.append(Average(*given))
        return averages[-1]

    def watched(model: Any, fit: Fit, job: Job) -> Generator[ev.Event, None, Outcome]:
        nonlocal stopped, learning_seconds, passed
        steps, first = learn(model, fit, job), time.perf_counter()
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                learning_seconds = time.perf_counter() - first - stopped
                return end.value
            if isinstance(event, ev.Stepped):
                passed = event.epoch * len(fit.train)
            if isinstance(event, ev.Validated):
                halt = time.perf_counter()
                with averages[-1].inside():
                    logits = logits_of(model, job.ids.of(split.test), precision=job.choices["precision"])
                found = accuracy(logits, split.data.labels[split.test])
                curve.append({"seconds": halt - began - stopped, "accuracy": found, "validation": event.accuracy})
                if found >= wanted and not to_the_end:
                    trained.stop()
                stopped += time.perf_counter() - halt
            yield event

    with mock.patch.object(train, "learn", watched), mock.patch.object(learning, "Average", averaged):
        for _ in trained.events():
            pass
    seconds = time.perf_counter() - began - stopped
    reached = next((point["seconds"] for point in curve if point["accuracy"] >= wanted), None)
    report = trained.report
    whole = {"seconds": seconds, "accuracy": report["accuracy"], "selected": trained.selected}
    whole["bert"] = report["models"]["bert"]["accuracy"]
    whole["rows_per_second"] = passed / learning_seconds
    return {"reached": reached, "best": max(p["accuracy"] for p in curve), "whole": whole, "curve": curve}


def measure(folder: Path, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    rows, test = (read_table(folder / f"{name}.csv") for name in ("train", "test"))
    rows, test = first(rows, options.rows), first(test, options.rows)
    config = TrainConfig(seed=seed, epochs=options.our_epochs)
    run = Run.create(rows, guess_roles(rows).roles, config, test=test)
    split = run.split()
    if split.folds:
        raise SystemExit(f"{folder}: too few rows for a validation part")
    say(f"{folder.name}, seed {seed}: {len(split.train)} rows")
    peer = tuned_trainer(split, seed, options.epochs)
    peer["accuracy"] = accuracy(peer.pop("logits"), split.data.labels[split.test])
    peer["rows_per_second"] = options.epochs * (len(split.train) + len(split.validation)) / peer["seconds"]
    say(f"  tuned Trainer: {peer['accuracy']:.4f} in {peer['seconds']:.0f} s")
    found = ours(run, peer["accuracy"], to_the_end=not options.stop)
    say(f"  ours: there after {found['reached']} s; the whole run {found['whole']}")
    return {"data": folder.name, "seed": seed, "rows": len(split.train), "trainer": peer, "ours": found}


def first(rows: Table, most: int | None) -> Table:
    return rows if most is None else rows.take(range(min(most, rows.rows)))


def line(found: list[dict[str, Any]]) -> list[str]:
    """The table's line for one data set: medians over the seeds."""
    peer, mine = [f["trainer"] for f in found], [f["ours"] for f in found]
    reached = [m["reached"] for m in mine if m["reached"] is not None]
    share = [m["reached"] / p["seconds"] for p, m in zip(peer, mine, strict=True) if m["reached"] is not None]
    median = statistics.median
    cells = [found[0]["data"], str(found[0]["rows"])]
    cells += [f"{median(p['accuracy'] for p in peer):.4f}", f"{median(p['seconds'] for p in peer):.0f}"]
    cells += [f"{median(reached):.0f}", f"{median(share):.2f}"] if reached else ["never", ""]
    cells += [f"{len(reached)} of {len(found)}", f"{median(m['whole']['accuracy'] for m in mine):.4f}"]
    cells += [f"{median(m['whole']['seconds'] for m in mine):.0f}"]
    rates = [m["whole"]["rows_per_second"] / p["rows_per_second"] for p, m in zip(peer, mine, strict=True)]
    return [*cells, f"{median(m['whole']['rows_per_second'] for m in mine):.0f}", f"{median(rates):.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--stop", action="store_true", help="end our run when it is there")
    parser.add_argument("--rows", type=int, help="use the first rows of each file alone")
    parser.add_argument("--epochs", type=float, default=3.0, help="epochs of Trainer")
    parser.add_argument("--our-epochs", type=float, help="epochs of ours, instead of what it chooses")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    require_accelerate()
    for folder in options.folders:
        if labelled(folder)[0].several:
            raise SystemExit(
                f"{folder}: rows may have several labels, and this benchmark counts those whose one is right"
            )
    torch.set_num_threads(cores())
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["BERTDEMO_HOME"] = home
        for seed in range(options.seeds):
            for folder in options.folders:
                found.setdefault(folder.name, []).append(measure(folder, seed, options))
                write_json(options.json, {"machine": machine(), "found": found})
    head = ["data", "rows", "Trainer's accuracy", "its seconds", "ours is there after", "share of its time"]
    head += ["seeds that got there", "our accuracy in the end", "our seconds in all"]
    head += ["rows a second over our learning, validations included", "times Trainer's"]
    print(table(head, [line(each) for each in found.values()]))


if __name__ == "__main__":
    main()
