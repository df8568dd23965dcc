"""Where and how the page is served: whether it can be so, before anything is loaded for it."""

from __future__ import annotations

import errno
import os
import re
import socket

from bertdemo.errors import UserError

FIRST_PORT, PORTS_TRIED, LAST_PORT = 7860, 100, 65_535
VARIABLE = "GRADIO_SERVER_PORT"
"""Where `port` is left out, Gradio begins to look for a free one at the port that this says."""
ROOT_PATH = "GRADIO_ROOT_PATH"
"""The variable by which Gradio is told below which path the page is served."""
PATH = re.compile(r"(https?://[\w.:\[\]-]+)?(/[\w.~%-]+)*/?", re.ASCII)
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


def check_address(host: str, port: int | None) -> None:
    """Raises `UserError` where the page can't be served at `host` and `port`; None: the first free one.

    Raises:
        UserError: ``port_range``, ``port_variable``, ``port_busy``, ``ports_busy`` or ``address_refused``.
    """
    if port is not None:
        if not 0 < port <= LAST_PORT:
            raise UserError("port_range", given=port, last=LAST_PORT)
        if not _is_free(host, port):
            raise UserError("port_busy", port=port)
        return
    given = os.environ.get(VARIABLE)
    first = FIRST_PORT if given is None else int(given) if given.isdecimal() else 0
    if not 0 < first <= LAST_PORT:
        raise UserError("port_variable", name=VARIABLE, given=given, last=LAST_PORT)
    tried = range(first, min(first + PORTS_TRIED, LAST_PORT + 1))
    if not any(_is_free(host, one) for one in tried):
        raise UserError("ports_busy", first=tried[0], last=tried[-1])


def _is_free(host: str, port: int) -> bool:
    """Whether nobody listens there; raises ``address_refused`` where this computer can't listen there at all."""
    try:
        family, kind, *_, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            if os.name != "nt":  # there it would make busy ports look free
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        reason = error.strerror or str(error)
        raise UserError("address_refused", host=host, port=port, reason=reason) from None
    return True


def is_asked_for(name: str) -> bool:
    """Whether the variable of that name says yes.

    Raises:
        UserError: ``variable_unclear``.
    """
    given = os.environ.get(name, "")
    if (said := given.strip().lower()) not in YES + NO:
        raise UserError("variable_unclear", name=name, given=given)
    return said in YES


def root_path_of(given: str | None) -> str:
    """The path below which the page is served, or its whole address there; None: what `ROOT_PATH` says.

    Raises:
        UserError: ``root_path_refused``.
    """
    name = "--root-path" if given is not None else ROOT_PATH
    said = (os.environ.get(ROOT_PATH, "") if given is None else given).strip()
    if not PATH.fullmatch(said):
        raise UserError("root_path_refused", name=name, given=said)
    return said.rstrip("/")
