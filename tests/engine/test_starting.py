"""Starts of jobs because of events: what cannot be done is noted, and not tried for ever."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from dragoman.core.starts import Copy, NewStart
from dragoman.core.triggers import Rate
from dragoman.store import tables, triggers
from tests.desk.people import until
from tests.engine.house import DOOR, LIMITS, Bench, bench

pytestmark = pytest.mark.anyio

JOB = "AAAAAA"


async def start(house: Bench, **values: Any) -> None:
    """An event that starts a copy of the stored job; its work has these values."""
    at, owner_id = house.world.clock.now(), house.who.account.id
    new = NewStart(
        source="rule 1", event="1", owner_id=owner_id, job=f"{DOOR}/{JOB}", variables={}, rate=Rate(most=9, per=1)
    )

    def add(conn: Connection) -> None:
        triggers.add_starts(conn, [new], at=at)
        conn.execute(update(tables.work).where(tables.work.c.kind == triggers.START).values(due_at=at, **values))

    await house.db.write(add)
    house.engine.hint()


async def ended(house: Bench) -> list[Any]:
    """The starts that are over."""
    of_it = tables.trigger_start.select().where(tables.trigger_start.c.ended_at.is_not(None))
    return list(await house.db.read(lambda conn: conn.execute(of_it).all()))


async def fault(house: Bench) -> str:
    """Why nothing came of the one start, once that is noted."""
    found: list[Any] = []

    async def look() -> bool:
        found[:] = await ended(house)
        return bool(found)

    await until(look)
    return str(found[0].fault)


async def test_what_nobody_foresaw_is_tried_a_few_times(tmp_path: Path) -> None:
    """Then that is what came of it."""
    tried = 0

    async def fail(_: Copy) -> None:
        nonlocal tried
        tried += 1
        raise ZeroDivisionError

    async with bench(str(tmp_path)) as house:
        house.world.starters[DOOR] = fail
        await house.submit("true", alias=JOB)
        await start(house)
        assert "Internal error: ZeroDivisionError." == await fault(house)
        assert LIMITS.surprises == tried


async def test_what_ends_the_service_again_and_again_is_given_up(tmp_path: Path) -> None:
    """It is not done once more."""

    async def never(_: Copy) -> None:
        raise AssertionError

    async with bench(str(tmp_path)) as house:
        house.world.starters[DOOR] = never
        await house.submit("true", alias=JOB)
        await start(house, attempt=LIMITS.attempts)
        assert f"The service ended {LIMITS.attempts} times over it." == await fault(house)
