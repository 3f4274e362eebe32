"""Makes, swaps and drops what an installation has in Elasticsearch: templates, indices, aliases (`elastic_layout` has the names).

Not here: documents (`elastic_bulk`), questions (`elastic_search`), how an index is doing (`elastic_status`). Everything may be
done twice, and by several processes at once; only rebuilds exclude one another, which their caller sees to.

While a rebuild fills a generation, every push goes to it and to the one in use (external versions make any order safe). The
rebuild reads the store only after that generation is visible, and a pusher looks for it after it read the store: so an article
is walked or written twice, never missed. A new month is checked before it is written to: whoever else's template won, or however
a rebuild was killed, no document goes to a guessed mapping or where no search looks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError

from crawler.errors import BackendUnavailable, ConfigError, IndexLater
from indexer.engines.elastic_client import place, said
from indexer.engines.elastic_entry import META, index_body
from indexer.engines.elastic_layout import BASE, IndexFacts, Layout, Names, is_newer, read_layout, version_trouble

PRIORITY = 500
"""Of our templates: above Elasticsearch's own (at most 200) and whatever leaves it at the default (0)."""
DRAIN_S = 10.0
"""A dropped index waits this long for the searches that still read it; one search takes 5 s at most."""
CREATE_TIMEOUT = "10s"
"""How long a new index waits for its shard; it is there without it, too."""
_POLL_S = 0.1
_ANALYZERS = {"stempel": "polish", "morfologik": "morfologik"}
"""Plugin -> the analyser that it brings (manuals of analysis-stempel and of elasticsearch-analysis-morfologik)."""


