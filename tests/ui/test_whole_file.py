"""What the page says of a file that was classified."""

from __future__ import annotations

import pytest

from bertdemo.data.findings import Finding
from bertdemo.jobs.written import Summary
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
