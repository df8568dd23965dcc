"""The part of a report that is different where a row may have several labels: F1 instead of accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from bertdemo.core.baselines import Features
from bertdemo.core.classify import confidence_in_several, use_of_folder
from bertdemo.core.neighbours import Neighbours
from bertdemo.core.predictions import Predictions, before_calibration, choosing_rows
from bertdemo.core.tasks import Decision, SeveralLabels, headline
from bertdemo.data.dataset import Split, groups_among
from bertdemo.report.calibration import Judged, calibration
from bertdemo.report.metrics import paired_f1, score_several
from bertdemo.report.rows import wrong_rows
from bertdemo.runs.run import Run

SUMMARY = ("accuracy", "micro_f1", "interval", "macro_f1")


def judged(
    run: Run,
    split: Split,
    found: dict[str, Predictions],
    selected: str,
    rows: np.ndarray,
    known: Features | None,
    near: Neighbours | None,
) -> dict[str, Any]:
    """Scores, models, calibration and mistakes; what there is for one label only is empty.

    Args:
        found: the predictions of each model.
        selected: the name of the selected model.
        rows: positions of the judged rows.
    """
    truth, names = split.data.labels[rows], split.data.label_names
    said = {name: decided(run, split, name, its, rows) for name, its in found.items()}
    chosen = found[selected].among(rows)
    sureness = confidence_in_several(chosen.probabilities, said[selected])
    largest = np.zeros_like(truth)
    largest[:, int(split.data.counts_at(split.train).argmax())] = True
    groups = groups_among(split.data, rows)
    scores = {name: score_several(truth, has, names, groups) for name, has in (said | {"majority": largest}).items()}
    models: dict[str, Any] = {name: {key: its[key] for key in SUMMARY} for name, its in scores.items()}
    for name, its in found.items():
        choosing = its.among(choosing_rows(split))
        chosen_by = SeveralLabels().scores(choosing.logits, split.data.labels[choosing.positions])
        models[name]["validation_accuracy"] = headline(chosen_by)
        if name != selected:
            models[name]["paired"] = paired_f1(truth, said[selected], said[name], groups)
    models["commonest"] = commonest(split, rows)
    return {
        **{key: scores[selected][key] for key in (*SUMMARY, "per_class")},
        "confusion": [],
        "models": models,
        "most_confused": [],
        "scale": None,
        "calibration": _calibration(run, split, found[selected], selected, said[selected], rows, groups),
        "trust": {"curve": [], "targets": [], "recommended": None},
        "confidence_is": "least_given",
        "wrong": wrong_rows(chosen, split, run.table_rows, said[selected], sureness, known, near),
        "suspects": {"checked": 0, "doubted": 0, "wrong": 0, "weak": False, "few": False, "scale": False, "rows": []},
        "doubtful_tests": [],
        "learning_curve": [],
    }


def commonest(split: Split, rows: np.ndarray) -> dict[str, Any]:
    """The scores of always giving the labels that most training rows have, which may be none, and these ``labels``."""
    sets, counts = np.unique(split.data.labels[split.train], axis=0, return_counts=True)
    always, names = sets[counts.argmax()].astype(bool), split.data.label_names
    truth = split.data.labels[rows]
    scores = score_several(truth, np.broadcast_to(always, truth.shape), names, groups_among(split.data, rows))
    return {**{key: scores[key] for key in SUMMARY}, "labels": [names[i] for i in np.flatnonzero(always)]}


def all_right(run: Run, split: Split, said: Predictions, name: str, rows: np.ndarray) -> np.ndarray:
    """Whether all labels of each row are right, bool, (rows,)."""
    right: np.ndarray = (decided(run, split, name, said, rows) == split.data.labels[rows]).all(axis=1)
    return right


def decided(run: Run, split: Split, name: str, said: Predictions, rows: np.ndarray) -> np.ndarray:
    """The labels that a model of the run gives to rows, bool, (rows, labels).

    Where rows are judged out of fold, by thresholds fitted on the other folds: the model's own have seen all of them.
    Where one fold alone was judged, each half of it is decided on by the other one's.
    """
    judged = said.among(rows)
    probabilities, truth = judged.probabilities, split.data.labels[judged.positions]
    has = _decision(run, name).labels(probabilities)
    if not split.out_of_fold:
        return has
    parts = [np.isin(judged.positions, held_out) for _, held_out in split.folds]
    parts = [own for own in parts if own.any()]
    if len(parts) == 1:
        half = np.arange(len(has)) % 2 == 0
        parts = [half, ~half]
    for own in parts:
        if own.any() and not own.all():
            has[own] = SeveralLabels().decision(probabilities[~own], truth[~own]).labels(probabilities[own])
    return has


def _decision(run: Run, name: str) -> Decision:
    decision = use_of_folder(run.model_folder(name)).decision
    assert decision is not None, f"{name} of {run.id} was not made for several labels"
    return decision


def _calibration(
    run: Run,
    split: Split,
    said: Predictions,
    name: str,
    has: np.ndarray,
    rows: np.ndarray,
    groups: np.ndarray | None,
) -> dict[str, Any]:
    """Of the labels that were given: how often they were right, by their probability."""
    truth = split.data.labels[rows]

    def judged(of: Predictions) -> Judged:
        return of.among(rows).probabilities[has], truth[has]

    before = before_calibration(run, name, rows)
    of_labels = None if groups is None else groups[has.nonzero()[0]]
    return calibration(judged(said), judged(before) if before else None, of_labels)
