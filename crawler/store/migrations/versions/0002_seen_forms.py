"""The table of seen forms for engines that machines share; it takes the place of a table that nothing ever wrote.

The outbox's index follows the whole order in which it is read: many items share an instant after a rebuild.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Drop the empty table `form`, make `seen_form` and `form_reading`, widen the outbox's index."""
    op.drop_table("form")
    op.create_table(
        "seen_form",
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("language", "form"),
    )
    op.create_table(
        "form_reading",
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("lemma", sa.Text(), nullable=False),
        sa.Column("is_verbal", sa.Boolean(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("language", "form", "lemma", "is_verbal"),
    )
    op.create_index("form_reading_lemma", "form_reading", ["lemma", "language"])
    op.create_index("form_reading_base", "form_reading", ["base", "language"])
    op.create_index("form_reading_folded", "form_reading", ["folded", "language"])
    op.drop_index("outbox_queued", "outbox")
    op.create_index("outbox_queued", "outbox", ["queued_at", "article_id"])
