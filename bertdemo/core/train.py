"""Fine-tune a BERT on labelled texts: the whole job as one generator of events.

`train` goes through the phases of the job; the loop is `bertdemo.core.learning.learn`. Nothing here knows
processes, logs or pages: whoever iterates writes the events down, and answers `signal` with what a person asked for.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from bertdemo.core import baselines, checkpoint, head, mean_start, models, preflight, recipe, search, weights
from bertdemo.core.batching import MOST_TOKENS
from bertdemo.core.device import best_device, fastest_precision, fastest_threads, known, native_precision
from bertdemo.core.encoded import Encoded
from bertdemo.core.estimate import Meter, expected_seconds
from bertdemo.core.forward import logits_of
from bertdemo.core.learning import EVENTS_PER_SECOND, Fit, Job, Outcome, Signal, learn
from bertdemo.core.linear import MOST_ROWS, sample
from bertdemo.core.piecewise import Pieces, placed, whole
from bertdemo.core.predictions import Predictions, choosing_rows, judging_rows
from bertdemo.core.saving import save_bert
from bertdemo.core.selection import select
from bertdemo.core.tasks import Scores, fit_temperature, headline, task_of, task_to_learn
from bertdemo.core.unreadable import drop_unreadable
from bertdemo.core.vocabulary import UsedVocabulary
from bertdemo.data.dataset import Split
from bertdemo.data.hub import hub_reachable
from bertdemo.data.language import detect_language
from bertdemo.errors import UserError
from bertdemo.runs import events as ev
from bertdemo.runs.config import TFIDF_ONLY, TrainConfig
from bertdemo.runs.run import CHECKPOINT, FOLD, Run

OWN_HEAD = "own"
"""The start of a head that the base brings with it, beside those of `recipe.start_of`."""
_OF_INSTANT = 0.9
"""Share of the time in which the classifiers beside BERT are completed that the instant one takes."""
LENGTHS_FROM = 10_000
"""Texts by whose lengths the settings are chosen."""
ENDS_AS = {"stop": "stopped", "discard": "discarded", "pause": "paused"}
"""What was asked, and how a job ends that heeds it."""

Made = TypeVar("Made")


@dataclass(frozen=True)
class Begun:
    """What a job has before it has read anything; `began` is when it did begin, by `time.monotonic`."""

    config: TrainConfig
    base: str
    language: str
    split: Split
    run: Run
    signal: Signal
    meter: Meter
    began: float


@dataclass(frozen=True)
class Prepared:
    """What the fine-tuning begins with; `began` is when the training did, by `time.monotonic`."""

    base: str
    tokenizer: Any
    ids: Encoded
    features: baselines.Features
    began: float
    vocabulary: UsedVocabulary | None = None


def train(config: TrainConfig, split: Split, run: Run, signal: Signal) -> Generator[ev.Event, None, Outcome]:
    """Do the job that `run` describes, or what is left of it.

    Models go to ``<run>/models``, their logits on rows they have not learnt from to
    ``<run>/predictions``, the choices made, the selected model and how many rows the BERT learnt from to run.json. A
    phase whose result is on disk is not done again. Where it is stopped before its BERT has begun to learn, the better
    of the classifiers that are ready is selected.

    Args:
        config: what was asked for.
        split: the rows and their parts.
        run: the folder to work in; the caller holds its lock and writes the events down.
        signal: what is asked meanwhile.

    Returns:
        ``"done"``, ``"stopped"`` where a fit was cut off or not begun, ``"discarded"`` or ``"paused"``. `run` is
        servable after the first two.

    Raises:
        UserError: the base model can't be had, is not one that can be fine-tuned here, reads no texts as long as was
            asked for, or is too large for the memory or the disk.
    """
    began, done = time.monotonic(), run.state().done
    yield ev.PhaseBegan(phase="reading", done=done)
    for part in drop_unreadable(run):
        yield ev.Dropped(part=part)
    language = detect_language(split.data.texts).code
    base, missed = _base(config, language, run)
    if missed:
        yield missed
    meter = Meter(expected_seconds(replace(config, base=base), split, known()), least=done)

    # what needs no fine-tuning comes first: something to use at once, and the baseline
    yield _at("tfidf", meter)
    if Predictions.load(run.folder, "tfidf") is None:
        fitting = baselines.fit_tfidf(run, split, language, baselines.first_rows(split, alone=base == TFIDF_ONLY))
        if asked := (yield from _followed(fitting, "tfidf", meter, _but(signal, "stop", "pause"))):
            return ENDS_AS[asked]
    yield _baseline_ready(run, "tfidf", split)
    if base == TFIDF_ONLY:
        wanted = {"wanted": missed.base} if missed else {}
        run.update(selected="tfidf", selected_by="alone", choices={"base": base, "language": language, **wanted})
        return "done"
    return (yield from _with_base(Begun(config, base, language, split, run, signal, meter, began)))


def _with_base(begun: Begun) -> Generator[ev.Event, None, Outcome]:
    """All that a base is needed for: the instant classifier, and then the BERT."""
    config, base, split, run = begun.config, begun.base, begun.split, begun.run
    # a pause waits for the first step: slices that are shorter than the way there would never get on
    heard = _but(begun.signal, "pause")
    # of what is on disk nothing is lost by a stop: it is gone through, which is quick
    heard = _but(heard, "stop") if _has_learnt(run) else heard
    heard_before = heard if Predictions.load(run.folder, "instant") is None else _but(heard, "stop")
    if asked := heard_before():
        return (yield from _without_bert(asked, begun))

    yield _at("instant", begun.meter)
    tokenizer = models.load_tokenizer(base)
    models.require_rows(base, tokenizer)
    choices = _choose(config, base, begun.language, split, run, tokenizer)
    waits = recipe.waits_for_embeddings(config, _start(base, split, choices))
    look = baselines.first_look(split, choices["instant_rows"], in_part=not waits)
    fits = _fits(split, choices)
    soon = [look, split.validation, fits[0].order(config.seed, 0)]
    with Encoded(tokenizer, split.data.texts, choices["max_length"], np.concatenate(soon)) as ids:
        making = partial(baselines.instant, run, split, base, ids, tokenizer, choices["max_length"])
        features = yield from _followed(making(look), "instant", begun.meter, heard_before)
        if isinstance(features, str):
            return (yield from _without_bert(features, begun))
        yield _baseline_ready(run, "instant", split)
        with_tests = making(np.union1d(look, split.test))
        if asked := heard():
            return (yield from _without_bert(asked, begun, with_tests))

        yield _at("preparing", begun.meter)
        task = task_to_learn(split.data, split.train)
        job = Job(task, ids, split.data.labels, choices, config.seed, run, heard, begun.meter)
        job, prepared = _made_fast(fits[0], job, Prepared(base, tokenizer, ids, features, begun.began))
        settled = _settled(config, split, fits, job, prepared)
        if isinstance(settled, str):
            return (yield from _without_bert(settled, begun, with_tests))
        if asked := heard():
            return (yield from _without_bert(asked, begun, with_tests))
        return (yield from _fine_tune(split, fits, replace(settled, signal=begun.signal), prepared))


def _without_bert(
    asked: str, begun: Begun, with_tests: Generator[float, None, baselines.Features] | None = None
) -> Generator[ev.Event, None, Outcome]:
    """End a job before its BERT has begun to learn; see `train`.

    Args:
        asked: why it ends.
        with_tests: where the instant classifier is ready, has it judge test rows too, which takes as long as reading
            them: it does only where it is selected. Else one that has not judged them is deleted.
    """
    if asked != "stop":
        return ENDS_AS[asked]
    split, run = begun.split, begun.run
    selected, selected_by = select(run, split)
    whole(baselines.fit_tfidf(run, split, begun.language, baselines.whole_look(split)))
    about: dict[str, Any] = {"selected": selected, "selected_by": selected_by}
    if selected == "instant" and with_tests:
        features = yield from _followed(with_tests, "testing", begun.meter, _but(begun.signal, "stop", "pause"))
        if isinstance(features, str):
            return ENDS_AS[features]
        about["learnt_rows"] = len(np.intersect1d(split.train, features.positions))
    elif not _has_judged(run, "instant", split):
        baselines.forget_instant(run)
    run.update(**about, choices={"base": begun.base, "language": begun.language})
    return "stopped"


def _has_learnt(run: Run) -> bool:
    """Whether weights that a BERT has learnt are on disk, or what it said with them."""
    kept = checkpoint.peek(run.folder / CHECKPOINT) or search.kept(run)
    return bool(kept) or Predictions.load(run.folder, "uncalibrated") is not None


def _has_judged(run: Run, name: str, split: Split) -> bool:
    said = Predictions.load(run.folder, name)
    return said is not None and bool(np.isin(judging_rows(split), said.positions).all())


def _but(signal: Signal, *unheard: str) -> Signal:
    """What is asked by `signal`, but for what can't be heeded yet, or is over soon."""

    def asked() -> str | None:
        said = signal()
        return None if said in unheard else said

    return asked


