"""Reasons in our own words and the kinds they are of."""

from __future__ import annotations

import pytest

from crawler.model.observed import Trouble, Wall
from crawler.model.outlet import Outlet, Politeness
from crawler.model.run import SourceReport, SourceStatus
from crawler.spiders.observing import robots_state, status_in, tls_state, trouble_of, wall_of
from crawler.spiders.robots import RobotsAnswer, interpret

REASONS = {
    "DNS: the name kresy.example does not resolve": Trouble.DNS,
    "TLS: certificate has expired": Trouble.TLS,
    "time-out: no whole answer in time": Trouble.TIME_OUT,
    "connection refused": Trouble.CONNECTION,
    "connection broken: Connection to the other side was lost": Trouble.CONNECTION,
    "the body was cut short on the way": Trouble.CONNECTION,
    "HTTP 503": Trouble.STATUS,
    "robots.txt forbids it": Trouble.ROBOTS,
    "the server asked to be left alone for 7200 s": Trouble.REST,
    "redirected in a circle": Trouble.REDIRECT,
    "more than 5 redirects": Trouble.REDIRECT,
    "redirects took longer than 30 s": Trouble.REDIRECT,
    "off-site: x.example is none of the outlet's domains": Trouble.OFF_SITE,
    "private address refused: kresy.example is 10.0.0.1": Trouble.OTHER,
}


@pytest.mark.parametrize(("reason", "kind"), REASONS.items())
def test_f26_each_reason_has_its_kind(reason: str, kind: Trouble) -> None:
    assert trouble_of(reason) is kind


@pytest.mark.parametrize(
    "reason", ["DNS: the name x does not resolve", "TLS: certificate has expired", "time-out: no whole answer in time"]
)
def test_f26_a_server_that_does_not_even_give_its_robots_txt_has_that_trouble(reason: str) -> None:
    assert trouble_of(interpret(RobotsAnswer(0, b"", reason))[1] or "") is REASONS.get(reason, Trouble.DNS)
    assert trouble_of(interpret(RobotsAnswer(503, b""))[1] or "") is Trouble.ROBOTS


def test_the_status_is_read_from_a_reason() -> None:
    assert (status_in("HTTP 503"), status_in("connection refused")) == (503, None)


@pytest.mark.parametrize(
    ("reason", "wall"),
    [
        ("HTTP 403", Wall.STATUS), ("the server answered 403", Wall.STATUS), ("a challenge for browsers (HTTP 403)", Wall.CHALLENGE),
        ("a challenge to robots: 'Just a moment'", Wall.CHALLENGE), ("a login wall: a short text and a field for a password", Wall.CONSENT),
        ("redirected to a wall: consent.x.example/", Wall.CONSENT), ("the same text at many addresses", Wall.SAME_TEXT),
    ],
)  # fmt: skip
def test_f31_each_wall_has_its_kind(reason: str, wall: Wall) -> None:
    assert wall_of(reason) is wall


def test_f25_the_states_of_robots_txt_and_tls_are_told_by_the_sources() -> None:
    good = source()
    assert (robots_state(outlet(), [good]), tls_state(outlet(), [good])) == ("open", "verified")
    assert (robots_state(outlet(obey_robots=False), [good]), tls_state(outlet(verify_tls=False), [good])) == (
        "not asked",
        "not verified",
    )
    assert tls_state(outlet(), [source(url="http://kresy.example/rss")]) == "none"
    expired = source(SourceStatus.UNREACHABLE, error="TLS: certificate has expired", trouble=Trouble.TLS)
    assert tls_state(outlet(), [good, expired]) == "TLS: certificate has expired"
    forbidden = source(SourceStatus.REFUSED, error="robots.txt forbids it", trouble=Trouble.ROBOTS)
    assert robots_state(outlet(), [good, forbidden]) == "forbids a source"
    unread = interpret(RobotsAnswer(503, b""))[1] or ""
    assert robots_state(outlet(), [source(SourceStatus.UNREACHABLE, error=unread, trouble=Trouble.ROBOTS)]) == unread
    assert (robots_state(outlet(), []), tls_state(outlet(), [])) == ("", "")


def outlet(**politeness: bool) -> Outlet:
    return Outlet(
        slug="kresy", name="Kresy", homepage="https://kresy.example/", domains=("kresy.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", politeness=Politeness(**politeness),
    )  # fmt: skip


def source(status: SourceStatus = SourceStatus.OK, url: str = "https://kresy.example/rss", **more: object) -> SourceReport:
    return SourceReport(url=url, status=status, **more)  # type: ignore[arg-type]  # fields by name
