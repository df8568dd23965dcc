"""The two languages are in step, and every sentence can be filled."""

from __future__ import annotations

import ast
import functools
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import bertdemo
from bertdemo.text import LANGUAGES, choose_language

EN, ZH = LANGUAGES["en"], LANGUAGES["zh"]
NODES = [
    node
    for file in sorted(Path(bertdemo.__file__).parent.rglob("*.py"))
    if file.name not in ("en.py", "zh.py")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
]
LITERALS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}
LITERALS |= {name.replace("-", "_") for name in LITERALS} | {Path(name).stem for name in LITERALS if "." in name}
FROM_OUTSIDE = "language_"
"""What is behind it a library found."""


def template(node: ast.AST) -> str:
    """An f-string or a sum of strings as a regular expression; "" where that says nothing."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.JoinedStr):
        parts = node.values
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    literal = [str(part.value) if isinstance(part, ast.Constant) else "" for part in parts]
    if not any(map(str.isalpha, "".join(literal))):
        return ""
    return "".join(re.escape(part) if part else "(.+)" for part in literal)


TEMPLATES = {template(node) for node in NODES} - {""}


@functools.cache
def can_be_made(code: str) -> bool:
    """Whether the program has that string, or can put it together from strings that it has."""
    if code in LITERALS or code.isdecimal() or code.startswith(FROM_OUTSIDE):
        return True
    return any(
        all(map(can_be_made, found.groups())) for made in TEMPLATES if (found := re.fullmatch(made, code)) is not None
    )


def codes_in(value: ast.expr) -> Iterator[str]:
    """The codes that an argument may be, as far as it says."""
    if isinstance(value, ast.Constant):
        yield str(value.value)
    elif isinstance(value, ast.IfExp):
        yield from (*codes_in(value.body), *codes_in(value.orelse))


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_error_has_a_sentence() -> None:
    codes = set()
    for node in NODES:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "UserError":
            codes |= set(codes_in(node.args[0]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Failed":
            codes |= {code for word in node.keywords if word.arg == "code" for code in codes_in(word.value)}
    assert len(codes) > 100
    assert sorted(code for code in codes if f"error.{code}" not in EN) == []
    hints = [code.removeprefix("cli.hint.") for code in EN if code.startswith("cli.hint.")]
    assert sorted(code for code in hints if f"error.{code}" not in EN) == []


def test_every_sentence_is_said_somewhere() -> None:
    bare = re.compile(r"(ui|error|finding)\.|cli\.hint\.")
    codes = {code.removesuffix(".one") for code in EN}
    assert sorted(code for code in codes if not can_be_made(code) and not can_be_made(bare.sub("", code, 1))) == []


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
        ("en;q=0.5,zh;q=0.9", "zh"),
        ("zh;q=0.8, en-GB ; q=0.9", "en"),
        ("zh;q=0.8, en;q=0.8", "zh"),  # the first of equals
        ("fr, zh-TW;q=0.3, *;q=0.1", "zh"),
        ("zh;q=0.2, *;q=0.5", "en"),
        ("zh;q=0", "en"),  # refused
        ("zh;q=much, en;q=0.1", "en"),
        (";q=0.5,,-", "en"),
    ],
)
def test_the_browsers_language_is_met_where_we_have_it(asked: str | None, given: str) -> None:
    assert choose_language(asked) == given
