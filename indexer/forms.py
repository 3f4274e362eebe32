"""The table of seen forms: which forms the pushed documents hold, and the lemmas they may belong to.

Here is the embedded engine's; engines that machines share have theirs in the store (`store_forms`). A small SQLite file beside the embedded index, written before the documents it belongs to, read by a cold search (the
store's SQLAlchemy would cost it 0.4 s). It can be thrown away: `depesza index rebuild` makes it anew. The engines' texts
stay plain, so nothing is re-indexed when the morphology improves; a rebuild of this table is enough (SEARCH.md).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from crawler.errors import BackendUnavailable, IndexLater, full_disk
from crawler.text import fold
from indexer.morphology import Reading, readings
from indexer.tokens import TOKEN_LIMIT, fold_word, words

FORMS_VERSION = 1
"""Raised when the table or the morphology changes; an older file is refused with the hint to rebuild."""
_CHUNK = 500
_SCHEMA = f"""
CREATE TABLE reading (
    language TEXT, lemma TEXT, form TEXT, is_verbal INTEGER, base TEXT, folded TEXT,
    PRIMARY KEY (language, lemma, form, is_verbal)
) WITHOUT ROWID;
CREATE INDEX reading_folded ON reading (folded, language);
CREATE INDEX reading_base ON reading (base, language);
CREATE TABLE seen (language TEXT, form TEXT, PRIMARY KEY (language, form)) WITHOUT ROWID;
PRAGMA user_version = {FORMS_VERSION};
"""

ReadingValues = tuple[str, str, str, bool, str, str]
"""A reading of a form: language, lemma, form, is verbal, the lemma folded, the form's index token."""
ADDED_LIMIT = 500_000
"""Forms that a process remembers, some 60 MB: in 35 million words of news stand 315,000 (SEARCH.md)."""


def reading_rows(form: str, language: str) -> list[ReadingValues]:
    """What a table of seen forms keeps of one form."""
    found = readings(form, language)
    return [(language, reading.lemma, form, reading.is_verbal, fold(reading.lemma), fold_word(form)) for reading in sorted(found)]


class AddedForms:
    """Forms that this process knows to be in a table, so that the table is asked for the others only. Bounded."""

    def __init__(self, limit: int = ADDED_LIMIT) -> None:
        """Past `limit` forms the memory begins anew."""
        self._limit = limit
        self._forms: dict[str, set[str]] = {}

    def missing(self, language: str, texts: Iterable[str]) -> set[str]:
        """The lower-cased words of texts that may be inflected and are not known to be in the table."""
        found: set[str] = set()
        for text in texts:
            found.update(words(text.lower()))
        found -= self._forms.get(language, set())
        return {word for word in found if len(word) <= TOKEN_LIMIT and not word.isdecimal()}

    def keep(self, language: str, forms: set[str]) -> None:
        """These are in the table now."""
        if sum(map(len, self._forms.values())) + len(forms) > self._limit:
            self._forms.clear()
        self._forms.setdefault(language, set()).update(forms)


