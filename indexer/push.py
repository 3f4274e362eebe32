"""From the outbox to the engine: filed articles become findable. Reads the store, writes the outbox and dead letters.

The outbox names articles and the newest version wanted. An item goes only when that version, or a newer one, is in the
index; what the engine refuses for good becomes a dead letter with its document; what it cannot take now stays. A kill at
any moment leaves items that are pushed again, which changes nothing: the engine keeps the newest version of an id.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from crawler.errors import BackendUnavailable, IndexLater
from crawler.store import leases
from crawler.store.articles import article_ids
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage, add_dead_letter, count_dead_letters, drop_dead_letter
from crawler.store.outbox import (
    PutOff,
    acknowledge,
    count_outbox,
    hasten_outbox,
    put_every_article_in_outbox,
    put_in_outbox,
    put_off_outbox,
    take_outbox,
)
from indexer.document import Document
from indexer.engine import BulkResult, SearchEngine
from indexer.gathering import Batch, Gatherer, read_names
from indexer.sending import Patience, Sender, Sent

Progress = Callable[[int], None]
"""Told after each batch how many documents went through since the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """How to push."""

    batch: int = 500
    """Documents of one push at most: one commit of the embedded engine, one bulk request of a server."""
    kept_from: datetime | None = None
    """The index keeps nothing that was first seen before (`retention.first_kept`); None: everything."""
    is_asked_for: bool = False
    """Somebody asked for it: what was put off is tried now."""
    progress: Progress | None = None
    patience: Patience = field(default_factory=Patience)
    note: Callable[[sa.Connection, Sequence[Document]], object] | None = None
    """Told of the documents that are in the index now, in the transaction that acknowledges them (watches); not by a rebuild."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushReport:
    """What a push did. `written + already + rejected + retired` articles went through."""

    written: int = 0
    already: int = 0
    """In the index before, in this version or a newer one."""
    rejected: int = 0
    """Dead letters, stage index."""
    retired: int = 0
    """Older than what the index keeps, so not written."""
    waiting: int = 0
    """Left in the outbox."""
    stopped: str | None = None
    """Why the engine could take no more, None when the outbox was drained."""


def push_pending(database: Database, engine: SearchEngine, *, now: datetime, how: Pushing | None = None) -> PushReport:
    """Push everything that is due in the outbox. Never raises IndexLater: the report's `stopped` says it.

    Where there is no index yet (it was removed, say) every article goes: one that was pushed before must not be lost. A batch of
    which the engine takes nothing ends the push; single documents that it puts off do not stop the others. Both wait in the
    outbox, twice as long after each time, at most five minutes. Raises BackendUnavailable when the index is damaged or away.
    """
    how = how or Pushing()
    is_missing = engine.status().document_version is None
    with database.write() as connection:
        if is_missing:
            put_every_article_in_outbox(connection, now)
        if how.is_asked_for:
            hasten_outbox(connection)
    run = _Run(database, how, now)
    stopped = run.go(engine, _Outbox(run))
    if run.report.written:
        # what cannot be refreshed now is found a little later by itself
        with contextlib.suppress(IndexLater, BackendUnavailable):
            engine.refresh()
    with database.read() as connection:
        return replace(run.report, waiting=count_outbox(connection), stopped=stopped)


def rebuild_index(database: Database, engine: SearchEngine, *, now: datetime, how: Pushing | None = None) -> PushReport:
    """Fill a fresh index from the store and put it in the old one's place in one step; searches go on meanwhile.

    Other pushes to the embedded engine wait until it is done, those to a server go to both indices. What is filed meanwhile is
    pushed at the end. Raises IndexLater when somebody else rebuilds or writes the index, or it takes nothing now; an index that
    is half filled is then given up.
    """
    run = _Run(database, how or Pushing(), now)
    with _held(run, engine) as beat:
        fresh = engine.begin_rebuild()
        try:
            if stopped := run.go(fresh, _Store(run), beat):
                raise IndexLater(f"the index was not rebuilt, the one before is used as it is: {stopped}")
            fresh.refresh()
            beat()
            fresh.finish_rebuild()
        finally:
            fresh.close()
    later = push_pending(database, engine, now=now, how=replace(run.how, progress=None))
    return replace(run.report, written=run.report.written + later.written, waiting=later.waiting, stopped=later.stopped)


class _Work(Protocol):
    """Where batches come from, and what becomes of them."""

    def next_batch(self, busy: Collection[str]) -> Batch:
        """The next articles, none of `busy` among them; a batch without ids when there are none."""
        ...

    def settle(self, sent: Sent) -> None:
        """Keep what the engine answered."""
        ...


class _Run:
    """A push or a rebuild: its store, its options, its sums."""

    def __init__(self, database: Database, how: Pushing, now: datetime) -> None:
        self.database = database
        self.how = how
        self.now = now
        self.report = PushReport()
        with database.read() as connection:
            self.gatherer = Gatherer(names=read_names(connection), kept_from=how.kept_from)

    def go(self, engine: SearchEngine, work: _Work, meanwhile: Callable[[], None] = lambda: None) -> str | None:
        """Send all there is; returns why it stopped, None at the end. What came back is settled before an error is raised."""
        stopped: str | None = None
        error: Exception | None = None
        with Sender(engine, self.how.patience) as sender:
            while True:
                while not (stopped or error or sender.is_full) and (batch := work.next_batch(sender.busy)).ids:
                    sender.send(batch)
                if not sender.busy:
                    break
                for sent in sender.sent(meanwhile):
                    error = error or sent.error
                    stopped = stopped or sent.stopped
                    if not sent.error:
                        work.settle(sent)
                        self._count(sent)
        if error:
            raise error
        return stopped

    def _count(self, sent: Sent) -> None:
        before, result = self.report, sent.result
        self.report = PushReport(
            written=before.written + len(result.written), already=before.already + len(result.already),
            rejected=before.rejected + len(result.rejected), retired=before.retired + len(sent.batch.retired),
        )  # fmt: skip
        if self.how.progress and not sent.stopped:
            after = self.report
            self.how.progress(after.written + after.already + after.rejected + after.retired)


class _Outbox:
    """The items that are due, the longest waiting first."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._attempts: dict[str, int] = {}

    def next_batch(self, busy: Collection[str]) -> Batch:
        with self._run.database.read() as connection:
            due = take_outbox(connection, self._run.how.batch + len(busy), self._run.now)
            items = [item for item in due if item.article_id not in busy][: self._run.how.batch]
            batch = self._run.gatherer.gather(connection, [item.article_id for item in items])
        self._attempts |= {item.article_id: item.attempts for item in items}
        return batch

    def settle(self, sent: Sent) -> None:
        """Acknowledge what is in the index, what was refused (a dead letter says so), what is retired or no longer exists."""
        batch, result = sent.batch, sent.result
        versions = batch.versions
        answered = result.written | result.already | result.rejected.keys()
        done = {one: version for one, version in versions.items() if one in answered}
        done |= {one: _ANY_VERSION for one in batch.ids if one not in versions}
        with self._run.database.write() as connection:
            if self._run.how.note is not None:
                found = result.written | result.already
                self._run.how.note(connection, [one for one in batch.documents if one["id"] in found])
            acknowledge(connection, done)
            _keep_letters(connection, batch.documents, result, self._run.now)
        attempts = {one: self._attempts.pop(one) for one in batch.ids}
        delay, now = self._run.how.patience.delay, self._run.now
        later = {one: PutOff(reason=said, next_try_at=now + delay(attempts[one])) for one, said in result.later.items()}
        if later:  # in a transaction of its own: each goes through the outbox's rows in order
            with self._run.database.write() as connection:
                put_off_outbox(connection, later)


