"""Bytes of a text file -> text, and which encoding that took."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

import chardet

from bertdemo.data.findings import Finding
from bertdemo.errors import UserError

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Windows code pages and what of them a detector may name instead: they differ in characters that the
# smaller one has not, or has only as control characters.
SUPERSETS = {"iso8859-1": "cp1252", "iso8859-15": "cp1252", "iso8859-2": "cp1250", "iso8859-9": "cp1254"}
# Below both, a detector only guesses among Western code pages, and by far the commonest is the best guess.
SURE = 0.2
DENSE = 0.15
# EBCDIC is no superset of ASCII, and nobody's CSV; the detector finds it where there is little to go by.
ERAS = chardet.EncodingEra.ALL & ~chardet.EncodingEra.MAINFRAME
DETECTION_BYTES = 200_000


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was read with, and what there is to say about it."""

    text: str
    encoding: str
    notices: tuple[Finding, ...] = ()


def decode(raw: bytes, encoding: str | None = None) -> Decoded:
    """`raw` as text: by byte order mark, else strict UTF-8, else by detection.

    Raises:
        UserError: ``encoding_unknown`` or ``encoding_wrong`` when `encoding` is given and can't be used.
    """
    if encoding is not None:
        return _as_told(raw, encoding)
    for bom, name in BOMS:
        if raw.startswith(bom):
            return _with_bom(raw[len(bom) :], name)
    wide = _wide_encoding(raw)
    if wide is not None:
        return _lenient(raw, wide, [_guessed(wide)])
    escaped = _escape_encoding(raw)
    if escaped is not None:
        return _lenient(raw, escaped, [_guessed(escaped)])
    try:
        return Decoded(raw.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(raw, error.start)


def encoding_of_head(head: bytes, encoding: str | None = None) -> tuple[str, tuple[Finding, ...]]:
    """The encoding that `decode` would most likely use, told by a text's first bytes, and what there is to say.

    Raises:
        UserError: ``encoding_unknown``.
    """
    if encoding is not None:
        return _known(encoding), ()
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, ()
    told = _wide_encoding(head[: len(head) // 4 * 4]) or _escape_encoding(head)
    if told:
        return told, (_guessed(told),)
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        name = _detect(head)
        return name, (_guessed(name),)
    return "utf-8", ()


def encoding_of_names(names: Sequence[bytes]) -> str | None:
    """The encoding that some names of files, none of them in ASCII alone, are all written in: UTF-8, else what looks
    likeliest; None where there is none or nothing fits."""
    parts = dict.fromkeys(part for name in names for part in name.split(b"/") if not part.isascii())
    sample = b"\n".join(parts)
    if not sample or _decodes(sample, "utf-8"):
        return "utf-8" if sample else None
    found = chardet.detect(sample, encoding_era=ERAS, prefer_superset=False)["encoding"]
    name = codecs.lookup(found).name if found else None
    return name if name and all(_decodes(each, name) for each in names) else None


def _known(encoding: str) -> str:
    """Python's name of an encoding of texts. Raises ``encoding_unknown``, also of what makes bytes of bytes, as base64
    does."""
    try:
        name = codecs.lookup(encoding).name
        "a".encode(name)
    except (LookupError, ValueError):
        raise UserError("encoding_unknown", encoding=encoding) from None
    return name


def _as_told(raw: bytes, encoding: str) -> Decoded:
    name = _known(encoding)
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        line = _line_of(raw, error.start)
        raise UserError("encoding_wrong", encoding=encoding, line=line, byte=f"0x{raw[error.start]:02x}") from None
    except UnicodeError:  # of names in the internet, say, which are no files
        raise UserError("encoding_unknown", encoding=encoding) from None
    return Decoded(text.removeprefix("\ufeff"), name)


def _with_bom(raw: bytes, name: str) -> Decoded:
    decoded = _lenient(raw, name, [])
    return Decoded(decoded.text.lstrip("\ufeff"), name, decoded.notices)


def _wide_encoding(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark: NULs stand at one place of every unit, line ends exist."""
    head = raw[:65536]
    nuls = head.count(0)
    if nuls < max(2, len(head) // 50):
        return None
    for name, unit, zero_places in (
        ("utf-32-le", 4, (2, 3)),
        ("utf-32-be", 4, (0, 1)),
        ("utf-16-le", 2, (1,)),
        ("utf-16-be", 2, (0,)),
    ):
        units = len(head) // unit
        if not units or len(raw) % unit:
            continue
        full = all(head[place::unit].count(0) >= (0.95 if unit == 4 else 0.03) * units for place in zero_places)
        inside = sum(head[place::unit].count(0) for place in zero_places)
        newline = "\n".encode(name) in head or "\r".encode(name) in head
        if full and newline and (unit == 4 or inside >= 0.97 * nuls):
            return name
    return None


def _escape_encoding(raw: bytes) -> str | None:
    head = raw[:65536]
    if b"\x1b$)C" in head:
        return "iso2022_kr"
    if re.search(rb"\x1b\$[@B]|\x1b\$\(D", head):
        return "iso2022_jp_ext"
    return None


def _not_utf8(raw: bytes, first_bad: int) -> Decoded:
    if first_bad >= len(raw) - 3:
        line = _line_of(raw, first_bad)
        cut = Finding("encoding_cut", "warning", 1, params={"line": line})
        return Decoded(raw.decode("utf-8", "replace"), "utf-8", (cut,))
    valid, bad = _count_utf8(raw)
    if valid >= 4 * bad:
        text = raw.decode("utf-8", "bertdemo_cp1252")
        line = _line_of(raw, first_bad)
        return Decoded(text, "utf-8", (Finding("encoding_mixed", "warning", bad, params={"line": line}),))
    name = _detect(raw)
    return _lenient(raw, name, [_guessed(name)])


def _detect(raw: bytes) -> str:
    sample = _telling_lines(raw)
    found = chardet.detect(sample, encoding_era=ERAS, prefer_superset=False)
    name = codecs.lookup(found["encoding"] or "cp1252").name
    dense = sum(byte > 127 for byte in sample) >= DENSE * len(sample)
    if found["confidence"] < SURE:
        if dense and _is_japanese(sample):
            return "cp932"
        if not dense and _decodes(raw, "cp1252"):
            return "cp1252"
    wider = SUPERSETS.get(name)
    if wider and (name == "iso8859-1" or re.search(rb"[\x80-\x9f]", sample)) and _decodes(raw, wider):
        return wider
    return name


def _is_japanese(raw: bytes) -> bool:
    """Shift-JIS that the detector missed: it decodes, and a third of what is not ASCII is kana."""
    try:
        text = raw.decode("cp932")
    except UnicodeDecodeError:
        return False
    kana = len(re.findall("[\u3040-\u30ff]", text))
    return kana * 3 >= sum(char > "\x7f" for char in text) > 0


def _decodes(raw: bytes, name: str) -> bool:
    try:
        raw.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _telling_lines(raw: bytes) -> bytes:
    """Lines with bytes beyond ASCII, at most 200 kB of them: what a detector can judge by."""
    kept, size = [], 0
    for line in raw[: 20 * DETECTION_BYTES].splitlines(keepends=True):
        if not line.isascii():
            kept.append(line)
            size += len(line)
            if size > DETECTION_BYTES:
                break
    return b"".join(kept)


def _lenient(raw: bytes, name: str, notices: list[Finding]) -> Decoded:
    try:
        return Decoded(raw.decode(name), name, tuple(notices))
    except UnicodeDecodeError as error:
        text = raw.decode(name, "replace")
        line = _line_of(raw, error.start)
        lost = text.count("\ufffd")
        params = {"line": line, "encoding": name}
        return Decoded(text, name, (*notices, Finding("encoding_replaced", "warning", lost, params=params)))


def _count_utf8(raw: bytes) -> tuple[int, int]:
    """Characters of several bytes that are right UTF-8, and bytes that are not."""
    text = raw.decode("utf-8", "surrogateescape")
    bad = len(re.findall("[\udc80-\udcff]", text))
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return beyond_ascii - bad, bad


def _guessed(name: str) -> Finding:
    return Finding("encoding_guessed", "info", 1, params={"encoding": name})


def _line_of(raw: bytes, position: int) -> int:
    before = raw[:position]
    return 1 + (before.count(b"\n") or before.count(b"\r"))


def _one_byte_as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start : error.start + 1]
    return byte.decode("cp1252", "replace"), error.start + 1


codecs.register_error("bertdemo_cp1252", _one_byte_as_cp1252)
