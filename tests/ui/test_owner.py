"""Rights: the key's holder, the person at this machine, and everybody else."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from bertdemo.core import models
from bertdemo.errors import UserError
from bertdemo.hosting import AS_ANYBODY
from bertdemo.runs.run import Run
from bertdemo.ui import share
from bertdemo.ui.owner import Door
from bertdemo.ui.share import may_publish, port_of, publish


def request(host: str = "127.0.0.1:7860", came_from: str = "127.0.0.1", **headers: str) -> Any:
    sent = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return SimpleNamespace(headers=sent, client=SimpleNamespace(host=came_from))


def test_the_person_at_the_machine_owns_all_runs(trained: Run) -> None:
    door = Door()
    assert door.owns(trained, {}, request())
    assert door.owns(trained, {}, request(user_agent="a browser", x_requested_with="fetch"))
    assert door.runs({}, request("localhost:7860")) == [trained]


@pytest.mark.parametrize(
    "visitor",
    [
        request("abc.gradio.live"),
        request("bertdemo.example:7860"),
        request(came_from="10.0.0.7"),
        request(x_forwarded_for="203.0.113.9"),
        *(
            request(**{name: "203.0.113.9"})
            for name in (
                "x_forwarded_host",
                "x_forwarded_proto",
                "X_Forwarded_Server",
                "x_real_ip",
                "X-Real-IP",
                "via",
                "forwarded",
                "x_original_host",
                "cf_connecting_ip",
            )
        ),
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


@pytest.fixture
def hub_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody is logged in at the Hub, and nothing was said of who may use that."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv(AS_ANYBODY, "")
    monkeypatch.delenv(AS_ANYBODY)
    monkeypatch.setattr(huggingface_hub.constants, AS_ANYBODY, False)


@pytest.mark.usefixtures("hub_token")
@pytest.mark.parametrize(("said", "sent"), [(None, False), ("1", False), ("0", True)])
def test_a_public_link_takes_the_token_from_the_app(
    monkeypatch: pytest.MonkeyPatch, said: str | None, sent: bool
) -> None:
    monkeypatch.setattr(share, "tunnel", lambda port: f"https://abc.gradio.live/{port}")
    if said:
        monkeypatch.setenv(AS_ANYBODY, said)
    door = Door()
    assert publish(door, 7860) == "https://abc.gradio.live/7860"
    assert door.shared
    assert ("authorization" in huggingface_hub.utils.build_hf_headers()) == sent


@pytest.mark.usefixtures("hub_token")
def test_where_no_link_can_be_made_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(port: int) -> str:
        raise OSError(port)

    monkeypatch.setattr(share, "tunnel", fails)
    door = Door()
    with pytest.raises(OSError, match="7860"):
        publish(door, 7860)
    assert not door.shared
    assert AS_ANYBODY not in os.environ
    assert "authorization" in huggingface_hub.utils.build_hf_headers()


def test_a_visitor_trains_from_no_folder_of_this_machine(trained: Run, tmp_path: Path) -> None:
    folder = str(trained.model_folder("bert"))
    for visitor in (request("abc.gradio.live"), request(came_from="10.0.0.7")):
        for base in (folder, str(tmp_path / "no such folder"), "../runs", "bertdemo/core", "~/models"):
            with pytest.raises(UserError) as caught:
                Door().must_be_open(base, visitor)
            assert caught.value.code == "base_no_name"
        for name in (None, "tfidf", "google-bert/bert-base-uncased"):
            Door().must_be_open(name, visitor)
    Door().must_be_open(folder, request())


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | None]]:
    """A Hub with repositories of three kinds; the tokens that it was sent."""
    sent: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent.append(self.headers["Authorization"])
            gated = {"open": False, "gated": "manual"}.get(self.path.rpartition("/")[2])
            status = 503 if self.path.endswith("ill") else 401 if gated is None and not sent[-1] else 200
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps({"gated": gated} if status == 200 else {"error": "no"}).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    yield sent
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("hub_token")
@pytest.mark.parametrize(
    ("name", "base_code", "data_code"),
    [
        ("someone/private", "base_not_open", "hub_unknown"),
        ("someone/gated", "base_not_open", "hub_unknown"),
        ("someone/ill", "base_not_asked", "hub_offline"),
    ],
)
def test_a_visitor_has_of_the_hub_what_everybody_has(
    hub: list[str | None], monkeypatch: pytest.MonkeyPatch, name: str, base_code: str, data_code: str
) -> None:
    """Whatever lies in the cache of whoever serves the page."""
    visitor = request("abc.gradio.live")
    Door().must_be_open("someone/open", visitor)
    Door().must_be_open_data("someone/open:first", visitor)
    for check, code in ((Door().must_be_open, base_code), (Door().must_be_open_data, data_code)):
        with pytest.raises(UserError) as caught:
            check(name, visitor)
        assert caught.value.code == code
    assert hub == [None] * 4
    monkeypatch.setenv(AS_ANYBODY, "0")  # whoever serves the page has said that others may use the token
    for check in (Door().must_be_open, Door().must_be_open_data):
        check(name, visitor)
        check(name, request())
    assert hub == [None] * 4


def test_where_the_hub_is_out_of_reach_a_visitor_has_the_list_alone() -> None:
    visitor = request("abc.gradio.live")
    for entry in models.CATALOGUE:
        Door().must_be_open(entry.name, visitor)
    with pytest.raises(UserError) as caught:
        Door().must_be_open("gpt2", visitor)
    assert caught.value.code == "base_not_asked"
    Door().must_be_open("gpt2", request())
