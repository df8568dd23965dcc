"""The Report tab as functions: what an owner and a visitor are shown."""

from __future__ import annotations

import json

import pytest

from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES
from bertdemo.ui.report_shown import SHOWN, at_threshold, shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rows_are_the_owners(trained: Run, lang: str) -> None:
    texts = trained.split().data.texts
    owner = json.dumps(shown(trained, trained.report, lang, True), default=str)
    visitor = json.dumps(shown(trained, trained.report, lang, False), default=str)
    assert "svg" in owner
    assert "svg" in visitor
    assert not any(text in visitor for text in texts)
    assert "<select" not in visitor
    assert "data-cell" not in visitor


def test_every_component_is_shown_something(trained: Run) -> None:
    assert set(shown(trained, trained.report, "en", True)) == set(SHOWN)
    assert set(shown(None, None, "en", False)) <= set(SHOWN)


def test_a_stricter_threshold_accepts_fewer(trained: Run) -> None:
    shares = [at_threshold(trained, threshold)["coverage"] for threshold in (0.0, 0.6, 0.9, 1.01)]
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (1.0, 0.0)
