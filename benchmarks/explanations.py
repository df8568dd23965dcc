"""Word weights judged by deletion: how far the label's probability falls when the weightiest words are deleted.

    python benchmarks/explanations.py BERT_FOLDER FILE [--rows 100] [--json OUT]

Ours beside deleting at random, gradient times input, and attention (of the first token in the last layer, and its mean
over all layers; heads averaged), each as whole words. And the seconds that a text of 300 words takes.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import machine, say, table, write_json

from bertdemo.api import roles_of
from bertdemo.core.classify import Classifier
from bertdemo.core.models import encode_with_spans
from bertdemo.core.relevance import log_odds
from bertdemo.data.dataset import labelled_texts
from bertdemo.data.table import read_table
from bertdemo.data.words import Word, split_words, without

DELETED: dict[str, Callable[[int], int]] = {
    "1 word": lambda n: min(n, 1),
    "2 words": lambda n: min(n, 2),
    "3 words": lambda n: min(n, 3),
    "20%": lambda n: max(1, round(0.2 * n)),
    "50%": lambda n: round(0.5 * n),
}
FEWEST_WORDS = 5
LONG = 300

Weigh = Callable[[str, list[Word], int], np.ndarray]


def methods(classifier: Classifier) -> dict[str, Weigh]:
    """Each from (text, its words, label) to weights (words,)."""
    backend: Any = classifier.backend
    model, draw = backend.model, np.random.default_rng(0)

    def by_word(values: np.ndarray, spans: np.ndarray, words: list[Word]) -> np.ndarray:
        own = spans[:, 1] > spans[:, 0]
        places = np.searchsorted([word.begin for word in words], spans[own, 1] - 1, side="right") - 1
        return np.bincount(places, values[own], minlength=len(words))

    def encoded(text: str) -> tuple[torch.Tensor, np.ndarray]:
        ids, _, spans = encode_with_spans(backend.tokenizer, text, backend.max_length)
        return torch.from_numpy(ids[None]).to(model.device), spans

    def gradient(text: str, words: list[Word], label: int) -> np.ndarray:
        ids, spans = encoded(text)
        vectors = model.get_input_embeddings()(ids).detach().requires_grad_()
        log_odds(model(inputs_embeds=vectors).logits[0], label, several=False).backward()
        model.zero_grad()
        return by_word((vectors.grad * vectors).sum(-1)[0].detach().float().cpu().numpy(), spans, words)

    def attention(last: bool) -> Weigh:
        def weigh(text: str, words: list[Word], label: int) -> np.ndarray:
            ids, spans = encoded(text)
            before = model.config._attn_implementation
            model.set_attn_implementation("eager")
            with torch.inference_mode():
                layers = model(ids, output_attentions=True).attentions
            model.set_attn_implementation(before)
            first = torch.stack([layer[0].mean(0)[0] for layer in (layers[-1:] if last else layers)]).mean(0)
            return by_word(first.float().cpu().numpy(), spans, words)

        return weigh

    def ours(text: str, words: list[Word], label: int) -> np.ndarray:
        found = {w.begin: w.weight for w in classifier.explain(text, classifier.labels[label]).words}
        return np.array([found.get(word.begin, 0.0) for word in words])

    return {
        "random": lambda text, words, label: draw.random(len(words)),
        "gradient times input": gradient,
        "attention, last layer": attention(last=True),
        "attention, mean of layers": attention(last=False),
        "bertdemo": ours,
    }


def fall(classifier: Classifier, texts: list[str], weigh: Weigh) -> tuple[dict[str, float], float]:
    """The mean fall of the predicted label's probability for each of `DELETED`, and the seconds a text takes."""
    before = classifier.probabilities(texts)
    labels = before.argmax(axis=1)
    words = [split_words(text) for text in texts]
    begin = time.perf_counter()
    weights = [weigh(*known) for known in zip(texts, words, labels.tolist(), strict=True)]
    seconds = (time.perf_counter() - begin) / len(texts)
    falls = {}
    for name, number in DELETED.items():
        left = []
        for text, of_text, weight in zip(texts, words, weights, strict=True):
            kept = np.ones(len(of_text), bool)
            kept[np.argsort(-weight, kind="stable")[: number(len(of_text))]] = False
            left.append(without(text, of_text, kept.tolist()))
        after = classifier.probabilities(left)
        rows = np.arange(len(texts))
        falls[name] = float((before[rows, labels] - after[rows, labels]).mean())
    return falls, seconds


def long_text(classifier: Classifier, texts: list[str]) -> dict[str, float]:
    """Median seconds of a text of `LONG` words that is read whole, of five turns; and of one forward pass."""
    backend: Any = classifier.backend
    whole = dataclasses.replace(classifier, backend=dataclasses.replace(backend, max_length=512))
    text = " ".join(" ".join(texts).split()[:LONG])
    seconds: dict[str, list[float]] = {"explain": [], "classify": []}
    for _ in range(6):
        for name, work in (("explain", whole.explain), ("classify", lambda t: whole.probabilities([t]))):
            begin = time.perf_counter()
            work(text)
            seconds[name].append(time.perf_counter() - begin)
    read = len(whole.explain(text).words)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()} | {"words_read": read}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    classifier = Classifier.load(options.model)
    rows = read_table(options.file)
    every = labelled_texts(rows, roles_of(rows)).texts
    order = np.random.default_rng(0).permutation(len(every))
    texts = [t for t in (every[i] for i in order) if len(split_words(t)) >= FEWEST_WORDS][: options.rows]
    found: dict[str, Any] = {"machine": machine(), "rows": len(texts), "methods": {}}
    lines = []
    for name, weigh in methods(classifier).items():
        falls, seconds = fall(classifier, texts, weigh)
        mean = statistics.mean(falls.values())
        found["methods"][name] = {"fall": falls, "mean": mean, "seconds": seconds}
        lines.append([name, *(f"{100 * x:.1f}" for x in falls.values()), f"{100 * mean:.1f}", f"{1000 * seconds:.0f}"])
        say(f"{name}: {100 * mean:.1f} points on average, {1000 * seconds:.0f} ms a text")
    found["long_text"] = long_text(classifier, texts)
    print(table(["words deleted by", *DELETED, "mean", "ms a text"], lines))
    print(
        "\n{words_read} words: explained in {explain:.2f} s, classified in {classify:.2f} s".format(
            **found["long_text"]
        )
    )
    write_json(options.json, found)


if __name__ == "__main__":
    main()
