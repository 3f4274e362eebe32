"""The running text of a page: trafilatura on a tree without boxes, or the elements that the outlet's layout names.

Not here: what is cut from the text again (`cleaning.py`), headline and lead (`titles.py`, `leads.py`).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from crawler.errors import NormalizeError
from crawler.normalize.boxes import cut_boxes
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.inserts import cut_menus
from crawler.normalize.parsing import elements, tokens, visible_text, visible_words
from crawler.normalize.siblings import with_siblings
from crawler.text import clean_paragraphs

_LAYOUT_SHARE = 0.6
_LIVE = frozenset({"live", "liveblog", "liveticker", "ticker", "relacja"})
_UPDATES = frozenset({"liveblog", "live", "update", "liveticker"})
_PARAGRAPHS = ("p", "li", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "td", "dd", "dt")

_CAPTIONS = frozenset({"caption", "figcaption", "credit", "meta", "date", "author", "byline"})
_SENTENCE_END = re.compile(r"[^\W\d_]{2,}[.!?\u2026][\"'\u201d\u201c\u00bb)\]]*$")

_LEAST_BREAKS = 3
"""Double line breaks in one element that make a body out of it."""
_MENU_LINES, _MENU_WORDS = 12, 3
"""So many lines, most of so few words, are a menu."""


def extract_text(draft: Draft, setting: Setting) -> None:
    """Fill `text` with raw paragraphs, joined by blank lines; list items begin with "- ".

    Raises NormalizeError("no text") when the page holds none.
    """
    del setting
    text = ""
    if draft.layout and draft.layout.body:
        text = _by_layout(draft.tree, draft.layout.body, draft.layout.remove)
    if not text:
        text = _by_trafilatura(draft.tree, draft.layout.remove if draft.layout else ())
    if not text:
        raise NormalizeError("no text", "no running text was found on the page")
    draft.text = text


def _by_layout(tree: HtmlElement, selector: str, remove: tuple[str, ...]) -> str:
    tree = cut_boxes(copy.deepcopy(tree), remove)
    lines: list[str] = []
    for body in tree.cssselect(selector):
        inner = [element for element in elements(body, *_PARAGRAPHS) if next(element.iterdescendants(*_PARAGRAPHS), None) is None]
        lines += [f"- {text}" if element.tag == "li" else text for element in inner or [body] if (text := visible_text(element))]
    return clean_paragraphs("\n".join(lines))


def _by_trafilatura(tree: HtmlElement, remove: tuple[str, ...]) -> str:
    cut = cut_boxes(copy.deepcopy(tree), remove)
    whole = _joined_updates(_without_layout_tables(copy.deepcopy(cut)))
    lines = _asked(copy.deepcopy(whole))
    if _is_menu(lines):  # a short text below a long menu: once more without lists of links
        whole = _joined_updates(_without_layout_tables(cut_menus(cut)))
        lines = _asked(copy.deepcopy(whole))
    return clean_paragraphs("\n".join(with_siblings(_parted(lines, whole), whole)))


def _asked(work: HtmlElement) -> list[str]:
    document = bare_extraction(work, include_comments=False, include_tables=True, with_metadata=False)
    body = getattr(document, "body", None)
    return clean_paragraphs("\n".join(_lines(body))).split("\n\n") if body is not None else [""]


def _is_menu(lines: list[str]) -> bool:
    """Most lines are words of a menu."""
    short = sum(1 for line in lines if len(line.split()) <= _MENU_WORDS and not _SENTENCE_END.search(line))
    return len(lines) >= _MENU_LINES and short > len(lines) / 2


def _parted(lines: list[str], tree: HtmlElement) -> list[str]:
    """A page's text on a single line is what trafilatura's last resort gives (all text of the `article` element, headline and captions
    included): the paragraphs that stand in that line, where the page has paragraphs.
    """
    if len(lines) != 1:
        return lines
    found = [
        f"- {text}" if part.tag == "li" else text
        for part in elements(tree, *_PARAGRAPHS)
        if next(part.iterdescendants(*_PARAGRAPHS), None) is None
        and not tokens(part) & _CAPTIONS
        and not part.xpath("ancestor::figcaption")
        and not _is_linked(part)
        and (text := visible_text(part))
        and text in lines[0]
    ]
    return found if any(_SENTENCE_END.search(text) for text in found) else lines


def _is_linked(part: HtmlElement) -> bool:
    """All of it is links."""
    return visible_words(part) <= sum(visible_words(link) for link in elements(part, "a"))


def _joined_updates(tree: HtmlElement) -> HtmlElement:
    """The updates of a live blog, each an `article` below the headline, become parts of one: else the first alone would be the text."""
    updates = [
        part
        for part in elements(tree, "article")
        if tokens(part) & _UPDATES or any(tokens(above) & _LIVE for above in part.iterancestors("div", "section", "main"))
    ]
    if len(updates) > 1 and not any(next(elements(part, "h1"), None) is not None for part in updates):
        for part in updates:
            part.tag = "div"
        if (around := updates[0].getparent()) is not None and around.tag in ("div", "section"):
            around.tag = "article"
    return tree


def _without_layout_tables(tree: HtmlElement) -> HtmlElement:
    """Tables that only place things on the page (old sites) become divs, so that their paragraphs stay apart."""
    tables = list(elements(tree, "table"))
    whole = visible_words(tree) if tables else 0
    for table in tables:
        if visible_words(table) > _LAYOUT_SHARE * whole and table.xpath(
            ".//h1 | .//td[count(.//p) > 2] | .//td[count(.//br) > 5]"
        ):
            for node in list(elements(table, "table", "tbody", "thead", "tr", "td", "th")):
                node.tag = "div"
            for node in list(elements(table, "div", "font")):
                _part_by_breaks(node)
    return tree


def _part_by_breaks(element: HtmlElement) -> None:
    """Text that two line breaks and nothing else part into paragraphs becomes paragraphs: a short text of runs is lost among menus."""
    parts: list[tuple[str, list[HtmlElement]]] = [(element.text or "", [])]
    for child in element:
        before = child.getprevious()
        if child.tag == "br" and before is not None and before.tag == "br" and not (before.tail or "").strip():
            parts.append((child.tail or "", []))
        else:
            parts[-1][1].append(child)
    if len(parts) <= _LEAST_BREAKS:
        return
    element.text, element.tag = "", "div"
    for child in list(element):
        element.remove(child)
    for text, inner in parts:
        paragraph = element.makeelement("p")
        paragraph.text = text
        paragraph.extend(inner)
        element.append(paragraph)


def _lines(body: etree._Element) -> Iterator[str]:
    """The blocks of trafilatura's body, one line each."""
    for block in body:
        if block.tag == "list":
            for item in block.iter("item"):
                if text := _flat(item):
                    yield f"- {text}"
        elif block.tag == "table":
            for row in block.iter("row"):
                if text := " | ".join(cell for cell in (_flat(cell) for cell in row.iter("cell")) if cell):
                    yield text
        elif block.tag == "quote" and len(block):
            yield from (line for line in "\n".join(str(text) for text in block.itertext()).split("\n") if line.strip())
        else:
            yield from (line for line in _flat(block, breaks=True).split("\n") if line.strip())
        if block.tail and block.tail.strip():
            yield " ".join(block.tail.split())


def _flat(element: etree._Element, *, breaks: bool = False) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == "lb" and breaks:
            parts.append("\n")
        elif child.tag in ("p", "head", "item", "cell"):
            parts.append(" ")
        parts += [_flat(child, breaks=breaks), child.tail or ""]
    text = "".join(parts)
    return "\n".join(" ".join(line.split()) for line in text.split("\n")) if breaks else " ".join(text.split())
