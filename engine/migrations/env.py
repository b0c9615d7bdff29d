"""Runs the revisions on the connection that `engine.db.upgrade` hands over, inside its transaction."""

from alembic import context

from engine.model import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
