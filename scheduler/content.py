"""Whether pages still become whole articles: texts, fields, length, walls and paywalls against the outlet's own weeks. Pure.

Each share is watched by a running sum (`scheduler.signs`) from its usual value to the one of a fault; a field that the outlet never gave is
not missed. Not here: sources that cannot be had (`scheduler.reach`), how much is told (`scheduler.volume`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.model.run import Outcome, OutletReport
from crawler.store.health import Verdict
from crawler.store.outlet_hours import FIELDS
from scheduler.baselines import PRIOR_BAD, Usual
from scheduler.signs import Signs, Sum

BROKEN_SHARE = 0.8
"""Of the pages give no text, or are walls, when something is broken: more than any usual outlet has."""
LEAST_BAD = 6
"""Pages or articles that show it, whatever their likelihood: one gallery published in parts is no redesign."""
FIELD_FROM = 0.5
"""A field that fewer articles have is not watched."""
FIELD_LEFT = 0.2
"""Of a field's usual share, what is left of it when its place moved."""
FIELD_LEAST_BAD = 12
"""Authors are missing on a run of agency texts, too."""
PAID_MORE = 0.6
"""Of what is not paid on the most usual of days becomes paid, when an outlet closes."""
SHORT = 0.6
"""Texts count as shorter when below this part of the usual length, on average."""
SHORT_WEIGHT = 1.25
"""Evidence of one article without any text, times (SHORT - its part of the usual length): with lengths that vary by 80 %, the sum drifts
down by half a unit an article while all is well."""
_UNKNOWN_HIGH, _HIGHEST = 0.2, 0.9
_READ = (Outcome.NEW, Outcome.REVISED, Outcome.UNCHANGED)
_NO_TEXT = (Outcome.NO_TEXT, Outcome.NO_ARTICLE, Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that is sure."""

    verdict: Verdict
    words: str
    """As a clause whose subject is the outlet."""
    since: datetime | None


def pages_without_text(report: OutletReport) -> int:
    """Pages that were read and gave no article, though they were no walls."""
    return min(sum(report.outcomes.get(one, 0) for one in _NO_TEXT), report.pages_fetched)


def watch(signs: Signs, report: OutletReport, usual: Usual, now: datetime) -> Signs:
    """The signs after one more crawl."""
    read = sum(report.outcomes.get(one, 0) for one in _READ)
    no_text, blocked = pages_without_text(report), report.outcomes.get(Outcome.BLOCKED, 0)
    signs = _share(signs, "text", (no_text, read + no_text), (_high(usual, "text"), BROKEN_SHARE), now)
    signs = _share(signs, "walls", (blocked, read + no_text + blocked), (_high(usual, "walls"), BROKEN_SHARE), now)
    new = report.observed.new
    if not usual.is_known or not new.count:
        return signs
    high = _high(usual, "paid")
    signs = _share(signs, "paid", (new.paid, new.count), (high, high + PAID_MORE * (1 - high)), now)
    for name in FIELDS:
        if 1 - _mean(usual, name) >= FIELD_FROM:
            missing, high = new.count - getattr(new, f"with_{name}"), _high(usual, name)
            signs = _share(signs, name, (missing, new.count), (high, 1 - (1 - high) * FIELD_LEFT), now)
    if 2 * new.paid >= new.count:  # what is shown of a paid article is its opening: its length says nothing
        return signs
    length = signs.sums.get("length", Sum())
    short_by = new.count * (SHORT - new.words / (new.count * usual.words)) if usual.words else 0.0
    return signs.with_sum("length", length.move(SHORT_WEIGHT * short_by, new.words, new.count, now))


def _high(usual: Usual, name: str) -> float:
    """The share on a bad day: a sum that starts from it does not rise on such days."""
    known = usual.shares.get(name) if usual.is_known else None
    return min(max(known.high if known else _UNKNOWN_HIGH, PRIOR_BAD), _HIGHEST)


def _share(signs: Signs, name: str, counts: tuple[int, int], shares: tuple[float, float], now: datetime) -> Signs:
    bad, seen = counts
    if shares[0] >= shares[1]:  # it always was so: nothing can be told by it
        return signs.with_sum(name, Sum())
    return signs.with_sum(name, signs.sums.get(name, Sum()).add(bad, seen, shares, now))


def findings(signs: Signs, usual: Usual) -> list[Finding]:
    """The faults that are sure now, the gravest first."""
    sums = signs.sums
    found: list[Finding] = []
    if (walls := sums.get("walls")) and walls.raised and walls.bad >= LEAST_BAD:
        words = f"shows a wall or a challenge instead of articles: on {walls.bad} of the last {walls.seen} pages"
        found.append(Finding(Verdict.BLOCKED, words, walls.since))
    if (text := sums.get("text")) and text.raised and text.bad >= LEAST_BAD:
        words = f"gives pages without a text that can be read: {text.bad} of the last {text.seen}, where {_percent(_mean(usual, 'text'))} is usual"
        found.append(Finding(Verdict.BROKEN, words, text.since))
    paid, short = sums.get("paid"), sums.get("length")
    if paid and paid.raised and paid.bad >= LEAST_BAD:
        words = f"asks money for {paid.bad} of its last {paid.seen} articles, where {_percent(_mean(usual, 'paid'))} is usual"
        found.append(Finding(Verdict.PAYWALLED, words, paid.since))
    for name in FIELDS:
        if (one := sums.get(name)) and one.raised and one.bad >= FIELD_LEAST_BAD:
            words = f"lacks the {name} on {one.bad} of its last {one.seen} articles; {_percent(1 - _mean(usual, name))} have it usually"
            found.append(Finding(Verdict.BROKEN, words, one.since))
    if short and short.raised and not (paid and paid.raised):
        words = f"gives texts of {short.bad / max(short.seen, 1):.0f} words on its last {short.seen} articles, where {usual.words:.0f} are usual"
        found.append(Finding(Verdict.BROKEN, words, short.since))
    return found


def _mean(usual: Usual, name: str) -> float:
    return usual.shares[name].mean if name in usual.shares else PRIOR_BAD


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
