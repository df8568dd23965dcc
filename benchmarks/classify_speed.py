"""Classifying beside `transformers.pipeline` and ONNX Runtime: speed, agreement, and the time of one text.

    pip install onnx onnxruntime    # for the int8 peer; without them it is left out
    python benchmarks/classify_speed.py RUN_OR_MODEL ../shared/data/sst2/train.csv --json classify.json

RUN_OR_MODEL is a run's id or the folder of a BERT classifier. All peers run in one process, in turns, each from texts
to probabilities; medians are printed. The pipelines get a sample of the rows, because they are slow and their speed
does not depend on how many rows there are. ONNX Runtime's dynamic int8 gets batches of like lengths too, and the
same tokenizer. Agreement is with ours in fp32. The share of the peak counts real tokens of distinct texts.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Peak, machine, say, table, training_flops, write_json

from bertdemo.core import models
from bertdemo.core.batching import length_groups
from bertdemo.core.classify import Classifier, chunked
from bertdemo.core.device import best_device, cores, native_precision
from bertdemo.core.forward import padded
from bertdemo.core.tasks import softmax
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import read_table
from bertdemo.runs.run import Run

Classify = Callable[[Sequence[str]], Any]
"""Texts -> an array of probabilities (texts, labels), or a pipeline's list of labels and scores."""


def model_folder(named: str) -> Path:
    return Path(named) if Path(named).is_dir() else Run.open(named).model_folder("bert")


def texts_of(file: Path, rows: int) -> list[str]:
    """At most so many texts of the file, drawn at random."""
    read = read_table(file)
    column = "text" if "text" in read.columns else guess_roles(read).roles.text[0]
    texts = [text for text in read.column(column) if text]
    return [texts[i] for i in np.random.default_rng(0).permutation(len(texts))[:rows]]


def pipelines(folder: Path) -> dict[str, Classify]:
    from transformers import pipeline

    with models.quietly():
        plain = pipeline("text-classification", model=str(folder), device=best_device())
    return {
        "pipeline, as it comes": lambda texts: plain(list(texts), truncation=True),
        "pipeline, batch_size=32": lambda texts: plain(list(texts), truncation=True, batch_size=32),
    }


