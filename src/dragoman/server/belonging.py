"""Sees to it that a data directory and its PostgreSQL database stay together.

Run directories, blobs and keys lie in the one, all that is known of them in the other. With another directory every run
on this host would look lost, and with another database every run directory like one that nobody needs.
"""

import os

from dragoman.config import Settings
from dragoman.core.errors import Conflict
from dragoman.core.ports import Db
from dragoman.server.furnish import LOCAL
from dragoman.store import queue, systems
from dragoman.trust.keyfile import kept
from dragoman.trust.serverkey import FILE_NAME

MARK = "database.id"
"""Names the database by the uuid that this host has in it as a system."""


async def check_belongs(settings: Settings, db: Db, data: str) -> None:
    """Raise Conflict unless the two were used together before, or either is new. Call it before anything is made."""
    if not settings.database.url:
        return
    here = await db.read(systems.find_system, LOCAL)
    path = os.path.join(data, MARK)
    known, told = (here.uuid if here else ""), _told(data)
    if told and told != known:
        raise Conflict(
            f"The data directory {data} belongs to another database than the one that database.url names.",
            hint=f"Name that one. To begin anew, and give up what ran, take another directory, or delete {path}.",
        )
    if known and not told and not os.path.exists(os.path.join(data, FILE_NAME)):
        raise Conflict(
            f"The database belongs to another data directory than {data}: its runs, files and keys are there.",
            hint="Give --data that one. One service works on a database.",
        )


async def take_over(settings: Settings, db: Db, data: str) -> None:
    """Begin where an earlier service has ended. The database must have been furnished."""
    if settings.database.url:
        here = await db.read(systems.find_system, LOCAL)
        kept(data, MARK, lambda: here.uuid.encode() if here else b"")
    await db.write(queue.free_all)  # the lock on the data directory says that nobody else can hold a lease


def _told(data: str) -> str:
    there = os.path.lexists(os.path.join(data, MARK))
    return kept(data, MARK, bytes).decode(errors="replace").strip() if there else ""
