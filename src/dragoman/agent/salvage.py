"""Takes what executions leave in their run directories: uploads, and, without a broker, what they write down."""

import asyncio
import logging
import os
from collections.abc import Callable

from dragoman.agent import runlog
from dragoman.agent.complaint import Complaint
from dragoman.agent.intake import app_meta, stamped
from dragoman.agent.plate import Plate
from dragoman.agent.runlog import read_piece
from dragoman.agent.spool import Spool
from dragoman.core.edge import Firing, Parcel, Told
from dragoman.core.ports import Clock, Db
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store import Connection
from dragoman.store.edge import facts, firings, outbox

log = logging.getLogger(__name__)

UPLOADS = "home/uploads"
"""Where plugins put uploads, below the run directory."""
LOG = "home/run-log"
"""Where plugins without a broker write what they publish."""
EVERY = 1.0
"""Seconds between two looks at what they have written."""


class Salvage:
    """Moves uploads into the spool and has them sent; any of it may be done again after a crash."""

    def __init__(
        self,
        db: Db,
        published: Db,
        clock: Clock,
        spool: Spool,
        plate: Callable[[], Plate],
        *,
        root: str,
        found: Callable[[], None],
        told: Callable[[list[Told]], None],
    ) -> None:
        self._db, self._published, self._clock, self._spool, self._plate = db, published, clock, spool, plate
        self._root, self._found, self._told = root, found, told
        self._turn = asyncio.Lock()
        self._asked: set[int] = set()
        """Executions whose uploads are about to be looked for: that look serves who says so again meanwhile, too."""

    async def run(self) -> None:
        """Keep reading what plugins without a broker write, until cancelled."""
        complaint = Complaint(log, "what plugins write down cannot be kept now")
        while True:
            try:
                await self._read_logs()
                complaint.calm()
            except Exception as error:  # noqa: BLE001 - whatever it was, the node must go on
                complaint.say(error)
            await asyncio.sleep(EVERY)

    async def _read_logs(self) -> None:
        for firing in await self._db.read(firings.active_firings):
            run_id = None if firing.job_id is None else await self._db.read(firings.run_of, firing.job_id)
            if run_id is not None:
                async with self._turn:
                    await self._read_log(os.path.join(self._root, str(run_id)), firing)

    async def of_firing(self, firing: Firing) -> None:
        """An execution has said that it has uploaded something."""
        if firing.id in self._asked:
            return
        self._asked.add(firing.id)
        try:
            fresh = await self._db.read(firings.find_firing, firing_id=firing.id) or firing
            run_id = None if fresh.job_id is None else await self._db.read(firings.run_of, fresh.job_id)
            await self._turn.acquire()
        finally:
            self._asked.discard(firing.id)
        try:
            if run_id is not None:
                await self._gather(os.path.join(self._root, str(run_id), UPLOADS), fresh)
        finally:
            self._turn.release()

    async def of_directory(self, directory: str) -> None:
        """A run directory is about to be removed. Raises Unavailable when something of it cannot be kept now."""
        name = os.path.basename(directory)
        firing = await self._db.read(firings.firing_of_run, int(name)) if name.isdecimal() else None
        if firing is not None:
            async with self._turn:
                await self._gather(os.path.join(directory, UPLOADS), firing)
                await self._read_log(directory, firing)

    async def resume(self) -> None:
        """Find what a crash has left between the spool and the list of what is to be sent."""
        owners = await asyncio.to_thread(self._spool.owners)
        known = await self._db.read(outbox.known_folders)
        for owner, folders in owners.items():
            strays = [folder for folder in folders if folder not in known]
            firing = await self._db.read(firings.find_firing, firing_id=owner) if strays else None
            if firing is not None:
                await self._send(await asyncio.to_thread(self._spool.left_by, firing, self._meta(firing)))
            else:
                for folder in strays:
                    await asyncio.to_thread(self._spool.remove, folder)

    async def _gather(self, uploads: str, firing: Firing) -> None:
        await self._send(await asyncio.to_thread(self._spool.gather, uploads, firing, self._meta(firing)))

    async def _read_log(self, directory: str, firing: Firing) -> None:
        """Tell what was written since the last look; how far that was is kept with it."""
        folder = os.path.join(directory, LOG)
        while True:
            offset = await self._db.read(facts.get_fact, firings.reading_place(firing.id)) or 0
            piece = await asyncio.to_thread(read_piece, folder, offset, now=self._clock.now() * 1000)
            if piece.offset == offset:
                return
            if piece.faults:
                log.warning("%s has written %s lines that are no measurements", firing.pod, piece.faults)
            for left in piece.uploads:
                uploads = os.path.join(folder, runlog.UPLOADS)
                await asyncio.to_thread(self._spool.take_file, uploads, left, firing)
            if piece.uploads:
                await self._send(await asyncio.to_thread(self._spool.left_by, firing, self._meta(firing)))
            told = [Told(measurement=stamped(one, firing, self._plate())) for one in piece.measurements]
            await self._published.write(
                _keep, told, firings.reading_place(firing.id), piece.offset, at=self._clock.now()
            )
            self._told(told)

    async def _send(self, parcels: list[Parcel]) -> None:
        if parcels:
            await self._db.write(outbox.add_parcels, parcels, at=self._clock.now())
            self._found()

    def _meta(self, firing: Firing) -> dict[str, str]:
        return app_meta(firing, self._plate())


def _keep(conn: Connection, told: list[Told], place: str, offset: int, *, at: int) -> None:
    outbox.tell(conn, told, at=at)
    facts.put_fact(conn, place, offset)


class PluginShell(LocalShell):
    """The local shell; of a run directory that is removed, what was to be uploaded is kept."""

    def __init__(self, limits: UnpackLimits, salvage: Salvage) -> None:
        super().__init__(limits)
        self._salvage = salvage

    async def remove(self, directory: str) -> None:
        """Delete the directory and everything in it but its uploads; a missing one is no error."""
        await self._salvage.of_directory(directory)
        await super().remove(directory)
