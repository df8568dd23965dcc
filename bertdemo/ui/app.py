"""The page as a whole: header, tabs, what follows a run, and how it is served."""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import secrets
import threading
import time
from collections.abc import Callable
from html import escape
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from starlette.middleware import Middleware

from bertdemo.core import device
from bertdemo.data.language import detect_language
from bertdemo.errors import UserError
from bertdemo.jobs.desk import Desk
from bertdemo.places import ASSETS
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import classify_tab, endpoints, plain_http, share, train_tab, view
from bertdemo.ui.data_tab import DataTab
from bertdemo.ui.language import HEAD, I18N, LanguageFirst, language, other_languages, t
from bertdemo.ui.loaded import Loaded, Source
from bertdemo.ui.owner import Door
from bertdemo.ui.report_tab import ReportTab
from bertdemo.ui.serving import Models
from bertdemo.ui.train_tab import TrainTab
from bertdemo.ui.watching import LIVE_SECONDS, Watcher, seconds_between_looks
from bertdemo.ui.wiring import STORAGE

TABS = ("data", "train", "report", "classify")
VISITOR_TABS = ("report", "classify")
TAB_IN_ADDRESS = """(...given) => {
  // the open tab is in the address, so that a reload stays there and Back goes to the tab before; not the one that is
  // open until it is known which one the address asks for
  const address = new URL(location);
  if (window.arrived && address.searchParams.get('tab') !== '%s') {
    address.searchParams.set('tab', '%s');
    history.pushState(history.state, '', address);
  }
  return given;
}"""
ADDRESS_TO_TAB = """() => {
  const tab = name => document.querySelector(`#tabs [role=tab]${name}`);
  const address = new URL(location);
  address.searchParams.set('tab', tab('[aria-selected=true]').dataset.tabId);
  history.replaceState(history.state, '', address);
  window.arrived = true;
  window.addEventListener('popstate', () => {
    const name = new URLSearchParams(location.search).get('tab');
    if (/^[a-z]+$/.test(name)) tab(`[data-tab-id=${name}]`)?.click();
  });
}"""
NO_RUN = "none"
MOST_WAITING = 64
MOST_UPLOAD = "1gb"
WARM_AFTER_SECONDS = 10.0
QUIET: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}

VISITOR_STYLE = """<style>
[role=tab][data-tab-id=data], [role=tab][data-tab-id=train], #elsewhere, #visit-add { display: none !important; }
</style>"""
"""A visitor by link sees Classify and Report. What a visitor may do is decided on the server, not here:
tabs that are there when the page is built do not listen to `visible` at its first event."""


def build(
    desk: Desk | None = None, door: Door | None = None, models: Models | None = None, *, mcp: bool = False
) -> gr.Blocks:
    """The page. Nothing is started: `launch` opens the desk.

    Args:
        desk: long work; made where left out.
        door: how the page is served.
        models: the classifiers in memory.
        mcp: assistants are served too.
    """
    desk, door, models = desk or Desk(), door or Door(), models or Models()
    with gr.Blocks(title="bertdemo", analytics_enabled=False, delete_cache=(3600, 86400), fill_width=True) as blocks:
        page = _Page(desk, door, models, mcp=mcp)
        page.wire(blocks)
    return blocks


