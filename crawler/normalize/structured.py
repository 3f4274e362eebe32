"""What a page says about itself to machines: JSON-LD, meta (OpenGraph, article:, Dublin Core, ...), microdata, as `Facts`.

Not here: which of several statements is believed (`titles.py`, `dates.py`, `people.py`, `access.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from crawler.addresses import canonical_address
from crawler.normalize.jsonld import ARTICLE_TYPES, INDEX_TYPES, Node, choose_article, node_types, read_nodes, resolve, text_of
from crawler.normalize.parsing import elements, visible_text
from crawler.text import clean_line, unescape

_VALUE_ATTRIBUTES = ("content", "datetime", "href", "src")
_ORGANISATIONS = frozenset(
    {"organization", "newsmediaorganization", "corporation", "website", "governmentorganization", "ngo", "brand"}
)
_OTHER_WORKS = frozenset({"videoobject", "imageobject", "comment", "podcastepisode", "audioobject", "book", "movie", "dataset"})
_IN_SCRIPT = re.compile(r'datePublished\\*"\s*:\s*\\*"(\d{4}-\d\d-\d\d[^"\\]{0,20})')
_MAX_SCRIPT = 1_000_000
_SOURCE_PROPERTIES = ("author", "creator", "contributor", "provider", "sourceOrganization", "copyrightHolder")


_HAS_PROPERTIES = etree.XPath("boolean(//*[@itemprop])")
_DAYS = etree.XPath(
    "//*[@itemprop='datePublished' and not(ancestor-or-self::*[contains(@itemtype, 'Comment')])]/@*[name()='content' or name()='datetime']"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name given as author. `person` is what the page says it is, None where it does not say."""

    name: str
    person: bool | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Structured statements of one page. Texts are cleaned lines; dates are still text."""

    article: Node = field(default_factory=dict)
    """The JSON-LD node of this article, {} when there is none."""
    types: frozenset[str] = frozenset()
    """Types of all JSON-LD nodes, lower case."""
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name, property or itemprop of meta elements in lower case -> contents in order."""
    microdata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """itemprop in lower case -> values in order, of the page's article scope where there is one."""
    authors: tuple[Name, ...] = ()
    """Of the JSON-LD article."""
    sources: tuple[str, ...] = ()
    """Names in author, provider, sourceOrganization, copyrightHolder, ... of JSON-LD, each once."""
    published: tuple[str, ...] = ()
    """datePublished of other nodes about this page: WebPage, Review, ...; then of any script that holds the word."""
    site_names: tuple[str, ...] = ()
    """What the page calls its outlet: og:site_name, publisher, WebSite."""

    pictures: tuple[Node, ...] = ()
    """What JSON-LD says of the article's picture: its ImageObject, the one it points at first."""
    organisations: tuple[str, ...] = ()
    """Names of JSON-LD nodes that are organisations and no persons."""

    def ld(self, *keys: str) -> str | None:
        """The first of these properties of the JSON-LD article that is a text."""
        return next((clean_line(text) for key in keys if (text := text_of(self.article.get(key)))), None)

    def tag(self, *names: str) -> str | None:
        """The first non-empty content of these meta names."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def item(self, *names: str) -> str | None:
        """The first non-empty microdata value of these properties."""
        return next((value for name in names for value in self.microdata.get(name, ()) if value), None)

    def is_index(self) -> bool:
        """The page calls itself a list and nothing on it an article."""
        return bool(self.types & INDEX_TYPES) and not self.article


def read_facts(tree: HtmlElement, url: str) -> Facts:
    """Every structured statement of a page met at `url`. Never raises on what a page holds."""
    meta = _read_meta(tree)
    nodes = read_nodes(tree)
    article = _own_article(tree, url, meta, nodes)
    return Facts(
        article=article,
        types=frozenset().union(*(node_types(node) for node in nodes)),
        meta=meta,
        microdata=_read_microdata(tree),
        authors=tuple(_names(article.get("author") or article.get("creator"), nodes)),
        sources=tuple(_sources(article, nodes)),
        published=tuple(_published(tree, nodes)),
        site_names=tuple(_site_names(meta, nodes, article)),
        pictures=tuple(_pictures(article, nodes)),
        organisations=tuple(name for node in nodes if _is_organisation(node) and (name := text_of(node.get("name")))),
    )


def _own_article(tree: HtmlElement, url: str, meta: Mapping[str, tuple[str, ...]], nodes: tuple[Node, ...]) -> Node:
    """The JSON-LD node of this page's article; {} when there is none. Addresses and titles are asked for where there are several."""
    if sum(bool(node_types(node) & ARTICLE_TYPES) for node in nodes) < 2:
        return choose_article(nodes, frozenset(), ()) or {}
    addresses = [url, *meta.get("og:url", ()), *(link.get("href") or "" for link in tree.xpath("//link[@rel='canonical']"))]
    known = frozenset(address for raw in addresses if (address := canonical_address(raw)))
    titles = (*meta.get("og:title", ()), *(visible_text(head) for head in elements(tree, "h1")))
    return choose_article(nodes, known, titles) or {}


