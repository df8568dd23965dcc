"""report.json: what the Report tab shows of a run, made once, from the predictions of its models."""

from __future__ import annotations

from typing import Any

import filelock
import numpy as np

from bertdemo.core.baselines import Features, load_features
from bertdemo.core.neighbours import Neighbours
from bertdemo.core.predictions import Predictions, before_calibration, choosing_rows, judged_by_all
from bertdemo.core.tasks import headline
from bertdemo.data.dataset import Split, different_texts, groups_among
from bertdemo.data.doctor import too_good
from bertdemo.errors import UserError
from bertdemo.report import several
from bertdemo.report.calibration import (
    TARGETS,
    accepted,
    calibration,
    coverage_curve,
    promise_for,
    recommended,
)
from bertdemo.report.cautions import cautions
from bertdemo.report.groups import by_parts
from bertdemo.report.learning_curve import learning_curve, outlook
from bertdemo.report.metrics import far_off, most_confused, on_a_scale, paired_difference, score
from bertdemo.report.next_steps import is_doubtful, next_steps
from bertdemo.report.rows import doubtful_tests, one_hot, suspect_rows, wrong_rows
from bertdemo.runs.events import Finished
from bertdemo.runs.files import write_json
from bertdemo.runs.run import REPORT_VERSION, Run

SUMMARY = ("accuracy", "interval", "macro_f1")


def build(run: Run, *, stopped: bool = False) -> Finished:
    """Write ``report.json`` of a run whose models are ready.

    Args:
        run: a run with a selected model.
        stopped: whether the training was cut off because the person asked for it.

    Returns:
        The last event of the run, not yet written.
    """
    meta, split = run.meta, run.split()
    selected = meta["selected"]
    found, rows = judged_by_all(run, split)
    state, rows_are = run.state(), _rows_are(split, rows)
    known = load_features(run)
    near = Neighbours.among(known, split) if known else None
    if split.data.several:
        right = several.all_right(run, split, found[selected], selected, rows)
        scores = several.judged(run, split, found, selected, rows, known, near)
    else:
        right = _right(found[selected], split, rows)
        scores = _judged(run, split, found, selected, rows, known, near)
    report: dict[str, Any] = {
        "version": REPORT_VERSION,
        "task": run.roles.task,
        "selected": selected,
        "selected_by": meta.get("selected_by", "validation"),
        "tried": _tried(meta["choices"] or {}),
        "passes": _passes(run),
        "rows_are": rows_are,
        "together": _together(split, rows),
        "test_rows": len(rows),
        "different_texts": different_texts([split.data.texts[row] for row in rows.tolist()]),
        "train_rows": meta.get("learnt_rows") or len(split.folds[0][0] if rows_are == "some_folds" else split.train),
        "labels": list(split.data.label_names),
        "measure": run.measure,
        "score": scores[run.measure],
        **scores,
        "groups": _groups(run, split, rows, right),
        "far": near.far if near else None,
        "outlook": outlook(scores["learning_curve"]),
        "seconds": round(state.elapsed, 1),
        "stopped": stopped,
    }
    report["doubtful"] = is_doubtful(report)
    report["parent"] = _parent(meta["parent"])
    report["cautions"] = cautions(
        report,
        astray="bert" not in found and "epochs" in (meta["choices"] or {}),  # which no BERT that never learnt has
        too_good=too_good(run.table, run.roles, split.data, run.test_table),
    )
    counts = dict(zip(split.data.label_names, split.data.counts.tolist(), strict=True))
    report["next"] = next_steps(report, counts)
    write_json(run.folder / "report.json", report)
    return Finished(
        selected=selected,
        accuracy=report["accuracy"],
        macro_f1=report["macro_f1"],
        interval=report["interval"],
        stopped=stopped,
        micro_f1=report.get("micro_f1"),
    )


def _rows_are(split: Split, judged: np.ndarray) -> str:
    """What the judged rows are: ``some_folds`` where a run was stopped before each fold had its turn."""
    if split.test_given:
        return "test_file"
    if split.out_of_fold:
        return "out_of_fold" if len(judged) == len(split.train) else "some_folds"
    return "held_out"


def _together(split: Split, rows: np.ndarray) -> dict[str, Any] | None:
    """The column whose values were kept together, how many of them the judged rows have, and how many of these were
    learnt from; None without such a column, or where no judged row has a value."""
    data = split.data
    judged = {data.groups[row] for row in rows.tolist() if data.groups and data.groups[row]}
    if not judged:
        return None
    learnt = {data.groups[row] for row in np.concatenate([split.train, split.validation]).tolist()}
    shared = 0 if split.out_of_fold else len(judged & learnt)
    return {"column": data.grouped_by, "values": len(judged), "shared": shared}


