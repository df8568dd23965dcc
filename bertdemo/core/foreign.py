"""Texts in a language that a run's classifier has not learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from bertdemo.data.dataset import texts_of
from bertdemo.data.language import certain_language, language_shares
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.text import language_name, sentence

LOOKED_AT = 1000
"""Rows of a run, from all over, by which the languages that it learnt from are told."""
LEARNT_TOO = 0.02
"""The share of the texts learnt from that are in a language from which on it is not foreign."""


@dataclass(frozen=True)
class Foreign:
    """That texts are in another language than those learnt from; both ISO 639-1."""

    language: str
    learnt: str

    def message(self, lang: str) -> str:
        """What that means for the answers."""
        named = {name: language_name(code, lang) for name, code in asdict(self).items()}
        return sentence("foreign", lang, **named)


def foreign(run: Run, texts: Sequence[str]) -> Foreign | None:
    """What can be said for certain of the language of texts to classify; None where it is not foreign, or is unsure.

    Texts that are few, short or in several languages say nothing, neither here nor among those learnt from.
    """
    language = certain_language(language_shares(texts))
    try:
        if language is None or language == (run.meta["choices"] or {}).get("language"):
            return None
        known = _learnt(run)
    except (FileNotFoundError, UserError):  # deleted meanwhile, or damaged
        return None
    learnt = certain_language(known)
    if learnt is None or known.get(language, 0.0) >= LEARNT_TOO:
        return None
    return Foreign(language, learnt)


@lru_cache(maxsize=64)
def _learnt(run: Run) -> dict[str, float]:
    """The shares of languages among the rows of a run, which stay what they are."""
    roles = run.roles
    table = run.columns([*roles.text, *([roles.pair] if roles.pair else [])])
    some = table.take(range(0, table.rows, -(-table.rows // LOOKED_AT)))
    return language_shares(texts_of(some, roles.text, roles.pair))
