"""What learns: the same steps as torch's own optimiser on the parameters one by one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.core import checkpoint
from bertdemo.core.averaging import Average
from bertdemo.core.learner import Learner
from bertdemo.core.models import load_for_classes
from bertdemo.core.packed_bert import packed_logits
from bertdemo.core.vocabulary import UsedVocabulary
from tests.conftest import renumbered

CHOICES = {"lr": 1e-3, "weight_decay": 0.1, "clip": 0.5, "precision": "fp32"}
STEPS = 5


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    return load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=torch.device("cpu")).eval()


@pytest.fixture
def steps() -> list[list[np.ndarray]]:
    """Of five steps the token ids of six texts each; every step has words of its own."""
    draw = np.random.default_rng(0)
    return [
        [draw.integers(5 + 4 * step, 25 + 4 * step, n).astype(np.int64) for n in (7, 3, 9, 7, 2, 17)]
        for step in range(STEPS)
    ]


def loss_of(logits: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, torch.arange(len(logits)) % 3)


def learnt(model: Any, steps: list[list[np.ndarray]], precision: str = "fp32", passes: int = 1) -> dict[str, Any]:
    learner = Learner(model, CHOICES | {"precision": precision})
    for ids in steps:
        for begin in range(0, len(ids), len(ids) // passes):
            part = ids[begin : begin + len(ids) // passes]
            loss = torch.nn.functional.cross_entropy(learner.logits(part), torch.arange(begin, begin + len(part)) % 3)
            learner.backward(loss / passes)
        learner.update(CHOICES["lr"])
    return {name: weight.clone() for name, weight in model.state_dict().items()}


def textbook(model: Any, steps: list[list[np.ndarray]]) -> dict[str, Any]:
    """AdamW of every parameter, norms and biases without decay."""
    one_dimensional = [p for p in model.parameters() if p.ndim < 2]
    others = [p for p in model.parameters() if p.ndim > 1]
    groups = [{"params": others, "weight_decay": 0.1}, {"params": one_dimensional, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=CHOICES["lr"])
    for ids in steps:
        loss_of(packed_logits(model, ids)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        optimizer.zero_grad()
    return {name: weight.clone() for name, weight in model.state_dict().items()}


@pytest.mark.parametrize("passes", [1, 2])
def test_its_steps_are_those_of_adamw_parameter_by_parameter(
    model: Any, steps: list[list[np.ndarray]], passes: int
) -> None:
    expected, found = textbook(copy.deepcopy(model), steps), learnt(model, steps, passes=passes)
    assert expected.keys() == found.keys()
    for name, weight in expected.items():
        if name.endswith("key.bias"):  # its gradient is rounding alone, which AdamW makes as large as any other
            continue
        torch.testing.assert_close(found[name], weight, atol=1e-5, rtol=1e-4, msg=name)


def test_so_are_those_of_the_words_that_are_used(model: Any, steps: list[list[np.ndarray]]) -> None:
    expected = textbook(copy.deepcopy(model), steps)
    vocabulary = UsedVocabulary([text for step in steps for text in step])
    vocabulary.shrink(model)
    learnt(model, [renumbered(step, vocabulary.used) for step in steps])
    vocabulary.restore(model)
    words = model.get_input_embeddings().weight[vocabulary.used]
    torch.testing.assert_close(
        words, expected["bert.embeddings.word_embeddings.weight"][vocabulary.used], atol=1e-5, rtol=1e-4
    )


def test_bf16_moves_the_weights_about_where_fp32_does(model: Any, steps: list[list[np.ndarray]]) -> None:
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    plain, less = learnt(copy.deepcopy(model), steps), learnt(model, steps, "bf16")
    for name, start in before.items():
        assert less[name].dtype == torch.float32
        if name.endswith("weight") and "encoder" in name:
            one, other = (found[name] - start for found in (plain, less))
            assert torch.cosine_similarity(one.flatten(), other.flatten(), dim=0) > 0.9, name


def test_a_gradient_that_a_step_does_not_have_is_none_of_the_step_before(
    model: Any, steps: list[list[np.ndarray]]
) -> None:
    learner = Learner(model, CHOICES)
    loss_of(learner.logits(steps[0])).backward()
    learner.update(0.0)
    weight = model.classifier.weight
    weight.grad = torch.ones_like(weight)
    learner.update(0.0)
    (of_all, _) = learner._gradients
    assert of_all.norm() == pytest.approx(0.5, abs=1e-3)  # clipped, and of the classifier alone
    assert of_all.count_nonzero() == weight.numel()


def test_what_is_forgotten_does_not_count(model: Any, steps: list[list[np.ndarray]]) -> None:
    twin = copy.deepcopy(model)
    learner, other = Learner(model, CHOICES), Learner(twin, CHOICES)
    loss_of(learner.logits(steps[0])).backward()
    learner.forget()
    for one in (learner, other):
        loss_of(one.logits(steps[1])).backward()
        one.update(1e-3)
    for weight, expected in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(weight, expected)


def test_only_parameters_that_follow_each_other_are_one(model: Any) -> None:
    learner, layer = Learner(model, CHOICES), model.bert.encoder.layer[0]
    own = layer.attention.self
    assert torch.equal(learner.weight(own.query.weight, own.key.weight)[32:], own.key.weight)
    with pytest.raises(ValueError, match="follow each other"):
        learner.weight(own.query.weight, own.value.weight)


def test_a_step_of_fp16_that_overflows_is_left_out_and_the_next_one_counts(
    model: Any, steps: list[list[np.ndarray]]
) -> None:
    learner, before = Learner(model, CHOICES | {"precision": "fp16"}), copy.deepcopy(model.state_dict())
    scale = learner.scaler.get_scale()
    learner.backward(loss_of(learner.logits(steps[0])) * 1e6)
    learner.update(1e-3)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert learner.scaler.get_scale() == scale / 2
    learner.backward(loss_of(learner.logits(steps[1])))
    learner.update(1e-3)
    moved = [name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])]
    assert "bert.encoder.layer.0.attention.self.query.weight" in moved
    assert all(weight.isfinite().all() for weight in model.state_dict().values())


def test_a_checkpoint_that_was_read_can_be_deleted(model: Any, steps: list[list[np.ndarray]], tmp_path: Path) -> None:
    """What goes on with it has it in memory: a file that is mapped stays where it is on Windows and on NFS."""
    learner, average, folder = Learner(model, CHOICES), Average(model, STEPS), tmp_path / "checkpoint"
    learner.backward(loss_of(learner.logits(steps[0])))
    learner.update(1e-3)
    average.follow(1)
    best = {name: mean.clone() for name, mean in average.state().items()}
    checkpoint.save(folder, checkpoint.Position(step=2, best_step=1), learner, average, best)
    moments = [{name: moment.clone() for name, moment in one.items()} for one in learner.optimizer.state.values()]
    found = checkpoint.load(folder, learner, average)
    for file in folder.glob("*.safetensors"):
        with file.open("r+b") as opened:
            opened.write(bytes(file.stat().st_size))
    assert found is not None
    assert all(torch.equal(found[name], weight) for name, weight in best.items())
    for one, expected in zip(learner.optimizer.state.values(), moments, strict=True):
        assert one.keys() == expected.keys()
        assert all(torch.equal(one[name], moment) for name, moment in expected.items())


def test_the_scale_of_fp16_grows_on_where_it_was(
    tiny_bert: Path, steps: list[list[np.ndarray]], tmp_path: Path
) -> None:
    first, second = (
        Learner(load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=torch.device("cpu")), choices)
        for choices in [CHOICES | {"precision": "fp16"}] * 2
    )
    for ids in steps[:3]:
        first.backward(loss_of(first.logits(ids)))
        first.update(1e-3)
    position = checkpoint.Position(step=3)
    checkpoint.save(tmp_path / "checkpoint", position, first, Average(first.model, STEPS), None)
    assert checkpoint.peek(tmp_path / "checkpoint") == position
    checkpoint.load(tmp_path / "checkpoint", second, Average(second.model, STEPS))
    assert second.scaler.state_dict() == first.scaler.state_dict()
    assert second.scaler.state_dict()["_growth_tracker"] == 3


def gradient(model: Any, ids: list[np.ndarray], precision: str, rows: int) -> torch.Tensor:
    """Of the weights that decay, from passes of so many rows."""
    learner = Learner(copy.deepcopy(model), CHOICES | {"precision": precision, "clip": 1e9})
    for begin in range(0, len(ids), rows):
        part = torch.arange(begin, min(begin + rows, len(ids))) % 3
        loss = torch.nn.functional.cross_entropy(learner.logits(ids[begin : begin + rows]), part, reduction="sum")
        learner.backward(loss / len(ids))
    learner.update(0.0)
    of_weights, _ = learner._gradients
    return of_weights.clone()


def test_gradients_of_many_passes_add_up_as_well_as_those_of_one(model: Any) -> None:
    draw = np.random.default_rng(0)
    ids = [draw.integers(5, 60, draw.integers(3, 9)).astype(np.int64) for _ in range(300)]
    exact = gradient(model, ids, "fp32", 300)

    def error(rows: int) -> float:
        return float((gradient(model, ids, "bf16", rows) - exact).norm() / exact.norm())

    assert error(1) < 1.1 * error(300)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_passes_of_a_step_that_is_begun_anew_leave_nothing(
    model: Any, steps: list[list[np.ndarray]], precision: str
) -> None:
    twin = copy.deepcopy(model)
    learner, other = (Learner(one, CHOICES | {"precision": precision}) for one in (model, twin))
    for ids in steps[:2]:
        learner.backward(loss_of(learner.logits(ids)))
    learner.forget()
    for one in (learner, other):
        for ids in steps[2:4]:
            one.backward(loss_of(one.logits(ids)))
        one.update(1e-3)
        one.backward(loss_of(one.logits(steps[4])))
        one.update(1e-3)
    for weight, expected in zip(model.parameters(), twin.parameters(), strict=True):
        assert torch.equal(weight, expected)


def test_what_a_step_that_was_left_found_for_other_weights_is_none_of_the_next(
    model: Any, steps: list[list[np.ndarray]]
) -> None:
    learner = Learner(model, CHOICES | {"precision": "bf16"})
    for ids in steps[:2]:
        learner.backward(loss_of(learner.logits(ids)))
    learner.forget()
    weight = model.classifier.weight
    weight.grad = torch.ones_like(weight)
    learner.update(0.0)
    (of_all, _) = learner._gradients
    assert of_all.count_nonzero() == weight.numel()