def _followed(
    work: Generator[float, None, Made], phase: str, meter: Meter, signal: Signal
) -> Generator[ev.Event, None, Made | str]:
    """What `work` makes, saying how far `phase` is meanwhile; or what was asked, and then it was left off."""
    said, pieces = time.monotonic(), Pieces(work)
    with contextlib.closing(work):
        for share in pieces:
            if asked := signal():
                return asked
            if time.monotonic() - said >= 1 / EVENTS_PER_SECOND:
                said = time.monotonic()
                yield _at(phase, meter, share)
    return pieces.made


def _at(phase: str, meter: Meter, share: float = 0.0) -> ev.PhaseBegan:
    """That so much of a phase is done for whose time there is but a guess."""
    return ev.PhaseBegan(phase=phase, done=meter.within(phase, share), left=round(meter.left(phase, share), 1))


def _fine_tune(split: Split, fits: list[Fit], job: Job, prepared: Prepared) -> Generator[ev.Event, None, Outcome]:
    """Learn one model or several, and keep what the run ships."""
    yield ev.Chosen(choices=job.choices)
    job = replace(job, meter=_measured(job, split, len(fits), prepared))
    yield ev.Measured(seconds=round(job.meter.after("preparing"), 1), memory=job.choices["memory"])

    outcome, model, learnt = yield from _learn_all(split, fits, job, prepared)
    if outcome in ("discarded", "paused"):
        return outcome
    run = job.run
    job = replace(job, choices=run.meta["choices"])
    predictions = _predictions(split, job)

    yield ev.PhaseBegan(phase="testing", done=job.meter.before("testing"))
    if split.folds and len(split.test):
        said = logits_of(model, job.ids.of(split.test), precision=_reading(job))
        predictions = predictions.plus(split.test, said)
        predictions.save(run.folder, "uncalibrated")
    if trials := search.kept(run):
        model, best = _fresh(fits[0], None, split, job, prepared), search.best(trials)
        search.load(run, best, model)
        job = replace(job, choices=job.choices | {"lr": best.lr, "tried": search.compared(trials)})
        run.update(choices=job.choices)
        yield ev.Chosen(choices=job.choices)
        predictions = _with_unseen(predictions, model, fits[0], job)
    if prepared.vocabulary:
        prepared.vocabulary.restore(model)
    run.update(learnt_rows=learnt)
    _keep(model, predictions, split, job, prepared)
    others = _others_completed(split, job, prepared)
    if asked := (yield from _followed(others, "testing", job.meter, _but(job.signal, "stop", "pause"))):
        return ENDS_AS[asked]
    selected, selected_by = select(run, split)
    run.update(selected=selected, selected_by=selected_by)
    return outcome


