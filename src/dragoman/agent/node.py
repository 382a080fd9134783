"""Wires the node: the one place that knows all its parts, and the order in which they are opened and closed."""

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from dragoman.agent import place
from dragoman.agent.abilities import (
    bounds,
    commands,
    container_program,
    container_variables,
    host_memory,
    remove_container,
)
from dragoman.agent.broker import Broker
from dragoman.agent.cameras import Cameras
from dragoman.agent.centre import Centre
from dragoman.agent.chores import Chores
from dragoman.agent.duties import Duties
from dragoman.agent.following import Follower, Watched
from dragoman.agent.intake import Intake
from dragoman.agent.listening import listen
from dragoman.agent.patience import Patience
from dragoman.agent.plate import Plate, read_plate
from dragoman.agent.policies import POLICIES
from dragoman.agent.prepare import open_database
from dragoman.agent.runs import Choosing
from dragoman.agent.salvage import PluginShell, Salvage
from dragoman.agent.spool import Spool
from dragoman.agent.uplink import Uplink
from dragoman.agent.workload import DOOR, Abilities, container_name
from dragoman.blobs import LocalBlobs
from dragoman.config import Settings
from dragoman.core.edge import Caps, Firing, Told
from dragoman.core.errors import Conflict, Problem
from dragoman.core.manifests import assumed_manifest
from dragoman.engine import Engine, Limits, World
from dragoman.host.clock import HostClock
from dragoman.schedulers.fork import ForkScheduler
from dragoman.shells import UnpackLimits
from dragoman.store import queue
from dragoman.store.edge import facts
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import digest

log = logging.getLogger(__name__)

