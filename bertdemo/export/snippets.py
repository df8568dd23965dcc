"""Snippets that call a run's classifier, filled in with where it is served and what it is called."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

TEXT = "Where is my parcel?"
SECOND = "Parcels arrive within three days."


@dataclass(frozen=True)
class Snippet:
    """A few lines to copy. `title` is worded as ``ui.snippet_<title>``, or said as it is where that is a name."""

    title: str
    language: str
    code: str


def snippets(address: str, run_id: str, stem: str, *, pair: bool, several: bool) -> list[Snippet]:
    """For Python over HTTP, curl, JavaScript, and Python with bertdemo, with transformers and with ONNX alone.

    Args:
        address: where the page is served, without a slash at its end.
        run_id: which run classifies.
        stem: the name of the folder in the exported zips.
        pair: whether it judges two texts together.
        several: whether a text may have several labels.
    """
    second = SECOND if pair else ""
    named = f'run="{run_id}", text="{TEXT}"' + (f', text_pair="{second}"' if pair else "")
    batch: Sequence[object] = [[TEXT, SECOND], [SECOND, TEXT]] if pair else [TEXT, "Thank you!"]
    return [
        Snippet("client", "python", _client(address, run_id, named, batch)),
        Snippet("curl", "shell", _curl(address, run_id, second)),
        Snippet("JavaScript", "javascript", _javascript(address, run_id, second)),
        Snippet("bertdemo", "python", _bertdemo(run_id, pair)),
        Snippet("transformers", "python", _transformers(stem, pair, several)),
        Snippet("onnx", "shell", _onnx(stem, pair)),
    ]


def _client(address: str, run_id: str, named: str, batch: Sequence[object]) -> str:
    return f"""# pip install gradio_client
from gradio_client import Client

client = Client("{address}")
print(client.predict({named}, api_name="/classify"))
print(client.predict(run="{run_id}", texts={json.dumps(batch)}, api_name="/classify_batch"))
"""


def _asked(run_id: str, second: str) -> dict[str, str]:
    return {"run": run_id, "text": TEXT} | ({"text_pair": second} if second else {})


def _curl(address: str, run_id: str, second: str) -> str:
    return f"""curl -s {address}/api/classify -H 'Content-Type: application/json' \\
  -d '{json.dumps(_asked(run_id, second))}'
"""


def _javascript(address: str, run_id: str, second: str) -> str:
    return f"""const answer = await fetch("{address}/api/classify", {{
  method: "POST",
  headers: {{ "Content-Type": "application/json" }},
  body: JSON.stringify({json.dumps(_asked(run_id, second))}),
}});
console.log(await answer.json());
"""


def _bertdemo(run_id: str, pair: bool) -> str:
    if pair:
        return f"""# on the machine that holds the run
import bertdemo

[found] = bertdemo.load("{run_id}").predict([("{TEXT}", "{SECOND}")])
print(found.label, found.confidence)
"""
    return f"""# on the machine that holds the run
import bertdemo

[found] = bertdemo.load("{run_id}").predict(["{TEXT}"])
print(found.label, found.confidence)
"""


def pipeline_call(given: str, *, several: bool) -> str:
    """The arguments of a pipeline's call: where a text may have several labels, all of them are asked for."""
    return f"{given}, truncation=True" + (", top_k=None" if several else "")


def _transformers(stem: str, pair: bool, several: bool) -> str:
    given = f'{{"text": "{TEXT}", "text_pair": "{SECOND}"}}' if pair else f'"{TEXT}"'
    rule = "\n# a text has the labels whose scores reach the thresholds in README.md of the folder" if several else ""
    return f"""# pip install transformers torch, and the unpacked transformers folder{rule}
from transformers import pipeline

classify = pipeline("text-classification", model="{stem}")
print(classify({pipeline_call(given, several=several)}))
"""


def _onnx(stem: str, pair: bool) -> str:
    texts = f'"{TEXT}" "{SECOND}"' if pair else f'"{TEXT}"'
    return f"""# the unpacked ONNX zip; neither torch nor transformers is needed
pip install onnxruntime tokenizers numpy
python {stem}/classify.py {texts}
"""
