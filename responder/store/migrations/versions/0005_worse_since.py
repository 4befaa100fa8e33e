"""Steps that make things worse: since when.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a step of before has made nothing worse."""
    op.add_column("steps", sa.Column("worse_since", Instant()))
