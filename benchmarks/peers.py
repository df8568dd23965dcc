"""What the benchmarks share: the peers, each a way to train on the same rows; the machine's peak; tables.

Trainer needs ``pip install accelerate``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bertdemo.core import models, recipe
from bertdemo.core.device import best_device, cores, native_precision
from bertdemo.core.train import Fit, _learn
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.runs.events import PHASES
from bertdemo.runs.run import Run

MAX_LENGTH = 128
NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Task:
    """What all peers learn: token ids and labels of all rows, and how a fresh model is made.

    Attributes:
        ids: token ids of each row, special tokens included, cut at `MAX_LENGTH`.
        labels: class of each row, shape (rows,).
        collator_tokenizer: what the Trainer's collator pads with.
        fresh: makes a model with a new head; the attention to use, or None for the library's choice.
        config: the model's transformers config.
        base: name of the base model, None for random weights.
        device: where to train.
    """

    name: str
    ids: list[np.ndarray]
    labels: np.ndarray
    collator_tokenizer: Any
    fresh: Callable[[str | None], Any]
    config: Any
    base: str | None
    device: torch.device

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(i) for i in self.ids], np.int64)

    @property
    def classes(self) -> int:
        return int(self.labels.max()) + 1


@dataclass
class Window:
    """A short timed piece of a training: rows learnt, their lengths in tokens, and the seconds it took."""

    lengths: np.ndarray
    seconds: float
    megabytes: float = 0.0

    @property
    def rows_per_second(self) -> float:
        return len(self.lengths) / self.seconds

    @property
    def tokens_per_second(self) -> float:
        return float(self.lengths.sum()) / self.seconds


def bundled_task(folder: Path, rows: int | None = None) -> Task:
    """The training rows of `folder` for the bundled model, on the best device."""
    data = labelled(folder)[0]
    texts, labels = list(data.texts)[:rows], data.labels[:rows]
    tokenizer = models.load_tokenizer(models.BUNDLED)
    names, device = data.label_names, best_device()

    def fresh(attention: str | None) -> Any:
        if attention == "product":
            return models.load_for_classes(models.BUNDLED, names, seed=0, device=device)
        return plain_model(len(names)).to(device)

    ids = models.encode(tokenizer, texts, MAX_LENGTH)
    config = models.load_config(models.BUNDLED)
    return Task(folder.name, ids, labels, plain_tokenizer(), fresh, config, models.BUNDLED, device)


def plain_model(classes: int) -> Any:
    """The bundled model as anyone would load it, in fp32."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    with models.quietly():
        return AutoModelForSequenceClassification.from_pretrained(
            models.bundled_folder(), num_labels=classes, dtype=torch.float32
        )


