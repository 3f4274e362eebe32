"""Attacks of SAFETY.md on API, feeds and everything behind the guard: refused, or shown harmless."""

from __future__ import annotations

import csv
import http.client
import io
import time
from typing import Any

import feedparser
import httpx
import pytest

from indexer.api.settings import WebSettings

from .newsroom import ATTACKS, SCRIPT, Room
from .test_api import API, bearer, token

DEEP = "(" * 25 + "a" + ")" * 25


def test_a06_json_is_never_taken_for_a_page(client: httpx.Client, room: Room) -> None:
    for path in (f"{API}/search?q=zatrute", f"{API}/articles/{room.attack.id}", "/feed.json?q=zatrute"):
        answer = client.get(path)
        assert answer.headers["content-type"].partition(";")[0] in ("application/json", "application/feed+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "'unsafe" not in answer.headers["content-security-policy"]
    assert client.get(f"{API}/articles/{room.attack.id}").json()["title"] == ATTACKS["title"], (
        "kept as it is, escaped where shown"
    )


@pytest.mark.parametrize("kind", ["atom", "rss"])
def test_a06_no_markup_of_an_article_is_markup_of_a_feed(client: httpx.Client, room: Room, kind: str) -> None:
    answer = client.get(f"/feed.{kind}", params={"q": "zatrute"})
    assert SCRIPT not in answer.text
    assert "<img" not in answer.text
    entry: Any = feedparser.parse(answer.content, sanitize_html=False).entries[0]
    assert "<" not in entry.summary, "the summary is HTML, so its text is escaped twice"


def test_a06_addresses_that_are_no_web_addresses_are_left_out() -> None:
    from indexer.api.feeds import web_address

    assert [web_address(one) for one in ("javascript:alert(1)", "data:text/html,x", "//evil.example", " https://x.example/")] == [
        ""
    ] * 4
    assert web_address("HTTPS://x.example/a") == "HTTPS://x.example/a"


def test_a06_no_cell_of_a_table_is_a_formula(client: httpx.Client) -> None:
    table = client.get(f"{API}/search", params={"q": "zatrute", "format": "csv"}).text
    (row,) = csv.DictReader(io.StringIO(table))
    assert row["title"].startswith("'=HYPERLINK")
    assert row["section"].startswith("'-2+3")
    assert row["tags"].startswith("'+1")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


@pytest.mark.parametrize(
    "query", [DEEP, "a " * 200, "ab* " * 17, "x" * 2001, "NOT " * 30 + "a"], ids=["depth", "words", "stars", "length", "nots"]
)  # fmt: skip
def test_a08_a_query_beyond_the_limits_is_refused_with_the_limit(client: httpx.Client, query: str) -> None:
    for path in (f"{API}/search", "/feed.atom", "/feed.json"):
        answer = client.get(path, params={"q": query})
        assert answer.status_code == 400, answer.text[:200]
        assert "too" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["*a", "/.*.*/", "fuzzy~", "*", "a*", "title:*", "outlet:*x", "[1 TO *]"])
def test_a08_what_other_languages_compute_with_is_searched_as_text(client: httpx.Client, query: str) -> None:
    assert client.get(f"{API}/search", params={"q": query}).status_code == 200


def test_a08_ten_megabytes_of_query_are_refused_and_the_service_lives(client: httpx.Client) -> None:
    for target in (f"{API}/search?q={'a' * 10_000_000}", f"{API}/search?{'q=a&' * 2_000_000}"):
        connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port, timeout=20)
        try:
            connection.putrequest("GET", "/x", skip_host=True)
            connection._buffer[:] = [f"GET {target} HTTP/1.1".encode(), b"Host: 127.0.0.1"]  # type: ignore[attr-defined]  # no quoting of 10 MB
            connection.endheaders()
            assert connection.getresponse().status in (400, 414, 431)
        except (ConnectionError, http.client.HTTPException):
            pass  # hung up on while still sending
        finally:
            connection.close()
    assert client.get("/healthz").status_code == 200


def test_a08_a_large_body_is_refused_whether_its_length_is_told_or_not(client: httpx.Client, room: Room) -> None:
    headers = bearer(token(room, "write"))
    assert client.post(f"{API}/search", content=b"x" * 10_000_000, headers=headers).status_code == 413

    def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 100_000

    try:
        assert client.post(f"{API}/search", content=pieces(), headers=headers).status_code == 413
    except httpx.TransportError:
        pass  # answered and hung up before all was sent
    assert client.get("/healthz").status_code == 200


def test_a08_pages_are_bounded_and_a_histogram_has_at_most_500_buckets(client: httpx.Client) -> None:
    assert client.get(f"{API}/search", params={"limit": 100_000}).status_code == 422
    wide = client.get(f"{API}/search", params={"q": "date:1990-01-01..2026-11-24", "histogram": "hour"}).json()["histogram"]
    assert len(wide["buckets"]) <= 500


def test_a08_who_asks_too_often_is_told_to_wait(room: Room) -> None:
    with room.served(WebSettings(requests_per_s=0.5, burst=5)) as client:
        answers = [client.get(f"{API}/freshness") for _ in range(7)]
        assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert client.get("/healthz").status_code == 200, "whoever watches the service is not kept waiting"


def test_a08_an_answer_that_takes_too_long_is_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.desk, "search", lambda *_: time.sleep(1.5))
    with room.served(WebSettings(time_limit_s=0.3)) as client:
        began = time.monotonic()
        answer = client.get(f"{API}/search")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert time.monotonic() - began < 1.4
        time.sleep(1.5)
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "query",
    ['_exists_:title', '"} , "script": {"source": "1"}', "title:x' OR '1'='1", "x'; DROP TABLE article; --", "../../other-index", "%00", "\x00\x1b[31m"],
)  # fmt: skip
def test_a09_nothing_of_a_query_reaches_an_engine_but_as_words(client: httpx.Client, query: str) -> None:
    assert client.get(f"{API}/search", params={"q": query}).status_code == 200
    assert client.get(f"{API}/search").json()["total"] == 5


