"""Which outlet is due when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Schedule
from scheduler.config import SchedulerSettings, scheduler_settings
from scheduler.timetable import Every, build_timetable, missed, slots_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def outlet(
    slug: str, *, group: str | None = None, cron: str | None = None, every: str | None = None, off: str | None = None
) -> Outlet:
    return Outlet(
        slug=slug, name=slug, homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", group=group, schedule=Schedule(cron=cron, every=every), disabled_because=off,
    )  # fmt: skip


def test_an_outlets_own_schedule_wins_over_its_group_and_that_over_the_default() -> None:
    settings = SchedulerSettings(every="1h", groups={"press": "0 8 * * *"})
    jobs = build_timetable([outlet("a", group="press", every="5m"), outlet("b", group="press"), outlet("c")], settings)
    assert {job.outlets: str(job.slots) for job in jobs} == {
        ("a",): "every 300 s", ("b",): "0 8 * * * Europe/Warsaw", ("c",): "every 3600 s",
    }  # fmt: skip


def test_outlets_of_one_schedule_share_one_job_and_disabled_outlets_have_none() -> None:
    jobs = build_timetable([outlet("b"), outlet("a"), outlet("c", off="asks for a licence")], SchedulerSettings())
    assert [job.outlets for job in jobs] == [("a", "b")]


def test_a_wrong_cron_line_names_the_outlet_and_the_key() -> None:
    with pytest.raises(ConfigError, match=r"outlet a: \[schedule\] cron: .*hour"):
        slots_of(outlet("a", cron="0 25 * * *"), SchedulerSettings())


def test_both_cron_and_every_are_refused() -> None:
    with pytest.raises(ConfigError, match="both cron and every"):
        slots_of(outlet("a", cron="0 2 * * *", every="5m"), SchedulerSettings())


def test_a_cron_line_runs_on_the_outlets_own_clocks() -> None:
    assert slots_of(outlet("a", cron="0 8 * * *"), SchedulerSettings()).next_after(NOON) == datetime(
        2026, 11, 25, 7, 0, tzinfo=UTC
    )


def test_f13_after_six_hours_off_each_outlet_is_due_once() -> None:
    jobs = build_timetable([outlet("a", every="5m"), outlet("b", cron="0 8 * * *")], SchedulerSettings())
    assert missed(jobs, {"a": NOON - timedelta(hours=6), "b": NOON - timedelta(hours=2)}, NOON) == ("a",)
    assert missed(jobs, {"a": NOON - timedelta(hours=6), "b": NOON - timedelta(hours=8)}, NOON) == ("a", "b")


def test_an_outlet_never_crawled_is_due_at_the_start() -> None:
    assert missed(build_timetable([outlet("a", cron="0 8 1 1 *")], SchedulerSettings()), {}, NOON) == ("a",)


def test_f11_a_last_crawl_in_the_future_does_not_silence_an_outlet() -> None:
    jobs = build_timetable([outlet("a")], SchedulerSettings())
    assert missed(jobs, {"a": NOON + timedelta(days=400)}, NOON) == ("a",)


@given(seconds=st.integers(1, 7 * 86400), after=st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_slots_of_an_interval_are_its_multiples_strictly_after(seconds: int, after: datetime) -> None:
    if after.year > 9990:
        return
    slot = Every(seconds=float(seconds)).next_after(after)
    assert after < slot <= after + timedelta(seconds=seconds)
    assert int((slot - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) % seconds == 0


def located(tables: dict[str, object]) -> Locations:
    return Locations(data_dir=Path("/nowhere"), config_path=Path("depesza.toml"), tables=tables)


def test_groups_are_read_from_their_table() -> None:
    settings = scheduler_settings(located({"scheduler": {"every": "1h", "groups": {"press": "5m"}}}), {})
    assert (settings.every, settings.groups) == ("1h", {"press": "5m"})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"evry": "1h"}, "did you mean .every."),
        ({"every": "soon"}, "no duration"),
        ({"groups": "5m"}, "table is wanted"),
        ({"groups": {"press": 5}}, "press"),
        ({"children": 0}, "1 to 64"),
    ],
)
def test_a_wrong_scheduler_table_is_refused_with_words(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        scheduler_settings(located({"scheduler": table}), {})
