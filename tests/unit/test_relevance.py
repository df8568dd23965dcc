"""Relevance is handed down whole, whatever the activation, and the model stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
)
from transformers.activations import ACT2CLS

from bertdemo.core.relevance import NOT_OF_ZERO, relevance

IDS = np.array([2, 10, 11, 12, 13, 10, 3])
SMALL: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "num_labels": 3,
}


def without_biases(model: Any) -> Any:
    """Of words alone: nothing but them adds to a logit."""
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("bias") or "position_emb" in name or "token_type" in name:
                weight.zero_()
            elif "norm" not in name.lower() and "act" not in name:
                weight.copy_(0.3 * torch.randn(weight.shape, generator=draw))
    return model.eval()


def logit_and_sum(model: Any) -> tuple[float, float]:
    with torch.no_grad():
        logit = model(torch.from_numpy(IDS[None])).logits[0, 1].item()
    [found] = relevance(model, [IDS], lambda output: output.logits[0, 1])
    return logit, float(found.sum())


@pytest.mark.parametrize("activation", sorted(ACT2CLS.keys() - NOT_OF_ZERO - {"xielu"}))
def test_tokens_add_up_to_the_logit_with_every_activation(activation: str) -> None:
    model = without_biases(BertForSequenceClassification(BertConfig(**SMALL, hidden_act=activation)))
    logit, total = logit_and_sum(model)
    assert abs(logit) > 1e-3
    assert total == pytest.approx(logit, abs=1e-4)


def test_tokens_of_an_albert_add_up_to_the_logit() -> None:
    logit, total = logit_and_sum(without_biases(AlbertForSequenceClassification(AlbertConfig(**SMALL))))
    assert total == pytest.approx(logit, abs=1e-4)


def test_the_model_gives_the_states_it_gave_before() -> None:
    model = BertModel(BertConfig(**SMALL, hidden_act="gelu_new")).eval()
    kept = {name: type(part) for name, part in model.named_modules()}
    seen: list[int] = []

    def score(output: Any) -> Any:
        seen.append(len(output.hidden_states))
        return output.hidden_states[1].sum()

    for _ in range(2):
        relevance(model, [IDS], score, output_hidden_states=True)
    with torch.no_grad():
        states = model(torch.from_numpy(IDS[None]), output_hidden_states=True).hidden_states
    assert seen == [len(states)] * 2 == [3, 3]
    assert {name: type(part) for name, part in model.named_modules()} == kept
