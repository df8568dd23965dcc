"""Models in memory: made once, within a bound, and none waits for the loading of another."""

from __future__ import annotations

import gc
import json
import os
import shutil
import threading
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bertdemo.core.classify import Classifier
from bertdemo.data.dataset import Roles
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui import serving
from bertdemo.ui.kept import Kept
from bertdemo.ui.serving import Models


def test_what_is_no_pair_is_refused_by_its_number() -> None:
    run: Any = SimpleNamespace(roles=Roles(("a",), "label", "b"))
    for wrong in (["one"], ["one", "two", "three"], "one"):
        with pytest.raises(UserError, match="number 2 is no pair"):
            Models().texts_of(run, [["one", "two"], wrong])


def on_its_own_base(run: Run, base: Path, folder: Path) -> Path:
    """A copy of the run's instant classifier that reads a copy of the base."""
    shutil.copytree(base, folder / "base")
    made = shutil.copytree(run.model_folder("instant"), folder / "instant")
    about = json.loads((made / "bertdemo.json").read_text(encoding="utf-8"))
    (made / "bertdemo.json").write_text(json.dumps({**about, "base": str(folder / "base")}), encoding="utf-8")
    return made


def test_instant_classifiers_are_kept_by_what_they_load(
    trained: Run, tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_BYTES", 500_000)  # two encoders of 220 kB each, and not three
    models, alive = Models(), []
    for number in range(4):
        folder = on_its_own_base(trained, tiny_bert, tmp_path / str(number))
        alive.append(weakref.ref(models._load(folder).classifier))
    gc.collect()
    assert [seen() is not None for seen in alive] == [False, False, True, True]


def test_what_is_in_memory_does_not_wait_for_what_is_loaded(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    models, load = Models(), Classifier.load
    warm, cold = trained.model_folder("tfidf"), trained.model_folder("instant")
    models._load(warm)
    begun, go_on = threading.Event(), threading.Event()
    loads: list[Path] = []

    def slow(folder: Path) -> Classifier:
        loads.append(folder)
        begun.set()
        assert go_on.wait(30)
        return load(folder)

    monkeypatch.setattr(Classifier, "load", slow)
    found: list[Any] = []
    asking = [threading.Thread(target=lambda: found.append(models._load(cold))) for _ in range(3)]
    for thread in asking:
        thread.start()
    assert begun.wait(30)
    answered = threading.Thread(target=lambda: models.classify(trained, "a good film", "tfidf"))
    answered.start()
    answered.join(10)
    waited = answered.is_alive()
    go_on.set()
    for thread in (answered, *asking):
        thread.join(30)
    assert not waited
    assert loads == [cold]
    assert len(found) == 3
    assert len(set(map(id, found))) == 1


def test_what_was_used_longest_ago_goes_first() -> None:
    kept, made = Kept(2 * 800), []

    def get(name: str, expected: int = 0) -> np.ndarray:
        return kept.get(name, lambda: made.append(name) or np.zeros(100), lambda: expected)  # type: ignore[func-returns-value, return-value]

    for name in ("a", "b", "a", "c", "a", "b"):
        get(name)
    assert made == ["a", "b", "c", "b"]
    get("a")
    get("d", expected=1600)  # no room beside it
    get("a")
    assert made == ["a", "b", "c", "b", "d", "a"]


def test_what_is_shared_counts_once() -> None:
    kept, made, array = Kept(800), [], np.zeros(100)
    for _ in range(2):
        for name in "abc":
            kept.get(name, lambda name=name: made.append(name) or array)  # type: ignore[misc]
    assert made == ["a", "b", "c"]


def test_a_failure_is_raised_and_not_kept() -> None:
    kept, tries = Kept(800), []

    def fail() -> None:
        tries.append(1)
        raise MemoryError

    for _ in range(2):
        with pytest.raises(MemoryError):
            kept.get("a", fail)
    assert len(tries) == 2
    assert kept.get("a", lambda: 3) == 3


def test_rows_that_texts_are_compared_with_count_too(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_BYTES", 1)
    models = Models()
    assert models.nearest(trained, "a good film") is not None
    assert len(models._kept._things) == 1  # the classifier that was asked for last


def test_rows_that_are_embedded_later_are_found_by_the_app_that_runs(trained: Run) -> None:
    models, split = Models(), trained.split()
    features = trained.folder / "features" / "rows.safetensors"
    whole, last = load_file(features), int(split.train.max())
    first = whole["positions"] != last
    parts = {name: array if name == "layers" else array[first] for name, array in whole.items()}
    found = []
    for second, arrays in enumerate((parts, whole)):
        save_file(arrays, features)
        os.utime(features, (second, second))
        near = models.nearest(trained, split.data.texts[last])
        assert near is not None
        found.append(last in near.positions)
    assert found == [False, True]
