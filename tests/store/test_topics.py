"""What people follow: notes reach every topic of a thing, once and in order, and a topic goes when nobody wants it."""

import pytest
from sqlalchemy import Connection, delete, select, update

from dragoman.core.notices import SAID, WEBHOOK, NewSubscription, Target
from dragoman.core.registered import ON_SYSTEM, Kind
from dragoman.core.standing import PATH
from dragoman.core.things import Account
from dragoman.core.topics import ANYTHING, EVENT_SEQ, JOB, JOB_ON_SYSTEM, About, Noted, Topic
from dragoman.core.work import TOPIC
from dragoman.store import accounts, apps, audit, deliveries, events, queue, subscriptions, tables, topics
from dragoman.store.outbox import OF_TOPICS
from tests.store.conftest import AnyDb
from tests.store.test_registered import add_system
from tests.store.things import T0, add_account, open_job

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


def test_what_is_done_to_a_system_is_told_of_the_apps_there(db: AnyDb) -> None:
    """Where somebody follows them, and once to who follows anything: of the system itself."""

    def work(conn: Connection) -> None:
        ann = add_account(conn, "ann")
        one = add_system(conn, ann, "one")
        here, there = (add_app(conn, ann, system) for system in ("one", "two"))
        mine = follow(conn, ann.id, Kind.APP, here, alias="a")
        other = follow(conn, ann.id, Kind.APP, there, alias="b")
        anything = follow(conn, ann.id, ANYTHING, 0, alias="c")
        note(conn, Kind.SYSTEM, one.id, "share")
        assert ["share"] == told(conn, mine) == told(conn, anything)
        assert [] == told(conn, other)

    db.write_now(work)


def add_app(conn: Connection, owner: Account, system: str) -> int:
    """An app that runs on a system; its id."""
    name, facets = f"on-{system}", {"door": {ON_SYSTEM: system}}
    apps.add_version(conn, name=name, version="1", owner_id=owner.id, uuid=name, facets=facets, enabled=True, at=T0)
    return apps.list_versions(conn, name)[0].id


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


def test_who_follows_anything_is_told_of_all_of_it(db: AnyDb) -> None:
    """Of what happens to jobs of any door, too; what is only for followers is written where there are some."""

    def work(conn: Connection) -> None:
        job = open_job(conn)
        ann = accounts.find_account(conn, name="ada")
        (system_id,) = conn.execute(select(tables.run.c.system_id)).scalars()
        kinds = select(tables.audit.c.kind).order_by(tables.audit.c.id)
        events.add_events(conn, job.id, [events.new_event(T0, now="RUNNING", run_id=1)])
        assert [] == list(conn.execute(kinds).scalars())
        elsewhere = follow(conn, ann.id, ANYTHING, 0, alias="a")
        assert job.door != topic(conn, elsewhere).door
        events.add_events(conn, job.id, [events.new_event(T0, now="FINISHED", run_id=1)])
        events.add_events(conn, job.id, [events.new_event(T0, kind=SAID, reason="hello", run_id=1)])
        events.add_events(conn, job.id, [events.new_event(T0, kind="wish", now="STOP")])
        note(conn, Kind.SYSTEM, system_id, "change")
        note(conn, PATH, system_id, "UPLOAD", "/a")
        assert [JOB_ON_SYSTEM, JOB, JOB, Kind.SYSTEM, PATH] == list(conn.execute(kinds).scalars())
        found = topics.read_noted(conn, topic(conn, elsewhere), at=T0)[0]
        assert [JOB, JOB, JOB, "change", "UPLOAD"] == [one.item.operation for one in found]
        seqs = [one.item.detail[EVENT_SEQ] for one in found[:3]]
        assert {"FINISHED", ""} >= {one.now for one in events.list_events(conn, job.id) if one.seq in seqs}
        assert {job.door} == {one.item.detail["door"] for one in found[:3]}
        assert ({job.alias}, "ada") == ({one.item.detail["job"] for one in found[:3]}, found[0].item.account)
        assert 3 == topics.forget_notes(conn, before=T0 + 1, most=9)
        assert [Kind.SYSTEM, PATH] == list(conn.execute(kinds).scalars())

    db.write_now(work)


def test_a_directory_is_told_of_what_is_in_it(db: AnyDb) -> None:
    """Of its entries, not of theirs, nor of what only looks alike; the root is one, too."""

    def work(conn: Connection) -> None:
        ann = add_account(conn, "ann")
        system = add_system(conn, ann)
        folder = follow(conn, ann.id, PATH, system.id, "/Top_1", alias="a")
        root = follow(conn, ann.id, PATH, system.id, "/", alias="b")
        for path in ("/Top_1", "/Top_1/x", "/Top_1/x/y", "/Top_12", "/TopA1/x", "/top_1/x"):
            note(conn, PATH, system.id, path, path)
        assert ["/Top_1", "/Top_1/x"] == told(conn, folder)
        assert ["/Top_1", "/Top_12"] == told(conn, root)

    db.write_now(work)


@pytest.mark.parametrize(("filter_", "wanted"), [("*", True), ("download", True), ("DELETED", False)])
def test_a_word_is_wanted_when_somebody_who_is_told_has_asked_for_it(db: AnyDb, filter_: str, wanted: bool) -> None:
    """Of what is done to its paths, the owner of a system is told, and others are not."""

    def work(conn: Connection) -> None:
        ann, bob = add_account(conn, "ann"), add_account(conn, "bob")
        system = add_system(conn, ann)
        about = About(kind=PATH, ref=system.id, path="/a")

        def is_wanted() -> bool:
            return topics.is_wanted(conn, about, ["DOWNLOAD"], at=T0)

        def asking(account_id: int, kind: str, path: str, alias: str) -> bool:
            which = follow(conn, account_id, kind, system.id, path, alias=alias)
            conn.execute(update(tables.topic_subscription).values(filter=filter_))
            found = is_wanted()
            conn.execute(delete(tables.topic_subscription).where(tables.topic_subscription.c.topic_id == which))
            assert not is_wanted()
            return found

        assert not is_wanted()
        assert not asking(bob.id, Kind.SYSTEM, "", "a")
        assert not asking(bob.id, PATH, "/b", "b")
        assert wanted is asking(ann.id, Kind.SYSTEM, "", "c")
        assert wanted is asking(bob.id, PATH, "/a", "d")

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
