"""Deliveries of notices: made of what happened, tried in order, kept a while. All behind a claim's fence."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from dragoman.core.job import Job
from dragoman.core.notices import Delivery, DeliveryState, Notice, Story, Subscription, Target, Tried
from dragoman.core.states import JobState
from dragoman.core.work import DELIVERY, TOPIC, Claim, NewWork
from dragoman.store.chunks import chunks
from dragoman.store.events import list_events
from dragoman.store.jobs import list_runs
from dragoman.store.outbox import OF_JOBS, OF_TOPICS, Outbox
from dragoman.store.queue import add_work
from dragoman.store.rows import read_job
from dragoman.store.subscriptions import list_subscriptions, read, unsubscribe
from dragoman.store.tables import job, work

_MINE = (work.c.id == bindparam("row")) & (work.c.fence == bindparam("of"))
_HOLD = update(work).where(_MINE).values(attempt=1, last_error="")
_GIVE_BACK = (
    update(work).where(_MINE).values(lease_owner="", lease_until=0, attempt=0, last_error="", due_at=bindparam("due"))
)
_DONE = delete(work).where(_MINE)
_JOB = select(job).where(job.c.id == bindparam("id"))


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
    conn: Connection,
    claim: Claim,
    subject: int,
    notices: Mapping[int, Sequence[Notice]],
    *,
    told: int,
    at: int,
    box: Outbox = OF_JOBS,
) -> bool:
    """Write the notices of each subscription (by its id), which is then told up to that event; False: fence passed.

    A subscription that was removed meanwhile gets none.
    """
    if _enter(conn, claim, subject, box) is None:
        return False
    rows: list[dict[str, Any]] = []
    for which in sorted(notices):
        heard = update(box.subscription).where(box.subscription.c.id == which).values(told=told)
        if conn.execute(heard).rowcount:
            rows += [{box.key: subject, **_row(one, which, at)} for one in notices[which]]
    if rows:
        conn.execute(insert(box.delivery), sorted(rows, key=lambda row: row["seq"]))
    return True


def send(
    conn: Connection, notice: Notice, *, subject: int, subscription_id: int, at: int, box: Outbox = OF_JOBS
) -> None:
    """Write one notice more, to be sent in its turn."""
    conn.execute(insert(box.delivery), [{box.key: subject, **_row(notice, subscription_id, at)}])
    add_work(conn, NewWork(kind=DELIVERY if box is OF_JOBS else TOPIC, ref=subject, due_at=at))


def list_of_subscriptions(conn: Connection, ids: Sequence[int], *, box: Outbox = OF_JOBS) -> dict[int, list[Delivery]]:
    """What was sent, or is to be, for each of these subscriptions, in its order."""
    found: dict[int, list[Delivery]] = {one: [] for one in ids}
    sent = box.delivery
    for some in chunks(ids):
        for row in conn.execute(select(sent).where(sent.c.subscription_id.in_(some)).order_by(sent.c.id)):
            found[row.subscription_id].append(_read(row, box))
    return found


def forget(conn: Connection, subscription_id: int, ids: Sequence[int], *, box: Outbox = OF_JOBS) -> int:
    """Forget deliveries of a subscription that have ended; how many."""
    delivery = box.delivery
    mine = (delivery.c.subscription_id == subscription_id, delivery.c.ended_at.is_not(None), delivery.c.id.in_(ids))
    return conn.execute(delete(delivery).where(*mine)).rowcount


def due_deliveries(conn: Connection, subject: int, *, at: int, box: Outbox = OF_JOBS) -> list[Delivery]:
    """The next delivery to each receiver, where it is due: none goes out before the one ahead of it has ended."""
    return [one for one in _heads(conn, subject, box) if one.due_at <= at]


def note_tries(
    conn: Connection, claim: Claim, subject: int, tries: Sequence[Tried], *, at: int, box: Outbox = OF_JOBS
) -> bool:
    """Note how tries have ended; False, and nothing written, when the fence was passed."""
    if _enter(conn, claim, subject, box) is None:
        return False
    sent = box.delivery
    for one in tries:
        values = {
            "state": one.state.value,
            "attempts": sent.c.attempts + 1,
            "last_error": one.error,
            "due_at": one.due_at or at,
            "ended_at": at if one.state is not DeliveryState.WAITING else None,
            "code": one.code,
        }
        which = (sent.c.id == one.delivery.id, sent.c.state == DeliveryState.WAITING.value)
        conn.execute(update(sent).where(*which).values(values))
    return True


def put_back(conn: Connection, claim: Claim, subject: int, *, keep: int, at: int, box: Outbox = OF_JOBS) -> bool:
    """Give the row of work back until there is something to send, or to clear away; False: fence passed.

    Ends the subscriptions that have expired, and all of them once everybody knows that the job has ended. A topic
    that nobody follows any longer goes.
    """
    above = _enter(conn, claim, subject, box)
    if above is None:
        return False
    _end_expired(conn, subject, at=at, box=box)
    subscribed = list_subscriptions(conn, subject, at=at, box=box)
    if any(one.enabled and one.told < above.events for one in subscribed):
        return _give_back(conn, claim, at)
    if heads := _heads(conn, subject, box):
        return _give_back(conn, claim, min(one.due_at for one in heads))
    if box is OF_JOBS and above.state == JobState.ENDED and subscribed:
        unsubscribe(conn, subject, [one.id for one in subscribed if not one.stays], why="", at=at)
        subscribed = [one for one in subscribed if one.stays]
    sent = box.delivery
    mine = box.about(sent, subject)
    conn.execute(delete(sent).where(mine, sent.c.ended_at <= at - keep))
    last = conn.execute(select(func.max(sent.c.ended_at)).where(mine)).scalar()
    marks = [one.expires_at for one in subscribed] + ([last + keep] if last is not None else [])
    if marks:
        return _give_back(conn, claim, min(marks))
    if box is OF_TOPICS:
        conn.execute(delete(box.above).where(box.above.c.id == subject))
    conn.execute(_DONE, {"row": claim.id, "of": claim.fence})
    return True


def _end_expired(conn: Connection, subject: int, *, at: int, box: Outbox) -> None:
    table = box.subscription
    rows = conn.execute(select(table).where(box.about(table, subject), table.c.expires_at <= at))
    if ids := [read(row, box).id for row in rows]:
        unsubscribe(conn, subject, ids, why="The subscription has expired.", at=at, box=box)


def _heads(conn: Connection, subject: int, box: Outbox) -> list[Delivery]:
    sent = box.delivery
    waiting = (box.about(sent, subject), sent.c.state == DeliveryState.WAITING.value)
    first: dict[tuple[str, str], Delivery] = {}
    for row in conn.execute(select(sent).where(*waiting).order_by(sent.c.id)):
        found = _read(row, box)
        first.setdefault((found.target.method, found.line or found.target.address), found)
    return list(first.values())


def _enter(conn: Connection, claim: Claim, subject: int, box: Outbox) -> Any:
    """The job or topic, whose count of events stays as it is until this is written; None: fence passed.

    It is locked first, as by everybody who adds an event to it, and only then its row of work.
    """
    counts = (box.above.c.events, *([job.c.state] if box is OF_JOBS else ()))
    above = conn.execute(select(*counts).where(box.above.c.id == subject).with_for_update()).first()
    held = conn.execute(_HOLD, {"row": claim.id, "of": claim.fence}).rowcount == 1
    return above if held else None


def _give_back(conn: Connection, claim: Claim, due: int) -> bool:
    return conn.execute(_GIVE_BACK, {"row": claim.id, "of": claim.fence, "due": due}).rowcount == 1


def _row(notice: Notice, subscription_id: int, at: int) -> dict[str, Any]:
    return {
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


def _read(row: Any, box: Outbox) -> Delivery:
    return Delivery(
        id=row.id,
        about=box.subject(row),
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
