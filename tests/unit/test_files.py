"""Whole files: every row comes back in order, in every format, and an interruption changes no byte."""

from __future__ import annotations

import csv
import gc
import json
import os
import tracemalloc
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from bertdemo.api import prepare
from bertdemo.cli import main
from bertdemo.core.classify import Classifier
from bertdemo.core.tasks import Decision, Use
from bertdemo.data import pieces, stream, table
from bertdemo.data.dataset import Roles
from bertdemo.data.pair import TextPair
from bertdemo.data.stream import Rows, spool
from bertdemo.data.table import Reading, Table, read_table
from bertdemo.errors import UserError
from bertdemo.jobs import classified, outputs, written
from bertdemo.jobs.classified import classify_rows, columns_to_read
from bertdemo.jobs.files import FileJob, work_on_file
from bertdemo.jobs.outputs import KINDS, harmless, kind_for, open_out
from bertdemo.jobs.written import Summary, Wish
from bertdemo.runs import events as ev
from bertdemo.runs.run import Run

ROWS = 200


class Lengths:
    """A backend whose answers follow from the lengths of the texts; it counts what it reads."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def probabilities(self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None) -> np.ndarray:
        self.seen += texts
        if on_progress:
            on_progress(len(texts))
        share = np.array([(len(text) % 10) / 9 for text in texts])
        return np.stack([share, 1 - share], axis=1).reshape(-1, 2)


def classifier(labels: tuple[str, ...] = ("a", "b"), use: Use | None = None) -> tuple[Classifier, Lengths]:
    backend = Lengths()
    return Classifier("tfidf", labels, backend, use or Use()), backend


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of 16 rows; the file is read in pieces of a thousand bytes."""
    monkeypatch.setattr(stream, "CHUNK", 16)
    monkeypatch.setattr(table, "LARGE_BYTES", 0)
    monkeypatch.setattr(table, "HEAD_BYTES", 4000)
    monkeypatch.setattr(pieces._read, "__defaults__", (1000,))


@pytest.fixture
def texts_csv(tmp_path: Path) -> Path:
    """Rows of different lengths, one without a text, one that begins as a formula does."""
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "note"])
        for i in range(ROWS):
            text = "" if i == 50 else "=1+1" if i == 60 else f"text č\n{'x' * (i % 9)} {i}"
            writer.writerow([i, text, "-5,3" if i % 2 else ""])
    return path


def work(
    path: Path, out: Path, given: Classifier, *, folder: Path | None = None, on_progress: Any = None, **wish: Any
) -> Summary:
    folder = folder or out.with_name(f"{out.name}.work")
    folder.mkdir(exist_ok=True)
    rows = Rows.open(folder, "s") or spool(path, folder, source="s")
    wanted = Wish(**{"text": ("text",), "threshold": 0.8, "kind": kind_for(out), **wish})
    told = on_progress or (lambda *_: None)
    review = out.with_name(f"{out.stem}-review{out.suffix}")
    return classify_rows(given, "m", rows, folder, out, wanted, review=review, on_progress=told)


