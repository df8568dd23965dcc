"""The mean of a training's weights: what it is, that it comes and goes, and that it goes on from where it was."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from bertdemo.core.averaging import LATER, UPDATES, Average


def walk(model: torch.nn.Linear, step: int) -> None:
    with torch.no_grad():
        model.weight.fill_(float(step))


def mean_weights(steps: int) -> np.ndarray:
    """How much each step's weights count, worked out from the product form of the formula."""
    shares = [(LATER + 1) / (LATER + k) for k in range(1, steps + 1)]
    kept = np.cumprod([1.0, *(1 - share for share in reversed(shares[1:]))])[::-1]
    return np.array(shares) * kept


def test_the_mean_is_the_one_of_the_formula() -> None:
    model = torch.nn.Linear(3, 2)
    average = Average(model, 50)
    for step in range(1, 51):
        walk(model, step)
        average.follow(step)
    counted = mean_weights(50)
    assert counted.sum() == pytest.approx(1.0)
    assert counted[-13:].sum() > 0.6  # the last quarter has most of it
    expected = float((counted * np.arange(1, 51)).sum())
    with average.inside():
        assert model.weight.detach().numpy() == pytest.approx(np.full((2, 3), expected), rel=1e-5)
    assert (model.weight == 50).all()


def test_the_weights_before_the_first_step_have_no_part_in_it() -> None:
    model = torch.nn.Linear(3, 2)
    average = Average(model, 10)
    walk(model, 7)
    average.follow(1)
    average.stay()
    assert (model.weight == 7).all()


def test_of_many_steps_not_all_are_taken_in_but_the_first_ones() -> None:
    model = torch.nn.Linear(3, 2)
    average = Average(model, 10 * UPDATES)
    for step in range(1, 20):
        walk(model, step)
        average.follow(step)
        with average.inside():
            assert (model.weight == min(step, 10)).all()
    walk(model, 20)
    average.follow(20)
    average.stay()
    assert model.weight.detach().numpy() == pytest.approx(np.full((2, 3), mean_weights(2) @ [10, 20]))


def test_an_error_leaves_the_model_its_own_weights() -> None:
    model = torch.nn.Linear(3, 2)
    average, before = Average(model, 10), copy.deepcopy(model)
    walk(model, 3)
    average.follow(1)
    with pytest.raises(KeyboardInterrupt), average.inside():
        raise KeyboardInterrupt
    assert (model.weight == 3).all()
    assert torch.equal(model.bias, before.bias)


def test_what_was_written_down_goes_on_alike() -> None:
    models = [torch.nn.Linear(3, 2) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    unbroken = Average(models[0], 8)
    for step in range(1, 9):
        walk(models[0], step)
        unbroken.follow(step)
        if step == 4:
            walk(models[1], step)
            resumed = Average(models[1], 8)
            resumed.load({name: mean.clone() for name, mean in unbroken.state().items()})
        elif step > 4:
            walk(models[1], step)
            resumed.follow(step)
    unbroken.stay()
    resumed.stay()
    assert torch.equal(models[0].weight, models[1].weight)
