"""Memory: how much is free, how much a training takes, and what running out of it looks like."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import torch

GIGABYTE = 2**30
NUMBER = 4  # bytes of a number: weights, gradients and moments are fp32
_SAMPLING_SECONDS = 0.004


def is_short(error: BaseException) -> bool:
    """Whether `error` says that memory could not be had."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    words = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")  # the last: cuBLAS, cuDNN
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def give_back(device: torch.device) -> None:
    """After a failed pass: let go of what it held."""
    import torch

    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def free_bytes(device: torch.device) -> int:
    """What can still be taken: of the GPU's memory, else of the machine's or of the container's."""
    import psutil
    import torch

    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + unused
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return min(int(psutil.virtual_memory().available), _left_in_container())


def _left_in_container(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """What a control group still allows; very much where there is none.

    Files that were read or written count as used there, but make way as soon as memory is asked for.
    """
    for folder, limit, used, prefix in (
        (groups, "memory.max", "memory.current", ""),
        (groups / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    ):
        try:
            most = (folder / limit).read_text(encoding="ascii").strip()
            taken = (folder / used).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if most.isdigit() and taken.isdigit():
            stat = folder / "memory.stat"
            lines = stat.read_text(encoding="ascii").splitlines() if stat.exists() else []
            facts = {name: int(count) for name, count in map(str.split, lines)}
            of_files = facts.get(f"{prefix}active_file", 0) + facts.get(f"{prefix}inactive_file", 0)
            return max(0, int(most) - max(0, int(taken) - of_files))
    return 2**62


def standing_bytes(weights: int, device_kind: str) -> int:
    """What a training of so many weights holds all the time.

    Weights, their mean, the two moments of AdamW, and gradients as passes find them and as the optimiser has them; in
    the machine's own memory also the best weights so far and what a checkpoint is written from.
    """
    return weights * NUMBER * (8 if device_kind == "cpu" else 6)


def pass_bytes(config: Any, tokens: int, longest: int) -> int:
    """What one forward and backward pass takes at most beside that, from a transformers config.

    Activations of a transformer layer in 16 bits are tokens x hidden x (34 + 5 x heads x longest / hidden) bytes
    (Korthikanti et al. 2022, section 4.1); here most of them are kept in 32 bits.
    """
    hidden, heads = int(getattr(config, "hidden_size", 768)), int(getattr(config, "num_attention_heads", 12))
    layers = int(getattr(config, "num_hidden_layers", 12))
    return 2 * tokens * layers * (34 * hidden + 5 * heads * longest)


class Peak:
    """The most memory taken within its block beyond what was taken before: `bytes`, once the block is left.

    On a GPU torch counts; elsewhere the size of the process is looked at every few milliseconds.
    """

    bytes = 0

    def __init__(self, device: torch.device) -> None:
        self._device, self._over = device, threading.Event()

    def __enter__(self) -> Self:
        import psutil
        import torch

        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            self._before = torch.cuda.memory_allocated(self._device)
        else:
            self._process = psutil.Process()
            self._before = self._most = int(self._process.memory_info().rss)
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        import torch

        if self._device.type == "cuda":
            self._most = int(torch.cuda.max_memory_allocated(self._device))
        else:
            self._over.set()
            self._thread.join()
        self.bytes = max(0, self._most - self._before)

    def _watch(self) -> None:
        while not self._over.is_set():
            self._most = max(self._most, int(self._process.memory_info().rss))
            time.sleep(_SAMPLING_SECONDS)
