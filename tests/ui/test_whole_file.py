"""What the page says of a file that was classified."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from bertdemo.data.findings import Finding
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJob, work_on_file
from bertdemo.jobs.written import Summary
from bertdemo.runs.run import Run
from bertdemo.ui import app, whole_file
from bertdemo.ui.whole_file import summary


@pytest.mark.parametrize(("lang", "words"), [("en", "the workbook has 1 more"), ("zh", "还有 1 个")])
def test_what_was_left_out_in_reading_is_said(lang: str, words: str) -> None:
    left_out = Finding("sheets_left_out", "warning", 1, params={"sheet": "<one>", "others": "two"})
    found = Summary("excel", ["text"], rows=3, labels={"a": 3}, notices=[left_out.to_json()]).to_json()
    shown = summary(found, lang)
    assert words in shown
    assert '<div class="notice warning">' in shown
    assert "<one>" not in shown
    del found["notices"]  # a file of an earlier version
    assert words not in summary(found, lang)


def test_of_pairs_both_columns_and_what_is_lacking_are_said() -> None:
    found = Summary("csv", ["a"], rows=3, blank=2, labels={"same": 1}, pair="b").to_json()
    shown = summary(found, "en")
    assert "read from a, b" in shown
    assert "2 lack one or both of their two texts" in shown
    del found["pair"]  # a file of an earlier version
    assert "read from a<" in summary(found, "en")


@pytest.mark.parametrize(("lang", "words"), [("en", "least probability"), ("zh", "最小的概率")])
def test_what_confidence_means_of_several_labels_is_said(lang: str, words: str) -> None:
    found = Summary("csv", ["text"], rows=3, labels={"a": 3}, several=True).to_json()
    assert words in summary(found, lang)
    assert {"en": "no threshold", "zh": "没有阈值"}[lang] not in summary(found, lang)  # each label has one of its own
    del found["several"]  # a file of an earlier version
    assert words not in summary(found, lang)


@pytest.mark.parametrize(("lang", "words"), [("en", "2 texts are longer"), ("zh", "有 2 条文本超过")])
def test_texts_that_were_read_in_part_are_counted(lang: str, words: str) -> None:
    found = Summary("csv", ["text"], rows=3, labels={"a": 3}, unread=2, reads=24).to_json()
    assert words in summary(found, lang)
    assert "24" in summary(found, lang)
    del found["unread"]  # a file of an earlier version
    assert words not in summary(found, lang)


@pytest.mark.parametrize(("lang", "words"), [("en", "another language (Chinese)"), ("zh", "（中文）")])
def test_texts_in_a_language_that_was_not_learnt_are_said(lang: str, words: str) -> None:
    foreign = {"language": "zh", "learnt": "en"}
    found = Summary("csv", ["text"], rows=30, labels={"a": 30}, foreign=foreign).to_json()
    assert words in summary(found, lang)
    assert words not in summary({**found, "foreign": None}, lang)
    del found["foreign"]  # a file of an earlier version
    assert words not in summary(found, lang)


def test_a_file_without_a_header_is_said_with_a_tick(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "_hand", lambda _, job: work_on_file(FileJob.open(job["job"])))
    path = tmp_path / "texts.csv"
    path.write_text("bad\na good film\nan awful late order\n", encoding="utf-8")

    async def build() -> gr.Blocks:
        return app.build()

    page = asyncio.run(build())
    own = [fn for fn in page.fns.values() if getattr(fn.fn, "__module__", "") == whole_file.__name__]
    sends = [fn for fn in own if fn.name == "send"]
    [send] = {fn.fn for fn in sends}
    inputs = [fn.inputs for fn in sends]
    assert any(box.elem_id == "file-no-header" for box in inputs[0])
    request = SimpleNamespace(headers={}, cookies={})
    for bare, rows in ((True, 3), (False, 2)):
        job = send(trained.id, str(path), "", "", False, bare, "", request)[0]  # type: ignore[misc]
        assert FileJob.open(job).state().summary["rows"] == rows
