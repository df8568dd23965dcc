"""The model card: README.md of a model folder, in the Hugging Face format, from a run's report."""

from __future__ import annotations

from typing import Any

from bertdemo.core.classify import use_of_folder
from bertdemo.core.models import is_folder, public_name
from bertdemo.core.tasks import Decision
from bertdemo.export.report_parts import about_rows, chosen_by_them, warnings
from bertdemo.export.script import code
from bertdemo.export.snippets import pipeline_call
from bertdemo.runs.files import write_text
from bertdemo.runs.run import Run
from bertdemo.text import DEFAULT_LANGUAGE, say, sentence


def write_card(run: Run) -> None:
    """Write README.md into the BERT folder of a run that has a report. Quotes no text of the data."""
    folder = run.model_folder("bert")
    if folder.is_dir():
        write_text(folder / "README.md", card(run))


def card(run: Run, lang: str = DEFAULT_LANGUAGE) -> str:
    """The card's Markdown."""

    def words(name: str, **values: Any) -> str:
        return say(f"card.{name}", lang, **values)

    meta, report = run.meta, run.require_report()
    choices = meta["choices"]
    scores = report["models"]["bert"]
    several, pair = "micro_f1" in report, run.roles.pair is not None
    measure = "micro_f1" if several else "accuracy"
    models = {"bert": words("this_model")}
    models |= {name: say(f"model.{name}", lang) for name in ("instant", "tfidf", "majority")}
    table = "\n".join(
        f"| {title} | {entry[measure]:.3f} | {entry['interval'][0]:.3f} – {entry['interval'][1]:.3f} "
        f"| {entry['macro_f1']:.3f} |"
        for name, title in models.items()
        if (entry := report["models"].get(name))
    )
    told = "".join(f"\n{each}\n" for each in warnings(report, lang) if report["selected"] == "bert")
    heads = " | ".join(sentence(name, lang) for name in ("col_model", measure, "col_interval", "col_f1"))
    decision = use_of_folder(run.model_folder("bert")).decision
    labels = _rule(report, decision, lang) if decision else "\n".join(f"- {code(label)}" for label in report["labels"])
    low, high = scores["interval"]
    headline = words("right_several" if several else "right", **{**scores, "low": low, "high": high})
    rows_are = words(f"rows_{report['rows_are']}")
    made = words("made", base=public_name(choices["base"]), date=meta["created"][:10], headline=headline,
                 rows=report["test_rows"], rows_are=rows_are)  # fmt: skip
    chosen = chosen_by_them(report, lang) if report["selected"] == "bert" else []
    made = " ".join((made, *chosen, *about_rows(report, lang)))
    other = "" if report["selected"] == "bert" else f"\n{_other_selected(report, measure, lang)}\n"
    columns = run.roles.text
    joined = words("joined", columns=", ".join(code(name) for name in columns)) if len(columns) > 1 else ""
    settings = {name: choices[name] for name in ("epochs", "batch", "lr", "precision")}
    trained = words("trained", rows=report["train_rows"], seed=meta["config"]["seed"], **settings)
    if report["stopped"]:
        trained += words("stopped")
    if tried := report.get("tried"):
        rates = ", ".join(f"{trial['lr']:g} ({trial['score']:.1%})" for trial in tried)
        trained += words("tried", n=len(tried), rates=rates)
    return f"""---
library_name: transformers
pipeline_tag: text-classification
{_base_model(choices["base"])}tags: [text-classification, bertdemo]
metrics: [accuracy, f1]
---

# {words("title", n=len(report["labels"]))}

{made}
{other}
```
pip install transformers torch
```

```python
from transformers import pipeline

classify = pipeline("text-classification", model="PATH_OF_THIS_FOLDER")
{_use(report["labels"], decision, pair=pair)}
```

{words("read", max_length=choices["max_length"])}{joined}

## {words("labels")}

{labels}

## {words("scores")}

| {heads} |
|---|---|---|---|
{table}
{told}
## {words("training")}

{trained}
"""


def _other_selected(report: dict[str, Any], measure: str, lang: str) -> str:
    """That the run answers with another classifier, whose score is the one that the page shows."""
    score = f"{report[measure]:.1%}"
    said = "selected_by_person" if report.get("selected_by") == "person" else "selected"
    return say(f"card.{said}", lang, model=say(f"model.{report['selected']}", lang), score=score)


def _base_model(base: str) -> str:
    """The line of the front matter that names it, which the Hub takes names of its own in alone."""
    return "" if is_folder(base) else f"base_model: {base}\n"


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


def _use(labels: list[str], decision: Decision | None, *, pair: bool) -> str:
    """The lines that use `classify`; where a text may have several labels, they give it those of the decision."""
    text = '{"text": "first text", "text_pair": "second text"}' if pair else '"your text"'
    called = f"classify({pipeline_call(text, several=decision is not None)})"
    if decision is None:
        return called
    thresholds = "\n".join(f"    {label!r}: {t:.4g}," for label, t in zip(labels, decision.thresholds, strict=True))
    lines = [f"found = {called}", "thresholds = {", thresholds, "}"]
    lines += ['labels = [each["label"] for each in found if each["score"] >= thresholds[each["label"]]]']
    if decision.at_least_one:
        lines += ["if not labels:"]
        lines += ['    nearest = max(found, key=lambda each: each["score"] / thresholds[each["label"]])']
        lines += ['    labels = [nearest["label"]]']
    return "\n".join([*lines, "print(labels)"])
