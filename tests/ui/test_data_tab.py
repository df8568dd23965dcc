"""The samples of this project, seen as the Data tab sees them, and the form's settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import openpyxl
import pyarrow as pa
import pytest

from bertdemo.api import prepare
from bertdemo.data.dataset import Roles, guess_roles
from bertdemo.data.findings import Finding
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.errors import UserError
from bertdemo.export import report_rows
from bertdemo.jobs.desk import Desk
from bertdemo.places import ASSETS
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import train_tab, view
from bertdemo.ui.classify_tab import while_empty
from bertdemo.ui.data_tab import SAMPLES, DataTab, none_left
from bertdemo.ui.loaded import (
    Handed,
    Loaded,
    OnShow,
    Source,
    cleaned_file,
    diagnosed,
    examples,
    label_meant,
    load,
    remedy_choices,
    split_of,
    summary,
    told,
)
from bertdemo.ui.owner import Door
from bertdemo.ui.watching import Watcher


@pytest.mark.parametrize(
    ("name", "text", "label", "language", "classes"),
    [
        ("support_tickets.csv", "message", "team", "en", 5),
        ("film_reviews.csv", "review", "sentiment", "en", 2),
        ("waimai_reviews_zh.csv", "评论", "评价", "zh", 2),
    ],
)
def test_a_sample_is_understood_without_help(name: str, text: str, label: str, language: str, classes: int) -> None:
    assert name in SAMPLES
    table = read_table(ASSETS / name)
    roles = guess_roles(table).roles
    loaded = load(table, roles)
    assert (roles.text, roles.label) == ((text,), label)
    assert loaded.legible.language.code == language
    assert len(loaded.texts.label_names) == classes
    assert 300 <= len(loaded.texts) <= 400
    assert f"{table.rows} rows" in summary(loaded, "en")


def test_chinese_without_the_hub_is_offered_the_classifier_that_needs_no_download() -> None:
    table = read_table(ASSETS / "waimai_reviews_zh.csv")
    _, base, note, start, *_ = train_tab.offer(load(table, guess_roles(table).roles), "en")
    assert base["value"] == "tfidf"
    assert "google-bert/bert-base-chinese" in note["value"]
    assert "412 MB" in note["value"]
    assert start["interactive"]


def test_english_needs_no_note() -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    dial, base, note, *_ = train_tab.offer(load(table, guess_roles(table).roles), "en")
    assert base["value"] == ""
    assert not note["visible"]
    assert [value for _, value in dial["choices"]] == ["quick", "balanced", "thorough"]
    assert all("about" in words for words, _ in dial["choices"])


def test_empty_fields_mean_automatic() -> None:
    config = train_tab.settings("quick", "", None, "", None, None, 3)
    assert (config.budget, config.base, config.lr, config.seed) == ("quick", None, None, 3)
    config = train_tab.settings("quick", None, "2", "5e-5", "16", "64", None)
    assert (config.epochs, config.lr, config.batch, config.max_length) == (2.0, 5e-5, 16, 64)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("quick", "", None, "fast", None, None, 0), "lr: “fast”"),
        (("huge", "", None, "", None, None, 0), "budget huge"),
        ((7, "", [], "", {}, None, 0), "epochs: “\\[]”"),
        ((7, "", None, "", None, None, 0), "budget 7"),
        (("quick", "", None, "", 8.9, None, 0), "batch: 8.9"),
        (("quick", "", None, "", None, "64.7", 0), "max_length: 64.7"),
        (("quick", "", None, "", None, None, 1.5), "seed: 1.5"),
        (("quick", "", None, "", "inf", None, 0), "batch: “inf”"),
    ],
)
def test_what_is_no_setting_is_refused_with_its_name(fields: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        train_tab.settings(*fields)


def messy(tmp_path: Path) -> Table:
    rows = [f"a text about matter {i * 7} here,{'ab'[i % 2]}" for i in range(60)]
    path = tmp_path / "messy.csv"
    path.write_text("\n".join(["text,label", *rows, "twice said,b", "twice said,b", "<i>?</i>,a"]), encoding="utf-8")
    return read_table(path)


def test_remedies_are_offered_taken_and_undone(tmp_path: Path) -> None:
    table = messy(tmp_path)
    roles = guess_roles(table).roles
    before = diagnosed(load(table, roles))
    assert [remedy for _, remedy in remedy_choices(before, "en")] == ["drop_repeats"]
    after = diagnosed(load(table, roles, remedies=["drop_repeats"]))
    assert after.table.rows == table.rows - 1
    assert after.found == before.found
    assert [finding.code for finding in after.left or ()] == []
    assert remedy_choices(after, "en") == remedy_choices(before, "en")
    again = read_table(cleaned_file(after))
    assert (again.fingerprint, again.name) == (after.table.fingerprint, "messy-cleaned.csv")
    assert load(table, roles).table.fingerprint == table.fingerprint


def test_rows_behind_a_finding_are_shown_and_escaped(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = [f"a text about matter {i * 7} here,{'ab'[i % 2]}" for i in range(60)]
    path.write_text("\n".join(["text,label", *rows, *["<img src=x>,<b>"] * 12]), encoding="utf-8")
    table = read_table(path)
    loaded = diagnosed(load(table, guess_roles(table).roles))
    shown = view.findings(loaded.left or (), "en", table, loaded.roles)
    assert "row 62" in shown
    assert "&lt;img src=x&gt;" in shown
    assert "<img" not in shown + examples(loaded, "en")


def test_both_texts_of_a_pair_are_told_apart(pairs_csv: Path) -> None:
    table = read_table(pairs_csv)
    loaded = load(table, guess_roles(table).roles)
    assert loaded.roles.pair
    assert examples(loaded, "en").count(" / ") == 3
    row = [str(table.column(name)[4]) for name in loaded.roles.read]
    finding = Finding("repeated", "info", 1, rows=(4,))
    doubtful = {"row": 4, "position": 4, "given": "same", "suggested": "other", "probability": 0.1}
    report = {"suspects": {"rows": [doubtful]}}
    told = [view._rows_of(finding, "en", table, loaded.roles)]
    told.append(report_rows.suspects(report, "en", lambda at: (loaded.texts.texts[at], "same", at)))
    assert all(f"{row[0]} / {row[1]}" in html for html in told)


def test_a_file_of_its_own_for_testing(tmp_path: Path) -> None:
    table = messy(tmp_path)
    loaded = load(table, guess_roles(table).roles, test=table)
    assert "test rows of your own" in summary(loaded, "en")


def test_the_rows_of_each_part_are_told(tmp_path: Path) -> None:
    table = read_table(ASSETS / "support_tickets.csv")
    split = split_of(load(table, guess_roles(table).roles))
    assert split is not None
    shown = view.parts(split, "en")
    assert f"<td>{len(split.test)}</td>" in shown
    assert "product question" in shown
    few = messy(tmp_path)
    assert "5 models" in view.parts(split_of(load(few, guess_roles(few).roles)), "en")
    assert view.parts(split_of(load(few, guess_roles(few).roles, test=few)), "en") == ""


def test_what_a_training_costs_counts_folds_of_small_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "intents.csv"
    rows = (f"a text about matter {i} here,intent {i // 6}" for i in range(462))
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    table = read_table(path)
    loaded = load(table, guess_roles(table).roles)
    assert loaded.folds == 5
    cost = train_tab.dial(loaded, "", "en")
    monkeypatch.setattr("bertdemo.ui.loaded.MOST_PARTED", 461)
    again = load(table, guess_roles(table).roles)
    assert again.folds == 0
    assert train_tab.dial(again, "", "en") != cost


def test_no_validation_is_awaited_where_folds_take_turns(tmp_path: Path) -> None:
    def shown(run: Run) -> tuple[bool, bool]:
        updates, _ = train_tab.watch(run, Desk(), Watcher(), "en", "", owner=True)
        return updates[5]["visible"], sentence("curve_pieces", "en") in updates[6]

    path = tmp_path / "intents.csv"
    for rows, classes, turns in ((462, 77, True), (462, 2, False), (60, 2, True)):
        lines = (f"a text about matter {i} here,intent {i % classes}" for i in range(rows))
        path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
        run = prepare(path, base="tfidf").run
        assert shown(run) == (not turns, turns)
        data = {name: value for name, value in run.meta["data"].items() if name != "folds"}
        run.update(data=data)  # as runs were made before
        assert shown(run) == (rows > 60, rows == 60)


def test_the_summary_names_the_sheet_that_was_taken(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Answers"
    for sheet in (book.active, book.create_sheet("Notes")):
        sheet.append(["text", "label"])
    for i in range(40):
        book["Answers"].append([f"a text about matter {i}", f"kind {i % 2}"])
    book["Notes"].append(["a note", "x"])
    book.save(tmp_path / "book.xlsx")
    table = read_table(tmp_path / "book.xlsx")
    said = summary(load(table, guess_roles(table).roles), "en")
    assert "Excel (Sheet: Answers)" in said


def test_what_gradio_says_behind_each_event_has_words_in_both_languages() -> None:
    from bertdemo.ui.language import COMPLETE, _table

    assert [_table(lang)[COMPLETE] for lang in ("en", "zh")] == ["Done", "完成"]


def test_another_label_column_replaces_the_one_before_unless_they_say_yes_or_no() -> None:
    cells = {"Class": ["a", "b"], "Rating": ["1", "5"], "spam": ["yes", "no"], "rude": ["0", None]}
    table = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
    assert label_meant(table, ["Class", "Rating"]) == ["Rating"]
    for chosen in (["Class"], ["spam", "rude"], ["spam", "Class"], ["Class", "spam"], [], ["Class", "Rating", "spam"]):
        assert label_meant(table, chosen) == chosen


def test_a_run_that_waits_has_nothing_to_keep_and_a_visitor_waits_for_it() -> None:
    run = prepare(ASSETS / "support_tickets.csv", base="tfidf").run

    def offered() -> bool:
        updates, _ = train_tab.watch(run, Desk(), Watcher(), "en", "", owner=True)
        return bool(updates[-1]["visible"])

    def shown(ready: bool, owner: bool) -> tuple[bool, bool, bool]:
        empty, form = while_empty(ready, run.state(), owner, "en")
        return empty["visible"], "Train" in empty["value"], form["visible"]

    assert not offered()
    assert shown(ready=False, owner=False) == (True, False, False)
    assert shown(ready=False, owner=True) == (True, True, True)
    run.append(ev.Started(device="CPU"))
    assert offered()
    assert shown(ready=False, owner=False) == (True, False, False)
    assert shown(ready=True, owner=False)[::2] == (False, True)
    assert while_empty(False, None, False, "en")[1]["visible"]


def test_a_run_whose_worker_died_offers_its_owner_to_go_on() -> None:
    run = prepare(ASSETS / "support_tickets.csv", base="tfidf").run

    def offered(owner: bool = True) -> bool:
        updates, _ = train_tab.watch(run, Desk(), Watcher(), "en", "", owner=owner)
        return bool(updates[8]["visible"])

    assert not offered()
    run.append(ev.Failed(code="out_of_memory", params={"exit": -9}))
    assert (offered(), offered(owner=False)) == (True, False)
    Desk().go_on(run)
    assert not offered()
    run.append(ev.Failed(code="one_class", params={"column": "label", "name": "a"}))
    assert not offered()


def test_a_stop_is_said_at_once_and_what_is_not_there_is_not_drawn() -> None:
    run = prepare(ASSETS / "support_tickets.csv", base="tfidf").run

    def shown() -> tuple[bool, bool, bool]:
        updates, _ = train_tab.watch(run, Desk(), Watcher(), "en", "", owner=True)
        return updates[3]["visible"], updates[5]["visible"], updates[-1]["interactive"]

    step: dict[str, Any] = {"steps": 9, "epoch": 0.1, "epochs": 1, "loss": 0.5, "lr": 1e-4}
    step |= {"rows_per_second": 9, "done": 0.1, "left": 9}
    run.append(ev.Started(device="CPU"))
    run.append(ev.Stepped(step=1, **step))
    assert shown() == (False, True, True)  # a point is no curve
    run.append(ev.Stepped(step=2, **step))
    assert shown() == (True, True, True)
    seen = train_tab.watch(run, Desk(), Watcher(), "en", "", owner=True)[1]
    run.request("stop")
    assert train_tab.watch(run, Desk(), Watcher(), "en", seen, owner=True)[0][-1]["interactive"] is False
    run.append(ev.Finished(selected="tfidf", accuracy=0.9, macro_f1=0.9, stopped=True))
    assert shown() == (True, False, True)  # no score will come; the button is as it was, for the next run


def test_findings_of_what_is_no_longer_on_show_are_told_apart() -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    first, second = (load(table, guess_roles(table).roles) for _ in range(2))
    on_show = OnShow()
    on_show.put("a", first)
    assert on_show.has("a", diagnosed(first))
    assert not on_show.has("b", first)
    on_show.put("a", second)
    assert not on_show.has("a", diagnosed(first))
    on_show.forget("a")
    assert not on_show.has("a", second)


def test_only_so_many_visits_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bertdemo.ui.loaded.MOST_VISITS", 2)
    table = read_table(ASSETS / "film_reviews.csv")
    found, on_show = load(table, guess_roles(table).roles), OnShow()
    for visit in ("a", "b", "a", "c"):
        on_show.put(visit, found)
    assert [on_show.has(visit, found) for visit in ("a", "b", "c")] == [True, False, True]


def test_what_a_person_chose_for_a_base_stays_while_the_language_does() -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    loaded = load(table, guess_roles(table).roles)
    assert train_tab.offer(loaded, "en", fresh=True)[1]["value"] == ""
    assert "value" not in train_tab.offer(loaded, "en", fresh=False)[1]


def handlers_of_the_tab() -> dict[str | None, Callable[..., dict[Any, Any]]]:
    async def built() -> dict[str | None, Callable[..., dict[Any, Any]]]:
        with gr.Blocks() as page:
            DataTab(gr.State(None), Door()).opens(gr.Button().click, gr.State(None))
        return {handler.name: handler.fn for handler in page.fns.values() if handler.fn}

    return asyncio.run(built())


def test_a_file_that_another_delimiter_may_mend_can_be_read_differently(tmp_path: Path) -> None:
    handlers, path = handlers_of_the_tab(), tmp_path / "notes.txt"
    request = SimpleNamespace(cookies={}, headers={}, session_hash="visit")
    path.write_text("Dear all,\nthe queue, the shift, and macros.\nNobody knows.\nBest, Kim\n", encoding="utf-8")

    def shown(updates: dict[Any, Any]) -> tuple[bool, bool]:
        of = {key.elem_id: value for key, value in updates.items() if isinstance(key, gr.Column)}
        return of["data-panel"]["visible"], of["data-columns"]["visible"]

    refused = handlers["uploaded"](str(path), request, lambda *_, **__: None)
    assert shown(refused) == (True, False)
    form = dict.fromkeys(refused, "") | {key: v for key, v in refused.items() if isinstance(v, Source)}
    delimiter = next(key for key in refused if getattr(key, "elem_id", "") == "delimiter")
    again = handlers["read_again"](form | {delimiter: ","}, request, lambda *_, **__: None)
    assert shown(again) == (True, False)
    assert any(isinstance(value, Source) for value in again.values())
    read = handlers["read_again"](form | {delimiter: "|"}, request, lambda *_, **__: None)
    assert shown(read) == (True, True)  # a table of one column

    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert shown(handlers["uploaded"](str(path), request, lambda *_, **__: None)) == (False, False)


def test_rows_are_kept_together_by_a_column_or_a_remedy_and_apart_again(tmp_path: Path) -> None:
    handlers, path = handlers_of_the_tab(), tmp_path / "a.csv"
    request = SimpleNamespace(cookies={}, headers={}, session_hash="visit")
    lines = [f"C{i // 10}-{i % 2},the food and phone of {i},{'ud'[i % 2]},same" for i in range(200)]
    path.write_text("\n".join(["customer,text,label,source", *lines]), encoding="utf-8")
    first = handlers["uploaded"](str(path), request, lambda *_, **__: None)
    named = {getattr(key, "elem_id", None): key for key in first}
    remedies = next(key for key in first if isinstance(key, gr.CheckboxGroup))
    state = {type(value): key for key, value in first.items() if isinstance(value, Loaded | Source)}
    form = dict.fromkeys(first, "") | {state[Source]: first[state[Source]], state[Loaded]: first[state[Loaded]]}
    form |= {key: value["value"] for key, value in first.items() if isinstance(value, dict) and "value" in value}
    form |= {named["separator"]: "none", remedies: []}
    group = named["group-column"]
    assert first[group]["value"] == ""

    def after(handler: str, **more: Any) -> Loaded:
        updates = handlers[handler](form | more.pop("values"), request)
        found: Loaded = updates[state[Loaded]]
        if found is not None:
            assert updates[group]["value"] == (found.roles.group or "")
            form.update({state[Loaded]: found, group: updates[group]["value"]})
        return found

    assert after("other_columns", values={group: "customer"}).roles.group == "customer"
    assert after("other_columns", values={group: ""}).roles.group is None
    form[remedies] = ["keep_together"]
    assert after("other_remedies", values={}).roles.group == "customer"
    form[remedies] = []
    assert after("other_remedies", values={}).roles.group is None
    assert after("other_columns", values={group: "source"}) is None  # one value: nothing to keep apart


def test_a_file_made_of_a_run_is_opened_with_its_columns_and_test_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "home"))
    rows = [(f"text number {i} of them all", "ab"[i % 2], f"a remark that is longer, number {i}") for i in range(40)]
    columns = ("what", "kind", "remark")
    table = Table("t.csv", columns, pa.table(list(zip(*rows, strict=True)), columns), Reading("csv"))
    learnt, test = table.take(range(30)), table.take(range(30, 40))
    run = Run.create(learnt, Roles.named(["what"], ["kind"]), TrainConfig(), test=test)
    learnt.write_csv(tmp_path / "more.csv")
    request = SimpleNamespace(cookies={}, headers={}, session_hash="visit")
    take_over = handlers_of_the_tab()["take_over"]
    updates = take_over(Handed(str(tmp_path / "more.csv"), run.id), request, lambda *_, **__: None)
    found = next(value for value in updates.values() if isinstance(value, Loaded))
    assert (found.roles, found.table.rows) == (run.roles, 30)
    assert found.test is not None
    assert found.test.rows == 10


def test_a_visitor_gets_no_data_set_that_only_the_cache_would_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its library reads a private one from the cache of whoever serves the page."""
    monkeypatch.setattr("bertdemo.ui.data_tab.open_table", lambda *_, **__: pytest.fail("it was read"))
    monkeypatch.setattr("bertdemo.data.hub.is_open", lambda *_: False)
    visitor = SimpleNamespace(cookies={}, headers={"host": "abc.gradio.live"}, session_hash="visit", client=None)
    updates = handlers_of_the_tab()["from_hub"]("someone/private", visitor, lambda *_, **__: None)
    said = next(value for key, value in updates.items() if getattr(key, "elem_id", "") == "data-problem")
    assert "no public data set someone/private" in said["value"]


