"""Data sets of the Hub, which is played by a small server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bertdemo.api import inspect
from bertdemo.data import hub as hub_data_sets
from bertdemo.data.dataset import guess_roles, labelled_texts
from bertdemo.data.hub import looks_like_name, read_hub
from bertdemo.data.label_cells import LIST
from bertdemo.errors import UserError

README = b"""---
configs:
- config_name: default
  data_files:
  - {split: train, path: train.jsonl}
  - {split: test, path: test.jsonl}
dataset_info:
  features:
  - {name: text, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': bad, '1': good}}}
  - {name: tags, sequence: string}
---
"""


def rows(n: int, first: int) -> bytes:
    made = [{"text": f"text {i + first} said", "label": i % 2, "tags": ["a", "b"][: i % 3]} for i in range(n)]
    return "\n".join(map(json.dumps, made)).encode()


FILES = {"README.md": README, "train.jsonl": rows(40, 0), "test.jsonl": rows(20, 100)}
ABOUT = {"id": "someone/small", "sha": "1" * 40, "private": False, "gated": False, "disabled": False, "tags": []}


@pytest.fixture
def hub() -> Iterator[str]:
    """The address of a Hub that has one data set, ``someone/small``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            content: bytes | None = None
            if path.startswith("/datasets/someone/small/resolve/"):
                content = FILES.get(path.rsplit("/", 1)[-1])
            elif path.startswith("/api/datasets/someone/small/tree/"):
                listed = [{"type": "file", "path": name, "size": len(f), "oid": "0"} for name, f in FILES.items()]
                content = json.dumps(listed).encode()
            elif path.startswith("/api/datasets/someone/small"):
                content = json.dumps({**ABOUT, "siblings": [{"rfilename": name} for name in FILES]}).encode()
            elif path == "/":
                content = b""
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound" if "small" in path else "RepoNotFound")
            content = content or b""
            self.send_header("X-Repo-Commit", "1" * 40)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(hub: str, folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    online = {"HF_ENDPOINT": hub, "HF_HOME": str(folder), "HF_HUB_OFFLINE": "0", "HF_DATASETS_OFFLINE": "0"}
    command = [sys.executable, "-m", "bertdemo", "inspect", f"hub:{name}", "--json"]
    return subprocess.run(
        command, env={**os.environ, **online}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_data_set_becomes_a_table_with_names_and_parts(hub: str, tmp_path: Path) -> None:
    answer = ask(hub, tmp_path, "someone/small")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert (found["rows"], found["test_rows"]) == (40, 20)
    assert found["columns"] == ["text", "label", "tags", "split"]
    assert found["labels"] == {"bad": 20, "good": 20}
    assert {"hub_read", "split_given"} <= {finding["code"] for finding in found["findings"]}


def test_what_is_not_there_is_said(hub: str, tmp_path: Path) -> None:
    answer = ask(hub, tmp_path, "someone/nothing")
    assert answer.returncode == 2
    assert "no public data set someone/nothing" in answer.stderr


def test_without_a_connection_it_says_so_at_once() -> None:
    with pytest.raises(UserError) as refused:
        inspect("hub:someone/small")
    assert refused.value.code == "hub_offline"


def test_lists_of_classes_are_lists_and_an_empty_one_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    classes = datasets.ClassLabel(names=["law", "état"])
    features = datasets.Features({"text": datasets.Value("string"), "labels": datasets.Sequence(classes)})
    given = [{"text": f"text {i} said", "labels": ([], [0], [1, 0], None)[i % 4]} for i in range(40)]
    rows = datasets.Dataset.from_list(given, features=features)
    monkeypatch.setattr(hub_data_sets, "_load", lambda *_: {"train": rows})
    table = read_hub("someone/laws")
    assert table.column("labels")[:4] == ["[]", '["law"]', '["état", "law"]', None]
    roles = guess_roles(table).roles
    assert roles.separator == LIST
    texts = labelled_texts(table, roles)
    assert (len(texts), texts.label_names, texts.counts.tolist()) == (30, ("law", "état"), [20, 10])


@pytest.mark.parametrize("name", ["..", ".", "../private", "private/..", "private", "private/data"])
def test_no_folder_of_this_machine_is_read_as_a_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Its library would: a visitor of a page could read what lies beside the app."""
    (tmp_path / "private" / "data").mkdir(parents=True)
    (tmp_path / "private" / "data" / "rows.csv").write_text("text,label\na secret,x\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "private" if name.startswith(".") else tmp_path)
    monkeypatch.setattr(hub_data_sets, "hub_reachable", lambda: True)
    monkeypatch.setattr("datasets.load_dataset", lambda *_: pytest.fail("it was read"))
    with pytest.raises(UserError) as refused:
        read_hub(name)
    assert refused.value.code == ("hub_folder" if name in ("private", "private/data") else "hub_name")


def test_names() -> None:
    assert looks_like_name("stanfordnlp/sst2")
    assert looks_like_name("owner/set:config-1")
    with pytest.raises(UserError) as refused:
        read_hub("../../etc/passwd")
    assert refused.value.code == "hub_name"
