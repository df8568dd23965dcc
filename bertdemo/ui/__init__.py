"""The page. Importing it imports gradio, without the part of that import that serves only gradio's authors."""

from __future__ import annotations

import inspect
import sys
from typing import Any


def _import_gradio() -> None:
    """Import gradio without writing type stubs.

    Gradio's component classes parse their own sources on every import and bring ``.pyi`` files up to
    date (gradio/component_meta.py, `create_or_modify_pyi`): half of its import time. It leaves a class
    alone whose file can't be found, so for that one caller none can be while gradio is imported.
    """
    getfile = inspect.getfile

    def no_file_for_stubs(object: Any) -> str:
        if sys._getframe(1).f_code.co_name == "create_or_modify_pyi":
            raise OSError
        return getfile(object)

    inspect.getfile = no_file_for_stubs
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = getfile


_import_gradio()
