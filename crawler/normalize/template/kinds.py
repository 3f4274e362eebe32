"""Which kinds of blocks are text on an outlet's pages, and which lines, labels and boxes recur from page to page.

A kind is a signature (`blocks.py`). Not here: where the body stands (`learn.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from crawler.model.template import Template
from crawler.normalize.template.blocks import (
    CONTENT_TAGS,
    Block,
    blocks_of,
    frame_of,
    is_quotation,
    label_of,
    line_key,
    written_within,
)
from crawler.normalize.template.seen import Seen

_TAKEN = 0.5
"""Of the characters of a kind: what first sight took mostly is text."""
_MAIN = 0.7
"""Of what was taken, the body's element holds so much; the rest is a lead or credits."""
_LIGHT = 0.15
"""Of a page's text: a box with more is a part of it."""
_LIGHT_LIST = 0.35
"""... and of a list of nothing but links, however many: beside a short text four headlines are a quarter."""
_FEW = 3
"""Italic or linked paragraphs of a page; an interview has more."""
_ODD, _SAME_SHARE = 2, 0.25
"""Pages, and share of the sample, on which a paragraph to the letter is no text of any ..."""
_ALIKE_SHARE = 0.4
"""... or one that differs in numbers alone ..."""
_LOUD_SHARE = 0.6
"""... or a heading or list item, which writers repeat: "What comes next"."""
_HEADING_CHARS = 60
_LOUD = ("h2", "h3", "h4", "h5", "h6", "li")


def with_kinds(draft: Template, fitting: Sequence[Seen]) -> Template:
    """`draft` with its kinds, recurring lines and labels, as the pages that it fits show them."""
    pages = [blocks_of(one.root) for one in fitting]
    recurring = _recurring(fitting, pages)
    prefix = _prefix(fitting)
    chars: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    kinds = {block.signature for blocks in pages for block in blocks}
    for one, blocks in zip(fitting, pages, strict=True):
        for block in blocks:
            if line_key(block.text) not in recurring or one.is_signed(block):
                chars[block.signature] += len(block.text)
                taken[block.signature] += len(block.text) * one.took(block)
    boxes = _boxes(fitting, pages, prefix) | _asides(pages, prefix)
    keep = {
        name
        for name, size in chars.items()
        if taken[name] >= _TAKEN * size and frame_of(name, prefix) not in boxes and name not in boxes
    }
    plain = {name for name in chars if name not in keep and name not in boxes and _is_plain(name, prefix)}
    labels = _labels(fitting, pages, keep | plain)
    longest = max((len(block.text) for blocks in pages for block in blocks if line_key(block.text) in recurring), default=1)
    why = [
        f"the body stands in {draft.root}" + (f", in {prefix}" if prefix else ""),
        f"kinds of blocks that are text, as first sight took most of each: {len(keep)}",
        *(f"{name} is text too: first sight loses it" for name in sorted(plain)),
        *(f"{name} is no text: a little of it stands beside the text here and there" for name in sorted(boxes)),
        f"kinds that are none: {len(kinds) - len(keep) - len(plain)}; lines that recur: {len(recurring)}; labels before links: {len(labels)}",
    ]
    return replace(
        draft, body=prefix, keep=tuple(sorted(keep | plain)), drop=tuple(sorted(kinds - keep - plain)),
        recurring=tuple(sorted(recurring)), longest_recurring=longest, labels=tuple(sorted(labels)), why=tuple(why),
    )  # fmt: skip


def _boxes(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]], prefix: str) -> set[str]:
    """Boxes of the theme inside the body that hold little of the text on every page: offers, embedded posts, notes.

    Where a box holds more, it is a part of the text under another name, and first sight decides; a quotation, where it has no link.
    """
    heavy: set[str] = set()
    met: Counter[str] = Counter()
    tops: Counter[str] = Counter()
    for one, blocks in zip(fitting, pages, strict=True):
        sizes: Counter[str] = Counter()
        for block in blocks:
            if frame := frame_of(block.signature, prefix):
                sizes[frame] += len(block.text)
                if one.is_credit(block) or is_quotation(block):
                    heavy.add(frame)
        whole = sum(len(block.text) for block in blocks if one.took(block))
        heavy.update(frame for frame, size in sizes.items() if size > _LIGHT * whole)
        met.update(sizes.keys())
        top = next((block for block in blocks if one.took(block)), None)
        if top is not None and (frame := frame_of(top.signature, prefix)):
            tops[frame] += 1  # a lead in a dress of its own
    return {frame for frame, pages_with in met.items() if frame not in heavy and tops[frame] < _TAKEN * pages_with}