@pytest.mark.parametrize(("lang", "words"), [("en", "film_reviews.csv, 355 rows, 2 labels"), ("zh", "2 个标签")])
def test_beside_train_stands_what_it_takes_or_that_a_file_is_missing(lang: str, words: str) -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    loaded = load(table, guess_roles(table).roles)
    *_, missing, named = train_tab.offer(loaded, lang)
    assert (missing["visible"], named["visible"]) == (False, True)
    assert words in named["value"]
    *_, missing, named = train_tab.offer(None, lang)
    assert (missing["visible"], named["visible"]) == (True, False)


def test_a_sheet_can_be_chosen_where_the_one_that_was_read_is_no_table(tmp_path: Path) -> None:
    book, path = openpyxl.Workbook(), tmp_path / "book.xlsx"
    for sheet in (book.active, book.create_sheet("other")):
        sheet.append(["only one"])
        sheet.append(["column"])
    book.save(path)

    handlers = handlers_of_the_tab()
    request = SimpleNamespace(cookies={}, headers={}, session_hash="visit")

    updates = handlers["uploaded"](str(path), request, lambda *_, **__: None)
    box = next(key for key in updates if isinstance(key, gr.Textbox))
    assert (updates[box]["visible"], updates[box]["value"]) == (True, "")
    form = dict.fromkeys(updates, "") | {key: v for key, v in updates.items() if isinstance(v, Source)}
    again = handlers["read_again"](form | {box: "no such sheet"}, request, lambda *_, **__: None)
    assert again[box]["visible"]
    assert any(isinstance(value, Source) for value in again.values())