@pytest.mark.parametrize(
    "asked", [{"sort": "title; DROP TABLE article"}, {"sort": "_score"}, {"histogram": "1s"}, {"format": "html"}]
)
def test_a09_orders_and_steps_are_of_a_list(client: httpx.Client, asked: dict[str, str]) -> None:
    assert client.get(f"{API}/search", params=asked).status_code == 422


def test_a09_fields_that_are_counted_are_of_a_list(client: httpx.Client) -> None:
    for field in ("text", "_id", "outlet'--", "title.raw"):
        assert client.get(f"{API}/search", params={"facets": field}).status_code == 400


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "localhost:80:80", "[::1]x"]
)
def test_a10_a_foreign_host_is_refused_everywhere(client: httpx.Client, host: str) -> None:
    for path in ("/", "/healthz", f"{API}/search", "/feed.atom", "/static/x"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400, (path, answer.text)
        assert "evil" not in answer.text


def test_a10_a_name_that_is_trusted_is_taken_with_any_port(room: Room) -> None:
    with room.served(WebSettings(trusted_hosts=("*.example.org", "news.example.net"))) as client:
        for host, status in [
            ("a.example.org:8443", 200),
            ("NEWS.example.net", 200),
            ("example.org", 400),
            ("xnews.example.net", 400),
        ]:
            assert client.get("/healthz", headers={"Host": host}).status_code == status, host


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
     {"Origin": "http://127.0.0.1:1"}],
)  # fmt: skip
def test_a10_another_site_changes_nothing_even_with_a_token(client: httpx.Client, room: Room, headers: dict[str, str]) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, f"{API}/search", headers=headers | bearer(token(room, "write")))
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_a10_a_form_without_an_origin_is_refused_on_pages(client: httpx.Client) -> None:
    assert client.post("/watches", data={"name": "x"}).status_code == 403
    own = f"http://127.0.0.1:{client.base_url.port}"
    assert client.post("/nothing", data={"name": "x"}, headers={"Origin": own}).status_code in (404, 405)


def test_a10_whatever_changes_something_in_the_api_needs_a_token(client: httpx.Client, room: Room) -> None:
    read = bearer(token(room, "read"))
    document = client.get(f"{API}/openapi.json").json()
    for path in [one for one in document["paths"] if one.startswith("/api/")]:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            target = path.replace("{", "").replace("}", "")
            assert client.request(method, target).status_code == 401, (method, path)
            assert client.request(method, target, headers=read).status_code == 403, (method, path)


@pytest.mark.parametrize(
    "path",
    ["/out?url=https://evil.example", "//evil.example/", "//evil.example/api/v1/search", "/api/v1/search/", "/\\evil.example"],
)
def test_a10_nothing_redirects_to_another_site(client: httpx.Client, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", client.base_url.port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert answer.getheader("location") is None
    connection.close()


def test_a10_a_forged_client_address_is_not_believed(room: Room) -> None:
    with room.served(WebSettings(requests_per_s=0.01, burst=2)) as client:
        codes = [client.get(f"{API}/freshness", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(3)]
    assert codes == [200, 200, 429]


@pytest.mark.parametrize(
    "query",
    ["(a|a)*$" * 60, "a" * 1999 + "!", '"' * 1999, "«" * 1999, "date:" * 390, "-" * 1999, "=" * 1999, "a:b " * 60, "ą̈" * 600],
)
def test_a16_no_query_takes_long_to_read(client: httpx.Client, query: str) -> None:
    began = time.process_time()
    assert client.get(f"{API}/search", params={"q": query}).status_code in (200, 400)
    assert client.get(f"{API}/suggestions", params={"prefix": query[:100]}).status_code == 200
    assert time.process_time() - began < 3


def test_a17_a_thousand_ranges_are_not_heeded(client: httpx.Client) -> None:
    ranges = "bytes=" + ",".join(f"{n}-" for n in range(3000))
    for path in ("/static/depesza.css", f"{API}/openapi.json", "/feed.atom"):
        began = time.process_time()
        answer = client.get(path, headers={"Range": ranges})
        assert answer.status_code in (200, 404), answer.status_code
        assert "content-range" not in answer.headers
        assert time.process_time() - began < 2


def test_a17_a_form_of_very_many_parts_is_refused_or_read_in_no_time(client: httpx.Client, room: Room) -> None:
    headers = bearer(token(room, "write")) | {"Content-Type": "multipart/form-data; boundary=x"}
    part = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
    own = f"http://127.0.0.1:{client.base_url.port}"
    for path in (f"{API}/search", "/watches", "/"):
        began = time.process_time()
        answer = client.post(path, content=part * 19_000 + b"--x--", headers=headers | {"Origin": own})
        assert answer.status_code in (400, 404, 405, 413, 422), path
        assert time.process_time() - began < 5


def test_a17_headers_that_never_end_and_bodies_that_never_come_do_not_hold_the_service(room: Room) -> None:
    import socket

    with room.served(WebSettings(time_limit_s=0.5)) as client:
        held = [socket.create_connection(("127.0.0.1", client.base_url.port)) for _ in range(50)]
        for one in held:
            one.sendall(b"POST /api/v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx")
        assert client.get("/healthz").status_code == 200
        for one in held:
            one.close()
