"""``evaluate`` and ``classify``: a model on texts and files."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertdemo.cli.given import COLUMNS, can_be_written, must_differ, print_json, reading
from bertdemo.cli.progress import file_line
from bertdemo.data.findings import listed
from bertdemo.errors import UserError
from bertdemo.text import say, sentence, shown_percent

if TYPE_CHECKING:
    from bertdemo.core.classify import Classifier, Prediction
    from bertdemo.core.explain import Explanation

OF_FILES = ("text", "text_pair", "out", "review", "keep_formulas", "all_probabilities")
"""Options of ``classify`` that say something of a file."""


def evaluate(options: argparse.Namespace) -> None:
    """``evaluate``: scores of a model on a file of labelled texts."""
    from bertdemo.api import load
    from bertdemo.data.dataset import different_texts, groups_among, labelled_texts
    from bertdemo.data.table import read_table
    from bertdemo.jobs.classified import check_columns
    from bertdemo.report.cautions import of_labels
    from bertdemo.report.metrics import on_a_scale, score, score_several

    table = read_table(options.file, **reading(options))
    pair = [options.text_pair] if options.text_pair else []
    check_columns(table.columns, [*options.text, *options.label, *pair])  # loading a model takes a while
    classifier = load(options.model, options.precision)
    known = _run_roles(options.model)
    if known:
        table = table.called([*known.columns, *filter(None, [known.group])])
    roles = _evaluated_roles(options, table, known, several=classifier.use.decision is not None)
    if known and known.group in table.columns and known.group not in roles.columns:
        roles = replace(roles, group=known.group)
    if classifier.use.pair and not roles.pair:
        columns, learnt = ", ".join(table.columns), ", ".join(known.read) if known else ""
        raise UserError("pair_columns_missing" if learnt else "pair_columns_unnamed", columns=columns, learnt=learnt)
    if roles.several != (classifier.use.decision is not None):
        tasks = [say("task.multi_label" if several else "task.single_label") for several in (False, True)]
        raise UserError("other_task", model=tasks[not roles.several], file=tasks[roles.several])
    table = _relabelled(options.model, table, roles, classifier.labels)
    try:
        texts = labelled_texts(table, roles, label_names=classifier.labels)
    except UserError as error:
        raise UserError("no_rows_to_evaluate", **error.params) if error.code == "no_test_rows" else error from None
    probabilities = classifier.probabilities(texts.texts)
    decision, groups = classifier.use.decision, groups_among(texts, np.arange(len(texts)))
    if decision is None:
        scores = score(texts.labels, probabilities.argmax(axis=1), classifier.labels, groups)
    else:
        scores = score_several(texts.labels, decision.labels(probabilities), classifier.labels, groups)
    unlike, values = different_texts(texts.texts), len({*texts.groups} - {""})
    seen = _seen(options.model, texts.texts)
    scale = None if decision else on_a_scale(np.array(scores["confusion"]), classifier.labels)
    untested = [entry["label"] for entry in scores["per_class"] if not entry["support"]]
    if options.json:
        left_out = [{"code": f.code, "count": f.count, "message": f.message()} for f in texts.findings]
        about = {"findings": left_out, "labels_without_rows": untested, "seen_rows": int(seen.sum())}
        about |= {"different_texts": unlike, "grouped_by": texts.grouped_by if values else None}
        about |= {} if decision else {"scale": scale}
        print_json({**scores, "labels": list(classifier.labels), **about})
        return
    low, high = scores["interval"]
    code = "cli.evaluated" if decision is None else "cli.evaluated_several"
    print(say(code, **{**scores, "low": low, "high": high}))
    if values:
        print(say("cli.evaluated_together", column=texts.grouped_by, n=values))
    if unlike:
        print(sentence("texts_repeat", "en", n=unlike))
    for entry in scores["per_class"]:
        print(say("cli.class_scores" if entry["support"] else "cli.class_without_rows", **entry))
    if scale:
        print(sentence("off_on_scale", "en", percent=100 * scale["next_to"], steps=scale["steps"]))
    for caution in of_labels(scores["per_class"]):
        print(sentence(caution["say"], "en", **caution["values"]), file=sys.stderr)
    for finding in texts.findings:
        print(finding.message(), file=sys.stderr)
    if seen.any():
        print(say("cli.seen_rows", n=int(seen.sum()), rows=len(seen)), file=sys.stderr)
        if decision is not None and not seen.all():
            new = score_several(texts.labels[~seen], decision.labels(probabilities[~seen]), classifier.labels)
            print(say("cli.unseen_score_several", **new), file=sys.stderr)
        elif not seen.all():
            right = (probabilities.argmax(axis=1) == texts.labels)[~seen]
            print(say("cli.unseen_score", accuracy=float(right.mean()), rows=len(right)), file=sys.stderr)


def _relabelled(run_or_folder: str, table: Any, roles: Any, known: Sequence[str]) -> Any:
    """The rows with the labels that the run's remedies make of theirs. Of a plain model folder, which knows the labels
    `known`, none are known; others that all rows have are left out, and that is said."""
    from bertdemo.data.relabelling import strange_everywhere, without_labels
    from bertdemo.runs.run import Run

    if not Path(run_or_folder).is_dir():
        return Run.open(run_or_folder).relabelling.done(table, roles)
    if not (strange := strange_everywhere(table, roles, known)):
        return table
    print(say("cli.labels_everywhere", names=listed(strange)), file=sys.stderr)
    return without_labels(strange, known, apart=roles.apart).done(table, roles)


def _seen(run_or_folder: str, texts: Sequence[str]) -> np.ndarray:
    """Of each text whether the run learnt from it, or chose by it, perhaps rewritten by a remedy; nobody knows of a
    plain model folder."""
    from bertdemo.data.rewriting import keys_of_forms, text_key
    from bertdemo.runs.run import Run

    if Path(run_or_folder).is_dir():
        return np.zeros(len(texts), bool)
    split = Run.open(run_or_folder).split()
    learnt = {text_key(split.data.texts[row]) for row in np.concatenate([split.train, split.validation]).tolist()}
    return np.array([not learnt.isdisjoint(keys_of_forms(text)) for text in texts], bool)


def _evaluated_roles(options: argparse.Namespace, table: Any, known: Any, *, several: bool) -> Any:
    """The columns named; what is not named is what the run learnt from, where it is there, else guessed.

    What parts several labels is only looked for where the model gives several.

    Args:
        known: the columns that the run learnt from; None for a plain model folder.
    """
    from bertdemo.api import NO_SEPARATOR, roles_of
    from bertdemo.data.roles import NO_LABEL, ONE_COLUMN

    if known is None or any(name not in table.columns for name in known.columns):
        named = {name: getattr(options, name) for name in COLUMNS}
        try:
            mark = options.label_sep or (None if several else NO_SEPARATOR)
            return _as_the_model(roles_of(table, **named | {"label_sep": mark}), several=several)
        except UserError as error:
            if error.code in (*ONE_COLUMN, *NO_LABEL):
                raise UserError("right_labels_missing", columns=", ".join(table.columns[:20])) from None
            raise
    text, label = options.text or known.text, options.label or known.labels
    pair = options.text_pair or (known.pair if known.pair not in text else None)
    mark = options.label_sep or known.separator or NO_SEPARATOR
    roles = roles_of(table, text, label, pair, mark, options.spellings_apart or known.apart)
    return _as_the_model(roles, several=several)


def _as_the_model(roles: Any, *, several: bool) -> Any:
    """Columns of yes and no as the model learnt them, however many labels the rows of another file have."""
    return replace(roles, exclusive=bool(roles.flags) and not several)


def classify(options: argparse.Namespace) -> None:
    """``classify``: labels of the texts of the command, or of a file as another file."""
    from bertdemo.api import load
    from bertdemo.core.foreign import foreign
    from bertdemo.data.pair import TextPair
    from bertdemo.data.readable import is_blank, readable
    from bertdemo.runs.run import Run

    if bool(options.texts) == bool(options.file):
        raise UserError("texts_and_file" if options.texts else "texts_or_file")
    if options.file:
        _classify_file(options)
        return
    if named := [f"--{name.replace('_', '-')}" for name in OF_FILES if getattr(options, name)]:
        raise UserError("options_of_files", options=", ".join(named))
    threshold = _threshold(options)
    classifier = load(options.model, options.precision)
    texts = [readable(text) for text in options.texts]  # bytes that are no UTF-8 arrive as halves of characters
    for number, text in enumerate(texts, start=1):
        if is_blank(text):
            raise UserError("text_missing_at", n=number)
    if classifier.use.pair:
        if len(texts) % 2:
            raise UserError("second_text_missing")
        texts = [TextPair(first, second) for first, second in zip(texts[::2], texts[1::2], strict=True)]
    found = classifier.predict(texts)
    other = None if Path(options.model).is_dir() else foreign(Run.open(options.model), texts)
    if other:
        print(other.message("en"), file=sys.stderr)
    reasons = [_reasons(classifier, *each) if options.why else [] for each in zip(texts, found, strict=True)]
    if options.json:
        rows = [{**_as_given(t), **p.to_json(), **_doubt(p, threshold)} for t, p in zip(texts, found, strict=True)]
        said = [{**row, **_why_of(p, why)} for row, p, why in zip(rows, found, reasons, strict=True)]
        print_json({"predictions": said, "foreign": asdict(other) if other else None})
        return
    for text, prediction, why in zip(texts, found, reasons, strict=True):
        doubt = f" ({say('cli.unsure')})" if _doubt(prediction, threshold).get("unsure") else ""
        label = prediction.label if prediction.labels else say("cli.none_of_the_labels")
        print(f"{prediction.confidence:6.1%}  {label}{doubt}  {' / '.join(_as_given(text).values())}")
        if prediction.read_tokens is not None:
            print(say("cli.unread", tokens=prediction.read_tokens))
        for each in why:
            _print_reasons(each)


def _reasons(classifier: Classifier, text: str, prediction: Prediction) -> list[Explanation]:
    """Of each label that a text gets, the likeliest one of all where it gets none."""
    return [classifier.explain(text, label) for label in prediction.labels or (None,)]


def _why_of(prediction: Prediction, why: list[Explanation]) -> dict[str, Any]:
    """``why`` of a prediction as JSON: of the label, a list where there may be several; nothing where none is asked."""
    told = [each.to_json() for each in why]
    return {"why": told if prediction.several else told[0]} if told else {}


def _print_reasons(why: Explanation) -> None:
    print(say("cli.why" if why.words else "cli.why_nothing", label=why.label, probability=why.probability))
    for word in why.loudest:
        place = f"  ({say('cli.second_text' if word.second else 'cli.first_text')})" if why.pair else ""
        print(f"{word.weight:+8.2f}  {word.text}{place}")


def _threshold(options: argparse.Namespace) -> float | None:
    """The confidence below which a label is unsure: the one given, else the run's; None where there is none."""
    from bertdemo.runs.run import Run

    if options.threshold is not None:
        if not 0 <= options.threshold <= 1:
            raise UserError("threshold_range", given=options.threshold)
        return float(options.threshold)
    if Path(options.model).is_dir():
        return None
    run = Run.open(options.model)
    if run.threshold is None and run.is_report_damaged:
        print(say("cli.threshold_damaged", run=run.id), file=sys.stderr)
    return run.threshold


