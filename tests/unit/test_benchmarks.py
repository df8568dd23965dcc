"""The benchmarks go on working as what they measure changes."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from bertdemo.core import models

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_our_own_loop_learns_a_window_of_rows(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    peers = importlib.import_module("peers")
    draw, device = np.random.default_rng(0), torch.device("cpu")
    ids = [draw.integers(5, 60, n) for n in draw.integers(3, 20, 40)]

    def fresh(ours: bool) -> torch.nn.Module:
        return models.load_for_classes(str(tiny_bert), ("a", "b"), seed=0, device=device)

    config = models.load_config(str(tiny_bert))
    task = peers.Task("tiny", ids, np.arange(40) % 2, None, fresh, config, str(tiny_bert), device)
    mine = peers.Ours(task, 8, "fp32")
    before = {name: weight.clone() for name, weight in mine.model.state_dict().items()}
    window = mine.window(2, np.random.default_rng(0))
    assert len(window.lengths) == 2 * 8
    assert set(window.lengths.tolist()) <= {len(text) for text in ids}
    assert not all(torch.equal(weight, before[name]) for name, weight in mine.model.state_dict().items())