class SeenForms:
    """The table in `file`. One writer at a time; readers see what was committed."""

    def __init__(self, file: Path, *, must_exist: bool = False) -> None:
        """Open `file`; it is made at the first `add`.

        Raises BackendUnavailable when it is damaged, of another version, or missing though it must exist.
        """
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._added = AddedForms()
        if file.exists():
            self._open()
        if must_exist and self._connection is None:
            raise _damaged(file, "it holds nothing")

    def create(self) -> None:
        """Make the file, without a form in it, if it is not there."""
        if self._connection is None:
            with self._writing():
                self._create()

    def languages(self) -> tuple[str, ...]:
        """Languages of which forms were seen: a step in the key for each, where DISTINCT would walk through it all."""
        found: list[str] = []
        while True:
            after = found[-1] if found else ""
            rows = self._rows("SELECT language FROM seen WHERE language > ? ORDER BY language LIMIT 1", after)
            if (row := next(rows, None)) is None:
                return tuple(found)
            found.append(row[0])

    def readings(self, folded: str, language: str) -> dict[str, frozenset[Reading]]:
        """The seen forms of `language` whose index token is `folded`, with their readings."""
        found: dict[str, set[Reading]] = {}
        sql = "SELECT form, lemma, is_verbal FROM reading WHERE folded = ? AND language = ?"
        for form, lemma, is_verbal in self._rows(sql, folded, language):
            found.setdefault(form, set()).add(Reading(lemma, bool(is_verbal)))
        return {form: frozenset(lemmas) for form, lemmas in found.items()}

    def bases(self, folded: str, language: str) -> frozenset[str]:
        """The lemmas of seen forms of `language` that fold to `folded`."""
        return frozenset(
            row[0] for row in self._rows("SELECT DISTINCT lemma FROM reading WHERE base = ? AND language = ?", folded, language)
        )

    def forms(self, lemmas: Iterable[str], language: str) -> frozenset[str]:
        """Index tokens of the seen forms of `language` that share one of `lemmas`."""
        found: set[str] = set()
        for lemma in lemmas:
            found.update(
                row[0] for row in self._rows("SELECT folded FROM reading WHERE language = ? AND lemma = ?", language, lemma)
            )
        return frozenset(found)

    def lemmas_of(self, tokens: Collection[str], language: str) -> set[tuple[str, str]]:
        """(index token, lemma) of the seen forms of `language` that have one of `tokens`."""
        found: set[tuple[str, str]] = set()
        asked = sorted(tokens)
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT folded, lemma FROM reading WHERE language = ? AND folded IN ({marks})"  # noqa: S608 - only question marks are put in
            found.update((row[0], row[1]) for row in self._rows(sql, language, *chunk))
        return found

    def add(self, texts: Mapping[str, Iterable[str]]) -> int:
        """Take in the words of texts, by language, in one transaction. Returns how many forms were new."""
        missing = {language: self._added.missing(language, given) for language, given in texts.items()}
        seen = [(language, form) for language, forms in missing.items() for form in sorted(self._unseen(language, forms))]
        if seen:
            self._write([row for language, form in seen for row in reading_rows(form, language)], seen)
        for language, forms in missing.items():
            self._added.keep(language, forms)
        return len(seen)

    def close(self) -> None:
        """Give the file back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _write(self, rows: list[ReadingValues], seen: list[tuple[str, str]]) -> None:
        with self._writing():
            connection = self._connection or self._create()
            with connection:
                connection.executemany("INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?, ?)", rows)
                connection.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", seen)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, disk full
            said = full_disk(self._file.parent, error) or f"the table of word forms {self._file} could not be written: {error}"
            raise IndexLater(said) from error
        except sqlite3.DatabaseError as error:
            raise _damaged(self._file, error) from error

    def _unseen(self, language: str, forms: set[str]) -> set[str]:
        """Those of `forms` that are not in the table."""
        if self._connection is None:
            return forms
        known: set[str] = set()
        asked = sorted(forms)
        for start in range(0, len(asked), _CHUNK):
            chunk = asked[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT form FROM seen WHERE language = ? AND form IN ({marks})"  # noqa: S608 - only question marks are put in
            known.update(row[0] for row in self._rows(sql, language, *chunk))
        return forms - known

    def _rows(self, sql: str, *values: str) -> Iterator[tuple[str, ...]]:
        if self._connection is None:
            return iter(())
        try:
            return iter(self._connection.execute(sql, values).fetchall())
        except sqlite3.DatabaseError as error:
            raise _damaged(self._file, error) from error

    def _create(self) -> sqlite3.Connection:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        return self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            connection, version = self._connect()
        except sqlite3.DatabaseError as error:
            raise _damaged(self._file, error) from error
        if version not in (0, FORMS_VERSION):
            connection.close()
            raise BackendUnavailable(
                f"the table of word forms {self._file} has version {version}, not {FORMS_VERSION}: run `depesza index rebuild`"
            )
        if version == FORMS_VERSION:
            self._connection = connection
        else:
            connection.close()
        return connection

    def _connect(self) -> tuple[sqlite3.Connection, int]:
        """The opened file and its version. On a full disk it can still be read: what is asked for then is no shared memory."""
        connection = sqlite3.connect(self._file, timeout=30, check_same_thread=False)
        try:
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.OperationalError as error:
            log = self._file.with_name(f"{self._file.name}-wal")
            if not full_disk(self._file.parent, error) or (log.exists() and log.stat().st_size):
                raise
            connection.close()
            address = f"{self._file.absolute().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection, version


def _damaged(file: Path, error: Exception | str) -> BackendUnavailable:
    full = full_disk(file.parent, error) if isinstance(error, Exception) else None
    return BackendUnavailable(full or f"the table of word forms {file} is damaged ({error}): run `depesza index rebuild`")
