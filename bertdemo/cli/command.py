"""How the words behind a command are taken apart, where argparse alone would leave some over."""

from __future__ import annotations

import argparse
import re
from typing import Any

OPTION = re.compile(r"-(?!\d*\.?\d+$)\S+")
"""What argparse takes for an option where none has that name: no negative number, nothing with a space in it."""


class Command(argparse.ArgumentParser):
    """Takes ``texts`` from before, between and behind the options, and shows its own usage for what is left over.

    Argparse gives all places for words away before the first option, so that texts behind it would be unknown.
    """

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        options, rest = super().parse_known_args(args, namespace)
        end = rest.index("--") if "--" in rest else len(rest)  # behind it stand texts, whatever they begin with
        takes_texts = "texts" in options
        if unknown := [word for word in rest[:end] if OPTION.fullmatch(word) or not takes_texts]:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        if takes_texts:
            options.texts, rest = [*options.texts, *rest[:end], *rest[end + 1 :]], []
        return options, rest
