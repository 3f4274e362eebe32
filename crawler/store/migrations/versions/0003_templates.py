"""What is learned of outlets: templates with their versions, and how the one in use fares."""

import sqlalchemy as sa
from alembic import op

from crawler.store.schema import Json, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make `template` and `template_standing`."""
    op.create_table(
        "template",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("learned_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("retired_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("outlet", "version"),
    )
    op.create_table(
        "template_standing",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("outlet"),
    )
