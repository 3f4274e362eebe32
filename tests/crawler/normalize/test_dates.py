"""Written times and the date rule (fault F23)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model.article import PublishedFrom
from crawler.model.feed import FeedEntry
from crawler.normalize.dates import address_day, date_article
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.times import parse_time

MakeDraft = Callable[..., Draft]
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
"""The fetch and the end of the window, as in conftest.py."""
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2017-05-02T20:15:00+02:00", "2017-05-02T20:15:00+02:00"),
        ("2017-05-02T20:15:00.123Z", "2017-05-02T20:15:00+00:00"),
        ("2017-05-02T20:15+0200", "2017-05-02T20:15:00+02:00"),
        ("2017-05-02 20:15", "2017-05-02T20:15:00+02:00"),
        ("2017-12-02 20:15", "2017-12-02T20:15:00+01:00"),
        ("20170502", "2017-05-02T00:00:00+02:00"),
        ("1574168580000", "2019-11-19T13:03:00+00:00"),
        ("2 maja 2017, 14:30", "2017-05-02T14:30:00+02:00"),
        ("wtorek, 2 maja 2017 o godz. 9.45", "2017-05-02T09:45:00+02:00"),
        ("May 2, 2017 3:10 pm ET", "2017-05-02T15:10:00-04:00"),
        ("Nov. 19, 2019 at 12:02 AM EST", "2019-11-19T00:02:00-05:00"),
        ("Tue, 02 Dec 2025 10:00:00 CET", "2025-12-02T10:00:00+01:00"),
        ("Dienstag, 3. März 2020, 17:20 Uhr", "2020-03-03T17:20:00+01:00"),
        ("5 травня 2024 р., 12:05", "2024-05-05T12:05:00+02:00"),
        ("12 января 2020 года в 10:11 MSK", "2020-01-12T10:11:00+03:00"),
        ("15. května 2023 8:05", "2023-05-15T08:05:00+02:00"),
        ("10:22, 02 травня 2017", "2017-05-02T10:22:00+02:00"),
        ("02.05.2017", "2017-05-02T00:00:00+02:00"),
        ("03/04/2021", "2021-04-03T00:00:00+02:00"),
    ],
)
def test_f23_a_written_time_keeps_its_offset_or_takes_the_outlets_zone(written: str, iso: str) -> None:
    parsed = parse_time(written, WARSAW)
    assert parsed is not None
    assert parsed[0].isoformat() == iso


@pytest.mark.parametrize(
    "written", ["", "yesterday", "30.02.2017", "2017-13-45", "poniedziałek, 2 maja", "12:30", "99999999999999"]
)
def test_f23_what_names_no_day_is_no_time(written: str) -> None:
    assert parse_time(written, WARSAW) is None


def test_f23_cet_is_not_utc() -> None:
    parsed = parse_time("Mon, 05 Jan 2026 12:00:00 CET", UTC)
    assert parsed is not None
    assert parsed[0].utcoffset() == timedelta(hours=1)


def test_a_month_first_day_is_read_where_the_page_is_american() -> None:
    parsed = parse_time("03/04/2021", UTC, month_first=True)
    assert parsed is not None
    assert parsed[0].date().isoformat() == "2021-03-04"


@given(st.text(max_size=80))
@settings(deadline=None)
def test_f23_no_text_ever_raises(text: str) -> None:
    parsed = parse_time(text, WARSAW)
    assert parsed is None or parsed[0].tzinfo is not None


@pytest.mark.parametrize(
    "lie",
    ["0001-01-01T00:00:00Z", "1763-05-03", "1970-01-01T00:00:00Z", "2026-11-05T12:00:01Z", "9999-12-31T23:59:59Z", "2026-02-30"],
)
def test_f23_a_day_nobody_can_believe_gives_way_to_the_next_source(lie: str, make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(
        f'<html><head><meta property="article:published_time" content="{lie}"></head><body><time datetime="2026-10-30T08:00:00+01:00">30 X 2026</time></body></html>'
    )
    date_article(draft, setting)
    assert draft.published_at == datetime(2026, 10, 30, 8, tzinfo=timezone(timedelta(hours=1)))
    assert draft.published_from is PublishedFrom.PAGE


def test_f23_the_sources_are_asked_in_their_order(make_draft: MakeDraft, setting: Setting) -> None:
    entry = FeedEntry(url="https://echo.example/wiadomosci/most", published_at=datetime(2026, 11, 1, 6, tzinfo=UTC))
    parts = [
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-10-05T10:00:00+02:00"}</script>',
        '<meta property="article:published_time" content="2026-10-06T10:00:00+02:00">',
        '<time datetime="2026-10-07T10:00:00+02:00">7 X</time>',
    ]
    days = []
    for start in range(4):
        draft = make_draft(f"<html><body>{''.join(parts[start:])}</body></html>", entry=entry)
        date_article(draft, setting)
        assert draft.published_at is not None
        days.append((draft.published_at.date().isoformat(), str(draft.published_from)))
    assert days == [
        ("2026-10-05", "structured data"),
        ("2026-10-06", "meta"),
        ("2026-10-07", "visible page"),
        ("2026-11-01", "feed"),
    ]


def test_f23_a_page_without_any_day_takes_its_address_then_the_first_fetch(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<html><body><p>nic</p></body></html>")
    draft.url = "https://echo.example/2026/10/31/most"
    date_article(draft, setting)
    assert (draft.published_at, draft.published_from) == (
        datetime(2026, 10, 31, tzinfo=timezone(timedelta(hours=1))),
        PublishedFrom.ADDRESS,
    )
    draft.url = "https://echo.example/most"
    date_article(draft, setting)
    assert (draft.published_at, draft.published_from) == (NOW, PublishedFrom.FIRST_FETCH)


def test_a_day_alone_takes_the_hour_from_the_next_statement_of_that_day(make_draft: MakeDraft, setting: Setting) -> None:
    html = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-10-05"}</script><time datetime="2026-10-05T17:40:00+02:00">5 X</time>'
    draft = make_draft(html)
    date_article(draft, setting)
    assert draft.published_at is not None
    assert draft.published_at.isoformat() == "2026-10-05T17:40:00+02:00"
    assert draft.published_from is PublishedFrom.STRUCTURED_DATA


def test_a_change_before_the_publication_is_none(make_draft: MakeDraft, setting: Setting) -> None:
    html = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-10-05T10:00:00Z", "dateModified": "%s"}</script>'
    for written, wanted in (
        ("2026-10-04T10:00:00Z", None),
        ("2026-10-05T11:30:00Z", datetime(2026, 10, 5, 11, 30, tzinfo=UTC)),
        ("2027-01-01", None),
    ):
        draft = make_draft(html % written)
        date_article(draft, setting)
        assert draft.modified_at == wanted


@pytest.mark.parametrize(
    ("address", "day"),
    [
        ("https://a.example/2017/05/02/x", "2017-05-02"),
        ("https://a.example/2017/5/2/x", "2017-05-02"),
        ("https://a.example/x-20170502-1.html", "2017-05-02"),
        ("https://a.example/x/12345678", None),
        ("https://a.example/2017/05/", None),
    ],
)
def test_a_day_is_read_from_an_address_only_where_one_stands(address: str, day: str | None) -> None:
    assert address_day(address) == day


LONG = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta, co potwierdził w środę rzecznik zarządu dróg i mostów w rozmowie z dziennikarzami."


def dated(make_draft: MakeDraft, setting: Setting, html: str, url: str = "") -> Draft:
    draft = make_draft(html)
    draft.title, draft.url = "Most", url or draft.url
    date_article(draft, setting)
    return draft


@pytest.mark.parametrize(
    ("shown", "published"),
    [
        ("3 października 2026, 0:30", "2026-10-03T00:30:00+02:00"),
        ("3 października 2026, 0:37", "2026-10-02T22:30:00+00:00"),
        ("5 października 2026, 0:30", "2026-10-02T22:30:00+00:00"),
        ("Aktualizacja: 3 października 2026, 1:30", "2026-10-02T22:30:00+00:00"),
    ],
)
def test_the_moment_is_told_in_the_zone_in_which_the_reader_is_shown_it(
    shown: str, published: str, make_draft: MakeDraft, setting: Setting
) -> None:
    for head in (f"<h1>Most</h1><p>{shown}</p>", f"<div><p>{shown}</p><h1>Most</h1></div>"):
        meta = '<meta property="article:published_time" content="2026-10-02T22:30:00Z">'
        draft = dated(make_draft, setting, f"<html><head>{meta}</head><body>{head}<p>{LONG}</p></body></html>")
        assert draft.published_at is not None
        assert (draft.published_at.isoformat(), draft.published_from) == (published, PublishedFrom.META)


@pytest.mark.parametrize(
    ("line", "day"),
    [("28.09.19", "2019-09-28"), ("28.09.19, 12:44 Uhr", "2019-09-28"), ("31.02.19", None)],
)
def test_a_line_that_is_a_day_may_have_a_short_year(line: str, day: str | None, make_draft: MakeDraft, setting: Setting) -> None:
    draft = dated(make_draft, setting, f"<html><body><h1>Most</h1><span>{line}</span><p>{LONG}</p></body></html>")
    assert draft.published_at is not None
    assert (None if draft.published_from is PublishedFrom.FIRST_FETCH else draft.published_at.date().isoformat()) == day


@pytest.mark.parametrize(
    ("script", "believed"),
    [
        ('{"post": {"publishedAt": "2026-05-02T08:15:00+02:00"}}', True),
        (r'push("{\"published_date\": \"2026-05-02\"}")', True),
        ('[{"publishedAt": "2026-05-02"}, {"publishedAt": "2026-05-03"}]', False),
    ],
)
def test_scripts_are_believed_where_all_of_them_name_one_day(
    script: str, believed: bool, make_draft: MakeDraft, setting: Setting
) -> None:
    draft = dated(make_draft, setting, f"<html><body><h1>Most</h1><p>{LONG}</p><script>{script}</script></body></html>")
    assert (draft.published_from is PublishedFrom.STRUCTURED_DATA) == believed


def test_a_searched_day_of_another_year_than_the_address_files_it_under_is_a_teasers(
    make_draft: MakeDraft, setting: Setting
) -> None:
    html = f'<html><body><h1>Most</h1><p>{LONG}</p><div><img src="/uploads/2016/01/21/a.jpg">21 stycznia 2016</div></body></html>'
    assert dated(make_draft, setting, html, "https://echo.example/2022/most").published_from is PublishedFrom.FIRST_FETCH
    assert dated(make_draft, setting, html, "https://echo.example/2016/most").published_from is PublishedFrom.PAGE
