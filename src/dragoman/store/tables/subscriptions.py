"""Who wants to hear of a job or of another thing, and the notices that are on their way to them."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from dragoman.store.pathtext import PathText
from dragoman.store.tables.columns import Id, metadata, new_id


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
    new_id(),
    Column("job_id", ForeignKey("job.id"), nullable=False),
    *_wishes(Integer),
    Index("ix_subscription_job", "job_id", "id"),
    sqlite_autoincrement=True,
)
"""Who wants to hear of a job; ``told`` is the last event of the job of which deliveries were made."""

delivery = Table(
    "delivery",
    metadata,
    new_id(),
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
    new_id(),
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
    new_id(),
    Column("topic_id", ForeignKey("topic.id"), nullable=False),
    *_wishes(BigInteger),
    Index("ix_topic_subscription_topic", "topic_id", "id"),
    sqlite_autoincrement=True,
)
"""What somebody wants to hear of a topic; ``told`` is the last note of which deliveries were made."""

topic_delivery = Table(
    "topic_delivery",
    metadata,
    new_id(),
    Column("topic_id", Id, nullable=False),
    *_parcels(BigInteger),
    Index("ix_topic_delivery_topic", "topic_id", "state", "id"),
    sqlite_autoincrement=True,
)
"""Like ``delivery``, for notes about a topic."""
