"""Alembic migrations of the store. A revision's id is a four-digit number, so that older and newer compare as text."""
