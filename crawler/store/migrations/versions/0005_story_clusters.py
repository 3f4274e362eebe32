"""Leaders keep all their grams, whom they are alike to, and their cluster.

The window begins anew: what is in it lacks its grams, and the stories of the last two weeks stay as they are.
"""

import sqlalchemy as sa
from alembic import op

from crawler.store.schema import BigId, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make `story_leader` anew and empty `story_posting`."""
    op.execute("DELETE FROM story_posting")
    op.drop_table("story_leader")
    op.create_table(
        "story_leader",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("story_id", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("live", sa.Integer(), nullable=False),
        sa.Column("grams", sa.LargeBinary(), nullable=False),
        sa.Column("ties", sa.LargeBinary(), nullable=False),
        sa.Column("cluster", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("article_id"),
    )
    op.create_index("story_leader_seen", "story_leader", ["seen_at"], unique=False)
    op.create_index("story_leader_story", "story_leader", ["story_id"], unique=False)
    op.create_index("story_leader_cluster", "story_leader", ["cluster"], unique=False)
