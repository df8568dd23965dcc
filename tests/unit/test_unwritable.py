"""A disk that takes no more, or nothing: said in words, and nothing half written is left."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertdemo.api import prepare
from bertdemo.cli import main
from bertdemo.export import forms
from bertdemo.jobs import answers, written
from bertdemo.runs.run import Run, home

Said = Callable[..., str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command that ends with exit code 2 says on standard error."""

    def call(*arguments: object) -> str:
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        assert ended.value.code == 2
        return capsys.readouterr().err

    return call


@pytest.fixture
def exported(trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making the form is another matter: it is there, and to be put where a person said."""
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("reviews/config.json", "{}")
        archive.writestr("reviews/model.safetensors", "weights")
    agreement = forms.Agreement("plain", 1, 1, 0.0)
    monkeypatch.setattr(forms, "export", lambda *_: forms.Exported(packed, "bert", "bert", agreement))


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fills_up(*arguments: Any, **_: Any) -> None:
    """In the place of what writes: it writes a part, and then the disk is full."""
    target = next(a for a in reversed(arguments) if isinstance(a, Path))
    if target.name == ".unpacked":
        target.mkdir()
        target /= "part"
    target.write_bytes(b"half")
    full()


WRITING = [
    (("export", "--format", "transformers", "--out", "m.zip"), (shutil, "copy2")),
    (("export", "--format", "transformers", "--out", "m"), (zipfile.ZipFile, "extractall")),
    (("export", "--format", "transformers", "--out", "empty"), (zipfile.ZipFile, "extractall")),
    (("report", "--out", "r.html"), (os, "fsync")),
    (("classify", "--file", "texts.csv", "--out", "o.csv"), (written, "open_out")),
    (("classify", "--file", "texts.csv", "--out", "o.csv"), (answers, "write_json")),
]


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize(("command", "writes"), WRITING)
def test_a_full_disk_is_said_where_a_command_writes_and_no_part_is_left(
    said: Said,
    trained: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    writes: tuple[Any, str],
) -> None:
    place = tmp_path / "place"
    (place / "empty").mkdir(parents=True)
    (place / "texts.csv").write_text("text\na good film\n", encoding="utf-8")
    before = sorted(place.rglob("*"))
    monkeypatch.chdir(place)
    with monkeypatch.context() as patched:
        patched.setattr(*writes, full if writes[1] in ("fsync", "write_json") else fills_up)
        words = said(command[0], trained.id, *command[1:])
    assert "The disk is full" in words
    left = [path for path in sorted(place.rglob("*")) if ".o.csv.part" not in str(path)]
    assert left == before
    main([command[0], trained.id, *command[1:]])  # once there is room
    assert len(sorted(place.rglob("*"))) > len(before)
    assert not list(place.rglob(".*"))


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes a folder one that nobody may write in, for whoever asks, even root."""

    def seal(folder: Path) -> None:
        opened, made = os.open, os.mkdir

        def refuse(path: Any) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

        def open_(path: Any, flags: int, *more: Any, **named: Any) -> int:
            if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR) and Path(os.fsdecode(path)).is_relative_to(folder):
                refuse(path)
            return opened(path, flags, *more, **named)

        def mkdir(path: Any, *more: Any, **named: Any) -> None:
            if Path(os.fsdecode(path)).is_relative_to(folder) and not Path(os.fsdecode(path)).exists():
                refuse(path)
            made(path, *more, **named)

        monkeypatch.setattr(os, "open", open_)
        monkeypatch.setattr(os, "mkdir", mkdir)
        monkeypatch.setattr(os, "rename", lambda source, *_, **__: refuse(source))

    return seal


def test_a_home_that_may_only_be_read_is_read_and_what_would_write_there_is_refused_in_words(
    said: Said, reviews_csv: Path, read_only: Callable[[Path], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = prepare(reviews_csv, base="tfidf")
    for _ in run.events():
        pass
    read_only(home())
    main(["runs", "list"])
    main(["runs", "show", run.run.id])
    assert "finished" in capsys.readouterr().out
    main(["classify", run.run.id, "a good film"])
    for command in (
        ("runs", "delete", run.run.id),
        ("export", run.run.id, "--format", "bertdemo", "--out", tmp_path / "m"),
    ):
        assert "The folder in which runs are kept can't be written in: Read-only" in said(*command)
    assert run.run.folder.is_dir()


def test_a_home_with_a_name_that_is_too_long_is_said(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / ("x" * 300)))
    assert "The folder in which runs are kept can't be written in: File name too long" in said("runs", "list")


@pytest.mark.parametrize(
    "command",
    [
        ("export", "RUN", "--format", "bertdemo", "--out", "m.zip"),
        ("export", "RUN", "--format", "bertdemo", "--out", "m"),
        ("report", "RUN", "--out", "r.html"),
        ("classify", "RUN", "--file", "FILE", "--out", "o.csv"),
        ("classify", "RUN", "--file", "FILE", "--out", "../o.csv", "--review", "r.csv"),
        ("train", "FILE", "--base", "tfidf", "--out", "m"),
    ],
)
def test_a_place_where_nothing_may_be_written_is_refused_before_the_work(
    said: Said,
    reviews_csv: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    read_only: Callable[[Path], None],
    command: tuple[str, ...],
) -> None:
    run = prepare(reviews_csv, base="tfidf").run
    (tmp_path / "sealed").mkdir()
    monkeypatch.chdir(tmp_path / "sealed")
    read_only(Path())
    read_only(tmp_path / "sealed")
    words = {"RUN": run.id, "FILE": str(reviews_csv)}
    assert " can't be written: Read-only" in said(*(words.get(word, word) for word in command))
    assert run.state().status == "waiting"
    assert len(Run.all()) == 1