def _judged(
    run: Run,
    split: Split,
    found: dict[str, Predictions],
    selected: str,
    rows: np.ndarray,
    known: Features | None,
    near: Neighbours | None,
) -> dict[str, Any]:
    """Scores, models, calibration, thresholds, mistakes and doubtful labels where a row has one label."""
    groups = groups_among(split.data, rows)
    judged = {name: _judge(said, split, rows, groups) for name, said in found.items()}
    right = {name: _right(said, split, rows) for name, said in found.items()}
    models = {
        name: {key: scores[key] for key in SUMMARY}
        | {"validation_accuracy": _accuracy(found[name], split, choosing_rows(split))}
        | ({"paired": paired_difference(right[selected], right[name], groups)} if name != selected else {})
        for name, scores in judged.items()
    }
    names, confusion = split.data.label_names, np.array(judged[selected]["confusion"])
    chosen = found[selected].among(rows)
    has, sureness = one_hot(chosen.labels, len(names)), chosen.probabilities.max(axis=1, initial=0.0)
    scale = on_a_scale(confusion, names)
    contradicts = far_off(names) if scale else None
    off = ~np.eye(len(names), dtype=bool) if contradicts is None else contradicts
    mistaken = float(confusion[off].sum() / max(1, confusion.sum()))
    return {
        **{key: judged[selected][key] for key in (*SUMMARY, "confusion", "per_class")},
        "models": {**models, "majority": _majority(split, rows, groups)},
        "most_confused": most_confused(confusion, names),
        "scale": scale,
        "calibration": _calibration(run, found[selected], split, rows, groups),
        "trust": _trust(found[selected], split, rows, groups),
        "wrong": wrong_rows(chosen, split, run.table_rows, has, sureness, known, near),
        "suspects": suspect_rows(known, split, mistaken, contradicts),
        "doubtful_tests": doubtful_tests(found, selected, split, rows),
        "learning_curve": learning_curve(known, split, rows) if known else [],
    }


def reselect(run: Run, model: str) -> None:
    """Use another of a finished run's models from now on; its report is made anew, its threshold too.

    Raises:
        UserError: ``run_not_ready``: the run is not finished, or has no such model; ``model_astray``: the model says
            nothing that is a number; ``run_busy``.
    """
    state = run.state()
    if state.finished is None or model not in run.models:
        raise UserError("run_not_ready", run=run.id)
    if (said := Predictions.load(run.folder, model)) and not said.are_numbers:
        raise UserError("model_astray", run=run.id)
    before = {name: run.meta.get(name) for name in ("selected", "selected_by", "threshold")}
    try:
        with run.needed(), run.lock():
            run.update(selected=model, selected_by="person", threshold=None)
            try:
                finished = build(run, stopped=state.finished.stopped)
            except BaseException:
                run.update(**before)  # what answers and what the report is of stay the same
                raise
            run.append(finished)
    except filelock.Timeout:
        raise UserError("run_busy", run=run.id) from None


def remake(run: Run) -> None:
    """Make the report of a finished run again, in the place of one that is damaged.

    Raises:
        UserError: ``run_busy``, or ``run_data_damaged``: what it is made from can't be read either.
    """
    finished = run.state().finished
    try:
        with run.needed(), run.lock():
            run.append(build(run, stopped=bool(finished and finished.stopped)))
    except filelock.Timeout:
        raise UserError("run_busy", run=run.id) from None


def sureness(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Of each judged row the selected model's confidence, whether it was right, and which rows belong together (None
    where none do); of shape (rows,).

    Raises:
        UserError: ``run_not_ready``.
    """
    selected, split = run.meta["selected"], run.split()
    found, rows = judged_by_all(run, split)
    if selected not in found:
        raise UserError("run_not_ready", run=run.id)
    return *_sureness(found[selected], split, rows), groups_among(split.data, rows)


def _judge(said: Predictions, split: Split, rows: np.ndarray, groups: np.ndarray | None) -> dict[str, Any]:
    predicted = said.among(rows)
    return score(split.data.labels[predicted.positions], predicted.labels, split.data.label_names, groups)


def _right(said: Predictions, split: Split, rows: np.ndarray) -> np.ndarray:
    predicted = said.among(rows)
    right: np.ndarray = predicted.labels == split.data.labels[predicted.positions]
    return right


def _sureness(said: Predictions, split: Split, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the predicted class, and whether it was right."""
    return said.among(rows).probabilities.max(axis=1, initial=0.0), _right(said, split, rows)


