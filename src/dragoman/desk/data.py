"""The verbs on what nodes measure and upload: take it in, find it, listen to it, open it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from dragoman.core.errors import Conflict, NotFound, Unauthenticated
from dragoman.core.field import Node
from dragoman.core.measurements import Batch, Measurement, Point, Receipt, Series, Wanted
from dragoman.core.ports import BlobStore, Clock, Db, Measurements, Stored
from dragoman.core.things import File, Identity
from dragoman.core.uploads import UPLOAD, Upload
from dragoman.desk.feed import Feed
from dragoman.desk.nodes import Nodes
from dragoman.store import Connection, accounts, catalogue, files, nodes

DOOR = "field"
"""Uploads of nodes are files of no other door."""

READING = "files"
"""What somebody must be allowed on a node to read its data where not everybody may."""

Heed = Callable[[Node, Sequence[Measurement]], Awaitable[None]]
"""Acts on what a node has just told. It may be told the same again after a crash."""


class Data:
    """Measurements and uploads. With ``is_public`` everybody may read all of them, as on the foreign service."""

    def __init__(
        self, db: Db, clock: Clock, blobs: BlobStore, measurements: Measurements, nodes: Nodes, *, is_public: bool
    ) -> None:
        self._db, self._clock, self._blobs = db, clock, blobs
        self._measurements, self.nodes, self.is_public = measurements, nodes, is_public
        self._heeds: list[Heed] = []
        self._feed = Feed()

    def heed(self, act: Heed) -> None:
        """Have ``act`` told of all that is new, before a node hears that it was taken."""
        self._heeds.append(act)

    def now(self) -> int:
        """Nanoseconds since 1970."""
        return self._clock.now() * 1000

    async def marks(self, node: Node, outbox: str) -> Mapping[str, int]:
        """The highest number that was taken of each stream of one of a node's outboxes."""
        return await self._measurements.marks(node.vsn, outbox)

    async def take(self, node: Node, batch: Batch) -> Receipt:
        """Keep what is new in a batch, once for all."""
        before = (await self.marks(node, batch.outbox)).get(batch.stream, 0) if self._heeds else 0
        await self._tell(node, [one for number, one in batch.measurements if number > before])
        receipt = await self._measurements.append(batch)
        self._feed.tell(one for number, one in batch.measurements if number > receipt.before)
        return receipt

    async def keep(self, node: Node, upload: Upload, stored: Stored, *, place: str, url: str) -> bool:
        """Keep an upload whose bytes are stored, and the measurement that tells of it; whether it is new.

        ``place`` is its own; ``url`` is what the measurement says. Raises Conflict when other bytes lie there.
        """
        kept, is_new = await self._settle(upload, place, stored)
        if kept.sha512 != stored.sha512:
            raise Conflict(f"Another file lies at {place} already.", hint="Give each upload a time of its own.")
        if kept.deleted_at is None:
            told = [Measurement(upload.at, UPLOAD, url, upload.meta)]
            await self._tell(node, told)
            await self._measurements.put(told)
            self._feed.tell(told if is_new else ())
        return is_new

    async def series(self, who: Identity | None, wanted: Wanted) -> Sequence[Series]:
        """The series that are meant, of nodes whose data one may read. Raises Unauthenticated."""
        may = await self._may(who)
        fits = wanted.fits
        return await self._measurements.series(replace(wanted, fits=lambda name, meta: fits(name, meta) and may(meta)))

    def points(self, series: Sequence[Series], wanted: Wanted) -> AsyncIterator[Sequence[tuple[Series, list[Point]]]]:
        """What is wanted of series that were found; see ``core.ports.Measurements``."""
        return self._measurements.points(series, wanted)

    async def listen(
        self, who: Identity | None, fits: Callable[[Measurement], bool], *, patience: float
    ) -> AsyncIterator[Measurement | None]:
        """What is measured from now on, of nodes whose data one may read; None after so many silent seconds.

        Raises Unauthenticated.
        """
        may = await self._may(who)
        return self._heard(lambda one: may(one.meta) and fits(one), patience)

    async def open(self, who: Identity | None, place: str, *, node: str) -> tuple[File, BinaryIO]:
        """An upload of the node of that name, and its bytes. Raises Unauthenticated.

        And NotFound, also for what one may not read.
        """
        may = await self._may(who)
        file = await self._db.read(files.find_file, door=DOOR, alias=place)
        if file is None or file.deleted_at is not None or not may({"node": node}):
            raise NotFound("Not found.")
        return file, await asyncio.to_thread(self._blobs.open, file.blob)

    async def _heard(self, fits: Callable[[Measurement], bool], patience: float) -> AsyncIterator[Measurement | None]:
        with self._feed.listening(fits) as listener:
            async for measurement in listener.heard(patience=patience):
                yield measurement

    async def _settle(self, upload: Upload, place: str, stored: Stored) -> tuple[File, bool]:
        """The file at a place, and whether it was put there now; bytes that nothing refers to are removed again."""
        is_new = False
        try:
            kept, is_new = await self._db.write(_keep, upload, place, stored)
        finally:
            if not is_new:
                await asyncio.to_thread(self._blobs.remove, [stored.key])
        return kept, is_new

    async def _tell(self, node: Node, news: Sequence[Measurement]) -> None:
        for act in self._heeds if news else ():
            await act(node, news)

    async def _may(self, who: Identity | None) -> Callable[[Mapping[str, str]], bool]:
        """Whether somebody may read what has such a meta."""
        if self.is_public or (who is not None and who.account.is_admin):
            return lambda _meta: True
        if who is None:
            raise Unauthenticated("Data of this service are read with a token.")
        readable = await self._db.read(_readable, who.account.id)
        return lambda meta: meta.get("node") in readable


def _readable(conn: Connection, account_id: int) -> set[str]:
    """The names of the nodes whose data an account may read."""
    vsns = [vsn for vsn, words in nodes.access_of(conn, account_id).items() if READING in words]
    return {node.name for node in nodes.list_nodes(conn, vsns)}


def _keep(conn: Connection, upload: Upload, place: str, stored: Stored) -> tuple[File, bool]:
    """The file at a place, and whether it was put there now."""
    there = files.find_file(conn, door=DOOR, alias=place)
    if there is not None:
        return there, False
    added = files.add_file(
        conn,
        door=DOOR,
        alias=place,
        owner_id=accounts.find_account(conn, name=catalogue.OWNER).id,
        name=upload.object,
        role=UPLOAD,
        stored=stored,
        at=upload.at // 1000,
    )
    return added, True
