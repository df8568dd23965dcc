"""The Train tab: one dial, what it costs, live progress, stop, discard, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from bertdemo.core import device, models
from bertdemo.core.estimate import estimate_seconds
from bertdemo.data.hub import hub_reachable
from bertdemo.data.split import FOLDS_BELOW
from bertdemo.errors import UserError
from bertdemo.export.report_parts import confusion, headline
from bertdemo.jobs.desk import CAN_GO_ON, Desk
from bertdemo.runs.config import BUDGETS, TFIDF_ONLY, TrainConfig
from bertdemo.runs.run import Run, new_key
from bertdemo.runs.state import RunState
from bertdemo.text import language_name, sentence
from bertdemo.ui import view
from bertdemo.ui.filled import FilledDropdown
from bertdemo.ui.language import language, t, titles
from bertdemo.ui.loaded import Loaded
from bertdemo.ui.owner import Door
from bertdemo.ui.watching import Watcher
from bertdemo.ui.wiring import PRIVATE_AT_ONCE, SAID_ALOUD


def offer(loaded: Loaded | None, lang: str, *, fresh: bool = True) -> list[Any]:
    """What the form shows for a file: the dial with its costs, the base to take, a note on the language, and beside
    Train what will be learnt from, or that there is nothing yet.

    Args:
        fresh: whether another base is to be taken than for what was loaded before; what a person chose stays otherwise.
    """
    if loaded is None:
        hidden = gr.update(visible=False)
        return [gr.skip(), gr.skip(), hidden, gr.update(interactive=False), gr.update(visible=True), hidden]
    gpu = (device.known() or {}).get("kind") == "cuda"
    hub = loaded.legible.language.code != "en" and hub_reachable()
    base = models.default_base(loaded.legible.language.code, gpu=gpu, hub=hub)
    words, chosen = "", None
    if not models.is_local(base) and not hub:
        entry = models.catalogue_entry(base)
        words = sentence(
            "needs_download",
            lang,
            language=language_name(loaded.legible.language.code, lang),
            base=base,
            megabytes=entry.megabytes if entry else 0,
        )
        chosen = TFIDF_ONLY
    elif not models.is_local(base) and (entry := models.catalogue_entry(base)):
        words = sentence("will_download", lang, base=base, megabytes=entry.megabytes)
    return [
        gr.update(choices=dial(loaded, chosen, lang)),
        gr.update(value=chosen or "") if fresh else gr.skip(),
        gr.update(value=view.note(words, "warning"), visible=bool(words)),
        gr.update(interactive=True, variant="primary"),
        gr.update(visible=False),
        gr.update(value=to_learn_from(loaded, lang), visible=True),
    ]


def to_learn_from(loaded: Loaded, lang: str) -> str:
    """The file that Train will take, in a line."""
    rows, classes = len(loaded.texts), len(loaded.texts.label_names)
    words = sentence("train_on", lang, file=loaded.table.name, n=rows, classes=classes)
    return f'<p class="quiet">{escape(words)}</p>'


def dial(loaded: Loaded | None, base: str | None, lang: str) -> list[tuple[str, str]]:
    """The budgets with what they cost on this device."""
    choices: list[tuple[str, str]] = []
    for budget in BUDGETS:
        words = sentence(f"budget_{budget}", lang)
        if loaded is not None:
            config = TrainConfig(budget=budget, base=base or None)
            classes = len(loaded.texts.label_names)
            rows, folds = len(loaded.texts), loaded.folds
            seconds = estimate_seconds(rows, loaded.legible.mean_tokens, classes, config, device.known(), folds=folds)
            words = sentence("budget_cost", lang, budget=words, time=view.duration(seconds, lang))
        choices.append((words, budget))
    return choices


def settings(budget: Any, base: Any, epochs: Any, lr: Any, batch: Any, max_length: Any, seed: Any) -> TrainConfig:
    """The config of a form whose empty fields mean automatic.

    Raises:
        UserError: a value that is no number or out of range.
    """

    def number(name: str, value: Any, kind: type) -> Any:
        if value in (None, "", 0):
            return None
        try:
            found = float(value)
            # one that is not whole is for the config to refuse
            return int(found) if kind is int and found == int(found) else found
        except (TypeError, ValueError, OverflowError):
            raise UserError("setting_no_number", name=name, value=str(value)[:40]) from None

    return TrainConfig(
        budget=str(budget),  # type: ignore[arg-type]  # checked by TrainConfig
        base=str(base).strip() or None if base else None,
        epochs=number("epochs", epochs, float),
        lr=number("lr", lr, float),
        batch=number("batch", batch, int),
        max_length=number("max_length", max_length, int),
        seed=number("seed", seed, int) or 0,
    )


def _setting(name: str, info: str) -> gr.Textbox:
    """A field for a number that may be left empty, which `gr.Number` shows as 0."""
    return gr.Textbox("", label=t(name), info=t(info), placeholder=t("automatic"), max_lines=1)


class TrainTab:
    """The tab. `updates` are the components that `watch` updates, `offers` those that `offer` does.

    `changes` are the events after which a run has begun, is gone, ends as soon as it can, or goes on.
    """

    def __init__(
        self, desk: Desk, door: Door, watcher: Watcher, loaded: gr.State, keys: gr.BrowserState, watched: gr.State
    ) -> None:
        """Lay the tab out and wire it. `watched` holds the id of the run on show."""
        self.desk, self.door, self.watcher = desk, door, watcher
        with gr.Column(elem_id="train-form"):
            self._build_form()
        with gr.Column(visible=False, elem_id="train-progress") as self.panel:
            self._build_progress()
        with gr.Accordion(t("earlier_runs"), open=False):
            self._build_earlier_runs()
        self._wire(loaded, keys, watched)
        self.offers = [self.budget, self.base, self.note, self.start, self.no_file, self.learnt_from]
        self.updates = [self.panel, self.progress, self.announced, self.charts, self.losses, self.scores, self.legend]
        self.updates += [self.controls, self.go_on, self.promise, self.result, self.after, self.start, self.stop]

    def _build_form(self) -> None:
        self.budget = gr.Radio(dial(None, None, "en"), value="balanced", label=t("budget"), elem_id="budget")
        self.note = gr.HTML(visible=False, padding=False)
        with gr.Accordion(t("advanced"), open=False):
            catalogue = [(t(f"base_{entry.about}"), entry.name) for entry in models.CATALOGUE]
            self.base = gr.Dropdown(
                [(t("automatic"), ""), *catalogue, (t("tfidf_only"), TFIDF_ONLY)],
                value="",
                label=t("base"),
                info=t("base_info_visitor" if self.door.is_for_others else "base_info"),
                allow_custom_value=True,
                interactive=True,
            )
            with gr.Row():
                epochs = _setting("epochs", "empty_is_automatic")
                lr = _setting("lr", "lr_info")
                batch = _setting("batch", "empty_is_automatic")
            with gr.Row():
                max_length = _setting("max_length", "max_length_info")
                seed = gr.Number(0, label=t("seed"), precision=0, info=t("seed_info"))
        self.start = gr.Button(t("train"), variant="primary", elem_id="train", interactive=False)
        with gr.Column(visible=False, elem_id="train-queue") as self.queue:
            self.queue_words = gr.HTML(padding=False)
            with gr.Row():
                self.after_it = gr.Button(t("train_after"), elem_id="train-after")
                self.not_now = gr.Button(t("train_not_now"), variant="primary", elem_id="train-not-now")
        self.no_file = gr.Markdown(t("train_needs_file"), elem_id="needs-file")
        self.learnt_from = gr.HTML(visible=False, padding=False)
        self.problem = gr.HTML(visible=False, elem_id="train-problem", padding=False)
        self.form = [self.budget, self.base, epochs, lr, batch, max_length, seed]

    def _build_progress(self) -> None:
        self.progress = gr.HTML(elem_id="progress", padding=False)
        self.announced = gr.HTML(padding=False, elem_classes="sr-only", js_on_load=SAID_ALOUD)
        with gr.Column(visible=False) as self.charts:
            plain: dict[str, Any] = {"x": "step", "color_map": view.CURVES, "colors_in_legend": [], "height": 240}
            plain["min_width"] = 300  # below each other on a phone
            with gr.Row():
                self.losses = gr.LinePlot(y="loss", color="rows", label=t("loss"), **plain)
                self.scores = gr.LinePlot(y="accuracy", color="model", label=t("validation_accuracy"), **plain)
            self.legend = gr.HTML(padding=False)
        with gr.Row(visible=False) as self.controls:
            self.stop = gr.Button(t("stop"), elem_id="stop")
            self.discard = gr.Button(t("discard"), elem_id="discard")
        self.go_on = gr.Button(t("continue_training"), visible=False, variant="primary", elem_id="train-continue")
        with gr.Row(visible=False) as self.sure:
            gr.Markdown(t("discard_sure"))
            self.really = gr.Button(t("discard_yes"), variant="stop", elem_id="discard-yes")
            self.keep = gr.Button(t("discard_no"))
        self.promise = gr.HTML(visible=False, padding=False)
        self.result = gr.HTML(elem_id="result", padding=False)
        with gr.Row(visible=False) as self.after:
            self.see_report = gr.Button(t("see_report"))
            self.classify = gr.Button(t("go_classify"), variant="primary", elem_id="go-classify")
            self.share = gr.Button(t("share"))
        self.sharing = gr.Column(visible=False, elem_id="sharing")

    def _build_earlier_runs(self) -> None:
        with gr.Row():
            self.opened = FilledDropdown([], label=t("run"), interactive=True, scale=4, elem_id="runs")
            self.open_run = gr.Button(t("open"), scale=1)
            self.delete_run = gr.Button(t("delete"), scale=1)
        with gr.Row(visible=False) as self.delete_sure:
            gr.Markdown(t("delete_sure"))
            self.delete_yes = gr.Button(t("delete_yes"), variant="stop")
            self.delete_no = gr.Button(t("discard_no"))

    def ask_or_begin(
        self, request: gr.Request, found: Loaded | None, held: dict[str, str] | None, *form: Any
    ) -> list[Any]:
        """A person who has a training under way is asked first: another one would wait behind it."""
        live = self.watcher.live(self.door.runs(held, request))
        if not live:
            return self.begin(request, found, held, *form)
        words = under_way(live[0], self.watcher.state(live[0]), language(request))
        return [gr.skip(), gr.skip(), gr.update(visible=False), gr.update(visible=True), words]

    def begin(self, request: gr.Request, found: Loaded | None, held: dict[str, str] | None, *form: Any) -> list[Any]:
        """A run of what the form says, with its key; `form` holds the values of `TrainTab.form`."""
        answered = [gr.update(visible=False), ""]
        try:
            if found is None:
                raise UserError("no_file_yet")
            config = settings(*form)
            self.door.must_be_open(config.base, request)
            models.require_length(config.base, config.max_length)
            key = new_key()
            run = Run.create(found.table, found.roles, config, test=found.test, key=key, relabelling=found.relabelling)
        except UserError as error:
            problem = gr.update(value=view.error(error, language(request)), visible=True)
            return [gr.skip(), gr.skip(), problem, *answered]
        return [{**(held or {}), run.id: key}, run.id, gr.update(visible=False), *answered]

    def left(self, run_id: str, held: dict[str, str] | None, request: gr.Request) -> Any:
        """What to show after a run was deleted: the one on show if it stays, else one of one's own that goes on."""
        with contextlib.suppress(UserError):
            if not Run.open(str(run_id or "")).is_requested("discard"):
                return gr.skip()
        live = self.watcher.live(self.door.runs(held, request))
        return live[0].id if live else ""

    def _for_owner(self, ask: Callable[[Run], Any]) -> Callable[..., None]:
        """A handler that asks something of a run, for its owner."""

        def handler(run_id: str, held: dict[str, str] | None, request: gr.Request) -> None:
            try:
                run = Run.open(str(run_id or ""))
                self.door.must_own(run, held, request)
                ask(run)
            except UserError as error:
                raise gr.Error(escape(view.worded(error, language(request)))) from error

        return handler

    def _wire(self, loaded: gr.State, keys: gr.BrowserState, watched: gr.State) -> None:
        # what a question is about stays what it was asked of, whatever is on show when it is answered
        asked_of, delete_of = gr.State(""), gr.State("")
        desk, sure, delete_sure = self.desk, self.sure, self.delete_sure
        form, into = [loaded, keys, *self.form], [keys, watched, self.problem, self.queue, self.queue_words]
        begun = [
            self.start.click(self.ask_or_begin, form, into, **PRIVATE_AT_ONCE),
            self.after_it.click(self.begin, form, into, **PRIVATE_AT_ONCE),
        ]
        self.not_now.click(lambda: gr.update(visible=False), None, self.queue, **PRIVATE_AT_ONCE)
        # what is asked is said at once: the worker sees it behind the step in hand
        stopped = self.stop.click(self._for_owner(desk.stop), [watched, keys], None, **PRIVATE_AT_ONCE).success(
            lambda: gr.update(value=t("stopping"), interactive=False), None, self.stop, **PRIVATE_AT_ONCE
        )
        went_on = self.go_on.click(self._for_owner(desk.go_on), [watched, keys], None, **PRIVATE_AT_ONCE).success(
            lambda: gr.update(visible=False), None, self.go_on, **PRIVATE_AT_ONCE
        )
        self.discard.click(ask, watched, [asked_of, sure], **PRIVATE_AT_ONCE)
        watched.change(lambda: gr.update(visible=False), None, sure, **PRIVATE_AT_ONCE)
        self.keep.click(lambda: gr.update(visible=False), None, sure, **PRIVATE_AT_ONCE)
        discarded = (
            self.really.click(self._for_owner(desk.discard), [asked_of, keys], None, **PRIVATE_AT_ONCE)
            .then(lambda: gr.update(visible=False), None, sure, **PRIVATE_AT_ONCE)
            .then(self.left, [watched, keys], watched, **PRIVATE_AT_ONCE)
        )
        self.delete_run.click(ask, self.opened, [delete_of, delete_sure], **PRIVATE_AT_ONCE)
        self.opened.change(lambda: gr.update(visible=False), None, delete_sure, **PRIVATE_AT_ONCE)
        self.delete_no.click(lambda: gr.update(visible=False), None, delete_sure, **PRIVATE_AT_ONCE)
        deleted = (
            self.delete_yes.click(self._for_owner(desk.discard), [delete_of, keys], None, **PRIVATE_AT_ONCE)
            .then(lambda: gr.update(visible=False), None, delete_sure, **PRIVATE_AT_ONCE)
            .then(self.left, [watched, keys], watched, **PRIVATE_AT_ONCE)
        )
        self.changes = (*begun, stopped, went_on, discarded, deleted)


