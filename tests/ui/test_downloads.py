"""Files for visitors: copies that don't pile up."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from bertdemo.ui import downloads


def test_copies_that_are_of_no_use_any_more_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = tmp_path / "labels.csv"
    source.write_text("text,label\n", encoding="utf-8")
    old, others = Path(downloads.for_download(source)), [tmp_path / "another-app", tmp_path / "bertdemo-export"]
    for folder in others:
        folder.mkdir()
    for folder in (old.parent, *others):
        os.utime(folder, (0, 0))
    fresh = Path(downloads.for_download(source))
    assert fresh.read_text(encoding="utf-8") == "text,label\n"
    assert not old.parent.exists()
    assert all(folder.exists() for folder in others)
    assert Path(downloads.for_download(source)).parent != fresh.parent
    assert fresh.exists()