def plain_tokenizer() -> Any:
    """The bundled model's tokenizer as anyone would load it."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(models.bundled_folder())


def labelled(folder: Path) -> tuple[Any, Any]:
    """The labelled texts of train.csv and test.csv, with the same label names."""
    from bertdemo.data.dataset import guess_roles, labelled_texts
    from bertdemo.data.table import read_table

    table, test = read_table(folder / "train.csv"), read_table(folder / "test.csv")
    roles = guess_roles(table).roles
    train = labelled_texts(table, roles)
    return train, labelled_texts(test, roles, label_names=train.label_names)


class Textbook:
    """The textbook loop: random batches padded to 128, fp32, AdamW."""

    name = "textbook loop, padded to 128, fp32"
    slow = 8  # it takes this many times fewer steps in a window

    def __init__(self, task: Task, batch: int) -> None:
        self.task, self.batch = task, batch
        self.model = task.fresh(None)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        from torch.nn.functional import cross_entropy

        task = self.task
        steps = max(1, math.ceil(steps / self.slow))
        rows = rng.permutation(len(task.ids))[: steps * self.batch]
        block, mask = np.zeros((2, len(rows), MAX_LENGTH), np.int64)
        for i, row in enumerate(rows):
            block[i, : len(task.ids[row])] = task.ids[row]
            mask[i, : len(task.ids[row])] = 1
        data = torch.utils.data.TensorDataset(*map(torch.from_numpy, (block, mask, task.labels[rows])))
        loader = torch.utils.data.DataLoader(data, batch_size=self.batch, shuffle=True)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-5)
        self.model.train()
        with stopwatch(task.device) as watch:
            for inputs, attention_mask, labels in loader:
                inputs, attention_mask, labels = (t.to(task.device) for t in (inputs, attention_mask, labels))
                optimizer.zero_grad()
                logits = self.model(input_ids=inputs, attention_mask=attention_mask).logits
                cross_entropy(logits, labels).backward()
                optimizer.step()
        return Window(task.lengths[rows], watch.seconds, watch.megabytes)


class HuggingFace:
    """Hugging Face's Trainer, as it comes or tuned; its batches are those that its own sampler makes."""

    def __init__(self, task: Task, batch: int, *, tuned: bool) -> None:
        require_accelerate()
        self.task, self.batch, self.tuned = task, batch, tuned
        self.reduced = tuned and native_precision(task.device) == "bf16"
        kind = ("tuned: bf16, by length" if self.reduced else "tuned: fp32, by length") if tuned else "as it comes"
        self.name = f"Trainer, {kind}"
        self.model = task.fresh(None)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        task = self.task
        rows = self._draw(steps, rng)
        with tempfile.TemporaryDirectory() as folder:
            # the rows are drawn as its sampler would, from all rows: a sampler of a short window groups less well
            trainer = hugging_face_trainer(
                self.model,
                [{"input_ids": task.ids[i].tolist(), "label": int(task.labels[i])} for i in rows],
                task.collator_tokenizer,
                folder,
                batch=self.batch,
                bf16=self.reduced,
                device=task.device,
                train_sampling_strategy="sequential",
            )
            with models.quietly(), stopwatch(task.device) as watch:
                trainer.train()
        return Window(task.lengths[rows], watch.seconds, watch.megabytes)

    def _draw(self, steps: int, rng: np.random.Generator) -> np.ndarray:
        from transformers.trainer_pt_utils import get_length_grouped_indices

        task, size = self.task, self.batch
        if not self.tuned:
            return rng.permutation(len(task.ids))[: steps * size]
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        order = np.array(get_length_grouped_indices(task.lengths.tolist(), size, generator=generator))
        batches = [order[begin : begin + size] for begin in range(0, len(order), size)]
        return np.concatenate([batches[i] for i in rng.permutation(len(batches))[:steps] if len(batches[i]) == size])


class Ours:
    """The product's own loop, `bertdemo.core.train._learn`, on random rows."""

    def __init__(self, task: Task, batch: int, precision: str | None = None) -> None:
        self.task, self.batch = task, batch
        self.precision = precision or native_precision(task.device)
        self.name = f"bertdemo, {self.precision}"
        self.model = task.fresh("product")
        vocabulary = UsedVocabulary(task.ids)
        self.ids = vocabulary.mapped(task.ids)
        vocabulary.shrink(self.model)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        task = self.task
        rows = rng.permutation(len(task.ids))[: steps * self.batch]
        choices = recipe_choices(task, self.batch) | {"precision": self.precision, "epochs": 1.0}
        fit = Fit(0, 1, rows, NO_ROWS, NO_ROWS)
        meter = recipe.Meter(dict.fromkeys(PHASES, 1.0))
        with tempfile.TemporaryDirectory() as folder, stopwatch(task.device) as watch:
            run = Run(Path(folder))
            seed = int(rng.integers(2**20))
            for _ in _learn(self.model, self.ids, task.labels, fit, choices, seed, run, lambda: None, meter):
                pass
        return Window(task.lengths[rows], watch.seconds, watch.megabytes)


def recipe_choices(task: Task, batch: int) -> dict[str, Any]:
    """The settings that the product would choose, but for the batch."""
    from bertdemo.runs.config import TrainConfig

    return recipe.choose(
        TrainConfig(batch=batch),
        task.lengths,
        task.classes,
        longest=MAX_LENGTH,
        encoder_weights=recipe.encoder_weights(task.config),
    )


