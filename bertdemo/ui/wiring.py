"""What events of the page have in common, and the things that the browser keeps."""

from __future__ import annotations

from typing import Any

PRIVATE: dict[str, Any] = {"api_visibility": "private"}
"""An event of the page alone: no client is offered it."""
PRIVATE_AT_ONCE: dict[str, Any] = {**PRIVATE, "queue": False}
"""The same, where the answer does not wait behind those of other events."""
CALM: dict[str, Any] = {**PRIVATE, "show_progress": "hidden"}
"""A private event where what is shown stays as it is until the answer is there."""
STORAGE = "bertdemo"
"""Of what the browser keeps: fixed, so that it is found again after a restart; it hides nothing."""
SAID_ALOUD = """
// what this element holds is read to whoever does not see the page: the element stays, its words change
element.setAttribute('role', 'status');
element.setAttribute('aria-live', 'polite');
"""
"""`js_on_load` of a hidden HTML component, by which a screen reader is told what has changed."""
