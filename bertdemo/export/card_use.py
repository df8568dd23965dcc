"""How the model of a card is used, by the form in which it leaves: lines that run from inside its folder."""

from __future__ import annotations

from collections.abc import Sequence

from bertdemo.core.tasks import Decision
from bertdemo.export.snippets import pipeline_call
from bertdemo.text import say


def use(form: str, labels: Sequence[str], decision: Decision | None, lang: str, *, pair: bool) -> str:
    """The part of a card in `lang` that says it: where from, and the lines.

    Args:
        form: one of `rules.RULES`.
        labels: in the order of the model's outputs.
        decision: the rule by which a text has its labels, where it may have several.
        pair: whether it judges two texts together.
    """
    if form == "transformers":
        return f"{say('card.from_here_transformers', lang)}\n\n{_transformers(labels, decision, pair=pair)}"
    if form == "bertdemo":
        return f"{say('card.from_here_bertdemo', lang)}\n\n{_bertdemo(several=decision is not None, pair=pair)}"
    return f"{say('card.from_here', lang)}\n\n{_onnx(pair=pair)}"


def _onnx(*, pair: bool) -> str:
    texts = '"a text" "its second text"' if pair else '"your text"'
    return f"""```
pip install onnxruntime tokenizers numpy
python classify.py {texts}
```"""


def _bertdemo(*, several: bool, pair: bool) -> str:
    given = '("first text", "second text")' if pair else '"your text"'
    return f"""```python
import bertdemo

[found] = bertdemo.load(".").predict([{given}])
print({"found.labels" if several else "found.label, found.confidence"})
```"""


def _transformers(labels: Sequence[str], decision: Decision | None, *, pair: bool) -> str:
    return f"""```
pip install transformers torch
```

```python
from transformers import pipeline

classify = pipeline("text-classification", model=".")
{_called(labels, decision, pair=pair)}
```"""


def _called(labels: Sequence[str], decision: Decision | None, *, pair: bool) -> str:
    """The lines that use `classify`; where a text may have several labels, they give it those of the decision."""
    text = '{"text": "first text", "text_pair": "second text"}' if pair else '"your text"'
    called = f"classify({pipeline_call(text, several=decision is not None)})"
    if decision is None:
        return f"print({called})"
    thresholds = "\n".join(f"    {label!r}: {t:.4g}," for label, t in zip(labels, decision.thresholds, strict=True))
    lines = [f"found = {called}", "thresholds = {", thresholds, "}"]
    lines += ['labels = [each["label"] for each in found if each["score"] >= thresholds[each["label"]]]']
    if decision.at_least_one:
        lines += ["if not labels:"]
        lines += ['    nearest = max(found, key=lambda each: each["score"] / thresholds[each["label"]])']
        lines += ['    labels = [nearest["label"]]']
    return "\n".join([*lines, "print(labels)"])
