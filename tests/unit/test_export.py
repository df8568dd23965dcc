"""What leaves is what was loaded again and compared, and the ONNX script needs no torch."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import processors

from bertdemo.api import prepare
from bertdemo.cli import main
from bertdemo.core.classify import Classifier
from bertdemo.core.models import CATALOGUE, load_tokenizer
from bertdemo.core.plain import pipeline_probabilities
from bertdemo.data.pair import TextPair
from bertdemo.errors import UserError
from bertdemo.export import forms, onnx, report_parts
from bertdemo.export.card import card
from bertdemo.export.forms import Agreement, deliver, export
from bertdemo.export.report_parts import why_in_use
from bertdemo.export.rules import RULES, Rule
from bertdemo.export.script import readme_of_ours, script
from bertdemo.jobs.desk import Desk
from bertdemo.jobs.exports import ExportJob, work_on_export
from bertdemo.runs import events as ev
from bertdemo.runs.files import write_json
from bertdemo.runs.run import Run
from bertdemo.text import LANGUAGES, say, sentence

TEXTS = ("a good film", "an awful, late order", "good food but it was bad", "naïve ✓", "")


@pytest.fixture
def with_onnx() -> None:
    pytest.importorskip("onnx", reason="ONNX is an extra: pip install -r requirements-onnx.txt")
    pytest.importorskip("onnxruntime", reason="ONNX is an extra: pip install -r requirements-onnx.txt")


def without_torch(folder: Path, *texts: str) -> list[dict[str, object]]:
    """What classify.py prints, line by line, in a process that can't import torch, transformers or this package."""
    block = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'bertdemo')));"
    code = f"{block} import runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    called = [sys.executable, "-c", code, str(folder / "classify.py"), *texts]
    done = subprocess.run(called, capture_output=True, text=True, check=True, encoding="utf-8")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_plain_folder_is_loaded_again_and_compared(trained: Run) -> None:
    exported = export(trained, "transformers")
    assert exported.agreement.rows > 0
    assert exported.agreement.same == exported.agreement.rows
    assert exported.agreement.difference < 1e-3
    assert "32 bits" in exported.sentences("en")[0]
    assert "16 bits" in exported.sentences("en")[0]
    names = zipfile.ZipFile(exported.path).namelist()
    assert f"reviews/{'bertdemo.json'}" in names
    made = exported.path.stat().st_mtime_ns
    assert export(trained, "transformers").path.stat().st_mtime_ns == made  # found, not made again


@pytest.mark.usefixtures("with_onnx")
def test_onnx_says_the_same_without_torch(trained: Run, tmp_path: Path) -> None:
    exported = export(trained, "onnx")
    assert exported.model == "bert"
    deliver(exported, tmp_path / "taken")
    files = {file.name for file in (tmp_path / "taken").iterdir()}
    assert files == {"model.onnx", "tokenizer.json", "labels.json", "classify.py", "README.md", "MODEL_CARD.md"}
    classifier = Classifier.load(trained.model_folder("bert"), "fp32")
    found_of_all = without_torch(tmp_path / "taken", *TEXTS)
    for found, expected in zip(found_of_all, classifier.predict(TEXTS), strict=True):
        assert found["label"] == expected.label
        assert found["probabilities"] == pytest.approx(expected.probabilities, abs=1e-4)


