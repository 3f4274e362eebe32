"""Text becomes a tree, hardened; and the small questions asked of trees. Not here: what the elements mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HTMLParser, document_fromstring

from crawler.errors import NormalizeError
from crawler.text import clean_line

MAX_DEPTH = 1000
"""Nested elements; browsers flatten at 512, copies of deeper trees overflow the stack of libxml2 (fault F20)."""
MAX_ELEMENTS = 300_000
_UNPARSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PARSABLE = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""The rest: one run over all of a page is ten times faster than a search at every place, and most pages are sound."""
_PLAIN_ELEMENTS = etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
"""Every tag is an HtmlElement: lxml.html's own look-up asks Python for a class at each element, and nobody here fills in forms."""
_COUNT = etree.XPath("count(//*)")
_NONE: frozenset[str] = frozenset()
_HIDDEN = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "button", "textarea"})
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "td",
        "section",
        "article",
        "blockquote",
        "figure",
        "br",
    }
)


def parse_html(text: str) -> HtmlElement:
    """The tree of a page. Raises NormalizeError: "no text" for an empty page, "broken" for one nested or filled without measure.

    No network, no DTD, comments and processing instructions dropped. `huge_tree`, because libxml2 (2.14) otherwise cuts a page at
    256 nested elements without an error, and all behind it; with it at 2,048, which is beyond our own limit and so refused.
    """
    text = text if _PARSABLE.fullmatch(text) else _UNPARSABLE.sub("", text)
    if not text.strip():
        raise NormalizeError("no text", "the page is empty")
    try:
        tree = document_fromstring(text.encode("utf-8"), parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise NormalizeError("no text", f"not readable as HTML: {error}") from None
    _refuse_excess(tree)
    return tree


@cache
def _parser() -> HTMLParser:
    """One for all pages: to make it takes a tenth of the parsing of a small page. lxml gives each thread its own context of it."""
    parser = HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False
    )
    parser.set_element_class_lookup(_PLAIN_ELEMENTS)
    return parser


def visible_text(element: HtmlElement) -> str:
    """The text of an element on one line, without scripts and the like; blocks are parted by a blank."""
    return clean_line(_raw_text(element))


def visible_words(element: HtmlElement) -> int:
    """How many words `visible_text` has; cheaper than asking for it."""
    return len(_raw_text(element).split())


def tokens(element: HtmlElement) -> frozenset[str]:
    """Words of class and id in lower case, parted at anything but letters and digits, and at changes of case."""
    names, ident = element.get("class"), element.get("id")
    return _tokens_of(f"{names or ''} {ident or ''}"[:1000]) if names or ident else _NONE


@lru_cache(maxsize=8192)
def _tokens_of(raw: str) -> frozenset[str]:
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", raw)
    return frozenset(re.split(r"[^a-z0-9]+", parted.lower())) - {""}


def _raw_text(element: HtmlElement) -> str:
    parts: list[str] = []
    _collect(element, parts)
    return "".join(parts)


def elements(tree: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """Elements in document order (of these tags, or all), comments left out."""
    found: Iterator[HtmlElement] = tree.iter(*tags) if tags else tree.iter(etree.Element)
    return found


def holders_of_the_headline(tree: HtmlElement) -> frozenset[HtmlElement]:
    """All elements around the page's only `h1`: none of them is a box beside the article, whatever it is called ("content-sidebar-wrap")."""
    heads = list(elements(tree, "h1"))
    return frozenset(heads[0].iterancestors()) if len(heads) == 1 else frozenset()


def drop(element: HtmlElement) -> None:
    """Take an element out of its tree and keep the text behind it."""
    if element.getparent() is not None:
        element.drop_tree()


def _collect(element: HtmlElement, parts: list[str]) -> None:
    stack: list[tuple[HtmlElement | None, str]] = [(element, "")]
    while stack:
        node, tail = stack.pop()
        if node is None:
            parts.append(tail)
            continue
        if not isinstance(node.tag, str) or node.tag in _HIDDEN:
            continue
        block = " " if node.tag in _BLOCKS else ""
        parts.append(block + (node.text or ""))
        stack.append((None, block))
        for child in reversed(node):
            stack.append((None, child.tail or ""))
            stack.append((child, ""))


def _refuse_excess(tree: HtmlElement) -> None:
    count = int(_COUNT(tree))  # type: ignore[arg-type]  # this path gives a number
    if count <= MAX_DEPTH:  # too few to be nested too deep; most pages
        return
    if count > MAX_ELEMENTS:
        raise NormalizeError("broken", f"more than {MAX_ELEMENTS} elements")
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise NormalizeError("broken", f"more than {MAX_DEPTH} elements nested in one another")
