"""A file as the Data tab sees it: its rows in the light of their roles, and what is shown of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from bertdemo.core import models
from bertdemo.data.dataset import (
    LabelledTexts,
    RoleGuess,
    Roles,
    Split,
    labelled_texts,
    left_aside,
    split_texts,
)
from bertdemo.data.doctor import examine
from bertdemo.data.findings import Finding, listed
from bertdemo.data.legible import Legible
from bertdemo.data.parts import NO_SPLIT
from bertdemo.data.relabelling import UNCHANGED, Relabelling
from bertdemo.data.remedies import offered
from bertdemo.data.table import Table
from bertdemo.data.treated import treated
from bertdemo.data.yes_no import lowered, unclear
from bertdemo.errors import UserError
from bertdemo.text import language_name, say, sentence
from bertdemo.ui import view
from bertdemo.ui.downloads import new_file

EXAMPLES = 3
MOST_VISITS = 10_000
MOST_PARTED = 20_000
"""Rows that are parted, in a fifth of a second, to say what a training will cost; more are taken to need no folds."""
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe"), (" ", "space"))


@dataclass(frozen=True, eq=False)
class Source:
    """What came in, as read: kept to look at it again with other columns, remedies or test rows.

    `table` is None where the file could not be read, and may be if the person says how; `reading` is what they said.
    """

    path: str
    table: Table | None
    test: Table | None = None
    reading: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Loaded:
    """The rows to learn from, in the light of their roles and after the remedies that were chosen.

    `split` is the column by which `test` was parted from the file, `legible` is what the built-in model can make of the
    texts. `before` are the rows before any remedy, `found` what the doctor found in them, `left` what it finds
    after the remedies; both are None until it has looked.
    `guessed` is what is to be said of the columns where they were guessed, `relabelling` what the remedies made of
    labels.
    `mark` tells it from whatever was loaded before or after it.
    """

    table: Table
    roles: Roles
    texts: LabelledTexts
    legible: Legible
    test: Table | None = None
    split: str = NO_SPLIT
    remedies: tuple[str, ...] = ()
    before: Table | None = None
    found: tuple[Finding, ...] | None = None
    left: tuple[Finding, ...] | None = None
    guessed: tuple[Finding, ...] = ()
    relabelling: Relabelling = UNCHANGED
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    @cached_property
    def folds(self) -> int:
        """How many folds will take turns; 0 where the rows are parted, or so many that it would take long to see."""
        if len(self.texts) > MOST_PARTED:
            return 0
        split = split_of(self)
        return len(split.folds) if split else 0


class OnShow:
    """What each visit has on show: findings may come when another file, or other columns, came before them."""

    def __init__(self) -> None:
        self._marks: dict[str | None, str] = {}

    def put(self, visit: str | None, loaded: Loaded) -> None:
        """`visit` is the session's hash; the oldest of very many are forgotten."""
        self.forget(visit)
        self._marks[visit] = loaded.mark
        while len(self._marks) > MOST_VISITS:
            self.forget(next(iter(self._marks)))

    def forget(self, visit: str | None) -> None:
        self._marks.pop(visit, None)

    def has(self, visit: str | None, loaded: Loaded) -> bool:
        """Whether `loaded`, with findings or without, is what the visit has on show."""
        return self._marks.get(visit) == loaded.mark


class Handed(NamedTuple):
    """A file made of the table of a run, to be opened as the run's own was."""

    path: str
    run: str


def load(
    source: Table,
    roles: Roles,
    *,
    test: Table | None = None,
    split: str | None = None,
    remedies: Sequence[str] = (),
    guessed: Sequence[Finding] = (),
) -> Loaded:
    """Look at `source` in the light of `roles`. Raises what `treated` and `Treated.check` raise."""
    given = treated(source, roles, test=test, split=split, remedies=remedies)
    given.check()  # too few groups are said while the column is being chosen
    legible = models.legible_to_bundled(given.texts.texts)
    return Loaded(
        given.table,
        given.roles,
        given.texts,
        legible,
        given.test,
        given.split,
        tuple(remedies),
        given.before,
        guessed=tuple(guessed),
        relabelling=given.relabelling,
    )


def diagnosed(loaded: Loaded) -> Loaded:
    """`loaded` with what the doctor finds in it."""

    def look(table: Table, texts: LabelledTexts) -> tuple[Finding, ...]:
        beside: dict[str, Any] = {"test": tested, "test_table": loaded.test, "legible": loaded.legible}
        return examine(table, loaded.roles, texts, guessed=loaded.guessed, **beside)

    names = loaded.texts.label_names
    tested = labelled_texts(loaded.test, loaded.roles, label_names=names) if loaded.test is not None else None
    before = loaded.before or loaded.table
    left = loaded.left if loaded.left is not None else look(loaded.table, loaded.texts)
    found = loaded.found
    if found is None:
        found = left if not loaded.remedies else look(before, labelled_texts(before, loaded.roles))
    return replace(loaded, found=found, left=left)


