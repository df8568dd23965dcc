"""What runs through a model together: texts that mix with padding go without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers

from bertdemo.core import forward
from bertdemo.core.batching import MOST_TOKENS, passes
from bertdemo.core.forward import logits_of, padding_of
from bertdemo.core.linear import embed, read_layers
from bertdemo.core.mean_start import start_from_mean
from bertdemo.core.shared import readable_precision
from bertdemo.errors import UserError

MIXING = ["ConvBert", "FNet", "MobileBert", "Nystromformer"]


def tiny(kind: str, form: str, **changes: Any) -> Any:
    """A random model of a kind, whose padding has a vector like any other word; `changes` are to its config."""
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 16}
    narrow = {"intra_bottleneck_size": 16, "embedding_size": 16} if kind == "MobileBert" else {}
    heads = {} if kind == "FNet" else {"num_attention_heads": 2}
    places = {"vocab_size": 60, "max_position_embeddings": 64, "initializer_range": 0.3}
    config = getattr(transformers, f"{kind}Config")(**{**small, **heads, **narrow, **places, **changes})
    torch.manual_seed(0)
    model = getattr(transformers, f"{kind}{form}")(config).eval()
    torch.nn.init.normal_(model.get_input_embeddings().weight)
    return model


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.integers(5, 60, n).astype(np.int64) for n in (9, 4, 17, 9, 5, 30, 18, 4)]


@pytest.mark.parametrize("kind", [*MIXING, "Electra"])
def test_what_is_said_of_a_text_does_not_hang_on_the_texts_beside_it(kind: str, ids: list[np.ndarray]) -> None:
    model, encoder = tiny(kind, "ForSequenceClassification"), tiny(kind, "Model")
    with torch.no_grad():
        alone = [model(input_ids=torch.from_numpy(text[None])).logits[0].numpy() for text in ids]
    np.testing.assert_allclose(logits_of(model, ids, precision="fp32"), alone, atol=1e-4)
    together = embed(encoder, ids, (1, 2), precision="fp32")
    each = [embed(encoder, [text], (1, 2), precision="fp32") for text in ids]
    np.testing.assert_allclose(together.means, np.concatenate([one.means for one in each]), atol=1e-4)
    np.testing.assert_allclose(together.first, np.concatenate([one.first for one in each]), atol=1e-3)


@pytest.mark.parametrize("kind", MIXING)
def test_nor_does_what_is_learnt_from_it(kind: str, ids: list[np.ndarray]) -> None:
    lengths = np.array([len(text) for text in ids])
    padding = padding_of(tiny(kind, "ForSequenceClassification"))
    cut = passes(np.arange(len(ids)), lengths.__getitem__, MOST_TOKENS, padding)
    assert sorted(lengths[rows].tolist() for rows in cut) == [[4, 4], [5], [9, 9], [17], [18], [30]]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("Bert", {}),
        ("Roberta", {}),
        ("MPNet", {}),
        ("ModernBert", {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}),
        ("Electra", {"embedding_size": 16}),
        ("Electra", {"embedding_size": 8}),
        ("Albert", {"embedding_size": 8}),
        ("RemBert", {"input_embedding_size": 8, "output_embedding_size": 8}),
        ("RoFormer", {"embedding_size": 8}),
        ("FNet", {}),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_what_an_encoder_is_found_to_be_readable_in_it_is_read_in(
    kind: str, changes: dict[str, Any], ids: list[np.ndarray]
) -> None:
    encoder = tiny(kind, "Model", **changes)
    precision, layers = readable_precision(encoder, "bf16"), read_layers(encoder.config)
    assert precision in ("bf16", "fp32")
    found, whole = (embed(encoder, ids, layers, precision=each) for each in (precision, "fp32"))
    for one, other in ((found.means, whole.means), (found.first, whole.first)):
        assert one.dtype == np.float32
        assert (one * other).sum() > 0.99 * np.linalg.norm(one) * np.linalg.norm(other)


def allow(monkeypatch: pytest.MonkeyPatch, tokens: int, error: Exception) -> list[int]:
    """A pass of more than `tokens` tokens, padding included, ends with `error`; what is returned gets all passes."""
    plain, seen = forward.padded, []

    def limited(*given: Any) -> dict[str, Any]:
        inputs = plain(*given)
        seen.append(inputs["input_ids"].numel())
        if seen[-1] > tokens:
            raise error
        return inputs

    monkeypatch.setattr(forward, "padded", limited)
    return seen


def embedded(kind: str, ids: list[np.ndarray]) -> np.ndarray:
    return embed(tiny(kind, "Model"), ids, (1, 2), precision="fp32").means


def classified(kind: str, ids: list[np.ndarray]) -> np.ndarray:
    return logits_of(tiny(kind, "ForSequenceClassification"), ids, precision="fp32")


def started(kind: str, ids: list[np.ndarray]) -> np.ndarray:
    model = tiny(kind, "ForSequenceClassification")
    start_from_mean(model, ids, np.arange(len(ids)) % 2)
    return logits_of(model, ids[:1], precision="fp32")


@pytest.mark.parametrize(
    ("read", "kind"),
    [(embedded, "Bert"), (embedded, "Electra"), (classified, "Bert"), (classified, "Electra"), (started, "Bert")],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_what_does_not_fit_into_memory_is_read_in_halves(
    read: Any, kind: str, threads: int, ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    many, before = ids * 8, torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        expected = read(kind, many)
        seen = allow(monkeypatch, 40, torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"))
        found = read(kind, many)
    finally:
        torch.set_num_threads(before)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert max(seen) > 40
    if threads == 1:  # those of the first size are not tried again once they have failed
        failed = [tokens for tokens in seen if tokens > 40]
        assert failed == sorted(set(failed), reverse=True)


def test_a_text_that_does_not_fit_by_itself_is_said(ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, 20, MemoryError())
    with pytest.raises(UserError) as said:
        classified("Bert", ids)
    assert said.value.code == "memory_ran_out"
    assert said.value.params["tokens"] == 30


def test_other_errors_of_a_reader_are_not_swallowed(ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = allow(monkeypatch, 0, RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape"):
        classified("Electra", ids[:1])
    assert len(seen) == 1
