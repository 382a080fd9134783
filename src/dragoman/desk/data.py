"""The verbs on what nodes measure and upload: take it in, find it, listen to it, open it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from dragoman.core.errors import Conflict, NotFound, Unauthenticated
from dragoman.core.field import Heard, Node
from dragoman.core.measurements import Batch, Measurement, Point, Receipt, Series, Wanted
from dragoman.core.ports import BlobStore, Clock, Db, Measurements, Stored
from dragoman.core.starts import NewStart, starts_of
from dragoman.core.things import File, Identity
from dragoman.core.uploads import UPLOAD, Upload
from dragoman.desk.feed import Feed
from dragoman.desk.hearing import hear
from dragoman.desk.nodes import Nodes
from dragoman.desk.reading import readable, standing_for
from dragoman.store import Connection, accounts, catalogue, files, heard, triggers
from dragoman.web.aside import aside

DOOR = "field"
"""Uploads of nodes are files of no other door."""

BYTES = 1_000
"""To look at a measurement takes as long as to read so many."""

TRUST = 1_000_000
"""Microseconds for which who listens is believed to be who they were."""

May = Callable[[Mapping[str, str]], bool]
"""Whether somebody may read what has such a meta."""

Reader = Callable[[Measurement], Heard | None]
"""Finds news of goals in what nodes tell; None: this is none. Pure."""


class Data:
    """Measurements and uploads. With ``is_public`` everybody may read all of them, as on the foreign service.

    Uploads are kept for ``upload_span`` nanoseconds; 0: for ever.
    """

    def __init__(
        self,
        db: Db,
        clock: Clock,
        blobs: BlobStore,
        measurements: Measurements,
        nodes: Nodes,
        *,
        hint: Callable[[], None],
        read_news: Reader,
        is_public: bool,
        upload_span: int,
    ) -> None:
        self._db, self._clock, self._blobs, self._hint = db, clock, blobs, hint
        self._measurements, self.nodes, self.is_public = measurements, nodes, is_public
        self._read_news, self._upload_span = read_news, upload_span
        self._feed = Feed()

    def now(self) -> int:
        """Nanoseconds since 1970."""
        return self._clock.now() * 1000

    async def marks(self, node: Node, outbox: str) -> Mapping[str, int]:
        """The highest number that was taken of each stream of one of a node's outboxes."""
        return await self._measurements.marks(node.vsn, outbox)

    async def take(self, node: Node, batch: Batch) -> Receipt:
        """Keep what is new in a batch, once for all."""
        news = [(number, told) for number, one in batch.measurements if (told := self._read_news(one))]
        starts = await self._starts(node, batch.measurements)
        if news or starts:
            await self._db.write(_hear, node, batch, news, starts, at=self._clock.now())
            self._hint()
        receipt = await self._measurements.append(batch)
        self._feed.tell(one for number, one in batch.measurements if number > receipt.before)
        return receipt

    async def keep(self, node: Node, upload: Upload, stored: Stored, *, place: str, url: str) -> bool:
        """Keep an upload whose bytes are stored, and the measurement that tells of it; whether it is new.

        ``place`` is its own; ``url`` is what the measurement says. One that is too old to be here any more is not kept,
        so that none comes again that was deleted. Raises Conflict when other bytes lie there.
        """
        if self._upload_span and upload.at < self.now() - self._upload_span:
            await asyncio.to_thread(self._drop, [stored.key])
            return False
        told = Measurement(upload.at, UPLOAD, url, upload.meta)
        starts = await self._starts(node, [(1, told)])
        kept, is_new = await self._settle(upload, place, stored, [start for _, start in starts])
        if is_new and starts:
            self._hint()
        if kept.sha512 != stored.sha512:
            raise Conflict(f"Another file lies at {place} already.", hint="Give each upload a time of its own.")
        if kept.deleted_at is None:
            await self._measurements.put([told])
            self._feed.tell([told] if is_new else ())
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
        self, who: Callable[[], Awaitable[Identity | None]], fits: Callable[[Measurement], bool], *, patience: float
    ) -> AsyncIterator[Measurement | None]:
        """What is measured from now on, of nodes whose data one may read; None after so many silent seconds.

        ``who`` is asked again and again: whose token is taken back hears no more. Raises Unauthenticated, also later.
        """
        return self._heard(await self._may(await who()), who, fits, patience)

    async def open(self, who: Identity | None, place: str, *, node: str) -> tuple[File, BinaryIO]:
        """An upload of the node of that name, and its bytes. Raises Unauthenticated.

        And NotFound, also for what one may not read.
        """
        may = await self._may(who)
        file = await self._db.read(files.find_file, door=DOOR, alias=place)
        if file is None or file.deleted_at is not None or not may({"node": node}):
            raise NotFound("Not found.")
        return file, await asyncio.to_thread(self._blobs.open, file.blob)

    async def _heard(
        self,
        may: May,
        who: Callable[[], Awaitable[Identity | None]],
        fits: Callable[[Measurement], bool],
        patience: float,
    ) -> AsyncIterator[Measurement | None]:
        until = self._clock.now() + TRUST
        with self._feed.listening(lambda one: may(one.meta) and fits(one)) as listener:
            async for measurement in listener.heard(patience=patience):
                if not until - TRUST <= self._clock.now() < until:
                    may, until = await self._may(await who()), self._clock.now() + TRUST
                if measurement is None or may(measurement.meta):
                    yield measurement

    async def _starts(self, node: Node, told: Sequence[tuple[int, Measurement]]) -> list[tuple[int, NewStart]]:
        """What triggers make of numbered measurements of a node; those alone whose owners may read its data."""
        standing = await self._db.read(standing_for, None if self.is_public else node.vsn)
        if not standing:
            return []
        return await aside(len(told) * BYTES, starts_of, standing, told, now=self._clock.now())

    async def _settle(
        self, upload: Upload, place: str, stored: Stored, starts: Sequence[NewStart]
    ) -> tuple[File, bool]:
        """The file at a place, and whether it was put there now; bytes that nothing refers to are removed again."""
        is_new = False
        try:
            kept, is_new = await self._db.write(_keep, upload, place, stored, starts, at=self._clock.now())
        finally:
            await asyncio.to_thread(self._blobs.settle if is_new else self._drop, [stored.key])
        return kept, is_new

    def _drop(self, keys: Sequence[str]) -> None:
        self._blobs.remove(keys)
        self._blobs.settle(keys)

    async def _may(self, who: Identity | None) -> May:
        """Whether somebody may read what has such a meta."""
        if self.is_public or (who is not None and who.account.is_admin):
            return lambda _meta: True
        if who is None:
            raise Unauthenticated("Data of this service are read with a token.")
        names = await self._db.read(readable, who.account.id)
        return lambda meta: meta.get("node") in names


def _hear(
    conn: Connection,
    node: Node,
    batch: Batch,
    news: Sequence[tuple[int, Heard]],
    starts: Sequence[tuple[int, NewStart]],
    *,
    at: int,
) -> None:
    """Act on news that were not acted on before: a batch may come again, also after a crash of this service."""
    before = heard.raise_heard(conn, node_id=node.id, outbox=batch.outbox, stream=batch.stream, highest=batch.highest)
    if news:
        hear(conn, node.id, [told for number, told in news if number > before], at=at)
    triggers.add_starts(conn, [start for number, start in starts if number > before], at=at)


def _keep(
    conn: Connection, upload: Upload, place: str, stored: Stored, starts: Sequence[NewStart], *, at: int
) -> tuple[File, bool]:
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
    triggers.add_starts(conn, starts, at=at)
    return added, True
