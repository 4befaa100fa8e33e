"""Incidents: since when each may page, and when a storm's own asked once more whether somebody is at work.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; an incident of before may page since it was opened."""
    op.add_column("incidents", sa.Column("pages_since", Instant()))
    op.add_column("incidents", sa.Column("asked_again_at", Instant()))
