"""Classifying in one request, and texts that arrive together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bertdemo.core.classify import Classifier, Prediction
from bertdemo.runs.run import Run
from bertdemo.ui import plain_http, serving
from bertdemo.ui.plain_http import (
    MOST_BATCH_MEGABYTES,
    MOST_BATCHES,
    MOST_MEGABYTES,
    MOST_OF_ONE_RUN,
    MOST_SINGLE,
    MOST_WAITING,
    routes,
)
from bertdemo.ui.serving import MOST_TEXTS, Models, Together


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(FastAPI(routes=routes(Models())))


def test_one_request_gives_the_label_and_all_probabilities(client: TestClient, trained: Run) -> None:
    answer = client.post("/api/classify", json={"run": trained.id, "text": "a good film"})
    assert answer.status_code == 200
    found = answer.json()
    assert found["label"] in found["probabilities"]
    assert found["confidence"] == max(found["probabilities"].values())
    assert sum(found["probabilities"].values()) == pytest.approx(1)


def test_a_batch_is_answered_in_its_order(client: TestClient, trained: Run) -> None:
    texts = ["a good film", "an awful, late order", "a good film"]
    found = client.post("/api/classify_batch", json={"run": trained.id, "texts": texts}).json()
    alone = [client.post("/api/classify", json={"run": trained.id, "text": text}).json() for text in texts]
    assert [entry["label"] for entry in found] == [entry["label"] for entry in alone]
    assert found[0] == found[2]
    assert client.post("/api/classify_batch", json={"run": trained.id, "texts": []}).json() == []


def test_a_text_that_is_looked_at_in_part_is_said_to_be(
    client: TestClient, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LONGEST_TEXT", 12)
    whole, cut = "a good film", "a good film, or an awful one"
    found = [client.post("/api/classify", json={"run": trained.id, "text": text}).json() for text in (whole, cut)]
    assert [one.get("read_characters") for one in found] == [None, 12]
    batch = client.post("/api/classify_batch", json={"run": trained.id, "texts": [cut, whole]}).json()
    assert [one.get("read_characters") for one in batch] == [12, None]
    said = Prediction("a", 1.0, {"a": 1.0}, ("a",))
    assert [serving.answered(said, pair).get("read_characters") for pair in ([whole, cut], [whole, whole])] == [
        12,
        None,
    ]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"run": "0" * 32, "text": "a film"}, 404, "run_unknown"),
        ({"run": "../../etc", "text": "a film"}, 404, "run_unknown"),
        ({"run": None, "text": " "}, 400, "text_missing"),
        ({"run": None, "text": "\u200b"}, 400, "text_missing"),
        ({"run": None, "text": "\x00"}, 400, "text_missing"),
    ],
)
def test_what_the_caller_can_mend_is_said_in_a_sentence(
    client: TestClient, trained: Run, asked: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post("/api/classify", json={**asked, "run": asked["run"] or trained.id})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert " " in answer.json()["message"]


@pytest.mark.parametrize("path", ["classify", "classify_batch"])
def test_json_that_is_not_said_to_be_json_is_told_how_to_say_it(client: TestClient, trained: Run, path: str) -> None:
    body = json.dumps({"run": trained.id, "text": "a good film", "texts": ["a good film"]}).encode()
    for kind in ("application/x-www-form-urlencoded", "text/plain", ""):
        answer = client.post(f"/api/{path}", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (415, "request_no_json")
        assert "Content-Type: application/json" in answer.json()["message"]
    for kind in ("application/json", "Application/JSON; charset=utf-8", "application/vnd.api+json"):
        assert client.post(f"/api/{path}", content=body, headers={"Content-Type": kind}).status_code == 200


@pytest.mark.parametrize("path", ["classify", "classify_batch"])
def test_bytes_that_are_no_characters_are_refused_in_words(client: TestClient, path: str) -> None:
    body = b'{"run": "a", "text": "caf\xe9", "texts": ["caf\xe9"]}'
    answer = client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "request_no_text")
    assert "UTF-8" in answer.json()["message"]


@pytest.mark.parametrize("path", ["classify", "classify_batch"])
@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"[" * 400_000, b'{"run":' * 100_000, b'{"run": ' + b"9" * 5000 + b"}", b"", b'{"run": NaN}'],
    ids=["cut", "list", "deep", "deep objects", "long number", "nothing", "no number"],
)
def test_characters_that_are_no_such_json_are_told_as_fastapi_does(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert {"loc", "msg"} <= set(answer.json()["detail"][0])


@pytest.mark.parametrize("path", ["classify", "classify_batch"])
def test_work_for_a_client_that_is_gone_ends_with_the_pass(
    trained: Run, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    begun, read = asyncio.Event(), []
    body = json.dumps({"run": trained.id, "text": "a good film", "texts": ["a good film"] * 3}).encode()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    def in_passes(_: Classifier, texts: Sequence[str], on_pass: Callable[[int], None] | None = None) -> list[Any]:
        assert on_pass
        loop.call_soon_threadsafe(begun.set)
        for n in range(1000):
            read.append(n)
            time.sleep(0.01)
            on_pass(n)
        return []

    @contextlib.asynccontextmanager
    async def late(*_: object) -> AsyncIterator[None]:
        begun.set()
        await asyncio.sleep(0.05)  # its turn comes when the client is gone
        yield

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        return

    async def ask() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": f"/api/{path}", "headers": headers, "query_string": b""}
        app = FastAPI(routes=routes(Models()))
        await asyncio.wait_for(app(scope, receive, send), 30)  # type: ignore[arg-type]

    loop: Any = None
    monkeypatch.setattr(Classifier, "predict", in_passes)
    monkeypatch.setattr(plain_http._Places, "taken", late)
    asyncio.run(ask())
    assert len(read) < 900
    assert bool(read) is (path == "classify_batch")


def test_batches_have_a_limit_and_other_json_is_refused(client: TestClient, trained: Run) -> None:
    many = client.post("/api/classify_batch", json={"run": trained.id, "texts": ["a"] * (MOST_TEXTS + 1)})
    assert (many.status_code, many.json()["error"]) == (400, "batch_too_large")
    for asked in ({"run": trained.id}, {"run": trained.id, "text": 3}, ["a text"]):
        assert client.post("/api/classify", json=asked).status_code == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("classify_batch", '{"run": "r", "texts": ["good film", NaN]}'),
        ("classify", '{"run": "r", "text": NaN}'),
        ("classify", '{"run": "\\ud800"}'),
        ("classify", "{"),
    ],
)
def test_what_is_no_such_json_is_not_repeated(client: TestClient, path: str, body: str) -> None:
    answer = client.post(f"/api/{path}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert {"loc", "msg"} == set(answer.json()["detail"][0])
    assert "good film" not in answer.text


class Held:
    """A classifier that answers once it is let go, and notes what it was given."""

    def __init__(self) -> None:
        self.given: list[list[str]] = []
        self.begun, self.released = threading.Event(), threading.Event()

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        self.given.append(list(texts))
        self.begun.set()
        self.released.wait(30)
        if "bad" in texts:
            raise MemoryError
        return [Prediction(text, 1.0, {text: 1.0}, (text,)) for text in texts]


def test_texts_that_arrive_meanwhile_go_through_in_one_pass() -> None:
    held = Held()
    together, found = Together(held), {}  # type: ignore[arg-type]

    def ask(text: str) -> None:
        found[text] = together.predict(text).label

    first = threading.Thread(target=ask, args=("first",))
    first.start()
    held.begun.wait(30)
    others = [threading.Thread(target=ask, args=(f"text {i}",)) for i in range(8)]
    for thread in others:
        thread.start()
    until = time.monotonic() + 30
    while len(together._waiting) < 8:
        assert time.monotonic() < until
    held.released.set()
    for thread in (first, *others):
        thread.join(30)
    assert found == {"first": "first"} | {f"text {i}": f"text {i}" for i in range(8)}
    assert held.given[0] == ["first"]
    assert [sorted(texts) for texts in held.given[1:]] == [[f"text {i}" for i in range(8)]]


def test_a_failure_reaches_who_asked_and_the_next_text_is_answered() -> None:
    held = Held()
    held.released.set()
    together = Together(held)  # type: ignore[arg-type]
    with pytest.raises(MemoryError):
        together.predict("bad")
    assert together.predict("good").label == "good"


def test_what_does_not_fit_a_run_of_single_texts_is_named(client: TestClient, trained: Run) -> None:
    def code(path: str, **asked: Any) -> tuple[int, str]:
        answer = client.post(path, json={"run": trained.id, **asked})
        return answer.status_code, answer.json()["error"]

    assert code("/api/classify", text="a", text_pair="b") == (400, "no_second_text")
    assert code("/api/classify_batch", texts=[["a", "b"]]) == (400, "texts_not_pairs")
    for blank in (" ", " \u200b"):
        answer = client.post("/api/classify_batch", json={"run": trained.id, "texts": ["a", blank]})
        assert answer.json()["error"] == "text_missing_at"
        assert "2" in answer.json()["message"]


def test_a_request_that_says_it_is_too_large_is_not_read(client: TestClient) -> None:
    for path, megabytes in (("/api/classify", MOST_MEGABYTES), ("/api/classify_batch", MOST_BATCH_MEGABYTES)):
        said = {"Content-Length": str(1_000_000 * megabytes + 1), "Content-Type": "application/json"}
        answer = client.post(path, content=iter([b"{"]), headers=said)
        assert (answer.status_code, answer.json()["error"]) == (413, "request_too_large")
        assert f"{megabytes} MB" in answer.json()["message"]


def test_a_request_that_goes_on_and_on_is_read_up_to_the_bound() -> None:
    sent, answered = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": b" " * 100_000, "more_body": sent < 1000}

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/classify", "query_string": b"", "headers": []}
    asyncio.run(FastAPI(routes=routes(Models()))({**scope, "http_version": "1.1"}, receive, send))  # type: ignore[arg-type]
    assert answered[0]["status"] == 413
    assert sent == 10 * MOST_MEGABYTES + 1


def test_a_body_in_parts_is_read_whole(client: TestClient, trained: Run) -> None:
    body = json.dumps({"run": trained.id, "text": "a good film"}).encode()
    parts = (body[begin : begin + 7] for begin in range(0, len(body), 7))
    answer = client.post("/api/classify", content=parts, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200


def test_batches_beyond_the_limit_are_sent_away_and_single_texts_are_not(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, at_work, go_on = Models(), threading.Semaphore(0), threading.Event()

    def held(run: Run, texts: Sequence[str], _: object) -> list[Prediction]:
        at_work.release()
        assert go_on.wait(30)
        return [Prediction(text, 1.0, {text: 1.0}, (text,)) for text in texts]

    monkeypatch.setattr(models, "classify_all", held)
    client = TestClient(FastAPI(routes=routes(models)))
    batch, statuses = {"run": trained.id, "texts": ["a"]}, []
    asking = [
        threading.Thread(target=lambda: statuses.append(client.post("/api/classify_batch", json=batch).status_code))
        for _ in range(MOST_BATCHES)
    ]
    for thread in asking:
        thread.start()
    for _ in asking:
        assert at_work.acquire(timeout=30)
    refused = client.post("/api/classify_batch", json=batch)
    single = client.post("/api/classify", json={"run": trained.id, "text": "a good film"})
    go_on.set()
    for thread in asking:
        thread.join(30)
    assert (refused.status_code, refused.json()["error"]) == (503, "too_many_batches")
    assert refused.headers["Retry-After"] == "1"
    assert single.status_code == 200
    assert statuses == [200] * MOST_BATCHES
    assert client.post("/api/classify_batch", json=batch).status_code == 200


def test_single_texts_beyond_the_limit_wait_and_are_sent_away_in_time(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Run(shutil.copytree(trained.folder, trained.folder.with_name("another")))
    models, at_work, go_on = Models(), threading.Semaphore(0), threading.Event()

    def held(run: Run, text: str) -> Prediction:
        at_work.release()
        assert go_on.wait(30)
        return Prediction(text, 1.0, {text: 1.0}, (text,))

    async def ask() -> None:
        transport = httpx.ASGITransport(FastAPI(routes=routes(models)))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:

            def asked(text: str) -> asyncio.Task[httpx.Response]:
                return asyncio.create_task(client.post("/api/classify", json={"run": trained.id, "text": text}))

            def of_another(text: str) -> asyncio.Task[httpx.Response]:
                return asyncio.create_task(client.post("/api/classify", json={"run": other.id, "text": text}))

            first = [asked(f"text {n}") for n in range(MOST_OF_ONE_RUN)]
            for _ in first:
                assert await asyncio.to_thread(at_work.acquire, timeout=30)
            monkeypatch.setattr(plain_http, "WAIT_SECONDS", 0.01)
            assert (await asked("of this run no more")).status_code == 503
            monkeypatch.setattr(plain_http, "WAIT_SECONDS", 30.0)
            assert (await client.post("/api/classify", json={"text": "no run"})).status_code == 422
            first += [of_another(f"text {n}") for n in range(MOST_SINGLE - MOST_OF_ONE_RUN)]
            for _ in range(MOST_SINGLE - MOST_OF_ONE_RUN):
                assert await asyncio.to_thread(at_work.acquire, timeout=30)
            monkeypatch.setattr(plain_http, "WAIT_SECONDS", 0.01)
            refused = await asked("impatient")
            monkeypatch.setattr(plain_http, "WAIT_SECONDS", 30.0)
            many = [asked(f"patient {n}") for n in range(MOST_WAITING + 1)]
            [crowded], patient = await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
            assert not at_work.acquire(blocking=False)
            go_on.set()
            for answer in (refused, crowded.result()):
                assert (answer.status_code, answer.json()["error"]) == (503, "too_many_texts")
                assert answer.headers["Retry-After"] == "1"
            assert {answer.status_code for answer in await asyncio.gather(*patient)} == {200}
            assert {answer.status_code for answer in await asyncio.gather(*first)} == {200}
            assert (await asked("and after")).status_code == 200

    monkeypatch.setattr(models, "classify", held)
    asyncio.run(ask())


def test_halves_of_characters_are_read_and_said(client: TestClient, trained: Run) -> None:
    for asked, status in (({"run": trained.id, "text": "\udcff good"}, 200), ({"run": "\udcff", "text": "good"}, 404)):
        body = json.dumps(asked)  # written as escapes
        answer = client.post("/api/classify", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status
