"""What people follow: notes reach every topic of a thing, once and in order, and a topic goes when nobody wants it."""

from sqlalchemy import Connection, select

from dragoman.core.notices import WEBHOOK, NewSubscription, Noted, Target, Topic
from dragoman.core.registered import Kind
from dragoman.core.standing import PATH
from dragoman.core.work import TOPIC
from dragoman.store import audit, deliveries, queue, subscriptions, tables, topics
from dragoman.store.outbox import OF_TOPICS
from tests.store.conftest import AnyDb
from tests.store.test_registered import add_system
from tests.store.things import T0, add_account

HERE = Target(method=WEBHOOK, address="http://here/")


def follow(conn: Connection, account_id: int, kind: str, ref: int, path: str = "", *, alias: str) -> int:
    new = NewSubscription(
        alias=alias, name="", description="", filter="*", targets=(HERE,), enabled=True, seconds=100, stays=True
    )
    return topics.follow(conn, door="door", account_id=account_id, kind=kind, ref=ref, path=path, new=[new], at=T0)


def note(conn: Connection, kind: str, ref: int, operation: str, path: str = "") -> None:
    audit.note(conn, kind=kind, ref=ref, account_id=1, operation=operation, detail={}, at=T0, version=path)


def told(conn: Connection, which: int) -> list[str]:
    found: list[Noted] = topics.read_noted(conn, topic(conn, which), at=T0)[0]
    return [one.item.operation for one in found]


def topic(conn: Connection, which: int) -> Topic:
    found = topics.get_topic(conn, which)
    assert found is not None
    return found


def test_each_topic_is_told_of_its_own(db: AnyDb) -> None:
    """A system of its paths, too; a path of no other one; nobody of what was before they asked."""

    def work(conn: Connection) -> None:
        ann, bob = add_account(conn, "ann"), add_account(conn, "bob")
        one, two = add_system(conn, ann, "one"), add_system(conn, ann, "two")
        note(conn, Kind.SYSTEM, one.id, "create")
        mine = follow(conn, ann.id, Kind.SYSTEM, one.id, alias="a")
        other = follow(conn, bob.id, Kind.SYSTEM, two.id, alias="b")
        path = follow(conn, bob.id, PATH, one.id, "/a", alias="c")
        assert mine == follow(conn, ann.id, Kind.SYSTEM, one.id, alias="d")
        note(conn, Kind.SYSTEM, one.id, "change")
        note(conn, PATH, one.id, "UPLOAD", "/a")
        note(conn, PATH, one.id, "DELETED", "/b")
        note(conn, Kind.APP, one.id, "change")
        assert ["change", "UPLOAD", "DELETED"] == told(conn, mine)
        assert [] == told(conn, other)
        assert ["UPLOAD"] == told(conn, path)
        assert "bob" == topic(conn, path).owner.name
        due = conn.execute(select(tables.work.c.ref).where(tables.work.c.kind == TOPIC).order_by(tables.work.c.ref))
        assert [mine, path] == list(due.scalars())

    db.write_now(work)


def test_a_topic_goes_with_the_last_that_follows_it(db: AnyDb) -> None:
    """Once everything is sent; whoever follows the thing again hears only of what comes then."""

    def work(conn: Connection) -> None:
        ann = add_account(conn, "ann")
        system = add_system(conn, ann)
        which = follow(conn, ann.id, Kind.SYSTEM, system.id, alias="a")
        note(conn, Kind.SYSTEM, system.id, "change")
        (claim,) = queue.claim(conn, owner="me", at=T0, lease=100, most=9).claims
        (one,) = subscriptions.list_subscriptions(conn, which, at=T0, box=OF_TOPICS)
        assert subscriptions.unsubscribe(conn, which, [one.id], why="", at=T0, box=OF_TOPICS)
        assert deliveries.put_back(conn, claim, which, keep=0, at=T0, box=OF_TOPICS)
        assert topics.get_topic(conn, which) is None
        assert [] == list(conn.execute(select(tables.work.c.id)))
        note(conn, Kind.SYSTEM, system.id, "disable")
        again = follow(conn, ann.id, Kind.SYSTEM, system.id, alias="b")
        note(conn, Kind.SYSTEM, system.id, "enable")
        assert ["enable"] == told(conn, again)

    db.write_now(work)
