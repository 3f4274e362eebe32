"""Names of what an installation has in Elasticsearch, and which of it exists. Reads only; who makes and drops is `elastic_indices`.

With the prefix "depesza" generation 2 (of the mapping) is: the template `depesza-g2`, the empty index `depesza-base-g2`, which
proves that the generation exists, and an index a month of first sight, `depesza-2026-11-g2`, written through the alias
`depesza-2026-11-g2.write`. The generation in use stands behind the alias `depesza`, the one that a rebuild fills behind
`depesza.filling`. A prefix holds no dash (`indexer.config`), so two installations never share a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from crawler.errors import BackendUnavailable
from indexer.engines.elastic_client import place
from indexer.engines.elastic_entry import META
from indexer.retention import month_of

BASE = "base"
"""Stands where a calendar index has its month."""
_FACTS = "*.aliases,*.mappings._meta,*.settings.index.provided_name"
"""An answer is cut to these; the name is there so that an index without aliases and `_meta` does not vanish from it."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names under one prefix."""

    prefix: str

    @property
    def read(self) -> str:
        """The alias that searches read."""
        return self.prefix

    @property
    def filling(self) -> str:
        """The alias of the generation that a rebuild fills."""
        return f"{self.prefix}.filling"

    def template(self, generation: int) -> str:
        """A generation's index template."""
        return f"{self.prefix}-g{generation}"

    def pattern(self, generation: int) -> str:
        """Every index of a generation."""
        return f"{self.prefix}-*-g{generation}"

    @property
    def everything(self) -> str:
        """Every index of every generation."""
        return f"{self.prefix}-*-g*"

    @property
    def bases(self) -> str:
        """The base of every generation."""
        return f"{self.prefix}-{BASE}-g*"

    def base(self, generation: int) -> str:
        """The index that proves a generation."""
        return f"{self.prefix}-{BASE}-g{generation}"

    def month(self, generation: int, instant: datetime) -> str:
        """The calendar index of what was first seen in the month (UTC) of an instant."""
        return f"{self.prefix}-{month_of(instant).strftime('%Y-%m').zfill(7)}-g{generation}"

    def write(self, index: str) -> str:
        """The alias that an index is written through. Only a template makes it, so nothing is written with a guessed mapping."""
        return f"{index}.write"

    def parse(self, index: str) -> tuple[str, int] | None:
        """Month ("2026-11") or "base", and generation, of an index of this prefix; None for any other."""
        found = re.fullmatch(rf"{re.escape(self.prefix)}-({BASE}|\d{{4}}-\d{{2}})-g(\d{{1,9}})", index)
        return (found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """An index that exists under our names."""

    name: str
    part: str
    """Its month, or "base"."""
    generation: int
    aliases: frozenset[str]
    meta: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Layout:
    """The indices under our names, and what they are for."""

    names: Names
    indices: tuple[IndexFacts, ...]

    @property
    def in_use(self) -> IndexFacts | None:
        """The base of the generation that searches read."""
        return self._base_behind(self.names.read)

    @property
    def filling(self) -> IndexFacts | None:
        """The base of the generation that a rebuild fills."""
        return self._base_behind(self.names.filling)

    def of(self, generation: int) -> tuple[IndexFacts, ...]:
        """The indices of a generation."""
        return tuple(one for one in self.indices if one.generation == generation)

    @property
    def unused(self) -> frozenset[int]:
        """Generations that are neither in use nor being filled: leftovers."""
        used = {one.generation for one in (self.in_use, self.filling) if one}
        return frozenset(one.generation for one in self.indices) - used

    @property
    def searched(self) -> frozenset[int]:
        """Generations of which searches read an index, whether or not the base that proves them is there."""
        return frozenset(one.generation for one in self.indices if self.names.read in one.aliases)

    @property
    def next_in_use(self) -> int:
        """The generation to make when none is in use: one that searches still read, of which only the base is gone, or a new one.

        Never the one that a rebuild fills or is about to fill (`next_to_fill`), but the one below it where that is free: then all
        who make it at once make the same one, and the rebuild's swap takes its place.
        """
        below = self.filling.generation - 1 if self.filling else 0
        is_free = below > 0 and not self.of(below)
        return max(self.searched, default=below if is_free else self._next)

    @property
    def next_to_fill(self) -> int:
        """A number for a rebuild: no generation has it, nor gets it from somebody who finds none in use at this moment."""
        return self._next if self.in_use else self._next + 1

    @property
    def _next(self) -> int:
        return max((one.generation for one in self.indices), default=0) + 1

    def _base_behind(self, alias: str) -> IndexFacts | None:
        found = [one for one in self.indices if one.part == BASE and alias in one.aliases]
        return max(found, key=lambda one: one.generation, default=None)


def read_layout(client: Elasticsearch, names: Names, *, in_full: bool = False) -> Layout:
    """What exists now: the bases only (quick, enough to know where to write), or every index.

    Raises BackendUnavailable when one of our names belongs to somebody else.
    """
    wanted = [names.read, names.everything] if in_full else [names.bases]
    answer = client.indices.get(index=wanted, ignore_unavailable=True, allow_no_indices=True, filter_path=_FACTS)
    found = []
    for name, facts in sorted(answer.items()):
        aliases = frozenset(facts.get("aliases", {}))
        if (parsed := names.parse(name)) is not None:
            meta = facts.get("mappings", {}).get("_meta", {})
            found.append(IndexFacts(name, *parsed, aliases, meta))
        elif name == names.read:
            raise BackendUnavailable(
                f"Elasticsearch at {place(client)} has an index called {name}, where Depesza needs an alias of that name: "
                "set another [indexer] index, or remove it if nobody needs it"
            )
        elif names.read in aliases:
            raise BackendUnavailable(
                f"the alias {names.read} of Elasticsearch at {place(client)} reads {name}, which is not Depesza's: "
                "set another [indexer] index, or take the alias off it"
            )
    for one in found:
        if one.part == BASE and one.meta.get("application") != META["application"]:
            raise BackendUnavailable(
                f"the index {one.name} of Elasticsearch at {place(client)} was not made by Depesza: "
                "set another [indexer] index, or remove it if nobody needs it"
            )
    return Layout(names, tuple(found))


def version_trouble(base: IndexFacts) -> str | None:
    """What keeps this Depesza from writing a generation: it is of another version. None when nothing does."""
    if is_newer(base):
        return f"the index {base.name} was made by a newer Depesza: upgrade this one"
    for what in ("schema_version", "document_version"):
        if base.meta.get(what) != META[what]:
            return (
                f"the index {base.name} is of {what.replace('_', ' ')} {base.meta.get(what)}, this Depesza makes {META[what]}: "
                "run `depesza index rebuild`"
            )
    return None


def is_newer(base: IndexFacts) -> bool:
    """Whether a generation was made by a newer program than this."""
    found = ((base.meta.get(what), META[what]) for what in ("schema_version", "document_version"))
    return any(isinstance(theirs, int) and isinstance(ours, int) and theirs > ours for theirs, ours in found)
