"""Before the first step: does it fit into memory, and how long will it take, from a few real steps."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import memory
from bertdemo.core.batching import half_a_pass, tokens_of_pass
from bertdemo.core.device import thread_counts
from bertdemo.core.dropout import use_pooled_dropout
from bertdemo.core.encoded import AT_ONCE
from bertdemo.core.importance import pays
from bertdemo.core.learner import Learner
from bertdemo.core.learning import Fit, Job, gradients
from bertdemo.core.library import transformers
from bertdemo.core.memory import GIGABYTE, NUMBER, free_bytes, pass_bytes, standing_bytes
from bertdemo.core.models import CATALOGUE, quietly, reads
from bertdemo.core.pace import BETTER
from bertdemo.core.recipe import encoder_weights
from bertdemo.core.tokens import ids_of
from bertdemo.errors import UserError
from bertdemo.runs.config import TFIDF_ONLY
from bertdemo.runs.files import MEGABYTE, free_on_disk

if TYPE_CHECKING:
    import torch

SPARE = 0.9
"""Share of the free memory that is counted on: others take some too."""
WRITTEN = 3
"""How often the weights of a base are about to be written, in its model and beside."""
WEIGHTS_AND_GRADIENTS = 2
"""Numbers for each weight that are held before the optimiser's first step."""
STEPS = 3
FEWEST_TOKENS = 16
UNSEEN_ROWS = 512
HEAPS = 0.6
"""Power of the text read with which different words grow: 0.4 to 0.6 in English (Heaps 1978); the most of it."""


def weights_of(config: Any, words: int | None = None) -> int:
    """Weights of an encoder and of the embeddings of `words` words, or all, from a transformers config; about."""
    if config.model_type in ("bert", "distilbert"):  # of which that is right within a hundredth
        every, width = config.vocab_size, config.hidden_size
        whole = encoder_weights(config) + (every + config.max_position_embeddings) * width
    else:
        whole, every, width = _counted(config)
    return whole - (0 if words is None else max(0, every - words) * width)


def _counted(config: Any) -> tuple[int, int, int]:
    """Weights of an encoder, which is built without any memory for them; words and width of its word embeddings."""
    import torch

    with quietly(), torch.device("meta"):
        encoder = transformers().AutoModel.from_config(config)
    words, width = encoder.get_input_embeddings().weight.shape
    return sum(p.numel() for p in encoder.parameters()), words, width


def words_used(ids: Sequence[np.ndarray], texts: int) -> int | None:
    """About how many words of the vocabulary `texts` texts use, `ids` being some of them; None where all are trained.

    What is met for the first time grows more slowly than what is read (Heaps 1978, section 7.5).
    """
    if texts > AT_ONCE or not len(ids):
        return None
    met = len(np.unique(ids_of(np.concatenate(ids))))
    return math.ceil(met * max(1.0, texts / len(ids)) ** HEAPS)


