"""The peers of a training, ours among them: each learns a short window of the same rows when asked to.

Trainer needs ``pip install accelerate``.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Stopwatch, Window, stopwatch

from bertdemo.core import models, recipe
from bertdemo.core.batching import tokens_of_pass
from bertdemo.core.device import best_device, native_precision
from bertdemo.core.estimate import Meter
from bertdemo.core.forward import logits_of
from bertdemo.core.learning import Fit, Job, learn
from bertdemo.core.tasks import OneLabel, SeveralLabels, task_of
from bertdemo.core.tokens import ids_of, marked, types_of
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.dataset import LabelledTexts, Split
from bertdemo.runs.events import PHASES
from bertdemo.runs.run import Run

MAX_LENGTH = 128
NO_ROWS = np.zeros(0, np.int64)
PHASES_ALIKE = dict.fromkeys(PHASES, 1.0)


@dataclass(frozen=True)
class Task:
    """What all peers learn: token ids and labels of all rows, and how a fresh model is made.

    Attributes:
        ids: token ids of each row, special tokens included, cut at `MAX_LENGTH`; of pairs second texts are marked.
        labels: class of each row, shape (rows,); where a row may have several, bool, shape (rows, classes).
        collator_tokenizer: what the Trainer's collator pads with.
        fresh: makes a model with a new head; True: as the product loads it, False: as anyone would.
        config: the model's transformers config.
        base: name of the base model, None for random weights.
        device: where to train.
    """

    name: str
    ids: list[np.ndarray]
    labels: np.ndarray
    collator_tokenizer: Any
    fresh: Callable[[bool], Any]
    config: Any
    base: str | None
    device: torch.device

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(i) for i in self.ids], np.int64)

    @property
    def classes(self) -> int:
        return self.labels.shape[1] if self.several else int(self.labels.max()) + 1

    @property
    def several(self) -> bool:
        return self.labels.ndim == 2

    def examples(self, rows: np.ndarray) -> list[dict[str, Any]]:
        """What Trainer's collator takes."""
        return [_example(self.ids[row], self.labels[row]) for row in rows]

    def steps_of_window(self, batch: int, steps: int) -> int:
        """At most as many as there are full batches of rows: no peer learns, nor counts, a row twice in a window."""
        if len(self.ids) < batch:
            sys.exit(f"{self.name}: {len(self.ids)} rows are fewer than a batch of {batch}; see --batch")
        return min(steps, len(self.ids) // batch)


def bundled_task(folder: Path, rows: int | None = None) -> Task:
    """The training rows of `folder` for the bundled model, on the best device."""
    data = labelled(folder)[0]
    texts, labels = list(data.texts)[:rows], data.labels[:rows]
    tokenizer = models.load_tokenizer(models.BUNDLED)
    names, device, problem = data.label_names, best_device(), task_of(data).problem_type

    def fresh(ours: bool) -> Any:
        if ours:
            return models.load_for_classes(models.BUNDLED, names, seed=0, device=device, problem_type=problem)
        return plain_model(len(names), problem).to(device)

    ids = models.encode(tokenizer, texts, MAX_LENGTH)
    config = models.load_config(models.BUNDLED)
    return Task(folder.name, ids, labels, plain_tokenizer(), fresh, config, models.BUNDLED, device)


def plain_model(classes: int, problem_type: str) -> Any:
    """The bundled model as anyone would load it, in fp32."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(0)
    with models.quietly():
        return AutoModelForSequenceClassification.from_pretrained(
            models.bundled_folder(), num_labels=classes, problem_type=problem_type, dtype=torch.float32
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
        self.model = task.fresh(False)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

        task = self.task
        steps = max(1, math.ceil(steps / self.slow))
        rows = rng.permutation(len(task.ids))[: steps * self.batch]
        block, types, mask = np.zeros((3, len(rows), MAX_LENGTH), np.int64)
        for i, tokens in enumerate(task.ids[row] for row in rows):
            block[i, : len(tokens)] = ids_of(tokens)
            types[i, : len(tokens)] = types_of(tokens)
            mask[i, : len(tokens)] = 1
        labels = task.labels[rows].astype(np.float32) if task.several else task.labels[rows]
        loss = binary_cross_entropy_with_logits if task.several else cross_entropy
        data = torch.utils.data.TensorDataset(*map(torch.from_numpy, (block, types, mask, labels)))
        loader = torch.utils.data.DataLoader(data, batch_size=self.batch, shuffle=True)
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-5)
        self.model.train()
        with stopwatch(task.device) as watch:
            for batch in loader:
                inputs, kinds, attention_mask, given = (t.to(task.device) for t in batch)
                optimizer.zero_grad()
                logits = self.model(input_ids=inputs, token_type_ids=kinds, attention_mask=attention_mask).logits
                loss(logits, given).backward()
                optimizer.step()
        return Window(task.lengths[rows], watch.seconds, watch.megabytes)


class HuggingFace:
    """Hugging Face's Trainer, as it comes or tuned; its batches are those that its own sampler makes."""

    def __init__(self, task: Task, batch: int, *, tuned: bool, workers: int = 0) -> None:
        require_accelerate()
        self.task, self.batch, self.tuned = task, batch, tuned
        self.name = f"Trainer, tuned: {native_precision(task.device)}, by length" if tuned else "Trainer, as it comes"
        self.settings = tuned_settings(task.device) | {"dataloader_num_workers": workers} if tuned else {}
        self.model = task.fresh(False)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        task = self.task
        rows = self._draw(steps, rng)
        with tempfile.TemporaryDirectory() as folder:
            # the rows are drawn as its sampler would, from all rows: a sampler of a short window groups less well
            trainer = hugging_face_trainer(
                self.model,
                task.examples(rows),
                task.collator_tokenizer,
                folder,
                batch=self.batch,
                device=task.device,
                **self.settings | {"train_sampling_strategy": "sequential"},
            )
            with models.quietly(), stopwatch(task.device) as watch:
                trainer.add_callback(_from_first_step(watch))
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


class Given:
    """Token ids that are there already, as `bertdemo.core.encoded.Tokens`."""

    def __init__(self, ids: list[np.ndarray]) -> None:
        self._ids, self._lengths = ids, np.array([len(i) for i in ids], np.int64)

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        return self._lengths[rows]

    def of(self, rows: np.ndarray) -> list[np.ndarray]:
        return [self._ids[row] for row in rows]


class Ours:
    """The product's own loop, `bertdemo.core.learning.learn`: a training of all rows that is stopped after a window."""

    def __init__(self, task: Task, batch: int, precision: str | None = None) -> None:
        self.task, self.batch = task, batch
        self.precision = precision or native_precision(task.device)
        self.name = f"bertdemo, {self.precision}"
        self.model = task.fresh(True)
        vocabulary = UsedVocabulary(task.ids)
        self.ids = Given([marked(np.searchsorted(vocabulary.used, ids_of(i)), types_of(i)) for i in task.ids])
        vocabulary.shrink(self.model)

    def window(self, steps: int, rng: np.random.Generator) -> Window:
        seed, left = int(rng.integers(2**20)), iter(range(steps - 1))
        with stopwatch(self.task.device) as watch:
            fit = self._learn(seed, lambda: None if next(left, None) is not None else "stop")
        return Window(self.task.lengths[fit.order(seed, 0)[: steps * self.batch]], watch.seconds, watch.megabytes)

    def whole(self, pauses: int, between: Callable[[], object]) -> Window:
        """A training to its end, within which `between` is done after every so many steps, `pauses` times, untimed."""
        choices, lengths, done = recipe_choices(self.task, self.batch), self.task.lengths, 0
        _, steps, _ = recipe.steps_of(choices, len(lengths), 0)
        halts = {round(steps * (turn + 0.5) / pauses) for turn in range(pauses)}

        def asked() -> None:
            nonlocal done
            done += 1
            if done in halts:
                with watch.halted():
                    between()

        with stopwatch(self.task.device) as watch:
            fit = self._learn(0, asked)
        epochs = range(math.ceil(choices["epochs"]))
        seen = np.concatenate([fit.order(0, epoch) for epoch in epochs])[: round(choices["epochs"] * len(lengths))]
        return Window(lengths[seen], watch.seconds, watch.megabytes)

    def _learn(self, seed: int, asked: Callable[[], str | None]) -> Fit:
        """A training of all rows, `asked` at each step, that ends with its schedule or where the answer is to stop."""
        task = self.task
        choices = recipe_choices(task, self.batch) | {"precision": self.precision, "seconds_per_step": math.inf}
        fit, meter = Fit(0, 1, np.arange(len(task.ids)), NO_ROWS, NO_ROWS, len(task.ids)), Meter(PHASES_ALIKE)
        kind = SeveralLabels() if task.several else OneLabel()
        with tempfile.TemporaryDirectory() as folder:
            job = Job(kind, self.ids, task.labels, choices, seed, Run(Path(folder)), asked, meter)
            for _ in learn(self.model, fit, job):
                pass
        self.model.get_input_embeddings().gradient = None  # a part of all gradients, which end with the training
        return fit


def _from_first_step(watch: Stopwatch) -> Any:
    """A callback of Trainer that has it timed without what it does before its first step, half a second."""
    from transformers import TrainerCallback

    class FromFirstStep(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if not state.global_step:
                watch.begin_anew()

    return FromFirstStep()


def recipe_choices(task: Task, batch: int) -> dict[str, Any]:
    """The settings that the product would choose, but for the batch."""
    from bertdemo.runs.config import TrainConfig

    choices = recipe.choose(
        TrainConfig(batch=batch),
        task.lengths,
        task.classes,
        longest=MAX_LENGTH,
        encoder_weights=recipe.encoder_weights(task.config),
    )
    return choices | {"tokens_per_pass": tokens_of_pass(task.device.type)}


def hugging_face_trainer(
    model: Any,
    data: Sequence[dict[str, Any]],
    tokenizer: Any,
    folder: str | Path,
    *,
    batch: int,
    device: torch.device,
    **arguments: Any,
) -> Any:
    """Trainer with padding by the collator; what is not named stays as it comes, but nothing is saved or reported."""
    from transformers import DataCollatorWithPadding, PrinterCallback, Trainer, TrainingArguments

    settings: dict[str, Any] = {"report_to": "none", "save_strategy": "no", "disable_tqdm": True}
    settings |= {"per_device_train_batch_size": batch, "learning_rate": 5e-5, "num_train_epochs": 1}
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


def tuned_settings(device: torch.device) -> dict[str, Any]:
    """What someone who knows Trainer would set: reduced precision, batches by length, no synchronisation to log."""
    precision = native_precision(device)
    settings: dict[str, Any] = {} if precision == "fp32" else {precision: True}
    settings |= {"train_sampling_strategy": "group_by_length", "optim": "adamw_torch_fused"}
    return settings | {"logging_nan_inf_filter": False}


def tuned_trainer(split: Split, seed: int, epochs: float) -> dict[str, Any]:
    """Train the bundled model with it on all rows that are not test rows.

    Returns:
        ``seconds`` from loading the model to the end of the last epoch, and ``logits`` (test rows, classes).
    """
    data, device = split.data, best_device()
    rows = np.concatenate([split.train, split.validation])
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        tokenizer, model = plain_tokenizer(), plain_model(len(data.label_names), task_of(data).problem_type)
        trainer = hugging_face_trainer(
            model,
            _examples(data, rows, tokenizer),
            tokenizer,
            folder,
            batch=32,
            device=device,
            **tuned_settings(device) | {"num_train_epochs": epochs, "seed": seed},
        )
        with models.quietly():
            trainer.train()
        seconds = time.perf_counter() - began
    tested = models.encode(tokenizer, [data.texts[i] for i in split.test], MAX_LENGTH)
    return {"seconds": seconds, "logits": logits_of(trainer.model, tested, precision="fp32")}


def _examples(data: LabelledTexts, rows: np.ndarray, tokenizer: Any) -> list[dict[str, Any]]:
    """What Trainer's collator takes."""
    encoded = models.encode(tokenizer, [data.texts[i] for i in rows], MAX_LENGTH)
    return [_example(tokens, data.labels[row]) for row, tokens in zip(rows, encoded, strict=True)]


def _example(tokens: np.ndarray, label: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"input_ids": ids_of(tokens).tolist(), "token_type_ids": types_of(tokens).tolist()}
    return given | {"labels": label.astype(float).tolist() if np.ndim(label) else int(label)}


def require_accelerate() -> None:
    if importlib.util.find_spec("accelerate") is None:
        sys.exit("Hugging Face's Trainer, a peer of this benchmark, needs: pip install accelerate")
