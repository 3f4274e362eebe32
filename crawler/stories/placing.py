"""Where a newcomer belongs, and what that changes: the partition of its cluster given the ids of stories that there are.

A story's id stays with most of its texts when it splits and goes on as an alias when it merges. Not here: the partition itself
(`partition`), carrying the moves out (`joining`, the batch).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crawler.model.story import StoryLeader, StoryState
from crawler.stories import window as w
from crawler.stories.partition import Node, partition, pull
from crawler.stories.window import Window


@dataclass(frozen=True, slots=True)
class Moves:
    """What becomes of texts that are in stories already."""

    parted: Mapping[str, str] = field(default_factory=dict)
    """Leader's article id -> the story it goes to, alone of its story."""
    absorbed: Mapping[str, str] = field(default_factory=dict)
    """Story -> the story that it merges into, with all its members, after those parted."""
    opened: tuple[str, ...] = ()
    """Stories among the targets that are not there yet."""

    def story_of(self, leader: StoryLeader) -> str:
        """The story of a leader after the moves."""
        return self.parted.get(leader.article_id) or self.absorbed.get(leader.story_id, leader.story_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A newcomer's place."""

    story_id: str
    opens: bool
    leads: bool
    moves: Moves


class _Room:
    """How full the stories are, those that are not there yet included."""

    def __init__(self, window: Window, outlet: str, there: set[str]) -> None:
        self.there = there
        self._window, self._outlet = window, outlet
        self._more: Counter[str] = Counter()
        self._of_outlet: Counter[tuple[str, str]] = Counter()

    def state(self, story_id: str) -> StoryState:
        """As it is, without what was taken."""
        return self._window.story(story_id, self._outlet) if story_id in self.there else StoryState()

    def take(self, story_id: str, members: int, leaders: Sequence[StoryLeader]) -> bool:
        """Take places for so many members with these leaders; False where they are too many, with the newcomer or of an outlet."""
        if self.state(story_id).members + self._more[story_id] + members >= w.MAX_MEMBERS:
            return False
        outlets = Counter(one.outlet for one in leaders)
        if any(self._of(story_id, one) + count > w.MAX_OF_OUTLET for one, count in outlets.items()):
            return False
        self._more[story_id] += members
        self._of_outlet.update({(story_id, one): count for one, count in outlets.items()})
        return True

    def _of(self, story_id: str, outlet: str) -> int:
        known = self._window.story(story_id, outlet).of_outlet if story_id in self.there else 0
        return known + self._of_outlet[story_id, outlet]


def place(
    window: Window, article_id: str, outlet: str, at: datetime, ties: Sequence[tuple[int, float]],
    cluster: Mapping[int, StoryLeader], name: Callable[[str], str],
) -> Place:  # fmt: skip
    """The place of an article with these ties among the leaders of its cluster."""
    leaders = {one.article_id: one for one in cluster.values()}
    room = _Room(window, outlet, {one.story_id for one in leaders.values()})
    if len(cluster) > w.MAX_CLUSTER:
        return _settled(room, article_id, _best_stories(ties, cluster), Moves(), name)
    nodes = [_node(one, cluster) for one in cluster.values()]
    nodes.append(Node(article_id=article_id, at=at, ties=tuple((cluster[n].article_id, s) for n, s in ties if n in cluster)))
    groups = partition(nodes)
    ids = _ids(groups, leaders, name)
    moves = _moves(room, groups, ids, leaders)
    at_home = next(place for place, group in enumerate(groups) if article_id in group)
    others = Counter(moves.story_of(leaders[one]) for one in groups[at_home] if one != article_id)
    if not others:
        return Place(story_id=name(article_id), opens=True, leads=True, moves=moves)
    return _settled(room, article_id, [one for one, _ in others.most_common()], moves, name)


def _node(leader: StoryLeader, cluster: Mapping[int, StoryLeader]) -> Node:
    ties = tuple((cluster[number].article_id, score) for number, score in leader.ties if number in cluster)
    return Node(article_id=leader.article_id, at=leader.at, ties=ties)


def _best_stories(ties: Sequence[tuple[int, float]], cluster: Mapping[int, StoryLeader]) -> list[str]:
    """Stories by how much their leaders pull, where the cluster is too large to be placed anew."""
    scores = dict(ties)
    support: dict[str, float] = {}
    for number, leader in cluster.items():
        support[leader.story_id] = support.get(leader.story_id, 0.0) + (pull(scores[number]) if number in scores else -w.APART)
    return sorted((one for one in support if support[one] > 0), key=lambda one: (-support[one], one))


def _settled(room: _Room, article_id: str, stories: Sequence[str], moves: Moves, name: Callable[[str], str]) -> Place:
    """The first of these stories that is not full; else one of its own."""
    for story_id in stories:
        state = room.state(story_id)
        if state.members < w.MAX_MEMBERS and state.of_outlet < w.MAX_OF_OUTLET:
            return Place(story_id=story_id, opens=False, leads=state.leaders < w.MAX_LEADERS, moves=moves)
    return Place(story_id=name(article_id), opens=True, leads=True, moves=moves)


def _ids(groups: Sequence[Sequence[str]], leaders: Mapping[str, StoryLeader], name: Callable[[str], str]) -> dict[int, str]:
    """Group -> its story's id: a story's id goes to the group with most of its leaders, a group without one gets a new id."""
    counts: Counter[tuple[int, str]] = Counter()
    for place, group in enumerate(groups):
        counts.update((place, leaders[one].story_id) for one in group if one in leaders)
    ids: dict[int, str] = {}
    for (place, story_id), _ in counts.most_common():  # of as many, the story of the earlier text comes first
        if place not in ids and story_id not in ids.values():
            ids[place] = story_id
    for place, group in enumerate(groups):
        if place not in ids and (there := [one for one in group if one in leaders]):
            ids[place] = name(there[0])
    return ids


def _moves(room: _Room, groups: Sequence[Sequence[str]], ids: Mapping[int, str], leaders: Mapping[str, StoryLeader]) -> Moves:
    """What must move for the groups to be the stories of these ids, while there is room."""
    wanted = {one: ids[place] for place, group in enumerate(groups) for one in group if one in leaders}
    kept = set(ids.values())
    targets: dict[str, Counter[str]] = {}
    for one, target in wanted.items():
        targets.setdefault(leaders[one].story_id, Counter())[target] += 1
    absorbed: dict[str, str] = {}
    parted: dict[str, str] = {}
    for story_id in sorted(targets):
        main = story_id if story_id in kept else targets[story_id].most_common(1)[0][0]
        moving = [leaders[one] for one in wanted if leaders[one].story_id == story_id and wanted[one] == main]
        if main != story_id and room.take(main, room.state(story_id).members, moving):
            absorbed[story_id] = main
        for one in sorted(wanted):
            if (
                leaders[one].story_id == story_id
                and wanted[one] not in (main, story_id)
                and room.take(wanted[one], 1, [leaders[one]])
            ):
                parted[one] = wanted[one]
    opened = sorted({*parted.values(), *absorbed.values()} - room.there)
    return Moves(parted=parted, absorbed=absorbed, opened=tuple(opened))
