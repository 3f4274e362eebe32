"""The decision: which leaders a text is alike to, which story that makes its own, and what that changes for its neighbours.

Pure but for the window it reads. Candidates come from shared fingerprints and are judged by all their grams (`likeness`); then the
texts that hang together are placed anew (`partition`), so that a text that comes late is placed as if it had come in time. Not
here: what becomes of a decision (`apply` writes the window's part; membership is `joining`'s or the batch's).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from crawler.fingerprints import Grams, grams_of
from crawler.model.article import Article
from crawler.model.story import StoryLeader
from crawler.stories import window as w
from crawler.stories.likeness import Gist, gist_of, likeness
from crawler.stories.placing import Moves, Place, place
from crawler.stories.window import Posting, Window

Name = Callable[[str], str]
"""The id of a story that an article opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A newcomer, as far as copies are concerned."""

    article_id: str
    outlet: str
    at: datetime
    seen_at: datetime
    hashes: tuple[int, ...]
    positions: tuple[int, ...]
    grams: Grams = field(repr=False)
    """All of its 3-grams, in text order."""

    @classmethod
    def of(cls, article: Article) -> Text:
        """The text of a filed article."""
        print_ = article.fingerprint
        return cls(
            article_id=article.id, outlet=article.outlet, at=article.published_at, seen_at=article.first_seen_at,
            hashes=print_.hashes, positions=print_.positions, grams=grams_of(article),
        )  # fmt: skip

    @property
    def day(self) -> int:
        """Ordinal of the UTC day."""
        return self.at.astimezone(UTC).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A newcomer beside one leader."""

    leader: StoryLeader
    containment: float
    """Share of the newcomer's live grams that the leader has."""
    leader_containment: float
    """Share of the leader's that the newcomer has."""
    raw_score: float
    """0 to 3, whatever is shared and whatever the outlets."""
    score: float
    """0 to 3; less where only a part is shared, 0 for an outlet's own update."""
    same_outlet_later: bool
    """Of one outlet, far apart and not nearly the same: a series or an update, never a copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to happen with a text."""

    story_id: str
    """The story it joins, or opens."""
    opens: bool
    match: Match | None
    """The leader it is closest to in that story."""
    leads: bool
    """It becomes a leader."""
    moves: Moves
    """What becomes of its neighbours, to be done first."""
    links: tuple[Match, ...]
    """Leaders of other stories that it shares much with."""
    ties: tuple[tuple[int, float], ...]
    """(number, score) of the leaders it is alike to."""
    live: tuple[tuple[int, int], ...]
    """Its live (hash, position)."""
    live_grams: Grams = field(repr=False)
    """All of its grams, 0 where one is a template's."""
    new_days: tuple[tuple[int, int], ...]
    """(hash, day) to be recorded."""
    stopped: tuple[int, ...]
    """Hashes met on so many days that nobody will look them up again."""


def decide(window: Window, text: Text, name: Name) -> Decision:
    """Compare `text` with the window. The text itself must not lead in it (a revised article is taken out first)."""
    postings, leaders, seen = _look_up(window, text)
    live = _live(text, seen)
    grams = _live_grams(text, live)
    days, stopped = _days_to_record(text, seen)
    matches: list[Match] = []
    if live and len(live) >= w.TEMPLATE_LIVE * len(text.hashes):
        matches = _matches(text, grams, _candidates(live, postings, leaders))
    ties = tuple((match.leader.number, match.score) for match in matches if match.score >= w.TIE)
    placed = _place(window, text, matches, ties, name)
    in_story = [match for match in matches if placed.moves.story_of(match.leader) == placed.story_id]
    links = [match for match in matches if placed.moves.story_of(match.leader) != placed.story_id and _is_link(match)]
    return Decision(
        story_id=placed.story_id, opens=placed.opens, match=max(in_story, key=_closeness, default=None), leads=placed.leads,
        moves=placed.moves, links=tuple(sorted(links, key=_closeness, reverse=True)[: w.MAX_LINKS]), ties=ties, live=live,
        live_grams=grams, new_days=days, stopped=stopped,
    )  # fmt: skip


def apply(window: Window, text: Text, decision: Decision) -> None:
    """Write the window's part of a decision: the leader, the days, the templates. The moves were done."""
    if decision.leads:
        add_leader(window, text, decision.story_id, decision)
    window.add_days(decision.new_days)
    if decision.stopped:
        window.drop_postings(decision.stopped)


def add_leader(window: Window, text: Text, story_id: str, decision: Decision) -> None:
    """Make `text` a leader of `story_id`, whatever the decision says of its story (the heir of a leader that left)."""
    leader = StoryLeader(
        article_id=text.article_id, story_id=story_id, outlet=text.outlet, at=text.at, seen_at=text.seen_at,
        live=len(decision.live), grams=decision.live_grams.astype("<u4").tobytes(), ties=decision.ties,
    )  # fmt: skip
    window.add_leader(leader, decision.live)


