"""Notices are written with what they tell of, once, and go out in order; whoever lost the job writes nothing."""

import pytest
from sqlalchemy import Connection, event, func, select

from dragoman.core.errors import Conflict
from dragoman.core.job import Job
from dragoman.core.notices import DeliveryState, NewSubscription, Notice, Target, Tried
from dragoman.core.states import JobState
from dragoman.core.work import DELIVERY, Claim
from dragoman.store import deliveries, events, jobs, queue, subscriptions, tables, undelivered
from dragoman.store.sqlite import SqliteDb
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, open_job, walk_to_end

HERE, THERE = (Target(method="webhook", address=f"http://{name}/") for name in ("here", "there"))
KEEP = 100 * SECOND
DELIVERED, WAITING, GIVEN_UP = DeliveryState.DELIVERED, DeliveryState.WAITING, DeliveryState.GIVEN_UP


def new(alias: str, *targets: Target, enabled: bool = True, seconds: int = 1_000) -> NewSubscription:
    """A subscription that hears of everything."""
    return NewSubscription(
        alias=alias, name=alias, description="", filter="ALL", targets=targets, enabled=enabled, seconds=seconds
    )


def subscribed_job(conn: Connection, *wanted: NewSubscription) -> Job:
    """An open job with subscriptions."""
    job = open_job(conn)
    subscriptions.subscribe(conn, job.id, wanted, owner_id=job.owner_id, at=T0)
    return job


def happen(conn: Connection, job: Job, *words: str, at: int = T0) -> None:
    """Something happens to a job."""
    events.add_events(conn, job.id, [events.new_event(at, kind="said", was=word) for word in words])


def claimed(conn: Connection, at: int) -> list[Claim]:
    """The deliveries that are to be made at that time, leased."""
    claims = queue.claim(conn, owner="me", at=at, lease=10 * SECOND, most=100).claims
    return [claim for claim in claims if claim.kind == DELIVERY]


def tell(conn: Connection, claim: Claim, at: int = T0) -> bool:
    """Write the notices of all that is new."""
    job = deliveries.find_job(conn, claim.ref)
    assert job is not None
    story, behind = deliveries.read_story(conn, job, at=at)
    notices = {
        one.id: [
            Notice(seq=each.seq, target=target, title="", body=each.was)
            for each in story.events
            if each.seq > one.told
            for target in one.targets
        ]
        for one in behind
    }
    return deliveries.add_deliveries(conn, claim, job.id, notices, told=story.events[-1].seq, at=at)


def due(conn: Connection, job: Job, at: int = T0) -> list[tuple[str, str]]:
    """What goes out next: the receiver and the body."""
    return [(one.target.address, one.body) for one in deliveries.due_deliveries(conn, job.id, at=at)]


def end(conn: Connection, claim: Claim, state: DeliveryState, *, due_at: int = 0, at: int = T0) -> bool:
    """All that is due is tried, and ends so."""
    tries = [
        Tried(delivery=one, state=state, due_at=due_at) for one in deliveries.due_deliveries(conn, claim.ref, at=at)
    ]
    return deliveries.note_tries(conn, claim, claim.ref, tries, at=at)


def work_due(conn: Connection) -> list[int]:
    """When deliveries are looked at again."""
    return list(conn.execute(select(tables.work.c.due_at).where(tables.work.c.kind == DELIVERY)).scalars())


