"""The page as a whole: header, tabs, what follows a run, and how it is served."""

from __future__ import annotations

import atexit
import gc
import importlib.util
import os
import threading
import time
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
from bertdemo.ui import classify_tab, data_tab, endpoints, plain_http, share, train_tab, view
from bertdemo.ui.language import HEAD, I18N, LanguageFirst, language, t
from bertdemo.ui.loaded import Loaded
from bertdemo.ui.owner import Door
from bertdemo.ui.report_tab import ReportTab
from bertdemo.ui.serving import Models
from bertdemo.ui.watching import LIVE_SECONDS, Watcher, seconds_between_looks

MOST_WAITING = 64
MOST_UPLOAD = "1gb"
WARM_AFTER_SECONDS = 10.0
STORAGE = "bertdemo"  # fixed, so that the browser finds its keys again after a restart; it hides nothing


VISITOR_STYLE = """<style>
[role=tab][data-tab-id=data], [role=tab][data-tab-id=train], #elsewhere { display: none !important; }
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
    desk, door, models, watcher = desk or Desk(), door or Door(), models or Models(), Watcher()
    with gr.Blocks(title="bertdemo", analytics_enabled=False, delete_cache=(3600, 86400), fill_width=True) as page:
        keys = gr.BrowserState({}, storage_key="bertdemo_keys", secret=STORAGE)
        kept = gr.BrowserState("", storage_key="bertdemo_run", secret=STORAGE)
        watched, seen, listed = gr.State(""), gr.State(""), gr.State("")
        loaded, offered_for, pace = gr.State(None), gr.State(""), gr.State(LIVE_SECONDS)
        timer, file_timer = gr.Timer(LIVE_SECONDS, active=False), gr.Timer(LIVE_SECONDS)
        header = gr.HTML(elem_id="header", padding=False)
        visitor = gr.HTML(visible=False, padding=False)
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(t("tab_data"), id="data"):
                go, after_reading = data_tab.build(loaded)
            with gr.Tab(t("tab_train"), id="train"):
                train = train_tab.build(desk, door, watcher, loaded, keys, watched)
                share.build(door, keys, watched, train.share)
            with gr.Tab(t("tab_report"), id="report"):
                report = ReportTab(door, keys, watched, tabs)
            with gr.Tab(t("tab_classify"), id="classify"):
                classify = classify_tab.build(desk, door, models, keys, file_timer)
        endpoints.build(desk, door, models, watcher, mcp=mcp)

        def arrive(held: dict[str, str] | None, last: str | None, request: gr.Request) -> list[Any]:
            """A page load: a link's run, or the one that this browser looked at last."""
            _after_first_page(desk)
            asked = request.query_params.get("run") or ""
            note: Any = gr.skip()
            run_id = asked or last or ""
            try:
                run = Run.open(str(run_id))
                if asked and not door.owns(run, held, request):
                    note = gr.update(value=VISITOR_STYLE, visible=True)
            except UserError as error:
                if asked:
                    note = gr.update(value=view.error(error, language(request)), visible=True)
                mine = door.runs(held, request)
                live = [run.id for run in mine if watcher.state(run).status in ("waiting", "running")]
                run_id = live[-1] if live else ""
            choices = train_tab.dial(None, None, language(request))
            tab = gr.update(selected="classify") if asked and run_id else gr.skip()
            return [
                run_id,
                "",
                "",
                tab,
                note,
                gr.update(choices=choices),
            ]

        def follow(
            found: Loaded | None,
            run_id: str,
            held: dict[str, str] | None,
            mark: str,
            list_mark: str,
            opened: str | None,
            classifier: str | None,
            pace: float,
            request: gr.Request,
        ) -> list[Any]:
            """What changed since the last look."""
            lang = language(request)
            try:
                run = Run.open(str(run_id or ""))
            except UserError:
                run = None
            owner = run is not None and door.owns(run, held, request)
            said, mark_now = train_tab.watch(run, desk, watcher, lang, mark, owner)
            state = watcher.state(run) if run else None
            shown = run.report if run and state and state.finished else None
            place = desk.place(run.id) if run else None
            line = view.next_step(state, place, shown, lang)
            if found and (run is None or (shown and not run.is_of(found.table))):
                line = sentence("next_train", lang)  # another file has come in
            fresh = mark_now != mark
            judged = report.shown(run, shown, lang, owner) if fresh else [gr.skip()] * len(report.updates)
            runs = door.runs(held, request)
            if run is not None and run not in runs:
                runs = [run, *runs]
            choices, list_now = _choices(runs, watcher, lang)
            # what is watched is what is chosen everywhere, once it can classify, until a person chooses
            list_now = f"{run.id if run else None} {bool(run and run.models)} {list_now}"
            before, now = ((mark.split(" ", 2) + [""] * 2)[:2] for mark in (list_mark, list_now))

            def offered(choices: list[tuple[str, str]], chosen: str | None, watched_one: str | None, new: bool) -> Any:
                stays = not new and chosen in [run_id for _, run_id in choices]
                return gr.update(choices=choices) if stays else gr.update(choices=choices, value=watched_one)

            if list_now == list_mark:
                lists = [gr.skip()] * 5
            else:
                ready = [choice for choice, r in zip(choices, runs, strict=True) if r.models]
                judged_too = [choice for choice, r in zip(choices, runs, strict=True) if r.report and r != run]
                current = run.id if run and run.models else (ready[0][1] if ready else None)
                lists = [
                    offered(choices, opened, run.id if run else None, before[0] != now[0]),
                    offered(ready, classifier, current, before != now and bool(run and run.models)),
                    gr.update(choices=judged_too, value=None),
                    *classify_tab.while_empty(bool(ready), state, owner, lang),
                ]
            pace_now = seconds_between_looks(state, held=run is not None and run.is_held)
            return [
                head(line, lang),
                *said,
                *judged,
                *lists,
                mark_now,
                list_now,
                run.id if run and owner else gr.skip(),
                pace_now,
                gr.Timer(pace_now) if pace_now != pace else gr.skip(),
            ]

        private: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
        inputs = [loaded, watched, keys, seen, listed, train.opened, classify.run, pace]
        outputs = [
            header,
            *train.updates,
            *report.updates,
            train.opened,
            classify.run,
            report.others,
            classify.empty,
            classify.form,
            seen,
            listed,
            kept,
            pace,
            timer,
        ]
        arrived = page.load(arrive, [keys, kept], [watched, seen, listed, tabs, visitor, train.offers[0]], **private)
        # the clock starts when it is known which run is on show: a look before would choose another one for a moment
        arrived.then(follow, inputs, outputs, **private).then(lambda: gr.Timer(active=True), None, timer, **private)
        gr.on([timer.tick, watched.change], follow, inputs, outputs, **private)
        for done in (*train.changes, report.reselected):
            done.then(follow, inputs, outputs, **private)
        after_reading(follow, inputs[1:], outputs)

        def offer(found: Loaded | None, before: str, request: gr.Request) -> list[Any]:
            spoken = found.legible.language.code if found else ""
            return [*train_tab.offer(found, language(request), fresh=spoken != before), spoken]

        after_reading(offer, [offered_for], [*train.offers, offered_for])
        _jumps(tabs, (go, "train"), (train.see_report, "report"), (train.classify, "classify"))
        train.open_run.click(lambda run_id: run_id or gr.skip(), train.opened, watched, **private)
    return page


