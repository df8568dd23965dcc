"""Two runs side by side, as HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from bertdemo.export.charts import plain_table
from bertdemo.export.report_rows import RowOf
from bertdemo.export.report_rows import compared as compared_rows
from bertdemo.text import say, sentence, verdict_said
from bertdemo.ui import view


def compared(found: dict[str, Any], lang: str, row_of: RowOf) -> str:
    """Scores, whether the difference is more than chance, settings that differ, rows that one alone gets right.

    Args:
        found: what `report.compare.compare` says.
        lang: language.
        row_of: looks rows of the first run up.
    """
    return _scores(found, lang) + _difference(found, lang) + _settings(found, lang) + _rows(found, lang, row_of)


def _scores(found: dict[str, Any], lang: str) -> str:
    rows = []
    for run, which in zip(found["runs"], ("col_first_run", "col_second_run"), strict=True):
        low, high = run["interval"]
        cells = (say(f"model.{run['selected']}", lang), f"{run['train_rows']:,}", f"{run['score']:.1%}")
        name = f"{sentence(which, lang)}: {run['name']}, {run['created'][:16].replace('T', ' ')}"
        rows.append((name, (*cells, f"{low:.1%} – {high:.1%}", f"{run['macro_f1']:.3f}"), False))
    score = "col_micro_f1" if all(run["several"] for run in found["runs"]) else "col_accuracy"
    heads = ("col_run", "col_model", "col_trained_on", score, "col_interval", "col_f1")
    return plain_table(heads, rows, lang)


def _difference(found: dict[str, Any], lang: str) -> str:
    shared = found["shared"]
    paired = shared["paired"]
    if paired is None and (n := shared["relabelled"]):
        words = sentence("labels_differ", lang, n=n, rows=shared["rows"] + n)
        return f'<p class="notice warning">{escape(words)}</p>'
    if paired is None:
        return f'<p class="quiet">{escape(sentence("shared_none", lang))}</p>'
    first, second = (100 * share for share in shared["score"])
    words = sentence(f"shared_{shared['measure']}", lang, n=shared["rows"], first=first, second=second)
    points = abs(100 * paired["difference"])
    verdict = sentence(f"compared_{verdict_said(paired['verdict'], points)}", lang, points=points)
    return f"<p>{escape(words)} {escape(verdict)}</p>"


def _settings(found: dict[str, Any], lang: str) -> str:
    if not found["settings"]:
        return f'<p class="quiet">{escape(sentence("settings_same", lang))}</p>'
    rows = [
        (view.setting(s["name"], lang), tuple(_value(s["name"], s[side], lang) for side in ("first", "second")), False)
        for s in found["settings"]
    ]
    title = escape(sentence("settings_differ", lang))
    return f"<h4>{title}</h4>{plain_table(('col_setting', 'col_first_run', 'col_second_run'), rows, lang)}"


def _rows(found: dict[str, Any], lang: str, row_of: RowOf) -> str:
    shown = []
    for key, name in (("only_first", "only_this_right"), ("only_second", "only_other_right")):
        if rows := found[key]:
            summary = escape(sentence(name, lang, n=found["shared"][key]))
            inside = compared_rows(rows, lang, row_of, of=found["shared"][key])
            shown.append(f'<details class="parts"><summary>{summary}</summary>{inside}</details>')
    return "".join(shown)


def _value(name: str, value: object, lang: str) -> str:
    if value is None:  # the TF-IDF classifier alone has no such setting
        return "–"
    if name == "budget":
        return sentence(f"budget_{value}", lang)
    return f"{value:g}" if isinstance(value, float) else str(value)
