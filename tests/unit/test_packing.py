"""The fast forms say what the plain ones say: the same logits, the same gradients, the same training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bertdemo.core.forward import padded
from bertdemo.core.models import load_for_classes
from bertdemo.core.packing import can_pack, pack, packed_logits
from bertdemo.core.vocabulary import UsedVocabulary

CPU = torch.device("cpu")


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    return load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=CPU)


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.integers(5, 40, n).astype(np.int64) for n in (7, 3, 11, 7, 1, 16)]


def loss_and_gradients(model: Any, logits: torch.Tensor) -> tuple[float, dict[str, torch.Tensor]]:
    labels = torch.arange(len(logits)) % 3
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def test_packed_texts_have_the_logits_and_gradients_of_padded_ones(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    plain, plain_gradients = loss_and_gradients(model, model(**padded(ids, CPU)).logits)
    fast, fast_gradients = loss_and_gradients(model, packed_logits(model, pack(ids, CPU)))
    assert fast == pytest.approx(plain, abs=1e-6)
    assert fast_gradients.keys() == plain_gradients.keys()
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(fast_gradients[name], gradient, atol=1e-6, rtol=1e-4, msg=name)


def test_a_text_does_not_see_its_neighbours(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    with torch.no_grad():
        together = packed_logits(model, pack(ids, CPU))
        alone = torch.cat([packed_logits(model, pack([one], CPU)) for one in ids])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


def test_blocks_hold_similar_lengths_and_cover_the_row(ids: list[np.ndarray]) -> None:
    [equal] = pack([ids[0], ids[3]], CPU).blocks
    assert (equal.hidden, equal.spread, equal.texts) == (None, None, 2)
    packing = pack(ids, CPU)
    assert packing.ids.shape == (1, sum(map(len, ids)))
    assert [(block.texts, block.longest) for block in packing.blocks] == [(1, 1), (1, 3), (3, 11), (1, 16)]
    assert [block.begin for block in packing.blocks[1:]] == [block.end for block in packing.blocks[:-1]]
    for i, start in enumerate(packing.begins[packing.back].tolist()):
        assert packing.ids[0, start : start + len(ids[i])].tolist() == ids[i].tolist()


def test_one_long_text_does_not_widen_the_others() -> None:
    texts = [np.full(20, 7)] * 31 + [np.full(256, 7)]
    cells = sum(block.texts * block.longest**2 for block in pack(texts, CPU).blocks)
    assert cells == 31 * 20**2 + 256**2


def test_dropout_is_drawn_and_follows_the_seed(model: Any, ids: list[np.ndarray]) -> None:
    model.train()
    packing = pack(ids, CPU)

    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return packed_logits(model, packing).detach()

    torch.testing.assert_close(drawn(1), drawn(1))
    assert not torch.allclose(drawn(1), drawn(2))


def test_the_model_stays_as_it_was(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    before = model.config._attn_implementation
    with torch.no_grad():
        plain = model(**padded(ids, CPU)).logits
        packed_logits(model, pack(ids, CPU))
        assert torch.equal(model(**padded(ids, CPU)).logits, plain)
    assert model.config._attn_implementation == before


def test_other_architectures_are_not_packed(model: Any) -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    small = DistilBertConfig(vocab_size=40, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    assert can_pack(model)
    assert not can_pack(DistilBertForSequenceClassification(small))


def test_the_used_vocabulary_gives_the_same_logits_and_goes_back(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    whole = model.get_input_embeddings().weight.detach().clone()
    plain = model(**padded(ids, CPU)).logits.detach()
    vocabulary = UsedVocabulary(ids)
    vocabulary.shrink(model)
    assert len(model.get_input_embeddings().weight) == len(np.unique(np.concatenate(ids)))
    _, gradients = loss_and_gradients(model, packed_logits(model, pack(vocabulary.mapped(ids), CPU)))
    torch.testing.assert_close(packed_logits(model, pack(vocabulary.mapped(ids), CPU)).detach(), plain)
    with torch.no_grad():
        model.get_input_embeddings().weight.add_(1.0)
    vocabulary.restore(model)
    changed = (model.get_input_embeddings().weight.detach() - whole).mean(1)
    np.testing.assert_allclose(changed[vocabulary.used], 1.0, rtol=1e-5)
    assert not changed[np.setdiff1d(np.arange(len(whole)), vocabulary.used)].any()
    assert any("word_embeddings" in name for name in gradients)


@pytest.mark.parametrize("kind", ["Roberta", "XLMRoberta", "MPNet", "DistilBert", "Electra"])
def test_the_used_vocabulary_changes_nothing_where_places_follow_from_ids(kind: str) -> None:
    import transformers

    small: dict[str, Any] = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    if kind == "DistilBert":
        small = {"vocab_size": 60, "dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 16}
    config = getattr(transformers, f"{kind}Config")(**small, max_position_embeddings=40)
    torch.manual_seed(0)
    model = getattr(transformers, f"{kind}ForSequenceClassification")(config).eval()
    # the ids that RoBERTa's tokenizers put around and between texts, and none of the padding
    texts = [np.array([0, 20, 31, 2, 2, 45, 20, 2]), np.array([0, 52, 2])]
    plain = model(**padded(texts, CPU)).logits
    vocabulary = UsedVocabulary(texts, config.pad_token_id)
    vocabulary.shrink(model)
    mapped = [model(**padded([text], CPU)).logits for text in vocabulary.mapped(texts)]
    torch.testing.assert_close(torch.cat(mapped), plain)
