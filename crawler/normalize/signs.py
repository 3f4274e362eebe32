"""Authors whom neither structured data nor a plain byline names, told by a second sign beside the name.

A name without any sign is nobody (README: it invented more than it found). The signs, in the order they are asked: a mark
("By", a class) in the head of the article, whatever the boxes around it are called; a link there to an address that spells the
name; one and the same byline wherever the page has one; a portrait with a writer's job and a text that does not speak of them. Not here: bylines in their usual place (`people.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from crawler.normalize.byline_words import AUTHOR_PATH, BYLINE_WORDS, LABEL, PICTURE, WRITTEN
from crawler.normalize.draft import Draft
from crawler.normalize.head_lines import head_lines, runs_behind
from crawler.normalize.names import is_person, squash
from crawler.normalize.parsing import elements, tokens
from crawler.text import clean_line, fold

_LINES = 40
"""Runs of text of the head: buttons to share stand before the byline on many pages."""
_NEVER = frozenset(
    {"comment", "comments", "respond", "reply", "caption", "figcaption", "photo", "photographer", "copyright", "nav", "menu", "tags", "tag", "breadcrumb", "breadcrumbs", "quote"}
)  # fmt: skip
"""Boxes whose names wrote nothing, wherever they stand."""
_OTHERS = frozenset({"related", "teaser", "teasers", "recommended", "popular", "latest", "most", "carousel", "trending", "more"})
"""Boxes of other articles."""
_WRITES = re.compile(
    r"(?:[Ww]riters?|journalist\w*|Journalist\w*|[Rr]eporter\w*|[Ee]ditors?|[Cc]olumnist\w*|[Bb]loggers?|[Cc]orrespondent\w*|[Rr]edakteur\w*|[Aa]utor\w*|"
    r"[Dd]ziennikar\w+|[Rr]edaktor\w*|[Jj]ournaliste|[Pp]eriodista|[Gg]iornalista|[Aa]uthor)\b"
)
_DONE_BY = re.compile(
    r"(?:[Ll]ast |[Zz]uletzt )?(?:[Uu]pdated|[Mm]odified|[Pp]osted|[Pp]ublished|[Ww]ritten|[Cc]reated|[Aa]dded|[Ss]ubmitted|[Vv]eröffentlicht|[Gg]eschrieben|[Ee]rstellt|[Pp]ublié|[Pp]ublicado|[Pp]ubblicato|[Dd]odano|[Nn]apisan[eyo])"
    r"\b.{0,40}?\b(?:by|von|par|por|da|przez) (?=[^\W\d_a-z])"
)
_SYSTEM = re.compile(rf"(?:Author|Autor(?:ka|in)?|Tekst):|{_DONE_BY.pattern}")
_LAST = 4
"""Paragraphs at the end of a text that may be about its writer."""
_SHORT = 80
_AND = re.compile(r"(?:and|und|oraz|et|og|och|en|ja|ve|[,&yieіи|/])+", re.IGNORECASE)
_AND_INSIDE = re.compile(r"\s+(?:and|und|oraz|et|og|och|en|i|y|e)\s+|\s*[,&|/]\s*")
"""What stands between two names, as a run of its own and inside one."""


def signed(draft: Draft) -> Iterator[str]:
    """Texts that name who wrote the article, the surest sign first. Lazy: each sign looks through the page anew."""
    for sign in _SIGNS:
        yield from sign(draft)


def marked_in_the_head(draft: Draft) -> str:
    """ "By Jane Doe", the name behind a line "By" or "written by", the name in an element called byline or author, or ""."""
    found: list[str] = []
    behind = joined = False
    for line, holder in head_lines(draft.tree, draft.title, _LINES):
        around = _around(holder)
        if PICTURE.match(line) or any(tokens(node) & _NEVER for node in around) or is_below(draft, line):
            continue
        if found:
            if joined and _begins_with_a_name(line):
                found.append(line)
            elif not _AND.fullmatch(line):
                break
        elif behind or _is_written(line) or (_is_marked(around[:3]) and _begins_with_a_name(line)):
            found.append(line)
        joined = _AND.fullmatch(line) is not None or line.endswith((",", " and", " und", "&"))
        behind = LABEL.fullmatch(line) is not None
    return ", ".join(found)


def is_below(draft: Draft, line: str) -> bool:
    """The line ends the text: a signature is a credit (`cleaning.py`), no byline."""
    return any(line in paragraph and len(paragraph) < _SHORT for paragraph in draft.text.split("\n\n")[1:][-_LAST:])


def _in_the_head(draft: Draft) -> Iterator[str]:
    if line := marked_in_the_head(draft):
        yield line


def _linked_in_the_head(draft: Draft) -> Iterator[str]:
    """Names that are links to writers' pages whose addresses spell them (".../meet-the-team/jane-doe-p4")."""
    found = []
    for line, holder in head_lines(draft.tree, draft.title, _LINES):
        link = next((node for node in _around(holder) if node.tag == "a"), None)
        if link is None or not is_person(line) or any(tokens(node) & _NEVER for node in _around(link)):
            continue
        href = link.get("href") or ""
        if AUTHOR_PATH.search(href) and _spells(href, line):
            found.append(line)
    if found:
        yield ", ".join(dict.fromkeys(found))