def _made_fast(fit: Fit, job: Job, prepared: Prepared) -> tuple[Job, Prepared]:
    """With the precision that is fastest here, and, where all texts are tokenised, the words that they use alone."""
    ids, choices, base = prepared.ids, job.choices, prepared.base
    some = ids.of(fit.order(job.seed, 0)[:256])
    precision = choices.get("precision") or fastest_precision(base, some, choices["batch"], choices["tokens_per_pass"])
    job = replace(job, choices=choices | {"precision": precision})
    if not (ids.is_whole and models.has_plain_words(base)):
        return job, prepared
    vocabulary = UsedVocabulary(
        ids, prepared.tokenizer.pad_token_id, getattr(models.load_config(base), "pad_token_id", None)
    )
    return replace(job, ids=ids.renumbered(vocabulary.used)), replace(prepared, vocabulary=vocabulary)


def _settled(config: TrainConfig, split: Split, fits: list[Fit], job: Job, prepared: Prepared) -> Job | str:
    """With what a step takes, by a few real ones, and what follows from it: passes there is time for, the head's start.

    What an interrupted run has settled stays. What the job's signal asks between the steps is returned instead.
    """
    if "seconds_per_step" not in job.choices:
        measured = preflight.measure(lambda: _fresh(fits[0], None, split, job, prepared), fits[0], job)
        if isinstance(measured, str):
            return measured
        choices = job.choices | measured
        passed, testing = time.monotonic() - prepared.began, _testing_seconds(choices, split, prepared)
        others = passed + testing + recipe.WRITING_SECONDS
        choices = recipe.within_time(choices, config, split, len(fits), choices["seconds_per_step"], others)
        job = replace(job, choices=choices)
    if "start" not in job.choices:
        job = replace(job, choices=job.choices | {"start": _start(prepared.base, split, job.choices)})
        job.run.update(choices=job.choices)
    return job


