"""Section pages: the links of a front or section page that lead to articles, by the source's link pattern or by their form.

Not here: feeds and sitemaps declared in a page (`finding`), text of pages (`crawler.normalize`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from lxml import etree, html

from crawler.addresses import belongs_to, canonical_address
from crawler.discovery.reading import MAX_ENTRIES, FeedReading, UnreadableSource, plain_line, web_address
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Source

MAX_SECTION_CHARS = 10 * 1024 * 1024
_MIN_TITLE = 12
"""Characters: a shorter link text is "More" or "Read on", no headline."""
_WORDS_IN_SLUG = 4
_SLUG = re.compile(r"[^/]+")
_LONG_NUMBER = re.compile(r"\d{5,}|\d{4}[-/]\d\d[-/]\d\d|[0-9a-f]{24,}")
_NO_ARTICLE = re.compile(
    r"/(?:tags?|tagi?|autor(?:zy)?|authors?|kategoria|category|categories|search|szukaj|login|logowanie|regulamin|kontakt|contact|"
    r"privacy|polityka-prywatnosci|about|o-nas|reklama|rss|feed|amp|wp-[\w-]+|page|strona)(?:/|$)|"
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|xml|css|js|rss)$",
    re.I,
)


def read_section(page: str, url: str, source: Source, domains: Sequence[str]) -> FeedReading:
    """The articles linked from a section page at `url`, in its order, each address once, with the link's text as title.

    With `source.link_pattern` (a glob over the path) exactly the matching links; without, those whose address looks like an
    article's. Only links within `domains`. A page without such links gives no entries and a warning. Raises UnreadableSource
    for an empty page; nothing else.
    """
    if not page.strip():
        raise UnreadableSource("an empty answer")
    titles: dict[str, str | None] = {}
    addresses: dict[str, str] = {}
    for address, text in _links(page[:MAX_SECTION_CHARS], url):
        if not belongs_to(address, domains) or not _is_wanted(address, source.link_pattern):
            continue
        key = canonical_address(address) or address
        if key == canonical_address(url):
            continue
        addresses.setdefault(key, address)
        if len(text or "") > len(titles.get(key) or ""):
            titles[key] = text
        if len(addresses) > MAX_ENTRIES:
            break
    entries = tuple(
        FeedEntry(url=address, title=_headline(titles.get(key)), section=source.section, position=place, source=url)
        for place, (key, address) in enumerate(list(addresses.items())[:MAX_ENTRIES])
    )
    wanted = f"matches {source.link_pattern}" if source.link_pattern else "looks like an article"
    return FeedReading(
        entries=entries,
        truncated=len(addresses) > MAX_ENTRIES,
        kind="section",
        warnings=() if entries else (f"no link on the page {wanted}",),
    )


def matches_pattern(url: str, pattern: str | None) -> bool:
    """Whether the path of `url` matches the glob; True without a pattern. `*` crosses slashes, `?` is one character."""
    if pattern is None:
        return True
    try:
        path = urlsplit(url).path or "/"
    except ValueError:
        return False
    return _compiled(pattern).match(unquote(path)) is not None


def looks_like_article(url: str) -> bool:
    """Whether an address has the form of an article's: a slug of four words or a long number, a date or an id in its path."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    if _NO_ARTICLE.search(path):
        return False
    slugs = _SLUG.findall(unquote(path))
    if not slugs:
        return False
    words = max(len(re.split(r"[-_,]", slug)) for slug in slugs)
    return words >= _WORDS_IN_SLUG or _LONG_NUMBER.search(path) is not None


def parse_page(page: str, url: str) -> html.HtmlElement | None:
    """The tree of an HTML page, or None when there is none. Never raises; asks no network.

    `huge_tree`: libxml2 otherwise drops whatever stands behind 256 nested elements, without an error.
    """
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser, base_url=url)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
    return tree if isinstance(tree, html.HtmlElement) else None


def base_address(tree: html.HtmlElement, url: str) -> str:
    """The address that relative links of a page are read against: <base href>, else the page's own."""
    base = tree.find(".//base[@href]")
    return (web_address(base.get("href"), url) if base is not None else None) or url


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    # fnmatch's regular expressions cannot backtrack for long: each part between two stars is found once (CPython issue 85222)
    return re.compile(translate(pattern))


def _links(page: str, url: str) -> list[tuple[str, str | None]]:
    tree = parse_page(page, url)
    if tree is None:
        return []
    base = base_address(tree, url)
    found = []
    for link in tree.iter("a"):
        address = web_address(link.get("href"), base)
        if address:
            found.append((address, plain_line(str(link.text_content())[:4000]) or plain_line(link.get("title"))))
    return found


def _is_wanted(address: str, pattern: str | None) -> bool:
    return matches_pattern(address, pattern) if pattern else looks_like_article(address)


def _headline(text: str | None) -> str | None:
    return text if text and len(text) >= _MIN_TITLE else None