def _doubt(prediction: Any, threshold: float | None) -> dict[str, bool]:
    """Whether a label is unsure, where it can be said."""
    if threshold is None:
        return {}
    return {"unsure": bool(prediction.confidence < threshold)}


def _as_given(text: str) -> dict[str, str]:
    first, second = getattr(text, "first", text), getattr(text, "second", None)
    return {"text": first} if second is None else {"text": first, "text_pair": second}


def _classify_file(options: argparse.Namespace) -> None:
    from bertdemo.api import TrainedRun, load
    from bertdemo.core.about import about_model
    from bertdemo.core.tasks import Use
    from bertdemo.data.stream import Rows, spool
    from bertdemo.jobs.answers import rows_done
    from bertdemo.jobs.classified import classify_rows, columns_called, columns_to_read, fingerprint
    from bertdemo.jobs.files import work_beside
    from bertdemo.jobs.outputs import kind_for
    from bertdemo.jobs.written import Wish
    from bertdemo.runs.run import Run

    if options.out is None:
        raise UserError("out_missing")
    if not options.file.exists():
        raise UserError("file_missing", name=str(options.file))
    if not options.file.is_file() and not options.file.is_dir():  # it is read more than once
        raise UserError("file_is_pipe", name=str(options.file))
    for written in [options.out, *([options.review] if options.review else [])]:
        can_be_written(written)
        kind_for(written)
    must_differ(file=options.file, out=options.out, review=options.review)

    kind, threshold = kind_for(options.out), _threshold(options)
    overrules = reading(options)
    run = None if Path(options.model).is_dir() else Run.open(options.model)
    folder = TrainedRun(run).model if run else Path(options.model)
    pairs = Use.from_json(about_model(folder)).pair
    show = file_line()
    with work_beside(options.out) as work:
        try:
            known = run.roles if run else None
            called = columns_called(options.text, options.text_pair, known)
            source = f"{fingerprint(options.file)} {json.dumps([overrules, called])}"
            rows = Rows.open(work, source) or spool(
                options.file,
                work,
                source=source,
                on_progress=lambda share: show("reading", round(1000 * share), 1000),
                called=called,
                **overrules,
            )
            text, pair = columns_to_read(next(rows.chunks()), options.text, options.text_pair, known, pairs=pairs)
            wish = Wish(text, pair, threshold, kind, options.keep_formulas, options.all_probabilities)
            classifier = load(options.model, options.precision)  # takes a while: after whatever can be wrong before
            model = f"{fingerprint(folder)} {options.precision}"
            summary = classify_rows(
                classifier, model, rows, work, options.out, wish, run=run, review=options.review, on_progress=show
            )
        except KeyboardInterrupt:
            done = rows_done(work)
            said = say("cli.classify_paused", rows=done, folder=str(work)) if done else say("cli.classify_unbegun")
            print(f"\n{said}", file=sys.stderr)
            raise
    _say_of_file(options, summary)


