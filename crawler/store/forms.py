"""Word forms seen in pushed documents and the readings of each, for engines that machines share (`indexer.store_forms`).

The embedded index keeps a table of its own beside it, which a cold search reads faster (`indexer.forms`). What a form may
mean is not known here. A form carries the version of the morphology that read it; a newer one reads it anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from crawler.store.rows import in_batches, insert
from crawler.store.schema import form_reading, seen_form

_BATCH = 5_000
"""Forms of one statement; SQLite takes 32,766 bound values."""


class ReadingRow(NamedTuple):
    """One reading of one form."""

    language: str
    lemma: str
    form: str
    is_verbal: bool
    base: str
    """The lemma, folded."""
    folded: str
    """The form's index token."""


def seen_languages(connection: sa.Connection) -> tuple[str, ...]:
    """Languages of which forms were seen, in order: a step in the key for each, where DISTINCT would walk through it all."""
    found: list[str] = []
    while True:
        chosen = sa.select(sa.func.min(seen_form.c.language))
        if found:
            chosen = chosen.where(seen_form.c.language > found[-1])
        if (language := connection.execute(chosen).scalar()) is None:
            return tuple(found)
        found.append(language)


def readings_of(connection: sa.Connection, folded: str, language: str) -> list[tuple[str, str, bool]]:
    """(form, lemma, is verbal) of the seen forms with an index token."""
    columns = (form_reading.c.form, form_reading.c.lemma, form_reading.c.is_verbal)
    chosen = sa.select(*columns).where(form_reading.c.folded == folded, form_reading.c.language == language)
    return [(row[0], row[1], row[2]) for row in connection.execute(chosen)]


def lemmas_of_base(connection: sa.Connection, base: str, language: str) -> set[str]:
    """Lemmas of seen forms that fold to `base`."""
    chosen = sa.select(form_reading.c.lemma).where(form_reading.c.base == base, form_reading.c.language == language)
    return set(connection.execute(chosen).scalars())


def tokens_of_lemmas(connection: sa.Connection, lemmas: Collection[str], language: str) -> set[str]:
    """Index tokens of the seen forms that share one of the lemmas."""
    found: set[str] = set()
    for batch in in_batches(sorted(lemmas)):
        chosen = sa.select(form_reading.c.folded).where(form_reading.c.lemma.in_(batch), form_reading.c.language == language)
        found.update(connection.execute(chosen).scalars())
    return found


def lemmas_of_tokens(connection: sa.Connection, tokens: Collection[str], language: str) -> set[tuple[str, str]]:
    """(index token, lemma) of the seen forms that have one of the index tokens."""
    found: set[tuple[str, str]] = set()
    for batch in in_batches(sorted(tokens), _BATCH):
        chosen = sa.select(form_reading.c.folded, form_reading.c.lemma)
        rows = connection.execute(chosen.where(form_reading.c.folded.in_(batch), form_reading.c.language == language))
        found.update((row[0], row[1]) for row in rows)
    return found


def known_forms(connection: sa.Connection, language: str, forms: Collection[str], version: int) -> set[str]:
    """Those of the forms that were read with this version of the morphology or a newer one."""
    found: set[str] = set()
    for batch in in_batches(list(forms), _BATCH):
        chosen = sa.select(seen_form.c.form).where(
            seen_form.c.language == language, seen_form.c.form.in_(batch), seen_form.c.version >= version
        )
        found.update(connection.execute(chosen).scalars())
    return found


def add_forms(connection: sa.Connection, rows: Collection[ReadingRow], version: int) -> None:
    """Add forms with all their readings. A form of an older version is replaced, one of this version stays.

    The seen forms are written first and in order: whoever adds one of the same forms meanwhile waits at the first of them,
    so that two never wait for one another (PostgreSQL), and their readings are changed by one at a time.
    """
    seen = sorted({(row.language, row.form) for row in rows})
    if not seen:
        return
    statement = insert(connection, seen_form)
    newer = statement.on_conflict_do_update(
        index_elements=["language", "form"],
        set_={"version": statement.excluded.version},
        where=seen_form.c.version < statement.excluded.version,
    )
    connection.execute(newer, [{"language": language, "form": form, "version": version} for language, form in seen])
    readings = insert(connection, form_reading).on_conflict_do_nothing()
    for language in sorted({language for language, _ in seen}):
        forms = _of_version(connection, language, [form for spoken, form in seen if spoken == language], version)
        _drop_readings(connection, language, forms)
        given = [row._asdict() for row in sorted(rows) if row.language == language and row.form in forms]
        if given:
            connection.execute(readings, given)


def _of_version(connection: sa.Connection, language: str, forms: Sequence[str], version: int) -> set[str]:
    """Those of the forms that no newer version has read meanwhile."""
    found: set[str] = set()
    for batch in in_batches(list(forms), _BATCH):
        chosen = sa.select(seen_form.c.form).where(seen_form.c.language == language, seen_form.c.form.in_(batch))
        found.update(connection.execute(chosen.where(seen_form.c.version == version)).scalars())
    return found


def _drop_readings(connection: sa.Connection, language: str, forms: Collection[str]) -> None:
    """The forms are read anew: readings of an older version must not stay beside the new ones."""
    for batch in in_batches(sorted(forms), _BATCH):
        connection.execute(form_reading.delete().where(form_reading.c.language == language, form_reading.c.form.in_(batch)))
