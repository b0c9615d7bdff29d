"""Work items of repeated steps: which instance it is, of how many, and what it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (sa.Column("instance", sa.Integer()), sa.Column("instances", sa.Integer()), sa.Column("about", sa.Text())):
        op.add_column("work_item", column)


def downgrade() -> None:
    for name in ("about", "instances", "instance"):
        op.drop_column("work_item", name)
