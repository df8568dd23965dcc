"""Accuracy out of the box: trains on data sets with their own test files, no option set, and prints a table.

    python benchmarks/accuracy.py ../shared/data/sst2 ../shared/data/trec6

Each folder holds train.csv and test.csv. The figures are what `python -m bertdemo train --json` says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def measure(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bertdemo", "train", str(folder / "train.csv")]
    command += ["--test", str(folder / "test.csv"), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> None:
    print("| data | rows | selected | accuracy | 95% interval | macro F1 | BERT | instant | TF-IDF | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for folder in map(Path, sys.argv[1:]):
        found = measure(folder)
        report = json.loads((Path(found["bert"]).parents[1] / "report.json").read_text(encoding="utf-8"))
        models = [f"{report['models'][name]['accuracy']:.4f}" for name in ("bert", "instant", "tfidf")]
        low, high = found["interval"]
        cells = [folder.name, str(found["rows"]), found["selected"], f"{found['accuracy']:.4f}"]
        cells += [f"{low:.3f} to {high:.3f}", f"{found['macro_f1']:.4f}", *models, f"{found['seconds']:.0f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
