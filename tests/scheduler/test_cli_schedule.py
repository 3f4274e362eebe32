"""`depesza schedule`: the timetable as a person reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.config import store_url
from crawler.model.feed import FeedState
from crawler.store import outlet_hours, sources, turns
from crawler.store.database import open_database
from crawler.store.outlet_hours import OutletHour

if TYPE_CHECKING:
    from tests.scheduler.conftest import SmallOutlet

NOW = datetime.now(UTC).replace(microsecond=0)


def test_check_prints_the_instants_of_a_cron_line_on_the_clocks_of_the_zone(small_outlet: SmallOutlet) -> None:
    typed = ("schedule", "check", "0 8 * * 0", "--zone", "Europe/Warsaw", "--from", "2026-11-24T00:00", "--count", "3")
    result = small_outlet.run(*typed, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == ["2026-11-29T08:00:00+01:00", "2026-12-06T08:00:00+01:00", "2026-12-13T08:00:00+01:00"]
    assert small_outlet.run(*typed).stdout.splitlines()[0] == "Sun 2026-11-29T08:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "start", "first"),
    [
        ("15m", "2026-11-24T00:01", "2026-11-24T00:15:00+01:00"),
        ("@hourly", "2026-11-24", "2026-11-24T01:00:00+01:00"),
        ("5m 06-23, 1h", "2026-11-24T22:56", "2026-11-24T23:00:00+01:00"),
        ("30 2 * * *", "2026-03-29T00:00", "2026-03-29T03:00:00+02:00"),
        ("30 2 * * *", "2026-10-24T22:00:00+00:00", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_check_takes_every_text_form(small_outlet: SmallOutlet, text: str, start: str, first: str) -> None:
    result = small_outlet.run("schedule", "check", text, "--zone", "Europe/Warsaw", "--from", start, "--count", "1", "--json")
    assert json.loads(result.stdout) == [first]


def test_check_of_adaptive_says_that_it_has_no_slots(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("schedule", "check", "adaptive", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, []) and "no slots" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("0 25 * * *",), "hour: '25' is out of range"), (("soon",), "no other schedule"), (("5m 06-25",), "leaves the day"),
        (("15m", "--zone", "Mars/Base"), "is no time zone"), (("15m", "--from", "yesterday"), "is no time"), (("15m", "--count", "0"), "--count"),
    ],
)  # fmt: skip
def test_check_of_something_wrong_ends_with_2_and_words(small_outlet: SmallOutlet, arguments: tuple[str, ...], said: str) -> None:
    result = small_outlet.run("schedule", "check", *arguments)
    assert result.exit_code == 2 and said in result.stderr


def test_list_and_next_tell_the_timetable(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule='[schedule]\ncron = "0 8 * * *"')
    (row,) = json.loads(small_outlet.run("schedule", "list", "--json").stdout)
    assert (row["outlet"], row["schedule"], row["from"], row["last_at"]) == (
        "jodlowo", "0 8 * * * Europe/Warsaw", "its own [schedule]", None,
    )  # fmt: skip
    coming = json.loads(small_outlet.run("schedule", "next", "--count", "3", "--json").stdout)
    assert [one["outlets"] for one in coming] == [["jodlowo"]] * 3
    assert coming[0]["at"] == row["next_at"] < coming[1]["at"] < coming[2]["at"]
    assert "jodlowo" in small_outlet.run("schedule", "list").stdout and "in " in small_outlet.run("schedule", "next").stdout


def test_the_next_time_of_an_adaptive_outlet_is_the_planned_one_and_what_waits_is_told(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule="[schedule]\nadaptive = true")
    assert json.loads(small_outlet.run("schedule", "list", "--json").stdout)[0]["next_at"] is None
    planned = NOW + timedelta(minutes=7)
    keep_turn(small_outlet, planned)
    (row,) = json.loads(small_outlet.run("schedule", "list", "--json").stdout)
    assert datetime.fromisoformat(row["next_at"]) == planned and row["waits_since"] is None
    (one,) = json.loads(small_outlet.run("schedule", "next", "--json").stdout)
    assert (datetime.fromisoformat(one["at"]), one["outlets"]) == (planned, ["jodlowo"])
    database = open_database(store_url(small_outlet.locations))
    with database.write() as connection:
        turns.due_adaptive(connection, planned)
    database.close()
    (row,) = json.loads(small_outlet.run("schedule", "list", "--json").stdout)
    assert row["next_at"] is None and "due" in row["why"]


def keep_turn(small: SmallOutlet, next_at: datetime) -> None:
    database = open_database(store_url(small.locations))
    with database.write() as connection:
        turns.sync(connection, {"jodlowo": "adaptive 2m-2h"}, NOW, {"jodlowo": timedelta(days=1)})
        turns.plan_next(connection, {"jodlowo": next_at})
    database.close()


def test_explain_tells_rhythm_freshness_failures_bounds_and_decision(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule="[schedule]\nadaptive = true\nlongest = '1h'")
    keep_turn(small_outlet, NOW + timedelta(minutes=3))
    hour = NOW.replace(minute=0, second=0)
    rows = [
        OutletHour(outlet="jodlowo", hour=hour - timedelta(hours=back), crawls=4, polls=4, new=12 if (hour - timedelta(hours=back)).hour > 8 else 0)
        for back in range(1, 24 * 20)
    ]  # fmt: skip
    url = small_outlet.server.url_for("/rss")
    state = FeedState(url=url, outlet="jodlowo", status="ok", ttl_s=240, overlap=0.2, polled_at=NOW, answered_at=NOW)
    database = open_database(store_url(small_outlet.locations))
    with database.write() as connection:
        outlet_hours.add(connection, rows)
        sources.save_state(connection, state)
    database.close()
    told = json.loads(small_outlet.run("schedule", "explain", "jodlowo", "--json").stdout)
    assert told["adaptive"] and told["due"]["schedule"] == "adaptive 2m-1h"
    assert 120 <= told["decision"]["interval_s"] <= 3600 and 150 < told["articles_a_day"] < 210
    assert told["sources"][0]["ttl_s"] == 240
    text = small_outlet.run("schedule", "explain", "jodlowo").stdout
    for words in (
        "adaptive 2m-1h",
        "its rhythm expects",
        "only 20% of its last changed answer",
        "Mon  ",
        "articles a day",
        "240 s",
        url,
    ):
        assert words in text, words


def test_explain_of_an_outlet_with_slots_and_of_an_unknown_one(small_outlet: SmallOutlet) -> None:
    text = small_outlet.run("schedule", "explain", "jodlowo").stdout
    assert "every 900 s" in text and "Nothing is known of its rhythm yet" in text
    wrong = small_outlet.run("schedule", "explain", "jodlow")
    assert wrong.exit_code == 2 and "did you mean" in wrong.stderr
