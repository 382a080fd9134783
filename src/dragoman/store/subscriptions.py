"""Subscriptions to jobs and topics: added, listed, removed. What is sent to them is in deliveries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dragoman.core.errors import Conflict
from dragoman.core.notices import ADDED, REMOVED, SUBSCRIPTION, DeliveryState, NewSubscription, Subscription, Target
from dragoman.core.states import JobState
from dragoman.store.events import add_events, new_event
from dragoman.store.outbox import OF_JOBS, Outbox
from dragoman.store.tables import job

SECOND = 1_000_000

_COUNT = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(subscriptions=job.c.subscriptions + bindparam("more"))
    .returning(job.c.events, job.c.state)
)


def subscribe(conn: Connection, job_id: int, new: Sequence[NewSubscription], *, owner_id: int, at: int) -> None:
    """Add subscriptions to a job: they hear of what happens from now on.

    Raises Conflict when the job has ended, unless all of them are to stay after that.
    """
    above = conn.execute(_COUNT, {"job": job_id, "more": len(new)}).one()
    if above.state == JobState.ENDED and not all(one.stays for one in new):
        raise Conflict("The job has ended: nothing more will happen to it.")
    add(conn, job_id, new, owner_id=owner_id, told=above.events, at=at)


def add(
    conn: Connection,
    subject: int,
    new: Sequence[NewSubscription],
    *,
    owner_id: int,
    told: int,
    at: int,
    box: Outbox = OF_JOBS,
) -> None:
    """Add subscriptions that know of everything up to an event."""
    rows = [{box.key: subject, **_row(one, owner_id, told, at)} for one in new]
    conn.execute(insert(box.subscription), rows)


def tell_change(conn: Connection, job_id: int, count: int, *, added: bool, at: int) -> None:
    """Note in the job's history that so many subscriptions were added or removed."""
    now = ADDED if added else REMOVED
    add_events(conn, job_id, [new_event(at, kind=SUBSCRIPTION, now=now, reason=str(count))])


def list_subscriptions(conn: Connection, subject: int, *, at: int, box: Outbox = OF_JOBS) -> list[Subscription]:
    """The subscriptions to a job or a topic that have not expired, oldest first."""
    table = box.subscription
    rows = conn.execute(select(table).where(box.about(table, subject)).order_by(table.c.id))
    return [one for row in rows if (one := read(row, box)).expires_at > at]


def find_subscription(conn: Connection, alias: str, *, box: Outbox = OF_JOBS) -> Subscription | None:
    """The subscription with this id of its door."""
    row = conn.execute(select(box.subscription).where(box.subscription.c.alias == alias)).first()
    return None if row is None else read(row, box)


def list_of_owner(conn: Connection, *, door: str, owner_id: int, at: int, box: Outbox = OF_JOBS) -> list[Subscription]:
    """All subscriptions of an account that it made at a door, oldest first."""
    table = box.subscription
    rows = conn.execute(
        select(table)
        .join(box.above, box.above.c.id == table.c[box.key])
        .where(box.above.c.door == door, table.c.owner_id == owner_id, table.c.expires_at > at)
        .order_by(table.c.id)
    )
    return [read(row, box) for row in rows]


def change(conn: Connection, subscription_id: int, new: NewSubscription, *, box: Outbox = OF_JOBS) -> None:
    """Give a subscription other words and receivers; what is under way to the old ones goes on."""
    values = {
        "filter": new.filter,
        "targets": [[target.method, target.address] for target in new.targets],
        "words": dict(new.words),
        "enabled": new.enabled,
    }
    conn.execute(update(box.subscription).where(box.subscription.c.id == subscription_id).values(values))


def switch_off(conn: Connection, ids: Sequence[int], *, box: Outbox) -> None:
    """Tell these subscriptions nothing more; they stay to be seen."""
    if ids:
        conn.execute(update(box.subscription).where(box.subscription.c.id.in_(ids)).values(enabled=False))


def unsubscribe(conn: Connection, subject: int, ids: Sequence[int], *, why: str, at: int, box: Outbox = OF_JOBS) -> int:
    """Remove subscriptions of a job or a topic; what still waited to be sent to them is given up. How many."""
    conn.execute(select(box.above.c.id).where(box.above.c.id == subject).with_for_update())
    table, sent = box.subscription, box.delivery
    gone = conn.execute(delete(table).where(box.about(table, subject), table.c.id.in_(ids))).rowcount
    if gone and box is OF_JOBS:
        conn.execute(_COUNT, {"job": subject, "more": -gone})
    if gone:
        waiting = (box.about(sent, subject), sent.c.state == DeliveryState.WAITING.value)
        values = {"state": DeliveryState.GIVEN_UP.value, "last_error": why, "ended_at": at}
        conn.execute(update(sent).where(*waiting, sent.c.subscription_id.in_(ids)).values(values))
    return gone


def _row(new: NewSubscription, owner_id: int, told: int, at: int) -> dict[str, Any]:
    return {
        "owner_id": owner_id,
        "alias": new.alias,
        "name": new.name,
        "description": new.description,
        "filter": new.filter,
        "targets": [[target.method, target.address] for target in new.targets],
        "enabled": new.enabled,
        "told": told,
        "created_at": at,
        "expires_at": at + new.seconds * SECOND,
        "words": dict(new.words),
        "stays": new.stays,
    }


def read(row: Any, box: Outbox = OF_JOBS) -> Subscription:
    """A subscription, from its row."""
    return Subscription(
        id=row.id,
        about=box.subject(row),
        owner_id=row.owner_id,
        alias=row.alias,
        name=row.name,
        description=row.description,
        filter=row.filter,
        targets=tuple(Target(method=method, address=address) for method, address in row.targets),
        enabled=row.enabled,
        told=row.told,
        created_at=row.created_at,
        expires_at=row.expires_at,
        words=row.words,
        stays=row.stays,
    )
