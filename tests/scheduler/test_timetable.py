"""Which outlet is due when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Schedule
from scheduler.config import SchedulerSettings, scheduler_settings
from scheduler.timetable import Adaptive, At, Every, Windows, build_timetable, missed, reason_of, slots_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def outlet(slug: str, *, group: str | None = None, off: str | None = None, **schedule: Any) -> Outlet:
    return Outlet(
        slug=slug, name=slug, homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", group=group, schedule=Schedule(**schedule), disabled_because=off,
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


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("15m", Every, "every 900 s"), ("0 8 * * 1-5", At, "0 8 * * 1-5 Europe/Warsaw"), ("@hourly", At, "@hourly Europe/Warsaw"),
        ("5m 06-23, 1h", Windows, "5m 06-23, 1h Europe/Warsaw"), ("adaptive", Adaptive, "adaptive 2m-2h"),
        ("adaptive 1m-90m", Adaptive, "adaptive 1m-90m"),
    ],
)  # fmt: skip
def test_every_kind_of_schedule_has_one_text_form_for_the_default_and_groups(text: str, kind: type, words: str) -> None:
    by_default = slots_of(outlet("a"), SchedulerSettings(every=text))
    by_group = slots_of(outlet("a", group="press"), SchedulerSettings(groups={"press": text}))
    assert by_default == by_group and isinstance(by_default, kind) and str(by_default) == words


def test_an_outlets_own_windows_and_adaptive() -> None:
    settings = SchedulerSettings(shortest="3m")
    assert isinstance(slots_of(outlet("a", windows="5m 06-23, 1h"), settings), Windows)
    assert slots_of(outlet("a", adaptive=True), settings) == Adaptive(shortest_s=180, longest_s=7200)
    assert slots_of(outlet("a", adaptive=True, shortest="1m", longest="30m"), settings) == Adaptive(shortest_s=60, longest_s=1800)


def test_an_outlets_own_bounds_win_over_those_of_its_groups_text_and_of_the_settings() -> None:
    settings = SchedulerSettings(every="15m", groups={"press": "adaptive 5m-1h"})
    assert slots_of(outlet("a", group="press"), settings) == Adaptive(shortest_s=300, longest_s=3600)
    assert slots_of(outlet("a", group="press", longest="4h"), settings) == Adaptive(shortest_s=120, longest_s=14400)
    assert slots_of(outlet("a", longest="4h"), settings) == Every(seconds=900.0)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"every": "0 8 * * *"}, r"\[schedule\] every: .* write cron = "),
        ({"cron": "15m"}, r"\[schedule\] cron: .* write every = .15m."),
        ({"every": "5m 06-23, 1h"}, "write windows = "),
        ({"windows": "adaptive"}, "write adaptive = true"),
        ({"windows": "5m 06-25"}, r"\[schedule\] windows: .*leaves the day"),
        ({"every": "5m", "adaptive": True}, "both every and adaptive"),
        ({"every": "5m", "shortest": "1m"}, "take out shortest and longest"),
        ({"adaptive": True, "shortest": "3h"}, "longer than the longest"),
        ({"adaptive": True, "shortest": "soon"}, "no duration"),
        ({"every": "5m", "jitter": "6m"}, r"\[schedule\] jitter: 6m is longer than 5m"),
        ({"cron": "0 8 * * *", "jitter": "2h"}, "longer than 1h"),
        ({"every": "5m", "jitter": "x"}, "jitter: .*no duration"),
    ],
)
def test_a_wrong_schedule_names_the_file_the_outlet_the_key_and_what_to_write(schedule: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        build_timetable([outlet("a", **schedule)], SchedulerSettings(), lambda slug: Path(f"outlets/{slug}.toml"))
    assert str(caught.value).startswith("outlets/a.toml: outlet a: [schedule]")


def test_jitter_gives_each_outlet_its_own_place_and_a_restart_moves_none() -> None:
    outlets = [outlet(f"outlet-{number}") for number in range(200)]
    jobs = build_timetable(outlets, SchedulerSettings(every="15m", jitter="8m"))
    assert 1 < len(jobs) <= 8 and jobs == build_timetable(reversed(outlets), SchedulerSettings(every="15m", jitter="8m"))
    assert {job.slots.jitter_s % 60 for job in jobs if isinstance(job.slots, Every)} == {0.0}
    assert str(jobs[1].slots).startswith("every 900 s + ")


def test_the_jitter_of_all_never_reaches_over_an_interval_and_an_outlets_own_wins() -> None:
    settings = SchedulerSettings(every="1m", jitter="1h")
    assert all(slots_of(outlet(f"o{number}"), settings).jitter_s < 60 for number in range(50))  # type: ignore[union-attr]  # 1m is an interval
    assert {slots_of(outlet(f"o{number}", every="1h", jitter="1s"), settings).jitter_s for number in range(50)} == {0.0}  # type: ignore[union-attr]  # as above


def test_an_adaptive_outlet_counts_as_missed_when_it_was_left_alone_longer_than_it_may_be() -> None:
    jobs = build_timetable([outlet("a", adaptive=True)], SchedulerSettings())
    assert missed(jobs, {"a": NOON - timedelta(hours=1)}, NOON) == ()
    assert missed(jobs, {"a": NOON - timedelta(hours=3)}, NOON) == ("a",)


def test_which_line_decides_is_told() -> None:
    settings = SchedulerSettings(groups={"press": "5m"})
    said = [
        reason_of(one, settings) for one in (outlet("a", adaptive=True), outlet("b", group="press"), outlet("c", group="other"))
    ]
    assert said == ["its own [schedule]", "its group press", "[scheduler] every"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"every": "adaptiv"}, "did you mean .adaptive."),
        ({"every": "0 25 * * *"}, r"\[scheduler\] every: hour"),
        ({"groups": {"press": "5m 06-25"}}, r"depesza.toml: \[scheduler.groups\] press: .*leaves the day"),
        ({"shortest": "3h"}, "longer than the longest"),
        ({"jitter": "much"}, r"\[scheduler\] jitter: .*no duration"),
    ],
)
def test_a_wrong_schedule_in_the_settings_is_refused_when_they_are_read(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        scheduler_settings(located({"scheduler": table}), {})
