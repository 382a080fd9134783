"""Places of others: hosts with logins, apps of people, shares with everybody, transfers, links."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _note_inputs() -> None:
    conn, job = op.get_bind(), sa.table("job", sa.column("id"), sa.column("workload", sa.JSON()))
    job_input = sa.table("job_input", sa.column("job_id"), sa.column("file_id"))
    for row in conn.execute(sa.select(job), execution_options={"yield_per": 100}):
        named = {item["file_id"] for item in row.workload["inputs"]}
        if named:
            conn.execute(sa.insert(job_input), [{"job_id": row.id, "file_id": file_id} for file_id in named])


def _add_notices() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_subscription_job_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_subscription_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("alias", name=op.f("uq_subscription_alias")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_job", ["job_id", "id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_job", ["job_id", "state", "id"], unique=False)
    op.add_column("job", sa.Column("subscriptions", sa.Integer(), server_default="0", nullable=False))


def _add_budgets() -> None:
    """Of apps, and which app a run is of."""
    with op.batch_alter_table("app", schema=None) as batch_op:
        batch_op.add_column(sa.Column("budgets", sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table("run", schema=None) as batch_op:
        app_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        batch_op.add_column(sa.Column("app_id", app_id, nullable=True))


def upgrade() -> None:
    """Add what systems and apps of people need."""
    op.create_table(
        "known_host",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_host")),
        sa.UniqueConstraint("host", "port", name=op.f("uq_known_host_host_port")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_thing", ["kind", "ref", "id"], unique=False)

    op.create_table(
        "revoked_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revoked_token")),
        sa.UniqueConstraint("jti", name=op.f("uq_revoked_token_jti")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_oauth_client_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client")),
        sa.UniqueConstraint("door", "client_id", name=op.f("uq_oauth_client_door_client_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("oauth_client", schema=None) as batch_op:
        batch_op.create_index("ix_oauth_client_owner", ["door", "owner_id"], unique=False)

    op.create_table(
        "scheduler_profile",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_scheduler_profile_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduler_profile")),
        sa.UniqueConstraint("name", name=op.f("uq_scheduler_profile_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_transfer_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("alias", name=op.f("uq_transfer_alias")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_owner", ["owner_id", "id"], unique=False)
        batch_op.create_index("ix_transfer_run", ["run_id"], unique=False)

    op.create_table(
        "credential",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_credential_account_id")),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_credential_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("system_id", "account_id", name=op.f("uq_credential_system_id_account_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "postit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("system_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("allowed_uses", sa.Integer(), nullable=False),
        sa.Column("times_used", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_postit_owner_id")),
        sa.ForeignKeyConstraint(["system_id"], ["system.id"], name=op.f("fk_postit_system_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postit")),
        sa.UniqueConstraint("alias", name=op.f("uq_postit_alias")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("postit", schema=None) as batch_op:
        batch_op.create_index("ix_postit_owner", ["owner_id", "id"], unique=False)

    op.create_table(
        "transfer_part",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("is_directory", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("total_bytes", sa.BigInteger(), nullable=False),
        sa.Column("moved_bytes", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_part_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_part")),
        sa.UniqueConstraint("alias", name=op.f("uq_transfer_part_alias")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("transfer_part", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_part_transfer", ["transfer_id", "parent_id", "id"], unique=False)

    op.create_table(
        "job_input",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_job_input_job_id")),
        sa.PrimaryKeyConstraint("job_id", "file_id", name=op.f("pk_job_input")),
    )
    with op.batch_alter_table("job_input", schema=None) as batch_op:
        batch_op.create_index("ix_job_input_file", ["file_id", "job_id"], unique=False)
    _note_inputs()

    _add_notices()
    _add_budgets()

    op.drop_index("ix_job_list", "job")
    op.create_index("ix_job_list", "job", ["door", "owner_id", "id", "state", "name"], unique=False)
    op.drop_index("ix_grants_account", "grants")
    op.create_index("ix_grants_account", "grants", ["account_id", "kind", "ref"], unique=False)

    with op.batch_alter_table("app", schema=None) as batch_op:
        batch_op.add_column(sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("uuid", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("deleted_at", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("grants", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.alter_column("account_id", existing_type=sa.INTEGER(), nullable=True)

    with op.batch_alter_table("system", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="linux", nullable=False))
        batch_op.add_column(sa.Column("host", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("port", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("budgets", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("root", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("enabled", sa.Boolean(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("uuid", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("created_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("updated_at", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("deleted_at", sa.BigInteger(), nullable=True))
