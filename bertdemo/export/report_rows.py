"""The rows that a report points at, with their texts: for the owner, or where the owner shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from bertdemo.export.charts import clipped
from bertdemo.text import sentence

ROWS_LISTED = 100
WRONG_HEADS = ("col_row", "col_text", "col_given", "col_predicted", "col_confidence")

Report = dict[str, Any]
RowOf = Callable[[int], tuple[str, str, int]]
"""Text, given label and row number (from 0) at a position of the run's data."""


def wrong(report: Report, lang: str, row_of: RowOf, given: str = "", predicted: str = "") -> str:
    """The surest mistakes: all, or those with one given or predicted label; each with its nearest training rows. Those
    that may be mistakes of the labels stand before all."""
    rows = [r for r in report["wrong"] if _has(report, r, "given", given) and _has(report, r, "predicted", predicted)]
    if not rows:
        return f'<p class="quiet">{escape(sentence("no_mistakes", lang))}</p>'
    doubted = {entry["position"]: entry["suggested"] for entry in report["suspects"]["rows"]}
    lines = [
        _line(
            sentence("test_row" if r["of_test_file"] else "row", lang, n=r["row"] + 1),
            row_of(r["position"])[0],
            (r["given"], r["predicted"]),
            r["confidence"],
            _why(r, doubted, row_of, lang),
        )
        for r in rows[:ROWS_LISTED]
    ]
    doubtful = "" if given or predicted else _doubtful(report, lang, row_of)
    return doubtful + _what_sure_means(report, lang) + _first_of(len(rows), lang) + _table(WRONG_HEADS, lines, lang)


def _doubtful(report: Report, lang: str, row_of: RowOf) -> str:
    """Test rows whose labels are worth a look, folded away."""
    doubtful = set(report["doubtful_tests"])
    rows = [r for r in report["wrong"] if r["position"] in doubtful]
    if not rows:
        return ""
    lines = [
        _line(
            sentence("test_row", lang, n=r["row"] + 1),
            row_of(r["position"])[0],
            (r["given"], r["predicted"]),
            r["confidence"],
        )
        for r in rows[:ROWS_LISTED]
    ]
    summary = escape(sentence("doubtful_tests", lang, n=len(rows)))
    table = _first_of(len(rows), lang) + _table(WRONG_HEADS, lines, lang)
    return f"<details><summary>{summary}</summary>{table}</details>"


def _what_sure_means(report: Report, lang: str) -> str:
    """What is meant by how sure a model is of several labels."""
    if "micro_f1" not in report:
        return ""
    return f'<p class="quiet">{escape(sentence("confidence_of_several", lang))}</p>'


def _first_of(rows: int, lang: str) -> str:
    """That not all rows are shown, where there are more."""
    if rows <= ROWS_LISTED:
        return ""
    return f'<p class="quiet">{escape(sentence("first_of", lang, n=ROWS_LISTED, of=rows))}</p>'


def _has(report: Report, row: dict[str, Any], side: str, wanted: str) -> bool:
    """Whether the label on a side of a row, or one of its labels, is the one that is wanted; an empty one means any."""
    if "micro_f1" not in report:
        return wanted in ("", row[side])
    return not wanted or wanted in row[f"{side}_labels"]  # a label may have the mark in it that parts the labels


def suspects(
    report: Report, lang: str, row_of: RowOf, decided: Mapping[int, str] | None = None, choices: Sequence[str] = ()
) -> str:
    """The training rows with the most doubtful labels.

    Args:
        report: of a run.
        lang: language.
        row_of: looks rows up.
        decided: what was decided on each row of the file; with `choices` it can be changed in the table.
        choices: the decisions there are; each select carries its row as ``data-row``.
    """
    doubted = report["suspects"]["rows"]
    found = doubted[:ROWS_LISTED]
    if not found:
        return ""
    heads = ["col_row", "col_text", "col_given", "col_suggested", "col_given_probability"]
    lines = [
        _line(
            sentence("row", lang, n=r["row"] + 1),
            row_of(r["position"])[0],
            (r["given"], r["suggested"]),
            r["probability"],
        )
        for r in found
    ]
    if choices:
        heads.append("col_decision")
        for r, line in zip(found, lines, strict=True):
            line.append(_select(r["row"], (decided or {}).get(r["row"], ""), choices, lang))
    return _first_of(len(doubted), lang) + _table(heads, lines, lang)


def _select(row: int, chosen: str, choices: Sequence[str], lang: str) -> str:
    options = "".join(
        f'<option value="{choice}"{" selected" if choice == chosen else ""}>'
        f"{escape(sentence(f'decide_{choice}', lang))}</option>"
        for choice in choices
    )
    name = escape(f"{sentence('col_decision', lang)}, {sentence('row', lang, n=row + 1)}")
    return f'<select data-row="{row}" aria-label="{name}">{options}</select>'


def compared(rows: Sequence[dict[str, Any]], lang: str, row_of: RowOf, *, of: int) -> str:
    """The first rows that one of two runs gets right and the other wrong; there are `of` in all."""
    lines = [
        ["", *map(escape, (clipped(row_of(r["position"])[0]), r["given"], r["first"], r["second"]))]
        for r in rows[:ROWS_LISTED]
    ]
    heads = ("col_nothing", "col_text", "col_given", "col_first_run", "col_second_run")
    return _first_of(of, lang) + _table(heads, lines, lang)


def _why(row: dict[str, Any], doubted: dict[int, str], row_of: RowOf, lang: str) -> str:
    """What else the model thought of, and the training rows that the text is nearest to, folded away."""
    thoughts = " · ".join(f"{label} {probability:.0%}" for label, probability in row["likeliest"])
    near, none = [], sentence("no_label", lang)
    for position in row["near"]:
        text, label, number = row_of(position)
        mark = ""
        if position in doubted:
            mark = f' <strong class="doubt">{escape(sentence("doubted", lang, label=doubted[position]))}</strong>'
        where = escape(sentence("row", lang, n=number + 1))
        near.append(f"<li><small>{where}</small> {escape(clipped(text))} <em>{escape(label or none)}</em>{mark}</li>")
    nearest = ""
    if near:
        nearest = f'<p class="quiet">{escape(sentence("nearest", lang))}</p><ul class="rows">{"".join(near)}</ul>'
    summary = escape(sentence("why_wrong", lang))
    return f'<details><summary>{summary}</summary><p class="quiet">{escape(thoughts)}</p>{nearest}</details>'


def _line(where: str, text: str, labels: tuple[str, str], probability: float, below: str = "") -> list[str]:
    """The cells of a row."""
    words = escape(clipped(text))
    return [f"<small>{escape(where)}</small>", words + below, *map(escape, labels), f"{probability:.0%}"]


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]], lang: str) -> str:
    """Cells of markup below their heads; each carries its head, which stands beside it where a screen is narrow."""
    names = [escape(sentence(name, lang)) for name in heads]
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = []
    for line in lines:
        cells = (f'<td data-head="{name}">{cell}</td>' for name, cell in zip(names, line, strict=True))
        body.append(f"<tr>{''.join(cells)}</tr>")
    table = f'<table class="texts"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    return f'<div class="scroll tall">{table}</div>'
