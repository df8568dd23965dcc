"""A training in this process while another one has the device."""

from __future__ import annotations

from pathlib import Path

import pytest

from bertdemo import api
from bertdemo.jobs.work import training_lock


def test_a_training_that_waits_says_so_and_can_be_left(reviews_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    prepared = api.prepare(reviews_csv, base="tfidf")
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")
        prepared.pause()

    prepared.on_wait = waiting
    with training_lock():
        assert list(prepared.events()) == []
    assert said == ["waiting"]
    assert prepared.run.state().status == "waiting"


def test_its_turn_ends_with_it(reviews_csv: Path) -> None:
    prepared = api.prepare(reviews_csv, base="tfidf")
    for _ in prepared.events():
        pass
    assert prepared.run.report is not None
    with training_lock().acquire(timeout=0):
        pass
