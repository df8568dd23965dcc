"""The page. Importing it imports gradio, without the part of that import that serves only gradio's authors."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def without_stubs() -> Iterator[None]:
    """Within, Gradio's component classes are made without writing type stubs.

    They parse their own sources on every import and bring ``.pyi`` files up to date (gradio/component_meta.py,
    `create_or_modify_pyi`): half of gradio's import time. It leaves a class alone whose file can't be found, so for
    that one caller none can be.
    """
    getfile = inspect.getfile

    def no_file_for_stubs(object: Any) -> str:
        if sys._getframe(1).f_code.co_name == "create_or_modify_pyi":
            raise OSError
        return getfile(object)

    inspect.getfile = no_file_for_stubs
    try:
        yield
    finally:
        inspect.getfile = getfile


with without_stubs():
    import gradio  # noqa: F401
