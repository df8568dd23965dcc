"""What is shown, as pure functions of what is known. Everything that a person wrote is escaped here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from bertdemo.data.dataset import Roles, Split
from bertdemo.data.findings import Finding
from bertdemo.data.pair import TextPair
from bertdemo.data.table import Table
from bertdemo.data.yes_no import YES, lowered
from bertdemo.errors import UserError
from bertdemo.export.charts import PALETTE, clipped, named
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run
from bertdemo.runs.state import RunState
from bertdemo.text import language_name, say, say_error, sentence, settings_said

# blue from Tol's "bright" colours, the others from the palette: each is seen on light and on dark (3:1), by anybody
CURVES = {"train": "#8C8C8C", "validation": "#4477AA", "bert": "#4477AA", "instant": PALETTE[5], "tfidf": PALETTE[2]}
CURVES["kept"] = PALETTE[3]
"""The colour of each curve while a model learns; ``kept`` is the step whose weights were kept."""
DASHES = 12
MOST_BARS = 30
ROWS_SHOWN = 6
LONGEST_NAME = 27
"""Characters of a file's name in a list of runs: a phone shows about fifty of a line."""


def duration(seconds: float, lang: str) -> str:
    """A time as people say it: seconds, minutes, hours."""
    if seconds < 55:
        return sentence("seconds", lang, n=max(5, 5 * round(seconds / 5)))
    if seconds < 3300:
        return sentence("minutes", lang, n=max(1, round(seconds / 60)))
    return sentence("hours", lang, hours=seconds / 3600)


def clock(seconds: float) -> str:
    """``2:14``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def color(position: int) -> str:
    """The colour of a class, the same in every chart of a run."""
    return PALETTE[position % len(PALETTE)]


def error(problem: UserError, lang: str) -> str:
    """A box that says what happened and what to do."""
    return f'<div class="notice bad" role="alert">{escape(worded(problem, lang))}</div>'


def worded(problem: UserError, lang: str) -> str:
    """What happened and what to do, settings and models by the names that they have on the page."""
    params = problem.params
    if problem.code in ("setting_no_number", "setting_not_whole", "setting_out_of_range"):
        params = {**params, "name": setting(params["name"], lang)}
    if problem.code == "export_bert_only":
        params = {**params, "selected": say(f"model.{params['selected']}", lang)}
    return say_error(problem.code, lang, **params)


def setting(name: str, lang: str) -> str:
    """What a setting of a training is called on the page."""
    return sentence(name, lang)


def run_titles(runs: Sequence[tuple[str, dict[str, Any], RunState]], lang: str) -> list[str]:
    """What runs are called in a list: file, score or state, when they were made, and unusual settings; no two alike.

    Args:
        runs: id, run.json and state of each.
        lang: language.
    """

    def title(meta: dict[str, Any], state: RunState, created: str) -> str:
        score = f"{state.finished.score:.1%}" if state.finished else sentence(f"status_{state.status}", lang)
        asked = settings_said(TrainConfig.asked(meta["config"]), lang)
        facts = [_shortened(meta["name"]), score, created.replace("T", " "), *([asked] if asked else [])]
        return " · ".join(facts)

    titles = [title(meta, state, meta["created"][:16]) for _, meta, state in runs]
    if len(set(titles)) < len(titles):
        often = Counter(titles)
        precise = [f"{title(meta, state, meta['created'][:19])} · {run_id[:4]}" for run_id, meta, state in runs]
        titles = [exact if often[its] > 1 else its for its, exact in zip(titles, precise, strict=True)]
    return titles


def _shortened(name: str) -> str:
    """A file's name for a narrow screen: its beginning and its end, which tells years and versions apart."""
    half = (LONGEST_NAME - 1) // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half:]}"


def of_run(run: Run) -> str:
    """Which run the figures beside it are of: its file's name, and when it was made."""
    name, created = run.meta["name"], run.meta["created"][:16].replace("T", " ")
    return f'<p class="quiet">{escape(name)} · {escape(created)}</p>'


