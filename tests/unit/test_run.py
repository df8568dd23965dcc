"""The run folder: whole or not at all, read on from where one was, folded into a state."""

from __future__ import annotations

import errno
import json
import math
import os
import secrets
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest

from bertdemo.data.dataset import guess_roles
from bertdemo.data.table import Table, read_table
from bertdemo.errors import UserError
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.files import folder_aside
from bertdemo.runs.run import Run
from bertdemo.runs.state import CHART_POINTS, RunState, fold

FINISHED = ev.Finished(selected="bert", accuracy=0.9, macro_f1=0.9, interval=[0.8, 1.0], stopped=False, micro_f1=None)


def make(reviews_csv: Path, key: str | None = None) -> Run:
    table = read_table(reviews_csv)
    return Run.create(table, guess_roles(table).roles, TrainConfig(), key=key)


def step(at: int) -> ev.Stepped:
    return ev.Stepped(
        step=at,
        steps=9999,
        epoch=1,
        epochs=3,
        loss=1 / (1 + at),
        lr=1e-4,
        rows_per_second=50,
        done=0.5,
        left=9,
    )


def validated(number: int, *, best: bool) -> ev.Validated:
    return ev.Validated(step=number, epoch=1, loss=0.5, accuracy=0.8, macro_f1=0.8, best=best)


