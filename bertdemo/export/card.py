"""The model card of a classifier, in the Hugging Face format, from a run's report: README.md of its plain folder."""

from __future__ import annotations

from typing import Any

from bertdemo.core.about import about_model
from bertdemo.core.classify import use_of_folder
from bertdemo.core.models import LICENCE, catalogue_entry, is_folder, public_name
from bertdemo.core.tasks import Decision
from bertdemo.export.card_use import use
from bertdemo.export.report_parts import about_rows, chosen_by_them, warnings_of, why_in_use
from bertdemo.export.script import code
from bertdemo.runs.files import write_text
from bertdemo.runs.run import Run
from bertdemo.text import DEFAULT_LANGUAGE, say, sentence

LIBRARY = {"transformers": "transformers", "onnx": "onnx", "onnx-int8": "onnx"}
"""What loads a form, by its name on the Hub, where it has one there."""
MEASURED = {"onnx": "card.scores_of_original", "onnx-int8": "card.scores_of_32_bits"}
"""Which sentence says of a form that its scores were measured before it was made."""


def write_card(run: Run) -> None:
    """Write README.md into the BERT folder of a run that has a report. Quotes no text of the data."""
    folder = run.model_folder("bert")
    if folder.is_dir():
        write_text(folder / "README.md", card(run))


def card(
    run: Run, lang: str = DEFAULT_LANGUAGE, *, name: str = "bert", form: str = "transformers", agreement: str = ""
) -> str:
    """The card's Markdown.

    Args:
        run: one that has a report.
        lang: language.
        name: which of the run's classifiers it describes.
        form: how that one leaves, one of `rules.RULES`.
        agreement: for ONNX, how well it agrees with the model that has the scores, in a sentence.
    """
    report, folder = run.require_report(), run.model_folder(name)
    decision = use_of_folder(folder).decision
    base = "" if name == "tfidf" else run.meta["choices"]["base"]
    labels = _rule(report, decision, lang) if decision else "\n".join(f"- {code(label)}" for label in report["labels"])
    other = "" if name == report["selected"] else f"{_other_selected(report, lang)}\n\n"
    told = [say(MEASURED[form], lang, agreement=agreement)] if form in MEASURED else []
    told += warnings_of(report, name, lang)
    return f"""---
{_front(base, form, several=_measure(report) == "micro_f1")}---

# {say("card.title", lang, n=len(report["labels"]))}

{_made(run, report, name, base, lang)}

{other}{use(form, report["labels"], decision, lang, pair=run.roles.pair is not None)}

{_read(run, about_model(folder).get("max_length"), lang)}

## {say("card.labels", lang)}

{labels}

## {say("card.scores", lang)}

{_table(report, name, lang)}
{"".join(f"{chr(10)}{each}{chr(10)}" for each in told)}{_training(run, report, name, base, lang)}"""


def _measure(report: dict[str, Any]) -> str:
    return "micro_f1" if "micro_f1" in report else "accuracy"


def _front(base: str, form: str, *, several: bool) -> str:
    """What the Hub reads; it takes bases with names of its own alone."""
    library = f"library_name: {LIBRARY[form]}\n" if form in LIBRARY else ""
    of_base = f"base_model: {base}\n" if base and not is_folder(base) else ""
    metrics = "f1" if several else "accuracy, f1"
    return (
        f"{library}pipeline_tag: text-classification\n{of_base}tags: [text-classification, bertdemo]\n"
        f"metrics: [{metrics}]\n"
    )


def _made(run: Run, report: dict[str, Any], name: str, base: str, lang: str) -> str:
    """What it is, when it was made, and its score on which rows."""
    scores = report["models"][name]
    low, high = scores["interval"]
    right = "right_several" if _measure(report) == "micro_f1" else "right"
    made = say(
        "card.made",
        lang,
        kind=say(f"card.kind_{name}", lang, **({"base": public_name(base)} if base else {})),
        date=run.meta["created"][:10],
        headline=say(f"card.{right}", lang, **{**scores, "low": low, "high": high}),
        rows=report["test_rows"],
        rows_are=say(f"card.rows_{report['rows_are']}", lang),
    )
    chosen = chosen_by_them(report, lang) if name == report["selected"] else []
    return " ".join((made, *chosen, *about_rows(report, lang)))


