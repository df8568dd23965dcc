"""Where rows are few, the first token says at the start what the mean of all tokens says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.api import prepare
from bertdemo.core import mean_start, models
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.forward import padded
from bertdemo.core.head import start_from_regression
from bertdemo.core.packed_bert import packed_logits, packed_pooled
from bertdemo.runs import events as ev

CPU = torch.device("cpu")


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    return models.load_for_classes(str(tiny_bert), ["a", "b"], seed=0, device=CPU).eval()


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [np.concatenate([[2], draw.integers(5, 60, n), [3]]).astype(np.int64) for n in (7, 3, 11, 7, 1, 16) * 5]


LABELS = np.arange(30) % 2


def means_of(model: Any, ids: list[np.ndarray]) -> np.ndarray:
    """Of all tokens before the last layer."""
    with torch.no_grad():
        each = [model.bert(**padded([one], CPU), output_hidden_states=True).hidden_states[-2][0] for one in ids]
    return np.stack([states.mean(0).numpy() for states in each])


def test_the_pooler_says_what_the_tokens_say_on_average(model: Any, ids: list[np.ndarray]) -> None:
    means = means_of(model, ids)
    z = (means - means.mean(0)) / means.std(0)

    def agreement() -> float:
        with torch.no_grad():
            return float(np.corrcoef(packed_pooled(model, ids).numpy().ravel(), z.ravel())[0, 1])

    before = agreement()
    mean_start.start_from_mean(model, ids, LABELS)
    assert agreement() > max(0.75, before + 0.3)


def test_every_way_to_read_the_model_finds_the_head_where_it_was_set(
    model: Any, ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head is fitted on what the layer will say, computed beside the model; the model says the same."""
    said: list[np.ndarray] = []

    def kept(model: Any, first: np.ndarray, labels: np.ndarray, **more: Any) -> bool:
        said.append(first)
        return start_from_regression(model, first, labels, **more)

    monkeypatch.setattr("bertdemo.core.head.start_from_regression", kept)
    mean_start.start_from_mean(model, ids, LABELS)
    inputs = padded(ids, CPU)
    fast = FastBert.of(model)
    assert fast is not None
    with torch.no_grad():
        np.testing.assert_allclose(model.bert(**inputs).last_hidden_state[:, 0].numpy(), said[0], atol=1e-4)
        plain = model(**inputs).logits
        np.testing.assert_allclose(packed_logits(model, ids), plain, atol=1e-4)
        np.testing.assert_allclose(fast.logits(inputs), plain, atol=1e-4)


def test_one_text_alone_is_no_reason_for_weights_without_bounds(model: Any, ids: list[np.ndarray]) -> None:
    mean_start.start_from_mean(model, ids[:1] * 4, LABELS[:4])
    assert all(p.abs().max() < 1e4 for p in model.bert.encoder.parameters())
    with torch.no_grad():
        assert torch.isfinite(packed_logits(model, ids)).all()


def test_everything_goes_on_learning(model: Any, ids: list[np.ndarray]) -> None:
    mean_start.start_from_mean(model, ids, LABELS)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    for _ in range(2):  # the feed-forward part adds nothing at first, so that what is before it learns from then on
        loss = torch.nn.functional.cross_entropy(packed_logits(model.train(), ids), torch.from_numpy(LABELS))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    same = [name for name, p in model.named_parameters() if torch.equal(p, before[name])]
    # the bias of the keys adds the same to all scores, and no second text has been read
    assert all("key.bias" in name or "embeddings" in name for name in same), same


@pytest.mark.parametrize(("rows", "in_folds"), [(80, True), (320, False)])
def test_a_training_starts_so(
    reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, rows: int, in_folds: bool
) -> None:
    monkeypatch.setattr(models, "is_mean_pooled", lambda _: True)
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    learnt_from: list[int] = []
    set_layer = mean_start.start_from_mean

    def counted(model: Any, ids: Any, labels: np.ndarray, precision: str) -> None:
        learnt_from.append(len(labels))
        set_layer(model, ids, labels, precision)

    monkeypatch.setattr(mean_start, "start_from_mean", counted)
    lines = reviews_csv.read_text(encoding="utf-8").splitlines(keepends=True)
    reviews_csv.write_text("".join(lines[: rows + 1]), encoding="utf-8")
    prepared = prepare(reviews_csv, base=str(tiny_bert), epochs=2, lr=3e-3)
    split = prepared.run.split()
    assert bool(split.folds) == in_folds
    assert isinstance(list(prepared.events())[-1], ev.Finished)
    # no fold's start has seen the rows that it is judged by
    assert learnt_from == [*(len(kept) for kept, _ in split.folds), len(split.train)]
    assert prepared.run.meta["choices"]["start"] == "mean"
