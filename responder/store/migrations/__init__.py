"""Alembic's migrations; ``Database.migrate`` runs them at every start."""
