"""A run's BERT as ONNX, with its tokenizer, its labels and a script that needs no torch."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import runpy
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bertdemo.core.about import about_model
from bertdemo.core.classify import use_of_folder
from bertdemo.core.models import load_tokenizer, stand_in
from bertdemo.core.plain import write_onnx
from bertdemo.data.pair import TextPair
from bertdemo.errors import UserError
from bertdemo.export.script import readme, script
from bertdemo.runs.files import read_json, write_json, write_text

NEEDED = ("onnx", "onnxruntime")
HEADS = ("pooler", "classifier", "/head/")
"""What the names of nodes behind the encoder have in them."""


def check_installed() -> None:
    """Raises ``export_needs``: ONNX is an extra."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise UserError("export_needs", packages=" ".join(missing))


def write(
    model: Path, recipe: str, folder: Path, on_phase: Callable[[str, float], None], columns: Sequence[str] = ()
) -> None:
    """Write model.onnx, tokenizer.json, labels.json and classify.py of a BERT folder into `folder`.

    `recipe` is ``fp32``, or for 8 bits ``dynamic`` (weights and what they are multiplied with) or ``weights``; texts
    are joined from `columns`.
    """
    on_phase("exporting", 0.0)
    write_onnx(model, folder / "model.onnx")
    if recipe != "fp32":
        on_phase("quantizing", 0.2)
        (_quantize if recipe == "dynamic" else _quantize_weights)(folder / "model.onnx")
    about = labels_of(model)
    write_json(folder / "labels.json", about)
    written = script(several=about["thresholds"] is not None, pair=about["pair"], columns=columns)
    write_text(folder / "classify.py", written)
    shutil.copy2(model / "tokenizer.json", folder)


def write_readme(folder: Path, recipe: str, agreement: str, columns: Sequence[str], *, card: bool) -> None:
    """README.md: how to run it, and how well it agrees; `card` says whether a model card will lie beside it."""
    about = read_json(folder / "labels.json")
    write_text(folder / "README.md", readme(about, recipe, agreement, columns, card=card))


def labels_of(model: Path) -> dict[str, Any]:
    """What a user of the graph must know: labels, longest text in tokens, thresholds of several labels, pairs.

    ``stand_in`` is the token of a text of which the tokenizer makes none.
    """
    tokenizer = load_tokenizer(str(model))
    config, about, use = read_json(model / "config.json"), about_model(model), use_of_folder(model)
    names = config["id2label"]
    return {
        "labels": [names[str(i)] for i in range(len(names))],
        "max_length": about["max_length"],
        "stand_in": tokenizer.convert_ids_to_tokens(stand_in(tokenizer)),
        "pair": use.pair,
        "thresholds": list(use.decision.thresholds) if use.decision else None,
        "at_least_one": bool(use.decision and use.decision.at_least_one),
    }


def by_script(folder: Path, texts: Sequence[str]) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Probabilities (texts, labels) and labels of each text, by the folder's own classify.py."""
    classify = runpy.run_path(str(folder / "classify.py"))["classify"]
    found, said = [], []
    for text in texts:
        answer = classify(text.first, text.second) if isinstance(text, TextPair) else classify(text)
        found.append(list(answer["probabilities"].values()))
        said.append(tuple(answer["labels"]) if "labels" in answer else (answer["label"],))
    return np.array(found), said


def _quantize(path: Path) -> None:
    """Dynamic int8 in place, for the encoder's matrix products only.

    One scale for each column of a weight; 7 bits for weights, because processors without VNNI add two products of 8
    bits in 16, which overflow. Embeddings, pooler and classifier stay as they are: a trifle of the work.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    nodes = onnx.load(str(path)).graph.node
    head = [n.name for n in nodes if any(part in n.name for part in HEADS)]
    aside = path.with_name("quantized.onnx")
    with _quiet():
        quantize_dynamic(
            str(path),
            str(aside),
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=head,
            extra_options={"MatMulConstBOnly": True},
        )
    aside.replace(path)


def _quantize_weights(path: Path) -> None:
    """8-bit weights in place, one scale for each 16 of them; what they are multiplied with stays in 32 bits.

    Smaller and not faster: for models whose activations do not fit into 8 bits.
    """
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    with _quiet():
        quantizer = MatMulNBitsQuantizer(
            onnx.load(str(path)), bits=8, block_size=16, is_symmetric=True, accuracy_level=1
        )
        quantizer.process()
    quantizer.model.save_model_to_file(str(path))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the log lines of the quantisers, one a node."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
