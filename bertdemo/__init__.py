"""From a CSV of labelled texts to a BERT classifier that can be trusted and shared.

`inspect`, `train`, `resume`, `load` and `show_progress` are the whole Python interface; see their docstrings.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["inspect", "load", "resume", "show_progress", "train"]


def __getattr__(name: str) -> Any:
    """`bertdemo.api` is imported when it is first used, so that `import bertdemo` stays instant."""
    if name in __all__:
        from bertdemo import api

        return getattr(api, name)
    raise AttributeError(f"module 'bertdemo' has no attribute {name!r}")
