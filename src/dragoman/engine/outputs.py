"""Takes a finished run's files into the blob store and draws up their rows."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dragoman.core.job import Job, Run
from dragoman.core.outputs import kept
from dragoman.core.ports import Entry, Stored
from dragoman.core.work import NewFile
from dragoman.engine.staging import staged_before
from dragoman.engine.ways import Kept
from dragoman.engine.world import Place, World
from dragoman.store import files

SMALL_FILES = 40
SMALL_BYTES = 16 << 20
FEW = 20
CHUNK = 100
"""Files that are stored in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run left in its working directory."""

    entries: Sequence[Entry]

    @property
    def is_small(self) -> bool:
        """So little that keeping it takes no time worth showing."""
        return len(self.entries) <= SMALL_FILES and sum(entry.size for entry in self.entries) <= SMALL_BYTES


async def survey(place: Place, run: Run) -> Found:
    """See what is there."""
    return Found(entries=await place.shell.walk(place.work(run.id)))


async def collect(world: World, place: Place, job: Job, run: Run, found: Found) -> Kept:
    """Store every output under a key made of its run and path, so that doing it again stores nothing twice."""
    rules = job.workload.outputs
    before = await staged_before(place, run) if rules else {}
    entries = kept(found.entries, before, rules, log=job.workload.log.name)
    aliases = await _new_aliases(world, job.door, len(entries))
    stored: list[Stored] = []
    for first in range(0, len(entries), CHUNK):
        wanted = [(entry.path, _key(run, entry)) for entry in entries[first : first + CHUNK]]
        stored += await place.shell.collect(place.work(run.id), wanted, world.blobs)
    rows = [_row(*row) for row in zip(entries, aliases, stored, strict=True)]
    patch = {"output_count": len(rows), "output_bytes": sum(row.size for row in rows)}
    return Kept(files=tuple(rows), patch=patch)


def _key(run: Run, entry: Entry) -> str:
    return f"{run.token}-{hashlib.sha1(entry.path.encode(errors='surrogateescape')).hexdigest()}"  # noqa: S324


def _row(entry: Entry, alias: str, stored: Stored) -> NewFile:
    path = entry.path.encode(errors="surrogateescape").decode(errors="replace")
    return NewFile(
        alias=alias,
        name=path.rpartition("/")[2],
        relative_path=path,
        size=stored.size,
        md5=stored.md5,
        sha512=stored.sha512,
        blob=stored.key,
        is_text=stored.is_text,
    )


async def _new_aliases(world: World, door: str, count: int) -> list[str]:
    mint: Callable[[], str] = world.mint[door]
    if count <= FEW:  # a clash is as good as impossible, and the commit would refuse it
        return [mint() for _ in range(count)]
    fresh: set[str] = set()
    while len(fresh) < count:
        offered = {mint() for _ in range(count - len(fresh))}
        taken = await world.db.read(files.find_files, door=door, aliases=sorted(offered))
        fresh |= offered - set(taken)
    return list(fresh)
