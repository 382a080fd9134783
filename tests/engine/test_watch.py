"""Whoever looks at what a system runs sees what changed, of each login for itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from dragoman.core.launch import Look
from dragoman.core.ports import Site
from dragoman.core.work import Claim, NewWork
from dragoman.engine import Limits
from dragoman.engine.watch import handle_watch
from dragoman.schedulers.fork import ForkScheduler
from dragoman.shells.local_login import LocalLogin
from dragoman.store import accounts, moves, queue, tables
from tests.engine.house import Bench, bench
from tests.store.test_watched import walk_to_running
from tests.store.things import add_system

pytestmark = pytest.mark.anyio

QUICK, STUCK, ODD = 1, 2, 3
LIMITS = Limits(look=0.05)


class Stuck(ForkScheduler):
    """On a host where a login takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        await self.go.wait()
        return await super().look(launches)


class Odd(ForkScheduler):
    """One that meets what nobody foresaw."""

    async def look(self, launches: Sequence[tuple[str, str, Mapping[str, object]]]) -> dict[str, Look]:
        raise ZeroDivisionError


class Sites:
    """The same host for everybody, but for how quickly it answers."""

    def __init__(self) -> None:
        self.forks = {QUICK: ForkScheduler(), STUCK: Stuck(), ODD: Odd()}

    async def of(self, system_id: int, account_id: int) -> Site:
        login = LocalLogin("/", lambda argv: argv)
        return Site(login=login, root="", base="", fork=self.forks[account_id], batch=None)


def system(conn: Connection) -> int:
    """Another system than this host."""
    return add_system(conn, accounts.find_account(conn, name="ada"), name="host")


def running(conn: Connection, account_id: int, system_id: int, directory: str) -> int:
    """A run of an account's of which its host knows nothing any more."""
    run_id = walk_to_running(conn, f"AAAA0{account_id}")
    handle = {"account": account_id, "batch": False, "directory": directory}
    values = {"handle": handle, "token": f"token{run_id}", "system_id": system_id}
    conn.execute(update(tables.run).where(tables.run.c.id == run_id).values(values))
    conn.execute(update(tables.work).where(tables.work.c.ref == run_id).values(due_at=queue.FAR, lease_until=0))
    return run_id


async def turn(house: Bench, system_id: int) -> set[int]:
    """One turn of the watch; the runs that are to be handled since then."""

    def watch(conn: Connection) -> Claim:
        queue.add_work(conn, NewWork(kind="watch", ref=system_id, due_at=0))
        (claim,) = queue.claim(conn, owner="w", at=1, lease=1, most=100).claims
        return claim

    def due(conn: Connection) -> set[int]:
        rows = conn.execute(tables.work.select().where(tables.work.c.kind == "run"))
        return {row.ref for row in rows if row.due_at < queue.FAR}

    async with asyncio.timeout(60):
        await handle_watch(house.world, await house.db.write(watch))
    return await house.db.read(due)


async def test_a_login_that_takes_long_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """Somebody's shell that hangs, or an answer that makes no sense, is theirs; what is seen later counts, too."""
    async with bench(str(tmp_path), limits=LIMITS) as house:
        house.engine.stop()
        sites = Sites()
        house.world = replace(house.world, sites=sites)
        where = await house.db.write(system)
        runs = {one: await house.db.write(running, one, where, str(tmp_path)) for one in (QUICK, STUCK, ODD)}
        assert {runs[QUICK]} == await turn(house, where)
        assert {runs[QUICK]} == await turn(house, where)
        stuck = sites.forks[STUCK]
        assert isinstance(stuck, Stuck)
        stuck.go.set()
        await house.until(lambda: all(look.done() for look in house.world.looks[where].values()))
        assert {runs[QUICK], runs[STUCK]} == await turn(house, where)
        run = await house.db.read(moves.get_run, runs[STUCK])
        assert run is not None
        assert run.token in house.world.news[where]
