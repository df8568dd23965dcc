"""The command line: one JSON object or one sentence, exit code 0 or 2, never a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import runpy
import shutil
import signal
import socket
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import openpyxl
import pytest

import bertdemo
from bertdemo.cli import main
from bertdemo.cli.parser import parser
from bertdemo.data.dataset import Roles
from bertdemo.data.table import read_table
from bertdemo.errors import UserError
from bertdemo.jobs.exports import ExportJob
from bertdemo.runs import events as ev
from bertdemo.runs.config import TrainConfig
from bertdemo.runs.run import Run

Cli = Callable[..., tuple[int, str, str]]


def test_inspect_says_what_the_file_holds(cli: Cli, reviews_csv: Path) -> None:
    code, out, _ = cli("inspect", reviews_csv, "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["text"], found["label"], found["rows"], found["delimiter"]) == (["text"], "label", 400, ",")
    assert sum(found["labels"].values()) == 400
    code, out, _ = cli("inspect", reviews_csv)
    assert "positive" in out


def test_inspect_names_what_can_be_done_about_a_finding(cli: Cli, reviews_csv: Path) -> None:
    lines = reviews_csv.read_text(encoding="utf-8").splitlines()
    reviews_csv.write_text("\n".join([*lines, lines[1]]), encoding="utf-8")
    assert "--remedy drop_repeats: Drop repeated rows" in cli("inspect", reviews_csv)[1]
    assert "--remedy drop_repeats" not in cli("inspect", reviews_csv, "--remedy", "drop_repeats")[1]


def test_how_often_the_rows_were_gone_through_is_said(cli: Cli, trained: Run) -> None:
    trained.update(choices={**trained.meta["choices"], "epochs": 3.125})
    assert "--epochs 3.125" in cli("runs", "resume", trained.id)[1]
    assert json.loads(cli("runs", "resume", trained.id, "--json")[1])["epochs"] == 3.125
    trained.update(choices={name: value for name, value in trained.meta["choices"].items() if name != "epochs"})
    assert "epochs" not in cli("runs", "resume", trained.id)[1]  # no BERT learnt


def test_a_page_that_could_keep_no_run_is_not_served(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "taken").write_text("no folder", encoding="utf-8")
    monkeypatch.setattr("bertdemo.ui.app.launch", lambda **_: pytest.fail("served"))
    monkeypatch.setenv("BERTDEMO_HOME", str(tmp_path / "taken"))
    code, _, err = cli("serve")
    assert code == 2
    assert "BERTDEMO_HOME" in err


def test_train_evaluate_and_classify(cli: Cli, reviews_csv: Path, tiny_bert: Path, tmp_path: Path) -> None:
    out_folder = tmp_path / "model"
    settings = ["--base", tiny_bert, "--epochs", 2, "--lr", 3e-3, "--out", out_folder, "--json"]
    code, out, err = cli("train", reviews_csv, "--test", reviews_csv.with_name("test.csv"), *settings)
    assert code == 2
    assert "test.csv" in err
    code, out, err = cli("train", reviews_csv, *settings)
    assert code == 0, err
    found = json.loads(out)
    for name in (
        "run",
        "model",
        "bert",
        "selected",
        "base",
        "seconds",
        "rows",
        "labels",
        "accuracy",
        "macro_f1",
        "interval",
    ):
        assert name in found
    assert found["accuracy"] > 0.8
    assert set(found["baselines"]) == {"bert", "instant", "tfidf", "majority"} - {found["selected"]}
    assert (out_folder / "bertdemo.json").exists()
    assert "%" in err

    code, out, _ = cli("evaluate", found["run"], reviews_csv, "--json")
    assert code == 0
    assert json.loads(out)["rows"] == 400
    code, out, _ = cli("classify", found["run"], "a lovely film", "awful food", "--json")
    predictions = json.loads(out)["predictions"]
    assert [p["label"] for p in predictions] == ["positive", "negative"]
    assert sum(predictions[0]["probabilities"].values()) == pytest.approx(1)
    code, out, _ = cli("classify", out_folder, "a lovely film")
    assert "positive" in out
    code, out, _ = cli("classify", out_folder, "a lovely film", "--why")
    assert any(line.split()[1:] == ["lovely"] and line.split()[0].startswith("+") for line in out.splitlines())
    assert "for (+) and against (-) “positive”" in out
    code, out, _ = cli("classify", out_folder, "a lovely film", "--why", "--json")
    assert [word["word"] for word in json.loads(out)["predictions"][0]["why"]["words"]] == ["a", "lovely", "film"]
    code, out, _ = cli("runs", "list", "--json")
    assert [run["run"] for run in json.loads(out)["runs"]] == [found["run"]]
    code, out, _ = cli("runs", "show", found["run"])
    assert code == 0
    assert "400 rows, 2 labels: negative, positive" in out
    for said in ("text: ", f"run {found['run']}", "seed 0"):
        assert said in out
    assert f"Right on {found['accuracy']:.1%}" in out
    shown = json.loads(cli("runs", "show", found["run"], "--json")[1])
    assert shown["status"] == "finished"
    assert shown["report"]["accuracy"] == found["accuracy"]
    assert "key_hash" not in shown
    assert cli("runs", "delete", found["run"])[0] == 0
    assert cli("runs", "show", found["run"])[0] == 2


def test_a_run_whose_worker_ended_is_shown_as_interrupted(cli: Cli, reviews_csv: Path) -> None:
    run = Run.create(read_table(reviews_csv), Roles(("text",), "label"), TrainConfig())
    run.append(ev.Started())
    assert json.loads(cli("runs", "show", run.id, "--json")[1])["status"] == "interrupted"
    assert json.loads(cli("runs", "list", "--json")[1])["runs"][0]["status"] == "interrupted"


PROBABILITIES = ["p:negative", "p:positive"]


def test_a_classified_file_keeps_every_row_and_column(cli: Cli, trained: Run, tmp_path: Path) -> None:
    texts, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows: list[list[str]] = [
        ["confidence", "text", "note"],
        ["x", "a good film\nindeed", "=1+1"],
        ["y", "", "né"],
        ["z", "bad", ""],
    ]
    with texts.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    code, _, err = cli("classify", trained.id, "--file", texts, "--out", out, "--keep-formulas")
    assert code == 0, err
    assert "confidence_2" in err
    with out.open(newline="", encoding="utf-8") as file:
        found = list(csv.reader(file))
    assert found[0] == ["confidence", "text", "note", "predicted_label", "confidence_2", "unsure", *PROBABILITIES]
    assert [row[:3] for row in found[1:]] == rows[1:]
    assert [row[3] for row in found[1:]][1] == ""
    for row in (found[1], found[3]):
        assert float(row[4]) == max(float(p) for p in row[6:8])


def test_texts_in_a_language_that_was_not_learnt_are_said_beside_the_result(
    cli: Cli, reviews_csv: Path, tiny_bert: Path, tmp_path: Path
) -> None:
    _, said, _ = cli("train", reviews_csv, "--base", tiny_bert, "--epochs", 1, "--lr", 3e-3, "--json")
    run, texts, out = json.loads(said)["run"], tmp_path / "in.csv", tmp_path / "out.csv"
    chinese = [f"味道很好，下次再来一定还点这家的第{n}个套餐" for n in range(5000)]  # more than a chunk
    texts.write_text("\n".join(["text", *chinese]), encoding="utf-8")
    code, said, err = cli("classify", run, "--file", texts, "--out", out)
    assert code == 0
    assert "another language (Chinese) than those learned from (English)" in err
    assert "Chinese" not in said + out.read_text(encoding="utf-8")
    assert "Chinese" in cli("classify", run, *chinese[:20])[2]
    assert "Chinese" not in cli("classify", run, *chinese[:19])[2]
    assert json.loads(cli("classify", run, *chinese[:20], "--json")[1])["foreign"]["language"] == "zh"
    assert json.loads(cli("classify", run, "good", "--json")[1])["foreign"] is None
    assert "language" not in cli("classify", run, "--file", reviews_csv, "--out", out)[2]
    code, said, _ = cli("classify", run, "--file", texts, "--out", out, "--json")
    assert json.loads(said)["foreign"] == {"language": "zh", "learnt": "en"}


BAD_FILES = {
    "empty": b"",
    "one_column": b"text\nfirst text here\nsecond text there\n",
    "one_class": b"text,label\n" + b"".join(b"text number %d is here,same\n" % i for i in range(30)),
    "no_labels": b"text,label\n" + b"".join(b"text number %d is here,\n" % i for i in range(30)),
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("command", ["inspect", "train"])
def test_a_bad_file_is_one_sentence_and_exit_code_2(
    cli: Cli, tmp_path: Path, home: Path, kind: str, command: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(BAD_FILES[kind])
    code, out, err = cli(command, path)
    assert code == 2
    assert out == ""
    assert err.startswith("bertdemo: ")
    assert "Traceback" not in err
    assert len(err) < 600
    assert not (home / "runs").exists() or list((home / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "{csv}", "--text", "nothing"), "nothing"),
        (("train", "{csv}", "--label", "nothing"), "label"),
        (("train", "{csv}", "--base", "google-bert/bert-base-chinese"), "download"),
        (("train", "{csv}", "--lr", "5"), "lr"),
        (("train", "missing.csv"), "missing.csv"),
        (("classify", "0" * 32, "a text"), "0" * 32),
        (("evaluate", "0" * 32, "{csv}"), "0" * 32),
        (("runs", "resume", "../x"), "run"),
        (("runs", "show", "last"), "no run yet"),
        (("train", "missing.csv", "--base", "nobody/nothing"), "nobody/nothing"),
        (("classify", "{csv}"), "no text classifier in"),
        (("classify", ".", "--file", "{csv}", "a text"), "can't be classified together"),
        (("classify", "."), "one of the two"),
        (("classify", ".", "a text", "--review", "out.csv", "--text", "a"), "--text, --review: that is about a file"),
        (("train", "{csv}", "--base", ""), "is empty"),
    ],
)
def test_what_a_person_caused_is_said(cli: Cli, reviews_csv: Path, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = cli(*[a.replace("{csv}", str(reviews_csv)) for a in arguments])
    assert code == 2
    assert out == ""
    assert says in err
    assert "Traceback" not in err


def test_a_zip_in_the_place_of_a_model_is_to_be_unpacked(cli: Cli, reviews_csv: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as packed:
        packed.writestr("config.json", "{}")
    for words in (("classify", tmp_path / "model.zip", "a text"), ("evaluate", tmp_path / "model.zip", reviews_csv)):
        code, _, err = cli(*words)
        assert code == 2
        assert "Unpack it" in err
    with pytest.raises(UserError, match="Unpack it"):
        bertdemo.load(tmp_path / "model.zip")


def test_ctrl_c_once_finishes_a_training_which_is_a_success(
    cli: Cli, reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[ev.Event] = []

    def show(event: ev.Event) -> None:
        if isinstance(event, ev.Stepped) and not pressed:
            pressed.append(event)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("bertdemo.cli.training.show_progress", lambda: show)
    assert cli("train", reviews_csv, "--base", tiny_bert, "--epochs", 50)[0] == 0
    [run] = Run.all()
    assert run.state().status == "finished"
    assert run.report is not None
    assert run.report["stopped"]


@pytest.mark.parametrize("late", [False, True])
def test_ctrl_c_twice_leaves_a_training_to_be_resumed(
    cli: Cli, reviews_csv: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """`late`: the second time comes when the loop has ended already."""

    def pressing() -> Callable[[ev.Event], None]:
        pressed = False

        def show(event: ev.Event) -> None:
            nonlocal pressed
            first = not pressed and isinstance(event, ev.Stepped)
            pressed = pressed or first
            testing = isinstance(event, ev.PhaseBegan) and event.phase == "testing"
            for _ in range(first + (testing if late else first)):
                signal.raise_signal(signal.SIGINT)

        return show

    with monkeypatch.context() as patched:
        patched.setattr("bertdemo.cli.training.show_progress", pressing)
        code, _, err = cli("train", reviews_csv, "--base", tiny_bert, "--epochs", 2)
    assert code == 130
    assert "runs resume" in err
    [run] = Run.all()
    assert run.state().status == "running"
    assert not run.is_requested("stop")
    assert cli("runs", "resume", run.id)[0] == 0
    assert run.state().status == "finished"
    assert run.report is not None
    assert not run.report["stopped"]


def test_a_run_without_a_bert_is_shown(cli: Cli, reviews_csv: Path) -> None:
    _, out, _ = cli("train", reviews_csv, "--base", "tfidf", "--json")
    code, out, _ = cli("runs", "show", json.loads(out)["run"])
    assert code == 0
    assert "TF-IDF" in out


def test_a_run_may_be_named_by_its_beginning_or_as_the_last_one(cli: Cli, trained: Run) -> None:
    for name in (trained.id[:6], "last"):
        code, out, err = cli("classify", name, "a good film", "--json")
        assert code == 0, err
        assert json.loads(out)["predictions"][0]["label"] in ("positive", "negative")


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (("--why", "a", "b"), ["a", "b"]),
        (("a", "--json", "b", "--threshold", "0.5", "c"), ["a", "b", "c"]),
        (("--why", "-5", "- no option"), ["-5", "- no option"]),
        (("a", "--why", "--", "--b", "--json"), ["a", "--b", "--json"]),
        (("--", "-a", "b"), ["-a", "b"]),
    ],
)
def test_texts_may_stand_before_and_behind_options(words: tuple[str, ...], texts: list[str]) -> None:
    options = parser().parse_args(["classify", ".", *words])
    assert options.texts == texts
    assert options.why == ("--why" in words)
    assert options.json == ("--json" in words and "--" not in words)


def test_what_is_no_option_is_said_with_the_usage_of_the_command(cli: Cli) -> None:
    for words in (("classify", ".", "--wy", "a"), ("runs", "list", "a")):
        code, _, err = cli(*words)
        assert code == 2
        assert f"usage: bertdemo {words[0]}" in err
        assert "unrecognized arguments: " in err


def test_a_base_that_cant_be_had_is_said_before_anything_is_prepared(cli: Cli, reviews_csv: Path, home: Path) -> None:
    code, _, err = cli("train", reviews_csv, "--base", "nobody/nothing")
    assert code == 2
    assert "no base model nobody/nothing" in err
    assert not (home / "runs").exists()


def test_the_version_is_said(cli: Cli) -> None:
    assert cli("--version")[:2] == (0, f"bertdemo {bertdemo.__version__}\n")


@pytest.mark.parametrize(
    "command", ["inspect", "train", "evaluate", "classify", "report", "export", "compare", "serve"]
)
def test_every_option_says_what_it_does(command: str) -> None:
    options = parser()._subparsers._group_actions[0].choices[command]._actions  # type: ignore[union-attr, index]
    assert [option.dest for option in options if not option.help] == []


def test_export_writes_what_was_compared(cli: Cli, trained: Run, tmp_path: Path) -> None:
    code, out, err = cli("export", trained.id, "--format", "transformers", "--out", tmp_path / "model.zip", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["form"], found["same"]) == ("transformers", found["rows"])
    assert (tmp_path / "model.zip").is_file()
    code, out, err = cli("export", trained.id, "--format", "transformers", "--out", tmp_path / "folder")
    assert code == 0, err
    assert "rows of the data" in out
    assert (tmp_path / "folder" / "bertdemo.json").is_file()
    for new in ("new/in new/model.zip", "new too/in new/folder"):
        assert cli("export", trained.id, "--format", "transformers", "--out", tmp_path / new)[0] == 0
        assert (tmp_path / new).exists()
    for below_a_file in ("model.zip/other.zip", "model.zip/folder"):
        code, _, err = cli("export", trained.id, "--format", "transformers", "--out", tmp_path / below_a_file)
        assert code == 2
        assert "There is no folder" in err
    code, _, err = cli("export", trained.id, "--format", "transformers", "--out", tmp_path / "folder")
    assert code == 2
    assert "not empty" in err


def test_rows_that_the_model_learnt_from_are_said(cli: Cli, trained: Run, reviews_csv: Path) -> None:
    code, _, err = cli("evaluate", trained.id, reviews_csv)
    split = trained.split()
    learnt = len(split.train) + len(split.validation)
    assert code == 0
    assert f"{learnt} of these 400 rows" in err
    assert f"{400 - learnt} rows" in err
    assert json.loads(cli("evaluate", trained.id, reviews_csv, "--json")[1])["seen_rows"] == learnt
    fresh = reviews_csv.with_name("fresh.csv")
    fresh.write_text("text,label\n" + "".join(f"a wholly new text {i},positive\n" for i in range(9)), encoding="utf-8")
    _, _, err = cli("evaluate", trained.id, fresh)
    assert "learned from" not in err


def test_rows_that_a_remedy_rewrote_are_said_to_be_learnt_from(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    said = ("good <br>film", "bad <br>film")
    path.write_text("text,label\n" + "".join(f"{said[i % 2]} {i},{'ab'[i % 2]}\n" for i in range(40)), encoding="utf-8")
    run = bertdemo.train(path, base="tfidf", remedies=["strip_markup"]).run
    assert json.loads(cli("evaluate", run.id, path, "--json")[1])["seen_rows"] == 40


def test_words_of_a_pair_are_told_apart(cli: Cli, pairs_csv: Path) -> None:
    run = bertdemo.train(pairs_csv, base="tfidf").run
    code, out, _ = cli("classify", run.id, "good food", "bad film", "--why")
    assert code == 0
    assert {line.split(maxsplit=1)[1] for line in out.splitlines()[2:]} == {
        "good  (first text)",
        "food  (first text)",
        "bad  (second text)",
        "film  (second text)",
    }


def test_doubt_is_said_beside_the_label(cli: Cli, trained: Run) -> None:
    _, out, _ = cli("classify", trained.id, "a good film", "--threshold", 1.0)
    assert "(not sure)" in out
    _, out, _ = cli("classify", trained.id, "a good film", "--threshold", 0)
    assert "(not sure)" not in out
    _, out, _ = cli("classify", trained.id, "a good film", "--threshold", 1.0, "--json")
    assert json.loads(out)["predictions"][0]["unsure"] is True


def test_bytes_that_are_no_text_are_read_as_far_as_they_can_be(cli: Cli, trained: Run) -> None:
    code, out, err = cli("classify", trained.id, "\udcff good", "--why")
    assert code == 0, err
    assert "? good" in out


def test_doubt_is_said_alike_of_several_labels(cli: Cli, tiny_bert: Path, tmp_path: Path) -> None:
    path, kinds = tmp_path / "kinds.csv", ("sci", "tech", "sci|tech")
    rows = [f"a text number {i} of {kinds[i % 3].replace('|', ' and ')},{kinds[i % 3]}" for i in range(330)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert cli("train", path, "--base", "tfidf")[0] == 0
    text, out = rows[2].split(",")[0], tmp_path / "out.csv"
    for threshold, unsure in ((0, False), (1, True)):
        _, said, _ = cli("classify", "last", text, "--threshold", threshold, "--json")
        assert json.loads(said)["predictions"][0]["unsure"] is unsure
        assert cli("classify", "last", "--file", path, "--out", out, "--threshold", threshold)[0] == 0
        with out.open(encoding="utf-8", newline="") as file:
            assert list(csv.DictReader(file))[2]["unsure"] == ("yes" if unsure else "no")


def test_each_of_several_labels_is_explained_or_the_likeliest_where_there_is_none(
    cli: Cli, several_csv: Path, tmp_path: Path
) -> None:
    trained = bertdemo.train(several_csv, base="tfidf").run
    folder = shutil.copytree(trained.model_folder("tfidf"), tmp_path / "model")
    about = json.loads((folder / "bertdemo.json").read_text(encoding="utf-8"))
    for thresholds, explained in (([0.0, 0.0, 1.1], 2), ([1.1, 1.1, 1.1], 1), ([0.0, 1.1, 1.1], 1)):
        decision = {"thresholds": thresholds, "at_least_one": False}
        (folder / "bertdemo.json").write_text(json.dumps({**about, "decision": decision}), encoding="utf-8")
        code, out, _ = cli("classify", folder, "a room", "--why", "--json")
        assert code == 0
        [said] = json.loads(out)["predictions"]
        likeliest = max(said["probabilities"], key=said["probabilities"].__getitem__)
        assert [why["label"] for why in said["why"]] == (said["labels"] or [likeliest])
        assert len(said["why"]) == explained
        _, out, _ = cli("classify", folder, "a room", "--why")
        assert out.count("words for") == explained


def test_what_is_left_out_of_a_file_is_said(cli: Cli, trained: Run, tmp_path: Path) -> None:
    book, out = openpyxl.Workbook(), tmp_path / "out.csv"
    for sheet in (book.active, book.create_sheet("second")):
        for row in (["text"], ["a good film"], ["bad food"]):
            sheet.append(row)
    book.save(tmp_path / "in.xlsx")
    code, said, err = cli("classify", trained.id, "--file", tmp_path / "in.xlsx", "--out", out, "--json")
    assert code == 0
    assert "the workbook has 1 more" in err
    [notice] = json.loads(said)["notices"]
    assert (notice["code"], notice["count"]) == ("sheets_left_out", 1)
    assert "second" in notice["message"]


def test_the_columns_that_were_read_are_said(cli: Cli, trained: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("id,message\n1,a good film\n2,\n", encoding="utf-8")
    _, said, _ = cli("classify", trained.id, "--file", path, "--out", tmp_path / "out.csv")
    assert "read from message\n" in said
    assert "One row has no text" in said


def test_of_pairs_both_columns_and_what_is_lacking_are_said(cli: Cli, pairs_csv: Path, tmp_path: Path) -> None:
    run = bertdemo.train(pairs_csv, base="tfidf").run
    path = tmp_path / "new.csv"
    path.write_text("text_a,text_b\ngood food,bad film\nalone,\n,\n", encoding="utf-8")
    _, said, _ = cli("classify", run.id, "--file", path, "--out", tmp_path / "out.csv")
    assert "read from text_a, text_b\n" in said
    assert "2 rows lack one or both of their two texts" in said


def test_what_a_file_lacks_to_be_evaluated_is_said(cli: Cli, pairs_csv: Path, tmp_path: Path) -> None:
    trained = bertdemo.train(pairs_csv, base="tfidf")
    texts, labelled = tmp_path / "texts.csv", tmp_path / "labelled.csv"
    lines = [f"some text number {i} of all" for i in range(20)]
    texts.write_text("text\n" + "\n".join(lines) + "\n", encoding="utf-8")
    labelled.write_text(
        "text,label\n" + "".join(f"{line},{'same' if i % 2 else 'other'}\n" for i, line in enumerate(lines))
    )
    for model in (trained.run.id, trained.model):
        code, _, err = cli("evaluate", model, texts)
        assert code == 2
        assert "no column of labels" in err
        assert "classify --file" in err
        code, _, err = cli("evaluate", model, labelled)
        assert code == 2
        assert "judges two texts together" in err
        assert ("text_a, text_b" in err) is (model == trained.run.id)
        assert cli("evaluate", model, pairs_csv)[0] == 0


def test_a_form_that_is_being_made_is_not_made_twice(cli: Cli, trained: Run, tmp_path: Path) -> None:
    with ExportJob.begin(trained, "bertdemo").lock():
        code, _, err = cli("export", trained.id, "--format", "bertdemo", "--out", tmp_path / "model.zip")
    assert code == 2
    assert "being made" in err
    assert not (tmp_path / "model.zip").exists()


def test_a_file_to_classify_is_read_as_the_person_says(cli: Cli, trained: Run, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("made by a program\ntext\n'a good, fine film'\n'a bad one'\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    how = ("--skip-rows", 1, "--quotechar", "'")
    code, _, err = cli("classify", trained.id, "--file", path, "--out", out, *how)
    assert code == 0, err
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["a good, fine film", "a bad one"]


def test_labels_that_hold_a_mark_are_evaluated_as_they_were_learnt(cli: Cli, tiny_bert: Path, tmp_path: Path) -> None:
    path, kinds = tmp_path / "kinds.csv", ("sci", "tech", "sci|tech")
    rows = [f"a text number {i} of {kinds[i % 3].replace('|', ' and ')},{kinds[i % 3]}" for i in range(330)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code, _, err = cli("train", path, "--label-sep", "none", "--base", "tfidf")
    assert code == 0, err
    code, out, err = cli("evaluate", "last", path, "--json")
    assert code == 0, err
    assert json.loads(out)["labels"] == sorted(kinds)


@pytest.mark.parametrize("remedy", ["drop_labels_everywhere", "keep_unlabelled"])
def test_rows_to_evaluate_get_the_labels_that_remedies_gave_those_learnt(cli: Cli, tmp_path: Path, remedy: str) -> None:
    drop = remedy == "drop_labels_everywhere"
    kinds = [("good", "all|a"), ("awful", "all|b"), ("good awful", "all|a|b"), ("plain", "all")]
    for name, first in (("train.csv", 0), ("test.csv", 1000)):
        said = (kinds[i % 4] for i in range(120 if first else 360))
        rows = [f"a {word} text number {first + i},{cell if drop else cell[4:]}" for i, (word, cell) in enumerate(said)]
        (tmp_path / name).write_text("\n".join(["text,labels", *rows]), encoding="utf-8")
    columns = ("--text", "text", "--label", "labels", "--label-sep", "|", "--base", "tfidf")
    code, _, err = cli("train", tmp_path / "train.csv", *columns, "--remedy", remedy)
    assert code == 0, err
    code, out, err = cli("evaluate", "last", tmp_path / "test.csv", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["labels"], found["rows"], found["findings"]) == (["a", "b"], 120, [])
    # of the folder alone nobody knows the remedy, but what all rows have can be told
    folder = Run.all()[-1].folder / "models" / "tfidf"
    code, out, err = cli("evaluate", folder, tmp_path / "test.csv", *columns[:6], "--json")
    assert code == 0, err
    assert json.loads(out)["rows"] == (120 if drop else 90)
    assert ("does not know (all)" in err) == drop


@pytest.mark.parametrize(("form", "other"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_columns_are_known_in_every_unicode_form(cli: Cli, tmp_path: Path, form: Any, other: Any) -> None:
    header, columns = "énoncé,étiquette,numéro", ("--text", "énoncé", "--label", "étiquette", "--group", "numéro")
    train, test, fresh = (tmp_path / f"{name}.csv" for name in ("train", "test", "fresh"))
    for path, its, first in ((train, form, 0), (test, other, 400), (fresh, other, 500)):
        rows = [f"a {'good' if i % 2 else 'bad'} text number {i},{i % 2},{i // 4}" for i in range(first, first + 80)]
        path.write_text("\n".join([normalize(its, header), *rows]), encoding="utf-8")
    named = [normalize(other, word) for word in columns]
    code, out, err = cli("train", train, *named, "--test", test, "--base", "tfidf", "--json")
    assert code == 0, err
    assert json.loads(out)["test_rows"] == 80
    assert "test_columns" not in err
    for extra in ((), [normalize(form, word) for word in columns[:4]]):
        code, out, err = cli("evaluate", "last", fresh, *extra, "--json")
        assert code == 0, err
        found = json.loads(out)
        assert (found["rows"], found["grouped_by"]) == (80, normalize(form, "numéro"))
    for extra in ((), ("--text", normalize(form, "énoncé"))):
        code, out, err = cli("classify", "last", "--file", fresh, "--out", tmp_path / "out.csv", "--json", *extra)
        assert code == 0, err
        assert json.loads(out)["text"] == [normalize(other, "énoncé")]
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[:3] == normalize(other, header).split(",")


def test_a_run_without_a_bert_has_no_model_card(cli: Cli, reviews_csv: Path, tmp_path: Path) -> None:
    assert cli("train", reviews_csv, "--base", "tfidf")[0] == 0
    code, out, err = cli("report", "last", "--out", tmp_path / "card.md")
    assert (code, out) == (2, "")
    assert ".html" in err
    assert cli("report", "last", "--out", tmp_path / "report.html")[0] == 0


@pytest.mark.parametrize(
    ("name", "what"), [("report.html", "Report"), ("card.md", "Model card"), ("C.MD", "Model card")]
)
def test_what_was_written_is_named(cli: Cli, trained: Run, tmp_path: Path, name: str, what: str) -> None:
    assert cli("report", trained.id, "--out", tmp_path / name)[1] == f"{what} written to {tmp_path / name}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("classify", "{run}", "a good film", " "), "number 2"),
        (("classify", "{run}", "a good film", "\u200b"), "number 2"),
        (("classify", "{run}", "a good film", "--threshold", "90"), "from 0 to 1"),
        (("classify", "{run}", "--file", "{csv}", "--out", "{tmp}/out.docx"), ".docx"),
        (("report", "{run}", "--out", "{tmp}/report.pdf"), ".pdf"),
        (("report", "{run}", "--out", "{tmp}/nowhere/report.html"), "no folder"),
        (
            ("classify", "{run}", "--file", "{csv}", "--out", "{tmp}/o.csv", "--review", "{tmp}/nowhere/r.csv"),
            "no folder",
        ),
        (("classify", "{run}", "--file", "{csv}", "--out", "{tmp}/o.csv", "--review", "{tmp}/r.xls"), ".xls"),
        (("classify", "{run}", "--file", "{csv}", "--out", "{tmp}"), "is a folder"),
        (("classify", "{run}", "--file", "{csv}", "--out", "{csv}"), "--file and --out both name"),
        (("classify", "{run}", "--file", "{csv}", "--out", "{tmp}/o.csv", "--review", "{csv}"), "--file and --review"),
        (
            ("classify", "{run}", "--file", "{csv}", "--out", "{tmp}/o.csv", "--review", "{tmp}/../{tmp.name}/o.csv"),
            "--out and --review",
        ),
        (("export", "{run}", "--format", "transformers", "--out", "{csv}"), "not empty"),
        (("train", "{csv}", "--out", "{csv}"), "not empty"),
        (("evaluate", "{run}", "{csv}", "--label-sep", "i"), "any number of labels"),
        (("train", "{csv}", "--test", ""), "the path is empty"),
        (("classify", "{run}", "--file", " "), "the path is empty"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    cli: Cli, trained: Run, reviews_csv: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    given = {"run": trained.id, "csv": str(reviews_csv), "tmp": tmp_path}
    code, out, err = cli(*(argument.format(**given) for argument in arguments))
    assert (code, out) == (2, "")
    assert said in err


def test_rows_of_several_labels_that_are_new_have_a_score_of_their_own(cli: Cli, several_csv: Path) -> None:
    _, out, _ = cli("train", several_csv, "--base", "tfidf", "--json")
    code, _, err = cli("evaluate", json.loads(out)["run"], several_csv)
    assert code == 0
    assert f"micro F1 {json.loads(out)['micro_f1']:.1%}" in err
    assert f"{json.loads(out)['test_rows']} rows" in err
    found, [listed] = json.loads(out), json.loads(cli("runs", "list", "--json")[1])["runs"]
    assert found["measure"] == listed["measure"] == "micro_f1"
    assert found["interval"][0] <= found["micro_f1"] == listed["score"] <= found["interval"][1]
    assert found["accuracy"] == listed["accuracy"] <= listed["score"]


def test_what_is_learnt_and_what_is_wrong_with_it_is_said_before_the_training(cli: Cli, tmp_path: Path) -> None:
    path, test = tmp_path / "data.csv", tmp_path / "test.csv"
    rows = [f"a text number {i} of many,{'' if i % 2 else 'red' if i % 4 else 'green'}" for i in range(800)]
    path.write_text("\n".join(["message,colour", *rows, "the only one,blue"]) + "\n", encoding="utf-8")
    test.write_text("message,colour\nsome new text,red\nanother text,green\n", encoding="utf-8")
    code, out, err = cli("train", path, "--test", test, "--base", "tfidf", "--json")
    assert code == 0, err
    assert json.loads(out)["test_rows"] == 2
    said = err[: err.index("  0%")].splitlines()
    assert said[0] == "text: message; label: colour; one label for each text"
    assert (
        said[1] == "401 of 801 rows can be used: 341 to learn from, 60 to choose the best by, 2 to judge the result by"
    )
    inspected = json.loads(cli("inspect", path, "--test", test, "--json")[1])["findings"]
    for code in ("label_missing", "classes_small", "labels_uneven", "labels_untested"):
        assert next(finding["message"] for finding in inspected if finding["code"] == code) in said
    assert "1 class has too few rows to be both learned and tested: blue." in said


def test_of_few_rows_it_is_said_that_they_are_judged_in_turn(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("text,label\n" + "".join(f"text number {i},{'ab'[i % 2]}\n" for i in range(40)), encoding="utf-8")
    _, _, err = cli("train", path, "--base", "tfidf")
    assert "40 of 40 rows can be used, each judged by a model that did not learn from it\n" in err


def test_a_guessed_label_is_said_with_its_rivals(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    rows = [f"a story of thing {i} and more of it,{'ab'[i % 2]},{'xyz'[i % 3]}" for i in range(60)]
    path.write_text("story,shape,colour\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert "could be the label as well (--label takes it): colour" in cli("inspect", path)[1]
    assert json.loads(cli("inspect", path, "--json")[1])["label_rivals"] == ["colour"]
    assert json.loads(cli("inspect", path, "--label", "colour", "--json")[1])["label_rivals"] == []
    said = "“shape” was taken as the label, and colour could be it as well"
    assert said in cli("inspect", path)[1]
    assert said not in cli("inspect", path, "--label", "shape")[1]
    train = cli("train", path, "--base", "tfidf")[2]
    assert "--label takes it" in train
    assert said in train


def test_labels_that_a_file_has_no_row_of_have_no_scores(cli: Cli, trained: Run, tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("text,label\na good film,positive\na great phone,positive\n", encoding="utf-8")
    code, out, err = cli("evaluate", trained.id, path)
    assert code == 0, err
    [missing] = [line for line in out.splitlines() if line.endswith("  negative")]
    assert missing.split()[:6] == ["–", "F1", "–", "precision", "–", "recall"]
    assert "% F1" in next(line for line in out.splitlines() if line.endswith("  positive"))
    assert "No judged row has the label “negative”" in err
    assert json.loads(cli("evaluate", trained.id, path, "--json")[1])["labels_without_rows"] == ["negative"]


def test_that_no_label_applies_is_said_and_counted(cli: Cli, tmp_path: Path) -> None:
    path, out = tmp_path / "moods.csv", tmp_path / "out.csv"
    words = {"1,0": "good happy", "0,1": "bad awful", "0,0": "plain table"}
    rows = [f"{words[mark]} number {i},{mark}" for i, mark in enumerate([*words] * 120)]
    path.write_text("text,glad,sad\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code, _, err = cli("train", path, "--label", "glad", "--label", "sad", "--base", "tfidf")
    assert code == 0, err
    _, said, _ = cli("classify", "last", "plain table", "--threshold", 0)
    assert said.split("%  ")[1] == "(none of the labels)  plain table\n"
    _, said, _ = cli("classify", "last", "--file", path, "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        empty = sum(row["predicted_label"] == "" for row in csv.DictReader(file))
    assert empty > 100
    assert f"{empty:>8}  (none of the labels)\n" in said
    assert json.loads(cli("classify", "last", "--file", path, "--out", out, "--json")[1])["unlabelled"] == empty


def test_every_score_of_several_labels_names_its_measure(cli: Cli, several_csv: Path, reviews_csv: Path) -> None:
    _, out, _ = cli("train", several_csv, "--base", "tfidf")
    first, *others = out.splitlines()[:2]
    assert first.startswith("Micro F1 ")
    assert all("% micro F1  " in line for line in others)
    cli("train", reviews_csv, "--base", "tfidf", "--seed", 3)
    _, out, _ = cli("runs", "list")
    several, one = out.splitlines()
    assert one.endswith("reviews.csv  (TF-IDF, Seed 3)")
    assert "  micro F1 " in several
    assert "  right " in one
    assert [run["measure"] for run in json.loads(cli("runs", "list", "--json")[1])["runs"]] == ["micro_f1", "accuracy"]


def test_what_the_file_to_review_holds_is_said(
    cli: Cli, trained: Run, reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, review = tmp_path / "out.csv", tmp_path / "review.csv"
    arguments = ("classify", trained.id, "--file", reviews_csv, "--out", out, "--review", review)
    assert f"all 400 rows, the least sure first, are in {review}\n" in cli(*arguments)[1]
    monkeypatch.setattr("bertdemo.jobs.written.MOST_TO_REVIEW", 30)
    assert f"the 30 least sure rows, the least sure first, are in {review}\n" in cli(*arguments)[1]
    out_of_reach = cli(*arguments, "--threshold", 1)[1]
    assert "the first 30 of them are rows to review\n" in out_of_reach
    assert "to review\n" not in cli(*arguments, "--threshold", 0)[1]


def test_columns_are_checked_before_the_model_is_loaded(
    cli: Cli, trained: Run, reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr("bertdemo.api.load", load)
    for arguments in (
        ("classify", trained.id, "--file", reviews_csv, "--out", tmp_path / "out.csv", "--text", "nosuch"),
        ("evaluate", trained.id, reviews_csv, "--text", "nosuch"),
        ("evaluate", trained.id, reviews_csv, "--label", "nosuch"),
    ):
        code, out, err = cli(*arguments)
        assert (code, out) == (2, "")
        assert "no column “nosuch”" in err


def test_of_a_file_to_evaluate_nothing_is_said_of_a_test_file(cli: Cli, trained: Run, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("text,label\na good film,red\nbad food,green\n", encoding="utf-8")
    code, _, err = cli("evaluate", trained.id, path)
    assert code == 2
    assert "labels that the model knows (negative, positive)" in err
    assert "test file" not in err


@pytest.mark.parametrize(
    ("port", "variable", "says"),
    [
        ("{busy}", None, "The port {busy} is taken"),
        ("99999", None, "There is no port 99999"),
        ("0", None, "There is no port 0"),
        (None, "abc", "GRADIO_SERVER_PORT is “abc”"),
        (None, "99999", "GRADIO_SERVER_PORT is “99999”"),
    ],
)
def test_a_port_that_cant_be_had_is_said(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, port: str | None, variable: str | None, says: str
) -> None:
    launched: list[object] = []
    if variable is not None:
        monkeypatch.setenv("GRADIO_SERVER_PORT", variable)
    else:
        monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
        monkeypatch.setattr("bertdemo.ui.app.launch", lambda **_: launched.append(1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = str(taken.getsockname()[1])
        code, _, err = cli("serve", *(["--port", port.format(busy=busy)] if port else []))
    assert code == 2
    assert says.format(busy=busy) in err
    assert launched == []


@pytest.mark.parametrize(
    ("arguments", "space", "before", "after"),
    [
        ([], None, None, None),
        (["--share"], None, None, "1"),
        (["--for-others"], None, None, "1"),
        (["--host", "0.0.0.0"], None, None, "1"),
        (["--host", "localhost"], None, None, None),
        ([], "owner/space", None, "1"),
        (["--share"], None, "0", "0"),  # somebody decided otherwise
    ],
)
def test_whoever_comes_from_elsewhere_has_no_use_of_the_token(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    space: str | None,
    before: str | None,
    after: str | None,
) -> None:
    name = "HF_HUB_DISABLE_IMPLICIT_TOKEN"
    for variable, value in (("SPACE_ID", space), (name, before)):
        monkeypatch.setenv(variable, value or "")
        if value is None:
            monkeypatch.delenv(variable)
    found: list[str | None] = []
    monkeypatch.setattr("bertdemo.ui.app.launch", lambda **_: found.append(os.environ.get(name)))
    assert cli("serve", *arguments)[0] == 0
    assert found == [after]


def test_the_page_is_served_where_the_address_is_free(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[dict[str, object]] = []
    monkeypatch.setattr("bertdemo.ui.app.launch", lambda **asked: launched.append(asked))
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        free = found.getsockname()[1]
    assert cli("serve", "--port", free)[0] == 0
    assert cli("serve")[0] == 0
    assert [asked["port"] for asked in launched] == [free, None]
    code, _, err = cli("serve", "--host", "192.0.2.1")
    assert code == 2
    assert "can't listen at 192.0.2.1" in err


@pytest.mark.parametrize(
    ("arguments", "space", "said"),
    [
        ([], None, ("http://127.0.0.1:7860", "serve --share", "Share on the page")),
        (["--for-others"], None, ("http://127.0.0.1:7860",)),
        ([], "owner/space", ()),
    ],
)
def test_the_terminal_says_where_the_page_is_and_how_others_come_to_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: list[str], space: str | None, said: tuple[str, ...]
) -> None:
    def launch(*, on_served: Callable[[str, str | None], None] | None, for_others: bool, **_: object) -> None:
        assert for_others == bool(arguments)
        if on_served:
            on_served("http://127.0.0.1:7860", None)

    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.setenv("SPACE_ID", space or "")
    if space is None:
        monkeypatch.delenv("SPACE_ID")
    monkeypatch.setattr("bertdemo.ui.app.launch", launch)
    out = cli("serve", *arguments)[1]
    assert all(words in out for words in said)
    assert bool(out) == bool(said)
    assert ("--share" in out) == (len(said) > 1)


@pytest.mark.parametrize(("public", "said"), [(None, True), ("https://abc.gradio.live", False)])
def test_the_terminal_says_where_no_public_link_could_be_made(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, public: str | None, said: bool
) -> None:
    def launch(*, on_served: Callable[[str, str | None], None], **_: object) -> None:
        on_served("http://127.0.0.1:7860", public)

    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.setattr("bertdemo.ui.app.launch", launch)
    out = cli("serve", "--share")[1]
    assert ("No public link could be made" in out) == said
    assert "http://127.0.0.1:7860" in out


@pytest.mark.parametrize(
    ("arguments", "variable", "path"),
    [
        ([], None, ""),
        ([], "/bertdemo", "/bertdemo"),
        (["--root-path", "/tools/bertdemo/"], "/other", "/tools/bertdemo"),
        (["--root-path", "https://example.org/bertdemo"], None, "https://example.org/bertdemo"),
        (["--root-path", "bertdemo"], None, None),
        (["--root-path", "/a b"], None, None),
        ([], "bertdemo", None),
    ],
)
def test_the_path_that_the_page_is_served_below(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: list[str], variable: str | None, path: str | None
) -> None:
    monkeypatch.setenv("GRADIO_ROOT_PATH", variable or "")
    if variable is None:
        monkeypatch.delenv("GRADIO_ROOT_PATH")
    found: list[object] = []
    monkeypatch.setattr("bertdemo.ui.app.launch", lambda **asked: found.append(asked["root_path"]))
    code, _, err = cli("serve", *arguments)
    assert (code, found) == ((0, [path]) if path is not None else (2, []))
    if path is None:
        assert ("--root-path is" if arguments else "GRADIO_ROOT_PATH is") in err


def test_app_py_takes_the_options_of_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    monkeypatch.setattr("bertdemo.cli.main", given.append)
    for arguments in ([], ["--for-others", "--port", "7999"]):
        monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
        runpy.run_path(str(Path(__file__).resolve().parents[2] / "app.py"), run_name="__main__")
    assert given == [["serve"], ["serve", "--for-others", "--port", "7999"]]


def test_a_refused_file_leaves_nothing_and_spoils_nothing(
    cli: Cli, trained: Run, reviews_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, empty = tmp_path / "given", tmp_path / "empty.csv"
    folder.mkdir()
    empty.touch()
    command = ("classify", trained.id, "--out", folder / "out.csv", "--file")
    for wrong in ((reviews_csv, "--text", "nosuch"), (empty,)):
        assert cli(*command, *wrong)[0] == 2
        assert list(folder.iterdir()) == []

    def ended(phase: str, rows: int, total: int) -> None:
        if phase == "classifying":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("bertdemo.cli.using.file_line", lambda: ended)
        code, _, err = cli(*command, reviews_csv)
    assert code == 130
    assert "the same command begins" in err
    kept = sorted(file.name for file in (folder / ".out.csv.part").iterdir())
    assert "rows.json" in kept
    assert cli(*command, reviews_csv, "--text", "nosuch")[0] == 2
    assert sorted(file.name for file in (folder / ".out.csv.part").iterdir()) == kept
    assert cli(*command, reviews_csv)[0] == 0
    assert [file.name for file in folder.iterdir()] == ["out.csv"]


def test_texts_that_are_longer_than_the_model_reads_are_said(cli: Cli, trained: Run, tmp_path: Path) -> None:
    folder = trained.model_folder("bert")
    long, short = "a good film " * 40, "a good film"
    _, out, _ = cli("classify", folder, short, long)
    assert out.splitlines()[2:] == ["        only the first 64 tokens of this text were read"]
    found = json.loads(cli("classify", folder, short, long, "--json")[1])["predictions"]
    assert [prediction.get("read_tokens") for prediction in found] == [None, 64]
    given, result = tmp_path / "given.csv", tmp_path / "out.csv"
    given.write_text(f"text\n{short}\n{long}\n{long} again\n", encoding="utf-8")
    _, out, err = cli("classify", folder, "--file", given, "--out", result, "--json")
    assert "2 texts are longer than the model reads: only their first 64 tokens were read." in err
    summary = json.loads(out)
    assert (summary["unread"], summary["reads"], summary["cells_cut"]) == (2, 64, 0)


def test_of_labels_on_a_scale_it_is_said_how_far_off_mistakes_are(cli: Cli, tmp_path: Path) -> None:
    learnt, judged = tmp_path / "stars.csv", tmp_path / "judged.csv"
    words = ["awful", "poor", "fine", "good", "superb"]
    rows = [[f"{words[i % 5]} food number {i}", str(i % 5 + 1)] for i in range(200)]
    with learnt.open("w", newline="") as file:
        csv.writer(file).writerows([["text", "stars"], *rows])
    run = bertdemo.train(learnt, base="tfidf").run
    off_by_one = [[f"{words[i % 5]} meal", str(min(i % 5 + 1 + (i % 3 == 0), 5))] for i in range(150)]
    with judged.open("w", newline="") as file:
        csv.writer(file).writerows([["text", "stars"], *off_by_one])
    found = json.loads(cli("evaluate", run.id, judged, "--json")[1])["scale"]
    assert (found["mistakes"], found["next_to"]) == (40, 1.0)
    assert "100% of the mistakes are one step off" in cli("evaluate", run.id, judged)[1]


def test_two_runs_are_compared_text_by_text(cli: Cli, reviews_csv: Path, tmp_path: Path) -> None:
    with reviews_csv.open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    paths = tmp_path / "learnt.csv", tmp_path / "judged.csv"
    for path, those in zip(paths, (rows[:300], [*rows[300:], *rows[300:320]]), strict=True):
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *those])
    runs = [bertdemo.train(paths[0], test=paths[1], base="tfidf", seed=seed).run.id for seed in (0, 1)]
    assert "judged on the same 100 texts with the same label (repeated rows count once;" in cli("compare", *runs)[1]


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="devices have no names here")
def test_what_can_be_read_once_only_is_no_file_to_classify(cli: Cli, trained: Run, tmp_path: Path) -> None:
    code, _, err = cli("classify", trained.id, "--file", "/dev/null", "--out", tmp_path / "out.csv")
    assert code == 2
    assert "pipe" in err
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("command", ["inspect", "train"])
def test_an_interruption_leaves_no_traceback(
    cli: Cli, reviews_csv: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bertdemo.api.open_table", interrupted)
    assert cli(command, reviews_csv, *(["--base", "tfidf"] if command == "train" else []))[0] == 130


def test_what_is_no_terminal_gets_utf_8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.csv"
    path.write_text("text,label\n" + "".join(f"text {i},{'😀á'[i % 2]}\n" for i in range(40)), encoding="utf-8")
    kept = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(kept, encoding="cp1252"))
    main(["inspect", str(path)])
    sys.stdout.flush()
    assert "😀" in kept.getvalue().decode("utf-8")


def test_a_terminal_keeps_its_encoding(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    terminal = Terminal(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr("sys.stderr", terminal)
    assert cli("inspect", "no 😀.csv")[0] == 2
    assert (terminal.encoding, terminal.errors) == ("cp1252", "replace")
