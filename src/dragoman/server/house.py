"""Wires the house: the one place that knows every adapter, and the order in which they are opened and closed."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace

from dragoman.blobs import LocalBlobs
from dragoman.config import Settings
from dragoman.config.catalogue import load_catalogue
from dragoman.core.ports import Clock, Db, Measurements
from dragoman.core.triggers import REMEMBERED_DAYS
from dragoman.desk import Desk, open_desk
from dragoman.desk.credentials import Credentials
from dragoman.dialects import DIALECTS, read_news, startable
from dragoman.engine import Engine, Place, World
from dragoman.host.clock import HostClock
from dragoman.host.datadir import prepare
from dragoman.host.half_files import HalfFiles
from dragoman.measurements import KeptMeasurements
from dragoman.notices import SmtpMail
from dragoman.runtimes.bare import Bare
from dragoman.runtimes.confine import confinement
from dragoman.runtimes.singularity import find_singularity
from dragoman.schedulers.fork import ForkScheduler
from dragoman.server.abroad import Abroad, KnownHosts
from dragoman.server.belonging import check_belongs, take_over
from dragoman.server.database import FILE, open_database, open_measurements
from dragoman.server.front import Front
from dragoman.server.furnish import LOCAL, furnish, retell_all
from dragoman.server.hosts import Here, Hosts, HostSites
from dragoman.server.limits import guard_of, limits, room_of
from dragoman.server.retention import DAY, Forget, Retention
from dragoman.server.unfinished import clear_uploads, clearing, settling
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store.ballast import Ballast, BallastDb, widen_log
from dragoman.trust.jwt import key_pair
from dragoman.trust.serverkey import server_key
from dragoman.trust.tokens import digest, job_key
from dragoman.web.door import Beside

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house with its lights on."""

    front: Front
    desk: Desk
    beside: Sequence[Beside]
    """What is answered on other ports."""


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open everything on the data directory, run the engine, and put all down again at the end. Raises Problems.

    The caller sees to it that no other service works on that directory (``host.datadir.lock``).
    """
    data = prepare(settings.server.data)
    with closing(open_database(settings, data)) as db, closing(open_measurements(settings, data)) as measured:
        await check_belongs(settings, db, data)
        async with _lit(settings, data, db, measured) as house:
            yield house


@asynccontextmanager
async def _lit(settings: Settings, data: str, db: Db, measured: Db) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        scheduler, guard = ForkScheduler(), guard_of(settings)
        await scheduler.open()
        stack.push_async_callback(scheduler.close)
        stack.push_async_callback(guard.close)
        widen_log(os.path.join(data, FILE))
        ballast = Ballast(os.path.join(data, ".ballast"))
        stack.callback(ballast.close)
        db, engine_db = BallastDb(db, ballast), BallastDb(db, ballast, is_ending=True)
        clock, key = HostClock(), server_key(data)
        abroad = Abroad(KnownHosts(db, clock))
        stack.push_async_callback(abroad.close)
        tellers = {dialect.name: dialect.teller for dialect in DIALECTS if dialect.teller}
        place, here = _local_place(settings, data, scheduler)
        credentials = Credentials(db, clock, key, None)
        half_files = HalfFiles(os.path.join(data, "half-files"))
        left = half_files.left()
        ways = here, abroad, credentials, half_files
        hosts, sites = Hosts(*ways), HostSites(*ways)
        world = await _world(settings, data, engine_db, clock, place)
        world = replace(world, sites=sites, logins=hosts, fetch=guard, post=guard)
        engine = Engine(world)
        await engine_db.write(retell_all, tellers)
        measurements = KeptMeasurements(BallastDb(measured, ballast))
        desk = open_desk(
            db=db,
            clock=clock,
            blobs=world.blobs,
            shells={system_id: place.shell for system_id, place in world.places.items()},
            work_of=lambda system_id, run_id: world.places[system_id].work(run_id),
            hint=engine.hint,
            hint_line=engine.hint_line,
            digest=digest,
            keys=key_pair(data),
            vault_key=key,
            measurements=measurements,
            read_news=read_news,
            is_data_public=settings.field.reading == "public",
            upload_span=round(settings.field.upload_days * DAY),
            upload_bytes=settings.upload.account_bytes,
            host_logins=Hosts(replace(here, check_room=room_of(settings, data)), *ways[1:]),
            reach=hosts,
            sites=sites,
            startable=startable(settings),
            tellers=tellers,
        )
        world.starters.update(
            {dialect.name: dialect.starter(desk, settings) for dialect in DIALECTS if dialect.starter}
        )
        world.reports.update({dialect.name: dialect.reports(desk, settings) for dialect in DIALECTS if dialect.reports})
        doors = [dialect.open(desk, world.blobs, settings) for dialect in DIALECTS]
        for forget, days in _kept_for(settings, desk, measurements):
            stack.push_async_callback(Retention(forget, clock, days=days).close)
        await stack.enter_async_context(clearing(sites, left))
        await stack.enter_async_context(settling(half_files))
        running = await stack.enter_async_context(_running(engine))
        beside = [door.beside for door in doors if door.beside]
        yield House(front=Front(doors, ready=lambda: not running.done()), desk=desk, beside=beside)


def _kept_for(settings: Settings, desk: Desk, measurements: Measurements) -> Sequence[tuple[Forget, float]]:
    """What is forgotten by itself, each with the days after which it is."""
    return (
        (measurements.forget, settings.measurements.days),
        (desk.forgetting.uploads, settings.field.upload_days),
        (desk.forgetting.logs, settings.field.log_days),
        (desk.forgetting.past, REMEMBERED_DAYS),
    )


@asynccontextmanager
async def _running(engine: Engine) -> AsyncIterator["asyncio.Task[None]"]:
    running = asyncio.create_task(engine.run())
    running.add_done_callback(_end_the_service)
    try:
        yield running
    finally:
        running.remove_done_callback(_end_the_service)
        engine.stop()
        await running


def _end_the_service(_: "asyncio.Task[None]") -> None:
    """An engine that ends by itself must not leave a door open behind which nothing is done."""
    log.critical("the engine has ended by itself; the service ends too")
    signal.raise_signal(signal.SIGTERM)


async def _world(settings: Settings, data: str, db: Db, clock: Clock, place: Place) -> World:
    blobs = LocalBlobs(os.path.join(data, "blobs"), room_of(settings, data))
    known = load_catalogue(os.path.join(data, "catalog"))
    system_id = await db.write(furnish, known, settings, at=clock.now())
    await take_over(settings, db, data)
    await clear_uploads(db, blobs)
    key = server_key(data)
    return World(
        db=db,
        clock=clock,
        blobs=blobs,
        places={system_id: place},
        limits=limits(settings),
        mint={dialect.name: dialect.mint for dialect in DIALECTS if dialect.mint},
        job_key=lambda token: job_key(key, token),
        digest=digest,
        notices={dialect.name: dialect.notices(settings) for dialect in DIALECTS if dialect.notices},
        mail=_mail(settings),
    )


def _mail(settings: Settings) -> SmtpMail | None:
    mail = settings.mail
    if not mail.server:
        return None
    return SmtpMail(
        server=mail.server,
        port=mail.port,
        user=mail.user,
        password=mail.password,
        sender=mail.sender,
        starttls={"auto": None, "require": True, "off": False}[mail.starttls],
        seconds=settings.outbound.seconds,
    )


def _local_place(settings: Settings, data: str, scheduler: ForkScheduler) -> tuple[Place, Here]:
    bounds = confinement(settings, data)
    if bounds is None:
        log.warning("runs on this host are NOT confined: they can read what the service can; see `dragoman doctor`")
    bare = Bare(bounds)
    found = find_singularity(bare, settings.local.singularity)
    place = Place(
        name=LOCAL,
        shell=LocalShell(UnpackLimits(bytes=settings.local.unpack_bytes, members=settings.local.unpack_members)),
        runtime=bare,
        scheduler=scheduler,
        root=os.path.join(data, "runs"),
        private_processes=bounds is not None,
    )
    return place, Here(homes=os.path.join(data, "homes"), bare=bare, fork=scheduler, singularity=found)
