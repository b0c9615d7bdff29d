"""Messages and signals: what cases listen for, what was thrown, and who got it."""

import sqlalchemy as sa
from alembic import op

from engine.db import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("process_version", sa.Column("starts_on", sa.Text(), nullable=True))
    op.create_table(
        "subscription",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_subscription_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("case_id", "task", name=op.f("uq_subscription_case_id")),
    )
    op.create_index("ix_subscription_name", "subscription", ["kind", "name", "key"])
    op.create_table(
        "message",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("source_case", BIG, nullable=True),
        sa.Column("thrown_at", Utc(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wake_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_message_dedupe")),
    )
    op.create_index("ix_message_wake", "message", ["wake_at"])
    op.create_index("ix_message_waiting", "message", ["state", "kind", "name"])
    op.create_table(
        "delivery",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("message_id", "place", "task", name=op.f("uq_delivery_message_id")),
    )


def downgrade() -> None:
    for table in ("delivery", "message", "subscription"):
        op.drop_table(table)
    op.drop_column("process_version", "starts_on")
