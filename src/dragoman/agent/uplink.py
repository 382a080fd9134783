"""Hands everything in the outbox to the centre, in order and once for all, whenever the centre can be reached."""

import asyncio
import gzip
import logging
import os
from collections.abc import Awaitable, Callable

from dragoman.agent.centre import Centre
from dragoman.agent.patience import Patience
from dragoman.agent.spool import Spool
from dragoman.core.edge import Parcel, Stream
from dragoman.core.errors import Broken, Invalid, NotFound, Problem, Unavailable
from dragoman.core.patience import woken
from dragoman.core.ports import BlobStore, Db
from dragoman.store.edge import logs, outbox
from dragoman.store.edge.logs import WaitingLog
from dragoman.store.edge.outbox import Letter, Outbox

log = logging.getLogger(__name__)

RECORDS = 1_000
BYTES = 512 << 10
"""Of one batch, before it is packed."""
MOST_LOG = 1 << 18
"""Bytes of what a plugin wrote that are handed over: the last ones."""
GATHER = 0.1
"""Seconds in which more comes together before a batch is sent."""
IDLE = 30.0


class Uplink:
    """Sends until cancelled. ``hint`` says that there is something."""

    def __init__(self, db: Db, centre: Centre, spool: Spool, blobs: BlobStore) -> None:
        self._db, self._centre, self._spool, self._blobs = db, centre, spool, blobs
        self._wakes: list[asyncio.Event] = []
        self._returns: list[asyncio.Event] = []

    def hint(self) -> None:
        """There is something to send; no reason to try sooner again what has failed."""
        for wake in self._wakes:
            wake.set()

    def back(self) -> None:
        """The centre is heard again."""
        for wake in (*self._wakes, *self._returns):
            wake.set()

    async def run(self) -> None:
        """Send records, and files and logs beside them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self._send_records, "records"))
            group.create_task(self._repeat(self._send_files, "files"))
            group.create_task(self._repeat(self._send_logs, "logs"))

    async def _repeat(self, send: Callable[[], Awaitable[bool]], what: str) -> None:
        patience, is_cut, wake, returned = Patience(), False, asyncio.Event(), asyncio.Event()
        self._wakes.append(wake)
        self._returns.append(returned)
        while True:
            returned.clear()
            try:
                while await send():
                    patience.calm()
            except Exception as error:  # whatever it was, the node must go on
                if not is_cut:
                    log.warning("%s wait here: %s", what, error, exc_info=not isinstance(error, Problem))
                is_cut = True
                await woken(returned, patience.seconds())
                continue
            if is_cut:
                log.warning("%s are handed over again", what)
            is_cut = False
            patience.calm()
            await woken(wake, IDLE)
            await asyncio.sleep(GATHER)

    async def _send_records(self) -> bool:
        """Send a batch of each stream; whether there may be more."""
        box = await self._db.read(outbox.oldest_outbox)
        if box is None:
            return False
        for stream in Stream:
            letters = await self._db.read(outbox.next_letters, stream, most=RECORDS, most_bytes=BYTES, below=box.below)
            if letters:
                await self._send_batch(box, stream, letters)
        return True

    async def _send_batch(self, box: Outbox, stream: Stream, letters: list[Letter]) -> None:
        try:
            highest, refused = await self._centre.take(box.name, stream, letters)
        except (Invalid, Broken) as problem:
            if len(letters) > 1:  # one of them it must be
                await self._send_batch(box, stream, letters[: len(letters) // 2])
                return
            log.error("the centre does not take a record, which is dropped: %s: %s", problem, letters[0].record[:500])  # noqa: TRY400
            highest, refused = letters[0].number, {}
        if highest < letters[0].number:
            raise Unavailable(f"The centre has heard {stream} {letters[0].number} and says it has {highest}.")
        for number, why in refused.items():
            log.warning("the centre has refused record %s: %s", number, why)
        # Of a backup that has come back the centre may know more numbers than were given here under this name.
        await self._db.write(outbox.acknowledge, stream, min(highest, box.below - 1))

    async def _send_files(self) -> bool:
        waiting = await self._db.read(outbox.next_parcels, most=20)
        for parcel_id, parcel in waiting:
            await self._send_file(parcel)
            await self._db.write(outbox.remove_parcel, parcel_id)
            await asyncio.to_thread(self._spool.remove, parcel.folder)
        return bool(waiting)

    async def _send_file(self, parcel: Parcel) -> None:
        try:
            file = await asyncio.to_thread(self._spool.open, parcel.folder)
        except OSError as error:
            log.warning("the upload %s is gone from the spool: %s", parcel.folder, error.strerror)
            return
        try:
            await self._centre.upload(parcel, file)
        except (Invalid, Broken) as problem:
            log.error("the centre does not take an upload, which is dropped: %s: %s", parcel.folder, problem)  # noqa: TRY400
        finally:
            os.close(file)

    async def _send_logs(self) -> bool:
        waiting = await self._db.read(logs.next_logs, most=20)
        for one in waiting:
            await self._send_log(one)
            await self._db.write(logs.remove_log, one.id)
        return bool(waiting)

    async def _send_log(self, waiting: WaitingLog) -> None:
        try:
            packed = await asyncio.to_thread(self._packed_end, waiting.blob)
            await self._centre.keep_log(waiting.goal, waiting.pod, packed)
        except (NotFound, Invalid, Broken) as problem:
            log.warning("the log of %s is not handed over: %s", waiting.pod, problem)

    def _packed_end(self, blob: str) -> bytes:
        """Raises NotFound when it was forgotten meanwhile."""
        with self._blobs.open(blob) as source:
            source.seek(max(0, source.seek(0, os.SEEK_END) - MOST_LOG))
            return gzip.compress(source.read(MOST_LOG), mtime=0)
