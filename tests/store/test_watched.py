"""What a watch asks the database for: the runs that are with the scheduler of one system, however many have ended."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, text

from dragoman.core.states import RunState
from dragoman.store import moves, queue
from dragoman.store.sqlite import SqliteDb
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, next_step, only_run, open_job, walk_to_end

LEASE = 10 * SECOND


def walk_to_running(conn: Connection, alias: str) -> int:
    """A run that its scheduler has; its id."""
    job = open_job(conn, alias=alias)
    (claim,) = queue.claim(conn, owner="w", at=T0, lease=LEASE, most=1).claims
    while (run := only_run(conn, job)).state is not RunState.RUNNING:
        step = replace(next_step(run, T0), due_at=None, keep_lease=True)
        assert moves.apply(conn, claim, step, was=run, of=job, at=T0)
    return run.id


def test_live_runs_are_watched(db: AnyDb) -> None:
    """Neither those that have ended nor those that have not begun."""
    live = [db.write_now(walk_to_running, alias) for alias in ("AAAAAA", "BBBBBB")]

    def others(conn: Connection) -> int:
        over = open_job(conn, alias="CCCCCC")
        (claim,) = queue.claim(conn, owner="w", at=T0, lease=LEASE, most=1).claims
        walk_to_end(conn, claim, claim.ref, T0)
        open_job(conn, alias="DDDDDD")
        return only_run(conn, over).system_id

    system_id = db.write_now(others)
    assert live == sorted(run.id for run in db.write_now(moves.watched_runs, system_id))
    assert [] == db.write_now(moves.watched_runs, system_id + 1)


def test_runs_that_have_ended_cost_nothing(tmp_path: Path) -> None:
    """They are there for ever, and a watch comes every other second: SQLite goes by what is still to be done."""
    db = SqliteDb(str(tmp_path / "test.db"))

    def plan(conn: Connection) -> str:
        query = moves._WATCHED.params(system=1).compile(conn.engine, compile_kwargs={"literal_binds": True})
        return "\n".join(str(row[-1]) for row in conn.execute(text(f"EXPLAIN QUERY PLAN {query}")))

    try:
        assert "SCAN" not in db.write_now(plan)
    finally:
        db.close()
