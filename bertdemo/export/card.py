"""The model card: README.md of a model folder, in the Hugging Face format, from a run's report."""

from __future__ import annotations

from typing import Any

from bertdemo.export.snippets import pipeline_call
from bertdemo.runs.files import write_text
from bertdemo.runs.run import Run


def write_card(run: Run) -> None:
    """Write README.md into the BERT folder of a run that has a report. Quotes no text of the data."""
    folder = run.model_folder("bert")
    if folder.is_dir():
        write_text(folder / "README.md", card(run))


def card(run: Run) -> str:
    """The card's Markdown."""
    meta, report = run.meta, run.report or {}
    choices = meta["choices"]
    scores = report["models"]["bert"]
    several, pair = "micro_f1" in report, run.roles.pair is not None
    rows_are = {
        "test_file": "test rows that were given and not used in any other way",
        "held_out": "rows held out from the file, not used in any other way",
        "out_of_fold": "all rows, each judged by a model that had not seen it",
        "some_folds": "some of the rows, each judged by a model that had not seen it (the training was stopped)",
    }[report["rows_are"]]
    models = {"bert": "this model", "instant": "frozen embeddings + logistic regression"}
    models |= {"tfidf": "TF-IDF + logistic regression", "majority": "always the largest class"}
    measure = "micro_f1" if several else "accuracy"
    table = "\n".join(
        f"| {title} | {entry[measure]:.3f} | {entry['interval'][0]:.3f} to {entry['interval'][1]:.3f} "
        f"| {entry['macro_f1']:.3f} |"
        for name, title in models.items()
        if (entry := report["models"].get(name))
    )
    labels = "\n".join(f"- `{label}`" for label in report["labels"])
    return f"""---
library_name: transformers
pipeline_tag: text-classification
base_model: {choices["base"]}
tags: [text-classification, bertdemo]
metrics: [accuracy, f1]
---

# Text classifier with {len(report["labels"])} labels

A fine-tuned `{choices["base"]}`, made with bertdemo {meta["created"][:10]}. {_headline(scores)}, of
{report["test_rows"]} rows: {rows_are}.

```python
from transformers import pipeline

classify = pipeline("text-classification", model="PATH_OF_THIS_FOLDER")
classify({_call(several=several, pair=pair)})
```

Texts are read up to {choices["max_length"]} tokens. The probabilities are calibrated: a temperature fitted on rows
that were not learnt from is part of the last layer.

## Labels

{labels}

## Scores

| model | {"micro F1" if several else "accuracy"} | 95% interval | macro F1 |
|---|---|---|---|
{table}

## Training

{report["train_rows"]} rows; {choices["epochs"]:g} epochs at most; batch
{choices["batch"]}, peak learning rate {choices["lr"]:g}, AdamW with linear warm-up and decay, {choices["precision"]},
seed {meta["config"]["seed"]}.{" Stopped early." if report["stopped"] else ""}{_tried(report)}
"""


def _headline(scores: dict[str, Any]) -> str:
    low, high = scores["interval"]
    interval = f"(95% interval {low:.1%} to {high:.1%})"
    if "micro_f1" in scores:
        return f"Micro F1 {scores['micro_f1']:.1%} {interval}, all labels right for {scores['accuracy']:.1%}"
    return f"Right on {scores['accuracy']:.1%} {interval}"


def _call(*, several: bool, pair: bool) -> str:
    """The arguments of a pipeline's call, for what the model reads and says."""
    text = '{"text": "first text", "text_pair": "second text"}' if pair else '"your text"'
    return pipeline_call(text, several=several)


def _tried(report: dict[str, Any]) -> str:
    """That the learning rate is the best of several on validation rows, and what they scored there."""
    if not report.get("tried"):
        return ""
    rates = ", ".join(f"{trial['lr']:g} ({trial['score']:.1%})" for trial in report["tried"])
    return f" The learning rate is the best of {len(report['tried'])} on the validation rows: {rates}."
