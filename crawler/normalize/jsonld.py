"""JSON-LD of a page: read leniently, flattened (`@graph`, lists, nesting), references resolved, the article's node chosen.

Not here: what the node's fields mean for the article (`structured.py`).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml.html import HtmlElement

from crawler.addresses import canonical_address
from crawler.text import fold

Node = dict[str, Any]

ARTICLE_TYPES = frozenset(
    {
        "article", "newsarticle", "reportagenewsarticle", "analysisnewsarticle", "opinionnewsarticle", "backgroundnewsarticle",
        "reviewnewsarticle", "asknewspublicaffairs", "liveblogposting", "blogposting", "socialmediaposting", "techarticle",
        "scholarlyarticle", "report", "advertisercontentarticle", "satiricalarticle", "medicalscholarlyarticle", "posting",
    }
)  # fmt: skip
"""schema.org types of a text (schema.org/Article and its kinds), lower case."""
INDEX_TYPES = frozenset({"collectionpage", "searchresultspage", "itemlist", "profilepage", "contactpage", "aboutpage"})
_MAX_NODES = 2000
_MAX_BYTES = 4_000_000
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_LONG_TEXT = re.compile(r'"(articleBody|description|text|reviewBody)"\s*:\s*".*?"(?=\s*(?:,\s*"@?\w+"\s*:|[}\]]))', re.DOTALL)
"""Properties that hold running text: the place of unescaped quotation marks, which spoil the whole block."""


def read_nodes(tree: HtmlElement) -> tuple[Node, ...]:
    """Every object of the page's JSON-LD blocks, outer before inner. Blocks that cannot be mended are passed over."""
    nodes: list[Node] = []
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        for node in _walk(_load(script.text or ""), 0):
            if len(nodes) >= _MAX_NODES:
                return tuple(nodes)
            nodes.append(node)
    return tuple(nodes)


def node_types(node: Node) -> frozenset[str]:
    """The node's types in lower case, without a namespace."""
    raw = node.get("@type", ())
    return frozenset(str(name).rsplit("/", 1)[-1].lower() for name in (raw if isinstance(raw, list) else [raw]) if name)


def choose_article(nodes: tuple[Node, ...], addresses: frozenset[str], titles: tuple[str, ...]) -> Node | None:
    """The node that is about this page, or None.

    A page lists other articles too (teasers, "most read"). Where several nodes are articles, the one whose address is the
    page's wins, then one whose headline is among the page's titles, then the one that says most.
    """
    known = [node for node in nodes if node_types(node) & ARTICLE_TYPES]
    if len(known) < 2:
        return known[0] if known else None
    folded = {fold(title) for title in titles if title}

    def rank(node: Node) -> tuple[bool, bool, bool, int]:
        own = any(address in addresses for address in _node_addresses(node))
        titled = fold(text_of(node.get("headline")) or "\0") in folded
        return own, titled, "datePublished" in node, len(node)

    return max(known, key=rank)


def resolve(value: Any, nodes: tuple[Node, ...]) -> Iterator[Any]:
    """The things a property names, one by one: lists opened, `{"@id": ...}` replaced by the node it points at."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, list):
            yield from resolve(item, nodes)
        elif isinstance(item, dict) and "@id" in item and "name" not in item:
            yield next((node for node in nodes if node.get("@id") == item["@id"] and "name" in node), item)
        elif item is not None:
            yield item


def text_of(value: Any) -> str | None:
    """A property as plain text: the first of a list, the `name` or `@value` of an object; None when there is none."""
    if isinstance(value, list):
        return next((text for item in value if (text := text_of(item))), None)
    if isinstance(value, dict):
        return text_of(value.get("name") or value.get("@value"))
    if isinstance(value, bool) or value is None:
        return None
    text = html.unescape(str(value)).strip()
    return text or None


def _load(raw: str) -> Any:
    if len(raw) > _MAX_BYTES:
        return None
    text = _WRAPPING.sub("", _WRAPPING.sub("", raw.strip())).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), _TRAILING_COMMA.sub(r"\1", html.unescape(text))):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return _load_several(text) or _load_without_texts(text)


def _load_without_texts(text: str) -> Any:
    """The block without its running texts, which the chain does not read."""
    try:
        return json.loads(_TRAILING_COMMA.sub(r"\1", _LONG_TEXT.sub(r'"\1": ""', text)), strict=False)
    except (ValueError, RecursionError):
        return None


def _load_several(text: str) -> list[Any] | None:
    """Objects written one after the other without a list around them."""
    decoder, place = json.JSONDecoder(strict=False), text.find("{")
    found: list[Any] = []
    while 0 <= place < len(text) and len(found) < 50:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            break
        found.append(value)
        place = text.find("{", end)
    return found or None


def _walk(value: Any, depth: int) -> Iterator[Node]:
    if depth > 12:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if isinstance(inner, dict | list) and key not in ("author", "creator", "publisher", "image", "comment", "isPartOf"):
                yield from _walk(inner, depth + 1)
            elif key in ("author", "creator", "publisher"):
                yield from (item for item in _walk(inner, depth + 1) if "@id" in item)


def _node_addresses(node: Node) -> Iterator[str]:
    for key in ("url", "@id", "mainEntityOfPage"):
        value = node.get(key)
        for item in value if isinstance(value, list) else [value]:
            raw = item.get("@id") or item.get("url") if isinstance(item, dict) else item
            if isinstance(raw, str) and (address := canonical_address(raw.split("#", 1)[0])):
                yield address
