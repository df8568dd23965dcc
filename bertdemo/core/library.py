"""The transformers library, imported by one thread at a time."""

from __future__ import annotations

import threading
from typing import Any

_importing = threading.Lock()


def transformers() -> Any:
    """The library.

    As it is imported it puts another object in its place, and a second thread that imports it meanwhile would be handed
    the first one, which has none of its classes: the page loads it while somebody may classify already.
    """
    with _importing:
        import transformers

        return transformers