def note(words: str, kind: str = "", *, said: bool = False) -> str:
    """A quiet box with a sentence, which a screen reader says by itself where it is to be `said`."""
    role = ' role="status"' if said else ""
    return f'<div class="notice {kind}"{role}>{escape(words)}</div>'


def bars(counts: Sequence[tuple[str, float]], lang: str, *, shares: bool = False) -> str:
    """A table of names with bars and numbers; `shares` are 0 to 1 and shown as percent.

    Of more than `MOST_BARS` the largest are shown, in their order; fewer stand as they are given.
    """
    top = max((value for _, value in counts), default=1) or 1
    if shares:
        top = 1.0
    rows = []
    placed = list(enumerate(counts))
    if len(placed) > MOST_BARS:
        placed.sort(key=lambda each: -each[1][1])
    for position, (name, value) in placed[:MOST_BARS]:
        number = f"{value:.1%}" if shares else f"{value:,.0f}"
        bar = f'<span style="width:{100 * value / top:.1f}%;background:{color(position)}"></span>'
        rows.append(
            f'<tr><th scope="row">{named(name)}</th><td class="bar">{bar}</td><td class="num">{number}</td></tr>'
        )
    if len(counts) > MOST_BARS:
        more = sentence("more_labels", lang, n=len(counts) - MOST_BARS)
        rows.append(f'<tr><td colspan="3">{escape(more)}</td></tr>')
    return f'<table class="bars">{"".join(rows)}</table>'


def findings(found: Sequence[Finding], lang: str, table: Table, roles: Roles) -> str:
    """What was noticed in the data, worst first; rows of `table` where it can be seen, folded away."""
    if not found:
        return f'<p class="quiet">{escape(sentence("nothing_noticed", lang))}</p>'
    marks = {"error": "×", "warning": "!", "info": "i"}
    items = []
    for f in found:
        seen = "" if f in table.reading.notices else _rows_of(f, lang, table, roles)
        mark = f'<span aria-hidden="true">{marks.get(f.severity, "i")}</span>'
        items.append(f'<li class="{escape(f.severity)}">{mark}<div>{escape(f.message(lang))}{seen}</div></li>')
    return f'<ul class="findings">{"".join(items)}</ul>'


def _rows_of(finding: Finding, lang: str, table: Table, roles: Roles) -> str:
    rows = [row for row in finding.rows if row < table.rows][:ROWS_SHOWN]
    if not rows:
        return ""
    cells = {name: table.data.column(table.columns.index(name)) for name in roles.columns}
    items = []
    for row in rows:
        text = " · ".join(cells[name][row].as_py() or "" for name in roles.text)
        if roles.pair:
            text = TextPair(text, cells[roles.pair][row].as_py() or "")
        label = cells[roles.label][row].as_py()
        if roles.flags:
            label = "|".join(name for name in roles.flags if lowered(cells[name][row].as_py()) in YES)
        label = label or sentence("no_label", lang)
        where = sentence("row", lang, n=row + 1)
        items.append(f"<li><small>{escape(where)}</small> {escape(clipped(text))} <em>{escape(label)}</em></li>")
    summary = escape(sentence("show_rows", lang))
    return f'<details><summary>{summary}</summary><ul class="rows">{"".join(items)}</ul></details>'


def example_rows(rows: Sequence[tuple[str, str]], title: str, lang: str) -> str:
    """A few texts with their labels, so that a wrong column is seen at once."""
    none = sentence("no_label", lang)
    items = [f"<li>{escape(clipped(text))} <em>{escape(label or none)}</em></li>" for text, label in rows]
    return (
        f'<div class="examples"><span class="quiet">{escape(title)}</span><ul class="rows">{"".join(items)}</ul></div>'
    )