def train_tab_of_the_page(desk: Desk) -> train_tab.TrainTab:
    async def built() -> train_tab.TrainTab:
        with gr.Blocks():
            state = gr.State(None)
            return train_tab.TrainTab(desk, Door(), Watcher(), state, gr.BrowserState({}), state)

    return asyncio.run(built())


def test_a_second_training_is_begun_only_by_who_was_told_of_the_first(tmp_path: Path) -> None:
    tab, table = train_tab_of_the_page(Desk()), messy(tmp_path)
    loaded = load(table, guess_roles(table).roles)
    form = ("quick", "tfidf", "", "", "", "", 0)
    local = {"headers": {"host": "127.0.0.1:7860"}, "client": SimpleNamespace(host="127.0.0.1"), "cookies": {}}
    for request in (SimpleNamespace(**local), SimpleNamespace(**{**local, "headers": {"host": "abc.gradio.live"}})):
        held, first, *_ = tab.ask_or_begin(request, loaded, {}, *form)
        *kept, _, question, words = tab.ask_or_begin(request, loaded, held, *form)
        assert kept == [gr.skip()] * 2
        assert question["visible"]
        assert "messy.csv" in words
        held, second, _, question, _ = tab.begin(request, loaded, held, *form)
        assert not question["visible"]
        assert set(held) == {first, second}
        # the one on show is deleted: the other one, which goes on, is shown
        tab.desk.discard(Run.open(second))
        assert tab.left(first, held, request) == gr.skip()
        assert tab.left(second, held, request) == first
        Run.open(first).append(ev.Finished(selected="tfidf", accuracy=0.9, macro_f1=0.9))
        assert tab.left(second, held, request) == ""
        assert tab.ask_or_begin(request, loaded, held, *form)[1] not in (first, second)
        for run in Run.all():
            run.delete()