def launch(host: str = "127.0.0.1", port: int | None = None, share: bool = False, mcp: bool | None = None) -> None:
    """Serve the page until it is interrupted.

    Args:
        host: address to listen on; only on loopback does the person at the machine see all runs.
        port: None for the first free one from 7860 on.
        share: make a temporary public link, where that is possible.
        mcp: serve an MCP server too, so that assistants can classify; None: where ``BERTDEMO_MCP`` is 1.

    Raises:
        UserError: ``mcp_missing``.
    """
    mcp = os.environ.get("BERTDEMO_MCP") == "1" if mcp is None else mcp
    if mcp and importlib.util.find_spec("mcp") is None:
        raise UserError("mcp_missing")
    on_spaces = "SPACE_ID" in os.environ
    door = Door("0.0.0.0" if on_spaces else host, shared=share or on_spaces)  # noqa: S104
    desk, models = Desk(), Models()
    page = build(desk, door, models, mcp=mcp).queue(api_open=False, max_size=MOST_WAITING, default_concurrency_limit=4)
    desk.open()
    atexit.register(desk.close)
    gc.freeze()  # what is loaded stays: the collector's looking through it doubles the time to read a file
    page.launch(
        server_name=door.host,
        server_port=port,
        share=share and not on_spaces,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        max_file_size=MOST_UPLOAD,
        footer_links=["settings"],
        i18n=I18N,
        theme=theme(),
        css_paths=[ASSETS / "style.css"],
        head=HEAD,
        favicon_path=ASSETS / "logo.svg",
        show_error=True,
        mcp_server=mcp,
        app_kwargs={"middleware": [Middleware(LanguageFirst)], "routes": plain_http.routes(models)},
    )


def theme() -> gr.Theme:
    """Gradio's plain theme with one accent and the system's own letters."""
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
    ).set(body_text_color_subdued="*neutral_500")  # on white 4.8:1; Gradio's own is 2.6:1


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
