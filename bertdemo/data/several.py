"""Several files as one table: a zip or a folder, where it is plain how they belong together."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa

from bertdemo.data.decoding import decode, encoding_of_names
from bertdemo.data.delimited import string_array
from bertdemo.data.findings import Finding, listed
from bertdemo.data.names import TEST_PART, TRAIN_PART, words_of
from bertdemo.data.pieces import bytes_of
from bertdemo.data.sniffing import LARGEST_INFLATED
from bertdemo.errors import UserError

if TYPE_CHECKING:
    from bertdemo.data.table import Table

TABLE_SUFFIXES = (
    ".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx",
)  # fmt: skip
ABOUT = frozenset("readme license licence notice changelog citation".split())
"""What files of words about the others are called: `PROSE`, by its whole stem."""
PROSE = (".txt", ".json")
UTF_8_FLAG = 0x800
UNLABELLED = frozenset("unsup unlabeled unlabelled unsupervised".split())
MOST_FILES = 200_000
FEWEST_TEXTS = 10
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Member:
    """A file by its name (with folders, parted by ``/``), and how to read it."""

    name: str
    read: Callable[[], bytes]

    @property
    def folders(self) -> tuple[str, ...]:
        return PurePosixPath(self.name).parts[:-1]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).name.split(".")[0]


def members_of_folder(folder: Path) -> list[Member]:
    """The files below a folder, in natural order; to read one raises ``file_unreadable`` where that can't be done."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return _ordered([Member(f.relative_to(folder).as_posix(), partial(bytes_of, f, f.name)) for f in files])


