"""What is written as a table is read back as it was, whatever is in its cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bertdemo.data.table import read_table
from bertdemo.errors import UserError

DELIMITERS = [",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
# what a person can type: no control characters (NUL is taken out, said, and tested elsewhere), no half characters
TYPED = st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufeff\u2028\u2029\x85")
CELL = st.text(TYPED, max_size=30) | st.text(st.sampled_from("ab ,;|\t\n\"'"), max_size=12)
NAME = st.text(st.characters(categories=("Lu", "Ll")), min_size=1, max_size=12)

EXAMPLES = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def tables(draw: st.DrawFn, *, fewest_rows: int = 1, fewest_columns: int = 1) -> list[list[str]]:
    """A header of different names, and rows that are not blank altogether."""
    columns = draw(st.integers(fewest_columns, 5))
    names = draw(st.lists(NAME, min_size=columns, max_size=columns, unique_by=str.casefold))
    row = st.lists(CELL, min_size=columns, max_size=columns).filter(lambda cells: any(cell.strip() for cell in cells))
    return [names, *draw(st.lists(row, min_size=fewest_rows, max_size=20))]


def write(folder: Path, table: list[list[str]], delimiter: str, encoding: str, newline: str, quoting: int) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    path = folder / "data.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def cells_of(path: Path, **reading: object) -> list[list[str]]:
    table = read_table(path, **reading)  # type: ignore[arg-type]
    columns = [table.column(name) for name in table.columns]
    return [list(table.columns), *([cell or "" for cell in row] for row in zip(*columns, strict=True))]


@EXAMPLES
@given(
    tables(),
    st.sampled_from(DELIMITERS),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_told_how_it_is_written_any_table_reads_back(
    tmp_path: Path, table: list[list[str]], delimiter: str, encoding: str, newline: str, quoting: int
) -> None:
    path = write(tmp_path, table, delimiter, encoding, newline, quoting)
    assert cells_of(path, delimiter=delimiter, encoding=encoding, quotechar='"', has_header=True) == table


@EXAMPLES
@given(
    tables(fewest_rows=5, fewest_columns=2),
    st.sampled_from(DELIMITERS),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n"]),
)
@example([["text", "label"], *([f"a, b; c | d\t{i}", "x"] for i in range(6))], ";", "utf-16", "\r\n")
@example([["text", "label"], *([f"text {i}", "x"] for i in range(5)), ["|\n", ""]], "|", "utf-8", "\n")
@example([["text", "label"], *([f"text {i}", "x"] for i in range(5)), ["one;\ntwo", "y"]], ";", "utf-8", "\r\n")
def test_told_nothing_any_table_of_some_rows_reads_back(
    tmp_path: Path, table: list[list[str]], delimiter: str, encoding: str, newline: str
) -> None:
    path = write(tmp_path, table, delimiter, encoding, newline, csv.QUOTE_MINIMAL)
    assert cells_of(path) == table


@EXAMPLES
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    try:
        table = read_table(path)
    except UserError:
        return
    assert table.rows >= 1
    table.save(tmp_path / "table.parquet")
    assert table.fingerprint == type(table).load(tmp_path / "table.parquet").fingerprint


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_a_single_record(tmp_path: Path, delimiter: str) -> None:
    """A header alone is no table; a line of numbers is one row."""
    path = tmp_path / "data.csv"
    path.write_text(f"text{delimiter}label\n", encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_table(path)
    assert refused.value.code == "no_rows"
    path.write_text(f"4{delimiter}5{delimiter}6\n", encoding="utf-8")
    assert (read_table(path).rows, len(read_table(path).columns)) == (1, 3)
