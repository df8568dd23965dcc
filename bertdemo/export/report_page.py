"""A report as one HTML file that needs nothing else: to read, to send, to print."""

from __future__ import annotations

from html import escape
from pathlib import Path

from bertdemo.core.models import public_name
from bertdemo.errors import UserError
from bertdemo.export import report_parts as parts
from bertdemo.export import report_rows
from bertdemo.export.card import card
from bertdemo.places import ASSETS
from bertdemo.runs.files import where_asked, write_text
from bertdemo.runs.run import Run
from bertdemo.text import sentence

COLORS = """
:root { --body-text-color: #1f2937; --body-text-color-subdued: #5b6472; --border-color-primary: #dfe3e8;
  --background-fill-primary: #fff; --background-fill-secondary: #f4f6f8; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --body-text-color: #e8eaed; --body-text-color-subdued: #a3acb8;
  --border-color-primary: #3a424e; --background-fill-primary: #14181e; --background-fill-secondary: #1e242c; } }
body { max-width: 860px; margin: 0 auto; padding: 24px 16px 64px; line-height: 1.5; color: var(--body-text-color);
  background: var(--background-fill-primary); font-variant-numeric: tabular-nums;
  font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.05rem; font-weight: 600; color: var(--body-text-color-subdued); margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1.1rem; margin: 34px 0 6px; }
footer { margin-top: 40px; font-size: .88rem; color: var(--body-text-color-subdued); }
"""


def report_page(run: Run, lang: str, *, examples: bool = False) -> str:
    """The whole report of a finished run as HTML, styles included.

    Args:
        run: a finished run.
        lang: language.
        examples: whether rows of the data are quoted: mistakes and doubtful labels.

    Raises:
        UserError: ``report_missing`` or ``report_other_version``.
    """
    report, meta = run.require_report(), run.meta
    sections = [
        ("what_next", parts.next_steps(report, lang, owner=examples)),
        ("worth_it", parts.worth(report, lang)),
        ("believed", parts.calibration(report, lang)),
        ("when_to_trust", parts.trust(report, lang)),
        ("confused", parts.pairs(report, lang) + parts.confusion(report, lang)),
        ("by_groups", parts.groups(report, lang, columns=examples)),
        ("more_rows", parts.growth(report, lang)),
        ("suspect_labels", parts.suspects_sentence(report, lang)),
        ("each_class", parts.per_class(report, lang)),
    ]
    if examples:
        row_of = rows_of(run)
        sections.insert(5, ("where_wrong", report_rows.wrong(report, lang, row_of)))
        sections.insert(-1, ("", report_rows.suspects(report, lang, row_of)))
    body = "".join(
        (f"<h3>{escape(sentence(title, lang).lstrip('# '))}</h3>" if title else "") + inside
        for title, inside in sections
        if inside
    )
    title = sentence("report_of", lang, file=meta["name"])
    made = sentence(
        "report_made",
        lang,
        date=meta["created"][:10],
        trained=report["train_rows"],
        judged=report["test_rows"],
        base=public_name(meta["choices"]["base"]),
    )
    return (
        f'<!doctype html><html lang="{escape(lang)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{(ASSETS / 'style.css').read_text(encoding='utf-8')}{COLORS}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{parts.headline(report, lang)}{parts.agreement(report, lang)}"
        f"{parts.before_after(report, lang)}{body}</main><footer>{escape(made)}</footer></body></html>"
    )


def write_report(run: Run, path: Path, lang: str, *, examples: bool = False) -> None:
    """Write the report as HTML, or the model card where `path` ends in .md.

    Raises:
        UserError: ``report_missing`` or ``report_other_version``; ``card_needs_bert``: the run has no BERT to describe;
            ``kind_unknown``: the name ends otherwise than in .html, .htm or .md; ``disk_full`` or ``out_unwritable``.
    """
    if path.suffix.lower() not in (".html", ".htm", ".md"):
        raise UserError("kind_unknown", ending=path.suffix or path.name, endings=".html, .md")
    report = run.require_report()
    if path.suffix.lower() == ".md" and "bert" not in report["models"]:
        raise UserError("card_needs_bert")
    written = card(run, lang) if path.suffix.lower() == ".md" else report_page(run, lang, examples=examples)
    with where_asked(path):
        write_text(path, written)


def rows_of(run: Run) -> report_rows.RowOf:
    """Looks rows of the run's data up by position: text, given label, row number in the file."""
    split, table_rows = run.split(), run.table_rows
    data = split.data

    def row_of(position: int) -> tuple[str, str, int]:
        row = int(data.row_ids[position])
        number = row - table_rows if split.test_given and row >= table_rows else row
        return data.texts[position], data.labels_of(position), number

    return row_of
