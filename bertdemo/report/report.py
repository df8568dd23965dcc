"""report.json: what the Report tab shows of a run, made once, from the predictions of its models."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bertdemo.core.baselines import load_features
from bertdemo.core.predictions import Predictions, choosing_rows, judging_rows
from bertdemo.data.dataset import Split
from bertdemo.errors import UserError
from bertdemo.report.calibration import (
    TARGETS,
    coverage_curve,
    expected_calibration_error,
    promise,
    reliability,
    threshold_for,
)
from bertdemo.report.metrics import most_confused, paired_difference, score
from bertdemo.report.next_steps import next_steps
from bertdemo.report.suspects import find_suspects
from bertdemo.runs.events import Finished
from bertdemo.runs.files import write_json
from bertdemo.runs.run import Run

SUMMARY = ("accuracy", "interval", "macro_f1")
MOST_ROWS_LISTED = 2000


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
    right = {name: _right(said, split, rows) for name, said in found.items()}
    state = run.state()
    report: dict[str, Any] = {
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
                | ({"paired": paired_difference(right[selected], right[name])} if name != selected else {})
                for name, scores in judged.items()
            },
            "majority": _majority(split, rows),
        },
        "most_confused": most_confused(judged[selected]["confusion"], split.data.label_names),
        "calibration": _calibration(run, found[selected], split, rows),
        "trust": _trust(found[selected], split, rows),
        "wrong": _wrong(found[selected], split, rows, run.table.rows),
        "suspects": _suspects(run, split, 1 - judged[selected]["accuracy"]),
        "seconds": round(state.elapsed, 1),
        "stopped": stopped,
    }
    report["parent"] = _parent(meta["parent"])
    report["next"] = next_steps(report)
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


def _right(said: Predictions, split: Split, rows: np.ndarray) -> np.ndarray:
    predicted = said.among(rows)
    right: np.ndarray = predicted.labels == split.data.labels[predicted.positions]
    return right


def _sureness(said: Predictions, split: Split, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the predicted class, and whether it was right."""
    return said.among(rows).probabilities.max(axis=1, initial=0.0), _right(said, split, rows)


def _calibration(run: Run, said: Predictions, split: Split, rows: np.ndarray) -> dict[str, Any]:
    """Calibration errors on the judged rows: as delivered, and before the temperature was folded in."""
    confidence, right = _sureness(said, split, rows)
    before = Predictions.load(run.folder, "uncalibrated") if run.meta["selected"] == "bert" else None
    raw = expected_calibration_error(*_sureness(before, split, rows)) if before else None
    error = expected_calibration_error(confidence, right)
    return {"error": error, "error_before": raw, "bins": reliability(confidence, right)}


def _trust(said: Predictions, split: Split, rows: np.ndarray) -> dict[str, Any]:
    """The curve of coverage and accuracy, and thresholds that were chosen on other rows than they are judged on."""
    confidence, right = _sureness(said, split, rows)
    chosen_on = _sureness(said, split, choosing_rows(split))
    targets = []
    for target in TARGETS:
        threshold = threshold_for(*chosen_on, target)
        if threshold is not None:
            targets.append({"target": target, **promise(confidence, right, threshold)})
    return {"curve": coverage_curve(confidence, right), "targets": targets}


def _wrong(said: Predictions, split: Split, rows: np.ndarray, table_rows: int) -> list[dict[str, Any]]:
    """The surest mistakes by row of the file, or of the person's own test file; no text is kept here."""
    predicted = said.among(rows)
    confidence, right = _sureness(said, split, rows)
    mistakes = np.flatnonzero(~right)
    mistakes = mistakes[np.argsort(-confidence[mistakes], kind="stable")][:MOST_ROWS_LISTED]
    data = split.data
    return [
        {
            "row": int(data.row_ids[predicted.positions[i]]) - (table_rows if split.test_given else 0),
            "of_test_file": split.test_given,
            "position": int(predicted.positions[i]),
            "given": data.label_names[data.labels[predicted.positions[i]]],
            "predicted": data.label_names[predicted.labels[i]],
            "confidence": float(confidence[i]),
        }
        for i in mistakes.tolist()
    ]


def _parent(parent: str | None) -> dict[str, Any] | None:
    """The scores of the run that this one was to better; None where there is none (any more)."""
    if parent is None:
        return None
    try:
        before = Run.open(parent).report
    except UserError:
        return None
    return before and {"run": parent, **{key: before[key] for key in SUMMARY}}


def _suspects(run: Run, split: Split, most_wrong: float) -> dict[str, Any]:
    """Training rows whose label is doubted, the most suspect first; none where no embeddings were computed.

    Labels can't be wrong much more often than a model disagrees with them on rows that it has not seen, so
    that no more than the share `most_wrong` of the rows is doubted.
    """
    known = load_features(run)
    if known is None:
        return {"checked": 0, "doubted": 0, "rows": []}
    data = split.data
    rows = np.intersect1d(split.train, known.positions)
    found = find_suspects(known.mean(rows), data.labels[rows], len(data.label_names), rows)
    listed = [
        {
            "row": int(data.row_ids[position]),
            "position": int(position),
            "given": data.label_names[data.labels[position]],
            "suggested": data.label_names[suggested],
            "probability": float(given),
        }
        for position, given, suggested in zip(found.positions, found.given, found.suggested, strict=True)
    ][: math.ceil(most_wrong * len(rows))]
    return {"checked": len(rows), "doubted": len(listed), "rows": listed[:MOST_ROWS_LISTED]}


def _accuracy(said: Predictions, split: Split, rows: np.ndarray) -> float:
    predicted = said.among(rows)
    return float((predicted.labels == split.data.labels[predicted.positions]).mean())


def _majority(split: Split, rows: np.ndarray) -> dict[str, Any]:
    """Always the label that most training rows carry."""
    largest = int(np.bincount(split.data.labels[split.train]).argmax())
    scores = score(split.data.labels[rows], np.full(len(rows), largest), split.data.label_names)
    return {key: scores[key] for key in SUMMARY}
