"""The two languages are in step, and every sentence can be filled."""

from __future__ import annotations

import string

import pytest

from bertdemo.text import LANGUAGES, choose_language

EN, ZH = LANGUAGES["en"], LANGUAGES["zh"]


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_stands_in_both_languages() -> None:
    needed = {code for code in EN if not code.endswith(".one")}
    assert needed == {code for code in ZH if not code.endswith(".one")}


@pytest.mark.parametrize("code", sorted(EN))
def test_both_say_the_same_values(code: str) -> None:
    assert fields(EN[code]) <= fields(EN.get(code.removesuffix(".one"), EN[code])) | {"n"}
    if code in ZH:
        assert fields(ZH[code]) == fields(EN[code])


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de-DE,de;q=0.9,en;q=0.5", "en"),
        ("", "en"),
        (None, "en"),
        ("zh", "zh"),
    ],
)
def test_the_browsers_language_is_met_where_we_have_it(asked: str | None, given: str) -> None:
    assert choose_language(asked) == given
