"""From the outbox to the index, with a real store of each kind and a real index."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.errors import BackendUnavailable, IndexLater
from crawler.filing import file_article
from crawler.model.attribution import Agency
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.store.articles import Visit, insert_article, raise_versions
from crawler.store.database import Database
from crawler.store.dead_letters import list_dead_letters
from crawler.store.outbox import count_outbox, put_in_outbox
from crawler.store.outlets import write_agencies, write_outlets
from crawler.store.schema import outbox
from indexer import gathering
from indexer.document import Document
from indexer.engine import BulkResult, EngineRequest
from indexer.engines.embedded import EmbeddedEngine
from indexer.gathering import make_documents, read_names
from indexer.nodes import AnyOf, Everything, Filter
from indexer.push import Pushing, PushReport, push_pending, rebuild_index
from indexer.search import SearchRequest, search
from indexer.sending import Patience

from .story_rows import put_in_story

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PATIENCE = Patience(chance=lambda: 0.5, sleep=lambda _: None)
"""None: nothing is waited for."""


@pytest.fixture
def file(database: Database, make_article: Any) -> Any:
    """Put an article into the store and the outbox, as filing does."""

    def put(number: int, text: str = "Prezydent przyjechał.", **changes: Any) -> str:
        article = make_article(f"https://kresy.example/{number}", text, **changes)
        with database.write() as connection:
            insert_article(connection, article, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
            put_in_outbox(connection, {article.id: article.index_version}, NOON)
        return str(article.id)

    return put


def waiting(database: Database) -> int:
    with database.read() as connection:
        return count_outbox(connection)


class Refusing(EmbeddedEngine):
    """An engine that refuses documents whose text holds a word, or everything for now."""

    refused_word = ""
    is_away = False

    def push(self, documents: Sequence[Document]) -> BulkResult:
        if self.is_away:
            raise IndexLater("the engine is away")
        bad = {one["id"]: "mapping error" for one in documents if self.refused_word and self.refused_word in one["text"]}
        result = super().push([one for one in documents if one["id"] not in bad])
        return BulkResult(written=result.written, already=result.already, rejected={**result.rejected, **bad})


def test_what_waits_is_pushed_found_and_acknowledged(database: Database, file: Any, engine: EmbeddedEngine) -> None:
    for number in range(7):
        file(number, f"Prezydentowi wręczono list numer {number}.")
    seen: list[int] = []
    report = push_pending(database, engine, now=NOON, how=Pushing(batch=3, progress=seen.append))
    assert report == PushReport(written=7)
    assert seen == [3, 6, 7]
    assert search(engine, SearchRequest(text="prezydent"), NOON, UTC).total == 7
    assert waiting(database) == 0
    assert push_pending(database, engine, now=NOON) == PushReport()


def test_a_document_knows_its_outlet_its_story_and_the_agencies(database: Database, file: Any, engine: EmbeddedEngine) -> None:
    one, other = file(1), file(2)
    outlet = Outlet(
        slug="kresy", name="Kresy.pl", homepage="https://kresy.example/", domains=("kresy.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw", group="portale", tags=("wschód",),
    )  # fmt: skip
    with database.write() as connection:
        write_outlets(connection, [outlet], NOON)
        write_agencies(connection, [Agency(slug="pap", name="Polska Agencja Prasowa", country="PL")], NOON)
        put_in_story(connection, "a" * 32, one, is_new=True)
    push_pending(database, engine, now=NOON)
    found = engine.documents([one, other])
    assert found[one]["outlet_name"] == "Kresy.pl"
    assert (found[one]["group"], found[one]["country"], found[one]["tags"]) == ("portale", "PL", ["wschód"])
    assert (found[one]["story"], found[one]["role"]) == ("a" * 32, "edited")
    assert (found[other]["story"], found[other]["role"], found[other]["copies"]) == (None, None, 1)
    assert engine.count(Filter("outlet", "kresy.pl")) == 2


def test_a_newer_wish_that_came_while_pushing_stays_in_the_outbox(database: Database, file: Any, tmp_path: Path) -> None:
    one = file(1)

    class Overtaken(EmbeddedEngine):
        times = 0

        def push(self, documents: Sequence[Document]) -> BulkResult:
            result = super().push(documents)
            self.times += 1
            if self.times == 1:
                with database.write() as connection:
                    put_in_outbox(connection, raise_versions(connection, [one]), NOON)
            return result

    engine = Overtaken(tmp_path / "index")
    report = push_pending(database, engine, now=NOON)
    assert (report.written, engine.times) == (2, 2)
    assert engine.documents([one])[one]["index_version"] == 2
    assert waiting(database) == 0


@pytest.mark.parametrize("after", ["FROM article ", "JOIN story "])
def test_what_is_filed_while_documents_are_made_is_never_hidden_by_its_own_version(
    database: Database, make_article: Any, engine: EmbeddedEngine, after: str
) -> None:
    text = (
        "Most nad Wisłą otwarto dziś rano, a pierwsi przeszli po nim mieszkańcy Pragi, którzy czekali od świtu na otwarcie. " * 2
    )
    first, copy = (make_article(f"https://{name}.example/1", text, outlet=name) for name in ("kresy", "goniec"))

    def put(article: Any) -> None:
        page = Page(requested_url=article.url, final_url=article.url, status=200, fetched_at=NOON, outlet=article.outlet)
        with database.write() as connection:
            file_article(connection, article, page)

    put(first)
    copies = [copy]

    def overtake(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if copies and statement.startswith("SELECT") and after in statement:
            put(copies.pop())

    sa.event.listen(database.engine, "after_cursor_execute", overtake)
    try:
        push_pending(database, engine, now=NOON)
    finally:
        sa.event.remove(database.engine, "after_cursor_execute", overtake)
    with database.read() as connection:
        expected = make_documents(connection, [first.id, copy.id], read_names(connection))
    found = engine.documents([first.id, copy.id])
    assert [found[one["id"]] for one in expected] == expected and expected[0]["copies"] == 2


def test_a_rebuild_that_takes_what_was_refused_drops_the_letter(database: Database, file: Any, tmp_path: Path) -> None:
    file(1, "Zakazany tekst o moście.")
    engine = Refusing(tmp_path / "index")
    engine.refused_word = "Zakazany"
    push_pending(database, engine, now=NOON)
    engine.refused_word = ""
    rebuild_index(database, engine, now=NOON)
    with database.read() as connection:
        assert list_dead_letters(connection) == []


def test_a_push_again_after_a_kill_before_the_acknowledgement_changes_nothing(
    database: Database, file: Any, engine: EmbeddedEngine
) -> None:
    one = file(1)
    push_pending(database, engine, now=NOON)
    with database.write() as connection:
        put_in_outbox(connection, {one: 1}, NOON)
    assert push_pending(database, engine, now=NOON) == PushReport(already=1)
    assert engine.count(Everything()) == 1


def test_f01_an_engine_that_is_away_leaves_everything_queued_and_is_asked_again_after_a_while(
    database: Database, file: Any, tmp_path: Path
) -> None:
    file(1)
    file(2)
    engine, how = Refusing(tmp_path / "index"), Pushing(batch=1, patience=PATIENCE)
    engine.is_away = True
    report = push_pending(database, engine, now=NOON, how=how)
    assert (report.written, report.waiting, report.stopped) == (0, 2, "the engine is away")
    engine.is_away = False
    assert push_pending(database, engine, now=NOON + timedelta(seconds=1), how=how).written == 1
    assert push_pending(database, engine, now=NOON + timedelta(seconds=5), how=how) == PushReport(written=1)


def test_whoever_asks_for_a_push_does_not_wait(database: Database, file: Any, tmp_path: Path) -> None:
    file(1)
    engine = Refusing(tmp_path / "index")
    engine.is_away = True
    push_pending(database, engine, now=NOON, how=Pushing(patience=PATIENCE))
    engine.is_away = False
    assert push_pending(database, engine, now=NOON).waiting == 1
    assert push_pending(database, engine, now=NOON, how=Pushing(is_asked_for=True)) == PushReport(written=1)


def test_f01_the_outbox_is_asked_twice_as_late_each_time_and_after_five_minutes_at_most(
    database: Database, file: Any, tmp_path: Path
) -> None:
    one, now, waits = file(1), NOON, []
    engine = Refusing(tmp_path / "index")
    engine.is_away = True
    for _ in range(12):
        push_pending(database, engine, now=now, how=Pushing(patience=PATIENCE))
        with database.read() as connection:
            row = connection.execute(sa.select(outbox).where(outbox.c.article_id == one)).one()
        waits.append((row.next_try_at - now).total_seconds())
        now = row.next_try_at
    assert waits[:4] == [3.75, 7.5, 15, 30]  # chance says one half: three quarters of 5, 10, 20, 40 s
    assert waits[-1] == 225
    assert row.last_error == "the engine is away"
    assert {Patience(chance=lambda: 0.999999).delay(attempts).total_seconds() <= 300 for attempts in range(40)} == {True}


def test_a_push_tries_for_some_seconds_before_it_puts_off(database: Database, file: Any, tmp_path: Path) -> None:
    slept: list[float] = []

    class Waking(Refusing):
        def push(self, documents: Sequence[Document]) -> BulkResult:
            self.is_away = len(slept) < 3
            return super().push(documents)

    file(1)
    patience = Patience(chance=lambda: 0.5, sleep=slept.append)
    report = push_pending(database, Waking(tmp_path / "index"), now=NOON, how=Pushing(patience=patience))
    assert report == PushReport(written=1)
    assert slept == [0.25, 0.5, 1.0]


def test_documents_that_the_engine_puts_off_stop_none_of_the_others(database: Database, file: Any, tmp_path: Path) -> None:
    file(1)
    slow = file(2, "Powolny tekst depeszy.")
    file(3)
    sent: list[list[str]] = []

    class Choosy(EmbeddedEngine):
        def push(self, documents: Sequence[Document]) -> BulkResult:
            sent.append([one["id"] for one in documents])
            later = {one["id"]: "429" for one in documents if "Powolny" in one["text"]}
            return replace(super().push([one for one in documents if one["id"] not in later]), later=later)

    engine = Choosy(tmp_path / "index")
    report = push_pending(database, engine, now=NOON, how=Pushing(patience=PATIENCE))
    assert (report.written, report.waiting, report.stopped) == (2, 1, None)
    assert sent[1:] == [[slow]] * 4  # only it was sent again


def test_what_is_older_than_the_index_keeps_is_acknowledged_without_being_written(
    database: Database, file: Any, engine: EmbeddedEngine
) -> None:
    file(1, first_seen_at=NOON - timedelta(days=400))
    new = file(2)
    how = Pushing(kept_from=datetime(2026, 1, 1, tzinfo=UTC))
    assert push_pending(database, engine, now=NOON, how=how) == PushReport(written=1, retired=1)
    assert rebuild_index(database, engine, now=NOON, how=how) == PushReport(written=1, retired=1)
    assert [hit.document["id"] for hit in engine.search(EngineRequest(query=Everything()))] == [new]


def test_long_texts_go_in_smaller_batches(
    database: Database, file: Any, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "BATCH_CHARACTERS", 100)
    for number, length in enumerate([40, 40, 40, 500, 10]):
        file(number, "x" * length)
    seen: list[int] = []
    report = push_pending(database, engine, now=NOON, how=Pushing(progress=seen.append))
    assert (report.written, report.waiting) == (5, 0)
    assert len(seen) >= 3


def test_a_refused_document_is_a_dead_letter_and_the_rest_goes_through(database: Database, file: Any, tmp_path: Path) -> None:
    file(1, "Dobry tekst depeszy.")
    bad = file(2, "Zatruty tekst depeszy.")
    engine = Refusing(tmp_path / "index")
    engine.refused_word = "Zatruty"
    report = push_pending(database, engine, now=NOON)
    assert (report.written, report.rejected, report.waiting) == (1, 1, 0)
    with database.read() as connection:
        [letter] = list_dead_letters(connection)
    assert (letter.stage, letter.key, letter.reason) == ("index", bad, "mapping error")
    assert letter.detail["document"]["text"] == "Zatruty tekst depeszy."
    engine.refused_word = ""
    with database.write() as connection:
        put_in_outbox(connection, {bad: 1}, NOON)
    assert push_pending(database, engine, now=NOON).written == 1
    with database.read() as connection:
        assert list_dead_letters(connection) == []


def test_an_item_without_an_article_is_dropped(database: Database, engine: EmbeddedEngine) -> None:
    with database.write() as connection:
        put_in_outbox(connection, {"f" * 32: 3}, NOON)
    assert push_pending(database, engine, now=NOON) == PushReport()
    assert waiting(database) == 0


def test_f10_a_damaged_index_is_healed_by_a_rebuild_from_the_store(database: Database, file: Any, engine: EmbeddedEngine) -> None:
    for number in range(5):
        file(number)
    push_pending(database, engine, now=NOON)
    engine.close()
    for damaged in (engine._folder / "generation-000001").glob("*.*"):
        damaged.write_bytes(damaged.read_bytes()[:10])
    with pytest.raises(BackendUnavailable, match="depesza index rebuild"):
        engine.count(Everything())
    later = file(9)
    report = rebuild_index(database, engine, now=NOON, how=Pushing(batch=2))
    assert (report.written, report.waiting, report.stopped) == (6, 0, None)
    assert engine.count(Everything()) == 6
    assert set(engine.documents([later])) == {later}
    assert search(engine, SearchRequest(text="prezydentem"), NOON, UTC).total == 6


def test_what_is_filed_during_a_rebuild_is_pushed_at_its_end(database: Database, file: Any, tmp_path: Path) -> None:
    file(1)
    late: list[str] = []

    def file_meanwhile(_: int) -> None:
        late.append(file(100 + len(late), "Spóźniona depesza."))
        with pytest.raises(IndexLater):
            EmbeddedEngine(tmp_path / "index").push([])

    engine = EmbeddedEngine(tmp_path / "index")
    with pytest.raises(BackendUnavailable):
        engine.count(Everything())
    how = Pushing(batch=1, progress=lambda through: file_meanwhile(through) if through == 1 else None)
    rebuild_index(database, engine, now=NOON, how=how)
    assert engine.count(AnyOf(("spozniona",))) == 1
    assert waiting(database) == 0


def test_a_rebuild_of_an_empty_store_gives_an_empty_index(database: Database, engine: EmbeddedEngine) -> None:
    assert rebuild_index(database, engine, now=NOON) == PushReport()
    assert engine.count(Everything()) == 0


def test_an_index_that_was_removed_is_filled_again_with_every_article_by_the_next_push(
    database: Database, tmp_path: Path, file: Any
) -> None:
    first, second = file(1), file(2)
    before = EmbeddedEngine(tmp_path / "index")
    push_pending(database, before, now=NOON)
    before.close()
    shutil.rmtree(tmp_path / "index")
    third = file(3)
    engine = EmbeddedEngine(tmp_path / "index")
    report = push_pending(database, engine, now=NOON)
    assert (report.written, report.waiting) == (3, 0)
    assert engine.documents([first, second, third]).keys() == {first, second, third}
    engine.close()
