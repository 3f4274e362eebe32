"""The clock: turns of outlets, processes that keep them, what each outlet brought by the hour, incidents; more about a source."""

import sqlalchemy as sa
from alembic import op

from crawler.store.schema import BigId, Json, UtcDateTime

revision = "0008"
down_revision = "0007"

_COUNTS = (
    "crawls", "failures", "polls", "unchanged_polls", "entries", "pages", "new", "no_text", "blocked", "paid", "with_authors",
    "with_date", "with_lead", "with_image", "words", "by_template", "seconds",
)  # fmt: skip


def upgrade() -> None:
    """Four tables; a few columns of `source_state`, one of `outlet_health`."""
    for name in ("answered_at", "changed_at", "newest_at", "failing_since"):
        op.add_column("source_state", _instant(name, nullable=True))
    op.add_column("source_state", sa.Column("status", sa.Text(), nullable=True))
    op.add_column("source_state", sa.Column("ttl_s", sa.Integer(), nullable=True))
    op.add_column("source_state", sa.Column("overlap", sa.Float(), nullable=True))
    op.add_column("outlet_health", _instant("since", nullable=True))
    op.create_table(
        "outlet_hour",
        sa.Column("outlet", sa.Text(), primary_key=True),
        sa.Column("hour", UtcDateTime(), primary_key=True),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in _COUNTS),
    )
    op.create_index("outlet_hour_hour", "outlet_hour", ["hour"])
    op.create_table(
        "incident",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("outlet", "verdict", "reason")),
        sa.Column("detail", Json, nullable=False),
        *(_instant(name) for name in ("began_at", "opened_at", "seen_at")),
        _instant("closed_at", nullable=True),
    )
    op.create_index("incident_outlet", "incident", ["outlet", "opened_at"])
    op.create_index("incident_closed", "incident", ["closed_at"])
    op.create_table(
        "outlet_turn",
        sa.Column("outlet", sa.Text(), primary_key=True),
        sa.Column("schedule", sa.Text(), nullable=False),
        *(_instant(name, nullable=True) for name in ("next_at", "slot_at", "due_at")),
        sa.Column("owner", sa.Text(), nullable=True),
        _instant("until_at", nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        _instant("ended_at", nullable=True),
    )
    op.create_index("outlet_turn_due", "outlet_turn", ["due_at"])
    op.create_index("outlet_turn_next", "outlet_turn", ["next_at"])
    op.create_table(
        "process",
        sa.Column("owner", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "machine", "version")),
        sa.Column("detail", Json, nullable=False),
        *(_instant(name) for name in ("started_at", "heartbeat_at")),
    )


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)
