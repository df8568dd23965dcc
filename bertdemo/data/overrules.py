"""What a person says of how a file is to be read, where its content would be read otherwise."""

from __future__ import annotations

from dataclasses import dataclass

from bertdemo.errors import UserError

NO_QUOTES = "none"
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True)
class Overrules:
    """Each None (or 0): the content decides.

    Attributes:
        encoding: a name that Python knows.
        delimiter: one character, or the name of one of `NAMED_DELIMITERS`.
        quotechar: what encloses cells, or ``"none"``: quotes are plain characters.
        has_header: whether the first row names the columns.
        skip_rows: lines above the table that are not part of it.
        sheet: of a workbook, by name.
        blank_rows: what has nothing on it is a row where it stands between others: a row of a sheet, a line where a
            line is one cell; and nothing parts such lines. Asked for by who gives the rows back.
        originals: what stands in JSON, Parquet and Arrow files is kept as it is, see `Table.kept`.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quotechar: str | None = None
    has_header: bool | None = None
    skip_rows: int = 0
    sheet: str | None = None
    blank_rows: bool = False
    originals: bool = False

    def __post_init__(self) -> None:
        if self.delimiter in NAMED_DELIMITERS:
            object.__setattr__(self, "delimiter", NAMED_DELIMITERS[self.delimiter])
        for code, value in (("delimiter_wrong", self.delimiter), ("quotechar_wrong", self.quotechar)):
            none = value == NO_QUOTES and code == "quotechar_wrong"
            if value is not None and (len(value) != 1 or value in "\r\n") and not none:
                raise UserError(code, value=value[:20])
        if self.delimiter is not None and self.delimiter == self.quotechar:
            raise UserError("delimiter_is_quote", value=self.delimiter)
        if self.skip_rows < 0:
            raise UserError("skip_rows_negative", value=self.skip_rows)

    @property
    def quotes(self) -> tuple[str | None, ...]:
        """The quoting that was said, None for none; empty where the content decides."""
        return () if self.quotechar is None else (None if self.quotechar == NO_QUOTES else self.quotechar,)
