"""The table of seen forms in the store: many machines add to it, a newer morphology reads anew (`test_words` asks the rest)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.store.database import Database, open_database
from crawler.store.schema import form_reading, seen_form
from indexer import store_forms
from indexer.forms import AddedForms, SeenForms
from indexer.morphology import Reading
from indexer.store_forms import StoreForms
from indexer.tokens import TOKEN_LIMIT


def count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_forms_are_added_once_whoever_adds_them(database: Database) -> None:
    one, other = StoreForms(database), StoreForms(database)
    assert one.add({"pl": ["Warszawa Warszawy 2026"], "en": ["Warsaw"]}) == 3
    assert one.add({"pl": ["warszawa"]}) == other.add({"pl": ["warszawy"]}) == 0
    assert other.languages() == ("en", "pl")
    assert other.forms(["warszawa"], "pl") == {"warszawa", "warszawy"}


def test_forms_that_a_process_has_added_cost_no_query(sqlite_database: Database) -> None:
    forms, asked = StoreForms(sqlite_database), []
    forms.add({"pl": ["Prezydent Warszawy"]})
    sa.event.listen(sqlite_database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert forms.add({"pl": ["prezydent warszawy"]}) == 0
    assert asked == []


def test_the_memory_of_what_was_added_is_bounded() -> None:
    added = AddedForms(limit=10)
    for number in range(100):
        added.keep("pl", added.missing("pl", [f"form{number}"]))
    assert len(added._forms["pl"]) <= 10
    assert added.missing("pl", ["form99 form0"]) == {"form0"}


def test_forms_that_an_older_morphology_read_are_replaced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_forms, "FORMS_VERSION", 0)
    with monkeypatch.context() as older:
        older.setattr("indexer.forms.readings", lambda form, language: {Reading("dawny"), Reading("stary")})
        StoreForms(database).add({"pl": ["Warszawy"]})
    assert StoreForms(database).forms(["dawny"], "pl") == {"warszawy"}
    monkeypatch.undo()
    assert StoreForms(database).add({"pl": ["Warszawy"]}) == 1
    assert StoreForms(database).readings("warszawy", "pl") == {"warszawy": {Reading("warszawa")}}
    monkeypatch.setattr(store_forms, "FORMS_VERSION", 0)
    assert StoreForms(database).add({"pl": ["warszawy"]}) == 0


def test_many_adders_of_the_same_words_in_any_order_neither_wait_for_one_another_nor_lose_a_reading(database: Database) -> None:
    vocabulary = [f"słowo{number:x}".translate(str.maketrans("0123456789", "ghijklmnop")) for number in range(400)]

    def add(seed: int) -> None:
        chance, forms = random.Random(seed), StoreForms(open_database(database.engine.url.render_as_string(hide_password=False)))
        for _ in range(15):
            chosen = chance.sample(vocabulary, 80)
            forms.add({"pl": [" ".join(chosen[:40])], "cs": [" ".join(chosen[40:])]})
        forms.close()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(add, seed) for seed in range(4)]:
            done.result(timeout=60)
    with database.read() as connection:
        unread = sa.select(seen_form.c.form).where(
            ~sa.exists().where(form_reading.c.form == seen_form.c.form, form_reading.c.language == seen_form.c.language)
        )
        assert connection.execute(unread).all() == []
    assert count(database, seen_form) > len(vocabulary)


def test_what_is_longer_than_a_word_can_be_is_no_form(database: Database) -> None:
    noise = "x" * 100_000
    assert AddedForms().missing("pl", [f"Słowo {noise} 2026"]) == {"słowo"}
    forms = StoreForms(database)
    assert forms.add({"pl": [f"{noise} {'ł' * TOKEN_LIMIT}"]}) == 1
    assert forms.languages() == ("pl",)


def test_both_tables_hold_the_same_of_the_same_texts(database: Database, tmp_path: Path) -> None:
    texts = {"pl": ["Prezydentów miast przyjęto w Łodzi; mam, mienia, Zełenskiego."], "de": ["Häuser und Städte"]}
    stored, kept = StoreForms(database), SeenForms(tmp_path / "forms.sqlite")
    assert stored.add(texts) == kept.add(texts)
    assert stored.languages() == kept.languages()
    for language, token in [("pl", "lodzi"), ("pl", "mam"), ("pl", "zelenskiego"), ("de", "hauser"), ("de", "mam")]:
        assert stored.readings(token, language) == kept.readings(token, language)
        lemmas = {one.lemma for found in kept.readings(token, language).values() for one in found}
        assert stored.forms(lemmas, language) == kept.forms(lemmas, language)
        assert stored.bases("lodz", language) == kept.bases("lodz", language)
