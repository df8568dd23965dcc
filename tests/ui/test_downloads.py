"""Files for visitors: copies that don't pile up, and large files of which none is made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import gradio as gr
import pytest

from bertdemo.ui import downloads


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to give out, beside an empty folder for what is temporary."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    source = tmp_path / "labels.csv"
    source.write_text("text,label\n", encoding="utf-8")
    return source


def test_copies_that_are_of_no_use_any_more_are_deleted(source: Path) -> None:
    old, temporary = downloads.new_file("old.csv"), Path(tempfile.gettempdir())
    others = [temporary / "another-app", temporary / "bertdemo-export"]  # an export at work has its folder there
    given = Path(downloads.for_download(source))
    for folder in others:
        folder.mkdir()
    for folder in (old.parent, *others, given.parent):
        os.utime(folder, (0, 0))
    fresh = downloads.new_file("fresh.csv")
    assert not old.parent.exists()
    assert not given.parent.exists()
    assert source.exists()
    assert all(folder.exists() for folder in others)
    assert downloads.new_file("fresh.csv").parent != fresh.parent
    assert fresh.parent.exists()


def test_a_file_is_given_out_without_a_copy(source: Path) -> None:
    given = Path(downloads.for_download(source))
    assert given.samefile(source)
    assert downloads.for_download(source) == str(given)
    # Gradio neither copies it nor reads it whole to name it
    assert gr.DownloadButton().move_resource_to_block_cache(given) == str(given)
    changed = source.with_name("changed")
    changed.write_text("text,label\na,b\n", encoding="utf-8")
    changed.replace(source)
    assert Path(downloads.for_download(source)).read_bytes() == source.read_bytes()
    assert given.read_text(encoding="utf-8") == "text,label\n"
    given.unlink()
    assert Path(downloads.for_download(source)).exists()


def test_on_another_disk_there_is_one_copy(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_disk)
    given = Path(downloads.for_download(source))
    assert given.read_bytes() == source.read_bytes()
    assert not given.samefile(source)
    assert downloads.for_download(source) == str(given)
    assert len(list(given.parents[1].iterdir())) == 1


def test_what_is_given_out_again_stays(source: Path) -> None:
    given = Path(downloads.for_download(source))
    os.utime(given.parent, (0, 0))
    before = source.stat()
    assert downloads.for_download(source) == str(given)
    downloads.new_file("fresh.csv")
    assert given.exists()
    assert source.stat().st_mtime_ns == before.st_mtime_ns
