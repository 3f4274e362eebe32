"""The fetcher against a server that misbehaves: real sockets, real Scrapy, one child process for all cases of this file."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

BOMBS = ("gzip", "deflate", "br", "zstd", "gzip, gzip")
TIME_LIMIT_S = 5.0
NAMES = {
    "kurier.test": [["127.0.0.2"]],
    "rebind.test": [["127.0.0.2"], ["127.0.0.1"]],
    "inside.test": [["127.0.0.1"]],
    "six.test": [["::1"]],
    "missing.test": ["none"],
    "servfail.test": ["none"],
    "slow.test": ["slow"],
    "late.test": ["none", ["127.0.0.2"]],
    "other.test": [["127.0.0.3"]],
}
"""The DNS of these tests. 127.0.0.2, 127.0.0.3 and ::1 stand for public addresses, 127.0.0.1 is what it is."""


class Orders:
    """Collects what is to be fetched, then fetches it all at once."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.wanted: list[dict[str, Any]] = []

    def add(self, key: str, route: Any = None, host: str = "kurier.test", path: str | None = None, **more: Any) -> None:
        path = path or f"/{key.replace(' ', '-').replace(',', '')}"
        if route is not None:
            self.server.serve(path, route)
        outlet = {"allow_private": False, **more.pop("outlet", {})}
        url = more.pop("url", self.server.url(path, host))
        self.wanted.append({"key": key, "url": url, "domains": ["kurier.test"], "outlet": outlet, **more})


@pytest.fixture(scope="module")
def results(server: Any, hostile: Any, fetch_all: Callable[..., Any], stalled_tls: int) -> Any:
    """Everything below, fetched side by side."""
    orders, at = Orders(server), server.url
    add, redirect, answer = orders.add, hostile.redirect, hostile.Answer
    page = answer("<title>Article</title>")
    server.serve("/article", page)
    server.serve("/robots.txt", answer("", 404))
    add("well", page)
    # F17
    for name in ("slow_headers", "slow_body", "stalled", "reset", "truncated", "chunked_garbage", "no_http"):
        add(name, getattr(hostile, name))
    add("stalled tls", url=f"https://kurier.test:{stalled_tls}/")
    add("longer than promised", answer("<p>twelve bytes and more", headers={"Content-Length": "12"}))
    add("twice broken", [hostile.truncated, hostile.reset, page])
    # F18
    add("self", redirect(at("/self", "kurier.test")))
    add("pair", redirect(at("/pair2", "kurier.test")))
    server.serve("/pair2", redirect("/pair"))
    for hop in range(7):
        server.serve(f"/hop{hop}", redirect(f"/hop{hop + 1}", 301))
    server.serve("/hop7", page)
    add("six hops", path="/hop1")
    add("five hops", path="/hop2")
    add("seven hops", path="/hop0")
    add("off-site", redirect(at("/article", "other.test")))
    add("off-site allowed", redirect(at("/article", "other.test")), outlet={"offsite_domains": ["other.test"]})
    add("moved", redirect("/article", 301))
    add("moved and back", redirect("/self-302", 301))
    server.serve("/self-302", redirect("/article", 302))
    add("no address", redirect("http://[broken"))
    # F19, A15
    add("endless", hostile.endless)
    add("five gigabytes", hostile.huge_promise)
    for kind in BOMBS:
        add(f"bomb {kind}", hostile.bomb(kind))
    add("big feed", answer("x" * 11_000_000), max_bytes=10 << 20)
    add("broken gzip", answer("this is no gzip", headers={"Content-Encoding": "gzip"}))
    # F26
    add("no such name", host="missing.test", domains=["missing.test"])
    add("name server fails", host="servfail.test", domains=["servfail.test"])
    add("slow name", host="slow.test", domains=["slow.test"])
    add("name on the second try", page, host="late.test", domains=["late.test"])
    add("only six", page, host="six.test", domains=["six.test"])
    # A3, A4
    server.serve("/secret", answer("the secret of the house"))
    add("private by name", host="inside.test", path="/secret", domains=["inside.test"])
    add("private by number", host="127.0.0.1", path="/secret", domains=["127.0.0.1"])
    add("private by localhost", host="localhost", path="/secret", domains=["localhost"])
    for place, spelling in enumerate(
        ("127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0", "[::ffff:7f00:1]")
    ):
        add(f"private by redirect {place}", redirect(at("/secret", spelling)))
    add("private by redirect to a name", redirect(at("/secret", "inside.test")), domains=["kurier.test", "inside.test"])
    add("rebinding", page, host="rebind.test", domains=["rebind.test"], times=5)
    # A5
    for scheme in (
        "file:///etc/hostname",
        "data:text/html,hi",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
    ):
        add(f"redirect to {scheme.partition(':')[0]}", redirect(scheme))
    # A13, A14
    add("cookies", redirect("/after-cookie", **{"Set-Cookie": "session=1; Path=/"}))
    server.serve("/after-cookie", page)
    add(
        "sends a token",
        redirect(at("/token", "other.test")),
        headers={"If-None-Match": '"abc"'},
        outlet={"offsite_domains": ["other.test"]},
    )
    server.serve("/token", page)
    headers = {"Referrer-Policy": "sys.exit", "X-Long": "y" * 15_000, "X-Escape": "\x1b[31mred", "Link": "<javascript:x>"}
    add("hostile headers", answer("<p>", headers=headers))
    add("many headers", answer("<p>", headers={f"X-{number}": "v" * 1000 for number in range(300)}))
    add("one long header", answer("<p>", headers={"X-Long": "y" * 70_000}))
    # statuses and Retry-After
    add("come back", answer("", 503, headers={"Retry-After": "3600"}))
    add("too many", answer("", 429))
    add("broken server", answer("", 500))
    add("recovers", [answer("", 502), page])
    add("patient", [answer("", 503, headers={"Retry-After": "1"}), page])
    add("long address", path="/" + "a" * 3000)
    return fetch_all(orders.wanted, time_limit_s=TIME_LIMIT_S, names=NAMES, public=["127.0.0.2", "127.0.0.3", "::1"])


