"""Steps that learn from some of their rows: the mean of the gradient stays, and what is left out costs nothing."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.core import importance, learning, packed_attention, packed_bert, packed_layer
from bertdemo.core.dropout import use_pooled_dropout
from bertdemo.core.importance import probabilities_of, row_weights, systematic
from bertdemo.core.learner import Learner
from bertdemo.core.models import load_for_classes
from bertdemo.core.packing import Part, pack, part_of
from bertdemo.core.tasks import OneLabel, SeveralLabels

CPU = torch.device("cpu")
NORMS = np.array([0.9, 0.001, 0.2, 0.05, 0.0, 0.4, 0.01, 0.7])


class Texts(list[np.ndarray]):
    """Tokens by row, as a job has them."""

    def of(self, rows: np.ndarray) -> list[np.ndarray]:
        return [self[i] for i in rows]

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        return np.array([len(self[i]) for i in rows])


@pytest.fixture
def texts() -> Texts:
    draw = np.random.default_rng(0)
    return Texts(draw.integers(5, 40, n).astype(np.int64) for n in (7, 3, 11, 7, 1, 17, 5, 12))


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    model = load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=CPU)
    use_pooled_dropout(model)
    return model


@pytest.mark.parametrize("more", [0.05, 0.3, 1.0])
def test_drawing_adds_as_much_variance_as_it_may(more: float) -> None:
    chances = probabilities_of(NORMS, more)
    assert (chances <= 1).all()
    assert (np.diff(chances[np.argsort(NORMS)]) >= 0).all()
    there = NORMS > 0
    added = NORMS[there] ** 2 @ (1 / chances[there] - 1)
    assert added == pytest.approx(more * (NORMS**2).sum())


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        ([0.0, 0.0, 0.0], [1, 1, 1]),
        ([np.nan, 0.1], [1, 1]),
        ([np.inf, 0.1], [1, 1]),
        ([0.5, 0.5, 0.5, 0.5], [1 / 1.3] * 4),
        ([0.3], [1]),
        ([1.0, 0.0, 0.0], [1, 0, 0]),
    ],
)
def test_of_rows_that_are_all_alike_most_are_drawn(norms: list[float], expected: list[float]) -> None:
    assert probabilities_of(np.array(norms), 0.3) == pytest.approx(expected)


def test_each_row_is_drawn_with_its_probability() -> None:
    chances, draws = probabilities_of(NORMS, 0.3), 4000
    drawn = [systematic(chances, np.random.default_rng(seed)) for seed in range(draws)]
    counts = np.bincount(np.concatenate(drawn), minlength=len(chances))
    assert counts / draws == pytest.approx(chances, abs=0.03)
    assert {len(some) for some in drawn} <= {int(chances.sum()), int(chances.sum()) + 1}


@pytest.mark.parametrize("several", [False, True])
def test_the_gradient_stays_the_same_on_average(several: bool) -> None:
    logits = (4 * torch.randn(16, 3, generator=torch.Generator().manual_seed(0))).requires_grad_()
    labels = np.arange(16) % 3
    task: Any = SeveralLabels() if several else OneLabel(np.array([1.0, 2.0, 0.5], np.float32))
    losses = task.losses(logits, np.eye(3, dtype=bool)[labels] if several else labels)
    (plain,) = torch.autograd.grad(losses.sum(), logits, retain_graph=True)
    weights = [row_weights(losses, logits, np.random.default_rng(seed)) for seed in range(3000)]
    assert torch.stack(weights).mean(dim=0)[:, None] * plain == pytest.approx(plain.numpy(), abs=0.05)
    assert min((one == 0).sum() for one in weights) > 0
    assert losses.requires_grad  # its graph is still there to go back through


@pytest.mark.parametrize("left", [[0, 4], [1, 2, 3, 4, 5, 6, 7], [5], []])
@pytest.mark.parametrize(("precision", "multiple"), [("fp32", 1), ("fp32", 32), ("bf16", 32)])
@pytest.mark.parametrize("long", [128, 7])
def test_texts_that_weigh_nothing_are_left_out_and_the_gradients_stay_the_same(
    model: Any, texts: Texts, monkeypatch: pytest.MonkeyPatch, left: list[int], precision: str, multiple: int, long: int
) -> None:
    monkeypatch.setattr(packed_attention, "LONG", long)
    monkeypatch.setattr("bertdemo.core.packed_bert.multiple_of", lambda *_: multiple)
    model.train()
    weights = torch.ones(len(texts))
    weights[left] = 0
    found, sizes, back = [], [], packed_layer.attend_back

    def noted(kept: Any, gradient: torch.Tensor, part: Part | None) -> torch.Tensor:
        sizes.append(len(gradient))
        return back(kept, gradient, part)

    monkeypatch.setattr(packed_layer, "attend_back", noted)
    for learnt_from in (packed_layer.learnt_from, lambda *_: None):
        monkeypatch.setattr(packed_layer, "learnt_from", learnt_from)
        learner = Learner(model, {"precision": precision, "lr": 1e-4, "weight_decay": 0.01, "clip": 1.0})
        torch.manual_seed(0)
        losses = OneLabel().losses(learner.logits(texts), np.arange(len(texts)) % 3)
        learner.backward((losses * weights).sum())
        learner._collect()
        found.append([gradient.clone() for gradient in learner._gradients])
    tokens = [sum(len(text) for text, weight in zip(texts, some, strict=True) if weight) for some in (weights, [1] * 8)]
    assert sizes == [-(-n // multiple) * multiple for n in tokens]
    for some, plain in zip(*found, strict=True):
        assert plain.norm() > 0
        tolerance = {"fp32": 1e-6, "bf16": 2e-2}[precision]
        assert (some - plain).norm() < tolerance * plain.norm()


@pytest.mark.parametrize("p", [0.0, 0.4])
@pytest.mark.parametrize("left", [[], [0, 4]])
def test_the_layer_learns_as_its_parts_do_that_autograd_goes_back_through(
    model: Any, texts: Texts, monkeypatch: pytest.MonkeyPatch, p: float, left: list[int]
) -> None:
    """With the same numbers dropped, as they are drawn in the same order."""

    def by_autograd(layer: Any, states: torch.Tensor, packing: Any, weight: Any) -> torch.Tensor:
        read = packed_bert._read(layer.attention.self, states, packing, weight)
        return packed_bert._after_attention(layer, read, states, weight)

    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = p
    model.train()
    weights = torch.ones(len(texts))
    weights[left] = 0
    found = []
    for through in (packed_bert._through, by_autograd):
        monkeypatch.setattr(packed_bert, "_through", through)
        learner = Learner(model, {"precision": "fp32", "lr": 1e-4, "weight_decay": 0.01, "clip": 1.0})
        torch.manual_seed(3)
        logits = learner.logits(texts)
        learner.backward((OneLabel().losses(logits, np.arange(len(texts)) % 3) * weights).sum())
        learner._collect()
        found.append([logits.detach(), *(gradient.clone() for gradient in learner._gradients)])
    for some, plain in zip(*found, strict=True):
        assert plain.norm() > 0
        assert (some - plain).norm() < 1e-5 * plain.norm()


def test_texts_are_learnt_from_that_have_any_gradient_however_small(texts: Texts) -> None:
    packing = pack(texts, 2, CPU)
    begins, gradient = packing.bounds[: len(texts) + 1].tolist(), torch.zeros(sum(map(len, texts)), 4)
    assert packed_layer.learnt_from(gradient, packing) is None  # of no text: nothing to leave out by
    gradient[begins[3] - 1, 1], gradient[begins[5], 3] = 1e-30, -1e-30
    part = packed_layer.learnt_from(gradient, packing)
    assert part is not None
    assert part.texts.nonzero().view(-1).tolist() == [2, 5]
    gradient[:, 0] = 1e-30
    assert packed_layer.learnt_from(gradient, packing) is None


def test_a_pass_pays_from_a_few_hundred_tokens_on(model: Any) -> None:
    """As measured (docs/measurements.md)."""
    assert [importance.pays(model, tokens) for tokens in (100, 300, 500, 4000)] == [False, False, True, True]


def test_a_part_of_a_row_has_cells_of_its_own(texts: Texts) -> None:
    packing = pack(texts, 2, CPU, multiple=32)
    lengths = packing.bounds[:9].diff()
    kept = torch.tensor([True, False, True, True, False, False, True, True])
    part = part_of(packing, kept)
    n = int(lengths[kept].sum())
    assert len(part.tokens) % 32 == 0
    assert part.tokens[:n].tolist() == [
        i for text in range(8) if kept[text] for i in range(packing.bounds[text], packing.bounds[text + 1])
    ]
    of_tokens, of_filling = part.cells.split([2 * n, len(part.cells) - 2 * n])
    assert len(of_tokens.unique()) == 2 * n
    assert of_tokens.max() < part.count
    assert set(of_filling.tolist()) <= {part.count, part.count + 1}
    assert not set(part.tokens[n:].tolist()) & set(part.tokens[:n].tolist())


def test_a_step_learns_from_some_of_its_rows_and_says_the_loss_of_all(
    model: Any, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importance, "FEWEST_TOKENS", 1)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.tensor([6.0, 0.0, 0.0]))  # most rows are known
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    labels = np.array([0, 0, 0, 1, 0, 0, 0, 0])
    job: Any = SimpleNamespace(task=OneLabel(), ids=texts, labels=labels)
    learner = Learner(model, {"precision": "fp32", "lr": 1e-4, "weight_decay": 0.01, "clip": 1.0})
    rows = np.arange(len(texts))

    def step(seed: int) -> tuple[float, torch.Tensor]:
        loss = learning.gradients(learner, job, rows, 4096, seed)
        assert loss is not None
        learner._collect()
        return loss.item(), learner._gradients[0].clone()

    drawn = [step(seed) for seed in range(300)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(learning, "pays", lambda *_: False)
        loss, plain = step(0)
    assert [said for said, _ in drawn] == pytest.approx([loss] * len(drawn), rel=1e-5)
    gradients = torch.stack([gradient for _, gradient in drawn])
    assert (gradients[0] - plain).norm() > 1e-3 * plain.norm()
    assert (gradients.mean(dim=0) - plain).norm() < 0.05 * plain.norm()


def test_other_architectures_and_small_passes_learn_from_all_rows(model: Any) -> None:
    assert importance.pays(model, importance.FEWEST_TOKENS)
    assert not importance.pays(model, importance.FEWEST_TOKENS - 1)
    model.config.model_type = "distilbert"
    assert not importance.pays(model, importance.FEWEST_TOKENS)