def parts(split: Split | None, lang: str) -> str:
    """What there is to say of the split, and the rows of each class that are learned from, that validate and that test.

    Where folds take turns there is no more to it than a sentence.
    """
    if split is None:
        return ""
    names = split.data.label_names
    said = "".join(f'<p class="quiet">{escape(finding.message(lang))}</p>' for finding in split.findings)
    if split.out_of_fold:
        return said
    shares = (split.train, split.validation, split.test)
    columns = [split.data.counts_at(rows) for rows in shares]
    heads = "".join(
        f'<th scope="col">{escape(sentence(f"part_{part}", lang))}</th>' for part in ("train", "validation", "test")
    )
    lines = [(name, [column[i] for column in columns]) for i, name in enumerate(names[:MOST_BARS])]
    lines.append((sentence("part_all", lang), [len(rows) for rows in shares]))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{n:,}</td>" for n in counts)}</tr>'
        for name, counts in lines
    )
    title = escape(sentence("parts", lang))
    return (
        f'{said}<details class="parts"><summary>{title}</summary><table><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></details>"
    )


def length_frame(lengths: np.ndarray) -> pd.DataFrame:
    """Texts by length in tokens, at most 40 bars: columns ``tokens`` (upper end) and ``texts``."""
    top = max(8, int(np.percentile(lengths, 99))) if len(lengths) else 8
    width = max(1, -(-top // 40))
    clipped = np.minimum(lengths, top)
    bins = (clipped + width - 1) // width * width
    values, counts = np.unique(bins, return_counts=True)
    return pd.DataFrame({"tokens": values.astype(int), "texts": counts.astype(int)})


def loss_frame(state: RunState) -> pd.DataFrame:
    """The loss curves: ``step``, ``loss`` and ``rows`` (what it was measured on); the training loss smoothed.

    Where several models learn in turns, the curve of each is its own: an empty point stands between them.
    """
    seen = pd.DataFrame({"step": [s.step for s in state.steps], "loss": [s.loss for s in state.steps], "rows": "train"})
    model = pd.Series([s.epoch for s in state.steps], dtype=float).diff().lt(0).cumsum()
    seen["loss"] = seen.groupby(model)["loss"].transform(lambda losses: losses.ewm(span=8).mean()).round(4)
    gaps = seen[model.diff().gt(0)].assign(loss=float("nan"))
    seen = pd.concat([gaps, seen]).sort_index(kind="stable")
    # a chart learns its colours from the first rows it is given: a curve to come is announced by an empty point
    checked = [(0, float("nan"), "validation"), *((v.step, round(v.loss, 4), "validation") for v in state.validations)]
    frame = pd.concat([seen, pd.DataFrame(checked, columns=["step", "loss", "rows"])], ignore_index=True)
    return frame.astype({"step": int, "loss": float})  # without types the axes would be lists of words


def score_frame(state: RunState) -> pd.DataFrame:
    """The score on validation rows: ``step``, ``accuracy`` and ``model``; the simple classifiers as level lines.

    The step whose weights were kept, by the loss and not by this score, is an upright line.
    """
    rows = [(v.step, round(v.score, 4), "bert") for v in state.validations]
    if rows:
        last = max(rows[-1][0], rows[0][0] + 1)
        for baseline in sorted(state.baselines, key=lambda each: each.model == "tfidf"):  # the dashes over the other
            name, score = baseline.model, round(baseline.score, 4)
            rows += _dashes(last, score) if name == "tfidf" else [(step, score, name) for step in (0, last)]
        if state.kept:
            scores = [score for _, score, _ in rows if not math.isnan(score)]
            rows += [(state.kept.step, score, "kept") for score in (min(scores), max(scores))]
        drawn = {name for _, _, name in rows}
        rows += [(last, float("nan"), name) for name in ("instant", "tfidf", "kept") if name not in drawn]
    return pd.DataFrame(rows, columns=["step", "accuracy", "model"]).astype({"step": int, "accuracy": float})


def score_limits(frame: pd.DataFrame) -> list[float | None]:
    """Where the axis of `score_frame` begins and ends, so that no level line lies on the edge."""
    low, high = frame["accuracy"].min(), frame["accuracy"].max()
    return [max(0.0, math.floor(20 * low - 0.1) / 20), min(1.0, math.ceil(20 * high + 0.1) / 20)]


def _dashes(last: int, score: float) -> list[tuple[int, float, str]]:
    """A level line up to step `last` in pieces, between which another one of the same score is seen."""
    long = max(1, last // (2 * DASHES))
    pieces = [(start, min(start + long, last)) for start in range(0, last, 2 * long)]
    return [(step, y, "tfidf") for a, b in pieces for step, y in ((a, score), (b, score), (b, float("nan")))]


def legend(lang: str, *, validated: bool = True, in_turns: bool = False, kept: bool = False) -> str:
    """What the colours of the curves mean; without validations there is but one curve, of several models `in_turns`."""
    # the blue of BERT is that of the validation rows
    shown = [name for name in CURVES if name == "train" or (validated and name != "bert" and (kept or name != "kept"))]
    lines = {
        name: f'<span{" class=dashed" if name == "tfidf" else ""} style="color:{CURVES[name]}"></span>'
        for name in shown
    }
    items = "".join(f"<li>{line}{escape(sentence(f'curve_{name}', lang))}</li>" for name, line in lines.items())
    pieces = "" if not in_turns else f'<p class="quiet">{escape(sentence("curve_pieces", lang))}</p>'
    return f'<ul class="legend">{items}</ul>{pieces}'


def charts_said(state: RunState, lang: str) -> str:
    """What the two charts show, for those who can't see them: their titles, and the last value of each curve."""
    several = bool(state.validations) and state.validations[-1].micro_f1 is not None
    losses = loss_frame(state).dropna().groupby("rows", sort=False)["loss"].last()
    scores = score_frame(state).dropna().groupby("model", sort=False)["accuracy"].last().rename({"bert": "validation"})
    score = "validation_f1" if several else "validation_accuracy"
    charts = [
        ("loss", {name: f"{loss:.2f}" for name, loss in losses.items()}),
        (score, {name: f"{share:.1%}" for name, share in scores.items()}),
    ]
    if state.kept and "kept" in scores:
        charts[1][1]["kept"] = f"{state.kept.step:,}"
    return "".join(f'<p class="sr-only">{escape(_chart_said(*chart, lang))}</p>' for chart in charts if chart[1])


def _chart_said(title: str, values: dict[Any, str], lang: str) -> str:
    curves = [
        sentence("chart_value", lang, curve=sentence(f"curve_{name}", lang), value=value)
        for name, value in values.items()
    ]
    said = sentence("between_values", lang).join(curves)
    return sentence("chart_said", lang, title=sentence(title, lang), values=said)


def lengths_said(lengths: np.ndarray, lang: str) -> str:
    """What the chart of lengths shows, for those who can't see it."""
    if not len(lengths):
        return ""
    half, most = (int(np.percentile(lengths, part, method="higher")) for part in (50, 99))
    return sentence("lengths_said", lang, half=half, most=most)


def progress(state: RunState, place: int | None, lang: str, ahead: float | None = None) -> str:
    """The progress of the whole job: bar, percent, times, speed, phase, what is ready already.

    `ahead` are the seconds that are left of the training that goes on while this one waits, where they are known.
    """
    if state.failed:
        said = UserError(state.failed.code, **state.failed.params)
        return note(worded(said, lang), said=True) if state.status == "stopped" else error(said, lang)
    if place is not None and place > 0 and state.status == "waiting":
        # beside the box: a screen reader would say the time whenever it changes
        words = "" if ahead is None else sentence("ahead_left", lang, time=duration(ahead, lang))
        time = f'<p class="quiet">{escape(words)}</p>' if words else ""
        return note(sentence("queued", lang, n=place), "waiting", said=True) + time
    percent = round(100 * state.done)
    if state.finished:
        facts = [sentence("took", lang, time=clock(state.elapsed))]
    elif state.phase is None:
        facts = [sentence("starting", lang)]
    else:
        facts = [sentence("so_far", lang, time=clock(state.elapsed))]
        if state.left is not None:
            facts.append(sentence("about_left", lang, time=duration(state.left, lang)))
        if state.phase == "learning" and state.rows_per_second:
            facts.append(sentence("speed", lang, rows=state.rows_per_second))
        words = say(f"phase.{state.phase}", lang)
        if state.phase == "learning" and state.epochs:
            words = sentence(
                "epoch",
                lang,
                phase=words,
                epoch=min(int(state.epoch) + 1, math.ceil(state.epochs)),
                of=math.ceil(state.epochs),
            )
        facts.append(words)
    ready = ""
    if state.baselines and not state.finished:
        best = max(state.baselines, key=lambda b: b.score)
        words = sentence("ready_to_try", lang, model=say(f"model.{best.model}", lang), accuracy=best.score)
        ready = f'<p class="quiet">{escape(words)}</p>'
    name = escape(sentence("progress_name", lang))
    facts_html = " · ".join(f"<span>{escape(fact)}</span>" for fact in facts)
    return (
        f'<div class="progress"><progress aria-label="{name}" value="{percent}" max="100">{percent}%</progress>'
        f"<strong>{percent}%</strong></div><p class='facts'>{facts_html}</p>{ready}{notices(state, lang)}"
    )


def notices(state: RunState, lang: str) -> str:
    """What was noticed on the way: a base out of reach, the measured cost, rates tried, weights kept, short memory."""
    lines: list[str] = []
    if missed := state.out_of_reach:
        known = {"base": missed.base, "megabytes": missed.megabytes, "language": language_name(missed.language, lang)}
        lines.append(say("event.base_out_of_reach", lang, **known))
    if (cost := state.measured) and not state.finished:
        time, memory = duration(cost.seconds, lang), cost.memory / 2**30
        lines.append(say("event.measured", lang, time=time, memory=memory))
    for trial in state.tried:
        lines.append(say("event.tried", lang, lr=trial.lr, number=trial.number + 1, of=trial.of, score=trial.score))
    if (kept := state.kept) and not state.tried:
        lines.append(say(kept.code, lang, step=kept.step, best_step=kept.best_step, score=kept.score))
    if short := state.memory_short:
        lines.append(say("event.memory_short", lang, step=short.step, tokens=short.tokens))
    return "".join(f'<p class="quiet">{escape(line)}</p>' for line in lines)


def announcement(state: RunState, place: int | None, lang: str) -> str:
    """What a screen reader is told: changes with the phase and every ten percent. That a run waits or has failed is
    said by the box that shows it, and not once more."""
    if state.failed or (place and state.status == "waiting"):
        words = ""
    elif state.finished:
        done = "announce_done" if state.finished.micro_f1 is None else "announce_done_several"
        words = sentence(done, lang, accuracy=state.finished.score)
    elif state.phase is None:
        words = sentence("starting", lang)
    else:
        words = f"{int(10 * state.done) * 10}%, {say(f'phase.{state.phase}', lang)}"
    return escape(words)


def next_step(state: RunState | None, place: int | None, report: dict[str, Any] | None, lang: str) -> str:
    """The header's line: what to do next."""
    if state is None:
        return sentence("next_upload", lang)
    if state.failed:
        return sentence("next_upload" if state.status == "stopped" else "next_failed", lang)
    if state.finished and report is None:
        return sentence("next_other_version", lang)
    if report and state.finished:
        ready = "next_ready_several" if "micro_f1" in report else "next_ready"
        return sentence(ready, lang, right=round(100 * report["accuracy"]))
    if place:
        return sentence("queued", lang, n=place)
    if state.left is None:
        return sentence("next_training", lang, done=state.done)
    return sentence("next_training_left", lang, done=state.done, time=duration(state.left, lang))
