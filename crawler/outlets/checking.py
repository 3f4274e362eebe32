"""What pydantic cannot see in an outlet's file: slugs, domains, zones, schedules, layouts that make sense. Pure.

Each fault is "key: what is wrong, and what to write". Not here: types and unknown keys (`catalogue`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

import cssselect

from crawler.addresses import belongs_to, canonical_address, host_of
from crawler.model.outlet import Layout, Outlet, Schedule, Source
from crawler.settings import parse_duration, suggestion

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_SLUG = 60

_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")
_MODULE = re.compile(r"[a-z_][a-z0-9_]*")
_CRON_WORDS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun"
_CRON_PART = re.compile(rf"(?:\*|(?:\d{{1,2}}|{_CRON_WORDS})(?:-(?:\d{{1,2}}|{_CRON_WORDS}))?)(?:/\d{{1,2}})?", re.I)
_CRON_ALIASES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
_CRON_LIMITS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))


def problems_of(outlet: Outlet) -> Iterator[str]:
    """Every fault of the outlet, in words; nothing for a sound one."""
    if not is_slug(outlet.slug):
        yield f"slug: {outlet.slug!r} must be small letters a-z, digits and single hyphens, at most {MAX_SLUG}"
    if not outlet.name.strip():
        yield "name: is empty"
    yield from _about_addresses(outlet)
    yield from _about_places(outlet)
    yield from _about_times(outlet)
    for place, layout in enumerate(outlet.layouts):
        yield from _about_layout(f"layouts[{place}]", layout, last=place == len(outlet.layouts) - 1)
    days = [layout.valid_until for layout in outlet.layouts if layout.valid_until]
    if days != sorted(days):
        yield "layouts: must stand in the order of their valid_until, the oldest first"
    if outlet.page_class is not None and not _MODULE.fullmatch(outlet.page_class):
        yield f"page_class: {outlet.page_class!r} is no name of a module in crawler/normalize/pages"
    if outlet.disabled_because is not None and not outlet.disabled_because.strip():
        yield "disabled_because: is empty; write the reason, or remove the key"


def is_slug(text: str) -> bool:
    """Whether `text` may name an outlet: it becomes a file name, a part of addresses and a word of the query language (A11)."""
    return len(text) <= MAX_SLUG and SLUG.fullmatch(text) is not None


def _about_addresses(outlet: Outlet) -> Iterator[str]:
    if not outlet.domains:
        yield f'domains: is empty; write e.g. ["{host_of(outlet.homepage) or "example.com"}"]'
    for place, domain in enumerate(outlet.domains):
        if host_of(f"http://{domain}/") is None or re.search(r"[/@?#\s]", domain):
            yield f"domains[{place}]: {domain!r} is no host name; write it without https:// and path"
    if canonical_address(outlet.homepage) is None:
        yield f"homepage: {outlet.homepage!r} is no web address; write it whole, with https://"
    elif outlet.domains and not belongs_to(outlet.homepage, outlet.domains):
        yield f"homepage: {outlet.homepage} lies outside domains; add {host_of(outlet.homepage)!r} there"
    if not outlet.sources and outlet.disabled_because is None:
        yield "sources: is empty; add a [[sources]] table, or say disabled_because"
    seen: set[str] = set()
    for place, source in enumerate(outlet.sources):
        yield from _about_source(f"sources[{place}]", source, seen)
    for place, domain in enumerate(outlet.politeness.offsite_domains):
        if host_of(f"http://{domain}/") is None:
            yield f"politeness.offsite_domains[{place}]: {domain!r} is no host name"


def _about_source(where: str, source: Source, seen: set[str]) -> Iterator[str]:
    if canonical_address(source.url) is None:
        yield f"{where}.url: {source.url!r} is no web address; write it whole, with https://"
    elif source.url in seen:
        yield f"{where}.url: {source.url} stands there twice"
    seen.add(source.url)
    if source.link_pattern is not None and not source.link_pattern.startswith(("/", "*")):
        yield f'{where}.link_pattern: {source.link_pattern!r} must match a whole path, so begin it with "/" or "*"'


def _about_places(outlet: Outlet) -> Iterator[str]:
    if not _COUNTRY.fullmatch(outlet.country):
        yield f'country: {outlet.country!r} must be two capitals (ISO 3166-1), e.g. "PL"'
    if not outlet.languages:
        yield 'languages: is empty; write e.g. ["pl"]'
    for place, language in enumerate(outlet.languages):
        if not _LANGUAGE.fullmatch(language):
            yield f'languages[{place}]: {language!r} must be a code of ISO 639-1 in small letters, e.g. "pl"'
    if outlet.timezone not in _zones():
        yield f"timezone: {outlet.timezone!r} is no IANA zone{suggestion(outlet.timezone, _zones())}"


def _about_times(outlet: Outlet) -> Iterator[str]:
    yield from _about_schedule(outlet.schedule)
    for place, age in enumerate(outlet.revisit):
        if fault := _duration_fault(age):
            yield f"revisit[{place}]: {fault}"
    politeness = outlet.politeness
    if not 0 <= politeness.delay_s <= 3600:
        yield f"politeness.delay_s: {politeness.delay_s} must lie between 0 and 3600 seconds"
    if not 1 <= politeness.concurrency <= 16:
        yield f"politeness.concurrency: {politeness.concurrency} must lie between 1 and 16"
    if politeness.max_pages < 1:
        yield f"politeness.max_pages: {politeness.max_pages} must be at least 1"
    if outlet.unverified is not None and not _MONTH.fullmatch(outlet.unverified):
        yield f'unverified: {outlet.unverified!r} must be a month, e.g. "2026-11"'


def _about_schedule(schedule: Schedule) -> Iterator[str]:
    kinds = [key for key in ("cron", "every", "windows", "adaptive") if getattr(schedule, key) not in (None, False)]
    if len(kinds) > 1:
        yield f"schedule: has both {' and '.join(kinds)}; keep one"
    for key in ("every", "shortest", "longest", "jitter"):
        text = getattr(schedule, key)
        if text is not None and (fault := _duration_fault(text)):
            yield f"schedule.{key}: {fault}"
    if schedule.cron is not None and (fault := cron_fault(schedule.cron)):
        yield f"schedule.cron: {fault}"


def cron_fault(line: str) -> str | None:
    """What is wrong with the form of a crontab line (five fields or an @alias), or None. When it fires is the scheduler's."""
    text = line.strip()
    if text.startswith("@"):
        return (
            None if text in _CRON_ALIASES else f"{text!r} is none of {', '.join(_CRON_ALIASES)}{suggestion(text, _CRON_ALIASES)}"
        )
    parts = text.split()
    if len(parts) != len(_CRON_LIMITS):
        return f"{line!r} has {len(parts)} fields; write five: minute, hour, day of month, month, day of week"
    for part, (name, low, high) in zip(parts, _CRON_LIMITS, strict=True):
        for item in part.split(","):
            numbers = [int(number) for number in re.findall(r"\d+", item.partition("/")[0])]
            if not _CRON_PART.fullmatch(item) or any(not low <= number <= high for number in numbers):
                return f"{part!r} is no {name}; it goes from {low} to {high}"
    return None


def _about_layout(where: str, layout: Layout, last: bool) -> Iterator[str]:
    if layout.valid_until is None and not last:
        yield f"{where}.valid_until: is missing; every layout but the last says until when it was in use"
    names = ("title", "lead", "body", "byline", "published")
    selectors = [(name, value) for name in names if (value := getattr(layout, name)) is not None]
    selectors += [(f"remove[{place}]", value) for place, value in enumerate(layout.remove)]
    for name, selector in selectors:
        try:
            cssselect.parse(selector)
        except cssselect.SelectorError as error:
            yield f"{where}.{name}: {selector!r} is no CSS selector: {error}"


def _duration_fault(text: str) -> str | None:
    try:
        parse_duration(text)
    except ValueError as error:
        return str(error)
    return None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
