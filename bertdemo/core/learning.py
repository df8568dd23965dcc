"""The training loop: one model from its first step to the weights that are kept."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.core import checkpoint, memory
from bertdemo.core.averaging import Average
from bertdemo.core.batching import half_a_pass, passes
from bertdemo.core.dropout import use_pooled_dropout
from bertdemo.core.encoded import Tokens
from bertdemo.core.estimate import Meter
from bertdemo.core.forward import logits_of, padding_of
from bertdemo.core.importance import pays, row_weights
from bertdemo.core.learner import Learner
from bertdemo.core.pace import Pace
from bertdemo.core.recipe import steps_of
from bertdemo.core.selection import BEYOND_NOISE
from bertdemo.core.tasks import Task, calibrated_losses, headline
from bertdemo.runs import events as ev
from bertdemo.runs.run import CHECKPOINT, Run

if TYPE_CHECKING:
    import torch

Signal = Callable[[], str | None]
"""Asked at every step: None, ``"stop"`` (finish now), ``"discard"`` or ``"pause"`` (to go on later)."""

Outcome = str
"""``"done"``, ``"stopped"``, ``"discarded"`` or ``"paused"`` (the checkpoint is written)."""

EVENTS_PER_SECOND = 2.0
CHECKPOINT_SECONDS = 30.0
CHECKPOINT_SHARE = 0.05
"""Of the time at most goes into writing checkpoints: a large model's takes seconds."""


@dataclass(frozen=True)
class Fit:
    """One of the `of` models of a run: positions of rows to learn from, to validate on, to predict unseen.

    `most` rows are learnt from by the largest of them; `changes` are settings in which it differs from the run's
    choices, where several are tried.
    """

    number: int
    of: int
    train: np.ndarray
    validation: np.ndarray
    held_out: np.ndarray
    most: int
    changes: dict[str, Any] = field(default_factory=dict)

    def order(self, seed: int, epoch: int) -> np.ndarray:
        """The rows to learn from in the order of an epoch."""
        return self.train[np.random.default_rng((seed, self.number, epoch)).permutation(len(self.train))]


@dataclass(frozen=True)
class Job:
    """What all fits of a run share: tokens and labels by row, the settings, and whom to ask and tell."""

    task: Task
    ids: Tokens
    labels: np.ndarray
    choices: dict[str, Any]
    seed: int
    run: Run
    signal: Signal
    meter: Meter


