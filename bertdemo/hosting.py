"""Who reaches the page. Without gradio: the command line asks before anything is loaded."""

from __future__ import annotations

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
"""Names of this machine, as they are listened at and as they stand in requests."""
