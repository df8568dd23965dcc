"""Rights: the key's holder, the person at this machine, and everybody else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui.owner import Door
from bertdemo.ui.share import may_publish, port_of


def request(host: str = "127.0.0.1:7860", came_from: str = "127.0.0.1", **headers: str) -> Any:
    sent = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return SimpleNamespace(headers=sent, client=SimpleNamespace(host=came_from))


def test_the_person_at_the_machine_owns_all_runs(trained: Run) -> None:
    door = Door()
    assert door.owns(trained, {}, request())
    assert door.runs({}, request("localhost:7860")) == [trained]


@pytest.mark.parametrize(
    "visitor",
    [
        request("abc.gradio.live"),
        request("bertdemo.example:7860"),
        request(came_from="10.0.0.7"),
        request(x_forwarded_for="203.0.113.9"),
        request(x_forwarded_host="abc.gradio.live"),
    ],
)
def test_whoever_comes_from_elsewhere_owns_nothing(trained: Run, visitor: Any) -> None:
    assert not Door().owns(trained, {}, visitor)
    assert Door().runs(None, visitor) == []


@pytest.mark.parametrize("door", [Door(shared=True), Door(host="0.0.0.0")])
def test_an_open_door_gives_no_local_rights(trained: Run, door: Door) -> None:
    assert not door.owns(trained, {}, request())
    assert door.owns(trained, {trained.id: "key"}, request())


def test_a_visitor_is_listed_the_runs_of_their_keys(trained: Run) -> None:
    visitor = request("bertdemo.example")
    keys = {trained.id: "key", "0" * 32: "of a deleted run", "../x": "of no run"}
    assert Door().runs(keys, visitor) == [trained]
    assert Door().runs({trained.id: "another key"}, visitor) == []


@pytest.mark.parametrize("keys", [None, [], "key", {"x": "key"}, 7])
def test_what_is_no_key_opens_nothing(trained: Run, keys: Any) -> None:
    with pytest.raises(UserError) as caught:
        Door(shared=True).must_own(trained, keys, request())
    assert caught.value.code == "not_owner"


def test_a_key_of_the_wrong_kind_opens_nothing(trained: Run) -> None:
    assert not Door(shared=True).owns(trained, {trained.id: ["key"]}, request())  # type: ignore[dict-item]


@pytest.mark.parametrize("asked", ["127.0.0.1:22", "10.0.0.5:5432"])
def test_a_tunnel_leads_to_the_app_whatever_was_asked_for(asked: str) -> None:
    came = request(asked)
    came.request = SimpleNamespace(scope={"server": ("127.0.0.1", 7861)})
    assert port_of(came) == 7861


def test_only_the_person_at_the_machine_opens_it_to_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert may_publish(Door(), request())
    assert not may_publish(Door(), request(came_from="10.0.0.7"))
    assert not may_publish(Door(host="0.0.0.0"), request())
    monkeypatch.setenv("SPACE_ID", "owner/space")  # it has a public address
    assert not may_publish(Door(), request())
    assert not may_publish(Door(host="0.0.0.0"), request())
    assert [Door().is_for_others, Door(host="0.0.0.0").is_for_others, Door(shared=True).is_for_others] == [0, 1, 1]


def test_a_visitor_trains_from_no_folder_of_this_machine(trained: Run, tmp_path: Path) -> None:
    folder = str(trained.model_folder("bert"))
    for visitor in (request("abc.gradio.live"), request(came_from="10.0.0.7")):
        for base in (folder, str(tmp_path / "no such folder"), "../runs", "bertdemo/core", "~/models"):
            with pytest.raises(UserError) as caught:
                Door().must_be_open(base, visitor)
            assert caught.value.code == "base_no_name"
        for name in (None, "tfidf", "google-bert/bert-base-uncased", "gpt2"):
            Door().must_be_open(name, visitor)
    Door().must_be_open(folder, request())
