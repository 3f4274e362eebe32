"""Batches on their way to the engine: several at once where the engine gains by it, each tried again for a few seconds.

Threads only send. The store and the table of forms are touched by the one thread that owns a `Sender`. Not here: which
articles are due, and what the answers mean for them (`push`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from crawler.errors import IndexLater
from indexer.document import Document, Worded
from indexer.engine import BulkResult, SearchEngine
from indexer.gathering import Batch
from indexer.tokens import WordMemory

PAUSES_S = (0.25, 0.5, 1.0, 2.0)
"""Before each further try within a push, give or take a half: a server that is only busy has time to breathe, and a push to
one that is away ends within six seconds. What is still not taken waits in the outbox."""
FIRST_DELAY_S = 5.0
LONGEST_DELAY_S = 300.0
"""SAFETY F1: the outbox is asked again after at most five minutes."""
_LOOK_UP_S = 20.0
"""So often the owner of a Sender that waits is told that time passes (a lease lives for 120 s)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Chance and sleep, for what has to wait."""

    chance: Callable[[], float] = random.random
    """Numbers from 0 up to 1."""
    sleep: Callable[[float], None] = time.sleep

    def pause(self, seconds: float) -> None:
        """Sleep for a half to one and a half of `seconds`: many pushers must not come back at the same moment."""
        self.sleep(seconds * (0.5 + self.chance()))

    def delay(self, attempts: int) -> timedelta:
        """How long an item waits after so many failed pushes: twice as long each time, a half of it by chance."""
        longest: float = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(attempts, 30))
        return timedelta(seconds=longest * (0.5 + self.chance() / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A batch that came back. With an `error` nothing is known of it."""

    batch: Batch
    result: BulkResult = field(default_factory=BulkResult)
    error: Exception | None = None

    @property
    def stopped(self) -> str | None:
        """Why the engine took nothing of the batch now; None when it took or refused any of it."""
        later = self.result.later
        return next(iter(later.values())) if later and len(later) == len(self.batch.documents) else None


class Sender:
    """Sends batches. `with Sender(engine, patience) as sender`: at its end what still tries gives up."""

    def __init__(self, engine: SearchEngine, patience: Patience) -> None:
        self._engine = engine
        self._patience = patience
        # one batch more than the engine takes at once is made ready meanwhile; an engine that takes one is called right here
        self._most = engine.in_flight + 1 if engine.in_flight > 1 else 1
        self._pool: Executor = ThreadPoolExecutor(engine.in_flight, "push") if engine.in_flight > 1 else _Here()
        self._under_way: dict[Future[BulkResult], Batch] = {}
        self._memories: dict[str, WordMemory] = {}
        self._gives_up = False

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *exc: object) -> None:
        self._gives_up = True
        self._pool.shutdown(cancel_futures=True)

    @property
    def is_full(self) -> bool:
        """Whether a batch has to come back before the next can go."""
        return len(self._under_way) >= self._most

    @property
    def busy(self) -> set[str]:
        """Articles that are under way; none may be sent a second time meanwhile."""
        return {one for batch in self._under_way.values() for one in batch.ids}

    def send(self, batch: Batch) -> None:
        """Words first, then the documents: a document that is found can always be found by its inflected words."""
        documents = [Worded(document, self._memory(document["language"])) for document in batch.documents]
        try:
            self._add_forms()
        except IndexLater as error:
            result: Future[BulkResult] = Future()
            result.set_result(_all_later(documents, str(error)))
        else:
            result = self._pool.submit(self._try, documents)
        self._under_way[result] = batch

    def sent(self, meanwhile: Callable[[], None]) -> Iterator[Sent]:
        """The batches that came back, at least one if any is under way. Calls `meanwhile` at times while it waits."""
        done: set[Future[BulkResult]] = set()
        while self._under_way and not done:
            done, _ = wait(self._under_way, _LOOK_UP_S, FIRST_COMPLETED)
            meanwhile()
        for one in done:
            batch, error = self._under_way.pop(one), one.exception()
            if error is None:
                yield Sent(batch=batch, result=one.result())
            elif isinstance(error, Exception):
                yield Sent(batch=batch, error=error)
            else:
                raise error

    def _memory(self, language: str) -> WordMemory:
        if language not in self._memories:
            self._memories[language] = WordMemory()
        return self._memories[language]

    def _add_forms(self) -> None:
        """What this push met for the first time; the rest is in the table."""
        fresh = {language: memory.fresh for language, memory in self._memories.items() if memory.fresh}
        if fresh:
            self._engine.forms.add(fresh)
            for memory in self._memories.values():
                memory.fresh.clear()

    def _try(self, documents: Sequence[Document]) -> BulkResult:
        """Push, and push again what was not taken, the same ids and versions, until the pauses are used up."""
        result, left = BulkResult(), documents
        for pause in (0.0, *PAUSES_S):
            if pause:
                self._patience.pause(pause)
            if self._gives_up and left is not documents:
                break
            result = _joined(result, self._push(left))
            left = [document for document in documents if document["id"] in result.later]
            if not left:
                break
        return result

    def _push(self, documents: Sequence[Document]) -> BulkResult:
        try:
            return self._engine.push(documents) if documents else BulkResult()
        except IndexLater as error:
            return _all_later(documents, str(error))


class _Here(Executor):
    """Runs everything at once, in the calling thread."""

    def submit(self, call: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*values, **named))
        except Exception as error:
            done.set_exception(error)
        return done


def _all_later(documents: Sequence[Document], reason: str) -> BulkResult:
    return BulkResult(later={document["id"]: reason for document in documents})


def _joined(before: BulkResult, after: BulkResult) -> BulkResult:
    """`after` is the answer for what was `later` before."""
    return BulkResult(
        written=before.written | after.written,
        already=before.already | after.already,
        rejected={**before.rejected, **after.rejected},
        later=after.later,
    )