class _Store:
    """Every article, by id."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._after = ""

    def next_batch(self, busy: Collection[str]) -> Batch:
        with self._run.database.read() as connection:
            batch = self._run.gatherer.gather(connection, article_ids(connection, self._after, self._run.how.batch))
        self._after = batch.ids[-1] if batch.ids else self._after
        return batch

    def settle(self, sent: Sent) -> None:
        """Letters as after a push; what the engine put off waits in the outbox for the push at the end, if there is one."""
        versions = sent.batch.versions
        later = () if sent.stopped else sent.result.later
        with self._run.database.write() as connection:
            put_in_outbox(connection, {one: versions[one] for one in later}, self._run.now)
            _keep_letters(connection, sent.batch.documents, sent.result, self._run.now)


_ANY_VERSION = 2**31 - 1


@contextlib.contextmanager
def _held(run: _Run, engine: SearchEngine) -> Iterator[Callable[[], None]]:
    """The lease on rebuilding an index that machines share: two rebuilds would drop one another's. Gives its heartbeat.

    Raises IndexLater when somebody has it, or took it because this process did not beat for too long.
    """
    if engine.name == _LOCKS_ITSELF:
        yield lambda: None
        return
    owner, started, beaten = leases.owner_name(f"{int(run.how.patience.chance() * 2**32):08x}"), time.monotonic(), 0.0

    def beat() -> None:
        nonlocal beaten
        passed = time.monotonic() - started
        if passed - beaten >= _BEAT_S:
            with run.database.write() as connection:
                if not leases.beat(connection, owner, run.now + timedelta(seconds=passed)):
                    raise IndexLater("this rebuild stood still for so long that another took its place: run it again")
            beaten = passed

    with run.database.write() as connection:
        if not leases.claim(connection, [_LEASE], owner, run.now):
            other = leases.holder(connection, _LEASE, run.now)
            raise IndexLater(f"another rebuild is under way ({other}): wait for its end, or two minutes if it was killed")
    try:
        yield beat
    finally:
        with run.database.write() as connection:
            leases.release(connection, owner)


_LEASE = "index rebuild"
_BEAT_S = 20.0
"""Owners of leases beat so often (`leases.LEASE_S`)."""
_LOCKS_ITSELF = "embedded"
"""This engine's index is one machine's, which holds its lock for the whole rebuild."""


def _keep_letters(connection: sa.Connection, documents: Iterable[Document], result: BulkResult, now: datetime) -> None:
    """A letter for each refused document; those of documents that are in the index after all go."""
    for document in documents:
        if (reason := result.rejected.get(document["id"])) is not None:
            letter = DeadLetter(
                stage=Stage.INDEX,
                key=document["id"],
                outlet=document["outlet"],
                url=document["url"],
                reason=reason,
                detail={"document": dict(document)},
                created_at=now,
                last_at=now,
            )
            add_dead_letter(connection, letter)
    if count_dead_letters(connection).get(Stage.INDEX.value):
        for one in sorted(result.written | result.already):
            drop_dead_letter(connection, Stage.INDEX, one)
