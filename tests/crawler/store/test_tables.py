"""Frontier, outbox, dead letters, leases, runs, pages, forms: each on both kinds of store."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.model.feed import FeedEntry, FeedState
from crawler.model.page import Page
from crawler.model.run import Outcome, OutletReport, RunReport
from crawler.store import dead_letters, forms, frontier, leases, outbox, pages, runs, sources
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.forms import ReadingRow
from crawler.store.frontier import FrontierItem, FrontierReason
from crawler.store.outbox import PutOff
from crawler.store.runs import RunStatus

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def item(url: str, **changes: object) -> FrontierItem:
    values: dict[str, object] = {
        "url": url, "outlet": "kresy", "entry": FeedEntry(url=url, title="Tytuł", published_at=NOW), "reason": FrontierReason.NEW,
        "next_try_at": NOW,
    }  # fmt: skip
    return FrontierItem(**(values | changes))  # type: ignore[arg-type]  # values of every kind


def test_an_entry_that_waits_already_keeps_its_attempts_when_queued_again(database: Database) -> None:
    with database.write() as connection:
        frontier.queue(connection, [item("https://a.example/1")], NOW)
        frontier.put_off(connection, item("https://a.example/1"), "503", NOW + timedelta(minutes=5))
        frontier.queue(connection, [item("https://a.example/1")], NOW + timedelta(minutes=1))
        assert frontier.due(connection, "kresy", NOW, 10) == []
        (again,) = frontier.due(connection, "kresy", NOW + timedelta(minutes=5), 10)
    assert (again.attempts, again.last_error, again.entry.title, again.entry.published_at) == (1, "503", "Tytuł", NOW)


def test_first_tries_come_before_repeated_ones(database: Database) -> None:
    with database.write() as connection:
        frontier.queue(connection, [item("https://a.example/old", attempts=2)], NOW)
        frontier.queue(connection, [item("https://a.example/new")], NOW + timedelta(minutes=1))
        assert [one.url[-3:] for one in frontier.due(connection, "kresy", NOW, 10)] == ["new", "old"]
        frontier.leave(connection, "kresy", "https://a.example/new")
        assert frontier.count_waiting(connection) == 1
        assert frontier.waiting(connection, "kresy", ["https://a.example/new", "https://a.example/old"]) == {
            "https://a.example/old"
        }


def test_the_outbox_is_a_set_and_a_newer_wish_survives_an_older_acknowledgement(database: Database) -> None:
    with database.write() as connection:
        for version in range(1, 41):
            outbox.put_in_outbox(connection, {"a" * 32: version}, NOW)
        (one,) = outbox.take_outbox(connection, 100, NOW)
        assert one.wanted_version == 40
        outbox.put_in_outbox(connection, {"a" * 32: 41}, NOW)
        assert outbox.acknowledge(connection, {"a" * 32: 40}) == 0
        assert outbox.acknowledge(connection, {"a" * 32: 41}) == 1
        assert outbox.count_outbox(connection) == 0


def test_what_was_put_off_is_not_taken_before_its_time(database: Database) -> None:
    with database.write() as connection:
        outbox.put_in_outbox(connection, {"a": 1, "b": 1}, NOW)
        outbox.put_off_outbox(connection, {"a": PutOff(reason="429", next_try_at=NOW + timedelta(seconds=30))})
        assert [one.article_id for one in outbox.take_outbox(connection, 10, NOW)] == ["b"]
        assert [one.attempts for one in outbox.take_outbox(connection, 10, NOW + timedelta(seconds=31))] == [1, 0]
        outbox.hasten_outbox(connection)
        assert [one.article_id for one in outbox.take_outbox(connection, 10, NOW)] == ["a", "b"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["put", "acknowledge"]), st.sampled_from("abc"), st.integers(1, 9)), max_size=30))
def test_no_history_of_wishes_and_acknowledgements_loses_the_newest_wish(
    sqlite_database: Database, history: list[tuple[str, str, int]]
) -> None:
    wanted: dict[str, int] = {}
    with sqlite_database.write() as connection:
        connection.execute(outbox.outbox.delete())
        for verb, one, version in history:
            if verb == "put":
                newest = max(version, wanted.get(one, 0))
                wanted[one] = newest
                outbox.put_in_outbox(connection, {one: newest}, NOW)
            else:
                outbox.acknowledge(connection, {one: version})
                if version >= wanted.get(one, 99):
                    del wanted[one]
        assert {found.article_id: found.wanted_version for found in outbox.take_outbox(connection, 99, NOW)} == wanted


def test_filing_and_pushing_the_same_articles_in_any_order_never_wait_for_one_another(database: Database) -> None:
    ids = [f"{number:032x}" for number in range(40)]

    def wish(seed: int) -> None:
        chance = random.Random(seed)
        for version in range(25):
            with database.write() as connection:
                outbox.put_in_outbox(connection, dict.fromkeys(chance.sample(ids, 40), version), NOW)

    def push(seed: int) -> None:
        chance = random.Random(seed)
        for version in range(25):
            with database.write() as connection:
                outbox.acknowledge(connection, dict.fromkeys(chance.sample(ids, 40), version))
            with database.write() as connection:
                outbox.put_off_outbox(connection, dict.fromkeys(chance.sample(ids, 10), PutOff(reason="away", next_try_at=NOW)))
            with database.write() as connection:
                outbox.hasten_outbox(connection)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(wish, 1), pool.submit(push, 2), pool.submit(push, 3)]:
            done.result(timeout=60)


def test_a_repeated_dead_letter_is_one_letter_that_counts(database: Database) -> None:
    letter = DeadLetter(
        stage=Stage.NORMALIZE, key="k", outlet="kresy", url="https://a.example/1", reason="no text", detail={"title": "T"},
        created_at=NOW, last_at=NOW,
    )  # fmt: skip
    with database.write() as connection:
        dead_letters.add_dead_letter(connection, letter)
        dead_letters.add_dead_letter(connection, letter)
        (one,) = dead_letters.list_dead_letters(connection, stage=Stage.NORMALIZE)
        assert (one.times, one.detail) == (2, {"title": "T"})
        assert dead_letters.count_dead_letters(connection) == {"normalize": 1}
        dead_letters.drop_page_letters(connection, ["k"])
        assert dead_letters.read_dead_letter(connection, one.id) is None


def test_f12_a_lease_is_one_owner_s_until_it_expires(database: Database) -> None:
    later = NOW + timedelta(seconds=leases.LEASE_S + 1)
    with database.write() as connection:
        assert leases.claim(connection, ["kresy", "pap"], "first", NOW) == {"kresy", "pap"}
        assert leases.claim(connection, ["kresy", "tvp-info"], "second", NOW) == {"tvp-info"}
        assert leases.holder(connection, "kresy", NOW) == "first"
        assert leases.beat(connection, "second", NOW) == 1
        assert leases.claim(connection, ["kresy"], "second", later) == {"kresy"}
        leases.release(connection, "second")
        assert leases.holder(connection, "kresy", later) is None


def test_f07_a_run_without_a_heartbeat_is_said_to_have_died(database: Database) -> None:
    with database.write() as connection:
        runs.start_run(connection, "r1", "me", NOW)
        runs.start_run(connection, "r2", "me", NOW)
        runs.beat_run(connection, "r2", NOW + timedelta(minutes=10))
        assert runs.expire_runs(connection, NOW + timedelta(minutes=11)) == 1
        outlets = (OutletReport(outlet="kresy", entries=2, outcomes={Outcome.NEW: 2}),)
        report = RunReport(run_id="r2", started_at=NOW, finished_at=NOW, finished=True, outlets=outlets)
        runs.finish_run(connection, report, NOW)
        by_id = {one.id: one for one in runs.list_runs(connection)}
    assert by_id["r1"].status is RunStatus.DIED
    assert by_id["r2"].report == report


def test_a_page_comes_back_byte_for_byte_and_is_pruned_by_age(database: Database) -> None:
    page = Page(
        requested_url="https://a.example/1", final_url="https://a.example/2", status=200, headers=(("content-type", "text/html"),),
        body="Zażółć".encode("cp1250") * 1000, fetched_at=NOW, outlet="kresy", entry=FeedEntry(url="https://a.example/1"),
    )  # fmt: skip
    with database.write() as connection:
        pages.keep_page(connection, "k", page)
        assert pages.read_page(connection, "k") == page
        assert pages.page_keys(connection) == ["k"]
        assert pages.prune_pages(connection, NOW) == 0
        assert pages.prune_pages(connection, NOW + timedelta(seconds=1)) == 1


def test_a_source_s_state_comes_back_as_it_was_saved(database: Database) -> None:
    state = FeedState(url="https://a.example/feed", outlet="kresy", etag='"x"', polled_at=NOW, failures_in_a_row=3)
    with database.write() as connection:
        sources.save_state(connection, state)
        sources.save_state(connection, state)
        assert sources.read_states(connection, "kresy") == {state.url: state}
        sources.keep_robots(connection, "https://a.example", "User-agent: *", NOW)
        assert sources.read_robots(connection, "https://a.example", NOW) == "User-agent: *"
        assert sources.read_robots(connection, "https://a.example", NOW + timedelta(seconds=1)) is None


def reading(form: str, lemma: str, language: str = "pl", *, is_verbal: bool = False) -> ReadingRow:
    return ReadingRow(language=language, lemma=lemma, form=form, is_verbal=is_verbal, base=lemma, folded=form)


def test_forms_keep_all_their_readings_and_are_found_by_token_lemma_and_base(database: Database) -> None:
    rows = [reading("mam", "mama"), reading("mam", "miec", is_verbal=True), reading("mamy", "mama"), reading("mam", "mam", "de")]
    with database.write() as connection:
        forms.add_forms(connection, rows, 1)
        assert forms.seen_languages(connection) == ("de", "pl")
        assert forms.known_forms(connection, "pl", ["mam", "nic"], 1) == {"mam"}
        assert sorted(forms.readings_of(connection, "mam", "pl")) == [("mam", "mama", False), ("mam", "miec", True)]
        assert forms.lemmas_of_base(connection, "mama", "pl") == {"mama"}
        assert forms.tokens_of_lemmas(connection, ["mama"], "pl") == {"mam", "mamy"}
        assert forms.tokens_of_lemmas(connection, ["mama"], "de") == set()


def test_a_form_read_by_a_newer_morphology_replaces_the_older_reading_and_never_the_other_way_round(database: Database) -> None:
    with database.write() as connection:
        forms.add_forms(connection, [reading("ma", "ma"), reading("ma", "mama")], 1)
        assert forms.known_forms(connection, "pl", ["ma"], 2) == set()
        forms.add_forms(connection, [reading("ma", "miec", is_verbal=True)], 2)
        forms.add_forms(connection, [reading("ma", "ma")], 1)
        assert forms.readings_of(connection, "ma", "pl") == [("ma", "miec", True)]
        assert forms.known_forms(connection, "pl", ["ma"], 1) == forms.known_forms(connection, "pl", ["ma"], 2) == {"ma"}


def test_f07_the_lease_of_a_process_that_was_killed_on_this_machine_is_free_at_once(database: Database) -> None:
    child = subprocess.run(
        [sys.executable, "-c", "from crawler.store.leases import owner_name; print(owner_name('x'))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    dead, alive = child.stdout.strip(), leases.owner_name("y")
    with database.write() as connection:
        assert leases.claim(connection, ["kresy"], dead, NOW) == {"kresy"}
        assert leases.claim(connection, ["kresy"], alive, NOW) == {"kresy"}
        assert leases.claim(connection, ["kresy"], "another:1:z", NOW) == set()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_f07_so_is_that_of_a_process_that_ended_and_that_nobody_has_taken_leave_of() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "from crawler.store.leases import owner_name; print(owner_name('x'), flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    owner = child.stdout.readline().strip()
    assert not leases.is_dead(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays a zombie
    assert leases.is_dead(owner)
    child.communicate()
    assert leases.is_dead(owner)
