"""The month in several processes: each lives it for some of the outlets, on a store and a server of its own; one `Seen` comes of it.

Outlets know nothing of each other but that they are due together, so a part sees what the whole would see of them.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.scheduler.month.drive import Seen
from tests.scheduler.month.world import World


def part_of(world: World, number: int, parts: int) -> World:
    """Every `parts`-th outlet, from `number` on, with its articles and troubles."""
    rooms = world.rooms[number::parts]
    slugs = {room.slug for room in rooms}
    return World(
        rooms=rooms, start=world.start, days=world.days, published={slug: world.published[slug] for slug in slugs},
        troubles=[one for one in world.troubles if one.slug in slugs],
    )  # fmt: skip


def live_in_parts(
    parts: int, folder: Path, live_part: Callable[[int, Path], tuple[Seen, Counter[str]]]
) -> tuple[Seen, Counter[str]]:
    """`live_part(number, its folder)`, each in a process; what came of all, and what their servers were asked."""
    folders = [folder / f"part-{number}" for number in range(parts)]
    for one in folders:
        one.mkdir()
    with ProcessPoolExecutor(parts, mp_context=multiprocessing.get_context("spawn")) as processes:
        lived = list(processes.map(live_part, range(parts), folders))
    return joined([seen for seen, _ in lived]), sum((asked for _, asked in lived), Counter())


def joined(parts: Sequence[Seen]) -> Seen:
    """One of many; an incident's id holds the number of its part, for each store counts its own."""
    whole = Seen(away=parts[0].away)
    for number, one in enumerate(parts):
        for name in ("fired", "crawls", "polls"):
            getattr(whole, name).update(getattr(one, name))
        whole.found |= one.found
        whole.incidents += [replace(incident, id=incident.id * len(parts) + number) for incident in one.incidents]
    whole.incidents.sort(key=lambda one: (one.opened_at, one.id))
    return whole
