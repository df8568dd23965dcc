"""Sharing: a link to a finished run, and a temporary public address where a tunnel can be made."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from bertdemo.errors import UserError
from bertdemo.hosting import keep_token_from_others
from bertdemo.runs.run import Run
from bertdemo.text import sentence
from bertdemo.ui import view
from bertdemo.ui.elsewhere import address_of
from bertdemo.ui.language import language, t
from bertdemo.ui.owner import Door


def build(door: Door, keys: gr.BrowserState, watched: gr.State, button: gr.Button, panel: gr.Column) -> None:
    """Lay out in `panel` what the Share button opens."""
    with panel:
        link = gr.Textbox(
            label=t("link"), info=t("link_info"), buttons=["copy"], interactive=False, elem_id="share-link"
        )
        public = gr.Button(t("public_link"), elem_id="public-link")
        told = gr.HTML(elem_id="share-told", padding=False)

    made: list[str] = []  # the public address, once there is one

    def open_panel(run_id: str, request: gr.Request) -> list[Any]:
        whom = "link_local" if door.is_local(request) else "link_info"
        whom = "share_on_space" if "SPACE_ID" in os.environ else whom
        shown = gr.update(
            value=f"{made[0]}/?run={run_id}" if made else address(request, run_id),
            info=sentence(whom, language(request)),
        )
        return [gr.update(visible=True), shown, gr.update(visible=may_publish(door, request))]

    def make_public(run_id: str, held: dict[str, str] | None, request: gr.Request) -> list[Any]:
        lang = language(request)
        try:
            run = Run.open(str(run_id or ""))
            if not may_publish(door, request):
                raise UserError("not_owner", run=run.id)
            door.must_own(run, held, request)
        except UserError as error:
            return [gr.skip(), view.error(error, lang)]
        try:
            public_address = publish(door, port_of(request))  # the app's own port, whatever was asked for
        except Exception as error:  # whatever kept the tunnel from being made is said; the page stays local
            words = sentence("share_failed", lang, reason=f"{type(error).__name__}: {error}"[:200])
            return [gr.skip(), view.note(words, "warning")]
        made[:] = [public_address]
        shown = gr.update(value=f"{public_address}/?run={run.id}", info=sentence("link_info", lang))
        return [shown, view.note(sentence("share_made", lang))]

    private: dict[str, Any] = {"api_visibility": "private"}
    button.click(open_panel, watched, [panel, link, public], queue=False, **private)
    public.click(make_public, [watched, keys], [link, told], **private)


def may_publish(door: Door, request: gr.Request) -> bool:
    """Whether a request may have a public address made: it opens the whole app, not one run alone.

    A Space has one already.
    """
    return door.is_local(request) and "SPACE_ID" not in os.environ


def publish(door: Door, port: int) -> str:
    """Let others come in, by the address that is returned.

    Raises:
        Exception: what `tunnel` raises; nobody can come in then.
    """
    door.shared = True  # before anybody can come by it
    try:
        public_address = tunnel(port)
    except BaseException:
        door.shared = False
        raise
    keep_token_from_others()  # before anybody was told of it
    return public_address


def address(request: gr.Request, run_id: str) -> str:
    """The link that opens a run for classifying, at the address this visitor uses."""
    return f"{address_of(request)}/?run={run_id}"


def port_of(request: gr.Request) -> int:
    """The port that the app listens at."""
    assert request.request is not None, "there is one behind every event"
    return int(request.request.scope["server"][1])


def tunnel(port: int) -> str:
    """A temporary public address for this server, made by Gradio's share service.

    Raises:
        Exception: of several kinds, where the service or its program can't be reached.
    """
    import secrets

    from gradio import networking

    return networking.setup_tunnel("127.0.0.1", port, secrets.token_urlsafe(32), None, None)
