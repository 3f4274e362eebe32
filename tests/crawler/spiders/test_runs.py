"""Runs as processes: killed, stopped, overlapping, locked out; revisits, single addresses, patience."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.model.article import article_id
from crawler.model.run import Outcome, SourceStatus
from crawler.store import articles, frontier, leases, runs
from crawler.store.dead_letters import Stage, list_dead_letters
from crawler.store.schema import article as article_table
from crawler.store.schema import frontier as frontier_table

pytestmark = pytest.mark.slow


@pytest.fixture
def own(crawls: Any, tmp_path: Path) -> Any:
    """A store of this test's own, on the module's server."""
    crawls.server.asked.clear()
    return type(crawls)(tmp_path, crawls.server)


@pytest.fixture
def paper(own: Any, hostile: Any, texts: Any) -> Callable[..., None]:
    """Make an outlet with a feed of these pages, as in `test_crawl`."""

    def make(slug: str, routes: dict[str, Any], **more: Any) -> None:
        for name, route in routes.items():
            own.server.serve(f"/{slug}/{name}", hostile.Answer(texts.article(f"{slug} {name}")) if route is None else route)
        entries = [(own.server.url(f"/{slug}/{name}"), f"Tytuł {name}") for name in routes]
        headers = {"ETag": f'"{slug}"'}

        def feed(connection: Any, asked: Any) -> None:
            unchanged = asked.headers.get("if-none-match") == headers["ETag"]
            body = b"" if unchanged else texts.rss(entries).encode()
            answer = hostile.Answer(body, 304 if unchanged else 200, type="application/rss+xml", headers=headers)
            connection.sendall(hostile.plain(answer))

        own.server.serve(f"/{slug}/feed.xml", feed)
        own.outlet(slug, f"/{slug}/feed.xml", **more)

    return make


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Until it is so, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_f07_a_run_killed_with_its_pages_under_way_loses_none_although_the_feed_says_304(
    own: Any, paper: Any, hostile: Any
) -> None:
    paper("kurier", {f"{number}": None for number in range(8)} | {"slow": hostile.stalled}, concurrency=2)
    plan = own.plan()
    child = own.start(plan)
    wait_until(lambda: len(own.server.asked_for("/kurier/")) >= 4)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    own.write(lambda connection: connection.execute(sa.delete(leases.lease)))  # two minutes later
    own.server.serve("/kurier/slow", hostile.Answer(hostile_text(own)))
    report = own.crawl()["kurier"]
    assert report.sources[0].status is SourceStatus.NOT_MODIFIED
    assert report.carried >= 5 and set(report.outcomes) <= {Outcome.NEW, Outcome.UNCHANGED}
    ids = [article_id(own.server.url(f"/kurier/{name}")) for name in [*map(str, range(8)), "slow"]]
    assert len(own.read(lambda connection: articles.read_articles(connection, ids))) == 9


def hostile_text(own: Any) -> str:
    """A late article."""
    paragraphs = "".join(
        f"<p>Akapit {n} o tym, co zdarzyło się nad rzeką, zanim przyszła fala i zalała łąki za wsią.</p>" for n in range(9)
    )
    return f"<html lang=pl><title>Późno</title><article><h1>Późna wiadomość znad rzeki</h1>{paragraphs}</article></html>"


def test_f12_a_second_run_of_the_same_outlet_says_already_running_and_asks_nothing(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {"slow": hostile.stalled})
    first = own.plan()
    child = own.start(first)
    wait_until(lambda: own.server.asked_for("/kurier/slow") != [])
    asked = len(own.server.asked)
    report = own.crawl()["kurier"]
    assert report.error == "already running" and report.entries == 0 and report.outcomes == {}
    assert len(own.server.asked) <= asked + 2, "only the first run's retries"
    own.end(first, child)
    assert own.crawl()["kurier"].error is None, "the lease is free again"


def test_f12_a_lease_of_a_dead_run_expires(own: Any, paper: Any) -> None:
    paper("kurier", {"a": None})
    past = datetime.now(UTC) - timedelta(minutes=5)
    own.write(lambda connection: leases.claim(connection, ["outlet:kurier"], "dead", past))
    assert own.crawl()["kurier"].outcomes == {Outcome.NEW: 1}


def test_f28_a_stopped_run_ends_its_pages_leaves_the_rest_and_says_so(own: Any, paper: Any) -> None:
    paper("kurier", {f"{number}": None for number in range(40)}, delay_s=0.3, concurrency=1)
    plan = own.plan()
    child = own.start(plan)
    wait_until(lambda: len(own.server.asked_for("/kurier/")) >= 4)
    started = time.monotonic()
    child.send_signal(signal.SIGTERM)
    report = own.end(plan, child, 30)
    assert time.monotonic() - started < 25
    assert not report.finished and report.error == "stopped by SIGTERM"
    (one,) = report.outlets
    assert one.outcomes[Outcome.NEW] >= 2 and one.outcomes[Outcome.LATER] >= 20
    assert own.read(lambda connection: frontier.count_waiting(connection)) == one.outcomes[Outcome.LATER]
    assert own.read(lambda connection: leases.holder(connection, "outlet:kurier", datetime.now(UTC))) is None
    assert own.read(lambda connection: runs.list_runs(connection))[0].status is runs.RunStatus.INTERRUPTED


def test_f28_a_stop_does_not_wait_for_a_server_that_stalls(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {"slow": hostile.stalled})
    plan = own.plan(fetch_time_limit_s=60.0)
    child = own.start(plan)
    wait_until(lambda: own.server.asked_for("/kurier/slow") != [])
    started = time.monotonic()
    child.send_signal(signal.SIGTERM)
    report = own.end(plan, child, 30)
    assert time.monotonic() - started < 25 and report.outlets[0].outcomes == {Outcome.LATER: 1}


def test_f09_a_store_that_another_process_locks_for_a_while_is_waited_for(own: Any, paper: Any) -> None:
    paper("kurier", {"a": None, "b": None})
    own.read(frontier.count_waiting)
    plan = own.plan()
    child = own.start(plan)
    wait_until(lambda: own.server.asked_for("/kurier/feed.xml") != [])
    with sqlite3.connect(own.folder / "depesza.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(3)
        other.execute("ROLLBACK")
    report = own.end(plan, child)
    assert report.finished and report.outlets[0].outcomes == {Outcome.NEW: 2}


def test_f33_a_page_that_is_gone_marks_its_article_and_deletes_nothing(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {"a": None, "b": None})
    own.crawl()
    own.server.serve("/kurier/a", hostile.Answer("", 410))
    make_visits_due(own)
    report = own.crawl()["kurier"]
    assert report.revisits == 2 and report.outcomes == {Outcome.GONE: 1, Outcome.UNCHANGED: 1}
    article = own.read(lambda connection: articles.read_article(connection, article_id(own.server.url("/kurier/a"))))
    assert article.removed_at is not None and article.text
    assert own.letters("kurier") == {}


def test_a_correction_without_a_word_in_the_feed_is_found_by_the_revisit(own: Any, paper: Any, hostile: Any, texts: Any) -> None:
    paper("kurier", {"a": None})
    own.crawl()
    assert own.crawl()["kurier"].revisits == 0, "not before it is due"
    corrected = texts.article("kurier a").replace(
        "</article>", "<p>Sprostowanie: most zamknięto w piątek, a nie w środę rano.</p></article>"
    )
    own.server.serve("/kurier/a", hostile.Answer(corrected))
    make_visits_due(own)
    assert own.crawl()["kurier"].outcomes == {Outcome.REVISED: 1}
    revisions = own.read(lambda connection: articles.read_revisions(connection, article_id(own.server.url("/kurier/a"))))
    assert len(revisions) == 2 and "Sprostowanie" in revisions[1].text


def test_a_revisit_forgets_nothing_that_only_the_feed_told(own: Any, paper: Any, hostile: Any, texts: Any) -> None:
    url = own.server.url("/kurier/a")
    own.server.serve("/kurier/a", hostile.Answer(texts.article("kurier a")))
    told = texts.rss([(url, "Tytuł a")]).replace("</item>", "<category>Kultura</category><author>Anna Nowak</author></item>")
    own.server.serve("/kurier/feed.xml", hostile.Answer(told, type="application/rss+xml"))
    own.outlet("kurier", "/kurier/feed.xml")
    own.crawl()
    before = own.read(lambda connection: articles.read_article(connection, article_id(url)))
    assert (before.section, before.authors) == ("Kultura", ("Anna Nowak",))
    make_visits_due(own)
    assert own.crawl()["kurier"].outcomes == {Outcome.UNCHANGED: 1}
    assert own.read(lambda connection: articles.read_article(connection, article_id(url))) == before


def test_a_revisit_that_meets_an_empty_page_leaves_the_article_and_its_page(own: Any, paper: Any, hostile: Any) -> None:
    from crawler.store import pages

    paper("kurier", {"a": None})
    own.crawl()
    own.server.serve("/kurier/a", hostile.Answer("<html><body></body></html>"))
    make_visits_due(own)
    assert own.crawl()["kurier"].outcomes == {Outcome.NO_TEXT: 1}
    key = article_id(own.server.url("/kurier/a"))
    assert own.read(lambda connection: articles.read_article(connection, key)).removed_at is None
    assert b"<article>" in own.read(lambda connection: pages.read_page(connection, key)).body
    assert own.crawl()["kurier"].revisits == 0, "and it is not tried again at once"


def test_five_failed_attempts_make_a_dead_letter(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {"a": hostile.truncated})
    assert own.crawl()["kurier"].outcomes == {Outcome.LATER: 1}
    assert own.crawl()["kurier"].outcomes == {}, "not before its time"
    later = {"next_try_at": datetime.now(UTC), "attempts": 4}
    own.write(lambda connection: connection.execute(frontier_table.update().values(later)))
    assert own.crawl()["kurier"].outcomes == {Outcome.FAILED: 1}
    (letter,) = own.read(lambda connection: list_dead_letters(connection, stage=Stage.FETCH))
    assert letter.reason == "given up after 5 attempts: the body was cut short on the way" and letter.detail["title"] == "Tytuł a"
    assert own.read(lambda connection: frontier.count_waiting(connection)) == 0


def test_single_addresses_are_fetched_without_asking_any_source(own: Any, paper: Any) -> None:
    paper("kurier", {"a": None, "b": None})
    report = own.crawl(urls=(own.server.url("/kurier/b"), "javascript:alert(1)"))["kurier"]
    assert report.outcomes == {Outcome.NEW: 1, Outcome.REFUSED: 1} and report.entries == 2
    assert own.server.asked_for("/kurier/") == ["/kurier/b"]
    assert own.crawl(urls=(own.server.url("/kurier/b"),))["kurier"].outcomes == {Outcome.UNCHANGED: 1}


def test_force_fetches_what_is_neither_new_nor_due(own: Any, paper: Any) -> None:
    paper("kurier", {"a": None, "b": None})
    own.crawl()
    assert own.crawl(force=True)["kurier"].outcomes == {Outcome.UNCHANGED: 2}


def test_the_delay_is_kept_between_any_two_requests_and_crawl_delay_raises_it(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {f"{number}": None for number in range(4)}, delay_s=0.4, concurrency=1)
    own.crawl()
    times = [one.at for one in own.server.asked]
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.38
    own.server.asked.clear()
    own.server.serve("/robots.txt", hostile.Answer("User-agent: depesza\nCrawl-delay: 0.9", type="text/plain"))
    paper("gazeta", {f"{number}": None for number in range(3)}, delay_s=0.1)
    own.write(lambda connection: connection.execute(sa.text("DELETE FROM robots")))
    own.crawl("gazeta")
    times = [one.at for one in own.server.asked if one.path.startswith("/gazeta/")]
    assert (times[-1] - times[0]) / (len(times) - 1) > 0.85  # one request may be taken up late on a loaded machine
    del own.server.routes["/robots.txt"]


def test_f24_a_robots_txt_that_cannot_be_read_closes_the_outlet_for_this_run(own: Any, paper: Any, hostile: Any) -> None:
    paper("kurier", {"a": None})
    own.server.serve("/robots.txt", hostile.Answer("", 503))
    report = own.crawl()["kurier"]
    assert report.sources[0].status is SourceStatus.UNREACHABLE and "RFC 9309" in (report.error or "")
    assert set(own.server.asked_for("/")) == {"/robots.txt"}
    del own.server.routes["/robots.txt"]


def test_f20_a_page_that_costs_too_much_is_a_dead_letter_and_the_others_go_on(own: Any, paper: Any, hostile: Any) -> None:
    nested = "<div>" * 50_000 + "text " * 200_000
    routes = {"nested": hostile.Answer(f"<html><body>{nested}"), "line": hostile.Answer("<p>" + "a " * 5_000_000), "fine": None}
    paper("kurier", routes)
    outcomes = own.crawl(page_time_limit_s=2.0)["kurier"].outcomes
    assert outcomes[Outcome.NEW] >= 1 and sum(outcomes.values()) == 3
    assert set(outcomes) <= {Outcome.NEW, Outcome.BROKEN, Outcome.NO_TEXT, Outcome.NO_ARTICLE}


def test_f14_a_feed_of_100000_entries_is_cut_to_the_newest_and_says_so(own: Any, hostile: Any, texts: Any) -> None:
    entries = [(own.server.url(f"/kurier/{number}"), f"Tytuł {number} " + "x" * 700) for number in range(100_000)]
    own.server.serve("/kurier/feed.xml", hostile.Answer(texts.rss(entries), type="application/rss+xml"))
    own.outlet("kurier", "/kurier/feed.xml", max_pages=0)
    report = own.crawl()["kurier"]
    assert report.entries == 2000 and report.outcomes == {Outcome.LATER: 2000}
    assert report.sources[0].error, "a warning says that it was cut"
    waiting = own.read(lambda connection: frontier.waiting(connection, "kurier", [own.server.url("/kurier/0")]))
    assert waiting, "the newest, which a feed has first, are kept"


def test_f15_the_address_is_the_identity_and_the_guid_only_a_hint(own: Any, hostile: Any, texts: Any) -> None:
    def serve(*entries: tuple[str, str]) -> None:
        items = "".join(
            f"<item><title>{name}</title><link>{own.server.url(f'/guid/{name}')}</link>{guid}</item>" for name, guid in entries
        )
        feed = f"<rss version='2.0'><channel><title>K</title>{items}</channel></rss>"
        own.server.serve("/guid/feed.xml", hostile.Answer(feed, type="application/rss+xml"))

    for name in "abcd":
        own.server.serve(f"/guid/{name}", hostile.Answer(texts.article(f"guid {name}")))
    own.outlet("guid", "/guid/feed.xml")
    same = "<guid isPermaLink='false'>1</guid>"
    serve(("a", same), ("b", same), ("c", ""))
    assert own.crawl()["guid"].outcomes == {Outcome.NEW: 3}, "one guid for all, and none"
    serve(("d", same), ("a", "<guid>other</guid>"), ("b", same), ("b?utm_source=rss", same))
    assert own.crawl()["guid"].outcomes == {Outcome.NEW: 1, Outcome.SEEN: 3}, "a new link under an old guid is a new article"


@pytest.mark.postgresql
def test_a_crawl_into_postgresql_ends_like_one_into_sqlite(own: Any, paper: Any, hostile: Any, postgres_database: Any) -> None:
    own.url = postgres_database.engine.url.render_as_string(hide_password=False)
    paper("kurier", {"a": None, "b": None, "empty": hostile.Answer("<html></html>"), "gone": hostile.Answer("", 404)})
    assert own.crawl()["kurier"].outcomes == {Outcome.NEW: 2, Outcome.NO_TEXT: 1, Outcome.GONE: 1}
    with postgres_database.read() as connection:
        assert articles.count_articles(connection) == 2 and frontier.count_waiting(connection) == 0
    assert own.crawl(force=True)["kurier"].outcomes == {Outcome.UNCHANGED: 2, Outcome.NO_TEXT: 1, Outcome.GONE: 1}


def make_visits_due(own: Any) -> None:
    """An hour later."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    own.write(lambda connection: connection.execute(article_table.update().values(next_visit_at=past)))
