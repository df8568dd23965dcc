"""Accuracy out of the box beside TF-IDF, frozen embeddings and Hugging Face's Trainer, on data with its own test file.

    pip install accelerate
    python benchmarks/accuracy.py ../shared/data/sst2 ../shared/data/trec6 --seeds 3 --json accuracy.json

Each folder holds train.csv and test.csv: one label, several labels or pairs. A run is made with no option but its
seed; *majority*, *TF-IDF*, our *instant* classifier and *frozen* (the plain one: the mean of the last layer's tokens,
of length 1, and logistic regression, C = 10) are judged on the same test rows. Trainer
is tuned as someone would who knows it: 3 epochs, 5e-5, batch 32, rows by length, reduced precision where the hardware
has it, length 128; it learns from the rows that ours validates on too, and of several labels those of at least 0.5
are its answer. What the JSON file holds already is not measured again.

The score is the accuracy, of several labels the micro F1. Differences are paired by test row, the rows' means over
the seeds: a star says that ours is below by more than chance (two-sided p < 0.05, normal approximation), a plus that
it is above.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import machine, say, table, write_json
from peers import require_accelerate, tuned_trainer

from bertdemo.api import TrainedRun
from bertdemo.core.baselines import Features, load_features
from bertdemo.core.device import cores
from bertdemo.core.linear import Linear
from bertdemo.core.predictions import Predictions
from bertdemo.core.tasks import Decision, f1_scores, task_of
from bertdemo.data.dataset import LabelledTexts, Split, guess_roles
from bertdemo.data.table import read_table
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import MODELS, Run

MAJORITY, FROZEN, TRAINER = "majority", "frozen", "Trainer"
PEERS = (MAJORITY, "tfidf", "instant", FROZEN, TRAINER)
HALF = 0.5


def judged(data: LabelledTexts, rows: np.ndarray, logits: np.ndarray, decision: Decision | None) -> dict[str, Any]:
    """Scores, and of each row how right it is: 0 or 1, of several labels the F1 of its labels."""
    task, labels = task_of(data), data.labels[rows]
    if not data.several:
        scores = {name: score for name, score in task.scores(logits, labels).items() if name != "loss"}
        return {**scores, "right": (logits.argmax(1) == labels).astype(int).tolist()}
    decision = decision or Decision((HALF,) * labels.shape[1], at_least_one=False)
    probabilities = task.probabilities(logits)
    said = decision.labels(probabilities)
    sizes = np.maximum(said.sum(1) + labels.sum(1), 1)
    right = np.round(2 * (said & labels).sum(1) / sizes, 4)
    return {**f1_scores(decision, probabilities, labels), "right": right.tolist()}


def measure(folder: Path, seed: int, *, trainer: bool) -> dict[str, Any]:
    """The scores of our run, of each of its models, and of the peers."""
    began = time.perf_counter()
    rows = read_table(folder / "train.csv")
    config = TrainConfig(seed=seed)
    trained = TrainedRun(Run.create(rows, guess_roles(rows).roles, config, test=read_table(folder / "test.csv")))
    for _ in trained.events():
        pass
    run, split = trained.run, trained.run.split()
    seconds = time.perf_counter() - began
    found: dict[str, Any] = {}
    for name in MODELS:
        if (said := Predictions.load(run.folder, name)) is not None:
            about = json.loads((run.model_folder(name) / "bertdemo.json").read_text(encoding="utf-8"))
            decision = Decision.from_json(about["decision"]) if about.get("decision") else None
            found[name] = judged(split.data, split.test, said.among(split.test).logits, decision)
    found["run"] = found[trained.selected]
    if (known := load_features(run)) is not None:  # None where no base reads the language
        found[FROZEN] = judged(split.data, split.test, *frozen(known, split))
    found[MAJORITY] = judged(split.data, split.test, majority(split), None)
    if trainer:
        peer = tuned_trainer(split, seed, 3.0)
        found[TRAINER] = judged(split.data, split.test, peer["logits"], None) | {"seconds": peer["seconds"]}
    about_run = {"rows": len(split.train), "test_rows": len(split.test), "selected": trained.selected}
    run.delete()
    return {"data": folder.name, "seed": seed, **about_run, "seconds": seconds, "scores": found}


def frozen(known: Features, split: Split) -> tuple[np.ndarray, Decision | None]:
    """Logits (test rows, classes) of a logistic regression on plain embeddings, and thresholds for several labels."""
    data, task = split.data, task_of(split.data)
    learnt = np.intersect1d(split.train, known.positions)
    linear = Linear.fit(known.topic(learnt), data.labels[learnt], len(data.label_names), C=10.0)
    unseen = split.validation if len(split.validation) else learnt
    decision = task.decision(linear.probabilities(known.topic(unseen)), data.labels[unseen])
    return task.logits(linear.probabilities(known.topic(split.test))), decision


def majority(split: Split) -> np.ndarray:
    """Logits (test rows, classes) for the most frequent class of the training rows, or for labels that half have."""
    labels = split.data.labels[split.train]
    if split.data.several:
        shares = labels.mean(0)
    else:
        shares = np.bincount(labels, minlength=len(split.data.label_names)) / len(labels)
    return np.tile(np.log(np.maximum(shares, 1e-9)), (len(split.test), 1))


def score(scores: dict[str, Any]) -> float:
    return float(scores.get("micro_f1", scores["accuracy"]))


def compared(found: list[dict[str, Any]], peer: str) -> str:
    """Mean score of a peer over the seeds, ours minus it in points, and whether that is more than chance."""
    theirs = [f["scores"][peer] for f in found if peer in f["scores"]]
    if len(theirs) < len(found):
        return ""
    gains = np.mean([f["scores"]["run"]["right"] for f in found], axis=0) - np.mean(
        [t["right"] for t in theirs], axis=0
    )
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    sure = abs(gains.mean()) > 1.96 * error
    ours = np.mean([score(f["scores"]["run"]) for f in found])
    mean = np.mean([score(t) for t in theirs])
    return f"{mean:.4f} ({100 * (ours - mean):+.1f}{('+' if gains.mean() > 0 else '*') if sure else ''})"


def line(found: list[dict[str, Any]]) -> list[str]:
    ours = [score(f["scores"]["run"]) for f in found]
    macro = np.mean([f["scores"]["run"]["macro_f1"] for f in found])
    selected = sorted({f["selected"] for f in found})
    cells = [found[0]["data"], str(found[0]["rows"]), str(found[0]["test_rows"]), str(len(found)), ", ".join(selected)]
    spread = f" ({min(ours):.4f} to {max(ours):.4f})" if len(ours) > 1 else ""
    cells += [f"{np.mean(ours):.4f}{spread}", f"{macro:.4f}", *(compared(found, peer) for peer in PEERS)]
    seconds = [f"{np.median([f['seconds'] for f in found]):.0f}"]
    theirs = [f["scores"][TRAINER]["seconds"] for f in found if TRAINER in f["scores"]]
    return [*cells, *seconds, f"{np.median(theirs):.0f}" if theirs else ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--no-trainer", action="store_true", help="leave the Trainer out")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if not options.no_trainer:
        require_accelerate()
    torch.set_num_threads(cores())
    known = (
        json.loads(options.json.read_text(encoding="utf-8"))["found"] if options.json and options.json.exists() else []
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["BERTDEMO_HOME"] = home
        for seed in range(options.seeds):
            for folder in options.folders:
                if any((f["data"], f["seed"]) == (folder.name, seed) for f in known):
                    continue
                known.append(measure(folder, seed, trainer=not options.no_trainer))
                scores = {name: score(each) for name, each in known[-1]["scores"].items()}
                say(f"{folder.name}, seed {seed}, {known[-1]['seconds']:.0f} s, {known[-1]['selected']}: {scores}")
                write_json(options.json, {"machine": machine(), "found": known})
    head = ["data", "rows", "test rows", "seeds", "selected", "run", "macro F1"]
    head += ["majority", "TF-IDF", "frozen", "Trainer, tuned", "our seconds", "Trainer's"]
    names = [folder.name for folder in options.folders]
    print(table(head, [line([f for f in known if f["data"] == name]) for name in names]))


if __name__ == "__main__":
    main()