def tokens_per_pass(
    config: Any, base: str, max_length: int, device: torch.device, language: str = "en", words: int | None = None
) -> int:
    """The most tokens that may go through the model at once, so that a training fits into the free memory.

    The batch makes no difference: its rows go through in as many passes as it takes.

    Args:
        config: transformers config of `base`.
        max_length: tokens of the longest row.
        language: of the texts; a base that is named as one that fits reads it.
        words: of the vocabulary that are trained, all where it is None; the others are held once.

    Raises:
        UserError: ``memory_for_length``: not one row of that length fits, a shorter one does; ``memory_for_base``: the
            model's weights, gradients and moments don't fit.
    """
    trained = weights_of(config, words)
    standing = standing_bytes(trained, device.type) + (weights_of(config) - trained) * NUMBER
    free = int(SPARE * free_bytes(device))

    def fits(tokens: int, longest: int) -> bool:
        return standing + pass_bytes(config, tokens, longest) <= free

    tokens = max(tokens_of_pass(device.type), max_length)
    while tokens > max_length and not fits(tokens, max_length):
        tokens = max(tokens // 2, max_length)
    if fits(tokens, max_length):
        return tokens
    needed = standing + pass_bytes(config, max_length, max_length)
    shorter = [length for length in range(FEWEST_TOKENS, max_length, 8) if fits(length, length)]
    if shorter:
        raise UserError("memory_for_length", max_length=max_length, fits=shorter[-1], **_gigabytes(needed, free))
    raise _base_too_large(base, language, device, needed=needed, free=free)


def _base_too_large(base: str, language: str, device: torch.device, *, needed: int, free: int) -> UserError:
    """``memory_for_base``: `needed` bytes are more than the `free` ones; it names the largest base that would fit."""
    smaller = [
        entry
        for entry in CATALOGUE
        if reads(entry, language) and 1.2 * standing_bytes(entry.parameters, device.type) <= free
    ]
    fitting = max(smaller, key=lambda entry: entry.parameters).name if smaller else TFIDF_ONLY
    return UserError("memory_for_base", base=base, fits=fitting, **_gigabytes(needed, free))


def _moments_too_large(model: Any, choices: dict[str, Any]) -> UserError:
    """``memory_for_base``: the moments don't fit beside the weights and gradients of `model`, which are held."""
    weights = sum(p.numel() for p in model.parameters())
    needed = standing_bytes(weights, model.device.type)
    free = WEIGHTS_AND_GRADIENTS * weights * NUMBER + int(SPARE * free_bytes(model.device))
    return _base_too_large(choices["base"], choices["language"], model.device, needed=needed, free=min(free, needed))


def _gigabytes(needed: int, free: int) -> dict[str, float]:
    return {"needed": round(needed / GIGABYTE, 1), "free": round(free / GIGABYTE, 1)}


def check_disk(config: Any, base: str, folder: Path) -> None:
    """Whether what a training writes fits on the disk of `folder`: the model, a checkpoint and the one before it.

    Raises:
        UserError: ``disk_for_base``.
    """
    needed, free = WRITTEN * weights_of(config) * NUMBER, free_on_disk(folder)
    if needed > free:
        figures = {"needed": -(-needed // MEGABYTE), "free": free // MEGABYTE}
        raise UserError("disk_for_base", base=base, folder=str(folder), **figures)


def with_fewer_threads(per_step: float, threads: int, timed: Callable[[int], float]) -> tuple[float, int]:
    """What a step takes at best, and with how many threads, which torch has then: fewer where that is clearly faster.

    Args:
        per_step: seconds that a step takes with `threads`.
        threads: that torch has.
        timed: does the step of that number -> the seconds that it took.
    """
    import torch

    for fewer in [number for number in thread_counts() if number < threads]:
        torch.set_num_threads(fewer)
        took = timed(0)
        if took < per_step:  # else one step is enough
            took = statistics.median(timed(number) for number in range(1, STEPS + 1))
        if took >= BETTER * per_step:
            break
        per_step, threads = took, fewer
    torch.set_num_threads(threads)
    return per_step, threads


def measure(fresh: Callable[[], Any], fit: Fit, job: Job) -> dict[str, Any] | str:
    """What a few real steps of a model that is thrown away show.

    Random batches are timed; the memory is that of a step of the longest rows of a sample.

    Returns:
        For the run's choices: ``seconds_per_step``, ``draws`` (whether steps learn from a part of their rows, see
        `importance`), ``threads`` (fewer where other programs hold the cores),
        ``memory`` (bytes, all that the training holds at its peak) and ``tokens_per_pass`` (smaller than before where
        it did not fit). Or what the job's signal asked between two steps: then nothing is known.

    Raises:
        UserError: ``memory_ran_out``: not even one row goes through the model; ``memory_for_base``: the moments of the
            optimiser, which takes them at its first step, don't fit.
    """
    model, choices = fresh(), job.choices
    use_pooled_dropout(model)
    learner = Learner(model, choices)
    order, batch = fit.order(job.seed, 0)[:UNSEEN_ROWS], choices["batch"]
    most_tokens = choices["tokens_per_pass"]
    seconds: list[float] = []

    def step(rows: np.ndarray) -> bool:
        done = gradients(learner, job, rows, most_tokens, job.seed)
        if done is None:
            return False
        try:
            learner.update(choices["lr"])
        except (RuntimeError, MemoryError) as error:
            if not memory.is_short(error):
                raise
            raise _moments_too_large(model, choices) from error
        float(done)  # waits for the device
        return True

    def timed(number: int) -> float:
        begin = time.perf_counter()
        done = step(np.resize(np.roll(order, -number * batch), min(batch, len(fit.train))))
        return time.perf_counter() - begin if done else math.inf

    while len(seconds) <= STEPS:
        if (took := timed(len(seconds))) < math.inf:
            seconds.append(took)
        else:
            most_tokens = half_a_pass(most_tokens, longest=int(job.ids.lengths(order).max()))
        if asked := job.signal():
            return asked
    per_step, threads = statistics.median(seconds[1:]), choices["threads"]  # the first one warms up
    if model.device.type == "cpu":
        per_step, threads = with_fewer_threads(per_step, threads, timed)
    longest = order[np.argsort(-job.ids.lengths(order), kind="stable")][:batch]
    with memory.Peak(model.device) as peak:
        while not step(longest):
            most_tokens = half_a_pass(most_tokens, longest=int(job.ids.lengths(longest).max()))
    weights, words = sum(p.numel() for p in model.parameters()), model.get_input_embeddings().weight
    unused = max(0, getattr(model.config, "vocab_size", 0) - words.shape[0]) * words.shape[1]
    return {
        "seconds_per_step": round(per_step, 4),
        "draws": pays(model, int(job.ids.lengths(order[:batch]).sum())),
        "threads": threads,
        "memory": standing_bytes(weights, model.device.type) + unused * NUMBER + peak.bytes,
        "tokens_per_pass": most_tokens,
    }
