"""Training speed on a GPU beside Hugging Face's Trainer, with random weights: nothing is downloaded.

    pip install accelerate
    python benchmarks/gpu.py --json gpu.json
    python benchmarks/gpu.py --device cpu --steps 2 --repeats 1 --shapes minilm    # tries the same code without a GPU

Shapes of bert-base and MiniLM-L6; random token ids with lengths like those of sst2 (23 tokens on average, 5 to 128).
The peers are Trainer as it comes (fp32, random batches padded by the collator), Trainer tuned (bf16, batches by
length, fused AdamW, a larger batch) and ours, with the small and with the larger batch. They run in one process,
a short window each, in turns; medians are printed. The share of the measured bf16 matrix peak counts real tokens
alone; memory is the most that a window takes beyond the weights. Speed does not depend on what the weights are.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Peak, in_turns, machine, say, summary, table, write_json
from peers import HuggingFace, Ours, Task, require_accelerate

from bertdemo.core.device import cores, native_precision

SHAPES: dict[str, dict[str, Any]] = {
    "bert-base": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
    "minilm": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536},
}
CLASSES = 2
VOCABULARY = 30_522
SPECIAL = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}


def lengths_like_sst2(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Tokens of each row: a gamma distribution of sst2's mean (23.3) and standard deviation (10.8)."""
    mean, deviation, least = 23.3, 10.8, 3
    drawn = least + rng.gamma((mean - least) ** 2 / deviation**2, deviation**2 / (mean - least), rows)
    return np.clip(np.rint(drawn), 5, 128).astype(np.int64)


def synthetic_task(shape: str, rows: int, device: torch.device) -> Task:
    """Random texts of about 11,500 different words, as many as sst2 has, for a model with random weights."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    rng = np.random.default_rng(0)
    words = rng.choice(np.arange(1000, VOCABULARY), 11_500, replace=False)
    ids = [rng.choice(words, length) for length in lengths_like_sst2(rows, rng)]
    for text in ids:
        text[0], text[-1] = SPECIAL["[CLS]"], SPECIAL["[SEP]"]
    config = BertConfig(vocab_size=VOCABULARY, **SHAPES[shape])
    config.num_labels = CLASSES

    def fresh(ours: bool) -> Any:
        torch.manual_seed(0)
        own = {"attn_implementation": "eager"} if ours and device.type == "cpu" else {}
        return BertForSequenceClassification._from_config(config, **own).to(device)

    labels = rng.integers(0, CLASSES, rows)
    return Task(shape, ids, labels, BertTokenizer(vocab=SPECIAL), fresh, config, None, device)


def measure(shape: str, device: torch.device, options: argparse.Namespace) -> dict[str, Any]:
    say(shape)
    large = max(options.batch, options.large_batch)
    task = synthetic_task(shape, max(options.rows, (options.steps + 1) * large), device)
    peers: list[tuple[Any, int]] = [(HuggingFace(task, options.batch, tuned=False), options.batch)]
    peers += [(HuggingFace(task, large, tuned=True, workers=options.workers), large)]
    peers += [(Ours(task, batch), batch) for batch in dict.fromkeys((options.batch, large))]
    for peer, batch in peers:
        peer.name = f"{peer.name}, batch {batch}"
    peak = Peak(device, native_precision(device))
    windows = in_turns([peer for peer, _ in peers], options.steps, options.repeats, peak.measure)
    found = {name: summary(each, task.config, peak) for name, each in windows.items()}
    return {"shape": shape, "peak_tflops": peak.flops / 1e12, "peak_precision": peak.precision, "peers": found}


def show(found: dict[str, Any]) -> None:
    peers = found["peers"]
    plain, tuned = (list(peers.values())[i]["rows_per_second"] for i in range(2))
    print(f"\n{found['shape']}: measured {found['peak_precision']} peak {found['peak_tflops']:.2f} TFLOP/s\n")
    head = ["training", "sequences/s", "slowest to fastest", "real tokens/s", "share of peak"]
    head += ["to Trainer as it comes", "to Trainer tuned", "memory, MB"]
    rows = []
    for name, peer in peers.items():
        speed = peer["rows_per_second"]
        cells = [name, f"{speed:.0f}", f"{peer['slowest']:.0f} to {peer['fastest']:.0f}"]
        cells += [f"{peer['tokens_per_second']:.0f}", f"{peer['share_of_peak']:.1%}"]
        cells += [f"{speed / plain:.2f} x", f"{speed / tuned:.2f} x"]
        rows.append([*cells, f"{peer['gpu_megabytes']:.0f}" if peer["gpu_megabytes"] else ""])
    print(table(head, rows), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try the code")
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--batch", type=int, default=32, help="rows of a step: Trainer as it comes, and ours")
    parser.add_argument("--large-batch", type=int, default=256, help="rows of a step: Trainer tuned, and ours")
    parser.add_argument("--steps", type=int, default=100, help="steps of a window")
    parser.add_argument("--repeats", type=int, default=5, help="windows of each peer")
    parser.add_argument("--rows", type=int, default=30_000, help="rows to draw from; more where the windows need them")
    parser.add_argument("--workers", type=int, default=0, help="processes that load data for Trainer tuned")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # of several Trainer would take all
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured. --device cpu --steps 2 tries the code.")
        return
    require_accelerate()
    device = torch.device(options.device)
    torch.set_num_threads(cores())
    found = []
    for shape in options.shapes:
        found.append(measure(shape, device, options))
        show(found[-1])
        write_json(options.json, {"machine": machine(device), "found": found})


if __name__ == "__main__":
    main()
