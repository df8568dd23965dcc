"""The forms in which a run's model leaves: packed, loaded again from the zip, compared, and only then offered."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from bertdemo.aside import file_aside
from bertdemo.core.classify import Classifier
from bertdemo.core.linear import sample
from bertdemo.core.models import is_folder, public_name
from bertdemo.core.plain import pipeline_probabilities
from bertdemo.core.predictions import choosing_rows
from bertdemo.core.rules_to_beat import beside_rules
from bertdemo.core.saving import copy_with_encoder, leans_on_a_folder
from bertdemo.errors import UserError
from bertdemo.export import onnx
from bertdemo.export.card import card
from bertdemo.export.report_parts import cautioned
from bertdemo.export.rules import AS_IT_IS, OF_BERT, RECIPES, RULES, Rule
from bertdemo.export.script import readme_of_ours
from bertdemo.runs.files import folder_aside, folder_to_fill, read_json, short_stem, where_asked, write_json
from bertdemo.runs.run import Run
from bertdemo.text import say

CHECKED_ROWS = 500
"""Most rows of the data on which a form is compared, one text at a time: unseen ones, where there are such."""

FORMAT = 3
"""Of what is made: zips of an earlier one are made anew."""
NAMING = ("README.md", "bertdemo.json")
"""Files that name the base."""

OnPhase = Callable[[str, float], None]
"""Gets the phase that begins (worded as ``phase.<name>``) and the share that is done, 0 to 1."""


@dataclass(frozen=True)
class Agreement:
    """A form beside the model it was made from, on `rows` rows of the data.

    Attributes:
        recipe: how it was made.
        same: rows with the same label, or labels.
        difference: the largest difference of a probability.
    """

    recipe: str
    rows: int
    same: int
    difference: float

    def reaches(self, rule: Rule) -> bool:
        return self.same >= rule.same * self.rows and self.difference <= rule.difference

    def sentence(self, lang: str) -> str:
        """How well it agrees, and what it is made of where that is not plain from the form."""
        agrees = say("export.agrees", lang, n=self.rows, same=self.same, difference=self.difference)
        return f"{agrees} {say(f'export.{self.recipe}', lang)}" if self.recipe in ("dynamic", "weights") else agrees


@dataclass(frozen=True)
class Exported:
    """A form that agrees: the zip, which classifier of the run is in it, how well it agrees, and what did not.

    `in_use` is the classifier that the run itself answers with; `cautions` are those that a report has of another one.
    """

    path: Path
    model: str
    in_use: str
    agreement: Agreement
    dropped: tuple[Agreement, ...] = ()
    cautions: tuple[dict[str, Any], ...] = ()

    def sentences(self, lang: str) -> list[str]:
        """What is said beside the download."""
        dropped = [say("export.dropped", lang, n=d.rows, same=d.same, difference=d.difference) for d in self.dropped]
        names = {"model": say(f"model.{self.model}", lang), "in_use": say(f"model.{self.in_use}", lang)}
        other = [say("export.other_model", lang, **names)] if self.model != self.in_use else []
        return [self.agreement.sentence(lang), *dropped, *other, *cautioned(self.cautions, lang)]


def export(run: Run, form: str, on_phase: OnPhase = lambda *_: None) -> Exported:
    """Make a form of the run's model, or find the one that was made; its own folder holds the zip and check.json.

    Plain transformers and ONNX are forms of the fine-tuned BERT; ``bertdemo`` is the folder of the classifier in use.

    Raises:
        UserError: ``export_form_unknown``, ``run_not_ready``, ``export_bert_only``, ``export_needs`` (packages), or
            ``export_disagrees``: it was made, compared and found wanting.
    """
    if form not in RULES:
        raise UserError("export_form_unknown", form=form[:40], forms=", ".join(RULES))
    model = _model_of(run, form)
    target = run.folder / "exports" / f"{form}-{model.name}"
    mark = _mark(run, model)
    made = target / f"{stem(run)}-{form}.zip"
    tried = _kept(made, mark, RULES[form])
    if not tried:
        target.parent.mkdir(exist_ok=True)
        with _lock(target):
            tried = _kept(made, mark, RULES[form])  # by somebody else, meanwhile
            if not tried:
                # the check is part of the folder: there is no zip without it
                with folder_aside(target) as aside:
                    tried = _make(run, model, form, aside / made.name, on_phase)
                    kept = {"format": FORMAT, "mark": mark, "tried": [asdict(agreement) for agreement in tried]}
                    write_json(aside / "check.json", kept)
    *dropped, last = tried
    if not last.reaches(rule := RULES[form]):
        figures = {"n": last.rows, "same": last.same, "difference": last.difference}
        raise UserError("export_disagrees", form=form, least=rule.same, limit=rule.difference, **figures)
    in_use = run.selected or model  # before the end of a training none is chosen: the best so far is in use
    cautions = _cautions(run, model.name) if model != in_use else ()
    return Exported(made, model.name, in_use.name, last, tuple(dropped), cautions)


def _cautions(run: Run, name: str) -> tuple[dict[str, Any], ...]:
    """What must be known of a classifier that is not in use: the report's own sentences are about the one that is."""
    models = (run.report or {"models": {}})["models"]
    return tuple(beside_rules(models[name], models)) if name in models else ()


