"""Steps that wait for a person: since when and until when, which plan was approved, who answered and when.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a step of before waits for nobody."""
    for name in ("proposed_at", "expires_at", "answered_at"):
        op.add_column("steps", sa.Column(name, Instant()))
    op.add_column("steps", sa.Column("approved_plan", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("steps", sa.Column("answered_by", sa.Text(), nullable=False, server_default=""))
