"""Steps that are taken back: until when, and when that was done.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

from firebrigade.responder.store.tables import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; an undo of before that is under way is made once more, which changes nothing."""
    op.add_column("steps", sa.Column("undo_until", Instant()))
    op.add_column("steps", sa.Column("undone_at", Instant()))
