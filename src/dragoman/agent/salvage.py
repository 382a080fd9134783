"""Takes what executions leave to upload out of their run directories, before these are removed."""

import asyncio
import logging
import os
from collections.abc import Callable

from dragoman.agent.intake import app_meta
from dragoman.agent.plate import Plate
from dragoman.agent.spool import Spool
from dragoman.core.edge import Firing, Parcel
from dragoman.core.ports import Clock, Db
from dragoman.shells import LocalShell, UnpackLimits
from dragoman.store.edge import firings, outbox

log = logging.getLogger(__name__)

UPLOADS = "home/uploads"
"""Where plugins put uploads, below the run directory."""


class Salvage:
    """Moves uploads into the spool and has them sent; any of it may be done again after a crash."""

    def __init__(
        self, db: Db, clock: Clock, spool: Spool, plate: Callable[[], Plate], *, root: str, found: Callable[[], None]
    ) -> None:
        self._db, self._clock, self._spool, self._plate = db, clock, spool, plate
        self._root, self._found = root, found
        self._turn = asyncio.Lock()

    async def of_firing(self, firing: Firing) -> None:
        """An execution has said that it has uploaded something."""
        if firing.job_id is None:
            fresh = await self._db.read(firings.find_firing, firing_id=firing.id)
            firing = fresh or firing
        run_id = None if firing.job_id is None else await self._db.read(firings.run_of, firing.job_id)
        if run_id is not None:
            await self._gather(os.path.join(self._root, str(run_id), UPLOADS), firing)

    async def of_directory(self, directory: str) -> None:
        """A run directory is about to be removed."""
        name = os.path.basename(directory)
        firing = await self._db.read(firings.firing_of_run, int(name)) if name.isdecimal() else None
        if firing is not None:
            await self._gather(os.path.join(directory, UPLOADS), firing)

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
        async with self._turn:
            await self._send(await asyncio.to_thread(self._spool.gather, uploads, firing, self._meta(firing)))

    async def _send(self, parcels: list[Parcel]) -> None:
        if parcels:
            await self._db.write(outbox.add_parcels, parcels, at=self._clock.now())
            self._found()

    def _meta(self, firing: Firing) -> dict[str, str]:
        return app_meta(firing, self._plate())


class PluginShell(LocalShell):
    """The local shell; of a run directory that is removed, what was to be uploaded is kept."""

    def __init__(self, limits: UnpackLimits, salvage: Salvage) -> None:
        super().__init__(limits)
        self._salvage = salvage

    async def remove(self, directory: str) -> None:
        """Delete the directory and everything in it but its uploads; a missing one is no error."""
        await self._salvage.of_directory(directory)
        await super().remove(directory)
