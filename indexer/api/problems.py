"""Errors as problem+json (RFC 9457), each kind in one place. Nothing of a traceback, a path or a password is told."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crawler.errors import BackendUnavailable, IndexLater, QueryError

MEDIA_TYPE = "application/problem+json"
RETRY_S = 5


class Refused(Exception):
    """An answer other than the one that was asked for."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The response. `type` is left out, which means about:blank: the status says what kind of problem it is."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(orjson.dumps(body), status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Let every error of a handler, and of the routing, be answered as a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(QueryError, _query)
    app.add_exception_handler(BackendUnavailable, _unavailable)
    app.add_exception_handler(IndexLater, _unavailable)
    app.add_exception_handler(Exception, _broken)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error.status, error.detail, headers=error.headers)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is nothing at this address", 405: f"{request.method} is not understood here"}
    return problem(error.status_code, said.get(error.status_code) or str(error.detail), headers=error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [{"where": ".".join(map(str, one["loc"])), "what": str(one["msg"])} for one in error.errors()[:20]]
    return problem(422, "a parameter is not what it may be", errors=faults)


async def _query(request: Request, error: Exception) -> Response:
    return problem(400, str(error))


async def _unavailable(request: Request, error: Exception) -> Response:
    return problem(503, str(error), headers={"Retry-After": str(RETRY_S)})


async def _broken(request: Request, error: Exception) -> Response:
    return problem(500, "this should not have happened; the log of the service has the details")
