"""Training speed beside what people would use instead, on the same rows, with the same model and batch of 32.

    pip install accelerate
    python benchmarks/train_speed.py ../shared/data/sst2 ../shared/data/trec6 [--rounds 3] [--steps 12] [--json FILE]

The forms take turns in one process, `rounds` times `steps` steps each, the first two of a turn not counted; the medians
are printed with their ratio to each peer. Peak memory is that of a process of its own. Real tokens per second count no
padding; the share of peak is their floating-point operations over what this machine's matrix product in bf16 reaches.

- textbook: every text padded to 128 tokens, fp32, torch's AdamW
- Trainer: Hugging Face's, as it comes (padded to the longest of a batch, fp32)
- Trainer tuned: the same with bf16 and length grouping
- bertdemo: the product's own loop, `bertdemo.core.train._learn`
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from bertdemo.api import open_table, roles_of
from bertdemo.core import models, recipe, train
from bertdemo.core.device import cores, fastest_precision
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.dataset import labelled_texts

BATCH, LONGEST, WARM = 32, 128, 2
FORMS = ("textbook", "Trainer", "Trainer tuned", "bertdemo")

Arm = Callable[[int], float]
"""Trains for so many steps; seconds per step, the first ones not counted."""


class Material:
    """Texts of a folder's train.csv as token ids, with their labels."""

    def __init__(self, folder: Path) -> None:
        table = open_table(folder / "train.csv")
        data = labelled_texts(table, roles_of(table))
        self.tokenizer = models.load_tokenizer(models.BUNDLED)
        self.ids = models.encode(self.tokenizer, data.texts, LONGEST)
        self.labels, self.names = data.labels, data.label_names
        self.lengths = np.array([len(i) for i in self.ids])

    def model(self) -> Any:
        return models.load_for_classes(models.BUNDLED, self.names, seed=0, device=torch.device("cpu"))


def textbook(data: Material) -> Arm:
    def run(steps: int) -> float:
        model = data.model().train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
        order, began = np.random.default_rng(0).permutation(len(data.ids)), 0.0
        for step in range(steps):
            if step == WARM:
                began = time.perf_counter()
            rows = order[step * BATCH : (step + 1) * BATCH]
            ids, mask = torch.zeros(BATCH, LONGEST, dtype=torch.long), torch.zeros(BATCH, LONGEST, dtype=torch.long)
            for place, row in enumerate(rows):
                ids[place, : len(data.ids[row])] = torch.from_numpy(data.ids[row].astype(np.int64))
                mask[place, : len(data.ids[row])] = 1
            loss = model(input_ids=ids, attention_mask=mask, labels=torch.from_numpy(data.labels[rows])).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        return (time.perf_counter() - began) / (steps - WARM)

    return run


