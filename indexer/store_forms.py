"""The table of seen forms in the store, for an engine that machines share: a `FormTable` over `crawler.store.forms`.

Its rows are those of the embedded engine's table (`forms`); any number of machines may add to it at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from crawler.store import forms as store
from crawler.store.database import Database
from crawler.store.forms import ReadingRow
from indexer.forms import FORMS_VERSION, AddedForms, reading_rows
from indexer.morphology import Reading


class StoreForms:
    """`FormTable` in a store. Every method raises BackendUnavailable when the store cannot be used.

    Forms that an older version of the morphology read are searched as they are until they are pushed again, which reads
    them anew: `depesza index rebuild` does so for all.
    """

    def __init__(self, database: Database) -> None:
        """The table in `database`, which `close` gives back."""
        self._database = database
        self._added = AddedForms()

    def languages(self) -> tuple[str, ...]:
        """See FormTable."""
        with self._database.read() as connection:
            return store.seen_languages(connection)

    def readings(self, folded: str, language: str) -> dict[str, frozenset[Reading]]:
        """See FormTable."""
        with self._database.read() as connection:
            rows = store.readings_of(connection, folded, language)
        found: dict[str, set[Reading]] = {}
        for form, lemma, is_verbal in rows:
            found.setdefault(form, set()).add(Reading(lemma, is_verbal))
        return {form: frozenset(lemmas) for form, lemmas in found.items()}

    def bases(self, folded: str, language: str) -> frozenset[str]:
        """See FormTable."""
        with self._database.read() as connection:
            return frozenset(store.lemmas_of_base(connection, folded, language))

    def forms(self, lemmas: Iterable[str], language: str) -> frozenset[str]:
        """See FormTable."""
        with self._database.read() as connection:
            return frozenset(store.tokens_of_lemmas(connection, set(lemmas), language))

    def lemmas_of(self, tokens: Collection[str], language: str) -> set[tuple[str, str]]:
        """See FormTable."""
        with self._database.read() as connection:
            return store.lemmas_of_tokens(connection, tokens, language)

    def add(self, texts: Mapping[str, Iterable[str]]) -> int:
        """See FormTable. Mostly a look into this process's memory; the rest is one query and one transaction."""
        missing = {language: self._added.missing(language, given) for language, given in texts.items()}
        new = self._unseen({language: forms for language, forms in missing.items() if forms})
        if new:
            rows = [ReadingRow(*row) for language, form in new for row in reading_rows(form, language)]
            with self._database.write() as connection:
                store.add_forms(connection, rows, FORMS_VERSION)
        for language, forms in missing.items():
            self._added.keep(language, forms)
        return len(new)

    def close(self) -> None:
        """Give back the store's connections."""
        self._database.close()

    def _unseen(self, asked: Mapping[str, set[str]]) -> list[tuple[str, str]]:
        """(language, form) of those that are not in the table, read by this morphology."""
        if not asked:
            return []
        with self._database.read() as connection:
            known = {language: store.known_forms(connection, language, forms, FORMS_VERSION) for language, forms in asked.items()}
        return [(language, form) for language, forms in asked.items() for form in forms - known[language]]
