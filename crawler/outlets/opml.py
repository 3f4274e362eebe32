"""Lists of feeds as other readers write them (OPML 2.0), in and out. Pure; nothing is fetched.

A list comes from a stranger: entities, external references and huge trees are refused by the parser (SAFETY A1, A2), and
addresses that are not http or https are left out (A5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from crawler.addresses import belongs_to, canonical_address, host_of, registrable_domain
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.text import clean_line, fold

MAX_BYTES = 10 << 20
_COUNTRIES = {
    "pl": ("PL", "pl", "Europe/Warsaw"), "de": ("DE", "de", "Europe/Berlin"), "at": ("AT", "de", "Europe/Vienna"),
    "cz": ("CZ", "cs", "Europe/Prague"), "sk": ("SK", "sk", "Europe/Bratislava"), "lt": ("LT", "lt", "Europe/Vilnius"),
    "lv": ("LV", "lv", "Europe/Riga"), "ee": ("EE", "et", "Europe/Tallinn"), "ua": ("UA", "uk", "Europe/Kyiv"),
    "ru": ("RU", "ru", "Europe/Moscow"), "by": ("BY", "be", "Europe/Minsk"), "uk": ("GB", "en", "Europe/London"),
    "fr": ("FR", "fr", "Europe/Paris"), "it": ("IT", "it", "Europe/Rome"), "es": ("ES", "es", "Europe/Madrid"),
    "hu": ("HU", "hu", "Europe/Budapest"), "ro": ("RO", "ro", "Europe/Bucharest"),
}  # fmt: skip
"""Country, language and zone that a country domain suggests; a person corrects the file."""

NOWHERE = "ZZ"
"""The country of an outlet whose country nobody told yet (ISO 3166-1 leaves the code to its users)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFeed:
    """One feed of an OPML list."""

    title: str
    feed_url: str
    homepage: str | None
    group: str | None
    """Name of the folder it lay in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Where an outlet is at home, for files that do not say."""

    country: str
    language: str
    timezone: str


def read_opml(body: bytes) -> tuple[ListedFeed, ...]:
    """The feeds of the list, each address once. Raises ConfigError for what is no OPML."""
    if len(body) > MAX_BYTES:
        raise ConfigError(f"the list is larger than {MAX_BYTES >> 20} MiB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"the list is not valid XML: {error.msg}") from None
    if root.tag != "opml":
        raise ConfigError("the list is no OPML: its first element is not <opml>")
    feeds: dict[str, ListedFeed] = {}
    for outline in root.iter("outline"):
        url = canonical_address(outline.get("xmlUrl") or "", keep_query=("*",)) and (outline.get("xmlUrl") or "").strip()
        if not url or url in feeds:
            continue
        home = (outline.get("htmlUrl") or "").strip()
        parent = outline.getparent()
        feeds[url] = ListedFeed(
            title=clean_line(outline.get("title") or outline.get("text") or ""), feed_url=url,
            homepage=home if canonical_address(home) else None,
            group=clean_line(parent.get("text") or "") or None if parent is not None and parent.tag == "outline" else None,
        )  # fmt: skip
    return tuple(feeds.values())


def outlets_of(feeds: Iterable[ListedFeed], locale: Locale | None, month: str) -> tuple[Outlet, ...]:
    """One outlet for each domain, with all its feeds; `unverified` since `month`. `locale` wins over the country's domain.

    Raises ConfigError naming the domains that tell no country when `locale` is None.
    """
    by_domain: dict[str, list[ListedFeed]] = {}
    for feed in feeds:
        domain = registrable_domain(feed.homepage or feed.feed_url) or host_of(feed.homepage or feed.feed_url)
        if domain:
            by_domain.setdefault(domain, []).append(feed)
    homes = {domain: locale or suggested_locale(domain) for domain in by_domain}
    if silent := [domain for domain, home in homes.items() if home is None]:
        more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
        raise ConfigError(f"{', '.join(silent[:5])}{more}: no country is told: give --country, --language and --timezone")
    return tuple(
        _outlet(domain, listed, home, month)
        for (domain, listed), home in zip(by_domain.items(), homes.values(), strict=True)
        if home
    )


def split_known(feeds: Iterable[ListedFeed], outlets: Iterable[Outlet]) -> tuple[tuple[ListedFeed, ...], tuple[str, ...]]:
    """The feeds of sites that none of `outlets` is, and the slugs of those that are on the list: by feed address or by domain."""
    outlets = tuple(outlets)
    by_feed = {source.url: outlet.slug for outlet in outlets for source in outlet.sources}
    new: list[ListedFeed] = []
    known: dict[str, None] = {}
    for feed in feeds:
        owners = (one.slug for one in outlets if belongs_to(feed.homepage or feed.feed_url, one.domains))
        owner = by_feed.get(feed.feed_url) or next(owners, None)
        if owner:
            known[owner] = None
        else:
            new.append(feed)
    return tuple(new), tuple(known)


def write_opml(outlets: Iterable[Outlet], title: str = "Depesza") -> str:
    """The feeds of the outlets as OPML, groups as folders. Sitemaps and section pages have no place in OPML."""
    groups: dict[str | None, list[str]] = {}
    for outlet in outlets:
        for source in outlet.sources:
            if source.kind is SourceKind.FEED:
                name = f"{outlet.name}: {source.section}" if source.section else outlet.name
                row = (
                    f'<outline type="rss" text={quoteattr(name)} title={quoteattr(name)} '
                    f"xmlUrl={quoteattr(source.url)} htmlUrl={quoteattr(outlet.homepage)}/>"
                )
                groups.setdefault(outlet.group, []).append(row)
    body: list[str] = []
    for group in sorted(groups, key=lambda name: (name is not None, name or "")):
        rows = groups[group]
        body += [f"    {row}" for row in rows] if group is None else [
            f"    <outline text={quoteattr(group)}>", *(f"      {row}" for row in rows), "    </outline>",
        ]  # fmt: skip
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>{escape(title)}</title></head>\n  <body>\n'
    )
    return head + "\n".join(body) + "\n  </body>\n</opml>\n"


def slug_of(domain: str) -> str:
    """A slug from a domain: "kresy.pl" -> "kresy", "www.example.co.uk" -> "example"."""
    name = (registrable_domain(f"https://{domain}/") or domain).partition(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-") or "outlet"


def suggested_locale(domain: str) -> Locale | None:
    """What the last part of a domain suggests."""
    found = _COUNTRIES.get(domain.rpartition(".")[2])
    return Locale(country=found[0], language=found[1], timezone=found[2]) if found else None


def _outlet(domain: str, listed: list[ListedFeed], home: Locale, month: str) -> Outlet:
    title = min((feed.title for feed in listed if feed.title), key=len, default=domain)
    group = next((feed.group for feed in listed if feed.group), None)
    return Outlet(
        slug=slug_of(domain), name=title, homepage=next((feed.homepage for feed in listed if feed.homepage), None) or f"https://{domain}/",
        domains=(domain,), country=home.country, languages=(home.language,), timezone=home.timezone,
        sources=tuple(Source(kind=SourceKind.FEED, url=feed.feed_url) for feed in listed),
        group=re.sub(r"[^a-z0-9]+", "-", fold(group)).strip("-") or None if group else None, unverified=month,
    )  # fmt: skip