def _other_selected(report: dict[str, Any], lang: str) -> str:
    """That the run answers with another classifier, whose score is the one that the page shows, and why."""
    score = f"{report[_measure(report)]:.1%}"
    if report.get("selected_by") == "person":
        return say("card.selected_by_person", lang, model=say(f"model.{report['selected']}", lang), score=score)
    return say("card.selected", lang, why=why_in_use(report, lang), score=score)


def _read(run: Run, max_length: int | None, lang: str) -> str:
    """How a text is read, and what the probabilities are."""
    calibrated, columns = say("card.calibrated", lang), run.roles.text
    read = say("card.read", lang, max_length=max_length, calibrated=calibrated) if max_length else ""
    joined = say("card.joined", lang, columns=", ".join(code(name) for name in columns)) if len(columns) > 1 else ""
    return (read or say("card.read_whole", lang, calibrated=calibrated)) + joined


def _table(report: dict[str, Any], name: str, lang: str) -> str:
    """The scores of this model, of the run's others and of the largest class."""
    measure = _measure(report)
    heads = " | ".join(sentence(head, lang) for head in ("col_model", measure, "col_interval", "col_f1"))
    others = [other for other in ("bert", "instant", "tfidf", "majority") if other != name]
    titles = {name: say("card.this_model", lang)} | {other: say(f"model.{other}", lang) for other in others}
    rows = [
        f"| {title} | {entry[measure]:.3f} | {entry['interval'][0]:.3f} – {entry['interval'][1]:.3f} "
        f"| {entry['macro_f1']:.3f} |"
        for each, title in titles.items()
        if (entry := report["models"].get(each))
    ]
    return "\n".join([f"| {heads} |", "|---|---|---|---|", *rows])


def _training(run: Run, report: dict[str, Any], name: str, base: str, lang: str) -> str:
    """How a BERT was trained, and the licence of the base where it is known; empty where there is neither."""
    said = [_trained(run, report, lang)] if name == "bert" else []
    if catalogue_entry(base):
        said.append(say("card.licence_of_base", lang, base=base, licence=LICENCE))
    return "\n\n".join([f"\n## {say('card.training', lang)}", *said]) + "\n" if said else ""


def _trained(run: Run, report: dict[str, Any], lang: str) -> str:
    choices = run.meta["choices"]
    settings = {name: choices[name] for name in ("epochs", "batch", "lr", "precision")}
    trained = say("card.trained", lang, rows=report["train_rows"], seed=run.meta["config"]["seed"], **settings)
    if report["stopped"]:
        trained += say("card.stopped", lang)
    if tried := report.get("tried"):
        rates = ", ".join(f"{trial['lr']:g} ({trial['score']:.1%})" for trial in tried)
        trained += say("card.tried", lang, n=len(tried), rates=rates)
    return trained


def _rule(report: dict[str, Any], decision: Decision, lang: str) -> str:
    """By what rule a text has which of several labels, in words, and the threshold of each."""
    rule = [say("card.decides", lang)]
    rule += [say("card.at_least_one", lang)] if decision.at_least_one else []
    apart = report["rows_are"] in ("out_of_fold", "some_folds")
    rule.append(say("card.decided_apart" if apart else "card.decided", lang))
    thresholds = [
        say("card.threshold", lang, label=code(label), threshold=f"{threshold:.4g}")
        for label, threshold in zip(report["labels"], decision.thresholds, strict=True)
    ]
    return " ".join(rule) + "\n\n" + "\n".join(f"- {each}" for each in thresholds)
