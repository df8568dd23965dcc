"""The page as a whole: the tab that it opens, and what the header says is next."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from bertdemo.api import prepare
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import read_table
from bertdemo.jobs.desk import Desk
from bertdemo.places import ASSETS
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run
from bertdemo.ui import app
from bertdemo.ui.filled import FilledCheckboxes, FilledDropdown, FilledRadio
from bertdemo.ui.loaded import Source, load
from bertdemo.ui.owner import Door
from bertdemo.ui.serving import Models


@pytest.fixture
def page() -> app._Page:
    async def built() -> app._Page:
        with app.gr.Blocks():
            return app._Page(Desk(), Door(), Models(), mcp=False)

    return asyncio.run(built())


@pytest.fixture
def run() -> Run:
    return prepare(ASSETS / "support_tickets.csv", base="tfidf").run


def visit(host: str = "127.0.0.1:7860", **query: str) -> Any:
    client = SimpleNamespace(host="127.0.0.1")
    return SimpleNamespace(headers={"host": host}, client=client, cookies={}, query_params=query)


@pytest.mark.parametrize(
    ("named", "by_link", "live", "live_after"),
    [
        ({}, False, "train", "data"),
        ({"tab": "report"}, False, "report", "report"),
        ({"tab": "data"}, False, "data", "data"),
        ({"tab": "nonsense"}, False, "train", "data"),
        ({}, True, "classify", "classify"),
        ({"tab": "report"}, True, "report", "report"),
        ({"tab": "train"}, True, "classify", "classify"),
    ],
)
def test_the_tab_of_the_address_is_opened_else_train_while_something_learns(
    page: app._Page, run: Run, named: dict[str, str], by_link: bool, live: str, live_after: str
) -> None:
    request = visit("abc.gradio.live", **named) if by_link else visit(**named)
    assert page._tab_of_arrival(run.id, by_link, {}, request) == live
    run.append(ev.Finished(selected="tfidf", accuracy=0.9, macro_f1=0.9))
    assert page._tab_of_arrival(run.id, by_link, {}, request) == live_after


def test_without_a_run_the_tab_of_the_address_is_opened_else_data(page: app._Page) -> None:
    assert page._tab_of_arrival("", False, {}, visit(tab="classify")) == "classify"
    assert page._tab_of_arrival("", False, {}, visit()) == "data"


def test_what_is_next_fits_the_tab_and_what_came_in(page: app._Page, run: Run) -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    found, kept = load(table, guess_roles(table).roles), Source("film_reviews.csv", table)
    for tab, words in (("data", "press Continue"), ("train", "Next: press Train"), ("report", "open the Train tab")):
        assert words in page._next(found, kept, tab, None, "en")
    assert "the Data tab says" in page._next(None, kept, "train", None, "en")
    assert "Upload a file" in page._next(None, None, "data", None, "en")
    run.append(ev.Started(device="CPU"))
    assert "Waiting" in page._next(found, kept, "train", run, "en")  # no worker is at it
    with run.lock():
        assert "Training" in page._next(None, kept, "data", run, "en")
    run.append(ev.Failed(code="out_of_memory", params={"exit": -9}))
    assert "press Train" in page._next(found, kept, "train", run, "en")  # another file than the run's
    assert "failed" in page._next(None, None, "train", run, "en")


@pytest.mark.parametrize(
    ("asked", "space", "others"),
    [
        ({}, None, False),
        ({"for_others": True}, None, True),
        ({"share": True}, None, True),
        ({"host": "0.0.0.0"}, None, True),
        ({}, "owner/space", True),
    ],
)
def test_whom_the_page_is_served_for_and_its_address_once_it_is_there(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], space: str | None, others: bool
) -> None:
    doors: list[Door] = []
    happened: list[str | None] = []

    class Page:
        def queue(self, **_: Any) -> Page:
            return self

        def launch(self, **how: Any) -> tuple[None, str, None]:
            assert how["share"] == asked.get("share", False)
            assert how["quiet"]
            happened.append("served")
            assert how["root_path"] == "/below"
            return None, "http://127.0.0.1:7860/", "https://abc.gradio.live" if how["share"] else None

        def block_thread(self) -> None:
            happened.append("waits")

    def build(_: Desk, door: Door, *__: Any, **___: Any) -> Page:
        doors.append(door)
        return Page()

    monkeypatch.setenv("SPACE_ID", space or "")
    if space is None:
        monkeypatch.delenv("SPACE_ID")
    monkeypatch.setattr(app, "build", build)
    monkeypatch.setattr(Desk, "open", lambda _: None)
    monkeypatch.setattr(app.atexit, "register", lambda _: None)
    monkeypatch.setattr(app.gc, "freeze", lambda: None)
    app.launch(**asked, root_path="/below", on_served=lambda *told: happened.extend(told))
    assert [door.is_for_others for door in doors] == [others]
    public = "https://abc.gradio.live" if "share" in asked else None
    assert happened == ["served", "http://127.0.0.1:7860", public, "waits"]


def test_an_app_that_knows_nothing_of_an_open_page_says_so_and_follows_its_run(page: app._Page, run: Run) -> None:
    request = visit(tab="train")

    def look(mark: str | None, on_page: str) -> list[Any]:
        return page.follow(None, None, "data", "", {}, mark, "", None, None, 1.0, on_page, request)

    for mark, on_page in ((None, ""), ("seen", run.id)):  # not arrived yet; arrived, and nothing is on show
        assert all(isinstance(new, dict) for new in look(mark, on_page)[-3:])
    watched, tab, words = look(None, run.id)[-3:]
    assert (watched, tab) == (run.id, "train")
    assert "was started anew" in words
    watched, _, again = look(None, app.NO_RUN)[-3:]
    assert watched == ""
    assert again != words  # what follows is told of it each time


@pytest.mark.parametrize(
    ("kind", "value"), [(FilledDropdown, "b"), (FilledRadio, "b"), (FilledCheckboxes, ["b"]), (FilledDropdown, None)]
)
def test_what_was_chosen_is_taken_where_the_choices_are_gone(kind: Any, value: Any) -> None:
    assert kind([]).preprocess(value) == value