def members_of_zip(raw: bytes) -> tuple[list[Member], list[Finding]]:
    """The files of a zip archive, in natural order, and what is said of their names; nothing is written to disk.

    Raises:
        UserError: ``archive_damaged``, ``archive_locked``, ``archive_too_large``, ``archive_many_files`` or
            ``file_binary``.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile:
        raise UserError("archive_damaged", kind="zip") from None
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename in ("mimetype", "content.xml") for info in infos):
        raise UserError("file_binary", kind="OpenDocument")
    if any(info.flag_bits & 1 for info in infos):
        raise UserError("archive_locked")
    if sum(info.file_size for info in infos) > LARGEST_INFLATED:
        raise UserError("archive_too_large", limit=f"{LARGEST_INFLATED // 2**30} GB")
    if len(infos) > MOST_FILES:
        raise UserError("archive_many_files", n=len(infos), most=MOST_FILES)

    def reader(info: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            try:
                with archive.open(info) as stream:
                    return stream.read(info.file_size + 1)  # no more than was declared, and bounded above
            except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
                raise UserError("archive_damaged", kind="zip") from None

        return read

    names, said = _names_of(infos)
    return _ordered([Member(name, reader(info)) for name, info in zip(names, infos, strict=True)]), said


def _names_of(infos: Sequence[zipfile.ZipInfo]) -> tuple[list[str], list[Finding]]:
    """The names of a zip's files, and that the encoding of some was guessed: those that are not marked as UTF-8, which
    `zipfile` takes for code page 437, are in whatever the system spoke that wrote them."""
    names = [info.filename for info in infos]
    unmarked = [
        place
        for place, info in enumerate(infos)
        if not info.flag_bits & UTF_8_FLAG and info.filename == info.orig_filename and not info.filename.isascii()
    ]
    encoded = [names[place].encode("cp437") for place in unmarked]
    if not (encoding := encoding_of_names(encoded)):
        return names, []
    for place, name in zip(unmarked, encoded, strict=True):
        names[place] = name.decode(encoding)
    if encoding == "utf-8":
        return names, []
    return names, [Finding("names_guessed", "info", len(unmarked), params={"encoding": encoding})]


def tables_among(members: Sequence[Member]) -> list[Member]:
    """Those that can be tables: no hidden files, no licences, no pictures.

    Raises:
        UserError: ``archive_several``: there is none; ``archive_empty``: there is no file at all.
    """
    found = [
        member
        for member in members
        if not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(member.name).parts)
        and PurePosixPath(member.name.lower().removesuffix(".gz")).suffix in TABLE_SUFFIXES
        and not _is_about(member)
    ]
    if not found:
        raise UserError("archive_several", names=_names(members)) if members else UserError("archive_empty")
    return found


def _is_about(member: Member) -> bool:
    return member.stem.lower() in ABOUT and member.name.lower().endswith(PROSE)


def together(name: str, members: Sequence[Member], ignored: int, read_one: Callable[[bytes, str], Table]) -> Table:
    """One table of several files.

    Text files that lie in folders named by their labels become rows of ``text`` and ``label``. Tables with the same
    columns are put one below the other; where the files' names say train and test, a column ``split`` says so too;
    where each holds nothing but texts, its name is their label. Names that differ otherwise than in numbers say nothing
    about how the files belong together, and they are refused.

    Args:
        name: of the whole, as the person knows it.
        members: two files at least.
        ignored: how many others there were.
        read_one: reads the bytes of one file, given its name.

    Raises:
        UserError: ``files_differ``, ``files_unclear``, or what `read_one` raises, with the file's name.
    """
    if labels := _text_folders(members):
        return _texts_in_folders(name, members, labels, ignored)
    tables = [_table_of(member, read_one) for member in members]
    first = tables[0]
    for member, table in zip(members, tables, strict=True):
        if set(table.columns) != set(first.columns):
            raise UserError(
                "files_differ",
                first=members[0].name,
                columns=", ".join(first.columns[:NAMES_SHOWN]),
                other=member.name,
                others=", ".join(table.columns[:NAMES_SHOWN]),
            )
    added = {}
    parts = [_part(member) for member in members]
    if all(parts) and len(set(parts)) == 2:
        added[_free("split", first.columns)] = parts
    elif len(first.columns) == 1:
        added[_free("label", first.columns)] = [member.stem for member in members]
    elif not _numbered(members):
        raise UserError("files_unclear", n=len(members), names=_names(members))
    stacked = []
    for place, table in enumerate(tables):
        rows = table.data.select(list(first.columns))
        for column, values in added.items():
            rows = rows.append_column(column, string_array([values[place]] * table.rows))
        stacked.append(rows)
    warnings = [n for table in tables[1:] for n in table.reading.notices if n.severity == "warning"]
    notices = (*first.reading.notices, *warnings, *_said(members, ignored))
    data = pa.concat_tables(stacked)
    return replace(
        first, name=name, columns=tuple(data.column_names), data=data, reading=replace(first.reading, notices=notices)
    )


def _table_of(member: Member, read_one: Callable[[bytes, str], Table]) -> Table:
    raw = _read_member(member)
    with _said_of(member):
        return read_one(raw, member.name)


def _read_member(member: Member) -> bytes:
    with _said_of(member):
        return member.read()


@contextmanager
def _said_of(member: Member) -> Iterator[None]:
    """A block whose errors are said to be about that file."""
    try:
        yield
    except UserError as error:
        raise UserError(error.code, **error.params, in_file=member.name) from None


def _text_folders(members: Sequence[Member]) -> list[str]:
    """The label of each text file where they lie in folders named by labels, at least two; else nothing."""
    if len(members) < FEWEST_TEXTS or not all(m.name.lower().endswith(".txt") and m.folders for m in members):
        return []
    labels = [member.folders[-1] for member in members]
    classes = Counter(label for label in labels if label.lower() not in UNLABELLED)
    several = len(classes) >= 2 and min(classes.values()) >= 2
    return labels if several and not _part_of(set(classes)) else []


def _texts_in_folders(name: str, members: Sequence[Member], labels: Sequence[str], ignored: int) -> Table:
    from bertdemo.data.table import Reading, Table

    kept = [(m, label) for m, label in zip(members, labels, strict=True) if label.lower() not in UNLABELLED]
    texts = [decode(_read_member(member), None).text.strip() for member, _ in kept]
    columns = {"text": string_array(texts), "label": string_array([label for _, label in kept])}
    parts = [_part_of(set(member.folders[:-1])) for member, _ in kept]
    if all(parts) and len(set(parts)) == 2:
        columns["split"] = string_array(parts)
    reading = Reading("txt", notices=tuple(_said(members, ignored)))
    return Table(name, tuple(columns), pa.table(columns), reading)


def _part(member: Member) -> str | None:
    """``train`` or ``test``, as the file's name says by a whole word, else its folders'."""
    return _part_of({member.stem}) or _part_of(set(member.folders))


def _part_of(names: set[str]) -> str | None:
    words = {word for name in names for word in words_of(name)}
    if words & TEST_PART and not words & TRAIN_PART:
        return "test"
    return "train" if words & TRAIN_PART and not words & TEST_PART else None


def _numbered(members: Sequence[Member]) -> bool:
    """Whether the names differ in numbers alone, as those of the pieces of one table do: a count or a date."""
    return len({re.sub(r"\d+", "0", member.name) for member in members}) == 1


def _said(members: Sequence[Member], ignored: int) -> list[Finding]:
    found = [Finding("files_together", "info", len(members), params={"names": _names(members)})]
    return found + ([Finding("files_ignored", "info", ignored)] if ignored else [])


def _names(members: Sequence[Member]) -> str:
    return listed([member.name for member in members], NAMES_SHOWN)


def _free(name: str, taken: Sequence[str]) -> str:
    return name if name not in taken else _free(f"{name}_", taken)


def _ordered(members: list[Member]) -> list[Member]:
    """part2 before part10."""

    def key(member: Member) -> list[tuple[int, str]]:
        pieces = re.split(r"(\d+)", member.name.lower())
        return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]

    return sorted(members, key=key)
