"""The tables, the same on SQLite and PostgreSQL. Times are microseconds since 1970, UTC; states are their words."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.pathtext import PathText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts up by itself only on a column declared INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> "Column[int]":
    # Ids of removed rows are never given out again (sqlite_autoincrement): run directories are named by them.
    return Column("id", Id, primary_key=True, autoincrement=True)


account = Table(
    "account",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

token = Table(
    "token",
    metadata,
    _id(),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("nonce", Text),
    sqlite_autoincrement=True,
)
"""Keys to the service, as digests. The account's own token, of which there is one, is made of the service's key and the
``nonce``, so that it can be told again."""

account_profile = Table(
    "account_profile",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("organization", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("ssh_public_keys", Text, nullable=False),
)
"""What people say of themselves, and their keys for nodes; those who say nothing have no row."""

system = Table(
    "system",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("shell", Text, nullable=False),
    Column("scheduler", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("facets", JSON, nullable=False),
    Column("kind", Text, nullable=False, server_default="linux"),
    Column("host", Text, nullable=False, server_default=""),
    Column("port", Integer, nullable=False, server_default="0"),
    Column("root", Text, nullable=False, server_default=""),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("uuid", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    Column("deleted_at", BigInteger),
    Column("budgets", JSON),
    sqlite_autoincrement=True,
)
"""``kind`` is linux or s3 (``host`` is then its endpoint); ``root`` is the directory that paths are relative to;
``budgets`` says how many runs an owner or a queue may have at once (quotas.Budgets)."""

app = Table(
    "app",
    metadata,
    _id(),
    Column("namespace", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("environment", JSON, nullable=False),
    Column("facets", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default="1"),
    Column("uuid", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    Column("deleted_at", BigInteger),
    Column("budgets", JSON(none_as_null=True)),
    Unique("namespace", "name", "version", "revision"),
    sqlite_autoincrement=True,
)
"""``budgets`` says how many runs of a version a system, and an owner there, may have at once (quotas.Budgets)."""

job = Table(
    "job",
    metadata,
    _id(),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("input_bytes", BigInteger, nullable=False),
    Column("output_bytes", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Column("runs", Integer, nullable=False),
    Column("runs_open", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("submitted_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("letter", Text, nullable=False),
    Column("workload", JSON, nullable=False),
    Column("subscriptions", Integer, nullable=False, server_default="0"),
    Unique("door", "alias"),
    Index("ix_job_list", "door", "owner_id", "id", "state", "name"),
    sqlite_autoincrement=True,
)
"""Lists leave out the last three columns: two may be large, and the third lies behind them. ``subscriptions`` is how
many there are to the job, so that a move knows without another query. Names are indexed: doors take at most 1,000
bytes."""

job_input = Table(
    "job_input",
    metadata,
    Column("job_id", ForeignKey("job.id"), primary_key=True),
    Column("file_id", Id, primary_key=True),
    Index("ix_job_input_file", "file_id", "job_id"),
)
"""Which files a job names; one that was removed may still be named."""

run = Table(
    "run",
    metadata,
    _id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("left", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("exit_code", Integer),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("queue", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("key_digest", Text, nullable=False),
    Column("handle", JSON, nullable=False),
    Column("wish", Text, nullable=False),
    Column("variables", JSON, nullable=False),
    Column("output_count", Integer, nullable=False),
    Column("output_bytes", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("app_id", Id),
    Unique("job_id", "number"),
    Index("ix_run_token", "token"),
    Index("ix_run_key_digest", "key_digest"),
    sqlite_autoincrement=True,
)

event = Table(
    "event",
    metadata,
    _id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("run_id", Id),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("now", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Unique("job_id", "seq"),
    sqlite_autoincrement=True,
)


def _wishes(number: "type[Integer | BigInteger]") -> "list[Column[Any]]":
    """The columns of a subscription, but for its id and what it is about."""
    return [
        Column("owner_id", ForeignKey("account.id"), nullable=False),
        Column("alias", Text, nullable=False, unique=True),
        Column("name", Text, nullable=False),
        Column("description", Text, nullable=False),
        Column("filter", Text, nullable=False),
        Column("targets", JSON, nullable=False),
        Column("enabled", Boolean, nullable=False),
        Column("told", number, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("words", JSON, nullable=False, server_default="{}"),
        Column("stays", Boolean, nullable=False, server_default="0"),
    ]


def _parcels(number: "type[Integer | BigInteger]") -> "list[Column[Any]]":
    """The columns of a delivery, but for its id and what it is about."""
    return [
        Column("subscription_id", Id, nullable=False),
        Column("seq", number, nullable=False),
        Column("method", Text, nullable=False),
        Column("address", Text, nullable=False),
        Column("title", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("headers", JSON, nullable=False),
        Column("state", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("last_error", Text, nullable=False),
        Column("due_at", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger),
        Column("line", Text, nullable=False, server_default=""),
        Column("pauses", JSON),
        Column("code", Integer),
    ]


subscription = Table(
    "subscription",
    metadata,
    _id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    *_wishes(Integer),
    Index("ix_subscription_job", "job_id", "id"),
    sqlite_autoincrement=True,
)
"""Who wants to hear of a job; ``told`` is the last event of the job of which deliveries were made."""

delivery = Table(
    "delivery",
    metadata,
    _id(),
    Column("job_id", Id, nullable=False),
    *_parcels(Integer),
    Index("ix_delivery_job", "job_id", "state", "id"),
    sqlite_autoincrement=True,
)
"""A notice of an event of a job (``seq``) on its way to a receiver, in the order of ids; kept for a while after its
end, also when the subscription is gone."""

topic = Table(
    "topic",
    metadata,
    _id(),
    Column("door", Text, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("path", PathText, nullable=False),
    Column("events", BigInteger, nullable=False),
    Unique("door", "account_id", "kind", "ref", "path"),
    Index("ix_topic_thing", "kind", "ref", "path"),
    sqlite_autoincrement=True,
)
"""A system, an app or a path that somebody follows; ``events`` is the id of the last note about it in ``audit``."""

topic_subscription = Table(
    "topic_subscription",
    metadata,
    _id(),
    Column("topic_id", ForeignKey("topic.id"), nullable=False),
    *_wishes(BigInteger),
    Index("ix_topic_subscription_topic", "topic_id", "id"),
    sqlite_autoincrement=True,
)
"""What somebody wants to hear of a topic; ``told`` is the last note of which deliveries were made."""

topic_delivery = Table(
    "topic_delivery",
    metadata,
    _id(),
    Column("topic_id", Id, nullable=False),
    *_parcels(BigInteger),
    Index("ix_topic_delivery_topic", "topic_id", "state", "id"),
    sqlite_autoincrement=True,
)
"""Like ``delivery``, for notes about a topic."""

known_path = Table(
    "known_path",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("path", PathText, nullable=False),
)
"""What the ids of paths that a door has shown mean: they cannot be computed back."""

work = Table(
    "work",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("owner_id", Id),
    Column("gate", Id),
    Column("holds", Id),
    Column("turn", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_owner", Text, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("note", JSON, nullable=False),
    Unique("kind", "ref"),
    Index("ix_work_due", "gate", "due_at"),
    Index("ix_work_turn", "gate", "turn"),
    Index("ix_work_owner_turn", "gate", "owner_id", "turn"),
    Index("ix_work_holds", "holds"),
    sqlite_autoincrement=True,
)
"""What is to be done. ``gate`` is a system the row waits at for a slot, in the order of ``turn``; ``holds`` is the
system whose slot it has. Finished work has no row."""

file = Table(
    "file",
    metadata,
    _id(),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("relative_path", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha512", Text, nullable=False),
    Column("blob", Text, nullable=False),
    Column("is_text", Boolean, nullable=False),
    Column("job_id", Id),
    Column("run_id", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Unique("door", "alias"),
    Index("ix_file_owner", "door", "owner_id", "id"),
    Index("ix_file_job", "job_id", "run_id"),
    sqlite_autoincrement=True,
)

grants = Table(
    "grants",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("account_id", ForeignKey("account.id")),
    Column("verb", Text, nullable=False),
    Column("path", PathText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Unique("kind", "ref", "account_id", "verb", "path"),
    Index("ix_grants_account", "account_id", "kind", "ref"),
    sqlite_autoincrement=True,
)
"""Who may do what on which thing (``kind`` and ``ref``), below ``path`` where the thing has paths. Without an account:
everybody may."""

credential = Table(
    "credential",
    metadata,
    _id(),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("account_id", ForeignKey("account.id")),
    Column("login", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Unique("system_id", "account_id"),
    sqlite_autoincrement=True,
)
"""How an account logs in to a system; ``secret`` is sealed (trust.vault). Without an account: the login of the system
itself."""

known_host = Table(
    "known_host",
    metadata,
    _id(),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Unique("host", "port"),
    sqlite_autoincrement=True,
)
"""The keys that hosts showed when they were first met."""

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("ref", Id, nullable=False),
    Column("version", PathText, nullable=False),
    Column("account_id", Id),
    Column("operation", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_audit_thing", "kind", "ref", "id"),
    sqlite_autoincrement=True,
)
"""What was done to systems and apps, by whom, in order."""

scheduler_profile = Table(
    "scheduler_profile",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""What a batch system wants around every job: modules to load, options to leave out."""