def _profile(draft: Draft) -> Iterator[str]:
    """A short text beside a link to a writer's page that spells it ("Jane Doe" over "Articles by Jane"), the only one outside teasers."""
    names: dict[str, str] = {}
    for link in draft.tree.xpath("//a[@href]"):
        href = link.get("href")
        if not AUTHOR_PATH.search(href) or _is_of_others(link):
            continue
        near = (clean_line(str(raw)) for node in _around(link)[1:4] for raw in node.itertext())
        if name := next((text for text in near if is_person(text) and _spells(href, text)), ""):
            names.setdefault(squash(name), name)
    if len(names) == 1:
        yield from names.values()


def _one_for_all(draft: Draft) -> Iterator[str]:
    """The byline that all signed places of the page give, two at least; one is enough where the system says who wrote ("Posted by")."""
    said: dict[str, str] = {}
    places, counted = 0, set()
    for element in elements(draft.tree, "a", "span", "div", "p", "li", "em", "i", "small", "strong", "h4", "h5"):
        if len(element) > 4:
            continue
        marked = _is_marked([element]) or "author" in (element.get("rel") or "")
        text = _short_text(element)
        if not 4 < len(text) < _SHORT or not (_is_written(text) or (marked and is_person(text))):
            continue
        if not _is_of_others(element):
            if not any(node in counted for node in _around(element)[1:]):
                places += 2 if _SYSTEM.match(text) else 1
            counted.add(element)
            said.setdefault(squash(WRITTEN.sub("", _DONE_BY.sub("", text, count=1), count=1)), text)
    if places > 1 and all(key in max(said, key=len) for key in said):
        yield said[max(said, key=len)]


def _short_text(element: HtmlElement) -> str:
    """The element's text on one line where that is short, or "": most elements hold half the page, and are left after a few words."""
    parts, size = [], 0
    for part in element.itertext():
        parts.append(str(part))
        size += len(part.strip())
        if size > _SHORT:
            return ""
    return clean_line(" ".join(parts))


def _portrait(draft: Draft) -> Iterator[str]:
    """A picture's description and the line behind it are one name, the next line says that they write; once on the page, and not in its text."""
    names: dict[str, str] = {}
    for image in draft.tree.xpath("//img[@alt]"):
        name = image.get("alt").split(",")[0].strip()
        if not is_person(name) or _is_of_others(image):
            continue
        line, job = (*(text for text, _ in islice(runs_behind(image), 2)), "", "")[:2]
        if squash(line) == squash(name) and len(job) < _SHORT and _WRITES.search(job):
            names.setdefault(squash(name), name)
    text = fold("\n".join(draft.text.split("\n\n")[:-_LAST]))
    if len(names) == 1 and not any(re.search(rf"\b{re.escape(fold(name.split()[-1]))}\b", text) for name in names.values()):
        yield from names.values()


def _is_of_others(element: HtmlElement) -> bool:
    """It stands in a teaser, a comment, a caption or the like."""
    return any(node.tag in ("aside", "figure") or tokens(node) & (_NEVER | _OTHERS) for node in _around(element, 7))


def _spells(href: str, name: str) -> bool:
    """The last part of the address holds the name ("jane-doe", "doe-jane", "janedoe_123")."""
    path = unquote(urlsplit(href).path).rstrip("/")
    last = squash(path.rsplit("/", 1)[-1])
    words = name.split()
    return len(words) > 1 and (squash(name) in last or squash("".join(reversed(words))) in last)


def _is_marked(nodes: list[HtmlElement]) -> bool:
    return any(tokens(node) & BYLINE_WORDS for node in nodes)


def _begins_with_a_name(line: str) -> bool:
    return len(line) < _SHORT and is_person(_AND_INSIDE.split(line, maxsplit=1)[0].strip())


def _is_written(line: str) -> bool:
    """ "By Jane Doe", "Posted on 3 March 2025 by Jane Doe", and no book's line "by Jane Doe, 1721"."""
    return len(line) < _SHORT and bool(WRITTEN.match(line) or _DONE_BY.match(line)) and not re.search(r"\b1[0-8]\d\d\b", line)


def _around(element: HtmlElement, height: int = 4) -> list[HtmlElement]:
    """The element and those above it, as many as `height`, not the page itself."""
    above = (node for node, _ in zip(element.iterancestors(), range(height), strict=False))
    return [element, *(node for node in above if node.tag not in ("body", "html"))]


_SIGNS: tuple[Callable[[Draft], Iterator[str]], ...] = (
    _in_the_head,
    _linked_in_the_head,
    _profile,
    _one_for_all,
    _portrait,
)
