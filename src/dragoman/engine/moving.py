"""Has the files of a hosted run brought in and kept, as transfers in the background."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress

from dragoman.core.errors import Broken, Closed, Conflict, NotFound, TooLarge
from dragoman.core.globs import chosen
from dragoman.core.hosted import Hosted, Keeping, Place
from dragoman.core.job import Run
from dragoman.core.launch import is_ours
from dragoman.core.paths import address, below, kept, packed, read_address
from dragoman.core.ports import Site
from dragoman.core.states import Cause
from dragoman.core.things import System
from dragoman.core.transfers import ARCHIVE, DONE, Element, Transfer, TransferState
from dragoman.engine.texts import write_scripts
from dragoman.engine.transfers import begin_transfer
from dragoman.engine.world import World
from dragoman.store import Connection, systems, transfers

LISTED = 4 << 20
"""Bytes of a file that names what is not kept."""
MOST = 10_000
"""Files that a filter may choose of what a run has left."""


class Moving:
    """The transfers of one run."""

    def __init__(self, world: World, run: Run, hosted: Hosted) -> None:
        self._world, self._run, self._hosted = world, run, hosted

    async def inputs_are_here(self) -> bool:
        """Whether all sources have arrived. Raises Broken when one that is needed cannot, and nothing else comes."""
        names = await self._open_names({source.target.system_id for source in self._hosted.sources})
        elements: dict[str, list[Element]] = {}
        for source in self._hosted.sources:
            wanted = Element(
                source=packed(kept(source.uri), source.md5) if source.md5 else kept(source.uri),
                target=_address(names, source.target),
                optional=source.optional,
                account_id=source.account_id,
            )
            elements.setdefault(source.tag, []).append(wanted)
        moved = [await self._moved(tag, some) for tag, some in elements.items()]
        under_way = [one for one in moved if one.state not in DONE]
        if under_way and any(_failed(one) for one in moved):
            await self.stop()
        elif not under_way:
            _check_whole(moved)
        return not under_way

    async def outputs_are_kept(self, site: Site) -> bool:
        """Whether the archive has what it is to have. Raises Broken when something could not be copied."""
        keeping = self._hosted.keeping
        if keeping is None or self._leaves_them(keeping):
            return True
        if keeping.target == self._hosted.output:
            await self._write_scripts(site, keeping)
            return True
        names = await self._open_names({self._hosted.system_id, keeping.target.system_id})
        begun = await self._world.db.read(transfers.transfer_of_run, self._run.id, ARCHIVE)
        elements = await self._elements(site, keeping, names) if begun is None else []
        is_over = begun is None and not elements
        if not is_over and not await self._is_over(ARCHIVE, elements):
            return False
        if keeping.clears:
            await _remove(site, site.root + self._hosted.output.path)
        return True

    async def stop(self) -> None:
        """End what is under way."""
        await self._world.db.write(_stop, self._run.id, at=self._world.clock.now())

    def _leaves_them(self, keeping: Keeping) -> bool:
        stopped = self._run.cause in (Cause.STOPPED, Cause.LOST)
        ended = self._run.cause is Cause.WALLTIME and not self._hosted.batch
        return stopped or ended or (self._run.cause is not Cause.NONE and not keeping.on_failure)

    async def _write_scripts(self, site: Site, keeping: Keeping) -> None:
        """Have the launch files beside the outputs. They are known: to copy them would take a command for each."""
        if not keeping.launch_files or self._hosted.work == self._hosted.output:
            return
        await write_scripts(site, keeping.target.path, self._hosted.scripts)

    async def _elements(self, site: Site, keeping: Keeping, names: dict[int, str]) -> list[Element]:
        output, target = _address(names, self._hosted.output), _address(names, keeping.target)
        found = [Element(source=output, target=target)]
        if keeping.includes or keeping.excludes or keeping.left_out:
            top = self._hosted.output.path
            on_host = site.root + top
            unwanted = await _listed(site, f"{on_host}/{keeping.left_out}") if keeping.left_out else frozenset()
            found_there = [path async for path in _walk(site, on_host) if not self._is_ours(below(top, path))]
            left = [path for path in found_there if unwanted.isdisjoint(_above(path))]
            wanted = chosen(left, str, includes=keeping.includes, excludes=keeping.excludes)
            if len(wanted) > MOST:
                raise TooLarge(f"The archive filter chooses {len(wanted)} files; at most {MOST} are copied.")
            found = [
                Element(source=_below(names, self._hosted.output, path), target=_below(names, keeping.target, path))
                for path in wanted
            ]
        if keeping.launch_files:
            found += [
                Element(
                    source=_below(names, self._hosted.work, script.name),
                    target=_below(names, keeping.target, script.name),
                )
                for script in self._hosted.scripts
            ]
        return found

    def _is_ours(self, path: str) -> bool:
        return self._hosted.output.system_id == self._hosted.work.system_id and is_ours(path, self._hosted.work.path)

    async def _is_over(self, tag: str, elements: Sequence[Element]) -> bool:
        moved = await self._moved(tag, elements)
        _check_whole([moved])
        return moved.state in DONE

    async def _moved(self, tag: str, elements: Sequence[Element]) -> Transfer:
        owner = self._hosted.account_id
        sources = {place[0] for one in elements if (place := read_address(one.source))}
        await self._world.db.read(_check_open, sources)
        return await begin_transfer(self._world, run_id=self._run.id, owner_id=owner, tag=tag, elements=elements)

    async def _open_names(self, ids: set[int]) -> dict[int, str]:
        """What systems are called. Raises Closed when one of them is switched off."""
        return await self._world.db.read(_names, sorted(ids))


def _failed(moved: Transfer) -> bool:
    return moved.state in DONE and moved.state is not TransferState.COMPLETED


def _check_whole(moved: Sequence[Transfer]) -> None:
    """Raise Broken for a transfer that has failed; for one that was only cancelled, when there is no other."""
    for one in sorted(filter(_failed, moved), key=lambda one: not one.message):
        raise Broken(one.message or f"The transfer {one.alias} was {one.state.lower()}.")


def _names(conn: Connection, ids: Sequence[int]) -> dict[int, str]:
    found = {one: systems.get_system(conn, one) for one in ids}
    for one in found.values():
        _check(one)
    return {one: system.name for one, system in found.items()}


def _check_open(conn: Connection, names: Collection[str]) -> None:
    for name in sorted(names):
        if system := systems.find_system(conn, name):
            _check(system)


def _check(system: System) -> None:
    if not system.enabled and system.deleted_at is None:
        raise Closed(f"The system {system.name} is disabled.")


def _stop(conn: Connection, run_id: int, *, at: int) -> None:
    for moved in transfers.transfers_of_run(conn, run_id):
        if moved.state not in DONE:
            transfers.wish_end(conn, moved.id, at=at)


def _address(names: dict[int, str], place: Place) -> str:
    return address(names[place.system_id], place.path)


def _below(names: dict[int, str], place: Place, path: str) -> str:
    return address(names[place.system_id], f"{place.path}/{path}")


def _above(path: str) -> list[str]:
    """A path, and every directory above it."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]


async def _listed(site: Site, path: str) -> frozenset[str]:
    """The paths that a file names, one on each line, with blanks around them or as a part of their names.

    None when it is gone, or is no file.
    """
    text = bytearray()
    try:
        async for piece in site.login.read(path, length=LISTED):
            text += piece
    except (NotFound, Conflict):
        return frozenset()
    lines = text.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    return frozenset(
        one.removeprefix("./").strip("/") for line in lines for one in (line, line.strip()) if line.strip()
    )


async def _remove(site: Site, path: str) -> None:
    with suppress(NotFound):
        await site.login.remove(path)


async def _walk(site: Site, top: str) -> AsyncIterator[str]:
    """The files below a directory, by their paths below it; links are not followed."""
    pending = [""]
    while pending:
        above = pending.pop()
        for entry in await site.login.entries(f"{top}/{above}" if above else top):
            path = f"{above}/{entry.name}" if above else entry.name
            if entry.kind == "dir":
                pending.append(path)
            elif entry.kind == "file":
                yield path
