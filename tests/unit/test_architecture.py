"""The law of the package: imports go one way down."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bertdemo
from bertdemo.places import ASSETS

PACKAGE = Path(bertdemo.__file__).parent
LEVEL = {
    "aside": 0,
    "arguments": 0,
    "errors": 0,
    "places": 0,
    "hosting": 0,
    "text": 0,
    "data": 1,
    "runs": 2,
    "core": 3,
    "progress": 3,
    "report": 4,
    "export": 4,
    "jobs": 5,
    "api": 6,
    "ui": 7,
    "cli": 8,
    "__main__": 9,
}
FILES = sorted(f for f in PACKAGE.rglob("*.py") if f != PACKAGE / "__init__.py")
HEAVY = {"torch", "transformers", "sentence_transformers"}
OF_TORCH = {"core/packed_attention.py", "core/packed_layer.py", "core/used_embedding.py"}
"""Subclasses of torch's own classes: these load it, and are themselves loaded where they are needed."""


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    for name in imports(path):
        if name.startswith("bertdemo."):
            target = name.split(".")[1]
            if target in LEVEL:
                same = target == room(path)
                assert same or LEVEL[target] < LEVEL[room(path)] or {target, room(path)} == {"errors", "text"}, name


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_keep_to_their_libraries(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    if room(path) != "ui":
        assert "gradio" not in libraries
    if LEVEL[room(path)] < LEVEL["jobs"]:
        assert not {"subprocess", "multiprocessing"} & libraries
    if room(path) != "core":
        assert not HEAVY & libraries
    if path != PACKAGE / "core" / "library.py":
        assert "transformers" not in libraries
    at_once = imports(path, top_level=True)
    allowed = {"torch"} if path.relative_to(PACKAGE).as_posix() in OF_TORCH else set()
    assert HEAVY & {name.split(".")[0] for name in at_once} == allowed
    if not allowed:
        assert not [name for name in OF_TORCH for loaded in at_once if name[:-3].replace("/", ".") in loaded]


def test_an_installed_package_has_every_room_and_the_files_of_the_page() -> None:
    with (PACKAGE.parent / "pyproject.toml").open("rb") as file:
        setup = tomllib.load(file)["tool"]["setuptools"]
    rooms = {f"bertdemo.{folder.parent.name}" for folder in PACKAGE.glob("*/__init__.py")}
    assert set(setup["packages"]) == rooms | {"bertdemo", "bertdemo.assets"}
    assert PACKAGE.parent / setup["package-dir"]["bertdemo.assets"] == ASSETS
    taken = setup["package-data"]["bertdemo.assets"]
    assert {f.suffix for f in ASSETS.iterdir()} - {".png"} == {name.removeprefix("*") for name in taken}


def test_the_docs_name_tests_and_modules_that_there_are() -> None:
    root = PACKAGE.parent
    tests = {path.name: path.read_text(encoding="utf-8") for path in (root / "tests").rglob("test_*.py")}
    said = (root / "docs" / "reliability.md").read_text(encoding="utf-8")
    names = re.findall(r"`(?:tests/[a-z0-9]+/)?(test_\w+(?:\.py)?)`", said)
    assert len(names) > 20
    missing = [n for n in names if n not in tests and not any(f"def {n}(" in text for text in tests.values())]
    assert missing == []
    table = (root / "README.md").read_text(encoding="utf-8").split("## How it is built")[1]
    for folder, first in re.findall(r"^\| `bertdemo/(\w+)/`[^|]*\|[^|]*\|([^|]*)\|", table, re.MULTILINE):
        assert all((PACKAGE / folder / name).is_file() for name in re.findall(r"`(\w+\.py)`", first)), folder


def test_who_reaches_the_page_is_told_before_its_libraries_are_loaded() -> None:
    """The Hub's library reads whether it may use the token when it is loaded."""
    code = "import sys, bertdemo.cli.listening; print({'gradio', 'huggingface_hub'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_page_is_built_without_torch() -> None:
    code = "import sys, bertdemo.ui.app as a; a.build(); print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-2:] == ["False", "False"]


def test_the_command_line_is_built_without_torch_and_gradio() -> None:
    code = "import sys; from bertdemo.cli.parser import parser; parser(); print({'torch', 'gradio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
