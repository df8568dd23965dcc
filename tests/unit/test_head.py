from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from bertdemo.core.head import can_start_from_regression, expect_shares, start_from_regression
from bertdemo.core.models import load_for_classes
from bertdemo.core.tasks import OneLabel, fit_temperature, softmax


def test_temperature_is_recovered_from_logits_that_were_scaled() -> None:
    draw = np.random.default_rng(0)
    honest = draw.normal(0, 2, (20_000, 4))
    labels = np.array([draw.choice(4, p=p) for p in softmax(honest)])
    assert fit_temperature(OneLabel(), honest * 3, labels) == pytest.approx(3, rel=0.05)


def test_too_few_rows_leave_the_probabilities_alone() -> None:
    assert fit_temperature(OneLabel(), np.ones((5, 2)), np.zeros(5, dtype=int)) == 1.0


def test_a_label_that_every_row_has_or_none_starts_likely_or_not_and_not_certain(tiny_bert: Path) -> None:
    model = load_for_classes(str(tiny_bert), ["all", "some", "none"], seed=0, device=torch.device("cpu"))
    first = np.random.default_rng(0).normal(size=(20, 32)).astype(np.float32)
    labels = np.stack([np.ones(20, bool), first[:, 0] > 0, np.zeros(20, bool)], axis=1)
    assert start_from_regression(model, first, labels)
    said = model.classifier.bias.sigmoid()
    assert 0.99 < said[0] < 1
    assert 0 < said[2] < 0.01


@pytest.mark.parametrize(
    ("kind", "changes", "starts"),
    [
        ("Bert", {}, True),
        ("MegatronBert", {}, True),
        ("BigBird", {}, False),
        ("Roberta", {}, False),
        ("Electra", {"embedding_size": 8}, False),
        ("Albert", {"embedding_size": 8}, False),
        ("DistilBert", {}, False),
    ],
)
def test_the_head_of_another_architecture_is_left_alone_and_known_before(
    kind: str, changes: dict[str, Any], starts: bool, tmp_path: Path
) -> None:
    small: dict[str, Any] = {"vocab_size": 80, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{kind}Config")(**small, intermediate_size=16, **changes)
    config.save_pretrained(tmp_path)
    assert can_start_from_regression(str(tmp_path)) is starts
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config)
    first = np.random.default_rng(0).normal(size=(4, 16)).astype(np.float32)
    assert start_from_regression(model, first, np.array([0, 1, 0, 1])) is starts


def test_a_head_without_a_start_expects_the_classes_as_often_as_they_are(tiny_bert: Path) -> None:
    model = load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=torch.device("cpu"))
    expect_shares(model, np.repeat([0, 1], [900, 100]))
    said = model.classifier.bias.softmax(0).detach().numpy()
    assert said[:2] == pytest.approx([0.9, 0.1], abs=0.002)
    assert 0 < said[2] < 0.001  # none was seen
    expect_shares(model, np.stack([np.arange(100) < 60, np.arange(100) < 2, np.ones(100, bool)], axis=1))
    assert model.classifier.bias.sigmoid().detach().numpy() == pytest.approx([0.6, 0.02, 1.0], abs=0.006)
