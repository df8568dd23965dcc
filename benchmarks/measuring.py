"""What the benchmarks share: clocks, the machine's peak, peers in turns, medians, tables."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bertdemo.core import recipe
from bertdemo.core.device import best_device, cores, native_precision


@dataclass
class Window:
    """A short timed piece of a training: rows learnt, their lengths in tokens, and the seconds it took."""

    lengths: np.ndarray
    seconds: float
    megabytes: float = 0.0

    @property
    def rows_per_second(self) -> float:
        return len(self.lengths) / self.seconds

    @property
    def tokens_per_second(self) -> float:
        return float(self.lengths.sum()) / self.seconds


@dataclass
class Stopwatch:
    seconds: float = 0.0
    megabytes: float = 0.0
    """On a GPU: the most memory taken beyond what lay there before."""
    began: float = 0.0

    def begin_anew(self) -> None:
        """Time from here on."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.began = time.perf_counter()

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """What is done within this block is not timed."""
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        halt = time.perf_counter()
        yield
        self.began += time.perf_counter() - halt


@contextlib.contextmanager
def stopwatch(device: torch.device) -> Iterator[Stopwatch]:
    """Times its block, the device's work included."""
    watch, gpu = Stopwatch(), device.type == "cuda"
    if gpu:
        gc.collect()  # what an earlier block left is not this one's
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
    watch.began = time.perf_counter()
    yield watch
    if gpu:
        torch.cuda.synchronize()
        watch.megabytes = (torch.cuda.max_memory_allocated() - before) / 2**20
    watch.seconds = time.perf_counter() - watch.began


@dataclass
class Peak:
    """The machine's matrix-multiply peak, measured between the peers: operations per second."""

    device: torch.device
    precision: str
    measured: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """The best of eight big products."""
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self.precision, torch.float32)
        size = 8192 if self.device.type == "cuda" else 2048
        a, b = (torch.randn(size, size, device=self.device, dtype=dtype) for _ in range(2))
        best = math.inf
        for _ in range(8):
            with stopwatch(self.device) as watch:
                a @ b
            best = min(best, watch.seconds)
        self.measured.append(2 * size**3 / best)

    @property
    def flops(self) -> float:
        return statistics.median(self.measured)


def in_turns(
    peers: Sequence[Any], steps: int, repeats: int, between: Callable[[], None] = lambda: None
) -> dict[str, list[Window]]:
    """A short window of each peer, in turns, `repeats` times; one more round before them warms up."""
    found: dict[str, list[Window]] = {peer.name: [] for peer in peers}
    warm_up(peers, steps)
    for turn in range(1, repeats + 1):
        between()
        a_turn(peers, steps, turn, found)
    return found


def warm_up(peers: Sequence[Any], steps: int) -> None:
    for peer in peers:
        peer.window(max(2, steps // 8), np.random.default_rng(0))


def a_turn(peers: Sequence[Any], steps: int, turn: int, found: dict[str, list[Window]]) -> None:
    """A window of each peer, which is added to what was `found`."""
    for peer in peers:
        window = peer.window(steps, np.random.default_rng(turn))
        found[peer.name].append(window)
        say(f"  {peer.name}: {window.rows_per_second:.1f} rows/s in {window.seconds:.1f} s")


def training_flops(config: Any, lengths: np.ndarray) -> float:
    """Operations that learning texts of these lengths takes: 6 for each weight of the encoder and token, and attention.

    Embeddings, the head, norms and the optimiser are not counted; padding is not either.
    """
    weights, layers, hidden = recipe.encoder_weights(config), config.num_hidden_layers, config.hidden_size
    lengths = lengths.astype(np.float64)
    return float(6 * weights * lengths.sum() + 12 * layers * hidden * (lengths**2).sum())


def summary(windows: Sequence[Window], config: Any, peak: Peak) -> dict[str, float]:
    """Medians over the windows of a peer."""
    shares = [training_flops(config, w.lengths) / w.seconds / peak.flops for w in windows]
    return {
        "rows_per_second": statistics.median(w.rows_per_second for w in windows),
        "slowest": min(w.rows_per_second for w in windows),
        "fastest": max(w.rows_per_second for w in windows),
        "tokens_per_second": statistics.median(w.tokens_per_second for w in windows),
        "share_of_peak": statistics.median(shares),
        "mean_tokens": float(np.concatenate([w.lengths for w in windows]).mean()),
        "gpu_megabytes": max(w.megabytes for w in windows),
    }


def machine(device: torch.device | None = None) -> dict[str, Any]:
    """What the figures depend on."""
    import platform
    from datetime import date
    from importlib.metadata import version

    device = device or best_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor() or platform.processor()
    return {
        "date": date.today().isoformat(),
        "device": name,
        "cores": cores(),
        "precision": native_precision(device),
        "torch": torch.__version__,
        "transformers": version("transformers"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def write_json(path: Path | None, found: Any) -> None:
    if path is not None:
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def say(line: str) -> None:
    """Progress goes to standard error, tables to standard output."""
    print(line, file=sys.stderr, flush=True)
