"""Subscriptions to jobs: added, listed, removed. What is sent to them is in deliveries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dragoman.core.errors import Conflict
from dragoman.core.notices import ADDED, REMOVED, SUBSCRIPTION, DeliveryState, NewSubscription, Subscription, Target
from dragoman.core.states import JobState
from dragoman.store.jobs import add_events, new_event
from dragoman.store.tables import delivery, job, subscription

SECOND = 1_000_000

_COUNT = (
    update(job)
    .where(job.c.id == bindparam("job"))
    .values(subscriptions=job.c.subscriptions + bindparam("more"))
    .returning(job.c.events, job.c.state)
)
_LOCK = select(job.c.id).where(job.c.id == bindparam("id")).with_for_update()
_ADD = insert(subscription)
_OF_JOB = select(subscription).where(subscription.c.job_id == bindparam("job_id")).order_by(subscription.c.id)
_FIND = select(subscription).where(subscription.c.alias == bindparam("alias"))


def subscribe(conn: Connection, job_id: int, new: Sequence[NewSubscription], *, owner_id: int, at: int) -> None:
    """Add subscriptions to a job: they hear of what happens from now on. Raises Conflict when the job has ended."""
    above = conn.execute(_COUNT, {"job": job_id, "more": len(new)}).one()
    if above.state == JobState.ENDED:
        raise Conflict("The job has ended: nothing more will happen to it.")
    conn.execute(_ADD, [_row(one, job_id, owner_id, above.events, at) for one in new])


def tell_change(conn: Connection, job_id: int, count: int, *, added: bool, at: int) -> None:
    """Note in the job's history that so many subscriptions were added or removed."""
    now = ADDED if added else REMOVED
    add_events(conn, job_id, [new_event(at, kind=SUBSCRIPTION, now=now, reason=str(count))])


def list_subscriptions(conn: Connection, job_id: int, *, at: int) -> list[Subscription]:
    """The subscriptions to a job that have not expired, oldest first."""
    return [one for row in conn.execute(_OF_JOB, {"job_id": job_id}) if (one := read(row)).expires_at > at]


def find_subscription(conn: Connection, alias: str) -> Subscription | None:
    """The subscription with this id of its door."""
    row = conn.execute(_FIND, {"alias": alias}).first()
    return None if row is None else read(row)


def list_of_owner(conn: Connection, *, door: str, owner_id: int, at: int) -> list[tuple[str, Subscription]]:
    """All subscriptions of an account to jobs of a door, each with the job's id there, oldest first."""
    rows = conn.execute(
        select(subscription, job.c.alias.label("of"))
        .join(job, job.c.id == subscription.c.job_id)
        .where(job.c.door == door, subscription.c.owner_id == owner_id, subscription.c.expires_at > at)
        .order_by(subscription.c.id)
    )
    return [(row.of, read(row)) for row in rows]


def change(conn: Connection, subscription_id: int, new: NewSubscription) -> None:
    """Give a subscription other words and receivers; what is under way to the old ones goes on."""
    values = {
        "filter": new.filter,
        "targets": [[target.method, target.address] for target in new.targets],
        "words": dict(new.words),
        "enabled": new.enabled,
    }
    conn.execute(update(subscription).where(subscription.c.id == subscription_id).values(values))


def unsubscribe(conn: Connection, job_id: int, ids: Sequence[int], *, why: str, at: int) -> int:
    """Remove subscriptions of a job; what still waited to be sent to them is given up. How many there were."""
    conn.execute(_LOCK, {"id": job_id})
    mine = subscription.c.job_id == job_id
    gone = conn.execute(delete(subscription).where(mine, subscription.c.id.in_(ids))).rowcount
    if gone:
        conn.execute(_COUNT, {"job": job_id, "more": -gone})
        waiting = (delivery.c.job_id == job_id, delivery.c.state == DeliveryState.WAITING.value)
        values = {"state": DeliveryState.GIVEN_UP.value, "last_error": why, "ended_at": at}
        conn.execute(update(delivery).where(*waiting, delivery.c.subscription_id.in_(ids)).values(values))
    return gone


def _row(new: NewSubscription, job_id: int, owner_id: int, told: int, at: int) -> dict[str, Any]:
    return {
        "job_id": job_id,
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


def read(row: Any) -> Subscription:
    """A subscription, from its row."""
    return Subscription(
        id=row.id,
        job_id=row.job_id,
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
