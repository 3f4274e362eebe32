"""Every table of the house. Changes come with a migration in `migrations/versions`; a test compares the two.

`metadata` is the main database; `page_metadata` holds raw pages, kept apart (SQLite: a second file, attached as `pages`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

metadata = sa.MetaData()
page_metadata = sa.MetaData(schema="pages")


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant. Stored as UTC (SQLite gives back naive times); a naive value is refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was given to the store")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """On SQLite the same text that SQLAlchemy writes, in one step: an article has twenty times."""
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Any:
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _written(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a naive time was given to the store")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _read(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BigId = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def table(name: str, *columns: sa.Column[Any] | sa.Constraint | sa.Index, **settings: Any) -> sa.Table:
    return sa.Table(name, metadata, *columns, **settings)


def text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=null, primary_key=key)


def instant(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime, nullable=null)


def number(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=null, server_default=default)


# -- who is watched: written when a run starts, read by everyone past the crawler ------------------------------------
outlet = table(
    "outlet",
    text("slug", key=True), text("name"), text("homepage"), text("country"), text("language"), text("timezone"),
    text("kind"), text("agency", null=True), text("group_name", null=True),
    sa.Column("tags", Json, nullable=False), sa.Column("domains", Json, nullable=False),
    sa.Column("aliases", Json, nullable=False), text("disabled_because", null=True), instant("updated_at"),
)  # fmt: skip
agency = table(
    "agency",
    text("slug", key=True),
    text("name"),
    text("country"),
    sa.Column("names", Json, nullable=False),
    instant("updated_at"),
)

# -- where entries come from and wait --------------------------------------------------------------------------------
source_state = table(
    "source_state",
    text("url", key=True), text("outlet", key=True), text("etag", null=True), text("last_modified", null=True),
    text("body_sha256", null=True), text("moved_to", null=True), instant("polled_at", null=True),
    instant("unconditional_at", null=True), instant("next_poll_at", null=True), number("failures_in_a_row", default="0"),
    text("last_error", null=True), instant("gone_at", null=True), text("status", null=True), instant("answered_at", null=True),
    instant("changed_at", null=True), instant("newest_at", null=True), instant("failing_since", null=True), number("ttl_s", null=True),
    sa.Column("overlap", sa.Float, nullable=True),
)  # fmt: skip
frontier = table(
    "frontier",
    text("url", key=True), text("outlet", key=True), sa.Column("entry", Json, nullable=False), text("reason"),
    text("article_id", null=True), instant("queued_at"), number("attempts", default="0"), instant("next_try_at"),
    text("last_error", null=True), sa.Index("frontier_due", "outlet", "next_try_at"),
)  # fmt: skip

# -- articles --------------------------------------------------------------------------------------------------------
article = table(
    "article",
    text("id", key=True), text("url"), text("outlet"), text("title"), text("lead", null=True), text("text"), text("language"),
    sa.Column("authors", Json, nullable=False), text("byline"), text("credits"), text("section", null=True),
    sa.Column("tags", Json, nullable=False), text("image_url", null=True),
    sa.Column("image_credit", sa.Text, nullable=False, server_default=""),
    instant("published_at"), number("published_offset_s"), text("published_from"),
    instant("modified_at", null=True), number("modified_offset_s", null=True),
    instant("first_seen_at"), instant("removed_at", null=True), sa.Column("attributions", Json, nullable=False),
    text("access"), text("access_reason"), sa.Column("encoding_suspect", sa.Boolean, nullable=False),
    text("content_sha256"), sa.Column("fingerprint", sa.LargeBinary, nullable=False), number("normalizer_version"),
    number("index_version", default="1"), number("revisions", default="1"), number("visits", default="0"),
    instant("last_fetched_at"), instant("source_updated_at", null=True), instant("next_visit_at", null=True),
    sa.Index("article_outlet_published", "outlet", "published_at"), sa.Index("article_published", "published_at"),
    sa.Index("article_visit", "outlet", "next_visit_at"), sa.Index("article_first_seen", "first_seen_at"),
)  # fmt: skip
article_address = table(
    "article_address",
    text("url", key=True), text("article_id"), text("kind"), instant("met_at"), sa.Index("article_address_article", "article_id"),
)  # fmt: skip
revision = table(
    "revision",
    text("article_id", key=True), sa.Column("number", sa.Integer, primary_key=True), text("title"), text("lead", null=True),
    text("text"), text("content_sha256"), instant("seen_at"),
)  # fmt: skip
body_sighting = table(
    "body_sighting",
    text("outlet", key=True), text("content_sha256", key=True), text("url", key=True), instant("seen_at"),
    sa.Index("body_sighting_seen", "seen_at"),
)  # fmt: skip

# -- stories ---------------------------------------------------------------------------------------------------------
story = table(
    "story",
    text("id", key=True), text("origin_article_id", null=True), text("origin_reason"), text("agency", null=True),
    sa.Column("agency_confidence", sa.Float, nullable=False, server_default="0"), instant("first_published_at", null=True),
    instant("first_seen_at", null=True), number("size", default="0"), instant("updated_at"),
    sa.Index("story_updated", "updated_at"), sa.Index("story_published", "first_published_at"),
)  # fmt: skip
story_alias = table("story_alias", text("old_id", key=True), text("story_id"), instant("merged_at"))
story_member = table(
    "story_member",
    text("article_id", key=True), text("story_id"), text("role"),
    sa.Column("similarity", sa.Float, nullable=False), sa.Column("containment", sa.Float, nullable=False),
    sa.Column("leader_containment", sa.Float, nullable=False), number("leader_ordinal", null=True),
    sa.Index("story_member_story", "story_id"),
)  # fmt: skip
story_link = table(
    "story_link",
    text("article_id", key=True), text("other_id", key=True), text("kind"), sa.Column("containment", sa.Float, nullable=False),
    sa.Index("story_link_other", "other_id"),
)  # fmt: skip
story_leader = table(
    "story_leader",
    sa.Column("number", BigId, primary_key=True, autoincrement=True), sa.Column("article_id", sa.Text, nullable=False, unique=True),
    text("story_id"), text("outlet"), instant("at"), instant("seen_at"), number("live"),
    sa.Column("grams", sa.LargeBinary, nullable=False), sa.Column("ties", sa.LargeBinary, nullable=False),
    sa.Column("cluster", sa.BigInteger, nullable=False), sa.Index("story_leader_story", "story_id"),
    sa.Index("story_leader_seen", "seen_at"), sa.Index("story_leader_cluster", "cluster"),
)  # fmt: skip
story_posting = table(
    "story_posting",
    sa.Column("hash", sa.BigInteger, primary_key=True), sa.Column("leader", BigId, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, nullable=False), sa.Index("story_posting_leader", "leader"), sqlite_with_rowid=False,
)  # fmt: skip
fingerprint_day = table(
    "fingerprint_day",
    sa.Column("hash", sa.BigInteger, primary_key=True), sa.Column("day", sa.Integer, primary_key=True),
    sa.Index("fingerprint_day_day", "day"),
)  # fmt: skip

# -- towards the index -----------------------------------------------------------------------------------------------
outbox = table(
    "outbox",
    text("article_id", key=True), number("wanted_version"), instant("queued_at"), number("attempts", default="0"),
    instant("next_try_at", null=True), text("last_error", null=True), sa.Index("outbox_queued", "queued_at", "article_id"),
)  # fmt: skip
dead_letter = table(
    "dead_letter",
    sa.Column("id", BigId, primary_key=True, autoincrement=True), text("stage"), text("key"), text("outlet"), text("url"),
    text("reason"), sa.Column("detail", Json, nullable=False), instant("created_at"), instant("last_at"), number("times", default="1"),
    sa.UniqueConstraint("stage", "key", name="dead_letter_stage_key"),
)  # fmt: skip
seen_form = table(
    "seen_form", text("language", key=True), text("form", key=True), number("version"),
)  # fmt: skip
form_reading = table(
    "form_reading",
    text("language", key=True), text("form", key=True), text("lemma", key=True),
    sa.Column("is_verbal", sa.Boolean, primary_key=True), text("base"), text("folded"),
    sa.Index("form_reading_lemma", "lemma", "language"), sa.Index("form_reading_base", "base", "language"),
    sa.Index("form_reading_folded", "folded", "language"),
)  # fmt: skip

# -- runs and machines -----------------------------------------------------------------------------------------------
run = table(
    "run",
    text("id", key=True), text("owner"), text("status"), instant("started_at"), instant("heartbeat_at"),
    instant("finished_at", null=True), sa.Column("report", Json, nullable=True), sa.Index("run_started", "started_at"),
)  # fmt: skip
lease = table("lease", text("name", key=True), text("owner"), instant("heartbeat_at"), instant("until_at"))
outlet_health = table(
    "outlet_health",
    text("outlet", key=True), instant("last_success_at", null=True), instant("last_new_article_at", null=True),
    number("failures_in_a_row", default="0"), text("verdict"), text("reason"), sa.Column("detail", Json, nullable=False),
    instant("updated_at"), instant("since", null=True),
)  # fmt: skip
outlet_hour = table(
    "outlet_hour",
    text("outlet", key=True), sa.Column("hour", UtcDateTime, primary_key=True), number("crawls", default="0"),
    number("failures", default="0"), number("polls", default="0"), number("unchanged_polls", default="0"),
    number("entries", default="0"), number("pages", default="0"), number("new", default="0"), number("no_text", default="0"),
    number("blocked", default="0"), number("paid", default="0"), number("with_authors", default="0"),
    number("with_date", default="0"), number("with_lead", default="0"), number("with_image", default="0"),
    number("words", default="0"), number("by_template", default="0"), number("seconds", default="0"),
    sa.Index("outlet_hour_hour", "hour"),
)  # fmt: skip
incident = table(
    "incident",
    sa.Column("id", BigId, primary_key=True, autoincrement=True), text("outlet"), text("verdict"), text("reason"),
    sa.Column("detail", Json, nullable=False), instant("began_at"), instant("opened_at"), instant("seen_at"),
    instant("closed_at", null=True), sa.Index("incident_outlet", "outlet", "opened_at"), sa.Index("incident_closed", "closed_at"),
)  # fmt: skip
outlet_turn = table(
    "outlet_turn",
    text("outlet", key=True), text("schedule"), instant("next_at", null=True), instant("slot_at", null=True),
    instant("due_at", null=True), text("owner", null=True), instant("until_at", null=True), number("attempts", default="0"),
    instant("ended_at", null=True), sa.Index("outlet_turn_due", "due_at"), sa.Index("outlet_turn_next", "next_at"),
)  # fmt: skip
process = table(
    "process",
    text("owner", key=True), text("kind"), text("machine"), text("version"), sa.Column("detail", Json, nullable=False),
    instant("started_at"), instant("heartbeat_at"),
)  # fmt: skip
robots = table(
    "robots", text("origin", key=True), text("body"), instant("fetched_at"),
)  # fmt: skip

# -- people ----------------------------------------------------------------------------------------------------------
watch = table(
    "watch",
    text("id", key=True), text("name"), text("query"), text("kind"), sa.Column("settings", Json, nullable=False),
    instant("created_at"), instant("paused_at", null=True),
)  # fmt: skip
delivery = table(
    "delivery",
    sa.Column("id", BigId, primary_key=True, autoincrement=True), text("watch_id"), text("dedupe_key"), text("article_id", null=True),
    text("story_id", null=True), text("channel"), text("status"), number("attempts", default="0"), instant("next_try_at", null=True),
    text("last_error", null=True), instant("created_at"), instant("delivered_at", null=True),
    sa.UniqueConstraint("watch_id", "dedupe_key", "channel", name="delivery_once"), sa.Index("delivery_due", "status", "next_try_at"),
)  # fmt: skip
api_token = table(
    "api_token",
    text("id", key=True), text("name"), text("sha256"), sa.Column("scopes", Json, nullable=False), instant("created_at"),
    instant("last_used_at", null=True), instant("revoked_at", null=True),
)  # fmt: skip

# -- what is learned of outlets ----------------------------------------------------------------------------------------
template = table(
    "template",
    text("outlet", key=True), sa.Column("version", sa.Integer, primary_key=True), sa.Column("body", Json, nullable=False),
    instant("learned_at"), instant("retired_at", null=True), text("retired_why", null=True),
)  # fmt: skip
template_standing = table(
    "template_standing", text("outlet", key=True), sa.Column("body", Json, nullable=False), instant("updated_at"),
)  # fmt: skip

# -- raw pages, apart ------------------------------------------------------------------------------------------------
page = sa.Table(
    "page", page_metadata,
    text("key", key=True), text("outlet"), text("requested_url"), text("final_url"), number("status"),
    sa.Column("headers", Json, nullable=False), sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("entry", Json, nullable=True), instant("fetched_at"), sa.Index("page_fetched", "fetched_at"),
)  # fmt: skip
text_reservation = sa.Table(
    "text_reservation", page_metadata, text("key", key=True), text("outlet"), text("declared_in"), instant("seen_at")
)  # fmt: skip
