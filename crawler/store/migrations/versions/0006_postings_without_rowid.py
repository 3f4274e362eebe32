"""SQLite: the window's places lie in their key's own tree, which is one tree less to write to for each (filing: 5 % less CPU).

The table is made anew with what is in it. PostgreSQL has nothing of the kind and stays as it is.
"""

import sqlalchemy as sa
from alembic import op

from crawler.store.schema import BigId

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Copy `story_posting` into a table WITHOUT ROWID."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.rename_table("story_posting", "story_posting_before")
    op.create_table(
        "story_posting",
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("leader", BigId, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "leader"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO story_posting SELECT hash, leader, position FROM story_posting_before ORDER BY hash, leader")
    op.drop_table("story_posting_before")
    op.create_index("story_posting_leader", "story_posting", ["leader"], unique=False)
