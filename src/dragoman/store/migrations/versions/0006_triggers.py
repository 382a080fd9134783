"""Events start stored jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the triggers and what they start."""
    op.create_table(
        "standing_trigger",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("owner_id", _key(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_standing_trigger_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_trigger")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trigger_start",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("owner_id", _key(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_trigger_start_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_start")),
        sa.UniqueConstraint("source", "event", name=op.f("uq_trigger_start_source_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trigger_start_source", "trigger_start", ["source", "created_at"])
