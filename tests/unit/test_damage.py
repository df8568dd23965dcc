"""Files that are not what was written: what can be made again is, what can't is named, and nothing else stops."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bertdemo.api import prepare
from bertdemo.cli import main
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import FileJob
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
