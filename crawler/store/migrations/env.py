"""Alembic's entry: runs the migrations on the connection that `crawler.store.database.upgrade` hands over."""

from alembic import context

from crawler.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False, render_as_batch=True
)
context.run_migrations()
