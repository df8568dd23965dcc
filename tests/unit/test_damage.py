"""Files that are not what was written: what can be made again is, what can't is named, and nothing else stops."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bertdemo.api import TrainedRun, prepare
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.files import WORK, FileJob
from bertdemo.runs import events as ev
from bertdemo.runs import leftovers
from bertdemo.runs.run import Run
from bertdemo.runs.run import home as home_folder

Cli = Callable[..., tuple[int, str, str]]

UNREADABLE = [b"", b'{"id": "aa', b"[]", b"{}", b"null", b"\xff\xfe\x00", b"[" * 100]


def damaged_run(content: bytes) -> Run:
    folder = home_folder() / "runs" / "aaaa1111"
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(content)
    return Run(folder)


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_damaged_run_stops_no_other_and_can_be_deleted(cli: Cli, reviews_csv: Path, content: bytes) -> None:
    damaged, whole = damaged_run(content), prepare(reviews_csv, base="tfidf").run
    assert Run.all() == [Run.find("last")] == Desk().waiting() == [whole]
    assert Desk().place(whole.id) == 1
    with pytest.raises(UserError, match="damaged"):  # as the page does, which goes on without it
        Run.open("aaaa1111")
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


ID = "aaaa1111" * 4

LEFT = [
    (f"runs/.{ID}.deleted/data/table.parquet", 0, True),
    (f"runs/.{ID}.new/data/table.parquet", 0, False),
    (f"runs/.{ID}.new/data/table.parquet", 7200, True),
    (f"runs/{ID}/.run.json.4242", 0, False),
    (f"runs/{ID}/.run.json.4242", 7200, True),
    (f"runs/{ID}/.checkpoint.old/weights.safetensors", 7200, False),
    (f"runs/{ID}/run.json", 7200, False),
    (f"files/.{ID}.new/{WORK}/input", 7200, True),
    (f"files/{ID}/.job.json.4242", 7200, True),
    (f"files/{ID}/{WORK}/.answers.json.4242", 7200, True),
    (".device.json.4242", 7200, True),
]


@pytest.mark.parametrize(("name", "age", "goes"), LEFT)
def test_what_a_killed_process_left_is_swept_once_nobody_can_be_at_it(name: str, age: int, goes: bool) -> None:
    left = home_folder() / name
    left.parent.mkdir(parents=True)
    left.write_text("a text of somebody", encoding="utf-8")
    for path in (left, *left.parents):
        if path != home_folder().parent and home_folder() in (path, *path.parents):
            os.utime(path, (time.time() - age,) * 2)
    leftovers.sweep()
    assert left.exists() is not goes
    if goes:
        assert not list(home_folder().rglob(".*"))


FOREIGN = [
    ".backup.2024/letters.txt",
    ".bashrc.1",
    ".project.deleted/main.c",
    ".editor.new",
    ".other.json.4242",
    f".{ID}.deleted/notes",
    "runs/.backup.2024/notes",
    "runs/.monday.deleted/notes",
    "runs/.abcd.new/notes",
    "runs/2024/.notes.1",
    "files/.letters.deleted/one",
    "files/mine/.notes.1",
    "files/mine/drafts/.notes.new",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_what_a_person_keeps_in_the_home_folder_is_not_swept(name: str) -> None:
    kept = home_folder() / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("of somebody", encoding="utf-8")
    for path in (kept, kept.parent):
        os.utime(path, (time.time() - 7200,) * 2)
    leftovers.sweep()
    assert kept.read_text(encoding="utf-8") == "of somebody"


@pytest.mark.parametrize("who", ["an app", "runs list", "a new run"])
def test_leftovers_are_swept_by_whoever_comes_next(cli: Cli, reviews_csv: Path, who: str) -> None:
    grave = home_folder() / "runs" / f".{ID}.deleted"
    grave.mkdir(parents=True)
    if who == "an app":
        Desk()._look_after()
    elif who == "runs list":
        cli("runs", "list")
    else:
        prepare(reviews_csv, base="tfidf")
    assert not grave.exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def no_json(path: Path) -> None:
    path.write_text("{", encoding="utf-8")


KEPT = [
    ("checkpoint/weights.safetensors", cut, "checkpoint"),
    ("checkpoint/moments.safetensors", emptied, "checkpoint"),
    ("checkpoint/position.json", emptied, "checkpoint"),
    ("predictions/instant/rows.safetensors", cut, "predictions"),
    ("predictions/tfidf/rows.safetensors", emptied, "predictions"),
    ("features/rows.safetensors", cut, "features"),
]


@pytest.fixture(scope="module")
def paused_and_unbroken(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> tuple[Path, bytes]:
    """A home with a run that was paused with a checkpoint, and the weights with which it ends where nothing breaks."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("paused")
        patch.setenv("BERTDEMO_HOME", str(folder / "home"))
        patch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
        rows = folder / "rows.csv"
        words = [("good", "nice"), ("bad", "awful")]
        lines = [f"the {words[i % 2][i // 2 % 2]} film number {i},{'ab'[i % 2]}" for i in range(120)]
        rows.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
        prepared = prepare(rows, base=str(tiny_bert), epochs=2, lr=3e-3, batch=16)
        for event in prepared.events():
            if isinstance(event, ev.Stepped):
                prepared.pause()
        assert (prepared.run.folder / "checkpoint" / "position.json").exists()
        whole = folder / "whole"
        shutil.copytree(folder / "home", whole)
        patch.setenv("BERTDEMO_HOME", str(whole))
        [run] = Run.all()
        list(TrainedRun(run).events())
        return folder / "home", weights_of(run)


