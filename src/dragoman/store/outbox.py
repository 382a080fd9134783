"""Which tables hold who is told of what: one outbox of jobs, and one of topics, of the same shape."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table

from dragoman.store import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Subscriptions, and the deliveries that were made for them."""

    above: Table
    """What they are about; its ``events`` rises with every event, and its row is locked by whoever adds one."""
    subscription: Table
    delivery: Table
    key: str
    """The column of both by which they point at it."""

    def about(self, table: Table, subject: int) -> ColumnElement[bool]:
        """Which rows of a table are about this job, or this topic."""
        found: ColumnElement[bool] = table.c[self.key] == subject
        return found

    def subject(self, row: Any) -> int:
        """What a row is about."""
        found: int = getattr(row, self.key)
        return found


OF_JOBS = Outbox(above=tables.job, subscription=tables.subscription, delivery=tables.delivery, key="job_id")
OF_TOPICS = Outbox(
    above=tables.topic, subscription=tables.topic_subscription, delivery=tables.topic_delivery, key="topic_id"
)