def _start(base: str, split: Split, choices: dict[str, Any]) -> str:
    """How the head starts: as `recipe.start_of` says, or, where `base` tells these very classes apart, as it is."""
    if models.has_head_for(base, split.data.label_names, task_of(split.data).problem_type):
        return OWN_HEAD
    return recipe.start_of(
        base,
        len(split.train),
        len(split.data.label_names),
        choices["epochs"],
        few=bool(split.folds),
        regression=head.can_start_from_regression(base),
        several=split.data.several,
    )


def _fresh(fit: Fit, start: str | None, split: Split, job: Job, prepared: Prepared) -> Any:
    """A model of its own for `fit`; `start` as in the choices, None where weights come later."""
    labels = job.labels
    model = models.load_for_classes(
        prepared.base,
        split.data.label_names,
        seed=job.seed,
        device=best_device(),
        problem_type=job.task.problem_type,
    )
    if start and start != OWN_HEAD:
        head.expect_shares(model, labels[fit.train])
    rows = baselines.among(fit.train, prepared.features.positions)
    if start == "regression":
        head.start_from_regression(model, prepared.features.first(rows), labels[rows])
    if prepared.vocabulary:
        prepared.vocabulary.shrink(model)
    if start == "mean":
        mean_start.start_from_mean(model, job.ids.of(rows), labels[rows], native_precision(best_device()))
    return model


