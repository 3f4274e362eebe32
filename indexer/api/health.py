"""`/healthz` (the process lives) and `/readyz` (store and index answer), for whoever watches the service."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from crawler.errors import BackendUnavailable
from indexer.api import models
from indexer.api.problems import Refused
from indexer.desk import Desk

_NOT_KEPT = {"Cache-Control": "no-store"}


def make_router(desk: Desk) -> APIRouter:
    """The two addresses."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses={200: {"model": models.Status}})
    async def healthz() -> JSONResponse:
        """The process lives: it answers without asking anybody."""
        return JSONResponse({"status": "ok"}, headers=_NOT_KEPT)

    @router.get("/readyz", responses={200: {"model": models.Status}})
    def readyz() -> JSONResponse:
        """Store and index answer; 503 says which does not."""
        try:
            desk.check()
        except BackendUnavailable:  # its reason names paths and servers, and anybody may ask here
            raise Refused(503, "store or index cannot be used now: `depesza doctor` says why", {"Retry-After": "5"}) from None
        return JSONResponse({"status": "ready"}, headers=_NOT_KEPT)

    return router
