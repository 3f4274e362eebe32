"""One page of a sample as learning sees it: what first sight took of it, and the element that holds that. Not here: many pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from crawler.normalize.template.blocks import CONTENT_TAGS, Block, blocks_of, squeezed
from crawler.normalize.template.places import Sample
from crawler.normalize.template.selectors import first

LEAST_CHARS = 400
"""A shorter text says little of where the body stands."""
_HELD = 0.8
"""Of what first sight took, the body's element holds so much."""
_SHORT_KEY = 12
"""A shorter piece stands in many a text by chance."""
_MOST_OF_IT = 0.6
"""Of a block: the rest is a credit cut off its end, or the label before a name."""
_PARAGRAPHS = (CONTENT_TAGS | {"h1", "span", "strong", "b", "em", "a", "font"}) - {"td", "tr", "table", "tbody"}
"""None of these holds a body; old pages lay it out in a cell."""


@dataclass(slots=True, eq=False)
class Seen:
    """One page of the sample: its blocks, and which of them first sight took."""

    sample: Sample
    body: HtmlElement = field(init=False)
    """Holds the paragraphs."""
    root: HtmlElement = field(init=False)
    """Holds the body, and the credit lines beside it."""
    _text: str = field(init=False)
    _lines: frozenset[str] = field(init=False)
    _credits: frozenset[str] = field(init=False)
    _signed: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        draft = self.sample.draft
        credits = [squeezed(line) for line in draft.credits.split("\n")]
        lines = [line.removeprefix("- ") for text in (draft.text, draft.lead or "") for line in text.split("\n\n")]
        self._lines = frozenset((*map(squeezed, lines), *credits)) - {""}
        self._credits = frozenset(credits) - {""}
        self._signed = frozenset((*credits, squeezed(draft.byline))) - {""}
        self._text = "\n".join(self._lines)
        self.body = self.root = _holder(self.sample.tree, self.took)

    def took(self, block: Block) -> bool:
        """First sight has this block in its text, lead or credits."""
        key = squeezed(block.text)
        if len(key) < _SHORT_KEY:
            return key in self._lines
        return key in self._text or any(line in key for line in self._lines if len(line) > _MOST_OF_IT * len(key))

    def is_credit(self, block: Block) -> bool:
        """The block is a credit line: evidence, whatever else it is."""
        return self._is_one_of(block, self._credits)

    def is_signed(self, block: Block) -> bool:
        """... or the byline."""
        return self._is_one_of(block, self._signed)

    @staticmethod
    def _is_one_of(block: Block, keys: frozenset[str]) -> bool:
        key = squeezed(block.text)
        return any(line in key and len(line) > _MOST_OF_IT * len(key) for line in keys)

    def set_body(self, selector: str) -> bool:
        """Take the element of that selector for the body; whether it holds what first sight took."""
        found = first(self.sample.tree, selector)
        if found is None:
            return False
        self.body = self.root = found
        taken = sum(len(block.text) for block in blocks_of(found) if self.took(block))
        lead = len(self.sample.draft.lead or "")
        return taken >= _HELD * (len(self.sample.draft.text) - lead - LEAST_CHARS / 4)


def _holder(tree: HtmlElement, took: Callable[[Block], bool]) -> HtmlElement:
    """The deepest element of the page that holds most of the text that was taken, and is no paragraph itself."""
    body = next(tree.iter("body"), tree)
    weights: Counter[HtmlElement] = Counter()
    whole = 0
    for block in blocks_of(body):
        if took(block):
            size = len(block.text)
            whole += size
            weights[block.element] += size
            for above in block.element.iterancestors():
                weights[above] += size
    holder = body
    while (inner := next((child for child in holder if weights[child] >= _HELD * whole > 0), None)) is not None:
        holder = inner
    while holder.tag in _PARAGRAPHS and holder.getparent() is not None:
        holder = holder.getparent()
    return holder


def ancestor(element: HtmlElement, height: int) -> HtmlElement:
    """The element so many levels above."""
    for _ in range(height):
        element = element.getparent()
    return element