def trainer(data: Material, **arguments: Any) -> Arm:
    from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments

    rows = [{"input_ids": i.tolist(), "labels": int(y)} for i, y in zip(data.ids, data.labels, strict=True)]

    class Clock(TrainerCallback):
        def __init__(self) -> None:
            self.times: list[float] = []

        def on_step_end(self, *_: Any, **__: Any) -> None:
            self.times.append(time.perf_counter())

    def run(steps: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            clock = Clock()
            Trainer(
                model=data.model(),
                args=TrainingArguments(
                    output_dir=folder, per_device_train_batch_size=BATCH, max_steps=steps, report_to=[], use_cpu=True,
                    save_strategy="no", logging_strategy="no", disable_tqdm=True, **arguments,
                ),
                train_dataset=rows,
                data_collator=DataCollatorWithPadding(data.tokenizer),
                callbacks=[clock],
            ).train()  # fmt: skip
        return (clock.times[-1] - clock.times[WARM - 1]) / (steps - WARM)

    return run


def bertdemo(data: Material, precision: str) -> Arm:
    vocabulary = UsedVocabulary(data.ids)
    ids = vocabulary.mapped(data.ids)
    choices = {"epochs": 3, "batch": BATCH, "lr": 1e-4, "warmup": 0.1, "weight_decay": 0.01, "clip": 1.0}
    choices |= {"patience": 99, "precision": precision}
    nothing = np.zeros(0, np.int64)
    fit = train.Fit(0, 1, np.arange(len(ids)), nothing, nothing)

    def run(steps: int) -> float:
        model = data.model()
        vocabulary.shrink(model)
        times: list[float] = []

        def signal() -> str | None:
            times.append(time.perf_counter())
            return "stop" if len(times) == steps else None

        with tempfile.TemporaryDirectory() as folder:
            where = SimpleNamespace(folder=Path(folder))
            meter = recipe.Meter({"learning": 1.0})
            for _ in train._learn(model, ids, data.labels, fit, choices, 0, where, signal, meter):  # type: ignore[arg-type]
                pass
        return (times[-1] - times[WARM - 1]) / (steps - WARM)

    return run


def arms(data: Material) -> dict[str, Arm]:
    precision = fastest_precision(models.BUNDLED, data.ids, BATCH)
    tuned = {"bf16": precision == "bf16", "train_sampling_strategy": "group_by_length", "learning_rate": 5e-5}
    made = (textbook(data), trainer(data), trainer(data, **tuned), bertdemo(data, precision))
    return dict(zip(FORMS, made, strict=True))


def matrix_peak() -> float:
    """Floating-point operations per second of a large matrix product in bf16, the best of ten."""
    a, b = (torch.randn(2048, 2048).bfloat16() for _ in range(2))
    best = float("inf")
    for _ in range(10):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * 2048**3 / best


def operations_per_row(data: Material) -> float:
    """Of one step, forward and backward, on real tokens: 6 per weight, and attention's two products."""
    config = models.load_config(models.BUNDLED)
    attention = 12 * config.num_hidden_layers * config.hidden_size * (data.lengths.astype(float) ** 2).mean()
    return float(6 * recipe.encoder_weights(config) * data.lengths.mean() + attention)


def peak_of_this_process() -> float:
    """Megabytes of memory at most so far (Linux); what `getrusage` says would include the parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def peak_memory(folder: Path, form: str) -> float:
    """Megabytes of a process that trains in one form alone."""
    command = [sys.executable, __file__, str(folder), "--alone", form]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--alone", choices=FORMS)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(cores())
    if options.alone:
        arms(Material(options.folders[0]))[options.alone](8)
        print(peak_of_this_process())
        return
    found: list[dict[str, Any]] = []
    peak = matrix_peak()
    print(f"matrix product in bf16: {peak / 1e9:.0f} GFLOP/s\n")
    print("| data | form | rows/s | real tokens/s | share of peak | peak memory, MB | bertdemo is faster by |")
    print("|---|---|---|---|---|---|---|")
    for folder in options.folders:
        data = Material(folder)
        turns: dict[str, list[float]] = {name: [] for name in FORMS}
        made = arms(data)
        for _ in range(options.rounds):
            for name, run in made.items():
                turns[name].append(run(options.steps))
        speed = {name: BATCH / statistics.median(times) for name, times in turns.items()}
        for name in FORMS:
            row = {"data": folder.name, "form": name, "rows_per_second": speed[name]}
            row |= {"tokens_per_second": speed[name] * float(data.lengths.mean())}
            row |= {"share_of_peak": speed[name] * operations_per_row(data) / peak}
            row |= {"peak_mb": peak_memory(folder, name), "ratio": speed["bertdemo"] / speed[name]}
            found.append(row)
            print(
                f"| {folder.name} | {name} | {row['rows_per_second']:.1f} | {row['tokens_per_second']:.0f} "
                f"| {row['share_of_peak']:.1%} | {row['peak_mb']:.0f} | {row['ratio']:.1f} |",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps({"peak": peak, "rows": found}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
