"""The endpoints as functions of the page that is built: what they take, what they refuse, what assistants see."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from bertdemo.api import prepare
from bertdemo.cli.listening import is_asked_for
from bertdemo.errors import UserError
from bertdemo.export.rules import RULES
from bertdemo.export.snippets import snippets
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.exports import ExportJob, work_on_export
from bertdemo.jobs.files import FileJob, work_on_file
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run
from bertdemo.ui import app, elsewhere, endpoints, share, view
from bertdemo.ui.endpoints import TOOLS
from bertdemo.ui.owner import Door
from bertdemo.ui.serving import MOST_TEXTS


def endpoint(page: gr.Blocks, name: str) -> Callable[..., Any]:
    [found] = [fn.fn for fn in page.fns.values() if fn.api_name == name and fn.fn]
    return found


def built(**how: Any) -> gr.Blocks:
    """The page. Built in a running event loop: without one Gradio opens its own and leaves it open."""

    async def build() -> gr.Blocks:
        return app.build(**how)

    return asyncio.run(build())


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    return built()


def test_a_batch_is_answered_in_its_order(page: gr.Blocks, trained: Run) -> None:
    one, many = endpoint(page, "classify"), endpoint(page, "classify_batch")
    texts = ["a good film", "an awful, late order", "a good film"]
    found = many(trained.id, texts)
    assert [entry["label"] for entry in found] == [one(trained.id, text, "")["label"] for text in texts]
    assert found[0] == found[2]
    assert many(trained.id, []) == []


def test_a_run_on_show_is_what_classifies_once_it_can(page: gr.Blocks, trained: Run, reviews_csv: Path) -> None:
    follow = next(
        fn for fn in page.fns.values() if getattr(fn.fn, "__module__", "") == app.__name__ and fn.name == "follow"
    )
    place = [getattr(component, "elem_id", None) for component in follow.outputs].index("classify-run")
    listed = len(follow.outputs) - 8  # kept, pace, timer, and what an app started anew says come after it
    request = SimpleNamespace(cookies={}, headers={"host": "127.0.0.1"}, client=SimpleNamespace(host="127.0.0.1"))
    mark = ""

    def classifies_with(now: str | None, watched: str) -> str:
        """What the dropdown holds after a look of a page that watches a run, and holds `now`."""
        nonlocal mark
        found = follow.fn(None, None, "train", watched, {}, "", mark, None, now, 1.0, watched, request)  # type: ignore[misc]
        mark = found[listed]
        return str(found[place].get("value", now))

    new = prepare(reviews_csv, base="tfidf").run
    assert classifies_with(None, new.id) == trained.id  # nothing else can
    shutil.copytree(trained.folder / "models", new.folder / "models")
    assert classifies_with(trained.id, new.id) == new.id
    shutil.rmtree(new.model_folder("bert"))
    assert classifies_with(trained.id, new.id) == trained.id  # a person's choice stays
    assert classifies_with(trained.id, prepare(reviews_csv, base="tfidf").run.id) == trained.id  # until another can


def test_what_is_no_batch_is_refused_in_words(page: gr.Blocks, trained: Run) -> None:
    many = endpoint(page, "classify_batch")
    for texts, said in (
        ("a text", "list of texts"),
        ({"0": "a text"}, "list of texts"),
        (["a text"] * (MOST_TEXTS + 1), "at most 1000"),
        (["a text", ""], "number 2 is empty"),
        (["a text", 3], "int"),
        (None, "list of texts"),
    ):
        with pytest.raises(gr.Error, match=said):
            many(trained.id, texts)


def test_a_file_without_a_header_may_be_sent(
    page: gr.Blocks, trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Done(Desk):
        def _hand(self, job: dict[str, str]) -> None:
            work_on_file(FileJob.open(job["job"]))

    monkeypatch.setattr(Desk, "_hand", Done._hand)
    path = tmp_path / "texts.csv"
    path.write_text("bad\na good film\nan awful late order\n", encoding="utf-8")
    classify = endpoint(page, "classify_file")
    for no_header, rows in ((True, 3), (False, 2)):
        out = Path(classify(trained.id, str(path), "", "", False, no_header)).read_text(encoding="utf-8")
        assert len(out.splitlines()) == rows + 1


def test_whether_there_is_a_header_is_said_at_most_once() -> None:
    assert endpoints.has_header(False, False) is None
    assert endpoints.has_header(True, False) is False
    assert endpoints.has_header(False, True) is True
    with pytest.raises(UserError, match="no_header"):
        endpoints.has_header(True, True)


def test_assistants_are_offered_what_changes_nothing() -> None:
    info = built(mcp=True).get_api_info()
    assert {name.strip("/") for name in info["named_endpoints"]} == set(TOOLS)
    everybody = built().get_api_info()["named_endpoints"]
    assert {"/train", "/status", "/stop", "/classify", "/classify_batch", "/classify_file", "/inspect"} == set(
        everybody
    )
    names = [entry["parameter_name"] for entry in everybody["/classify_batch"]["parameters"]]
    assert names == ["run", "texts"]
    assert everybody["/classify_batch"]["parameters"][1]["type"]["type"] == "array"


def test_tools_describe_what_they_take(page: gr.Blocks) -> None:
    from gradio.utils import get_function_description

    for name in TOOLS:
        says, parameters, _ = get_function_description(endpoint(page, name))
        assert says
        taken = page.get_api_info()["named_endpoints"][f"/{name}"]["parameters"]
        assert set(parameters) == {entry["parameter_name"] for entry in taken}
        assert all(words.endswith(".") for words in parameters.values())  # its first line is all that is handed on


def test_a_table_may_be_sent_as_text_in_the_place_of_a_file(page: gr.Blocks, reviews_csv: Path) -> None:
    inspect = endpoint(page, "inspect")
    text = reviews_csv.read_text(encoding="utf-8")
    assert inspect(None, text) == inspect(str(reviews_csv), "")
    taken = page.get_api_info()["named_endpoints"]["/inspect"]["parameters"]
    assert {one["parameter_name"]: one["parameter_default"] for one in taken} == {"file": None, "csv": ""}
    assert all(one["parameter_has_default"] for one in taken)
    with pytest.raises(gr.Error, match="uploaded file is not there"):
        inspect()
    with pytest.raises(gr.Error, match="text was expected, not list"):
        inspect(None, ["text,label"])
    assert inspect(None, text.replace("\n", " \ud800\n"))["rows"] == inspect(None, text)["rows"]


def test_an_mcp_server_without_its_packages_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bertdemo.cli import main

    monkeypatch.setattr(app.importlib.util, "find_spec", lambda name: None)
    for arguments, asked in ((["serve", "--mcp"], "0"), (["serve"], "1")):
        monkeypatch.setenv("BERTDEMO_MCP", asked)
        with pytest.raises(SystemExit) as end:
            main(arguments)
        assert end.value.code == 2
        assert "requirements-mcp.txt" in capsys.readouterr().err


class Requested:
    """A request from the person at this machine."""

    def __init__(self, **headers: str) -> None:
        self.headers = {"host": "127.0.0.1:7861", **headers}
        self.client = type("Client", (), {"host": "127.0.0.1"})()
        self.request = type("Inner", (), {"url": "http://127.0.0.1:7861/", "scope": {}})()
        self.cookies: dict[str, str] = {}


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "http://127.0.0.1:7861"),
        ({"x-forwarded-host": "me.example", "x-forwarded-proto": "https"}, "https://me.example"),
        ({"x-forwarded-host": "me.example:8443, inner", "x-forwarded-proto": "https, http"}, "https://me.example:8443"),
        ({"host": '"><script>'}, elsewhere.LOCAL),
    ],
)
def test_snippets_and_links_name_the_address_that_was_asked(headers: dict[str, str], address: str) -> None:
    asked: Any = Requested(**headers)
    assert elsewhere.address_of(asked) == address
    assert share.address(asked, "abc") == f"{address}/?run=abc"


@pytest.mark.parametrize(
    ("root", "address"),
    [
        ("/bertdemo", "https://me.example/bertdemo"),
        ("/tools/bertdemo/", "https://me.example/tools/bertdemo"),
        ("https://other.example/b", "https://other.example/b"),
    ],
)
def test_snippets_and_links_name_the_path_that_the_page_is_served_below(root: str, address: str) -> None:
    asked: Any = Requested(**{"x-forwarded-host": "me.example", "x-forwarded-proto": "https"})
    asked.request.scope["root_path"] = root
    assert elsewhere.address_of(asked) == address
    assert share.address(asked, "abc") == f"{address}/?run=abc"


def test_whether_assistants_are_served_is_said_with_yes_or_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bertdemo.cli import main

    monkeypatch.setattr(app.importlib.util, "find_spec", lambda name: None)
    for said, words in (("TRUE", "requirements-mcp"), ("on", "requirements-mcp"), ("maybe", "BERTDEMO_MCP is “maybe”")):
        monkeypatch.setenv("BERTDEMO_MCP", said)
        with pytest.raises(SystemExit) as end:
            main(["serve"])
        assert end.value.code == 2
        assert words in capsys.readouterr().err
    for said in ("", "0", "No", "off"):
        monkeypatch.setenv("BERTDEMO_MCP", said)
        assert not is_asked_for("BERTDEMO_MCP")


def test_snippets_are_of_the_run_that_was_chosen(trained: Run) -> None:
    def of(run_id: str) -> Any:
        filled = elsewhere._filled_in(run_id, Requested())  # type: ignore[arg-type]
        return filled if run_id != trained.id else "".join(filled)

    assert "top_k" not in of(trained.id)
    assert "text_pair" not in of(trained.id)
    trained.update(data={**trained.meta["data"], "separator": "|", "pair": "other"})
    assert "top_k=None" in of(trained.id)
    assert "text_pair" in of(trained.id)
    assert of("nothing") == [gr.skip()] * 6


def test_forms_of_a_bert_are_not_offered_where_there_is_none(trained: Run) -> None:
    assert [update["visible"] for update in elsewhere._offered(trained.id)] == [True, True]
    shutil.rmtree(trained.model_folder("bert"))
    trained.update(selected="tfidf")
    assert [update["visible"] for update in elsewhere._offered(trained.id)] == [False, False]
    assert elsewhere._offered("nothing") == [gr.skip()] * 2
    refused = view.error(UserError("export_bert_only", selected="tfidf"), "en")
    assert "TF-IDF + logistic regression" in refused


def test_what_is_hidden_without_a_bert_are_all_snippets_and_forms_that_need_one(page: gr.Blocks) -> None:
    def names(component: Any) -> set[str]:
        inside = [names(child) for child in getattr(component, "children", ())]
        return {getattr(component, "elem_id", None) or ""}.union(*inside)

    [hides] = [fn for fn in page.fns.values() if fn.fn is elsewhere._offered]
    hidden = set().union(*map(names, hides.outputs))
    forms = {f"make-{form}" for form in RULES}
    said = {name for name in names(page) if name.startswith("snippet-") or name in forms}
    assert said - hidden == {
        "snippet-client",
        "snippet-curl",
        "snippet-javascript",
        "snippet-bertdemo",
        "make-bertdemo",
    }
    assert hidden >= {"snippet-transformers", "snippet-onnx", "make-transformers", "make-onnx", "make-onnx-int8"}
    [fills] = [fn for fn in page.fns.values() if fn.fn is elsewhere._filled_in]
    titles = [snippet.title.lower() for snippet in snippets("", "", "", pair=False, several=False)]
    assert [box.elem_id for box in fills.outputs] == [f"snippet-{title}" for title in titles]


def test_a_form_is_made_by_a_worker_for_its_owner_only(trained: Run) -> None:
    class Worked(Desk):
        def _hand(self, job: dict[str, str]) -> None:
            work_on_export(ExportJob(Run.open(job["run_of"]), job["form"]))

    make = elsewhere._maker(Worked(), Door(), "transformers")
    *_, (said, button) = make(trained.id, {}, Requested())  # type: ignore[arg-type, misc]
    assert "rows of the data" in said
    assert button["visible"]
    assert button["value"].endswith("reviews-transformers.zip")
    stranger = Requested(host="elsewhere.example")
    *_, (said, button) = make(trained.id, {}, stranger)  # type: ignore[arg-type, misc]
    assert "alert" in said
    assert not button["visible"]


def test_how_far_a_form_is_shown_until_its_last_word(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0)
    begun: list[ExportJob] = []

    class Slow(Desk):
        def _hand(self, job: dict[str, str]) -> None:
            begun.append(ExportJob(Run.open(job["run_of"]), job["form"]))

    shown = elsewhere._maker(Slow(), Door(), "transformers")(trained.id, {}, Requested())  # type: ignore[arg-type]
    for _ in range(2):
        said = next(shown)[0]
        assert 'value="0"' in said
        assert "starting" in said
    begun[0].append(ev.PhaseBegan(phase="comparing", done=0.5))
    said = next(shown)[0]
    assert 'value="50" max="100">50%' in said
    assert "loading it again and comparing" in said
    begun[0].append(ev.Failed(code="export_died", params={"exit": 1}))
    said, button = next(shown)
    assert "stopped unexpectedly" in said
    assert not button["visible"]
    assert list(shown) == []


def test_a_form_of_a_run_that_is_deleted_meanwhile_is_not_waited_for(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(elsewhere, "LOOK_SECONDS", 0)

    class Idle(Desk):
        def _hand(self, job: dict[str, str]) -> None:
            pass

    shown = elsewhere._maker(Idle(), Door(), "transformers")(trained.id, {}, Requested())  # type: ignore[arg-type]
    assert "progress" in next(shown)[0]
    assert "progress" in next(shown)[0]
    trained.delete()
    said, button = next(shown)
    assert f"no run {trained.id}" in said
    assert not button["visible"]
    assert list(shown) == []


def test_a_form_of_a_run_that_is_deleted_just_when_it_is_done_is_not_offered(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Worked(Desk):
        def _hand(self, job: dict[str, str]) -> None:
            work_on_export(ExportJob(Run.open(job["run_of"]), job["form"]))

    def done_and_deleted(job: ExportJob) -> Any:
        made = result(job)
        trained.delete()
        return made

    result = ExportJob.result
    monkeypatch.setattr(ExportJob, "result", done_and_deleted)
    *_, (said, button) = elsewhere._maker(Worked(), Door(), "transformers")(trained.id, {}, Requested())  # type: ignore[arg-type]
    assert f"no run {trained.id}" in said
    assert not button["visible"]


def test_what_a_caller_is_told_is_plain_text(page: gr.Blocks) -> None:
    with pytest.raises(gr.Error) as caught:
        endpoint(page, "train")(__file__, "", "", "<b>'often' & \"much\"", "", "", "", "", "", "", "", "", "", None)
    assert "<b>'often' & \"much\"" in caught.value.message


def test_whoever_comes_from_elsewhere_cannot_train_from_a_folder(page: gr.Blocks, tiny_bert: Path) -> None:
    visitor = SimpleNamespace(headers={"host": "abc.gradio.live"}, client=SimpleNamespace(host="10.0.0.7"))
    with pytest.raises(gr.Error, match="not the name of a base model"):
        endpoint(page, "train")(__file__, "", "", "quick", str(tiny_bert), "", "", "", "", "", "", "", "", visitor)
