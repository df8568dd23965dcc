"""The findings: what is there and nothing that is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from bertdemo.api import inspect
from bertdemo.data import checks
from bertdemo.data.dataset import LabelledTexts, Roles, guess_roles, labelled_texts, split_texts
from bertdemo.data.doctor import examine
from bertdemo.data.findings import Finding
from bertdemo.data.giveaways import MEASURES
from bertdemo.data.language import NO_LANGUAGE, Language, detect_language
from bertdemo.data.legible import Legible, token_lengths, unread_characters
from bertdemo.data.remedies import offered
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.text import EN, LANGUAGES, language_name
from tests.conftest import SHARED, on_real_data

READ = Reading("csv")


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


def test_texts_without_a_language_are_in_no_foreign_one(tmp_path: Path) -> None:
    rows = [f"red word{i} thing{i} {i},{'ab'[i % 2]}" for i in range(100)]
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    found = inspect(tmp_path / "data.csv")
    assert found["language"] in NO_LANGUAGE
    assert "language_foreign" not in [finding["code"] for finding in found["findings"]]
    for lang in LANGUAGES:
        assert language_name(found["language"], lang) != found["language"]


def test_markup(tmp_path: Path) -> None:
    rows = [f"2 < {i} and <b>bold</b>,a" for i in range(5)] + [f"2 < {i} > 1,b" for i in range(20)]
    assert [(f.code, f.count) for f in findings_on(tmp_path, rows)] == [("markup", 5)]


def test_labels_that_are_measurements_are_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rated = [f"text number {i},{draw.integers(0, 50) / 10}" for i in range(400)]
    [found] = [f for f in findings_on(tmp_path, rated) if f.code == "labels_measured"]
    assert "from 0 to 4.9" in found.message()
    for classes in (range(1, 6), [i / 2 for i in range(2, 11)], range(77)):  # stars, half stars, intents by number
        rows = [f"text number {i},{classes[i % len(classes)]}" for i in range(400)]
        assert "labels_measured" not in {f.code for f in findings_on(tmp_path, rows)}


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


@on_real_data
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


def codes(found: list[Finding]) -> dict[str, int]:
    return {finding.code: finding.count for finding in found}


def distinct(n: int, tail: str = "") -> list[str]:
    """Texts that have little in common."""
    import random

    draw = random.Random(0)
    words = [f"w{i:03d}{'x' * (1 + i % 5)}" for i in range(400)]
    return [" ".join(draw.sample(words, 9)) + tail for _ in range(n)]


def labelled(texts: list[str], labels: str = "ab") -> list[str]:
    return [f'"{text}",{labels[i % len(labels)]}' for i, text in enumerate(texts)]


def test_test_rows_that_judge_nothing_are_counted(tmp_path: Path) -> None:
    path, test_path = tmp_path / "data.csv", tmp_path / "test.csv"
    path.write_text("text,label\n" + "\n".join(labelled(distinct(40))) + "\n", encoding="utf-8")
    test_path.write_text("text,label\nsome new text,a\n,b\na text,\nanother text,unheard\n", encoding="utf-8")
    table, test = read_table(path), read_table(test_path)
    roles = Roles(("text",), "label")
    data = labelled_texts(table, roles)
    tested = labelled_texts(test, roles, label_names=data.label_names)
    found = {f.code: f for f in examine(table, roles, data, test=tested, test_table=test)}
    assert (found["test_rows_left_out"].count, found["test_rows_left_out"].params) == (2, {"rows": 4})
    assert (found["test_labels_outside"].count, found["test_labels_outside"].params) == (1, {"names": "unheard"})
    assert "test_rows_left_out" not in {f.code for f in examine(table, roles, data, test=data, test_table=table)}


def test_labels_that_no_test_row_has_are_named(tmp_path: Path) -> None:
    path, test_path = tmp_path / "data.csv", tmp_path / "test.csv"
    path.write_text("text,label\n" + "\n".join(labelled(distinct(40), "abc")) + "\n", encoding="utf-8")
    test_path.write_text("text,label\nsome new text,a\nanother text,c\n", encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    data = labelled_texts(table, roles)
    tested = labelled_texts(read_table(test_path), roles, label_names=data.label_names)
    found = {f.code: f for f in examine(table, roles, data, test=tested)}
    assert (found["labels_untested"].count, found["labels_untested"].params) == (1, {"names": "b"})
    assert "labels_untested" not in codes(list(examine(table, roles, data, test=data)))


def test_rows_without_any_of_several_labels_and_rare_labels_are_said(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    marks = [f"{int(i % 3 > 0)},{int(i % 40 == 1)}" for i in range(90)]
    rows = [f"{text},{mark}" for text, mark in zip(distinct(90), marks, strict=True)]
    path.write_text("text,joy,anger\n" + "\n".join(rows) + "\n", encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "joy", flags=("joy", "anger"))
    found = {f.code: f for f in examine(table, roles, labelled_texts(table, roles))}
    assert found["rows_without_label"].count == 29
    assert found["rows_without_label"].rows[:2] == (0, 3)
    assert found["labels_uneven"].params["smallest"] == "anger"
    assert found["labels_small"].params["names"] == "anger (3)"
    assert not {"imbalance", "classes_small"} & set(found)
    assert offered("labels_small", roles) == ()
    assert "merge" not in found["labels_small"].message()
    for finding in found.values():
        assert all(finding.message(lang) for lang in LANGUAGES)


def test_near_copies_are_found_and_only_they(tmp_path: Path) -> None:
    texts = distinct(60)
    changed = [" ".join([*text.split()[:-1], "other"]) for text in texts[:5]]
    assert codes(findings_on(tmp_path, labelled(texts))) == {}
    found = findings_on(tmp_path, labelled([*texts, *changed]))
    assert codes(found) == {"text_nearly_repeated": 5}
    assert found[0].rows == tuple(range(60, 65))


def test_texts_with_next_to_nothing(tmp_path: Path) -> None:
    assert codes(findings_on(tmp_path, labelled([*distinct(40), "?", ":-)", "好", "ok"]))) == {"texts_tiny": 3}


def test_personal_data_is_told_from_other_numbers(tmp_path: Path) -> None:
    harmless = ["on 2024-05-17 at 10:30", "costs 1,299.00 or 12 345", "version 3.11.7 of 2026", "12 of 24 in 2019"]
    personal = ["mail me: jo.doe@example.org", "call +44 20 7946 0958 now", "ring 08001950382", "(030) 123 45 678"]
    assert "personal_data" not in codes(findings_on(tmp_path, labelled([*distinct(40), *harmless])))
    assert codes(findings_on(tmp_path, labelled([*distinct(40), *personal])))["personal_data"] == 4


def test_a_word_that_gives_the_label_away(tmp_path: Path) -> None:
    rows = [f'"{text}{" cheap" if i % 2 else ""}",{"ab"[i % 2]}' for i, text in enumerate(distinct(80))]
    [found] = findings_on(tmp_path, rows)
    assert (found.code, found.params["word"], found.params["label"]) == ("word_tells_label", "cheap", "b")
    assert "word_tells_label" not in codes(findings_on(tmp_path, labelled(distinct(80, " cheap"))))


def test_characters_that_the_built_in_model_can_not_read_are_said() -> None:
    from bertdemo.core.models import bundled_folder

    def found_in(texts: list[str], language: str = "en") -> list[Finding]:
        labels = np.arange(len(texts)) % 2
        data = LabelledTexts(np.arange(len(texts)), tuple(texts), labels, ("a", "b"))
        table = Table("a.csv", ("text", "label"), pa.table({"text": texts, "label": ["ab"[i] for i in labels]}), READ)
        unread = unread_characters(texts, bundled_folder() / "tokenizer.json")
        known = Legible(unread=unread, language=Language(language, 1.0), reads=("en",))
        found = examine(table, Roles(("text",), "label"), data, legible=known)
        return [finding for finding in found if finding.code == "characters_unread"]

    read = [f"{text} – café, naïve… 5 €" for text in distinct(100)]
    assert found_in(read) == []
    assert found_in([*read, "nothing special 😀"]) == []
    [found] = found_in([*read, "nothing special👍🏽", "nothing special ❤️", "fine 👍"])
    assert (found.severity, found.count, found.rows) == ("info", 3, (100, 101, 102))
    assert found.params["characters"] == "👍 ❤"
    [found] = found_in([*read, *[f"special {chr(0x1F600 + i)}" for i in range(20)]])
    assert (found.severity, len(str(found.params["characters"]).split())) == ("warning", 5)
    assert found_in([*read, *["special 😀"] * 20], "fr") == []


def test_of_words_that_tell_as_much_the_first_of_the_alphabet_is_named(tmp_path: Path) -> None:
    telling = " ".join(f"w{letter}" for letter in "qwertyuiopasdfghjklzxcvbnm")
    rows = [f'"{text} {telling if i % 2 else ""}",{"ab"[i % 2]}' for i, text in enumerate(distinct(80))]
    [found] = [finding for finding in findings_on(tmp_path, rows) if finding.code == "word_tells_label"]
    assert (found.params["word"], found.count) == ("wa", 100)
    assert "alone" not in found.message()


def test_numbers_and_names_that_give_the_label_away(tmp_path: Path) -> None:
    texts = distinct(160)
    long = [f"{texts[i]} {texts[80 + i]}" if i % 2 else texts[i] for i in range(80)]
    found = {finding.code: finding for finding in findings_on(tmp_path, labelled(long))}
    assert found["characters_tell_label"].params["label"] in ("a", "b")
    stars = [f'"{i % 5 + 1} of 5: {text}",{i % 5 + 1}' for i, text in enumerate(distinct(200))]
    assert {"numbers_tell_label", "word_tells_label"} & set(codes(findings_on(tmp_path, stars)))
    named = [
        f'"{text} {"sport" if i % 2 else "music"}{i}",{"sport" if i % 2 else "music"}'
        for i, text in enumerate(distinct(80))
    ]
    assert "text_says_label" not in codes(findings_on(tmp_path, named))  # no words of their own
    named = [row.replace(f'{i}"', '"') if i % 3 else row for i, row in enumerate(named)]
    assert codes(findings_on(tmp_path, named))["text_says_label"] == 66


def test_data_that_is_too_easy(tmp_path: Path) -> None:
    import random

    draw = random.Random(0)
    rows = []
    for i in range(400):
        own = [f"{'ab'[i % 2]}{draw.randrange(20)}q" for _ in range(6)]
        rows.append(f"{' '.join(own)} w{i},{'ab'[i % 2]}")
    assert codes(findings_on(tmp_path, rows)) == {"easy": 400}
    assert "easy" not in codes(findings_on(tmp_path, labelled(distinct(400))))


def test_a_sorted_file(tmp_path: Path) -> None:
    texts = distinct(200)
    in_order = [f'"{text}",{"a" if i < 100 else "b"}' for i, text in enumerate(texts)]
    assert codes(findings_on(tmp_path, in_order)) == {"sorted_by_label": 200}


def test_labels_that_ask_for_a_choice(tmp_path: Path) -> None:
    several = [f'"{text}","{label}"' for text, label in zip(distinct(60), ["0", "1", "2", "0,2"] * 15, strict=True)]
    assert {"labels_several": 15, "labels_numbered": 3}.items() <= codes(findings_on(tmp_path, several)).items()
    nested = [f'"{text}",{label}' for text, label in zip(distinct(60), ["x:a", "x:b", "y:a", "y:b"] * 15, strict=True)]
    assert codes(findings_on(tmp_path, nested)) == {"labels_nested": 4}


def test_another_column_could_be_the_label(tmp_path: Path) -> None:
    lines = ["text,label,gt,points"]
    for i, text in enumerate(distinct(60)):
        label = "ab"[i % 2]
        lines.append(f"{text},{label},{label if i % 5 else 'ab'[(i + 1) % 2]},{i % 2 * 3 + i % 3}")
    path = tmp_path / "data.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    found = {finding.code: finding for finding in examine(table, roles, labelled_texts(table, roles))}
    assert found["label_column_rival"].params["column"] == "gt"
    assert found["label_column_rival"].count == 80
    assert found["column_decides_label"].params["columns"] == "points"


@pytest.mark.parametrize(
    ("other", "is_rival"),
    [
        (lambda i: "abc"[i % 3] if i % 4 else "abc"[(i + 1) % 3], True),
        (lambda i: ("abc"[i % 3], "99", "k.A.", "")[i // 3 % 4], True),  # where it says anything, it agrees
        (lambda i: "abc"[i // 3 % 3], False),  # as often as chance would
        (lambda i: "a" if i % 20 else "b", False),
        (lambda i: ("n/a", "99")[i % 2] if i > 6 else "abc"[i % 3], False),  # too few to tell
    ],
)
def test_a_second_judgement_agrees_by_more_than_chance(
    tmp_path: Path, other: Callable[[int], str], is_rival: bool
) -> None:
    lines = ["text,label,other", *(f"{text},{'abc'[i % 3]},{other(i)}" for i, text in enumerate(distinct(90)))]
    (tmp_path / "data.csv").write_text("\n".join(lines), encoding="utf-8")
    table, roles = read_table(tmp_path / "data.csv"), Roles(("text",), "label")
    found = {finding.code: finding for finding in examine(table, roles, labelled_texts(table, roles))}
    assert ("label_column_rival" in found) == is_rival


@pytest.mark.parametrize(
    ("pairs", "share", "kappa"),
    [
        (["aa"] * 20 + ["ab"] * 5 + ["ba"] * 10 + ["bb"] * 15, 0.7, 0.4),
        (["ab", "ba"], 0.0, -1.0),
        (["aa", "aa"], 1.0, 0.0),  # of one label nothing can be told
        ([], 0.0, 0.0),
    ],
)
def test_agreement_beyond_chance(pairs: list[str], share: float, kappa: float) -> None:
    assert checks.agreement([(one, other) for one, other in pairs]) == pytest.approx((share, kappa))


def test_long_texts_and_a_language_that_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["text,label", *labelled(distinct(40))]), encoding="utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    data = labelled_texts(table, roles)
    lengths = np.array([100] * 60 + [1024] * 40)
    english, chinese = Language("en", 1.0), Language("zh", 1.0)
    found = {f.code: f for f in examine(table, roles, data, legible=Legible(lengths, (), chinese, ("en",)))}
    assert (found["texts_cut"].severity, found["texts_cut"].count) == ("warning", 40)
    assert found["texts_cut"].params == {"percent": "40", "limit": 512, "tokens": "44"}
    assert "texts_cut_quick" not in found
    quick = {f.code: f for f in examine(table, roles, data, legible=Legible(np.minimum(lengths, 512), (), english))}
    assert (quick["texts_cut_quick"].severity, quick["texts_cut_quick"].count) == ("info", 40)
    assert quick["texts_cut_quick"].params == {"percent": "40", "limit": 256, "tokens": "39"}
    assert "texts_cut" not in quick
    assert found["language_foreign"].params["language"] == "zh"
    assert examine(table, roles, data, legible=Legible(lengths[:60], (), english, ("en",))) == ()


def test_texts_in_two_languages(tmp_path: Path) -> None:
    english = [f"I would like to know where my order number {i} is" for i in range(90)]
    german = [f"Ich möchte gerne wissen; wo bleibt meine Bestellung Nummer {i}" for i in range(10)]
    path = tmp_path / "data.csv"
    texts = english[:50] + german + english[50:]
    path.write_text("\n".join(["text,label", *(f"{text},{'ab'[i % 2]}" for i, text in enumerate(texts))]), "utf-8")
    table, roles = read_table(path), Roles(("text",), "label")
    data = labelled_texts(table, roles)
    found = {f.code: f for f in examine(table, roles, data, legible=Legible(language=detect_language(data.texts)))}
    assert found["languages_mixed"].params == {"language": "en", "other": "de", "percent": "10"}
    assert (found["languages_mixed"].count, found["languages_mixed"].rows) == (10, tuple(range(50, 60)))
    alone = examine(table, roles, data, legible=Legible(language=detect_language(english)))
    assert "languages_mixed" not in {f.code for f in alone}


@on_real_data
@pytest.mark.parametrize(
    ("name", "overlap"),
    [("sst2", 2), ("banking77", 7), ("imdb_2k", 0), ("noisy_ag_news", 1), ("trec6", 11), ("sms_spam", 0)],
)
def test_test_texts_that_stand_in_train_too(name: str, overlap: int) -> None:
    table = read_table(SHARED / name / "train.csv")
    roles = guess_roles(table).roles
    data = labelled_texts(table, roles)
    test = labelled_texts(read_table(SHARED / name / "test.csv"), roles, label_names=data.label_names)
    found = {finding.code: finding.count for finding in examine(table, roles, data, test=test)}
    assert found.get("test_text_in_train", 0) == overlap
    gives_away = {"word_tells_label", "text_says_label", "easy"} | {f"{measure}_tell_label" for measure in MEASURES}
    assert not gives_away & set(found)


def test_test_texts_are_told_from_training_texts_as_the_split_tells_them() -> None:
    data = LabelledTexts(np.arange(4), ("One day", "two", "one  DAY", "three"), np.arange(4) % 2, ("a", "b"))
    test = LabelledTexts(np.arange(2), ("one day", "four"), np.arange(2), ("a", "b"))
    texts, rows = checks.test_texts_in_train(data, test)
    assert (texts, rows.tolist()) == (1, [0, 2])


@on_real_data
def test_long_reviews_are_said_to_be_cut() -> None:
    from bertdemo.core.models import legible_to_bundled

    table = read_table(SHARED / "imdb_2k" / "train.csv")
    roles = guess_roles(table).roles
    data = labelled_texts(table, roles)
    found = {f.code: f for f in examine(table, roles, data, legible=legible_to_bundled(data.texts))}
    assert 10 <= int(found["texts_cut"].params["percent"]) <= 20


def test_what_the_split_left_out_is_what_stands_in_both() -> None:
    texts = [f"text number {i % 35}" for i in range(40)]
    data = LabelledTexts(np.arange(40), tuple(texts), np.arange(40) % 2, ("a", "b"))
    test = LabelledTexts(np.arange(40, 43), ("Text  number 3", "text number 8", "new"), np.array([0, 1, 0]), ("a", "b"))
    split = split_texts(data, test=test)
    found, expected = checks.kept_from_learning(data, split), checks.test_texts_in_train(data, test)
    assert found[0] == expected[0] == 2
    assert found[1].tolist() == expected[1].tolist() == [3, 8, 38]


def test_texts_that_may_have_been_cut_off_are_asked_about(tmp_path: Path) -> None:
    texts = [f"{text} " * (1 + i % 4) for i, text in enumerate(distinct(200))]
    whole = [text.strip() for text in texts]
    cut = [text[:100] for text in texts]
    share = sum(len(text) == 100 for text in cut) / len(cut)
    assert 0.1 < share < 0.9
    [found] = [f for f in findings_on(tmp_path, labelled(cut)) if f.code == "texts_equally_long"]
    assert found.params == {"column": "text", "length": 100, "percent": f"{100 * share:.0f}"}
    for lang in LANGUAGES:
        assert "100" in found.message(lang)
    often = [*whole, *["z" * 300] * 40]  # the longest text is one and the same
    short = [text[:20] for text in texts]
    for others in (whole, often, short):
        assert "texts_equally_long" not in codes(findings_on(tmp_path, labelled(others)))


@on_real_data
def test_no_real_file_is_said_to_be_cut_off() -> None:
    for path in sorted(SHARED.glob("*/train.csv")):
        table = read_table(path)
        assert checks.equally_longest(table, guess_roles(table).roles) == [], path


def test_stars_with_a_decimal_comma_are_not_several_labels() -> None:
    names = ("3", "3,5", "4", "4,5", "5")
    data = LabelledTexts(np.arange(50), tuple(f"a text {i}" for i in range(50)), np.arange(50) % 5, names)
    assert checks.several_labels(data)[0] == ""
