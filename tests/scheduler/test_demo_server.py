"""The demo's web server: conditional requests, states, the access log."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.demo.server import DemoServer, not_modified
from scheduler.demo.site import Resource

STARTED = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer(started_at=STARTED) as running:
        yield running


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {key.lower(): value for key, value in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {key.lower(): value for key, value in error.headers.items()}, error.read()


def test_every_source_and_article_answers(server: DemoServer) -> None:
    for url in server.article_urls(behind_robots=True):
        assert fetch(url)[0] == 200
    for outlet in server.outlets:
        for feed in outlet.feeds:
            assert fetch(server.origins[outlet.slug] + feed.path)[0] == 200


def test_outlets_have_hosts_or_ports_of_their_own(server: DemoServer) -> None:
    assert len(set(server.origins.values())) == len(server.outlets)
    assert all(origin.startswith("http://127.0.0.") for origin in server.origins.values())


def test_a_feed_asked_again_with_its_etag_or_date_answers_304_without_a_body(server: DemoServer) -> None:
    url = server.origins["kresowiak"] + "/feed/"
    status, headers, _ = fetch(url)
    assert status == 200
    assert fetch(url, If_None_Match=headers["etag"])[0::2] == (304, b"")
    assert fetch(url, If_None_Match=f'"other", W/{headers["etag"]}')[0] == 304
    assert fetch(url, If_Modified_Since=headers["last-modified"])[0] == 304
    assert fetch(url, If_None_Match='"other"', If_Modified_Since=headers["last-modified"])[0] == 200


def test_only_what_changed_has_a_new_etag_after_advance(server: DemoServer) -> None:
    fire = next(url for url in server.article_urls() if "pozar-hali" in url)
    feed = server.origins["goniec-stoleczny"] + "/atom.xml"
    late = next(url for url in server.article_urls(second=True) if "cranes-turn" in url)
    before, feed_before = fetch(fire)[1]["etag"], fetch(feed)[1]["etag"]
    assert fetch(late)[0] == 404
    server.advance()
    assert fetch(fire, If_None_Match=before)[0] == 200
    assert b"Ewakuowano 210" in fetch(fire)[2]
    assert fetch(feed, If_None_Match=feed_before)[0] == 304
    assert fetch(late)[0] == 200
    assert b"will glow amber" in fetch(server.origins["pennine-post"] + "/latest.atom")[2]


def test_the_broken_feed_is_an_html_page_with_status_200(server: DemoServer) -> None:
    status, headers, body = fetch(server.origins["visnyk-dnipra"] + "/rss")
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert b"<rss" not in body


def test_robots_txt_names_the_page_that_is_only_for_people(server: DemoServer) -> None:
    hidden = set(server.article_urls(behind_robots=True)) - set(server.article_urls())
    assert len(hidden) == 1
    rules = fetch(server.origins["glos-podlasia"] + "/robots.txt")[2].decode()
    assert "/tylko-dla-ludzi/" in hidden.pop()
    assert "Disallow: /tylko-dla-ludzi/" in rules


def test_an_outlet_without_robots_txt_answers_404(server: DemoServer) -> None:
    assert fetch(server.origins["kurier-nadwislanski"] + "/robots.txt")[0] == 404


def test_the_access_log_tells_every_request_as_a_list_and_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "access.tsv"
    with DemoServer(started_at=STARTED, log_path=path) as server:
        fetch(server.origins["elbbote"] + "/nachrichten/")
        fetch(server.origins["elbbote"] + "/nothing?x=1")
        log = server.log
    assert [(line.outlet, line.path, line.status) for line in log] == [
        ("elbbote", "/nachrichten/", 200),
        ("elbbote", "/nothing?x=1", 404),
    ]
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line[1:] for line in lines] == [["elbbote", "/nachrichten/", "200"], ["elbbote", "/nothing?x=1", "404"]]
    assert datetime.fromisoformat(lines[0][0]).tzinfo is not None


def test_a_slow_server_waits_before_every_answer() -> None:
    with DemoServer(started_at=STARTED, latency_s=0.2) as server:
        begun = time.monotonic()
        fetch(server.origins["elbbote"] + "/")
        assert time.monotonic() - begun >= 0.2


def test_a_date_that_cannot_be_read_is_no_condition() -> None:
    resource = Resource(body=b"x", content_type="text/plain", modified_at=STARTED)
    assert not not_modified(resource, None, "yesterday")
    assert not_modified(resource, "*", None)
    assert not_modified(resource, None, "Tue, 24 Nov 2026 18:00:00 GMT")
    assert not not_modified(resource, None, "Tue, 24 Nov 2026 17:59:59 GMT")


def test_where_only_one_address_answers_each_outlet_has_a_port_of_its_own() -> None:
    with DemoServer(started_at=STARTED, one_address=True) as server:
        assert {origin.rsplit(":", 1)[0] for origin in server.origins.values()} == {"http://127.0.0.1"}
        assert len(set(server.origins.values())) == len(server.outlets)
        assert all(fetch(url)[0] == 200 for url in server.article_urls())
