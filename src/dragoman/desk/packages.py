"""The verbs on directories that go along with something: copied whole, packed into one file, and unpacked again."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass

from dragoman.core.errors import Broken, Conflict, Invalid, TooLarge
from dragoman.core.paths import below, shown
from dragoman.core.places import Found
from dragoman.core.ports import BlobStore
from dragoman.core.things import Identity
from dragoman.desk.places import Places
from dragoman.desk.spots import Opened
from dragoman.web.unzips import unzipped
from dragoman.web.zips import Member, zipped

MOST = 1000
"""Files and directories of what is copied or packed so: programs, no data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A path of a system, as somebody reaches it."""

    who: Identity
    system: str
    path: str


class Packages:
    """Directories of programs.

    Every verb raises as those on files do, and TooLarge for more than MOST files. Files that may be executed stay so.
    """

    def __init__(self, places: Places, blobs: BlobStore) -> None:
        self._places, self._blobs = places, blobs

    async def copy(self, door: str, source: End, target: End) -> None:
        """Have all that a directory holds in another one."""
        opened = await self._places.open(source.who, door, source.system, source.path)
        await self._places.make_directory(target.who, door, target.system, target.path)
        async for name, found in _tree(opened):
            if found.is_directory:
                await self._directory(door, target, name)
            else:
                await self._file(door, target, name, opened.read_at(found.path), found.facts.mode)

    async def pack(self, door: str, source: End, target: End, *, md5: str = "") -> str:
        """Have all that a directory holds in one zip archive, or the archive itself where the source is one; its md5.

        The archive is there whole or not at all. Raises Invalid for a name that no archive can hold, and Conflict for
        an archive whose digest is not the given one.
        """
        opened = await self._places.open(source.who, door, source.system, source.path)
        digest = hashlib.md5(usedforsecurity=False)

        async def summed() -> AsyncIterator[bytes]:
            async for piece in zipped(_members(opened)) if opened.found.is_directory else opened.read():
                digest.update(piece)
                yield piece
            if md5 not in {"", digest.hexdigest()}:
                raise Conflict(f"The archive {opened.spot} has changed since it was published. Restore it.")

        await self._places.write(target.who, door, target.system, target.path, summed())
        return digest.hexdigest()

    async def unpack(self, door: str, source: End, target: End, *, md5: str) -> None:
        """Have what a zip archive holds in a directory. Raises Conflict for an archive that has changed."""
        opened = await self._places.open(source.who, door, source.system, source.path)
        what = f"The archive {opened.spot}"
        try:
            archive = await unzipped(self._blobs, opened.read(), md5=md5, what=what)
        except Broken as problem:
            raise Conflict(problem.message) from problem
        with closing(archive):
            await self._places.make_directory(target.who, door, target.system, target.path)
            for one in archive.members:
                if one.is_directory:
                    await self._directory(door, target, one.path)
                else:
                    await self._file(door, target, one.path, archive.read(one.path), one.mode)

    async def _directory(self, door: str, top: End, name: str) -> None:
        await self._places.make_directory(top.who, door, top.system, below(top.path, name))

    async def _file(self, door: str, top: End, name: str, pieces: AsyncIterator[bytes], mode: int) -> None:
        runs = mode & 0o777 | 0o600 if mode & 0o111 else None
        await self._places.write(top.who, door, top.system, below(top.path, name), pieces, mode=runs)


async def _tree(opened: Opened) -> AsyncIterator[tuple[str, Found]]:
    """All that a directory holds, by paths below it."""
    count = 0
    async for found in opened.tree():
        count += 1
        if count > MOST:
            raise TooLarge(f"{shown(opened.found.path)} holds more than {MOST} files.")
        yield found.path.removeprefix(opened.found.path).lstrip("/"), found


async def _members(opened: Opened) -> AsyncIterator[Member]:
    async for name, found in _tree(opened):
        if shown(name) != name:
            raise Invalid.field("deploymentPath", why=f"The name {shown(name)} in it is no text: give it another one.")
        if found.is_directory:
            yield Member(name=f"{name}/")
        else:
            mode, path = found.facts.mode & 0o777 | 0o600, found.path
            yield Member(name=name, size=found.facts.size, mode=mode, read=lambda path=path: opened.read_at(path))  # type: ignore[misc]
