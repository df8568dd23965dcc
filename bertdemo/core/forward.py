"""Token ids -> what a model takes, and a model -> logits of many texts."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import memory
from bertdemo.core.batching import SLACK, half_a_pass, length_groups
from bertdemo.core.device import autocast, moved
from bertdemo.core.fast_bert import FastBert
from bertdemo.core.packed_bert import Weight, can_pack, joined, packed_logits
from bertdemo.core.tokens import ids_of, types_of

if TYPE_CHECKING:
    import torch

MOST_ABREAST = 8
"""Groups that are read beside each other at most: more would wait for Python's lock."""
MET_BEFORE = 256
"""Tokens of a group up to which its texts are padded to a `STEP`: the weights take longer to read than it."""
STEP = 16
"""Up to so many tokens of padding take no longer than none."""
SPARE = 64
"""Tokens of padding that take no longer than another pass: even one short text has all weights read."""


READ_PADDING = ("convbert", "fnet", "mobilebert", "nystromformer")
"""Types of models that mix tokens without a mask: padding beside a text would change what they say of it."""


def padded(ids: Sequence[np.ndarray], device: torch.device, at_least: int = 0) -> dict[str, Any]:
    """``input_ids`` (rows, longest), ``attention_mask`` (None where nothing is padded), of pairs ``token_type_ids``.

    Padding is id 0 behind a mask of 0, to the right of the text: no encoder reads it but those of `READ_PADDING`, whose
    texts go together where they have one length. The longest row has `at_least`
    so many tokens, padding included.
    """
    longest = max(at_least, *(len(i) for i in ids))
    block = np.zeros((len(ids), longest), dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for row, i in enumerate(ids):
        block[row, : len(i)] = i
        mask[row, : len(i)] = 1
    inputs: dict[str, Any] = {"input_ids": moved(ids_of(block), device)}
    inputs["attention_mask"] = None if mask.all() else moved(mask, device)
    if (types := types_of(block)).any():
        inputs["token_type_ids"] = moved(types, device)
    return inputs


def for_fast(ids: Sequence[np.ndarray], fast: FastBert, device: torch.device) -> dict[str, Any]:
    """`padded` for a `FastBert`; where it is less precise, a few short texts are padded to lengths that it has met.

    oneDNN, which computes in reduced precision on a CPU, takes 20 milliseconds for the first texts of a size.
    """
    longest, small = max(len(i) for i in ids), sum(map(len, ids)) <= MET_BEFORE
    if small and device.type == "cpu" and fast.words.element_size() < 4:
        return padded(ids, device, min(-(-longest // STEP) * STEP, len(fast.places)))
    return padded(ids, device)


def training_logits(model: Any, ids: Sequence[np.ndarray], precision: str, weight: Weight = joined) -> torch.Tensor:
    """Logits with gradients, float32 (texts, classes): packed where the architecture is known, else padded.

    `weight` makes of the parameters of packed layers what they compute with.
    """
    if can_pack(model):
        return packed_logits(model, ids, precision, weight)
    with autocast(model.device, precision):
        logits: torch.Tensor = model(**padded(ids, model.device)).logits
    return logits.float()


def padding_of(model: Any) -> float | None:
    """How much of a training's pass may be padding, see `batching.passes`; None where passes are packed.

    Many small passes keep a CPU as busy as a large one; a GPU they leave idle, so that it takes any padding.
    """
    if can_pack(model):
        return None
    if model.config.model_type in READ_PADDING:
        return 0.0
    return 0.12 if model.device.type == "cpu" else 1.0


def group_size(device: torch.device) -> tuple[int, int]:
    """Most texts, and tokens, that are read together: what a CPU's caches hold, what keeps a GPU busy."""
    return (32, 8192) if device.type == "cpu" else (512, 32_768)


def in_groups(
    ids: Sequence[np.ndarray],
    model: Any,
    read: Callable[[np.ndarray], None],
    on_progress: Callable[[int], None] | None = None,
) -> None:
    """`group_by_group` to its end; `on_progress` is told how many rows are done, in the caller's thread."""
    with contextlib.closing(group_by_group(ids, model, read)) as groups:
        for done in groups:
            if on_progress:
                on_progress(done)


def group_by_group(
    ids: Sequence[np.ndarray], model: Any, read: Callable[[np.ndarray], None]
) -> Generator[int, None, None]:
    """Call `read` with groups of rows of like lengths, until each row of `ids` was in one; `model` is what reads them.

    A group that does not fit into memory is read in halves (`_WithinMemory`).

    On a CPU as many groups are read beside each other as torch has threads, each on one of them: threads that share a
    group wait for each other after every product, and two cores then do hardly more than one. `read` may keep what it
    finds for its rows where nothing else writes, and has to enter torch's contexts itself. Who leaves off
    between two groups waits for those at hand alone.

    Yields:
        How many rows are done, after each group.

    Raises:
        UserError: ``memory_ran_out``: not even one row fits.
    """
    import torch

    lengths, device = np.array([len(i) for i in ids], dtype=np.int64), model.device
    order = np.argsort(lengths, kind="stable")
    slack, spare = (0.0, 0) if model.config.model_type in READ_PADDING else (SLACK, SPARE)
    groups = list(length_groups(lengths, order, *group_size(device), slack, spare))[::-1]
    threads = torch.get_num_threads()
    abreast = min(threads, MOST_ABREAST, len(groups) // 2) if device.type == "cpu" else 1
    within = _WithinMemory(read, lengths, device)

    def alone() -> None:
        torch.set_num_threads(threads // abreast)
        torch.get_num_threads()  # from now on it is this thread's own number

    done = 0
    with contextlib.ExitStack() as stack:
        if abreast > 1:
            stack.callback(torch.set_num_threads, threads)
            # the pool ends with the call: OpenMP's threads wait less well where it counts others besides them
            pool = ThreadPoolExecutor(abreast, initializer=alone)
            stack.callback(pool.shutdown, cancel_futures=True)  # who asks to stop waits for the groups at hand alone
            finished = pool.map(within, groups)
        else:
            finished = map(within, groups)
        for rows, _ in zip(groups, finished, strict=True):
            torch.set_num_threads(threads)  # also of threads that begin to use torch meanwhile
            done += len(rows)
            yield done


class _WithinMemory:
    """Has rows read together, in halves where that is more than fits into memory; so are others of that size then."""

    def __init__(self, read: Callable[[np.ndarray], None], lengths: np.ndarray, device: torch.device) -> None:
        """`lengths` are the tokens of all rows, (rows,)."""
        self._read, self._lengths, self._device = read, lengths, device
        self._most_tokens = math.inf

    def __call__(self, rows: np.ndarray) -> None:
        """Raises ``memory_ran_out`` where a row by itself does not fit."""
        longest = int(self._lengths[rows].max())
        tokens = len(rows) * longest
        if len(rows) == 1 or tokens <= self._most_tokens:
            if self._fits(rows):
                return
            self._most_tokens = min(self._most_tokens, half_a_pass(tokens, longest=longest))
        for half in np.array_split(rows, 2):
            self(half)

    def _fits(self, rows: np.ndarray) -> bool:
        """Whether the rows were read; where they were not, what that held is let go."""
        try:
            self._read(rows)
            return True
        except (RuntimeError, MemoryError) as error:
            if not memory.is_short(error):
                raise
        # outside of the handler: while it runs, the traceback holds on to the tensors of the failed pass
        memory.give_back(self._device)
        return False


def logits_of(
    model: Any,
    ids: Sequence[np.ndarray],
    *,
    precision: str,
    fast: FastBert | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Logits in the order of `ids`, float32, shape (texts, classes). Leaves the model in evaluation mode.

    Args:
        precision: of what is computed, though the weights are in another.
        fast: `FastBert.of(model)`, where it is at hand already; made anew where it is not and can be used.
    """
    import torch

    model.eval()
    fast = fast or FastBert.of(model, precision)
    logits = np.zeros((len(ids), model.config.num_labels), np.float32)

    def read(rows: np.ndarray) -> None:
        texts = [ids[i] for i in rows]
        inputs = for_fast(texts, fast, model.device) if fast else padded(texts, model.device)
        with torch.inference_mode(), contextlib.nullcontext() if fast else autocast(model.device, precision):
            found = fast.logits(inputs) if fast else model(**inputs).logits
            logits[rows] = found.float().cpu().numpy()

    in_groups(ids, model, read, on_progress)
    return logits
