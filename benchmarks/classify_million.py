"""A file of a million rows: rows per second, memory, and the bytes of a job that is killed in the middle.

    python benchmarks/classify_million.py ../shared/data/sst2 [--rows 1000000] [--base tfidf]

Rows are made by repeating and altering real short rows of the folder's train.csv. A model is trained on that file,
then the command line classifies a tenth of the rows and all of them, each in a process of its own; at last all of
them again, with the process killed (SIGKILL) when about half of its answers are kept, and continued.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measuring import say, table


def make_rows(train: Path, path: Path, rows: int) -> None:
    """Real texts with a word left out and two changed places, numbered, so that few are the same."""
    with train.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    draw = random.Random(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "source"])
        for i in range(rows):
            words = draw.choice(texts).split()
            if len(words) > 3:
                words.pop(draw.randrange(len(words)))
                a, b = draw.sample(range(len(words)), 2)
                words[a], words[b] = words[b], words[a]
            writer.writerow([i, " ".join(words), f"row {i % 97}"])


def command(model: str, rows: Path, out: Path) -> list[str]:
    asked = ["--file", str(rows), "--text", "text", "--out", str(out), "--json"]
    return [sys.executable, "-m", "bertdemo", "classify", model, *asked]


def measured(arguments: list[str]) -> tuple[float, float]:
    """Seconds, and the most memory of the process in megabytes (its resident set)."""
    begin = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"ended with {status}: {arguments}")
    return time.perf_counter() - begin, used.ru_maxrss / 1024


def killed_halfway(arguments: list[str], out: Path, rows: int) -> int:
    """Start, kill when half of the answers are kept; how many rows were kept."""
    place = out.with_name(f".{out.name}.part") / "answers.json"
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if place.exists() and json.loads(place.read_text(encoding="utf-8"))["rows"] >= rows // 2:
            process.kill()
            break
        time.sleep(0.02)
    process.wait()
    return int(json.loads(place.read_text(encoding="utf-8"))["rows"])


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--base", default="tfidf")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["BERTDEMO_HOME"] = str(folder / "home")
        train = [sys.executable, "-m", "bertdemo", "train", str(asked.folder / "train.csv"), "--base", asked.base]
        done = subprocess.run([*train, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        model: dict[str, Any] = json.loads(done.stdout)
        lines, all_rows = [], folder / "all.csv"
        make_rows(asked.folder / "train.csv", all_rows, asked.rows)
        for rows in (asked.rows // 10, asked.rows):
            given, out = folder / "rows.csv", folder / "out.csv"
            make_rows(asked.folder / "train.csv", given, rows)
            seconds, megabytes = measured(command(model["run"], given, out))
            lines.append([f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}", f"{megabytes:.0f}"])
            say(f"{rows:,} rows: {seconds:.1f} s, {megabytes:.0f} MB")
        unbroken = sha256(out)
        broken = folder / "broken.csv"
        kept = killed_halfway(command(model["run"], all_rows, broken), broken, asked.rows)
        seconds, _ = measured(command(model["run"], all_rows, broken))
        print(f"model: {model['selected']}\n")
        print(table(["rows", "seconds", "rows/s, start and reading included", "peak memory, MB"], lines))
        same = "the same bytes" if sha256(broken) == unbroken else "OTHER BYTES"
        print(f"\nkilled with {kept:,} of {asked.rows:,} rows kept, continued in {seconds:.1f} s: {same}")
        print(f"SHA-256 of an unbroken run: {unbroken}")


if __name__ == "__main__":
    main()
