"""Rows that a column says belong together stand on one side of every split, and scores say so."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest

from bertdemo.api import inspect, prepare, roles_of, train
from bertdemo.data.dataset import (
    LabelledTexts,
    Roles,
    Split,
    different_texts,
    groups_among,
    labelled_texts,
    row_groups,
    split_texts,
)
from bertdemo.data.doctor import examine
from bertdemo.data.remedies import KEEP_TOGETHER
from bertdemo.data.remedies import grouped as grouped_by_remedy
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from bertdemo.export.card import card
from bertdemo.export.report_page import report_page
from bertdemo.report.compare import compare
from bertdemo.report.metrics import accuracy_interval, score, score_several
from bertdemo.report.next_steps import next_steps
from bertdemo.report.suspects import find_suspects
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES, sentence

ROLES = Roles(("text",), "label", group="customer")


def grouped(labels: list[int], groups: list[str], texts: list[str] | None = None) -> LabelledTexts:
    names = tuple(f"class {i}" for i in range(max(labels) + 1))
    texts = texts or [f"text number {i}" for i in range(len(labels))]
    return LabelledTexts(np.arange(len(labels)), tuple(texts), np.array(labels), names, (), "customer", tuple(groups))


def sides(split: Split) -> list[np.ndarray]:
    """Positions of the rows that are on one side of something."""
    return [held for _, held in split.folds] or [split.train, split.validation, split.test]


def customers(n: int, rows: int, *, of_one_label: bool) -> LabelledTexts:
    labels = [(i if of_one_label else i + j) % 2 for i in range(n) for j in range(rows)]
    return grouped(labels, [f"customer {i}" for i in range(n) for _ in range(rows)])


MANY = 4000
CASES = {
    "customers of one label": customers(60, 10, of_one_label=True),
    "customers of both labels": customers(60, 10, of_one_label=False),
    "few rows": customers(20, 5, of_one_label=True),
    "few customers of many rows": customers(5, 200, of_one_label=False),
    "three customers": customers(3, 2000, of_one_label=False),
    "customers of very different sizes": grouped(
        [i % 3 for i in range(MANY)],
        [f"customer {int(x)}" for x in np.random.default_rng(0).zipf(1.3, MANY).clip(0, 500)],
    ),
    "some rows without a customer": grouped(
        [i % 2 for i in range(900)], [f"customer {i // 10}" if i % 3 else "" for i in range(900)]
    ),
    "one text of several customers": grouped(
        [i % 2 for i in range(900)],
        [f"customer {i // 3}" for i in range(900)],
        [f"Text {i // 2} " if i % 2 else f"text  {i // 2}" for i in range(900)],
    ),
    "every customer once": grouped([i % 2 for i in range(900)], [f"customer {i}" for i in range(900)]),
}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_group_is_on_two_sides(data: LabelledTexts, seed: int) -> None:
    split = split_texts(data, seed=seed)
    groups = row_groups(data)
    found = sides(split)
    assert np.array_equal(np.sort(np.concatenate(found)), np.arange(len(data)))
    assert sum(len(np.unique(groups[rows])) for rows in found) == len(np.unique(groups))
    for value in filter(None, set(data.groups)):
        assert sum(value in {data.groups[row] for row in rows.tolist()} for rows in found) == 1
    shares = np.bincount(data.labels) / len(data)
    for rows in found:
        assert len(rows)
        assert np.abs(np.bincount(data.labels[rows], minlength=len(shares)) / len(rows) - shares).max() < 0.1
    assert [finding.code for finding in split.findings if finding.severity != "info"] == []


def test_parts_are_as_large_as_without_groups_and_a_seed_decides() -> None:
    data = CASES["customers of both labels"]
    one, again, other = (split_texts(data, seed=seed) for seed in (1, 1, 2))
    assert [len(rows) for rows in sides(one)] == [390, 90, 120]
    assert np.array_equal(one.test, again.test)
    assert not np.array_equal(one.test, other.test)


@pytest.mark.parametrize(
    ("name", "folds"),
    [("few rows", 5), ("few customers of many rows", 5), ("three customers", 3), ("customers of both labels", 0)],
)
def test_folds_take_turns_where_groups_are_few(name: str, folds: int) -> None:
    split = split_texts(CASES[name])
    assert len(split.folds) == folds
    codes = [finding.code for finding in split.findings]
    assert codes == ([] if not folds else ["out_of_fold" if name == "few rows" else "groups_out_of_fold"])


def test_rows_without_a_value_are_groups_of_their_own() -> None:
    data = grouped([0, 1] * 20, ["a"] * 4 + [""] * 36, [f"text {i}" for i in range(38)] + ["text 37", "Text 0"])
    groups = row_groups(data)
    assert groups[:4].tolist() == [groups[0]] * 4
    assert groups[39] == groups[0]
    assert groups[38] == groups[37]
    assert len(np.unique(groups)) == 40 - 3 - 2


@pytest.mark.parametrize(
    ("labels", "groups", "code"),
    [
        ([0, 1] * 20, ["a"] * 40, "groups_few"),
        ([0, 1] * 20, ["a", "b"] * 20, "groups_few"),
        ([0] * 20 + [1] * 20, ["a"] * 20 + ["b"] * 20, "groups_few"),
        ([0] * 20 + [1] * 20 + [2] * 20, ["a"] * 20 + ["b"] * 20 + ["c"] * 20, "groups_hold_labels"),
        ([0] * 300 + [1] * 100, ["a"] * 300 + [f"b{i % 30}" for i in range(100)], "groups_hold_labels"),
    ],
)
def test_what_can_not_be_split_is_said_with_the_column(labels: list[int], groups: list[str], code: str) -> None:
    with pytest.raises(UserError) as caught:
        split_texts(grouped(labels, groups))
    assert caught.value.code == code
    assert "“customer”" in str(caught.value)


@pytest.mark.parametrize("rows", [40, 400])
def test_labels_that_one_group_has_are_named(rows: int) -> None:
    labels = [i % 2 for i in range(rows)] + [2] * (rows // 4)
    groups = [f"customer {i // 2}" for i in range(rows)] + ["one"] * (rows // 4)
    found = [each for each in split_texts(grouped(labels, groups)).findings if each.severity == "warning"]
    assert [(each.code, each.params) for each in found] == [
        ("labels_in_few_groups", {"names": "class 2", "column": "customer"})
    ]
    assert all("class 2" in found[0].message(lang) for lang in LANGUAGES)


def test_rows_of_several_labels_are_kept_together() -> None:
    draw = np.random.default_rng(0)
    data = grouped([0] * 600, [f"customer {i // 6}" for i in range(600)])
    data = LabelledTexts(
        data.row_ids, data.texts, draw.random((600, 3)) < 0.4, ("a", "b", "c"), (), "customer", data.groups
    )
    found = [{data.groups[row] for row in rows.tolist()} for rows in sides(split_texts(data))]
    assert sum(map(len, found)) == 100


# files ------------------------------------------------------------------------------------------


def file_of(path: Path, rows: range, customer: str = "C{c}", column: str = "customer") -> Path:
    lines = [f"{column},text,label"]
    for i in rows:
        word = "good" if i % 2 else "bad"
        lines.append(f"{customer.format(c=i // 5)},the {word} food and phone {i},{'up' if i % 2 else 'down'}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_column_is_never_learnt_from(tmp_path: Path) -> None:
    table = read_table(file_of(tmp_path / "a.csv", range(200), "some words of {c}"))
    roles = roles_of(table, group="customer")
    assert (roles.text, roles.label, roles.group) == (("text",), "label", "customer")
    assert "customer" not in roles.columns
    with pytest.raises(UserError, match="customer"):
        labelled_texts(table, Roles(("text", "customer"), "label", group="customer"))
    with pytest.raises(UserError, match="client"):
        roles_of(table, group="client")


def test_a_value_in_two_unicode_forms_is_one(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.csv", range(200), "Zoë {c}")
    lines = path.read_text(encoding="utf-8").splitlines()
    torn = [normalize("NFD", line) if i % 2 else line for i, line in enumerate(lines)]
    path.write_text("\n".join(torn), encoding="utf-8")
    data = labelled_texts(read_table(path), ROLES)
    assert len({*data.groups}) == len(np.unique(row_groups(data))) == 40


def test_inspect_says_what_is_kept_together(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.csv", range(200))
    found = inspect(path, group="customer")
    assert found["group"] == "customer"
    assert [each["column"] for each in found["unused"]] == ["customer"]
    with pytest.raises(UserError, match="customer"):
        inspect(file_of(tmp_path / "b.csv", range(200), "one"), group="customer")


@pytest.mark.parametrize(("rows", "n"), [(range(188, 240), 1), (range(190, 240), 0), (range(300, 340), 0)])
def test_groups_that_are_tested_and_learnt_are_said(tmp_path: Path, rows: range, n: int) -> None:
    table = read_table(file_of(tmp_path / "train.csv", range(200)))
    other = read_table(file_of(tmp_path / "test.csv", rows))
    data = labelled_texts(table, ROLES)
    test = labelled_texts(other, ROLES, label_names=data.label_names, first_row_id=200)
    codes = {each.code: each for each in examine(table, ROLES, data, test=test, test_table=other)}
    assert ("test_groups_in_train" in codes) == bool(n)
    assert split_texts(data, test=test).test.tolist() == list(range(200, 200 + len(rows)))
    if n:
        assert codes["test_groups_in_train"].count == n
        assert codes["test_groups_in_train"].rows == (185, 186, 187)


def test_test_rows_need_not_have_the_column(tmp_path: Path) -> None:
    data = labelled_texts(read_table(file_of(tmp_path / "train.csv", range(400))), ROLES)
    other = read_table(file_of(tmp_path / "test.csv", range(500, 520), column="number"))
    test = labelled_texts(other, ROLES, label_names=data.label_names)
    assert test.groups == ("",) * 20
    split = split_texts(data, test=test)
    learnt, chosen = ({data.groups[row] for row in rows.tolist()} for rows in (split.train, split.validation))
    assert chosen
    assert not learnt & chosen


def made(tmp_path: Path, **more: Any) -> tuple[Table, Run]:
    table = read_table(file_of(tmp_path / "a.csv", range(400)))
    return table, Run.create(table, ROLES, TrainConfig(), **more)


def test_a_run_keeps_the_column_and_older_runs_have_none(tmp_path: Path) -> None:
    table, run = made(tmp_path)
    assert run.roles == ROLES
    split = run.split()
    assert split.data.grouped_by == "customer"
    assert sum(len({split.data.groups[row] for row in rows.tolist()}) for rows in sides(split)) == 80
    like = Run.create(table, run.roles, TrainConfig(seed=5), like=run)
    assert np.array_equal(like.split().test, split.test)
    path = run.folder / "run.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    del meta["data"]["group"]
    path.write_text(json.dumps(meta), encoding="utf-8")
    assert run.roles == Roles(("text",), "label")


def test_report_and_card_say_that_scores_are_for_new_values(tmp_path: Path, tiny_bert: Path) -> None:
    path = file_of(tmp_path / "a.csv", range(400))
    trained = train(path, group="customer", base=str(tiny_bert), epochs=1)
    assert trained.report["together"] == {"column": "customer", "values": 16, "shared": 0}
    for lang in LANGUAGES:
        assert "“customer”" in report_page(trained.run, lang)
        assert "“customer”" in card(trained.run, lang)


@pytest.mark.parametrize(("rows", "shared"), [(range(388, 440), 1), (range(500, 540), 0)])
def test_a_report_counts_tested_groups_that_were_learnt(
    tmp_path: Path, tiny_bert: Path, rows: range, shared: int
) -> None:
    path, test = file_of(tmp_path / "a.csv", range(400)), file_of(tmp_path / "test.csv", rows)
    trained = train(path, group="customer", test=test, base=str(tiny_bert), epochs=1)
    assert trained.report["together"]["shared"] == shared
    without = prepare(path, base=str(tiny_bert), epochs=1).run
    assert without.split().data.groups == ()


# scores -----------------------------------------------------------------------------------------


def test_the_interval_of_groups_that_are_right_together_is_that_of_groups() -> None:
    labels, groups = np.zeros(200, int), np.arange(200) // 10
    together = np.where(groups % 2, 1, 0)
    apart = np.arange(200) % 2
    names = ("a", "b")

    def width(said: np.ndarray, its: np.ndarray | None) -> float:
        low, high = score(labels, said, names, its)["interval"]
        return float(high - low)

    assert width(together, None) == width(apart, None)
    assert width(together, groups) > 2.8 * width(together, None)
    assert width(apart, groups) <= width(apart, None) + 1e-9
    assert width(apart, np.arange(200)) == pytest.approx(width(apart, None), rel=0.02)
    both, said = np.eye(2, dtype=bool)[labels], np.eye(2, dtype=bool)[together]
    low, high = score_several(both, said, names, groups)["interval"]
    assert high - low == pytest.approx(width(together, groups))


@pytest.mark.parametrize(
    ("texts", "customers", "together", "different"),
    [
        (["a", "b", "c"], [], None, None),
        (["a", "b", " A"], [], [0, 1, 0], 2),
        (["a", "b", "c"], ["x", "y", "x"], [0, 1, 0], None),
        (["a", "b", "a"], ["x", "y", "y"], [0, 0, 0], 2),
        (["a", "b", "c"], ["", "", ""], None, None),
        (["a", "b", "b"], ["", "", "x"], [0, 1, 1], 2),
        (["a"], [], None, None),
    ],
)
def test_judged_rows_belong_together_by_their_text_and_by_the_column(
    texts: list[str], customers: list[str], together: list[int] | None, different: int | None
) -> None:
    data = grouped([0] * len(texts), customers, texts)
    rows = np.arange(len(texts))
    found = groups_among(data, rows)
    assert (found if found is None else found.tolist()) == together
    assert groups_among(data, rows[:0]) is None
    assert different_texts(texts) == different


def file_of_moods(path: Path, texts: int, copies: int, first: int, per_customer: int = 10) -> Path:
    """Texts that say their label, and customers of whom every fourth means the other one, so that all of theirs are
    wrong."""
    rows = []
    for i in range(first, first + texts):
        customer = i // per_customer
        says, means = i % 2, (i + (customer % 4 == 0)) % 2
        words = f"{('bad awful poor', 'good great fine')[says]} {i}"
        rows += [[f"C{customer}", words, ("down", "up")[means]]] * copies
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["customer", "text", "label"], *rows])
    return path


def width(interval: list[float]) -> float:
    return interval[1] - interval[0]


def test_copies_count_as_one_text_wherever_chance_is_reckoned_with(
    tmp_path: Path, cli: Callable[..., tuple[int, str, str]]
) -> None:
    path = file_of_moods(tmp_path / "copies.csv", texts=60, copies=10, first=0, per_customer=1)
    trained = train(path, base="tfidf")
    report, run = trained.report, trained.run
    rows, texts = report["test_rows"], report["different_texts"]
    assert rows == 10 * texts
    for scores in (report, report["models"]["majority"]):
        right = round(scores["accuracy"] * rows)
        assert width(scores["interval"]) > 2 * width([*accuracy_interval(right, rows)])
    [step] = [step for step in next_steps({**report, "cautions": [], "per_class": []}) if "test_more" in step["do"]]
    assert step == {"do": "test_more_texts", "values": {"n": texts, "rows": rows}}
    for lang in LANGUAGES:
        assert sentence("texts_repeat", lang, n=texts) in report_page(run, lang)
        assert sentence("do_test_more_texts", lang, **step["values"])
    _, shown, _ = cli("evaluate", run.id, path)
    assert sentence("texts_repeat", "en", n=60) in shown
    found = json.loads(cli("evaluate", run.id, path, "--json")[1])
    assert (found["different_texts"], found["grouped_by"]) == (60, None)
    assert width(found["interval"]) > 2 * width([*accuracy_interval(found["accuracy"] * 600, 600)])


def test_customers_count_as_one_wherever_scores_of_them_are_compared_or_measured(
    tmp_path: Path, cli: Callable[..., tuple[int, str, str]]
) -> None:
    path = file_of_moods(tmp_path / "a.csv", texts=400, copies=1, first=0)
    test = file_of_moods(tmp_path / "test.csv", texts=300, copies=1, first=1000)
    apart, together = train(path, test=test, base="tfidf"), train(path, test=test, base="tfidf", group="customer")
    by_rows, by_customers = apart.report["interval"], together.report["interval"]
    assert apart.report["different_texts"] is None
    assert width(by_customers) > 2 * width(by_rows)
    for pair in ((apart, together), (together, apart)):
        shared = compare(*(its.run for its in pair))["shared"]
        assert shared["rows"] == 300
        assert all(width(interval) > 2 * width(by_rows) for interval in shared["interval"])
    for its, column in ((apart, None), (together, "customer")):
        found = json.loads(cli("evaluate", its.run.id, test, "--json")[1])
        assert (found["grouped_by"], found["interval"]) == (column, pytest.approx(its.report["interval"]))
    assert "30 values" in cli("evaluate", together.run.id, test)[1]
    without = tmp_path / "without.csv"
    without.write_text("\n".join(line.partition(",")[2] for line in test.read_text().splitlines()))
    assert json.loads(cli("evaluate", together.run.id, without, "--json")[1])["grouped_by"] is None


def test_a_group_does_not_vouch_for_its_own_labels() -> None:
    draw = np.random.default_rng(0)
    groups = np.arange(400) // 8
    own = draw.normal(size=(50, 30))[groups] + 0.2 * draw.normal(size=(400, 30))
    features = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    labels = (draw.random(50) < 0.5).astype(int)[groups]
    believed = find_suspects(features, labels, 2, np.arange(400))
    assert believed.mistakes < 0.05
    assert find_suspects(features, labels, 2, np.arange(400), groups=groups).mistakes > 0.25


# what is offered --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "value", "code"),
    [
        (300, "C{i}-{label}", "column_of_sources"),  # 60 customers of one label each
        (300, "{label}-{few}", "column_decides_label"),  # six finer labels
        (4000, "{label}-{many}", "column_decides_label"),  # 40 finer labels of 100 rows
        (300, "C{i}", None),  # customers of several labels
    ],
)
def test_keeping_together_is_offered_for_what_looks_like_customers(
    tmp_path: Path, rows: int, value: str, code: str | None
) -> None:
    lines = ["customer,text,label"]
    for i in range(rows):
        label = ("up", "down")[i % 2]
        cell = value.format(i=i // 10 if "label" in value else i // 5, label=label, few=i % 3, many=i // 2 % 20)
        lines.append(f"{cell},what {i} says of its {i * 7} things,{label}")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    told = ("column_of_sources", "column_decides_label")
    found = [each for each in inspect(path)["findings"] if each["code"] in told]
    assert [each["code"] for each in found] == ([code] if code else [])
    offered = [each["remedies"] for each in found] == [[KEEP_TOGETHER]]
    assert offered == (code == "column_of_sources")
    table, roles = read_table(path), Roles(("text",), "label")
    assert grouped_by_remedy(table, roles, [KEEP_TOGETHER]).group == ("customer" if offered else None)
    assert grouped_by_remedy(table, roles, []).group is None
    if offered:
        after = inspect(path, remedies=[KEEP_TOGETHER])
        assert after["group"] == "customer"
        assert not any(each["code"] in told for each in after["findings"])
        assert prepare(path, remedies=[KEEP_TOGETHER]).run.roles.group == "customer"
