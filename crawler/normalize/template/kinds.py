"""Which kinds of blocks are text on an outlet's pages, and which lines, labels and boxes recur from page to page.

A kind is a signature (`blocks.py`). Not here: where the body stands (`learn.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from crawler.model.template import Template
from crawler.normalize.template.blocks import CONTENT_TAGS, Block, blocks_of, frame_of, label_of, line_key, written_within
from crawler.normalize.template.seen import Seen, height_between

_TAKEN = 0.5
"""Of the characters of a kind: what first sight took mostly is text."""
_SURE_CHARS = 250
"""A line of this length may be the background of a story told again, so it must recur on more pages ..."""
_SURE_PAGES = 3
_MARKED = 0.6
"""Of the pages that have a box, so many hold its recurring line."""
_BOX_SHARE = 0.35
"""Of a page's text: what holds more is no box."""


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
    framed = _framed(fitting, pages, recurring, prefix)
    keep = {name for name, size in chars.items() if taken[name] >= _TAKEN * size and frame_of(name, prefix) not in framed}
    plain = {name for name in chars if name not in keep and _is_plain(name, prefix)}
    labels = _labels(fitting, pages, keep | plain)
    why = [
        f"the body stands in {draft.root}" + (f", in {prefix}" if prefix else ""),
        f"{len(keep)} kinds of blocks are text, as first sight took most of each",
        *(f"{name} is text too: first sight loses it" for name in sorted(plain)),
        *(f"{name} is a box: the same line stands in it on most pages" for name in sorted(framed)),
        f"{len(kinds) - len(keep) - len(plain)} kinds are none, {len(recurring)} lines recur, {len(labels)} labels stand before links",
    ]
    return replace(
        draft, body=prefix, keep=tuple(sorted(keep | plain)), drop=tuple(sorted(kinds - keep - plain)),
        recurring=tuple(sorted(recurring)), labels=tuple(sorted(labels)), why=tuple(why),
    )  # fmt: skip


def _framed(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]], recurring: set[str], prefix: str) -> set[str]:
    """Boxes inside the body that hold a recurring line on most of the pages that have them, whatever else they say.

    A frame with much of the text is the body under another name, and no box.
    """
    met: dict[str, set[int]] = defaultdict(set)
    marked: dict[str, set[int]] = defaultdict(set)
    heavy: set[str] = set()
    for number, blocks in enumerate(pages):
        sizes: Counter[str] = Counter()
        for block in blocks:
            if frame := frame_of(block.signature, prefix):
                met[frame].add(number)
                sizes[frame] += len(block.text)
                if line_key(block.text) in recurring:
                    marked[frame].add(number)
                if fitting[number].is_signed(block):
                    heavy.add(frame)
        whole = sum(len(block.text) for block in blocks if fitting[number].took(block))
        heavy.update(frame for frame, size in sizes.items() if size > _BOX_SHARE * whole)
    return {
        frame
        for frame, where in met.items()
        if frame not in heavy and len(marked[frame]) > 1 and len(marked[frame]) >= _MARKED * len(where)
    }


def _is_plain(signature: str, prefix: str) -> bool:
    """Written by an author (`written_within`), and none of its tags is named by the theme."""
    steps = written_within(signature, prefix)
    return bool(steps) and all(step in CONTENT_TAGS for step in steps)


def _prefix(fitting: Sequence[Seen]) -> str:
    """The signature of the body's element below the root: what its own blocks have in common on the most pages."""
    found: Counter[str] = Counter()
    for one in fitting:
        inside = set(one.body.iter())
        starts = [block.signature.partition(":")[0] for block in blocks_of(one.root) if block.element in inside]
        depth = height_between(one.body, one.root)
        found.update({">".join(start.split(">")[:depth]) for start in starts[:1]})
    return found.most_common(1)[0][0] if found else ""


def _recurring(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]]) -> set[str]:
    """Keys of lines that stand on several pages; credit lines do too, and are wanted."""
    met: dict[str, set[int]] = defaultdict(set)
    spared: set[str] = set()
    sizes: dict[str, int] = {}
    for number, blocks in enumerate(pages):
        for block in blocks:
            key = line_key(block.text)
            met[key].add(number)
            sizes[key] = len(block.text)
            if fitting[number].is_signed(block):
                spared.add(key)
    return {
        key for key, where in met.items() if key not in spared and len(where) >= (_SURE_PAGES if sizes[key] > _SURE_CHARS else 2)
    }


def _labels(fitting: Sequence[Seen], pages: Sequence[Sequence[Block]], keep: set[str]) -> set[str]:
    """Keys of the words before a colon or line's end that recur where links follow."""
    met: dict[str, set[int]] = defaultdict(set)
    for number, blocks in enumerate(pages):
        for block in blocks:
            if block.signature in keep and (label := label_of(block)) and not fitting[number].is_signed(block):
                met[line_key(label)].add(number)
    return {key for key, where in met.items() if len(where) > 1}
