"""Dropout from bytes is dropout."""

from __future__ import annotations

import copy

import pytest
import torch

from bertdemo.core.dropout import byte_dropout, use_byte_dropout


def test_a_share_is_dropped_and_the_mean_stays() -> None:
    torch.manual_seed(0)
    found = byte_dropout(torch.ones(400, 500), 0.1, training=True)
    assert (found == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.003)
    assert found.mean().item() == pytest.approx(1.0, abs=0.005)
    assert len(found.unique()) == 2
    rows = (found == 0).float()
    assert rows.mean(0).std().item() < 0.03  # no column is favoured
    assert abs(torch.corrcoef(torch.stack([rows[:, 0], rows[:, 1]]))[0, 1].item()) < 0.2


def test_it_follows_the_seed_and_passes_gradients() -> None:
    values = torch.ones(64, requires_grad=True)
    torch.manual_seed(1)
    first = byte_dropout(values, 0.5, training=True)
    torch.manual_seed(1)
    assert torch.equal(first, byte_dropout(values, 0.5, training=True))
    first.sum().backward()
    assert torch.equal(values.grad, first.detach())


def test_outside_training_nothing_is_dropped() -> None:
    values = torch.randn(7, 3)
    assert byte_dropout(values, 0.1, training=False) is values
    assert byte_dropout(values, 0.0, training=True) is values


def test_layers_are_replaced_and_weights_are_not() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Sequential(torch.nn.Dropout(0.3)))
    before = copy.deepcopy(model.state_dict())
    use_byte_dropout(model)
    assert type(model[1][0]).__name__ == "ByteDropout"
    assert model[1][0].p == 0.3
    assert all(torch.equal(before[name], weight) for name, weight in model.state_dict().items())
