"""Whether a template still holds: which pages are canaries, how far two texts agree, when an outlet is learned anew. Pure.

Not here: the extraction that a canary is compared with (`crawler.normalize.chain`), who asks (`crawler.spiders.known`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from crawler.model.template import Sighting, Standing, Template

LEAST_PAGES = 5
"""Below this there is no template."""
MOST_PAGES = 16
"""Of a sample: more teach little more, and each costs a first sight."""
MOST_FAILED = 5
"""After each failure of learning twice as many pages are waited for, up to 160."""
ONE_IN = 40
"""Canaries among the pages of a settled outlet ..."""
ONE_IN_OLD = 160
"""... and of one whose template has held for long: a redesign shows by what the page itself lacks, on the page that has it; a
canary finds what creeps in, and costs as much as eight known pages or more."""
OLD_PAGES = 400
ONE_IN_YOUNG = 8
"""... and of a template that few pages have seen."""
YOUNG_PAGES = 40
RECENT = 5
"""A redesign must show within so many pages."""
ENOUGH = 3
"""Of the recent pages: so many that do not fit, agree too little or hold something new are a redesign. One or two are not:
a gallery, a live report, a special."""
LOWER = 0.1
"""A canary that agrees by so much less than the least of the sample is low; its page is read by first sight."""
GROWN = 2
"""A template is learned again when it has seen so many times the pages it was learned from, until its sample is full."""
_WORD = re.compile(r"\w+")


def agreement(one: str, other: str) -> float:
    """F1 of the bags of words of two texts; 1.0 for two empty ones."""
    first, second = Counter(_WORD.findall(one.casefold())), Counter(_WORD.findall(other.casefold()))
    common = sum((first & second).values())
    if not first and not second:
        return 1.0
    return 2 * common / (sum(first.values()) + sum(second.values()))


def is_low(figure: float, template: Template) -> bool:
    """The canary's agreement is below what the sample lets expect."""
    return figure < template.least_agreement - LOWER


def is_canary(url: str, seen: int, recent: Sequence[Sighting]) -> bool:
    """Whether the page at `url` is also read by first sight: by the digest of its address, so that a page read again gives the same.

    `seen`: pages that met this template so far. After a page that does not fit, or a low canary, every page is one until a
    canary agrees again.
    """
    if recent and is_bad(recent[-1]):
        return True
    share = ONE_IN_YOUNG if seen < YOUNG_PAGES else ONE_IN if seen < OLD_PAGES else ONE_IN_OLD
    return int.from_bytes(sha256(url.encode()).digest()[:4]) % share == 0


def is_bad(sighting: Sighting) -> bool:
    """The page was read by first sight, as it does not fit or agrees too little."""
    return not sighting.fits or sighting.low


@dataclass(slots=True)
class Watch:
    """An outlet's template under watch: its pages are noted, and it says when to learn. State, but no store and no clock."""

    template: Template | None = None
    standing: Standing = field(default_factory=Standing)

    def canary(self, url: str) -> bool:
        """Whether the page at `url` is to be read by first sight too."""
        return self.template is not None and is_canary(url, self.standing.seen, self.standing.recent)

    def note(self, sighting: Sighting | None) -> str | None:
        """A page became an article. Returns why the template is given up, when this page was one too many."""
        old = self.standing
        if sighting is None or self.template is None or sighting.version != self.template.version:
            self.standing = replace(old, fresh=old.fresh + 1)
            return None
        recent = (*old.recent, sighting)[-RECENT:]
        self.standing = replace(
            old, seen=old.seen + 1, misses=old.misses + (not sighting.fits), canaries=old.canaries + (sighting.agreement is not None),
            low=old.low + sighting.low, recent=recent,
        )  # fmt: skip
        bad = [one for one in recent if is_bad(one)]
        if len(bad) < ENOUGH:
            return None
        why = f"{len(bad)} of the last {RECENT} pages were of another design: {bad[-1].why or 'too little agreement with first sight'}"
        self.template, self.standing = None, Standing(fresh=len(bad), why=why)
        return why

    def due(self) -> bool:
        """Whether to learn now: there are pages enough without a template, or things that it does not know, or many more pages."""
        now = self.standing
        if self.template is None:
            return now.fresh >= LEAST_PAGES << now.failed
        if sum(one.new for one in now.recent) >= ENOUGH:
            return True
        return self.template.pages < MOST_PAGES and now.seen >= (GROWN - 1) * self.template.pages

    def learned(self, template: Template | None, reason: str = "") -> None:
        """What learning gave. A template that still fits stays where it gave none."""
        if template is not None:
            self.template, self.standing = template, Standing()
        elif self.template is not None:
            self.standing = replace(self.standing, seen=0, recent=())
        else:
            self.standing = Standing(failed=min(self.standing.failed + 1, MOST_FAILED), why=reason)
