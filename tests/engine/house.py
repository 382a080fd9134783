"""A whole engine on real parts in a temporary directory: SQLite, blobs, the local shell and the fork scheduler."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import NotFound
from dragoman.core.job import Draft, Event, Job, LogStyle, Resources, Run, Step, Workload
from dragoman.core.ports import Clock, Shell
from dragoman.core.states import JobState
from dragoman.core.things import Account, Identity
from dragoman.desk import Desk, open_desk
from dragoman.engine import Engine, Limits, Place, World
from dragoman.host.clock import HostClock
from dragoman.measurements import KeptMeasurements, prepare
from dragoman.runtimes.bare import Bare
from dragoman.schedulers.fork import ForkScheduler
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store import Connection, accounts, catalogue
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import digest
from tests.databases import sqlite_at
from tests.keys import signing_keys

DOOR = "rescale"
LIMITS = Limits(lease=5.0, poll=0.2, watch=0.5, attempts=3, surprises=2, slowest=0.2, grace=0.5)


@dataclass(kw_only=True)
class Bench:
    """What a test works with."""

    world: World
    desk: Desk
    engine: Engine
    who: Identity
    db: SqliteDb

    async def submit(self, command: str, *, alias: str = "AAAAAA", runs: int = 1, walltime: int | None = None) -> None:
        """Create and submit a job of one command."""
        workload = Workload(
            steps=(Step(command=command),),
            resources=Resources(system="local", queue="default", walltime=walltime),
            log=LogStyle(name="log", closing=("exit {code}",)),
        )
        draft = Draft(door=DOOR, alias=alias, name=alias, letter="{}", workload=workload, inputs=())
        await self.desk.jobs.create(self.who, draft)
        await self.desk.jobs.submit(self.who, DOOR, alias, runs=runs)

    async def ended(self, alias: str = "AAAAAA", *, seconds: float = 120.0) -> Job:
        """The job, when it has ended; fails when it does not in time."""
        async with asyncio.timeout(seconds):
            while (job := (await self.desk.jobs.find(self.who, DOOR, alias)).job).state is not JobState.ENDED:
                await asyncio.sleep(0.02)
        return job

    async def until(self, condition: Callable[[], bool], *, seconds: float = 120.0) -> None:
        """Return when the condition holds; fails when it does not in time."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    async def run_when(self, state: str, alias: str = "AAAAAA", *, seconds: float = 120.0) -> Run:
        """The job's first run, when it is in this state."""
        async with asyncio.timeout(seconds):
            while (run := await self.desk.jobs.run(self.who, DOOR, alias, 1)).state != state:
                await asyncio.sleep(0.02)
        return run

    async def history(self, alias: str = "AAAAAA") -> list[Event]:
        """The job's events."""
        return await self.desk.jobs.events(self.who, DOOR, alias)


def _settle(conn: Connection, slots: int, at: int) -> tuple[Account, int]:
    try:
        owner = accounts.find_account(conn, name="ada")
    except NotFound:
        new = {"name": "ada", "email": "ada@example.com", "password_hash": ""}
        owner = accounts.add_account(conn, **new, is_admin=False, at=at)
    values = {"description": "", "shell": "local", "scheduler": "fork", "slots": slots, "facets": {}}
    return owner, catalogue.put_system(conn, name="local", owner_id=owner.id, values=values)


@asynccontextmanager
async def bench(
    place: str,
    *,
    slots: int = 4,
    limits: Limits = LIMITS,
    shell: Shell | None = None,
    scheduler: ForkScheduler | None = None,
    clock: Clock | None = None,
    **more: Any,
) -> AsyncIterator[Bench]:
    """A running engine with one account; unconfined, so that it also works where bubblewrap does not.

    ``more`` goes into its world.
    """
    db, clock = sqlite_at(os.path.join(place, "test.db")), clock or HostClock()
    measured = SqliteDb(os.path.join(place, "measured.db"), prepare=prepare)
    scheduler = scheduler or ForkScheduler()
    blobs, letters = LocalBlobs(os.path.join(place, "blobs")), itertools.count()
    await scheduler.open()
    owner, system_id = await db.write(_settle, slots, clock.now())
    local = Place(
        name="local",
        shell=shell or LocalShell(UnpackLimits()),
        runtime=Bare(None),
        scheduler=scheduler,
        root=os.path.join(place, "runs"),
        private_processes=False,
    )
    world = World(
        db=db,
        clock=clock,
        blobs=blobs,
        places={system_id: local},
        limits=limits,
        mint={DOOR: lambda: f"F{next(letters):05d}"},
        job_key=lambda token: f"key-{token}",
        digest=digest,
        **more,
    )
    engine = Engine(world)
    desk = open_desk(
        db=db,
        clock=clock,
        blobs=blobs,
        shells={system_id: local.shell},
        work_of=lambda _, run_id: local.work(run_id),
        hint=engine.hint,
        hint_line=engine.hint_line,
        digest=digest,
        keys=signing_keys(),
        vault_key=bytes(32),
        measurements=KeptMeasurements(measured),
    )
    running = asyncio.create_task(engine.run())
    try:
        yield Bench(world=world, desk=desk, engine=engine, who=Identity(account=owner), db=db)
    finally:
        engine.stop()
        await running
        await scheduler.close()
        measured.close()
        db.close()
