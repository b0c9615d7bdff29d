"""Processes that call each other: what a call means, which versions a case runs, whose step a work item is."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "process_call",
        sa.Column("process_version_id", BIG, nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["process_version_id"], ["process_version.id"], name=op.f("fk_process_call_process_version_id")),
        sa.PrimaryKeyConstraint("process_version_id", "called", name=op.f("pk_process_call")),
    )
    op.add_column("cases", sa.Column("called", sa.Text(), nullable=True))
    op.add_column("work_item", sa.Column("process", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("work_item", "process")
    op.drop_column("cases", "called")
    op.drop_table("process_call")
