"""Many small files by the verbs for a single one, all at once: for logins that know no better way."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from dragoman.core.errors import Problem
from dragoman.core.ports import Login, Small
from dragoman.shells.pieces import once


async def read(login: Login, paths: Sequence[str], most: int) -> list[Small | None]:
    """The small files among these; see core.ports.Login."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_read(login, path, most)) for path in paths]
    return [task.result() for task in tasks]


async def _read(login: Login, path: str, most: int) -> Small | None:
    with suppress(Problem):
        content = b"".join([piece async for piece in login.read(path, length=most + 1)])
        return Small(content) if len(content) <= most else None
    return None


async def write(login: Login, files: Mapping[str, Small]) -> Collection[str]:
    """Write these files; see core.ports.Login."""
    async with asyncio.TaskGroup() as group:
        tasks = {path: group.create_task(_is_written(login, path, file)) for path, file in files.items()}
    return {path for path, task in tasks.items() if task.result()}


async def _is_written(login: Login, path: str, file: Small) -> bool:
    with suppress(Problem):
        await login.write(path, once(file.content), mode=file.mode)
        return True
    return False
