"""Wires the house: the one place that knows every adapter, and the order in which they are opened and closed."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dragoman.blobs import LocalBlobs
from dragoman.config import Settings
from dragoman.config.catalogue import load_catalogue
from dragoman.core.ports import Db
from dragoman.desk import Desk, open_desk
from dragoman.dialects import DIALECTS
from dragoman.engine import Engine, Limits, Place, World
from dragoman.runtimes.bare import Bare
from dragoman.schedulers.fork import ForkScheduler
from dragoman.server.clock import HostClock
from dragoman.server.confine import confinement
from dragoman.server.database import open_database
from dragoman.server.datadir import Lock, prepare
from dragoman.server.front import Front
from dragoman.server.furnish import LOCAL, furnish
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store import queue
from dragoman.trust.serverkey import server_key
from dragoman.trust.tokens import digest, job_key

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house with its lights on."""

    front: Front
    desk: Desk


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open everything on the data directory, run the engine, and put all down again at the end. Raises Problems."""
    data = prepare(settings.server.data)
    lock = Lock(data)
    try:
        db = open_database(settings, data)
        try:
            async with _lit(settings, data, db) as house:
                yield house
        finally:
            db.close()
    finally:
        lock.release()


@asynccontextmanager
async def _lit(settings: Settings, data: str, db: Db) -> AsyncIterator[House]:
    scheduler = ForkScheduler()
    await scheduler.open()
    try:
        world = await _world(settings, data, db, scheduler)
        engine = Engine(world)
        desk = open_desk(
            db=db,
            clock=world.clock,
            blobs=world.blobs,
            shells={system_id: place.shell for system_id, place in world.places.items()},
            work_of=lambda system_id, run_id: world.places[system_id].work(run_id),
            hint=engine.hint,
            hint_line=engine.hint_line,
            digest=digest,
        )
        doors = [dialect.open(desk, world.blobs, settings) for dialect in DIALECTS]
        running = asyncio.create_task(engine.run())
        try:
            yield House(front=Front(doors, ready=lambda: not running.done()), desk=desk)
        finally:
            engine.stop()
            await running
    finally:
        await scheduler.close()


async def _world(settings: Settings, data: str, db: Db, scheduler: ForkScheduler) -> World:
    clock, blobs = HostClock(), LocalBlobs(os.path.join(data, "blobs"))
    known = load_catalogue(os.path.join(data, "catalog"))
    system_id = await db.write(furnish, known, settings, at=clock.now())
    if not settings.database.url:
        await db.write(queue.free_all)  # the lock on the data directory says that nobody else can hold a lease
    blobs.sweep()
    key = server_key(data)
    return World(
        db=db,
        clock=clock,
        blobs=blobs,
        places={system_id: _local_place(settings, data, scheduler)},
        limits=_limits(settings),
        mint={dialect.name: dialect.mint for dialect in DIALECTS},
        job_key=lambda token: job_key(key, token),
        digest=digest,
    )


def _local_place(settings: Settings, data: str, scheduler: ForkScheduler) -> Place:
    bounds = confinement(settings, data)
    if bounds is None:
        log.warning("runs on this host are NOT confined: they can read what the service can; see `dragoman doctor`")
    return Place(
        name=LOCAL,
        shell=LocalShell(UnpackLimits(bytes=settings.local.unpack_bytes, members=settings.local.unpack_members)),
        runtime=Bare(bounds),
        scheduler=scheduler,
        root=os.path.join(data, "runs"),
        private_processes=bounds is not None,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        workers=settings.engine.workers,
        lease=settings.engine.lease_seconds,
        poll=settings.engine.poll_seconds,
        attempts=settings.engine.attempts,
        grace=settings.local.grace_seconds,
        log_bytes=settings.local.log_bytes,
    )
