"""The fast forms say what the plain ones say: the same logits, the same gradients, the same training."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from bertdemo.core import first_token, packed_attention
from bertdemo.core.forward import padded
from bertdemo.core.models import load_for_classes
from bertdemo.core.packed_attention import PackedAttention
from bertdemo.core.packed_bert import can_pack, packed_logits
from bertdemo.core.packing import WIDTH, pack
from bertdemo.core.used_embedding import UsedEmbedding
from bertdemo.core.vocabulary import UsedVocabulary
from tests.conftest import renumbered

CPU = torch.device("cpu")


@pytest.fixture
def model(tiny_bert: Path) -> Any:
    return load_for_classes(str(tiny_bert), ["a", "b", "c"], seed=0, device=CPU)


@pytest.fixture
def ids() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.integers(5, 40, n).astype(np.int64) for n in (7, 3, 11, 7, 1, 17)]


def loss_and_gradients(model: Any, logits: torch.Tensor) -> tuple[float, dict[str, torch.Tensor]]:
    labels = torch.arange(len(logits)) % 3
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return loss.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


def test_packed_texts_have_the_logits_and_gradients_of_padded_ones(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    plain, plain_gradients = loss_and_gradients(model, model(**padded(ids, CPU)).logits)
    fast, fast_gradients = loss_and_gradients(model, packed_logits(model, ids))
    assert fast == pytest.approx(plain, abs=1e-6)
    unmoved = "bert.encoder.layer.1.attention.self.key.bias"  # adds the same to all scores of a question
    assert fast_gradients.keys() == plain_gradients.keys() - {unmoved}
    fast_gradients[unmoved] = torch.zeros(32)
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(fast_gradients[name], gradient, atol=1e-6, rtol=1e-4, msg=name)


def test_a_text_does_not_see_its_neighbours(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    with torch.no_grad():
        together = packed_logits(model, ids)
        alone = torch.cat([packed_logits(model, [one]) for one in ids])
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-5)


def test_blocks_hold_similar_lengths_and_cover_the_row(ids: list[np.ndarray]) -> None:
    [equal] = pack([ids[0], ids[3]], 2, CPU).blocks
    assert (equal.texts, equal.longest, equal.hidden.any().item()) == (slice(0, 2), 7, False)
    [filled] = pack([ids[0], ids[3]], 2, CPU, multiple=32).blocks
    assert (filled.texts, filled.longest) == (slice(0, 2), WIDTH)
    assert (filled.hidden.view(2, 2, WIDTH) == 0).all(1).sum(1).tolist() == [7, 7]
    packing = pack(ids, 2, CPU)
    assert packing.ids.shape == (sum(map(len, ids)),)
    assert [(block.texts, block.longest) for block in packing.blocks] == [
        (slice(0, 1), 1),
        (slice(1, 4), 7),
        (slice(4, 6), 17),
    ]
    assert [block.cells.start for block in packing.blocks[1:]] == [block.cells.stop for block in packing.blocks[:-1]]
    for i, start in enumerate(packing.begins[packing.back].tolist()):
        assert packing.ids[start : start + len(ids[i])].tolist() == ids[i].tolist()


def test_every_slice_of_a_token_has_a_cell_and_padding_is_hidden(ids: list[np.ndarray]) -> None:
    packing = pack(ids, 2, CPU)
    slices = torch.arange(len(packing.ids) * 3 * 2)
    there = slices[packing.gather]
    assert torch.equal(there[packing.scatter], slices)
    queries = there[: len(there) // 3]
    assert torch.equal(queries[packing.cells], (torch.arange(len(packing.ids))[:, None] * 6 + torch.arange(2)).view(-1))
    hidden = torch.cat([block.hidden.view(-1) for block in packing.blocks])
    assert torch.equal(torch.where(hidden == 0)[0], packing.cells.sort().values)


def test_what_fills_a_row_up_changes_nothing(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    packing = pack(ids, 2, CPU, multiple=32)
    assert len(packing.ids) == 64
    assert sum(map(len, ids)) == 46
    assert packing.cells.max() // 2 == sum(map(len, packing.blocks))  # behind the places of all texts
    plain, plain_gradients = loss_and_gradients(model, packed_logits(model, ids))
    with patch("bertdemo.core.packed_bert.multiple_of", lambda *_: 32):
        filled, gradients = loss_and_gradients(model, packed_logits(model, ids))
    assert filled == pytest.approx(plain, abs=1e-6)
    for name, gradient in plain_gradients.items():
        torch.testing.assert_close(gradients[name], gradient, atol=1e-6, rtol=1e-4, msg=name)


def test_bf16_says_about_what_fp32_says(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    plain, plain_gradients = loss_and_gradients(model, packed_logits(model, ids))
    less, gradients = loss_and_gradients(model, packed_logits(model, ids, "bf16"))
    assert less == pytest.approx(plain, abs=0.01)
    for name, gradient in plain_gradients.items():
        if gradient.norm() > 1e-3:
            assert torch.cosine_similarity(gradients[name].flatten(), gradient.flatten(), dim=0) > 0.98, name


@pytest.mark.parametrize("long", [128, 7])
@pytest.mark.parametrize("most", [2**20, 2 * 7**2])
@pytest.mark.parametrize("p", [0.0, 0.5])
def test_the_gradients_of_attention_are_those_of_its_formula(
    ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, p: float, most: int, long: int
) -> None:
    monkeypatch.setattr(packed_attention, "MOST_SCORES", most)
    monkeypatch.setattr(packed_attention, "LONG", long)
    packing = pack(ids[:4], 2, CPU, torch.float64)
    joined = torch.randn(len(packing.ids), 3 * 2 * 3, dtype=torch.float64, requires_grad=True)

    def drawn(joined: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        return PackedAttention.apply(joined, packing, 0.7, p)

    assert torch.autograd.gradcheck(drawn, (joined,))


def test_long_texts_are_read_in_pieces_of_which_nothing_is_kept(
    ids: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    packing = pack(ids, 2, CPU)
    joined = torch.randn(len(packing.ids), 3 * 2 * 3, requires_grad=True)

    def read() -> tuple[torch.Tensor, list[int], int]:
        sizes, softmax, kept = [], torch.Tensor.softmax, 0
        with monkeypatch.context() as patched:
            patched.setattr(
                torch.Tensor, "softmax", lambda t, *_, **o: (sizes.append(t.numel()), softmax(t, -1, **o))[1]
            )
            found = PackedAttention.apply(joined, packing, 0.7, 0.0)
        kept = sum(part.numel() for piece in found.grad_fn.kept.pieces for part in piece if part is not None)
        return found, sizes, kept

    whole, sizes, kept = read()
    assert (max(sizes), kept) == (2 * 2 * 17**2, 2 * sum(sizes))
    monkeypatch.setattr(packed_attention, "MOST_SCORES", 17**2)
    monkeypatch.setattr(packed_attention, "LONG", 7)
    pieces, sizes, kept = read()
    assert max(sizes) <= 17**2
    assert kept == 2 * 2 * 1**2  # of the text of one token
    assert torch.equal(pieces, whole)


def test_first_tokens_read_the_same_as_if_all_were_projected() -> None:
    torch.manual_seed(0)
    query, key, value = (torch.nn.Linear(12, 12).double() for _ in range(3))
    first, tokens = torch.randn(5, 12, dtype=torch.float64), torch.randn(5, 7, 12, dtype=torch.float64)
    weights = torch.rand(5, 3, 7, dtype=torch.float64)  # adds up to anything, as after dropout

    def by_head(values: torch.Tensor) -> torch.Tensor:
        return values.view(5, -1, 3, 4).transpose(1, 2)

    plain_scores = (by_head(query(first)) @ by_head(key(tokens)).transpose(2, 3))[:, :, 0] / 2
    scores = first_token.questions(query(first), key.weight, 3) @ tokens.transpose(1, 2)
    torch.testing.assert_close(scores.softmax(-1), plain_scores.softmax(-1))
    plain = (weights[:, :, None] @ by_head(value(tokens))).transpose(1, 2).reshape(5, 12)
    torch.testing.assert_close(first_token.answers(weights, tokens, value.weight, value.bias), plain)


def test_one_long_text_does_not_widen_the_others() -> None:
    texts = [np.full(20, 7)] * 31 + [np.full(256, 7)]
    cells = sum(len(block) * block.longest for block in pack(texts, 2, CPU).blocks)
    assert cells == 31 * 20**2 + 256**2


def test_dropout_is_drawn_and_follows_the_seed(model: Any, ids: list[np.ndarray]) -> None:
    model.train()

    def drawn(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return packed_logits(model, ids).detach()

    torch.testing.assert_close(drawn(1), drawn(1))
    assert not torch.allclose(drawn(1), drawn(2))


def test_the_model_stays_as_it_was(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    before = model.config._attn_implementation
    with torch.no_grad():
        plain = model(**padded(ids, CPU)).logits
        packed_logits(model, ids)
        assert torch.equal(model(**padded(ids, CPU)).logits, plain)
    assert model.config._attn_implementation == before


def test_other_architectures_are_not_packed(model: Any) -> None:
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    small = DistilBertConfig(vocab_size=40, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
    assert can_pack(model)
    assert not can_pack(DistilBertForSequenceClassification(small))
    model.config.is_decoder = True  # its tokens see those before them alone
    assert not can_pack(model)


def test_the_used_vocabulary_gives_the_same_logits_and_goes_back(model: Any, ids: list[np.ndarray]) -> None:
    model.eval()
    whole = model.get_input_embeddings().weight.detach().clone()
    plain = model(**padded(ids, CPU)).logits.detach()
    vocabulary = UsedVocabulary(ids)
    vocabulary.shrink(model)
    assert len(model.get_input_embeddings().weight) == len(np.unique(np.concatenate(ids)))
    _, gradients = loss_and_gradients(model, packed_logits(model, renumbered(ids, vocabulary.used)))
    torch.testing.assert_close(packed_logits(model, renumbered(ids, vocabulary.used)).detach(), plain)
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
    mapped = [model(**padded([text], CPU)).logits for text in renumbered(texts, vocabulary.used)]
    torch.testing.assert_close(torch.cat(mapped), plain)


@pytest.mark.parametrize("of_tokenizer", [None, 0, 4])
def test_no_word_gets_the_number_of_the_models_padding(of_tokenizer: int | None) -> None:
    texts = [np.array([0, 20, 31, 2]), np.array([0, 52, 2])]
    vocabulary = UsedVocabulary(texts, of_tokenizer, 1)
    found = renumbered(texts, vocabulary.used)
    assert not any((text == 1).any() for text in found)
    assert [vocabulary.used[text].tolist() for text in found] == [text.tolist() for text in texts]
    assert UsedVocabulary(texts, None, None).used.tolist() == [0, 2, 20, 31, 52]


def test_a_step_without_a_number_does_not_stay_in_the_gradient() -> None:
    embedding = UsedEmbedding(torch.randn(30, 4))
    embedding(torch.tensor([1, 2])).sum().mul(float("nan")).backward()
    torch.nn.utils.clip_grad_norm_(embedding.parameters(), 1.0)  # as an fp16 step that overflowed: all rows are NaN
    assert embedding.weight.grad is not None
    assert embedding.weight.grad.isnan().all()
    embedding.zero_grad(set_to_none=True)
    embedding(torch.tensor([3])).sum().backward()
    assert embedding.weight.grad.sum().item() == 4.0


def test_the_gradient_of_used_words_is_that_of_any_embedding() -> None:
    torch.manual_seed(0)
    plain = torch.nn.Embedding(30, 4)
    fast = UsedEmbedding(plain.weight.detach().clone())
    optimizers = [torch.optim.AdamW(layer.parameters(), lr=0.1) for layer in (plain, fast)]
    for ids in ([[1, 2, 2], [3, 1, 9]], [[4, 4, 4]], [[1, 29, 0], [29, 5, 5]]):
        for layer in (plain, fast):
            for together in ids:  # two passes of a step add up
                layer(torch.tensor(together)).square().sum().backward()
        assert torch.equal(plain.weight.grad, fast.weight.grad)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    assert torch.equal(plain.weight, fast.weight)
