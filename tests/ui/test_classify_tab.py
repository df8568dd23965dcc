"""The Classify tab: reasons as escaped HTML, several texts, what is remembered of a visit, and who sees rows."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from bertdemo.core.classify import Prediction
from bertdemo.core.explain import Explanation, Weighed
from bertdemo.data.dataset import Roles
from bertdemo.data.table import read_table
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui import app, several_texts, visit, why_view
from bertdemo.ui.answers import Answers, bar, told
from bertdemo.ui.owner import Door
from bertdemo.ui.serving import Models
from bertdemo.ui.visit import Entry

OWNER: Any = SimpleNamespace(headers={"host": "127.0.0.1:7860"}, client=SimpleNamespace(host="127.0.0.1"), cookies={})
VISITOR: Any = SimpleNamespace(headers={"host": "abc.gradio.live"}, client=SimpleNamespace(host="10.0.0.7"), cookies={})
TEXT = "the film was superb and nice , my phone is great"


@pytest.fixture
def page() -> Answers:
    return Answers(Door(), Models())


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_reasons_are_escaped_and_not_told_by_colour_alone(lang: str) -> None:
    text = "<b>bad</b> & good, never read"
    words = (Weighed("<b>bad</b>", 0, 10, weight=-2.0), Weighed("good", 13, 17, weight=1.0))
    shown = why_view.why(Explanation((text,), "<i>", 0.3, words), lang)
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert '<mark class="against level3" title="' in shown
    assert '<mark class="for level2" title="' in shown
    assert shown.count('<span class="sr-only">') == 2
    assert '<span class="unread"' in shown
    assert '<li><s class="unread">' in shown
    assert " &amp; " in shown


def test_words_that_weigh_next_to_nothing_stay_plain() -> None:
    words = (Weighed("so", 0, 2, weight=0.01), Weighed("good", 3, 7, weight=1.0))
    whole = why_view.why(Explanation(("so good",), "a", 0.9, words), "en")
    assert '<p class="words" dir="auto">so <mark' in whole
    assert "unread" not in whole
    unseen = why_view.why(Explanation(("so good \u200b",), "a", 0.9, words), "en")
    assert "unread" not in unseen
    faint = (Weighed("so", 0, 2, weight=-0.04), Weighed("good", 3, 7, weight=0.02))
    nothing = why_view.why(Explanation(("so good",), "a", 0.9, faint), "en")
    assert '<p class="words" dir="auto">so good</p>' in nothing
    assert "No word speaks clearly" in nothing
    assert "Against it" not in nothing
    none = (Weighed("so", 0, 2, weight=0.0),)
    assert '<mark class="for level2">for a' in why_view.why(Explanation(("so",), "a", 0.9, none), "en")
    assert why_view.why(Explanation(("",), "a", 0.9, ()), "en") == ""


def test_both_texts_of_a_pair_are_shown() -> None:
    words = (Weighed("one", 0, 3, weight=1.0), Weighed("two", 0, 3, True, weight=-1.0))
    shown = why_view.why(Explanation(("one", "two"), "a", 0.5, words), "en")
    assert shown.count('<p class="words"') == 2


def test_the_answer_comes_first_and_the_reasons_after(page: Answers, trained: Run) -> None:
    label, _, said_by, other, _, problem, aloud = page.say(trained.id, TEXT, "", None, OWNER)
    assert max(label["value"], key=label["value"].get) == "positive"
    assert label["show_heading"]
    assert "classifier" in said_by
    assert not other["visible"]
    assert not problem["visible"]
    assert aloud.startswith("positive, ")
    shown, chosen, why, near, *_, right, several = page.reasons(trained.id, TEXT, "", {}, OWNER)
    assert shown["visible"]
    assert (chosen["choices"], chosen["value"]) == (["negative", "positive"], "positive")
    assert "superb" in why
    assert "Nearest training rows" in near
    assert right["visible"]
    assert not several["visible"]
    assert "against negative" in page.why(trained.id, TEXT, "", "negative", OWNER)
    assert "no label" in page.why(trained.id, TEXT, "", "<x>", OWNER)


def test_visitors_get_reasons_for_their_text_and_no_row_of_the_data(page: Answers, trained: Run) -> None:
    _, _, why, near, *_ = page.reasons(trained.id, TEXT, "", {}, VISITOR)
    assert "superb" in why
    assert near == ""
    changed = page.change(trained.id, "", {}, (), VISITOR)
    assert changed[1]["samples"] == []
    assert page.change(trained.id, "", {}, (), OWNER)[1]["samples"]


def test_typing_is_answered_quietly(page: Answers, trained: Run) -> None:
    assert page.typed(trained.id, TEXT, "", None, OWNER)[0]
    emptied = page.typed(trained.id, "  ", "", None, OWNER)
    assert emptied[0] is None
    assert not emptied[5]["visible"]
    assert emptied[-1] == gr.skip()  # told aloud after a pause only
    assert page.typed("nothing", TEXT, "", None, OWNER)[0] == gr.skip()
    page.models._seconds[trained.id] = 9.0
    assert page.typed(trained.id, TEXT, "", None, OWNER)[0] == gr.skip()
    assert page.paused(trained.id, TEXT, "", None, OWNER)[0]
    assert page.reasons(trained.id, "", "", {}, OWNER)[0] == {"visible": False, "__type__": "update"}
    assert page.say(trained.id, "", "", None, OWNER)[5]["visible"]


def test_corrections_become_training_rows(page: Answers, trained: Run) -> None:
    kept, shown, download, add, said = page.note(trained.id, TEXT, "", (), OWNER)
    assert said == ""
    assert "superb" in shown
    assert not download["visible"]
    assert not add["visible"]
    kept, shown, download, add, said = page.correct(trained.id, TEXT, "", "negative", kept, OWNER)
    assert "Kept: 1 correction. To train with it" in said
    assert 'role="status"' in said
    assert len(kept) == 1
    with open(download["value"], encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [{"text": TEXT, "label": "negative"}]
    assert add["visible"]
    handed = page.added(trained.id, kept, {}, OWNER)
    more = read_table(Path(handed.path))
    assert (handed.run, more.columns, more.rows) == (trained.id, trained.table.columns, trained.table.rows + 1)
    assert [more.column(name)[-1] for name in ("text", "label")] == [TEXT, "negative"]
    with pytest.raises(gr.Error, match="Only whoever started"):
        page.added(trained.id, kept, {}, VISITOR)
    # asked again it keeps its correction; a label that the run does not have is none
    kept, *_ = page.note(trained.id, TEXT, "", kept, OWNER)
    assert kept[0].right == ("negative",)
    kept, _, download, add, said = page.correct(trained.id, TEXT, "", "else", kept, OWNER)
    assert said == ""
    assert kept[0].right is None
    assert not download["visible"]


@pytest.mark.parametrize(
    ("roles", "row"),
    [
        (Roles(("a", "b"), "l", "p"), {"a": "=1+1", "b": "", "p": "two", "l": "x"}),
        (Roles(("a",), "l", None, "|"), {"a": "=1+1", "l": "x|y"}),
        (Roles(("a",), "l", None, "[]"), {"a": "=1+1", "l": '["x", "y"]'}),
        (Roles(("a",), "x", None, None, ("x", "y", "z")), {"a": "=1+1", "x": "1", "y": "1", "z": "0"}),
    ],
)
def test_new_rows_have_the_columns_of_the_data_and_the_texts_as_typed(roles: Roles, row: dict[str, str]) -> None:
    right = ("x", "y") if roles.several else ("x",)
    said = Entry("r", "=1+1", "two" if roles.pair else "", "y", 0.6, right)
    rows = visit.corrected_rows((said, Entry("r", "not corrected", "", "x", 0.9)), roles)
    assert list(csv.DictReader(io.StringIO(visit.as_csv(rows, roles)))) == [row]


def test_a_visit_is_bounded_and_shows_one_run() -> None:
    kept: visit.Visit = (Entry("r", "first", "", "a", 0.5, ("b",)),)
    for i in range(visit.MOST_ENTRIES + 20):
        kept = visit.noted(kept, Entry("r", f"text {i}", "", "a", 0.5))
    kept = visit.noted(kept, Entry("other", "<x>", "", "a", 0.5))
    assert len(kept) == visit.MOST_ENTRIES
    assert kept[0].first == "first"
    assert [e.first for e in visit.of_run(kept, "other")] == ["<x>"]
    assert "&lt;x&gt;" in visit.table(kept, "en")
    assert "Nothing" in visit.table((), "en")


def test_several_texts_one_a_line(trained: Run) -> None:
    models = Models()
    texts = several_texts.texts_of(models, trained, "a superb film\n\n<b>awful</b> and bad\r\n")
    assert texts == ["a superb film", "<b>awful</b> and bad"]
    for mark in ("\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1e"):
        assert len(several_texts.texts_of(models, trained, f"a superb{mark}film\nan awful one")) == 2
    shown = several_texts.table(texts, models.classify_all(trained, texts), 1.1, "en")
    assert "&lt;b&gt;awful" in shown
    assert "<b>" not in shown
    assert shown.count("not sure</strong>") == 2
    for typed, code in ((" \n", "text_missing"), ("\u200b\n", "text_missing"), ("a\n" * 501, "too_many_lines")):
        with pytest.raises(UserError) as caught:
            several_texts.texts_of(models, trained, typed)
        assert caught.value.code == code


def test_both_texts_of_a_pair_are_told_apart_and_a_line_without_its_second_is_named() -> None:
    models, pairs = Models(), SimpleNamespace(roles=Roles(("a",), "label", "b"))
    run: Any = pairs
    texts = several_texts.texts_of(models, run, "one || two\n\nthree\tfour")
    assert [(text.first, text.second) for text in texts] == [("one", "two"), ("three", "four")]
    found = [Prediction("x", 0.9, {"x": 0.9}, ("x",))] * 2
    assert "three / four" in several_texts.table(texts, found, None, "en")
    for lacks_one in ("one || two\n\nthree ||", "one\ttwo\n\n|| four", "one\ttwo\n\nfour"):
        with pytest.raises(UserError, match="line 3 has only one"):
            several_texts.texts_of(models, run, lacks_one)


def test_of_several_texts_a_language_that_was_not_learnt_is_said(trained: Run) -> None:
    models, chinese = Models(), "味道很好，下次再来一定还点这家\n"
    assert "another language (Chinese)" in several_texts.answered(models, trained.id, chinese * 20, "en")
    for texts in (chinese * 19, "it was a good film and so very nice\n" * 20):
        assert "another language" not in several_texts.answered(models, trained.id, texts, "en")


def test_of_several_texts_only_what_is_known_is_said(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    models, texts = Models(), ["a superb film", "quantum chromodynamics of gluons " * 9]
    monkeypatch.setattr(Run, "selected", property(lambda run: run.model_folder("bert")))
    found = models.classify_all(trained, texts)
    for lang, words in (("en", "2 texts. This run has no threshold"), ("zh", "共 2 条。这次训练没有阈值")):
        assert words in several_texts.table(texts, found, None, lang)
    shown = several_texts.table(texts, found, 0.0, "en")
    assert "2 texts; not sure of 0." in shown
    assert "no threshold" not in shown
    assert "One text is longer than the model reads" in shown
    assert "not like your data" not in shown
    shown = several_texts.table(texts, found, None, "en", [False, True])
    assert "One is not like your data" in shown
    assert shown.count("not like your data</strong>") == 1
    one_by_one = [models.nearest(trained, text) for text in texts]
    assert models.unlike(trained, texts) == [near.unlike for near in one_by_one if near]


def test_what_is_lacking_is_said_in_the_place_of_the_answer() -> None:
    page = asyncio.run(_built())
    parts = {getattr(block, "elem_id", None): block for block in page.blocks.values()}
    assert parts["classify-problem"].parent is parts["prediction"].parent


async def _built() -> gr.Blocks:
    return app.build()


def test_of_many_labels_any_other_one_is_looked_up() -> None:
    found = Prediction("a", 0.9, {"a": 0.9, "<b>": 0.1}, ("a",))
    assert "&lt;b&gt;" in bar(found, "<b>", "en")
    assert bar(found, "c", "en") == bar(found, None, "en") == ""


def test_of_several_labels_the_given_ones_are_marked(page: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Prediction("b", 0.18, {"a": 0.19, "b": 0.18}, ("b",), several=True)
    run: Any = SimpleNamespace(selected=None, threshold=None)
    monkeypatch.setattr(Answers, "_said", lambda *_: (run, TEXT, found))
    shown, doubts, *_ = page.say("", TEXT, "", None, OWNER)
    assert shown["value"] == {"a": 0.19, "✓ b": 0.18}
    assert not shown["show_heading"]  # it would be "a", which is not given
    assert "✓" in doubts
    assert "✓ b" in bar(found, "b", "en")
    assert "✓" not in bar(found, "a", "en")
    for lang, words in (("en", "least probability"), ("zh", "最小的概率")):
        shown = several_texts.table([TEXT], [found], None, lang)
        assert words in shown
        assert {"en": "no threshold", "zh": "没有阈值"}[lang] not in shown  # each label has one of its own
    one = Prediction("b", 0.6, {"a": 0.4, "b": 0.6}, ("b",))
    monkeypatch.setattr(Answers, "_said", lambda *_: (run, TEXT, one))
    assert page.say("", TEXT, "", None, OWNER)[0]["value"] == one.probabilities
    assert "least" not in several_texts.table([TEXT], [one], None, "en")


@pytest.mark.parametrize(
    ("found", "threshold", "said"),
    [
        (Prediction("a", 0.881, {"a": 0.881, "b": 0.119}, ("a",)), None, "a, 88%"),
        (Prediction("a", 0.881, {"a": 0.881, "b": 0.119}, ("a",)), 0.9, "a, 88%; not sure"),
        (Prediction("a", 0.9, {"a": 0.9, "b": 0.8}, ("a", "b"), several=True), None, "Labels: a, b"),
        (Prediction("a", 0.1, {"a": 0.1, "b": 0.1}, (), several=True), None, "No label reaches its threshold."),
    ],
)
def test_the_answer_is_told_in_words(found: Prediction, threshold: float | None, said: str) -> None:
    assert told(found, threshold, "en") == said


def test_that_only_a_part_was_read_is_said(page: Answers, trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "selected", property(lambda run: run.model_folder("bert")))
    for text, said in (("a good film", False), ("a good film " * 40, True)):
        doubts = page.say(trained.id, text, "", None, OWNER)[1]
        assert ("Only the first 64 tokens of this text were read" in doubts) == said


def test_that_the_end_of_a_very_long_text_was_not_looked_at_is_said(page: Answers, trained: Run) -> None:
    for text, said in ((TEXT, False), (f"{TEXT} " * 500, True)):
        said_by = page.say(trained.id, text, "", None, OWNER)[2]
        assert ("Only the first 20,000 characters" in said_by) == said


def test_a_base_that_is_gone_keeps_nobody_from_an_answer(trained: Run, page: Answers) -> None:
    about = trained.model_folder("instant") / "bertdemo.json"
    about.write_text(about.read_text(encoding="utf-8").replace('"base": "', '"base": "/gone'), encoding="utf-8")
    trained.update(selected="bert")
    assert "One text" in several_texts.answered(page.models, trained.id, TEXT, "en")
    shown, _, why, near, *_ = page.reasons(trained.id, TEXT, "", {}, OWNER)
    assert shown["visible"]
    assert "superb" in why
    assert not near
