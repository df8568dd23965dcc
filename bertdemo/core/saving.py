"""Writing the three kinds of classifiers into a run's ``models`` folder, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from bertdemo.core.linear import Linear, TfidfClassifier
from bertdemo.core.tasks import Use
from bertdemo.runs.files import folder_aside, write_json


def save_tfidf(folder: Path, classifier: TfidfClassifier, label_names: Sequence[str], use: Use) -> None:
    with folder_aside(folder) as aside:
        classifier.save(aside, label_names, use)


def save_instant(
    folder: Path,
    linear: Linear,
    label_names: Sequence[str],
    base: str,
    layers: Sequence[int],
    max_length: int,
    use: Use,
) -> None:
    """`layers` are those whose means the linear model reads."""
    with folder_aside(folder) as aside:
        save_file({"weight": linear.weight, "bias": linear.bias}, aside / "linear.safetensors")
        fields: dict[str, Any] = {"kind": "instant", "labels": list(label_names), "base": base, "layers": list(layers)}
        fields |= {"max_length": max_length, **use.to_json()}
        write_json(aside / "bertdemo.json", fields)


def save_bert(folder: Path, model: Any, tokenizer: Any, choices: dict[str, Any], temperature: float, use: Use) -> None:
    """A plain transformers folder, and bertdemo.json beside it. The temperature is in the weights already."""
    tokenizer.model_max_length = choices["max_length"]
    # a call with truncation leaves it switched on in the tokenizer that is saved
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    with folder_aside(folder) as aside:
        model.save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        fields = {
            "kind": "bert",
            "base": choices["base"],
            "max_length": choices["max_length"],
            "precision": choices["precision"],
            "temperature": temperature,
            "long_texts": "head",
            **use.to_json(),
        }
        write_json(aside / "bertdemo.json", fields)
