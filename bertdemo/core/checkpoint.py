"""Everything that the loop needs to go on as if it had never stopped, written whole or not at all.

Order of rows, dropout and learning rate are functions of the seed and the step, so weights, their mean,
moments and the position are all the state there is.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertdemo.core.weights import is_whole
from bertdemo.runs.files import folder_aside, read_json, write_json

if TYPE_CHECKING:
    import torch

    from bertdemo.core.averaging import Average
    from bertdemo.core.learner import Learner


@dataclass
class Position:
    """Where the loop is, and what the validations said.

    Attributes:
        fit: counts the models of a run (several when scores are out of fold).
        step: of this model.
        best_step, best_score, best_losses: of the best validation, with the calibrated loss of each row.
        last_losses: the same of the last one.
        worse: validations in a row that were worse than the best one beyond chance.
    """

    fit: int = 0
    step: int = 0
    best_step: int = 0
    best_score: float = 0.0
    best_losses: list[float] | None = None
    last_losses: list[float] | None = None
    worse: int = 0


def save(
    folder: Path,
    position: Position,
    learner: Learner,
    average: Average,
    best: dict[str, Any] | None,
) -> None:
    """Replace the checkpoint in `folder`; `best` are the weights to keep, None before the first validation."""
    from safetensors.torch import save_file

    with folder_aside(folder) as aside:
        save_file(_detached(learner.model.state_dict()), aside / "weights.safetensors")
        save_file(_detached(average.state()), aside / "average.safetensors")
        if best is not None:
            if position.best_step == position.step:
                _link(aside / "average.safetensors", aside / "best.safetensors")
            elif (folder / _mark(position)).exists():
                _link(folder / "best.safetensors", aside / "best.safetensors")
            else:
                save_file(best, aside / "best.safetensors")
            (aside / _mark(position)).touch()
        save_file(_moments(learner.optimizer), aside / "moments.safetensors")
        scaler = learner.scaler.state_dict() if learner.scaler else {}
        scale = {"scale": scaler.get("scale"), "since_growth": scaler.get("_growth_tracker")}
        write_json(aside / "position.json", asdict(position) | scale)


def load(folder: Path, learner: Learner, average: Average) -> dict[str, Any] | None:
    """Set the learner and the mean to the checkpoint in `folder`; `peek` gives its position.

    Returns:
        The best weights so far, None before the first validation.
    """
    from safetensors.torch import load_file

    folder = _whole(folder)
    model, scaler = learner.model, learner.scaler
    device = str(next(model.parameters()).device)
    model.load_state_dict(load_file(folder / "weights.safetensors", device=device))
    average.load(load_file(folder / "average.safetensors", device=device))
    _set_moments(learner.optimizer, _read(folder / "moments.safetensors", device))
    learner.refresh()
    facts = read_json(folder / "position.json")
    if scaler and facts["scale"]:
        growth = {"scale": facts["scale"], "_growth_tracker": facts["since_growth"]}
        scaler.load_state_dict({**scaler.state_dict(), **growth})
    return _read(folder / "best.safetensors") if (folder / "best.safetensors").exists() else None


def peek(folder: Path) -> Position | None:
    """The position of the checkpoint, or None."""
    path = _whole(folder) / "position.json"
    if not path.exists():
        return None
    found = read_json(path)
    return Position(**{field.name: found[field.name] for field in fields(Position)})


def is_readable(folder: Path) -> bool:
    """Whether the checkpoint in `folder` is whole, or there is none."""
    folder = _whole(folder)
    try:
        position = peek(folder) if folder.exists() else None
    except (ValueError, KeyError, TypeError):
        return False
    if position is None:
        return not folder.exists()
    names = ["weights", "average", "moments", *(["best"] if (folder / _mark(position)).exists() else [])]
    return all(is_whole(folder / f"{name}.safetensors") for name in names)


def folders(folder: Path) -> list[Path]:
    """Where the checkpoint in `folder` may be: there, or where it was moved to be replaced."""
    return [folder, _old(folder)]


def _mark(position: Position) -> str:
    """The name of an empty file that says which weights ``best.safetensors`` are: every fit has such a step."""
    return f"best-{position.fit}-{position.best_step}"


def _whole(folder: Path) -> Path:
    """`folder`, or the one it was about to replace when a crash came between the two renames."""
    old = _old(folder)
    return old if not folder.exists() and old.exists() else folder


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _detached(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def _read(path: Path, device: str = "cpu") -> dict[str, torch.Tensor]:
    """What `load_file` gives, but in memory of its own: a file that is still mapped can't be deleted everywhere."""
    from safetensors.torch import load_file

    found = load_file(path, device=device)
    return {name: tensor.clone() for name, tensor in found.items()} if device == "cpu" else found


def _moments(optimizer: Any) -> dict[str, torch.Tensor]:
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": tensor.detach().cpu() for i, one in state.items() for name, tensor in one.items()}


def _set_moments(optimizer: Any, flat: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in flat.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
