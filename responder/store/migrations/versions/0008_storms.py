"""Incidents whose pages a storm holds back: which storm, and since when.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; no incident of before is held."""
    op.add_column("incidents", sa.Column("held_by", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("incidents", sa.Column("held_since", Instant()))