def under_way(run: Run, state: RunState, lang: str) -> str:
    """That a run is waiting or learning, and what another one would do."""
    words = sentence("train_under_way", lang, file=run.meta["name"], done=state.done)
    return f'<div class="notice warning" role="alert">{escape(words)}</div>'


def ask(run_id: str) -> list[Any]:
    """What a question is about, and the question, where there is something to ask of."""
    return [run_id or "", gr.update(visible=bool(run_id))]


def watch(run: Run | None, desk: Desk, watcher: Watcher, lang: str, seen: str, owner: bool) -> tuple[list[Any], str]:
    """Updates for `TrainTab.updates`, and the mark of what was shown, to leave out what did not change.

    Args:
        run: the run on show, None where there is none (any more).
        seen: the mark that the last call returned to this page.
        owner: whether the visitor may stop and discard it.
    """
    if run is None:
        return [gr.update(visible=False), *[gr.skip()] * 13], ""
    state, place = watcher.state(run), desk.place(run.id)
    live = state.status in ("waiting", "running")
    ahead = left_before(desk, watcher) if place and state.status == "waiting" else None
    counts = (len(state.steps), len(state.validations), len(state.baselines))
    selected = state.finished.selected if state.finished else ""
    stopping = live and run.is_requested("stop")
    mark = f"{run.id}:{counts}:{state.status}:{state.phase}:{selected}:{stopping}:{lang}"
    said = [
        gr.update(visible=True),
        view.of_run(run) + view.progress(state, place, lang, ahead),
        view.announcement(state, place, lang),
    ]
    if mark == seen:
        return [*said[:2], gr.skip(), *[gr.skip()] * 11], mark
    # where folds take turns nothing is validated while a model learns
    data = run.meta["data"]
    # runs made before folds were kept there took turns below that number of rows
    takes_turns = not state.validations and data.get("folds", data["rows"] < FOLDS_BELOW) > 0
    # one that ended without a validation will have none
    validated = bool(state.validations) or (live and not takes_turns)
    report = run.report if state.finished else None
    result = headline(report, lang) + confusion(report, lang) if report else ""
    promise = sentence("promise_page", lang)
    return [
        *said,
        gr.update(visible=len(state.steps) > 1),
        gr.LinePlot(view.loss_frame(state), **titles(lang, x="step", y="loss")) if state.steps else gr.skip(),
        _score_chart(state, lang) if state.validations else gr.update(visible=validated),
        view.legend(lang, validated=validated, in_turns=takes_turns, kept=bool(state.validations and state.kept))
        + view.charts_said(state, lang),
        gr.update(visible=live and owner),
        gr.update(visible=owner and state.failed is not None and state.failed.code in CAN_GO_ON),
        gr.update(value=f'<p class="quiet">{escape(promise)}</p>', visible=live),
        result,
        gr.update(visible=report is not None),
        gr.update(
            variant="secondary"
        ),  # what comes next is elsewhere; a file that is read makes it the next step again
        gr.update(  # what waits has nothing to keep
            value=t("stopping" if stopping else "stop"), interactive=not stopping, visible=state.status != "waiting"
        ),
    ], mark


def left_before(desk: Desk, watcher: Watcher) -> float | None:
    """Seconds that are left of the training that goes on, whoever's it is; None where none does or they are unknown."""
    states = map(watcher.state, desk.worked_on())
    return next((state.left for state in states if state.status == "running"), None)


def _score_chart(state: RunState, lang: str) -> gr.LinePlot:
    several = state.validations[-1].micro_f1 is not None
    label = sentence("validation_f1" if several else "validation_accuracy", lang)
    axes = titles(lang, x="step", y="micro_f1" if several else "accuracy")
    frame = view.score_frame(state)
    return gr.LinePlot(frame, visible=True, label=label, y_lim=view.score_limits(frame), **axes)
