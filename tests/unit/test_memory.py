"""Too little memory: refused before the start with what would fit, and mended where it shows in mid-training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, ModernBertConfig

from bertdemo.api import prepare
from bertdemo.core import learner, learning, memory, models, preflight
from bertdemo.core.memory import GIGABYTE, standing_bytes
from bertdemo.errors import UserError
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run
from tests.unit.test_train import in_learning, make_run, weights_of, work

__all__ = ["make_run"]

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")


@pytest.fixture
def without_dropout(tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dropout is drawn pass by pass, so that other passes draw other cells."""
    load = models.load_for_classes

    def loaded(*arguments: Any, **options: Any) -> Any:
        model = load(*arguments, **options)
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
            elif hasattr(module, "dropout_prob"):
                module.dropout_prob = 0.0
        model.config.attention_probs_dropout_prob = 0.0
        return model

    monkeypatch.setattr(models, "load_for_classes", loaded)


def allow(monkeypatch: pytest.MonkeyPatch, tokens: int, after: int = 0) -> list[int]:
    """From the pass number `after` on, a pass of more than `tokens` tokens runs out of memory."""
    plain, seen = learner.training_logits, []

    def limited(model: Any, ids: list[np.ndarray], *how: Any) -> torch.Tensor:
        seen.append(sum(map(len, ids)))
        if len(seen) > after and seen[-1] > tokens:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return plain(model, ids, *how)

    monkeypatch.setattr(learner, "training_logits", limited)
    return seen


@pytest.mark.usefixtures("without_dropout")
def test_short_memory_halves_the_passes_and_ends_with_the_same_weights(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "pays", lambda *_: False)  # of smaller passes other rows would be drawn
    plain, short = make_run(epochs=2), make_run(epochs=2)
    work(plain)
    seen = allow(monkeypatch, 60, after=12)
    events, outcome = work(short)
    assert outcome == "done"
    assert max(seen[40:]) <= 60
    said = [e for e in events if isinstance(e, ev.MemoryShort)]
    assert said
    assert said[-1].tokens == short.meta["choices"]["tokens_per_pass"] < 120
    expected, found = weights_of(plain), weights_of(short)
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, atol=2e-3, rtol=2e-2, msg=name)


@pytest.mark.usefixtures("without_dropout")
def test_a_resumed_run_goes_on_with_the_smaller_passes(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=2)
    allow(monkeypatch, 60, after=8)
    _, outcome = work(run, in_learning(run, *[None] * 6, "pause"))
    assert outcome == "paused"
    events, outcome = work(run)
    assert outcome == "done"
    assert not [e for e in events if isinstance(e, ev.MemoryShort)]


def test_memory_that_is_short_before_the_start_shows_in_the_choices(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=1)
    allow(monkeypatch, 60)
    events, _ = work(run)
    assert run.meta["choices"]["tokens_per_pass"] <= 60
    assert not [e for e in events if isinstance(e, ev.MemoryShort)]


def test_where_not_even_one_row_fits_it_is_said(make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, 4)
    with pytest.raises(UserError) as said:
        work(make_run())
    assert said.value.code == "memory_ran_out"
    assert "at a time" in str(said.value)


@pytest.mark.parametrize("step", [1, 2])
def test_where_the_moments_of_the_optimiser_do_not_fit_it_is_said(
    make_run: Callable[..., Run], tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    plain, steps = torch.optim.AdamW.step, []

    def limited(self: Any, *given: Any, **options: Any) -> Any:
        steps.append(self)
        if len(steps) >= step:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return plain(self, *given, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", limited)
    monkeypatch.setattr(preflight, "free_bytes", lambda _: GIGABYTE)
    with pytest.raises(UserError) as said:
        work(make_run())
    assert said.value.code == "memory_for_base"
    assert (said.value.params["base"], said.value.params["fits"]) == (str(tiny_bert), "tfidf")


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            True,
        ),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("shape '[2]' is invalid for input of size 3"), False),
        (ValueError("not enough memory"), False),
    ],
)
def test_what_short_memory_looks_like(error: Exception, short: bool) -> None:
    assert memory.is_short(error) is short