@pytest.mark.usefixtures("with_onnx")
@pytest.mark.parametrize("kind", ["several", "pairs"])
def test_the_script_of_the_zip_says_the_same_of_several_labels_and_of_pairs(
    kind: str, request: pytest.FixtureRequest, tiny_bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bertdemo.core.train.fastest_precision", lambda *_: "fp32")
    prepared = prepare(request.getfixturevalue(f"{kind}_csv"), base=str(tiny_bert), epochs=1, lr=3e-3)
    for _ in prepared.events():
        pass
    with zipfile.ZipFile(export(prepared.run, "onnx").path) as archive:
        archive.extractall(tmp_path)
    classifier = Classifier.load(prepared.run.model_folder("bert"), "fp32")
    texts: list[str] = [*TEXTS[:4], "room " * 200]
    if kind == "pairs":
        texts = [TextPair(text, other) for text, other in zip(texts, reversed(texts), strict=True)]
    given = [part for text in texts for part in ((text.first, text.second) if isinstance(text, TextPair) else (text,))]
    for found, expected in zip(without_torch(tmp_path / kind, *given), classifier.predict(texts), strict=True):
        assert found.pop("probabilities") == pytest.approx(expected.probabilities, abs=1e-4)
        assert found == ({"labels": list(expected.labels)} if kind == "several" else {"label": expected.label})


def test_the_script_prints_any_label_wherever_its_output_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins = {
        "numpy": "int64 = array = None",
        "onnxruntime": "InferenceSession = lambda *_, **__: None",
        "tokenizers": "class Tokenizer:\n from_file = staticmethod(lambda _: Tokenizer())\n"
        " enable_truncation = lambda *_: None",
    }
    for name, code in stand_ins.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    (tmp_path / "labels.json").write_text('{"max_length": 8}', encoding="utf-8")
    written = script(several=False, pair=False)
    begin, end = written.index("    read = "), written.index("if __name__")
    answered = f'{written[:begin]}    return {{"label": "好 😀"}}\n\n{written[end:]}'
    (tmp_path / "classify.py").write_text(answered, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")  # as where Windows redirects
    assert without_torch(tmp_path, "a text") == [{"label": "好 😀"}]


def test_nothing_of_ours_is_at_hand_where_the_script_is_tried(tmp_path: Path) -> None:
    for name in ("torch", "transformers", "bertdemo"):
        (tmp_path / "classify.py").write_text(f"import {name}", encoding="utf-8")
        with pytest.raises(subprocess.CalledProcessError) as failed:
            without_torch(tmp_path)
        assert f"import of {name} halted" in failed.value.stderr


@pytest.mark.usefixtures("with_onnx")
def test_a_form_that_disagrees_is_not_offered(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "onnx-int8", Rule(same=1.0, difference=-1.0))
    for _ in range(2):  # made, and found as it was made
        with pytest.raises(UserError, match="Not offered") as refused:
            export(trained, "onnx-int8")
        assert refused.value.params["n"] > 0
    assert not list((trained.folder / "exports").rglob("*.zip"))


@pytest.mark.usefixtures("with_onnx")
def test_eight_bits_are_tried_in_two_ways_and_both_are_said(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    reaches = Agreement.reaches
    monkeypatch.setattr(Agreement, "reaches", lambda own, rule: own.recipe == "weights" and reaches(own, rule))
    monkeypatch.setitem(RULES, "onnx-int8", Rule(same=0.9, difference=0.2))
    exported = export(trained, "onnx-int8")
    assert exported.agreement.recipe == "weights"
    assert [dropped.recipe for dropped in exported.dropped] == ["dynamic"]
    assert "tried and dropped" in exported.sentences("en")[1]


def test_what_is_missing_is_said(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "NEEDED", ("onnx_that_is_not_there",))
    with pytest.raises(UserError, match=r"requirements-onnx\.txt"):
        export(trained, "onnx")
    with pytest.raises(UserError, match="transformers, onnx"):
        export(trained, "pickle")


def test_onnx_is_for_a_bert(trained: Run) -> None:
    import shutil

    shutil.rmtree(trained.model_folder("bert"))
    trained.update(selected="tfidf")
    with pytest.raises(UserError, match="fine-tuned BERT"):
        export(trained, "onnx")
    with pytest.raises(UserError, match="bertdemo"):
        export(trained, "transformers")
    assert export(trained, "bertdemo").model == "tfidf"


def test_transformers_is_the_bert_whatever_is_in_use_and_says_so(trained: Run, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    trained.update(selected="instant")
    exported = export(trained, "transformers")
    deliver(exported, tmp_path / "out")
    assert AutoModelForSequenceClassification.from_pretrained(tmp_path / "out").config.num_labels == 2
    assert (exported.model, exported.in_use) == ("bert", "instant")
    assert any("here the instant" in line for line in exported.sentences("en"))
    assert "pip install transformers torch" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    as_it_is = export(trained, "bertdemo")
    assert as_it_is.model == "instant"
    assert len(as_it_is.sentences("en")) == 1


@pytest.mark.parametrize("folder", ["/home/kim/models/my base", '/home/kim/"models"/my base'])
@pytest.mark.parametrize("form", ["transformers", "onnx"])
def test_no_folder_is_named_by_what_leaves_of_a_run_of_an_earlier_version(
    trained: Run, tiny_bert: Path, tmp_path: Path, form: str, folder: str, request: pytest.FixtureRequest
) -> None:
    """Its files had the whole path of the base, and so had what was packed of them."""
    if form == "onnx":
        request.getfixturevalue("with_onnx")
    trained.update(choices={**trained.meta["choices"], "base": folder})
    bert = trained.model_folder("bert")
    about = json.loads((bert / "bertdemo.json").read_text(encoding="utf-8"))
    write_json(bert / "bertdemo.json", about | {"base": folder})
    told = f"---\nbase_model: {folder}\ntags: [bertdemo]\n---\n\nFine-tuned from {folder}.\n"
    (bert / "README.md").write_text(told, encoding="utf-8")
    (trained.folder / "report.json").unlink()  # of an earlier version there is none that can be read
    exported = export(trained, form)
    check = exported.path.with_name("check.json")
    write_json(check, {name: kept for name, kept in json.loads(check.read_text()).items() if name != "format"})
    exported.path.write_bytes(b"as it was packed then")
    deliver(export(trained, form), tmp_path / "out")
    files = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert not any(path in content for path in (b"home/kim", bytes(tiny_bert)) for content in files.values())
    if form == "onnx":  # a card of another form would not be true of this one
        assert "MODEL_CARD.md" not in files
        assert "MODEL_CARD.md" not in files["README.md"].decode()
    else:
        assert files["README.md"].decode() == "---\ntags: [bertdemo]\n---\n\nFine-tuned from my base.\n"
        assert json.loads(files["bertdemo.json"]) == about | {"base": "my base"}
        assert Classifier.load(tmp_path / "out").labels == Classifier.load(bert).labels


def test_the_card_of_a_bert_that_is_not_in_use_says_which_one_is(trained: Run) -> None:
    report = trained.require_report()
    for selected, by in (("bert", "validation"), ("tfidf", "validation"), ("tfidf", "person")):
        found = {**report, "selected": selected, "selected_by": by, "accuracy": 0.765}
        write_json(trained.folder / "report.json", found)
        for lang in LANGUAGES:
            assert ("76.5%" in card(trained, lang)) == (selected == "tfidf")
            assert (say("model.tfidf", lang) in card(trained, lang).split("```")[0]) == (selected == "tfidf")


def hardly_better_than_a_rule(run: Run, selected: str, **low: float) -> None:
    """The report as if the models named were right that often, and always the largest class on 69% of the rows."""
    report = run.require_report()
    models: dict[str, Any] = {}
    for name, score in ({"bert": 0.95, "instant": 0.95, "tfidf": 0.95} | low).items():
        models[name] = {"accuracy": score, "interval": [score - 0.01, score + 0.01], "macro_f1": 0.5}
    models["majority"] = {"accuracy": 0.69, "interval": [0.6, 0.78], "macro_f1": 0.4}
    leak = {"say": "unjudged", "values": {"names": "rare", "n": 1}}
    lost = {"say": "never_found", "values": {"names": "odd", "n": 1, "rows": 3}}
    found = {"selected": selected, "selected_by": "validation", "cautions": [leak, lost], "models": models}
    write_json(run.folder / "report.json", {**report, **found, "accuracy": models[selected]["accuracy"]})


def test_the_cautions_of_a_card_are_those_of_the_model_in_its_folder(trained: Run) -> None:
    hardly_better_than_a_rule(trained, "instant", bert=0.66)
    report = trained.require_report()
    for lang in LANGUAGES:
        values = {"majority": 69.0, "low": 65.0, "score": 66.0}
        beaten = sentence("no_better_than_majority", lang, **values)
        never, unjudged = sentence("never_found", lang, names="odd", n=1, rows=3), "rare"
        of_bert, of_instant = card(trained, lang), card(trained, lang, name="instant", form="bertdemo")
        assert (beaten in of_bert, beaten in of_instant) == (True, False)
        assert unjudged in of_bert  # is about the rows
        assert unjudged in of_instant
        assert (never in of_bert, never in of_instant) == (False, True)  # is about the one in use
        why = why_in_use(report, lang)
        assert (why in of_bert, why in of_instant) == (True, False)
        assert why in report_parts.headline(report, lang)  # in the words of the page
    exported = export(trained, "transformers")
    assert any("69.0%" in line for line in exported.sentences("en"))
    with zipfile.ZipFile(exported.path) as archive:
        assert "the model, with 66.0%, is no better than that" in archive.read("reviews/README.md").decode()


def test_a_card_is_made_anew_with_its_report(trained: Run) -> None:
    trained.update(selected="bert")
    for score in (0.66, 0.93):
        hardly_better_than_a_rule(trained, "bert", bert=score)
        with zipfile.ZipFile(export(trained, "bertdemo").path) as archive:
            assert f"Right on {score:.1%}" in archive.read("reviews/MODEL_CARD.md").decode()


@pytest.mark.usefixtures("with_onnx")
@pytest.mark.parametrize("form", ["onnx", "onnx-int8"])
def test_the_card_of_an_onnx_zip_is_used_as_it_says_and_tells_whose_scores_it_has(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setitem(RULES, "onnx-int8", Rule(same=0.5, difference=0.5))
    exported = export(trained, form)
    deliver(exported, tmp_path / "out")
    said = (tmp_path / "out" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "library_name: onnx\n" in said
    assert "transformers" not in said
    assert exported.agreement.sentence("en") in said
    assert ("32-bit model" in said) == (form == "onnx-int8")
    line = next(line for line in said.splitlines() if line.startswith("python "))
    name, *given = shlex.split(line)[1:]
    assert without_torch(tmp_path / "out", *given)[0]["label"] in trained.require_report()["labels"]
    assert (tmp_path / "out" / name).is_file()


@pytest.mark.parametrize("selected", ["tfidf", "instant", "bert"])
def test_the_zip_of_any_classifier_has_its_scores_and_lines_that_run(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], selected: str
) -> None:
    trained.update(selected=selected)
    hardly_better_than_a_rule(trained, selected, **{selected: 0.7})
    deliver(export(trained, "bertdemo"), tmp_path / "out")
    said = (tmp_path / "out" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Right on 70.0% (95% interval 69.0% to 71.0%)" in said
    assert f"of {trained.require_report()['test_rows']} rows" in said
    assert trained.meta["created"][:10] in said
    assert "library_name" not in said
    assert "MODEL_CARD.md" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path / "out")
    capsys.readouterr()
    exec(said.split("```python\n")[1].split("```")[0], {})
    assert capsys.readouterr().out.split()[0] in trained.require_report()["labels"]


@pytest.mark.parametrize("base", [*(entry.name for entry in CATALOGUE), "somebody/else", "/home/kim/base"])
def test_the_licence_of_a_base_is_said_where_it_is_known_and_never_as_that_of_the_model(
    trained: Run, base: str
) -> None:
    trained.update(choices={**trained.meta["choices"], "base": base})
    for lang in LANGUAGES:
        for said in (card(trained, lang), card(trained, lang, name="instant", form="bertdemo")):
            assert ("Apache-2.0" in said) is (base in {entry.name for entry in CATALOGUE})
            assert "license:" not in said
        assert "Apache" not in card(trained, lang, name="tfidf", form="bertdemo")


def test_the_metrics_of_a_card_are_those_that_it_has(trained: Run) -> None:
    assert "metrics: [accuracy, f1]\n" in card(trained)
    report = trained.require_report()
    models = {name: {**scores, "micro_f1": 0.5} for name, scores in report["models"].items()}
    write_json(trained.folder / "report.json", {**report, "models": models, "micro_f1": 0.5})
    assert "metrics: [f1]\n" in card(trained)


def test_every_form_says_of_which_columns_a_text_is_made(trained: Run) -> None:
    for columns in (["text"], ["what was good?", "what not?"]):
        trained.update(data={**trained.meta["data"], "text": columns})
        ours = forms._ours(trained, trained.model_folder("bert"))["README.md"]
        about = {"pair": False, "max_length": 128}
        for said in (ours, card(trained), card(trained, "zh"), onnx.readme(about, "fp32", "", columns)):
            assert ("`what was good?`, `what not?`" in said) == (len(columns) > 1)
    written = script(several=False, pair=False, columns=("a\nb", "c"))
    compile(written, "classify.py", "exec")
    assert '"a\\nb" + "c"' in written
    assert "joined" not in script(several=False, pair=False, columns=("text",))


@pytest.mark.parametrize(
    ("columns", "pair", "options"),
    [
        (("review",), None, ["--text", "review"]),
        (("what was good?", "what not?"), None, ["--text", "what was good?", "--text", "what not?"]),
        (("q",), "its answer", ["--text", "q", "--text-pair", "its answer"]),
    ],
)
def test_the_readme_of_the_bertdemo_zip_names_the_columns(
    columns: tuple[str, ...], pair: str | None, options: list[str]
) -> None:
    readme = readme_of_ours("films", "a classifier", ["good", "bad"], columns, pair)
    called = next(line for line in readme.splitlines() if " --file " in line and line.startswith("python"))
    words = shlex.split(called)
    assert words[words.index("--file") + 2 : words.index("--out")] == options


def test_the_bertdemo_zip_is_used_as_its_readme_says(
    trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.update(selected="tfidf")
    with zipfile.ZipFile(export(trained, "bertdemo").path) as archive:
        archive.extractall(tmp_path)
        assert len(archive.namelist()) == len(set(archive.namelist()))
    readme = (tmp_path / "reviews" / "README.md").read_text(encoding="utf-8")
    called = next(line for line in readme.splitlines() if line.startswith("python -m bertdemo classify"))
    monkeypatch.chdir(tmp_path)
    main([word.strip('"') for word in shlex.split(called)[3:]])
    first = capsys.readouterr().out
    exec(readme.split("```python\n")[1].split("```")[0], {})
    assert capsys.readouterr().out.split()[0] in first

    trained.update(selected="bert")
    names = zipfile.ZipFile(export(trained, "bertdemo").path).namelist()
    assert {"reviews/README.md", "reviews/MODEL_CARD.md"} <= set(names)
    assert len(names) == len(set(names))


def test_an_instant_classifier_brings_its_base_along(trained: Run, tmp_path: Path) -> None:
    trained.update(selected="instant")
    deliver(export(trained, "bertdemo"), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "bertdemo.json").read_text(encoding="utf-8"))["base"] == "encoder"
    texts = ["a superb film", "an awful, late order"]
    assert trained.selected is not None
    expected = Classifier.load(trained.selected, "fp32").probabilities(texts)
    found = Classifier.load(tmp_path / "out", "fp32").probabilities(texts)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_a_cut_leaves_of_an_export_is_swept_and_what_is_being_made_is_not(
    trained: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    compared, left = forms._compared, tmp_path / "left"
    exports = trained.folder / "exports"

    def cut_off(*given: Any) -> Agreement:
        shutil.copytree(exports, left)  # what is there where the process ends at once
        forms.sweep(trained)
        return compared(*given)

    monkeypatch.setattr(forms, "_compared", cut_off)
    assert export(trained, "transformers").path.is_file()  # nothing was swept while it was made
    shutil.rmtree(exports)
    left.rename(exports)
    assert sum(file.stat().st_size for file in exports.rglob("*")) > 10_000
    assert not list((tmp_path / "temporary").iterdir())  # all of it lies where it is found
    desk = Desk()
    desk._look_after()
    desk.close()
    assert sum(file.stat().st_size for file in exports.rglob("*") if file.is_file()) == 0


def test_whoever_wants_a_form_that_is_being_made_waits_for_it(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    compared, lock, begun, times = forms._compared, forms._lock, threading.Event(), []
    asked = threading.Semaphore(0)

    def wanted(target: Path) -> Any:
        asked.release()
        return lock(target)

    def held(*given: Any) -> Agreement:
        times.append(1)
        begun.set()
        assert asked.acquire(timeout=30)
        assert asked.acquire(timeout=30)  # the second one wants it, too
        return compared(*given)

    monkeypatch.setattr(forms, "_lock", wanted)
    monkeypatch.setattr(forms, "_compared", held)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(export, trained, "transformers")
        assert begun.wait(30)
        second = pool.submit(export, trained, "transformers")
        assert first.result() == second.result()
    assert len(times) == 1


@pytest.mark.parametrize("name", ["a" * 247, "很长的名字" * 40])
def test_a_long_file_name_leaves_room_for_the_forms_name(trained: Run, name: str) -> None:
    trained.update(name=f"{name}.csv")
    exported = export(trained, "transformers")
    assert exported.path.is_file()
    assert len(exported.path.name.encode()) < 130
    exported.path.rename(exported.path.with_name("longer.zip"))  # as an earlier version called it
    assert export(trained, "transformers").path.is_file()


def test_before_the_end_of_a_training_what_is_in_use_is_exported(trained: Run) -> None:
    trained.update(selected=None)
    assert trained.selected is not None
    exported = export(trained, "bertdemo")
    assert exported.model == exported.in_use == trained.selected.name
    assert len(exported.sentences("en")) == 1


def test_the_script_is_short() -> None:
    for several in (False, True):
        for pair in (False, True):
            written = script(several=several, pair=pair)
            compile(written, "classify.py", "exec")
            assert len([line for line in written.splitlines() if line.strip()]) <= 20


@pytest.mark.usefixtures("with_onnx")
def test_a_call_of_the_script_without_its_texts_is_told_how_it_is_used(trained: Run, tmp_path: Path) -> None:
    deliver(export(trained, "onnx"), tmp_path / "taken")
    (tmp_path / "taken" / "classify.py").write_text(script(several=False, pair=True), encoding="utf-8")
    for texts in ((), ("one text",), ("one", "two", "three")):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            without_torch(tmp_path / "taken", *texts)
        assert failed.value.stderr.startswith('usage: python classify.py "a text" "its second text" …')
    both = without_torch(tmp_path / "taken", "one text", "two texts", "a good film", "a bad one")
    assert [found["label"] in ("positive", "negative") for found in both] == [True, True]


def test_several_labels_are_decided_on_as_bertdemo_does() -> None:
    from bertdemo.core.tasks import Decision

    thresholds, names = (0.4, 0.6), ["a", "b"]
    body = script(several=True, pair=False).split("[0][0]\n")[1].split("\n\nif __name__")[0]
    for at_least_one in (False, True):
        for found in np.array([[0.5, 0.5], [0.1, 0.2], [0.9, 0.9], [0.3, 0.59]]):
            about = {"labels": names, "thresholds": list(thresholds), "at_least_one": at_least_one}
            scope: dict[str, object] = {"numpy": np, "about": about}
            exec("def decide(found):\n" + body, scope)
            said = scope["decide"](found)["labels"]  # type: ignore[operator]
            has = Decision(thresholds, at_least_one).labels(found[None])[0]
            assert said == [name for name, yes in zip(names, has, strict=True) if yes]


def test_a_worker_says_how_far_it_is_and_what_came_of_it(trained: Run) -> None:
    job = ExportJob.begin(trained, "transformers")
    assert job.last is None
    work_on_export(job)
    assert isinstance(job.last, ev.Packed)
    assert job.result().path.is_file()
    said = job.log.read_bytes()
    with job.lock():
        work_on_export(ExportJob(trained, "transformers"))
    assert job.log.read_bytes() == said  # somebody is at it: nothing is said
    failing = replace(job, form="onnx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx, "NEEDED", ("onnx_that_is_not_there",))
        work_on_export(failing)
    assert isinstance(failing.last, ev.Failed)


def test_of_a_run_that_was_deleted_nothing_is_made_and_nothing_comes_back(trained: Run) -> None:
    job = ExportJob.begin(trained, "transformers")
    trained.delete()
    work_on_export(job)
    assert not trained.folder.exists()
    assert job.last is None
    for asked in (job.result, lambda: ExportJob.begin(trained, "transformers")):
        with pytest.raises(UserError) as caught:
            asked()
        assert (caught.value.code, caught.value.params) == ("run_unknown", {"run": trained.id})


def test_a_run_that_is_deleted_while_a_form_is_made_is_no_failure(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deleted_meanwhile(run: Run, *_: object) -> None:
        run.delete()
        raise FileNotFoundError(str(run.folder))

    job = ExportJob.begin(trained, "transformers")
    monkeypatch.setattr("bertdemo.jobs.exports.export", deleted_meanwhile)
    work_on_export(job)
    assert not trained.folder.exists()


def test_a_file_that_is_missing_in_a_run_that_is_there_stays_an_error(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FileNotFoundError), trained.needed():
        (trained.folder / "nothing").read_bytes()
    events = trained.folder / "events.jsonl"
    monkeypatch.setattr(Path, "exists", lambda path: True)  # it goes away just behind that question
    events.unlink()
    assert trained.events() == ([], 0)


@pytest.fixture
def classifier_of(tiny_bert: Path, tmp_path: Path) -> Callable[..., Path]:
    """The folder of a random classifier of a kind."""

    def make(kind: str, **about: Any) -> Path:
        import torch
        import transformers

        folder = shutil.copytree(tiny_bert, tmp_path / f"random-{kind}")
        small: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        places = {"vocab_size": 300, "max_position_embeddings": 64, "initializer_range": 0.5}
        torch.manual_seed(0)
        config = getattr(transformers, f"{kind}Config")(**small, **places, id2label={0: "no", 1: "yes"})
        getattr(transformers, f"{kind}ForSequenceClassification")(config).save_pretrained(folder)
        write_json(folder / "bertdemo.json", {"kind": "bert", "max_length": 32, **about})
        return folder

    return make


@pytest.mark.usefixtures("with_onnx")
@pytest.mark.parametrize(("kind", "typed"), [("Electra", True), ("DebertaV2", False), ("DistilBert", False)])
def test_the_graph_tells_two_texts_apart_where_the_model_does(
    classifier_of: Callable[..., Path], tmp_path: Path, kind: str, typed: bool
) -> None:
    import onnxruntime

    folder, made = classifier_of(kind, pair=True), tmp_path / "made"
    made.mkdir()
    onnx.write(folder, "fp32", made, lambda *_: None)
    inputs = onnxruntime.InferenceSession(str(made / "model.onnx")).get_inputs()
    assert ("token_type_ids" in {given.name for given in inputs}) == typed
    pairs = [TextPair("a good film", "an awful film"), TextPair("so bad", "a very good order")]
    found, _ = onnx.by_script(made, pairs)
    np.testing.assert_allclose(found, Classifier.load(folder, "fp32").probabilities(pairs), atol=1e-4)
    np.testing.assert_allclose(found, pipeline_probabilities(folder, pairs), atol=1e-4)


@pytest.mark.usefixtures("with_onnx")
def test_the_script_answers_a_text_of_which_its_tokenizer_makes_nothing(
    classifier_of: Callable[..., Path], tmp_path: Path
) -> None:
    folder, made = classifier_of("Bert"), tmp_path / "made"
    made.mkdir()
    tokenizer = load_tokenizer(str(folder))
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("$A", "$A $B:1", [])
    tokenizer.save_pretrained(folder)
    onnx.write(folder, "fp32", made, lambda *_: None)
    texts = ["\u0301", "a good film"]
    found, _ = onnx.by_script(made, texts)
    np.testing.assert_allclose(found, Classifier.load(folder, "fp32").probabilities(texts), atol=1e-4)