class _Page:
    """The header and the tabs, and what of them follows the run on show."""

    def __init__(self, desk: Desk, door: Door, models: Models, *, mcp: bool) -> None:
        """Lay the page out."""
        self.desk, self.door, self.watcher = desk, door, Watcher()
        self.keys = gr.BrowserState({}, storage_key="bertdemo_keys", secret=STORAGE)
        self.kept = gr.BrowserState("", storage_key="bertdemo_run", secret=STORAGE)
        self.watched, self.listed = gr.State(""), gr.State("")
        self.seen = gr.State(None)  # until the page has arrived, and once the app that it arrived at is gone
        self.on_page = gr.Textbox("", visible="hidden", elem_id="on-page")  # as the browser knows it
        self.loaded, self.offered_for, self.pace = gr.State(None), gr.State(""), gr.State(LIVE_SECONDS)
        self.timer, file_timer = gr.Timer(LIVE_SECONDS, active=False), gr.Timer(LIVE_SECONDS)
        self.tab = gr.State("data")
        with gr.Row(elem_id="top"):
            self.header = gr.HTML(elem_id="header", padding=False)
            self.languages = gr.HTML(elem_id="languages", padding=False)
        self.visitor = gr.HTML(visible=False, padding=False)
        self.anew = gr.HTML(padding=False, elem_id="started-anew")
        with gr.Tabs(elem_id="tabs") as self.tabs:
            with gr.Tab(t("tab_data"), id="data") as data:
                self.data = DataTab(self.loaded, door)
            with gr.Tab(t("tab_train"), id="train") as train:
                self.train = TrainTab(desk, door, self.watcher, self.loaded, self.keys, self.watched)
                share.build(door, self.keys, self.watched, self.train.share, self.train.sharing)
            with gr.Tab(t("tab_report"), id="report") as report:
                self.report = ReportTab(door, self.keys, self.watched, self.tabs)
            with gr.Tab(t("tab_classify"), id="classify") as classify:
                self.classify = classify_tab.build(desk, door, models, self.keys, file_timer)
        self.each_tab = dict(zip(TABS, (data, train, report, classify), strict=True))
        endpoints.build(desk, door, models, self.watcher, mcp=mcp)

    def arrive(self, held: dict[str, str] | None, last: str | None, request: gr.Request) -> list[Any]:
        """A page load: a link's run, or the one that this browser looked at last."""
        _after_first_page(self.desk)
        asked = request.query_params.get("run") or ""
        note: Any = gr.skip()
        run_id = asked or last or ""
        try:
            run = Run.open(str(run_id))
            if asked and not self.door.owns(run, held, request):
                note = gr.update(value=VISITOR_STYLE, visible=True)
        except UserError as error:
            if asked:
                note = gr.update(value=view.error(error, language(request)), visible=True)
            live = self.watcher.live(self.door.runs(held, request))
            run_id = live[0].id if live else ""
        choices = train_tab.dial(None, None, language(request))
        tab = self._tab_of_arrival(str(run_id or ""), bool(asked), held, request)
        opened = gr.skip() if tab == TABS[0] else gr.update(selected=tab)  # the first one is open already
        return [run_id, "", "", opened, tab, note, gr.update(choices=choices)]

    def _tab_of_arrival(self, run_id: str, by_link: bool, held: dict[str, str] | None, request: gr.Request) -> str:
        """The tab that the address names, where the visitor has it; else a link's Classify, or Train while one's own
        training is under way."""
        named = request.query_params.get("tab")
        try:
            run = Run.open(run_id)
        except UserError:
            return named if named in TABS else "data"
        owner = self.door.owns(run, held, request)
        if named in (TABS if owner or not by_link else VISITOR_TABS):
            return str(named)
        if by_link:
            return "classify"
        return "train" if owner and self.watcher.live([run]) else "data"

    def follow(
        self,
        found: Loaded | None,
        kept: Source | None,
        tab: str,
        run_id: str,
        held: dict[str, str] | None,
        mark: str | None,
        list_mark: str,
        opened: str | None,
        classifier: str | None,
        pace: float,
        on_page: str | None,
        request: gr.Request,
    ) -> list[Any]:
        """What changed since the last look; everything where this app knows nothing of an open page, as once restarted.

        Args:
            found, kept: what was loaded, and what came in.
            tab: the one that is open.
            run_id: the run on show.
            held: the keys that the browser holds.
            mark, list_mark: what this page was shown last of the run and of the runs; `mark` is None in a session that
                no page has arrived in.
            opened, classifier: what is chosen among the runs to open and to classify with.
            pace: how often the page asks.
            on_page: the run that the browser knows to be on show, or `NO_RUN`; empty before the page has arrived.
        """
        lang = language(request)
        anew: list[Any] = [gr.skip()] * 3
        if mark is None and on_page:
            run_id = "" if on_page == NO_RUN else str(on_page)
            tab, list_mark, pace = request.query_params.get("tab") or TABS[0], _listed_for(run_id), 0.0
            anew = [run_id, tab, _started_anew(lang)]
        try:
            run = Run.open(str(run_id or ""))
        except UserError:
            run = None
        owner = run is not None and self.door.owns(run, held, request)
        said, mark_now = train_tab.watch(run, self.desk, self.watcher, lang, mark or "", owner)
        state = self.watcher.state(run) if run else None
        shown = run.report if run and state and state.finished else None
        fresh = mark_now != mark
        judged = self.report.shown(run, shown, lang, owner) if fresh else [gr.skip()] * len(self.report.updates)
        runs = self.door.runs(held, request)
        lists, list_now = self._lists(run, runs, lang, list_mark, opened, classifier)
        if list_now != list_mark:
            ready = any(r.models for r in runs) or bool(run and run.models)
            lists += classify_tab.while_empty(ready, state, owner, lang)
        else:
            lists += [gr.skip()] * 2
        pace_now = seconds_between_looks(state, held=run is not None and run.is_held)
        return [
            head(self._next(found, kept, tab, run, lang), lang),
            *said,
            *judged,
            *lists,
            mark_now,
            list_now,
            run.id if run and owner else gr.skip(),
            pace_now,
            gr.Timer(pace_now) if pace_now != pace else gr.skip(),
            gr.skip() if (shown_now := str(run_id or NO_RUN)) == on_page else shown_now,
            *anew,
        ]

    def _next(self, found: Loaded | None, kept: Source | None, tab: str, run: Run | None, lang: str) -> str:
        """What to do next: of the file that came in, unless something is learnt, or has been learnt from it.

        Args:
            found: what was loaded.
            kept: what came in, loaded or not.
            tab: the one that is open.
            run: the one on show.
            lang: language.
        """
        state = self.watcher.state(run) if run else None
        live = state is not None and state.status in ("waiting", "running")
        if found is None and kept is not None and not live:
            return sentence("next_mend", lang)
        if found and not live and (run is None or (state and state.status == "stopped") or not run.is_of(found.table)):
            return sentence(f"next_on_{tab}" if tab in ("data", "train") else "next_elsewhere", lang)
        shown = run.report if run and state and state.finished else None
        return view.next_step(state, self.desk.place(run.id) if run else None, shown, lang)

    def opens(self, tab: str) -> Callable[..., list[Any]]:
        """A handler that says what is next where `tab` was opened."""

        def opened(found: Loaded | None, kept: Source | None, run_id: str, request: gr.Request) -> list[Any]:
            lang = language(request)
            try:
                run = Run.open(str(run_id or ""))
            except UserError:
                run = None
            return [tab, head(self._next(found, kept, tab, run, lang), lang)]

        return opened

    def _lists(
        self, run: Run | None, runs: list[Run], lang: str, mark: str, opened: str | None, classifier: str | None
    ) -> tuple[list[Any], str]:
        """Updates for the runs to open, to classify with and to compare with; and the mark of what was listed.

        Args:
            run: the one on show.
            runs: those that the visitor may see.
            mark: the one that the last call returned to this page.
            opened: what is chosen among the runs to open.
            classifier: what is chosen among those to classify with.
        """
        if run is not None and run not in runs:
            runs = [run, *runs]
        choices, mark_now = _choices(runs, self.watcher, lang)
        # what is watched is what is chosen everywhere, once it can classify, until a person chooses
        watched, can_classify = run.id if run else None, bool(run and run.models)
        mark_now = f"{watched} {can_classify} {mark_now}"
        if mark_now == mark:
            return [gr.skip()] * 3, mark_now
        before, now = ((of.split(" ", 2) + [""] * 2)[:2] for of in (mark, mark_now))
        ready = [choice for choice, r in zip(choices, runs, strict=True) if r.models]
        judged_too = [choice for choice, r in zip(choices, runs, strict=True) if r.report and r != run]
        current = watched if can_classify else (ready[0][1] if ready else None)
        return [
            _offered(choices, opened, watched or (choices[0][1] if choices else None), before[0] != now[0]),
            _offered(ready, classifier, current, before != now and can_classify),
            gr.update(choices=judged_too, value=None),
        ], mark_now

    def wire(self, blocks: gr.Blocks) -> None:
        """Say what follows what; after everything is laid out."""
        train, report, classify = self.train, self.report, self.classify
        inputs = [self.loaded, self.data.source, self.tab, self.watched, self.keys, self.seen, self.listed]
        inputs += [train.opened, classify.run, self.pace, self.on_page]
        lists = [train.opened, classify.run, report.others, classify.empty, classify.form]
        outputs = [self.header, *train.updates, *report.updates, *lists]
        outputs += [self.seen, self.listed, self.kept, self.pace, self.timer, self.on_page]
        outputs += [self.watched, self.tab, self.anew]
        follow = self.follow  # one object, as Gradio counts what runs at once by it

        into = [self.watched, self.seen, self.listed, self.tabs, self.tab, self.visitor, train.offers[0]]
        blocks.load(other_languages, None, self.languages, **QUIET)
        arrived = blocks.load(self.arrive, [self.keys, self.kept], into, **QUIET)
        # the clock starts when it is known which run is on show: a look before would choose another one for a moment
        followed = arrived.then(follow, inputs, outputs, **QUIET)
        followed.then(lambda: gr.Timer(active=True), None, self.timer, **QUIET)
        followed.then(None, None, None, js=ADDRESS_TO_TAB)
        gr.on([self.timer.tick, self.watched.change], follow, inputs, outputs, **QUIET)
        for name, tab in self.each_tab.items():
            given, js = [self.loaded, self.data.source, self.watched], TAB_IN_ADDRESS.replace("%s", name)
            tab.select(self.opens(name), given, [self.tab, self.header], js=js, **QUIET)
        for done in (*train.changes, report.reselected):
            done.then(follow, inputs, outputs, **QUIET)
        self.data.opens(report.onward.click, report.handed)
        self.data.opens(classify.added.success, classify.handed)
        self.data.starts_anew(self.anew.change)
        classify.starts_anew(self.anew.change)
        self.data.after_reading(follow, inputs[1:], outputs)
        self.data.after_reading(offer, [self.offered_for], [*train.offers, self.offered_for])
        _jumps(self.tabs, *((button, "train") for button in self.data.onward))
        _jumps(self.tabs, (train.see_report, "report"), (train.classify, "classify"))
        _jumps(self.tabs, (report.onward, "data"), (classify.add, "data"))
        opened = train.open_run.click(lambda run_id: run_id or gr.skip(), train.opened, self.watched, **QUIET)
        opened.then(follow, inputs, outputs, **QUIET)


