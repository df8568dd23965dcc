"""The findings: what is there and nothing that is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from bertdemo.data.dataset import Roles, guess_roles, labelled_texts
from bertdemo.data.doctor import examine, token_lengths
from bertdemo.data.findings import Finding
from bertdemo.data.table import read_table
from bertdemo.text import EN, LANGUAGES

SHARED = Path(__file__).parents[3] / "shared" / "data"


def findings_on(folder: Path, rows: list[str]) -> list[Finding]:
    path = folder / "data.csv"
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    return list(examine(table, roles, labelled_texts(table, roles)))


def test_clean_data_has_no_findings(tmp_path: Path) -> None:
    assert findings_on(tmp_path, [f"text number {i},{'ab'[i % 2]}" for i in range(40)]) == []


def test_findings_are_ranked(tmp_path: Path) -> None:
    rows = [f"text number {i},a" for i in range(60)] + ["twice,b", "twice,b", "torn,a", "torn,b", ",a"]
    found = {finding.code: finding for finding in findings_on(tmp_path, rows)}
    assert list(found) == [
        "text_empty",
        "text_with_two_labels",
        "classes_small",
        "imbalance",
        "text_repeated",
    ]
    assert found["text_repeated"].count == 2
    assert found["text_repeated"].rows == (61, 63)
    assert found["text_with_two_labels"].rows == (62, 63)
    assert found["classes_small"].params["names"] == "b (3)"
    for finding in found.values():
        assert all(finding.message(lang) for lang in LANGUAGES)


def test_markup(tmp_path: Path) -> None:
    rows = [f"2 < {i} and <b>bold</b>,a" for i in range(5)] + [f"2 < {i} > 1,b" for i in range(20)]
    assert [(f.code, f.count) for f in findings_on(tmp_path, rows)] == [("markup", 5)]


def test_findings_survive_json() -> None:
    finding = Finding("rows_short", "warning", 2, (3, 4), {"lines": "5, 6"})
    assert Finding.from_json(finding.to_json()) == finding
    with pytest.raises(ValueError, match="severity"):
        Finding("rows_short", "fatal", 1)


def test_token_lengths_ignore_what_the_file_says(tmp_path: Path) -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=4)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert token_lengths(["a", "a b a b a b"], tmp_path / "tokenizer.json").tolist() == [1, 6]
    assert token_lengths([], tmp_path / "tokenizer.json").tolist() == []


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")
@pytest.mark.parametrize(
    ("name", "repeated"),
    [("sst2", 9), ("banking77", 4), ("imdb_2k", 1), ("noisy_ag_news", 3), ("trec6", 71), ("sms_spam", 328)],
)
def test_repeats_in_real_files(name: str, repeated: int) -> None:
    table = read_table(SHARED / name / "train.csv")
    roles = guess_roles(table).roles
    found = {f.code: f.count for f in examine(table, roles, labelled_texts(table, roles))}
    assert found["text_repeated"] == repeated


def test_every_sentence_of_a_finding_is_in_every_language() -> None:
    for code in EN:
        if code.startswith(("finding.", "role.")) and not code.endswith(".one"):
            assert all(code in messages for messages in LANGUAGES.values())
