"""The rows of a file, classified: as much of them as is not done yet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from bertdemo.core.classify import MOST_PROBABILITY_COLUMNS, Classifier
from bertdemo.core.foreign import LOOKED_AT, foreign
from bertdemo.data.dataset import Roles, texts_of
from bertdemo.data.names import own_name
from bertdemo.data.readable import is_blank
from bertdemo.data.stream import Rows
from bertdemo.data.table import Table
from bertdemo.errors import UserError
from bertdemo.jobs.answers import Answers, Chunk
from bertdemo.jobs.outputs import check_fits
from bertdemo.jobs.written import (
    BEFORE_LABELS,
    UNSURE,
    OnProgress,
    Summary,
    Wish,
    free_name,
    probability_columns,
    write,
)
from bertdemo.runs.run import Run

LAYOUT = 3
"""Of kept answers: those of another one can't be gone on with."""


def text_columns(table: Table, known: Sequence[str]) -> tuple[str, ...]:
    """The columns to read from a file that came without a word: those the run learnt from, else the longest.

    Args:
        table: the head of the file.
        known: the text columns of the run.
    """
    if known and all(name in table.columns for name in known):
        return tuple(known)
    return (_longest(table, table.columns),)


def _longest(table: Table, columns: Sequence[str]) -> str:
    head = {name: [cell or "" for cell in table.column(name)[:200]] for name in columns}
    return max(columns, key=lambda name: sum(map(len, head[name])))


def columns_to_read(
    table: Table, named: Sequence[str], pair_named: str | None, known: Roles | None, *, pairs: bool = False
) -> tuple[tuple[str, ...], str | None]:
    """The columns of the texts and that of the second texts, which is None where single ones are judged.

    Of a run of pairs, columns that are neither named nor called as those it learnt from are taken in their order
    where the file has as many besides its labels: without a header they are called by their numbers.

    Args:
        table: the head of the file.
        named: the columns of the texts, where they were named; of a run of pairs the last may be the second texts',
            and one name with a comma may be those of both.
        pair_named: the column of second texts, where it was named.
        known: of the run; None where no run is known.
        pairs: whether the classifier judges pairs, where no run is known; the last of several named texts may then be
            the second.

    Raises:
        UserError: ``unknown_column``, ``pair_columns_missing`` or, where no run is known, ``pair_columns_unnamed``.
    """
    own = partial(own_name, columns=table.columns)
    if known and known.pair and len(named) == 1 and own(named[0]) not in table.columns:
        named = [part.strip() for part in re.split("[,，]", named[0])]  # both, in one field
    named, pair_named = list(map(own, named)), pair_named and own(pair_named)
    if known:
        text, flags = (tuple(map(own, names)) for names in (known.text, known.flags))
        known = replace(known, text=text, flags=flags, label=own(known.label), pair=known.pair and own(known.pair))
    check_columns(table.columns, [*named, *([pair_named] if pair_named else [])])
    if known is None and pairs:
        return _pair_named(table, named, pair_named)
    if known is None or known.pair is None:
        return tuple(named) or text_columns(table, known.text if known else ()), pair_named
    text, pair = tuple(named), pair_named
    if not text and all(name in table.columns for name in known.text):
        text = known.text
    if not pair and known.pair in table.columns and known.pair not in text:
        pair = known.pair
    if not pair and len(text) == len(known.read):
        text, pair = text[:-1], text[-1]
    others = [name for name in table.columns if name not in {*text, pair, known.label, *known.flags}]
    if not text and not pair and len(others) == len(known.read):
        text, pair = tuple(others[:-1]), others[-1]
    elif text and not pair and len(others) == 1:
        pair = others[0]
    elif pair and not text and others:
        text = (_longest(table, others),)
    if not text or not pair:
        raise UserError("pair_columns_missing", learnt=", ".join(known.read), columns=", ".join(table.columns))
    return text, pair


def _pair_named(table: Table, named: Sequence[str], pair_named: str | None) -> tuple[tuple[str, ...], str]:
    """The columns of a pair, of which nobody knows more than what was named."""
    text, pair = tuple(named), pair_named
    if not pair and len(text) > 1:
        text, pair = text[:-1], text[-1]
    others = [name for name in table.columns if name != pair]
    if not pair or not others:
        raise UserError("pair_columns_unnamed", columns=", ".join(table.columns))
    return text or (_longest(table, others),), pair


def columns_called(named: Sequence[str], pair_named: str | None, known: Roles | None) -> list[list[str]]:
    """What columns of the file may be called, of the arguments of `columns_to_read`: each list of names that stand in
    its first row tells that this is a header."""
    asked = [*named, *([pair_named] if pair_named else [])]
    both = [part.strip() for part in re.split("[,，]", named[0])] if known and known.pair and len(named) == 1 else []
    return [names for names in (asked, both, list(known.read) if known else []) if names]


