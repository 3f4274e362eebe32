"""SAFETY F7: `kill -9` at twenty random moments, each phase hit, then a crawl and a push: the promise holds.

Real processes on a real server: the crawl's child and its page workers, and the push, are killed as a group. What must be
there is judged by the server's own access log, not by anything the crawler says.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.addresses import canonical_address
from crawler.config import store_url
from crawler.store import articles, dead_letters, outbox
from crawler.store.database import open_database
from indexer.config import indexer_settings
from indexer.engines.choose import open_engine
from scheduler.demo.server import DemoServer
from tests.journeys.newsroom import Newsroom

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")]
ROUNDS, KILLS_A_ROUND = 5, 4
PHASES = ("starting", "polling", "fetching", "filing", "pushing")
WAIT_S = 30.0


def wait_for(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> bool:
    """True when the moment came while the process lived."""
    until = time.monotonic() + WAIT_S
    while process.poll() is None and time.monotonic() < until:
        if reached():
            return process.poll() is None
        time.sleep(0.002)
    return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """The process and everything in its session."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def kill_in(phase: str, newsroom: Newsroom, chance: random.Random) -> bool:
    """Start what has this phase, kill it in the midst; True when the kill fell into the phase."""
    if phase == "pushing":
        waiting = newsroom.count("outbox")
        process = newsroom.start_push(batch=1)  # many small batches: the kill falls between any two of their steps
        hit = wait_for(process, lambda: newsroom.count("outbox") < waiting)
        time.sleep(chance.uniform(0, 0.05))
    else:
        requests, filed = newsroom.requests(), newsroom.count("article")
        more = chance.randint(1, 8)
        process = newsroom.start_crawl()
        moments: dict[str, Callable[[], bool]] = {
            "starting": lambda: True,
            "polling": lambda: newsroom.requests() > requests + more // 2,
            "fetching": lambda: newsroom.requests() > requests + 20 + more,
            "filing": lambda: newsroom.count("article") >= filed + more,
        }
        hit = wait_for(process, moments[phase])
        time.sleep(chance.uniform(0, 1.0 if phase == "starting" else 0.05))
    alive = process.poll() is None
    kill(process)
    return hit and alive


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(latency_s=0.03) as running:
        yield running


def test_f07_killed_at_twenty_random_moments_nothing_is_lost_and_nothing_is_there_twice(
    server: DemoServer, tmp_path: Path
) -> None:
    chance = random.Random(20261124)
    hit: dict[str, int] = dict.fromkeys(PHASES, 0)
    for number in range(ROUNDS):
        newsroom = Newsroom(server, tmp_path / str(number))
        phases = [*(PHASES[:4] if number % 2 else ("starting", "fetching", "filing", "pushing"))]
        for phase in phases[:KILLS_A_ROUND]:
            hit[phase] += kill_in(phase, newsroom, chance)
        since = len(server.log)
        assert newsroom.start_crawl().wait(timeout=120) == 0
        assert newsroom.start_push().wait(timeout=120) == 0
        assert_the_promise_holds(newsroom, since)
    assert all(hit.values()), f"a phase was never hit: {hit}"


def assert_the_promise_holds(newsroom: Newsroom, since: int) -> None:
    """Every article page that the server says it gave is found by its id, or is a dead letter; none twice."""
    server, locations = newsroom.server, newsroom.locations
    given = {f"{server.origins[one.outlet]}{one.path}" for one in server.log if one.status == 200}
    wanted = set(server.article_urls()) & given
    assert len(wanted) > 40, "the sample is too small to say anything"
    database = open_database(store_url(locations))
    engine = open_engine(indexer_settings(locations), locations)
    with database.read() as connection:
        assert outbox.count_outbox(connection) == 0
        dead = {letter.url for letter in dead_letters.list_dead_letters(connection)}
        ids = {}
        for url in wanted:
            canonical = canonical_address(url) or url
            ids[url] = articles.find_id(connection, [canonical])
            assert ids[url] or canonical in dead, f"lost: {url}"
        in_store = set(articles.article_ids(connection, limit=10_000))
    assert in_store - engine.documents(sorted(in_store)).keys() == set()
    assert engine.status().documents == len(in_store)
    filed = [one for one in ids.values() if one]
    assert len(filed) == len(set(filed)), "one article under two ids or two articles under one"
    database.close()