def summary(loaded: Loaded, lang: str) -> str:
    """The file in one line, and how it was read."""
    reading = loaded.table.reading
    what = sentence(
        "data_summary",
        lang,
        rows=loaded.table.rows,
        classes=len(loaded.texts.label_names),
        language=language_name(loaded.legible.language.code, lang),
        tokens=loaded.legible.mean_tokens,
    )
    if loaded.test is not None:
        what += " · " + sentence("test_rows", lang, n=loaded.test.rows)
    names = dict(DELIMITERS)
    form = "Excel" if reading.format == "excel" else reading.format.upper()
    sheets = [str(notice.params["sheet"]) for notice in reading.notices if notice.code == "sheets_left_out"]
    form += f" ({sentence('sheet', lang)}: {sheets[0]})" if sheets else ""
    parts = [form] + ([reading.encoding] if reading.encoding else [])
    if reading.delimiter:
        known = names.get(reading.delimiter)
        parts.append(sentence(f"delimiter_{known}", lang) if known else reading.delimiter)
    parts.append(sentence("with_header" if reading.has_header else "without_header", lang))
    how = sentence("read_as", lang, how=", ".join(parts))
    how = f"{loaded.table.name} · {how}"
    return f'<div class="summary"><strong>{escape(what)}</strong><span>{escape(how)}</span></div>'


def told(loaded: Loaded, lang: str) -> str:
    """What came in, in words for whoever does not see it, after the doctor has looked."""
    rows, labels = len(loaded.texts), len(loaded.texts.label_names)
    what = sentence("told_loaded", lang, file=loaded.table.name, rows=loaded.table.rows, used=rows, labels=labels)
    return what + " " + sentence("told_noticed", lang, n=len(loaded.left or ()))


def label_meant(table: Table, chosen: Sequence[str]) -> list[str]:
    """The label columns that a person means who added the last of `chosen` to another one.

    Several columns are labels of yes and no. Where neither says that, the one that was added is to replace the other.
    """
    if len(chosen) != 2 or any(name not in table.columns or _is_yes_no(table, name) for name in chosen):
        return list(chosen)
    return [chosen[-1]]


def _is_yes_no(table: Table, name: str) -> bool:
    return not unclear({lowered(cell) for cell in table.column(name)})


def because(guess: RoleGuess, lang: str) -> str:
    """Why these columns were taken."""
    why = [
        sentence(f"{role}_because", lang, why=say(code if code.startswith("role.") else f"role.{code}", lang, **params))
        for role, (code, params) in guess.reasons.items()
    ]
    if guess.rivals and not guess.equals:
        why.append(sentence("label_rivals", lang, n=len(guess.rivals), columns=listed(guess.rivals)))
    return f'<p class="quiet">{escape(" ".join(why))}</p>'


def not_used(loaded: Loaded, lang: str) -> str:
    """The columns that are left aside, and what they seem to be."""
    named = [
        f"{name} ({say(why, lang)})" for name, why in left_aside(loaded.table, loaded.roles) if name != loaded.split
    ]
    words = sentence("not_used", lang, columns=listed(named, 12))
    return f'<p class="quiet">{escape(words)}</p>' if named else ""


def examples(loaded: Loaded, lang: str) -> str:
    """Three rows from all over the file, as they will be learned from."""
    n = len(loaded.texts)
    rows = sorted({round((i + 0.5) * (n - 1) / EXAMPLES) for i in range(EXAMPLES)})
    shown = [(loaded.texts.texts[i], loaded.texts.labels_of(i)) for i in rows]
    return view.example_rows(shown, sentence("examples_of", lang), lang)


def remedy_choices(loaded: Loaded, lang: str) -> list[tuple[str, str]]:
    """The remedies that answer to what was found, also those taken already, with how many rows it is about."""
    choices = []
    for finding in loaded.found or ():
        for remedy in offered(finding.code, loaded.roles):
            choices.append((f"{say(f'remedy.{remedy}', lang)} ({finding.count:,})", remedy))
    return choices


def split_of(loaded: Loaded) -> Split | None:
    """How the rows would be parted with the seed that the form starts with; None where they can't be."""
    texts, given = loaded.texts, None
    try:
        if loaded.test is not None:
            given = labelled_texts(loaded.test, loaded.roles, label_names=texts.label_names)
        return split_texts(texts, test=given)
    except UserError:
        return None  # said when Train is pressed


def cleaned_file(loaded: Loaded) -> str:
    """The cleaned table as a CSV in a folder of its own, for the person to download."""
    path = new_file(f"{Path(loaded.table.name).stem}-cleaned.csv")
    loaded.table.write_csv(path)
    return str(path)