@pytest.mark.parametrize("source", ["csv", "tsv", "jsonl", "parquet", "excel"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_keeps_rows_and_columns(texts_csv: Path, tmp_path: Path, source: str, kind: str) -> None:
    given = tmp_path / f"in{KINDS[source]}"
    frame = read_table(texts_csv).data.to_pandas()
    if source == "parquet":
        frame.to_parquet(given)
    elif source == "excel":
        with open_out("excel", given, pa.schema([(name, pa.string()) for name in frame.columns])) as file:
            file.write([read_table(texts_csv).column(name) for name in frame.columns])
    elif source == "jsonl":
        frame.to_json(given, orient="records", lines=True)
    else:
        frame.to_csv(given, index=False, sep="\t" if source == "tsv" else ",")
    out = tmp_path / f"out{KINDS[kind]}"
    summary = work(given, out, classifier()[0], keep_formulas=True)
    found, expected = read_table(out), read_table(texts_csv)
    yes, no = ("true", "false") if kind in ("jsonl", "parquet") else ("yes", "no")
    assert summary.rows == found.rows == ROWS
    assert summary.blank == 1
    assert found.columns == (*expected.columns, "predicted_label", "confidence", "unsure", "p:a", "p:b")
    for name in expected.columns:
        assert found.column(name) == expected.column(name)
    for i, text in enumerate(expected.column("text")):
        share = (len(text or "") % 10) / 9
        said = [found.column(name)[i] for name in found.columns[3:]]
        if text is None:
            assert said == [None] * 5
        else:
            assert said[:1] + said[2:3] == ["b" if share < 0.5 else "a", yes if max(share, 1 - share) < 0.8 else no]
            assert [float(value or 0) for value in said[3:]] == pytest.approx([share, 1 - share], abs=1e-6)
    assert summary.unsure == found.column("unsure").count(yes)
    assert sum(summary.histogram) == sum(summary.labels.values()) == ROWS - 1


class CutError(Exception):
    pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("torn", [b"", b"\x10\0\0\0\0\0\0\0half"])
def test_a_killed_job_continues_to_the_same_bytes(texts_csv: Path, tmp_path: Path, kind: str, torn: bytes) -> None:
    unbroken, broken = tmp_path / f"unbroken{KINDS[kind]}", tmp_path / f"broken{KINDS[kind]}"
    work(texts_csv, unbroken, classifier()[0])
    folder, (given, backend) = tmp_path / "kept", classifier()

    def cut(at: str, place: int) -> Callable[[str, int, int], None]:
        def tell(phase: str, rows: int, _: int) -> None:
            if phase == at and rows >= place:
                raise CutError

        return tell

    with pytest.raises(CutError):
        work(texts_csv, broken, given, folder=folder, on_progress=cut("classifying", 70))
    with (folder / "answers.bin").open("ab") as file:
        file.write(torn)  # what a kill in the middle of a write leaves
    before = len(backend.seen)
    assert 0 < before < ROWS
    assert not broken.exists()
    with pytest.raises(CutError):
        work(texts_csv, broken, given, folder=folder, on_progress=cut("writing", 90))
    assert len(backend.seen) < ROWS + stream.CHUNK  # only the chunk in hand was read twice
    seen = len(backend.seen)
    work(texts_csv, broken, given, folder=folder)
    assert len(backend.seen) == seen  # all answers were there: nothing was classified again
    assert broken.read_bytes() == unbroken.read_bytes()
    reviews = [path.with_name(f"{path.stem}-review{path.suffix}") for path in (unbroken, broken)]
    assert reviews[0].read_bytes() == reviews[1].read_bytes()


def test_answers_of_another_model_are_not_used(texts_csv: Path, tmp_path: Path) -> None:
    given, backend = classifier()
    folder = tmp_path / "kept"
    work(texts_csv, tmp_path / "a.csv", given, folder=folder)
    rows = Rows.open(folder, "s")
    assert rows is not None
    backend.seen.clear()
    classify_rows(given, "other", rows, folder, tmp_path / "b.csv", Wish(("text",)))
    assert len(backend.seen) == ROWS - 1
    assert Rows.open(folder, "another file") is None


def test_one_chunk_of_rows_is_in_memory(texts_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the file: of all chunks, at most three live at a time (the one in hand, and its neighbours)."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = 0
    made = Rows.chunks

    class Watched(Table):
        pass

    def watched(rows: Rows, first: int = 0) -> Any:
        for chunk in made(rows, first):
            seen = Watched(chunk.name, chunk.columns, chunk.data, chunk.reading)
            alive.add(seen)
            yield seen
            del seen

    def tell(*_: Any) -> None:
        nonlocal most
        gc.collect()
        most = max(most, len(alive))

    monkeypatch.setattr(Rows, "chunks", watched)
    work(texts_csv, tmp_path / "out.csv", classifier()[0], on_progress=tell)
    assert 1 <= most <= 3


def test_reading_holds_no_file_as_a_whole(tmp_path: Path) -> None:
    """What Python and Arrow hold while a file is read does not follow from its number of rows."""

    def most(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text("id,text\n" + "".join(f"{i},some words {i}\n" for i in range(rows)), encoding="utf-8")
        (tmp_path / f"{rows}").mkdir()
        arrow = pa.total_allocated_bytes()
        tracemalloc.start()
        kept = spool(path, tmp_path / f"{rows}")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert kept.rows == rows
        return peak + pa.total_allocated_bytes() - arrow

    most(1000)  # whatever is loaded once
    assert most(80_000) < 1.5 * most(20_000)


@pytest.mark.parametrize(
    ("cell", "written_as"),
    [("=1+1", "'=1+1"), ("+cmd|x", "'+cmd|x"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
     ("\rx", "'\rx"), ("-5", "-5"), ("+3.5", "+3.5"), ("-1,234.50", "-1,234.50"), ("-5 %", "-5 %"), ("-1e-5", "-1e-5"),
     ("a=b", "a=b"), ("", ""), ("-", "'-"), ("- a list", "'- a list"), ("\n=1", "'\n=1"), ("\nx", "'\nx"),
     ("＝1+1", "'＝1+1"), ("＋x", "'＋x"), ("－x", "'－x"), ("＠x", "'＠x"), (" =1", "' =1"),
     ("\u3000=1", "'\u3000=1"), ("\ufeff=1+1", "'\ufeff=1+1"), ("\x0b@x", "'\x0b@x"),
     (" -5 ", " -5 "), (" indented", " indented")],
)  # fmt: skip
def test_formulas_are_made_harmless(cell: str, written_as: str) -> None:
    assert harmless(cell) == written_as


@pytest.mark.parametrize("kind", KINDS)
def test_formulas_are_counted_and_may_be_kept(texts_csv: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"out{KINDS[kind]}"
    guarded = work(texts_csv, out, classifier(("=a", "b"))[0])
    found = read_table(out)
    if kind in outputs.SPREADSHEETS:
        assert found.column("text")[60] == "'=1+1"
        assert set(found.column("predicted_label")) == {"'=a", "b", None}
        assert guarded.formulas == 1 + found.column("predicted_label").count("'=a")
    else:
        assert found.column("text")[60] == "=1+1"
        assert guarded.formulas == 0
    kept = work(texts_csv, tmp_path / f"kept{KINDS[kind]}", classifier()[0], keep_formulas=True)
    assert kept.formulas == 0
    assert read_table(tmp_path / f"kept{KINDS[kind]}").column("text")[60] == "=1+1"


@pytest.mark.parametrize("mark", [";", "\t", "\n", ",", "|", "; ", "\t\ufeff"])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_a_mark_inside_a_text_parts_no_formula_off(tmp_path: Path, kind: str, mark: str) -> None:
    text, out = f"so {mark}=1+1", tmp_path / "out.csv"
    with open_out(kind, out, pa.schema([("text", pa.string()), ("n", pa.float64())])) as file:
        file.write([[text, "plain"], [0.5, 0.25]])
    written = out.read_text(encoding="utf-8")
    assert f'"so {mark}=1+1"' in written
    assert "\nplain" in written
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t" if kind == "tsv" else ","))
    assert rows == [["text", "n"], [text, "0.500000"], ["plain", "0.250000"]]


@pytest.mark.parametrize(("delimiter", "ending"), [(",", ".csv"), (";", ".csv"), ("|", ".csv"), ("\t", ".tsv")])
def test_like_the_file_means_its_delimiter_too(tmp_path: Path, delimiter: str, ending: str) -> None:
    path, out = tmp_path / "in.txt", tmp_path / f"out{ending}"
    rows = [["text", "note"], *([f"some words {i}", "x"] for i in range(20))]
    path.write_text("".join(f"{delimiter.join(row)}\n" for row in rows), encoding="utf-8")
    summary = work(path, out, classifier()[0], kind=None)
    assert summary.kind == ending[1:]
    for written_file in (out, tmp_path / f"out-review{ending}"):
        with written_file.open(encoding="utf-8", newline="") as file:
            assert "predicted_label" in next(csv.reader(file, delimiter=delimiter))
    work(path, tmp_path / "named.csv", classifier()[0], kind="csv")
    assert (tmp_path / "named.csv").read_text(encoding="utf-8").startswith("text,note,predicted_label")


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize(
    ("content", "how", "cells"),
    [
        ("text\none\n\ntwo\n\n", {}, ["one", None, "two"]),
        ("\n\ntext\n\none\n  \n\ntwo", {}, [None, "one", None, None, "two"]),
        ('text\none\n""\ntwo\n""\n', {}, ["one", None, "two", None]),
        ("\none\n\ntwo\n", {"has_header": False}, [None, "one", None, "two"]),
        ("made by\ntext\n\none\n", {"skip_rows": 1}, [None, "one"]),
        ("text\r\r\none\r\r\ntwo\r\r\n", {}, ["one", "two"]),
        ("text\none, or more\n\ntwo\nthree\nfour\n", {}, ["one, or more", None, "two", "three", "four"]),
    ],
)
def test_a_line_of_a_list_of_texts_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, how: dict[str, Any], cells: list[str | None],
    large: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(table, "LARGE_BYTES", 0 if large else 10**6)
    path, out, folder = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "out.csv.work"
    path.write_bytes(content.encode())
    folder.mkdir()
    rows = spool(path, folder, source="s", **how)
    assert [cell for chunk in rows.chunks() for cell in chunk.data.column(0).to_pylist()] == cells
    summary = work(path, out, classifier()[0], text=rows.columns)
    assert (summary.rows, summary.blank) == (len(cells), cells.count(None))
    with out.open(encoding="utf-8", newline="") as file:
        assert [row[rows.columns[0]] or None for row in csv.DictReader(file)] == cells


def test_lines_with_nothing_on_them_are_counted_in_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text,note\none,x\n\n,\n\ntwo,y\n\n", encoding="utf-8")
    summary = work(path, tmp_path / "out.csv", classifier()[0])
    assert (summary.rows, summary.blank) == (3, 1)
    assert [(notice["code"], notice["count"]) for notice in summary.notices] == [("blank_lines", 2)]


def test_blank_rows_of_a_sheet_come_back(tmp_path: Path) -> None:
    book, path = openpyxl.Workbook(), tmp_path / "in.xlsx"
    for line, text in ((3, "text"), (4, "one"), (6, "two")):
        book.active.cell(line, 1, text)
        book.active.cell(line, 2, "x")
    book.active.cell(9, 1).font = openpyxl.styles.Font(bold=True)
    book.save(path)
    summary = work(path, tmp_path / "out.csv", classifier()[0])
    assert (summary.rows, summary.blank) == (3, 1)
    assert read_table(tmp_path / "out.csv").column("text") == ["one", None, "two"]
    assert read_table(path).rows == 2  # to learn from


LINES = [
    '{"id": 1, "text": "a good film", "price": 1.10, "big": 12345678901234567890, "ok": true, "none": null}',
    '{"text": "", "tags": ["x", {"deep": 1e2}], "note": "", "id": 2}',
    "{}",
    '{ "id":3,"text":"caf\\u00e9 \\"x\\"", "predicted_label":"mine" }',
]


def cut_after(place: int, at: str = "classifying") -> Callable[[str, int, int], None]:
    def tell(phase: str, rows: int, _: int) -> None:
        if phase == at and rows >= place:
            raise CutError

    return tell


def continued(path: Path, out: Path, **wish: Any) -> None:
    """The file classified in three goes."""
    for how in (cut_after(20), cut_after(40, "writing"), None):
        if how is None:
            work(path, out, classifier()[0], **wish)
        else:
            with pytest.raises(CutError):
                work(path, out, classifier()[0], on_progress=how, **wish)


@pytest.mark.parametrize("large", [True, False])
def test_json_lines_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    monkeypatch.setattr(table, "LARGE_BYTES", 0 if large else 10**6)
    path, out, again = (tmp_path / f"{name}.jsonl" for name in ("in", "out", "again"))
    path.write_text("\n\n".join(LINES * 20) + ",\n", encoding="utf-8")
    summary = work(path, out, classifier()[0])
    assert (summary.rows, summary.blank) == (80, 40)
    given = out.read_text(encoding="utf-8").splitlines()
    for line, written_line in zip(LINES * 20, given, strict=True):
        assert written_line.startswith("{" + line[1:-1].strip())
        added = list(json.loads(written_line))[len(json.loads(line)) :]
        assert added == ["predicted_label_2", "confidence", "unsure", "p:a", "p:b"]
    review = (tmp_path / "out-review.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(review) == 40
    for line in map(json.loads, review):
        original = json.loads(given[line.pop("row") - 1])
        assert line == original
    continued(path, again)
    assert again.read_bytes() == out.read_bytes()
    work(path, tmp_path / "out.csv", classifier()[0])
    assert read_table(tmp_path / "out.csv").column("price")[0] == "1.10"


def test_rows_of_a_json_array_keep_their_values(tmp_path: Path) -> None:
    path, out = tmp_path / "in.json", tmp_path / "out.jsonl"
    rows = LINES[:1] + LINES[3:]
    path.write_text(f'{{\n"rows": [{", ".join(rows)}]}}', encoding="utf-8")
    assert work(path, out, classifier()[0], kind=None).kind == "jsonl"
    given = out.read_text(encoding="utf-8").splitlines()
    assert given[0].startswith(rows[0][:-1])
    assert given[1].startswith('{"id": 3, "text": "café \\"x\\"", "predicted_label": "mine", "predicted_label_2": ')


def test_json_of_any_depth_is_read(tmp_path: Path) -> None:
    path, out = tmp_path / "in.json", tmp_path / "out.jsonl"
    path.write_text(f'[\n{{"text": "words", "deep": {"[" * 600 + "]" * 600}}}]', encoding="utf-8")
    assert work(path, out, classifier()[0]).rows == 1
    assert json.loads(out.read_text(encoding="utf-8"))["text"] == "words"


def typed() -> pa.Table:
    texts = ["" if i == 5 else None if i == 6 else f"some words {'x' * (i % 9)}" for i in range(90)]
    return pa.table(
        {
            "id": pa.array(range(90), pa.int32()),
            "text": texts,
            "when": pa.array([i * 10**9 for i in range(90)], pa.timestamp("ns", "UTC")),
            "tags": pa.array([[i, None] for i in range(90)], pa.list_(pa.int16())),
            "fields": [{"a": i, "b": None if i % 2 else "x"} for i in range(90)],
            "share": pa.array([None if i % 7 == 0 else i / 3 for i in range(90)], pa.float32()),
            "kind": pa.array(["x" if i < 50 else "y" for i in range(90)]).dictionary_encode(),
            "raw": pa.array([bytes([i]) for i in range(90)]),
            "ok": [i % 2 == 0 for i in range(90)],
        }
    )


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_parquet_keeps_types_and_values(tmp_path: Path, ending: str) -> None:
    path, out, again, given = tmp_path / f"in{ending}", tmp_path / "o.parquet", tmp_path / "a.parquet", typed()
    if ending == ".parquet":
        pq.write_table(given, path, row_group_size=40)
    else:
        feather.write_feather(given, path, compression="uncompressed")
    summary = work(path, out, classifier()[0])
    assert (summary.rows, summary.blank) == (90, 2)
    found = pq.read_table(out)
    plain = given.set_column(6, "kind", given["kind"].cast(pa.string()))
    assert found.select(given.column_names).equals(plain)
    assert found.column_names[9:] == ["predicted_label", "confidence", "unsure", "p:a", "p:b"]
    review = pq.read_table(tmp_path / "o-review.parquet")
    places = pa.compute.subtract(review["row"], 1)
    assert review.drop(["row"]).equals(found.take(places))
    assert len(set(places.to_pylist())) == 88
    continued(path, again)
    assert again.read_bytes() == out.read_bytes()
    work(path, tmp_path / "out.csv", classifier()[0])
    assert read_table(tmp_path / "out.csv").column("tags")[1] == "[1, null]"


def test_a_chunk_ends_before_too_much_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 100)
    monkeypatch.setattr(stream, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(stream, "FEWEST", 4)
    path = tmp_path / "in.csv"
    texts = [*("x" * 100 for _ in range(40)), *("short" for _ in range(300)), *("y" * 5000 for _ in range(10))]
    path.write_text("\n".join(["text", *texts]), encoding="utf-8")
    (tmp_path / "kept").mkdir()
    chunks = [chunk.data.column(0).to_pylist() for chunk in spool(path, tmp_path / "kept").chunks()]
    assert [text for chunk in chunks for text in chunk] == texts
    sizes = [len(chunk) for chunk in chunks]
    assert sizes[:4] == [10, 10, 10, 10]
    assert sizes[4:6] == [100, 100]
    assert sizes[-2:] == [4, 2]
    assert all(len(chunk) <= 4 or sum(map(len, chunk)) <= 1000 for chunk in chunks)


def test_the_first_chunks_are_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK", 100)
    monkeypatch.setattr(stream, "FIRST", 10)
    path, texts = tmp_path / "in.csv", [f"text {i}" for i in range(1000)]
    path.write_text("\n".join(["text", *texts]), encoding="utf-8")
    (tmp_path / "kept").mkdir()
    chunks = [chunk.data.column(0).to_pylist() for chunk in spool(path, tmp_path / "kept").chunks()]
    assert [text for chunk in chunks for text in chunk] == texts
    sizes = np.array([len(chunk) for chunk in chunks])
    assert sizes[0] == 10
    assert sizes.max() == 100
    assert (sizes[1:] <= np.maximum(10, sizes.cumsum()[:-1])).all()


def test_what_can_only_be_read_as_a_whole_is_kept_as_a_whole(tmp_path: Path) -> None:
    """Quotes break behind some thousand rows, which were kept already."""
    path = tmp_path / "in.csv"
    rows = [f'"row {i}",x' for i in range(3000)]
    path.write_text("\n".join(["text,note", *rows, '"broken "quote, y', *rows[:30]]), encoding="utf-8")
    (tmp_path / "kept").mkdir()
    kept = spool(path, tmp_path / "kept")
    assert kept.rows == sum(chunk.rows for chunk in kept.chunks()) == 3031


def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_text("text,confidence,unsure,p:a,row\nsome words,1,2,3,4\nother words,5,6,7,8\n", encoding="utf-8")
    summary = work(path, out, classifier()[0])
    assert summary.renamed == {"confidence": "confidence_2", "unsure": "unsure_2", "p:a": "p:a_2"}
    assert read_table(out).columns[5:] == ("predicted_label", "confidence_2", "unsure_2", "p:a_2", "p:b")
    assert read_table(out).column("confidence") == ["1", "5"]
    assert read_table(tmp_path / "out-review.csv").columns[0] == "row_2"


def test_the_least_sure_rows_come_first(texts_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "MOST_TO_REVIEW", 25)
    work(texts_csv, tmp_path / "out.csv", classifier()[0])
    everything, review = read_table(tmp_path / "out.csv"), read_table(tmp_path / "out-review.csv")
    sure = [(float(c), i) for i, c in enumerate(everything.column("confidence")) if c]
    assert [int(row or 0) - 1 for row in review.column("row")] == [i for _, i in sorted(sure)[:25]]
    assert review.column("text") == [everything.column("text")[int(row or 0) - 1] for row in review.column("row")]


def test_without_a_threshold_nothing_is_called_unsure(texts_csv: Path, tmp_path: Path) -> None:
    summary = work(texts_csv, tmp_path / "out.csv", classifier()[0], threshold=None)
    assert summary.unsure is None
    assert set(read_table(tmp_path / "out.csv").column("unsure")) == {None}


def test_json_and_parquet_say_unsure_as_a_boolean(texts_csv: Path, tmp_path: Path) -> None:
    work(texts_csv, tmp_path / "out.jsonl", classifier()[0])
    lines = [json.loads(line)["unsure"] for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {type(value) for value in lines} == {bool, type(None)}
    work(texts_csv, tmp_path / "out.parquet", classifier()[0])
    column = pq.read_table(tmp_path / "out.parquet")["unsure"]
    assert column.type == pa.bool_()
    assert column.to_pylist() == lines
    assert pq.read_table(tmp_path / "out-review.parquet")["unsure"].type == pa.bool_()


@pytest.mark.parametrize("ending", KINDS.values())
def test_several_labels_have_a_column_for_unsure_rows_only_with_a_threshold(
    texts_csv: Path, tmp_path: Path, ending: str
) -> None:
    given = classifier(use=Use(Decision((0.4, 0.4), at_least_one=False)))[0]
    for threshold, own in ((None, []), (0.8, ["unsure"])):
        out = tmp_path / f"out-{threshold}{ending}"
        summary = work(texts_csv, out, given, threshold=threshold, keep_formulas=True)
        assert summary.several
        found = read_table(out)
        assert list(found.columns[3:]) == ["predicted_label", "confidence", *own, "p:a", "p:b"]
        assert list(read_table(tmp_path / f"out-{threshold}-review{ending}").columns[1:]) == list(found.columns)
        for sure, a, b in zip(*map(found.column, ("confidence", "p:a", "p:b")), strict=True):
            if sure is not None:
                given_ones = [float(p or 0) for p in (a, b) if float(p or 0) >= 0.4]
                assert float(sure) == pytest.approx(min(given_ones), abs=1e-6)


def test_pairs_and_several_labels(texts_csv: Path, tmp_path: Path) -> None:
    use = Use(Decision((0.4, 0.4), at_least_one=False), pair=True)
    given, backend = classifier(use=use)
    summary = work(texts_csv, tmp_path / "out.csv", given, pair="note")
    assert all(isinstance(text, TextPair) for text in backend.seen)
    found = read_table(tmp_path / "out.csv").column("predicted_label")
    assert "a|b" in found
    assert summary.labels["a"] == sum("a" in (label or "").split("|") for label in found)


def test_labels_with_the_mark_in_them_that_parts_labels_are_counted_whole(texts_csv: Path, tmp_path: Path) -> None:
    given, _ = classifier(("Q&A|FAQ", "price"), Use(Decision((0.4, 0.4), at_least_one=False)))
    summary = work(texts_csv, tmp_path / "out.csv", given)
    rows = [row for row in read_table(tmp_path / "out.csv").column("predicted_label") if row]
    assert summary.labels == {name: sum(name in row for row in rows) for name in ("Q&A|FAQ", "price")}


@pytest.mark.parametrize(
    ("columns", "named", "read"),
    [
        ("text_a,text_b", "", "text_a,text_b"),
        ("text_b,text_a", "", "text_a,text_b"),
        ("column_1,column_2", "", "column_1,column_2"),
        ("q1,q2,label", "", "q1,q2"),
        ("q1,q2", "q2", "q2,q1"),
        ("id,q1,q2", "q2,q1", "q2,q1"),
        ("text_a,q2", "", "text_a,q2"),
        ("q1,text_b", "", "q1,text_b"),
        ("id,q1,text_b", "", "q1,text_b"),
        ("id,text_a,text_b", "id", "id,text_b"),
    ],
)
def test_the_two_columns_of_pairs_are_found(columns: str, named: str, read: str) -> None:
    cells = {name: ["1" if name == "id" else f"a text of {name}"] for name in columns.split(",")}
    head = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
    known = Roles(("text_a",), "label", "text_b")
    for given in (list(filter(None, named.split(","))), list(filter(None, [named]))):  # one by one, or in one field
        text, pair = columns_to_read(head, given, None, known)
        assert ",".join([*text, str(pair)]) == read


@pytest.mark.parametrize(
    ("columns", "named", "code"),
    [
        ("id,q1,q2", "", "pair_columns_missing"),
        ("id,q1,q2", "q1", "pair_columns_missing"),
        ("text_a,label", "", "pair_columns_missing"),
        ("text_b", "", "pair_columns_missing"),
        ("q1,q2", "q3", "unknown_column"),
    ],
)
def test_a_file_without_two_columns_of_pairs_is_refused(columns: str, named: str, code: str) -> None:
    cells = {name: ["a text"] for name in columns.split(",")}
    head = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
    with pytest.raises(UserError) as caught:
        columns_to_read(head, list(filter(None, named.split(","))), None, Roles(("text_a",), "label", "text_b"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("named", "pair_named", "read"),
    [
        ("q1,q2", None, "q1,q2"),
        ("q1", "q2", "q1,q2"),
        ("id,q1", "q2", "id,q1,q2"),
        ("", "q2", "q1,q2"),  # the longest of the others
        ("q1", None, None),
        ("", None, None),
    ],
)
def test_of_pairs_without_a_run_both_columns_must_be_named(
    named: str, pair_named: str | None, read: str | None
) -> None:
    cells = {"id": ["1"], "q1": ["a text"], "q2": ["another text, longer than the first one"]}
    head = Table("t.csv", tuple(cells), pa.table(cells), Reading("csv"))
    given = list(filter(None, named.split(",")))
    if read is None:
        with pytest.raises(UserError) as caught:
            columns_to_read(head, given, pair_named, None, pairs=True)
        assert caught.value.code == "pair_columns_unnamed"
        return
    text, pair = columns_to_read(head, given, pair_named, None, pairs=True)
    assert ",".join([*text, str(pair)]) == read


QUESTION, ANSWER = "What did you think of the course this year?", "Really enjoyed the labs this time and the group work"
"""A name and a text of the same kind: by the cells alone, the one is as good a text as the other."""


@pytest.mark.parametrize("ending", [".csv", ".json", ".xlsx"])
@pytest.mark.parametrize(
    ("named", "said", "names"),
    [
        ("", None, True),  # what the run learnt from stands there
        ("", False, False),
        ("What should we change about it next time?", None, True),
        ("column_1", None, True),  # no name of the file's, but all those of the run's are
    ],
)
def test_a_first_row_of_the_columns_that_were_learnt_from_is_a_header(
    tmp_path: Path, ending: str, named: str, said: bool | None, names: bool
) -> None:
    other = "What should we change about it next time?"
    rows = [[QUESTION, other], *([f"{ANSWER} {n}", f"{ANSWER} also {n} times"] for n in range(8))]
    path = tmp_path / f"new{ending}"
    if ending == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif ending == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    assert not read_table(path).reading.has_header
    for learnt in ((QUESTION,), (QUESTION, other)):
        (folder := tmp_path / str(len(learnt))).mkdir()
        called = classified.columns_called([named] if named else [], None, Roles(learnt, "label"))
        kept = spool(path, folder, called=called, has_header=said)
        assert kept.reading.has_header is names
        assert kept.columns == ((QUESTION, other) if names else ("column_1", "column_2"))
        assert kept.rows == 9 - names
    (folder := tmp_path / "others").mkdir()
    other_run = classified.columns_called([], None, Roles(("text", other), "label"))
    assert spool(path, folder, called=other_run).rows == 9


def test_a_job_knows_the_columns_of_its_run(reviews_csv: Path, tmp_path: Path) -> None:
    table = read_table(reviews_csv)
    learnt = tmp_path / "learnt.csv"
    with learnt.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [[QUESTION, "label"], *zip(table.column("text"), table.column("label"), strict=True)]
        )
    prepared = prepare(learnt, text=QUESTION, label="label", base="tfidf", reading={"has_header": True})
    for _ in prepared.events():
        pass
    new = tmp_path / "new.csv"
    new.write_text("\n".join([QUESTION, *(f"{ANSWER} {n}" for n in range(8))]), encoding="utf-8")
    assert not read_table(new).reading.has_header
    job = FileJob.create(prepared.run, new, name="new.csv")
    work_on_file(job)
    assert job.state().summary["text"] == [QUESTION]
    assert job.state().total == 8
    out = tmp_path / "out.csv"
    main(["classify", prepared.run.id, "--file", str(new), "--out", str(out)])
    assert read_table(out).columns[0] == QUESTION


def test_pairs_without_a_header_are_classified_as_a_job(pairs_csv: Path, tmp_path: Path) -> None:
    prepared = prepare(pairs_csv, base="tfidf")
    for _ in prepared.events():
        pass
    bare = tmp_path / "bare.csv"
    bare.write_text("a good film,a great film\na bad film,a great film\n", encoding="utf-8")
    job = FileJob.create(prepared.run, bare, name="bare.csv", has_header=False)
    work_on_file(job)
    state = job.state()
    assert state.failed is None
    assert (state.summary["rows"], state.summary["text"], state.summary["pair"]) == (2, ["column_1"], "column_2")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("😀" * 20_000, "😀" * 16_383),
        ("a" + "😀" * 16_383, "a" + "😀" * 16_383),
        ("ab" + "😀" * 16_383, "ab" + "😀" * 16_382),
        ("好" * 32_768, "好" * 32_767),
    ],
)
def test_cells_for_excel_are_cut_by_units_of_utf_16(tmp_path: Path, text: str, kept: str) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text(json.dumps({"text": text}) + "\n" + json.dumps({"text": "short"}) + "\n", encoding="utf-8")
    summary = work(path, tmp_path / "out.xlsx", classifier()[0])
    assert read_table(tmp_path / "out.xlsx").column("text") == [kept, "short"]
    assert summary.cells_cut == (text != kept)


def test_many_labels_are_written_on_request(texts_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classified, "MOST_PROBABILITY_COLUMNS", 1)
    assert work(texts_csv, tmp_path / "few.csv", classifier()[0]).left_out == 2
    assert read_table(tmp_path / "few.csv").columns[-1] == "unsure"
    assert work(texts_csv, tmp_path / "all.csv", classifier()[0], all_probabilities=True).left_out == 0
    assert read_table(tmp_path / "all.csv").columns[-2:] == ("p:a", "p:b")


def test_what_does_not_fit_a_sheet_is_said_first(
    texts_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "EXCEL_ROWS", ROWS)
    given, backend = classifier()
    with pytest.raises(UserError) as caught:
        work(texts_csv, tmp_path / "out.xlsx", given)
    assert caught.value.code == "excel_too_small"
    assert backend.seen == []


def test_a_column_that_is_not_there_is_said(texts_csv: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        work(texts_csv, tmp_path / "out.csv", classifier()[0], text=("title",))
    assert caught.value.code == "unknown_column"


def test_every_kind_is_classified_as_a_job(trained: Run, texts_csv: Path, tmp_path: Path) -> None:
    """The job's copy of the file has no ending: what is in it tells what it is."""
    source = read_table(texts_csv)
    for kind, ending in KINDS.items():
        given = tmp_path / f"given{ending}"
        with open_out(kind, given, source.data.schema) as file:
            file.write([source.column(name) for name in source.columns])
        job = FileJob.create(trained, given, name=given.name)
        work_on_file(job)
        state = job.state()
        assert state.status == "finished", (kind, state.failed)
        assert state.output is not None
        assert state.output.name == f"given-classified{ending}"
        assert read_table(state.output).rows == ROWS


@pytest.mark.parametrize(("at", "kept"), [(1, 0), (2, 16), (4, 48)])
def test_who_interrupts_the_command_is_told_what_is_kept_and_goes_on_there(
    trained: Run,
    texts_csv: Path,
    cli: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    at: int,
    kept: int,
) -> None:
    out, plain, answered = texts_csv.with_name("out.csv"), Classifier.judged, []

    def interrupted(self: Classifier, *given: Any) -> Any:
        answered.append(None)
        if len(answered) == at:
            raise KeyboardInterrupt
        return plain(self, *given)

    monkeypatch.setattr(Classifier, "judged", interrupted)
    code, _, err = cli("classify", trained.id, "--file", texts_csv, "--text", "text", "--out", out)
    assert code == 130
    beside = str(out.with_name(".out.csv.part"))
    assert (f"{kept} rows are done" in err, beside in err) == (bool(kept), bool(kept))
    assert ("begins with the first row" in err) == (not kept)
    code, _, err = cli("classify", trained.id, "--file", texts_csv, "--text", "text", "--out", out)
    assert code == 0
    assert read_table(out).rows == ROWS


def test_what_breaks_inside_is_told_where_the_sentence_says(
    trained: Run, texts_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Summary:
        raise ZeroDivisionError

    monkeypatch.setattr("bertdemo.jobs.files.classify_rows", broken)
    job = FileJob.create(trained, texts_csv, name="texts.csv")
    work_on_file(job)
    assert job.state().failed == ("internal", {"type": "ZeroDivisionError", "run": trained.id})
    assert "ZeroDivisionError" in (trained.folder / "log.txt").read_text(encoding="utf-8")


def test_memory_that_ran_out_is_said_and_the_job_goes_on_behind_what_is_kept(
    trained: Run, texts_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, answered = Classifier.judged, []

    def greedy(self: Classifier, *given: Any) -> Any:
        answered.append(None)
        if len(answered) == 4:
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
        return plain(self, *given)

    monkeypatch.setattr(Classifier, "judged", greedy)
    job = FileJob.create(trained, texts_csv, name="texts.csv")
    work_on_file(job)
    assert job.state().failed == ("file_memory_gone", {})
    assert job.rows_done == 3 * 16
    job.go_on()
    work_on_file(job)
    assert job.state().status == "finished"


@pytest.mark.parametrize("name", [f"{'很长的名字' * 40}.csv", f"{'x' * 250}.csv", f"é{'😀' * 60}.csv", ".csv"])
def test_long_names_fit_the_file_system(tmp_path: Path, name: str) -> None:
    job = FileJob(tmp_path / "job")
    job.folder.mkdir()
    (job.folder / "job.json").write_text(json.dumps({"name": name}), encoding="utf-8")
    for kind in KINDS:
        out = job.output(kind, "classified")
        assert len(out.name.encode()) < 140
        assert out.name.startswith(name[:20].removesuffix(".csv"))
        assert "\ufffd" not in out.name


def test_what_nobody_touched_for_a_week_is_deleted(trained: Run, texts_csv: Path) -> None:
    old, held, new = (FileJob.create(trained, texts_csv, name="texts.csv") for _ in range(3))
    for job in (old, held, new):
        job.append(ev.Started())
    for job in (old, held):
        os.utime(job.folder / "events.jsonl", (0, 0))
    with held.lock():
        FileJob.forget_old()
    assert not old.folder.exists()
    assert {held.id, new.id} <= {job.id for job in FileJob.all()}


def test_a_job_is_paused_by_its_app_stopped_and_continued(trained: Run, texts_csv: Path) -> None:
    unbroken = FileJob.create(trained, texts_csv, name="texts.csv")
    work_on_file(unbroken)
    job = FileJob.create(trained, texts_csv, name="texts.csv")
    calls = 0

    def goes_away() -> str | None:
        nonlocal calls
        calls += 1
        return "pause" if job.rows_done >= 32 else None

    work_on_file(job, goes_away)
    assert job.state().status == "running"  # no last word: the next app takes it up
    assert 0 < job.rows_done < ROWS
    job.request_stop()
    work_on_file(job)
    assert job.state().status == "stopped"
    assert job.state().rows == job.rows_done
    job.go_on()
    assert job.state().status == "waiting"
    work_on_file(job)
    state, expected = job.state(), unbroken.state()
    assert state.status == "finished"
    assert state.output is not None
    assert expected.output is not None
    assert state.output.name == "texts-classified.csv"
    assert state.output.read_bytes() == expected.output.read_bytes()
    assert state.summary == expected.summary
    assert not job.work.exists()
    assert json.dumps(state.summary)
