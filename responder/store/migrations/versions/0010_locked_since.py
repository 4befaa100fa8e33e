"""Steps that wait for another one on the same target: since when.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; no step of before waits."""
    op.add_column("steps", sa.Column("locked_since", Instant()))