def _mark(run: Run, model: Path) -> int:
    """Of the state of a model and of the report that its card is made from."""
    report = run.folder / "report.json"
    files = [*model.iterdir(), *([report] if report.exists() else [])]
    return max(file.stat().st_mtime_ns for file in files)


def _kept(made: Path, mark: int, rule: Rule) -> list[Agreement]:
    """What was tried when a zip was made of that state of the model; nothing where it is to be made, or made anew."""
    check = made.with_name("check.json")
    if not check.exists() or (kept := read_json(check))["mark"] != mark or kept.get("format") != FORMAT:
        return []
    tried = [Agreement(**one) for one in kept["tried"]]
    return tried if made.exists() or not tried[-1].reaches(rule) else []


def _lock(target: Path) -> filelock.FileLock:
    """Held by whoever makes what becomes the folder `target`; whoever else wants it waits for that."""
    return filelock.FileLock(target.with_name(f".{target.name}.lock"))


def sweep(run: Run) -> None:
    """Delete what is left of forms whose making was cut off. What somebody makes now is left alone."""
    for left in (run.folder / "exports").glob(".*.new"):
        with contextlib.suppress(filelock.Timeout), _lock(left.with_name(left.stem[1:])).acquire(timeout=0):
            shutil.rmtree(left, ignore_errors=True)


def may_have_bert(run: Run) -> bool:
    """Whether the forms of a BERT can be offered: a run that is not done may get its BERT yet."""
    return "bert" in run.models or run.state().finished is None


def _model_of(run: Run, form: str) -> Path:
    selected, bert = run.selected, run.model_folder("bert")
    if selected is None:
        raise UserError("run_not_ready", run=run.id)
    if form not in OF_BERT:
        return selected
    if not bert.is_dir():
        raise UserError("export_bert_only", selected=selected.name)
    if form not in AS_IT_IS:
        onnx.check_installed()
    return bert


def stem(run: Run) -> str:
    """The name of the data file, fit for a folder."""
    return re.sub(r"[^\w-]+", "-", short_stem(run.meta["name"])).strip("-") or "model"


def _make(run: Run, model: Path, form: str, target: Path, on_phase: OnPhase) -> list[Agreement]:
    """Pack, load again, compare, by one recipe after the other. Leaves the zip only where it may be offered."""
    tried: list[Agreement] = []
    base = (run.meta["choices"] or {}).get("base", "")  # none yet where a training has just begun
    columns = run.roles.text
    written = _ours(run, model) if form == "bertdemo" else _card(run, model, form) if form in AS_IT_IS else {}
    for recipe in RECIPES[form]:
        # beside the zip: what a cut leaves behind is found there by the next export, and by `sweep`
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            aside, made = Path(folder), model
            if form not in AS_IT_IS:
                (made := aside / "made").mkdir()
                onnx.write(model, recipe, made, on_phase, columns)
            elif leans_on_a_folder(model):
                (made := aside / "made").mkdir()
                copy_with_encoder(model, made)
            on_phase("packing", 0.4)
            _zip(made, target, stem(run), base, written)
            tried.append(_compared(run, model, recipe, target, aside, on_phase))
            if tried[-1].reaches(RULES[form]):
                if form not in AS_IT_IS:
                    agreement = tried[-1].sentence("en")
                    written = _card(run, model, form, agreement)
                    onnx.write_readme(made, recipe, agreement, columns, card=bool(written))
                    _zip(made, target, stem(run), base, written)
                return tried
    target.unlink()
    return tried