def launch(
    host: str = "127.0.0.1",
    port: int | None = None,
    share: bool = False,
    mcp: bool = False,
    *,
    for_others: bool = False,
    root_path: str | None = None,
    on_served: Callable[[str, str | None], None] | None = None,
) -> None:
    """Serve the page until it is interrupted.

    Args:
        host: address to listen on; only on loopback does the person at the machine see all runs.
        port: None for the first free one from 7860 on.
        share: make a temporary public link, where that is possible.
        mcp: serve an MCP server too, so that assistants can classify.
        for_others: whoever comes is a visitor, from this machine too, as behind a proxy.
        root_path: the path that a proxy serves it below, or its whole address there; None: what ``GRADIO_ROOT_PATH``
            says.
        on_served: gets the page's address once it is there, and its public one where that could be made.

    Raises:
        UserError: ``mcp_missing``.
    """
    if mcp and importlib.util.find_spec("mcp") is None:
        raise UserError("mcp_missing")
    on_spaces = "SPACE_ID" in os.environ
    door = Door("0.0.0.0" if on_spaces else host, shared=share or for_others or on_spaces)  # noqa: S104
    desk, models = Desk(), Models()
    page = build(desk, door, models, mcp=mcp).queue(api_open=False, max_size=MOST_WAITING, default_concurrency_limit=4)
    desk.open()
    atexit.register(desk.close)
    gc.freeze()  # what is loaded stays: the collector's looking through it doubles the time to read a file
    _, address, public = page.launch(
        server_name=door.host,
        server_port=port,
        root_path=root_path,
        share=share and not on_spaces,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size=MOST_UPLOAD,
        footer_links=[] if on_spaces else ["settings"],  # a Space has the theme from its surroundings
        i18n=I18N,
        theme=theme(),
        css_paths=[ASSETS / "style.css"],
        head=HEAD,
        favicon_path=ASSETS / "logo.svg",
        show_error=True,
        quiet=True,
        prevent_thread_lock=True,
        mcp_server=mcp,
        app_kwargs={"middleware": [Middleware(LanguageFirst)], "routes": plain_http.routes(models)},
    )
    if on_served:
        on_served(address.rstrip("/"), public)
    page.block_thread()


