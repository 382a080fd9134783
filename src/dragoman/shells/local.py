"""The shell of the service's own host: plain files, worked on in threads. Starts no process."""

import asyncio
import os
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from dragoman.core.errors import Invalid, TooLarge
from dragoman.core.ports import BlobStore, Entry, Stored
from dragoman.shells import trees
from dragoman.shells.below import create_file, folder, open_file, shown, split, told, write_all
from dragoman.shells.contents import head, tail
from dragoman.shells.turns import Turns, Work
from dragoman.shells.unpack import UnpackLimits, unpack

COPY_BLOCK = 1 << 20
FEW = 4
"""Threads at least for what takes long."""


class LocalShell:
    """Carries bytes to and from run directories on this host; core.ports.Shell says what each verb promises.

    What may take long is done in turns, by threads that do nothing else.
    """

    def __init__(self, limits: UnpackLimits) -> None:
        self._limits = limits
        self._turns = Turns(max(FEW, os.cpu_count() or 1))

    async def fresh(self, directory: str, files: Mapping[str, str]) -> None:
        """Make a run directory with ``tmp``, ``home/work`` and these files; whatever was there is gone."""
        while not await asyncio.to_thread(_fresh, directory, files):
            await self.remove(directory)

    async def put(self, directory: str, path: str, source: BinaryIO) -> None:
        """Write ``source`` to ``path``; a file or link that is there is replaced, never written through."""
        await self._turns.take(_put(directory, path, source))

    async def unpack(self, directory: str, source: BinaryIO, name: str) -> bool:
        """Unpack an archive; see unpack.unpack for what is one. ``source`` is at its start again when it is none."""
        return await self._turns.take(unpack(directory, source, name, self._limits))

    async def write(self, directory: str, path: str, text: str) -> None:
        """Write a small text file, its owner's alone, whole or not at all."""
        await asyncio.to_thread(_write, directory, path, text)

    async def walk(self, directory: str, *, most: int | None = None) -> list[Entry]:
        """All regular files by path, none when the directory is missing.

        A name that is no UTF-8 comes with lone surrogates (``os.fsdecode``) and opens again as it is.
        """
        return await self._turns.take(_walk(directory, most))

    async def read(self, directory: str, path: str, *, last_lines: int | None = None, limit: int = 1 << 26) -> bytes:
        """The file's first ``limit`` bytes, or its last lines; of a line longer than ``limit`` only its end."""
        return await asyncio.to_thread(_read, directory, path, last_lines, limit)

    async def collect(
        self, directory: str, wanted: Sequence[tuple[str, str]], blobs: BlobStore, *, most: int | None = None
    ) -> list[Stored]:
        """Hand finished files to the blob store; one that its owner may not read is made readable."""
        return await self._turns.take(_collect(directory, wanted, blobs, most))

    async def children(self, directory: str) -> list[str]:
        """The names in a directory of our own making; none when it is missing."""
        return await asyncio.to_thread(_children, directory)

    async def remove(self, directory: str) -> None:
        """Delete the directory and everything in it, unreadable or not; a missing one is no error."""
        await self._turns.take(_remove(directory))


def _fresh(directory: str, files: Mapping[str, str]) -> bool:
    """Make a run directory; False, and nothing done, when something is there already."""
    with told("the run directory", writing=True):
        try:
            os.mkdir(directory, 0o700)
        except FileExistsError:
            return False
        except FileNotFoundError:
            os.makedirs(directory, 0o700)
        for part in ("tmp", "home", "home/work"):
            os.mkdir(f"{directory}/{part}", 0o700)
        for path, text in files.items():
            *folders, name = split(path)
            with folder(directory, folders, make=True) as at:
                _create(name, at, _encoded(path, text))
    return True


def _put(directory: str, path: str, source: BinaryIO) -> Work[None]:
    *folders, name = split(path)
    with told(path, writing=True), folder(directory, folders, make=True) as at:
        fd = create_file(name, at, 0o700)
        try:
            while block := source.read(COPY_BLOCK):
                write_all(fd, block)
                yield
        finally:
            os.close(fd)


def _write(directory: str, path: str, text: str) -> None:
    *folders, name = split(path)
    content = _encoded(path, text)
    temporary = f".{secrets.token_hex(8)}.new"
    with told(path, writing=True), folder(directory, folders, make=True) as at:
        try:
            _create(temporary, at, content)
            os.rename(temporary, name, src_dir_fd=at, dst_dir_fd=at)
        except OSError:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=at)
            raise


def _create(name: str, at: int, content: bytes) -> None:
    fd = create_file(name, at, 0o600)
    try:
        write_all(fd, content)
    finally:
        os.close(fd)


def _encoded(path: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Invalid.field(shown(path), why="Its text has characters that UTF-8 cannot write.") from error


def _walk(directory: str, most: int | None) -> Work[list[Entry]]:
    with told("the working directory"):
        return (yield from trees.walk(directory, most=most))


def _read(directory: str, path: str, last_lines: int | None, limit: int) -> bytes:
    with open_file(directory, path) as file, told(path):
        return head(file.fileno(), limit) if last_lines is None else tail(file.fileno(), last_lines, limit)


def _collect(
    directory: str, wanted: Sequence[tuple[str, str]], blobs: BlobStore, most: int | None
) -> Work[list[Stored]]:
    stored: list[Stored] = []
    size = 0
    for path, key in wanted:
        with open_file(directory, path) as file:
            size += os.fstat(file.fileno()).st_size
            if most is not None and size > most:
                raise TooLarge(f"The files have more than {most} bytes.")
            stored.append((yield from blobs.adopt(key, file)))
        yield
    return stored


def _children(directory: str) -> list[str]:
    with told("the directory"):
        try:
            return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []


def _remove(directory: str) -> Work[None]:
    with told("the directory", writing=True):
        yield from trees.removal(directory)
