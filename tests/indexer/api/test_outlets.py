"""One outlet and the incidents over HTTP: what their addresses tell, what they refuse, and that the document tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crawler.store.incidents import EVERY_OUTLET, Incident, open_incident
from crawler.store.outlet_record import DAYS, INCIDENTS, read_record
from crawler.store.outlets import OutletRow
from crawler.store.schema import outlet, outlet_turn
from indexer.api.outlet_models import Incidents, OutletAnswer
from indexer.outlet_detail import Waiting, due_of
from tests.conftest import NOON
from tests.indexer.watched_outlet import DAY, HOUR, MadePlans, make_led, make_told, make_watched, plan_of

from .conftest import opened
from .newsroom import Room
from .test_api import API

GONIEC = f"{API}/outlets/goniec"


def fill(room: Room) -> Room:
    with room.database.write() as connection:
        make_watched(connection, "goniec", NOON)
        make_told(connection, "goniec", NOON)
        make_led(connection, NOON)
    room.desk.plans = MadePlans({"goniec": plan_of("goniec", NOON)})
    return room


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Of a room that no test changes."""
    with opened(tmp_path_factory.mktemp("watched")) as room, fill(room).served() as made:
        yield made


@pytest.fixture
def watched(own_room: Room) -> Room:
    """For a test that changes it."""
    return fill(own_room)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_an_outlet_is_told_with_its_verdict_sources_incidents_and_days(client: httpx.Client) -> None:
    answer = client.get(GONIEC)
    found = answer.json()
    OutletAnswer.model_validate(found)
    assert (found["slug"], found["verdict"], at(found["since"])) == ("goniec", "parser broken", NOON - 21 * HOUR)
    assert found["due"] | {"at": at(found["due"]["at"]), "last_at": None} == {
        "schedule": "every 900 s + 60 s", "decided_by": "its group dailies", "waiting": "next slot", "at": NOON + timedelta(minutes=12),
        "attempts": 0, "last_at": None, "is_led": True,
    }  # fmt: skip
    sources = {one["url"].rpartition("/")[2]: one for one in found["sources"]}
    assert list(sources) == ["rss", "news.xml", "kraj", "new", "old"], "as in its file; what is no longer in it comes last"
    assert [one["kind"] for one in sources.values()] == ["feed", "news sitemap", "section", "feed", None]
    assert (sources["news.xml"]["failures_in_a_row"], sources["news.xml"]["error"]) == (9, "answers 503 Service Unavailable")
    assert sources["rss"]["last_modified"] == "Tue, 24 Nov 2026 11:00:00 GMT" and sources["new"]["status"] is None
    assert [(one["verdict"], one["closed_at"] is None) for one in found["incidents"]] == [
        ("parser broken", True),
        ("unreachable", False),
    ]
    assert found["incidents"][0]["told"] | {"first_at": None} == {"first_at": None, "sent": 1, "waiting": 0, "failed": 1}
    assert at(found["incidents"][0]["told"]["first_at"]) == NOON - 20 * HOUR and found["incidents"][1]["told_end"]["sent"] == 1
    assert len(found["days"]) == DAYS and found["days"][-1]["day"] == "2026-11-24" and found["days"][-1]["articles"] == 1
    assert [one["failures"] for one in found["days"][-4:]] == [44, 52, 0, 0], "the day is the server's, UTC here"
    assert [one["title"] for one in found["newest"]] == ["Prezydent otworzył most"] and found["articles"] == 1


def test_fields_and_length_of_late_stand_beside_what_was_usual(client: httpx.Client) -> None:
    found = client.get(GONIEC).json()
    late, before = found["last_week"], found["weeks_before"]
    assert (late["words_each"], before["words_each"]) == (150, 400)
    assert (late["authors_share"], before["authors_share"], late["date_share"]) == (0, 1, 1)
    assert (late["no_text_share"], before["no_text_share"]) == (0.5, 0) and late["articles"] == 290


def test_an_outlet_of_which_nothing_is_known_is_told_too(client: httpx.Client) -> None:
    found = client.get(f"{API}/outlets/pap").json()
    OutletAnswer.model_validate(found)
    assert (found["verdict"], found["due"]["waiting"], found["sources"], found["incidents"]) == (None, "not watched", [], [])
    assert found["last_week"]["words_each"] is None and sum(one["articles"] for one in found["days"]) == 1


