"""Weights put aside within a run's folder while it is worked on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bertdemo.runs.files import folder_aside, read_json, write_json

FILE = "weights.safetensors"


def keep(folder: Path, model: Any, facts: Any = None) -> None:
    """Write the weights of `model` in the place of what `folder` held; `facts` are a JSON value to go with them."""
    from safetensors.torch import save_file

    folder.parent.mkdir(exist_ok=True)
    weights = {name: weight.detach().cpu().contiguous() for name, weight in model.state_dict().items()}
    with folder_aside(folder) as aside:
        save_file(weights, aside / FILE)
        write_json(aside / "about.json", facts)


def is_kept(folder: Path) -> bool:
    """Whether there is something to `load`."""
    return (folder / FILE).exists()


def is_readable(folder: Path) -> bool:
    """Whether what `folder` holds can be read, as far as that shows without reading all of it."""
    try:
        facts_of(folder)
    except (OSError, ValueError):
        return False
    return is_whole(folder / FILE)


def is_whole(path: Path) -> bool:
    """Whether a safetensors file is there to its last byte; the numbers in it are not looked at."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np"):
            return True
    except (SafetensorError, OSError, ValueError):
        return False


def facts_of(folder: Path) -> Any:
    """What `keep` was given to go with the weights."""
    return read_json(folder / "about.json")


def load(folder: Path, model: Any) -> None:
    """Set `model` to the weights in `folder`."""
    from safetensors.torch import load_file

    model.load_state_dict(load_file(folder / FILE))
