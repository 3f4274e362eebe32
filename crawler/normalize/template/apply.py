"""A page by its outlet's template: the raw paragraphs, or the reason why it does not fit. Never half an article.

What the template cannot vouch for (another container, a missing headline or lead, much text of an unknown kind or outside)
is left to first sight. Not here: learning (`learn.py`), cleaning, which comes after either (`crawler.normalize.cleaning`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import inf

from lxml import etree
from lxml.html import HtmlElement

from crawler.model.template import Template
from crawler.normalize.template.blocks import Block, blocks_of, frame_of, is_quotation, label_of, line_key, written_within
from crawler.normalize.template.selectors import first

_LEAST_CHARS = 150
_LONGER = 40
_NOTE_CHARS = 200
_LEAST_LEAD = 60
"""Characters that a lead has at least."""
_ANNOUNCING_CHARS = 60
_NEW_SHARE = 0.25
"""Text of unknown kinds, per character of known ones: beyond this the page is of another design."""
_LONG = 120
"""A paragraph of so many characters is running text."""
_LONG_PARAGRAPHS = etree.XPath(f"//p[string-length() >= {_LONG}]")
_OUTSIDE_MORE = 0.35
"""Long paragraphs outside the root, per character inside, beyond the most of the sample."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The page's raw text, paragraphs joined by blank lines, and the kinds left out that no page of the sample had."""

    text: str
    new: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why the template is not used on a page."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Sets:
    keep: frozenset[str]
    drop: frozenset[str]
    recurring: frozenset[str]
    labels: frozenset[str]
    longest: float
    """Characters of a line that may be one of those that recur: numbers in it may grow."""


def apply(tree: HtmlElement, template: Template) -> Fitted | Unfit:
    """The raw text of a page by the template. The tree is not changed."""
    root = first(tree, template.root)
    if root is None:
        return Unfit(f"no {template.root}")
    if template.title and first(tree, template.title) is None:
        return Unfit(f"no title at {template.title}")
    lead = first(tree, template.lead) if template.lead else None
    if template.always_lead and template.lead and lead is None:
        return Unfit(f"no lead at {template.lead}")
    if lead is not None and _is_behind(lead, root):
        return Unfit(f"{template.lead} stands behind the text: another article's lead")
    sets = _sets_of(template)
    lines: list[str] = []
    new: dict[str, int] = {}
    left_out: list[str] = []
    before: Block | None = None
    size = 0
    for block in blocks_of(root):
        known = _known(block.signature, sets)
        if known is None:
            new[block.signature] = new.get(block.signature, 0) + len(block.text)
            known = _is_text(block, template)
            left_out += [] if known else [block.signature]
            if not known and not lines and len(block.text) >= _LEAST_LEAD and not block.signature.endswith(":link"):
                return Unfit(f"above the text stands something new, {block.signature}: perhaps its lead")
        if not known and block.signature.endswith(":link") and before is not None and _is_label(before):
            size -= len(lines.pop())
        before = block if known and not _recurs(block, sets) else None
        if before is not None:
            lines.append(block.line)
            size += len(block.text)
    return (
        _judged(tree, template, lines, new, left_out)
        if size >= _LEAST_CHARS
        else Unfit(f"only {size} characters in {template.root}")
    )


def _is_behind(element: HtmlElement, other: HtmlElement) -> bool:
    """`element` begins where `other` has ended."""
    way = {above: below for below, above in pairwise((other, *other.iterancestors()))}
    for below, above in pairwise((element, *element.iterancestors())):
        if above is other:
            return False
        if above in way:
            return bool(above.index(below) > above.index(way[above]))
    return False


def without_recurring(text: str, template: Template) -> str:
    """First sight's text of a page that does not fit, without the lines that recur on the outlet's pages; never empty."""
    recurring = _sets_of(template).recurring
    lines = [line for line in text.split("\n\n") if line_key(line.removeprefix("- ")) not in recurring]
    return "\n\n".join(lines) or text


def long_outside(tree: HtmlElement, template: Template) -> float:
    """Long paragraphs outside the root, in characters, per character of those inside."""
    root = first(tree, template.root)
    if root is None:
        return 0.0
    found: list[HtmlElement] = _LONG_PARAGRAPHS(tree)  # type: ignore[assignment]  # this path gives a list of elements
    inside = outside = 0
    for paragraph in found:
        size = sum(map(len, paragraph.itertext()))
        if any(above is root for above in paragraph.iterancestors()):
            inside += size
        else:
            outside += size
    return outside / max(inside, _LEAST_CHARS)


def _judged(tree: HtmlElement, template: Template, lines: list[str], new: dict[str, int], left_out: list[str]) -> Fitted | Unfit:
    size = sum(map(len, lines))
    unknown = Counter[str]()
    for name, chars in new.items():
        unknown[frame_of(name, template.body) or name] += chars
    for frame in {frame_of(name, template.body) for name in new if name.endswith(":link")}:
        del unknown[frame]  # teasers, however many
    if unknown.total() > _NEW_SHARE * size:
        worst = max(unknown, key=lambda name: unknown[name])
        return Unfit(f"{unknown.total()} characters of a kind that the sample had not, beside {size} known ones: {worst}")
    if (outside := long_outside(tree, template)) > template.outside + _OUTSIDE_MORE:
        return Unfit(f"more running text outside {template.root} than the sample had ({outside:.2f} per character inside)")
    return Fitted("\n\n".join(lines), tuple(dict.fromkeys(left_out)))


def _known(signature: str, sets: _Sets) -> bool | None:
    """Text, no text, or a kind that the sample had not. A kind in bold is as good as the same one in plain type."""
    if signature in sets.keep:
        return True
    if signature in sets.drop:
        return False
    base, _, shape = signature.partition(":")
    return True if shape == "bold" and base in sets.keep else None


def _is_text(block: Block, template: Template) -> bool:
    """Of a kind that the sample had not: tags that writers use, right in the body, are text; boxes, links and notes in italics are none."""
    if block.signature.endswith(":italic") and len(block.text) <= _NOTE_CHARS:
        return False
    if frame_of(block.signature, template.body) and not is_quotation(block):
        return False
    return bool(written_within(block.signature, template.body))


def _is_label(block: Block) -> bool:
    """It announces what stands below it: "Read also:"."""
    return len(block.text) <= _ANNOUNCING_CHARS and block.text.endswith(":")


def _recurs(block: Block, sets: _Sets) -> bool:
    if len(block.text) <= sets.longest and line_key(block.text) in sets.recurring:
        return True
    label = label_of(block) if sets.labels else ""
    return bool(label) and line_key(label) in sets.labels


@lru_cache(maxsize=256)
def _sets_of(template: Template) -> _Sets:
    longest = template.longest_recurring + _LONGER if template.longest_recurring else inf
    keep, drop, recurring, labels = map(frozenset, (template.keep, template.drop, template.recurring, template.labels))
    return _Sets(keep, drop, recurring, labels, longest)
