"""Which of the texts that hang together are one story: the partition in which most pairs pull the right way. Pure.

Being a copy is not transitive: versions of a running story and texts merged of two dispatches chain into heaps when each
newcomer follows its nearest neighbour. So every pair pulls, towards one story or apart, by how alike it is, and the partition
follows the sum (correlation clustering: Bansal, Blum, Chawla, "Correlation clustering", Machine Learning 56, 2004). It is a
function of the texts and not of the order in which they came. Not here: who is alike (`likeness`), names of stories (`matching`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from crawler.stories import window as w

_EPSILON = 1e-9
_ROUNDS = 4
"""Bound on the rounds of moving and merging; two are the most that was seen to be needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A text that is to be placed."""

    article_id: str
    at: datetime
    ties: tuple[tuple[str, float], ...]
    """(article, score) of those it is alike to; told by one of the two is enough."""


def pull(score: float) -> float:
    """-APART to 1: how much a pair of this score speaks for one story. 0 at JOIN, 1 half as much above it."""
    beyond = (score - w.JOIN) / (w.JOIN / 2)
    return min(1.0, beyond) if beyond >= 0 else max(-w.APART, beyond * w.APART)


def partition(nodes: Iterable[Node]) -> list[list[str]]:
    """The article ids of each story, the earliest first in every story, stories by their earliest."""
    ordered = sorted(nodes, key=lambda one: (one.at, one.article_id))
    pulls = _pulls(ordered)
    labels = _in_turn(pulls)
    for _ in range(_ROUNDS):
        labels, merged = _merged(pulls, labels)
        if not _move(pulls, labels) and not merged:
            break
    groups: dict[int, list[str]] = {}
    for node, label in zip(ordered, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(node.article_id)
    return list(groups.values())


def _pulls(nodes: Sequence[Node]) -> NDArray[np.float64]:
    """The pull of each pair. Texts that are not alike pull apart, unless they are too far apart in time to have been compared."""
    times = np.array([one.at.timestamp() for one in nodes])
    pulls = np.where(np.abs(times[:, None] - times[None, :]) <= w.WINDOW.total_seconds(), -w.APART, 0.0)
    places = {one.article_id: place for place, one in enumerate(nodes)}
    for place, node in enumerate(nodes):
        for other, score in node.ties:
            if (there := places.get(other)) is not None:
                pulls[place, there] = pulls[there, place] = pull(score)
    np.fill_diagonal(pulls, 0.0)
    return pulls


def _in_turn(pulls: NDArray[np.float64]) -> NDArray[np.int64]:
    """In order of time, each text to the story that pulls most, or to one of its own."""
    labels = np.zeros(len(pulls), dtype=np.int64)
    stories = 0
    for place in range(len(pulls)):
        support = np.bincount(labels[:place], weights=pulls[place, :place], minlength=1)
        best = int(np.argmax(support))
        if support[best] > _EPSILON:
            labels[place] = best
        else:
            labels[place], stories = stories, stories + 1
    return labels


def _merged(pulls: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[NDArray[np.int64], bool]:
    """Merge the two stories that pull one another most, until none do."""
    changed = False
    while True:
        names, labels = np.unique(labels, return_inverse=True)
        if len(names) < 2:
            return labels, changed
        member = np.eye(len(names))[labels]
        between = np.triu(member.T @ pulls @ member, 1)
        best = int(np.argmax(between))
        one, two = divmod(best, len(names))
        if between[one, two] <= _EPSILON:
            return labels, changed
        labels[labels == two] = one
        changed = True


def _move(pulls: NDArray[np.float64], labels: NDArray[np.int64]) -> bool:
    """Each text, in order of time, to the story that pulls it most, in place; whether any moved."""
    changed = False
    for place in range(len(labels)):
        support = np.bincount(labels, weights=pulls[place], minlength=int(labels.max()) + 2)  # the last one is a story of its own
        best = int(np.argmax(support))
        if support[best] > support[labels[place]] + _EPSILON:
            labels[place] = best
            changed = True
    return changed
