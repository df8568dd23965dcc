"""What a file comes to before anything is learnt: looked at once, and the same whoever asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from bertdemo import api
from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import Reading, Table
from bertdemo.errors import UserError
from bertdemo.ui.loaded import load

ROWS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rows = [f"a text about matter {i},{'ab'[i % 2]},{'xy'[i % 2]},{'train' if i % 4 else 'test'}" for i in range(ROWS)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["note,spot,room,split", *rows, rows[1]]), encoding="utf-8")
    return path


def test_the_columns_are_guessed_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Table] = []

    def counted(table: Table, *arguments: object) -> object:
        asked.append(table)
        return guess_roles(table, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "guess_roles", counted)
    found = api.inspect(path)
    assert len(asked) == 1
    asked.clear()
    looked: list[dict[str, object]] = []
    api.prepare(path, base="tfidf", on_look=looked.append)
    assert len(asked) == 1
    assert looked[0]["label_rivals"] == found["label_rivals"] == ["room"]
    assert "label_guessed" in {finding["code"] for finding in found["findings"]}
    named = api.inspect(path, label="spot")
    assert named["label_rivals"] == []
    assert "label_guessed" not in {finding["code"] for finding in named["findings"]}


def test_the_column_of_groups_is_no_rival(path: Path) -> None:
    assert guess_roles(api.open_table(path)).without("room").rivals == ()
    guess = guess_roles(api.open_table(path))
    assert guess.without(None) == guess


@pytest.mark.parametrize("remedies", ["drop_repeats", ["drop_repeats"], ("drop_repeats",)])
def test_the_command_line_the_page_and_python_take_the_same_rows(path: Path, remedies: str | list[str]) -> None:
    given = api.treated(api.open_table(path), api.roles_of(api.open_table(path)), remedies=remedies)
    found = api.inspect(path, remedies=remedies)
    run = api.prepare(path, base="tfidf", remedies=remedies).run
    page = load(api.open_table(path), api.roles_of(api.open_table(path)), remedies=["drop_repeats"])
    assert (given.before.rows, given.table.rows) == (46, 45)
    assert {found["rows"], run.table.rows, page.table.rows} == {45}
    assert {found["test_rows"], page.test and page.test.rows, given.test and given.test.rows} == {15}
    assert page.split == given.split == "split"


def test_an_unknown_remedy_is_named(path: Path) -> None:
    for remedies in ("tidy_up", ["drop_repeats", "tidy_up"]):
        with pytest.raises(UserError, match="tidy_up") as refused:
            api.inspect(path, remedies=remedies)
        assert refused.value.code == "remedy_unknown"


def test_a_remedy_that_does_not_fit_the_columns_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"keep_unlabelled is for rows .* of “spot” has one") as refused:
        api.inspect(path, label="spot", remedies="keep_unlabelled")
    assert refused.value.code == "remedy_of_several"
    flags = tmp_path / "flags.csv"
    rows = [f"a text about matter {i},{i % 2},{i % 3 % 2},{i % 5 % 2}" for i in range(ROWS)]
    flags.write_text("\n".join(["text,odd,third,fifth", *rows]), encoding="utf-8")
    with pytest.raises(UserError, match="mend_spelling changes labels in cells") as refused:
        api.inspect(flags, label=["odd", "third", "fifth"], remedies=["drop_repeats", "mend_spelling"])
    assert refused.value.code == "remedy_of_cells"


def test_a_base_may_be_a_path(path: Path) -> None:
    assert api.prepare(path, base=Path("tfidf")).run.meta["config"]["base"] == "tfidf"
    with pytest.raises(UserError):
        api.prepare(path, base=path.parent / "nothing")


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_path_is_not_the_current_folder(empty: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    for ask in (lambda: api.inspect(empty), lambda: api.prepare(empty), lambda: api.inspect(path, test=empty)):
        with pytest.raises(UserError) as refused:
            ask()
        assert refused.value.code == "path_empty"
    assert api.open_table(".").rows == ROWS + 1


COLUMNS = {
    "a scale": [str(i % 5 + 1) for i in range(90)],
    "a scale with its mean below": [*(str(i % 5 + 1) for i in range(89)), "2.98"],
    "space around": [f" {'ab'[i % 2]}{' ' * (i % 3)}" for i in range(90)],
    "gaps": ["yes", None, "no"] * 30,
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_label_is_seen_by_its_different_cells(kind: str) -> None:
    cells = COLUMNS[kind]
    texts = [f"an answer of its own, number {i}" for i in range(90)]
    numbers = [f"{share:.6f}" for share in np.random.default_rng(0).random(90)]
    data = pa.table({"a": texts, "b": cells, "c": numbers})
    guess = guess_roles(Table("t", ("a", "b", "c"), data, Reading("csv")))
    assert (guess.roles.text, guess.roles.label) == (("a",), "b")
    assert guess.reasons["label"][1]["rows"] == sum(cell is not None for cell in cells)