def _learn_all(
    split: Split, fits: list[Fit], job: Job, prepared: Prepared
) -> Generator[ev.Event, None, tuple[Outcome, Any, int]]:
    """One model, or one for each learning rate that is tried, or one for each fold and then one for all rows.

    What was learnt before an interruption is not learnt again.

    Returns:
        How it ended, the last model, and from how many rows it learnt.
    """
    run, predictions, tried = job.run, _predictions(split, job), search.kept(job.run)
    done = {trial.number for trial in tried}
    ended, model, learnt = "stopped" if any(trial.cut for trial in tried) else "done", None, len(split.train)
    for fit in fits:
        if fit.number in done or _is_scored(fit, split, predictions):
            continue
        yield ev.PhaseBegan(phase="learning", done=job.meter.within("learning", fit.number / fit.of))
        position = checkpoint.peek(run.folder / CHECKPOINT)
        begun = position is not None and position.fit == fit.number
        model = _fresh(fit, None if begun else job.choices["start"], split, job, prepared)
        outcome = yield from learn(model, fit, job)
        if outcome in ("discarded", "paused"):
            return outcome, model, 0
        job = replace(job, choices=run.meta["choices"])
        if fit.changes:
            said = logits_of(model, job.ids.of(fit.validation), precision=_reading(job))
            scores = job.task.scores(said, job.labels[fit.validation])
            trial = search.Trial(fit.number, fit.changes["lr"], scores, cut=outcome == "stopped")
            search.keep(run, trial, model)
            score = headline(trial.scores)
            yield ev.Tried(number=fit.number, of=fit.of, lr=trial.lr, score=score, loss=trial.scores["loss"])
        elif outcome == "stopped" and weights.is_kept(run.folder / FOLD):
            weights.load(run.folder / FOLD, model)  # the last fold that was learnt to its end, and judged
            learnt = weights.facts_of(run.folder / FOLD)
        else:
            learnt = len(fit.train)
            if split.folds:
                weights.keep(run.folder / FOLD, model, learnt)
            predictions = _with_unseen(predictions, model, fit, job)
        if outcome == "stopped":
            ended = outcome
            break
    return ended, model, learnt


def _predictions(split: Split, job: Job) -> Predictions:
    """What the run's models have said so far of rows that they had not learnt from, not calibrated yet."""
    kept = Predictions.load(job.run.folder, "uncalibrated")
    return kept or Predictions.none(len(split.data.label_names), several=job.task.several)


def _with_unseen(predictions: Predictions, model: Any, fit: Fit, job: Job) -> Predictions:
    """`predictions` and those of `model` on the rows that it has not learnt from, kept in the run's folder."""
    unseen = np.concatenate([fit.validation, fit.held_out])
    more = predictions.plus(unseen, logits_of(model, job.ids.of(unseen), precision=_reading(job)))
    more.save(job.run.folder, "uncalibrated")
    return more


def _reading(job: Job) -> str:
    """The precision in which unseen rows are read: exact on a CPU; a GPU takes several times as long for that."""
    return "fp32" if best_device().type == "cpu" else str(job.choices["precision"])


def _keep(model: Any, predictions: Predictions, split: Split, job: Job, prepared: Prepared) -> None:
    """Calibrate the model, and write it and its predictions; a model that went astray is not written."""
    run = job.run
    judged = predictions.among(choosing_rows(split))
    temperature = fit_temperature(job.task, judged.logits, job.labels[judged.positions])
    head.fold_temperature(model, temperature)
    predictions = predictions.divided(temperature)
    use = replace(baselines.use_of(predictions, split), temperature=temperature)
    # where folds take turns, what was judged is not the model that ships
    if predictions.are_numbers and all(bool(p.isfinite().all()) for p in model.parameters()):
        save_bert(run.model_folder("bert"), model, prepared.tokenizer, job.choices, use)
        predictions.save(run.folder, "bert")


def _others_completed(split: Split, job: Job, prepared: Prepared) -> Generator[float, None, None]:
    """The classifiers beside BERT with the rows that they have not read yet; yields the share that is done."""
    run, length, language = job.run, job.choices["max_length"], job.choices["language"]
    rows = baselines.whole_look(split, job.choices["instant_rows"])
    reading = baselines.instant(run, split, prepared.base, prepared.ids, prepared.tokenizer, length, rows)
    yield from placed(reading, 0.0, _OF_INSTANT)
    yield from placed(
        baselines.fit_tfidf(run, split, language, baselines.whole_look(split)), _OF_INSTANT, 1 - _OF_INSTANT
    )


def _base(config: TrainConfig, language: str, run: Run) -> tuple[str, ev.BaseOutOfReach | None]:
    """The base named, else the one for the language; TF-IDF where that one can't be had, and then what was missed."""
    if config.base or run.meta["choices"]:
        return config.base or run.meta["choices"]["base"], None
    hub = hub_reachable()
    base = models.default_base(language, gpu=best_device().type == "cuda", hub=hub)
    if hub or models.is_local(base):
        return base, None
    entry = models.catalogue_entry(base)
    missed = ev.BaseOutOfReach(base=base, megabytes=entry.megabytes if entry else 0, language=language)
    return TFIDF_ONLY, missed


