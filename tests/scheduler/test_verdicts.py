"""Verdicts on an outlet, crawl after crawl."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.model.feed import FeedState
from crawler.model.observed import NewArticles, Observed, Traffic, Trouble, Wall
from crawler.model.run import ALREADY_RUNNING, Outcome, OutletReport, SourceReport, SourceStatus
from crawler.store.health import OutletHealth, Verdict
from scheduler.baselines import History, Share, Usual
from scheduler.verdicts import judge
from scheduler.volume import Volume

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
WARSAW = ZoneInfo("Europe/Warsaw")
SHARES = {
    "text": Share(0.02, 0.05), "walls": Share(0.02, 0.05), "paid": Share(0.02, 0.05), "authors": Share(0.1, 0.2), "date": Share(0.01, 0.05),
    "lead": Share(0.9, 0.95), "image": Share(0.3, 0.5),
}  # fmt: skip
USUAL = Usual(articles=900, words=300, shares=SHARES)
STEADY = Volume(zone=WARSAW, country="PL", rates=(2.0,) * 168)
KNOWN = History(zone=WARSAW, usual=USUAL, volume=STEADY)
URL = "https://kresy.example/rss"


def said(status: SourceStatus = SourceStatus.NOT_MODIFIED, told: int = 0, **source: object) -> OutletReport:
    """A crawl whose one source answered so."""
    one = SourceReport(url=URL, status=status, **source)  # type: ignore[arg-type]  # fields by name
    return OutletReport(outlet="kresy", sources=(one,), observed=Observed(told=told))


def brought(count: int, outcomes: dict[Outcome, int] | None = None, **new: int) -> OutletReport:
    """A crawl that filed so many articles, whole ones unless `new` says otherwise."""
    facts = {"words": 300 * count, "with_authors": count, "with_date": count, "with_image": count} | new
    outcomes = {Outcome.NEW: count} | (outcomes or {})
    return replace(
        said(SourceStatus.OK), outcomes=outcomes, pages_fetched=sum(outcomes.values()),
        observed=Observed(told=sum(outcomes.values()), new=NewArticles(count=count, **facts)),
    )  # fmt: skip


def judged(
    reports: Iterable[OutletReport], history: History = KNOWN, every: timedelta = QUARTER, before: OutletHealth | None = None
) -> list[OutletHealth]:
    """The verdict after each; the first crawl is at noon, or `every` after `before`."""
    found: list[OutletHealth] = []
    for report in reports:
        last = found[-1] if found else before
        one = judge(report, last, history, (), last.updated_at + every if last else NOON)
        assert one is not None
        found.append(one)
    return found


DOWN = said(SourceStatus.UNREACHABLE, error="DNS: the name kresy.example does not resolve", trouble=Trouble.DNS)


def test_f26_three_failures_over_half_an_hour_are_unreachable_and_two_are_not() -> None:
    well, once, twice, thrice, again = judged([brought(2), DOWN, DOWN, DOWN, brought(1)])
    assert well.verdict == "ok"
    assert (once.verdict, once.failures_in_a_row) == ("ok", 1)
    assert "not sure yet" in once.reason
    assert twice.verdict == "ok"
    assert (thrice.verdict, thrice.failures_in_a_row, thrice.last_success_at) == ("unreachable", 3, NOON)
    assert (
        thrice.reason == "does not answer (DNS: the name kresy.example does not resolve) (each of the last 3 times, since 13:15)"
    )
    assert thrice.detail["began_at"] == (NOON + QUARTER).isoformat()
    assert (again.verdict, again.failures_in_a_row) == ("ok", 0)


def test_an_outlet_that_never_answered_is_unreachable_at_once() -> None:
    [first] = judged([DOWN])
    assert (first.verdict, first.last_success_at) == ("unreachable", None)


def test_while_its_sources_rest_after_failures_nothing_changes() -> None:
    *_, down = judged([brought(2), DOWN, DOWN, DOWN])
    [rests] = judged([OutletReport(outlet="kresy")], before=down)
    [page] = judged([replace(brought(1), sources=())], before=rests)
    assert (rests.verdict, rests.failures_in_a_row, rests.updated_at) == ("unreachable", 3, down.updated_at + QUARTER)
    assert (page.verdict, page.failures_in_a_row) == ("unreachable", 3)


FAILURES = [
    ("f25", {"status": SourceStatus.UNREACHABLE, "error": "TLS: certificate has expired", "trouble": Trouble.TLS}, "unreachable", "TLS"),
    ("5xx", {"status": SourceStatus.UNREACHABLE, "error": "HTTP 503", "http_status": 503}, "unreachable", "503 Service Unavailable"),
    ("f31", {"status": SourceStatus.BLOCKED, "error": "HTTP 403", "http_status": 403}, "blocked", "answers 403 Forbidden"),
    ("robots", {"status": SourceStatus.REFUSED, "error": "robots.txt forbids it", "trouble": Trouble.ROBOTS}, "blocked", "robots.txt"),
    ("f16 gone", {"status": SourceStatus.GONE, "error": "HTTP 410", "http_status": 410}, "moved", "answers 410 Gone"),
    ("f16 404", {"status": SourceStatus.UNREACHABLE, "error": "HTTP 404", "http_status": 404}, "moved", "answers 404 Not Found"),
    ("off-site", {"status": SourceStatus.REFUSED, "error": "off-site: x.example", "trouble": Trouble.OFF_SITE}, "moved", "x.example"),
    ("f16 junk", {"status": SourceStatus.UNREADABLE, "error": "a page of HTML"}, "parser broken", "a page of HTML"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "verdict", "words"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES])
def test_f16_f25_f31_each_failure_has_its_verdict_and_its_words(source: dict[str, object], verdict: str, words: str) -> None:
    last = judged([brought(2), *[said(**source)] * 4])[-1]  # type: ignore[arg-type]  # fields by name
    assert last.verdict == verdict
    assert words in last.reason


def test_a_feed_that_leads_elsewhere_for_good_is_moved_though_it_can_be_read() -> None:
    there = said(SourceStatus.OK, told=1, moved_to="https://nowe.example/rss")
    first, second = judged([brought(2), there, there])[1:]
    assert (first.verdict, second.verdict) == ("ok", "moved")
    assert "from https://kresy.example/rss to https://nowe.example/rss" in second.reason
    same = said(SourceStatus.OK, told=1, moved_to="https://www.kresy.example/rss/")
    assert judged([brought(2), same, same, same])[-1].verdict == "ok"


def test_f31_walls_on_every_page_are_blocked_though_the_sources_answer() -> None:
    wall = replace(brought(0, {Outcome.BLOCKED: 3}), observed=Observed(told=3, walls={Wall.CONSENT: 3}))
    first, second = judged([brought(2), wall, wall])[1:]
    assert (first.verdict, second.verdict) == ("ok", "blocked")
    assert "6 of the last 6 pages" in second.reason


def test_f27_pages_without_text_are_parser_broken_after_six_and_recover() -> None:
    empty = brought(0, {Outcome.NO_TEXT: 3})
    one, two = judged([brought(2), empty, empty])[1:]
    assert (one.verdict, two.verdict) == ("ok", "parser broken")
    assert "6 of the last 6" in two.reason
    assert judged([brought(3)] * 6, before=two)[-1].verdict == "ok"


def test_f27_an_outlet_that_always_had_many_pages_without_text_is_not_broken_by_them() -> None:
    often = replace(KNOWN, usual=replace(USUAL, shares=SHARES | {"text": Share(0.65, 0.8)}))
    assert {one.verdict for one in judged([brought(1, {Outcome.NO_TEXT: 2})] * 40, often)} == {"ok"}


def test_a_field_that_vanishes_is_named_and_one_that_never_was_is_not_missed() -> None:
    without = brought(3, with_authors=0)
    verdicts = judged([brought(3), *[without] * 4])
    assert [one.verdict for one in verdicts] == ["ok"] * 4 + ["parser broken"]
    assert verdicts[-1].reason == "lacks the authors on 12 of its last 12 articles; 90 % have it usually"
    never = replace(KNOWN, usual=replace(USUAL, shares=SHARES | {"authors": Share(0.95, 1.0)}))
    assert {one.verdict for one in judged([without] * 40, never)} == {"ok"}


def test_texts_that_shrink_are_parser_broken() -> None:
    last = judged([brought(3), *[brought(3, words=3 * 30)] * 9])[-1]
    assert last.verdict == "parser broken"
    assert "texts of 30 words" in last.reason


def test_a_paywall_that_goes_up_is_paywalled_even_when_texts_shrink_with_it() -> None:
    closed = brought(3, paid=3, words=3 * 30)
    last = judged([brought(3), *[closed] * 9])[-1]
    assert last.verdict == "paywalled"


def test_a_paywall_that_stays_for_weeks_becomes_usual_and_never_parser_broken() -> None:
    """Found by the simulated month: once the paid articles were usual, their short texts alone were taken for a broken parser."""
    down = judged([brought(2), *[brought(1, paid=1, words=90)] * 40])[-1]
    used_to_it = replace(KNOWN, usual=replace(USUAL, shares=SHARES | {"paid": Share(0.8, 0.95)}))
    verdicts = {one.verdict for one in judged([brought(1, paid=1, words=90)] * 60, used_to_it, before=down)}
    assert down.verdict == "paywalled"
    assert "parser broken" not in verdicts


def test_a_source_that_says_gone_three_times_within_minutes_is_moved_though_nobody_asks_it_any_more() -> None:
    """Found by the simulated month: half an hour of failures never came together, and then there was nothing more to judge."""
    gone = said(SourceStatus.GONE, error="HTTP 410 Gone", http_status=410)
    before = judged([brought(2), gone, gone], every=timedelta(minutes=5))[-1]
    assert before.verdict == "ok"
    state = FeedState(url=URL, outlet="kresy", gone_at=before.updated_at + timedelta(minutes=5), failures_in_a_row=3)
    last = judge(gone, before, KNOWN, (state,), before.updated_at + timedelta(minutes=5))
    assert last is not None
    assert last.verdict == "moved"
    later = judge(OutletReport(outlet="kresy"), last, KNOWN, (state,), last.updated_at + timedelta(hours=2))
    assert later is not None
    assert later.verdict == "moved"


def test_a_silence_that_chance_does_not_bring_is_a_frozen_feed_and_a_shorter_one_is_quiet() -> None:
    nothing = said()
    verdicts = judged([brought(2), *[nothing] * 4 * 24])
    seen = list(dict.fromkeys(one.verdict for one in verdicts))
    assert seen == ["ok", "quiet", "feed frozen"]
    frozen = next(one for one in verdicts if one.verdict == "feed frozen")
    assert timedelta(hours=7) <= frozen.updated_at - NOON <= timedelta(hours=22)
    assert "told nothing new for" in frozen.reason
    assert "articles would be usual" in frozen.reason
    assert frozen.detail["began_at"] == NOON.isoformat()
    assert judged([brought(1)], before=frozen)[0].verdict == "ok"


def test_a_night_without_articles_is_no_silence() -> None:
    by_day = replace(KNOWN, volume=Volume(zone=WARSAW, country="PL", rates=((0.0,) * 7 + (3.0,) * 16 + (0.0,)) * 7))
    evening = judged([brought(1)], by_day)[0]
    late = replace(evening, updated_at=NOON + timedelta(hours=9, minutes=45))
    nights = judged(
        [said()] * 30,
        by_day,
        before=replace(
            late, detail={**late.detail, "signs": {**late.detail["signs"], "crawled_at": late.updated_at.isoformat()}}
        ),
    )
    assert {one.verdict for one in nights} == {"ok"}


def test_the_hours_in_which_we_did_not_look_are_not_the_outlet_s_silence() -> None:
    before = judged([brought(1), said()])[-1]
    [after] = judged([said()], every=timedelta(days=3), before=before)
    assert after.verdict == "ok"


def test_answers_that_take_long_are_slow_when_they_did_not_before() -> None:
    quick = replace(said(told=1), observed=Observed(told=1, traffic=Traffic(requests=2, seconds=1.0)))
    slow = replace(said(told=1), observed=Observed(told=1, traffic=Traffic(requests=2, seconds=30.0)))
    verdicts = judged([*[quick] * 5, *[slow] * 3])
    assert [one.verdict for one in verdicts] == ["ok"] * 7 + ["slow"]
    assert verdicts[-1].reason == "takes 15 s for an answer, where 0.5 s is usual"
    assert {one.verdict for one in judged([slow] * 9)} == {"ok"}


def test_an_outlet_of_which_little_is_known_is_new_and_after_a_week_without_articles_quiet() -> None:
    first = judged([brought(3)], History())[0]
    assert first.verdict == Verdict.NEW
    assert judged([said()], History(), timedelta(days=8), first)[0].verdict == "quiet"


def test_f12_a_skipped_crawl_gives_no_verdict() -> None:
    assert judge(OutletReport(outlet="kresy", error=ALREADY_RUNNING), None, KNOWN, (), NOON) is None


def test_since_is_when_the_verdict_began() -> None:
    first, second = judged([brought(1), brought(1)])
    assert (first.since, second.since) == (NOON, NOON)
    *_, down = judged([DOWN] * 3, before=second)
    assert down.since == down.updated_at
