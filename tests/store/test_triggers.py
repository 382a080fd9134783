"""Triggers and starts: one for each event, no more than the rate allows, for the owner's own jobs.."""

import pytest
from sqlalchemy import Connection, select

from dragoman.core.errors import Conflict, NotFound
from dragoman.core.starts import NewStart
from dragoman.core.triggers import Order, Rate
from dragoman.store import triggers
from dragoman.store.tables import trigger_start, work
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account, add_job

RATE = Rate(2, 60 * SECOND)
ORDER = Order(
    job="rescale/AAAAAA",
    patterns=(("name", "env.*"), ("vsn", "W023")),
    condition="v('env.rain') > 3",
    variables=(("RAIN", "{value}"),),
    rate=RATE,
    within=SECOND,
)


def start(event: str, *, owner_id: int, trigger: int | None = None, source: str = "rule 1") -> NewStart:
    source = source if trigger is None else f"trigger {trigger}"
    return NewStart(
        source=source, event=event, owner_id=owner_id, job="AAAAAA", variables={}, rate=RATE, trigger_id=trigger
    )


def events(conn: Connection) -> list[str]:
    """Those that start something; each has its work."""
    found = conn.execute(select(trigger_start.c.id, trigger_start.c.event).order_by(trigger_start.c.id)).all()
    refs = conn.execute(select(work.c.ref).where(work.c.kind == triggers.START).order_by(work.c.ref)).scalars()
    assert [row.id for row in found] == list(refs)
    return [row.event for row in found]


def test_an_order_is_kept_as_it_is(db: AnyDb) -> None:
    """And ends with its trigger."""

    def work(conn: Connection) -> None:
        owner = add_account(conn)
        key = triggers.add_trigger(conn, ORDER, owner_id=owner.id, at=T0)
        (found,) = triggers.list_triggers(conn)
        assert (key, owner.id, ORDER, 0) == (found.id, found.owner_id, found.order, found.skipped)
        (view,) = triggers.view_triggers(conn, [found])
        assert ("ada", 0, "", "") == (view.owner, view.started, view.last, view.fault)
        triggers.remove_trigger(conn, key)
        assert [] == triggers.list_triggers(conn)
        with pytest.raises(NotFound):
            triggers.remove_trigger(conn, key)

    db.write_now(work)


def test_one_start_for_each_event(db: AnyDb) -> None:
    """Of each source; what is over the rate is counted, and there is room again later; none for what is gone."""

    def work(conn: Connection) -> None:
        owner = add_account(conn).id
        key = triggers.add_trigger(conn, ORDER, owner_id=owner, at=T0)
        one, two, three = (start(event, owner_id=owner, trigger=key) for event in "abc")
        assert 1 == triggers.add_starts(conn, [one, one], at=T0)
        assert 0 == triggers.add_starts(conn, [one], at=T0)
        assert 2 == triggers.add_starts(conn, [two, three, start("a", owner_id=owner)], at=T0)
        assert 1 == triggers.list_triggers(conn)[0].skipped
        assert 1 == triggers.add_starts(conn, [one, three], at=T0 + 61 * SECOND)
        triggers.remove_trigger(conn, key)
        assert 0 == triggers.add_starts(conn, [start("d", owner_id=owner, trigger=key)], at=T0 + 200 * SECOND)
        assert ["a", "a", "b", "c"] == sorted(events(conn))

    db.write_now(work)


def test_a_start_has_one_alias(db: AnyDb) -> None:
    """One that no job has, and the same for a worker who comes late; what came of it is shown with the trigger."""

    def work(conn: Connection) -> None:
        owner = add_account(conn)
        add_job(conn, owner, "AAAAAA")
        key = triggers.add_trigger(conn, ORDER, owner_id=owner.id, at=T0)
        triggers.add_starts(conn, [start("a", owner_id=owner.id, trigger=key)], at=T0)
        of = conn.execute(select(trigger_start.c.id)).scalar_one()
        aliases = iter(["AAAAAA", "BBBBBB"])
        assert "BBBBBB" == triggers.choose_alias(conn, of, door="rescale", mint=lambda: next(aliases))
        assert "BBBBBB" == triggers.choose_alias(conn, of, door="rescale", mint=lambda: "CCCCCC")
        found = triggers.get_start(conn, of)
        assert ("ada", "AAAAAA", "rescale", "BBBBBB") == (found.owner.name, found.job, found.door, found.alias)
        triggers.end_start(conn, of, fault="no such job", at=T0)
        (view,) = triggers.view_triggers(conn, triggers.list_triggers(conn))
        assert (0, "rescale/BBBBBB", "no such job") == (view.started, view.last, view.fault)

    db.write_now(work)


def test_which_job_is_meant(db: AnyDb) -> None:
    """An owner's own, in a door that can start it; by its id alone while no other door has the same."""

    def work(conn: Connection) -> None:
        ada, bob = add_account(conn), add_account(conn, "bob")
        job = add_job(conn, ada, "AAAAAA")
        for reference in ("AAAAAA", "rescale/AAAAAA"):
            assert job.id == triggers.find_stored(conn, reference, owner_id=ada.id, doors=["rescale", "tapis3"]).id
        for owner, reference, doors in (
            (bob, "AAAAAA", ["rescale"]),
            (ada, "AAAAAA", ["tapis3"]),
            (ada, "tapis3/AAAAAA", ["rescale", "tapis3"]),
            (ada, "BBBBBB", ["rescale"]),
        ):
            with pytest.raises(NotFound):
                triggers.find_stored(conn, reference, owner_id=owner.id, doors=doors)
        with pytest.raises(Conflict, match="several doors"):
            triggers.find_stored(conn, "AAAAAA", owner_id=ada.id, doors=["rescale", "rescale"])

    db.write_now(work)


def test_old_starts_are_forgotten_when_they_came_to_their_end(db: AnyDb) -> None:
    """Some at a time; one that is still to be made stays."""

    def work(conn: Connection) -> list[str]:
        owner = add_account(conn).id
        for place, event in enumerate("abcd"):
            triggers.add_starts(conn, [start(event, owner_id=owner, source=event)], at=T0 + place * SECOND)
        keys = list(conn.execute(select(trigger_start.c.id).order_by(trigger_start.c.id)).scalars())
        for key in (keys[0], keys[1], keys[3]):
            triggers.end_start(conn, key, fault="", at=T0 + 9 * SECOND)
        before = T0 + 3 * SECOND
        assert [1, 1, 0] == [triggers.forget_starts(conn, before=before, most=1) for _ in range(3)]
        return list(conn.execute(select(trigger_start.c.event).order_by(trigger_start.c.id)).scalars())

    assert ["c", "d"] == db.write_now(work)