@pytest.mark.parametrize(
    ("slug", "status"), [("unknown", 404), ("Goniec", 422), ("a" * 101, 422), ("%00", 422), ("..%2f..", 404)]
)
def test_an_outlet_that_is_not_there_is_a_problem(client: httpx.Client, slug: str, status: int) -> None:
    answer = client.get(f"{API}/outlets/{slug}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_an_outlet_is_not_sent_twice(client: httpx.Client) -> None:
    tag = client.get(GONIEC).headers["etag"]
    assert client.get(GONIEC, headers={"If-None-Match": tag}).status_code == 304


def test_incidents_are_those_that_are_open_and_with_a_time_those_since(watched: Room) -> None:
    with watched.database.write() as connection:
        open_incident(
            connection, Incident(outlet=EVERY_OUTLET, verdict="this side", reason="", began_at=NOON, opened_at=NOON, seen_at=NOON)
        )

    with watched.served() as client:

        def told(**asked: Any) -> list[tuple[str | None, str]]:
            found = client.get(f"{API}/incidents", params=asked)
            assert found.status_code == 200
            Incidents.model_validate(found.json())
            return [(one["outlet"], one["verdict"]) for one in found.json()["incidents"]]

        broken, over = ("goniec", "parser broken"), ("goniec", "unreachable")
        assert told() == [(None, "this side"), broken]
        assert told(since=(NOON - 8 * DAY).isoformat()) == [(None, "this side"), broken, over]
        assert told(since=(NOON - DAY).isoformat(), outlet="goniec") == [broken]
        assert told(since="0001-01-01T00:00:00+14:00", limit=2) == [(None, "this side"), broken]
        assert told(since="9999-12-31T23:59:00-14:00", outlet="goniec") == [broken]
        assert told(outlet="unknown") == []


@pytest.mark.parametrize(
    "asked",
    [{"since": "2026-11-24T00:00:00"}, {"since": "yesterday"}, {"limit": 0}, {"limit": 1001}, {"outlet": "*"}, {"outlet": "\0"}],
)
def test_incidents_asked_for_wrongly_are_refused(client: httpx.Client, asked: dict[str, Any]) -> None:
    assert client.get(f"{API}/incidents", params=asked).status_code == 422


def test_an_outlet_of_many_incidents_shows_the_open_one_and_the_newest(watched: Room) -> None:
    with watched.database.write() as connection:
        for number in range(30):
            when = NOON - timedelta(hours=number)
            open_incident(
                connection,
                Incident(outlet="goniec", verdict="slow", reason="", began_at=when, opened_at=when, seen_at=when, closed_at=when),
            )
    with watched.database.read() as connection:
        found = read_record(connection, "goniec", NOON, UTC)
    assert found is not None and found.incident_count == 32 and len(found.incidents) == INCIDENTS
    assert found.incidents[0].incident.verdict == "parser broken", "the open one, though it is older than the next"


def turned(watched: Room, **changes: Any) -> Any:
    with watched.database.write() as connection:
        connection.execute(outlet_turn.update().where(outlet_turn.c.outlet == "goniec").values(**changes))
    detail = watched.desk.outlet("goniec")
    assert detail is not None
    return detail.due


def test_what_an_outlet_waits_for_is_told_apart(watched: Room) -> None:
    assert turned(watched, owner="a:1:x", until_at=NOON + HOUR).waiting == Waiting.CRAWLED
    lost = turned(watched, until_at=NOON - HOUR, due_at=NOON - HOUR)
    assert (lost.waiting, lost.at) == (Waiting.DUE, NOON - HOUR), "a claim that ended holds nobody up"
    again = turned(watched, owner=None, until_at=None, due_at=NOON + HOUR, attempts=2)
    assert (again.waiting, again.at, again.attempts) == (Waiting.AGAIN, NOON + HOUR, 2)
    planned = turned(watched, due_at=None, next_at=NOON + 2 * HOUR)
    assert (planned.waiting, planned.at) == (Waiting.NEXT, NOON + 2 * HOUR), "an adaptive outlet's turn knows more than the file"


def test_without_the_catalogue_the_store_tells_what_it_knows(watched: Room) -> None:
    watched.desk.plans = None
    detail = watched.desk.outlet("goniec")
    assert detail is not None and (detail.due.schedule, detail.due.at, detail.due.decided_by) == ("every 900 s", None, None)
    assert {one.kind for one in detail.sources} == {None}


def test_a_disabled_outlet_waits_for_nothing(watched: Room) -> None:
    with watched.database.write() as connection:
        connection.execute(outlet.update().where(outlet.c.slug == "goniec").values(disabled_because="closed in 2025"))
    detail = watched.desk.outlet("goniec")
    assert detail is not None and isinstance(detail.record.row, OutletRow)
    assert (detail.due.waiting, detail.due.schedule) == (Waiting.NOTHING, None)
    assert due_of(detail.record, None, NOON, is_led=False).waiting == Waiting.NOTHING
