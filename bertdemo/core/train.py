"""Fine-tune a BERT on labelled texts: the whole job as one generator of events.

`train` goes through the phases of the job, `_learn` is the loop. Nothing here knows processes, logs or
pages: whoever iterates writes the events down, and answers `signal` with what a person asked for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bertdemo.core import baselines, checkpoint, head, models, recipe
from bertdemo.core.batching import epoch_steps, packed_steps
from bertdemo.core.device import autocast, best_device, cores, fastest_precision, known
from bertdemo.core.dropout import use_byte_dropout
from bertdemo.core.forward import logits_of, training_logits
from bertdemo.core.packing import can_pack
from bertdemo.core.predictions import Predictions, choosing_rows
from bertdemo.core.saving import save_bert
from bertdemo.core.tasks import Scores, Task, fit_temperature, headline, task_of
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.dataset import Split
from bertdemo.data.hub import hub_reachable
from bertdemo.data.language import detect_language
from bertdemo.runs import events as ev
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig
from bertdemo.runs.run import MODELS, Run

Signal = Callable[[], str | None]
"""Asked at every step: None, ``"stop"`` (finish now), ``"discard"`` or ``"pause"`` (to go on later)."""

Outcome = str
"""``"done"``, ``"discarded"`` or ``"paused"`` (the checkpoint is written)."""

EVENTS_PER_SECOND = 2.0
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True)
class Fit:
    """One of the `of` models of a run: positions of rows to learn from, to validate on, to predict unseen."""

    number: int
    of: int
    train: np.ndarray
    validation: np.ndarray
    held_out: np.ndarray


def train(config: TrainConfig, split: Split, run: Run, signal: Signal) -> Generator[ev.Event, None, Outcome]:
    """Do the job that `run` describes, or what is left of it.

    Models go to ``<run>/models``, their logits on rows they have not learnt from to
    ``<run>/predictions``, the choices made and the selected model to run.json. A phase whose result is
    on disk is not done again.

    Args:
        config: what was asked for.
        split: the rows and their parts.
        run: the folder to work in; the caller holds its lock and writes the events down.
        signal: what is asked meanwhile.

    Returns:
        The outcome. `run` is servable after ``"done"``.

    Raises:
        UserError: the base model can't be had, or is not one that can be fine-tuned here.
    """
    data, task = split.data, task_of(split.data)
    yield ev.PhaseBegan(phase="reading", done=0.0)
    language = detect_language(data.texts).code
    hub = config.base is None and hub_reachable()
    base = config.base or models.default_base(language, gpu=best_device().type == "cuda", hub=hub)
    expected = recipe.expected_seconds(replace(config, base=base), split, known())
    meter = recipe.Meter(expected)

    # what needs no fine-tuning comes first: something to use at once, and the baseline
    yield ev.PhaseBegan(phase="tfidf", done=meter.before("tfidf"))
    if Predictions.load(run.folder, "tfidf") is None:
        baselines.fit_tfidf(run, split, language)
    yield _baseline_ready(run, "tfidf", split)
    if base == TFIDF_ONLY:
        run.update(selected="tfidf", choices={"base": base, "language": language})
        return "done"
    if signal() == "discard":
        return "discarded"

    yield ev.PhaseBegan(phase="instant", done=meter.before("instant"))
    choices, tokenizer, ids = _choose(config, base, language, split, run)
    features = baselines.features(run, split, base, ids, tokenizer, choices["max_length"])
    if Predictions.load(run.folder, "instant") is None:
        baselines.fit_instant(run, split, features, base, choices["max_length"])
    yield _baseline_ready(run, "instant", split)

    # the fine-tuning: one model, or one for each fold and then one for all rows
    yield ev.PhaseBegan(phase="preparing", done=meter.before("preparing"))
    if "precision" not in choices:
        choices |= {"precision": fastest_precision(base, ids, choices["batch"])}
    run.update(choices=choices)
    yield ev.Chosen(choices=choices)
    predictions = Predictions.load(run.folder, "uncalibrated")
    predictions = predictions or Predictions.none(len(data.label_names), several=task.several)
    position = checkpoint.peek(run.folder / "checkpoint")
    vocabulary = UsedVocabulary(ids)
    ids = vocabulary.mapped(ids)
    for fit in _fits(split):
        if split.folds and len(fit.held_out) and np.isin(fit.held_out, predictions.positions).all():
            continue  # scored before an interruption
        yield ev.PhaseBegan(phase="learning", done=meter.within("learning", fit.number / fit.of))
        model = models.load_for_classes(
            base, data.label_names, seed=config.seed, device=best_device(), problem_type=task.problem_type
        )
        if position is None or position.fit != fit.number:
            rows = np.intersect1d(fit.train, features.positions)
            head.start(model, features.first(rows), data.labels[rows])
        vocabulary.shrink(model)
        outcome = yield from _learn(model, task, ids, data.labels, fit, choices, config.seed, run, signal, meter)
        if outcome in ("discarded", "paused"):
            return outcome
        unseen = np.concatenate([fit.validation, fit.held_out])
        predictions = predictions.plus(unseen, logits_of(model, [ids[i] for i in unseen], precision="fp32"))
        predictions.save(run.folder, "uncalibrated")
        if outcome == "stopped":
            break

    yield ev.PhaseBegan(phase="testing", done=meter.before("testing"))
    vocabulary.restore(model)
    judged = predictions.among(choosing_rows(split))
    temperature = fit_temperature(task, judged.logits, data.labels[judged.positions])
    head.fold_temperature(model, temperature)
    predictions = predictions.divided(temperature)
    use = baselines.use_of(predictions, split)
    save_bert(run.model_folder("bert"), model, tokenizer, choices, temperature, use)
    predictions.save(run.folder, "bert")
    run.update(selected=_best_model(run, split))
    return "done"


def _learn(
    model: Any,
    task: Task,
    ids: list[np.ndarray],
    labels: np.ndarray,
    fit: Fit,
    choices: dict[str, Any],
    seed: int,
    run: Run,
    signal: Signal,
    meter: recipe.Meter,
) -> Generator[ev.Event, None, Outcome]:
    """The training loop: leaves the best weights in `model`. Returns done, stopped, discarded or paused.

    Order and dropout are drawn from the seed, the epoch and the step alone, so that a run which is
    interrupted anywhere goes on to the same weights.
    """
    import torch

    device, precision = model.device, choices["precision"]
    lengths = np.array([len(i) for i in ids])
    batch, rows = choices["batch"], len(fit.train)
    steps_per_epoch = math.ceil(rows / batch)
    steps = max(1, round(choices["epochs"] * steps_per_epoch))
    validate_every = max(1, math.ceil(steps / np.clip(2 * choices["epochs"], 5, 20)))
    optimizer = _adamw(model, choices)
    scaler = torch.amp.GradScaler(device.type) if precision == "fp16" else None

    at, best = checkpoint.Position(fit=fit.number), None
    if (saved := checkpoint.peek(run.folder / "checkpoint")) and saved.fit == fit.number:
        best = checkpoint.load(run.folder / "checkpoint", model, optimizer, scaler)
        at = saved
        yield ev.Resumed(step=fit.number * steps + at.step)

    use_byte_dropout(model)
    outcome, epoch = "done", -1
    began = written = time.monotonic()
    first_step, said = at.step, 0.0
    while at.step < steps and at.since_best < choices["patience"]:
        if at.step // steps_per_epoch != epoch:
            epoch = at.step // steps_per_epoch
            rng = np.random.default_rng((seed, fit.number, epoch))
            if can_pack(model):
                order = packed_steps(lengths[fit.train], batch, rng)
            else:
                order = epoch_steps(lengths[fit.train], batch, max(8, batch // 2), rng)
        groups = [fit.train[group] for group in order[at.step % steps_per_epoch]]
        torch.manual_seed(seed + 1_000_003 * (fit.number + 1) + at.step)

        # forward and backward, mostly in one pass without padding; every row weighs the same
        model.train()
        size = sum(len(group) for group in groups)
        loss_of_step = torch.zeros((), device=device)
        for group in groups:
            with autocast(device, precision):
                logits = training_logits(model, [ids[i] for i in group])
            loss = task.loss(logits.float(), labels[group]) / size
            (scaler.scale(loss) if scaler else loss).backward()
            loss_of_step += loss.detach()

        # warm-up, then linear decay; clipped gradients; one step of AdamW
        rate = choices["lr"] * _schedule(at.step, steps, choices["warmup"])
        for group_of_weights in optimizer.param_groups:
            group_of_weights["lr"] = rate
        if scaler:
            scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), choices["clip"])
        if scaler:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        at.step += 1

        # the weights that do best on the validation rows are kept
        if len(fit.validation) and (at.step % validate_every == 0 or at.step == steps):
            logits_now = logits_of(model, [ids[i] for i in fit.validation], precision=precision)
            scores = task.scores(logits_now, labels[fit.validation])
            score = (headline(scores), -scores["loss"])
            improved = at.best_score is None or score >= at.best_score
            at.since_best += 1
            at.last_score = score
            if improved:
                at.best_score, at.best_step, at.since_best = score, at.step, 0
                best = {name: weight.detach().cpu().clone() for name, weight in model.state_dict().items()}
            yield ev.Validated(step=at.step, epoch=at.step / steps_per_epoch, best=improved, **scores)

        # say where we are, ask what is wanted, keep what would be lost
        now = time.monotonic()
        if now - said >= 1 / EVENTS_PER_SECOND or at.step == steps:
            said, per_step = now, (now - began) / (at.step - first_step)
            yield ev.Stepped(
                step=fit.number * steps + at.step,
                steps=fit.of * steps,
                epoch=at.step / steps_per_epoch,
                epochs=steps / steps_per_epoch,
                loss=float(loss_of_step),
                lr=rate,
                rows_per_second=min(batch, rows) / per_step,
                done=meter.within("learning", (fit.number + at.step / steps) / fit.of),
                left=per_step * ((fit.of - fit.number) * steps - at.step) + meter.after("learning"),
            )
        asked = signal()
        if asked == "discard":
            return "discarded"
        if asked == "pause" or now - written >= CHECKPOINT_SECONDS:
            checkpoint.save(run.folder / "checkpoint", at, model, optimizer, scaler, best)
            written = time.monotonic()
            yield ev.Checkpointed(step=fit.number * steps + at.step)
        if asked == "pause":
            return "paused"
        if asked == "stop":
            outcome = "stopped"
            break
    # where the schedule ran to its end, its last weights stay unless the best ones were better beyond noise
    if best is not None and not (at.step == steps and _within_noise(at, len(fit.validation))):
        model.load_state_dict(best)
    return outcome


def _within_noise(at: checkpoint.Position, rows: int) -> bool:
    """Whether the last validation is within one standard error of the best one (`rows` validation rows)."""
    if at.best_score is None or at.last_score is None:
        return False
    best, last = at.best_score[0], at.last_score[0]
    return best - last <= math.sqrt(best * (1 - best) / rows)


def _choose(
    config: TrainConfig, base: str, language: str, split: Split, run: Run
) -> tuple[dict[str, Any], Any, list[np.ndarray]]:
    """The settings, made once and kept in run.json; the tokenizer; the token ids of every row."""
    import torch

    tokenizer = models.load_tokenizer(base)
    choices = run.meta["choices"]
    torch.set_num_threads(choices["threads"] if choices else cores())
    if choices is None:
        longest = models.longest(tokenizer, models.load_config(base))
        lengths = np.array([len(i) for i in models.encode(tokenizer, split.data.texts, longest)])
        weights = recipe.encoder_weights(models.load_config(base))
        choices = recipe.choose(
            config,
            lengths[split.train],
            len(split.data.label_names),
            longest=longest,
            encoder_weights=weights,
        )
        choices |= {"base": base, "language": language, "threads": torch.get_num_threads()}
    return choices, tokenizer, models.encode(tokenizer, split.data.texts, choices["max_length"])


def _fits(split: Split) -> list[Fit]:
    nothing = np.zeros(0, dtype=np.int64)
    if not split.folds:
        return [Fit(0, 1, split.train, split.validation, split.test)]
    of = len(split.folds) + 1
    scored = [Fit(i, of, kept, nothing, held_out) for i, (kept, held_out) in enumerate(split.folds)]
    return [*scored, Fit(of - 1, of, split.train, nothing, nothing)]


def _adamw(model: Any, choices: dict[str, Any]) -> Any:
    """AdamW (Loshchilov & Hutter 2019); norms and biases, the one-dimensional weights, do not decay."""
    import torch

    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": choices["weight_decay"]},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=choices["lr"], fused=model.device.type in ("cpu", "cuda"))


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the peak learning rate at `step`: linear up over `warmup` of the steps, linear down to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return (steps - step) / max(1, steps - rising)


def _baseline_ready(run: Run, name: str, split: Split) -> ev.BaselineReady:
    return ev.BaselineReady(model=name, **_scores(run, name, split))


def _best_model(run: Run, split: Split) -> str:
    """The model that does best on the rows by which models are chosen; of equals the first."""
    bert = Predictions.load(run.folder, "bert") or Predictions.none(1)
    rows = bert.among(choosing_rows(split)).positions  # a stopped run has judged some folds only
    return max(MODELS, key=lambda name: headline(_scores(run, name, split, rows)))


def _scores(run: Run, name: str, split: Split, rows: np.ndarray | None = None) -> Scores:
    """Of one model on `rows`, by default on all by which models are chosen; without the loss."""
    said = (Predictions.load(run.folder, name) or Predictions.none(1)).among(
        choosing_rows(split) if rows is None else rows
    )
    found = task_of(split.data).scores(said.logits, split.data.labels[said.positions])
    return {name: score for name, score in found.items() if name != "loss"}
