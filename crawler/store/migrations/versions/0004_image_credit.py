"""Who took an article's picture, verbatim; "" for the articles filed before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add `article.image_credit`."""
    op.add_column("article", sa.Column("image_credit", sa.Text(), nullable=False, server_default=""))
