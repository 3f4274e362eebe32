"""Word forms and their lemmas, per language, for engines that share a store.

Nobody writes the table yet: the embedded index keeps forms of its own, which a cold search reads faster (`indexer.forms`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from crawler.store.rows import in_batches, upsert
from crawler.store.schema import form


def known_forms(connection: sa.Connection, language: str, forms: Sequence[str]) -> set[str]:
    """Those of the forms that the table has."""
    found: set[str] = set()
    for batch in in_batches(list(forms), 5000):
        chosen = sa.select(form.c.form).where(form.c.language == language, form.c.form.in_(batch))
        found.update(connection.execute(chosen).scalars())
    return found


def add_forms(connection: sa.Connection, language: str, lemmas: Mapping[str, Sequence[str]]) -> None:
    """Add forms with all their readings' lemmas (form -> lemmas); known ones are overwritten."""
    rows = [{"form": one, "language": language, "lemmas": list(readings)} for one, readings in lemmas.items()]
    for batch in in_batches(rows, 5000):
        upsert(connection, form, batch)


def walk_forms(connection: sa.Connection) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(form, language, lemmas) of the whole table."""
    for row in connection.execute(sa.select(form).order_by(form.c.language, form.c.form)):
        yield row.form, row.language, tuple(row.lemmas)
