"""JSON and JSON Lines -> string columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from bertdemo.data.annotated import Shape
from bertdemo.data.delimited import BATCH_ROWS, HEADER_SAMPLE, Parsed, string_array
from bertdemo.data.findings import Finding, listed
from bertdemo.data.header import looks_like_header, name_columns
from bertdemo.data.pieces import Streamed, Text, pieces_of
from bertdemo.data.readable import readable
from bertdemo.errors import UserError

HEAD_CHARACTERS = 1_000_000
FEWEST_INSIDE = 10
"""Objects in a list from which on they are taken for rows, though other things stand beside the list."""
NOT_A_NUMBER = "NaN"
"""How Python writes a missing number."""


def looks_like_json(text: str) -> str | None:
    """``"json"``, ``"jsonl"`` or None: told by the first filled line, and whether it is the only one."""
    start = text[:HEAD_CHARACTERS].lstrip()
    if start[:1] == "[":
        return "json" if start[1:].lstrip()[:1] in ("{", "[", "]", '"') and _not_csv(start) else None
    if start[:1] != "{":
        return None
    first_line, _, below = start.partition("\n")
    if (value := _object_in(first_line.strip().rstrip(","))) is not None:
        return "json" if len(text) < HEAD_CHARACTERS and not below.strip() and _is_table(value) else "jsonl"
    return "json" if start[1:].lstrip()[:1] in ('"', "}") else None


def read_json(text: str, kind: str, originals: bool = False, has_header: bool | None = None) -> Parsed:
    """A JSON array of objects or of arrays (or an object that holds one), or one object per line.

    Args:
        has_header: of arrays, whether the first one names the columns; None: it is guessed.
        originals: each row is kept as JSON too, see `Table.kept`; and no row is left out, as `Shape.keeps` would.

    Raises:
        UserError: ``json_broken`` with line and column, or ``json_not_rows``.
    """
    notices: list[Finding] = []
    every = originals
    if kind == "jsonl":
        has_header = True
        rows, lines = [list(part) for part in zip(*_json_lines(text), strict=True)] or [[], []]
    else:
        rows, has_header, notices = _json_rows(text, has_header)
        lines = []
        try:
            lines = [verbatim(row) for row in rows] if originals else []
        except RecursionError:  # nested some hundred deep: given back as texts
            originals = False
    if not rows:
        raise UserError("no_rows", columns="")
    shape = Shape()
    for row in rows:
        shape.look(row)
    if not (names := shape.names):
        raise UserError("json_not_rows")
    cells = [shape.laid_out(row) for row in rows if every or shape.keeps(row)]
    data = pa.Table.from_batches([_json_batch(cells, lines, names, originals)])
    notices += shape.findings(every=every)
    return Parsed(data, has_header, notices=tuple(notices), kept=_kept_of_json(originals))


def read_json_lines(text: Streamed, originals: bool = False) -> Parsed:
    """One object per line, of a text that is too large to hold: the first pass finds the columns.

    Args:
        originals: as of `read_json`.

    Raises:
        UserError: as `read_json`.
        NotInPiecesError: the text can't be read in pieces.
    """
    shape = Shape()
    for row, _ in _json_lines(text):
        shape.look(row)
    if not (names := shape.names):
        raise UserError("json_not_rows")

    def batches() -> Iterator[pa.RecordBatch]:
        rows = ((shape.laid_out(row), line) for row, line in _json_lines(text) if originals or shape.keeps(row))
        while batch := list(islice(rows, BATCH_ROWS)):
            yield _json_batch([row for row, _ in batch], [line for _, line in batch], names, originals)

    schema = _json_batch([], [], names, originals).schema
    notices = shape.findings(every=originals)
    return Parsed(text.keep(schema, batches()), notices=notices, kept=_kept_of_json(originals))


def _json_batch(
    rows: Sequence[dict[str, Any]], lines: Sequence[str], names: list[str], originals: bool
) -> pa.RecordBatch:
    """The rows' cells as strings, where `originals` are asked for with the `lines` that they were read from behind."""
    cells = [string_array([_as_text(row.get(name)) for row in rows]) for name in names]
    names = _shown(names)
    if originals:
        cells, names = [*cells, string_array(lines)], [*names, "_" + max(names, key=len)]  # a name that none has
    return pa.record_batch(cells, schema=pa.schema([(name, pa.string()) for name in names]))


def _shown(names: list[str]) -> list[str]:
    """Names of columns without halves of characters, which no table can hold."""
    shown = [readable(name) for name in names]
    return shown if len(set(shown)) == len(shown) else list(name_columns(shown, len(shown))[0])


def _kept_of_json(originals: bool) -> str | None:
    return "objects" if originals else None


