"""A bucket of an object store as if it were a host: objects are files, and what their keys share are directories."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import obstore

from dragoman.core.errors import Conflict, Denied, NotFound, Unsupported
from dragoman.core.ports import Done, Facts, Small
from dragoman.shells import singly
from dragoman.shells.below import shown
from dragoman.shells.notes import Note, unnoted
from dragoman.shells.paths import name_of
from dragoman.shells.s3_store import S3Target, key_of, open_store, told
from dragoman.shells.s3_uploads import abort_uploads, put

if TYPE_CHECKING:
    from obstore import ObjectMeta

SILENCE = 60.0
"""A store that answers nothing for so long is given up."""
COPY_SECONDS = 3600.0
READ = 1 << 20
COPIES_AT_ONCE = 8


class S3Login:
    """A key pair for one bucket; core.ports.Login says what each verb promises.

    It runs no commands and knows no modes and no links. Directories come and go with what is in them. Renaming copies
    each object, then deletes it: who looks meanwhile may see both.
    """

    def __init__(self, target: S3Target, silence: float = SILENCE, note: Note = unnoted) -> None:
        self._target, self._store, self._silence, self._note = target, open_store(target), silence, note

    async def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60.0, limit: int = 1 << 20
    ) -> Done:
        """Refused: there is nobody who could run it."""
        raise Unsupported("An object store runs no commands.")

    async def facts(self, path: str, *, follow: bool = True) -> Facts:
        """What there is at the path: an object, or else what other keys begin with."""
        key = key_of(path)
        if key:
            with suppress(NotFound):
                async with self._asked(path):
                    return _file(await obstore.head_async(self._store, key))
        async with aclosing(self._below(path)) as keys:
            if await anext(keys, None) is not None or not key:
                return _folder(key)
        raise NotFound(f"There is no {shown(path)} in {self._target.bucket}.")

    async def entries(self, path: str) -> list[Facts]:
        """What keys below this one begin with. Raises Conflict when it is an object only."""
        key = key_of(path)
        async with self._asked(path):
            listed = await obstore.list_with_delimiter_async(self._store, key or None)
        found = [_folder(str(prefix)) for prefix in listed["common_prefixes"]]
        found += [_file(item) for item in listed["objects"] if item["path"] != key]
        if not found and (await self.facts(path)).kind == "file":
            raise Conflict(f"{shown(path)} is no directory.")
        return found

    async def read(self, path: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of an object. Raises Conflict when it is a directory."""
        size = (await self._file_at(path)).size
        end = size if length is None else min(size, offset + length)
        if offset >= end:
            return
        with told(self._target, path):
            async with asyncio.timeout(self._silence):
                answer = await obstore.get_async(self._store, key_of(path), options={"range": (offset, end)})
            pieces = aiter(answer.stream(min_chunk_size=READ))
            while True:
                async with asyncio.timeout(self._silence):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                yield bytes(piece)

    async def write(
        self, path: str, pieces: AsyncIterator[bytes], *, mode: int | None = None, durable: bool = True
    ) -> int:
        """Write an object in parts, however slowly they come; it appears when all are there. The mode is not kept."""
        key = key_of(path)
        if not key:
            raise Conflict("The bucket itself is no file.")
        with told(self._target, path):
            return await put(self._store, key, pieces, partial(self._note, [path]))

    async def read_small(self, paths: Sequence[str], most: int) -> Sequence[Small | None]:
        """Small objects, at once."""
        return await singly.read(self, paths, most)

    async def write_small(self, files: Mapping[str, Small], *, durable: bool = True) -> Collection[str]:
        """Write small objects, at once."""
        return await singly.write(self, files)

    async def make_directory(self, path: str) -> None:
        """Nothing is done: a directory is there as soon as something is in it. Raises Conflict for a file."""
        if key_of(path):
            try:
                found = await self.facts(path)
            except NotFound:
                return
            if found.kind == "file":
                raise Conflict(f"{shown(path)} is there and is no directory.")

    async def rename(self, source: str, target: str) -> None:
        """Copy, then delete what was copied."""
        await self.copy(source, target)
        await self.remove(source)

    async def copy(self, source: str, target: str) -> None:
        """Copy in the store itself: an object, or all whose keys begin so."""
        found, old, new = await self.facts(source), key_of(source), key_of(target)
        await self._check_way(found, source, target)
        keys = [old] if found.kind == "file" else [key async for key in self._below(source)]
        for start in range(0, len(keys), COPIES_AT_ONCE):
            async with self._asked(source, COPY_SECONDS):
                some = keys[start : start + COPIES_AT_ONCE]
                await asyncio.gather(*(obstore.copy_async(self._store, key, new + key[len(old) :]) for key in some))

    async def remove(self, path: str) -> None:
        """Delete an object, or else all whose keys begin so."""
        found, key = await self.facts(path), key_of(path)
        if not key:
            raise Denied("The bucket itself cannot be removed.")
        keys = [key] if found.kind == "file" else [each async for each in self._below(path)]
        async with self._asked(path, COPY_SECONDS):
            await obstore.delete_async(self._store, keys)

    async def abandon(self, path: str, since: float, until: float) -> None:
        """Abort the uploads of an object that were begun in that time."""
        await abort_uploads(self._target, key_of(path), since, until, self._silence)

    async def change_mode(self, path: str, mode: int) -> None:
        """Refused: objects have no modes."""
        raise Unsupported("An object store knows no permission bits.")

    async def _file_at(self, path: str) -> Facts:
        found = await self.facts(path)
        if found.kind != "file":
            raise Conflict(f"{shown(path)} is no file.")
        return found

    async def _check_way(self, found: Facts, source: str, target: str) -> None:
        """Raise Conflict unless ``found`` may go to ``target``."""
        old, new = key_of(source), key_of(target)
        if f"{new}/".startswith(f"{old}/") or not old or not new:
            raise Conflict(f"{shown(source)} cannot go to {shown(target)}.")
        try:
            there = await self.facts(target)
        except NotFound:
            return
        if there.kind != found.kind:
            raise Conflict(f"{shown(target)} is there already, and is another kind of thing.")

    async def _below(self, path: str) -> AsyncGenerator[str, None]:
        """The keys of all objects below a directory."""
        key = key_of(path)
        batches = aiter(obstore.list(self._store, key or None))
        while True:
            async with self._asked(path):
                batch = await anext(batches, None)
            if batch is None:
                return
            for item in batch:
                if item["path"] != key:
                    yield item["path"]

    @asynccontextmanager
    async def _asked(self, path: str, seconds: float | None = None) -> AsyncIterator[None]:
        with told(self._target, path):
            async with asyncio.timeout(seconds or self._silence):
                yield


def _file(item: "ObjectMeta") -> Facts:
    return _facts(item["path"], "file", item["size"], item["last_modified"].timestamp())


def _folder(key: str) -> Facts:
    return _facts(key, "dir", 0, 0.0)


def _facts(key: str, kind: str, size: int, changed: float) -> Facts:
    mode = 0o644 if kind == "file" else 0o755
    return Facts(
        name=name_of(f"/{key}"), kind=kind, size=size, mode=mode, uid=0, gid=0, accessed=changed, modified=changed
    )
