"""Removes what was under way when an earlier service was killed, here and on hosts, and nothing else."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager

from dragoman.blobs import LocalBlobs
from dragoman.core.errors import NotFound, Problem
from dragoman.core.ports import Db, Sites
from dragoman.host.half_files import FRESH_SECONDS, Forget, Half, HalfFiles
from dragoman.store import files

log = logging.getLogger(__name__)


async def clear_uploads(db: Db, blobs: LocalBlobs) -> None:
    """Call it while nobody else writes blobs.

    Looked at are only those of which no earlier service has said that a file has them: with a wrong database nothing
    else can be lost.
    """
    if unsettled := blobs.unsettled():
        known = await db.read(files.known_blobs, unsettled)
        strays = [key for key in unsettled if key not in known]
        blobs.remove(strays)
        log.info("%s uploads had been kept without a file that has them; they are removed", len(strays))
    blobs.sweep()


@asynccontextmanager
async def clearing(sites: Sites, found: Sequence[tuple[Half, Forget]]) -> AsyncIterator[None]:
    """Meanwhile remove half-written files from their hosts. What cannot be reached waits for the next start."""
    async with _meanwhile(_clear(sites, found, time.time())):
        yield


@asynccontextmanager
async def settling(half_files: HalfFiles) -> AsyncIterator[None]:
    """Meanwhile bring the notes of files that are long in hand to the disk."""
    async with _meanwhile(_settle(half_files)):
        yield


@asynccontextmanager
async def _meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _settle(half_files: HalfFiles) -> None:
    while True:
        await asyncio.sleep(FRESH_SECONDS)
        await asyncio.to_thread(half_files.settle)


async def _clear(sites: Sites, found: Sequence[tuple[Half, Forget]], until: float) -> None:
    for half, forget in found:
        if all([await _is_cleared(sites, half, path, until) for path in half.paths]):
            forget()


async def _is_cleared(sites: Sites, half: Half, path: str, until: float) -> bool:
    try:
        site = await sites.of(half.system_id, half.account_id)
        if site.closed:
            return False
        await site.login.abandon(path, half.at, until)
        log.info("removed the half-written file %s from system %s", path, half.system_id)
    except NotFound:
        pass  # it has got its name, or its system is gone
    except Problem as problem:
        log.warning("cannot remove the half-written file %s: %s", path, problem)
        return False
    return True
