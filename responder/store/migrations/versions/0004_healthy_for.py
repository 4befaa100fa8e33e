"""Steps that must stay healthy for a while: since when they are, and when that was seen last.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a step of before has not been seen healthy yet."""
    for name in ("healthy_since", "healthy_seen_at"):
        op.add_column("steps", sa.Column(name, Instant()))