def test_other_errors_of_a_step_are_not_swallowed(
    make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> torch.Tensor:
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(learner, "training_logits", broken)
    with pytest.raises(RuntimeError, match="shape"):
        work(make_run())


def test_a_training_that_fits_has_whole_passes() -> None:
    config = models.load_config(models.BUNDLED)
    assert preflight.tokens_per_pass(config, models.BUNDLED, 128, CPU) == 4096


def test_a_gpu_has_larger_passes_where_its_memory_allows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    config, gpu = models.load_config(models.BUNDLED), torch.device("cuda")
    for gigabytes, tokens in ((100, 32_768), (8, 16_384), (1, 1024)):
        monkeypatch.setattr(preflight, "free_bytes", lambda _, free=gigabytes: free * GIGABYTE)
        assert preflight.tokens_per_pass(config, models.BUNDLED, 128, gpu) == tokens


def test_little_memory_means_smaller_passes_then_shorter_texts_then_a_smaller_base(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = models.load_config(models.BUNDLED)
    standing = standing_bytes(preflight.weights_of(config), "cpu")

    def with_free(more: float) -> int:
        monkeypatch.setattr(preflight, "free_bytes", lambda _: int((standing + more * GIGABYTE) / preflight.SPARE))
        return preflight.tokens_per_pass(config, models.BUNDLED, 256, CPU)

    assert with_free(2.0) == 4096
    assert 256 <= with_free(0.3) < 4096
    with pytest.raises(UserError) as said:
        with_free(0.05)
    assert said.value.code == "memory_for_length"
    assert 16 <= said.value.params["fits"] < 256
    assert with_free_length(config, said.value.params["fits"]) <= 4096
    with pytest.raises(UserError) as said:
        with_free(-0.1)
    assert said.value.code == "memory_for_base"
    assert said.value.params["fits"] == "tfidf"


@pytest.mark.parametrize(
    ("language", "fits"), [("en", "distilbert/distilbert-base-uncased"), ("zh", "tfidf"), ("de", "tfidf")]
)
def test_the_smaller_base_that_is_named_reads_the_language(
    monkeypatch: pytest.MonkeyPatch, language: str, fits: str
) -> None:
    monkeypatch.setattr(preflight, "free_bytes", lambda _: int(2.9 * GIGABYTE))
    large = BertConfig()
    with pytest.raises(UserError) as said:
        preflight.tokens_per_pass(large, "google-bert/bert-base-chinese", 256, CPU, language)
    assert (said.value.code, said.value.params["fits"]) == ("memory_for_base", fits)


def test_words_that_no_text_has_are_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    many = BertConfig(vocab_size=119_547)  # half of such a model's weights
    monkeypatch.setattr(preflight, "free_bytes", lambda _: 5 * GIGABYTE)
    assert preflight.tokens_per_pass(many, "a", 128, CPU, "de", words=8_000) >= 1024
    with pytest.raises(UserError) as said:
        preflight.tokens_per_pass(many, "a", 128, CPU, "de")
    assert said.value.code == "memory_for_base"
    held = preflight.weights_of(many) - preflight.weights_of(many, 8_000)
    assert held == (119_547 - 8_000) * 768
    assert preflight.weights_of(many, 500_000) == preflight.weights_of(many)


def test_words_are_counted_in_a_sample() -> None:
    ids = [np.array([1, 2, 3]), np.array([3, 4])]
    assert preflight.words_used(ids, 2) == 4
    assert 4 < (preflight.words_used(ids, 20) or 0) < 40
    assert preflight.words_used(ids, 1_000_000) is None  # these train all of them
    assert preflight.words_used([], 0) is None


def with_free_length(config: Any, length: int) -> int:
    return preflight.tokens_per_pass(config, models.BUNDLED, length, CPU)


def test_the_estimate_covers_what_a_pass_really_takes(tiny_bert: Path) -> None:
    from bertdemo.core.forward import training_logits

    model = models.load_for_classes(str(tiny_bert), ["a", "b"], seed=0, device=CPU)
    ids = [np.full(60, 7)] * 400
    with memory.Peak(CPU) as peak:
        training_logits(model, ids, "fp32").sum().backward()
    assert (
        0.1 * memory.pass_bytes(model.config, 24_000, 60)
        < peak.bytes
        < 1.5 * memory.pass_bytes(model.config, 24_000, 60)
    )


@pytest.mark.parametrize(
    ("folder", "limit", "used", "prefix"),
    [
        ("", "memory.max", "memory.current", ""),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    ],
)
def test_files_that_a_container_has_read_take_no_memory_from_a_training(
    tmp_path: Path, folder: str, limit: str, used: str, prefix: str
) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / limit).write_text("1000\n", encoding="ascii")
    (tmp_path / folder / used).write_text("900\n", encoding="ascii")
    assert memory._left_in_container(tmp_path) == 100
    stat = f"anon 300\nactive_file 1\n{prefix}active_file 200\n{prefix}inactive_file 400\n"
    (tmp_path / folder / "memory.stat").write_text(stat, encoding="ascii")
    assert memory._left_in_container(tmp_path) == 700
    (tmp_path / folder / limit).write_text("max\n", encoding="ascii")
    assert memory._left_in_container(tmp_path) > 2**60


@pytest.mark.parametrize(
    ("config", "weights"),
    [
        (
            AlbertConfig(embedding_size=128, hidden_size=768, num_attention_heads=12, intermediate_size=3072),
            pytest.approx(11_683_584, rel=0.01),
        ),
        (ModernBertConfig(), pytest.approx(149_014_272, rel=0.01)),
        (ElectraConfig(), pytest.approx(13_483_008, rel=0.01)),
        (BertConfig(), 108_768_768),
        (DistilBertConfig(), 66_301_440),
    ],
    ids=lambda given: getattr(given, "model_type", ""),
)
def test_weights_are_counted_as_they_lie_in_memory(config: Any, weights: Any) -> None:
    """Layers that share theirs are there once, and word embeddings may be narrower than layers."""
    found = preflight.weights_of(config)
    assert found == weights
    wide = getattr(config, "embedding_size", config.hidden_size)
    assert found - preflight.weights_of(config, 1_000) == (config.vocab_size - 1_000) * wide


def test_a_disk_without_room_for_what_is_written_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = models.load_config(models.BUNDLED)
    written = 3 * 4 * preflight.weights_of(config)
    monkeypatch.setattr(preflight, "free_on_disk", lambda _: written)
    preflight.check_disk(config, models.BUNDLED, tmp_path)
    monkeypatch.setattr(preflight, "free_on_disk", lambda _: written - 1)
    with pytest.raises(UserError) as said:
        preflight.check_disk(config, models.BUNDLED, tmp_path)
    assert said.value.code == "disk_for_base"
    assert said.value.params["folder"] == str(tmp_path)


def test_the_disk_is_looked_at_before_the_first_step(
    reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "free_on_disk", lambda _: 1000)
    with pytest.raises(UserError, match="on the disk"):
        list(prepare(reviews_csv, base=str(tiny_bert), epochs=1).events())
