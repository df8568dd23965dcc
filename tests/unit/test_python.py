"""The Python interface as who types it meets it: what is said, what is shown, and how a run is gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import bertdemo
from bertdemo import api
from bertdemo.core.classify import Classifier
from bertdemo.core.tasks import Use
from bertdemo.errors import UserError
from bertdemo.jobs.work import training_lock
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run

Err = pytest.CaptureFixture[str]


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


def test_train_says_what_it_waits_for_unless_that_is_taken_over(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: Err
) -> None:
    monkeypatch.setattr(api, "WAIT_SECONDS", 0.01)
    turn, tell = training_lock(), api.tell_waiting

    def told(run: Run) -> None:
        tell(run)
        turn.release()

    monkeypatch.setattr(api, "tell_waiting", told)
    turn.acquire()
    assert bertdemo.train(reviews_csv, base="tfidf").run.status == "finished"
    assert "waiting: another training has the device" in capsys.readouterr().err
    turn.acquire()
    assert bertdemo.train(reviews_csv, base="tfidf", on_wait=turn.release).run.status == "finished"
    assert "waiting" not in capsys.readouterr().err


def test_before_the_end_there_is_no_report_and_the_model_is_the_best_so_far(reviews_csv: Path, tiny_bert: Path) -> None:
    prepared = api.prepare(reviews_csv, base=str(tiny_bert), epochs=1)
    for ask in (lambda: prepared.report, lambda: prepared.model, lambda: bertdemo.load(prepared)):
        with pytest.raises(UserError) as caught:
            ask()
        assert caught.value.code in ("report_missing", "run_not_ready")
    ready = 0
    for event in prepared.events():
        ready += isinstance(event, ev.BaselineReady)
        if ready == 2:
            break
    better = max(prepared.run.state().baselines, key=lambda scored: scored.score).model
    assert bertdemo.load("last").kind == prepared.selected == better


def interrupting(when: type[ev.Event]) -> Callable[[ev.Event], None]:
    def interrupt(event: ev.Event) -> None:
        if isinstance(event, when):
            raise KeyboardInterrupt

    return interrupt


def test_who_interrupts_a_training_is_told_how_to_go_on(reviews_csv: Path, tiny_bert: Path, capsys: Err) -> None:
    with pytest.raises(KeyboardInterrupt):
        bertdemo.train(reviews_csv, base=str(tiny_bert), epochs=1, on_event=interrupting(ev.Stepped))
    [run] = Run.all()
    said = capsys.readouterr().err
    assert f'bertdemo.resume("{run.id}")' in said
    assert f"python -m bertdemo runs resume {run.id}" in said
    assert run.status == "interrupted"
    assert repr(api.TrainedRun(run)) == f"TrainedRun({run.id}, interrupted)"
    assert bertdemo.load("last").labels == ("negative", "positive")
    events: list[ev.Event] = []
    done = bertdemo.resume(run.id[:6], on_event=events.append)
    assert isinstance(events[-1], ev.Finished)
    assert not done.report["stopped"]
    assert repr(done) == f"TrainedRun({run.id}, finished, accuracy {done.report['accuracy']:.3f})"
    assert bertdemo.resume(done).report == done.report


def test_an_interrupt_after_the_last_word_leaves_nothing_to_go_on_with(reviews_csv: Path, capsys: Err) -> None:
    with pytest.raises(KeyboardInterrupt):
        bertdemo.train(reviews_csv, base="tfidf", on_event=interrupting(ev.Finished))
    assert "resume" not in capsys.readouterr().err


def test_a_run_that_is_deleted_meanwhile_is_no_result(reviews_csv: Path, tiny_bert: Path) -> None:
    def discard(event: ev.Event) -> None:
        for run in Run.all():
            run.request("discard")

    with pytest.raises(UserError) as caught:
        bertdemo.train(reviews_csv, base=str(tiny_bert), epochs=1, on_event=discard)
    assert caught.value.code == "run_deleted"


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        ("train", {"buget": "quick"}, ["train() takes no 'buget'", "Did you mean 'budget'?", "max_length", "on_event"]),
        ("train", {"encoding": "utf-8"}, ["train() takes no 'encoding'", "Did you mean reading={'encoding': …}?"]),
        ("train", {"reading": {"encodin": "x"}}, ["reading of train() takes no 'encodin'", "Did you mean 'encoding'?"]),
        ("inspect", {"encodin": "x"}, ["inspect() takes no 'encodin'", "Did you mean 'encoding'?", "has_header"]),
        ("inspect", {"zzzz": 1}, ["inspect() takes no 'zzzz'. It takes: path, text, "]),
    ],
)
def test_a_mistyped_argument_is_answered_with_the_nearest(
    reviews_csv: Path, function: str, given: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(TypeError) as caught:
        getattr(bertdemo, function)(reviews_csv, **given)
    assert [words for words in said if words not in str(caught.value)] == []
    assert Run.all() == []


def test_every_setting_stands_in_what_help_says_of_train() -> None:
    said = bertdemo.train.__doc__ or ""
    assert [each.name for each in fields(TrainConfig) if f"``{each.name}``:" not in said] == []


def test_train_says_which_columns_it_took_and_what_is_wrong_unless_that_is_taken_over(
    tmp_path: Path, capsys: Err
) -> None:
    path, looked = tmp_path / "calls.csv", list[dict[str, Any]]()
    rows = [f"call number {n} was {word},{word},{n % 3}" for n in range(40) for word in ("fine", "bad")]
    path.write_text("\n".join(["note,kind,shop", *rows, *rows[:40]]), encoding="utf-8")
    bertdemo.train(path, base="tfidf", on_event=bertdemo.show_progress())
    said = capsys.readouterr().err
    assert "text: note; label: kind" in said
    assert "could be the label as well (label=… takes it): shop" in said
    assert "rows can be used" in said
    assert "training the TF-IDF classifier" in said
    bertdemo.train(path, base="tfidf", on_look=looked.append)
    bertdemo.train(path, base="tfidf", on_look=None)
    assert capsys.readouterr().err == ""
    assert [look["label"] for look in looked] == [["kind"]]
    assert all(finding.message() in said for finding in looked[0]["findings"])


@pytest.mark.parametrize("several", [False, True])
def test_a_report_says_which_of_its_scores_the_score_is(reviews_csv: Path, several_csv: Path, several: bool) -> None:
    done = bertdemo.train(several_csv if several else reviews_csv, base="tfidf", on_look=None)
    report, path = done.report, done.run.folder / "report.json"
    assert report["measure"] == ("micro_f1" if several else "accuracy")
    assert report["score"] == report[report["measure"]] == api.outcome(done, 0.0)["score"]
    assert report["interval"][0] <= report["score"] <= report["interval"][1]
    written = json.loads(path.read_text(encoding="utf-8"))
    older = {name: value for name, value in written.items() if name not in ("measure", "score")}
    assert len(older) == len(written) - 2
    path.write_text(json.dumps(older), encoding="utf-8")
    assert done.report == report
