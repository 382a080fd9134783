"""People say something of themselves, and each account has a token that can be told again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the profiles, and of what an account's own token is made."""
    op.create_table(
        "account_profile",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("organization", "department", "bio", "ssh_public_keys")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_profile_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_profile")),
    )
    op.add_column("token", sa.Column("nonce", sa.Text(), nullable=True))
