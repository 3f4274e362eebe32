"""SAFETY F7, F12: kill -9 of services, workers and crawls at twenty random moments, on SQLite and on PostgreSQL.

No outlet is crawled by two at once, no run stays "running", nothing that was fetched is lost. Judged by the outlets' own record and by
the store. Two hundred kills: `make bench`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from tests.journeys.installation import Installation, elasticsearch_lines
from tests.journeys.killing import Killing
from tests.journeys.press import Press

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="who asks an outlet is read from /proc"),
]
KILLS = 10
"""On each kind of store."""


def killed_over_and_over(site: Installation, services: int, workers: int) -> Killing:
    """Kills, then quiet, then the end."""
    killing = Killing(site, Random(20261129), services=services, workers=workers)
    try:
        killing.kill(KILLS)
        killing.quiet()
        killing.end()
    except BaseException:
        print(site.said())
        raise
    finally:
        site.stop_all()
    return killing


def test_f07_service_and_crawl_killed_on_sqlite(tmp_path: Path) -> None:
    with Press(4, latency_s=0.03, per_poll=2) as press:
        killing = killed_over_and_over(Installation(press, tmp_path / "site", children=2), services=1, workers=0)
    assert killing.deaths["service"] >= 3 and killing.deaths["crawl"] >= 3, killing.deaths
    assert killing.in_a_crawl >= 3


@pytest.mark.postgresql
@pytest.mark.elasticsearch
def test_f07_services_worker_and_crawls_killed_on_postgresql(
    tmp_path: Path, postgres_url: str, elasticsearch_url: str, elasticsearch_index: str
) -> None:
    with Press(4, latency_s=0.03, per_poll=2) as press:
        site = Installation(
            press, tmp_path / "site", store=postgres_url, indexer=elasticsearch_lines(elasticsearch_url, elasticsearch_index)
        )
        killing = killed_over_and_over(site, services=2, workers=1)
    assert killing.deaths["service"] >= 3 and killing.deaths["worker"] >= 1 and killing.deaths["crawl"] >= 2, killing.deaths
    assert killing.in_a_crawl >= 3
