"""The tables, in SQLAlchemy Core; what a migration must lead to (a test compares the two)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    TIMESTAMP,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC: ``timestamptz`` on PostgreSQL, on SQLite text that sorts as time does."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn to UTC; a naive datetime is a mistake."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Return an aware datetime."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _incident_id(**options: Any) -> Column[int]:
    return Column("incident_id", Integer, ForeignKey("incidents.id"), nullable=False, **options)


incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_key", String(64), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("external_url", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("level_since", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("routed_at", Instant),
    Column("receivers", JSON, nullable=False),
    Column("policy", JSON(none_as_null=True)),
    Column("runbook", Text, nullable=False),
    Column("suppressed_by", Text, nullable=False),
    Column("silenced_by", Text, nullable=False),
    Column("silenced_until", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", Text, nullable=False),
    Column("incomplete", Boolean, nullable=False),
    Column("next_due_at", Instant, index=True),
    Column("version", Integer, nullable=False),
    Column("news", Integer, nullable=False),
    Column("held_by", Integer, nullable=False, server_default="0"),
    Column("held_since", Instant),
    Column("pages_since", Instant),
    Column("asked_again_at", Instant),
    # The head of the timeline's chain. Not in the record Incident: only who appends to the timeline writes it.
    Column("timeline_length", Integer, nullable=False, server_default="0"),
    Column("timeline_head", String(80), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)

# A group key can be longer than an index entry may be, so its SHA-256 stands for it.
group_keys = Table(
    "group_keys",
    metadata,
    Column("source", String(255), primary_key=True),
    Column("group_hash", String(64), primary_key=True),
    Column("receiver", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("group_labels", JSON, nullable=False),
    _incident_id(index=True),
    Column("body_hash", String(64), nullable=False),
    Column("truncated_alerts", Integer, nullable=False),
)

incident_alerts = Table(
    "incident_alerts",
    metadata,
    _incident_id(primary_key=True),
    Column("fingerprint", String(16), primary_key=True, index=True),
    Column("status", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant),
    Column("generator_url", Text, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    _incident_id(),
    Column("at", Instant, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("previous", String(80), nullable=False, server_default=""),
    Column("hash", String(80), nullable=False, server_default=""),
    Index(None, "incident_id", "sequence", unique=True),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", Text, nullable=False, unique=True),
    _incident_id(),
    Column("receiver", String(255), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("level", Integer, nullable=False),
    Column("news", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("notification", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome_unknown", Boolean, nullable=False),
    Column("detail", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Index(None, "status", "next_attempt_at"),
    Index(None, "incident_id", "receiver"),
    sqlite_autoincrement=True,
)

threads = Table(
    "threads",
    metadata,
    _incident_id(primary_key=True),
    Column("receiver", String(255), primary_key=True),
    Column("reference", JSON, nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("step_id", String(63), nullable=False, unique=True),
    _incident_id(),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("labels", JSON, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("plan", JSON(none_as_null=True)),
    Column("target", Text, nullable=False),
    Column("after", JSON(none_as_null=True)),
    Column("verdict", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant),
    Column("applied_at", Instant),
    Column("verify_until", Instant),
    Column("finished_at", Instant),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Instant),
    Column("proposed_at", Instant),
    Column("expires_at", Instant),
    Column("approved_plan", String(64), nullable=False, server_default=""),
    Column("answered_by", Text, nullable=False, server_default=""),
    Column("answered_at", Instant),
    Column("healthy_since", Instant),
    Column("healthy_seen_at", Instant),
    Column("worse_since", Instant),
    Column("worse_seen_at", Instant),
    Column("environment", String(63), nullable=False, server_default=""),
    Column("refusal", String(32), nullable=False, server_default=""),
    Column("locked_since", Instant),
    Column("undo_until", Instant),
    Column("undone_at", Instant),
    UniqueConstraint("incident_id", "position"),
    Index(None, "status", "next_attempt_at"),
    Index(None, "applied_at"),
    sqlite_autoincrement=True,
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("body", Text, nullable=False),
    sqlite_autoincrement=True,
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("labels", JSON, nullable=False),
    Column("received_at", Instant, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

# Rows are added and never changed. A person's have no incident, so that the unique index is about runs.
trust_ledger = Table(
    "trust_ledger",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("runbook", Text, nullable=False),
    Column("environment", String(63), nullable=False),
    Column("steps", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("event", String(16), nullable=False),
    Column("level", String(16), nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("incident_id", Integer, ForeignKey("incidents.id")),
    Column("begun_at", Instant),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("previous", String(80), nullable=False, server_default=""),
    Column("hash", String(80), nullable=False, server_default=""),
    Index(None, "incident_id", "environment", unique=True),
    Index(None, "runbook", "environment"),
    Index(None, "sequence", unique=True),
    sqlite_autoincrement=True,
)

trust_chain = Table(
    "trust_chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("length", Integer, nullable=False),
    Column("head", String(80), nullable=False),
)
