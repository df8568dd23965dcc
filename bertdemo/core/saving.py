"""Writing the three kinds of classifiers into a run's ``models`` folder, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from bertdemo.core.about import about_model
from bertdemo.core.linear import LINEAR, Linear, TfidfClassifier
from bertdemo.core.models import is_folder, load_encoder, load_tokenizer, public_name
from bertdemo.core.tasks import Use
from bertdemo.runs.files import folder_aside, write_json

ENCODER = "encoder"
"""The folder of an encoder within the folder of a classifier that brings it along."""


def save_tfidf(folder: Path, classifier: TfidfClassifier, label_names: Sequence[str], use: Use) -> None:
    """Write a TF-IDF classifier as the model folder `folder`, in the place of what was there."""
    with folder_aside(folder) as aside:
        classifier.save(aside, label_names, use)


def save_instant(folder: Path, linear: Linear, label_names: Sequence[str], about: dict[str, Any], use: Use) -> None:
    """`about` has the ``base`` that it reads with, the ``layers`` whose means it reads, and up to which length."""
    with folder_aside(folder) as aside:
        save_file({"weight": linear.weight, "bias": linear.bias}, aside / LINEAR)
        fields = {"kind": "instant", "labels": list(label_names), **about, **use.to_json()}
        write_json(aside / "bertdemo.json", fields)


def leans_on_a_folder(folder: Path) -> bool:
    """Whether it holds an instant classifier whose encoder is another folder of this machine."""
    about = about_model(folder)
    return about["kind"] == "instant" and is_folder(about["base"])


def copy_with_encoder(folder: Path, target: Path) -> None:
    """Copy an instant classifier, and beside it the encoder that it reads with: another machine hasn't got it."""
    about = about_model(folder)
    load_encoder(about["base"]).save_pretrained(target / ENCODER)
    load_tokenizer(about["base"]).save_pretrained(target / ENCODER)
    shutil.copyfile(folder / LINEAR, target / LINEAR)
    write_json(target / "bertdemo.json", about | {"base": ENCODER})


def save_bert(folder: Path, model: Any, tokenizer: Any, choices: dict[str, Any], use: Use) -> None:
    """A plain transformers folder, and bertdemo.json beside it."""
    tokenizer.model_max_length = choices["max_length"]
    # a call with truncation leaves it switched on in the tokenizer that is saved
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    with folder_aside(folder) as aside:
        model.save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        fields = {
            "kind": "bert",
            "base": public_name(choices["base"]),
            "max_length": choices["max_length"],
            "precision": choices["precision"],
            "long_texts": "head",
            **use.to_json(),
        }
        write_json(aside / "bertdemo.json", fields)
