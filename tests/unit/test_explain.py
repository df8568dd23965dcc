"""Why a label: whole words, the right sign, every kind of classifier, and nothing that was not read."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertdemo.api import load, prepare
from bertdemo.core.classify import Classifier
from bertdemo.core.explain import FEWEST_ASKED, UNITS, WORDS_ASKED, Explanation, _both
from bertdemo.core.models import encode_with_spans, load_tokenizer
from bertdemo.core.tasks import Decision, Use
from bertdemo.data.pair import TextPair
from bertdemo.data.words import split_words, without
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from tests.conftest import NEGATIVE, POSITIVE


class Planted:
    """Labels are told by single words alone: ``weights[word]`` is added to the log-odds of the second label."""

    def __init__(self, several: bool = False, **weights: float) -> None:
        self.weights, self.several = weights, several
        self.asked: list[str] = []

    def probabilities(self, texts: Sequence[str], on_progress: Any = None) -> np.ndarray:
        self.asked += texts
        found = []
        for text in texts:
            parts = (text.first, text.second) if isinstance(text, TextPair) else (text,)
            odds = sum(self.weights.get(w.text, 0.0) for part in parts for w in split_words(part))
            chance = 1 / (1 + np.exp(-odds))
            found.append([0.3, chance] if self.several else [1 - chance, chance])
        return np.array(found)


def planted(pair: bool = False, several: bool = False, **weights: float) -> Classifier:
    decision = Decision((0.5, 0.5), at_least_one=False) if several else None
    return Classifier("planted", ("no", "yes"), Planted(several, **weights), Use(decision, pair))


def weights(found: Explanation) -> dict[str, float]:
    return {word.text: word.weight for word in found.words}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It isn't good, at 3.5 e-mail!!", ["It", "isn't", "good", ",", "at", "3.5", "e-mail", "!!"]),
        ("这部电影 very好。", ["这", "部", "电", "影", "very", "好", "。"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 좋아요", ["한국어", "좋아요"]),
        ("👩‍👩‍👧 great", ["👩‍👩‍👧", "great"]),
        ("\u200bgood \u200b \ufeff film\u2060 \u3164 \u00ad\x00", ["good", "film"]),
        ("\u200b!! می\u200cخواهم", ["\u200b!!", "می", "خواهم"]),
        (" \n ", []),
        ("", []),
    ],
)
def test_words_are_whole_and_lose_nothing(text: str, words: list[str]) -> None:
    found = split_words(text)
    assert [word.text for word in found] == words
    assert all(text[word.begin : word.end] == word.text for word in found)
    seen = text[found[0].begin : found[-1].end] if found else ""
    assert without(text, found, [True] * len(found)) == seen
    assert not seen.isspace()


def test_words_left_out_leave_no_two_grown_together() -> None:
    found = split_words("good,bad and (so) on")
    assert without("good,bad and (so) on", found, [w.text not in ",()" for w in found]) == "good bad and so on"
    assert without("这部电影", split_words("这部电影"), [True, False, True, True]) == "这电影"


def test_a_planted_word_weighs_what_it_adds() -> None:
    found = planted(superb=2.0, dull=-1.0).explain("a superb film , if dull at times", "yes")
    assert weights(found) == pytest.approx(
        {"a": 0, "superb": 2, "film": 0, ",": 0, "if": 0, "dull": -1, "at": 0, "times": 0}, abs=1e-9
    )
    assert found.loudest[0].text == "superb"
    against = planted(superb=2.0, dull=-1.0).explain("a superb film , if dull at times", "no")
    assert weights(against)["superb"] == pytest.approx(-2)
    assert found.probability + against.probability == pytest.approx(1)


def test_the_likeliest_label_is_explained_unless_one_is_named() -> None:
    assert planted(bad=-3.0).explain("bad film").label == "no"
    with pytest.raises(UserError) as caught:
        planted().explain("bad film", "perhaps")
    assert caught.value.code == "label_unknown"
    assert "Its labels: no, yes." in str(caught.value)


def test_to_who_asks_about_a_label_there_is_not_ten_that_there_are_are_named() -> None:
    labels = ("a\nlabel of many words that fill a line and more", *(f"label {n}" for n in range(2, 13)))
    many = Classifier("planted", labels, Planted(), Use())
    with pytest.raises(UserError) as caught:
        many.explain("bad film", "perhaps")
    assert "Its labels: a label of many words that fi…, label 2, " in str(caught.value)
    assert "label 10, …." in str(caught.value)


class Enough(Planted):
    """One of these words is enough: more of them say no more."""

    def probabilities(self, texts: Sequence[str], on_progress: Any = None) -> np.ndarray:
        odds = [3.0 if any(w.text.lower() in self.weights for w in split_words(text)) else -1.0 for text in texts]
        return np.array([[1 - chance, chance] for chance in 1 / (1 + np.exp(-np.array(odds)))])


@pytest.mark.parametrize("n", [4, 20, 200])
def test_equal_words_share_what_is_lost_without_all_of_them(n: int) -> None:
    text = " ".join(["Refund", "refund"] * (n // 2) + ["please"])
    found = Classifier("planted", ("no", "yes"), Enough(refund=1), Use()).explain(text)
    assert [word.weight for word in found.words] == pytest.approx([4 / n] * n + [0])


def test_of_a_short_text_equal_words_are_told_apart() -> None:
    class First(Planted):
        def probabilities(self, texts: Sequence[str], on_progress: Any = None) -> np.ndarray:
            odds = np.array([2.0 * text.startswith("good") + 1.0 * ("good" in text) for text in texts])
            return np.array([[1 - chance, chance] for chance in 1 / (1 + np.exp(-odds))])

    found = Classifier("planted", ("no", "yes"), First(), Use()).explain("good it is so good", "yes")
    assert [word.weight for word in found.words if word.text == "good"] == pytest.approx([2.5, 0.5])


def test_where_no_word_is_needed_what_is_handed_down_adds_up_to_what_all_words_say() -> None:
    handed_down = np.array([0.02, 0.01, 0.02, -0.01])
    noise = np.array([-0.02, -0.01, 0.0, 0.03])
    np.testing.assert_allclose(_both(handed_down, noise, 4.0), (handed_down * 100 + noise) / 2)
    np.testing.assert_allclose(_both(handed_down, noise, 0.1), (handed_down * 1.5 + noise) / 2)  # all says no more
    np.testing.assert_array_equal(_both(-handed_down, noise, 4.0), noise)  # it is the biases that say it
    nearly_nothing = np.array([0.0201, -0.02])
    assert np.abs(_both(nearly_nothing, np.zeros(2), 4.0)).max() <= 2


def test_words_of_both_texts_of_a_pair_are_weighed() -> None:
    found = planted(pair=True, same=1.0, other=-2.0).explain(TextPair("the same", "other words"), "yes")
    assert [(w.text, w.second, round(w.weight, 6)) for w in found.words] == [
        ("the", False, 0),
        ("same", False, 1),
        ("other", True, -2),
        ("words", True, 0),
    ]
    assert found.texts == ("the same", "other words")
    assert all("second" in word for word in found.to_json()["words"])
    with pytest.raises(UserError):
        planted(pair=True).explain("one text")


def test_a_pair_may_be_a_tuple_or_a_list() -> None:
    pairs, texts = planted(pair=True, same=1.0), planted(same=1.0)
    expected = pairs.predict([TextPair("the same", "other words")])
    assert pairs.predict([("the same", "other words")]) == pairs.predict([["the same", "other words"]]) == expected
    assert pairs.explain(("the same", "words")) == pairs.explain(TextPair("the same", "words"))
    for given in (["the same", "other words"], [("the same", "words"), "one text"]):
        with pytest.raises(UserError, match="second one is missing"):
            pairs.predict(given)
    with pytest.raises(UserError, match="single texts"):
        texts.predict([("the same", "other words")])
    with pytest.raises(TypeError, match="pair of texts"):
        pairs.predict([("one", "two", "three")])  # type: ignore[list-item]


def test_of_several_labels_each_is_told_from_its_absence() -> None:
    found = planted(several=True, angry=1.5).explain("so angry", "yes")
    assert weights(found) == pytest.approx({"so": 0, "angry": 1.5}, abs=1e-9)
    assert weights(planted(several=True, angry=1.5).explain("so angry", "no")) == pytest.approx({"so": 0, "angry": 0})


def test_a_long_text_is_asked_about_in_few_questions() -> None:
    text = " ".join(["word"] * 150 + ["superb"] + ["word"] * 149)
    classifier = planted(superb=3.0)
    found = classifier.explain(text, "yes")
    assert found.loudest[0].text == "superb"
    assert found.loudest[0].weight == pytest.approx(3)
    assert isinstance(classifier.backend, Planted)
    assert len(classifier.backend.asked) < 3 * UNITS + 2


@pytest.mark.parametrize("n", [500, 4_000, 30_000])
def test_longer_texts_are_asked_about_in_no_more_questions(n: int) -> None:
    place = n // 3
    words = ["word"] * n
    words[place] = "superb"
    classifier = planted(superb=3.0)
    found = classifier.explain(" ".join(words), "yes")
    assert found.loudest[0].text == "superb"
    assert found.loudest[0].weight == pytest.approx(3)
    assert isinstance(classifier.backend, Planted)
    assert len(classifier.backend.asked) < 4 * UNITS
    if n > 20 * UNITS:
        assert sum(len(asked.split()) for asked in classifier.backend.asked) < 5 * max(WORDS_ASKED, FEWEST_ASKED * n)


@pytest.mark.parametrize(
    ("thresholds", "explained"),
    [((0.5, 0.5), "yes"), ((0.2, 0.9), "no"), ((0.2, 0.5), "yes"), ((0.9, 0.9), "yes")],
)
def test_of_several_labels_one_that_the_text_gets_is_explained(thresholds: tuple[float, float], explained: str) -> None:
    use = Use(Decision(thresholds, at_least_one=False))
    classifier = Classifier("planted", ("no", "yes"), Planted(True, good=0.5), use)  # 30% and 62%
    assert classifier.explain("a good film").label == explained


def test_a_text_without_words_has_no_reasons() -> None:
    assert planted().explain("  ").words == ()


@pytest.mark.parametrize("kind", ["bert", "instant", "tfidf"])
def test_every_kind_of_classifier_says_why(trained: Run, kind: str) -> None:
    classifier = load(trained.model_folder(kind))
    text = "the film was superb and nice , my phone is great"
    found = classifier.explain(text, "positive")
    assert [word.text for word in found.words] == text.split()
    assert found.probability == pytest.approx(classifier.predict([text])[0].probabilities["positive"])
    loud = [word.text for word in found.words if word.weight > 0][:9]
    assert {"superb", "nice", "great"} & set(loud)
    opposite = weights(classifier.explain(text, "negative"))
    assert opposite == pytest.approx({word: -weight for word, weight in weights(found).items()}, abs=1e-3)


@pytest.mark.parametrize("kind", ["bert", "instant", "tfidf"])
def test_deleting_the_loudest_words_lowers_the_probability_more_than_other_words(trained: Run, kind: str) -> None:
    classifier = load(trained.model_folder(kind))
    fell, fell_else = 0.0, 0.0
    for i in range(8):
        words = ["the", POSITIVE[i], "film", "was", "so", POSITIVE[-i - 1], "and", "it", "is"]
        found = classifier.explain(" ".join(words), "positive")
        top = {word.begin for word in sorted(found.words, key=lambda word: -word.weight)[:2]}
        texts = [
            without(found.texts[0], found.words, [(word.begin in top) == out for word in found.words])
            for out in (False, True)
        ]
        here, without_top, only_top = classifier.probabilities([found.texts[0], *texts])[:, 1]
        fell, fell_else = fell + here - without_top, fell_else + here - only_top
    assert fell > fell_else


def test_a_long_text_counts_as_far_as_it_is_read(trained: Run) -> None:
    classifier = load(trained.model_folder("bert"))
    text = " ".join(["superb"] + ["film"] * 80 + ["awful"])
    found = classifier.explain(text)
    assert 10 < len(found.words) < 80
    assert found.words[-1].text == "film"


def test_relevance_leaves_the_model_and_what_it_says_as_they_were(trained: Run) -> None:
    import torch

    classifier = load(trained.model_folder("bert"))
    texts = [f"the film was {word}" for word in (*POSITIVE, *NEGATIVE)]
    before = classifier.probabilities(texts)
    classifier.explain(texts[0])
    assert np.array_equal(classifier.probabilities(texts), before)
    model: Any = classifier.backend
    assert all(parameter.grad is None for parameter in model.model.parameters())
    assert torch.is_grad_enabled()


def test_pairs_are_explained_by_bert_and_instant(tmp_path: Path, tiny_bert: Path) -> None:
    rows = ["a,b,label"]
    for i in range(80):
        one, two = POSITIVE[i % 10], (POSITIVE if i % 2 else NEGATIVE)[(i * 7) % 10]
        rows.append(
            f"the {one} film {'so ' * (i % 3)}was,it is {two} and {'very ' * (i % 4)}so,{'same' if i % 2 else 'other'}"
        )
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    prepared = prepare(path, text="a", text_pair="b", label="label", base=str(tiny_bert), epochs=1)
    for _ in prepared.events():
        pass
    for kind in ("bert", "instant"):
        found = load(prepared.run.model_folder(kind)).explain(TextPair("the good film", "it is awful"))
        assert [(w.text, w.second) for w in found.words] == [
            *((word, False) for word in ("the", "good", "film")),
            *((word, True) for word in ("it", "is", "awful")),
        ]
        assert any(word.weight for word in found.words)


def test_a_classifier_that_cant_be_asked_by_embeddings_is_asked_without_words(tiny_bert: Path, tmp_path: Path) -> None:
    import torch
    from transformers import LongformerConfig, LongformerForSequenceClassification

    folder = shutil.copytree(tiny_bert, tmp_path / "longformer")
    small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = LongformerConfig(
        **small,
        vocab_size=300,
        intermediate_size=16,
        attention_window=8,
        max_position_embeddings=66,
        initializer_range=0.3,
    )
    LongformerForSequenceClassification(config).save_pretrained(folder)
    classifier = Classifier.load(folder)
    text = "the good film was so awful"
    found = classifier.explain(text)
    assert [word.text for word in found.words] == text.split()
    whole, left = classifier.probabilities([text, "the film was so awful"])[:, classifier.labels.index(found.label)]
    assert weights(found)["good"] == pytest.approx(np.log(whole / (1 - whole)) - np.log(left / (1 - left)), abs=1e-4)


@pytest.mark.parametrize("pair", [("the good film", ""), ("", "it is awful"), ("", "")])
def test_a_pair_with_an_empty_text_is_explained(tiny_bert: Path, pair: tuple[str, str]) -> None:
    tokenizer = load_tokenizer(str(tiny_bert))
    ids, parts, spans = encode_with_spans(tokenizer, TextPair(*pair), 32)
    assert len(ids) == len(parts) == len(spans)
    own = parts >= 0
    assert [pair[part][begin:end] for part, (begin, end) in zip(parts[own], spans[own], strict=True)] == [
        *pair[0].split(),
        *pair[1].split(),
    ]
