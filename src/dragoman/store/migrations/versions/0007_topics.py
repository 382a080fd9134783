"""People follow systems, apps and paths."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _add_topics() -> None:
    op.create_table(
        "topic",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("account_id", _key(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", _key(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_topic_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint(
            "door", "account_id", "kind", "ref", "path", name=op.f("uq_topic_door_account_id_kind_ref_path")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_topic_thing", "topic", ["kind", "ref", "path"])
    op.create_table(
        "known_path",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("system_id", _key(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_known_path_system_id")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_known_path")),
    )


def upgrade() -> None:
    """Add what is followed, by whom, and what they are told."""
    _add_topics()
    op.create_table(
        "topic_subscription",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("topic_id", _key(), nullable=False),
        sa.Column("owner_id", _key(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("alias", "name", "description", "filter")),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("told", "created_at", "expires_at")),
        sa.Column("words", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("stays", sa.Boolean(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_topic_subscription_owner_id")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_topic_subscription_topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_subscription")),
        sa.UniqueConstraint("alias", name=op.f("uq_topic_subscription_alias")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_topic_subscription_topic", "topic_subscription", ["topic_id", "id"])
    op.create_table(
        "topic_delivery",
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.Column("topic_id", _key(), nullable=False),
        sa.Column("subscription_id", _key(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("method", "address", "title", "body")),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("due_at", "created_at")),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("line", sa.Text(), nullable=False, server_default=""),
        sa.Column("pauses", sa.JSON(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_delivery")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_topic_delivery_topic", "topic_delivery", ["topic_id", "state", "id"])
