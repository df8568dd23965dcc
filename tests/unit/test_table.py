"""Reading: what is a table is read whole, what is not is refused with the reason."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bertdemo.data.dataset import Roles, Split, guess_roles, labelled_texts
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from tests.conftest import SHARED, on_real_data

ROWS = [
    ("Great phone, would buy again", "good"),
    ('She said "never" and left', "bad"),
    ("Fine\nI think", "good"),
]


def file(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def csv_text(delimiter: str = ",", newline: str = "\n") -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & set(f'"\n{delimiter}') else text

    lines = [("text", "label"), *ROWS]
    return "".join(delimiter.join(map(cell, line)) + newline for line in lines)


def refusal(path: Path, **options: str) -> UserError:
    with pytest.raises(UserError) as caught:
        read_table(path, **options)  # type: ignore[arg-type]
    assert str(caught.value)
    return caught.value


def codes(table: Table) -> list[str]:
    return [notice.code for notice in table.reading.notices]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, newline: str) -> None:
    table = read_table(file(tmp_path, csv_text(delimiter, newline)))
    assert table.columns == ("text", "label")
    assert list(zip(table.column("text"), table.column("label"), strict=True)) == ROWS
    assert table.reading.delimiter == delimiter
    assert table.reading.has_header


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings(tmp_path: Path, encoding: str) -> None:
    text = "text,label\n很好吃，下次再来,好\nCafé naïve,坏\n"
    table = read_table(file(tmp_path, text.encode(encoding)))
    assert table.column("text") == ["很好吃，下次再来", "Café naïve"]


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("cp1252", "Crème fraîche – très bonne,gut\n"),
        ("gb18030", "这家餐厅的味道非常好，服务也很周到,好评\n"),
        ("big5", "這家餐廳的味道非常好，服務也很周到,好評\n"),
        ("shift_jis", "この店の料理はとてもおいしいです,良い\n"),
        ("cp1251", "Очень хороший товар и быстрая доставка,хорошо\n"),
    ],
)
def test_legacy_encodings_are_recognised_and_said(tmp_path: Path, encoding: str, line: str) -> None:
    table = read_table(file(tmp_path, ("text,label\n" + line * 20).encode(encoding)))
    assert table.column("text")[0] == line.split(",")[0]
    assert "encoding_guessed" in codes(table)


def test_a_file_cut_inside_a_character_says_so(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "text,label\n很好吃,好\n很难吃,坏\n非常好".encode()[:-1]))
    assert table.rows == 3
    assert codes(table) == ["encoding_cut", "rows_short"]


def test_encoding_can_be_overruled(tmp_path: Path) -> None:
    path = file(tmp_path, "text,label\nпривет,да\nпока,нет\n".encode("koi8-r"))
    assert read_table(path, encoding="koi8-r").column("text") == ["привет", "пока"]
    assert refusal(path, encoding="utf-8").code == "encoding_wrong"
    assert refusal(path, encoding="martian").code == "encoding_unknown"


def test_numbers_inside_of_json_cells_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "good", "about": {"a": [1, 2.50, "3"]}}\n{"text": "bad", "about": null}\n', "utf-8")
    assert read_table(path).column("about") == ['{"a": [1, 2.50, "3"]}', None]


def test_words_for_nothing_are_words(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "text,label\na b,None\nc d,NA\ne f,null\ng h,nan\ni j,\n"))
    assert table.column("label") == ["None", "NA", "null", "nan", None]


def test_numbers_stay_as_written(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "text,label\nok fine,007\nnot ok,1.0\n"))
    assert table.column("label") == ["007", "1.0"]


@pytest.mark.parametrize("text", ["so good\t1\nso bad\t0\nmeh, fine\t1\n", "ham\tHi, you\nspam\tWin!\nham\tBye\n"])
def test_no_header(tmp_path: Path, text: str) -> None:
    table = read_table(file(tmp_path, text))
    assert table.columns == ("column_1", "column_2")
    assert table.rows == 3
    assert codes(table) == ["header_missing"]


@pytest.mark.parametrize(
    ("text", "rows", "said"),
    [
        ("my invoice is wrong\nwhere is my parcel\nreset my password\n", 3, ["header_missing"]),
        ("my invoice is wrong\n\nwhere is my parcel\n", 2, ["header_missing"]),
        ("parcel\nwhere is it\nreset my password\n", 2, ["header_guessed"]),
        ("comment\nwhere is it\nreset my password\n", 2, []),
    ],
)
def test_the_first_of_few_texts_is_no_header(tmp_path: Path, text: str, rows: int, said: list[str]) -> None:
    table = read_table(file(tmp_path, text))
    assert table.rows == rows
    assert codes(table) == said


def test_header_can_be_overruled(tmp_path: Path) -> None:
    path = file(tmp_path, csv_text())
    assert read_table(path, has_header=False).rows == 4


def test_repeated_and_empty_names(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "text,text,,label\na b,c,d,x\ne f,g,h,y\n"))
    assert table.columns == ("text", "text_2", "column_3", "label")
    assert "header_renamed" in codes(table)


def test_quotes_that_quote_nothing(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, '"Hi\tham\nyes" he said\tspam\nthe "end"\tham\n"So" long\tham\n'))
    assert table.column("column_1") == ['"Hi', 'yes" he said', 'the "end"', '"So" long']
    assert "quotes_as_text" in codes(table)


def test_unclosed_quote_names_its_line(tmp_path: Path) -> None:
    lines = ["text,label", '"a, b",x', '"c d,y', '"e, f",x', "g h,y", '"i, j",x']
    error = refusal(file(tmp_path, "\n".join(lines)))
    assert (error.code, error.params["line"]) == ("quote_unclosed", 3)


def test_short_and_long_rows_are_counted(tmp_path: Path) -> None:
    lines = ["text,label"] + [f"text number {i},x" for i in range(20)] + ["only text", "one, two, three"]
    table = read_table(file(tmp_path, "\n".join(lines)))
    assert table.rows == 21
    found = {notice.code: notice for notice in table.reading.notices}
    assert found["rows_short"].rows == (20,)
    assert found["rows_long"].params["lines"] == "23"


def test_mostly_ragged_is_refused_with_the_line(tmp_path: Path) -> None:
    error = refusal(file(tmp_path, "text,label\n" + "“yes, fine”,x\n" * 10))
    assert error.code == "rows_ragged"
    assert (error.params["line"], error.params["found"], error.params["expected"]) == (2, 3, 2)


def test_preamble_and_comments(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "Export of May\n# by a tool\ntext,label\ngood one,x\n# note\nbad one,y\n"))
    assert table.column("text") == ["good one", "bad one"]
    assert set(codes(table)) == {"preamble_skipped", "comment_lines"}


def test_label_before_the_first_space(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "__label__pos so good, really\n__label__neg so bad\n" * 6))
    assert table.column("column_1")[:2] == ["pos", "neg"]
    assert table.column("column_2")[0] == "so good, really"


FIRST_CELLS = {
    "ratings": [f"{i % 5 + 1} stars" for i in range(120)],
    "marks": [f"{i % 5 + 1} out of 5" for i in range(120)],
    "dates": [f"{i % 28 + 1} Nov 2026" for i in range(120)],
    "ages": [f"{i % 40 + 18} years" for i in range(120)],
    "amounts": [f"{i % 9 + 1}0 EUR" for i in range(120)],
    "regions": [("US East", "UK North")[i % 2] for i in range(120)],
    "teams": [("IT support", "HR office")[i % 2] for i in range(120)],
}


@pytest.mark.parametrize("header", ["rating{0}review", "Wertung{0}Meinung", None])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("cells", FIRST_CELLS.values(), ids=FIRST_CELLS)
def test_cells_that_begin_like_a_label_are_parted_by_their_delimiter(
    tmp_path: Path, cells: list[str], delimiter: str, header: str | None
) -> None:
    lines = [header.format(delimiter)] if header else []
    lines += [f'{cell}{delimiter}"the parcel {i}{", and so" * (i % 3)} on"' for i, cell in enumerate(cells)]
    table = read_table(file(tmp_path, "\n".join(lines)))
    assert (table.rows, len(table.columns), table.reading.delimiter) == (120, 2, delimiter)
    assert table.column(table.columns[0]) == cells
    assert table.reading.has_header is (header is not None)


@pytest.mark.parametrize(
    "line",
    [
        "{label} a film , and number {i} of it",
        "{label} a film{more} number {i} of it",
        "__label__{label} a film , and number {i} of it",
        "__label__{label}, number {i}",
    ],
)
@pytest.mark.parametrize("header", ["label text", None])
def test_commas_of_sentences_part_no_cells_behind_labels(tmp_path: Path, line: str, header: str | None) -> None:
    lines = [line.format(label=i % 3, i=i, more="," * (i % 3)) for i in range(120)]
    head = [header] if header and not lines[0].startswith("__") else []
    table = read_table(file(tmp_path, "\n".join([*head, *lines])))
    assert (table.rows, table.reading.delimiter) == (120 + len(head), " ")
    assert table.column("column_2")[len(head) :] == [line.split(" ", 1)[1] for line in lines]


def test_the_space_is_heeded_where_a_person_says_it(tmp_path: Path) -> None:
    lines = ["rating,review", *(f"{i % 5} stars,a text" for i in range(120))]
    assert read_table(file(tmp_path, "\n".join(lines)), delimiter="space").column("column_2")[1] == "stars,a text"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n \r\n\n", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100), "file_binary"),
        (b"%PDF-1.7\n", "file_binary"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(100), "file_packed"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "file_markup"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "file_lfs"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_old_excel"),
        (b"PK\x03\x04[Content_Types].xml", "file_damaged"),
        (b"PAR1nonsense", "file_damaged"),
        (gzip.compress(csv_text().encode())[:-12], "archive_damaged"),
        (b"text,label\n", "no_rows"),
        (b'[{"text": "a", "label": }]', "json_broken"),
    ],
)
def test_refusals_name_their_cause(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(file(tmp_path, content)).code == code


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing.csv").code == "file_missing"
    assert refusal(tmp_path).code == "archive_empty"


def test_one_column_where_it_is_enough(tmp_path: Path) -> None:
    path = file(tmp_path, "text\nfirst line here\nsecond, line here\n")
    assert read_table(path, delimiter="\t").column("text") == [
        "first line here",
        "second, line here",
    ]


def test_json_and_json_lines(tmp_path: Path) -> None:
    rows = [{"text": "a b", "label": 1, "score": 1.50}, {"text": "c d", "label": None, "tags": ["x"]}]
    array = read_table(file(tmp_path, json.dumps(rows), "a.csv"))
    lines = read_table(file(tmp_path, "\n".join(map(json.dumps, rows)), "b.csv"))
    assert (array.reading.format, lines.reading.format) == ("json", "jsonl")
    for table in (array, lines):
        assert table.columns == ("text", "label", "score", "tags")
        assert table.column("label") == ["1", None]
        assert table.column("score") == ["1.5", None]
        assert table.column("tags") == [None, '["x"]']
        assert "name_misleads" in codes(table)


def test_parquet_excel_gzip_and_zip(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a b", ""], "label": [1, 0]}), tmp_path / "a.csv")
    table = read_table(tmp_path / "a.csv")
    assert (table.reading.format, table.column("text"), table.column("label")) == (
        "parquet",
        ["a b", None],
        ["1", "0"],
    )

    book = openpyxl.Workbook()
    for row in [("text", "label"), ("a b", 1.0), ("c d", None), ("e f", 2)]:
        book.active.append(row)
    book.save(tmp_path / "b.csv")
    table = read_table(tmp_path / "b.csv")
    assert (table.reading.format, table.column("label")) == ("excel", ["1", None, "2"])

    table = read_table(file(tmp_path, gzip.compress(csv_text().encode()), "c.csv"))
    assert (table.rows, codes(table)) == (3, ["unpacked"])

    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("x.csv", csv_text())
    assert read_table(tmp_path / "d.zip").rows == 3
    with zipfile.ZipFile(tmp_path / "d.zip", "a") as archive:
        archive.writestr("y.csv", csv_text())
    assert refusal(tmp_path / "d.zip").code == "files_unclear"


def test_save_and_load(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "row_id,text,label\n7,a b,x\n8,c d,\n"), name="mine.csv")
    table.save(tmp_path / "table.parquet")
    loaded = Table.load(tmp_path / "table.parquet")
    assert (loaded.name, loaded.columns, loaded.reading) == (table.name, table.columns, table.reading)
    assert loaded.fingerprint == table.fingerprint
    assert loaded.column("row_id") == ["7", "8"]
    assert pq.read_table(tmp_path / "table.parquet")["row_id"].to_pylist() == [0, 1]
    assert [each.name for each in tmp_path.iterdir() if each.suffix != ".csv"] == ["table.parquet"]


@pytest.mark.parametrize("fails", ["write_table", "fsync"])
def test_what_cannot_be_saved_whole_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    rows = "".join(f"words {n},{'xy'[n % 2]}\n" for n in range(12))
    table, folder = read_table(file(tmp_path, f"text,label\n{rows}")), tmp_path / "kept"
    data = labelled_texts(table, Roles(("text",), "label"))
    split = Split(data, np.arange(len(data)), np.arange(0), np.arange(0))
    folder.mkdir()
    saves = {"table.parquet": table.save, "split.parquet": split.save}
    for name, save in saves.items():
        save(folder / name)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def breaks_off(*arguments: object, **_: object) -> None:
        if fails == "write_table":
            Path(str(arguments[1])).write_bytes(b"PAR1 and no more")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pq if fails == "write_table" else os, fails, breaks_off)
    for name, save in saves.items():
        with pytest.raises(OSError, match="No space"):
            save(folder / name)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    one = read_table(file(tmp_path, "text,label\nab c,x\nd e,y\n"))
    same = read_table(file(tmp_path, "text;label\r\nab c;x\r\nd e;y\r\n"))
    other = read_table(file(tmp_path, "text,label\nab cd,x\n e,y\n"))
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_head_has_none_for_empty_cells(tmp_path: Path) -> None:
    head = read_table(file(tmp_path, "text,label\na b,\nc d,y\n")).head(1)
    assert head.to_dict("records") == [{"text": "a b", "label": None}]


@on_real_data
@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("banking77_csv/train.csv", 10003, 2),
        ("sms_spam_tsv_headerless/SMSSpamCollection.tsv", 5574, 2),
        ("sms_spam_kaggle_latin1/spam.csv", 5572, 5),
        ("sst2_headerless_tsv/test.tsv", 1821, 2),
        ("goemotions_tsv_label_ids/test.tsv", 5427, 3),
        ("mrpc_bom_tsv/train.tsv", 3667, 5),
        ("noisy_ag_news_csv/samples10000valMed.csv", 10000, 4),
        ("restaurant_reviews_latin1_tsv/Restaurant_Reviews.tsv", 1000, 2),
        ("trec_latin1_space_separated/TREC.train", 5452, 2),
        ("waimai_10k_label_first/waimai_10k.csv", 11987, 2),
    ],
)
def test_real_files(name: str, rows: int, columns: int) -> None:
    table = read_table(SHARED / "raw" / name)
    assert (table.rows, len(table.columns)) == (rows, columns)


def test_what_a_person_says_of_the_reading_is_heeded(tmp_path: Path) -> None:
    quoted = "text,label\n'one, two',a\n'three, four',b\n"
    assert read_table(file(tmp_path, quoted), quotechar="'").column("text") == ["one, two", "three, four"]
    plain = 'text;label\n"one";a\n"two";b\n'
    assert read_table(file(tmp_path, plain)).column("text") == ["one", "two"]
    assert read_table(file(tmp_path, plain), quotechar="none").column("text") == ['"one"', '"two"']
    above = "made,by,nobody\ntext,label\none,a\ntwo\n"
    table = read_table(file(tmp_path, above), skip_rows=1, delimiter="comma")
    assert (table.columns, table.rows) == (("text", "label"), 2)
    short = next(notice for notice in table.reading.notices if notice.code == "rows_short")
    assert short.params["lines"] == "4"  # lines are those of the file
    assert next(notice.code for notice in table.reading.notices) == "preamble_skipped"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"quotechar": "ab"}, "quotechar_wrong"),
        ({"delimiter": "ab"}, "delimiter_wrong"),
        ({"delimiter": "none"}, "delimiter_wrong"),
        ({"delimiter": '"', "quotechar": '"'}, "delimiter_is_quote"),
        ({"skip_rows": -1}, "skip_rows_negative"),
        ({"skip_rows": 2}, "skip_rows_all"),
        ({"skip_rows": 9}, "skip_rows_all"),
    ],
)
def test_what_cannot_be_heeded_is_refused(tmp_path: Path, how: dict[str, object], code: str) -> None:
    with pytest.raises(UserError) as refused:
        read_table(file(tmp_path, "text,label\none,a\n"), **how)
    assert refused.value.code == code
    assert str(refused.value)


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "first"
    book.active.append(["text", "label"])
    book.active.append(["one", "a"])
    second = book.create_sheet("second")
    for row in (["a title"], ["text", "label"], ["two", "b"], ["three", "c"]):
        second.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert read_table(path).column("text") == ["one"]
    assert read_table(path, sheet="second", skip_rows=1).column("text") == ["two", "three"]
    with pytest.raises(UserError) as refused:
        read_table(path, sheet="third")
    assert "first, second" in str(refused.value)


def workbook(folder: Path, **sheets: list[list[object]]) -> Path:
    book, path = openpyxl.Workbook(), folder / "book.xlsx"
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


NOTE: list[list[object]] = [["Tickets, 2025"], ["Made by the support team"]]
TICKETS: list[list[object]] = [[f"my order {i} has not arrived yet", ("Delivery", "Billing")[i % 2]] for i in range(20)]
MEANINGS: list[list[object]] = [["Column", "Meaning"], ["Message", "what they wrote"], ["Team", "who answered"]]


def test_the_sheet_with_texts_and_labels_is_read_where_none_is_named(tmp_path: Path) -> None:
    header: list[object] = ["Message", "Team"]
    path = workbook(tmp_path, Note=NOTE, Meanings=MEANINGS, Tickets=[header, *TICKETS])
    table = read_table(path)
    assert (table.columns, table.rows) == (("Message", "Team"), 20)
    notice = next(notice for notice in table.reading.notices if notice.code == "sheets_left_out")
    assert notice.params == {"sheet": "Tickets", "others": "Note, Meanings"}
    assert read_table(path, sheet="Note").columns == ("Tickets, 2025",)
    assert read_table(workbook(tmp_path, Note=NOTE, Meanings=MEANINGS)).columns == ("Column", "Meaning")
    assert read_table(workbook(tmp_path, Title=[["a", "b"]], Note=NOTE)).columns == ("Tickets, 2025",)


def test_texts_to_classify_are_on_the_first_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path, New=[["Message"], ["one"], ["two"]], Old=[["Message", "Team"], *TICKETS])
    assert read_table(path, blank_rows=True).columns == ("Message",)


@pytest.mark.parametrize("blank_rows", [False, True])
@pytest.mark.parametrize(
    "above", [[["Tickets, 2025"]], [["Tickets, 2025"], [], ["all teams"], []], [[None, "Tickets"]]]
)
def test_a_title_above_the_header_of_a_sheet_is_skipped(
    tmp_path: Path, above: list[list[object]], blank_rows: bool
) -> None:
    header: list[object] = ["Message", "Team", "Lead", None]
    rows = [[*row, "Ann", None] for row in TICKETS]
    table = read_table(workbook(tmp_path, Sheet=[*above, header, *rows]), blank_rows=blank_rows)
    assert (table.columns[:3], table.rows) == (("Message", "Team", "Lead"), 20)
    notice = next(notice for notice in table.reading.notices if notice.code == "preamble_skipped")
    lines = ", ".join(str(line) for line, row in enumerate(above, start=1) if row)
    assert (notice.severity, notice.params["lines"]) == ("warning", lines)


def test_a_title_as_a_spreadsheet_saves_it_is_skipped(tmp_path: Path) -> None:
    rows = "".join(f"{text},{team}\n" for text, team in TICKETS)
    table = read_table(file(tmp_path, f"Tickets 2025,\n,\nMessage,Team\n{rows}"))
    assert (table.columns, table.rows) == (("Message", "Team"), 20)


def test_of_two_rows_below_a_narrow_header_none_is_taken_for_a_header(tmp_path: Path) -> None:
    table = read_table(file(tmp_path, "a,,,\n123,test2,text1,value1\n345,test2,text2,value2\n"))
    assert (table.rows, table.columns[0]) == (2, "a")


def test_rows_without_a_label_and_headers_with_gaps_are_no_titles(tmp_path: Path) -> None:
    unlabelled = [[f"nobody looked at order {i}", None] for i in range(3)]
    table = read_table(workbook(tmp_path, Sheet=[*unlabelled, *TICKETS]))
    assert (table.rows, table.reading.has_header) == (23, False)
    table = read_table(workbook(tmp_path, Sheet=[["Message", None], *TICKETS]))
    assert (table.columns, table.rows) == (("Message", "column_2"), 20)
    table = read_table(workbook(tmp_path, Sheet=[["Tickets", None], ["Message", "Team"], *TICKETS]), has_header=False)
    assert table.rows == 22


def test_a_name_of_two_lines_is_a_name(tmp_path: Path) -> None:
    table = read_table(workbook(tmp_path, Sheet=[["What they\nwrote", "Answered\nby"], *TICKETS]))
    assert (table.columns, table.rows) == (("What they wrote", "Answered by"), 20)
    broken = [[f"order {i}\nis late", i % 3] for i in range(20)]
    assert not read_table(workbook(tmp_path, Sheet=broken)).reading.has_header


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="pipes have no names here")
def test_a_pipe_is_read_from_its_beginning() -> None:
    read, write = os.pipe()
    try:
        os.write(write, b"text,label\n" + b"a text,x\n" * 20)
        os.close(write)
        table = read_table(f"/dev/fd/{read}")
    finally:
        os.close(read)
    assert (table.columns, table.rows) == (("text", "label"), 20)


def sheet_of_said_size(folder: Path, rows: Sequence[Sequence[str | None]], said: str | None) -> Path:
    book, path, made = openpyxl.Workbook(), folder / "data.xlsx", io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(made)
    told = f'<dimension ref="{said}"/>'.encode() if said else b""
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            after.writestr(name, re.sub(rb"<dimension[^>]*/>", told, before.read(name)))
    return path


@pytest.mark.parametrize("said", ["A1", "A1:B9", "A1:D9", None])
@pytest.mark.parametrize("every", [1, 3])
def test_columns_of_a_sheet_that_the_header_does_not_reach_get_names(
    tmp_path: Path, said: str | None, every: int
) -> None:
    """Whatever size the sheet says it has, and wherever the first row stands that is wider."""
    notes = [("a note", None, f"seen by {i}") if i % every == every - 1 else () for i in range(9)]
    rows = [("text", "label"), *((f"a text {i}", "ab"[i % 2], *notes[i]) for i in range(9))]
    table = read_table(sheet_of_said_size(tmp_path, rows, said))
    assert (table.columns, table.rows) == (("text", "label", "column_3", "column_4", "column_5"), 9)
    assert table.column("column_5")[every - 1] == f"seen by {every - 1}"
    assert [notice.code for notice in table.reading.notices] == ["header_renamed"]


@pytest.mark.parametrize("said", ["A1", "A1:B3", "A1:A9", "A1:XFD9", None])
def test_the_size_that_a_sheet_says_it_has_is_not_believed(tmp_path: Path, said: str | None) -> None:
    rows = [("text", "label"), *((f"a text {i}", "ab"[i % 2]) for i in range(7)), ("a text without a label", None)]
    table = read_table(sheet_of_said_size(tmp_path, rows, said))
    assert (table.columns, table.rows) == (("text", "label"), 8)
    assert table.column("label") == [*"abababa", None]
    assert not table.reading.notices


def test_comments_above_a_table_are_looked_through_once(tmp_path: Path) -> None:
    """An expression that can part them in many ways would try them all."""
    comments = "<!-- a note -->\n" * 40
    table = read_table(file(tmp_path, comments + "text,label\n" + "a text,x\nanother text,y\n" * 40))
    assert table.rows > 0
    with pytest.raises(UserError) as caught:
        read_table(file(tmp_path, comments + "<html><body>no table</body></html>"))
    assert caught.value.code == "file_markup"


CELLS = {"text": [f"this is the text number {i}" for i in range(12)], "label": ["pos", "neg"] * 6}
OBJECTS = [dict(zip(CELLS, row, strict=True)) for row in zip(*CELLS.values(), strict=True)]


@pytest.mark.parametrize(
    "value",
    [
        CELLS,
        {"data": OBJECTS},
        {"version": "1.0", "about": {"by": "us"}, "data": OBJECTS},
        {name: dict(enumerate(cells)) for name, cells in CELLS.items()},
        dict(enumerate(OBJECTS)),
        {"columns": [*CELLS], "index": [*range(12)], "data": [[*row.values()] for row in OBJECTS]},
    ],
)
def test_a_table_on_one_line_of_json_is_a_table(tmp_path: Path, value: object) -> None:
    table = read_table(file(tmp_path, json.dumps(value) + "\n"))
    assert (table.reading.format, table.columns) == ("json", ("text", "label"))
    assert {name: table.column(name) for name in CELLS} == CELLS


@pytest.mark.parametrize(
    "more", [{}, {"spans": [{"from": 0}, {"from": 3}]}, {"tokens": ["so", "what"], "at": {"n": 1}}]
)
def test_one_row_on_one_line_of_json_is_a_row(tmp_path: Path, more: dict[str, object]) -> None:
    table = read_table(file(tmp_path, json.dumps({"text": "so what", **more})))
    assert (table.reading.format, table.column("text")) == ("jsonl", ["so what"])


def test_arrays_of_json_may_have_no_header(tmp_path: Path) -> None:
    rows = [[*row.values()] for row in OBJECTS]
    for has_header, first, names in (
        (None, [*CELLS], ("text", "label")),
        (None, rows[0], ("column_1", "column_2")),
        (False, [*CELLS], ("column_1", "column_2")),
        (True, ["that is a long text for a name", "pos"], ("that is a long text for a name", "pos")),
    ):
        table = read_table(file(tmp_path, json.dumps([first, *rows[1:]])), has_header=has_header)
        assert (table.columns, table.reading.has_header) == (names, names[0] != "column_1")
        assert table.rows == (11 if table.reading.has_header else 12)
        assert [notice.code for notice in table.reading.notices if notice.code == "header_missing"] == (
            [] if table.reading.has_header else ["header_missing"]
        )


def test_a_missing_number_is_an_empty_cell(tmp_path: Path) -> None:
    lines = '{"text": "one", "label": NaN}\n{"text": "NaN", "label": 1.5}\n'
    table = read_table(file(tmp_path, lines))
    assert (table.column("text"), table.column("label")) == (["one", "NaN"], [None, "1.5"])
    pq.write_table(pa.table({"text": ["one", "nan"], "label": [float("nan"), 1.5]}), tmp_path / "data.parquet")
    for keep in ({}, {"keep": lambda schema, batches: pa.Table.from_batches(batches, schema)}):
        table = read_table(tmp_path / "data.parquet", **keep)
        assert (table.column("text"), table.column("label")) == (["one", "nan"], [None, "1.5"])


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_quote_may_follow_a_space_behind_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    cells = [f"text {i}{delimiter} {'it goes on' if i % 3 else 'short'}{delimiter} or so" for i in range(30)]
    lines = [f'{"ab"[i % 2]}{delimiter} "{cell}"' for i, cell in enumerate(cells)]
    table = read_table(file(tmp_path, "\n".join([f"label{delimiter} text", *lines])))
    assert (table.columns, table.column("text")) == (("label", "text"), cells)
    assert not table.reading.notices


def test_a_quote_behind_a_comma_and_a_space_may_belong_to_a_sentence(tmp_path: Path) -> None:
    lines = [f'"He said, ""no {i}"", and left",{"ab"[i % 2]}' for i in range(30)]
    table = read_table(file(tmp_path, "\n".join(["text,label", *lines])))
    assert table.column("text")[0] == 'He said, "no 0", and left'
    tabbed = [f'He said, "no {i}", and left\t{"ab"[i % 2]}' for i in range(30)]
    assert (
        read_table(file(tmp_path, "\n".join(["text\tlabel", *tabbed]))).column("text")[0] == 'He said, "no 0", and left'
    )


def test_a_line_of_fasttext_may_have_several_labels(tmp_path: Path) -> None:
    lines = ["__label__food __label__cheap a __label__ nobody gave", "__label__food good", "__label__cheap so so"]
    table = read_table(file(tmp_path, "\n".join(lines * 8)))
    assert table.column("column_1")[:3] == ["food|cheap", "food", "cheap"]
    assert table.column("column_2")[:3] == ["a __label__ nobody gave", "good", "so so"]
    assert "split_behind_labels" in {notice.code for notice in table.reading.notices}
    assert guess_roles(table).roles.separator == "|"


def test_a_row_nested_very_deep_is_named(tmp_path: Path) -> None:
    rows = [json.dumps({"text": f"text {i}", "label": "ab"[i % 2]}) for i in range(20)]
    path = tmp_path / "deep.jsonl"
    path.write_text("\n".join([*rows, '{"text": ' + "[" * 200_000 + "]" * 200_000 + "}"]), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        read_table(path)
    assert (refused.value.code, refused.value.params["line"]) == ("json_broken", 21)


@pytest.mark.parametrize("form", ["jsonl", "json"])
@pytest.mark.parametrize(
    ("keys", "columns"),
    [(["x\ud800"], ("x?",)), (["x\ud800", "x\udc00"], ("x?", "x?_2")), (["\ud83d\ude00"], ("\U0001f600",))],
)
def test_half_a_character_in_a_name_is_shown_as_a_question_mark(
    tmp_path: Path, form: str, keys: list[str], columns: tuple[str, ...]
) -> None:
    rows = [json.dumps({"text": f"text {i}", "label": "ab"[i % 2]} | dict.fromkeys(keys, "c")) for i in range(20)]
    path = tmp_path / f"d.{form}"
    path.write_text("\n".join(rows) if form == "jsonl" else f"[{','.join(rows)}]", encoding="utf-8")
    table = read_table(path)
    assert table.columns == ("text", "label", *columns)
    assert all(table.column(name) == ["c"] * 20 for name in columns)


@pytest.mark.parametrize("names", [("row_id",), ("row_id_",), ("row_id", "row_id_"), ("row_id__", "row_id_", "row_id")])
def test_columns_called_like_the_numbers_of_the_rows_are_kept(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "d.csv"
    values = [str(i) for i in range(len(names))]
    path.write_text("\n".join([",".join(["text", *names]), *(",".join(["words", *values]) for _ in range(3))]))
    table = read_table(path)
    table.save(tmp_path / "saved.parquet")
    loaded = Table.load(tmp_path / "saved.parquet")
    assert loaded.columns == ("text", *names)
    assert loaded.fingerprint == table.fingerprint
    assert Table.load(tmp_path / "saved.parquet", names[-1:]).column(names[-1]) == values[-1:] * 3
