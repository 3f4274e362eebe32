"""`/healthz` (the process lives), `/readyz` (store, schema and index answer), `/api/v1/health` (the whole installation), for whoever
watches the service. Not here: figures for Prometheus (`metrics`), what needs somebody (`indexer.overview`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from crawler.errors import BackendUnavailable
from crawler.store.database import SCHEMA_REVISION, schema_revision
from crawler.store.incidents import Incident
from crawler.store.leases import shared_now
from crawler.store.overview import Overview, read_overview
from crawler.store.processes import Process
from indexer.api import models
from indexer.api.health_models import HealthAnswer, Ready
from indexer.api.problems import Refused
from indexer.desk import Desk
from indexer.overview import troubles

_NOT_KEPT = {"Cache-Control": "no-store"}


def make_router(desk: Desk) -> APIRouter:
    """The two addresses that need no token."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses={200: {"model": models.Status}})
    async def healthz() -> JSONResponse:
        """The process lives: it answers without asking anybody."""
        return JSONResponse({"status": "ok"}, headers=_NOT_KEPT)

    @router.get("/readyz", responses={200: {"model": Ready}})
    def readyz() -> JSONResponse:
        """Store, schema and index answer; 503 says which does not."""
        if missing := _missing(desk):
            raise Refused(503, f"the {missing} cannot be used now: `depesza doctor` says why", {"Retry-After": "5"})
        return JSONResponse(
            {"status": "ready", "store": "ok", "schema_revision": SCHEMA_REVISION, "index": "ok"}, headers=_NOT_KEPT
        )

    return router


def make_api_router(desk: Desk) -> APIRouter:
    """The address of the API."""
    router = APIRouter(tags=["health"])

    @router.get("/health", responses={200: {"model": HealthAnswer}})
    def health() -> Response:
        """Processes, who leads, what waits, outlets by verdict, open incidents, and what needs somebody; 200 also when something does."""
        with desk.database.read() as connection:
            found = read_overview(connection, shared_now(connection, desk.now()))
        return Response(orjson.dumps(health_shape(found)), media_type="application/json", headers=_NOT_KEPT)

    return router


def health_shape(one: Overview) -> dict[str, Any]:
    """The installation's state as JSON. No machine and no process is named: a token to read is no way to learn of the network."""
    needed = troubles(one)
    return {
        "status": "trouble" if needed else "ok", "troubles": needed, "at": one.now, "is_led": one.leader is not None,
        "processes": [_process_shape(process, one.now) for process in one.processes], "verdicts": dict(one.verdicts),
        "incidents": [_incident_shape(incident) for incident in one.incidents], "articles": one.articles,
        "articles_new_last_day": sum(one.new_articles.values()), "waiting_entries": one.waiting_entries, "outbox": one.outbox,
        "outbox_oldest_at": one.outbox_oldest_at, "outlets_due": one.outlets_due, "dead_letters": dict(one.dead_letters),
        "last_run_at": one.last_run_at, "runs_last_day": dict(one.runs),
    }  # fmt: skip


def _missing(desk: Desk) -> str | None:
    """Which part does not answer; no more, for its reason names paths and servers, and anybody may ask here."""
    try:
        if schema_revision(desk.database) != SCHEMA_REVISION:
            return "store's schema"
    except BackendUnavailable:
        return "store"
    try:
        desk.check()
    except BackendUnavailable:
        return "index"
    return None


def _process_shape(one: Process, now: datetime) -> dict[str, Any]:
    return {
        "kind": one.kind, "version": one.version, "is_leader": one.is_leader, "started_at": one.started_at,
        "heartbeat_age_s": round(one.age_s(now), 1), "crawling": len(one.detail.get("crawling", ())),
    }  # fmt: skip


def _incident_shape(one: Incident) -> dict[str, Any]:
    return {
        "id": one.id, "outlet": None if one.is_ours else one.outlet, "verdict": one.verdict, "reason": one.reason,
        "began_at": one.began_at, "opened_at": one.opened_at,
    }  # fmt: skip
