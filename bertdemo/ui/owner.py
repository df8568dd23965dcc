"""Who may do what: keys, visitors by link, and the person at this machine."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr

from bertdemo.core import models
from bertdemo.data import hub
from bertdemo.errors import UserError
from bertdemo.hosting import LOOPBACK
from bertdemo.runs.run import Run

HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")
FORWARDED = re.compile(
    r"x-forwarded(-.+)?|forwarded|via|x-real-ip|x-original-(host|for|forwarded-for)|x-client-ip|x-cluster-client-ip"
    r"|true-client-ip|cf-connecting-ip|fastly-client-ip|x-envoy-external-address",
    re.IGNORECASE,
)
"""Headers of a request that somebody passed on: a proxy, a tunnel, a load balancer."""


@dataclass
class Door:
    """How the app is served: on loopback only, or to others too."""

    host: str = "127.0.0.1"
    shared: bool = field(default=False)

    @property
    def is_for_others(self) -> bool:
        """Whether whoever comes is a visitor, the person at this machine too."""
        return self.shared or self.host not in LOOPBACK

    def is_local(self, request: gr.Request | None) -> bool:
        """Whether a request comes from the person at this machine: loopback all the way, and not shared.

        A share link's tunnel also connects from loopback, but with its own host name and forwarding
        headers. A proxy on this machine that tells nothing of whom it serves looks like the person at it:
        behind one the page is to be served for others.
        """
        if request is None or self.is_for_others or any(map(FORWARDED.fullmatch, request.headers.keys())):
            return False
        named = request.headers.get("host", "").rsplit(":", 1)[0]
        came_from = request.client.host if request.client else ""
        return named in LOOPBACK and came_from in LOOPBACK

    def owns(self, run: Run, keys: Mapping[str, str] | None, request: gr.Request | None) -> bool:
        """Whether the request may change the run and read its rows."""
        return self.is_local(request) or run.belongs_to(key_of(keys, run.id))

    def must_own(self, run: Run, keys: Mapping[str, str] | None, request: gr.Request | None) -> None:
        """Raises ``not_owner``."""
        if not self.owns(run, keys, request):
            raise UserError("not_owner", run=run.id)

    def must_be_open(self, base: str | None, request: gr.Request | None) -> None:
        """A visitor trains from what anybody can have: no folder of this machine, where others' models lie, and no
        private model in the cache of whoever serves the page.

        Raises:
            UserError: ``base_no_name``, whether there is such a folder or not; ``base_not_asked`` or ``base_not_open``,
                whether it is in the cache or not.
        """
        if not base or self.is_local(request):
            return
        if not HUB_NAME.fullmatch(base) or Path(base).exists():
            raise UserError("base_no_name", base=base)
        models.require_open(base)

    def must_be_open_data(self, name: str, request: gr.Request | None) -> None:
        """The same of a data set of the Hub. Raises what `hub.require_open` raises."""
        if not self.is_local(request):
            hub.require_open(name)

    def runs(self, keys: Mapping[str, str] | None, request: gr.Request | None) -> list[Run]:
        """The runs to list, the newest first: those whose keys the browser holds, or all on this machine."""
        if self.is_local(request):
            return Run.all()[::-1]
        mine = []
        for run_id in keys if isinstance(keys, Mapping) else ():
            with contextlib.suppress(UserError, FileNotFoundError):  # deleted
                run = Run.open(str(run_id))
                if self.owns(run, keys, request):
                    mine.append((run.meta["created"], run))
        return [run for _, run in sorted(mine, key=lambda each: (each[0], each[1].id), reverse=True)]


def key_of(keys: Mapping[str, str] | None, run_id: str) -> str | None:
    """The key that a browser holds for a run; whatever else it sent is no key."""
    key = keys.get(run_id) if isinstance(keys, Mapping) else None
    return key if isinstance(key, str) else None
