"""The timeline as a chain: every entry gets its number and its hashes, every incident the head of its chain.

Entries of before are sealed as they are found: the chain proves nothing about what happened to them until now.

Revision ID: 0002
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.chain import Head, extended
from firebrigade.responder.model import TimelineEntry
from firebrigade.responder.store.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The tables as they are at this revision; those of tables.py go on.
_incidents = sa.table("incidents", sa.column("id"), sa.column("timeline_length"), sa.column("timeline_head"))
_timeline = sa.table(
    "timeline",
    sa.column("id"),
    sa.column("incident_id"),
    sa.column("at", Instant()),
    sa.column("kind"),
    sa.column("actor"),
    sa.column("detail"),
    sa.column("data", sa.JSON()),
    sa.column("sequence"),
    sa.column("previous"),
    sa.column("hash"),
)


def upgrade() -> None:
    """Add the columns, seal what is there, and let no two entries have one place."""
    for name in ("previous", "hash"):
        op.add_column("timeline", sa.Column(name, sa.String(length=80), nullable=False, server_default=""))
    op.add_column("timeline", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("timeline_length", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("timeline_head", sa.String(length=80), nullable=False, server_default=""))
    connection = op.get_bind()
    for incident_id in connection.execute(sa.select(_incidents.c.id).order_by(_incidents.c.id)).scalars().all():
        _seal(connection, incident_id)
    op.drop_index(op.f("ix_timeline_incident_id"), table_name="timeline")
    op.create_index(op.f("ix_timeline_incident_id_sequence"), "timeline", ["incident_id", "sequence"], unique=True)


def _seal(connection: sa.Connection, incident_id: int) -> None:
    mine = _timeline.c.incident_id == incident_id
    found = connection.execute(sa.select(_timeline).where(mine).order_by(_timeline.c.id)).mappings().all()
    entries = [
        TimelineEntry(**{name: row[name] for name in ("at", "kind", "actor", "detail", "data")}) for row in found
    ]
    links, head = extended(incident_id, Head(), entries)
    if not links:
        return
    places = [
        {"row_id": row["id"], "place": link.sequence, "before": link.previous, "own": link.hash}
        for row, link in zip(found, links, strict=True)
    ]
    parameters = {"sequence": "place", "previous": "before", "hash": "own"}
    columns: dict[str, Any] = {name: sa.bindparam(parameter) for name, parameter in parameters.items()}
    connection.execute(sa.update(_timeline).where(_timeline.c.id == sa.bindparam("row_id")).values(columns), places)
    ends = {"timeline_length": head.length, "timeline_head": head.hash}
    connection.execute(sa.update(_incidents).where(_incidents.c.id == incident_id).values(ends))