def weights_of(run: Run) -> bytes:
    return (run.model_folder("bert") / "model.safetensors").read_bytes()


@pytest.mark.parametrize(("name", "breaks", "part"), KEPT)
def test_what_a_training_kept_and_can_be_made_again_is_made_again(
    home: Path,
    paused_and_unbroken: tuple[Path, bytes],
    name: str,
    breaks: Callable[[Path], None],
    part: str,
) -> None:
    paused, expected = paused_and_unbroken
    shutil.copytree(paused, home)
    [run] = Run.all()
    breaks(run.folder / name)
    events = list(TrainedRun(run).events())
    assert [event.part for event in events if isinstance(event, ev.Dropped)] == [part]
    assert isinstance(events[-1], ev.Finished)
    assert weights_of(run) == expected
    assert not (run.folder / "log.txt").exists()


def test_rows_that_cant_be_read_are_said(cli: Cli, home: Path, paused_and_unbroken: tuple[Path, bytes]) -> None:
    shutil.copytree(paused_and_unbroken[0], home)
    [run] = Run.all()
    cut(run.folder / "data" / "table.parquet")
    code, _, err = cli("runs", "resume", run.id)
    assert code == 2
    assert "data/table.parquet" in err
    assert "our fault" not in err
    assert cli("classify", run.id, "a good film")[0] == 0


@pytest.fixture
def finished(reviews_csv: Path) -> Run:
    prepared = prepare(reviews_csv, base="tfidf")
    list(prepared.events())
    return prepared.run


def test_a_damaged_report_stops_nothing_and_is_made_again(cli: Cli, finished: Run, tmp_path: Path) -> None:
    before, threshold = finished.report, finished.threshold
    no_json(finished.folder / "report.json")
    code, out, err = cli("classify", finished.id, "a good film", "--json")
    assert code == 0
    assert "unsure" not in json.loads(out)["predictions"][0]
    assert "runs resume" in err
    assert "report.json can't be read" in cli("runs", "show", finished.id)[1]
    assert json.loads(cli("runs", "show", finished.id, "--json")[1])["report"] is None
    code, _, err = cli("report", finished.id, "--out", tmp_path / "r.html")
    assert code == 2
    assert f"runs resume {finished.id}" in err
    assert cli("runs", "resume", finished.id)[0] == 0
    assert {**(finished.report or {}), "seconds": 0} == {**(before or {}), "seconds": 0}
    assert finished.threshold == threshold
    assert finished.state().status == "finished"


@pytest.mark.parametrize("name", ["bertdemo.json", "linear.safetensors"])
def test_a_damaged_model_is_said(cli: Cli, finished: Run, name: str) -> None:
    emptied(finished.model_folder("tfidf") / name)
    for model in (finished.id, finished.model_folder("tfidf")):
        code, _, err = cli("classify", model, "a good film")
        assert code == 2
        assert f"{name} can't be read" in err