oauth_client = Table(
    "oauth_client",
    metadata,
    _id(),
    Column("door", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("key_digest", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("callback_url", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Unique("door", "client_id"),
    Index("ix_oauth_client_owner", "door", "owner_id"),
    sqlite_autoincrement=True,
)

revoked_token = Table(
    "revoked_token",
    metadata,
    _id(),
    Column("jti", Text, nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Signed tokens that were taken back before their time."""

issued_token = Table(
    "issued_token",
    metadata,
    _id(),
    Column("door", Text, nullable=False),
    Column("digest", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Index("ix_issued_token_expiry", "expires_at"),
    sqlite_autoincrement=True,
)
"""Opaque tokens that people logged in for: ``kind`` is access or refresh. Good at the door that issued them."""

chosen_system = Table(
    "chosen_system",
    metadata,
    _id(),
    Column("account_id", ForeignKey("account.id")),
    Column("purpose", Text, nullable=False),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Index("ix_chosen_system_account", "account_id", "purpose"),
    sqlite_autoincrement=True,
)
"""The system that somebody wants for a purpose where a request names none. Without an account: everybody's."""

postit = Table(
    "postit",
    metadata,
    _id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("system_id", ForeignKey("system.id"), nullable=False),
    Column("path", PathText, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("allowed_uses", Integer, nullable=False),
    Column("times_used", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_postit_owner", "owner_id", "id"),
    sqlite_autoincrement=True,
)
"""A link that lets whoever holds it fetch one path, so many times, so long."""

transfer = Table(
    "transfer",
    metadata,
    _id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("run_id", Id),
    Column("tag", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wish", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("ix_transfer_owner", "owner_id", "id"),
    Index("ix_transfer_run", "run_id"),
    sqlite_autoincrement=True,
)
"""A copy of files between places, done in the background; ``run_id`` when it belongs to a run."""

transfer_part = Table(
    "transfer_part",
    metadata,
    _id(),
    Column("transfer_id", ForeignKey("transfer.id"), nullable=False),
    Column("parent_id", Id),
    Column("alias", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("optional", Boolean, nullable=False),
    Column("is_directory", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("total_bytes", BigInteger, nullable=False),
    Column("moved_bytes", BigInteger, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("account_id", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Index("ix_transfer_part_transfer", "transfer_id", "parent_id", "id"),
    sqlite_autoincrement=True,
)
"""What was asked for (no parent), and below it one row for each file that was found."""

node = Table(
    "node",
    metadata,
    _id(),
    Column("vsn", Text, nullable=False),
    Column("vsn_lower", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("key_digest", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("seen_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Systems in the field that dial in, each with the digest of its one token; ``version`` rises with each change of what
it is to do."""

goal = Table(
    "goal",
    metadata,
    _id(),
    Column("alias", Text, nullable=False, unique=True),
    Column("job_id", ForeignKey("job.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("lifetime", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("heard_at", BigInteger),
    Column("withdrawn_at", BigInteger),
    Column("completed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("failed_at", BigInteger),
    Column("error", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""What each submit made of a job of the field, and what became of its runs."""

goal_part = Table(
    "goal_part",
    metadata,
    Column("goal_id", ForeignKey("goal.id"), primary_key=True),
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("part", JSON, nullable=False),
    Column("is_served", Boolean, nullable=False),
    Index("ix_goal_part_node", "node_id", "is_served"),
)
"""A node's share of a goal; served until the goal is withdrawn."""

heard = Table(
    "heard",
    metadata,
    Column("node_id", ForeignKey("node.id"), primary_key=True),
    Column("outbox", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("highest", BigInteger, nullable=False),
)
"""Up to which number what a node tells has been acted on, for each stream of each of its outboxes."""

standing_trigger = Table(
    "standing_trigger",
    metadata,
    _id(),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Which events start which stored job; ``skipped`` counts those that did not because of its rate."""

trigger_start = Table(
    "trigger_start",
    metadata,
    _id(),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("owner_id", ForeignKey("account.id"), nullable=False),
    Column("job", Text, nullable=False),
    Column("variables", JSON, nullable=False),
    Column("door", Text, nullable=False),
    Column("alias", Text, nullable=False),
    Column("fault", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Unique("source", "event"),
    Index("ix_trigger_start_source", "source", "created_at"),
    sqlite_autoincrement=True,
)
"""Each job that was to be started because of an event: one for each trigger or rule (``source``) and ``event``.
``alias`` is the new job's, chosen before it is made; ``fault`` says why there is none."""
