"""Looking at sites for `outlets add` and `outlets check`: what was found, judged, and made into an outlet's file.

The look itself happens in a child process (`crawler.spiders.probe`), as politely as a crawl; nothing is filed.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.addresses import canonical_address, registrable_domain
from crawler.config import Locations
from crawler.errors import BackendUnavailable, ConfigError, DepeszaError
from crawler.model.outlet import Outlet, Politeness
from crawler.model.run import ProbeReport, SourceStatus
from crawler.outlets.checking import SLUG
from crawler.outlets.opml import NOWHERE, Locale, slug_of, suggested_locale
from scheduler.child_log import tell_person
from scheduler.crawling import CrawlRequest, check_clock, make_plan
from scheduler.launch import launch_crawl

TIME_LIMIT_S = 600.0
FEW_WORDS = 80
"""A trial article with fewer words than this was probably read badly, or is a stub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWish:
    """What the person typed for `outlets add`."""

    url: str
    slug: str | None = None
    locale: Locale | None = None
    private: bool = False


def probe(locations: Locations, outlets: Sequence[Outlet], verbose: bool = False) -> tuple[ProbeReport, ...]:
    """Look at the sites now. Raises ConfigError without a contact address, BackendUnavailable when the look did not end."""
    now = datetime.now(UTC)
    check_clock(now)
    plan = make_plan(locations, CrawlRequest(outlets=tuple(outlets), probe=True), now, secrets.token_hex(4))
    report = launch_crawl(plan, TIME_LIMIT_S, on_line=tell_person(verbose))
    if not report.finished:
        raise BackendUnavailable(f"the look at {len(outlets)} sites did not end: {report.error}")
    return report.probes


def verdict(report: ProbeReport) -> str:
    """ "ok", or what is wrong with the outlet's file or its site, in words."""
    configured = [one for one in report.sources if one.configured]
    good = [one for one in configured if one.status in (SourceStatus.OK, SourceStatus.EMPTY)]
    if report.error and not good:
        return report.error
    if not good:
        return "; ".join(dict.fromkeys(f"{one.status.value}: {one.error or one.source.url}" for one in configured)) or "no source"
    read = [one for one in report.articles if one.error is None]
    if report.articles and not read:
        return f"no article could be read: {report.articles[0].error}"
    if read and all(one.words < FEW_WORDS for one in read):
        return f"articles are read with few words (at most {max(one.words for one in read)})"
    dead = [one.source.url for one in configured if one not in good]
    moved = [f"{one.source.url} moved to {one.moved_to}" for one in configured if one.moved_to]
    return "; ".join([*(f"{url} does not answer" for url in dead), *moved]) or "ok"


def check_slug(slug: str | None, taken: Container[str]) -> None:
    """Raises ConfigError for a slug that no file can have, or that an outlet has already. None is any free one."""
    if slug is not None and not SLUG.fullmatch(slug):
        raise ConfigError(f"--slug {slug!r}: small letters, digits and hyphens are wanted")
    if slug is not None and slug in taken:
        raise ConfigError(f"--slug {slug}: there is such an outlet (`depesza outlets show {slug}`): choose another")


def bare_outlet(wish: SiteWish) -> Outlet:
    """An outlet of which only the address is known, to be looked at. Raises ConfigError for what is no web address."""
    host = urlsplit(wish.url).hostname if canonical_address(wish.url) else None
    if not host:
        raise ConfigError(f"{wish.url!r} is no web address: write it whole, with https://")
    locale = wish.locale or suggested_locale(host) or Locale(country=NOWHERE, language="en", timezone="UTC")
    return Outlet(
        slug=wish.slug or slug_of(host), name=host, homepage=wish.url, domains=(registrable_domain(wish.url) or host,),
        country=locale.country, languages=(locale.language,), timezone=locale.timezone,
        politeness=Politeness(allow_private=wish.private),
    )  # fmt: skip


def found_outlet(wish: SiteWish, bare: Outlet, report: ProbeReport) -> Outlet:
    """The outlet as the site describes itself, with what the person said on top.

    Raises DepeszaError when no source answered, ConfigError when nothing tells the country or the address is private.
    """
    good = tuple(one.source for one in report.sources if one.status is SourceStatus.OK)
    if not good:
        reasons = "; ".join(dict.fromkeys(f"{one.source.url}: {one.error or one.status.value}" for one in report.sources))
        found = report.error or reasons or "the page names none"
        if "private address" in found and not wish.private:
            raise ConfigError(f"{bare.homepage}: {found}; give --private if the site is on this machine or in your own network")
        raise DepeszaError(f"{bare.homepage}: no feed or sitemap was found ({found})")
    known = report.draft
    if known is None and wish.locale is None and bare.country == NOWHERE:
        raise ConfigError(f"{bare.homepage} does not tell its country: give --country, --language and --timezone")
    known = dataclasses.replace(known or bare, slug=bare.slug, sources=good, politeness=bare.politeness)
    if wish.locale is not None:
        others = tuple(one for one in known.languages if one != wish.locale.language)
        known = dataclasses.replace(
            known, country=wish.locale.country, languages=(wish.locale.language, *others), timezone=wish.locale.timezone
        )
    return dataclasses.replace(known, unverified=None)
