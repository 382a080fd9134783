"""Wires the node: the one place that knows all its parts, and the order in which they are opened and closed."""

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial

from dragoman.agent import place
from dragoman.agent.abilities import IMAGES, Abilities, Kind, bounds, find_abilities, remove_container
from dragoman.agent.broker import Broker, Take
from dragoman.agent.cameras import Cameras
from dragoman.agent.centre import Centre
from dragoman.agent.chores import Chores
from dragoman.agent.containers import container_name
from dragoman.agent.crew import Crew
from dragoman.agent.duties import Duties
from dragoman.agent.following import Follower, Watched
from dragoman.agent.intake import Intake
from dragoman.agent.listening import listen
from dragoman.agent.member import Membership, Self
from dragoman.agent.patience import Patience
from dragoman.agent.policies import POLICIES
from dragoman.agent.prepare import FILE, open_database
from dragoman.agent.rabbit import Rabbit
from dragoman.agent.room import open_ballast, watch
from dragoman.agent.runs import Choosing
from dragoman.agent.salvage import PluginShell, Salvage
from dragoman.agent.spool import Spool
from dragoman.agent.uplink import Uplink
from dragoman.agent.workload import DOOR
from dragoman.blobs import LocalBlobs
from dragoman.config import Settings
from dragoman.core.edge import Caps, Firing, Told
from dragoman.core.errors import Conflict
from dragoman.core.ports import Db
from dragoman.engine import Engine, Limits, World
from dragoman.engine.chores import clear_leftovers
from dragoman.host.clock import HostClock
from dragoman.schedulers.fork import ForkScheduler
from dragoman.shells import UnpackLimits
from dragoman.store import queue
from dragoman.store.ballast import Ballast, BallastDb, widen_log
from dragoman.store.edge import facts, outbox
from dragoman.trust.tokens import digest

log = logging.getLogger(__name__)

SECOND = 1_000_000
DAY = 86_400 * SECOND
HERE = "127.0.0.1"
FARTHEST = 15.0
"""Seconds between two tries to hear the centre, at the most."""

Tell = Callable[[list[Told]], None]
"""Passes on what is told of jobs."""


