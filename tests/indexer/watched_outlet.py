"""An outlet that is watched, in rows of the store: five weeks of hours, three sources, a turn, incidents, and who was told of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.model.feed import FeedState
from crawler.store import processes
from crawler.store.health import OutletHealth, save_health
from crawler.store.incidents import Incident, open_incident, read_incidents
from crawler.store.outlet_hours import OutletHour, add
from crawler.store.schema import delivery, outlet_turn
from crawler.store.sources import save_state
from crawler.store.watches import WatchRow, save_watch
from indexer.plans import OutletPlan

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class MadePlans:
    """A catalogue in memory."""

    def __init__(self, plans: Mapping[str, OutletPlan]) -> None:
        self._plans = plans

    def plan(self, slug: str, now: datetime) -> OutletPlan | None:
        """See `indexer.plans.Plans`."""
        return self._plans.get(slug)


def plan_of(slug: str, now: datetime) -> OutletPlan:
    """Every quarter of an hour, with the three sources of `make_watched` and one that was never asked."""
    kinds = {
        f"https://{slug}.example/{path}": kind
        for path, kind in (("rss", "feed"), ("news.xml", "news sitemap"), ("kraj", "section"), ("new", "feed"))
    }
    return OutletPlan(
        schedule="every 900 s + 60 s", decided_by="its group dailies", next_slot_at=now + timedelta(minutes=12), kinds=kinds
    )


def make_watched(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Broken since yesterday, sure three hours later; an incident a week ago that is over."""
    save_health(
        connection,
        [
            OutletHealth(
                outlet=slug, verdict="parser broken", reason="gives pages without a text that can be read: 12 of the last 14, where 2 % is usual",
                updated_at=now - timedelta(minutes=3), last_success_at=now - timedelta(minutes=3), last_new_article_at=now - 20 * HOUR,
                since=now - 21 * HOUR, detail={"articles_a_day": 41.5, "dead_letters": 12, "robots": None, "tls": None},
            )
        ],
    )  # fmt: skip
    for path, changes in _sources(now).items():
        save_state(
            connection, FeedState(**{"url": f"https://{slug}.example/{path}", "outlet": slug, "polled_at": now, **changes})
        )
    connection.execute(
        outlet_turn.insert(), [{"outlet": slug, "schedule": "every 900 s", "attempts": 0, "ended_at": now - timedelta(minutes=3)}]
    )
    add(connection, [_hour(slug, now, back) for back in range(35 * 24)])
    over = Incident(
        outlet=slug, verdict="unreachable", reason="does not answer (connection refused) (each of the last 3 times, since 14:20)",
        began_at=now - 7 * DAY, opened_at=now - 7 * DAY + HOUR, seen_at=now - 7 * DAY + 3 * HOUR, closed_at=now - 7 * DAY + 4 * HOUR,
    )  # fmt: skip
    now_open = Incident(
        outlet=slug, verdict="parser broken", reason="gives pages without a text that can be read: 12 of the last 14, where 2 % is usual",
        began_at=now - 24 * HOUR, opened_at=now - 21 * HOUR, seen_at=now - timedelta(minutes=3),
    )  # fmt: skip
    open_incident(connection, over)
    open_incident(connection, now_open)


def make_told(connection: sa.Connection, slug: str, now: datetime) -> str:
    """An alarm watch of two addresses: the first was told of both incidents of `make_watched`, the second could not be. Returns its id."""
    second, first = read_incidents(connection, now - 30 * DAY, slug)
    settings = {"to": ["https://a.example/", "https://b.example/"]}
    row = WatchRow(id=f"alarm-{slug}", name="Alarms", query="", kind="alarm", settings=settings, created_at=now - 30 * DAY)
    save_watch(connection, row)
    tell(connection, slug, f"incident {first.id} opened", "sent", first.opened_at + timedelta(minutes=1))
    tell(connection, slug, f"incident {first.id} closed", "sent", now - 7 * DAY + 5 * HOUR)
    tell(connection, slug, f"incident {second.id} opened", "sent", now - 20 * HOUR)
    tell(connection, slug, f"incident {second.id} opened", "failed", None, channel="https://b.example/")
    return row.id


def make_led(connection: sa.Connection, now: datetime) -> None:
    """A service that keeps time."""
    processes.register(connection, "a:1:x", "service", "1.0", now - timedelta(seconds=12), {"leader": True, "crawling": []})


def tell(
    connection: sa.Connection, slug: str, key: str, status: str, at: datetime | None, channel: str = "https://a.example/"
) -> None:
    """What became of a message of the alarm watch of `slug`."""
    row: dict[str, Any] = {
        "watch_id": f"alarm-{slug}",
        "dedupe_key": key,
        "channel": channel,
        "status": status,
        "created_at": at,
        "delivered_at": at,
    }
    connection.execute(delivery.insert(), [row | {"created_at": at or datetime.fromisoformat("2026-11-01T00:00:00+00:00")}])


def _sources(now: datetime) -> dict[str, dict[str, Any]]:
    return {
        "rss": {
            "status": "ok", "answered_at": now, "changed_at": now - HOUR, "newest_at": now - 2 * HOUR, "etag": '"e"',
            "last_modified": "Tue, 24 Nov 2026 11:00:00 GMT",
        },
        "news.xml": {
            "status": "unreachable", "answered_at": now - 2 * DAY, "newest_at": now - 3 * DAY, "failures_in_a_row": 9,
            "failing_since": now - 2 * DAY, "last_error": "answers 503 Service Unavailable", "next_poll_at": now + HOUR,
        },
        "old": {"status": "gone", "gone_at": now - 9 * DAY, "last_error": "answers 410 Gone", "moved_to": "https://elsewhere.example/rss"},
    }  # fmt: skip


def _hour(slug: str, now: datetime, back: int) -> OutletHour:
    """Two articles an hour; in the last seven days without authors, and shorter; on the third day back no source answered."""
    is_late, is_away = back <= 7 * 24, 48 <= back < 72
    new = 0 if is_away else 2
    return OutletHour(
        outlet=slug, hour=(now - back * HOUR).replace(minute=0), crawls=4, failures=4 if is_away else 0, polls=8, pages=new, new=new,
        words=new * (150 if is_late else 400), with_authors=0 if is_late else new, with_date=new, with_lead=new, with_image=new,
        no_text=new // 2 if is_late else 0,
    )  # fmt: skip
