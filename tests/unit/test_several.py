"""A zip or a folder of several files: one table where it is plain how they belong together, else a plain refusal."""

from __future__ import annotations

import errno
import gzip
import struct
import zipfile
from pathlib import Path

import chardet
import pytest

from bertdemo.api import inspect, roles_of
from bertdemo.data.table import Table, read_table
from bertdemo.data.treated import treated
from bertdemo.errors import UserError
from bertdemo.text import LANGUAGES, say
from bertdemo.ui.view import worded

ROWS = "text,label\n" + "".join(f"row {i} of the file is here,{'ab'[i % 2]}\n" for i in range(8))


def zipped(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unzipped(path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def codes(table: Table) -> set[str]:
    return {notice.code for notice in table.reading.notices}


class Named(zipfile.ZipInfo):
    """A file whose name stands in a zip as these bytes, without a mark that says how to read them."""

    def __init__(self, name: bytes) -> None:
        super().__init__(name.hex())
        self.name = name

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  (as `zipfile` calls it)
        return self.name, 0


def refusal(path: Path) -> UserError:
    with pytest.raises(UserError) as refused:
        read_table(path)
    for lang in LANGUAGES:
        assert say(f"error.{refused.value.code}", lang, **refused.value.params)
    return refused.value


@pytest.mark.parametrize("make", [zipped, unzipped])
def test_files_with_the_same_columns_are_stacked_in_natural_order(tmp_path: Path, make: object) -> None:
    files = {f"part{i}.csv": f"text,label\ntext number {i},a\nanother text {i},b\n" for i in (10, 9, 1)}
    files["part9.csv"] = "label,text\na,text number 9\nb,another text 9\n"  # another order of columns
    files |= {"__MACOSX/part1.csv": "junk", ".DS_Store": "junk", "README.txt": "About these files.", "cover.png": "x"}
    table = read_table(make(tmp_path / "d.zip", files))  # type: ignore[operator]
    assert table.columns == ("text", "label")
    assert table.column("text")[::2] == ["text number 1", "text number 9", "text number 10"]
    assert table.column("label") == ["a", "b"] * 3
    assert {"files_together", "files_ignored"} <= codes(table)
    for notice in table.reading.notices:
        assert all(notice.message(lang) for lang in LANGUAGES)


def test_names_that_say_train_and_test_part_the_rows(tmp_path: Path) -> None:
    path = zipped(tmp_path / "d.zip", {"data/train.csv": ROWS, "data/validation.csv": ROWS, "data/test.csv": ROWS})
    table = read_table(path)
    assert table.column("split") == ["test"] * 8 + ["train"] * 16
    given = treated(table, roles_of(table))
    assert (given.table.rows, given.test and given.test.rows) == (16, 8)
    # "contest" says nothing about parts by mere letters, and nothing says how the two belong together
    assert refusal(zipped(tmp_path / "e.zip", {"contest.csv": ROWS, "latest.csv": ROWS})).code == "files_unclear"


def test_files_of_nothing_but_texts_are_labelled_by_their_names(tmp_path: Path) -> None:
    lines = {name: "text\n" + "".join(f"this is {name} text {i}\n" for i in range(8)) for name in ("pos", "neg")}
    table = read_table(zipped(tmp_path / "d.zip", {f"{name}.csv": text for name, text in lines.items()}))
    assert table.columns == ("text", "label")
    assert set(table.column("label")) == {"pos", "neg"}


def test_text_files_in_folders_named_by_labels(tmp_path: Path) -> None:
    files = {
        f"acl/{part}/{label}/{i}_{i}.txt": f'A {label} review, number {i},\nin two lines, "quoted".'
        for part in ("train", "test")
        for label in ("pos", "neg")
        for i in range(6)
    }
    files |= {f"acl/train/unsup/{i}.txt": "nobody knows" for i in range(4)} | {"acl/README": "about"}
    for make in (zipped, unzipped):
        table = read_table(make(tmp_path / make.__name__, files))  # type: ignore[arg-type]
        assert table.columns == ("text", "label", "split")
        assert table.rows == 24
        said = [(text or "").split()[1] for text in table.column("text")]
        assert said == table.column("label")
        assert table.column("split").count("test") == 12
    found = inspect(tmp_path / "unzipped")
    assert (found["text"], found["label"], found["test_rows"]) == (["text"], "label", 12)


def test_tables_that_do_not_fit_are_refused_by_name(tmp_path: Path) -> None:
    problem = refusal(zipped(tmp_path / "d.zip", {"a.csv": ROWS, "b.csv": "x,y,z\n1,2,3\n4,5,6\n"}))
    assert problem.code == "files_differ"
    assert "b.csv has x, y, z" in str(problem)
    assert "a.csv has the columns text, label" in str(problem)


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "file_empty"), ("text,label\n", "no_rows"), ("text,label\n" + "a,b,c\n" * 9, "rows_ragged")],
)
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, content: str, code: str) -> None:
    tables = {"part1.csv": "text,label\none,a\n", "deep/part2.csv": content}
    for path in (zipped(tmp_path / "a.zip", tables), unzipped(tmp_path / "b", tables)):
        error = refusal(path)
        assert error.code == code
        assert "deep/part2.csv" in str(error)
        assert "deep/part2.csv" in worded(error, "zh")


def test_a_zip_without_a_table(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path / "d.zip", {"a.png": "x", "b.pdf": "y"})).code == "archive_several"
    assert refusal(zipped(tmp_path / "e.zip", {"inner.zip": b"PK\x03\x04"})).code == "archive_several"
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").code == "archive_empty"


