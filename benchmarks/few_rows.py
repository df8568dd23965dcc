"""Few rows: a run with no option beside the instant classifier and TF-IDF, over many draws of the training rows.

    python benchmarks/few_rows.py ../shared/data/sst2 ../shared/data/trec6 --json few.json

Each folder holds train.csv and test.csv. So many rows of each class (8, 16, 64; fewer where a class has fewer) are
drawn from train.csv, from rows whose text is not in test.csv, and a run learns from them; at most 1,000 test rows,
the same for all draws, judge it. *Run* is the classifier that the run selects, whichever that is. The differences
are paired: of the same draw, with the standard error of their mean.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measuring import machine, say, table, write_json

from bertdemo.api import TrainedRun
from bertdemo.data.dataset import Roles, guess_roles, labelled_texts, text_groups
from bertdemo.data.table import Table, read_table
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run

MOST_TEST = 1000
MODELS = ("bert", "instant", "tfidf")


def read(folder: Path, most_test: int) -> tuple[Table, Table, Roles]:
    """Rows to draw from, test rows, and which columns hold what."""
    train, test = (read_table(folder / f"{name}.csv") for name in ("train", "test"))
    roles = guess_roles(train).roles
    usable, tested = labelled_texts(train, roles), test
    groups = text_groups((*usable.texts, *labelled_texts(test, roles, label_names=usable.label_names).texts))
    free = ~np.isin(groups[: len(usable)], groups[len(usable) :])
    if test.rows > most_test:
        rng = np.random.default_rng(0)
        tested = test.take(np.sort(rng.choice(test.rows, most_test, replace=False)).tolist())
    return train.take(usable.row_ids[free].tolist()), tested, roles


def draw(train: Table, roles: Roles, per_class: int, number: int) -> Table:
    """`per_class` rows of each class, another choice for each `number`."""
    rng = np.random.default_rng((per_class, number))
    data = labelled_texts(train, roles)
    rows = [rng.permutation(np.flatnonzero(data.labels == label))[:per_class] for label in range(len(data.label_names))]
    return train.take(np.sort(data.row_ids[np.concatenate(rows)]).tolist())


def measure(train: Table, test: Table, roles: Roles, number: int, budget: Any) -> dict[str, Any]:
    """Test accuracy of each model of one run."""
    began = time.perf_counter()
    trained = TrainedRun(Run.create(train, roles, TrainConfig(budget=budget, seed=number), test=test))
    for _ in trained.events():
        pass
    scores = trained.report["models"]
    found: dict[str, Any] = {name: scores[name]["accuracy"] for name in MODELS if name in scores}
    found |= {"run": trained.report["accuracy"], "selected": trained.selected}
    trained.run.delete()
    return found | {"rows": train.rows, "seconds": time.perf_counter() - began}


def cells(data: str, per_class: int, draws: list[dict[str, Any]]) -> list[str]:
    """A line of the table."""

    def mean(name: str) -> str:
        values = [d[name] for d in draws if name in d]
        return f"{np.mean(values):.4f}" if values else ""

    def paired(name: str) -> str:
        differences = np.array([d["run"] - d[name] for d in draws])
        error = differences.std(ddof=1) / np.sqrt(len(differences)) if len(differences) > 1 else 0.0
        return f"{differences.mean():+.4f} ± {error:.4f}"

    chosen = ", ".join(f"{name} {sum(d['selected'] == name for d in draws)}" for name in MODELS)
    line = [data, str(per_class), str(round(np.mean([d["rows"] for d in draws]))), str(len(draws))]
    line += [mean("run"), mean("bert"), mean("instant"), mean("tfidf"), paired("instant"), paired("tfidf")]
    return [*line, chosen, f"{np.median([d['seconds'] for d in draws]):.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--per-class", type=int, nargs="+", default=(8, 16, 64))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--test-rows", type=int, default=MOST_TEST)
    parser.add_argument("--budget", default="balanced", help="quick, balanced or thorough")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    head = ["data", "rows per class", "rows", "draws", "run", "BERT", "instant", "TF-IDF"]
    head += ["run - instant", "run - TF-IDF", "selected", "seconds of a run"]
    found: list[dict[str, Any]] = []
    lines = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["BERTDEMO_HOME"] = home
        for folder in options.folders:
            train, test, roles = read(folder, options.test_rows)
            for per_class in options.per_class:
                draws: list[dict[str, Any]] = []
                found.append({"data": folder.name, "per_class": per_class, "draws": draws})
                for number in range(options.draws):
                    draws.append(measure(draw(train, roles, per_class, number), test, roles, number, options.budget))
                    say(f"{folder.name}, {per_class} per class, draw {number}: {draws[-1]}")
                    write_json(options.json, {"machine": machine(), "found": found})
                lines.append(cells(folder.name, per_class, draws))
    print(table(head, lines))


if __name__ == "__main__":
    main()
