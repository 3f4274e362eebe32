"""Whole crawls, a child process each, of many small outlets at once: where each entry ends, and what the store holds then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.model.article import article_id
from crawler.model.feed import FeedState
from crawler.model.observed import Trouble, Wall
from crawler.model.outlet import Source, SourceKind
from crawler.model.run import Outcome, OutletReport, SourceStatus
from crawler.store import articles, frontier, pages, sources
from crawler.store.dead_letters import Stage, list_dead_letters

FAR = datetime(2100, 1, 1, tzinfo=UTC)


class Town:
    """All outlets of these tests, and the reports of their crawls."""

    def __init__(self, server: Any, hostile: Any, texts: Any, crawls: Any) -> None:
        self.server, self.hostile, self.texts, self.crawls = server, hostile, texts, crawls
        self.first: dict[str, OutletReport] = {}
        self.second: dict[str, OutletReport] = {}
        self.asked_first: list[str] = []
        self.paced_first: FeedState | None = None

    def paper(self, slug: str, routes: dict[str, Any], **more: Any) -> None:
        """An outlet whose feed lists these pages; None stands for an ordinary article."""
        for name, route in routes.items():
            path = f"/{slug}/{name}"
            self.server.serve(path, self.hostile.Answer(self.texts.article(path)) if route is None else route)
        self.feed(slug, list(routes))
        self.crawls.outlet(slug, f"/{slug}/feed.xml", **more)

    def feed(self, slug: str, names: list[str], **headers: Any) -> None:
        entries = [(self.server.url(f"/{slug}/{name}"), f"Tytuł {name}") for name in names]
        self.server.serve(
            f"/{slug}/feed.xml", self.hostile.Answer(self.texts.rss(entries), type="application/rss+xml", headers=headers)
        )

    def status(self, slug: str, run: dict[str, OutletReport] | None = None) -> SourceStatus:
        return (run or self.first)[slug].sources[0].status


@pytest.fixture(scope="module")
def town(server: Any, hostile: Any, texts: Any, crawls: Any) -> Town:
    """Everything is crawled twice, with changes in between."""
    one = Town(server, hostile, texts, crawls)
    answer, redirect = hostile.Answer, hostile.redirect
    one.paper("well", {"a": None, "b": None, "c": None})
    one.paper(
        "odd",
        {
            "gone": answer("", 410), "missing": answer("", 404), "forbidden": answer("", 403), "login": answer("", 401),
            "teapot": answer("", 418), "empty": answer("<html><body></body></html>"), "nothing": answer(""),
            "pdf": answer("%PDF-1.7", type="application/pdf"), "front": redirect("/"), "wall": redirect("/consent?back=/x"),
            "lost": redirect("/404.html"), "challenge": answer("<title>Just a moment...</title>", 403, headers={"cf-mitigated": "challenge"}),
            "off": redirect(server.url("/well/a", "127.0.0.3")), "huge": hostile.huge_promise, "fine": None,
        },
    )  # fmt: skip
    for path in ("/", "/consent?back=/x", "/404.html"):
        server.serve(path, answer(texts.article("front page")))
    one.paper("closed", {"open": None, "secret/a": None})
    one.paper("walled", {f"{number}": answer(texts.article("consent text", "Zgoda")) for number in range(4)})
    one.paper("flaky", {"a": [answer("", 500)] * 3 + [answer(texts.article("flaky"))], "b": None})
    one.paper("asleep", {"a": answer("", 503, headers={"Retry-After": "7200"}), "b": None}, concurrency=1)
    one.paper("down", {f"{number}": hostile.truncated for number in range(12)}, concurrency=1)
    one.paper("small-budget", {f"{number}": None for number in range(6)}, max_pages=2)
    one.paper("moved", {"a": None})
    one.paper("paced", {"a": None, "b": None, "c": None})
    one.feed("paced", ["a", "b", "c"], **{"Cache-Control": "public, max-age=600"})
    server.routes["/moved/new.xml"] = server.routes["/moved/feed.xml"]
    server.serve("/moved/feed.xml", redirect("/moved/new.xml", 301))
    for slug, route in {
        "html": answer("<!doctype html><title>Error</title><p>Something broke"), "blank": answer("", type="application/rss+xml"),
        "no-feed": answer("", 404), "gone-feed": answer("", 410), "down-feed": hostile.reset, "secret-feed": answer("", 403),
        "empty-feed": answer(texts.rss([]), type="application/rss+xml"),
        "challenged-feed": answer(texts.rss([]), type="application/rss+xml", headers={"cf-mitigated": "challenge"}),
    }.items():  # fmt: skip
        server.serve(f"/{slug}/feed.xml", route)
        crawls.outlet(slug, f"/{slug}/feed.xml")
    section = "".join(
        f'<a href="/section/2026/11/24/wiadomosc-numer-{n}-z-miasta">Wiadomość {n} z miasta i okolic</a>' for n in range(3)
    )
    traps = (
        "".join(f'<a href="/section/kalendarz/2026/{n}/">Dzień {n}</a>' for n in range(1, 12)) + '<a href="javascript:x()">js</a>'
    )
    server.serve("/section/", answer(f"<html><body><main>{section}{traps}</main></body></html>"))
    for number in range(3):
        path = f"/section/2026/11/24/wiadomosc-numer-{number}-z-miasta"
        server.serve(path, answer(texts.article(path)))
    crawls.outlet("section", sources=(Source(kind=SourceKind.SECTION, url=server.url("/section/")),))
    maps = "".join(f"<url><loc>{server.url(f'/maps/{n}')}</loc><lastmod>2026-11-23</lastmod></url>" for n in range(3))
    xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    server.serve("/maps/1.xml", answer(f"<urlset {xmlns}>{maps}</urlset>", type="application/xml"))
    index = f"<sitemapindex {xmlns}><sitemap><loc>{server.url('/maps/1.xml')}</loc></sitemap></sitemapindex>"
    server.serve("/maps/index.xml", answer(index, type="application/xml"))
    for number in range(3):
        server.serve(f"/maps/{number}", answer(texts.article(f"maps {number}")))
    broken = f"<sitemapindex {xmlns}><sitemap><loc>{server.url('/broken/1.xml')}</loc></sitemap></sitemapindex>"
    server.serve("/broken/index.xml", answer(broken, type="application/xml"))
    server.serve("/broken/1.xml", hostile.reset)
    crawls.outlet("broken", sources=(Source(kind=SourceKind.SITEMAP, url=server.url("/broken/index.xml")),))
    crawls.outlet("maps", sources=(Source(kind=SourceKind.SITEMAP, url=server.url("/maps/index.xml")),))
    server.serve("/robots.txt", answer("User-agent: *\nDisallow: /closed/secret/\n", type="text/plain"))
    one.first = crawls.crawl()
    one.asked_first = server.asked_for("/")
    server.asked.clear()
    one.feed("odd", ["fine", "gone", "missing", "forbidden", "empty", "pdf", "front", "off", "later"])
    server.serve("/odd/later", answer(texts.article("/odd/later")))
    one.feed("paced", ["d", "a", "b", "c"], **{"Cache-Control": "no-cache"})
    server.serve("/paced/d", answer(texts.article("/paced/d")))
    one.paced_first = crawls.read(lambda connection: sources.read_states(connection, "paced"))[server.url("/paced/feed.xml")]
    one.second = crawls.crawl()
    return one


def test_a_well_behaved_outlet_is_filed_whole(town: Town) -> None:
    assert town.first["well"].outcomes == {Outcome.NEW: 3} and town.status("well") is SourceStatus.OK
    ids = [article_id(town.server.url(f"/well/{name}")) for name in "abc"]
    found = town.crawls.read(lambda connection: articles.read_articles(connection, ids))
    assert [one.outlet for one in found] == ["well"] * 3
    assert all(town.crawls.read(lambda connection, key=one: pages.read_page(connection, key)) for one in ids)


def test_a_second_crawl_of_an_unchanged_outlet_asks_for_its_feed_and_nothing_else(town: Town) -> None:
    assert town.server.asked_for("/well/") == ["/well/feed.xml"]
    assert town.status("well", town.second) is SourceStatus.SAME_BODY and town.second["well"].entries == 0


def test_every_odd_page_ends_in_its_outcome_and_in_a_letter(town: Town) -> None:
    assert town.first["odd"].outcomes == {
        Outcome.NEW: 1, Outcome.GONE: 4, Outcome.BLOCKED: 4, Outcome.NO_TEXT: 2, Outcome.NO_ARTICLE: 1, Outcome.REFUSED: 1,
        Outcome.FAILED: 2,
    }  # fmt: skip
    letters = town.crawls.letters("odd")
    assert letters["/odd/gone"] == "HTTP 410" and letters["/odd/teapot"] == "HTTP 418"
    assert letters["/odd/huge"] == "the page is larger than 16 MiB"
    assert letters["/odd/off"].startswith(("off-site", "private"))
    assert len(letters) == 14


def test_f31_front_pages_walls_and_challenges_are_no_articles(town: Town) -> None:
    letters = town.crawls.letters("odd")
    assert letters["/odd/front"] == "redirected to the front page"
    assert letters["/odd/lost"] == "redirected to /404.html"
    assert letters["/odd/wall"].startswith("redirected to a wall")
    assert letters["/odd/challenge"] == "a challenge for browsers (HTTP 403)"


def test_f31_one_text_at_many_addresses_is_a_wall(town: Town) -> None:
    assert Outcome.BLOCKED in town.first["walled"].outcomes
    ids = [article_id(town.server.url(f"/walled/{number}")) for number in range(4)]
    left = [one for one in town.crawls.read(lambda connection: articles.read_articles(connection, ids)) if one.removed_at is None]
    assert left == []


def test_f31_a_blocked_entry_waits_longer_than_any_other_and_its_letter_is_there(town: Town) -> None:
    waiting = town.crawls.read(lambda connection: frontier.waiting(connection, "odd", [town.server.url("/odd/forbidden")]))
    assert waiting == {town.server.url("/odd/forbidden")}
    assert "/odd/forbidden" not in town.server.asked_for("/odd/"), "not asked again by the second crawl"


def test_a_page_without_text_keeps_its_raw_page_and_what_the_feed_said(town: Town) -> None:
    key = article_id(town.server.url("/odd/empty"))
    page = town.crawls.read(lambda connection: pages.read_page(connection, key))
    assert page.body == b"<html><body></body></html>" and page.entry.title == "Tytuł empty"
    letters = town.crawls.read(lambda connection: list_dead_letters(connection, stage=Stage.NORMALIZE, outlet="odd"))
    letter = next(one for one in letters if one.key == key)
    assert letter.detail["title"] == "Tytuł empty" and letter.detail["summary"] == "Opis: Tytuł empty"


def test_entries_that_gave_no_article_are_not_asked_for_again_at_each_change_of_the_feed(town: Town) -> None:
    assert town.server.asked_for("/odd/") == ["/odd/feed.xml", "/odd/later"]
    assert town.second["odd"].outcomes == {Outcome.SEEN: 8, Outcome.NEW: 1}


def test_f24_what_robots_txt_forbids_is_never_asked_for(town: Town) -> None:
    assert town.first["closed"].outcomes == {Outcome.NEW: 1, Outcome.REFUSED: 1}
    assert town.crawls.letters("closed") == {"/closed/secret/a": "robots.txt forbids it"}
    assert "/closed/secret/a" not in town.asked_first


def test_a_server_in_trouble_costs_three_tries_and_the_entry_waits(town: Town) -> None:
    assert town.first["flaky"].outcomes == {Outcome.NEW: 1, Outcome.LATER: 1}
    (item,) = town.crawls.read(lambda connection: frontier.due(connection, "flaky", FAR, 10))
    assert item.attempts == 1 and item.last_error == "HTTP 500" and item.entry.title == "Tytuł a"


def test_retry_after_is_obeyed_for_the_whole_outlet(town: Town) -> None:
    assert town.asked_first.count("/asleep/a") == 1 and "/asleep/b" not in town.asked_first
    assert town.first["asleep"].outcomes == {Outcome.LATER: 2}
    items = town.crawls.read(lambda connection: frontier.due(connection, "asleep", FAR, 10))
    assert {item.attempts for item in items} == {0, 1}, "only what was asked counts as an attempt"
    assert min(item.next_try_at for item in items) > datetime.now(UTC) + timedelta(seconds=6000)
    assert town.second["asleep"].outcomes == {}


def test_an_outlet_whose_server_fails_is_left_alone_after_five_troubles(town: Town) -> None:
    assert town.first["down"].outcomes == {Outcome.LATER: 12}
    assert len({path for path in town.asked_first if path.startswith("/down/") and "feed" not in path}) <= 7
    assert "left alone after 5 troubles" in (town.first["down"].error or "")


def test_a19_the_page_budget_holds_and_the_rest_waits_for_the_next_run(town: Town) -> None:
    assert town.first["small-budget"].outcomes == {Outcome.NEW: 2, Outcome.LATER: 4}
    assert town.second["small-budget"].outcomes == {Outcome.NEW: 2} and town.second["small-budget"].carried == 2


def test_a19_a_calendar_on_a_section_page_is_not_followed(town: Town) -> None:
    assert town.first["section"].outcomes[Outcome.NEW] == 3
    assert not any("kalendarz" in path for path in town.asked_first)


def test_a05_a_link_that_is_no_web_address_is_never_an_entry(town: Town) -> None:
    assert town.first["section"].entries - town.first["section"].outcomes.get(Outcome.REFUSED, 0) == 3


def test_the_sitemaps_of_an_index_are_asked_too(town: Town) -> None:
    assert town.first["maps"].outcomes == {Outcome.NEW: 3}
    assert [one.status for one in town.first["maps"].sources] == [SourceStatus.OK, SourceStatus.OK]
    assert town.server.asked_for("/maps/") == ["/maps/index.xml", "/maps/1.xml"]


def test_an_index_that_answers_is_no_dead_outlet_although_its_sitemap_breaks_off(town: Town) -> None:
    assert [one.status for one in town.first["broken"].sources] == [SourceStatus.OK, SourceStatus.UNREACHABLE]
    assert town.first["broken"].error is None


def test_f16_a_feed_that_moved_for_good_is_asked_at_its_new_address(town: Town) -> None:
    assert town.first["moved"].outcomes == {Outcome.NEW: 1}
    assert town.server.asked_for("/moved/") == ["/moved/new.xml"]
    states = town.crawls.read(lambda connection: sources.read_states(connection, "moved"))
    assert states[town.server.url("/moved/feed.xml")].moved_to == town.server.url("/moved/new.xml")


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        ("html", SourceStatus.UNREADABLE), ("blank", SourceStatus.UNREADABLE), ("no-feed", SourceStatus.UNREACHABLE),
        ("gone-feed", SourceStatus.GONE), ("down-feed", SourceStatus.UNREACHABLE), ("secret-feed", SourceStatus.BLOCKED),
        ("empty-feed", SourceStatus.EMPTY), ("challenged-feed", SourceStatus.BLOCKED),
    ],
)  # fmt: skip
def test_f16_a_feed_that_is_none_says_what_it_is_instead(town: Town, slug: str, status: SourceStatus) -> None:
    assert town.status(slug) is status
    assert town.first[slug].sources[0].error or status is SourceStatus.EMPTY
    assert town.first[slug].entries == 0


def test_a_source_s_pace_is_remembered(town: Town) -> None:
    states = town.crawls.read(lambda connection: sources.read_states(connection, "paced"))
    first, second = town.paced_first, states[town.server.url("/paced/feed.xml")]
    assert first is not None and first.changed_at is not None and second.changed_at is not None
    assert (first.status, first.ttl_s, first.overlap, first.answered_at) == ("ok", 600, None, first.polled_at)
    assert (second.status, second.ttl_s, second.overlap) == ("ok", None, 0.75)
    assert second.changed_at > first.changed_at


def test_a_challenge_answered_with_200_is_a_failure_of_the_source(town: Town) -> None:
    states = town.crawls.read(lambda connection: sources.read_states(connection, "challenged-feed"))
    state = states[town.server.url("/challenged-feed/feed.xml")]
    assert (state.status, state.failures_in_a_row, state.last_error) == ("blocked", 1, "a challenge for browsers")
    assert state.failing_since is not None and state.answered_at is None and state.body_sha256 is None


def test_f16_a_source_that_failed_is_left_alone_for_a_while(town: Town) -> None:
    assert town.server.asked_for("/html/") == [] and town.second["html"].sources == ()


def test_what_a_crawl_saw_of_an_outlet_is_in_its_report(town: Town) -> None:
    first, second = town.first["well"].observed, town.second["well"].observed
    assert (first.told, first.new.count, first.new.with_date) == (3, 3, 3)
    assert first.new.words > 3 * 20
    assert (second.told, second.new.count) == (0, 0)
    assert (first.robots, first.tls) == ("open", "none")
    assert first.traffic.requests >= 4 and first.traffic.seconds > 0 and first.elapsed_s > 0
    assert town.first["well"].sources[0].told == 3


def test_f31_the_kinds_of_walls_are_counted(town: Town) -> None:
    assert town.first["odd"].observed.walls == {Wall.STATUS: 2, Wall.CHALLENGE: 1, Wall.CONSENT: 1}
    assert town.first["walled"].observed.walls[Wall.SAME_TEXT] >= 1


def test_entries_that_gave_no_article_are_not_told_anew(town: Town) -> None:
    assert town.first["odd"].observed.told == 15
    assert town.second["odd"].observed.told == 1, "one entry is new"


@pytest.mark.parametrize(
    ("slug", "trouble", "status"),
    [
        ("no-feed", Trouble.STATUS, 404), ("gone-feed", Trouble.STATUS, 410), ("down-feed", Trouble.CONNECTION, None),
        ("secret-feed", Trouble.STATUS, 403), ("html", Trouble.CONTENT, 200), ("well", None, 200),
    ],
)  # fmt: skip
def test_f16_the_trouble_of_a_source_has_its_kind(town: Town, slug: str, trouble: Trouble | None, status: int | None) -> None:
    source = town.first[slug].sources[0]
    assert (source.trouble, source.http_status) == (trouble, status)


def test_f16_where_a_feed_moved_to_is_told(town: Town) -> None:
    assert town.first["moved"].sources[0].moved_to == town.server.url("/moved/new.xml")


def test_nobody_but_the_known_paths_was_asked(town: Town) -> None:
    known = {path.partition("?")[0] for path in town.server.routes} | {"/robots.txt"}
    assert {path.partition("?")[0] for path in town.asked_first} <= known
