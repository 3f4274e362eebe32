"""What was learned of an outlet's pages: where body, headline, lead, byline and date stand, and what recurs (`Template`).

And what a page said of it (`Sighting`), and how it fares (`Standing`). Not here: learning and using (`crawler.normalize.template`), keeping (`crawler.store.templates`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """The part of the source of an outlet's pages that says all that the chain reads on them."""

    mark: str
    """How the tag of its element begins in the source, to the letter: `<article class="post`."""
    paragraphs: int
    """Behind the element: the most that a page of the sample had."""
    no_walls: tuple[str, ...] = ()
    """Signs of a wall that no page of the sample had there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The one language of an outlet's sample, by its commonest words."""

    language: str
    """ISO 639-1."""
    words: tuple[str, ...]
    """Case folded."""
    share: float
    """Of a text's words: so many of them at least tell the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One version of an outlet's template. Selectors are CSS, as in an outlet's hand-written `layouts`.

    A selector that is None was not agreed on: first sight finds that fact. One that is "" says that the pages of the
    sample had no such place, so that none is looked for.
    """

    outlet: str
    version: int
    """Counts up from 1 with each learning."""
    learned_at: datetime
    pages: int
    """Pages of the sample that it fits."""
    root: str
    """Selector of the element that holds the body and the credit lines around it."""
    body: str
    """Signature, below `root`, of the element that holds the paragraphs; "" when it is `root` itself."""
    keep: tuple[str, ...]
    """Signatures of blocks that are text."""
    drop: tuple[str, ...]
    """Signatures of blocks that are none: boxes, forms, captions, teasers."""
    recurring: tuple[str, ...] = ()
    """Keys of lines that recur from page to page in the place of text."""
    labels: tuple[str, ...] = ()
    """Keys of what recurs before links that change: "Read also"."""
    title: str | None = None
    lead: str | None = None
    byline: str | None = None
    published: str | None = None
    """"": JSON-LD or meta say it on every page."""
    always_lead: bool = False
    """Every page of the sample had a lead at its place."""
    outside: float = 0.0
    """Long paragraphs outside `root`, in characters, per character inside: the most that a page of the sample had."""
    agreement: float = 1.0
    """F1 of words between this template and first sight: the mean over the sample."""
    least_agreement: float = 1.0
    """The least of the sample."""
    excerpt: Excerpt | None = None
    """None: every page is parsed whole."""
    tongue: Tongue | None = None
    """None: the sample was in several languages, or too short to tell."""
    longest_recurring: int = 0
    """Characters of the longest line that recurs; 0: not known."""
    why: tuple[str, ...] = ()
    """For people: one sentence a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What one page said of the template that was tried on it."""

    version: int
    fits: bool
    """False: the page was read by first sight."""
    why: str = ""
    """Why it does not fit, or what was new on a page that fits."""
    agreement: float | None = None
    """With first sight, where the page was a canary."""
    low: bool = False
    """The canary agreed less than the sample did."""
    new: bool = False
    """The page fits, but holds blocks that no page of the sample had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an outlet and its template fare."""

    seen: int = 0
    """Pages that met this version ..."""
    misses: int = 0
    """... of which it does not fit so many ..."""
    canaries: int = 0
    """... and so many were read by first sight too ..."""
    low: int = 0
    """... of which so many agreed too little."""
    recent: tuple[Sighting, ...] = ()
    """The latest of this version, oldest first."""
    fresh: int = 0
    """Pages kept while the outlet has no template, since learning was last tried."""
    failed: int = 0
    """Times in a row that learning gave none."""
    why: str = ""
    """Why there is no template, or none any more; "" while there is one."""
