"""A worker that the network hides from the store lets go of its outlets before others take them, and comes back in order.

Machines are network namespaces with links of their own: only the link to the store is cut, without a word, so that the worker could go
on asking its outlets for as long as it liked. Judged by the outlets' own record. Nothing is searched here: Elasticsearch does not run.
"""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.store import leases, processes, runs, turns
from crawler.store.database import connect_database
from tests.journeys.installation import Installation, wait_until
from tests.journeys.machines import STORE, Machines, machines_or_skip
from tests.journeys.press import Press

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.postgresql,
    pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux"),
]
OUTLETS, ARTICLES, DELAY_S = 3, 13, 0.35
"""A crawl takes longer than the four seconds for which a worker with a lease of six is sure of its outlets without the store."""
NO_INDEX = 'engine = "elasticsearch"\nurl = "http://127.0.0.1:9"'


class Cut:
    """A service beside the store and two workers on machines of their own, of which the first is cut off."""

    def __init__(self, net: Machines, press: Press, site: Installation, store: str) -> None:
        self.net, self.press, self.site = net, press, site
        self._database = connect_database(store)
        self.workers = [site.start("worker", prefix=net.prefix(number)) for number in range(2)]
        wait_until(lambda: len(self.signed_on()) == 2, what="the sign-on of both workers")
        self.service = site.start("run", prefix=net.hub_prefix)
        self._said = site.folder / "log-0.txt"

    def close(self) -> None:
        self._database.close()

    def signed_on(self) -> list[str]:
        """Owners of the processes whose heartbeat is young."""
        with self._database.read() as connection:
            return [one.owner for one in processes.read(connection, leases.shared_now(connection, datetime.now(UTC)))]

    def held(self) -> set[str]:
        """Outlets that the store takes for the first worker's."""
        with self._database.read() as connection:
            return {slug for slug, one in turns.read_turns(connection).items() if self.is_first(one.owner)}

    def is_first(self, owner: str | None) -> bool:
        """Whether it is a process of the first worker's machine."""
        return bool(owner and owner.startswith(f"{self.net.machine(0)}/"))

    def runs(self) -> list[runs.Run]:
        """Of all processes."""
        with self._database.read() as connection:
            return runs.list_runs(connection, limit=1000)

    def first_is_crawling(self) -> bool:
        """Whether it has asked an outlet that it holds."""
        sessions = {int(one.owner.split(":")[-2]) for one in self.runs() if self.is_first(one.owner)}
        return any(one.who in sessions for one in self.press.asked) and bool(self.held())

    def has_said(self, words: str) -> bool:
        """Whether it stands in the first worker's log."""
        return words in self._said.read_text("utf-8")

    def has_passed_on(self, outlets: set[str], since: float) -> bool:
        """Whether each of the outlets was asked by another process since then, and all that was printed is filed."""
        return self.filed() == len(self.press.articles()) and all(
            any(began > since for began, _, _ in self.press.stretches()[slug]) for slug in outlets
        )

    def filed(self) -> int:
        """How many articles the store has."""
        with self._database.read() as connection:
            return int(connection.execute(sa.text("SELECT count(*) FROM article")).scalar_one())

    def has_come_back(self, since: datetime) -> bool:
        """Whether the first worker has done a whole crawl that began after that."""
        return any(
            self.is_first(one.owner) and one.status is runs.RunStatus.FINISHED and one.started_at > since for one in self.runs()
        )


def test_a_worker_cut_off_the_store_stops_before_others_take_its_outlets_and_comes_back(tmp_path: Path) -> None:
    with (
        machines_or_skip(2) as net,
        net.postgresql() as (there, here),
        Press(OUTLETS, host=net.web_address, namespace=net.hub, tables=net.tables) as press,
    ):
        for slug in press.slugs:
            press.publish(slug, ARTICLES)
        site = Installation(
            press,
            tmp_path / "site",
            store=here,
            every="20s",
            delay_s=DELAY_S,
            scheduler='lease = "6s"\nbatch = 1',
            indexer=NO_INDEX,
        )
        site.config.write_text(site.config.read_text("utf-8").replace(here, there), "utf-8")
        cut = Cut(net, press, site, here)
        try:
            cut_and_mend(cut)
        except BaseException:
            print(site.said())
            raise
        finally:
            cut.close()
            site.stop_all()
        assert not press.overlaps()


def cut_and_mend(cut: Cut) -> None:
    """The whole story."""
    wait_until(cut.first_is_crawling, what="a crawl of the first worker")
    cut.net.cut(0, STORE)
    cut_at, held = time.monotonic(), cut.held()
    assert held
    wait_until(lambda: cut.has_said("no heartbeat reached the store for too long"), what="that it notices")
    wait_until(lambda: cut.has_passed_on(held, cut_at), 240, what="that others take and finish its outlets")
    assert not cut.press.overlaps(), "an outlet was asked by two at once"
    wait_until(lambda: not cut.held(), what="the end of a claim that was on its way to the store when it was cut")

    mended_at = datetime.now(UTC)
    cut.net.mend(0, STORE)
    wait_until(lambda: cut.has_come_back(mended_at), what="a crawl of the worker that was cut off")
    assert cut.has_said("the store is reached again")
    started = (cut.service, *cut.workers)
    for process in started:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=90) for process in started] == [0, 0, 0]
    assert cut.filed() == len(cut.press.articles())
    assert not cut.signed_on() and not cut.held()
    assert not [one for one in cut.runs() if one.status is runs.RunStatus.RUNNING]
