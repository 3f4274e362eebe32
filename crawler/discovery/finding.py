"""The sources of a site that nobody has described yet, for `outlets add`: what its front page and robots.txt declare.

Candidates only: whoever asks them finds out which answer. Nothing is fetched here. Not here: the file that is written
(`crawler.outlets.writing`), the trial articles.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from lxml import html

from crawler.addresses import belongs_to, host_of, literal_ip, registrable_domain
from crawler.discovery.reading import plain_line, web_address
from crawler.discovery.sections import base_address, parse_page
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.outlets.opml import Locale, slug_of, suggested_locale

MAX_FOUND = 40
"""Sources of one site that are worth trying."""
FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json+feed"}
)
COMMON_FEEDS = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/.feed", "/rss/", "/index.xml", "/feed.json")
COMMON_SITEMAPS = (
    "/news-sitemap.xml",
    "/sitemap-news.xml",
    "/sitemap_news.xml",
    "/sitemaps/news.xml",
    "/sitemap.xml",
    "/sitemap_index.xml",
)
"""Where the outlets of the catalogue keep theirs, the most frequent first (November 2026)."""

_COMMENTS = re.compile(r"comment|komentar|kommentar|discussion|respon[sd]", re.I)
_FEED_LINK = re.compile(r"(?:/(?:rss|feed|atom)(?:/|\.xml|\.php|$)|\.(?:rss|rdf|atom|feed)$|/feed\.json$)", re.I)
_SITEMAP_LINE = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.I | re.M)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{2,4})?\b")
_ROBOTS_CHARS = 512 * 1024
_NAME_PARTS = re.compile(r"\s[-–—|•:]\s")


def find_sources(page: str, url: str, robots_txt: str | None = None) -> tuple[Source, ...]:
    """The feeds and sitemaps that a front page at `url` and its robots.txt declare, each address once, feeds first.

    Read are `<link rel=alternate>`, links that look like feeds, and `Sitemap:` lines (sitemaps.org). Feeds of comments are
    left out, and so is what does not belong to the site. Never raises.
    """
    site = registrable_domain(url) or host_of(url)
    if site is None:
        return ()
    tree = parse_page(page, url) if page.strip() else None
    declared: list[str] = []
    linked: list[str] = []
    if tree is not None:
        base = base_address(tree, url)
        declared = [address for link in tree.iter("link") if (address := _declared(link, base))]
        linked = [address for link in tree.iter("a") if (address := _linked(link, base)) and belongs_to(address, [site])]
    sitemaps = [
        address for line in _SITEMAP_LINE.findall((robots_txt or "")[:_ROBOTS_CHARS]) if (address := web_address(line, url))
    ]
    feeds = [Source(kind=SourceKind.FEED, url=address) for address in dict.fromkeys([*declared, *linked])]
    maps = [
        Source(kind=_sitemap_kind(address), url=address) for address in dict.fromkeys(sitemaps) if belongs_to(address, [site])
    ]
    maps.sort(key=lambda source: source.kind is not SourceKind.NEWS_SITEMAP)
    return (*feeds[: MAX_FOUND // 2], *maps[: MAX_FOUND // 2])


def common_sources(url: str) -> tuple[Source, ...]:
    """The addresses where sites of all kinds keep feeds and sitemaps: to be tried when nothing is declared. () for no address."""
    if host_of(url) is None:
        return ()
    feeds = [Source(kind=SourceKind.FEED, url=urljoin(url, path)) for path in COMMON_FEEDS]
    maps = [Source(kind=_sitemap_kind(path), url=urljoin(url, path)) for path in COMMON_SITEMAPS]
    return (*feeds, *maps)


def draft_outlet(page: str, url: str, sources: tuple[Source, ...], month: str, locale: Locale | None = None) -> Outlet:
    """An outlet for the site at `url` as its front page tells it: name, language; country and zone from the domain.

    `month` ("YYYY-MM") becomes `unverified`; `locale` wins over what the site says. Raises ConfigError when the site does not
    tell its country, or `url` is no web address.
    """
    host = host_of(url)
    if host is None:
        raise ConfigError(f"{url!r} is no web address: write it whole, with https://")
    domain = registrable_domain(url) or _with_port(url, host)
    known = locale or suggested_locale(domain)
    if known is None:
        raise ConfigError(f"{domain} does not tell its country: give --country, --language and --timezone")
    tree = parse_page(page, url) if page.strip() else None
    own = _language(tree)
    languages = tuple(dict.fromkeys([known.language] if locale or not own else [own]))
    return Outlet(
        slug=slug_of(host) if not literal_ip(host) else f"site-{re.sub('[^a-z0-9]+', '-', domain).strip('-')}",
        name=_name(tree) or domain,
        homepage=url,
        domains=(domain,),
        country=known.country,
        languages=languages,
        timezone=known.timezone,
        sources=sources,
        unverified=month,
    )


def _declared(link: html.HtmlElement, base: str) -> str | None:
    kinds = (link.get("type") or "").partition(";")[0].strip().lower()
    relations = (link.get("rel") or "").lower().split()
    if "alternate" not in relations or kinds not in FEED_TYPES or _COMMENTS.search(f"{link.get('title')} {link.get('href')}"):
        return None
    return web_address(link.get("href"), base)


def _linked(link: html.HtmlElement, base: str) -> str | None:
    address = web_address(link.get("href"), base)
    if address is None or _COMMENTS.search(address):
        return None
    return address if _FEED_LINK.search(urlsplit(address).path) else None


def _sitemap_kind(address: str) -> SourceKind:
    return SourceKind.NEWS_SITEMAP if "news" in urlsplit(address).path.lower() else SourceKind.SITEMAP


def _name(tree: html.HtmlElement | None) -> str | None:
    """`og:site_name`, else the shorter end of the title ("Kresy.pl – wiadomości" -> "Kresy.pl")."""
    if tree is None:
        return None
    for meta in tree.iter("meta"):
        if (meta.get("property") or meta.get("name") or "").lower() in ("og:site_name", "application-name"):
            name = plain_line(meta.get("content"))
            if name and len(name) <= 60:
                return name
    title = plain_line(tree.findtext(".//title"))
    return min(_NAME_PARTS.split(title), key=len)[:60] if title else None


def _language(tree: html.HtmlElement | None) -> str | None:
    declared = _LANGUAGE.match((tree.get("lang") or "").strip()) if tree is not None else None
    return declared[1].lower() if declared else None


def _with_port(url: str, host: str) -> str:
    """A host with its port: sites on one machine differ by it."""
    port = urlsplit(url).port
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name
