"""Watches: GET for everybody who may read; whatever changes something needs a token (the guard sees to it)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from crawler.errors import ConfigError
from crawler.store.watches import Delivery, WatchRow, find_watch, read_deliveries, read_watches
from indexer.api.etags import answered
from indexer.api.problems import Refused
from indexer.api.watch_models import TestAnswer, WatchAnswer, WatchAsked, Watches, WatchWithLog
from indexer.desk import Desk
from indexer.watches.alarms import AlarmFilter, check_filter
from indexer.watches.channels import masked
from indexer.watches.keeping import add_alarm_watch, add_watch, drop_watch, make_settings, pause_watch, test_watch
from indexer.watches.settings import AlertSettings, WatchSettings

WatchId = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hex digits.")]
_LOG = 100


def make_router(desk: Desk, alerts: AlertSettings) -> APIRouter:
    """The addresses of watches."""
    router = APIRouter(tags=["watches"])

    @router.get("/watches", responses={200: {"model": Watches}})
    def watches(request: Request) -> Response:
        """All watches, by name."""
        with desk.database.read() as connection:
            rows = read_watches(connection)
        return answered(request, orjson.dumps({"watches": [watch_shape(row) for row in rows]}), "application/json")

    @router.post("/watches", status_code=201, responses={201: {"model": WatchAnswer}})
    def add(asked: WatchAsked) -> Response:
        """Add a watch: it tells of what comes from now on."""
        try:
            settings = make_settings(
                asked.to,
                digest=asked.digest_at,
                zone=asked.zone,
                quiet=asked.quiet,
                throttle_s=asked.throttle_s,
                language=asked.language,
            )
            row = _add(desk, asked, settings)
        except ConfigError as error:  # the asker's, not the installation's
            raise Refused(400, str(error)) from None
        return Response(
            orjson.dumps(watch_shape(row)), 201, media_type="application/json", headers={"Location": f"/api/v1/watches/{row.id}"}
        )

    @router.get("/watches/{watch_id}", responses={200: {"model": WatchWithLog}})
    def show(request: Request, watch_id: WatchId) -> Response:
        """A watch and its newest deliveries."""
        row = _found(desk, watch_id)
        with desk.database.read() as connection:
            deliveries = [delivery_shape(one) for one in read_deliveries(connection, row.id, _LOG)]
        body = {"watch": watch_shape(row), "deliveries": deliveries}
        return answered(request, orjson.dumps(body), "application/json")

    @router.post("/watches/{watch_id}/pause", responses={200: {"model": WatchAnswer}})
    def pause(watch_id: WatchId) -> Response:
        """Pause it: nothing is noted or sent until it is resumed."""
        return _changed(desk, watch_id, desk.now())

    @router.post("/watches/{watch_id}/resume", responses={200: {"model": WatchAnswer}})
    def resume(watch_id: WatchId) -> Response:
        """Let it go on."""
        return _changed(desk, watch_id, None)

    @router.post("/watches/{watch_id}/test", responses={200: {"model": TestAnswer}})
    def test(watch_id: WatchId) -> Response:
        """Send a test message to each of its addresses."""
        outcomes = test_watch(_found(desk, watch_id), alerts, desk.now())
        body = {"outcomes": [{"to": to, "error": error} for to, error in outcomes]}
        return Response(orjson.dumps(body), media_type="application/json")

    @router.delete("/watches/{watch_id}", status_code=204, responses={204: {"description": "It is gone."}})
    def remove(watch_id: WatchId) -> Response:
        """Remove it with its log."""
        drop_watch(desk.database, _found(desk, watch_id))
        return Response(status_code=204)

    return router


def watch_shape(row: WatchRow) -> dict[str, Any]:
    """A watch without the secrets of its addresses."""
    settings = WatchSettings.read(row.settings)
    return {
        "id": row.id, "name": row.name, "kind": row.kind, "query": row.query if row.kind == "search" else None,
        "to": [masked(one) for one in settings.to], "digest_at": settings.digest_at, "quiet": settings.quiet,
        "throttle_s": settings.throttle_s, "zone": settings.zone, "language": settings.language, "created_at": row.created_at,
        "paused_at": row.paused_at, "outlets": settings.outlets, "groups": settings.groups, "verdicts": settings.verdicts,
    }  # fmt: skip


def delivery_shape(one: Delivery) -> dict[str, Any]:
    """A delivery without the secrets of its address."""
    return {
        "article": one.article_id, "story": one.story_id, "incident": one.incident[0] if one.incident else None,
        "is_recovery": one.incident[1] if one.incident else None, "to": masked(one.channel), "status": one.status.value,
        "attempts": one.attempts, "found_at": one.created_at, "next_try_at": one.next_try_at, "sent_at": one.delivered_at,
        "error": one.last_error,
    }  # fmt: skip


def _add(desk: Desk, asked: WatchAsked, settings: WatchSettings) -> WatchRow:
    """Raises ConfigError and QueryError in words."""
    wanted = AlarmFilter(outlets=tuple(asked.outlets), groups=tuple(asked.groups), verdicts=tuple(asked.verdicts))
    if asked.kind == "search":
        if wanted != AlarmFilter():
            raise ConfigError("outlets, groups and verdicts go with the kind alarm; a query has outlet: and group:")
        return add_watch(desk.database, desk.engine, asked.name, asked.query or "", settings, desk.now())
    if asked.query:
        raise ConfigError("an alarm has no query: name outlets, groups or verdicts, or nothing for all")
    rows = desk.outlets()
    checked = check_filter(wanted, {one.slug for one in rows}, {one.group for one in rows if one.group})
    return add_alarm_watch(desk.database, asked.name, settings, checked, desk.now())


def _found(desk: Desk, watch_id: str) -> WatchRow:
    with desk.database.read() as connection:
        row = find_watch(connection, watch_id)
    if row is None or row.id != watch_id:
        raise Refused(404, f"there is no watch {watch_id}")
    return row


def _changed(desk: Desk, watch_id: str, paused_at: datetime | None) -> Response:
    row = pause_watch(desk.database, _found(desk, watch_id), paused_at)
    return Response(orjson.dumps(watch_shape(row)), media_type="application/json")
