"""FlashAttention, with the GPU's kernel played by its formula: how texts are laid out for it, and when it is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.core import flash_attention
from bertdemo.core.models import load_for_classes
from bertdemo.core.packed_bert import packed_logits
from bertdemo.core.packing import Packing, pack

CPU = torch.device("cpu")
HEADS, HIDDEN = 4, 32


def formula(
    q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, packing: Packing, scaling: float, p: float
) -> torch.Tensor:
    """What the kernel is to compute: softmax(q k) v within each pair of bounds."""
    assert packing.bounds.dtype == torch.int32
    lengths = packing.bounds.diff().tolist()
    assert sum(lengths) == len(q)
    assert max(lengths) == packing.longest
    read = []
    for one, other, values in zip(*(part.split(lengths) for part in (q, k, v)), strict=True):
        weights = (torch.einsum("qhs,khs->hqk", one, other) * scaling).softmax(-1)
        read.append(torch.einsum("hqk,khs->qhs", torch.nn.functional.dropout(weights, p), values))
    return torch.cat(read)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flash_attention, "_kernel", formula)


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("multiple", [1, 8])
def test_a_model_says_and_learns_the_same_with_it(
    tiny_bert: Path, multiple: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=CPU).eval()
    draw = np.random.default_rng(0)
    ids = [draw.integers(5, 40, n).astype(np.int64) for n in (7, 3, 11, 7, 1, 17)]
    monkeypatch.setattr("bertdemo.core.packed_bert.multiple_of", lambda *_: multiple)
    found: list[dict[str, Any]] = []
    for better in (False, True):
        monkeypatch.setattr(flash_attention, "is_better", lambda *_, better=better: better)
        model.zero_grad()
        logits = packed_logits(model, ids)
        logits.square().sum().backward()
        found.append({"logits": logits} | {name: p.grad for name, p in model.named_parameters() if p.grad is not None})
        found[-1] = {name: tensor.detach().clone() for name, tensor in found[-1].items()}
    plain, flash = found
    assert flash.keys() == plain.keys()
    for name, tensor in plain.items():
        torch.testing.assert_close(flash[name], tensor, atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_first_try_agrees_with_the_formula(dtype: torch.dtype) -> None:
    assert flash_attention.agrees(CPU, dtype, HEADS, HIDDEN)


def test_a_kernel_that_mixes_things_up_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_scale(*args: Any) -> torch.Tensor:
        return formula(*args[:4], 1.0, args[5])

    def wrong_texts(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *rest: Any) -> torch.Tensor:
        return formula(q, k.roll(1, 0), v, *rest)

    def no_gradient(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *rest: Any) -> torch.Tensor:
        return formula(q.detach(), k, v, *rest)

    for wrong in (wrong_scale, wrong_texts, no_gradient):
        monkeypatch.setattr(flash_attention, "_kernel", wrong)
        assert not flash_attention.agrees(CPU, torch.float32, HEADS, HIDDEN)


def test_where_there_is_no_such_kernel_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not flash_attention.is_better(CPU, torch.bfloat16, HEADS, HIDDEN)
    state = torch.random.get_rng_state()
    with pytest.raises(RuntimeError):  # this machine's torch has the name, and nothing behind it
        flash_attention.agrees(CPU, torch.bfloat16, HEADS, HIDDEN)
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_row_is_bounded_by_its_texts_and_its_filling() -> None:
    ids = [np.ones(n, np.int64) for n in (5, 2, 9)]
    assert pack(ids, HEADS, CPU).bounds.tolist() == [0, 2, 7, 16]
    filled = pack(ids, HEADS, CPU, multiple=32)
    assert filled.bounds.tolist() == [0, 2, 7, 16, 32]
    assert filled.longest == 16
