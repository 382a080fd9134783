"""What a watch asks the database for: the runs that are with the scheduler of one system, however many have ended."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, text, update

from dragoman.core.states import RunState
from dragoman.core.work import Claim, NewWork
from dragoman.store import moves, queue, tables
from dragoman.store.sqlite import SqliteDb
from dragoman.store.watches import end_watch
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


def test_what_a_watch_saw_does_not_change_a_run_that_has_ended(db: AnyDb) -> None:
    """A look takes a while, and a run's own handler may have been told of its end meanwhile."""
    over, live = (db.write_now(walk_to_running, alias) for alias in ("AAAAAA", "BBBBBB"))
    known = {"scheduler_state": "COMPLETED"}

    def end(conn: Connection) -> None:
        values = {"state": RunState.FINISHED.value, "handle": known}
        conn.execute(update(tables.run).where(tables.run.c.id == over).values(values))

    db.write_now(end)
    db.write_now(moves.keep_handles, [(run_id, "", {"doubts": 1}) for run_id in (over, live)])
    runs = [db.write_now(moves.get_run, run_id) for run_id in (over, live)]
    assert [known, {"doubts": 1}] == [run and run.handle for run in runs]


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


def watch(conn: Connection, system_id: int) -> Claim:
    """The watch of a system, in somebody's hands."""
    queue.add_work(conn, NewWork(kind="watch", ref=system_id, due_at=T0))
    claims = queue.claim(conn, owner="w", at=T0, lease=LEASE, most=9).claims
    return next(claim for claim in claims if claim.kind == "watch")


def watches(conn: Connection) -> int:
    """How many rows of that kind there are."""
    return int(conn.execute(text("SELECT count(*) FROM work WHERE kind = 'watch'")).scalar_one())


def test_a_system_with_nothing_to_look_at_is_left_alone(db: AnyDb) -> None:
    """Its watch ends with its last run, and begins again with the next; others go on."""

    def story(conn: Connection) -> tuple[int, ...]:
        job = open_job(conn, alias="AAAAAA")
        (claim,) = queue.claim(conn, owner="w", at=T0, lease=LEASE, most=1).claims
        walk_to_end(conn, claim, claim.ref, T0)
        system_id = only_run(conn, job).system_id
        idle, other = watch(conn, system_id), watch(conn, system_id + 1)
        ended = end_watch(conn, idle)
        left = watches(conn)
        again = watch(conn, system_id)
        return ended, left, again.ref == system_id, end_watch(conn, idle), end_watch(conn, other), watches(conn)

    assert (True, 1, True, False, True, 1) == db.write_now(story)


def test_a_run_that_is_held_up_keeps_its_system_watched(db: AnyDb) -> None:
    """It goes on where it was, as one that runs does."""

    def story(conn: Connection) -> list[bool]:
        run_id = walk_to_running(conn, "AAAAAA")
        found = moves.get_run(conn, run_id)
        assert found is not None
        mine = watch(conn, found.system_id)
        while_it_runs = end_watch(conn, mine)
        moves.note_waiting(conn, found, reason="held up", at=T0)
        return [while_it_runs, end_watch(conn, mine), watches(conn) == 1]

    assert [False, False, True] == db.write_now(story)
