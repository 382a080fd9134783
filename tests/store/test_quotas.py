"""Budgets of owners and queues: who waits, and who passes them."""

from typing import Any

import pytest
from sqlalchemy import Connection, update

from dragoman.core.things import Account
from dragoman.core.work import Budget
from dragoman.store import accounts, apps, queue, tables, waiting
from dragoman.store.jobs import submit_job
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account, add_job, add_system, walk_to_end


def stand_in_line(
    conn: Connection, owner: Account, system_id: int, alias: str, name: str = "default", app_id: int | None = None
) -> None:
    job = add_job(conn, owner, alias)
    submit_job(conn, job, system_id=system_id, app_id=app_id, runs=1, at=T0)
    conn.execute(update(tables.run).where(tables.run.c.job_id == job.id).values(queue=name))


def admitted(conn: Connection, at: int = T0, but: tuple[int, ...] = ()) -> list[str]:
    """The aliases of the jobs that are let in now."""
    claimed = queue.claim(conn, owner="w1", at=at, lease=10 * SECOND, most=50, but=but)
    return [claimed.runs[one.ref][1].alias for one in claimed.claims]


def fill(conn: Connection, budgets: dict[str, Any]) -> None:
    """Ada has four jobs in line, and behind them Grace has two; each has one in the queue ``short``."""
    ada, grace = add_account(conn), add_account(conn, "grace")
    system_id = add_system(conn, ada, slots=5)
    conn.execute(update(tables.system).values(budgets=budgets))
    for alias in ("A1", "A2", "A3"):
        stand_in_line(conn, ada, system_id, alias)
    stand_in_line(conn, ada, system_id, "A4", "short")
    stand_in_line(conn, grace, system_id, "G1")
    stand_in_line(conn, grace, system_id, "G2", "short")


def test_an_owner_s_budget_holds_and_others_pass(db: AnyDb) -> None:
    """Two each; the third of one owner does not keep the others' first waiting."""
    db.write_now(fill, {"per_owner": 2})
    assert {"A1", "A2", "G1", "G2"} == set(db.write_now(admitted))
    assert [] == db.write_now(admitted)


def test_a_queue_s_budget_holds_for_all_and_for_each(db: AnyDb) -> None:
    """One run in the queue ``short`` at once; two for each owner in the other."""
    db.write_now(fill, {"queues": {"short": {"runs": 1}, "default": {"per_owner": 2}}})
    found = db.write_now(admitted)
    assert 1 == len({"A4", "G2"} & set(found))
    assert {"A1", "A2", "G1"} == set(found) - {"A4", "G2"}


def test_an_end_lets_the_next_one_in(db: AnyDb) -> None:
    """A budget is of what executes, not of what was ever let in."""
    db.write_now(fill, {"per_owner": 1})

    def first(conn: Connection) -> tuple[Any, str]:
        claimed = queue.claim(conn, owner="w1", at=T0, lease=10 * SECOND, most=50)
        one = next(one for one in claimed.claims if claimed.runs[one.ref][1].alias == "A1")
        return one, claimed.runs[one.ref][1].alias

    held, _ = db.write_now(first)
    assert [] == db.write_now(admitted)
    db.write_now(walk_to_end, held, held.ref, T0)
    assert ["A2"] == db.write_now(admitted)


def add_app(conn: Connection, owner: Account, budgets: dict[str, int] | None, version: str = "1") -> int:
    """A version of an app, with its budgets."""
    common: dict[str, Any] = {"uuid": "u", "facets": {}, "enabled": True, "at": T0}
    apps.add_version(conn, name="solver", version=version, owner_id=owner.id, budgets=budgets, **common)
    return next(one.id for one in apps.list_versions(conn, "solver") if one.version == version)


def fill_with_apps(conn: Connection, budgets: dict[str, int]) -> None:
    """Ada has three jobs of an app in line, one of its next version and one of none; Grace has one of the app."""
    ada, grace = add_account(conn), add_account(conn, "grace")
    system_id = add_system(conn, ada, slots=50)
    limited, free = add_app(conn, ada, budgets), add_app(conn, ada, None, "2")
    for alias in ("A1", "A2", "A3"):
        stand_in_line(conn, ada, system_id, alias, app_id=limited)
    stand_in_line(conn, ada, system_id, "A4", app_id=free)
    stand_in_line(conn, ada, system_id, "A5")
    stand_in_line(conn, grace, system_id, "G1", app_id=limited)


