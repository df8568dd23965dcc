"""What is said of a run's time goes by all that will be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertdemo.core.estimate import Meter, estimate_seconds, expected_seconds
from bertdemo.data.dataset import LabelledTexts
from bertdemo.data.split import split_texts
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig

DEVICE = {"tokens_per_second": 4_000}


def seconds(rows: int, tokens: float = 24, classes: int = 2, **config: Any) -> float:
    return estimate_seconds(rows, tokens, classes, TrainConfig(**config), DEVICE)


def test_more_rows_longer_texts_and_more_passes_take_longer() -> None:
    assert seconds(5_000) < seconds(10_000) < seconds(10_000, tokens=48) < seconds(10_000, tokens=48, epochs=9)
    assert seconds(5_000, base=TFIDF_ONLY) < seconds(5_000, budget="quick") < seconds(5_000) < 300
    assert estimate_seconds(5_000, 24, 2, TrainConfig(), None) > seconds(5_000)  # unknown: taken to be slow


def test_three_rates_are_tried_one_after_another() -> None:
    tried, one = (seconds(5_000, budget="thorough", **more) for more in ({}, {"lr": 1e-4}))
    assert 2 < tried / one < 3


def test_rows_that_take_turns_are_learnt_several_times() -> None:
    assert seconds(299) > 2 * seconds(300)
    in_folds = estimate_seconds(462, 24, 77, TrainConfig(), DEVICE, folds=5)
    assert in_folds > 2 * seconds(462, classes=77)


def test_a_character_of_a_script_without_spaces_is_a_token() -> None:
    def learning(text: str) -> float:
        data = LabelledTexts(np.arange(600), tuple(f"{text}{i}" for i in range(600)), np.arange(600) % 2, ("a", "b"))
        return expected_seconds(TrainConfig(), split_texts(data), DEVICE)["learning"]

    assert learning("味道很好吃，送得也很快。") > 1.2 * learning("The food was good.")


def test_large_steps_take_less_time_for_the_same_rows() -> None:
    assert seconds(5_000, batch=64) < seconds(5_000, batch=32) < seconds(5_000, batch=8)


def test_a_base_that_is_no_catalogue_model_counts_by_its_size(tiny_bert: Path) -> None:
    assert seconds(5_000, base=str(tiny_bert)) < seconds(5_000) < seconds(5_000, base="somebody/a-base")
    assert seconds(5_000, base="somebody/a-base") == seconds(5_000, base="google-bert/bert-base-uncased")


def test_what_was_done_before_an_interruption_stays_done() -> None:
    meter = Meter({"reading": 1.0, "learning": 8.0, "testing": 1.0}, least=0.5)
    said = [meter.before("reading"), meter.before("learning"), meter.within("learning", 0.5), meter.before("testing")]
    assert said == [0.5, 0.5, 0.5, 0.9]
    later = meter.measured(learning=16.0, testing=2.0)
    assert (later.before("learning"), later.within("learning", 0.75)) == (0.5, 0.7)


def test_what_the_instant_classifier_reads_later_is_counted_at_the_end() -> None:
    def phases(classes: int) -> dict[str, float]:
        texts = tuple(f"a text of some words, number {i}" for i in range(8_000))
        data = LabelledTexts(np.arange(8_000), texts, np.arange(8_000) % classes, tuple(map(str, range(classes))))
        return expected_seconds(TrainConfig(), split_texts(data), None)

    two, many = phases(2), phases(60)  # a head for many classes starts from embeddings
    assert two["instant"] < many["instant"] / 3
    assert two["instant"] + two["testing"] == pytest.approx(many["instant"] + many["testing"])
