"""The snippets are filled in, the Python ones are Python, and what they call answers."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from bertdemo.core.classify import Classifier
from bertdemo.core.models import load_for_classes, load_tokenizer
from bertdemo.core.tasks import OneLabel, SeveralLabels
from bertdemo.data.pair import TextPair
from bertdemo.export.snippets import SECOND, TEXT, snippets

ADDRESS, RUN = "https://example.org:7860", "0123456789abcdef" * 2


@pytest.mark.parametrize("pair", [False, True])
def test_every_snippet_is_filled_in(pair: bool) -> None:
    made = {snippet.title: snippet for snippet in snippets(ADDRESS, RUN, "my-data", pair=pair, several=False)}
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


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_the_pipeline_says_all_that_the_model_says(
    tiny_bert: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pair: bool,
    several: bool,
) -> None:
    import torch

    kind = (SeveralLabels if several else OneLabel).problem_type
    names = ["joy", "fear", "anger"]
    model = load_for_classes(str(tiny_bert), names, seed=0, device=torch.device("cpu"), problem_type=kind)
    model.save_pretrained(tmp_path / "my-data")
    load_tokenizer(str(tiny_bert)).save_pretrained(tmp_path / "my-data")
    made = {snippet.title: snippet for snippet in snippets(ADDRESS, RUN, "my-data", pair=pair, several=several)}
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    exec(made["transformers"].code, {})
    said = ast.literal_eval(capsys.readouterr().out)
    said = said if isinstance(said, list) else [said]
    text = TextPair(TEXT, SECOND) if pair else TEXT
    [ours] = Classifier.load(tmp_path / "my-data", "fp32").predict([text])
    asked = names if several else [ours.label]
    expected = {name: pytest.approx(ours.probabilities[name], abs=1e-4) for name in asked}
    assert {entry["label"]: entry["score"] for entry in said} == expected
