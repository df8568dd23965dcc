"""What events of the page have in common, and the things that the browser keeps."""

from __future__ import annotations

from typing import Any

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
"""An event of the page alone: no client is offered it."""
CALM: dict[str, Any] = {**PRIVATE, "show_progress": "hidden"}
"""The same, where what is shown stays as it is until the answer is there."""
STORAGE = "bertdemo"
"""Of what the browser keeps: fixed, so that it is found again after a restart; it hides nothing."""