def test_an_app_s_budget_holds_for_that_version(db: AnyDb) -> None:
    """Two at once for all together; other versions, and what is no app, pass them."""
    db.write_now(fill_with_apps, {"runs": 2})
    found = set(db.write_now(admitted))
    assert {"A4", "A5"} == found - {"A1", "A2", "A3", "G1"}
    assert 2 == len(found & {"A1", "A2", "A3", "G1"})
    assert [] == db.write_now(admitted)


def test_an_app_s_budget_of_each_owner(db: AnyDb) -> None:
    """One for each: the second of one does not keep the other's first waiting."""
    db.write_now(fill_with_apps, {"per_owner": 1})
    assert {"A1", "A4", "A5", "G1"} == set(db.write_now(admitted))


def test_a_budget_that_is_raised_lets_more_in(db: AnyDb) -> None:
    """What counts is what the app says now, not what it said when the job was submitted."""
    db.write_now(fill_with_apps, {"runs": 1})
    db.write_now(admitted)

    def lift(conn: Connection) -> None:
        apps.change_version(conn, apps.list_versions(conn, "solver")[0].id, budgets=None, at=T0)

    db.write_now(lift)
    assert 3 == len(db.write_now(admitted))


def test_each_app_has_its_budget_on_each_system(db: AnyDb) -> None:
    """What an app executes elsewhere takes nothing of its budget here."""

    def fill_two(conn: Connection) -> None:
        ada = add_account(conn)
        here, app_id = add_system(conn, ada), add_app(conn, ada, {"runs": 1})
        there = add_system(conn, ada, name="other")
        for alias, system_id in (("H1", here), ("H2", here), ("T1", there)):
            stand_in_line(conn, ada, system_id, alias, app_id=app_id)

    db.write_now(fill_two)
    assert {"H1", "T1"} == set(db.write_now(admitted))


def test_who_waits_is_told_for_what(db: AnyDb) -> None:
    """The budget that is spent, and how much it is; each is told of once."""
    db.write_now(fill_with_apps, {"runs": 2})
    db.write_now(admitted)
    later = T0 + 2 * queue.WAIT_SHOWS
    found = db.write_now(waiting.long_waiters, at=later, most=10)
    assert [("local", "solver", Budget.APP, 2)] * 2 == [(one.place, one.app, one.budget, one.most) for one in found]
    assert [] == db.write_now(waiting.long_waiters, at=later, most=10)


@pytest.mark.parametrize("budgets", [{}, {"per_owner": 3}])
def test_whose_hands_are_full_are_passed_by_others(db: AnyDb, budgets: dict[str, Any]) -> None:
    """In line and among what is due; and nothing of theirs is waited for meanwhile, but that it has ended."""
    db.write_now(fill, budgets)
    ada = db.write_now(lambda conn: accounts.find_account(conn, name="ada").id)
    assert ["G1", "G2"] == db.write_now(admitted, but=(ada,))
    assert ["A1", "A2", "A3"] == db.write_now(admitted)

    def due(conn: Connection) -> list[int]:
        conn.execute(update(tables.work).where(tables.work.c.gate.is_(None)).values(lease_until=0, due_at=T0))
        claimed = queue.claim(conn, owner="w1", at=T0, lease=10 * SECOND, most=2, but=(ada,))
        again = queue.claim(conn, owner="w1", at=T0, lease=10 * SECOND, most=2, but=(ada,))
        return [len(claimed.claims), len(again.claims), again.next_due]

    assert [2, 0, queue.FAR] == db.write_now(due)

    def end(conn: Connection) -> int:
        conn.execute(update(tables.run).where(tables.run.c.id == 1).values(token="over"))
        ended = queue.claim(conn, owner="w1", at=T0, lease=10 * SECOND, most=2, ended=("over",), but=(ada,))
        return ended.claims[0].ref

    assert 1 == db.write_now(end)
