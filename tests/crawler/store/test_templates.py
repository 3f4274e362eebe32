"""Templates and standings in every kind of store."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.model.page import Page
from crawler.model.template import Sighting, Standing, Template
from crawler.store import articles, pages, templates
from crawler.store.articles import Visit
from crawler.store.database import Database

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FIRST = Template(
    outlet="kresy", version=1, learned_at=NOW, pages=5, root="div.entry", body="div.inner", keep=("p", "ul>li"), drop=("div.box>p",),
    recurring=("ab12",), labels=("cd34",), title="h1", lead="", byline=None, published="time", always_lead=True, outside=0.25,
    agreement=0.98, least_agreement=0.95, why=("the body stands in div.entry",),
)  # fmt: skip


def test_a_template_comes_back_as_it_was_and_the_next_version_retires_it(database: Database) -> None:
    second = dataclasses.replace(FIRST, version=2, learned_at=NOW + timedelta(days=1))
    with database.write() as connection:
        assert templates.read_template(connection, "kresy") is None
        assert templates.next_version(connection, "kresy") == 1
        templates.save_template(connection, FIRST)
        assert templates.read_template(connection, "kresy") == FIRST
        templates.save_template(connection, second)
        templates.save_template(connection, dataclasses.replace(FIRST, outlet="pap"))
    with database.read() as connection:
        assert templates.read_template(connection, "kresy") == second
        assert templates.next_version(connection, "kresy") == 3
        assert [one.retired_why for one in templates.read_versions(connection, "kresy")] == [None, templates.LEARNED_ANEW]
        assert set(templates.read_templates(connection)) == {"kresy", "pap"}


def test_a_retired_template_is_kept_but_not_used(database: Database) -> None:
    with database.write() as connection:
        templates.save_template(connection, FIRST)
        templates.retire_template(connection, "kresy", "3 of the last 5 pages", NOW)
        assert templates.read_template(connection, "kresy") is None
        (kept,) = templates.read_versions(connection, "kresy")
    assert (kept.template, kept.retired_at, kept.retired_why) == (FIRST, NOW, "3 of the last 5 pages")


def test_a_standing_is_overwritten_and_forgotten_with_the_templates(database: Database) -> None:
    seen = Sighting(version=1, fits=True, agreement=0.97)
    standing = Standing(seen=3, misses=1, canaries=1, recent=(Sighting(version=1, fits=False, why="no div.entry"), seen))
    with database.write() as connection:
        assert templates.read_standing(connection, "kresy") == Standing()
        templates.save_standing(connection, "kresy", Standing(fresh=2), NOW)
        templates.save_standing(connection, "kresy", standing, NOW)
        templates.save_template(connection, FIRST)
        assert templates.read_standing(connection, "kresy") == standing
        assert templates.forget_templates(connection, "kresy")
        assert not templates.forget_templates(connection, "kresy")
        assert templates.read_standing(connection, "kresy") == Standing()
        assert templates.read_versions(connection, "kresy") == []


def test_the_newest_pages_are_those_of_standing_articles_oldest_first(database: Database, make_article: Any) -> None:
    def page(key: str, hours: int, outlet: str = "kresy") -> Page:
        url = f"https://kresy.example/{key}"
        return Page(
            requested_url=url, final_url=url, status=200, body=b"x", fetched_at=NOW + timedelta(hours=hours), outlet=outlet
        )

    with database.write() as connection:
        for number in range(5):
            article = make_article(url=f"https://kresy.example/{number}", outlet="kresy", text=f"Text {number} of a port.")
            articles.insert_article(connection, article, Visit(at=NOW, source_updated_at=None, next_visit_at=None))
            pages.keep_page(connection, article.id, page(str(number), number))
            if number == 3:
                articles.mark_removed(connection, article.id, NOW + timedelta(hours=9))
        pages.keep_page(connection, "letter", page("letter", 8))
        found = pages.newest_pages(connection, "kresy", 3)
        assert pages.newest_pages(connection, "pap", 3) == []
    assert [one.final_url[-1] for one in found] == ["1", "2", "4"]
