"""Whether a template still holds: which pages are canaries, how far two texts agree, when an outlet is learned anew. Pure.

Not here: the extraction that a canary is compared with (`crawler.normalize.chain`), who asks (`crawler.spiders.known`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from crawler.model.template import Sighting, Template

LEAST_PAGES = 5
"""Below this there is no template."""
MOST_PAGES = 16
"""Of a sample: more teach little more, and each costs a first sight."""
MOST_FAILED = 5
"""After each failure of learning twice as many pages are waited for, up to 160."""
ONE_IN = 40
"""Canaries among the pages of a settled outlet."""
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
    share = ONE_IN_YOUNG if seen < YOUNG_PAGES else ONE_IN
    return int(sha256(url.encode()).digest()[0]) % share == 0


def is_bad(sighting: Sighting) -> bool:
    """The page was read by first sight, as it does not fit or agrees too little."""
    return not sighting.fits or sighting.low


@dataclass(slots=True)
class Standing:
    """How an outlet and its template fare: what was seen lately, and whether it is to be learned (again) now."""

    template: Template | None = None
    seen: int = 0
    """Pages that met this version."""
    recent: list[Sighting] = field(default_factory=list)
    """The latest `RECENT` of this version, oldest first."""
    fresh: int = 0
    """Pages kept since the outlet has no template, or since learning failed."""
    failed: int = 0
    """Times in a row that learning gave none."""

    def canary(self, url: str) -> bool:
        """Whether the page at `url` is to be read by first sight too."""
        return self.template is not None and is_canary(url, self.seen, self.recent)

    def note(self, sighting: Sighting | None) -> str | None:
        """A page became an article. Returns why the template is given up, when this page was one too many."""
        if sighting is None or self.template is None or sighting.version != self.template.version:
            self.fresh += 1
            return None
        self.seen += 1
        self.recent = [*self.recent, sighting][-RECENT:]
        bad = [one for one in self.recent if is_bad(one)]
        if len(bad) < ENOUGH:
            return None
        self.template, self.fresh, self.failed, self.recent = None, len(bad), 0, []
        return f"{len(bad)} of the last {RECENT} pages were of another design: {bad[-1].why or 'too little agreement with first sight'}"

    def due(self) -> bool:
        """Whether to learn now: there are pages enough without a template, or things that it does not know, or many more pages."""
        if self.template is None:
            return self.fresh >= LEAST_PAGES << self.failed
        if sum(one.new for one in self.recent) >= ENOUGH:
            return True
        return self.template.pages < MOST_PAGES and self.seen >= (GROWN - 1) * self.template.pages

    def learned(self, template: Template | None) -> None:
        """What learning gave. An old template that still fits stays where it gave none."""
        self.recent, self.fresh = [], 0
        if template is not None:
            self.template, self.seen, self.failed = template, 0, 0
        else:
            self.failed, self.seen = min(self.failed + 1, MOST_FAILED), 0