def _choose(config: TrainConfig, base: str, language: str, split: Split, run: Run, tokenizer: Any) -> dict[str, Any]:
    """The settings, made once and kept in run.json."""
    import torch

    choices: dict[str, Any] | None = run.meta["choices"]
    if choices is not None:
        torch.set_num_threads(choices["threads"])
        return {"tokens_per_pass": MOST_TOKENS, "instant_rows": MOST_ROWS, **choices}
    threads = fastest_threads()
    about = models.load_config(base)
    longest = models.longest(tokenizer, about)
    if config.max_length and config.max_length > longest:
        raise UserError("setting_out_of_range", name="max_length", value=config.max_length, low=8, high=longest)
    rows = split.train[sample(len(split.train), LENGTHS_FROM)]
    ids = models.encode(tokenizer, [split.data.texts[i] for i in rows], longest)
    lengths = np.array([len(i) for i in ids])
    choices = recipe.choose(
        config,
        lengths,
        len(split.data.label_names),
        longest=longest,
        encoder_weights=recipe.encoder_weights(about),
        rows=len(split.train),
        validated=len(split.validation) > 0,
    )
    preflight.check_disk(about, base, run.folder)
    length, device = choices["max_length"], best_device()
    words = preflight.words_used(ids, len(split.data))
    choices["tokens_per_pass"] = preflight.tokens_per_pass(about, base, length, device, language, words)
    choices["instant_rows"] = recipe.instant_rows(config, float(lengths.mean()), known())
    return choices | {"base": base, "language": language, "threads": threads}


def _fits(split: Split, choices: dict[str, Any]) -> list[Fit]:
    nothing = np.zeros(0, dtype=np.int64)
    if split.folds:
        of = len(split.folds) + 1
        rows = len(split.train)
        scored = [Fit(i, of, kept, nothing, held_out, rows) for i, (kept, held_out) in enumerate(split.folds)]
        return [*scored, Fit(of - 1, of, split.train, nothing, nothing, rows)]
    parts = (split.train, split.validation, split.test, len(split.train))
    if rates := choices.get("search"):
        return [Fit(i, len(rates), *parts, {"lr": rate}) for i, rate in enumerate(rates)]
    return [Fit(0, 1, *parts)]


def _is_scored(fit: Fit, split: Split, predictions: Predictions) -> bool:
    return bool(split.folds and len(fit.held_out) and np.isin(fit.held_out, predictions.positions).all())


def _measured(job: Job, split: Split, fits: int, prepared: Prepared) -> Meter:
    """The job's meter by the seconds that a step was measured to take."""
    learning = fits * recipe.fit_seconds(job.choices, split, job.choices["seconds_per_step"])
    testing = _testing_seconds(job.choices, split, prepared) + 1.0
    return job.meter.measured(preparing=0.0, learning=learning, testing=testing)


def _testing_seconds(choices: dict[str, Any], split: Split, prepared: Prepared) -> float:
    """What is read when all is learnt: validation and test rows, and what the instant classifier has not read yet."""
    whole_look = baselines.whole_look(split, choices["instant_rows"])
    unread = len(np.setdiff1d(whole_look, prepared.features.positions))
    rows = len(split.validation) + len(split.test) + unread
    return recipe.reading_seconds(choices, rows, choices["seconds_per_step"])


def _baseline_ready(run: Run, name: str, split: Split) -> ev.BaselineReady:
    return ev.BaselineReady(model=name, **_scores(run, name, split))


def _scores(run: Run, name: str, split: Split) -> Scores:
    """Of one model on the rows by which models are chosen; without the loss."""
    said = (Predictions.load(run.folder, name) or Predictions.none(1)).among(choosing_rows(split))
    found = task_of(split.data).scores(said.logits, split.data.labels[said.positions])
    return {name: score for name, score in found.items() if name != "loss"}
