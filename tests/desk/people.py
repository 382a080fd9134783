"""People at the desk of a bench, and what they ask of it."""

import asyncio
from collections.abc import Awaitable, Callable

from dragoman.core.errors import Problem
from dragoman.core.job import Draft, DraftInput, LogStyle, Resources, Step, Workload
from dragoman.core.things import FileView, Identity, JobView
from dragoman.store import accounts
from tests.engine.house import DOOR, Bench

Verb = Callable[[Identity, str], Awaitable[object]]
"""Something that somebody asks of a door."""

NOTHING = "zzzzzz"
"""An alias that nothing has."""


async def somebody(house: Bench, name: str) -> Identity:
    """Another account: NAME@example.com."""
    new = {"name": name, "email": f"{name}@example.com", "password_hash": ""}
    return Identity(account=await house.db.write(accounts.add_account, **new, is_admin=False, at=0))


async def upload(house: Bench, who: Identity, alias: str, content: bytes = b"given") -> FileView:
    """A file named ALIAS.txt."""
    writer = house.world.blobs.writer()
    await writer.write(content)
    stored = await writer.commit()
    return await house.desk.files.add(who, DOOR, alias, name=f"{alias}.txt", role="input", stored=stored)


async def create(
    house: Bench, who: Identity, alias: str, command: str = "true", inputs: tuple[str, ...] = ()
) -> JobView:
    """A draft of one command, with these files."""
    workload = Workload(
        steps=(Step(command=command),), resources=Resources(system="local", queue="default"), log=LogStyle(name="log")
    )
    named = tuple(DraftInput(alias=name, where=("inputs", place)) for place, name in enumerate(inputs))
    draft = Draft(door=DOOR, alias=alias, name=alias, letter="{}", workload=workload, inputs=named)
    return await house.desk.jobs.create(who, draft)


async def outcome(verb: Verb, who: Identity, door: str = DOOR) -> str:
    """What somebody gets when they ask: ``done``, or the kind of the problem and its message."""
    try:
        await verb(who, door)
    except Problem as problem:
        return f"{problem.kind}: {problem}"
    return "done"


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 120.0) -> None:
    """Wait until a condition holds; fails when it does not in time."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)