def _calibration(
    run: Run, said: Predictions, split: Split, rows: np.ndarray, groups: np.ndarray | None
) -> dict[str, Any]:
    """Calibration errors on the judged rows: as delivered, and before the temperature was folded in."""
    before = before_calibration(run, run.meta["selected"], rows)
    return calibration(_sureness(said, split, rows), _sureness(before, split, rows) if before else None, groups)


def _trust(said: Predictions, split: Split, rows: np.ndarray, groups: np.ndarray | None = None) -> dict[str, Any]:
    """The curve of coverage and accuracy, and thresholds: chosen on other rows than they are checked on.

    Out of fold the rows of each fold are accepted by the threshold that the other folds give.
    """
    confidence, right = _sureness(said, split, rows)
    choosing = said.among(choosing_rows(split)).positions
    chosen_on, chosen_by = _sureness(said, split, choosing), groups_among(split.data, choosing)
    targets: list[dict[str, Any]] = []
    for target in TARGETS:
        promise = promise_for(*chosen_on, target, chosen_by)
        if promise is None:
            break
        taken = by_other_folds(said, split, rows, target) if split.out_of_fold else None
        seen = accepted(confidence, right, promise.threshold, taken, groups)
        if not seen["rows"]:
            break  # nothing was judged that is so sure
        if targets and targets[-1]["threshold"] == promise.threshold:
            targets.pop()  # the stricter aim costs nothing
        interval = list(promise.interval(seen["rows_once"]))
        targets.append({"target": target, "promised": promise.accuracy, "promised_interval": interval, **seen})
    curve = coverage_curve(confidence, right)
    return {"curve": curve, "targets": targets, "recommended": recommended(targets)}


def by_other_folds(said: Predictions, split: Split, rows: np.ndarray, target: float) -> np.ndarray:
    """Which rows are accepted by a threshold for `target` that was chosen without their fold, bool, (rows,)."""
    positions = said.among(rows).positions
    confidence, right = _sureness(said, split, rows)
    taken = np.zeros(len(positions), bool)
    for _, held_out in split.folds:
        own = np.isin(positions, held_out)
        if promise := promise_for(confidence[~own], right[~own], target):
            taken[own] = confidence[own] >= promise.threshold
    return taken


def _groups(run: Run, split: Split, rows: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Where it fails more often: by length of the text, and by other columns of the rows' table."""
    table, roles, first = run.table, run.roles, 0
    if split.test_given and (test := run.test_table) is not None:
        first, table = table.rows, test
    texts, of_table = [split.data.texts[row] for row in rows.tolist()], split.data.row_ids[rows] - first
    return by_parts(texts, table, of_table, right, roles.columns, groups_among(split.data, rows))


def _parent(parent: str | None) -> dict[str, Any] | None:
    """The scores of the run that this one was to better; None where there is none (any more)."""
    if parent is None:
        return None
    try:
        before = Run.open(parent).report
    except UserError:
        return None
    return before and {"run": parent, **{key: before[key] for key in SUMMARY}, "micro_f1": before.get("micro_f1")}


def _passes(run: Run) -> float | None:
    """How often a quick training had the time to go through the rows, where that is less than once."""
    config, passes = run.config, (run.meta["choices"] or {}).get("epochs", 1.0)
    return passes if config.budget == "quick" and config.epochs is None and passes < 1 else None


def _tried(choices: dict[str, Any]) -> list[dict[str, float]]:
    """Learning rates that were compared on validation rows, with their headline scores there; empty where none were."""
    return [{"lr": t["lr"], "score": headline(t)} for t in choices.get("tried", ())]


def _accuracy(said: Predictions, split: Split, rows: np.ndarray) -> float:
    predicted = said.among(rows)
    return float((predicted.labels == split.data.labels[predicted.positions]).mean())


def _majority(split: Split, rows: np.ndarray, groups: np.ndarray | None) -> dict[str, Any]:
    """Always the label that most training rows carry."""
    largest = int(np.bincount(split.data.labels[split.train]).argmax())
    labels, names = split.data.labels[rows], split.data.label_names
    scores = score(labels, np.full(len(rows), largest), names, groups)
    return {key: scores[key] for key in SUMMARY}