def learn(model: Any, fit: Fit, job: Job) -> Generator[ev.Event, None, Outcome]:
    """Train `model`; leaves in it the weights to keep, the last or the best ones, as means over steps (`Average`).

    Order and dropout are drawn from the seed, the epoch and the step alone, so that a run which is
    interrupted anywhere goes on to the same weights; on a GPU up to rounding, where sums have no fixed order.

    Returns:
        How it ended; of ``"discarded"`` and ``"paused"`` the weights are those of the last step.

    Raises:
        UserError: ``memory_ran_out``: not even one row at a time goes through the model.
    """
    choices, seed, folder = {**job.choices, **fit.changes}, job.seed, job.run.folder / CHECKPOINT
    precision, most_tokens = choices["precision"], choices["tokens_per_pass"]
    batch, rows = choices["batch"], len(fit.train)
    steps_per_epoch, steps, validate_every = steps_of(choices, rows, len(fit.validation))
    _, of_largest, _ = steps_of(choices, fit.most, 0)
    before, of_all = fit.number * of_largest, fit.of * of_largest  # folds are not of the same size
    learner = Learner(model, choices)
    average = Average(model, steps)
    at, best = checkpoint.Position(fit=fit.number), None
    if (saved := checkpoint.peek(folder)) and saved.fit == fit.number:
        best = checkpoint.load(folder, learner, average)
        at = saved
    if at.step or any(said.step > before for said in job.run.state().steps):
        yield ev.Resumed(step=before + at.step)  # what was said of later steps no longer counts

    use_pooled_dropout(model)
    outcome, epoch = "done", -1
    pace = Pace(at.step, choices["seconds_per_step"], on_cpu=model.device.type == "cpu")
    written, said, pause = time.monotonic(), 0.0, CHECKPOINT_SECONDS
    while at.step < steps and at.worse < choices["patience"]:
        if at.step // steps_per_epoch != epoch:
            epoch = at.step // steps_per_epoch
            order = fit.order(seed, epoch)
        step_rows = order[batch * (at.step % steps_per_epoch) :][:batch]
        drawn = seed + 1_000_003 * (fit.number + 1) + at.step
        began = time.monotonic()

        # forward and backward; where memory runs short, the same step again in passes half as large
        while (loss := gradients(learner, job, step_rows, most_tokens, drawn)) is None:
            lengths = job.ids.lengths(step_rows)
            most_tokens = half_a_pass(min(most_tokens, int(lengths.sum())), longest=int(lengths.max()))
            job.run.update(choices={**job.run.meta["choices"], "tokens_per_pass": most_tokens})
            yield ev.MemoryShort(step=before + at.step, tokens=most_tokens)
        rate = choices["lr"] * _schedule(at.step, steps, choices["warmup"])
        learner.update(rate)
        at.step += 1
        average.follow(at.step)
        pace.stepped(time.monotonic() - began)

        # the weights that give the validation rows the best probabilities are kept
        if len(fit.validation) and (at.step % validate_every == 0 or at.step == steps):
            with average.inside():
                logits_now = logits_of(model, job.ids.of(fit.validation), precision=precision)
            scores = job.task.scores(logits_now, job.labels[fit.validation])
            at.last_losses = calibrated_losses(job.task, logits_now, job.labels[fit.validation]).tolist()
            scores["loss"] = statistics.fmean(at.last_losses)
            if improved := _is_best(at):
                at.best_score, at.best_step, at.best_losses = headline(scores), at.step, at.last_losses
                best = {name: mean.cpu().clone() for name, mean in average.state().items()}
            at.worse = 0 if _is_as_good(at) else at.worse + 1
            yield ev.Validated(step=before + at.step, epoch=at.step / steps_per_epoch, best=improved, **scores)

        # say where we are, ask what is wanted, keep what would be lost
        now = time.monotonic()
        if now - said >= 1 / EVENTS_PER_SECOND or at.step == steps:
            said, per_step = now, pace.seconds_per_step(at.step)
            yield ev.Stepped(
                step=before + at.step,
                steps=of_all,
                epoch=at.step / steps_per_epoch,
                epochs=steps / steps_per_epoch,
                loss=float(loss),
                lr=rate,
                rows_per_second=min(batch, rows) / per_step,
                done=job.meter.within("learning", (fit.number + at.step / steps) / fit.of),
                left=per_step * (of_all - before - at.step) + job.meter.after("learning"),
            )
        asked = job.signal()
        if asked == "discard":
            return "discarded"
        if asked == "pause" or now - written >= pause:
            checkpoint.save(folder, at, learner, average, best)
            written = time.monotonic()
            pause = max(CHECKPOINT_SECONDS, (written - now) / CHECKPOINT_SHARE)
            yield ev.Checkpointed(step=before + at.step)
        if asked == "pause":
            return "paused"
        if asked == "stop" and at.step < steps:
            outcome = "stopped"
            break
    # where the schedule ran to its end, its last weights stay unless the best ones were better beyond chance
    if best is not None:
        kept = at.step if at.step == steps and _is_as_good(at) else at.best_step
        if kept < at.step:
            average.load(best)
        yield ev.Kept(step=before + kept, best_step=before + at.best_step, score=at.best_score)
    average.stay()
    return outcome


def gradients(learner: Learner, job: Job, rows: np.ndarray, most_tokens: int, seed: int) -> torch.Tensor | None:
    """Forward and backward passes of one step, added up; every row weighs the same, on average (`row_weights`).

    Returns:
        The mean loss of the rows; None where memory ran short, and then no gradient is left.
    """
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    learner.model.train()
    loss = torch.zeros((), device=learner.model.device)
    try:
        for together in passes(rows, job.ids.lengths, most_tokens, padding_of(learner.model)):
            loss += _pass(learner, job, together, len(rows), rng)
        return loss
    except (RuntimeError, MemoryError) as error:
        if not memory.is_short(error):
            raise
    # outside of the handler: while it runs, the traceback holds on to the tensors of the failed pass
    learner.forget()
    memory.give_back(learner.model.device)
    return None


def _pass(learner: Learner, job: Job, rows: np.ndarray, of: int, rng: np.random.Generator) -> torch.Tensor:
    """There and back with some of the `of` rows of a step; their part of its mean loss."""
    logits = learner.logits(job.ids.of(rows))
    losses = job.task.losses(logits, job.labels[rows])
    draws = pays(learner.model, int(job.ids.lengths(rows).sum()))
    counted = losses * row_weights(losses, logits, rng) if draws else losses
    learner.backward(counted.sum() / of)
    return losses.detach().sum() / of


def _is_best(at: checkpoint.Position) -> bool:
    """Whether no validation before the last one had a smaller mean loss."""
    last = np.array(at.last_losses)
    return bool(np.isfinite(last).all() and (at.best_losses is None or last.mean() <= np.mean(at.best_losses)))


def _is_as_good(at: checkpoint.Position) -> bool:
    """Whether the rows' losses of the last validation are no larger than those of the best one, beyond chance."""
    if at.best_losses is None:
        return False
    lost = np.array(at.last_losses) - np.array(at.best_losses)
    return bool(lost.mean() <= BEYOND_NOISE * lost.std() / math.sqrt(len(lost)))


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the peak learning rate at `step`: linear up over `warmup` of the steps, linear down to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return (steps - step) / max(1, steps - rising)
