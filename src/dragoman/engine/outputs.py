"""Takes a finished run's files into the blob store and draws up their rows."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dragoman.core.errors import NotFound, TooLarge
from dragoman.core.job import Job, Run
from dragoman.core.outputs import kept
from dragoman.core.ports import Entry, Stored
from dragoman.core.states import Cause
from dragoman.core.work import NewFile
from dragoman.engine.staging import staged_before
from dragoman.engine.ways import Kept
from dragoman.engine.world import Limits, Place, World
from dragoman.store import files

SMALL_FILES = 40
SMALL_BYTES = 16 << 20
FEW = 20
CHUNK = 100
"""Files that are stored in one go."""
OURS = 16 << 20
"""Bytes that the house's own lines may add to a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run left in its working directory and is to be kept."""

    entries: Sequence[Entry] = ()
    excess: str = ""
    """Why that is more than can be kept; empty: it is not."""

    @property
    def is_small(self) -> bool:
        """So little that keeping it takes no time worth showing."""
        few = len(self.entries) <= SMALL_FILES and sum(entry.size for entry in self.entries) <= SMALL_BYTES
        return few and not self.excess


async def survey(world: World, place: Place, job: Job, run: Run) -> Found:
    """See what is there."""
    rules, limits = job.workload.outputs, world.limits
    before = await staged_before(place, run) if rules else {}
    try:
        left = await place.shell.walk(place.work(run.id), most=limits.output_files + len(before))
    except TooLarge:
        return Found(excess=_too_many(limits))
    entries = kept(left, before, rules, log=job.workload.log.name)
    size = sum(entry.size for entry in entries)
    if len(entries) > limits.output_files:
        return Found(excess=_too_many(limits))
    return Found(entries=entries, excess=_too_large(size, limits) if size > limits.output_bytes else "")


def _too_many(limits: Limits) -> str:
    most = limits.output_files
    return f"The run left more than {most} files or directories (setting local.output_files)."


def _too_large(size: int, limits: Limits) -> str:
    most = limits.output_bytes
    return f"The run left files of {size} bytes, more than {most} (setting local.output_bytes)."


async def collect(world: World, place: Place, job: Job, run: Run, found: Found) -> Kept:
    """Store every output under a key made of its run and path, so that doing it again stores nothing twice.

    Of more than can be kept only the log is.
    """
    paths = [entry.path for entry in found.entries]
    if found.excess:
        return await only_log(world, place, job, run, cause=Cause.OUTPUTS, reason=found.excess)
    aliases = await _new_aliases(world, job.door, len(paths))
    stored: list[Stored] = []
    for first in range(0, len(paths), CHUNK):
        wanted = [(path, _key(run, path)) for path in paths[first : first + CHUNK]]
        stored += await place.shell.collect(place.work(run.id), wanted, world.blobs)
    return _kept([_row(*row) for row in zip(paths, aliases, stored, strict=True)])


async def only_log(world: World, place: Place, job: Job, run: Run, *, cause: Cause, reason: str) -> Kept:
    """Store the log alone, if it can be: the outputs are not kept, for this cause."""
    path = job.workload.log.name
    wanted, most = [(path, _key(run, path))], world.limits.log_bytes + OURS
    try:
        stored = await place.shell.collect(place.work(run.id), wanted, world.blobs, most=most)
    except (NotFound, TooLarge):
        stored = []
    aliases = await _new_aliases(world, job.door, len(stored))
    rows = [_row(path, *row) for row in zip(aliases, stored, strict=True)]
    return _kept(rows, cause=cause, reason=f"{reason} {'Only its log' if rows else 'Nothing'} was kept.")


async def forget(world: World, run: Run, found: Found) -> None:
    """Delete what was stored of outputs that are not to be kept after all."""
    await asyncio.to_thread(world.blobs.remove, [_key(run, entry.path) for entry in found.entries])


def _kept(rows: Sequence[NewFile], *, cause: Cause = Cause.NONE, reason: str = "") -> Kept:
    patch = {"output_count": len(rows), "output_bytes": sum(row.size for row in rows)}
    return Kept(files=tuple(rows), patch=patch, cause=cause, reason=reason)


def _key(run: Run, path: str) -> str:
    return f"{run.token}-{hashlib.sha1(path.encode(errors='surrogateescape')).hexdigest()}"  # noqa: S324


def _row(path: str, alias: str, stored: Stored) -> NewFile:
    path = path.encode(errors="surrogateescape").decode(errors="replace")
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
