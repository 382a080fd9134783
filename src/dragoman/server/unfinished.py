"""Removes what uploads left that were under way when an earlier service was killed, and nothing else."""

import logging

from dragoman.blobs import LocalBlobs
from dragoman.core.ports import Db
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
