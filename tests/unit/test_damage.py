"""Files that are not what was written: what can be made again is, what can't is named, and nothing else stops."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bertdemo.api import prepare
from bertdemo.cli import main
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJob
from bertdemo.runs import leftovers
from bertdemo.runs.run import Run, home

Cli = Callable[..., tuple[int, str, str]]

UNREADABLE = [b"", b'{"id": "aa', b"[]", b"{}", b"null", b"\xff\xfe\x00", b"[" * 100]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            main([str(a) for a in arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def damaged_run(content: bytes) -> Run:
    folder = home() / "runs" / "aaaa1111"
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(content)
    return Run(folder)


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_damaged_run_stops_no_other_and_can_be_deleted(cli: Cli, reviews_csv: Path, content: bytes) -> None:
    damaged, whole = damaged_run(content), prepare(reviews_csv, base="tfidf").run
    assert Run.all() == [Run.find("last")] == Desk().waiting() == [whole]
    assert Desk().place(whole.id) == 1
    code, out, err = cli("runs", "list")
    assert code == 0
    assert whole.id in out
    assert "The run aaaa1111 is damaged" in err
    assert json.loads(cli("runs", "list", "--json")[1])["damaged"] == ["aaaa1111"]
    for command in (["runs", "show", "aaaa1111"], ["runs", "resume", "aaaa"], ["classify", "aaaa1111", "hello"]):
        code, _, err = cli(*command)
        assert code == 2
        assert "aaaa1111 is damaged" in err
    assert cli("runs", "delete", "aaaa")[0] == 0
    assert not damaged.folder.exists()


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_damaged_file_job_is_left_out(trained: Run, tmp_path: Path, content: bytes) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("text\na good film\n", encoding="utf-8")
    damaged, whole = (FileJob.create(trained, texts, name="texts.csv") for _ in range(2))
    (damaged.folder / "job.json").write_bytes(content)
    assert FileJob.all() == [whole]
    with pytest.raises(UserError, match="no file job"):
        FileJob.open(damaged.id)
    FileJob.forget_old()
    assert damaged.folder.exists()


LEFT = [
    ("runs/.aaaa1111.deleted/data/table.parquet", 0, True),
    ("runs/.aaaa1111.new/data/table.parquet", 0, False),
    ("runs/.aaaa1111.new/data/table.parquet", 7200, True),
    ("runs/aaaa1111/.run.json.4242", 0, False),
    ("runs/aaaa1111/.run.json.4242", 7200, True),
    ("runs/aaaa1111/.checkpoint.old/weights.safetensors", 7200, False),
    ("runs/aaaa1111/run.json", 7200, False),
    ("files/.aaaa1111.new/work/input", 7200, True),
    ("files/aaaa1111/.job.json.4242", 7200, True),
    ("files/aaaa1111/work/.answers.json.4242", 7200, True),
    (".device.json.4242", 7200, True),
]


@pytest.mark.parametrize(("name", "age", "goes"), LEFT)
def test_what_a_killed_process_left_is_swept_once_nobody_can_be_at_it(name: str, age: int, goes: bool) -> None:
    left = home() / name
    left.parent.mkdir(parents=True)
    left.write_text("a text of somebody", encoding="utf-8")
    for path in (left, *left.parents):
        if path != home().parent and home() in (path, *path.parents):
            os.utime(path, (time.time() - age,) * 2)
    leftovers.sweep()
    assert left.exists() is not goes
    if goes:
        assert not [path for path in home().rglob(".*")]


@pytest.mark.parametrize("who", ["an app", "runs list", "a new run"])
def test_leftovers_are_swept_by_whoever_comes_next(cli: Cli, reviews_csv: Path, who: str) -> None:
    grave = home() / "runs" / ".aaaa1111.deleted"
    grave.mkdir(parents=True)
    if who == "an app":
        Desk()._look_after()
    elif who == "runs list":
        cli("runs", "list")
    else:
        prepare(reviews_csv, base="tfidf")
    assert not grave.exists()