def test_work_is_there_as_soon_as_something_happened(db: AnyDb) -> None:
    """For a job with subscriptions, in the same transaction; for any other job there is none."""

    def told(conn: Connection) -> None:
        job = open_job(conn)
        happen(conn, job, "a")
        assert [] == work_due(conn)
        subscriptions.subscribe(conn, job.id, [new("s", HERE)], owner_id=job.owner_id, at=T0)
        happen(conn, job, "b", at=T0 + 5)
        assert [T0 + 5] == work_due(conn)

    db.write_now(told)

    def broken(conn: Connection) -> None:
        job = jobs.get_job(conn, 1)
        happen(conn, job, "c", at=T0 - 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        db.write_now(broken)
    assert [T0 + 5] == db.write_now(work_due)


def test_the_moves_of_a_run_are_told(db: AnyDb) -> None:
    """All of them up to its end, however they were written."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE))
        first = jobs.get_job(conn, job.id)
        claims = queue.claim(conn, owner="me", at=T0, lease=10 * SECOND, most=10).claims
        walk_to_end(conn, claims[0], claims[0].ref, T0)
        assert JobState.ENDED is jobs.get_job(conn, first.id).state
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        seqs = list(conn.execute(select(tables.delivery.c.seq).order_by(tables.delivery.c.id)).scalars())
        assert list(range(3, 11)) == seqs  # two events were there before: the job was opened, its run accepted

    db.write_now(told)


def test_each_receiver_is_told_in_order_and_once(db: AnyDb) -> None:
    """Nothing overtakes what is to be tried again, and another receiver does not wait for that."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE, THERE))
        happen(conn, job, "a", "b")
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        assert tell(conn, claim)
        assert [("http://here/", "a"), ("http://there/", "a")] == due(conn, job)
        here = deliveries.due_deliveries(conn, job.id, at=T0)[0]
        there = deliveries.due_deliveries(conn, job.id, at=T0)[1]
        tries = [Tried(delivery=here, state=WAITING, error="no", due_at=T0 + 5), Tried(delivery=there, state=DELIVERED)]
        assert deliveries.note_tries(conn, claim, job.id, tries, at=T0)
        assert [("http://there/", "b")] == due(conn, job)
        assert end(conn, claim, DELIVERED)
        assert [] == due(conn, job)
        assert deliveries.put_back(conn, claim, job.id, keep=KEEP, at=T0)
        assert [T0 + 5] == work_due(conn)
        assert [("http://here/", "a")] == due(conn, job, at=T0 + 5)

    db.write_now(told)


def test_who_was_overtaken_writes_nothing(db: AnyDb) -> None:
    """Behind the fence of another claim: no notices, no results, no end."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE))
        happen(conn, job, "a")
        (old,) = claimed(conn, T0)
        (claim,) = claimed(conn, T0 + 20 * SECOND)
        assert not tell(conn, old)
        assert tell(conn, claim)
        assert not end(conn, old, GIVEN_UP)
        assert not deliveries.put_back(conn, old, job.id, keep=KEEP, at=T0)
        assert [("http://here/", "a")] == due(conn, job)

    db.write_now(told)


def test_what_happens_meanwhile_is_not_missed(db: AnyDb) -> None:
    """News that comes while the last news goes out makes the job due at once."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE))
        happen(conn, job, "a")
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        happen(conn, job, "b")
        assert end(conn, claim, DELIVERED)
        assert deliveries.put_back(conn, claim, job.id, keep=KEEP, at=T0 + 7)
        assert [T0 + 7] == work_due(conn)
        (claim,) = claimed(conn, T0 + 7)
        assert tell(conn, claim)
        assert [("http://here/", "b")] == due(conn, job, at=T0 + 7)

    db.write_now(told)


def test_the_end_of_a_job_ends_its_subscriptions(db: AnyDb) -> None:
    """Once all was told; what became of the notices is kept for a while, then there is nothing left."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE), new("off", THERE, enabled=False))
        claims = queue.claim(conn, owner="me", at=T0, lease=10 * SECOND, most=10).claims
        walk_to_end(conn, claims[0], claims[0].ref, T0)
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        while due(conn, job):
            assert end(conn, claim, DELIVERED)
        assert deliveries.put_back(conn, claim, job.id, keep=KEEP, at=T0)
        assert [] == subscriptions.list_subscriptions(conn, job.id, at=T0)
        assert 0 == conn.execute(select(tables.job.c.subscriptions)).scalar()
        assert [T0 + KEEP] == work_due(conn)
        (claim,) = claimed(conn, T0 + KEEP)
        assert deliveries.put_back(conn, claim, job.id, keep=KEEP, at=T0 + KEEP)
        assert [] == work_due(conn)
        assert 0 == conn.execute(select(func.count()).select_from(tables.delivery)).scalar()

    db.write_now(told)
    with pytest.raises(Conflict):
        db.write_now(subscriptions.subscribe, 1, [new("late", HERE)], owner_id=1, at=T0)
    assert 0 == db.write_now(lambda conn: conn.execute(select(tables.job.c.subscriptions)).scalar())


def test_a_subscription_expires(db: AnyDb) -> None:
    """It is listed no more, hears of nothing more, and what waited for it is given up."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("short", HERE, seconds=5), new("long", THERE))
        happen(conn, job, "a")
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        assert end(conn, claim, WAITING, due_at=T0 + 9 * SECOND)
        late = T0 + 6 * SECOND
        assert ["long"] == [one.alias for one in subscriptions.list_subscriptions(conn, job.id, at=late)]
        assert deliveries.put_back(conn, claim, job.id, keep=KEEP, at=late)
        states = conn.execute(select(tables.delivery.c.state).order_by(tables.delivery.c.id)).scalars()
        assert [GIVEN_UP, WAITING] == list(states)
        assert 1 == conn.execute(select(tables.job.c.subscriptions)).scalar()

    db.write_now(told)


def test_whoever_unsubscribes_hears_no_more(db: AnyDb) -> None:
    """Not even what waits; a removed job leaves nothing behind."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE))
        happen(conn, job, "a")
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        found = subscriptions.find_subscription(conn, "s")
        assert found is not None
        assert 1 == subscriptions.unsubscribe(conn, job.id, [found.id], why="gone", at=T0)
        assert 0 == subscriptions.unsubscribe(conn, job.id, [found.id], why="gone", at=T0)
        assert [] == due(conn, job)
        happen(conn, job, "b")
        assert tell(conn, claim)
        assert [] == due(conn, job)

    db.write_now(told)


def test_a_job_without_subscriptions_costs_no_statement(tmp_path: object) -> None:
    """What is written for a run's life is the same as before there were any, statement by statement."""
    db = SqliteDb(f"{tmp_path}/test.db")
    seen: list[str] = []

    def told(conn: Connection) -> None:
        open_job(conn)
        event.listen(conn, "before_cursor_execute", lambda *args: seen.append(args[2]))
        claims = queue.claim(conn, owner="me", at=T0, lease=10 * SECOND, most=10).claims
        walk_to_end(conn, claims[0], claims[0].ref, T0)

    db.write_now(told)
    db.close()
    assert [] == [one for one in seen if "delivery" in one or "FROM subscription" in one or "kind = ?" in one[-40:]]


def test_what_did_not_arrive_is_counted_for_each_receiver(db: AnyDb) -> None:
    """Given up after a try, or waiting behind one that failed; not what nobody wanted any more."""

    def told(conn: Connection) -> None:
        job = subscribed_job(conn, new("s", HERE, THERE), new("gone", HERE))
        assert [] == undelivered.list_troubles(conn, job.id)
        happen(conn, job, "a", "b", "c")
        (claim,) = claimed(conn, T0)
        assert tell(conn, claim)
        gone = subscriptions.find_subscription(conn, "gone")
        assert gone is not None
        subscriptions.unsubscribe(conn, job.id, [gone.id], why="The subscription was removed.", at=T0)
        assert [] == undelivered.list_troubles(conn, job.id)
        here, there = deliveries.due_deliveries(conn, job.id, at=T0)
        tries = [
            Tried(delivery=here, state=GIVEN_UP, error="no such place"),
            Tried(delivery=there, state=WAITING, error="busy", due_at=T0 + 5),
        ]
        assert deliveries.note_tries(conn, claim, job.id, tries, at=T0 + 1)
        found = [
            (one.target, one.given_up, one.waiting, one.reason, one.at, one.next_try)
            for one in undelivered.list_troubles(conn, job.id)
        ]
        assert [(HERE, 1, 2, "no such place", T0 + 1, None), (THERE, 0, 3, "busy", None, T0 + 5)] == found

    db.write_now(told)
