"""Copies a directory from one place to another, as one person reads it and another may write it."""

from collections.abc import AsyncIterator

from dragoman.core.errors import TooLarge
from dragoman.core.paths import below
from dragoman.core.things import Identity
from dragoman.dialects.tapis2.door import DOOR, Call

MOST = 1000
"""Files of what is copied so: assets of apps, no data."""


async def copy_tree(call: Call, source: tuple[Identity, str, str], target: tuple[Identity, str, str]) -> None:
    """Copy all that a directory holds; each end is a person, a system and a path. Raises TooLarge and as files do."""
    reader, from_system, from_path = source
    writer, to_system, to_path = target
    opened = await call.desk.places.open(reader, DOOR, from_system, from_path)
    await call.desk.places.make_directory(writer, DOOR, to_system, to_path)
    count = 0
    async for found in opened.tree():
        count += 1
        if count > MOST:
            raise TooLarge(f"{from_path} holds more than {MOST} files.")
        inside = found.path.removeprefix(opened.found.path).lstrip("/")
        place = below(to_path, inside)
        if found.is_directory:
            await call.desk.places.make_directory(writer, DOOR, to_system, place)
        else:
            pieces: AsyncIterator[bytes] = opened.read_at(found.path)
            await call.desk.places.write(writer, DOOR, to_system, place, pieces)
