"""Large files are read in pieces to the same table as when they are held as a whole."""

from __future__ import annotations

import csv
import gzip
import random
import sys
from pathlib import Path

import pytest

from bertdemo.data import pieces, table
from bertdemo.data.overrules import Overrules
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError

TEXTS = (
    "plain words here",
    'she said "no", twice',
    "two\nlines",
    "tail, with comma",
    "čaj a káva",
    "文本 内容",
    "…",
    "'q'",
)


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is large, and its pieces are small."""
    monkeypatch.setattr(table, "LARGE_BYTES", 0)
    monkeypatch.setattr(table, "PACKED_BYTES", 0)
    monkeypatch.setattr(table, "HEAD_BYTES", 4000)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1000)
    monkeypatch.setattr(pieces._read, "__defaults__", (1000,))


def rows_csv(path: Path, encoding: str = "utf-8", delimiter: str = ",", texts: tuple[str, ...] = TEXTS) -> Path:
    draw = random.Random(0)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["id", "text", "label"])
        writer.writerows([i, f"{draw.choice(texts)} {i}", draw.choice(["a", "b"])] for i in range(700))
    return path


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **how: str) -> tuple[Table, Table]:
    """The table as read in pieces, and as read whole."""
    found = table._read_in_pieces(path, path.name, Overrules(**how), lambda _: None)
    assert found is not None
    monkeypatch.setattr(table, "LARGE_BYTES", 10**9)
    monkeypatch.setattr(table, "PACKED_BYTES", 10**9)
    return found, read_table(path, **how)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, delimiter: str) -> None:
    found, expected = both(rows_csv(tmp_path / "rows.csv", encoding, delimiter), monkeypatch)
    assert found.data.equals(expected.data)
    assert found.fingerprint == expected.fingerprint
    assert found.reading == expected.reading


@pytest.mark.usefixtures("in_pieces")
def test_lines_above_the_table_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rows_csv(tmp_path / "rows.csv")
    path.write_text("a title\nof two lines\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    found, expected = both(path, monkeypatch, skip_rows=2, quotechar='"')  # type: ignore[arg-type]
    assert found.columns == ("id", "text", "label")
    assert found.fingerprint == expected.fingerprint
    assert found.reading == expected.reading


@pytest.mark.usefixtures("in_pieces")
def test_quotes_that_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.tsv"
    lines = [f'{"spam" if i % 2 else "ham"}\tsome "odd {i} text' for i in range(700)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found, expected = both(path, monkeypatch)
    assert found.rows == 700
    assert found.data.equals(expected.data)
    assert found.reading == expected.reading


@pytest.mark.usefixtures("in_pieces")
def test_a_gzip_is_unpacked_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(rows_csv(tmp_path / "rows.csv").read_bytes()))
    found, expected = both(path, monkeypatch)
    assert found.data.equals(expected.data)
    assert found.reading == expected.reading
    path.write_bytes(path.read_bytes()[:-200])
    monkeypatch.setattr(table, "PACKED_BYTES", 0)
    with pytest.raises(UserError) as error:
        read_table(path)
    assert error.value.code == "archive_damaged"


@pytest.mark.usefixtures("in_pieces")
def test_progress_goes_from_nothing_to_all(tmp_path: Path) -> None:
    shares: list[float] = []
    read_table(rows_csv(tmp_path / "rows.csv"), on_progress=shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 10
    assert shares[-1] == pytest.approx(1)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\n300,", b"\n300\0,"),
        lambda raw: raw.replace(b"\r\n", b"\r"),
        lambda raw: raw[:-2] + b'\n9,"never closed,a\n10,more,b\n' * 3,
        lambda raw: b"sep=,\n" + raw,
        lambda raw: raw.replace(b"plain words here 400", b"broken \xff\xfe words"),
        lambda raw: b'[{"text": "a", "label": "b"}]' + b" " * 5000,
    ],
    ids=["nul", "carriage returns", "unclosed quote", "sep", "not UTF-8", "JSON"],
)
def test_what_needs_the_whole_text_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    path = rows_csv(tmp_path / "rows.csv", texts=("plain words here", "čaj"))
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))

    def outcome() -> object:
        try:
            found = read_table(path)
        except UserError as error:
            return error.code, error.params
        return found.fingerprint, found.reading

    in_pieces = outcome()
    monkeypatch.setattr(table, "LARGE_BYTES", 10**9)
    assert in_pieces == outcome()


@pytest.mark.usefixtures("in_pieces")
def test_what_is_no_text_is_refused_from_its_head(tmp_path: Path) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG" + bytes(range(256)) * 40)
    with pytest.raises(UserError) as error:
        read_table(path)
    assert error.value.code == "file_binary"


@pytest.mark.usefixtures("in_pieces")
def test_how_far_it_is_grows_from_the_first_piece_to_the_last(tmp_path: Path) -> None:
    done: list[float] = []
    read_table(rows_csv(tmp_path / "rows.csv"), on_progress=done.append)
    assert 0 < done[0] < 0.1
    assert done == sorted(done)
    assert len(set(done)) > 10
    assert done[-1] == pytest.approx(1.0)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize(
    ("encoding", "code"),
    [
        *((name, "encoding_unknown") for name in ("base64", "hex", "zip", "rot13", "undefined", "utf\0", "ü", "")),
        ("utf-16", None),  # without its mark it is read in the order of this machine's bytes
    ],
)
@pytest.mark.parametrize("large", [True, False])
def test_an_encoding_that_no_text_is_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, code: str | None, large: bool
) -> None:
    if not large:
        monkeypatch.setattr(table, "LARGE_BYTES", 10**9)
    path = rows_csv(tmp_path / "rows.csv", encoding=f"utf-16-{sys.byteorder[0]}e" if code is None else "utf-8")
    if code is None:
        assert read_table(path, encoding=encoding).rows == 700
        return
    with pytest.raises(UserError) as refused:
        read_table(path, encoding=encoding)
    assert refused.value.code == code


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("encoding", ["punycode", "idna"])
@pytest.mark.parametrize("large", [True, False])
def test_an_encoding_of_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, large: bool
) -> None:
    if not large:
        monkeypatch.setattr(table, "LARGE_BYTES", 10**9)
    with pytest.raises(UserError) as refused:
        read_table(rows_csv(tmp_path / "rows.csv"), encoding=encoding)
    assert refused.value.code in ("encoding_unknown", "encoding_wrong")
