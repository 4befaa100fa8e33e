"""The ledger of trust as a chain: every entry gets its number and its hashes, and the ledger a head beside it.

Entries of before are sealed as they are found: the chain proves nothing about what happened to them until now.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.chain import Head
from firebrigade.responder.store.tables import Instant
from firebrigade.responder.trust import TrustEntry, TrustEvent, TrustLevel
from firebrigade.responder.trust_chain import link_of

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_FIELDS = ("runbook", "environment", "steps", "event", "level", "actor", "reason", "incident_id")
# The table as it is at this revision; that of tables.py goes on.
_ledger = sa.table(
    "trust_ledger",
    sa.column("id"),
    sa.column("at", Instant()),
    sa.column("begun_at", Instant()),
    *(sa.column(name) for name in (*_FIELDS, "sequence", "previous", "hash")),
)


def upgrade() -> None:
    """Add the columns, seal what is there, keep the head, and let no two entries have one place."""
    for name in ("previous", "hash"):
        op.add_column("trust_ledger", sa.Column(name, sa.String(length=80), nullable=False, server_default=""))
    op.add_column("trust_ledger", sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"))
    heads = op.create_table(
        "trust_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trust_chain"),
    )
    head = _sealed(op.get_bind())
    op.bulk_insert(heads, [{"id": 1, "length": head.length, "head": head.hash}])
    op.create_index("ix_trust_ledger_sequence", "trust_ledger", ["sequence"], unique=True)


def _sealed(connection: sa.Connection) -> Head:
    head = Head()
    for row in connection.execute(sa.select(_ledger).order_by(_ledger.c.id)).mappings().all():
        values = {name: row[name] for name in (*_FIELDS, "at", "begun_at")}
        level = TrustLevel(row["level"]) if row["level"] else None
        link = link_of(TrustEntry(**values | {"event": TrustEvent(row["event"]), "level": level}), head)
        place = {"sequence": link.sequence, "previous": link.previous, "hash": link.hash}
        connection.execute(sa.update(_ledger).where(_ledger.c.id == row["id"]).values(place))
        head = Head(length=link.sequence, hash=link.hash)
    return head
