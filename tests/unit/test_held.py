"""What classifiers take in memory, and encoders that they share."""

from __future__ import annotations

import contextlib
import gc
import json
import shutil
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from bertdemo.core import shared
from bertdemo.core.classify import Classifier
from bertdemo.core.held import TERM_BYTES, WORD_BYTES, held
from bertdemo.runs.run import Run


def total(*parts: Any) -> int:
    return sum({place: size for part in parts for place, size in held(part).items()}.values())


def test_instant_classifiers_on_one_base_read_one_encoder(trained: Run, tmp_path: Path) -> None:
    folder = trained.model_folder("instant")
    other = shutil.copytree(folder, tmp_path / "other")
    one, two = Classifier.load(folder), Classifier.load(other)
    precise: Any = Classifier.load(other, "fp32").backend
    encoder = one.backend.encoder  # type: ignore[attr-defined]
    assert two.backend.encoder is encoder  # type: ignore[attr-defined]
    assert precise.encoder is encoder
    assert one.predict(["a good film"]) == two.predict(["a good film"])
    weights = sum(parameter.nbytes for parameter in encoder.parameters())
    assert total(one) > weights > 100_000 > sum(file.stat().st_size for file in folder.iterdir())
    assert total(one, two) < total(one) + total(two) - weights + 1
    seen = weakref.ref(encoder)
    del one, two, precise, encoder
    gc.collect()
    assert seen() is None


def test_a_base_in_a_folder_that_changed_is_another_one(trained: Run, tiny_bert: Path, tmp_path: Path) -> None:
    base = shutil.copytree(tiny_bert, tmp_path / "base")
    folder = shutil.copytree(trained.model_folder("instant"), tmp_path / "instant")
    about = json.loads((folder / "bertdemo.json").read_text(encoding="utf-8"))
    (folder / "bertdemo.json").write_text(json.dumps({**about, "base": str(base)}), encoding="utf-8")
    one: Any = Classifier.load(folder).backend
    (base / "config.json").touch()
    two: Any = Classifier.load(folder).backend
    assert one.encoder is not two.encoder


def test_who_asks_for_an_encoder_that_is_being_loaded_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    second = threading.Barrier(2)

    def load(base: str) -> Any:
        loaded.append(base)
        with contextlib.suppress(threading.BrokenBarrierError):  # nobody else is to come
            second.wait(0.5)
        return torch.nn.Linear(2, 2)

    monkeypatch.setattr(shared, "load_encoder", load)
    found: list[Any] = []
    asking = [
        threading.Thread(target=lambda: found.append(shared.shared_encoder("someone/base", torch.device("cpu"))))
        for _ in range(4)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(30)
    assert loaded == ["someone/base"]
    assert len(found) == 4
    assert len(set(map(id, found))) == 1


def test_weights_joined_products_and_vocabularies_count(trained: Run) -> None:
    bert: Any = Classifier.load(trained.model_folder("bert"), "fp32")
    model = bert.backend.model
    weights = sum(parameter.nbytes for parameter in model.parameters())
    joined = sum(layer.qkv[0].nbytes for layer in bert.backend.fast.layers)
    words = WORD_BYTES * len(bert.backend.tokenizer)
    assert weights + joined + words < total(bert) < 1.1 * (weights + joined + words)
    tfidf: Any = Classifier.load(trained.model_folder("tfidf"))
    terms = sum(len(vectorizer.vocabulary) for vectorizer in tfidf.backend.vectorizers)
    linear = tfidf.backend.linear
    assert total(tfidf) == TERM_BYTES * terms + 4 * terms + linear.weight.nbytes + linear.bias.nbytes
