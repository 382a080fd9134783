"""Budgets of owners and queues: who waits, and who passes them."""

from typing import Any

from sqlalchemy import Connection, update

from dragoman.core.things import Account
from dragoman.store import queue, tables
from dragoman.store.jobs import submit_job
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account, add_job, add_system, walk_to_end


def stand_in_line(conn: Connection, owner: Account, system_id: int, alias: str, name: str = "default") -> None:
    job = add_job(conn, owner, alias)
    submit_job(conn, job, system_id=system_id, runs=1, at=T0)
    conn.execute(update(tables.run).where(tables.run.c.job_id == job.id).values(queue=name))


def admitted(conn: Connection, at: int = T0) -> list[str]:
    """The aliases of the jobs that are let in now."""
    claimed = queue.claim(conn, owner="w1", at=at, lease=10 * SECOND, most=50)
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
