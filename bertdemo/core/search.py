"""Several learning rates, tried one after the other on the same rows; the best on validation rows is kept."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from bertdemo.core import weights
from bertdemo.core.tasks import Scores, headline
from bertdemo.runs.run import TRIALS, Run


@dataclass(frozen=True)
class Trial:
    """What was tried, and its scores on the validation rows; `cut` where it was not learnt to its end."""

    number: int
    lr: float
    scores: Scores
    cut: bool = False

    def to_json(self) -> dict[str, Any]:
        """For the run's choices."""
        return {"lr": self.lr, **self.scores}


def keep(run: Run, trial: Trial, model: Any) -> None:
    """Write a trial and its weights down: it need not be done again."""
    weights.keep(run.folder / TRIALS / str(trial.number), model, asdict(trial))


def kept(run: Run) -> list[Trial]:
    """The trials that are done, in their order."""
    found = [Trial(**weights.facts_of(about.parent)) for about in (run.folder / TRIALS).glob("[0-9]*/about.json")]
    return sorted(found, key=lambda trial: trial.number)


def best(trials: list[Trial]) -> Trial:
    """The one with the best score; of equals the one with the smaller loss. One that went astray is the last of all.

    Logits that are no numbers are taken for the first class, which may be the largest.
    """

    def rank(trial: Trial) -> tuple[bool, float, float]:
        loss = trial.scores["loss"]
        return math.isfinite(loss), headline(trial.scores), -loss

    return max(trials, key=rank)


def compared(trials: list[Trial]) -> list[dict[str, Any]]:
    """What the best one was the best of, for the run's choices; empty where nothing was compared."""
    told = [trial.to_json() for trial in trials if not trial.cut or trial is best(trials)]
    return told if len(told) > 1 else []


def load(run: Run, trial: Trial, model: Any) -> None:
    """Set `model` to the weights of a trial."""
    weights.load(run.folder / TRIALS / str(trial.number), model)
