"""What was classified on this visit and what it should have been: new training rows to take along."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from html import escape

from bertdemo.data.dataset import Roles
from bertdemo.data.label_cells import joined
from bertdemo.data.pair import TextPair
from bertdemo.export.charts import clipped
from bertdemo.text import sentence

MOST_ENTRIES = 200
"""Entries that are kept; the oldest go first, those with a correction last."""


@dataclass(frozen=True)
class Entry:
    """One text that was classified.

    Attributes:
        run: the id of the run that said it.
        first, second: the text; `second` is empty where the run does not judge pairs.
        said: what the classifier said, `confidence` how sure it was.
        right: the labels that a person gave it, at least one; None: nothing was said of it.
    """

    run: str
    first: str
    second: str
    said: str
    confidence: float
    right: tuple[str, ...] | None = None


Visit = tuple[Entry, ...]


def noted(visit: Visit, entry: Entry) -> Visit:
    """`visit` with `entry` as its newest one; a text that was there before keeps its correction.

    An entry with no label at all as its correction takes the correction back.
    """
    before = next((e for e in visit if _same(e, entry)), None)
    if before is not None and entry.right is None:
        entry = replace(entry, right=before.right)
    elif not entry.right:
        entry = replace(entry, right=None)
    kept = [e for e in visit if not _same(e, entry)]
    while len(kept) >= MOST_ENTRIES:
        kept.remove(next((e for e in kept if e.right is None), kept[0]))
    return (*kept, entry)


def of_run(visit: Visit, run_id: str) -> Visit:
    """The entries of one run, the newest first."""
    return tuple(e for e in reversed(visit) if e.run == run_id)


def _same(a: Entry, b: Entry) -> bool:
    return (a.run, a.first, a.second) == (b.run, b.first, b.second)


def corrected_rows(visit: Visit, roles: Roles) -> list[dict[str, str]]:
    """The corrected entries as rows to learn from: cells by the columns that the run learnt from, the newest first.

    Cells are the texts as they were typed, also where a spreadsheet would take them for formulas. Where texts of
    several columns were joined, the text stands in the first one.
    """
    rows = []
    for entry in reversed(visit):
        if entry.right is not None:
            second = {} if roles.pair is None else {roles.pair: entry.second}
            rows.append({roles.text[0]: entry.first, **second, **_label_cells(entry.right, roles)})
    return rows


def as_csv(rows: list[dict[str, str]], roles: Roles) -> str:
    """Such rows as a file."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(roles.columns)), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _label_cells(labels: tuple[str, ...], roles: Roles) -> dict[str, str]:
    if roles.flags:
        return {name: str(int(name in labels)) for name in roles.flags}
    return {roles.label: joined(labels, roles.separator) if roles.separator else "|".join(labels)}


def table(visit: Visit, lang: str) -> str:
    """The entries as a table."""
    if not visit:
        return f'<p class="quiet">{escape(sentence("visit_empty", lang))}</p>'
    heads = "".join(
        f'<th scope="col">{escape(sentence(f"visit_{name}", lang))}</th>' for name in ("text", "said", "should_be")
    )
    rows = []
    for e in visit:
        text = clipped(TextPair(e.first, e.second) if e.second else e.first)
        right = "|".join(e.right or ())
        said = f"{escape(e.said or sentence('no_label_at_all', lang))} <small>{e.confidence:.0%}</small>"
        rows.append(f"<tr><td>{escape(text)}</td><td>{said}</td><td>{escape(right)}</td></tr>")
    return (
        f'<div class="scroll tall"><table class="texts asked"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
