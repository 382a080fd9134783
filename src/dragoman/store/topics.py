"""Topics: the systems, apps and paths that people follow, and what their histories say since."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, or_, select, update

from dragoman.core.notices import NewSubscription, Noted, Subscription, Topic
from dragoman.core.registered import HistoryItem, Kind
from dragoman.core.standing import PATH
from dragoman.core.things import System
from dragoman.core.work import TOPIC, NewWork
from dragoman.store.outbox import OF_TOPICS
from dragoman.store.queue import add_work
from dragoman.store.rows import read_account, read_system
from dragoman.store.subscriptions import add, list_subscriptions
from dragoman.store.tables import account, audit, known_path, system, topic

MOST_AT_ONCE = 200
"""Notes of which deliveries are made in one go."""

_GET = select(topic).where(topic.c.id == bindparam("which"))
_OWNER = select(account).where(account.c.id == bindparam("which"))


def follow(
    conn: Connection,
    *,
    door: str,
    account_id: int,
    kind: str,
    ref: int,
    path: str,
    new: Sequence[NewSubscription],
    at: int,
) -> int:
    """Add subscriptions to a thing, for an account: they hear of what is noted from now on. The topic's id."""
    key = {"door": door, "account_id": account_id, "kind": kind, "ref": ref, "path": path}
    last = conn.execute(select(func.max(audit.c.id))).scalar() or 0
    which = _find(conn, key)
    if which is None:
        which = conn.execute(insert(topic).values(**key, events=last).returning(topic.c.id)).scalar_one()
    add(conn, which, new, owner_id=account_id, told=last, at=at, box=OF_TOPICS)
    return int(which)


def subscriptions_of(
    conn: Connection, *, door: str, account_id: int, kind: str, ref: int, path: str, at: int
) -> list[Subscription]:
    """The subscriptions of an account to a thing."""
    key = {"door": door, "account_id": account_id, "kind": kind, "ref": ref, "path": path}
    which = _find(conn, key)
    return [] if which is None else list_subscriptions(conn, which, at=at, box=OF_TOPICS)


def _find(conn: Connection, key: dict[str, Any]) -> int | None:
    found = [topic.c[name] == value for name, value in key.items()]
    which: int | None = conn.execute(select(topic.c.id).where(*found).with_for_update()).scalar()
    return which


def get_topic(conn: Connection, which: int) -> Topic | None:
    """The topic, if it is there still."""
    row = conn.execute(_GET, {"which": which}).first()
    if row is None:
        return None
    owner = read_account(conn.execute(_OWNER, {"which": row.account_id}).one())
    return Topic(id=row.id, door=row.door, owner=owner, kind=row.kind, ref=row.ref, path=row.path)


def read_noted(conn: Connection, of: Topic, *, at: int) -> tuple[list[Noted], list[Subscription], int]:
    """What was noted since the subscription that knows least was told, the subscriptions, and up to which note that is.

    Oldest first, and not more than can be told in one go.
    """
    found = [one for one in list_subscriptions(conn, of.id, at=at, box=OF_TOPICS) if one.enabled]
    events = conn.execute(select(topic.c.events).where(topic.c.id == of.id)).scalar() or 0
    if not found:
        return [], [], events
    rows = conn.execute(
        select(audit, account.c.name)
        .outerjoin(account, account.c.id == audit.c.account_id)
        .where(_about(of), audit.c.id > min(one.told for one in found))
        .order_by(audit.c.id)
        .limit(MOST_AT_ONCE)
    ).all()
    return [_noted(row) for row in rows], found, rows[-1].id if len(rows) == MOST_AT_ONCE else events


def _about(of: Topic) -> ColumnElement[bool]:
    """What a topic is told of; a system is told of its paths, too. The reverse of ``touched``."""
    if of.kind == PATH:
        return (audit.c.kind == PATH) & (audit.c.ref == of.ref) & (audit.c.version == of.path)
    kinds = (Kind.SYSTEM, PATH) if of.kind == Kind.SYSTEM else (of.kind,)
    return audit.c.kind.in_(kinds) & (audit.c.ref == of.ref)


def touched(conn: Connection, *, kind: str, ref: int, path: str) -> list[int]:
    """The topics that something is to be noted of. They are locked until that is written, so that notes come in order.

    ``path`` where the kind is that of paths.
    """
    mine = topic.c.kind == kind
    if kind == PATH:
        mine = or_(mine & (topic.c.path == path), topic.c.kind == Kind.SYSTEM)
    mine &= topic.c.ref == ref
    return list(conn.execute(select(topic.c.id).where(mine).order_by(topic.c.id).with_for_update()).scalars())


def tell(conn: Connection, which: Sequence[int], *, seq: int, at: int) -> None:
    """Have those who follow these topics told of a note: this is the outbox."""
    if which:
        conn.execute(update(topic).where(topic.c.id.in_(which)).values(events=seq))
    for one in which:
        add_work(conn, NewWork(kind=TOPIC, ref=one, due_at=at))


def system_of(conn: Connection, of: Topic) -> System | None:
    """The system of a topic that is one, or a path of one; None: it was deleted."""
    row = conn.execute(select(system).where(system.c.id == of.ref, system.c.deleted_at.is_(None))).first()
    return None if row is None else read_system(row)


def know_path(conn: Connection, alias: str, *, system_id: int, path: str) -> None:
    """Remember what the id of a path means."""
    if conn.execute(select(known_path.c.alias).where(known_path.c.alias == alias)).first() is None:
        conn.execute(insert(known_path).values(alias=alias, system_id=system_id, path=path))


def path_known_as(conn: Connection, alias: str) -> tuple[str, str] | None:
    """The system, by its name, and the path that an id means; None: no such id was ever shown."""
    found = (
        select(system.c.name, known_path.c.path)
        .join(system, system.c.id == known_path.c.system_id)
        .where(known_path.c.alias == alias)
    )
    row = conn.execute(found).first()
    return None if row is None else (row.name, row.path)


def _noted(row: Any) -> Noted:
    item = HistoryItem(
        at=row.at, account=row.name or "", operation=row.operation, version=row.version, detail=row.detail
    )
    return Noted(seq=row.id, kind=row.kind, ref=row.ref, item=item)