def _read_meta(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in elements(tree, "meta"):
        content = clean_line(unescape(element.get("content") or ""))[:5000]
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            if content and (name := element.get(attribute)):
                found.setdefault(name.strip().lower(), []).append(content)
    return {name: tuple(values) for name, values in found.items()}


def _read_microdata(tree: HtmlElement) -> dict[str, tuple[str, ...]]:
    """Properties of the first article scope; where no scope is an article's, those outside every scope."""
    if not _HAS_PROPERTIES(tree):
        return {}
    scopes = [
        node
        for node in tree.xpath("//*[@itemscope and @itemtype]")
        if re.search("article|posting", node.get("itemtype"), re.IGNORECASE)
    ]
    found: dict[str, list[str]] = {}
    for element in (scopes[0] if scopes else tree).xpath(".//*[@itemprop]"):
        around = next((above for above in element.iterancestors() if above.get("itemscope") is not None), None)
        if around is not (scopes[0] if scopes else None) and not (
            around is not None and "webpage" in (around.get("itemtype") or "").lower()
        ):
            continue
        for name in element.get("itemprop").lower().split():
            if name != "articlebody" and (value := _value(element)):
                found.setdefault(name, []).append(value[:1000])
    return {name: tuple(values) for name, values in found.items()}


def _value(element: HtmlElement) -> str:
    """A property's value: the visible text of text elements, an attribute of others."""
    given = clean_line(next((value for name in _VALUE_ATTRIBUTES if (value := element.get(name))), ""))
    if element.tag == "abbr":  # Blogger: the whole time is the title, the text the hour alone
        given = given or clean_line(element.get("title") or "")
    inner = (
        next((node for node in element.xpath(".//*[@itemprop='name']")), element)
        if element.get("itemscope") is not None
        else element
    )
    text = visible_text(inner) or clean_line(inner.get("content") or "")
    return (text or given) if element.tag in ("a", "span", "div", "p") and not element.get("content") else (given or text)


def _is_organisation(node: Node) -> bool:
    types = node_types(node)
    return bool(types & _ORGANISATIONS) and "person" not in types


def _names(value: Any, nodes: tuple[Node, ...]) -> Iterator[Name]:
    for item in resolve(value, nodes):
        types = node_types(item) if isinstance(item, dict) else frozenset()
        person = True if "person" in types else False if types & _ORGANISATIONS else None
        names = item.get("name") if isinstance(item, dict) else item
        for name in names if isinstance(names, list) else [names]:
            if text := text_of(name):
                yield Name(clean_line(unescape(text)), person)


def _sources(article: Node, nodes: tuple[Node, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for key in _SOURCE_PROPERTIES:
        for name in _names(article.get(key), nodes):
            if name.name and name.name not in seen:
                seen.add(name.name)
                yield name.name


def _pictures(article: Node, nodes: tuple[Node, ...]) -> Iterator[Node]:
    given = article.get("image")
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, dict):
            yield from (node for node in nodes if "@id" in item and node.get("@id") == item["@id"])
            yield item


def _published(tree: HtmlElement, nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if (
            "datePublished" in node
            and not node_types(node) & (ARTICLE_TYPES | _OTHER_WORKS)
            and (text := text_of(node["datePublished"]))
        ):
            yield text
    if not any(node_types(node) & ARTICLE_TYPES for node in nodes):  # the page of a video says its day there alone
        videos = [node for node in nodes if "videoobject" in node_types(node)]
        yield from (text for node in videos[:1] if (text := text_of(node.get("uploadDate") or node.get("datePublished"))))
    for value in _DAYS(tree)[:1]:  # type: ignore[index]  # this path gives a list of attributes
        yield str(value)
    for script in tree.iter("script"):
        if match := _IN_SCRIPT.search((script.text or "")[:_MAX_SCRIPT]):
            yield match[1]
            break


def _site_names(meta: Mapping[str, tuple[str, ...]], nodes: tuple[Node, ...], article: Node) -> Iterator[str]:
    for key in ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "publisher", "copyright"):
        yield from (value for value in meta.get(key, ()) if len(value) < 60)
    for name in _names(article.get("publisher"), nodes):
        yield name.name
    for node in nodes:
        if node_types(node) & (_ORGANISATIONS | {"website"}) and (text := text_of(node.get("name"))):
            yield clean_line(text)
