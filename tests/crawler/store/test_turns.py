"""Turns: one owner an outlet, nothing due is lost, each slot fires once; on both kinds of store."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crawler.store import processes, turns
from crawler.store.database import Database, open_database
from crawler.store.leases import machine_name, owner_name

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def catalogue(database: Database, *slugs: str) -> None:
    with database.write() as connection:
        turns.sync(connection, dict.fromkeys(slugs, "every 300 s"), NOW)


def fire(database: Database, *slugs: str, slot: datetime = NOW, now: datetime = NOW) -> tuple[str, ...]:
    with database.write() as connection:
        return turns.make_due(connection, slugs, slot, now)


def claim(database: Database, owner: str, now: datetime = NOW, limit: int = 10, only: list[str] | None = None) -> tuple[str, ...]:
    with database.write() as connection:
        return turns.claim(connection, owner, now, limit, only)


def test_what_is_due_is_claimed_once_the_longest_waiting_first(database: Database) -> None:
    catalogue(database, "a", "b", "c", "d")
    fire(database, "c")
    fire(database, "a", "b", slot=NOW + MINUTE, now=NOW + MINUTE)
    assert claim(database, "one", NOW + MINUTE, limit=2) == ("c", "a")
    assert claim(database, "two", NOW + MINUTE, only=["c", "d"]) == ()
    assert claim(database, "two", NOW + MINUTE) == ("b",)
    assert claim(database, "one", NOW + MINUTE) == ()


def test_f11_a_slot_fires_at_most_once_whoever_fires_it(database: Database) -> None:
    catalogue(database, "a", "b")
    assert fire(database, "a") == ("a",)
    assert fire(database, "a", "b") == ("b",), "a second service knows only half of it"
    assert fire(database, "a", "b") == ()
    assert fire(database, "a", "b", slot=NOW - timedelta(hours=1), now=NOW - timedelta(hours=1)) == (), "the clock was set back"
    assert fire(database, "a", slot=NOW + MINUTE, now=NOW + MINUTE) == ("a",)


def test_f11_what_a_clock_years_ahead_wrote_counts_for_nothing_once_it_is_set_right(database: Database) -> None:
    catalogue(database, "a", "b", "c")
    ahead = NOW + timedelta(days=900)
    fire(database, "a", "b", "c", slot=ahead, now=ahead)
    assert claim(database, "other/0:1:aa", ahead, only=["b"]) == ("b",)
    with database.write() as connection:
        turns.finish(connection, "other/0:1:aa", "b", ahead, retry_at=ahead + MINUTE)
    assert claim(database, "other/0:1:aa", ahead, only=["c"]) == ("c",)
    assert claim(database, "two", NOW) == ("a", "b", "c"), "waiting, waiting after a failure, claimed"
    with database.write() as connection:
        turns.give_back(connection, "two", NOW)
    assert fire(database, "a", "b", "c") == ("a", "b", "c")


def test_what_became_due_again_while_under_way_stays_due(database: Database) -> None:
    catalogue(database, "a")
    fire(database, "a")
    assert claim(database, "one") == ("a",)
    fire(database, "a", slot=NOW + 5 * MINUTE, now=NOW + 5 * MINUTE)
    with database.write() as connection:
        turns.prolong(connection, "one", NOW + 5 * MINUTE)
    assert claim(database, "two", NOW + 6 * MINUTE) == ()
    with database.write() as connection:
        assert turns.finish(connection, "one", "a", NOW + 6 * MINUTE)
        turn = turns.read_turns(connection)["a"]
    assert (turn.owner, turn.due_at, turn.ended_at) == (None, NOW + 5 * MINUTE, NOW + 6 * MINUTE)
    assert claim(database, "two", NOW + 6 * MINUTE) == ("a",)


def test_a_claim_that_nobody_prolongs_is_claimed_by_another_and_its_first_owner_cannot_finish_it(database: Database) -> None:
    catalogue(database, "a", "b")
    fire(database, "a", "b")
    claim(database, "one")
    with database.write() as connection:
        assert turns.prolong(connection, "one", NOW + MINUTE) == ("a", "b")
    assert claim(database, "two", NOW + 2 * MINUTE) == ()
    assert claim(database, "two", NOW + 3 * MINUTE, limit=1) == ("a",)
    with database.write() as connection:
        assert turns.prolong(connection, "one", NOW + 3 * MINUTE) == ("b",)
        assert not turns.finish(connection, "one", "a", NOW + 3 * MINUTE)
        assert turns.fail(connection, "one", "a", NOW + 3 * MINUTE) is None
        assert turns.read_turns(connection)["a"].attempts == 1, "its first owner was lost over it"


def test_a_claim_of_a_dead_process_of_this_machine_is_free_at_once(database: Database) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "from crawler.store.leases import owner_name; print(owner_name('aa'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    catalogue(database, "a", "b")
    fire(database, "a", "b")
    assert claim(database, dead, limit=1) == ("a",)
    assert claim(database, owner_name("bb"), limit=1) == ("a",)
    assert claim(database, owner_name("cc")) == ("b",), "a process that lives keeps what it claimed"


def test_a_failed_attempt_waits_longer_each_time_and_is_at_last_crawled_alone(database: Database) -> None:
    catalogue(database, "a", "b", "c")
    fire(database, "a", "b", "c")
    now, waits = NOW, []
    for _ in range(7):
        assert claim(database, "one", now, only=["a"]) == ("a",)
        with database.write() as connection:
            retry_at = turns.fail(connection, "one", "a", now)
        assert retry_at is not None
        assert claim(database, "one", retry_at - timedelta(seconds=1), only=["a"]) == ()
        waits.append((retry_at - now).total_seconds())
        now = retry_at
    assert waits == [60, 120, 240, 480, 900, 1800, 1800]
    assert claim(database, "one", now) == ("b", "c"), "waiting since earlier"
    assert claim(database, "one", now) == ("a",)
    with database.write() as connection:
        turns.finish(connection, "one", "a", now)
        assert turns.read_turns(connection)["a"].attempts == 0


def test_what_is_given_back_is_due_at_once_and_counts_no_attempt(database: Database) -> None:
    catalogue(database, "a", "b")
    fire(database, "a", "b")
    claim(database, "one")
    with database.write() as connection:
        turns.give_back(connection, "one", NOW + MINUTE, ["a"])
        assert turns.waiting(connection, "two", NOW + MINUTE) == 1
        turns.give_back(connection, "one", NOW + MINUTE)
        assert {turn.attempts for turn in turns.read_turns(connection).values()} == {0}
    assert claim(database, "two", NOW + MINUTE) == ("a", "b")


def test_an_outlet_that_leaves_the_catalogue_loses_its_turn_and_one_under_way_when_it_ends(database: Database) -> None:
    catalogue(database, "a", "b", "c")
    fire(database, "a", "b")
    claim(database, "one", only=["a"])
    catalogue(database, "c", "d")
    assert claim(database, "two") == ()
    with database.write() as connection:
        assert list(turns.read_turns(connection)) == ["a", "c", "d"]
        assert turns.prolong(connection, "one", NOW) == ("a",)
        assert turns.finish(connection, "one", "a", NOW)
    catalogue(database, "c", "d")
    with database.read() as connection:
        assert list(turns.read_turns(connection)) == ["c", "d"]


def test_a_changed_schedule_keeps_what_waits(database: Database) -> None:
    catalogue(database, "a")
    fire(database, "a")
    with database.write() as connection:
        turns.sync(connection, {"a": "0 8 * * * Europe/Warsaw"}, NOW)
        turn = turns.read_turns(connection)["a"]
    assert (turn.schedule, turn.slot_at, turn.due_at) == ("0 8 * * * Europe/Warsaw", NOW, NOW)


def test_an_adaptive_outlet_is_due_at_its_time_once_and_then_after_it_was_planned(database: Database) -> None:
    wait = timedelta(hours=4)
    with database.write() as connection:
        turns.sync(connection, {"a": "adaptive", "b": "every 300 s"}, NOW, {"a": wait})
        assert turns.due_adaptive(connection, NOW) == ("a",), "never crawled"
        assert turns.due_adaptive(connection, NOW) == ()
        assert turns.claim(connection, "one", NOW, 10) == ("a",)
        turns.sync(connection, {"a": "adaptive", "b": "every 300 s"}, NOW, {"a": wait})
        assert turns.due_adaptive(connection, NOW) == (), "under way"
        turns.plan_next(connection, {"a": NOW + 7 * MINUTE, "nobody": NOW})
        turns.finish(connection, "one", "a", NOW)
        assert turns.due_adaptive(connection, NOW + 6 * MINUTE) == ()
        assert turns.due_adaptive(connection, NOW + 8 * MINUTE) == ("a",)
        assert turns.read_turns(connection)["a"].slot_at == NOW + 7 * MINUTE


def test_f11_an_adaptive_outlet_planned_by_a_wrong_clock_or_not_at_all_is_due_now(database: Database) -> None:
    wait = timedelta(hours=4)
    with database.write() as connection:
        turns.sync(connection, {"a": "adaptive", "b": "adaptive"}, NOW, {"a": wait, "b": wait})
        turns.plan_next(connection, {"a": NOW + timedelta(days=30), "b": NOW + 3 * timedelta(hours=1)})
        turns.sync(connection, {"a": "adaptive", "b": "adaptive"}, NOW, {"a": wait, "b": wait})
        assert turns.due_adaptive(connection, NOW) == ("a",)
        turns.sync(connection, {"a": "every 300 s", "b": "every 300 s"}, NOW)
        assert turns.read_turns(connection)["b"].next_at is None, "slots now"


@pytest.mark.postgresql
def test_f12_many_who_fire_and_claim_at_once_share_the_outlets_between_them(postgres_database: Database) -> None:
    slugs = [f"outlet-{number:03}" for number in range(120)]
    catalogue(postgres_database, *slugs)

    def work(name: str) -> tuple[list[str], list[str]]:
        fired = list(fire(postgres_database, *slugs))
        taken: list[str] = []
        while got := claim(postgres_database, name, limit=7):
            taken += got
        return fired, taken

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(work, [f"worker-{number}" for number in range(6)]))
    assert sorted(slug for fired, _ in done for slug in fired) == slugs
    left = claim(postgres_database, "last", limit=200)  # what was locked by another at the moment of the last look
    assert sorted([*left, *(slug for _, taken in done for slug in taken)]) == slugs


def test_processes_are_known_while_their_heart_beats(database: Database) -> None:
    ours, far = owner_name("aa"), "far-away/1:7:bb"
    with database.write() as connection:
        processes.register(connection, ours, "service", "1.0", NOW, {"leader": True})
        processes.register(connection, far, "worker", "1.0", NOW + MINUTE)
        assert processes.beat(connection, ours, NOW + MINUTE, {"leader": False, "crawling": ["a"]})
        first, second = processes.read(connection, NOW + 2 * MINUTE)
        assert (first.owner, first.kind, first.machine) == (ours, "service", machine_name())
        assert (first.detail, first.started_at, first.heartbeat_at) == ({"leader": False, "crawling": ["a"]}, NOW, NOW + MINUTE)
        assert second.owner == far
        processes.beat(connection, ours, NOW + 5 * MINUTE, {})
        assert [one.owner for one in processes.read(connection, NOW + 5 * MINUTE)] == [ours]
        assert processes.prune(connection, NOW + 5 * MINUTE) == 1
        assert not processes.beat(connection, far, NOW + 5 * MINUTE, {})
        processes.remove(connection, ours)
        assert processes.read(connection, NOW + 5 * MINUTE) == ()


class Turns(RuleBasedStateMachine):
    """Three owners, some of whom fall silent, and a clock that goes on, beside a model of who owes what to whom."""

    OUTLETS, OWNERS = ("a", "b", "c", "d"), ("one", "two", "three")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = open_database(f"sqlite:///{Path(self.folder.name) / 'd.sqlite'}")
        self.now = NOW
        self.fired: dict[str, set[datetime]] = {slug: set() for slug in self.OUTLETS}
        self.due: set[str] = set()
        self.held: dict[str, tuple[str, datetime]] = {}
        catalogue(self.database, *self.OUTLETS)

    def teardown(self) -> None:
        with self.database.write() as connection:
            late = self.now + timedelta(hours=1)
            wanted = self.due | set(self.held)
            got: list[str] = []
            while taken := turns.claim(connection, "last", late, 2):
                got += taken
        assert sorted(got) == sorted(wanted), "nothing that was due is lost, nothing else is crawled"
        self.database.close()
        self.folder.cleanup()

    @rule(seconds=st.sampled_from([1, 30, 61, 119, 120, 121, 400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(slugs=st.sets(st.sampled_from(OUTLETS), min_size=1), back_s=st.sampled_from([0, 0, 60, 3600]))
    def a_slot_fires(self, slugs: set[str], back_s: int) -> None:
        slot = self.now.replace(second=0) - timedelta(seconds=back_s)
        for slug in fire(self.database, *slugs, slot=slot, now=self.now):
            assert slot not in self.fired[slug]
            self.fired[slug].add(slot)
            self.due.add(slug)
        assert back_s or all(slot in self.fired[slug] or max(self.fired[slug]) > slot for slug in slugs)

    @rule(owner=st.sampled_from(OWNERS), limit=st.integers(1, 4))
    def claims(self, owner: str, limit: int) -> None:
        for slug in claim(self.database, owner, self.now, limit):
            if slug in self.held:
                assert self.held[slug][1] <= self.now, "crawled by two at once"
            else:
                assert slug in self.due
            self.due.discard(slug)
            self.held[slug] = (owner, self.now + timedelta(seconds=turns.CLAIM_S))

    @rule(owner=st.sampled_from(OWNERS))
    def prolongs(self, owner: str) -> None:
        with self.database.write() as connection:
            kept = turns.prolong(connection, owner, self.now)
        assert set(kept) == {slug for slug, (holder, _) in self.held.items() if holder == owner}
        for slug in kept:
            self.held[slug] = (owner, self.now + timedelta(seconds=turns.CLAIM_S))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(["finish", "fail", "give back"]), owner=st.sampled_from(OWNERS))
    def ends(self, data: st.DataObject, how: str, owner: str) -> None:
        slug = data.draw(st.sampled_from(sorted(self.held)))
        ours = self.held[slug][0] == owner
        with self.database.write() as connection:
            if how == "finish":
                assert turns.finish(connection, owner, slug, self.now) == ours
            elif how == "fail":
                assert (turns.fail(connection, owner, slug, self.now) is not None) == ours
            else:
                turns.give_back(connection, owner, self.now, [slug])
        if ours:
            del self.held[slug]
            if how != "finish":
                self.due.add(slug)

    @invariant()
    def what_is_owed_stands_in_the_store(self) -> None:
        with self.database.read() as connection:
            rows = turns.read_turns(connection)
        assert {slug for slug, row in rows.items() if row.due_at is not None} == self.due
        assert {slug: row.owner for slug, row in rows.items() if row.owner} == {slug: one[0] for slug, one in self.held.items()}


TestTurnsAsAMachine = Turns.TestCase
TestTurnsAsAMachine.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
