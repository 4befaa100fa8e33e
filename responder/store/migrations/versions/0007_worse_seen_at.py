"""Steps that make things worse: when that was seen last.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; for a step of before, the stretch begins again."""
    op.add_column("steps", sa.Column("worse_seen_at", Instant()))
