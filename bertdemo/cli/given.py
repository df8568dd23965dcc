"""What the options of several commands say, and JSON as an answer."""

from __future__ import annotations

import argparse
import json
from typing import Any

READING = ("encoding", "delimiter", "quotechar", "has_header", "skip_rows", "sheet")
COLUMNS = ("text", "label", "text_pair", "label_sep", "spellings_apart")


def reading(options: argparse.Namespace) -> dict[str, Any]:
    """How the file is to be read, where the person says so: fields of `Overrules`."""
    given = {name: getattr(options, name) for name in READING}
    return {name: value for name, value in given.items() if value is not None}


def material(options: argparse.Namespace) -> dict[str, Any]:
    """Which columns, which test rows, and what is done to the rows first."""
    return {name: getattr(options, name) for name in (*COLUMNS, "split", "remedies")}


def print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))
