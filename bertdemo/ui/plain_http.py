"""Classifying in one request: JSON in, JSON out. docs/http.md says how.

Gradio's own endpoints take two requests each, and for every caller without a session a copy of the page's settings,
which is several times the work of one short text. These routes stand on the same server, before Gradio's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from typing import Any
from weakref import WeakValueDictionary

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from bertdemo.data.readable import readable
from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui.serving import Models, answered

MOST_MEGABYTES, MOST_BATCH_MEGABYTES = 1, 32
"""Of a request's body: a thousand texts of as many characters as are looked at, in ASCII, are 20."""
MOST_BATCHES = 4
"""Batches at once: each takes a thread of those that all requests are answered by."""
MOST_SINGLE, MOST_OF_ONE_RUN, MOST_WAITING, WAIT_SECONDS = 24, 12, 256, 5.0
"""Single texts at once, those of one run, whose model may have to be loaded, those that wait, and how long they do."""
GONE = "bertdemo.gone"
"""Where the scope of a request says whether its client is gone."""
STATUSES = {
    "run_unknown": 404,
    "run_missing": 404,
    "request_too_large": 413,
    "request_no_json": 415,
    "too_many_batches": 503,
    "too_many_texts": 503,
}
"""Of what is answered with another status than 400."""


class Text(BaseModel):
    """One text, or a pair of them for a run that judges two together."""

    run: str
    text: str
    text_pair: str = ""


class Texts(BaseModel):
    """Several texts, or pairs as ``[first, second]``."""

    run: str
    texts: list[str] | list[list[str]]


def routes(models: Models) -> list[APIRoute]:
    """``POST /api/classify`` and ``POST /api/classify_batch``.

    What the caller can mend is answered with one of `STATUSES`, else 400, and ``{"error": code, "message":
    sentence}``; what is no such JSON, with 422 and FastAPI's words for it.
    """
    free = threading.Semaphore(MOST_BATCHES)

    places = _Places()

    def one(asked: Text) -> Any:
        run = Run.open(asked.run)
        found = models.classify(run, models.sent(run, asked.text, asked.text_pair))
        return answered(found, [asked.text, asked.text_pair])

    async def classify(asked: Text, request: Request) -> JSONResponse:
        try:
            async with places.taken(asked.run):
                _must_be_there(request)
                return await run_in_threadpool(_worded(one), asked)
        except UserError as error:
            return _said(error)

    def classify_batch(asked: Texts, request: Request) -> Any:
        if not free.acquire(blocking=False):
            raise UserError("too_many_batches", most=MOST_BATCHES)
        try:
            run = Run.open(asked.run)
            texts = models.texts_of(run, asked.texts)
            found = models.classify_all(run, texts, lambda _: _must_be_there(request))
            return [answered(each, given) for each, given in zip(found, asked.texts, strict=True)]
        finally:
            free.release()

    return [
        _Bounded("/api/classify", classify, MOST_MEGABYTES),
        _Bounded("/api/classify_batch", _worded(classify_batch), MOST_BATCH_MEGABYTES),
    ]


class _Places:
    """Places for `MOST_SINGLE` requests at once. Others wait a while, without a thread of their own."""

    def __init__(self) -> None:
        self._free, self._waiting = asyncio.Semaphore(MOST_SINGLE), 0
        self._of_runs: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def taken(self, run: str) -> AsyncIterator[None]:
        """A block that holds a place, one of those that a run may have.

        Raises:
            UserError: ``too_many_texts`` where none gets free in time, or too many wait already.
        """
        of_run = self._of_runs.setdefault(run, asyncio.Semaphore(MOST_OF_ONE_RUN))
        if self._waiting >= MOST_WAITING:
            raise UserError("too_many_texts")
        self._waiting += 1
        async with contextlib.AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await held.enter_async_context(of_run)
                    await held.enter_async_context(self._free)
            except TimeoutError:
                raise UserError("too_many_texts") from None
            finally:
                self._waiting -= 1
            yield


class _Bounded(APIRoute):
    """A route that takes a body of so many megabytes at most, and reads no more of a larger one."""

    def __init__(self, path: str, handler: Callable[..., Any], megabytes: int) -> None:
        self.megabytes = megabytes
        super().__init__(path, handler, methods=["POST"])

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                body = await self._body(request)
            except UserError as error:
                return _said(error)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            try:
                async with _watched(request):
                    return await handle(Request(request.scope, receive))
            except ClientDisconnect:
                return Response(status_code=400)
            except HTTPException:  # what FastAPI makes of a body that it can't take for JSON, whatever it is
                if not _is_text(body):
                    return _said(UserError("request_no_text"))
                return JSONResponse({"detail": [{"loc": ["body"], "msg": "JSON decode error"}]}, 422)
            except RequestValidationError as error:
                if not _is_json(request.headers.get("content-type", "")):  # it was not looked at
                    return _said(UserError("request_no_json"))
                # not what was sent: it may be long, or be nothing that JSON can say
                told = [{"loc": list(each["loc"]), "msg": readable(each["msg"])} for each in error.errors()]
                return JSONResponse({"detail": told}, 422)

        return answer

    async def _body(self, request: Request) -> bytes:
        """Raises ``request_too_large``, before anything is read where the sender says how much it is."""
        most, announced = 1_000_000 * self.megabytes, request.headers.get("content-length", "")
        body = bytearray()
        if not announced.isdecimal() or int(announced) <= most:
            async for part in request.stream():
                body += part
                if len(body) > most:
                    break
            else:
                return bytes(body)
        raise UserError("request_too_large", most=self.megabytes)


@contextlib.asynccontextmanager
async def _watched(request: Request) -> AsyncIterator[None]:
    """A block in which `_must_be_there` knows whether the client of a request that was read is still there."""
    gone = request.scope[GONE] = threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            continue
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _must_be_there(request: Request) -> None:
    """Raises ClientDisconnect where nobody waits for the answer any more."""
    if request.scope[GONE].is_set():
        raise ClientDisconnect


def _is_text(body: bytes) -> bool:
    """Whether the bytes are characters, in whichever encoding JSON is read."""
    try:
        body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return False
    return True


def _is_json(content_type: str) -> bool:
    """Whether a body of that type is taken for JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _worded(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    def answer(*arguments: Any, **named: Any) -> JSONResponse:
        try:
            return JSONResponse(handler(*arguments, **named))
        except UserError as error:
            return _said(error)

    return answer


def _said(error: UserError) -> JSONResponse:
    status = STATUSES.get(error.code, 400)
    later = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"error": error.code, "message": readable(str(error))}, status, later)
