"""What the troubles and the sources of a crawl say of its outlet, in kinds: DNS, TLS, robots.txt, walls. Pure.

Reasons are our own words (`troubles`, `fetching`, `robots`, `walls`), so their kind is read from how they begin; a test goes over them all.
Not here: counting (`tally`), judging (`scheduler.verdicts`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.model.observed import Trouble, Wall
from crawler.model.outlet import Outlet
from crawler.model.run import SourceReport

_BEGINS = (
    ("DNS: ", Trouble.DNS), ("TLS: ", Trouble.TLS), ("time-out: ", Trouble.TIME_OUT), ("connection ", Trouble.CONNECTION),
    ("the body was cut short", Trouble.CONNECTION), ("HTTP ", Trouble.STATUS), ("robots.txt", Trouble.ROBOTS),
    ("the server asked to be left alone", Trouble.REST), ("redirect", Trouble.REDIRECT), ("more than ", Trouble.REDIRECT),
    ("off-site: ", Trouble.OFF_SITE),
)  # fmt: skip
_NO_ROBOTS = re.compile(r"robots\.txt could not be read \((.*)\), so nothing may be fetched now \(RFC 9309\)", re.DOTALL)
_STATUS = re.compile(r"HTTP (\d{3})")
_WALLS = (
    ("HTTP ", Wall.STATUS), ("the server answered ", Wall.STATUS), ("a challenge ", Wall.CHALLENGE), ("the same text", Wall.SAME_TEXT),
)  # fmt: skip


def trouble_of(reason: str) -> Trouble:
    """The kind of a reason why an address could not be had. A server that is down is asked for robots.txt first: its trouble counts."""
    if (inner := _NO_ROBOTS.fullmatch(reason)) and (kind := trouble_of(inner[1])) not in (Trouble.STATUS, Trouble.OTHER):
        return kind
    return next((kind for begin, kind in _BEGINS if reason.startswith(begin)), Trouble.OTHER)


def status_in(reason: str) -> int | None:
    """The HTTP status that a reason names."""
    found = _STATUS.match(reason)
    return int(found[1]) if found else None


def wall_of(reason: str) -> Wall:
    """The kind of wall, from the reason of an outcome BLOCKED."""
    return next((kind for begin, kind in _WALLS if reason.startswith(begin)), Wall.CONSENT)


def robots_state(outlet: Outlet, asked: Sequence[SourceReport]) -> str:
    """How `Observed.robots` tells it; "" when no source was asked."""
    if not outlet.politeness.obey_robots:
        return "not asked"
    refused = [one.error or "" for one in asked if one.trouble is Trouble.ROBOTS]
    unread = next((reason for reason in refused if _NO_ROBOTS.fullmatch(reason)), None)
    return unread or ("forbids a source" if refused else "open" if asked else "")


def tls_state(outlet: Outlet, asked: Sequence[SourceReport]) -> str:
    """How `Observed.tls` tells it; "" when no source was asked."""
    if broken := next((one.error for one in asked if one.trouble is Trouble.TLS and one.error), None):
        return broken
    if not asked or all(one.trouble for one in asked):
        return ""
    if not any(one.url.startswith("https:") for one in asked):
        return "none"
    return "verified" if outlet.politeness.verify_tls else "not verified"
