"""A tree as a list of blocks: pieces of running text, each with the signature of its place below the root.

One walk, used for learning and for using. A signature is the path of tags and stable class names ("div.box>ul>li"), and the
shape of the piece: ":link" when it is mostly links, ":bold" or ":italic" when all of it is. Not here: which blocks are text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from lxml.html import HtmlElement

from crawler.text import clean_line, fold

CONTENT_TAGS = frozenset(
    {"p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "table", "thead", "tbody", "tr", "td", "th", "dl", "dt", "dd"}
)  # fmt: skip
"""Tags that writers use inside a text; what themes put around it has others."""
_BLOCKS = CONTENT_TAGS | {
    "div", "section", "article", "aside", "header", "footer", "main", "nav", "figure", "figcaption", "form", "fieldset", "h1",
    "address", "center", "details", "summary", "caption", "tfoot", "hr", "body", "html",
}  # fmt: skip
_HIDDEN = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "button", "textarea", "input", "video", "audio",
     "canvas", "head", "label", "option"}
)  # fmt: skip
_NAMED = frozenset({"div", "section", "aside", "form", "article", "ul", "footer", "header"})
"""Tags whose id counts: ids of headings and paragraphs are anchors, another on every page."""
_DEEPEST = 60
"""Elements below this depth are read flat: bodies have a tenth of it, and a page may nest a thousand."""
_LINKED, _WHOLE = 0.6, 0.9
_INLINE = frozenset({"a", "b", "strong", "i", "em", "span"})
_DRESS = {"a": "a", "b": "b", "strong": "b", "i": "i", "em": "i"}
_LOUD = frozenset({"li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
"""Italics in these are a writer's emphasis; around a paragraph they set it apart from the text."""
_LABEL_CHARS, _LABELLED = 40, 0.5
_WIDEST_CELL = 200
"""A row with a longer cell lays the page out and is no table of figures."""
_MADE = re.compile(r"^(?:css|sc|jsx|jss|emotion|svelte|astro|e|c)-?[a-z]*\d[\w-]*$|^sc-|\d{3}|^[0-9a-f]{6,}$|^(?:is|has|js)-?$")
"""Class names that a build or a database made: hashes, numbers of articles."""
_SUFFIX = re.compile(r"(?:__|--|_)(?=[A-Za-z0-9]*(?:\d|[a-z][A-Z]|[A-Z]{2}))[A-Za-z0-9]{5,8}$")
"""What CSS modules put behind a name: "Body_text__3xY1z"."""
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_AROUND_TABLES = frozenset({"figure", "div"})
_TABLE = re.compile(r"(?:^|>)table[.>]")
_NO_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w-]*")
_STATES = frozenset({"first", "last", "odd", "even", "active", "lazyloaded", "lazyload", "clearfix", "loaded"})


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, heading, list item, table row, or run of text between line breaks."""

    signature: str
    text: str
    """One line; a list item without its dash."""
    item: bool
    element: HtmlElement
    """The innermost element of block level that holds it."""

    @property
    def line(self) -> str:
        """As it stands in an article's text."""
        return f"- {self.text}" if self.item else self.text


def blocks_of(root: HtmlElement) -> list[Block]:
    """The blocks below `root` in document order."""
    walker = _Walker()
    walker.inside(root, root, "", 0, "")
    walker.flush(root, "")
    return walker.found


def step_of(element: HtmlElement) -> str:
    """Tag, stable class names in alphabetical order, numbers in them alike, and the id where it counts: "div.article.col-0#main"."""
    return _step(element.tag, element.get("class") or "", (element.get("id") or "") if element.tag in _NAMED else "")


@lru_cache(maxsize=8192)
def stable_names(raw: str) -> tuple[str, ...]:
    """The names in a class attribute that a designer wrote: "Body_text__3xY1z post-81234 wide" -> "Body_text", "wide"."""
    found = {_SUFFIX.sub("", name) for name in raw[:1000].split()}
    return tuple(sorted(name for name in found if _is_written(name)))


def line_key(text: str) -> str:
    """Under which a line recurs: letters folded, every run of digits alike, the rest left out; short and safe to store."""
    folded = _DIGITS.sub("0", _NO_WORD.sub(" ", fold(text))).strip()
    return sha256(folded.encode()).hexdigest()[:16]


def label_of(block: Block) -> str:
    """ "Read also" of "Read also: Tide falls", where what follows is a link; "" for other blocks."""
    head, colon, _ = block.text.partition(":")
    if not colon or len(head) > _LABEL_CHARS:
        return ""
    links = (len("".join(link.itertext())) for link in block.element.iter("a"))
    return head if any(size >= _LABELLED * len(block.text) for size in links) else ""


def written_within(signature: str, body: str) -> tuple[str, ...]:
    """The steps from the body's element down to the block, where authors' tags alone lie between; () for links and all others."""
    base, _, shape = signature.partition(":")
    if shape == "link" or not (base.startswith(f"{body}>") if body else base):
        return ()
    steps = base[len(body) :].strip(">").split(">")
    while len(steps) > 1 and steps[0].partition(".")[0] in _AROUND_TABLES and steps[1].partition(".")[0] in ("table", "div"):
        steps.pop(0)
    return tuple(steps) if all(step.partition(".")[0] in CONTENT_TAGS for step in steps) else ()