def _json_lines(text: Text) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row, and the JSON it was read from."""
    lines = (line for piece in pieces_of(text) for line in _cut(piece))
    for number, line in enumerate(lines, start=1):
        stripped = line.strip().rstrip(",")
        if not stripped:
            continue
        try:
            row = _loads(stripped)
        except (ValueError, RecursionError) as error:
            column = getattr(error, "colno", 1)
            raise UserError("json_broken", line=number, column=column) from None
        if not isinstance(row, dict):
            raise UserError("json_broken", line=number, column=1)
        yield row, stripped


def _cut(piece: str) -> list[str]:
    # a piece that ends with a line ends there: what `split` finds behind it is the next piece
    return piece.removesuffix("\n").split("\n")


def _json_rows(text: str, has_header: bool | None) -> tuple[list[dict[str, Any]], bool, list[Finding]]:
    """The rows, whether the file names their columns, and what is said of it."""
    try:
        value = _loads(text)
    except json.JSONDecodeError as error:
        raise UserError("json_broken", line=error.lineno, column=error.colno) from None
    except (ValueError, RecursionError):
        raise UserError("json_not_rows") from None
    if isinstance(value, dict):
        value = _rows_inside(value)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return value, True, []
    if isinstance(value, list) and len(value) > 1 and all(isinstance(row, list) for row in value):
        return _rows_of_arrays(value, has_header)
    raise UserError("json_not_rows")


def _rows_of_arrays(
    arrays: list[list[Any]], has_header: bool | None
) -> tuple[list[dict[str, Any]], bool, list[Finding]]:
    """What `_json_rows` gives, of a list of lists of cells."""
    head = [[_as_text(cell) for cell in row] for row in arrays[:HEADER_SAMPLE]]
    named = looks_like_header(head) if has_header is None else has_header
    names, notices = name_columns(head[0] if named else (), len(head[0]))
    if not named:
        notices = [Finding("header_missing", "info", 1, params={"names": listed(names)})]
    return [dict(zip(names, row, strict=False)) for row in arrays[int(named) :]], named, notices


def _rows_inside(value: dict[str, Any]) -> Any:
    """``{"data": [rows]}`` -> the rows; ``{"text": [...], "label": [...]}`` -> the rows of these columns.

    Of an object of objects, as pandas writes tables, rows are what there is more of.
    """
    if _is_split(value):
        return [dict(zip(map(str, value["columns"]), row, strict=False)) for row in value["data"]]
    lists = {name: item for name, item in value.items() if isinstance(item, list)}
    if len(lists) == 1:
        return next(iter(lists.values()))
    if len(lists) > 1 and len({len(item) for item in lists.values()}) == 1:
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    if value and all(isinstance(item, dict) for item in value.values()):
        keys = list(dict.fromkeys(key for item in value.values() for key in item))
        if len(keys) < len(value):
            return list(value.values())
        return [{name: item.get(key) for name, item in value.items()} for key in keys]
    return [value]


def _is_split(value: dict[str, Any]) -> bool:
    """Whether it has columns and rows apart, as pandas calls ``split``."""
    columns, rows = value.get("columns"), value.get("data")
    return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)


def _is_table(value: dict[str, Any]) -> bool:
    """Whether an object on a line of its own is a table, and not the one row of it."""
    if _is_split(value):
        return True
    items = list(value.values())
    lists = [item for item in items if isinstance(item, list)]
    inside = [item for item in lists if item and all(isinstance(row, dict | list) for row in item)]
    if len(lists) == len(inside) == 1 and len(inside[0]) >= (1 if len(items) == 1 else FEWEST_INSIDE):
        return True
    if len(lists) == len(items) > 1:
        return not inside and len(lists[0]) > 1 and len({len(item) for item in lists}) == 1
    alike = all(isinstance(item, dict) and item.keys() == items[0].keys() for item in items)
    return alike and len(items) > 0 and len(items) + len(items[0]) > 2


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


class Number(str):
    """A number of JSON in its own digits, told from a string."""

    __slots__ = ()


def verbatim(value: Any) -> str:
    """What was parsed with `Number`, as JSON of the same values."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{json.dumps(name, ensure_ascii=False)}: {verbatim(item)}" for name, item in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(verbatim, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _object_in(line: str) -> dict[str, Any] | None:
    """The object that a line holds; None where it is something else."""
    try:
        value = _loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _not_csv(start: str) -> bool:
    first_line = start.split("\n", 1)[0]
    return (
        first_line.strip() in ("[", "[{") or start[1:].lstrip()[:1] in ("{", "[") or first_line.rstrip().endswith("]")
    )


def _as_text(value: Any) -> str | None:
    if value is None or (type(value) is Number and value == NOT_A_NUMBER):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return verbatim(value)
    except RecursionError:  # nested some hundred deep: its numbers become texts
        return json.dumps(value, ensure_ascii=False)