def _look_up(window: Window, text: Text) -> tuple[Sequence[Posting], Mapping[int, StoryLeader], dict[int, set[int]]]:
    """Places of the text's hashes in leaders around its time, those leaders, and the days each hash was met."""
    seen = {one: set(days) for one, days in window.days(text.hashes).items()}
    own = text.day
    stopped = _stopped(seen, own)
    wanted = [one for one in text.hashes if one not in stopped] if stopped else text.hashes
    postings = window.postings(wanted, text.at - w.WINDOW, text.at + w.WINDOW)
    leaders = window.leaders({number for _, number, _ in postings})
    days = {number: leader.at.astimezone(UTC).toordinal() for number, leader in leaders.items()}
    for one, number, _ in postings:
        if one in seen:
            seen[one].add(days[number])
        else:
            seen[one] = {days[number]}
    return postings, leaders, seen


def _live(text: Text, seen: Mapping[int, set[int]]) -> tuple[tuple[int, int], ...]:
    places, stopped = zip(text.hashes, text.positions, strict=True), _stopped(seen, text.day)
    return tuple([one for one in places if one[0] not in stopped]) if stopped else tuple(places)


def _stopped(seen: Mapping[int, set[int]], own: int) -> set[int]:
    """The hashes met on more than STOP_DAYS days, the own one not counted."""
    return {one for one, days in seen.items() if len(days) > w.STOP_DAYS and len(days) - (own in days) > w.STOP_DAYS}


def _live_grams(text: Text, live: Sequence[tuple[int, int]]) -> Grams:
    """All grams, 0 where the nearest one of the fingerprint is a template's: only those have their days counted."""
    if len(live) == len(text.hashes):
        return text.grams
    if not live:
        return np.zeros_like(text.grams)
    alive = {place for _, place in live}
    middles = np.convolve(np.array(text.positions), (0.5, 0.5), mode="valid")
    nearest = np.searchsorted(middles, np.arange(len(text.grams)))
    return np.where(np.array([place in alive for place in text.positions])[nearest], text.grams, np.uint32(0))


def _days_to_record(text: Text, seen: Mapping[int, set[int]]) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Days are counted lazily: rows for a hash only once it recurs on another day.

    Beyond two days more than STOP_DAYS a further one is recorded only when a week has passed, which keeps a template
    stopped without a row a day.
    """
    rows: list[tuple[int, int]] = []
    stopped: list[int] = []
    own = text.day
    today = {own}
    for one, days in seen.items():
        if days == today:
            continue
        enough = len(days) > w.STOP_DAYS + 1
        if enough:
            stopped.append(one)
        if not enough or max(days) + 7 <= own:
            rows += [(one, day) for day in {*days, own}]
    return tuple(rows), tuple(stopped)


def _candidates(
    live: Sequence[tuple[int, int]], postings: Iterable[Posting], leaders: Mapping[int, StoryLeader]
) -> list[StoryLeader]:
    """Leaders that share enough live fingerprints to be compared with, those that share most where they are too many."""
    alive = {one for one, _ in live}
    shared = Counter([number for one, number, _ in postings if one in alive])
    shares = {number: count / max(1, min(len(live), leaders[number].live)) for number, count in shared.items()}
    enough = [one for one, share in shares.items() if share >= 0.5 or (share >= w.MIN_SHARE and shared[one] >= w.MIN_SHARED)]
    if len(enough) > w.MAX_COMPARED:
        enough = sorted(enough, key=lambda one: (-shares[one], leaders[one].article_id))[: w.MAX_COMPARED]
    return [leaders[number] for number in sorted(enough)]


def _matches(text: Text, grams: Grams, leaders: Sequence[StoryLeader]) -> list[Match]:
    if not leaders:
        return []
    own = Gist.of(grams)
    found = []
    for leader in leaders:
        like = likeness(own, gist_of(leader.grams))
        apart = leader.outlet == text.outlet and abs(leader.at - text.at) > w.SAME_OUTLET_GAP
        later = apart and max(like.containment, like.other_containment) < w.REPEAT
        found.append(
            Match(
                leader=leader, containment=like.containment, leader_containment=like.other_containment, raw_score=like.whole,
                score=0.0 if later else like.score, same_outlet_later=later,
            )
        )  # fmt: skip
    return found


def _place(window: Window, text: Text, matches: Sequence[Match], ties: Sequence[tuple[int, float]], name: Name) -> Place:
    near = [number for number, score in ties if score >= w.JOIN]
    if not near:
        return Place(story_id=name(text.article_id), opens=True, leads=True, moves=Moves())
    return place(window, text.article_id, text.outlet, text.at, ties, window.cluster(near), name)


def _closeness(match: Match) -> tuple[float, float, float, str]:
    """Sort key: the closest; of those equally close the older one."""
    return (match.score, match.raw_score, -match.leader.at.timestamp(), match.leader.article_id)


def _is_link(match: Match) -> bool:
    return match.raw_score >= (w.TIE if match.same_outlet_later else w.LINK)