def is_quotation(block: Block) -> bool:
    """A quotation by the writer: no link stands in it, while an embedded post has one to itself."""
    around = next((node for node in (block.element, *block.element.iterancestors()) if node.tag == "blockquote"), None)
    return around is not None and next(around.iter("a"), None) is None


@lru_cache(maxsize=8192)
def frame_of(signature: str, body: str) -> str:
    """The signature of the outermost box of the theme between the body's element and the block; "" when there is none.

    What stands around a table only is no box, and a quotation is one where the theme names it (an embedded post).
    """
    base = signature.partition(":")[0]
    if not base.startswith(f"{body}>") and body:
        return ""
    steps = base[len(body) :].strip(">").split(">") if base != body else []
    for place, step in enumerate(steps):
        tag, _, name = step.partition(".")
        if (tag not in CONTENT_TAGS and not _TABLE.search(base)) or (tag == "blockquote" and name):
            return ">".join(([body] if body else []) + steps[: place + 1])
    return ""


def squeezed(text: str) -> str:
    """Letters and digits alone, folded: for asking whether one text holds another."""
    return "".join(filter(str.isalnum, fold(text)))


def _is_written(name: str) -> bool:
    if not _PLAIN_NAME.fullmatch(name) or _MADE.search(name) or name in _STATES:
        return False
    pieces = _CAMEL.findall(name)
    return len(pieces) < 3 or len(name) / len(pieces) >= 3  # "bdVaJa": syllables of less than three letters are a hash


@lru_cache(maxsize=8192)
def _step(tag: str, names: str, ident: str) -> str:
    anchor = f"#{ident}" if ident and _is_written(ident) else ""
    return ".".join((tag, *(_DIGITS.sub("0", name) for name in stable_names(names)))) + anchor


class _Walker:
    """One walk: text gathers in a run until the next line break or block."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self._start()

    def _start(self) -> None:
        self._parts: list[str] = []
        self._linked = self._bold = self._italic = 0

    def add(self, text: str | None, dress: str) -> None:
        """A piece of text; `dress` has a letter for each of: a (link), b (bold), i (italic)."""
        if text:
            self._parts.append(text)
            if dress:
                size = len(text.strip())
                self._linked += size * ("a" in dress)
                self._bold += size * ("b" in dress)
                self._italic += size * ("i" in dress)

    def inside(self, element: HtmlElement, holder: HtmlElement, path: str, depth: int, dress: str) -> None:
        """What `element` holds; `holder` is the block around it, at `path`."""
        self.add(element.text, dress)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in _HIDDEN or child.get("hidden") is not None:
                pass
            elif tag in _INLINE and not len(child):
                self.add(child.text, dress + _DRESS.get(tag, ""))
            elif tag == "br":
                self.flush(holder, path)
            elif depth >= _DEEPEST:
                self.add(" ".join(child.itertext()), dress)
            elif tag == "tr" and _is_row(child):
                self._take_row(child, _below(path, step_of(child)))
            elif tag in _BLOCKS or (len(child) and next(child.iterdescendants(*_BLOCKS), None) is not None):
                self.flush(holder, path)
                below = _below(path, step_of(child))
                self.inside(child, child, below, depth + 1, "a" if tag == "a" or "a" in dress else "")
                self.flush(child, below)
            else:
                self.inside(child, holder, path, depth + 1, dress + _DRESS.get(tag, ""))
            self.add(child.tail, dress)

    def flush(self, holder: HtmlElement, path: str) -> None:
        """The run ends: it becomes a block where it holds text."""
        if not self._parts:
            return
        text = clean_line("".join(self._parts))
        if text:
            self.found.append(Block(path + self._shape(len(text), path), text, _is_item(path), holder))
        self._start()

    def _shape(self, size: int, path: str) -> str:
        if self._linked >= _LINKED * size:
            return ":link"
        if self._italic >= _WHOLE * size and path.rpartition(">")[2].split(".")[0] not in _LOUD:
            return ":italic"
        return ":bold" if self._bold >= _WHOLE * size else ""

    def _take_row(self, row: HtmlElement, path: str) -> None:
        text = " | ".join(cell for cell in (clean_line(" ".join(each.itertext())) for each in row) if cell)
        if text:
            self.found.append(Block(path, text, False, row))


def _is_item(path: str) -> bool:
    """A list item, or a paragraph in one."""
    above, _, last = path.rpartition(">")
    return last.split(".")[0] == "li" or (last.split(".")[0] == "p" and above.rpartition(">")[2].split(".")[0] == "li")


def _below(path: str, step: str) -> str:
    return f"{path}>{step}" if path else step


def _is_row(row: HtmlElement) -> bool:
    """A row of figures or short texts."""
    return all(isinstance(cell.tag, str) and len("".join(cell.itertext())) <= _WIDEST_CELL for cell in row)
