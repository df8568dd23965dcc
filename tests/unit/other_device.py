"""Run on its own: steps of a training, and a reading, on a device other than the CPU where there is none.

Tensors are fake: they have a shape, a type and a device, and nothing in them. Their device is made up, for the whole
process. What mixes it with the CPU fails, and so does a value that is waited for.
"""

from __future__ import annotations

import argparse
import contextlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend
from transformers import BertConfig, BertForSequenceClassification

from bertdemo.core import flash_attention, forward, packing, tasks
from bertdemo.core.averaging import Average
from bertdemo.core.dropout import use_pooled_dropout
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.learner import Learner
from bertdemo.core.learning import gradients
from bertdemo.core.linear import mean_of_tokens
from bertdemo.core.vocabulary import UsedVocabulary
from tests.conftest import renumbered

SHAPE = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 128}
WORDS, CLASSES = 400, 3
DRAW_CPU = torch.randint


class Texts(list[np.ndarray]):
    """Token ids by row, as the loop asks for them."""

    def of(self, rows: Any) -> list[np.ndarray]:
        return [self[i] for i in rows]

    def lengths(self, rows: Any) -> np.ndarray:
        return np.array([len(self[i]) for i in rows])


def moved(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """`device.moved` without pinned memory, which the made-up device has none of, and without what is in `array`."""
    return torch.empty(array.shape, dtype=torch.from_numpy(array).dtype, device=device)


def put(model: torch.nn.Module, device: torch.device) -> None:
    """Have a model's tensors on the device; nothing is in them there."""
    for module in model.modules():
        for name, one in list(module._parameters.items()):
            if one is not None:
                module._parameters[name] = torch.nn.Parameter(torch.empty(one.shape, device=device))
        for name, other in list(module._buffers.items()):
            if other is not None:
                module._buffers[name] = torch.zeros(other.shape, dtype=other.dtype, device=device)


@contextlib.contextmanager
def windows_from_the_start() -> Any:
    """Masks begin at the beginning of the pool: where else is drawn on the CPU, and a fake number can't be drawn."""

    def drawn(*args: Any, **options: Any) -> Any:
        return 0 if args[-1] == () else DRAW_CPU(*args, **options)

    torch.randint = drawn  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.randint = DRAW_CPU


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("precision", choices=("bf16", "fp16", "fp32"))
    parser.add_argument("--task", choices=("one", "several", "weighted"), default="one")
    parser.add_argument("--flash", action="store_true", help="as on a GPU that has that kernel")
    options = parser.parse_args()
    _setup_privateuseone_for_python_backend("gpu")
    device = torch.device("gpu", 0)
    for module in (forward, packing, tasks):
        module.moved = moved  # type: ignore[attr-defined]
    flash_attention.is_better = lambda *_: options.flash  # type: ignore[assignment]

    rng = np.random.default_rng(0)
    texts = Texts(rng.integers(5, WORDS, n) for n in (5, 9, 12, 30, 31, 7, 140, 64))
    labels = rng.integers(0, CLASSES, len(texts))
    task: Any = tasks.OneLabel()
    if options.task == "weighted":
        task = tasks.OneLabel(np.linspace(1, 2, CLASSES, dtype=np.float32))
    if options.task == "several":
        task, labels = tasks.SeveralLabels(), np.eye(CLASSES, dtype=bool)[labels]
    model = BertForSequenceClassification(BertConfig(vocab_size=WORDS, num_labels=CLASSES, **SHAPE))
    vocabulary = UsedVocabulary(texts)
    rows = np.arange(len(texts))
    with FakeTensorMode(), windows_from_the_start():
        put(model, device)
        vocabulary.shrink(model)
        use_pooled_dropout(model)
        learner = Learner(model, {"precision": options.precision, "lr": 1e-4, "weight_decay": 0.01, "clip": 1.0})
        average = Average(model, steps=2)
        job: Any = SimpleNamespace(task=task, ids=Texts(renumbered(texts, vocabulary.used)), labels=labels)
        for step in (1, 2):
            loss = gradients(learner, job, rows, 100, step)
            assert loss is not None
            assert loss.device == device
            if options.precision != "fp16":  # whose scaler waits here, where AdamW is not the fused one of a GPU
                learner.update(1e-4)
            average.follow(step)
        with average.inside():
            fast = FastBert.of(model, options.precision)
            assert fast is not None
            inputs = forward.for_fast(job.ids[:4], fast, device)
            assert fast.logits(inputs).device == device
            headless = FastBert.of(model.bert, options.precision)
            assert headless is not None
            *_, states = headless.states(inputs)
            mean_of_tokens(states.float(), inputs["attention_mask"])
        vocabulary.restore(model)


if __name__ == "__main__":
    main()
