"""Dropout from a pool is dropout."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from bertdemo.core import dropout as pools
from bertdemo.core.dropout import POOL, dropout, mask, use_pooled_dropout


def test_a_share_is_dropped_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    found = dropout(torch.ones(400, 500), 0.1, training=True)
    assert (found == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.003)
    assert found.mean().item() == pytest.approx(1.0, abs=0.005)
    assert len(found.unique()) == 2
    rows = (found == 0).float()
    assert rows.mean(0).std().item() < 0.03  # no column is favoured
    assert abs(torch.corrcoef(torch.stack([rows[:, 0], rows[:, 1]]))[0, 1].item()) < 0.2


def test_masks_of_steps_and_layers_have_nothing_in_common() -> None:
    torch.manual_seed(0)
    values = torch.ones(100, 100)
    masks = torch.stack([mask((100, 100), 0.3, values).flatten() for _ in range(30)])
    alike = torch.corrcoef(masks) - torch.eye(30)
    assert alike.abs().max().item() < 0.05  # five standard errors of 10,000 cells
    share = (masks == 0).float().mean(0)  # of 30 steps, how many dropped each cell
    assert share.std().item() == pytest.approx((0.3 * 0.7 / 30) ** 0.5, rel=0.05)


def test_a_mask_may_be_larger_than_the_pool() -> None:
    torch.manual_seed(0)
    found = mask((3, POOL), 0.5, torch.ones(1))
    assert found.shape == (3, POOL)
    assert (found == 0).float().mean().item() == pytest.approx(0.5, abs=0.01)
    assert not torch.equal(found[0], found[1])


def test_it_follows_the_seed_and_passes_gradients() -> None:
    values = torch.ones(64, requires_grad=True)
    torch.manual_seed(1)
    first = dropout(values, 0.5, training=True)
    torch.manual_seed(1)
    assert torch.equal(first, dropout(values, 0.5, training=True))
    first.sum().backward()
    assert torch.equal(values.grad, first.detach())


def test_it_keeps_the_precision() -> None:
    assert dropout(torch.ones(8, dtype=torch.bfloat16), 0.5, training=True).dtype == torch.bfloat16


def test_outside_training_nothing_is_dropped() -> None:
    values = torch.randn(7, 3)
    assert dropout(values, 0.1, training=False) is values
    assert dropout(values, 0.0, training=True) is values
    assert not dropout(values, 1.0, training=True).any()


def test_layers_are_replaced_and_weights_are_not() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Sequential(torch.nn.Dropout(0.3)))
    before = copy.deepcopy(model.state_dict())
    use_pooled_dropout(model)
    assert type(model[1][0]).__name__ == "PooledDropout"
    assert model[1][0].p == 0.3
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())


def test_pools_of_several_kinds_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    draws: list[Any] = []
    monkeypatch.setattr(pools, "POOL", 2**10)
    drawn = torch.Generator
    monkeypatch.setattr(torch, "Generator", lambda: draws.append(drawn()) or draws[-1])
    pools._pool.cache_clear()
    for _ in range(2):
        for share in (0.1, 0.2, 0.3):
            for precision in (torch.float32, torch.bfloat16):
                mask((10,), share, torch.ones(1, dtype=precision))
    pools._pool.cache_clear()  # they are small ones
    assert len(draws) == 6
