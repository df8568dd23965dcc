"""The settings follow from the data, and what the person set stays as set."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import transformers

from bertdemo.core import models
from bertdemo.core.recipe import (
    LATER_PASSES,
    choose,
    encoder_weights,
    encoder_weights_of,
    fit_seconds,
    quick_seconds,
    start_of,
    steps_of,
    waits_for_embeddings,
    within_time,
)
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.files import write_json

SMALL, LARGE = 10_621_440, 84_934_656


def chosen(
    lengths: list[int], classes: int = 2, longest: int = 512, weights: int = SMALL, **config: Any
) -> dict[str, Any]:
    return choose(TrainConfig(**config), np.array(lengths), classes, longest=longest, encoder_weights=weights)


@pytest.mark.parametrize(
    ("lengths", "config", "read"),
    [
        ([5] * 100, {}, 128),  # texts to come may be longer
        ([130] * 100, {}, 136),
        ([130] * 999 + [400], {}, 136),  # one row in a thousand is not worth it
        ([300] * 100, {}, 304),
        ([2000] * 100, {}, 512),
        ([2000] * 100, {"budget": "quick"}, 256),
        ([2000] * 100, {"max_length": 64}, 64),
        ([30] * 100, {"max_length": 400}, 400),
    ],
)
def test_texts_are_read_to_their_end_as_far_as_the_time_allows(
    lengths: list[int], config: dict[str, Any], read: int
) -> None:
    assert chosen(lengths, **config)["max_length"] == read
    assert chosen(lengths, longest=20, **config)["max_length"] == min(read, 20)


def test_small_sets_take_more_passes_and_many_classes_more_steps() -> None:
    few, many = chosen([20] * 300), chosen([20] * 30_000)
    assert (few["batch"], chosen([20] * 2000)["batch"], many["batch"]) == (16, 32, 64)
    assert [chosen([20] * rows)["batch"] for rows in (999, 1999, 3999)] == [16, 16, 32]
    assert [chosen([20] * rows, budget="quick")["batch"] for rows in (999, 1999)] == [16, 32]
    assert few["epochs"] > many["epochs"] == 3
    assert chosen([20] * 2000, classes=20)["epochs"] > chosen([20] * 2000)["epochs"]

    def passes(rows: int) -> float:
        return float(choose(TrainConfig(), np.full(9, 20), 2, longest=512, encoder_weights=SMALL, rows=rows)["epochs"])

    assert passes(67_500) == 2
    assert 1 < passes(100_000) < 2
    assert passes(10_000_000) == 1
    assert chosen([20] * 300, epochs=2, batch=5) == few | {"epochs": 2, "batch": 5}


def test_larger_batches_learn_as_long_at_a_higher_rate() -> None:
    usual, twice = chosen([20] * 20_000, batch=32), chosen([20] * 20_000)
    assert (usual["batch"], twice["batch"]) == (32, 64)
    assert (usual["epochs"], usual["lr"]) == (twice["epochs"], 1e-4)
    assert twice["lr"] == pytest.approx(1.4e-4)
    assert chosen([20] * 4000, classes=90)["epochs"] == chosen([20] * 4000, classes=90, batch=32)["epochs"] > 3
    for rows in (20, 200):  # no batch is fuller than there are rows
        filled, wide = chosen([20] * rows, batch=rows), chosen([20] * rows, batch=4096)
        assert wide == filled | {"batch": 4096}
        assert steps_of(wide, rows, 50) == steps_of(filled, rows, 50)
    assert chosen([20] * 20_000, weights=LARGE)["batch"] == 32  # half the time of a large model's step is not saved
    assert chosen([20] * 20_000, budget="quick")["batch"] == 32  # it ends before it has made many steps


@pytest.mark.parametrize(
    ("rows", "classes", "epochs", "starts"),
    [
        (6_000, 2, 3.0, "noise"),
        (48, 6, 16.0, "mean"),
        (900, 2, 8.0, "mean"),  # few rows
        (1_270, 4, 8.0, "mean"),
        (9_000, 77, 4.0, "mean"),  # many classes
        (6_000, 2, 0.4, "mean"),  # a short training
        (100_000, 2, 1.4, "noise"),  # fewer passes, but long enough
    ],
)
def test_how_the_head_starts_goes_by_rows_classes_and_passes(
    rows: int, classes: int, epochs: float, starts: str
) -> None:
    def start(base: str, *, regression: bool = True) -> str:
        return start_of(base, rows, classes, epochs, few=rows < 300, regression=regression)

    assert start(models.BUNDLED) == starts
    assert start("some/other") == starts.replace("mean", "regression")
    assert start("some/other", regression=False) == "noise"


@pytest.mark.parametrize(
    ("base", "regression", "starts"),
    [(models.BUNDLED, True, "mean"), ("some/other", True, "regression"), ("some/other", False, "noise")],
)
def test_with_several_labels_no_number_of_rows_is_enough_for_noise(base: str, regression: bool, starts: str) -> None:
    assert start_of(base, 40_000, 28, 3.0, few=False, regression=regression, several=True) == starts


@pytest.mark.parametrize(
    ("budget", "start", "waits"),
    [
        ("balanced", "noise", False),
        ("balanced", "own", False),
        ("thorough", "mean", True),
        ("balanced", "regression", True),
        ("quick", "noise", True),  # its passes, and so its start, are settled later
    ],
)
def test_bert_waits_for_the_embeddings_that_its_head_starts_from(budget: str, start: str, waits: bool) -> None:
    assert waits_for_embeddings(TrainConfig(budget=budget), start) == waits


def test_learning_rates_go_by_the_size_of_the_model_and_thorough_tries_several() -> None:
    assert chosen([20] * 300)["lr"] > chosen([20] * 300, weights=LARGE)["lr"]

    def tried(**config: Any) -> Any:
        config = {"budget": "thorough", **config}
        lengths = np.full(300, 20)
        found = choose(TrainConfig(**config), lengths, 2, longest=512, encoder_weights=SMALL, validated=True)
        return found.get("search")

    assert len(tried()) == 3
    assert tried(lr=1e-5) is None
    assert tried(budget="balanced") is None
    assert "search" not in chosen([20] * 300, budget="thorough")  # nothing to choose by


def test_later_passes_take_less_time_where_rows_are_drawn() -> None:
    split: Any = SimpleNamespace(train=range(640), validation=range(0), folds=())

    def seconds(epochs: float, **how: bool) -> float:
        return fit_seconds({"batch": 64, "epochs": epochs, **how}, split, 2.0)

    assert [seconds(epochs) for epochs in (0.5, 1, 3)] == [10, 20, 60]
    assert [seconds(epochs, draws=False) for epochs in (0.5, 1, 3)] == [10, 20, 60]
    assert [seconds(epochs, draws=True) for epochs in (0.5, 1, 3)] == [10, 20, 20 + 40 * LATER_PASSES]
    assert LATER_PASSES < 1


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        ("Bert", LARGE),
        ("DistilBert", 42_467_328),
        ("Albert", LARGE),  # the one layer that it has is gone through twelve times
        ("ModernBert", 110_297_088),
        ("NomicBert", 113_246_208),
    ],
)
def test_what_a_token_is_multiplied_with_is_read_from_the_config_and_from_its_file(
    kind: str, weights: int, tmp_path: Path
) -> None:
    as_bert = {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12} if kind == "Albert" else {}
    config = getattr(transformers, f"{kind}Config")(**as_bert)
    assert encoder_weights(config) == weights
    write_json(tmp_path / "config.json", config.to_dict())
    assert encoder_weights_of(str(tmp_path)) == weights


def test_the_bundled_model_is_known_without_being_read() -> None:
    assert encoder_weights_of(models.BUNDLED) == SMALL
    assert encoder_weights(models.load_config(models.BUNDLED)) == pytest.approx(SMALL, rel=1e-3)


def test_a_quick_training_learns_for_what_is_left_of_its_minute() -> None:
    split: Any = SimpleNamespace(train=range(4_000), validation=range(0), test=range(0), folds=())
    choices = {"batch": 32, "epochs": 3.0}

    def learnt(others: float, seconds_per_step: float = 0.4, **config: Any) -> float:
        config = {"budget": "quick", **config}
        found = within_time(choices, TrainConfig(**config), split, 1, seconds_per_step, others)
        return float(found["epochs"]) * 125 * seconds_per_step

    assert learnt(17) == pytest.approx(57 - 17, abs=0.1)
    assert learnt(22) == pytest.approx(57 - 22, abs=0.1)
    assert learnt(50) == learnt(500) == pytest.approx(30, abs=0.1)  # it learns, however slow the rest of it
    assert learnt(15, seconds_per_step=0.01) == 3.0 * 125 * 0.01  # and no more than is wished for
    assert learnt(500, budget="balanced") == learnt(500, epochs=3) == 150
    assert (quick_seconds(5_000, 20), quick_seconds(45_000, 20)) == (37, 37 + 60)  # by the square root of the rows
