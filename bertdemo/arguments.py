"""Arguments that a function passes on by name: who writes one that nobody takes is told which ones there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any


def taken_by(function: Callable[..., Any], passed_to: Any) -> tuple[str, ...]:
    """The names of the arguments of `function`, and of the fields of the dataclass that gets what it does not name."""
    own = [each.name for each in signature(function).parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    return (*own, *(field.name for field in dataclasses.fields(passed_to)))


def check_names(
    where: str, given: Collection[str], known: Collection[str], elsewhere: Mapping[str, str] | None = None
) -> None:
    """Raise a `TypeError` about the first of the names `given` that is none of those `known`.

    Args:
        where: what they were given to, such as ``"train()"``.
        elsewhere: names that belong somewhere else, and how they are written there.
    """
    written = {name: f"'{name}'" for name in known} | dict(elsewhere or {})
    for name in given:
        if name not in known:
            nearest = get_close_matches(name, written, 1)
            meant = f" Did you mean {written[nearest[0]]}?" if nearest else ""
            raise TypeError(f"{where} takes no '{name}'.{meant} It takes: {', '.join(known)}.")