@pytest.fixture(scope="module")
def stalled_tls() -> Iterator[int]:
    """A port that takes connections and never says a word of TLS."""
    listener = socket.create_server(("127.0.0.2", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                kept.append(listener.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_well_behaved_page_comes_as_it_is(results: Any) -> None:
    assert results["well"]["status"] == 200 and results["well"]["body"] == "<title>Article</title>"


@pytest.mark.parametrize("key", ["slow_headers", "slow_body", "stalled", "stalled tls"])
def test_f17_a_server_that_never_ends_is_a_time_out_after_three_tries(results: Any, key: str) -> None:
    assert results[key]["reason"].startswith("time-out")
    assert results[key]["took_s"] < 3 * TIME_LIMIT_S + 3


@pytest.mark.parametrize("key", ["reset", "truncated", "chunked_garbage"])
def test_f17_a_body_that_breaks_off_is_never_taken_for_whole(results: Any, server: Any, key: str) -> None:
    assert results[key]["reason"] == "the body was cut short on the way"
    assert len(server.asked_for(f"/{key}")) == 3, "two retries and no more"


def test_f17_what_is_not_http_is_a_broken_connection(results: Any) -> None:
    assert results["no_http"]["reason"].startswith("connection broken")


def test_f17_more_than_promised_is_cut_at_the_promise(results: Any) -> None:
    assert results["longer than promised"]["body"] == "<p>twelve by"


def test_f17_two_broken_answers_do_not_lose_the_third(results: Any) -> None:
    assert results["twice broken"]["status"] == 200


@pytest.mark.parametrize("key", ["self", "pair"])
def test_f18_redirects_in_a_circle_end_at_once(results: Any, server: Any, key: str) -> None:
    assert results[key]["reason"] == "redirected in a circle"
    assert len(server.asked_for(f"/{key}")) <= 2


def test_f18_five_redirects_are_followed_and_the_sixth_is_not(results: Any) -> None:
    assert results["five hops"]["final_url"].endswith("/hop7")
    assert results["six hops"]["reason"] == "more than 5 redirects"
    assert results["seven hops"]["reason"] == "more than 5 redirects"


def test_f18_another_domain_is_never_asked_unless_the_outlet_allows_it(results: Any, server: Any) -> None:
    assert results["off-site"] == results["off-site"] | {"error": "FetchNever"}
    assert "off-site: other.test" in results["off-site"]["reason"]
    assert results["off-site allowed"]["final_url"].startswith("http://other.test:")
    assert server.asked_for("/article", host=f"other.test:{server.port}") == ["/article"]


def test_f16_only_permanent_redirects_say_that_a_source_moved(results: Any) -> None:
    assert results["moved"]["moved_to"].endswith("/article")
    assert results["moved and back"]["moved_to"].endswith("/self-302")
    assert results["five hops"]["moved_to"].endswith("/hop7")


def test_f18_a_redirect_to_nonsense_is_refused(results: Any) -> None:
    assert results["no address"]["error"] == "FetchNever"


@pytest.mark.parametrize("key", ["endless", "five gigabytes", *(f"bomb {kind}" for kind in BOMBS)])
def test_f19_a15_a_body_beyond_16_mib_is_dropped_where_it_passes_the_limit(results: Any, key: str) -> None:
    assert results[key]["error"] == "TooLarge" and results[key]["reason"] == "the page is larger than 16 MiB"


def test_f19_memory_stays_bounded_with_all_bombs_at_once(results: Any) -> None:
    assert results["rss_mb"] < 300


def test_f14_a_feed_beyond_10_mib_is_cut_and_its_beginning_kept(results: Any) -> None:
    assert results["big feed"]["cut"] and results["big feed"]["size"] == 10 << 20


def test_f17_bytes_that_are_not_of_their_encoding_are_said_so(results: Any) -> None:
    assert "no valid gzip" in results["broken gzip"]["reason"]


@pytest.mark.parametrize("key", ["no such name", "name server fails"])
def test_f26_a_name_that_does_not_resolve_is_tried_again_later(results: Any, key: str) -> None:
    assert results[key]["reason"].startswith("DNS: the name") and results[key]["error"] == "PassingTrouble"


def test_f26_a_name_server_that_hangs_costs_the_time_limit(results: Any) -> None:
    assert results["slow name"]["reason"].startswith("time-out") and results["slow name"]["took_s"] < 3 * TIME_LIMIT_S + 3


def test_f26_a_name_that_resolves_on_the_second_try_is_fetched(results: Any) -> None:
    assert results["name on the second try"]["status"] == 200


def test_f26_a_name_with_only_an_ipv6_address_is_fetched(results: Any) -> None:
    assert results["only six"]["status"] == 200


@pytest.mark.parametrize(
    "key",
    ["private by name", "private by number", "private by localhost", "private by redirect to a name",
     *(f"private by redirect {place}" for place in range(7))],
)  # fmt: skip
def test_a03_a_private_address_is_never_connected_to(results: Any, server: Any, key: str) -> None:
    assert results[key]["error"] == "FetchNever"
    assert "private address refused" in results[key]["reason"] or "no address" in results[key]["reason"]
    assert server.asked_for("/secret") == []


def test_a04_a_name_that_turns_private_during_the_run_stays_where_it_was(results: Any, server: Any) -> None:
    assert results["rebinding"]["status"] == 200
    assert len(server.asked_for("/rebinding")) == 5


@pytest.mark.parametrize("scheme", ["file", "data", "ftp", "gopher", "javascript"])
def test_a05_no_other_scheme_is_followed(results: Any, scheme: str) -> None:
    assert results[f"redirect to {scheme}"]["error"] == "FetchNever"
    assert "neither http nor https" in results[f"redirect to {scheme}"]["reason"]


def test_a13_no_cookie_is_taken_and_no_secret_sent_along(results: Any, server: Any) -> None:
    asked = {one.path: one.headers for one in server.asked}
    assert "cookie" not in asked["/after-cookie"]
    secrets = {"cookie", "authorization", "proxy-authorization", "referer"}
    assert all(not secrets & set(one.headers) for one in server.asked)
    assert "if-none-match" not in asked["/token"], "validators belong to one address"


def test_every_request_says_who_asks(results: Any, server: Any) -> None:
    assert {one.headers["user-agent"] for one in server.asked} == {"Depesza/test (+tests@example.org)"}


def test_a14_hostile_headers_do_no_harm_and_are_kept_within_bounds(results: Any) -> None:
    assert results["hostile headers"]["status"] == 200
    assert results["many headers"].get("headers", 0) <= 100


def test_a14_a_header_of_64_kb_ends_the_connection_or_is_dropped(results: Any) -> None:
    long = results["one long header"]
    assert long.get("status") == 200 or long["reason"].startswith("connection broken")


def test_retry_after_is_obeyed(results: Any, server: Any) -> None:
    assert results["come back"]["retry_after_s"] == 3600 and len(server.asked_for("/come-back")) == 1
    assert results["too many"]["retry_after_s"] == 600 and len(server.asked_for("/too-many")) == 1
    assert results["patient"]["status"] == 200 and results["patient"]["took_s"] >= 1.0


def test_a_server_in_trouble_is_asked_three_times(results: Any, server: Any) -> None:
    assert results["broken server"]["reason"] == "HTTP 500" and len(server.asked_for("/broken-server")) == 3
    assert results["recovers"]["status"] == 200


def test_a19_an_address_of_three_thousand_letters_is_not_asked(results: Any, server: Any) -> None:
    assert "longer than" in results["long address"]["reason"] and server.asked_for("/aaa") == []