def _asides(pages: Sequence[Sequence[Block]], prefix: str) -> set[str]:
    """Kinds of italic or linked paragraphs, of which a page has a few at most and none at its top: notes, offers, "read also"."""
    found: set[str] = set()
    many: set[str] = set()
    for blocks in pages:
        counts = Counter(block.signature for block in blocks if block.signature.endswith((":italic", ":link")))
        whole = sum(len(block.text) for block in blocks)
        sizes = Counter[str]()
        for block in blocks:
            sizes[block.signature] += len(block.text)
        found.update(counts)
        many.update(
            name
            for name, count in counts.items()
            if (sizes[name] > _LIGHT_LIST * whole if _is_list_of_links(name) else count > _FEW or sizes[name] > _LIGHT * whole)
        )
    tops = Counter(next((block.signature for block in blocks if block.signature.startswith(prefix)), "") for blocks in pages)
    return {name for name in found - many if tops[name] < _TAKEN * len(pages)}


def _is_list_of_links(signature: str) -> bool:
    """Headlines of other articles, as a writer's lists hold words of their own."""
    step, _, shape = signature.rpartition(">")[2].partition(":")
    return shape == "link" and step.partition(".")[0] == "li"


def _is_plain(signature: str, prefix: str) -> bool:
    """Written by an author (`written_within`), and none of its tags is named by the theme."""
    steps = written_within(signature, prefix)
    return bool(steps) and all(step in CONTENT_TAGS for step in steps)


def _prefix(fitting: Sequence[Seen]) -> str:
    """The signature, below the root, of the element that holds most of what was taken: the body, or a wrapper in it that has no class."""
    sizes: Counter[tuple[str, ...]] = Counter()
    whole = 0
    for one in fitting:
        for block in blocks_of(one.root):
            if one.took(block):
                whole += len(block.text)
                base = block.signature.partition(":")[0]
                steps = base.split(">") if base else []
                for end in range(1, len(steps) + 1):
                    sizes[tuple(steps[:end])] += len(block.text)
    prefix: tuple[str, ...] = ()
    while deeper := next(
        (
            steps
            for steps, size in sizes.items()
            if steps[:-1] == prefix
            and len(steps) == len(prefix) + 1
            and size >= _MAIN * whole
            and steps[-1].partition(".")[0] not in CONTENT_TAGS
        ),
        None,
    ):
        prefix = deeper
    return ">".join(prefix)


def _recurring(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]]) -> set[str]:
    """Keys of lines that stand on several pages; credit lines do too, and are wanted."""
    alike: dict[str, set[int]] = defaultdict(set)
    same: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    spared: set[str] = set()
    loud: set[str] = set()
    for number, blocks in enumerate(pages):
        for block in blocks:
            key = line_key(block.text)
            alike[key].add(number)
            same[key][block.text].add(number)
            if fitting[number].is_signed(block):
                spared.add(key)
            if _is_loud(block):
                loud.add(key)
    whole = len(pages)
    return {
        key
        for key, where in alike.items()
        if key not in spared
        and (
            len(where) > max(_ODD, (_LOUD_SHARE if key in loud else _ALIKE_SHARE) * whole)
            or (key not in loud and max(map(len, same[key].values())) >= max(_ODD, _SAME_SHARE * whole))
        )
    }


def _is_loud(block: Block) -> bool:
    step, _, shape = block.signature.rpartition(">")[2].partition(":")
    return step.partition(".")[0] in _LOUD or (shape == "bold" and len(block.text) <= _HEADING_CHARS)


def _labels(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]], keep: set[str]) -> set[str]:
    """Keys of the words before a colon or line's end that recur where links follow."""
    met: dict[str, set[int]] = defaultdict(set)
    for number, blocks in enumerate(pages):
        for block in blocks:
            if block.signature in keep and (label := label_of(block)) and not fitting[number].is_signed(block):
                met[line_key(label)].add(number)
    return {key for key, where in met.items() if len(where) > 1}