def hugging_face_trainer(
    model: Any,
    data: Sequence[dict[str, Any]],
    tokenizer: Any,
    folder: str | Path,
    *,
    batch: int,
    bf16: bool,
    device: torch.device,
    **arguments: Any,
) -> Any:
    """Trainer with padding by the collator; what is not named stays as it comes, but nothing is saved or reported."""
    from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainingArguments

    settings: dict[str, Any] = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True}
    settings |= {"per_device_train_batch_size": batch, "learning_rate": 5e-5, "num_train_epochs": 1, "bf16": bf16}
    if device.type == "cpu":
        settings |= {"use_cpu": True, "dataloader_pin_memory": False}
    trainer = Trainer(
        model=model,
        args=TrainingArguments(output_dir=str(folder), **settings | arguments),
        train_dataset=data,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    trainer.remove_callback(PrinterCallback)  # standard output is for tables
    return trainer


def require_accelerate() -> None:
    if importlib.util.find_spec("accelerate") is None:
        sys.exit("Hugging Face's Trainer, a peer of this benchmark, needs: pip install accelerate")


@dataclass
class Stopwatch:
    seconds: float = 0.0
    megabytes: float = 0.0
    """On a GPU: the most memory taken beyond what lay there before."""


@contextlib.contextmanager
def stopwatch(device: torch.device) -> Iterator[Stopwatch]:
    """Times its block, the device's work included."""
    watch, gpu = Stopwatch(), device.type == "cuda"
    if gpu:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    begin = time.perf_counter()
    yield watch
    if gpu:
        torch.cuda.synchronize()
        watch.megabytes = (torch.cuda.max_memory_allocated() - before) / 2**20
    watch.seconds = time.perf_counter() - begin


def in_turns(
    peers: Sequence[Any], steps: int, repeats: int, between: Callable[[], None] = lambda: None
) -> dict[str, list[Window]]:
    """A short window of each peer, in turns, `repeats` times; one more round before them warms up."""
    found: dict[str, list[Window]] = {peer.name: [] for peer in peers}
    for turn in range(repeats + 1):
        if turn:
            between()
        for peer in peers:
            window = peer.window(steps if turn else max(2, steps // 8), np.random.default_rng(turn))
            if turn:
                found[peer.name].append(window)
                say(f"  {peer.name}: {window.rows_per_second:.1f} rows/s in {window.seconds:.1f} s")
    return found


def training_flops(config: Any, lengths: np.ndarray) -> float:
    """Operations that learning texts of these lengths takes: 6 for each weight of the encoder and token, and attention.

    Embeddings, the head, norms and the optimiser are not counted; padding is not either.
    """
    weights, layers, hidden = recipe.encoder_weights(config), config.num_hidden_layers, config.hidden_size
    lengths = lengths.astype(np.float64)
    return float(6 * weights * lengths.sum() + 12 * layers * hidden * (lengths**2).sum())


@dataclass
class Peak:
    """The machine's matrix-multiply peak, measured between the peers: operations per second."""

    device: torch.device
    precision: str
    measured: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """The best of eight big products."""
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self.precision, torch.float32)
        size = 8192 if self.device.type == "cuda" else 2048
        a, b = (torch.randn(size, size, device=self.device, dtype=dtype) for _ in range(2))
        best = math.inf
        for _ in range(8):
            with stopwatch(self.device) as watch:
                a @ b
            best = min(best, watch.seconds)
        self.measured.append(2 * size**3 / best)

    @property
    def flops(self) -> float:
        return statistics.median(self.measured)


def summary(windows: Sequence[Window], config: Any, peak: Peak) -> dict[str, float]:
    """Medians over the windows of a peer."""
    shares = [training_flops(config, w.lengths) / w.seconds / peak.flops for w in windows]
    return {
        "rows_per_second": statistics.median(w.rows_per_second for w in windows),
        "slowest": min(w.rows_per_second for w in windows),
        "fastest": max(w.rows_per_second for w in windows),
        "tokens_per_second": statistics.median(w.tokens_per_second for w in windows),
        "share_of_peak": statistics.median(shares),
        "mean_tokens": float(np.concatenate([w.lengths for w in windows]).mean()),
        "gpu_megabytes": max(w.megabytes for w in windows),
    }


def machine(device: torch.device | None = None) -> dict[str, Any]:
    """What the figures depend on."""
    import platform
    from datetime import date
    from importlib.metadata import version

    device = device or best_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor() or platform.processor()
    return {
        "date": date.today().isoformat(),
        "device": name,
        "cores": cores(),
        "precision": native_precision(device),
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write_json(path: Path | None, found: Any) -> None:
    if path is not None:
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def say(line: str) -> None:
    """Progress goes to standard error, tables to standard output."""
    print(line, file=sys.stderr, flush=True)
