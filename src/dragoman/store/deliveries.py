"""Deliveries of notices: made of what happened to a job, tried in order, kept a while. All behind a claim's fence."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from dragoman.core.job import Job
from dragoman.core.notices import Delivery, DeliveryState, Notice, Story, Subscription, Target, Tried
from dragoman.core.states import JobState
from dragoman.core.work import DELIVERY, Claim, NewWork
from dragoman.store.chunks import chunks
from dragoman.store.jobs import list_events, list_runs
from dragoman.store.queue import add_work
from dragoman.store.rows import read_job
from dragoman.store.subscriptions import list_subscriptions, read, unsubscribe
from dragoman.store.tables import delivery, job, subscription, work

_MINE = (work.c.id == bindparam("row")) & (work.c.fence == bindparam("of"))
_HOLD = update(work).where(_MINE).values(attempt=1, last_error="")
_GIVE_BACK = (
    update(work).where(_MINE).values(lease_owner="", lease_until=0, attempt=0, last_error="", due_at=bindparam("due"))
)
_DONE = delete(work).where(_MINE)
_JOB = select(job).where(job.c.id == bindparam("id"))
_LOCK = select(job.c.events, job.c.state).where(job.c.id == bindparam("id")).with_for_update()
_TOLD = update(subscription).where(subscription.c.id == bindparam("which")).values(told=bindparam("seq"))
_ADD = insert(delivery)
_WAITING = (
    select(delivery)
    .where(delivery.c.job_id == bindparam("job_id"), delivery.c.state == DeliveryState.WAITING.value)
    .order_by(delivery.c.id)
)
_TRIED = (
    update(delivery)
    .where(delivery.c.id == bindparam("which"), delivery.c.state == DeliveryState.WAITING.value)
    .values(
        state=bindparam("now"),
        attempts=delivery.c.attempts + 1,
        last_error=bindparam("error"),
        due_at=bindparam("due"),
        ended_at=bindparam("ended"),
        code=bindparam("answer"),
    )
)


def find_job(conn: Connection, job_id: int) -> Job | None:
    """The job, if it is there still."""
    row = conn.execute(_JOB, {"id": job_id}).first()
    return None if row is None else read_job(row)


def read_story(conn: Connection, of: Job, *, at: int) -> tuple[Story, list[Subscription]]:
    """What happened to a job, and who is to be told of it."""
    events, (_, runs) = list_events(conn, of.id), list_runs(conn, of.id)
    found = [one for one in list_subscriptions(conn, of.id, at=at) if one.enabled]
    return Story(job=of, run=runs[0] if runs else None, events=events, now=at), found


def add_deliveries(
    conn: Connection, claim: Claim, job_id: int, notices: Mapping[int, Sequence[Notice]], *, told: int, at: int
) -> bool:
    """Write the notices of each subscription (by its id), which is then told up to that event; False: fence passed.

    A subscription that was removed meanwhile gets none.
    """
    if _enter(conn, claim, job_id) is None:
        return False
    rows: list[dict[str, Any]] = []
    for which in sorted(notices):
        if conn.execute(_TOLD, {"which": which, "seq": told}).rowcount:
            rows += [_row(one, job_id, which, at) for one in notices[which]]
    if rows:
        conn.execute(_ADD, sorted(rows, key=lambda row: row["seq"]))
    return True


def send(conn: Connection, notice: Notice, *, job_id: int, subscription_id: int, at: int) -> None:
    """Write one notice more, to be sent in its turn."""
    conn.execute(_ADD, [_row(notice, job_id, subscription_id, at)])
    add_work(conn, NewWork(kind=DELIVERY, ref=job_id, due_at=at))


def list_of_subscriptions(conn: Connection, ids: Sequence[int]) -> dict[int, list[Delivery]]:
    """What was sent, or is to be, for each of these subscriptions, in its order."""
    found: dict[int, list[Delivery]] = {one: [] for one in ids}
    for some in chunks(ids):
        rows = conn.execute(select(delivery).where(delivery.c.subscription_id.in_(some)).order_by(delivery.c.id))
        for row in rows:
            found[row.subscription_id].append(_read(row))
    return found


def forget(conn: Connection, subscription_id: int, ids: Sequence[int]) -> int:
    """Forget deliveries of a subscription that have ended; how many."""
    mine = (delivery.c.subscription_id == subscription_id, delivery.c.ended_at.is_not(None), delivery.c.id.in_(ids))
    return conn.execute(delete(delivery).where(*mine)).rowcount


def due_deliveries(conn: Connection, job_id: int, *, at: int) -> list[Delivery]:
    """The next delivery to each receiver, where it is due: none goes out before the one ahead of it has ended."""
    return [one for one in _heads(conn, job_id) if one.due_at <= at]


def note_tries(conn: Connection, claim: Claim, job_id: int, tries: Sequence[Tried], *, at: int) -> bool:
    """Note how tries have ended; False, and nothing written, when the fence was passed."""
    if _enter(conn, claim, job_id) is None:
        return False
    for one in tries:
        ended = at if one.state is not DeliveryState.WAITING else None
        values = {"now": one.state.value, "error": one.error, "due": one.due_at or at, "ended": ended}
        conn.execute(_TRIED, {**values, "answer": one.code, "which": one.delivery.id})
    return True


def put_back(conn: Connection, claim: Claim, job_id: int, *, keep: int, at: int) -> bool:
    """Give a job's row of work back until there is something to send, or to clear away; False: fence passed.

    Ends the subscriptions that have expired, and all of them once everybody knows that the job has ended.
    """
    above = _enter(conn, claim, job_id)
    if above is None:
        return False
    _end_expired(conn, job_id, at=at)
    subscribed = list_subscriptions(conn, job_id, at=at)
    if any(one.enabled and one.told < above.events for one in subscribed):
        return _give_back(conn, claim, at)
    if heads := _heads(conn, job_id):
        return _give_back(conn, claim, min(one.due_at for one in heads))
    if above.state == JobState.ENDED and subscribed:
        unsubscribe(conn, job_id, [one.id for one in subscribed if not one.stays], why="", at=at)
        subscribed = [one for one in subscribed if one.stays]
    mine = delivery.c.job_id == job_id
    conn.execute(delete(delivery).where(mine, delivery.c.ended_at <= at - keep))
    last = conn.execute(select(func.max(delivery.c.ended_at)).where(mine)).scalar()
    marks = [one.expires_at for one in subscribed] + ([last + keep] if last is not None else [])
    if marks:
        return _give_back(conn, claim, min(marks))
    conn.execute(_DONE, {"row": claim.id, "of": claim.fence})
    return True


def _end_expired(conn: Connection, job_id: int, *, at: int) -> None:
    over = subscription.c.expires_at <= at
    rows = conn.execute(select(subscription).where(subscription.c.job_id == job_id, over))
    if ids := [read(row).id for row in rows]:
        unsubscribe(conn, job_id, ids, why="The subscription has expired.", at=at)


def _heads(conn: Connection, job_id: int) -> list[Delivery]:
    first: dict[tuple[str, str], Delivery] = {}
    for row in conn.execute(_WAITING, {"job_id": job_id}):
        found = _read(row)
        first.setdefault((found.target.method, found.line or found.target.address), found)
    return list(first.values())


def _enter(conn: Connection, claim: Claim, job_id: int) -> Any:
    """The job's state and count of events, which stay as they are until this is written; None: fence passed.

    The job is locked first, as by everybody who adds an event to it, and only then its row of work.
    """
    above = conn.execute(_LOCK, {"id": job_id}).first()
    held = conn.execute(_HOLD, {"row": claim.id, "of": claim.fence}).rowcount == 1
    return above if held else None


def _give_back(conn: Connection, claim: Claim, due: int) -> bool:
    return conn.execute(_GIVE_BACK, {"row": claim.id, "of": claim.fence, "due": due}).rowcount == 1


def _row(notice: Notice, job_id: int, subscription_id: int, at: int) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "subscription_id": subscription_id,
        "seq": notice.seq,
        "method": notice.target.method,
        "address": notice.target.address,
        "title": notice.title,
        "body": notice.body,
        "headers": dict(notice.headers),
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "last_error": "",
        "due_at": at,
        "created_at": at,
        "line": notice.line,
        "pauses": [list(one) for one in notice.pauses],
    }


def _read(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        job_id=row.job_id,
        subscription_id=row.subscription_id,
        seq=row.seq,
        target=Target(method=row.method, address=row.address),
        title=row.title,
        body=row.body,
        headers=row.headers,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        last_error=row.last_error,
        due_at=row.due_at,
        line=row.line,
        pauses=tuple((int(most), float(seconds)) for most, seconds in row.pauses or ()),
        code=row.code,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