def test_the_rows_of_a_run_are_counted_without_being_read(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = trained.table.rows
    monkeypatch.setattr(Table, "load", None)
    assert trained.table_rows == rows
    (trained.folder / "data" / "table.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError) as said:
        _ = trained.table_rows
    assert said.value.code == "run_data_damaged"


def test_every_event_survives_its_line() -> None:
    for event in (
        step(3),
        validated(3, best=True),
        ev.Failed(code="x", params={"a": [1]}),
        ev.Counted(counts={"a": 1}),
    ):
        assert ev.from_line(ev.to_line(event)) == event


def test_a_torn_line_is_ignored_and_writing_goes_on_behind_it(reviews_csv: Path) -> None:
    run = make(reviews_csv)
    run.append(step(1))
    with (run.folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "step", "st')
    events, offset = run.events()
    assert len(events) == 1
    run.append(step(2))
    more, _ = run.events(offset)
    assert [e.step for e in more if isinstance(e, ev.Stepped)] == [2]
    assert run.events(10**9)[0] == []


def test_a_resumed_step_voids_what_came_after_it() -> None:
    events = [step(1), step(5), validated(5, best=True), step(9), validated(9, best=True), ev.Resumed(step=5), step(6)]
    state = fold(RunState(), events)
    assert [s.step for s in state.steps] == [1, 5, 6]
    assert [v.step for v in state.validations] == [5]


def test_charts_stay_small_and_even() -> None:
    state = fold(RunState(), [step(i) for i in range(5000)])
    assert len(state.steps) <= CHART_POINTS
    gaps = [b.step - a.step for a, b in zip(state.steps, state.steps[1:], strict=False)]
    assert max(gaps) <= 3 * min(gaps)
    assert state.steps[-1].step > 4900


def test_time_between_two_workers_is_not_time_spent() -> None:
    started = ev.Started(time=100.0), ev.PhaseBegan(time=110.0, phase="learning", done=0.1)
    again = ev.Started(time=500.0), ev.PhaseBegan(time=505.0, phase="learning", done=0.2)
    assert fold(RunState(), [*started, *again]).elapsed == pytest.approx(15)


def test_folding_in_parts_equals_folding_at_once() -> None:
    events = [ev.Started(time=1.0), step(1), validated(2, best=True), step(3)]
    assert fold(fold(RunState(), events[:2]), events[2:]) == fold(RunState(), events)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with folder_aside(target) as aside:
        (aside / "weights").write_text("old")

    def crash() -> None:
        with folder_aside(target) as aside:
            (aside / "weights").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()
    assert (target / "weights").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_only_the_key_opens_a_run(reviews_csv: Path) -> None:
    run = make(reviews_csv, key="secret")
    assert run.belongs_to("secret")
    assert not run.belongs_to("Secret")
    assert not run.belongs_to(None)
    assert not make(reviews_csv).belongs_to("")
    assert "secret" not in (run.folder / "run.json").read_text(encoding="utf-8")


def test_the_report_made_anew_later_is_no_time_of_training(reviews_csv: Path) -> None:
    state = fold(RunState(), [replace(ev.Started(device="cpu"), time=10.0), replace(FINISHED, time=15.0)])
    assert state.elapsed == 5.0
    assert fold(state, [replace(FINISHED, time=9999.0)]).elapsed == 5.0


def test_a_base_in_a_folder_is_found_from_anywhere(
    reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_bert.parent)
    table = read_table(reviews_csv)
    run = Run.create(table, guess_roles(table).roles, TrainConfig(base=tiny_bert.name))
    assert run.config.base == str(tiny_bert)


def test_a_name_that_is_no_utf_8_is_kept_as_well_as_it_can_be(reviews_csv: Path) -> None:
    table = replace(read_table(reviews_csv), name=os.fsdecode(b"caf\xe9.csv"))
    assert Run.create(table, guess_roles(table).roles, TrainConfig()).meta["name"] == "caf\ufffd.csv"


def test_looking_at_a_deleted_run_brings_no_folder_back(reviews_csv: Path) -> None:
    run = make(reviews_csv)
    run.delete()
    assert not run.is_held
    assert not run.folder.exists()


@pytest.mark.parametrize("name", ["", "..", "../..", "nothing", "a/b", "\x00", "." * 300, "a" * 300])
def test_a_name_that_is_no_run_reaches_no_file(name: str) -> None:
    with pytest.raises(UserError) as caught:
        Run.open(name)
    assert caught.value.code == ("run_unknown" if name else "run_missing")


def test_a_run_is_found_by_its_beginning(reviews_csv: Path) -> None:
    with pytest.raises(UserError) as none:
        Run.find("last")
    assert none.value.code == "no_runs"
    first, second = make(reviews_csv), make(reviews_csv)
    assert Run.find(first.id) == Run.find(first.id[:8]) == first
    assert Run.find("last") == second
    for name in (first.id[:3], "", "..", "zzzz"):
        with pytest.raises(UserError) as caught:
            Run.find(name)
        assert caught.value.code == ("run_unknown" if name else "run_missing")


def test_a_beginning_of_two_runs_is_none(reviews_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter(("abcd1", "abcd2"))
    monkeypatch.setattr(secrets, "token_hex", lambda size: next(made))
    for _ in range(2):
        make(reviews_csv)
    with pytest.raises(UserError) as caught:
        Run.find("abcd")
    assert caught.value.code == "run_ambiguous"
    assert Run.find("abcd2").id == "abcd2"


def test_a_held_run_says_so(reviews_csv: Path) -> None:
    run = make(reviews_csv)
    assert not run.is_held
    with run.lock():
        assert run.is_held
        with pytest.raises(filelock.Timeout):
            run.lock().acquire()
    assert not run.is_held


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("epochs", 0), ("lr", 1.0), ("batch", 0), ("max_length", 2), ("seed", -1), ("budget", "huge")),
        *(("epochs", "many"), ("batch", "16"), ("seed", 1.5), ("epochs", True), ("lr", math.nan)),
    ],
)
def test_settings_out_of_range_are_refused(setting: str, value: object) -> None:
    with pytest.raises(UserError) as caught:
        TrainConfig(**{setting: value})  # type: ignore[arg-type]
    assert str(value) in str(caught.value)


def test_what_a_crash_between_two_renames_left_survives_the_next_write(tmp_path: Path) -> None:
    folder, old = tmp_path / "model", tmp_path / ".model.old"
    old.mkdir()
    (old / "weights").write_text("whole", encoding="utf-8")

    class Crash(BaseException):
        pass

    with pytest.raises(Crash), folder_aside(folder):
        raise Crash
    assert (folder / "weights").read_text(encoding="utf-8") == "whole"


def test_runs_that_vanish_while_they_are_listed_are_left_out(
    reviews_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_table(reviews_csv)
    runs = [Run.create(table, guess_roles(table).roles, TrainConfig()) for _ in range(2)]
    read = Path.read_text

    def deleted_first(path: Path, **options: Any) -> str:
        if path == runs[0].folder / "run.json":
            raise FileNotFoundError(path)
        return read(path, **options)

    monkeypatch.setattr(Path, "read_text", deleted_first)
    assert [run.id for run in Run.all()] == [runs[1].id]
    assert Run.all(but={runs[1].id}) == []


@pytest.mark.skipif(os.name == "nt", reason="plays Windows")
def test_what_is_written_aside_is_synced_as_windows_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    synced, fsync = [], os.fsync

    def strict(handle: int) -> None:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                raise OSError(errno.EBADF, "Bad file descriptor")
            synced.append(handle)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", strict)
    with folder_aside(tmp_path / "folder") as aside:
        (aside / "file").write_text("kept", encoding="utf-8")
    assert (tmp_path / "folder" / "file").read_text(encoding="utf-8") == "kept"
    assert len(synced) == 1


def test_a_run_knows_the_file_that_it_learns_from(reviews_csv: Path) -> None:
    table = read_table(reviews_csv)
    run = Run.create(table, guess_roles(table).roles, TrainConfig())
    assert run.is_of(table)
    assert not run.is_of(replace(table, name="another.csv"))


def test_numbers_of_any_kind_become_those_that_a_run_is_made_with() -> None:
    given: dict[str, Any] = {"batch": 16.0, "max_length": np.float64(16), "seed": np.int64(3), "lr": np.float32(1e-3)}
    config = TrainConfig(**given)
    kinds = {name: type(value) for name, value in config.to_json().items() if name in given}
    assert kinds == {"batch": int, "max_length": int, "seed": int, "lr": float}
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_home_that_cannot_be_written_is_said(
    reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("", encoding="utf-8")
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "a file" / "home"))
    with pytest.raises(UserError, match="BERTDEMO_HOME") as caught:
        make(reviews_csv)
    assert caught.value.code == "home_unwritable"
