"""The rows that a report points at: mistakes, and rows with doubtful labels. No text is kept here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bertdemo.core.baselines import Features
from bertdemo.core.neighbours import Neighbours
from bertdemo.core.predictions import Predictions
from bertdemo.data.dataset import Split, row_groups
from bertdemo.report.suspects import find_suspects

MOST_LISTED = 2000
LIKELIEST = 3
NEAREST = 3
SURE = 0.9
"""As sure as this, and of one mind with all others, a model is that contradicts a label of a test row."""


def wrong_rows(
    said: Predictions,
    split: Split,
    table_rows: int,
    has: np.ndarray,
    confidence: np.ndarray,
    known: Features | None,
    near: Neighbours | None,
) -> list[dict[str, Any]]:
    """The surest mistakes by row of the file, or of the person's own test file.

    Args:
        said: the predictions of the judged rows.
        split: the rows and their parts.
        table_rows: rows of the training file; a test file's are counted on from there.
        has: which labels each judged row is given by the model, bool, shape (rows, labels).
        confidence: how sure the model is of them, shape (rows,).
        known: embeddings of the rows, where there are any.
        near: finds the training rows that a mistake is nearest to.

    Returns:
        ``row``, ``of_test_file``, ``position`` (in the run's data), ``given``, ``predicted``, ``confidence``,
        ``likeliest`` (label and probability, three at most) and ``near`` (positions of training rows); where a row may
        have several labels, ``given_labels`` and ``predicted_labels`` too, each by itself.
    """
    data, probabilities = split.data, said.probabilities
    truth = data.labels[said.positions] if data.several else one_hot(data.labels[said.positions], len(data.label_names))
    mistakes = np.flatnonzero((has != truth).any(axis=1))
    mistakes = mistakes[np.argsort(-confidence[mistakes], kind="stable")][:MOST_LISTED]
    likeliest = np.argsort(-probabilities[mistakes], axis=1, kind="stable")[:, :LIKELIEST]
    alike = nearest_rows(known, near, said.positions[mistakes])
    first_row = table_rows if split.test_given else 0
    label_names = np.array(data.label_names, object)
    listed = []
    for i, first, close in zip(mistakes.tolist(), likeliest.tolist(), alike, strict=True):
        position, given, predicted = int(said.positions[i]), label_names[truth[i]], label_names[has[i]]
        entry = {
            "row": int(data.row_ids[position]) - first_row,
            "of_test_file": split.test_given,
            "position": position,
            "given": "|".join(given),
            "predicted": "|".join(predicted),
            "confidence": float(confidence[i]),
            "likeliest": [[data.label_names[c], round(float(probabilities[i, c]), 4)] for c in first],
            "near": close,
        }
        each = {"given_labels": given.tolist(), "predicted_labels": predicted.tolist()} if data.several else {}
        listed.append(entry | each)
    return listed


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """The one label of each row as several are written: bool, shape (rows, classes)."""
    has: np.ndarray = np.eye(classes, dtype=bool)[labels]
    return has


def doubtful_tests(found: dict[str, Predictions], selected: str, split: Split, rows: np.ndarray) -> list[int]:
    """Positions of rows of the person's own test file whose labels are worth a look, the surest doubts first.

    None of the models has learnt from them: the selected one is sure of another label, and all others say the same one.
    """
    if not split.test_given or len(found) < 2:
        return []
    said = found[selected].among(rows)
    confidence = said.probabilities.max(axis=1, initial=0.0)
    agreed = np.all([other.among(rows).labels == said.labels for other in found.values()], axis=0)
    doubted = np.flatnonzero(agreed & (confidence >= SURE) & (said.labels != split.data.labels[said.positions]))
    surest = doubted[np.argsort(-confidence[doubted], kind="stable")][:MOST_LISTED]
    return [int(position) for position in said.positions[surest]]


def nearest_rows(known: Features | None, near: Neighbours | None, positions: np.ndarray) -> list[list[int]]:
    """Positions of the training rows nearest to each row, without the row itself."""
    if near is None or known is None:
        return [[] for _ in positions]
    found, _ = near.nearest(known.topic(positions), NEAREST + 1)
    return [
        [p for p in line if p != own][:NEAREST] for own, line in zip(positions.tolist(), found.tolist(), strict=True)
    ]


def suspect_rows(
    known: Features | None, split: Split, most_wrong: float, contradicts: np.ndarray | None = None
) -> dict[str, Any]:
    """Training rows whose label is doubted, the most suspect first; none where there are no embeddings.

    Labels can't be wrong much more often than a model disagrees with them on rows that it has not seen, so
    that no more than the share `most_wrong` of the rows is doubted. ``wrong`` is how many labels are wrong if they are
    so everywhere as often as where the checking classifier is surest, ``own`` whether most doubts are its own mistakes,
    as none are there (see `Suspects.are_own`). ``weak`` says that none is doubted, because it is too weak for its
    doubts to tell something (see `Suspects.telling`); ``few`` that it is so for want of rows. ``scale`` says that
    labels are the steps of a scale, where only labels two or more steps off are doubted (`contradicts`, see
    `find_suspects`).
    """
    if known is None:
        return {"checked": 0, "doubted": 0, "wrong": 0, "weak": False, "few": False, "scale": False, "rows": []}
    data = split.data
    rows = np.intersect1d(split.train, known.positions)
    groups = row_groups(data)[rows] if data.groups else None
    found = find_suspects(known.topic(rows), data.labels[rows], len(data.label_names), rows, contradicts, groups)
    scale = contradicts is not None
    if not found.telling:
        nothing = {"checked": len(rows), "doubted": 0, "wrong": 0, "weak": True, "few": found.few}
        return {**nothing, "scale": scale, "rows": []}
    listed = [
        {
            "row": int(data.row_ids[position]),
            "position": int(position),
            "given": data.label_names[data.labels[position]],
            "suggested": data.label_names[suggested],
            "probability": float(given),
        }
        for position, given, suggested in zip(found.positions, found.given, found.suggested, strict=True)
    ][: math.ceil(most_wrong * found.checked)]
    wrong = min(len(listed), round(found.wrong * found.checked))
    return {
        "checked": found.checked,
        "doubted": len(listed),
        "wrong": wrong,
        "own": found.are_own(len(listed)),
        "weak": False,
        "few": False,
        "scale": scale,
        "rows": listed[:MOST_LISTED],
    }
