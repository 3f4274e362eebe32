"""The decision: which story a text belongs to, whether it leads, which stories it shows to be one, what it only links to.

Pure but for the window it reads. The method is SYNDICATION's second way (November 2026); its numbers live in `window`.
Not here: what becomes of a decision (`apply` writes the window's part; membership is `joining`'s or the batch's).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.model.article import Article
from crawler.model.story import StoryLeader, StoryState
from crawler.stories import window as w
from crawler.stories.window import Posting, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A newcomer, as far as copies are concerned."""

    article_id: str
    outlet: str
    at: datetime
    seen_at: datetime
    hashes: tuple[int, ...]
    positions: tuple[int, ...]
    words: int

    @classmethod
    def of(cls, article: Article) -> Text:
        """The text of a filed article."""
        print_ = article.fingerprint
        return cls(
            article_id=article.id, outlet=article.outlet, at=article.published_at, seen_at=article.first_seen_at,
            hashes=print_.hashes, positions=print_.positions, words=print_.words,
        )  # fmt: skip

    @property
    def day(self) -> int:
        """Ordinal of the UTC day."""
        return self.at.astimezone(UTC).toordinal()

    @property
    def head_words(self) -> int:
        """Words of its lead."""
        return max(w.HEAD_WORDS, self.words // 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A newcomer beside one leader."""

    leader: StoryLeader
    containment: float
    """Cd: share of the newcomer's live fingerprints that the leader has."""
    leader_containment: float
    """CL: share of the leader's that the newcomer has."""
    lead: float
    """The same within the leads, the smaller of both ways."""
    same_outlet_later: bool
    """Of one outlet, far apart and not nearly the same: a series or an update, never a copy."""

    @property
    def raw_score(self) -> float:
        """0 to 3."""
        return self.containment + self.leader_containment + self.lead

    @property
    def score(self) -> float:
        """0 to 3; 0 for an outlet's own update."""
        return 0.0 if self.same_outlet_later else self.raw_score


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to happen with a text."""

    story_id: str | None
    """The story it joins; None: it opens one."""
    match: Match | None
    """The leader it is closest to in that story."""
    leads: bool
    """It becomes a leader (always, when it opens a story)."""
    absorbed: tuple[str, ...]
    """Stories that merge into the joined one."""
    links: tuple[Match, ...]
    """Leaders of other stories that it shares much with."""
    live: tuple[tuple[int, int], ...]
    """Its live (hash, position)."""
    new_days: tuple[tuple[int, int], ...]
    """(hash, day) to be recorded."""
    stopped: tuple[int, ...]
    """Hashes met on so many days that nobody will look them up again."""


def decide(window: Window, text: Text) -> Decision:
    """Compare `text` with the window. The text itself must not lead in it (a revised article is taken out first)."""
    postings, leaders, seen = _look_up(window, text)
    live = _live(text, seen)
    days, stopped = _days_to_record(text, seen)
    matches: list[Match] = []
    if live and len(live) >= w.TEMPLATE_LIVE * len(text.hashes):
        matches = _matches(text, dict(live), postings, leaders)
    best = _best_of_each_story(matches)
    joined, state = _choose(window, text, best, matches)
    leads = joined is None or _leads(text, joined, state)
    absorbed = _absorbed(window, text, (joined, state), best) if joined and leads else ()
    apart = {joined.leader.story_id, *absorbed} if joined else set()
    links = tuple(m for m in best if m.leader.story_id not in apart and m.raw_score >= w.JOIN / 2)
    return Decision(
        story_id=joined.leader.story_id if joined else None, match=joined, leads=leads, absorbed=absorbed,
        links=links[: w.MAX_LINKS], live=live, new_days=days, stopped=stopped,
    )  # fmt: skip


def apply(window: Window, text: Text, story_id: str, decision: Decision) -> None:
    """Write the window's part of a decision: the leader, the days, the templates."""
    if decision.leads:
        add_leader(window, text, story_id, decision.live)
    window.add_days(decision.new_days)
    if decision.stopped:
        window.drop_postings(decision.stopped)


def live_prints(window: Window, text: Text) -> tuple[tuple[int, int], ...]:
    """The live (hash, position) of a text that is to lead without a decision (the heir of a leader that left)."""
    _, _, seen = _look_up(window, text)
    return _live(text, seen)


def add_leader(window: Window, text: Text, story_id: str, live: Sequence[tuple[int, int]]) -> None:
    """Make `text` a leader of `story_id` with these live fingerprints."""
    leader = StoryLeader(
        article_id=text.article_id, story_id=story_id, outlet=text.outlet, at=text.at, seen_at=text.seen_at, live=len(live),
        head=sum(place < text.head_words for _, place in live), head_words=text.head_words, size=len(text.hashes),
    )  # fmt: skip
    window.add_leader(leader, live)


def _look_up(window: Window, text: Text) -> tuple[Sequence[Posting], Mapping[int, StoryLeader], dict[int, set[int]]]:
    """Places of the text's hashes in leaders around its time, those leaders, and the days each hash was met."""
    seen = {one: set(days) for one, days in window.days(text.hashes).items()}
    own = text.day
    wanted = [one for one in text.hashes if not _is_stopped(seen.get(one), own)] if seen else text.hashes
    postings = window.postings(wanted, text.at - w.WINDOW, text.at + w.WINDOW)
    leaders = window.leaders({number for _, number, _ in postings})
    days = {number: leader.at.astimezone(UTC).toordinal() for number, leader in leaders.items()}
    for one, number, _ in postings:
        seen.setdefault(one, set()).add(days[number])
    return postings, leaders, seen


def _live(text: Text, seen: Mapping[int, set[int]]) -> tuple[tuple[int, int], ...]:
    places, own = zip(text.hashes, text.positions, strict=True), text.day
    return tuple((one, place) for one, place in places if not _is_stopped(seen.get(one), own))


def _is_stopped(days: set[int] | None, own: int) -> bool:
    return days is not None and len(days) - (own in days) > w.STOP_DAYS


def _days_to_record(text: Text, seen: Mapping[int, set[int]]) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Days are counted lazily: rows for a hash only once it recurs on another day.

    Beyond two days more than STOP_DAYS a further one is recorded only when a week has passed, which keeps a template
    stopped without a row a day.
    """
    rows: list[tuple[int, int]] = []
    stopped: list[int] = []
    own = text.day
    for one, days in seen.items():
        if days == {own}:
            continue
        enough = len(days) > w.STOP_DAYS + 1
        if enough:
            stopped.append(one)
        if not enough or max(days) + 7 <= own:
            rows += [(one, day) for day in {*days, own}]
    return tuple(rows), tuple(stopped)


def _matches(text: Text, live: Mapping[int, int], postings: Iterable[Posting], leaders: Mapping[int, StoryLeader]) -> list[Match]:
    """Every leader that shares at least MIN_SHARED live fingerprints, or half of the shorter text's, in order of number."""
    shared: dict[int, list[int]] = {}
    head_words = text.head_words
    for one, number, place in postings:
        own_place = live.get(one)
        if own_place is None:
            continue
        counts = shared.setdefault(number, [0, 0, 0])
        counts[0] += 1
        counts[1] += own_place < head_words
        counts[2] += place < leaders[number].head_words
    head = sum(place < head_words for place in live.values())
    found = []
    for number in sorted(shared):
        count, in_head, in_leader_head = shared[number]
        leader = leaders[number]
        if count >= w.MIN_SHARED or 2 * count >= min(len(live), leader.live):
            own, theirs = count / len(live), count / max(1, leader.live)
            lead = min(in_head / max(1, head), in_leader_head / max(1, leader.head))
            later = leader.outlet == text.outlet and abs(leader.at - text.at) > w.SAME_OUTLET_GAP and max(own, theirs) < w.REPEAT
            found.append(Match(leader=leader, containment=own, leader_containment=theirs, lead=lead, same_outlet_later=later))
    return found


def _best_of_each_story(matches: Iterable[Match]) -> list[Match]:
    """The closest leader of each story, the best story first; where two are equal, the older one."""
    best: dict[str, Match] = {}
    for match in matches:
        known = best.get(match.leader.story_id)
        if known is None or (match.score, match.raw_score) > (known.score, known.raw_score):
            best[match.leader.story_id] = match
    return sorted(best.values(), key=lambda match: (-match.score, match.leader.at, match.leader.article_id))


def _choose(window: Window, text: Text, best: Iterable[Match], matches: Iterable[Match]) -> tuple[Match | None, StoryState]:
    """The first story that is close enough, to its first leader too, and not full; with its state."""
    scores = {match.leader.article_id: match.score for match in matches}
    for match in best:
        if match.score < w.JOIN:
            break
        state = window.story(match.leader.story_id, text.outlet)
        if state.members >= w.MAX_MEMBERS or state.of_outlet >= w.MAX_OF_OUTLET:
            continue
        if state.leaders <= 1 or scores.get(state.first_leader or "", 0.0) >= w.FIRST:
            return match, state
    return None, StoryState()


def _leads(text: Text, joined: Match, state: StoryState) -> bool:
    return (
        state.leaders < w.MAX_LEADERS
        and joined.leader_containment >= w.PROMOTE
        and len(text.hashes) > w.LONGER * max(1, state.longest)
    )


def _absorbed(window: Window, text: Text, joined: tuple[Match, StoryState], best: Iterable[Match]) -> tuple[str, ...]:
    """Stories that a new leader shows to be one with the joined story, while there is room."""
    chosen, state = joined
    room = w.MAX_MEMBERS - state.members - 1
    taken = []
    for match in best:
        if match is chosen or match.score < w.JOIN or max(match.containment, match.leader_containment) < w.MERGE:
            continue
        size = window.story(match.leader.story_id, text.outlet).members
        if size <= room:
            room -= size
            taken.append(match.leader.story_id)
    return tuple(taken)