class ElasticIndices:
    """The generations and calendar indices under a prefix. Thread-safe: nothing is remembered between calls.

    Methods raise IndexLater when the cluster cannot do it now, BackendUnavailable when it never will, with what to do.
    """

    def __init__(self, client: Elasticsearch, prefix: str, kibana_polish: str | None = None) -> None:
        """`kibana_polish`: the plugin for a Polish sub-field; generations made from now on have it."""
        self._client = client
        self.names = Names(prefix)
        self._kibana_polish = kibana_polish

    def layout(self, *, in_full: bool = False) -> Layout:
        """See `read_layout`."""
        with self._said():
            return read_layout(self._client, self.names, in_full=in_full)

    def targets(self, *, may_make: bool = True) -> tuple[int, ...]:
        """Generations that a document must be written to, the one in use first; made if there is none, unless it may not be.

        Raises BackendUnavailable when one is of another version than this program's.
        """
        layout = self.layout()
        if layout.in_use is None and may_make:
            try:
                self.prepare()
            except BackendUnavailable as error:
                raise BackendUnavailable(f"{error}; `depesza index create`, run by one who may, makes the index") from None
            layout = self.layout()
        if layout.in_use is None:  # a layout is one state of the cluster, in which a swap is one step: so it is truly gone
            raise IndexLater(
                f"Elasticsearch at {place(self._client)}: the index {self.names.read} was removed meanwhile; "
                "the next push makes it anew and fills it with every article"
            )
        found = [base for base in (layout.in_use, layout.filling) if base]
        for base in found:
            trouble = version_trouble(base)
            if trouble and (base is layout.in_use or is_newer(base)):
                raise BackendUnavailable(trouble)
        # What an older program fills needs a rebuild by this one anyhow.
        return tuple(base.generation for base in found if not version_trouble(base))

    def prepare(self) -> bool:
        """Make what is missing of the generation in use, or the first one; returns whether anything was."""
        layout = self.layout(in_full=True)
        if layout.in_use is None:
            generation = layout.next_in_use
            self._put_template(generation, self.names.read)
            self._create_base(generation)
            return True
        if trouble := version_trouble(layout.in_use):
            raise BackendUnavailable(trouble)
        generation = layout.in_use.generation
        changed = self._mend_template(generation, self.names.read)
        if layout.filling:
            changed |= self._mend_template(layout.filling.generation, self.names.filling)
        ours = [one for one in layout.of(generation) if self.names.write(one.name) in one.aliases]
        for stranger in set(layout.of(generation)) - set(ours):
            self._remove_if_empty(stranger.name)
        bare = [one.name for one in ours if self.names.read not in one.aliases]
        if bare:
            self._change_aliases([{"add": {"indices": bare, "alias": self.names.read}}])
        return changed or bool(bare)

    def ensure_month(self, generation: int, month: datetime) -> bool:
        """Make the index of a month; False when its generation is gone.

        Raises BackendUnavailable when what came into being is not as our template says, and removes it.
        """
        index = self.names.month(generation, month)
        layout = self.layout()
        if (alias := self._alias_of(layout, generation)) is None:
            return False
        self._create(index)
        made = next((one for one in self.layout(in_full=True).indices if one.name == index), None)
        if made is not None and self._is_as_made(made):
            if alias not in made.aliases and self._alias_of(self.layout(), generation) == self.names.read:
                # A rebuild was killed, or is just between its swap and its template.
                self._change_aliases([{"add": {"index": index, "alias": self.names.read}}])
            return True
        with contextlib.suppress(BackendUnavailable):  # a writer may not; without its write alias nothing is written to it
            self._remove_if_empty(index)
        if self._alias_of(self.layout(), generation) is None:
            return False
        raise self._not_ours(generation, index)

    def begin(self) -> int:
        """A generation, empty and visible to every pusher as being filled; leftovers of killed rebuilds are dropped."""
        layout = self.layout(in_full=True)
        if layout.in_use is not None and is_newer(layout.in_use):
            raise BackendUnavailable(version_trouble(layout.in_use) or "")
        leftovers = layout.unused - layout.searched  # what is read without its base goes when there is something in its place
        for leftover in sorted(leftovers | ({layout.filling.generation} if layout.filling else set())):
            self.drop(leftover)
        generation = layout.next_to_fill
        self._put_template(generation, self.names.filling)
        self._create_base(generation)
        return generation

    def finish(self, generation: int) -> None:
        """Let searches read this generation instead of the one in use, in one step; that one is dropped. May be repeated.

        The template follows the swap: the other way round a month that begins in between would be read in both generations.
        """
        layout = self.layout(in_full=True)
        if self._alias_of(layout, generation) is None:
            raise BackendUnavailable("another rebuild began and gave this one up: run `depesza index rebuild` again")
        old = layout.in_use.generation if layout.in_use and layout.in_use.generation != generation else None
        self._swap(generation, old)
        self._put_template(generation, self.names.read)
        if old is not None:
            self._delete_template(old)
        self._swap(generation, old)  # the months that pushers began meanwhile
        for leftover in sorted(self.layout(in_full=True).unused):
            self.drop(leftover)

    def remove_all(self) -> None:
        """Remove every generation, the one in use too: for an index of one's own that nobody needs any more."""
        for generation in sorted({one.generation for one in self.layout(in_full=True).indices}):
            self._remove(generation)

    def drop(self, generation: int) -> None:
        """Remove a generation unless it is in use now. Its template goes first, so that nobody begins a month behind our back."""
        if self._alias_of(self.layout(), generation) == self.names.read:
            return
        self._remove(generation)

    def retire(self, before: datetime) -> int:
        """Drop the months of every generation that ended by `before`; returns the documents that searches no longer find."""
        layout = self.layout(in_full=True)
        limit = before.strftime("%Y-%m").zfill(7)
        old = [one for one in layout.indices if one.part != BASE and one.part < limit]
        if not old:
            return 0
        in_use = layout.in_use.generation if layout.in_use else None
        counts = self._documents()
        documents = sum(counts.get(one.name, 0) for one in old if one.generation == in_use)
        taken_off = [one.name for one in old if self.names.read in one.aliases]
        if taken_off:
            self._change_aliases([{"remove": {"indices": taken_off, "alias": self.names.read, "must_exist": False}}])
        self._delete([one.name for one in old])
        return documents

    def refresh(self, generation: int | None = None) -> None:
        """Make what was written findable: in the generation in use, or in this one."""
        index = self.names.read if generation is None else self.names.pattern(generation)
        with self._said():
            self._client.indices.refresh(index=index, ignore_unavailable=True)

    def _remove(self, generation: int) -> None:
        self._delete_template(generation)
        self._delete([one.name for one in self.layout(in_full=True).of(generation)])

    def _documents(self) -> Mapping[str, int]:
        """Documents by index."""
        with self._said():
            found = self._client.indices.stats(
                index=self.names.everything, metric="docs", filter_path="indices.*.primaries.docs.count"
            )
        return {name: one["primaries"]["docs"]["count"] for name, one in found.get("indices", {}).items()}

    def _alias_of(self, layout: Layout, generation: int) -> str | None:
        """The alias that a generation's indices belong behind; None for one that nobody wants any more."""
        for base, alias in ((layout.in_use, self.names.read), (layout.filling, self.names.filling)):
            if base and base.generation == generation:
                return alias
        return None

    def _is_as_made(self, index: IndexFacts) -> bool:
        return index.meta == META and self.names.write(index.name) in index.aliases

    def _put_template(self, generation: int, alias: str) -> None:
        body = {**self._body(), "aliases": {self.names.write("{index}"): {}, alias: {}}}
        with self._said():
            try:
                self._client.indices.put_index_template(
                    name=self.names.template(generation),
                    index_patterns=[self.names.pattern(generation)],
                    priority=PRIORITY,
                    template=body,
                    meta={"application": META["application"]},
                )
            except BadRequestError as error:
                if self._kibana_polish is None or "has not been configured" not in str(error.body):
                    raise
                raise ConfigError(
                    f"[indexer] kibana_polish: Elasticsearch at {place(self._client)} lacks the analysis plugin "
                    f"{self._kibana_polish}: install it on every node, or leave the setting out"
                ) from None

    def _mend_template(self, generation: int, alias: str) -> bool:
        with self._said():
            try:
                found = self._client.indices.get_index_template(name=self.names.template(generation))["index_templates"]
            except NotFoundError:
                found = []
        if found and alias in found[0]["index_template"].get("template", {}).get("aliases", {}):
            return False
        self._put_template(generation, alias)
        return True

    def _body(self) -> dict[str, Any]:
        body = index_body()
        if self._kibana_polish is not None:
            for name in ("title", "text"):
                field = {"polish": {"type": "text", "analyzer": _ANALYZERS[self._kibana_polish]}}
                body["mappings"]["properties"][name]["fields"] = field
        return body

    def _create(self, index: str) -> None:
        """Make an index as its template says; one that is there already is fine."""
        with self._said():
            try:
                self._client.indices.create(index=index, timeout=CREATE_TIMEOUT)
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":
                    raise

    def _create_base(self, generation: int) -> None:
        index = self.names.base(generation)
        self._create(index)
        with self._said():
            found = self._client.indices.get(index=index, filter_path="*.aliases,*.mappings._meta").get(index, {})
        if self.names.write(index) not in found.get("aliases", {}):
            self._remove_if_empty(index)
            raise self._not_ours(generation, index)

    def _not_ours(self, generation: int, index: str) -> BackendUnavailable:
        template = self.names.template(generation)
        with self._said():
            exists = bool(self._client.indices.exists_index_template(name=template))
        reason = (
            f"{index} came into being without Depesza's mapping, so another index template matches its name with a priority "
            f"above {PRIORITY}: narrow that template's patterns"
            if exists
            else f"the index template {template} is missing: run `depesza index create`"
        )
        return BackendUnavailable(f"Elasticsearch at {place(self._client)}: {reason}")

    def _remove_if_empty(self, index: str) -> None:
        with self._said(), contextlib.suppress(NotFoundError):
            self._client.indices.refresh(index=index)  # what is not yet refreshed is not counted, and is somebody's
            if self._client.count(index=index)["count"] == 0:
                self._client.indices.delete(index=index, ignore_unavailable=True)

    def _swap(self, generation: int, old: int | None) -> None:
        ours, theirs = self.names.pattern(generation), self.names.pattern(old) if old is not None else None
        actions: list[Mapping[str, Any]] = [
            {"add": {"index": ours, "alias": self.names.read}},
            {"remove": {"index": ours, "alias": self.names.filling, "must_exist": False}},
        ]
        if theirs is not None:
            actions.append({"remove": {"index": theirs, "alias": self.names.read, "must_exist": False}})
        self._change_aliases(actions)

    def _change_aliases(self, actions: list[Mapping[str, Any]]) -> None:
        with self._said():
            self._client.indices.update_aliases(actions=actions)

    def _delete_template(self, generation: int) -> None:
        with self._said(), contextlib.suppress(NotFoundError):
            self._client.indices.delete_index_template(name=self.names.template(generation))

    def _delete(self, indices: list[str]) -> None:
        """Remove indices that no alias of ours reads any more, when the searches that still do are through."""
        if not indices:
            return
        ends = time.monotonic() + DRAIN_S
        while self._is_read(indices) and time.monotonic() < ends:
            time.sleep(_POLL_S)
        with self._said():
            self._client.indices.delete(index=indices, ignore_unavailable=True)

    def _is_read(self, indices: list[str]) -> bool:
        try:
            found = self._client.indices.stats(index=indices, metric="search")
        except ApiError:  # no reason to keep what is to go, and another process may have removed it
            return False
        return bool(found["_all"]["total"].get("search", {}).get("open_contexts", 0))

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        with said(self._client, writing=True):
            yield
