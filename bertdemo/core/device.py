"""What the machine can do: found by asking and by measuring, kept for whoever may not import torch."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import memory
from bertdemo.core.library import transformers
from bertdemo.runs.files import read_json, write_json
from bertdemo.runs.run import home
from bertdemo.text import DEFAULT_LANGUAGE, say

if TYPE_CHECKING:
    import torch

_CLEARLY_LESS = 0.6
"""Share of the seconds from which on fewer threads are worth it: a passing disturbance shall not decide on hours."""
_ENOUGH_ROWS = 32
"""Rows by which a CPU shows what it is fast at."""


def describe() -> dict[str, Any]:
    """Ask torch, measure for about two seconds, and keep the answer in ``<home>/device.json``.

    Returns:
        ``kind`` (cuda, mps or cpu), ``name``, ``memory_gb`` (0 for a CPU), ``cores``, ``precision``
        (the reduced precision that the hardware computes natively, else fp32) and
        ``tokens_per_second`` (forward and backward of the bundled model on exact-length batches).
    """
    facts = _asked()
    facts["tokens_per_second"] = round(_measure(best_device(), facts["precision"]))
    home().mkdir(parents=True, exist_ok=True)
    write_json(home() / "device.json", facts)
    return facts


def describe_anew() -> None:
    """`describe`, where what is `known` is of another machine: a Space keeps its storage and changes its hardware."""
    before = known() or {}
    if any(before.get(field) != fact for field, fact in _asked().items()):
        describe()


def _asked() -> dict[str, Any]:
    """What `describe` finds without measuring."""
    import torch

    device = best_device()
    facts: dict[str, Any] = {"kind": device.type, "name": "CPU", "memory_gb": 0, "cores": cores()}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        facts |= {"name": properties.name, "memory_gb": round(properties.total_memory / 2**30)}
    elif device.type == "mps":
        facts["name"] = "Apple GPU"
    return facts | {"precision": native_precision(device)}


def warm_up() -> None:
    """Load the libraries that every training and every classifier needs; seconds, the first time."""
    import sklearn.linear_model  # noqa: F401

    transformers().BertModel  # noqa: B018 - what it is asked for it loads


def known() -> dict[str, Any] | None:
    """What `describe` last found on this machine; needs no torch."""
    path = home() / "device.json"
    return read_json(path) if path.exists() else None


def label(facts: dict[str, Any] | None, lang: str = DEFAULT_LANGUAGE) -> str:
    """``"NVIDIA T4, 15 GB"`` or ``"CPU, 2 cores, bf16"``."""
    if facts is None:
        return f"CPU, {say('device.cores', lang, n=cores())}"
    if facts["kind"] == "cpu":
        return f"CPU, {say('device.cores', lang, n=facts['cores'])}, {facts['precision']}"
    return f"{facts['name']}, {facts['memory_gb']} GB" if facts["memory_gb"] else str(facts["name"])


def cores() -> int:
    """Processors that this process may use; ``OMP_NUM_THREADS`` is heeded."""
    if (asked := os.environ.get("OMP_NUM_THREADS", "")).isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_counts() -> list[int]:
    """Numbers of threads that may be the best, the most first."""
    return sorted({cores(), max(1, cores() // 2), 1}, reverse=True)


def fastest_threads() -> int:
    """As many threads as cores, or fewer where a few products show that something else keeps the cores busy.

    Threads wait for each other after every product: where one of them has to share its core, all are as slow as it
    is, and several times slower than one thread alone. Sets torch to what it finds.
    """
    import torch

    candidates = thread_counts()
    seconds: dict[int, list[float]] = {threads: [] for threads in candidates}
    states, weights = torch.ones(256, 384), torch.ones(384, 384)
    for _ in range(5 if len(candidates) > 1 else 0):
        for threads, times in seconds.items():
            torch.set_num_threads(threads)
            begin = time.perf_counter()
            for _ in range(40):
                states = torch.nn.functional.layer_norm(states @ weights, (384,))
            times.append(time.perf_counter() - begin)
    best = candidates[0]
    for threads in candidates[1:]:
        if np.median(seconds[threads]) < _CLEARLY_LESS * np.median(seconds[best]):
            best = threads
    torch.set_num_threads(best)
    return best


def best_device() -> torch.device:
    """cuda before mps before cpu; a GPU that torch counts and can't compute on is none."""
    import torch

    if torch.cuda.is_available() and _cuda_computes():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@cache
def _cuda_computes() -> bool:
    """Whether a first operation comes back: torch's packages have no code for GPUs that are too old for them."""
    import torch

    try:
        return bool(torch.ones(1, device="cuda").add(1).item() == 2)
    except RuntimeError:
        return False


