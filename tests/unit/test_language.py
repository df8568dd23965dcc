"""The language of the texts, by script and by words."""

from __future__ import annotations

import pytest

from bertdemo.data.language import certain_language, detect_language, language_shares
from bertdemo.data.table import read_table
from tests.conftest import SHARED, on_real_data


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["good", "terrible", "works fine", "The delivery was late and the box was open."]),
        ("de", ["Das Produkt ist sehr gut und ich bin zufrieden.", "Schlecht, nie wieder!"]),
        ("fr", ["Très bon produit, je le recommande.", "C'est nul"]),
        ("es", ["Muy bueno, lo recomiendo a todos", "No me gusta nada"]),
        ("zh", ["很好吃,下次再来", "OK 不错", "iPhone 手机很好用"]),
        ("ja", ["とても良い商品です", "最高", "美味しい料理"]),
        ("ko", ["정말 좋아요", "별로예요"]),
        ("ru", ["Очень хороший товар", "Плохо"]),
        ("ar", ["منتج جيد جدا"]),
        ("und", ["123", "!!", ""]),
        ("und", []),
    ],
)
def test_languages(code: str, texts: list[str]) -> None:
    assert detect_language(texts).code == code


def test_share_of_the_language() -> None:
    found = detect_language(["这是一个很好的产品"] * 3 + ["This is quite a good product"])
    assert (found.code, found.share) == ("zh", 0.75)
    assert (found.second, found.second_at, found.second_share) == ("en", (3,), 0.25)
    assert detect_language(["Works fine, thank you"]).second == ""


@pytest.mark.parametrize(
    ("texts", "code", "share"),
    [
        (["とても良い商品です", "最高", "美味しい料理"], "ja", 1.0),  # characters alone are Japanese beside kana
        (["よい品です", "最高", "美味", "満足", "発送早"], "ja", 1.0),
        (["很好吃", "不错", "好评", "差", "满意", "の"], "zh", 5 / 6),  # one sign among many texts makes no Japanese
    ],
)
def test_characters_of_china_and_japan_are_told_apart_by_the_texts_beside(
    texts: list[str], code: str, share: float
) -> None:
    found = detect_language(texts)
    assert (found.code, found.share) == (code, pytest.approx(share))


@on_real_data
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sst2", "en"),
        ("tweeteval_emotion", "en"),
        ("sms_spam", "en"),
        ("banking77", "en"),
        ("waimai_10k", "zh"),
    ],
)
def test_real_files(name: str, code: str) -> None:
    found = detect_language([text or "" for text in read_table(SHARED / name / "train.csv").column("text")])
    assert found.code == code
    assert found.share > 0.95


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("de", ["Das Produkt ist sehr gut und ich bin zufrieden.", "Leider kam das Paket viel zu spät bei uns an."]),
        ("en", ["omg 😂😂 this is soooo funny lol", "what do you think about the new film @bob #film"]),
        ("zh", ["很好吃,下次再来"]),
        ("ja", ["とても良い商品です"]),
        (None, ["good", "bad", "works fine"]),
        (None, ["12 48 39 22 17 90 11 34"]),
        (None, ["AB-12 QX9 kdzw 77-B ZZ3 mmx-4 R2 D2"]),
        (None, ["xqz wvkj ptrg zzkq bnmf hjkl qwrt dfgh"]),
        (None, ["很好吃,下次再来", "The delivery was late and the box was open."]),
    ],
)
def test_a_language_is_certain_where_enough_texts_say_it(language: str | None, texts: list[str]) -> None:
    assert certain_language(language_shares(texts * 20)) == language
    assert language_shares((texts * 20)[:19]) == {}


def test_texts_that_say_too_little_are_most_of_the_texts() -> None:
    said = ["The delivery was late and the box was open."] * 25
    assert certain_language(language_shares([*said, *["ok"] * 20, *[""] * 90])) == "en"
    assert language_shares([*said, *["ok"] * 40]) == {}