def test_of_the_runs_under_way_the_one_that_ends_first_comes_first_and_none_that_is_to_go(tmp_path: Path) -> None:
    runs = [prepare(ASSETS / "support_tickets.csv", base="tfidf").run for _ in range(4)]
    runs[0].append(ev.Finished(selected="tfidf", accuracy=0.9, macro_f1=0.9))
    runs[1].request("discard")
    with runs[3].lock():
        assert [run.id for run in Watcher().live(runs)] == [runs[3].id, runs[2].id]


def test_without_a_text_or_label_column_there_is_nothing_to_go_on_with() -> None:
    handlers = handlers_of_the_tab()
    request = SimpleNamespace(cookies={}, headers={}, session_hash="visit")
    read = handlers["uploaded"](str(ASSETS / "film_reviews.csv"), request, lambda *_, **__: None)
    by_id = {getattr(key, "elem_id", None): key for key in read}
    boxes = [key for key, value in read.items() if isinstance(key, gr.Dropdown) and key.multiselect]
    form = {key: value["value"] if isinstance(value, dict) else value for key, value in read.items() if key in boxes}
    form = dict.fromkeys(read, "") | form | {key: v for key, v in read.items() if isinstance(v, Source)}
    assert read[by_id["continue"]]["interactive"]
    found = next(value for value in read.values() if isinstance(value, Loaded))
    for box, words in zip(boxes, ("No text column", "No label column"), strict=True):
        columns = [[] if each is box else form[each] for each in boxes]
        assert none_left(found, *columns) != gr.skip()
        assert none_left(None, *columns) == gr.skip()
        refused = handlers["other_columns"]({**form, box: []}, request)
        assert not any(isinstance(value, Loaded) for value in refused.values())
        assert words in refused[by_id["columns-problem"]]["value"]
        assert not any(refused[by_id[name]]["interactive"] for name in ("continue", "continue-below"))
        again = handlers["other_columns"](form, request)
        assert not again[by_id["columns-problem"]]["visible"]
        assert again[by_id["continue"]]["interactive"]
    assert none_left(found, *(form[box] for box in boxes)) == gr.skip()


def test_the_file_that_was_read_is_named_and_told_to_who_does_not_see_it(tmp_path: Path) -> None:
    table = messy(tmp_path)
    loaded = diagnosed(load(table, guess_roles(table).roles))
    assert "messy.csv" in summary(loaded, "en")
    assert told(loaded, "en") == "messy.csv: 63 rows, of which 63 can be used; 2 labels. Noticed: 1 thing."
    assert "messy.csv" in told(loaded, "zh")