SECOND = 1_000_000
DAY = 86_400 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Which node this is, and where it belongs."""

    vsn: str
    url: str
    token: str


class Node:
    """A node at work; see ``open_node``."""

    def __init__(self, settings: Settings, member: Membership, data: str, db: SqliteDb) -> None:
        self._settings, self._member, self._data, self._db = settings, member, data, db
        self._clock, self._plate = HostClock(), Plate(vsn=member.vsn)
        self._tasks: list[asyncio.Task[None]] = []
        self.port = 0
        """Where plugins publish."""
        self.ended = asyncio.Event()
        """Set when a part of it has ended by itself, which none should."""

    def plate(self) -> Plate:
        """What the node knows of itself now."""
        return self._plate

    async def open(self, stack: AsyncExitStack) -> None:
        """Begin to work; what the stack holds then ends it, in the right order. Raises Problems."""
        db, clock, data = self._db, self._clock, self._data
        await self._check_member()
        self._know_manifest(await db.read(facts.get_fact, "manifest") or assumed_manifest(self._member.vsn, ""))
        owner_id, ids = await db.write(place.settle, at=clock.now())
        spool, blobs = Spool(os.path.join(data, "spool")), LocalBlobs(os.path.join(data, "blobs"))
        centre = Centre(self._member.url, self._member.vsn, self._member.token)
        stack.push_async_callback(centre.close)
        uplink = Uplink(db, centre, spool, await db.write(facts.first_fact, "outbox", str(uuid.uuid4())))
        intake = await self._serve_plugins(stack, uplink)
        can = await self._find_abilities(stack)
        self._program = can.containers

        def told(news: list[Told]) -> None:
            if news:
                intake.tell_listeners(news)
                uplink.hint()

        root = os.path.join(data, "runs")
        self._salvage = Salvage(db, clock, spool, self.plate, root=root, found=uplink.hint, told=told)
        how = Choosing(policy=POLICIES[self._settings.node.policy], plate=self.plate, can=can, owner_id=owner_id)
        duties = Duties(db, clock, how, tick=self._settings.node.tick_seconds, told=told, engine=lambda: engine.hint())  # noqa: PLW0108 - made later
        follower = Follower(db, clock, blobs, self.plate, told=told, gone=self._bury, ended=duties.hint)
        engine = await self._open_engine(stack, ids, blobs, follower)
        await self._salvage.resume()
        await duties.load()
        self._begin(stack, intake.run(), "intake", until=intake.stop)
        self._begin(stack, engine.run(), "engine", until=engine.stop)

        async def back() -> None:
            uplink.hint()
            await self._ask_manifest(centre)

        chores = self._chores(blobs, spool)
        for name, work in {
            "follower": follower.run(),
            "duties": duties.run(),
            "chores": chores.run(),
            "uplink": uplink.run(),
            "goals": listen(centre, duties, Patience(longest=15.0), back=back),
        }.items():
            self._begin(stack, work, name)
        if self._settings.node.channel == "log":
            self._begin(stack, self._salvage.run(), "logs")

    async def _check_member(self) -> None:
        vsn = await self._db.write(facts.first_fact, "vsn", self._member.vsn)
        if vsn.lower() != self._member.vsn.lower():
            raise Conflict(f"{self._data} belongs to the node {vsn}.", hint="Choose another --data directory.")

    async def _serve_plugins(self, stack: AsyncExitStack, uplink: Uplink) -> Intake:
        broker = Broker(lambda message: intake.take(message))  # noqa: PLW0108 - each needs the other
        intake = Intake(
            self._db,
            self._clock,
            self.plate,
            deliver=broker.deliver,
            resume=broker.resume,
            uploaded=lambda firing: self._begin(stack, self._salvage.of_firing(firing), "upload", once=True),
            kept=uplink.hint,
        )
        wanted = self._settings.node.amqp_port or await self._db.read(facts.get_fact, "amqp_port") or 0
        try:
            self.port = await broker.open("127.0.0.1", wanted)
        except Conflict:
            if self._settings.node.amqp_port:
                raise
            self.port = await broker.open("127.0.0.1", 0)
        stack.push_async_callback(broker.close)
        await self._db.write(facts.put_fact, "amqp_port", self.port)
        return intake

    async def _find_abilities(self, stack: AsyncExitStack) -> Abilities:
        wanted = self._settings.node
        cameras = Cameras()
        stack.push_async_callback(cameras.close)
        return Abilities(
            commands=await asyncio.to_thread(commands, os.path.join(self._data, "catalog")),
            containers=await asyncio.to_thread(container_program, wanted.runtime),
            container_variables=container_variables(),
            prefer_commands=wanted.runtime in ("auto", "none"),
            channel=wanted.channel,
            port=self.port,
            cameras=await cameras.open(),
        )

    async def _open_engine(
        self, stack: AsyncExitStack, ids: Mapping[str, int], blobs: LocalBlobs, follower: Follower
    ) -> Engine:
        local, db = self._settings.local, self._db
        scheduler = ForkScheduler()
        await scheduler.open()
        stack.push_async_callback(scheduler.close)
        limits = UnpackLimits(bytes=local.unpack_bytes, members=local.unpack_members)
        shell = PluginShell(limits, self._salvage)
        within = await asyncio.to_thread(bounds, self._settings, self._data)
        if within is None:
            log.warning("plugins without a container are NOT confined on this node")
        await db.write(queue.free_all)  # the lock on the data directory says that nobody else can hold a lease
        await asyncio.to_thread(blobs.sweep)
        world = World(
            db=Watched(db, follower.hint),
            clock=self._clock,
            blobs=blobs,
            places=place.places(
                ids, self._data, shell, scheduler, within, has_broker=self._settings.node.channel == "amqp"
            ),
            limits=Limits(grace=local.grace_seconds, log_bytes=local.log_bytes, workers=32),
            mint={DOOR: lambda: uuid.uuid4().hex},
            job_key=lambda token: token,
            digest=digest,
        )
        return Engine(world)

    def _chores(self, blobs: LocalBlobs, spool: Spool) -> Chores:
        wanted = self._settings.node
        caps = Caps(bytes=wanted.outbox_bytes, upload_bytes=wanted.upload_bytes, age=int(wanted.keep_days * DAY))
        reading = int(wanted.reading_hours * 3600 * SECOND)
        return Chores(db=self._db, clock=self._clock, blobs=blobs, spool=spool, caps=caps, reading=reading)

    async def _bury(self, firing: Firing) -> None:
        """Nothing of an execution is left behind: no container either."""
        if self._program:
            await remove_container(self._program, container_name(firing))

    async def _ask_manifest(self, centre: Centre) -> None:
        with suppress(Problem):
            manifest = await centre.manifest()
            await self._db.write(facts.put_fact, "manifest", dict(manifest))
            self._know_manifest(manifest)

    def _know_manifest(self, manifest: Mapping[str, Any]) -> None:
        wanted = self._settings.node
        self._plate = read_plate(
            self._member.vsn,
            manifest,
            host=os.uname().nodename,
            cpus=wanted.cpus or os.cpu_count() or 1,
            memory=wanted.memory_bytes or host_memory(),
        )

    def _begin(
        self,
        stack: AsyncExitStack,
        work: Coroutine[Any, Any, None],
        name: str,
        *,
        once: bool = False,
        until: Any = None,
    ) -> None:
        """Have a part work beside the others; at the end it is told so by ``until``, or is cancelled."""
        task = asyncio.create_task(work, name=name)
        self._tasks.append(task)
        if once:
            task.add_done_callback(self._has_done)
            return
        task.add_done_callback(self._has_ended)

        async def end() -> None:
            task.remove_done_callback(self._has_ended)
            if until is None:
                task.cancel()
            else:
                until()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(end)

    def _has_done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.remove(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s failed: %s", task.get_name(), error)

    def _has_ended(self, task: "asyncio.Task[None]") -> None:
        """No part ends by itself; were one to, the others must not go on as if it did its work."""
        error = None if task.cancelled() else task.exception()
        log.critical("the node's %s has ended by itself; the node ends too", task.get_name(), exc_info=error)
        self.ended.set()


@asynccontextmanager
async def open_node(settings: Settings, member: Membership, data: str) -> AsyncIterator[Node]:
    """A node at work on its data directory, until the context ends. Raises Problems.

    The caller sees to it that no other program works on that directory.
    """
    db = open_database(data, readers=settings.database.readers)
    try:
        node = Node(settings, member, data, db)
        async with AsyncExitStack() as stack:
            await node.open(stack)
            yield node
    finally:
        db.close()
