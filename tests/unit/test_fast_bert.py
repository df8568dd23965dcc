"""The BERT that only reads says what the plain model says."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from bertdemo.core.classify import Classifier
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.forward import logits_of, padded
from bertdemo.core.models import load_encoder, load_for_classes
from bertdemo.core.tokens import marked
from bertdemo.runs.run import Run

CPU = torch.device("cpu")
LENGTHS = (3, 5, 5, 9, 30, 31, 64)


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    made = load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=CPU).eval()
    torch.nn.init.normal_(made.classifier.weight)
    return made


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.integers(5, 100, n) for n in LENGTHS]


def test_logits_are_the_plain_models(model: Any, ids: list[np.ndarray]) -> None:
    fast = FastBert.of(model)
    assert fast is not None
    for group in (ids[1:3], ids):  # of equal length, padded
        inputs = padded(group, CPU)
        with torch.inference_mode():
            np.testing.assert_allclose(fast.logits(inputs), model(**inputs).logits, atol=1e-5)


def test_pairs_are_told_apart_as_the_plain_model_tells_them(model: Any, ids: list[np.ndarray]) -> None:
    fast = FastBert.of(model)
    assert fast is not None
    inputs = padded([marked(i, np.arange(len(i)) >= len(i) // 2) for i in ids], CPU)
    assert "token_type_ids" in inputs
    with torch.inference_mode():
        np.testing.assert_allclose(fast.logits(inputs), model(**inputs).logits, atol=1e-5)


def test_states_of_all_tokens_after_each_layer_are_the_plain_encoders(tiny_bert: Path, ids: list[np.ndarray]) -> None:
    encoder = load_encoder(str(tiny_bert))
    fast = FastBert.of(encoder)
    assert fast is not None
    inputs = padded(ids, CPU)
    with torch.inference_mode():
        tokens = inputs["attention_mask"].bool()
        plain = encoder(**inputs, output_hidden_states=True).hidden_states[1:]
        for found, expected in zip(fast.states(inputs), plain, strict=True):
            np.testing.assert_allclose(found[tokens], expected[tokens], atol=1e-5)


def test_bf16_stays_near_the_plain_model_in_bf16(model: Any, ids: list[np.ndarray]) -> None:
    reduced = model.to(torch.bfloat16)
    fast = FastBert.of(reduced)
    assert fast is not None
    inputs = padded(ids, CPU)
    with torch.inference_mode():
        gap = (fast.logits(inputs) - reduced(**inputs).logits).abs().max()
        assert gap < 0.1 * reduced(**inputs).logits.abs().max()


def test_a_copy_in_bf16_is_nearer_to_the_model_than_the_model_in_bf16(model: Any) -> None:
    draw = np.random.default_rng(1)
    inputs, copied = padded([draw.integers(5, 100, 30) for _ in range(64)], CPU), FastBert.of(model, "bf16")
    assert copied is not None
    with torch.inference_mode():
        plain, found = model(**inputs).logits, copied.logits(inputs)
        reduced = FastBert.of(model.to(torch.bfloat16))
        assert reduced is not None
        gaps = [(logits.float() - plain).abs().mean() for logits in (found, reduced.logits(inputs))]
    assert found.dtype == torch.float32
    assert 0 < gaps[0] < 0.8 * gaps[1]


def test_who_asks_to_stop_does_not_wait_for_all_texts(model: Any) -> None:
    texts, read, asked = [np.arange(5, 15)] * 6400, [], threading.Event()
    plain, before = FastBert.logits, torch.get_num_threads()

    def counted(fast: FastBert, inputs: dict[str, Any]) -> torch.Tensor:
        read.append(len(inputs["input_ids"]))
        assert len(read) <= 2 or asked.wait(60)
        return plain(fast, inputs)

    def stop(_: int) -> None:
        asked.set()
        raise KeyboardInterrupt

    torch.set_num_threads(2)
    try:
        with patch.object(FastBert, "logits", counted), pytest.raises(KeyboardInterrupt):
            logits_of(model, texts, precision="fp32", on_progress=stop)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert sum(read) < 6400


def test_logits_come_in_the_order_of_the_texts(model: Any, ids: list[np.ndarray]) -> None:
    mixed = [ids[i] for i in (6, 0, 4, 2)]
    found = logits_of(model, mixed, precision="fp32")
    for i, row in zip(mixed, found, strict=True):
        np.testing.assert_allclose(row, logits_of(model, [i], precision="fp32")[0], atol=1e-5)


def test_other_architectures_are_left_to_transformers() -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    config = DistilBertConfig(vocab_size=50, dim=8, n_layers=1, n_heads=2, hidden_dim=16)
    model = DistilBertForSequenceClassification(config)
    assert FastBert.of(model) is None
    assert logits_of(model, [np.arange(1, 6)], precision="fp32").shape == (1, 2)


def test_a_run_is_classified_as_the_plain_model_would(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["a good film", "an awful, late order", "good food but it was bad"]
    fast = Classifier.load(trained.model_folder("bert"), "fp32").probabilities(texts)
    monkeypatch.setattr(FastBert, "of", lambda *_: None)
    np.testing.assert_allclose(
        Classifier.load(trained.model_folder("bert"), "fp32").probabilities(texts), fast, atol=1e-5
    )
