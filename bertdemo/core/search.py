"""Several learning rates, tried one after the other on the same rows; the best on validation rows is kept."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from typing import Any

from bertdemo.core.tasks import Scores, headline
from bertdemo.runs.files import folder_aside, read_json, write_json
from bertdemo.runs.run import Run

TRIALS = "trials"
WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Trial:
    """What was tried, and its scores on the validation rows."""

    number: int
    lr: float
    scores: Scores

    def to_json(self) -> dict[str, Any]:
        """For the run's choices."""
        return {"lr": self.lr, **self.scores}


def keep(run: Run, trial: Trial, model: Any) -> None:
    """Write a trial and its weights down: it need not be done again."""
    from safetensors.torch import save_file

    (run.folder / TRIALS).mkdir(exist_ok=True)
    weights = {name: weight.detach().cpu().contiguous() for name, weight in model.state_dict().items()}
    with folder_aside(run.folder / TRIALS / str(trial.number)) as aside:
        save_file(weights, aside / WEIGHTS)
        write_json(aside / "trial.json", asdict(trial))


def kept(run: Run) -> list[Trial]:
    """The trials that are done, in their order."""
    found = [Trial(**read_json(path)) for path in (run.folder / TRIALS).glob("[0-9]*/trial.json")]
    return sorted(found, key=lambda trial: trial.number)


def best(trials: list[Trial]) -> Trial:
    """The one with the best score; of equals the one with the smaller loss."""
    return max(trials, key=lambda trial: (headline(trial.scores), -trial.scores["loss"]))


def load(run: Run, trial: Trial, model: Any) -> None:
    """Set `model` to the weights of a trial."""
    from safetensors.torch import load_file

    model.load_state_dict(load_file(run.folder / TRIALS / str(trial.number) / WEIGHTS))


def clear(run: Run) -> None:
    """Delete what was kept of the trials."""
    shutil.rmtree(run.folder / TRIALS, ignore_errors=True)
