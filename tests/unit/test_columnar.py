"""Parquet and Arrow files: columns of every type are read as texts, held as a whole or gone through in chunks."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from bertdemo.api import inspect
from bertdemo.data.stream import spool
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from bertdemo.text import LANGUAGES

ROWS = 40
ID = uuid.UUID("8459f4e8-7751-43ac-b93f-aaf35c6e538e")
DAY = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)

KINDS: dict[str, tuple[Callable[[], pa.Array], str]] = {
    "uuid": (lambda: pa.array([ID.bytes] * ROWS, pa.uuid()), str(ID)),
    "bytes of a fixed size": (lambda: pa.array([ID.bytes] * ROWS, pa.binary(16)), ID.hex),
    "code of a fixed size": (lambda: pa.array([b"EUR\0"] * ROWS, pa.binary(4)), "EUR"),
    "bytes": (lambda: pa.array([b"caf\xe9"] * ROWS), "caf\ufffd"),
    "view": (lambda: pa.array(["words"] * ROWS, pa.string_view()), "words"),
    "view of bytes": (lambda: pa.array([b"words"] * ROWS, pa.binary_view()), "words"),
    "tensor": (
        lambda: pa.ExtensionArray.from_storage(
            pa.fixed_shape_tensor(pa.int32(), [2]), pa.array([[1, 2]] * ROWS, pa.list_(pa.int32(), 2))
        ),
        "[1, 2]",
    ),
    "list of ids": (lambda: pa.array([[ID.bytes]] * ROWS, pa.list_(pa.binary(16))), f'["{ID.hex}"]'),
    "categories of bytes": (lambda: pa.array([ID.bytes] * ROWS, pa.binary(16)).dictionary_encode(), ID.hex),
    "unknown time zone": (
        lambda: pa.array([DAY] * ROWS, pa.timestamp("ms", "Nowhere/Town")),
        "2020-01-02 00:00:00.000Z",
    ),
    "bytes called texts": (
        lambda: pa.Array.from_buffers(pa.string(), ROWS, pa.array([b"caf\xe9"] * ROWS).buffers()),
        "caf\ufffd",
    ),
    "half precision": (lambda: pa.array([1.5] * ROWS, pa.float16()), "1.5"),
    "nothing": (lambda: pa.nulls(ROWS), ""),
}
OF_ARROW = {
    "categories of lists": (
        lambda: pa.DictionaryArray.from_arrays(pa.array([0] * ROWS), pa.array([["a", "b"]])),
        '["a", "b"]',
    ),
    "runs": (lambda: pa.RunEndEncodedArray.from_arrays([ROWS], ["words"]), "words"),
    "interval": (lambda: pa.array([(1, 2, 3)] * ROWS, pa.month_day_nano_interval()), "[1, 2, 3]"),
}
CASES = [(kind, ".parquet") for kind in KINDS] + [(kind, ".arrow") for kind in KINDS | OF_ARROW]


def written(path: Path, table: pa.Table) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        feather.write_feather(table, path, compression="uncompressed")
    return path


def texts_and(columns: dict[str, pa.Array]) -> pa.Table:
    texts = [f"this is text number {i} of some" for i in range(ROWS)]
    return pa.table({"text": texts, "label": ["a", "b"] * (ROWS // 2), **columns})


@pytest.mark.parametrize(("kind", "ending"), CASES)
def test_a_column_of_any_type_is_read_as_texts(tmp_path: Path, kind: str, ending: str) -> None:
    make, shown = (KINDS | OF_ARROW)[kind]
    path = written(tmp_path / f"d{ending}", texts_and({"x": make()}))
    assert read_table(path).column("x") == [shown or None] * ROWS
    assert inspect(path)["label"] == "label"
    (tmp_path / "kept").mkdir()
    rows = spool(path, tmp_path / "kept")
    assert [cell for chunk in rows.chunks() for cell in chunk.column("x")] == [shown or None] * ROWS


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_columns_of_one_name_are_told_apart_and_kept(tmp_path: Path, ending: str) -> None:
    doubled = pa.table([*texts_and({}).columns, pa.array(["z"] * ROWS)], names=["text", "label", "label"])
    path = written(tmp_path / f"d{ending}", doubled)
    table = read_table(path)
    assert table.columns == ("text", "label", "label_2")
    assert [notice.code for notice in table.reading.notices] == ["header_renamed"]
    assert all(notice.message(lang) for notice in table.reading.notices for lang in LANGUAGES)
    table.save(tmp_path / "saved.parquet")
    assert Table.load(tmp_path / "saved.parquet").column("label_2") == ["z"] * ROWS
    (tmp_path / "kept").mkdir()
    rows = spool(path, tmp_path / "kept")
    assert rows.columns == ("text", "label", "label_2")
    assert next(rows.originals()).column_names == ["text", "label", "label_2"]


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_names_that_are_no_trouble_stay_as_they_are(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / f"d{ending}", texts_and({"two  spaces ": pa.nulls(ROWS, pa.string())}))
    assert read_table(path).columns[-1] == "two  spaces "
    assert read_table(path).reading.notices == ()


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_a_date_beyond_all_calendars_is_refused_in_words(tmp_path: Path, ending: str) -> None:
    days = pa.StructArray.from_arrays([pa.array([2**30] * ROWS, pa.date32())], ["day"])
    path = written(tmp_path / f"d{ending}", texts_and({"x": days}))
    (tmp_path / "kept").mkdir()
    for read in (read_table, lambda path: spool(path, tmp_path / "kept")):
        with pytest.raises(UserError) as refused:
            read(path)
        assert refused.value.code == "file_damaged"
