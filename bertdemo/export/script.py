"""What lies beside an ONNX graph: the script that runs it without torch, and how to use it, in words."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import Any

SCRIPT = '''"""python classify.py "a text"{more} …   (needs: pip install onnxruntime tokenizers numpy)"""
{columns}import json, pathlib, sys, numpy, onnxruntime, tokenizers

here = pathlib.Path(__file__).parent
about = json.loads((here / "labels.json").read_text(encoding="utf-8"))
tokenizer = tokenizers.Tokenizer.from_file(str(here / "tokenizer.json"))
tokenizer.enable_truncation(about["max_length"])
model = onnxruntime.InferenceSession(str(here / "model.onnx"), providers=["CPUExecutionProvider"])

def classify(text{second}):
    read = tokenizer.encode(text{second}) or tokenizer.encode(about["stand_in"])
    given = {{"input_ids": read.ids, "attention_mask": read.attention_mask, "token_type_ids": read.type_ids}}
    found = model.run(None, {{i.name: numpy.array([given[i.name]], numpy.int64) for i in model.get_inputs()}})[0][0]
{answer}

if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    for text{second} in {texts} or sys.exit("usage: " + __doc__):
        print(json.dumps(classify(text{second}), ensure_ascii=False))
'''
ONE_LABEL = """\
    return {"label": about["labels"][found.argmax()], "probabilities": dict(zip(about["labels"], found.tolist()))}"""
SEVERAL_LABELS = """\
    has = found >= numpy.array(about["thresholds"])
    if about["at_least_one"] and not has.any():
        has[(found / numpy.array(about["thresholds"])).argmax()] = True
    labels = [label for label, yes in zip(about["labels"], has) if yes]
    return {"labels": labels, "probabilities": dict(zip(about["labels"], found.tolist()))}"""


def script(*, several: bool, pair: bool, columns: Sequence[str] = ()) -> str:
    """classify.py: what it says of one text is what bertdemo says, by the same labels and calibrated probabilities.

    `columns` are those whose cells a text is joined from, where they are several.
    """
    named = " + ".join(json.dumps(name, ensure_ascii=False) for name in columns)
    return SCRIPT.format(
        columns=f"# it learned from texts that are joined by a line break from: {named}\n" if len(columns) > 1 else "",
        second=", second" if pair else "",
        more=' "its second text"' if pair else "",
        answer=SEVERAL_LABELS if several else ONE_LABEL,
        texts="len(sys.argv) % 2 * list(zip(sys.argv[1::2], sys.argv[2::2]))" if pair else "sys.argv[1:]",
    )


MADE_OF = {
    "fp32": "32-bit floating point",
    "dynamic": "its matrix products in 8-bit integers",
    "weights": "its weights as 8-bit integers, computed in 32 bits",
}


def joined(columns: Sequence[str]) -> str:
    """A paragraph on what a text is where it is joined from several columns; empty where it is one."""
    if len(columns) < 2:
        return ""
    names = ", ".join(code(name) for name in columns)
    return f"\nIt learned from texts joined from several columns, in this order and with a line break between them: \
{names}. Give it texts that are put together in the same way.\n"


def readme(
    about: dict[str, Any], recipe: str, agreement: str, columns: Sequence[str] = (), *, card: bool = True
) -> str:
    """README.md of the zip; `agreement` is the sentence that was found when it was loaded again and compared, and
    `card` whether a model card lies beside it."""
    of_card = "\n| `MODEL_CARD.md` | what the model learnt from, and its scores |" if card else ""
    texts = '"a text" "its second text"' if about["pair"] else '"a text" "another text"'
    return f"""# A text classifier as ONNX

```
pip install onnxruntime tokenizers numpy
python classify.py {texts}
```

Each text{" and its second text give" if about["pair"] else " gives"} a line of JSON.
{joined(columns)}
`classify.py` needs neither torch nor transformers; from Python: `from classify import classify`.

| file | what it is |
|---|---|
| `model.onnx` | the fine-tuned BERT, {MADE_OF[recipe]}: token ids in, calibrated probabilities out |
| `tokenizer.json` | texts to token ids, for the `tokenizers` library |
| `labels.json` | the labels in the order of the probabilities, the longest text in tokens ({about["max_length"]}), \
what several labels are decided by, and the token that stands for a text without any |
| `classify.py` | runs it |{of_card}

Loaded again from this zip and compared with the model it was made from: {agreement}
"""


def readme_of_ours(
    name: str, kind: str, labels: Sequence[str], columns: Sequence[str], pair: str | None, *, card: bool = True
) -> str:
    """README.md of the zip that bertdemo itself reads: what it is, and how it is used.

    Args:
        columns: those of the texts that it learnt from.
        pair: that of the second texts, where it judges pairs.
        card: whether a model card lies beside it.
    """
    of_card = " What it learnt from, and its scores, are in MODEL_CARD.md." if card else ""
    texts, given = ('"a text" "its second text"', '("a text", "its second text")') if pair else ('"a text"', '"a text"')
    named = "".join(f" --text {shlex.quote(column)}" for column in columns)
    named += f" --text-pair {shlex.quote(pair)}" if pair else ""
    return f"""# A text classifier of bertdemo

{kind[:1].upper() + kind[1:]}, with the labels {", ".join(code(label) for label in labels)}. It is used by the program \
bertdemo, which made it. `{name}` is this folder, where the zip is unpacked.{of_card}
{joined(columns)}
On the command line, from the folder of bertdemo or wherever it is installed; texts of a file are given with `--file`, \
and the columns that hold them are named behind it (here those that it learnt from):

```
python -m bertdemo classify {name} {texts}
python -m bertdemo classify {name} --file texts.csv{named} --out labelled.csv
```

In Python:

```python
import bertdemo

[found] = bertdemo.load("{name}").predict([{given}])
print(found.label, found.confidence)
```
"""


def code(words: str) -> str:
    """A code span in Markdown that nothing in it can end: fenced by more backticks than follow each other in it."""
    fence = "`" * (1 + max(map(len, re.findall("`+", words)), default=0))
    line = " ".join(words.split())
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"
