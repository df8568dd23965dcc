"""Choices that are filled while the page is open.

Gradio's server checks what is chosen against the choices of the session, and those are gone once the app was started
anew or a page slept for an hour: every event that takes the value along, following a training too, would fail. Here a
value is taken as the page sends it; whatever uses it refuses what it does not know.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from bertdemo.ui import without_stubs


def _as_it_is(_: object, payload: Any) -> Any:
    return payload


# classes, as Gradio makes a component that is updated anew from its class; `is_template`: the parent's look
with without_stubs():

    class FilledDropdown(gr.Dropdown):
        """A dropdown whose choices come later."""

        is_template = True
        preprocess = _as_it_is

    class FilledRadio(gr.Radio):
        """One of choices that come later."""

        is_template = True
        preprocess = _as_it_is

    class FilledCheckboxes(gr.CheckboxGroup):
        """Any of choices that come later."""

        is_template = True
        preprocess = _as_it_is