class Node:
    """A node at work; see ``open_node``."""

    def __init__(
        self, settings: Settings, member: Membership, data: str, db: Db, *, ballast: Ballast, stack: AsyncExitStack
    ) -> None:
        self._settings, self._member, self._data, self._stack, self._ballast = settings, member, data, stack, ballast
        self._db, self._new = BallastDb(db, ballast, is_ending=True), BallastDb(db, ballast)
        """On a full disk what happens is still written; what is new, and what plugins publish, is refused."""
        self._clock, self._self, self.crew = HostClock(), Self(settings, member, self._db), Crew(stack)
        self._spool, self._blobs = Spool(os.path.join(data, "spool")), LocalBlobs(os.path.join(data, "blobs"))
        self.port = 0
        """Where plugins publish."""
        self._host = HERE

    async def open(self) -> None:
        """Begin to work; the stack ends it, in the right order. Raises Problems."""
        await self._self.remember()
        db, crew = self._db, self.crew
        crew.begin(watch(self._ballast), "disk")
        owner_id, ids = await db.write(place.settle, at=self._clock.now())
        centre = Centre(self._member.url, self._member.vsn, self._member.token)
        self._stack.push_async_callback(centre.close)
        await db.write(outbox.begin_outbox, str(uuid.uuid4()))
        uplink = Uplink(db, centre, self._spool, self._blobs)
        salvage, told = await self._take_in(uplink)
        duties = await self._work(owner_id, ids, salvage, told)

        async def back() -> None:
            uplink.back()
            await self._self.ask(centre)

        crew.begin(uplink.run(), "uplink")
        crew.begin(listen(centre, duties, Patience(longest=FARTHEST), back=back), "goals")
        if self._settings.node.channel == "log":
            crew.begin(salvage.run(), "logs")

    async def _take_in(self, uplink: Uplink) -> tuple[Salvage, Tell]:
        """Be there for what plugins publish and upload; what is told of jobs goes the same way."""
        db, clock, plate, crew = self._db, self._clock, self._self.plate, self.crew
        broker = self._broker(lambda message: intake.take(message))  # noqa: PLW0108 - each needs the other

        def told(news: list[Told]) -> None:
            if news:
                intake.tell_listeners(news)
                uplink.hint()

        root = os.path.join(self._data, "runs")
        salvage = Salvage(db, self._new, clock, self._spool, plate, root=root, found=uplink.hint, told=told)
        intake = Intake(
            self._new,
            clock,
            plate,
            deliver=broker.deliver,
            resume=broker.resume,
            uploaded=lambda firing: crew.send(salvage.of_firing(firing), "an upload"),
            kept=uplink.hint,
        )
        await salvage.resume()
        crew.begin(intake.run(), "intake", until=intake.stop)
        await self._serve(broker)
        return salvage, told

    async def _work(self, owner_id: int, ids: Mapping[str, int], salvage: Salvage, told: Tell) -> Duties:
        """Do what goals ask for: their rules, the engine that runs plugins, and what follows from their ends."""
        db, clock, plate, crew = self._db, self._clock, self._self.plate, self.crew
        can = await self._find_abilities()
        how = Choosing(policy=POLICIES[self._settings.node.policy], plate=plate, can=can, owner_id=owner_id)
        duties = Duties(
            self._new,
            clock,
            how,
            tick=self._settings.node.tick_seconds,
            told=told,
            engine=lambda: engine.hint(),  # noqa: PLW0108 - made later
        )

        async def bury(firing: Firing) -> None:
            if can.containers and can.kind is Kind.ENGINE:
                await remove_container(can.containers, container_name(firing))

        follower = Follower(db, clock, self._blobs, plate, told=told, gone=bury, ended=duties.hint)
        world = await self._open_world(ids, salvage, follower)
        engine = Engine(world)
        await duties.load()
        crew.begin(engine.run(), "engine", until=engine.stop)
        crew.begin(follower.run(), "follower")
        crew.begin(duties.run(), "duties")
        crew.begin(self._chores(world).run(), "chores")
        return duties

    def _broker(self, take: Take) -> Broker | Rabbit:
        wanted = self._settings.node
        if wanted.rabbitmq:
            return Rabbit(wanted.rabbitmq, take)
        return Broker(take, user=self._login[0], password=self._login[1])

    @property
    def _login(self) -> tuple[str, str]:
        user, _, password = self._settings.node.plugin_login.partition(":")
        return user, password

    async def _serve(self, broker: Broker | Rabbit) -> None:
        """Be there for plugins; on the port of the last time, where those that go on look for it."""
        self._stack.push_async_callback(broker.close)
        if isinstance(broker, Rabbit):
            self._host, self.port = await broker.open()
            return
        fixed = self._settings.node.amqp_port
        try:
            self.port = await broker.open(HERE, fixed or await self._db.read(facts.get_fact, "amqp_port") or 0)
        except Conflict:
            if fixed:
                raise
            self.port = await broker.open(HERE, 0)
        await self._db.write(facts.put_fact, "amqp_port", self.port)

    async def _find_abilities(self) -> Abilities:
        cameras = Cameras()
        self._stack.push_async_callback(cameras.close)
        return await asyncio.to_thread(
            find_abilities,
            self._settings.node,
            self._data,
            host=self._host,
            port=self.port,
            login=self._login,
            cameras=await cameras.open(),
        )

    async def _open_world(self, ids: Mapping[str, int], salvage: Salvage, follower: Follower) -> World:
        local, scheduler = self._settings.local, ForkScheduler()
        await scheduler.open()
        self._stack.push_async_callback(scheduler.close)
        shell = PluginShell(UnpackLimits(bytes=local.unpack_bytes, members=local.unpack_members), salvage)
        within = await asyncio.to_thread(bounds, self._settings, self._data)
        if within is None:
            log.warning("plugins without a container are NOT confined on this node")
        await self._db.write(queue.free_all)  # the lock on the data directory: nobody else can hold a lease
        await asyncio.to_thread(self._blobs.sweep)
        has_broker = self._settings.node.channel == "amqp"
        return World(
            db=Watched(self._db, follower.hint),
            clock=self._clock,
            blobs=self._blobs,
            places=place.places(ids, self._data, shell, scheduler, within, has_broker=has_broker),
            limits=Limits(grace=local.grace_seconds, log_bytes=local.log_bytes, workers=32),
            mint={DOOR: lambda: uuid.uuid4().hex},
            job_key=lambda token: token,
            digest=digest,
        )

    def _chores(self, world: World) -> Chores:
        wanted = self._settings.node
        caps = Caps(bytes=wanted.outbox_bytes, upload_bytes=wanted.upload_bytes, age=int(wanted.keep_days * DAY))
        reading = int(wanted.reading_hours * 3600 * SECOND)
        return Chores(
            db=self._db,
            clock=self._clock,
            blobs=self._blobs,
            spool=self._spool,
            caps=caps,
            images=os.path.join(self._data, IMAGES),
            image_bytes=wanted.image_bytes,
            plate=self._self.plate,
            reading=reading,
            clear=partial(clear_leftovers, world),
        )


@asynccontextmanager
async def open_node(settings: Settings, member: Membership, data: str) -> AsyncIterator[Node]:
    """A node at work on its data directory, until the context ends. Raises Problems.

    The caller sees to it that no other program works on that directory.
    """
    with closing(open_ballast(data)) as ballast, closing(open_database(data, readers=settings.database.readers)) as db:
        widen_log(os.path.join(data, FILE))
        async with AsyncExitStack() as stack:
            node = Node(settings, member, data, db, ballast=ballast, stack=stack)
            await node.open()
            yield node
