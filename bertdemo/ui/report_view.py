"""The parts of a report as HTML and SVG, each a sentence and a picture; a table behind every chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from bertdemo.text import say
from bertdemo.ui.language import sentence
from bertdemo.ui.view import PALETTE, clipped

ROWS_LISTED = 100
WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM = 440, 260, 62, 24, 36
WELL_CALIBRATED = 0.05
FEW_ROWS = 200

TextOf = Callable[[int], str]
"""The text at a position of the run's data."""


def before_after(report: dict[str, Any], lang: str) -> str:
    """The score of the run that this one was to better, on the same rows."""
    if not (before := report.get("parent")):
        return ""
    words = sentence("before_after", lang, before=100 * before["accuracy"], after=100 * report["accuracy"])
    return f'<p class="headline-note">{escape(words)}</p>'


def worth(report: dict[str, Any], lang: str) -> str:
    """Whether the selected model is worth more than the simpler ones, by a paired test on the same rows."""
    chosen = say(f"model.{report['selected']}", lang)
    words = []
    for name in ("bert", "instant", "tfidf"):
        paired = report["models"].get(name, {}).get("paired")
        if paired is None:
            continue
        points = abs(100 * paired["difference"])
        other = say(f"model.{name}", lang)
        words.append(sentence(f"paired_{paired['verdict']}", lang, model=chosen, other=other, points=points))
    return "".join(f"<p>{escape(each[:1].upper() + each[1:])}</p>" for each in words)


def pairs(report: dict[str, Any], lang: str) -> str:
    """The classes that are taken for one another most often."""
    items = [
        f"<li>{escape(sentence('taken_for', lang, n=p['rows'], given=p['given'], predicted=p['predicted']))}</li>"
        for p in report["most_confused"]
    ]
    return f'<ul class="rows">{"".join(items)}</ul>' if items else ""


def calibration(report: dict[str, Any], lang: str) -> str:
    """Sentence and reliability diagram: confidence across, how many were right up; the diagonal is perfect."""
    found = report["calibration"]
    kind = "calibrated" if found["error"] <= WELL_CALIBRATED else "uncalibrated"
    words = sentence(f"is_{kind}", lang, points=100 * found["error"])
    if report["test_rows"] < FEW_ROWS:
        words = sentence("calibration_few", lang, n=report["test_rows"], points=100 * found["error"])
    elif found["error_before"] is not None:
        words += " " + sentence("calibrated_from", lang, points=100 * found["error_before"])
    dots = [(b["confidence"], b["accuracy"], b["share"]) for b in found["bins"]]
    marks = "".join(
        f'<circle cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="{4 + 14 * share**0.5:.1f}" fill="{PALETTE[0]}" opacity=".75"/>'
        for x, y, share in dots
    )
    diagonal = f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" class="guide"/>'
    chart = _chart(diagonal + marks, sentence("axis_confidence", lang), sentence("axis_right", lang), words)
    rows = [(f"{b['confidence']:.0%}", f"{b['accuracy']:.0%}", f"{b['rows']:,}") for b in found["bins"]]
    heads = ("axis_confidence", "axis_right", "col_rows")
    return f"<p>{escape(words)}</p>{chart}{_table(heads, rows, lang)}"


def trust(report: dict[str, Any], lang: str) -> str:
    """Sentences and curve: accuracy of the surest texts against how many they are."""
    found = report["trust"]
    words = []
    for target in found["targets"]:
        low, high = target["interval"]
        values = {"target": 100 * target["target"], "coverage": 100 * target["coverage"]}
        values |= {"threshold": 100 * target["threshold"], "accuracy": 100 * target["accuracy"]}
        words.append(sentence("accept_from", lang, **values, low=100 * low, high=100 * high))
    if not words:
        words = [sentence("accept_none", lang)]
    points = [(p["coverage"], p["accuracy"]) for p in found["curve"]]
    least = min((y for _, y in points), default=0.0)
    floor = max(0.0, int(10 * least) / 10 - 0.1)
    path = " ".join(f"{_x(x):.1f},{_y(y, floor):.1f}" for x, y in points)
    line = f'<polyline points="{path}" fill="none" stroke="{PALETTE[0]}" stroke-width="2.5"/>'
    chart = _chart(line, sentence("axis_coverage", lang), sentence("axis_right", lang), words[0], floor)
    rows = [(f"{p['coverage']:.0%}", f"{p['accuracy']:.1%}", f"{p['threshold']:.1%}") for p in found["curve"]]
    said = "".join(f"<p>{escape(each)}</p>" for each in words)
    return f"{said}{chart}{_table(('axis_coverage', 'axis_right', 'axis_from'), rows, lang)}"


