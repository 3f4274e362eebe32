"""From pages of one outlet and what first sight made of them to a template, or to the reason why there is none yet.

The body's element is the one that holds what first sight took, page after page. Below it every kind of block (`blocks.py`) is
text or not by what first sight took of it over all pages: so the list that it lost on one page comes back, and the box that
it kept on one page goes. Lines that recur from page to page are no text of any. Not here: facts (`places.py`), use (`apply.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lxml.html import HtmlElement

from crawler.model.template import Template
from crawler.normalize.template.apply import Fitted, apply, long_outside
from crawler.normalize.template.blocks import blocks_of, squeezed
from crawler.normalize.template.check import LEAST_PAGES, MOST_PAGES, agreement
from crawler.normalize.template.kinds import with_kinds
from crawler.normalize.template.places import Sample, byline_place, date_place, lead_place, title_place
from crawler.normalize.template.seen import LEAST_CHARS, Seen, ancestor
from crawler.normalize.template.selectors import Pair, common_selector
from crawler.normalize.template.tongue import learn_tongue

NEWEST = 3
"""So many of the newest pages must all fit: else a redesign has begun that the sample does not show yet."""
_MOSTLY = 0.8
_LEAST_AGREEMENT = 0.75
_SHARED = 0.5
"""Of the pages: fewer that share a place are no majority."""
_UP = 3
"""Levels above the body's element in which leads and credit lines are looked for."""
_LEAST_FURTHER = 40
"""Characters of a lead."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A template, or the reason why there is none."""

    template: Template | None
    reason: str = ""


def learn(outlet: str, version: int, samples: Sequence[Sample], now: datetime) -> Learned:
    """Learn from `samples`, oldest first, of which the newest `MOST_PAGES` count. Pure; never raises on what pages hold."""
    samples = [one for one in samples if len(one.draft.raw) >= LEAST_CHARS][-MOST_PAGES:]
    if len(samples) < LEAST_PAGES:
        return Learned(None, f"{len(samples)} pages with a text of {LEAST_CHARS} characters; {LEAST_PAGES} are needed")
    seen = [Seen(one) for one in samples]
    selector = _body_selector(seen)
    if selector is None:
        return Learned(None, f"the body stands in another place on each of the {len(seen)} pages")
    fitting = [one for one in seen if one.set_body(selector)]
    if len(fitting) < max(LEAST_PAGES, _MOSTLY * len(seen)) or not all(one in fitting for one in seen[-NEWEST:]):
        return Learned(None, f"{selector} holds the body on {len(fitting)} of {len(seen)} pages, or not on the newest")
    root = _root_selector(fitting, selector)
    empty = Template(
        outlet=outlet, version=version, learned_at=now, pages=len(fitting), root=root, body="", keep=(), drop=()
    )  # fmt: skip
    kept = [one.sample for one in fitting]
    return _judged(_with_places(with_kinds(empty, fitting), kept), kept)


def _body_selector(seen: Sequence[Seen]) -> str | None:
    """The selector of the holders that most pages share; pages whose holder is another may still have such an element."""
    by_tag: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        by_tag[_shape(one.body)].append(one)
    group = max(by_tag.values(), key=len)
    if len(group) < _SHARED * len(seen):
        return None
    pairs: list[Pair] = [(one.sample.tree, one.body) for one in group]
    return common_selector(pairs)


def _shape(element: HtmlElement) -> str:
    """Tags from the element up: pages of one theme share them, whatever their classes."""
    return "<".join((element.tag, *(node.tag for node in element.iterancestors())))


def _root_selector(fitting: Sequence[Seen], selector: str) -> str:
    """The body's element, or the one a little above it that holds what else was taken: a lead, a credit line beside the body.

    A lead must stand there on most pages, a credit line on two: most texts have none.
    """
    needs = [_heights(one) for one in fitting]
    texts = sorted((text for text, _ in needs), reverse=True)[int(_MOSTLY * len(needs)) - 1]
    height = max(texts, sorted(credit for _, credit in needs)[-2])
    roots = [ancestor(one.body, height) for one in fitting]
    pairs: list[Pair] = [(one.sample.tree, root) for one, root in zip(fitting, roots, strict=True)]
    if not height or (found := common_selector(pairs)) is None:
        return selector
    for one, root in zip(fitting, roots, strict=True):
        one.root = root
    return found


def _heights(one: Seen) -> tuple[int, int]:
    """How many levels above its body a page has the nearest further text, and the nearest credit; 0 where there is none nearby."""
    known = {squeezed(block.text) for block in blocks_of(one.body)}
    lead = squeezed(one.sample.draft.lead or "")  # has a selector of its own
    text = credit = 0
    for height, node in zip(range(1, _UP + 1), one.body.iterancestors(), strict=False):
        if node.tag in ("body", "html"):
            break
        more = [block for block in blocks_of(node) if squeezed(block.text) not in known and one.took(block)]
        if not credit and any(one.is_credit(block) for block in more):
            credit = height
        if not text and any(
            len(block.text) >= _LEAST_FURTHER and not one.is_credit(block) and squeezed(block.text) != lead for block in more
        ):
            text = height
    return text, credit


def _with_places(draft: Template, samples: Sequence[Sample]) -> Template:
    lead = lead_place(samples)
    always = bool(lead) and all(one.draft.lead is not None for one in samples)
    found = {"title": title_place(samples), "lead": lead, "byline": byline_place(samples), "published": date_place(samples)}
    told = {
        "title": "first sight finds the title on each page",
        "lead": "first sight finds the lead on each page",
        "byline": "first sight finds the byline on each page",
        "published": "first sight finds the date on each page",
    }
    none = {"lead": "the pages have no lead", "byline": "the pages have no byline", "published": "JSON-LD or meta say the date"}
    why = [
        f"{name}: {selector}" if selector else none[name] if selector is not None else told[name]
        for name, selector in found.items()
    ]
    return replace(
        draft, title=found["title"], lead=lead, byline=found["byline"], published=found["published"], always_lead=always,
        why=(*draft.why, *why),
    )  # fmt: skip


def _judged(template: Template, samples: Sequence[Sample]) -> Learned:
    """The template on its own sample: it must fit and agree, and the figures are kept for the canary."""
    shares = [long_outside(one.tree, template) for one in samples]
    tongue = learn_tongue([one.draft.text for one in samples], [one.draft.language for one in samples])
    template = replace(template, outside=max(shares), tongue=tongue)
    figures: list[float] = []
    unfit = ""
    for one in samples:
        found = apply(one.tree, template)
        if isinstance(found, Fitted):
            figures.append(agreement(found.text, one.draft.raw))
        else:
            unfit = f"{one.draft.page.final_url}: {found.reason}"
    if len(figures) < _MOSTLY * len(samples):
        return Learned(None, f"what was learned fits {len(figures)} of its own {len(samples)} pages; {unfit}")
    mean = sum(figures) / len(figures)
    if mean < _LEAST_AGREEMENT:
        return Learned(None, f"it agrees with first sight to {mean:.2f} only ({_LEAST_AGREEMENT} is needed)")
    return Learned(replace(template, agreement=round(mean, 4), least_agreement=round(min(figures), 4)))