def onnx_int8(folder: Path, max_length: int, aside: Path) -> Classify | None:
    """ONNX Runtime with dynamic int8 on the CPU, None where it is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
        say("onnx and onnxruntime are not both installed: that peer is left out")
        return None
    from onnxruntime import InferenceSession, SessionOptions
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModelForSequenceClassification

    with models.quietly():
        model = AutoModelForSequenceClassification.from_pretrained(
            folder, attn_implementation="eager", dtype=torch.float32
        ).eval()
    example = torch.ones(2, 8, dtype=torch.int64)
    names = ["input_ids", "attention_mask"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of branches that a BERT always takes the same way
        torch.onnx.export(
            model,
            (example, example),
            str(aside / "fp32.onnx"),
            input_names=names,
            output_names=["logits"],
            dynamic_axes={**{name: {0: "texts", 1: "tokens"} for name in names}, "logits": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
    # by channel: with one scale for a whole weight most labels of the model tried came out wrong
    quantize_dynamic(str(aside / "fp32.onnx"), str(aside / "int8.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    options = SessionOptions()
    options.intra_op_num_threads = cores()
    options.log_severity_level = 3
    session = InferenceSession(str(aside / "int8.onnx"), options, providers=["CPUExecutionProvider"])
    tokenizer = models.load_tokenizer(str(folder))

    def classify(ids: list[np.ndarray], _: Any) -> np.ndarray:
        lengths = np.array([len(i) for i in ids])
        logits = np.zeros((len(ids), model.config.num_labels), np.float32)
        for rows in length_groups(lengths, np.argsort(lengths, kind="stable"), 64, max_tokens=8192):
            inputs = padded([ids[i] for i in rows], torch.device("cpu"))
            tokens, mask = inputs["input_ids"].numpy(), inputs["attention_mask"]
            given = np.ones_like(tokens) if mask is None else mask.numpy()
            logits[rows] = session.run(None, {"input_ids": tokens, "attention_mask": given})[0]
        return softmax(logits.astype(np.float64))

    def read(chunk: Sequence[str]) -> list[np.ndarray]:
        return models.encode(tokenizer, chunk, max_length)

    return lambda texts: chunked(texts, model.config.num_labels, read, classify)


def agreement(found: Any, reference: np.ndarray, labels: Sequence[str]) -> tuple[float, float]:
    """Share of rows with the label of `reference`, and the largest difference of a probability."""
    if isinstance(found, np.ndarray):
        same = found.argmax(1) == reference[: len(found)].argmax(1)
        return float(same.mean()), float(np.abs(found - reference[: len(found)]).max())
    said = np.array([labels.index(entry["label"]) for entry in found])
    scores = np.array([entry["score"] for entry in found])
    rows = np.arange(len(found))
    return float((said == reference[rows].argmax(1)).mean()), float(np.abs(scores - reference[rows, said]).max())


def latency(classify: Classify, texts: Sequence[str]) -> list[float]:
    """Milliseconds of each text by itself, once warm."""
    found, warm = [], texts[:5]
    for text in (*warm, *texts):
        begin = time.perf_counter()
        classify([text])
        found.append(1000 * (time.perf_counter() - begin))
    return found[len(warm) :]


def measure(folder: Path, texts: list[str], options: argparse.Namespace, aside: Path) -> dict[str, Any]:
    auto, exact = (Classifier.load(folder, precision) for precision in ("auto", "fp32"))
    device = best_device()
    backend: Any = auto.backend
    computed = backend.precision
    mine = f"bertdemo, as it comes ({computed})"
    peers: dict[str, Classify] = {**pipelines(folder), mine: auto.probabilities}
    if computed != "fp32":
        peers["bertdemo, fp32"] = exact.probabilities
    if (int8 := onnx_int8(folder, backend.max_length, aside)) is not None:
        peers["ONNX Runtime, dynamic int8"] = int8
    share = {"pipeline, as it comes": 10, "pipeline, batch_size=32": 4}
    given = {name: texts[: max(1, len(texts) // share.get(name, 1))] for name in peers}
    reference = exact.probabilities(texts)
    peak = Peak(device, native_precision(device))
    config = backend.model.config
    flops = {name: _flops(auto, each, config) for name, each in given.items()}

    seconds: dict[str, list[float]] = {name: [] for name in peers}
    shares: dict[str, list[float]] = {name: [] for name in peers}
    said: dict[str, Any] = {}
    for classify in peers.values():
        classify(texts[:64])
    for turn in range(options.repeats):
        peak.measure()
        for name, classify in peers.items():
            begin = time.perf_counter()
            said[name] = classify(given[name])
            seconds[name].append(time.perf_counter() - begin)
            say(f"  turn {turn}, {name}: {len(given[name]) / seconds[name][-1]:.0f} rows/s")
    for name, times in seconds.items():
        shares[name] = [flops[name] / each / peak.flops for each in times]
    waits: dict[str, list[float]] = {name: [] for name in peers}
    for begin in range(0, options.single, 20):  # in turns as well
        for name, classify in peers.items():
            waits[name] += latency(classify, texts[begin : min(begin + 20, options.single)])
    found = {}
    for name in peers:
        same, largest = agreement(said[name], reference, list(auto.labels))
        found[name] = {
            "rows": len(given[name]),
            "rows_per_second": statistics.median(len(given[name]) / each for each in seconds[name]),
            "share_of_peak": statistics.median(shares[name]),
            "same_label": same,
            "largest_difference": largest,
            "milliseconds": statistics.median(waits[name]),
            "milliseconds_95": float(np.percentile(waits[name], 95)),
        }
    return {"ours": mine, "rows": len(texts), "peak_tflops": peak.flops / 1e12, "peers": found}


def _flops(classifier: Classifier, texts: Sequence[str], config: Any) -> float:
    """Operations of the forward passes: a third of what learning takes."""
    backend: Any = classifier.backend
    ids = models.encode(backend.tokenizer, list(dict.fromkeys(texts)), backend.max_length)
    return training_flops(config, np.array([len(i) for i in ids])) / 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="RUN_OR_MODEL")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--rows", type=int, default=5000, help="rows drawn from the file")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--single", type=int, default=100, help="texts timed one at a time")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(cores())
    with tempfile.TemporaryDirectory() as aside:
        texts = texts_of(options.file, options.rows)
        found = measure(model_folder(options.model), texts, options, Path(aside))
    ours = found["peers"][found["ours"]]["rows_per_second"]
    rows = []
    for name, p in found["peers"].items():
        cells = [name, f"{p['rows_per_second']:.0f}", f"{ours / p['rows_per_second']:.2f} x"]
        cells += [f"{p['share_of_peak']:.1%}", f"{p['same_label']:.2%}", f"{p['largest_difference']:.4f}"]
        rows.append([*cells, f"{p['milliseconds']:.1f}", f"{p['milliseconds_95']:.1f}"])
    head = ["classifying", "rows/s", "ours is", "share of peak", "label as in fp32", "largest difference"]
    print(f"{found['rows']} rows; measured matrix peak {found['peak_tflops']:.2f} TFLOP/s\n")
    print(table([*head, "one text, ms", "95 of 100 below"], rows))
    write_json(options.json, {"machine": machine(), **found})


if __name__ == "__main__":
    main()
