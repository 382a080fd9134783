"""An object store in a dict: keys and bytes, no directories but what keys begin with."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from dragoman.core.errors import Conflict, NotFound, Unsupported
from dragoman.core.ports import Done, Facts, Small
from dragoman.shells import singly


class Bucket:
    """A login to it; see core.ports.Login for what each verb promises."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Nobody could."""
        raise Unsupported("An object store runs no commands.")

    async def facts(self, path: str, *, follow: bool = True) -> Facts:
        """An object, or what other keys begin with."""
        if path in self.objects:
            return _facts(path, "file", len(self.objects[path]))
        if path == "/" or self._below(path):
            return _facts(path, "dir", 0)
        raise NotFound(f"There is no {path}.")

    async def entries(self, path: str) -> list[Facts]:
        """What keys below begin with."""
        above = path.rstrip("/") + "/"
        names = {key[len(above) :].partition("/")[0] for key in self._below(path)}
        return [await self.facts(above + name) for name in names]

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object."""
        if path not in self.objects:
            raise NotFound(f"There is no {path}.")
        end = None if length is None else offset + length
        yield self.objects[path][offset:end]

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Put an object."""
        self.objects[path] = b"".join([piece async for piece in pieces])
        return len(self.objects[path])

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        """Small objects, at once."""
        return await singly.read(self, paths, most)

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        """Write small objects, at once."""
        return await singly.write(self, files)

    async def make_directory(self, path: str) -> None:
        """Nothing to be done."""
        if path in self.objects:
            raise Conflict(f"{path} is there and is no directory.")

    async def rename(self, source: str, target: str) -> None:
        """Copy, then delete."""
        await self.copy(source, target)
        await self.remove(source)

    async def copy(self, source: str, target: str) -> None:
        """An object, or all whose keys begin so."""
        for key in [source] if source in self.objects else self._below(source):
            self.objects[target + key[len(source) :]] = self.objects[key]

    async def remove(self, path: str) -> None:
        """An object, or all whose keys begin so."""
        await self.facts(path)
        for key in [path] if path in self.objects else self._below(path):
            del self.objects[key]

    async def abandon(self, path: str, since: float, until: float) -> None:
        """There is nothing half."""
        raise NotFound(path)

    async def change_mode(self, path: str, mode: int) -> None:
        """There is none."""
        raise Unsupported("An object store knows no permission bits.")

    def _below(self, path: str) -> list[str]:
        return [key for key in self.objects if key.startswith(path.rstrip("/") + "/")]


def _facts(path: str, kind: str, size: int) -> Facts:
    name = path.rpartition("/")[2]
    return Facts(name=name, kind=kind, size=size, mode=0o644, uid=0, gid=0, accessed=0.0, modified=0.0)
