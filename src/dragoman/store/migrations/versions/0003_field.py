"""Nodes in the field and their goals."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _add_nodes() -> None:
    op.create_table(
        "node",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("vsn", sa.Text(), nullable=False),
        sa.Column("vsn_lower", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
        sa.UniqueConstraint("vsn_lower", name=op.f("uq_node_vsn_lower")),
        sa.UniqueConstraint("key_digest", name=op.f("uq_node_key_digest")),
        sqlite_autoincrement=True,
    )


def _add_goals() -> None:
    op.create_table(
        "goal",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("job_id", _key(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lifetime", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_goal_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
        sa.UniqueConstraint("alias", name=op.f("uq_goal_alias")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_goal_job_id"), ["job_id"], unique=False)
    op.create_table(
        "goal_part",
        sa.Column("goal_id", _key(), nullable=False),
        sa.Column("node_id", _key(), nullable=False),
        sa.Column("part", sa.JSON(), nullable=False),
        sa.Column("is_served", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_part_goal_id")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_goal_part_node_id")),
        sa.PrimaryKeyConstraint("goal_id", "node_id", name=op.f("pk_goal_part")),
    )
    with op.batch_alter_table("goal_part", schema=None) as batch_op:
        batch_op.create_index("ix_goal_part_node", ["node_id", "is_served"], unique=False)


def upgrade() -> None:
    """Add the tables."""
    _add_nodes()
    _add_goals()
