"""Are stated intervals and promised accuracies kept? Judged by re-drawing the predictions of finished runs.

    python benchmarks/promises.py RUN...

For each run (its id, under BERTDEMO_HOME; with a test file, so that no folds take turns) two questions are asked of
the selected model's predictions on validation and test rows:

- of 1,000 random subsets of the test rows, in how many does the stated 95% interval hold the accuracy on all of them?
- of 200 re-splits of validation and test rows: the threshold is chosen and the accuracy promised on the one part, and
  measured on the other. Mean gap, and how often the promised interval holds what was measured.
"""

from __future__ import annotations

import sys

import numpy as np

from bertdemo.core.predictions import Predictions
from bertdemo.report.calibration import TARGETS, accepted, promise_for
from bertdemo.report.metrics import accuracy_interval
from bertdemo.runs.run import Run

SUBSETS, SUBSET_ROWS = 1000, 100
RESPLITS = 200


def sureness(run: Run, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of the selected model on `rows`, and whether it was right."""
    split, said = run.split(), Predictions.load(run.folder, run.meta["selected"])
    assert said is not None
    found = said.among(rows)
    return found.probabilities.max(axis=1), found.labels == split.data.labels[found.positions]


def interval_holds(right: np.ndarray) -> float:
    """Share of subsets (with replacement: as if drawn from a large set) whose interval holds the whole's accuracy."""
    draw, held = np.random.default_rng(0), 0
    for _ in range(SUBSETS):
        hits = int(right[draw.integers(0, len(right), SUBSET_ROWS)].sum())
        low, high = accuracy_interval(hits, SUBSET_ROWS)
        held += low <= right.mean() <= high
    return held / SUBSETS


def promises_kept(confidence: np.ndarray, right: np.ndarray, choosing: int, target: float) -> tuple[int, float, float]:
    """Re-splits with a promise, mean of measured minus promised accuracy, share of intervals that held."""
    gaps, held = [], []
    for number in range(RESPLITS):
        order = np.random.default_rng(number).permutation(len(right))
        chosen_on, checked = order[:choosing], order[choosing:]
        promise = promise_for(confidence[chosen_on], right[chosen_on], target)
        if promise is None:
            continue
        seen = accepted(confidence[checked], right[checked], promise.threshold)
        if not seen["rows"]:
            continue
        low, high = promise.interval(seen["rows"])
        gaps.append(seen["accuracy"] - promise.accuracy)
        held.append(low - 1e-9 <= seen["accuracy"] <= high + 1e-9)
    return len(gaps), float(np.mean(gaps)) if gaps else np.nan, float(np.mean(held)) if held else np.nan


def main() -> None:
    print("| run | labels | validation rows | test rows | aim | promises | mean gap, points | interval held |")
    print("|---|---|---|---|---|---|---|---|")
    intervals = []
    for run in map(Run.open, sys.argv[1:]):
        split = run.split()
        choosing, judged = sureness(run, split.validation), sureness(run, split.test)
        name = f"{run.meta['name']} {run.id[:6]}"
        intervals.append((name, len(judged[1]), interval_holds(judged[1])))
        confidence, right = (np.concatenate(pair) for pair in zip(choosing, judged, strict=True))
        sizes = f"{len(split.data.label_names)} | {len(choosing[1])} | {len(judged[1])}"
        for target in TARGETS:
            n, gap, held = promises_kept(confidence, right, len(choosing[1]), target)
            print(f"| {name} | {sizes} | {target:.0%} | {n} | {100 * gap:+.2f} | {held:.1%} |", flush=True)
    print(f"\n| run | test rows | interval of {SUBSET_ROWS} rows holds the accuracy on all |\n|---|---|---|")
    for name, rows, held in intervals:
        print(f"| {name} | {rows} | {held:.1%} |")


if __name__ == "__main__":
    main()
