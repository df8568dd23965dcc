"""The snippets are filled in, and the Python ones are Python."""

from __future__ import annotations

import ast
import json

import pytest

from bertdemo.export.snippets import snippets

ADDRESS, RUN = "https://example.org:7860", "0123456789abcdef" * 2


@pytest.mark.parametrize("pair", [False, True])
def test_every_snippet_is_filled_in(pair: bool) -> None:
    made = {snippet.title: snippet for snippet in snippets(ADDRESS, RUN, "my-data", pair=pair)}
    for title in ("client", "curl", "JavaScript"):
        assert ADDRESS in made[title].code
        assert RUN in made[title].code
    assert RUN in made["bertdemo"].code
    assert "my-data" in made["transformers"].code
    assert "my-data/classify.py" in made["onnx"].code
    for snippet in made.values():
        assert "{" not in snippet.code or snippet.title in ("curl", "JavaScript", "transformers")
        if snippet.language == "python":
            ast.parse(snippet.code)
    [data] = [line for line in made["curl"].code.splitlines() if "-d '" in line]
    asked = json.loads(data.split("'")[1])
    assert (asked["run"], "text_pair" in asked) == (RUN, pair)
