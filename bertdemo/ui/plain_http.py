"""Classifying in one request: JSON in, JSON out. docs/http.md says how.

Gradio's own endpoints take two requests each, and for every caller without a session a copy of the page's settings,
which is several times the work of one short text. These routes stand on the same server, before Gradio's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from bertdemo.errors import UserError
from bertdemo.runs.run import Run
from bertdemo.ui.serving import Models

NOT_FOUND = ("run_unknown",)


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

    What the caller can mend is answered with 404 where there is no such run, else 400, and ``{"error": code,
    "message": sentence}``; what is no such JSON, with FastAPI's 422.
    """

    def classify(asked: Text) -> Any:
        run = Run.open(asked.run)
        return models.classify(run, models.sent(run, asked.text, asked.text_pair)).to_json()

    def classify_batch(asked: Texts) -> Any:
        run = Run.open(asked.run)
        return [found.to_json() for found in models.classify_all(run, models.texts_of(run, asked.texts))]

    return [
        APIRoute("/api/classify", _worded(classify), methods=["POST"]),
        APIRoute("/api/classify_batch", _worded(classify_batch), methods=["POST"]),
    ]


def _worded(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    def answer(*arguments: Any, **named: Any) -> JSONResponse:
        try:
            return JSONResponse(handler(*arguments, **named))
        except UserError as error:
            said = {"error": error.code, "message": str(error)}
            return JSONResponse(said, 404 if error.code in NOT_FOUND else 400)

    return answer