def theme() -> gr.Theme:
    """Gradio's plain theme with one accent and the system's own letters; words have a contrast of 4.5:1, edges 3:1."""
    letters = [
        "system-ui",
        "-apple-system",
        "Segoe UI",
        "Noto Sans CJK SC",
        "PingFang SC",
        "Microsoft YaHei",
        "sans-serif",
    ]
    return gr.themes.Default(
        primary_hue="blue", neutral_hue="slate", font=letters, font_mono=["ui-monospace", "monospace"]
    ).set(
        body_text_color_subdued="*neutral_500",
        color_accent="*primary_600",  # in the dark style.css has a lighter one, as themes have none
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_border_color="*primary_600",
        button_primary_border_color_hover="*primary_700",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        checkbox_border_color="*neutral_500",
        checkbox_border_color_hover="*neutral_500",
        checkbox_border_color_dark="*neutral_400",
        checkbox_border_color_hover_dark="*neutral_400",
    )


def head(line: str, lang: str) -> str:
    """The header: name, what to do next, the device."""
    chip, title = escape(device.label(device.known(), lang)), escape(sentence("device", lang))
    return (
        f'<div class="head"><h1>bertdemo</h1><p>{escape(line)}</p>'
        f'<span class="chip" title="{title}">{chip}</span></div>'
    )