def test_one_table_beside_junk_and_one_compressed_inside(tmp_path: Path) -> None:
    files = {"x.csv.gz": gzip.compress(ROWS.encode()), "LICENSE.txt": "free"}
    assert read_table(zipped(tmp_path / "d.zip", files)).rows == 8


def test_locked_damaged_and_bloated_zips(tmp_path: Path) -> None:
    path = zipped(tmp_path / "d.zip", {"a.csv": ROWS, "b.csv": ROWS})
    raw = bytearray(path.read_bytes())
    for begin in (i for i in range(len(raw)) if raw[i : i + 4] == b"PK\x01\x02"):
        raw[begin + 8] |= 1  # the central directory says: encrypted
    path.write_bytes(raw)
    assert refusal(path).code == "archive_locked"
    path = zipped(tmp_path / "e.zip", {"a.csv": ROWS})
    path.write_bytes(path.read_bytes()[:60])
    assert refusal(path).code == "archive_damaged"
    path = zipped(tmp_path / "f.zip", {"a.csv": ROWS, "b.csv": ROWS})
    raw = bytearray(path.read_bytes())
    for begin in (i for i in range(len(raw)) if raw[i : i + 4] == b"PK\x01\x02"):
        raw[begin + 24 : begin + 28] = struct.pack("<I", 3 * 2**30)  # declared sizes add up to more than is read
    path.write_bytes(raw)
    assert refusal(path).code == "archive_too_large"


NAMES = [
    ("gbk", ("正面", "负面"), True),
    ("cp932", ("肯定", "否定"), True),
    ("euc-kr", ("긍정", "부정"), True),
    ("cp866", ("положительный", "отрицательный"), True),
    ("cp437", ("positif", "négatif"), True),
    ("cp850", ("Rückfrage", "Größe"), True),
    ("utf-8", ("正面", "負面"), False),
    ("utf-8", ("positif", "négatif"), False),
    ("ascii", ("good", "bad"), False),
]


@pytest.mark.parametrize(("encoding", "labels", "guessed"), NAMES)
def test_folder_names_of_a_zip_are_read_in_the_encoding_they_are_in(
    tmp_path: Path, encoding: str, labels: tuple[str, ...], guessed: bool
) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for label in labels:
            for i in range(6):
                archive.writestr(Named(f"data/{label}/{i}.txt".encode(encoding)), f"text {i} of {label}")
    table = read_table(tmp_path / "d.zip")
    assert set(table.column("label")) == set(labels)
    assert all(text.endswith(label) for text, label in zip(table.column("text"), table.column("label"), strict=True))
    said = [notice for notice in table.reading.notices if notice.code == "names_guessed"]
    assert bool(said) is guessed
    assert all(notice.message(lang) for notice in said for lang in LANGUAGES)


def test_names_that_nothing_fits_stay_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chardet, "detect", lambda *_, **__: {"encoding": None, "confidence": 0.0})
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for label in (b"\x8etat", b"\xffrest"):
            for i in range(6):
                archive.writestr(Named(label + b"/%d.txt" % i), f"text {i}")
    table = read_table(tmp_path / "d.zip")
    assert set(table.column("label")) == {b"\x8etat".decode("cp437"), b"\xffrest".decode("cp437")}
    assert "names_guessed" not in codes(table)


@pytest.mark.parametrize(
    ("name", "is_table"),
    [
        ("citation-intent.csv", True),
        ("notice.csv", True),
        ("readme-ratings.txt", True),
        ("LICENSE.tsv", True),
        ("README.txt", False),
        ("citation.json", False),
        ("Readme.en.txt", False),
        ("README.md", False),
    ],
)
def test_files_about_the_others_are_told_by_their_whole_names(tmp_path: Path, name: str, is_table: bool) -> None:
    for path in (zipped(tmp_path / "d.zip", {name: ROWS}), unzipped(tmp_path / "d", {name: ROWS})):
        if is_table:
            assert read_table(path).rows == 8
        else:
            assert refusal(path).code == "archive_several"


def test_figures_in_names_that_are_no_decimals_have_an_order_too(tmp_path: Path) -> None:
    files = {"²1.csv": "text,label\none,a\n", "²2.csv": "text,label\ntwo,b\n"}
    assert read_table(zipped(tmp_path / "d.zip", files)).column("text") == ["one", "two"]


@pytest.mark.parametrize("name", ["part2.csv", "deep/part2.csv"])
def test_a_file_of_a_folder_that_may_not_be_opened_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = unzipped(tmp_path / "d", {"part1.csv": ROWS, name: ROWS})
    shut(monkeypatch, folder / name)
    error = refusal(folder)
    assert (error.code, error.params["in_file"]) == ("file_unreadable", name)
    assert "Permission denied" in str(error)


def test_a_text_of_a_folder_that_may_not_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unzipped(tmp_path / "d", {f"{label}/{i}.txt": "words" for label in ("a", "b") for i in range(6)})
    shut(monkeypatch, folder / "b" / "3.txt")
    assert refusal(folder).params["in_file"] == "b/3.txt"


def shut(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Nobody may open the file, also not who may open every file."""
    read = Path.read_bytes

    def refused(own: Path) -> bytes:
        if own == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(own))
        return read(own)

    monkeypatch.setattr(Path, "read_bytes", refused)


def test_what_is_wrong_in_a_later_file_is_said(tmp_path: Path) -> None:
    cut = "text,label\n" + "".join(f"text {i} of it,{'ab'[i % 2]}\n" for i in range(8)) + "the last one"
    files = {"part1.csv": ROWS, "part2.csv": cut}
    alone = read_table(unzipped(tmp_path / "d", files) / "part2.csv").reading.notices
    warned = {notice.code for notice in alone if notice.severity == "warning"}
    assert warned
    assert warned <= codes(read_table(tmp_path / "d"))
