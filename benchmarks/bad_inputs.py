"""Reads every file of a folder of bad and awkward inputs, each in a process of its own, and judges the results.

    python benchmarks/bad_inputs.py ../shared/badinputs [RESULTS.jsonl]

The folder holds EXPECT.shared.csv, which says of each file what is right, and score.py, which judges the
lines that are written to RESULTS.jsonl. Beyond score.py this prints: files that took over 10 s or 500 MB;
tables whose number of columns is not the known one; texts decoded otherwise than Python does with the known
encoding; and how many of the files that may be refused, but whose number of rows is known, were read.

A file is *loaded* where its table can be shown, also where the person must then name the columns; it is
*refused* where it can't be shown or nothing in it could ever be learnt from.
"""

from __future__ import annotations

import csv
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bertdemo.core.models import legible_to_bundled
from bertdemo.data.dataset import guess_roles, labelled_texts
from bertdemo.data.decoding import decode
from bertdemo.data.doctor import examine
from bertdemo.data.sniffing import unpack
from bertdemo.data.table import read_table
from bertdemo.errors import UserError

MOST_SECONDS = 10
MOST_MEGABYTES = 500
NOTHING_TO_LEARN = ("labels_missing", "one_class")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"status": "refused", "rows": None, "columns": None, "labels": None, "message": ""}
    try:
        table = read_table(path)
        said = [notice.message() for notice in table.reading.notices]
        found |= {"status": "loaded", "rows": table.rows, "columns": len(table.columns), "message": " ".join(said)}
        roles = guess_roles(table).roles
        texts = labelled_texts(table, roles)
        found |= {"labels": len(texts.label_names), "rows": len(texts)}
        findings = examine(table, roles, texts, legible=legible_to_bundled(texts.texts))
        found["message"] = " ".join(finding.message() for finding in findings)
    except UserError as error:
        found["message"] += " " + str(error)
        found["code"] = error.code
        if error.code in NOTHING_TO_LEARN:
            found["status"] = "refused"
    return found


def judged_apart(path: Path, answer: Connection) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    found = read(path)
    found["seconds"] = time.perf_counter() - begin
    found["megabytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    answer.send(found)


def judge(path: Path) -> dict[str, Any]:
    """What became of one file, in a process that may crash or hang without harm."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=judged_apart, args=(path, theirs))
    process.start()
    theirs.close()
    try:
        found: dict[str, Any] = ours.recv() if ours.poll(MOST_SECONDS) else {"status": "hung", "seconds": MOST_SECONDS}
    except EOFError:
        found = {"status": "crashed", "message": "the process died"}
    process.kill()
    process.join()
    return found


def same_text(path: Path, encoding: str) -> bool | None:
    """Whether the file is decoded as Python decodes it with the known encoding; None where Python can't."""
    raw = path.read_bytes()
    try:
        truth = raw.decode(encoding)
        return decode(unpack(raw)[0]).text.lstrip("\ufeff") == truth.lstrip("\ufeff")
    except (UnicodeDecodeError, LookupError):
        return None
    except UserError:
        return False


def main() -> None:
    folder = Path(sys.argv[1])
    with (folder / "EXPECT.shared.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        expected = {row["file"]: row for row in csv.DictReader(file)}
    results = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp()) / "results.jsonl"
    found = {}
    with results.open("w", encoding="utf-8", errors="surrogateescape") as out:
        for name in expected:
            found[name] = judge(folder / name)
            out.write(json.dumps({"file": name, **found[name]}, ensure_ascii=True, default=str) + "\n")
    judged = subprocess.run(
        [sys.executable, folder / "score.py", results, "shared", "-v"], capture_output=True, text=True
    )
    print(judged.stdout)

    print("codes of refusals", Counter(f.get("code") for f in found.values() if f["status"] == "refused"))
    slow = {
        n: f for n, f in found.items() if f.get("seconds", 0) > MOST_SECONDS or f.get("megabytes", 0) > MOST_MEGABYTES
    }
    print("over 10 s or 500 MB:", {n: (f.get("seconds"), f.get("megabytes")) for n, f in slow.items()})
    print(
        "slowest",
        max(f.get("seconds", 0) for f in found.values()),
        "s; most memory",
        max(f.get("megabytes", 0) for f in found.values()),
        "MB",
    )
    wide = [
        (name, found[name]["columns"], row["columns"])
        for name, row in expected.items()
        if row["columns"].isdigit()
        and found[name]["status"] == "loaded"
        and found[name]["columns"] != int(row["columns"])
    ]
    known = sum(row["columns"].isdigit() and found[name]["status"] == "loaded" for name, row in expected.items())
    print(f"columns as known: {known - len(wide)} of {known}", wide)
    same = {name: same_text(folder / name, row["encoding"]) for name, row in expected.items() if row["encoding"]}
    told = {name: value for name, value in same.items() if value is not None}
    print(f"decoded as Python does: {sum(told.values())} of {len(told)}", [name for name, ok in told.items() if not ok])
    either = [n for n, row in expected.items() if row["outcome"] == "LOAD_OR_ERROR" and row["rows"].isdigit()]
    loaded = [name for name in either if found[name]["status"] == "loaded"]
    print(f"read, though they may be refused: {len(loaded)} of {len(either)}", sorted(set(either) - set(loaded)))


if __name__ == "__main__":
    main()
