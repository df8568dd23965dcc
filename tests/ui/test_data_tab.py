"""The samples of this project, seen as the Data tab sees them, and the form's settings."""

from __future__ import annotations

from typing import Any

import pytest

from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import read_table
from bertdemo.errors import UserError
from bertdemo.ui import train_tab
from bertdemo.ui.data_tab import ASSETS, SAMPLES, load, summary


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
    assert loaded.language == language
    assert len(loaded.texts.label_names) == classes
    assert 300 <= len(loaded.texts) <= 400
    assert f"{table.rows} rows" in summary(loaded, "en")


def test_chinese_without_the_hub_is_offered_the_classifier_that_needs_no_download() -> None:
    table = read_table(ASSETS / "waimai_reviews_zh.csv")
    _, base, note, start = train_tab.offer(load(table, guess_roles(table).roles), "en")
    assert base["value"] == "tfidf"
    assert "google-bert/bert-base-chinese" in note["value"]
    assert "412 MB" in note["value"]
    assert start["interactive"]


def test_english_needs_no_note() -> None:
    table = read_table(ASSETS / "film_reviews.csv")
    dial, base, note, _ = train_tab.offer(load(table, guess_roles(table).roles), "en")
    assert base["value"] == ""
    assert not note["visible"]
    assert [value for _, value in dial["choices"]] == ["quick", "balanced", "thorough"]
    assert all("about" in words for words, _ in dial["choices"])


def test_empty_fields_mean_automatic() -> None:
    config = train_tab.settings("quick", "", None, "", None, None, 3)
    assert (config.budget, config.base, config.lr, config.seed) == ("quick", None, None, 3)
    assert train_tab.settings("quick", None, 2, "5e-5", 16, 64, None).lr == 5e-5


@pytest.mark.parametrize(
    "fields",
    [("quick", "", None, "fast", None, None, 0), ("huge", "", None, "", None, None, 0), (7, "", [], "", {}, None, 0)],
)
def test_what_is_no_setting_is_refused_with_its_name(fields: Any) -> None:
    with pytest.raises(UserError):
        train_tab.settings(*fields)
