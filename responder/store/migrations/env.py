"""Alembic's entry: runs the migrations on the connection that ``Database.migrate`` hands in, in its transaction."""

from alembic import context

from firebrigade.responder.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
