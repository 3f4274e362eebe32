"""Whether an outlet's sources can be had, and if not, which fault that points to, in words. Pure.

Not here: when it counts as a fault (`scheduler.verdicts`), what the pages behind the sources say (`scheduler.content`).
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import NamedTuple

from crawler.addresses import host_of
from crawler.model.observed import Trouble
from crawler.model.run import OutletReport, SourceReport, SourceStatus
from crawler.store.health import Verdict
from scheduler.health import answered

_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_ORDER = (Verdict.BLOCKED, Verdict.MOVED, Verdict.BROKEN, Verdict.UNREACHABLE)


class Failure(NamedTuple):
    """Which fault a crawl without an answer points to, and what it met."""

    verdict: Verdict
    words: str
    """As a clause whose subject is the outlet: "answers 403 Forbidden"."""


def failure_of(report: OutletReport) -> Failure | None:
    """None when a source answered, or none was asked and nothing went wrong."""
    if answered(report):
        return None
    if not report.sources:
        return Failure(Verdict.UNREACHABLE, f"cannot be crawled: {report.error}") if report.error else None
    found = [_failure(source) for source in report.sources]
    counted = Counter(one.verdict for one in found)
    most = max(counted, key=lambda verdict: (counted[verdict], -_ORDER.index(verdict)))
    return next(one for one in found if one.verdict is most)


def _failure(source: SourceReport) -> Failure:
    said = source.error or source.status.value
    if source.status is SourceStatus.BLOCKED:
        challenge = source.http_status is None or source.http_status == HTTPStatus.OK
        return Failure(Verdict.BLOCKED, "sends a challenge for browsers" if challenge else f"answers {_status(source)}")
    if source.status is SourceStatus.GONE or source.http_status in _NOT_THERE:
        return Failure(Verdict.MOVED, f"answers {_status(source)} where {source.url} was")
    if source.status is SourceStatus.REFUSED and source.trouble is Trouble.OFF_SITE:
        return Failure(Verdict.MOVED, f"leads from {source.url} to another domain ({said})")
    if source.status is SourceStatus.REFUSED and source.trouble is Trouble.ROBOTS:
        return Failure(Verdict.BLOCKED, f"forbids {source.url} in its robots.txt")
    if source.trouble is Trouble.REST or source.http_status == HTTPStatus.TOO_MANY_REQUESTS:
        return Failure(Verdict.BLOCKED, f"asks to be left alone ({said})")
    if source.status is SourceStatus.UNREADABLE:
        return Failure(Verdict.BROKEN, f"sends something at {source.url} that cannot be read as its kind ({said})")
    if source.http_status is not None:
        return Failure(Verdict.UNREACHABLE, f"answers {_status(source)}")
    return Failure(Verdict.UNREACHABLE, f"does not answer ({said})")


def moved_to(report: OutletReport) -> tuple[str, str] | None:
    """(a source's address, where it leads for good) when that is another place: more than https, "www." or a slash."""
    for source in report.sources:
        if source.moved_to and _place(source.moved_to) != _place(source.url):
            return source.url, source.moved_to
    return None


def _place(url: str) -> tuple[str, str]:
    host = host_of(url) or ""
    return host.removeprefix("www."), url.split("://", 1)[-1].partition("/")[2].rstrip("/")


def _status(source: SourceReport) -> str:
    status = source.http_status or (HTTPStatus.GONE if source.status is SourceStatus.GONE else HTTPStatus.FORBIDDEN)
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"
