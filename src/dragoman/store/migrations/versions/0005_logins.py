"""Opaque tokens that people log in for, the systems that they have chosen, notices with words of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add all that."""
    op.create_table(
        "issued_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_issued_token_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_issued_token_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_issued_token_expiry", "issued_token", ["expires_at"], unique=False)
    op.create_table(
        "chosen_system",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_chosen_system_account_id")),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_chosen_system_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chosen_system")),
        sqlite_autoincrement=True,
    )
    op.add_column("subscription", sa.Column("words", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("subscription", sa.Column("stays", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("line", sa.Text(), server_default="", nullable=False))
    op.add_column("delivery", sa.Column("pauses", sa.JSON(), nullable=True))
    op.add_column("delivery", sa.Column("code", sa.Integer(), nullable=True))
    op.add_column(
        "transfer_part", sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.create_index("ix_chosen_system_account", "chosen_system", ["account_id", "purpose"], unique=False)
