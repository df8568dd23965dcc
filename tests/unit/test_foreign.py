"""Texts in a language that a classifier has not learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from bertdemo.core.foreign import Foreign, foreign
from bertdemo.data.dataset import Roles
from bertdemo.data.table import read_table
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run
from tests.conftest import SHARED, on_real_data

ENGLISH = ["The delivery was late and the box was open.", "I like this film, it made me laugh a lot."]
GERMAN = ["Das Produkt ist sehr gut und ich bin zufrieden.", "Leider kam das Paket viel zu spät bei uns an."]
RUSSIAN = ["Доставка была очень быстрой, спасибо большое.", "Мне этот фильм совсем не понравился, очень скучно."]
UKRAINIAN = ["Доставка була дуже швидкою, щиро дякую.", "Мені цей фільм зовсім не сподобався, дуже нудно."]
JAPANESE = ["この映画はとても面白かったです。", "配達が遅くて、箱も開いていました。"]
CHINESE = ["味道很好,下次再来一定点这家", "送餐太慢了,饭菜都已经凉了"]
SETS = (
    "banking77",
    "goemotions",
    "imdb_2k",
    "mrpc",
    "noisy_ag_news",
    "restaurant_reviews",
    "sms_spam",
    "sst2",
    "trec6",
    "tweeteval_emotion",
)


def learnt_from(tmp_path: Path, texts: Sequence[str]) -> Run:
    """A run of these texts that nothing was done for yet."""
    path = tmp_path / "learnt.csv"
    rows = [f'"{text} {n}",{"ab"[n % 2]}' for n, text in enumerate(texts)]
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return Run.create(read_table(path), Roles(("text",), "label"), TrainConfig())


def test_another_language_than_the_one_learnt_from_is_noticed(tmp_path: Path) -> None:
    run = learnt_from(tmp_path, ENGLISH * 30)
    assert foreign(run, CHINESE * 10) == Foreign("zh", "en")
    assert foreign(run, GERMAN * 10) == Foreign("de", "en")
    assert foreign(run, ENGLISH * 10) is None
    assert foreign(run, CHINESE * 9) is None  # too few to say
    assert foreign(run, CHINESE * 10 + ENGLISH * 10) is None
    run.delete()
    assert foreign(run, CHINESE * 10) is None


def test_a_language_that_was_learnt_too_is_not_foreign(tmp_path: Path) -> None:
    run = learnt_from(tmp_path, (ENGLISH * 9 + CHINESE) * 6)
    assert foreign(run, CHINESE * 10) is None
    assert foreign(run, GERMAN * 10) == Foreign("de", "en")


@pytest.mark.parametrize(
    ("learnt", "also", "texts"),
    [
        (RUSSIAN, UKRAINIAN, UKRAINIAN),
        (UKRAINIAN, RUSSIAN, RUSSIAN),
        (JAPANESE, CHINESE, CHINESE),
        (CHINESE, [], [*CHINESE * 4, *JAPANESE]),
    ],
)
def test_languages_of_one_script_are_told_apart_text_by_text(
    tmp_path: Path, learnt: list[str], also: list[str], texts: list[str]
) -> None:
    assert foreign(learnt_from(tmp_path, (learnt * 7 + also * 3) * 3), texts * 10) is None


def test_a_runs_rows_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = learnt_from(tmp_path, ENGLISH * 30)
    assert foreign(run, CHINESE * 10) == Foreign("zh", "en")
    monkeypatch.setattr(Run, "columns", None)
    assert foreign(run, GERMAN * 10) == Foreign("de", "en")


def test_a_run_of_texts_that_say_nothing_of_their_language_knows_no_foreign_one(tmp_path: Path) -> None:
    assert foreign(learnt_from(tmp_path, ["good", "bad"] * 30), CHINESE * 10) is None


def test_what_it_means_is_said_in_both_languages() -> None:
    assert "(Chinese) than those learned from (English)" in Foreign("zh", "en").message("en")
    assert "（sw）" in Foreign("sw", "en").message("zh")


@on_real_data
def test_real_sets(tmp_path: Path) -> None:
    def texts(name: str) -> list[str]:
        table = read_table(SHARED / name / "test.csv")
        column = "text" if "text" in table.columns else "text_a"
        return [cell or "" for cell in table.column(column)]

    english = Run.create(read_table(SHARED / "sst2" / "test.csv"), Roles(("text",), "label"), TrainConfig())
    chinese = Run.create(read_table(SHARED / "waimai_10k" / "test.csv"), Roles(("text",), "label"), TrainConfig())
    for name in SETS:
        assert foreign(english, texts(name)) is None, name
        assert foreign(chinese, texts(name)) == Foreign("en", "zh"), name
    assert foreign(english, texts("waimai_10k")) == Foreign("zh", "en")
    assert foreign(chinese, texts("waimai_10k")) is None
