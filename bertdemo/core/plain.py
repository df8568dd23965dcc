"""A BERT folder as the rest of the world uses it: through transformers' own pipeline, and as an ONNX graph."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bertdemo.core.library import transformers
from bertdemo.core.models import load_tokenizer, quietly
from bertdemo.core.tasks import SeveralLabels
from bertdemo.data.pair import TextPair

OPSET = 17


def pipeline_probabilities(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """What `transformers.pipeline` says of texts, or pairs of them, by itself: (texts, labels), float64."""
    import torch

    from bertdemo.core.device import best_device

    with quietly():
        say = transformers().pipeline(
            "text-classification", model=str(folder), device=best_device(), dtype=torch.float32, trust_remote_code=False
        )
        given = [
            {"text": text.first, "text_pair": text.second} if isinstance(text, TextPair) else {"text": text}
            for text in texts
        ]
        answers = [say(one, truncation=True, top_k=None) for one in given]
    names: dict[int, str] = dict(say.model.config.id2label)  # type: ignore[arg-type]
    place = {name: i for i, name in names.items()}
    found = np.zeros((len(texts), len(place)))
    for row, answer in zip(found, answers, strict=True):
        for entry in answer:
            row[place[entry["label"]]] = entry["score"]
    return found


def write_onnx(folder: Path, path: Path) -> None:
    """The classifier of a folder as a graph from token ids to probabilities, both of any number of texts and tokens.

    Inputs ``input_ids``, ``attention_mask`` and, where the model tells two texts apart, ``token_type_ids``: int64,
    (texts, tokens). Output ``probabilities``: float32, (texts, labels), calibrated.
    """
    import torch

    with quietly():
        model = (
            transformers()
            .AutoModelForSequenceClassification.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, attn_implementation="eager"
            )
            .eval()
        )
    names = ["input_ids", "attention_mask"]
    if "token_type_ids" in load_tokenizer(str(folder)).model_input_names:
        names.append("token_type_ids")

    class Probabilities(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            logits = self.model(**dict(zip(names, given, strict=True))).logits
            several = model.config.problem_type == SeveralLabels.problem_type
            return logits.sigmoid() if several else logits.softmax(-1)

    example = torch.ones(2, 8, dtype=torch.int64)
    given: list[Any] = [example, example, torch.zeros_like(example)][: len(names)]
    axes = {name: {0: "texts", 1: "tokens"} for name in names} | {"probabilities": {0: "texts"}}
    with warnings.catch_warnings(), torch.inference_mode():
        # tracing warns of branches that an encoder always takes the same way; the graph is compared afterwards
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Probabilities().eval(),
            tuple(given),
            str(path),
            input_names=names,
            output_names=["probabilities"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
