"""report.json: what the Report tab shows of a run, made once, from the predictions of its models."""

from __future__ import annotations

from typing import Any

import numpy as np

from bertdemo.core.predictions import Predictions, choosing_rows, judging_rows
from bertdemo.data.dataset import Split
from bertdemo.report.metrics import score
from bertdemo.runs.events import Finished
from bertdemo.runs.files import write_json
from bertdemo.runs.run import Run

SUMMARY = ("accuracy", "interval", "macro_f1")


def build(run: Run, *, stopped: bool = False) -> Finished:
    """Write ``report.json`` of a run whose models are ready.

    Args:
        run: a run with a selected model.
        stopped: whether the person asked to finish early.

    Returns:
        The last event of the run, not yet written.
    """
    meta, split = run.meta, run.split()
    selected = meta["selected"]
    found = {name: said for name in run.models if (said := Predictions.load(run.folder, name))}
    # a run stopped between folds has judged some of the rows only: all models are judged on those
    rows = found[selected].among(judging_rows(split)).positions
    judged = {name: _judge(said, split, rows) for name, said in found.items()}
    state = run.state()
    report = {
        "selected": selected,
        "rows_are": "test_file" if split.test_given else "out_of_fold" if split.folds else "held_out",
        "test_rows": len(rows),
        "train_rows": len(split.train),
        "labels": list(split.data.label_names),
        **{key: judged[selected][key] for key in (*SUMMARY, "confusion", "per_class")},
        "models": {
            **{
                name: {key: scores[key] for key in SUMMARY}
                | {"validation_accuracy": _accuracy(found[name], split, choosing_rows(split))}
                for name, scores in judged.items()
            },
            "majority": _majority(split, rows),
        },
        "seconds": round(state.elapsed, 1),
        "stopped": stopped,
    }
    write_json(run.folder / "report.json", report)
    return Finished(
        selected=selected,
        accuracy=report["accuracy"],
        macro_f1=report["macro_f1"],
        interval=report["interval"],
        stopped=stopped,
    )


def _judge(said: Predictions, split: Split, rows: np.ndarray) -> dict[str, Any]:
    predicted = said.among(rows)
    return score(split.data.labels[predicted.positions], predicted.labels, split.data.label_names)


def _accuracy(said: Predictions, split: Split, rows: np.ndarray) -> float:
    predicted = said.among(rows)
    return float((predicted.labels == split.data.labels[predicted.positions]).mean())


def _majority(split: Split, rows: np.ndarray) -> dict[str, Any]:
    """Always the label that most training rows carry."""
    largest = int(np.bincount(split.data.labels[split.train]).argmax())
    scores = score(split.data.labels[rows], np.full(len(rows), largest), split.data.label_names)
    return {key: scores[key] for key in SUMMARY}
