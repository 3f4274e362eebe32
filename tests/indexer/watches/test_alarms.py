"""Alarms: real stores, a real webhook, the child process that sends. An incident is told once to whoever asked, and so is its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from crawler.model.feed import FeedState
from crawler.model.outlet import Outlet
from crawler.store.database import Database
from crawler.store.health import OutletHealth, save_health
from crawler.store.incidents import Incident, open_incident, save_incident
from crawler.store.outlets import write_outlets
from crawler.store.sources import read_states, save_state
from crawler.store.watches import WatchRow, prune_deliveries, read_deliveries
from indexer.watches.alarm_message import compose_alarm, span
from indexer.watches.alarms import AlarmFilter, note_open
from indexer.watches.delivering import DeliverReport, deliver_due
from indexer.watches.keeping import add_alarm_watch, make_settings, pause_watch
from indexer.watches.keeping import test_watch as send_test
from indexer.watches.message import Reader
from indexer.watches.settings import AlertSettings
from scheduler.alarms import PROBED, note_alarms
from scheduler.signs import Signs, Streak
from tests.conftest import NOON
from tests.indexer.watches.webhook import Webhook

SETTINGS = AlertSettings(allow_hosts=("127.0.0.1",), time_limit="10s", gather_alarms="2m", page_url="https://news.example.org/")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alarm(database: Database, webhook: Webhook) -> Callable[..., WatchRow]:
    """Add an alarm watch that sends to the webhook."""

    def make(asked: AlarmFilter | None = None, name: str = "Health", now: datetime = NOON, **settings: Any) -> WatchRow:
        chosen = {"digest": None, "zone": "Europe/Warsaw", "quiet": None} | settings
        return add_alarm_watch(database, name, make_settings([webhook.url], **chosen), asked or AlarmFilter(), now)

    return make


@pytest.fixture
def deliver(database: Database) -> Callable[..., DeliverReport]:
    """Send what is due, without an index."""

    def run(now: datetime) -> DeliverReport:
        return deliver_due(database, None, SETTINGS, now, chance=lambda: 1.0)

    return run


def begin(
    database: Database, outlet: str = "kresy", now: datetime = NOON, verdict: str = "parser broken", **changes: Any
) -> Incident:
    """An incident that opens, and what the scheduler does then."""
    values = {"reason": "12 of 12 pages gave no text", "began_at": now - 20 * MINUTE, "opened_at": now, "seen_at": now} | changes
    with database.write() as connection:
        made = open_incident(connection, Incident(outlet=outlet, verdict=verdict, **values))
        note_alarms(connection, [made], now)
    return made


def end(database: Database, one: Incident, now: datetime) -> None:
    """The same incident closes."""
    with database.write() as connection:
        over = replace(one, closed_at=now)
        save_incident(connection, over)
        note_alarms(connection, [], now)


def judged(database: Database, silent: dict[str, bool], now: datetime) -> None:
    """Outlets that were crawled now, silent or not, as `scheduler.judging` keeps them."""
    rows = []
    for slug, is_silent in silent.items():
        signs = Signs(failing=Streak(2, now - 10 * MINUTE, "unreachable")) if is_silent else Signs(crawled_at=now)
        rows.append(OutletHealth(outlet=slug, verdict="ok", updated_at=now, detail={"signs": signs.as_json()}))
    with database.write() as connection:
        save_health(connection, rows)


def outlet(slug: str, name: str, group: str | None = None) -> Outlet:
    return Outlet(
        slug=slug, name=name, homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", sources=(), group=group,
    )  # fmt: skip


def test_an_incident_is_told_once_and_so_is_its_end(database: Database, alarm: Any, deliver: Any, webhook: Webhook) -> None:
    with database.write() as connection:
        write_outlets(connection, [outlet("kresy", "Kresy.pl")], NOON)
    row = alarm()
    one = begin(database)
    for minute in range(3):  # crawls go on while it lasts
        with database.write() as connection:
            note_alarms(connection, [], NOON + minute * MINUTE)
    assert deliver(NOON + MINUTE) == DeliverReport(waiting=1)
    assert deliver(NOON + 2 * MINUTE) == DeliverReport(sent=1) and deliver(NOON + 3 * MINUTE) == DeliverReport()
    end(database, one, NOON + 190 * MINUTE)
    assert deliver(NOON + 192 * MINUTE) == DeliverReport(sent=1) and deliver(NOON + timedelta(days=1)) == DeliverReport()
    first, second = webhook.bodies
    assert (first["kind"], first["count"], first["watch"]["id"], first["is_test"]) == ("alarm", 1, row.id, False)
    assert first["incidents"] == [
        {
            "id": one.id, "state": "open", "outlet": "kresy", "outlet_name": "Kresy.pl", "verdict": "parser broken",
            "reason": "12 of 12 pages gave no text", "began_at": (NOON - 20 * MINUTE).isoformat(), "opened_at": NOON.isoformat(),
            "closed_at": None, "page": "https://news.example.org/outlets/kresy",
        }
    ]  # fmt: skip
    assert second["incidents"][0]["state"] == "closed"
    assert second["incidents"][0]["closed_at"] == (NOON + 190 * MINUTE).isoformat() and len(set(webhook.keys)) == 2


def test_who_begins_to_watch_hears_what_is_wrong_now_and_not_what_is_over(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    end(database, begin(database, "glos", NOON - timedelta(hours=5)), NOON - timedelta(hours=1))
    begin(database, "kresy", NOON - timedelta(days=40))
    begin(database, "goniec", NOON - timedelta(hours=2))
    alarm()
    assert deliver(NOON + 2 * MINUTE).sent == 1
    [body] = webhook.bodies
    assert [one["outlet"] for one in body["incidents"]] == ["kresy", "goniec"]


def test_incidents_that_begin_together_are_one_message(database: Database, alarm: Any, deliver: Any, webhook: Webhook) -> None:
    alarm()
    for number in range(12):
        begin(database, f"outlet-{number}", NOON + timedelta(seconds=number))
    assert deliver(NOON + 3 * MINUTE) == DeliverReport(sent=1)
    assert webhook.bodies[0]["count"] == 12


def test_a_watch_hears_only_of_its_outlets_groups_and_verdicts(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    with database.write() as connection:
        write_outlets(connection, [outlet("kresy", "Kresy"), outlet("goniec", "Goniec", "local"), outlet("glos", "Głos")], NOON)
    alarm(AlarmFilter(outlets=("kresy",), groups=("local",)), "some")
    alarm(AlarmFilter(verdicts=("moved",)), "moved")
    for slug, verdict in (("kresy", "blocked"), ("goniec", "slow"), ("glos", "moved")):
        begin(database, slug, verdict=verdict)
    deliver(NOON + 3 * MINUTE)
    heard = {body["watch"]["name"]: sorted(one["outlet"] for one in body["incidents"]) for body in webhook.bodies}
    assert heard == {"some": ["goniec", "kresy"], "moved": ["glos"]}


def test_an_incident_that_ends_before_it_was_told_is_one_message_with_its_end(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    alarm(quiet="22:00-07:00")
    night = NOON + timedelta(hours=11)
    one = begin(database, now=night)
    end(database, one, night + timedelta(hours=3))
    assert deliver(night + timedelta(hours=4)) == DeliverReport(waiting=2)
    assert deliver(NOON + timedelta(hours=18, minutes=1)) == DeliverReport(sent=1)
    assert [(one["state"], one["outlet"]) for one in webhook.bodies[0]["incidents"]] == [("closed", "kresy")]


def test_nobody_hears_that_all_is_well_before_hearing_what_was_wrong(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    alarm()
    one = begin(database)
    webhook.status = 500
    assert deliver(NOON + 2 * MINUTE) == DeliverReport(failed=1)
    end(database, one, NOON + 3 * MINUTE)
    webhook.status = 204
    assert deliver(NOON + timedelta(minutes=2, seconds=30)) == DeliverReport(waiting=2)  # the first waits for its second try
    assert deliver(NOON + timedelta(hours=2)).sent == 1 and deliver(NOON + timedelta(hours=3)).sent == 1
    assert [body["incidents"][0]["state"] for body in webhook.bodies] == ["closed", "closed"]


def test_a_paused_watch_hears_afterwards_what_is_still_wrong(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    row = alarm()
    paused = pause_watch(database, row, NOON)
    end(database, begin(database, "glos"), NOON + MINUTE)
    begin(database, "kresy")
    assert deliver(NOON + 5 * MINUTE) == DeliverReport()
    pause_watch(database, paused, None)
    with database.write() as connection:
        note_alarms(connection, [], NOON + 6 * MINUTE)
    deliver(NOON + 9 * MINUTE)
    assert [one["outlet"] for one in webhook.bodies[0]["incidents"]] == ["kresy"]


def test_when_most_outlets_fail_together_it_is_one_alarm_that_says_the_fault_may_be_here(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    alarm()
    many = [f"outlet-{number:02}" for number in range(40)]
    begin(database, many[0], NOON - MINUTE, verdict="unreachable")  # noted by itself, not sent yet
    judged(database, dict.fromkeys(many, True) | {"fine": False}, NOON)
    known = {slug: begin(database, slug, verdict="unreachable") for slug in many[1:]}
    begin(database, "kresy", verdict="parser broken")
    assert deliver(NOON + 3 * MINUTE) == DeliverReport(sent=1)
    [body] = webhook.bodies
    assert [(one["outlet"], one["verdict"]) for one in body["incidents"]] == [(None, "this side"), ("kresy", "parser broken")]
    assert body["incidents"][0]["reason"] == "40 of 41 outlets crawled in the last 30 minutes do not answer"
    back = NOON + timedelta(hours=1)
    judged(database, dict.fromkeys(many[:7], False), back)
    after(database, back)
    assert deliver(back + 3 * MINUTE) == DeliverReport(waiting=0)  # seven of forty may be luck
    judged(database, dict.fromkeys(many[:38], False), back + MINUTE)
    after(database, back + MINUTE)
    assert deliver(back + 4 * MINUTE) == DeliverReport(sent=1)
    [over] = webhook.bodies[1]["incidents"]
    assert (over["outlet"], over["state"]) == (None, "closed")
    for slug in many[1:38]:
        end(database, known[slug], back + timedelta(hours=1))
    assert deliver(back + timedelta(hours=1, minutes=5)) == DeliverReport()
    with database.write() as connection:  # two stay away, and are told by themselves then
        for slug in many[38:]:
            save_incident(connection, replace(known[slug], seen_at=back + timedelta(minutes=62)))
        note_alarms(connection, [], back + timedelta(minutes=62))
    assert deliver(back + timedelta(minutes=65)) == DeliverReport(sent=1)
    assert sorted(one["outlet"] for one in webhook.bodies[2]["incidents"]) == many[38:]


def after(database: Database, now: datetime) -> None:
    """What the scheduler does after a crawl that opens and closes nothing."""
    with database.write() as connection:
        note_alarms(connection, [], now)


def test_while_the_fault_is_here_a_few_outlets_are_asked_again_and_all_when_it_is_over(database: Database) -> None:
    many = [f"outlet-{number:02}" for number in range(20)]
    later = NOON + timedelta(hours=6)
    judged(database, dict.fromkeys(many, True), NOON)
    with database.write() as connection:
        for slug in many:
            state = FeedState(
                url=f"https://{slug}.example/rss", outlet=slug, next_poll_at=later, failures_in_a_row=4, status="unreachable"
            )
            save_state(connection, state)
        asked = FeedState(url="https://other.example/", outlet=many[0], next_poll_at=later, failures_in_a_row=1, status="blocked")
        save_state(connection, asked)
    begin(database, many[0], verdict="unreachable")

    def resting() -> int:
        with database.read() as connection:
            states = [state for slug in many for state in read_states(connection, slug).values()]
        return sum(state.next_poll_at == later for state in states)

    after(database, NOON + MINUTE)
    assert resting() == 21
    after(database, NOON + 5 * MINUTE)
    assert resting() == 21 - PROBED
    judged(database, dict.fromkeys(many[:5], False), NOON + 6 * MINUTE)
    after(database, NOON + 6 * MINUTE)
    assert resting() == 1  # who asked to be left alone is left alone


def test_a_few_outlets_that_fail_together_are_no_fault_of_ours(
    database: Database, alarm: Any, deliver: Any, webhook: Webhook
) -> None:
    alarm()
    judged(database, {f"outlet-{number}": number < 4 for number in range(6)}, NOON)
    for number in range(4):
        begin(database, f"outlet-{number}", verdict="unreachable")
    deliver(NOON + 3 * MINUTE)
    assert [one["outlet"] for one in webhook.bodies[0]["incidents"]] == [f"outlet-{number}" for number in range(4)]


def test_alarms_of_an_open_incident_stay_in_the_log_until_it_is_over(database: Database, alarm: Any, deliver: Any) -> None:
    row = alarm()
    one = begin(database)
    deliver(NOON + 2 * MINUTE)
    with database.write() as connection:
        assert prune_deliveries(connection, NOON + timedelta(days=1)) == 0
    end(database, one, NOON + timedelta(days=100))
    with database.read() as connection:
        assert [entry.incident for entry in read_deliveries(connection, row.id)] == [(one.id, True), (one.id, False)]
    with database.write() as connection:
        assert prune_deliveries(connection, NOON + timedelta(days=1)) == 1


def test_a_test_of_an_alarm_says_that_nothing_is_wrong(alarm: Any, webhook: Webhook) -> None:
    assert send_test(alarm(), SETTINGS, NOON)[0][1] is None
    [body] = webhook.bodies
    assert (body["kind"], body["is_test"], body["incidents"], body["watch"]["query"]) == (
        "alarm",
        True,
        [],
        "alarms of all outlets",
    )


def incident(**changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": 7, "outlet": "kresy", "verdict": "parser broken", "reason": "12 of 12 pages gave no text",
        "began_at": NOON + 80 * MINUTE, "opened_at": NOON + 100 * MINUTE, "seen_at": NOON + 100 * MINUTE,
    }  # fmt: skip
    return Incident(**(values | changes))


def words(incidents: list[Incident], language: str = "en") -> tuple[str, str]:
    from zoneinfo import ZoneInfo

    reader = Reader(zone=ZoneInfo("Europe/Warsaw"), now=NOON + timedelta(hours=3), language=language)
    made = compose_alarm("key", {"id": "1", "name": "Health", "query": ""}, incidents, {"kresy": "Kresy.pl"}, reader)
    return made.title, made.text


def test_an_alarm_is_worded_in_english_and_polish() -> None:
    assert words([incident()]) == (
        "Health: Kresy.pl: parser broken", "Kresy.pl: parser broken since 14:20 – 12 of 12 pages gave no text",
    )  # fmt: skip
    over = incident(closed_at=NOON + 80 * MINUTE + timedelta(hours=3, minutes=10))
    assert words([over]) == ("Health: Kresy.pl: ok again", "Kresy.pl: ok again after 3 h 10 min (parser broken, 14:20–17:30)")
    title, text = words([incident(reason="")], "pl")
    assert title == "Health: Kresy.pl: treść nie jest odczytywana" and text == "Kresy.pl: treść nie jest odczytywana od 14:20"
    assert words([over], "pl")[1] == "Kresy.pl: znów w porządku po 3 h 10 min (treść nie jest odczytywana, 14:20–17:30)"
    assert words([incident(), incident(id=8, outlet="glos"), over])[0] == "Health: 2 outlets with trouble, 1 ok again"
    storm = incident(outlet="*", verdict="this side", reason="40 of 40 outlets crawled in the last 30 minutes are unreachable")
    assert words([storm])[0] == "Health: most outlets unreachable, the fault may be on this side"
    assert "przyczyna może być po tej stronie" in words([storm], "pl")[0].lower()


def test_a_message_for_people_shows_some_and_counts_the_rest_and_is_safe() -> None:
    from zoneinfo import ZoneInfo

    many = [incident(id=number, outlet=f"o{number}", reason="<script>\n\x1b[31m") for number in range(50)]
    reader = Reader(zone=ZoneInfo("UTC"), now=NOON)
    made = compose_alarm("key", {"id": "1", "name": "<b>", "query": ""}, many, {}, reader)
    assert made.text.endswith("And 10 more.") and len(made.text.splitlines()) == 41 and "\x1b" not in made.text
    assert "<script" not in made.html and "<b>" not in made.html and len(made.payload["incidents"]) == 50


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (190, "3 h 10 min"), (1440, "1 d"), (3000, "2 d 2 h")]
)
def test_a_span_is_told_in_two_units(minutes: int, said: str) -> None:
    assert span(minutes * MINUTE) == said


def test_nothing_is_noted_without_an_alarm_watch(database: Database) -> None:
    with database.write() as connection:
        assert note_open(connection, NOON) == 0
