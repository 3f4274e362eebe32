"""kill -9 again and again while outlets publish: services, workers and crawls, at moments that a seed chooses.

    deaths = Killing(site, Random(1), services=2, workers=1).kill(20); killing.quiet(); killing.end()

What is killed is started again at once, as systemd or a container would. `test_kill_clock` kills twenty times, `measure_kills` four
hundred times.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from crawler.store import leases, runs
from crawler.store.dead_letters import list_dead_letters
from tests.journeys.installation import Installation, kill, wait_until
from tests.journeys.press import lives

PATIENCE_S = 5.0
"""A kill waits so long at most for the requests that it waits for: outlets may just be idle."""
MOST_REQUESTS = 10
ALL_RUNS = 100_000
MOST_WAIT_S = 2.0
ON_A_MACHINE = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"')
"""Before a machine's name and a command (Linux, root): the name is what tells machines apart (`leases.machine_name`)."""


@dataclass(frozen=True, slots=True)
class Death:
    """One kill."""

    kind: str
    """ "service", "worker" or "crawl"."""
    at: float
    """Seconds of the monotonic clock."""
    crawls: frozenset[int]
    """Sessions of the crawls that lived then."""
    killed: int | None
    """That of the crawl that was killed."""


class Killing:
    """Processes of one installation that are killed and started again."""

    def __init__(
        self, site: Installation, chance: Random, *, services: int = 1, workers: int = 0, machines: bool = False
    ) -> None:
        """`machines`: each service and worker believes to be on a machine of its own, so that nobody sees that another is dead and
        claims have to expire."""
        self.site, self.chance, self.machines = site, chance, machines
        self.log: list[Death] = []
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._wanted = {f"service {number}": "run" for number in range(services)}
        self._wanted |= {f"worker {number}": "worker" for number in range(workers)}
        self.deaths: Counter[str] = Counter()
        """What was killed -> how often: "service", "worker", "crawl"."""

    @property
    def in_a_crawl(self) -> int:
        """Kills that fell while a crawl lived."""
        return sum(bool(one.crawls) for one in self.log)

    def keep_up(self) -> None:
        """Start what does not run."""
        for name, command in self._wanted.items():
            if name not in self.running or self.running[name].poll() is not None:
                prefix = (*ON_A_MACHINE, name.replace(" ", "-")) if self.machines else ()
                self.running[name] = self.site.start(command, prefix=prefix)

    def kill(self, times: int) -> None:
        """Kill so often, each kind in turn, each at its moment."""
        self.keep_up()
        kinds = ["crawl", *sorted(self._wanted), "crawl"]
        for number in range(times):
            self._wait()
            self._kill(kinds[number % len(kinds)])
            self.keep_up()
            assert not self.site.press.overlaps(), "an outlet was crawled by two at once"
            assert not self.stale_runs()

    def stale_runs(self) -> list[str]:
        """Runs that are told to be under way although their heartbeat is old and somebody could have noticed."""
        grace = timedelta(seconds=runs.STALE_S + 60)

        def look(connection: object) -> list[str]:
            now = leases.shared_now(connection, datetime.now(UTC))  # type: ignore[arg-type]  # a connection, as `ask` hands out
            listed = runs.list_runs(connection, limit=ALL_RUNS)  # type: ignore[arg-type]  # the same
            return [one.id for one in listed if one.status is runs.RunStatus.RUNNING and now - one.heartbeat_at > grace]

        found: list[str] = self.site.ask(look)
        return found

    def quiet(self, seconds: float = 180.0) -> None:
        """Nothing new is published, nobody is killed: all that was printed becomes searchable, and every outlet is asked again."""
        press = self.site.press
        press.per_poll = 0
        since = time.monotonic()
        wait_until(self.site.is_settled, seconds, "all that was printed in store and index")

        def asked_again() -> bool:
            return {one.outlet for one in press.asked if one.at > since} >= set(self.site.outlets)

        wait_until(asked_again, seconds, "the next turn of every outlet")
        wait_until(lambda: not self.runs_of_the_dead(), runs.STALE_S + 60, "the end of the runs of dead crawls")

    def end(self) -> None:
        """SIGTERM: each ends with exit code 0, and what must be true is."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self.running.items():
            assert process.wait(timeout=90) == 0, f"{name} ended with {process.returncode}"
        wait_until(lambda: not self.site.left_over(), 30, "the end of every process")
        self.site.run("index", "push")  # a crawl that ended with its service has filed after its last push
        self.site.promise_holds()
        letters = self.site.ask(list_dead_letters)
        assert not letters, f"every page is a sound article: {letters[:3]}"
        assert not self.site.press.overlaps()
        assert not self.lost_runs()

    def lost_runs(self) -> set[int]:
        """Sessions that asked an outlet and of which the history of runs tells nothing."""
        asked = {one.who for one in self.site.press.asked if one.who is not None}
        listed = self.site.ask(lambda connection: runs.list_runs(connection, limit=ALL_RUNS))
        return asked - {_process(one) for one in listed}

    def runs_of_the_dead(self) -> list[str]:
        """Runs that are told to be under way although their crawl is no more."""
        listed = self.site.ask(lambda connection: runs.list_runs(connection, limit=ALL_RUNS))
        return [one.id for one in listed if one.status is runs.RunStatus.RUNNING and not lives(_process(one))]

    def _wait(self) -> None:
        """For a time that says nothing, or until some requests more were made: a crawl is short, starting it is not."""
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0, MOST_WAIT_S))
            return
        press = self.site.press
        wanted, end = press.count() + self.chance.randint(1, MOST_REQUESTS), time.monotonic() + PATIENCE_S
        while press.count() < wanted and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(self.chance.uniform(0, 0.05))

    def _kill(self, kind: str) -> None:
        crawls, killed = self.site.children(), None
        at = time.monotonic()
        if kind == "crawl" and crawls:
            kill(killed := self.chance.choice(crawls))
        else:
            name = kind if kind in self.running else self.chance.choice(sorted(self.running))
            kind = name.partition(" ")[0]
            kill(self.running[name].pid)
            self.running[name].wait()
        self.deaths[kind] += 1
        self.log.append(Death(kind, at, frozenset(crawls), killed))


def _process(run: runs.Run) -> int:
    """A crawl leads a session, so that this is its session too."""
    return int(run.owner.split(":")[-2])
