"""A finding: something true of the data that a person should know, as a code with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bertdemo.text import say

# A plain JSON value. The type checker can't hold nested dicts to more than this without casts.
JSON = Any

SEVERITIES = ("error", "warning", "info")
ROWS_KEPT = 20
LONGEST_NAMED = 30
"""Characters of a label's name in a list of several."""
FINDING = "finding"
"""Instead of a code of its own: what is said is a finding, whose JSON stands with it."""


@dataclass(frozen=True)
class Finding:
    """One finding on a file, its labelled texts or its split.

    Attributes:
        code: key of the sentence, worded as ``finding.<code>``.
        severity: ``"error"``, ``"warning"`` or ``"info"``.
        count: how many rows (or cells, bytes, classes: the sentence says) it is true of.
        rows: up to 20 row ids where it can be seen.
        params: further values that the sentence names.
    """

    code: str
    severity: str
    count: int
    rows: tuple[int, ...] = ()
    params: dict[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"severity must be one of {SEVERITIES}, not {self.severity!r}")

    def message(self, lang: str = "en") -> str:
        """The sentence for a person, in `lang`."""
        return say(f"finding.{self.code}", lang, n=self.count, **self.params)

    def to_json(self) -> dict[str, JSON]:
        """Plain JSON values, the opposite of `from_json`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "rows": list(self.rows),
            "params": self.params,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Finding:
        return cls(value["code"], value["severity"], value["count"], tuple(value["rows"]), value["params"])


def first_rows(rows: Iterable[int]) -> tuple[int, ...]:
    """The first 20 of `rows`, as plain integers."""
    return tuple(int(row) for _, row in zip(range(ROWS_KEPT), rows, strict=False))


def shortened(name: str) -> str:
    """A label's name for a list of several: one line, cut where it is long."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAMED else line[: LONGEST_NAMED - 1] + "…"


def listed(values: Sequence[object], at_most: int = 5) -> str:
    """`values` for a sentence: ``"3, 7, 9, …"``."""
    shown = ", ".join(str(value) for value in values[:at_most])
    return shown + ", …" if len(values) > at_most else shown
