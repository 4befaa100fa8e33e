"""The ledger of trust, and what it is made of: the environment that a step is about, and why one was refused.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table; runs of before are no evidence."""
    op.add_column("steps", sa.Column("environment", sa.String(63), nullable=False, server_default=""))
    op.add_column("steps", sa.Column("refusal", sa.String(32), nullable=False, server_default=""))
    op.create_table(
        "trust_ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("runbook", sa.Text(), nullable=False),
        sa.Column("environment", sa.String(63), nullable=False),
        sa.Column("steps", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("begun_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_trust_ledger_incident_id"),
        sa.PrimaryKeyConstraint("id", name="pk_trust_ledger"),
        sqlite_autoincrement=True,
    )
    names = ["incident_id", "environment"]
    op.create_index("ix_trust_ledger_incident_id_environment", "trust_ledger", names, unique=True)
    op.create_index("ix_trust_ledger_runbook_environment", "trust_ledger", ["runbook", "environment"])
