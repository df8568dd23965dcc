"""What correcting doubtful labels is worth to the fine-tuned model, and whether its probabilities can be believed.

    python benchmarks/corrected_labels.py ../shared/data/noisy_ag_news [relabel] [drop]

The folder holds train.csv (noisy labels) and test.csv (true labels, seen by no training here). One run on the noisy
labels, then one for each decision named, on its corrected training rows, judged on the same held-out (noisy) rows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bertdemo.api import TrainedRun, load, prepare
from bertdemo.data.table import read_table
from bertdemo.report.calibration import expected_calibration_error
from bertdemo.report.corrections import corrected_run, decide
from bertdemo.runs.run import Run


def trained(run: Run) -> Run:
    for _ in TrainedRun(run).events():
        pass
    return run


def row(name: str, run: Run, test: Path) -> str:
    """Scores on the held-out rows, as the report says them, and on the clean test rows."""
    report = run.report
    assert report is not None
    classifier, table = load(run), read_table(test)
    probabilities = classifier.probabilities([text or "" for text in table.column("text")])
    right = np.array(classifier.labels)[probabilities.argmax(1)] == np.array(table.column("label"))
    clean_error = expected_calibration_error(probabilities.max(1), right)
    cells = (f"{report['accuracy']:.2%}", f"{report['calibration']['error']:.4f}", f"{right.mean():.2%}")
    return f"| {name} | {report['train_rows']} | " + " | ".join((*cells, f"{clean_error:.4f}")) + " |"


def main() -> None:
    folder = Path(sys.argv[1])
    run = trained(prepare(folder / "train.csv").run)
    suspects = (run.report or {})["suspects"]
    print(f"run {run.id}: {suspects['doubted']} of {suspects['checked']} labels are doubted")
    print("| trained on | rows | held-out noisy rows: accuracy | calibration error | clean rows: accuracy | error |")
    print("|---|---|---|---|---|---|")
    print(row("the labels as given", run, folder / "test.csv"), flush=True)
    for decision in sys.argv[2:] or ("relabel", "drop"):
        again = trained(corrected_run(run, decide(run, decision)))
        print(row(decision, again, folder / "test.csv"), flush=True)


if __name__ == "__main__":
    main()
