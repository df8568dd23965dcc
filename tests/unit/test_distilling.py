"""Before few rows are learnt from, the first token is taught what the mean of all tokens says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.api import prepare
from bertdemo.core import distilling, models
from bertdemo.core.linear import embed
from bertdemo.core.packed_bert import packed_pooled
from bertdemo.runs import events as ev
from bertdemo.runs.run import UNFINISHED, Run

CPU = torch.device("cpu")


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    return models.load_for_classes(str(tiny_bert), ["a", "b"], seed=0, device=CPU)


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [np.concatenate([[2], draw.integers(5, 60, n), [3]]).astype(np.int64) for n in (7, 3, 11, 7, 1, 16)]


def agreement(model: Any, ids: list[np.ndarray], means: np.ndarray) -> float:
    """How well what the pooler says goes with the means."""
    model.eval()
    with torch.no_grad():
        said = packed_pooled(model, ids).numpy()
    return float(np.corrcoef(said.ravel(), np.tanh((means - means.mean(0)) / means.std(0) / 2).ravel())[0, 1])


def test_the_pooler_comes_to_say_what_the_tokens_say_on_average(model: Any, ids: list[np.ndarray]) -> None:
    means = embed(model.bert.eval(), ids, (model.config.num_hidden_layers,), precision="fp32").means
    before = agreement(model, ids, means)
    shares = list(distilling.distil(model, ids, 0, lambda: None, rate=5e-3))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert agreement(model, ids, means) > max(0.5, before + 0.2)


def test_it_ends_at_once_when_asked(model: Any, ids: list[np.ndarray]) -> None:
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    assert list(distilling.distil(model, ids, 0, lambda: "stop")) == []
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_a_mixed_text_is_made_of_pieces_of_two(ids: list[np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        text = distilling.mixed(ids, rng)
        assert (text[0], text[-1]) == (2, 3)
        assert 3 <= len(text) <= distilling.MOST_TOKENS
        assert set(text) <= set(np.concatenate(ids))


@pytest.mark.parametrize(("rows", "in_folds"), [(80, True), (320, False)])
def test_it_is_done_once_and_kept_until_the_end(
    reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, rows: int, in_folds: bool
) -> None:
    monkeypatch.setattr(models, "is_mean_pooled", lambda _: True)
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    done: list[int] = []
    distil = distilling.distil

    def counted(*given: Any) -> Iterator[float]:
        done.append(1)
        return distil(*given)

    monkeypatch.setattr(distilling, "distil", counted)
    lines = reviews_csv.read_text(encoding="utf-8").splitlines(keepends=True)
    reviews_csv.write_text("".join(lines[: rows + 1]), encoding="utf-8")
    prepared = prepare(reviews_csv, base=str(tiny_bert), epochs=2, lr=3e-3)
    assert bool(prepared.run.split().folds) == in_folds
    events = list(prepared.events())
    assert isinstance(events[-1], ev.Finished)
    assert done == [1]
    prepared_by = [event for event in events if isinstance(event, ev.Prepared)]
    assert len(prepared_by) == distilling.STEPS
    assert [event.done for event in prepared_by] == sorted(event.done for event in prepared_by)
    first_step = next(event for event in events if isinstance(event, ev.Stepped))
    assert prepared_by[0].left > prepared_by[-1].left
    assert prepared_by[-1].done <= first_step.done
    left = {path.name for path in Run.open(prepared.run.id).folder.iterdir()}
    assert not left & set(UNFINISHED)