def _choices(runs: list[Run], watcher: Watcher, lang: str) -> tuple[list[tuple[str, str]], str]:
    """Names and ids of runs for a dropdown, and a mark that changes with them."""
    known = [(run.id, run.meta, watcher.state(run)) for run in runs]
    marks = [f"{run.id}:{state.status}:{len(run.models)}" for run, (_, _, state) in zip(runs, known, strict=True)]
    titles = zip(view.run_titles(known, lang), [run.id for run in runs], strict=True)
    return list(titles), "|".join([lang, *marks])


def _offered(choices: list[tuple[str, str]], chosen: str | None, other: str | None, new: bool) -> Any:
    """Choices for a dropdown; `other` is chosen where what was chosen is no more among them, or anew."""
    stays = not new and chosen in [run_id for _, run_id in choices]
    return gr.update(choices=choices) if stays else gr.update(choices=choices, value=other)


def _listed_for(run_id: str) -> str:
    """The mark of lists in which a run is on show, and nothing else is known of them: what was chosen stays."""
    try:
        return f"{run_id} {bool(Run.open(run_id).models)}"
    except UserError:
        return ""


def _started_anew(lang: str) -> str:
    """That what the app kept of this page is gone; another text each time, so that what follows is told."""
    return f'<div data-time="{secrets.token_hex(4)}">{view.note(sentence("started_anew", lang), "warning")}</div>'


def offer(found: Loaded | None, before: str, request: gr.Request) -> list[Any]:
    """The Train tab's form for what was loaded, and the language that its base was offered for."""
    spoken = found.legible.language.code if found else ""
    return [*train_tab.offer(found, language(request), fresh=spoken != before), spoken]


def _jumps(tabs: gr.Tabs, *jumps: tuple[gr.Button, str]) -> None:
    def jump(tab: str) -> Any:
        return lambda: gr.Tabs(selected=tab)

    for button, tab in jumps:
        button.click(jump(tab), None, tabs, api_visibility="private", queue=False)


def _after_first_page(desk: Desk) -> None:
    """Load what training and classifying need, once somebody has seen the page."""
    if not _warming.is_set():
        _warming.set()
        desk.warm()
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    """What reading a file needs at once, what classifying needs later: the first file shall not wait for it."""
    detect_language(["The first call loads its model."])
    time.sleep(WARM_AFTER_SECONDS)
    device.warm_up()
    gc.freeze()


_warming = threading.Event()
