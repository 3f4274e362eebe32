"""One outlet with all that its page shows, and incidents: GET below /api/v1. The list of outlets is with the records."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from crawler.model.feed import FeedState
from crawler.store.incidents import Incident, read_incidents
from crawler.store.outlet_record import IncidentRecord
from indexer.api.etags import answered
from indexer.api.outlet_models import Incidents, OutletAnswer
from indexer.api.problems import Refused
from indexer.desk import Desk
from indexer.outlet_detail import OutletDetail, SourceDetail

SLUG = "^[a-z0-9][a-z0-9_-]{0,99}$"
MOST = 1000
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""The first year and the last of the calendar have instants that UTC has none for."""
_OF_ROW = ("slug", "name", "homepage", "country", "language", "timezone", "kind", "group", "tags", "disabled_because")
_OF_STATE = (
    "polled_at", "answered_at", "changed_at", "newest_at", "last_modified", "failing_since", "next_poll_at", "moved_to", "gone_at",
)  # fmt: skip
_COPIED = ("agency_copy", "other_copy", "own")


def make_router(desk: Desk) -> APIRouter:
    """The addresses."""
    router = APIRouter(tags=["outlets"])

    @router.get("/outlets/{slug}", responses={200: {"model": OutletAnswer}})
    def outlet(request: Request, slug: Annotated[str, Path(pattern=SLUG)]) -> Response:
        """An outlet: verdict, sources, incidents, when it is crawled, its last days, its newest articles."""
        found = desk.outlet(slug)
        if found is None:
            raise Refused(404, f"there is no outlet {slug}")
        return answered(request, orjson.dumps(detail_shape(found)), "application/json")

    @router.get("/incidents", responses={200: {"model": Incidents}})
    def incidents(
        request: Request,
        outlet: Annotated[str | None, Query(pattern=SLUG, description="Of this outlet alone.")] = None,
        since: Annotated[
            AwareDatetime | None, Query(description="Those too that were open at some time since; with an offset.")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> Response:
        """Faults of outlets, the newest first: those that are open, and with `since` those that are over."""
        with desk.database.read() as connection:
            found = read_incidents(connection, None if since is None else min(max(since, _FIRST), _LAST), outlet, limit)
        return answered(request, orjson.dumps({"incidents": [incident_shape(one) for one in found]}), "application/json")

    return router


def detail_shape(one: OutletDetail) -> dict[str, Any]:
    """An OutletAnswer. Pure."""
    record, health = one.record, one.record.health
    return {
        **{name: getattr(record.row, name) for name in _OF_ROW},
        **{name: getattr(one.profile, name) if one.profile else None for name in _COPIED},
        "articles": record.articles, "last_success_at": health.last_success_at if health else None,
        "last_new_article_at": health.last_new_article_at if health else None, "verdict": health.verdict if health else None,
        "since": health.since if health else None, "reason": health.reason if health else "",
        "judged_at": health.updated_at if health else None, "failures_in_a_row": health.failures_in_a_row if health else 0,
        "due": asdict(one.due), "sources": [_source(each) for each in one.sources],
        "incidents": [_told_incident(each) for each in record.incidents], "incident_count": record.incident_count,
        "days": [asdict(day) for day in record.days], "last_week": record.recent.as_json(), "weeks_before": record.before.as_json(),
        "newest": [asdict(each) for each in record.newest],
    }  # fmt: skip


def incident_shape(one: Incident) -> dict[str, Any]:
    """An IncidentAnswer. Pure."""
    times = {name: getattr(one, name) for name in ("began_at", "opened_at", "seen_at", "closed_at")}
    return {"id": one.id, "outlet": None if one.is_ours else one.outlet, "verdict": one.verdict, "reason": one.reason} | times


def _told_incident(one: IncidentRecord) -> dict[str, Any]:
    return incident_shape(one.incident) | {"told": asdict(one.opening), "told_end": asdict(one.ending)}


def _source(one: SourceDetail) -> dict[str, Any]:
    state = one.state or FeedState(url=one.url, outlet="")
    return {
        "url": one.url, "kind": one.kind, "status": state.status, "error": state.last_error, "failures_in_a_row": state.failures_in_a_row,
        **{name: getattr(state, name) for name in _OF_STATE},
    }  # fmt: skip
