"""The readers' time zone is a setting: times are shown in it, and the days of a query begin in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.config import Locations
from crawler.errors import ConfigError
from indexer.api.settings import web_settings
from indexer.desk import Desk
from indexer.search import SearchRequest
from indexer.web.formats import Writer
from indexer.web.translations import translator
from indexer.zones import LOCAL


def locations(zone: str | None) -> Locations:
    return Locations(data_dir=Path("data"), config_path=Path("depesza.toml"), tables={"web": {"time_zone": zone}} if zone else {})


def test_times_are_shown_in_it() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    shown = [
        Writer(translator("en"), web_settings(locations(zone), {}).zone).moment(at) for zone in ("Europe/Warsaw", "Asia/Tokyo")
    ]
    assert shown == ["2 Jul 2026, 00:30", "2 Jul 2026, 07:30"]
    assert web_settings(locations(None), {}).zone is LOCAL


@pytest.mark.parametrize("zone", ["Warsaw", "Europe/Warszawa", "../../etc/passwd", "/etc/localtime", "x" * 300])
def test_a_zone_that_there_is_not_is_refused(zone: str) -> None:
    with pytest.raises(ConfigError, match=r"\[web\] time_zone: a name like"):
        web_settings(locations(zone), {})


def test_days_of_a_query_begin_in_it(desk: Desk) -> None:
    """An article of 23:00 UTC is of the next day in Warsaw."""
    found = desk.search(SearchRequest(text="date:2026-11-24 weather OR pogoda date:2026-11-24", limit=100))
    assert {
        datetime.fromisoformat(hit.article["published_at"]).astimezone(desk.zone).date().isoformat() for hit in found.hits
    } == {"2026-11-24"}
    assert any(datetime.fromisoformat(hit.article["published_at"]).astimezone(UTC).day == 23 for hit in found.hits)