def moved(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """`array` on `device`; a GPU gets it by way of pinned memory, so that nobody waits for what it is still doing."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def native_precision(device: torch.device) -> str:
    """``bf16`` from Ampere on and on CPUs with AMX or avx512_bf16, ``fp16`` on older GPUs, else ``fp32``."""
    import torch

    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp16"
    if device.type == "cpu" and _cpu_has_bf16():
        return "bf16"
    return "fp32"


def _cpu_has_bf16() -> bool:
    import torch

    # private names, but the only way torch tells; where they go, fp32 is always right
    asked = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in asked)


def fastest_precision(base: str, ids: Sequence[np.ndarray], batch: int, most_tokens: int) -> str:
    """The reduced precision of the hardware where a few real steps show it to be faster, else fp32.

    One in which they don't fit into memory is not the faster one: training itself makes do with smaller passes. Nor is
    one in which an architecture can't be computed at all, as some mix numbers of two kinds.

    Args:
        ids: tokens of some texts.
        batch: rows of a step.
        most_tokens: as many go through the model at once at most.
    """
    from bertdemo.core.dropout import use_pooled_dropout
    from bertdemo.core.forward import training_logits
    from bertdemo.core.models import load_for_classes
    from bertdemo.core.packed_bert import joined

    device = best_device()
    reduced = native_precision(device)
    if reduced == "fp32":
        return "fp32"
    model = load_for_classes(base, ["0", "1"], seed=0, device=device)
    use_pooled_dropout(model)
    model.train()
    longest = max(len(i) for i in ids)
    rows = min(batch, _ENOUGH_ROWS) if device.type == "cpu" else batch  # fewer leave a GPU idle
    texts = [ids[i % len(ids)] for i in range(max(1, min(rows, most_tokens // longest)))]
    seconds: dict[str, list[float]] = {reduced: [], "fp32": []}
    copies: dict[str, dict[tuple[torch.Tensor, ...], torch.Tensor]] = {reduced: {}, "fp32": {}}

    def weight(precision: str, *parameters: torch.Tensor) -> torch.Tensor:
        """As a training has it (`Learner`): in that precision once, and not anew for every product."""
        if parameters not in copies[precision]:
            copies[precision][parameters] = joined(*parameters).detach().to(dtype_of(precision)).requires_grad_()
        return copies[precision][parameters]

    def step(precision: str) -> float | None:
        begin = time.perf_counter()
        try:
            loss = training_logits(model, texts, precision, partial(weight, precision)).square().mean()
            loss.backward()
            float(next(p.grad for p in model.parameters() if p.grad is not None).flatten()[0])
        except (RuntimeError, MemoryError) as error:
            if memory.is_short(error):
                return math.inf
            if precision == "fp32":
                raise
            return None
        finally:
            model.zero_grad()
            for copy in copies[precision].values():
                copy.grad = None
        return time.perf_counter() - begin

    def fastest(precision: str) -> float:
        return min(seconds[precision][1:])  # the first one warms up

    for turn in range(4):
        for precision, times in seconds.items():
            took = step(precision)
            if took is None:
                return "fp32"
            times.append(took)
            if took == math.inf:
                memory.give_back(device)
        if turn >= 2 and min(map(fastest, seconds)) < _CLEARLY_LESS * max(map(fastest, seconds)):
            break
    return min(seconds, key=fastest)


def autocast(device: torch.device, precision: str) -> Any:
    """A context that computes in `precision` where that is reduced."""
    import torch

    reduced = precision != "fp32"
    return torch.autocast(device.type, dtype=dtype_of(precision) if reduced else torch.bfloat16, enabled=reduced)


def dtype_of(precision: str) -> torch.dtype:
    """``"bf16"``, ``"fp16"`` or ``"fp32"`` -> what torch calls it."""
    import torch

    return {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}[precision]


def _measure(device: torch.device, precision: str) -> float:
    """Tokens per second of forward and backward, bundled model, 32 texts of 24 tokens, or more: the best of three."""
    from bertdemo.core.dropout import use_pooled_dropout
    from bertdemo.core.forward import training_logits
    from bertdemo.core.models import BUNDLED, load_for_classes

    model = load_for_classes(BUNDLED, ["0", "1"], seed=0, device=device)
    use_pooled_dropout(model)
    model.train()
    rows = _ENOUGH_ROWS if device.type == "cpu" else 512  # fewer leave a GPU idle
    ids = list(np.random.default_rng(0).integers(1000, 20000, (rows, 24)))
    rates = []
    for _ in range(4):
        begin = time.perf_counter()
        loss = training_logits(model, ids, precision).square().mean()
        loss.backward()
        loss.item()
        model.zero_grad()
        rates.append(rows * 24 / (time.perf_counter() - begin))
    return max(rates)
