"""What the members of a story say together: whose text it is, where it began, what each made of it. Pure.

Three facts, kept apart (SYNDICATION): first published, first seen, and the origin by evidence. The earliest is not the
origin: in 3 of 12 Polish pairs the credited copy came later. Not here: reading credit lines (`crawler.normalize.credits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.model.attribution import Attribution, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.story import MemberRole

CARRIED = 0.80
"""Share of a text that must stand in the other for one to hold the other (SYNDICATION)."""
_STRENGTH = {
    EvidenceKind.OWN_SITE: 10.0,
    EvidenceKind.STRUCTURED_DATA: 1.0,
    EvidenceKind.BYLINE: 1.0,
    EvidenceKind.DATELINE: 1.0,
    EvidenceKind.CREDIT_LINE: 0.9,
    EvidenceKind.SIGN_OFF: 0.9,
    EvidenceKind.LABEL: 0.7,
}
"""How much a member's credit counts by its strongest evidence; kinds that are missing (mentions, pictures) count nothing."""
_SECOND_IN_CHAIN = 0.5
"""Weight of a source further down a chain: "Reuters / PAP" is Reuters' text that PAP handed on."""
_MAJORITY = 0.55
"""Share of the weight an agency needs when credits conflict; below it none is named: none is better than a wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A member of a story, as far as it tells where the text came from."""

    article_id: str
    outlet: str
    published_at: datetime
    date_is_told: bool
    """False when `published_at` is only the time of our first fetch."""
    first_seen_at: datetime
    attributions: tuple[Attribution, ...]
    closeness: float = 1.0
    """0 to 1: how much of the story's text it has. A text merged from two dispatches says less about either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFacts:
    """What `weigh` finds."""

    agency: str | None
    agency_confidence: float
    origin_article_id: str
    origin_reason: str
    first_published_at: datetime | None
    first_seen_at: datetime


def weigh(witnesses: Sequence[Witness]) -> StoryFacts:
    """The story's agency, origin and first times. `witnesses` must not be empty."""
    ordered = sorted(witnesses, key=by_time)
    agency, confidence = _agency(ordered)
    origin, reason = _origin(ordered, agency)
    told = [one.published_at for one in ordered if one.date_is_told]
    return StoryFacts(
        agency=agency, agency_confidence=round(confidence, 3), origin_article_id=origin.article_id, origin_reason=reason,
        first_published_at=min(told, default=None), first_seen_at=min(one.first_seen_at for one in ordered),
    )  # fmt: skip


def by_time(one: Witness) -> tuple[datetime, datetime, str]:
    """Sort key: the told time, then ours. A told time later than our own sight of the text is not believed."""
    return (min(one.published_at, one.first_seen_at), one.first_seen_at, one.article_id)


def role_of(containment: float, origin_containment: float) -> MemberRole:
    """Role of a member of whose text `containment` stands in the origin's, and that has `origin_containment` of it."""
    inside, whole = containment >= CARRIED, origin_containment >= CARRIED
    if inside and whole:
        return MemberRole.VERBATIM
    if inside:
        return MemberRole.ABRIDGED
    return MemberRole.EXTENDED if whole else MemberRole.EDITED


def containments(text: Iterable[int], other: Iterable[int]) -> tuple[float, float]:
    """Share of `text`'s fingerprints in `other`, and the other way round; 0 for an empty text."""
    one, two = set(text), set(other)
    both = len(one & two)
    return both / max(1, len(one)), both / max(1, len(two))


def credited_agencies(attributions: Iterable[Attribution]) -> dict[str, float]:
    """Agency -> weight, 0 to 1 (more on the agency's own site), of what one article says about its origin."""
    found: dict[str, float] = {}
    rank = 0
    for one in sorted(attributions, key=lambda each: each.position):
        if one.role not in (SourceRole.ORIGIN, SourceRole.CO_ORIGIN) or one.source_kind is not NamedSourceKind.AGENCY:
            continue
        strength = max(_STRENGTH.get(each.kind, 0.0) for each in one.evidence)
        weight = strength * one.confidence * (_SECOND_IN_CHAIN if rank else 1.0)
        rank += 1
        if weight > found.get(one.source, 0.0):
            found[one.source] = weight
    return found


def _agency(witnesses: Sequence[Witness]) -> tuple[str | None, float]:
    """The agency most of the evidence speaks for, and how surely (0 to 1)."""
    total: dict[str, float] = {}
    best_single: dict[str, float] = {}
    for one in witnesses:
        for agency, weight in credited_agencies(one.attributions).items():
            total[agency] = total.get(agency, 0.0) + weight * max(0.1, one.closeness)
            best_single[agency] = max(best_single.get(agency, 0.0), min(1.0, weight))
    if not total:
        return None, 0.0
    agency = max(total, key=lambda name: total[name])
    share = total[agency] / sum(total.values())
    if share < _MAJORITY:
        return None, 0.0
    return agency, best_single[agency] * share


def _origin(witnesses: Sequence[Witness], agency: str | None) -> tuple[Witness, str]:
    """The origin article and why, from the strongest reason there is. `witnesses` in order of time."""
    if agency:
        for one in witnesses:
            if _stands_on_own_site(one, agency):
                return one, f"it stands on the site of the agency ({agency}) itself"
    elif named := _outlet_named_by_others(witnesses):
        return named, f"other members name its outlet ({named.outlet}) as their source"
    if agency:
        for one in witnesses:
            if agency in credited_agencies(one.attributions):
                return one, f"the earliest known article that credits {agency}; the agency's own text is not known"
    if len(witnesses) == 1:
        return witnesses[0], "the only known article; it credits nobody"
    return witnesses[0], "the earliest known article; nobody is credited"


def _stands_on_own_site(one: Witness, agency: str) -> bool:
    return any(
        each.source == agency and any(proof.kind is EvidenceKind.OWN_SITE for proof in each.evidence) for each in one.attributions
    )


def _outlet_named_by_others(witnesses: Sequence[Witness]) -> Witness | None:
    """The earliest article of the outlet that most members of other outlets credit as the origin."""
    votes: dict[str, int] = {}
    outlets = {one.outlet for one in witnesses}
    for one in witnesses:
        for each in one.attributions:
            names_outlet = each.source_kind is NamedSourceKind.OUTLET and each.role in (SourceRole.ORIGIN, SourceRole.CO_ORIGIN)
            if names_outlet and each.source in outlets and each.source != one.outlet:
                votes[each.source] = votes.get(each.source, 0) + 1
    if not votes:
        return None
    most = max(votes, key=lambda outlet: votes[outlet])
    return next(one for one in witnesses if one.outlet == most)
