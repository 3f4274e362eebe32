"""Text-mining reservations. Their table stands beside the raw pages and is made with them when the migrations are through
(`page_metadata.create_all`); this revision has keepers of a PostgreSQL store asked for that step."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing in the main database."""
