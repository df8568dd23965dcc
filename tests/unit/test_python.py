"""The Python interface as who types it meets it: what is said, what is shown, and how a run is gone on with."""

from __future__ import annotations

import bertdemo
from bertdemo.core.classify import Classifier
from bertdemo.core.tasks import Use
from bertdemo.runs.run import Run


def test_a_classifier_of_any_kind_is_shown_in_one_line(trained: Run) -> None:
    for kind in trained.models:
        classifier = bertdemo.load(trained.model_folder(kind))
        assert repr(classifier) == f"Classifier({kind}, 2 labels: negative, positive)"
        shown = repr(classifier.backend)
        assert len(shown) < 200
        assert "\n" not in shown


def test_of_many_labels_the_first_are_shown() -> None:
    labels = ("two\nlines " + 50 * "x", *"bcdefg")
    shown = repr(Classifier("instant", labels, None, Use(pair=True)))  # type: ignore[arg-type]
    assert shown.startswith("Classifier(instant of pairs, 7 labels: two lines xxx")
    assert shown.endswith("x…, b, c, d, e, …)")
