"""PostgreSQL alone: transactions that meet there, as several go on at the same moment, and what it cannot do now.

On SQLite there is one writer, and what one has read no other changes.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from dragoman.core.errors import Invalid, Unavailable
from dragoman.core.field import Node
from dragoman.core.job import Job
from dragoman.core.states import JobState, RunState
from dragoman.core.work import Claim, NewWork
from dragoman.engine import chores, expiries
from dragoman.store import accounts, field_jobs, goals, jobs, queue, tables
from dragoman.store.postgres import PostgresDb
from tests.postgres import new_database
from tests.service import wait_until
from tests.store.test_field import add_node, draft, serve, served
from tests.store.things import SECOND, T0, add_account, only_run, open_job, walk_to_end

LATER = T0 + 60 * SECOND
_WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[PostgresDb]:
    """An empty, migrated database."""
    db = PostgresDb(new_database(postgres_url))
    yield db
    db.close()


def met(db: PostgresDb, first: Callable[[Connection], Any], second: Callable[[Connection], Any]) -> tuple[Any, Any]:
    """What two transactions give when the second begins before the first one ends.

    The first one ends when the second has, or waits for it.
    """
    with ThreadPoolExecutor(2) as threads:
        begun: Future[None] = Future()
        after: list[Future[Any]] = []

        def lead(conn: Connection) -> Any:
            given = first(conn)
            if not begun.done():
                begun.set_result(None)
                wait_until(lambda: after and (after[0].done() or db.write_now(_is_waited_for)))
            return given

        leading = threads.submit(db.write_now, lead)
        begun.result(60)
        after.append(threads.submit(db.write_now, second))
        return leading.result(60), after[0].result(60)


def _is_waited_for(conn: Connection) -> bool:
    return bool(conn.execute(_WAITS).scalar())


def claim(conn: Connection, *, most: int = 10) -> queue.Claimed:
    return queue.claim(conn, owner="w", at=LATER, lease=10 * SECOND, most=most)


def test_a_run_that_is_just_let_in_is_not_told_that_it_waits(postgres: PostgresDb) -> None:
    """It would be taken for one that has not begun, and started a second time."""
    job = postgres.write_now(open_job)
    claimed, told = met(postgres, claim, lambda conn: chores._tell_some(conn, at=LATER))
    assert 0 == told
    run = postgres.write_now(only_run, job)
    assert RunState.ACCEPTED is run.state
    assert [LATER] == postgres.write_now(lambda conn: conn.execute(select(tables.work.c.due_at)).scalars().all())
    postgres.write_now(walk_to_end, claimed.claims[0], run.id, LATER)


def test_who_is_told_that_it_waits_is_let_in_afterwards(postgres: PostgresDb) -> None:
    """A claim that meets the telling leaves it alone; the next one gets it."""
    job = postgres.write_now(open_job)
    told, claimed = met(postgres, lambda conn: chores._tell_some(conn, at=LATER), claim)
    assert (1, []) == (told, claimed.claims)
    assert RunState.BLOCKED is postgres.write_now(only_run, job).state
    assert 1 == len(postgres.write_now(claim).claims)


def test_the_same_work_may_be_added_by_two(postgres: PostgresDb) -> None:
    """Two runs that are started on a system both want it watched: neither start is undone by that."""
    watch = NewWork(kind="watch", ref=7, due_at=T0)
    met(
        postgres,
        lambda conn: queue.add_work(conn, watch),
        lambda conn: queue.add_work(conn, NewWork(kind="watch", ref=7, due_at=T0 - 1)),
    )
    assert [T0 - 1] == postgres.write_now(lambda conn: conn.execute(select(tables.work.c.due_at)).scalars().all())


def test_a_grant_that_two_give_is_given_once(postgres: PostgresDb) -> None:
    """What each finds missing and adds is there once, and nobody hears of a fault."""
    owner = postgres.write_now(lambda conn: accounts.find_account(conn, name="ada") if open_job(conn) else None)
    assert owner is not None

    def give(conn: Connection) -> None:
        accounts.add_grant(conn, kind="job", ref=1, account_id=owner.id, verb="read", at=T0)

    met(postgres, give, give)
    assert {1: (owner.email,)} == postgres.write_now(accounts.shared_with, kind="job", refs=[1])


def test_a_text_that_it_cannot_keep_is_refused(postgres: PostgresDb) -> None:
    """It is no sign that the database is down, and to ask again would not help."""
    with pytest.raises(Invalid, match="NUL"):
        postgres.write_now(open_job, alias="A\0A")


@pytest.mark.parametrize("state", ["53100", "53300", "57014", "57P01", "58030", "25006", "55P03", "08006"])
def test_what_keeps_it_from_working_passes(postgres: PostgresDb, state: str) -> None:
    """A full disk, too many connections, an operator, a standby: to ask again later will help."""
    told = f"DO $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(Unavailable, match=r"not now|does not answer"):
        postgres.write_now(lambda conn: conn.execute(text(told)))
    assert 1 == postgres.write_now(lambda conn: conn.execute(text("SELECT 1")).scalar())


def test_a_job_that_is_just_served_anew_does_not_end_with_its_former_goal(postgres: PostgresDb) -> None:
    """The time of a goal is over in the moment in which the job gets another one."""

    def stored(conn: Connection) -> tuple[Job, Node, Claim]:
        job = field_jobs.add_field_job(conn, draft(), owner_id=add_account(conn).id, at=T0)
        node = add_node(conn, "W023")
        goal = serve(conn, job, node, alias="former", lifetime=SECOND)
        queue.add_work(conn, NewWork(kind=goals.EXPIRY, ref=goal, due_at=T0))
        return job, node, claim(conn).claims[0]

    job, node, over = postgres.write_now(stored)

    def serve_anew(conn: Connection) -> None:
        jobs.get_job(conn, job.id, lock=True)
        serve(conn, job, node, alias="new")

    met(postgres, serve_anew, lambda conn: expiries._expire(conn, over, at=LATER))
    assert JobState.OPEN is postgres.write_now(jobs.get_job, job.id).state
    assert ["new"] == postgres.write_now(served, "w023")[1]