def wrong(report: dict[str, Any], lang: str, text_of: TextOf, label: str = "") -> str:
    """The surest mistakes, all or those with one given label."""
    rows = [row for row in report["wrong"] if not label or row["given"] == label][:ROWS_LISTED]
    if not rows:
        return f'<p class="quiet">{escape(sentence("no_mistakes", lang))}</p>'
    shown = [
        (
            sentence("test_row" if r["of_test_file"] else "row", lang, n=r["row"] + 1),
            text_of(r["position"]),
            r["given"],
            r["predicted"],
            r["confidence"],
        )
        for r in rows
    ]
    return _rows(("col_row", "col_text", "col_given", "col_predicted", "col_confidence"), shown, lang)


def suspects(report: dict[str, Any], lang: str, text_of: TextOf | None) -> str:
    """How many labels are doubted, and the most doubtful ones."""
    found = report["suspects"]
    if not found["checked"]:
        return f'<p class="quiet">{escape(sentence("suspects_none_checked", lang))}</p>'
    words = sentence("suspects", lang, n=found["doubted"], checked=found["checked"])
    if text_of is None or not found["rows"]:
        return f"<p>{escape(words)}</p>"
    shown = [
        (sentence("row", lang, n=r["row"] + 1), text_of(r["position"]), r["given"], r["suggested"], r["probability"])
        for r in found["rows"][:ROWS_LISTED]
    ]
    heads = ("col_row", "col_text", "col_given", "col_suggested", "col_given_probability")
    return f"<p>{escape(words)}</p>{_rows(heads, shown, lang)}"


def next_steps(report: dict[str, Any], lang: str) -> str:
    """What to do next, the most useful first."""
    said = [sentence("do_" + step["do"], lang, **step["values"]) for step in report["next"]]
    return f"<ol>{''.join(f'<li>{escape(words)}</li>' for words in said)}</ol>" if said else ""


def _x(value: float) -> float:
    return LEFT + value * (WIDTH - LEFT - RIGHT)


def _y(value: float, floor: float = 0.0) -> float:
    return 12 + (1 - (value - floor) / (1 - floor)) * (HEIGHT - BOTTOM - 12)


def _chart(inside: str, across: str, up: str, description: str, floor: float = 0.0) -> str:
    ticks = "".join(
        f'<text x="{_x(v):.0f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{v:.0%}</text>'
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(floor + v * (1 - floor), floor):.1f}" '
        f'y2="{_y(floor + v * (1 - floor), floor):.1f}" class="grid"/>'
        f'<text x="{LEFT - 6}" y="{_y(floor + v * (1 - floor), floor) + 4:.1f}" text-anchor="end">'
        f"{floor + v * (1 - floor):.0%}</text>"
        for v in (0, 0.25, 0.5, 0.75, 1)
    )
    titles = (
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="12" y="{HEIGHT / 2 - 12}" text-anchor="middle" '
        f'transform="rotate(-90 12 {HEIGHT / 2 - 12})">{escape(up)}</text>'
    )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(description)}">'
        f"{ticks}{titles}{inside}</svg>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> str:
    """The numbers behind a chart, folded away."""
    head = "".join(f'<th scope="col">{escape(sentence(name, lang))}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    summary = escape(sentence("as_table", lang))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<details class="parts"><summary>{summary}</summary>{table}</details>'


def _rows(heads: Sequence[str], rows: Sequence[tuple[str, str, str, str, float]], lang: str) -> str:
    """Rows of the data with two labels and a probability."""
    head = "".join(f'<th scope="col">{escape(sentence(name, lang))}</th>' for name in heads)
    body = "".join(
        f"<tr><td><small>{escape(where)}</small></td><td>{escape(clipped(text))}</td><td>{escape(given)}</td>"
        f'<td>{escape(other)}</td><td class="num">{probability:.0%}</td></tr>'
        for where, text, given, other, probability in rows
    )
    table = f'<table class="texts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="scroll tall">{table}</div>'
