"""Topics: the systems, apps and paths that people follow, and what their histories say since."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, or_, select

from dragoman.core.notices import NewSubscription, Subscription
from dragoman.core.registered import HistoryItem, Kind
from dragoman.core.standing import PATH
from dragoman.core.things import System
from dragoman.core.topics import (
    ANYTHING,
    APP_ON_SYSTEM,
    CHOICE,
    JOB_OF_APP,
    JOB_ON_SYSTEM,
    PASSING,
    SYSTEM_OF_APP,
    About,
    Noted,
    Topic,
)
from dragoman.store.followers import keys
from dragoman.store.outbox import OF_TOPICS
from dragoman.store.rows import read_account, read_system
from dragoman.store.subscriptions import add, list_subscriptions
from dragoman.store.tables import account, app, audit, known_path, system, topic, topic_subscription

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
    """What a topic is told of. The reverse of ``followers.keys``."""
    if of.kind == ANYTHING:
        return audit.c.kind != SYSTEM_OF_APP
    if of.kind == PATH:
        above = of.path.rstrip("/") + "/"
        inside = func.substr(audit.c.version, 1, len(above)) == above
        is_entry = inside & func.substr(audit.c.version, len(above) + 1).not_like("%/%")
        return (audit.c.kind == PATH) & (audit.c.ref == of.ref) & or_(audit.c.version == of.path, is_entry)
    return audit.c.kind.in_(_TOLD[of.kind]) & (audit.c.ref == of.ref)


_TOLD: Mapping[str, Sequence[str]] = {
    Kind.SYSTEM: (Kind.SYSTEM, PATH, JOB_ON_SYSTEM, APP_ON_SYSTEM, CHOICE),
    Kind.APP: (Kind.APP, JOB_OF_APP, SYSTEM_OF_APP),
}


def is_wanted(conn: Connection, about: About, words: Collection[str], *, at: int) -> bool:
    """Whether anybody who is told of such a note of a path has asked for one of these words, in capitals, or for all.

    Of what is done to its paths, a system's owner and admins are told.
    """
    which = [and_(topic.c.kind == kind, topic.c.ref == ref, topic.c.path == path) for kind, ref, path in keys(about)]
    owner = select(system.c.owner_id).where(system.c.id == about.ref).scalar_subquery()
    asked = (
        select(topic_subscription.c.id)
        .join(topic, topic.c.id == topic_subscription.c.topic_id)
        .join(account, account.c.id == topic.c.account_id)
        .where(or_(topic.c.kind == PATH, account.c.is_admin, topic.c.account_id == owner))
        .where(or_(*which), topic_subscription.c.enabled, topic_subscription.c.expires_at > at)
        .where(func.upper(topic_subscription.c.filter).in_(["*", *words]))
    )
    return conn.execute(asked.limit(1)).first() is not None


def system_of(conn: Connection, of: Topic) -> System | None:
    """The system of a topic that is one, or a path of one; None: it was deleted."""
    row = conn.execute(select(system).where(system.c.id == of.ref, system.c.deleted_at.is_(None))).first()
    return None if row is None else read_system(row)


def thing_of(conn: Connection, kind: str, ref: int, door: str) -> str:
    """The name of a system or an app that a note is about, also when it is deleted; empty where a door has it not."""
    table = app if kind == Kind.APP else system
    row = conn.execute(select(table.c.name, table.c.facets).where(table.c.id == ref)).first()
    return row.name if row is not None and door in row.facets else ""


def forget_notes(conn: Connection, *, before: int, most: int) -> int:
    """Forget the oldest notes that are no history of anything, made before then; how many."""
    old = select(audit.c.id).where(audit.c.kind.in_(PASSING), audit.c.at < before).order_by(audit.c.id).limit(most)
    return conn.execute(delete(audit).where(audit.c.id.in_(list(conn.execute(old).scalars())))).rowcount


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