def _say_of_file(options: argparse.Namespace, summary: Any) -> None:
    from bertdemo.core.foreign import Foreign
    from bertdemo.data.findings import Finding

    notices = [Finding.from_json(notice) for notice in summary.notices]
    for notice in notices:
        print(notice.message(), file=sys.stderr)
    for wished, name in summary.renamed.items():
        print(say("cli.renamed", wished=wished, name=name), file=sys.stderr)
    for code, n in (
        ("many_labels", summary.left_out),
        ("formulas", summary.formulas),
        ("cells_cut", summary.cells_cut),
    ):
        if n:
            print(say(f"cli.{code}", n=n), file=sys.stderr)
    if summary.unread:
        print(sentence("file_unread", "en", n=summary.unread, tokens=summary.reads), file=sys.stderr)
    if summary.foreign:
        print(Foreign(**summary.foreign).message("en"), file=sys.stderr)
    if summary.threshold is None:
        print(say("cli.own_thresholds" if summary.several else "cli.no_threshold"), file=sys.stderr)
    if options.json:
        review = str(options.review) if options.review else None
        said = [{"code": n.code, "count": n.count, "message": n.message()} for n in notices]
        print_json({"out": str(options.out), "review": review, **summary.to_json(), "notices": said})
        return
    print(say("cli.classified", rows=summary.rows, path=str(options.out)))
    print(sentence("file_read", "en", columns=", ".join([*summary.text, *([summary.pair] if summary.pair else [])])))
    for label, count in summary.labels.items():
        print(f"{count:>8}  {label}")
    if summary.unlabelled:
        print(f"{summary.unlabelled:>8}  {say('cli.none_of_the_labels')}")
    if summary.blank:
        print(say("cli.blank_pair" if summary.pair else "cli.blank", n=summary.blank))
    if summary.unsure is not None and summary.threshold is not None:
        print(say("cli.to_review", n=summary.unsure, threshold=shown_percent(summary.threshold) / 100))
    if options.review:
        code = "cli.review_is_all" if summary.reviewed == summary.rows else "cli.review_written"
        print(say(code, n=summary.reviewed, path=str(options.review)))
        if summary.unsure and summary.reviewed > 1:
            print(say("cli.review_first", n=min(summary.unsure, summary.reviewed)))


def _run_roles(run_or_folder: str) -> Any:
    """The columns that a run learnt from; None for a plain model folder."""
    from bertdemo.runs.run import Run

    return None if Path(run_or_folder).is_dir() else Run.open(run_or_folder).roles