def _ours(run: Run, model: Path) -> dict[str, str]:
    """What lies beside a folder that bertdemo itself reads: how it is used, and the model card, if there is one."""
    kind, labels = say(f"model.{model.name}", "en"), run.meta["data"]["labels"]
    roles, written = run.roles, _card(run, model, "bertdemo")
    readme = readme_of_ours(stem(run), kind, labels, roles.text, roles.pair, card=bool(written))
    return {"README.md": readme, **written}


def _card(run: Run, model: Path, form: str, agreement: str = "") -> dict[str, str]:
    """The model card under the name that it has in a form; nothing where no report has scores of the model."""
    report = run.report
    if report is None or model.name not in report["models"]:
        return {}
    file = "README.md" if form == "transformers" else "MODEL_CARD.md"
    return {file: card(run, "en", name=model.name, form=form, agreement=agreement)}


def _zip(folder: Path, target: Path, inside: str, base: str, written: Mapping[str, str] | None = None) -> None:
    """Pack a folder, with the texts `written` in the place of files of these names; no path of `base` is in it."""
    written = written or {}
    # weights do not get smaller: stored, not deflated
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if name in written:
                continue
            if file.name in NAMING and is_folder(base):
                archive.writestr(f"{inside}/{name}", _without_path(file.read_text(encoding="utf-8"), base))
            else:
                archive.write(file, f"{inside}/{name}")
        for name, text in written.items():
            archive.writestr(f"{inside}/{name}", _without_path(text, base) if is_folder(base) else text)


def _without_path(text: str, base: str) -> str:
    """The text with the public name of `base` in the place of its path, which runs of earlier versions wrote down; the
    Hub takes names of its own alone."""
    public, as_json = public_name(base), json.dumps(base, ensure_ascii=False)
    text = text.replace(f"base_model: {base}\n", "").replace(as_json, json.dumps(public, ensure_ascii=False))
    return text.replace(base, public)


def _compared(run: Run, model: Path, recipe: str, target: Path, aside: Path, on_phase: OnPhase) -> Agreement:
    """The zip, unpacked elsewhere and used as whoever gets it would use it, beside the model in fp32."""
    on_phase("comparing", 0.5)
    with zipfile.ZipFile(target) as archive:
        archive.extractall(aside / "again")
    again = aside / "again" / stem(run)
    split = run.split()
    rows = choosing_rows(split)
    texts = [split.data.texts[row] for row in rows[sample(len(rows), CHECKED_ROWS)].tolist()]
    original = Classifier.load(model, "fp32")
    expected = original.probabilities(texts)
    if recipe != "plain":
        found, said = onnx.by_script(again, texts)
    else:
        bert = original.kind == "bert"
        found = pipeline_probabilities(again, texts) if bert else Classifier.load(again, "fp32").probabilities(texts)
        said = original.decide(found)[0]
    same = sum(a == b for a, b in zip(said, original.decide(expected)[0], strict=True))
    return Agreement(recipe, len(texts), same, float(np.abs(found - expected).max(initial=0.0)))


def deliver(exported: Exported, out: Path) -> None:
    """Put the zip at `out`, or what is in it where `out` is not named .zip: then a folder.

    Raises:
        UserError: ``out_not_empty``, ``disk_full`` or ``out_unwritable``.
    """
    if out.suffix.lower() == ".zip":
        with where_asked(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            with file_aside(out) as aside:
                shutil.copy2(exported.path, aside)
        return
    if out.exists() and any(out.iterdir()):
        raise UserError("out_not_empty", path=str(out))
    with where_asked(out), folder_to_fill(out) as aside, zipfile.ZipFile(exported.path) as archive:
        unpacked = aside / ".unpacked"
        archive.extractall(unpacked)
        [inside] = unpacked.iterdir()
        for each in inside.iterdir():
            each.rename(aside / each.name)
        shutil.rmtree(unpacked)


def details(exported: Exported) -> dict[str, Any]:
    """What the command line says as JSON."""
    dropped = [asdict(agreement) for agreement in exported.dropped]
    return {"model": exported.model, "in_use": exported.in_use, **asdict(exported.agreement), "dropped": dropped}
