"""Text-mining reservations (TDMRep): read off pages as sites write them, kept longer than the pages, taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.filing import file_article
from crawler.model.page import Page
from crawler.store.database import Database
from crawler.store.pages import keep_page, prune_pages
from crawler.store.reservations import Reservation, count_reservations, declared, read_reservations

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def a_page(body: str = "", at: datetime = NOON, **headers: str) -> Page:
    url = "https://kresy.example/1"
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Page(requested_url=url, final_url=url, status=200, headers=told, body=body.encode(), fetched_at=at, outlet="kresy")


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (a_page(tdm_reservation="1"), "header"),
        (a_page(tdm_reservation=" 1 "), "header"),
        (a_page(tdm_reservation="0"), None),
        (a_page('<head><meta name="tdm-reservation" content="1"></head>'), "meta"),
        (a_page("<META CONTENT='1' NAME='TDM-Reservation'/>"), "meta"),
        (a_page("<meta name=tdm-reservation content=1>"), "meta"),
        (a_page('<meta\n name="tdm-reservation"\n content="1"\n>'), "meta"),
        (a_page('<meta name="tdm-reservation" content="1">', tdm_reservation="0"), "meta"),
        (a_page('<meta name="tdm-reservation" content="0">'), None),
        (a_page('<meta name="tdm-reservation" content="10">'), None),
        (a_page('<meta name="tdm-reservation-note" content="1">'), None),
        (a_page('<meta name="description" content="tdm-reservation: 1">'), None),
        (a_page("<p>The header tdm-reservation: 1 is explained here.</p>"), None),
        (a_page("<meta " + "x" * 2_000_000), None),
        (a_page(""), None),
    ],
)  # fmt: skip
def test_a_reservation_is_read_as_sites_write_it(page: Page, where: str | None) -> None:
    assert declared(page) == where


def test_a_reservation_is_kept_when_an_article_is_filed_and_outlives_its_page(database: Database, make_article: Any) -> None:
    article = make_article("https://kresy.example/1", "Tekst depeszy o moście nad Lipką, który zamknięto.", published_at=NOON)
    with database.write() as connection:
        file_article(connection, article, a_page(tdm_reservation="1"))
    with database.write() as connection:
        prune_pages(connection, NOON + timedelta(days=40))
        assert read_reservations(connection, [article.id, "other"]) == {article.id: Reservation(where="header", seen_at=NOON)}
        assert count_reservations(connection) == {"kresy": 1}
        assert count_reservations(connection, since=NOON + timedelta(days=1)) == {}


def test_a_page_that_comes_again_without_it_takes_it_back(database: Database) -> None:
    with database.write() as connection:
        keep_page(connection, "a", a_page(tdm_reservation="1"))
        keep_page(connection, "b", a_page('<meta name="tdm-reservation" content="1">'))
        keep_page(connection, "a", a_page(at=NOON + timedelta(hours=1)))
        assert {key: one.where for key, one in read_reservations(connection, ["a", "b"]).items()} == {"b": "meta"}
