"""Who reaches the page, and what others who reach it may not use. Without gradio: the command line asks before anything
is loaded."""

from __future__ import annotations

import os
import sys

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
"""Names of this machine, as they are listened at and as they stand in requests."""
AS_ANYBODY = "HF_HUB_DISABLE_IMPLICIT_TOKEN"
"""The variable by which the Hub's library is told to leave the token out; a value that a person gave it stays."""


def is_reached_by_others(host: str, *, shared: bool) -> bool:
    """Whether a page that is served at `host`, perhaps shared by a link or a proxy, is there for others too."""
    return shared or "SPACE_ID" in os.environ or host not in LOOPBACK


def keep_token_from_others() -> None:
    """The Hub is asked as anybody from now on, by this process and by those that it starts, and not with the token of
    whoever serves the page: a visitor may name a base and a data set."""
    os.environ.setdefault(AS_ANYBODY, "1")
    if constants := sys.modules.get("huggingface_hub.constants"):  # it has read the variable already
        setattr(constants, AS_ANYBODY, not is_token_lent())


def is_token_lent() -> bool:
    """Whether whoever serves the page has said that others may use the token, as the Hub's library reads it."""
    return os.environ.get(AS_ANYBODY, "1").upper() not in ("1", "ON", "YES", "TRUE")