def check_columns(columns: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises ``unknown_column`` where one is not there."""
    for name in wanted:
        if own_name(name, columns) not in columns:
            raise UserError("unknown_column", column=name, columns=", ".join(columns))


def fingerprint(path: Path) -> str:
    """SHA-256 (hex) of a file, or of the names and bytes of the files of a folder."""
    digest = hashlib.sha256()
    for file in sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]:
        digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while raw := stream.read(2**20):
                digest.update(raw)
    return digest.hexdigest()


def classify_rows(
    classifier: Classifier,
    model: str,
    rows: Rows,
    work: Path,
    out: Path,
    wish: Wish,
    *,
    run: Run | None = None,
    review: Path | None = None,
    on_progress: OnProgress = lambda *_: None,
) -> Summary:
    """Classify the rows, and write them with their answers to `out`: every row and column in order.

    What is done is kept in the folder `work`: a call that ended early, however it ended, is continued by the same
    call, and `out` has the same bytes as without the interruption. Rows without a text get empty answers.

    Args:
        model: what tells this model from others; answers of another one are not used.
        run: whose classifier it is, where it is one's: texts in a language foreign to it are noticed.
        review: where the least sure rows go, at most a thousand.
        on_progress: an exception that it raises ends the call.

    Raises:
        UserError: ``unknown_column``, ``second_text_missing`` or ``excel_too_small``.
    """
    check_columns(rows.columns, [*wish.text, *([wish.pair] if wish.pair else [])])
    names = new_columns(classifier, rows, wish)
    check_fits(wish.kind_of(rows), rows.rows, len(rows.columns) + len(names))
    read = {"rows": rows.source, "text": list(wish.text), "pair": wish.pair}
    plan = {"layout": LAYOUT, "model": model, **read, "columns": list(names)}
    answers = Answers.open(work, plan)
    on_progress("classifying", answers.rows, rows.rows)
    for table in rows.chunks(answers.chunks):
        done = answers.rows

        def tell(n: int, done: int = done) -> None:
            on_progress("classifying", done + n, rows.rows)

        answers.append(_answer(classifier, table, wish, probability_columns(names), tell))
        on_progress("classifying", answers.rows, rows.rows)
    several, labels = classifier.use.decision is not None, len(classifier.labels)
    summary = write(
        rows,
        answers,
        names,
        out,
        wish,
        labels=labels,
        several=several,
        reads=classifier.reads,
        review=review,
        on_progress=on_progress,
    )
    if run and (found := foreign(run, _some_texts(rows, wish))):
        summary.foreign = asdict(found)
    return summary


def _some_texts(rows: Rows, wish: Wish) -> list[str]:
    """The texts of at most `LOOKED_AT` rows, from all over."""
    texts: list[str] = []
    step, first = max(1, -(-rows.rows // LOOKED_AT)), 0
    for table in rows.chunks():
        some = table.take(range(-first % step, table.rows, step))
        texts += texts_of(some, wish.text, wish.pair)
        first += table.rows
    return texts


def new_columns(classifier: Classifier, rows: Rows, wish: Wish) -> dict[str, str]:
    """The columns that are added: the name that each should have -> the name that is free.

    Of several labels no run knows a threshold; unless one is given, there is no column for unsure rows.
    """
    wished = list(BEFORE_LABELS)
    if classifier.use.decision is not None and wish.threshold is None:
        wished.remove(UNSURE)
    if wish.all_probabilities or len(classifier.labels) <= MOST_PROBABILITY_COLUMNS:
        wished += [f"p:{label}" for label in classifier.labels]
    used, names = set(rows.columns), {}
    for name in wished:
        names[name] = free_name(name, used)
        used.add(names[name])
    return names


def _answer(classifier: Classifier, table: Table, wish: Wish, width: int, tell: Callable[[int], None]) -> Chunk:
    texts = texts_of(table, wish.text, wish.pair)
    filled = [i for i, text in enumerate(texts) if not is_blank(text)]
    found = np.zeros((len(texts), len(classifier.labels)))
    cut = np.zeros(len(texts), bool)
    found[filled], cut[filled] = classifier.judged([texts[i] for i in filled], tell)
    said, sure = classifier.decide(found)
    labels: list[Sequence[str] | None] = [None] * len(texts)
    for i in filled:
        labels[i] = said[i]
    return Chunk(labels, np.asarray(sure, np.float64), found[:, :width], cut)
