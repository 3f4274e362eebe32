"""A small newsroom behind the real application on a real uvicorn: three articles in a story, one alone, one full of attacks."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn

from crawler.model.article import AddressKind, Article, ArticleAddress, PublishedFrom, article_id, content_digest
from crawler.model.attribution import Agency, Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.store.articles import Visit, insert_article, replace_article
from crawler.store.database import Database
from crawler.store.health import OutletHealth, save_health
from crawler.store.outbox import put_in_outbox
from crawler.store.outlets import write_agencies, write_outlets
from crawler.store.pages import keep_page
from crawler.store.schema import story, story_alias, story_member
from indexer.api.app import make_app
from indexer.api.server import server_config
from indexer.api.settings import WebSettings
from indexer.desk import Desk
from indexer.engine import SearchEngine
from indexer.push import push_pending
from indexer.watches.settings import AlertSettings

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STORY, OLD_STORY = "5709c0de5709c0de", "01d5709c01d5709c"
SCRIPT = "<script>alert(1)</script>"
ATTACKS = {
    "title": f'=HYPERLINK("http://evil.example") {SCRIPT}', "lead": '"><img src=x onerror=alert(2)>', "byline": "@SUM(1+1)|cmd",
    "text": f"Zatrute słowo {SCRIPT} </script><svg onload=alert(3)> ]]> &amp; {{{{7*7}}}} dalej.", "section": "-2+3+cmd|' /C calc'!A0",
}  # fmt: skip
"""Strings that a page, a feed, a script element or a spreadsheet would obey (SAFETY A6)."""
ORIGIN_TEXT = "Prezydent przyjechał do Warszawy i otworzył nowy most na Wiśle. Kosztował 250 milionów złotych."
COPY_TEXT = "Prezydent przyjechał do Warszawy i otworzył nowy most na Wiśle. Kosztował 300 milionów złotych."


def outlet(slug: str, name: str, **more: Any) -> Outlet:
    values = {"homepage": f"https://{slug}.example/", "domains": (f"{slug}.example",), "country": "PL", "languages": ("pl",), "timezone": "Europe/Warsaw"}  # fmt: skip
    return Outlet(slug=slug, name=name, **(values | more))


def make(url: str, text: str = "Prezydent przyjechał do Warszawy.", **changes: Any) -> Article:
    """An article; give what matters."""
    title = changes.pop("title", "Prezydent w Warszawie")
    values: dict[str, Any] = {
        "id": article_id(url), "url": url, "outlet": "kresy", "title": title, "text": text, "language": "pl", "published_at": NOON,
        "published_from": PublishedFrom.STRUCTURED_DATA, "first_seen_at": NOON, "content_sha256": content_digest(title, text),
        "normalizer_version": 1, "addresses": (ArticleAddress(url=url, kind=AddressKind.CANONICAL),),
    }  # fmt: skip
    return Article(**(values | changes))


def make_articles() -> list[Article]:
    """The newest first."""
    quote = Evidence(kind=EvidenceKind.CREDIT_LINE, where="credits", quote="PAP", start=0, end=3)
    pap = Attribution(source="pap", source_kind=NamedSourceKind.AGENCY, role=SourceRole.ORIGIN, confidence=0.9, evidence=(quote,))
    return [
        make("https://kresy.example/attack", authors=(f"Anna {SCRIPT}",),
             tags=("+1", SCRIPT), published_at=NOON - timedelta(minutes=10), **ATTACKS),
        make("https://goniec.example/copy", COPY_TEXT, outlet="goniec", title="Prezydent otworzył most", credits="PAP",
             attributions=(pap,), published_at=NOON - timedelta(minutes=30)),
        make("https://kresy.example/copy", ORIGIN_TEXT, published_at=NOON - timedelta(minutes=40)),
        make("https://pap.example/origin", ORIGIN_TEXT, outlet="pap", published_at=NOON - timedelta(hours=1)),
        make("https://kresy.example/alone", "Kot ukradł kiełbasę z miasta.", title="Kot", published_at=NOON - timedelta(days=2)),
    ]  # fmt: skip


def fill_store(database: Database, articles: list[Article]) -> None:
    """Outlets, articles with a story, a revision and a raw page; everything waits in the outbox."""
    _, late, copy, origin, alone = articles
    outlets = [outlet("kresy", f"Kresy {SCRIPT}"), outlet("goniec", "Goniec"), outlet("pap", "PAP", agency="pap")]
    with database.write() as connection:
        write_outlets(connection, outlets, NOON)
        write_agencies(connection, [Agency(slug="pap", name="Polska Agencja Prasowa", country="PL")], NOON)
        save_health(connection, [OutletHealth(outlet="kresy", verdict="ok", updated_at=NOON, last_success_at=NOON)])
        for one in articles:
            insert_article(connection, one, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
        replace_article(connection, alone, None, revised=True, at=NOON + timedelta(hours=1))
        connection.execute(
            story.insert(),
            [{"id": STORY, "origin_article_id": origin.id, "origin_reason": "an agency's own site", "agency": "pap",
              "agency_confidence": 0.9, "first_published_at": origin.published_at, "first_seen_at": NOON, "size": 3,
              "updated_at": NOON}],
        )  # fmt: skip
        roles = [(origin, "original"), (copy, "verbatim"), (late, "edited")]
        connection.execute(
            story_member.insert(),
            [{"article_id": one.id, "story_id": STORY, "role": role, "similarity": 0.9, "containment": 0.9,
              "leader_containment": 0.9, "leader_ordinal": None} for one, role in roles],
        )  # fmt: skip
        connection.execute(story_alias.insert(), [{"old_id": OLD_STORY, "story_id": STORY, "merged_at": NOON}])
        page = Page(
            requested_url=alone.url, final_url=alone.url, status=200, headers=(("content-type", "text/html"), ("content-encoding", "gzip")),
            body=b"<html>Kot</html>", fetched_at=NOON, outlet="kresy",
        )  # fmt: skip
        keep_page(connection, alone.id, page)
        put_in_outbox(connection, {one.id: 1 for one in articles}, NOON)


class Room:
    """The newsroom, and how to serve it."""

    def __init__(self, database: Database, engine: SearchEngine) -> None:
        self.database, self.engine, self.articles = database, engine, make_articles()
        self.attack, self.late, self.copy, self.origin, self.alone = articles = self.articles
        fill_store(database, articles)
        report = push_pending(database, engine, now=NOON)
        assert report.written == len(articles), report
        self.desk = Desk(database, engine, now=lambda: NOON, zone=UTC)

    @contextlib.contextmanager
    def served(
        self, settings: WebSettings | None = None, alerts: AlertSettings | None = None, **headers: str
    ) -> Iterator[httpx.Client]:
        """A client of the real application, listening on loopback."""
        settings = settings or WebSettings(requests_per_s=1e5, burst=10**6)
        with (
            served(make_app(self.desk, settings, alerts), settings) as address,
            httpx.Client(base_url=address, headers=headers, timeout=20) as client,
        ):
            yield client


@contextlib.contextmanager
def served(app: Any, settings: WebSettings) -> Iterator[str]:
    """An application on a uvicorn that is set as `depesza serve` sets it; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    server = uvicorn.Server(server_config(app, settings))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
