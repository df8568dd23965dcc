"""What a file is, by its first bytes; the name is never trusted."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from pathlib import Path

from bertdemo.errors import UserError

LARGEST_INFLATED = 4 * 2**30
# Bytes a file starts with, and the format's own name, which is the same in every language.
MAGIC = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"FEA1", "Feather"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
    (b"{\\rtf", "RTF"),
    (b"version https://git-lfs", "LFS"),
)
COLUMNAR = ((b"PAR1", "parquet"), (b"ARROW1", "arrow"))
CODES = {"XLS": "file_old_excel", "LFS": "file_lfs"} | dict.fromkeys(
    ("zstd", "xz", "bzip2", "7-Zip", "RAR"), "file_packed"
)
"""What is said of a kind; of the others that the file is binary."""
MARKUP = (
    (re.compile(rb"\s*(<!--(?:(?!-->).)*-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S), "html"),
    (re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->).)*-->\s*)*(<!DOCTYPE[^>]*>\s*)?<svg\b", re.I | re.S), "svg"),
    (re.compile(rb"\s*<\?xml\b", re.I), "xml"),
)


def unpack(raw: bytes) -> tuple[bytes, str | None]:
    """The bytes inside a gzip, and ``"gzip"`` or None.

    Raises:
        UserError: ``archive_damaged`` or ``archive_too_large``.
    """
    return (_inflate(raw), "gzip") if raw.startswith(b"\x1f\x8b") else (raw, None)


def is_zip(raw: bytes) -> bool:
    """A zip archive that is not an Excel workbook."""
    return raw.startswith(b"PK\x03\x04") and not is_excel(raw)


def is_excel(raw: bytes) -> bool:
    """A zip that holds an Excel workbook (also where its end is cut off)."""
    return raw.startswith(b"PK\x03\x04") and (b"xl/workbook" in raw or b"[Content_Types].xml" in raw[:4096])


def kind_of_file(path: Path) -> str | None:
    """``"parquet"``, ``"arrow"`` or ``"excel"``; None where it is something else or can't be read."""
    if not path.is_file():  # what a pipe gave to a look at it would be lost
        return None
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        if start.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(path) as archive:
                return "excel" if "xl/workbook.xml" in archive.namelist() else None
    except (OSError, ValueError, zipfile.BadZipFile):
        return None  # said when its bytes are read
    return next((kind for magic, kind in COLUMNAR if start.startswith(magic)), None)


def refuse_foreign(raw: bytes) -> None:
    """Refuse what is neither a table nor text.

    Raises:
        UserError: ``file_binary``, ``file_packed``, ``file_old_excel``, ``file_lfs`` or ``file_markup``.
    """
    for magic, kind in MAGIC:
        if raw.startswith(magic):
            raise UserError(CODES.get(kind, "file_binary"), kind=kind)
    head = raw[:4096].removeprefix(b"\xef\xbb\xbf")
    for pattern, kind in MARKUP:
        if pattern.match(head):
            raise UserError("file_markup", kind=kind.upper())
    if raw[257:262] == b"ustar":
        raise UserError("file_packed", kind="tar")


def refuse_binary_text(text: str, raw: bytes) -> None:
    """Refuse bytes that decode to something that nobody wrote: mostly control characters, or EBCDIC."""
    head = text[:20_000]
    controls = sum(char < " " and char not in "\t\n\r\f\v\x1b\0\x01\x1e\x1f" for char in head)
    # in a single-byte encoding any bytes are text: an eighth of random ones are control characters
    most = 0.3 if _is_utf8(raw[:20_000]) else 0.1
    if controls > most * len(head) or (raw[:1] == b"\x80" and raw[1:2] in b"\x02\x03\x04\x05" and b"\0" in raw[:64]):
        raise UserError("file_unknown")
    ebcdic = raw[:20_000]
    if (
        b"\n" not in ebcdic
        and ebcdic.count(0x40) > 0.03 * len(ebcdic)
        and sum(b > 127 for b in ebcdic) > 0.5 * len(ebcdic)
    ):
        raise UserError("file_ebcdic")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw[: raw.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\n" in raw


def _inflate(raw: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            data = stream.read(LARGEST_INFLATED + 1)
    except (OSError, EOFError, zlib.error):
        raise UserError("archive_damaged", kind="gzip") from None
    return _bounded(data)


def _bounded(data: bytes) -> bytes:
    if len(data) > LARGEST_INFLATED:
        raise UserError("archive_too_large", limit=f"{LARGEST_INFLATED // 2**30} GB")
    return data
