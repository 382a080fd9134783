"""On PostgreSQL the points of each day lie by themselves, and a day that is too old goes at once."""

import asyncio
import re

import pytest
from sqlalchemy import Connection, text

from dragoman.measurements import KeptMeasurements, prepare
from dragoman.store.postgres import PostgresDb
from tests.measurements.things import DAY, NOW, batch, measured, span, values
from tests.postgres import new_database

pytestmark = pytest.mark.anyio


def partitions(conn: Connection) -> set[str]:
    return set(conn.execute(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")).scalars())


async def test_each_day_has_its_own_points(postgres_url: str) -> None:
    """Days that are long past share a place; the points of a day are not looked through for another."""
    db = PostgresDb(new_database(postgres_url), threads=3, prepare=prepare)
    kept = KeptMeasurements(db)
    try:
        days = (0, 1, 30, 400, 401)
        await kept.append(batch(*(measured(day * 86_400 + 5, day) for day in days)))
        made = await db.read(partitions)
        assert 3 == len([name for name in made if re.fullmatch(r"point_\d{8}", name)])
        assert 4 == len(made)
        assert sorted(days, reverse=True) == await values(kept, span(back=500 * DAY))
        await kept.forget(NOW - 20 * DAY)
        assert {"point_rest"} < await db.read(partitions) < made
        assert [1, 0] == await values(kept, span(back=500 * DAY))
    finally:
        db.close()


async def test_two_processes_begin_a_day_together(postgres_url: str) -> None:
    """Neither loses anything, whichever makes the place for it."""
    url = new_database(postgres_url)
    dbs = [PostgresDb(url, threads=3, prepare=prepare) for _ in range(2)]
    both = [KeptMeasurements(db) for db in dbs]
    try:
        sent = [
            (both[place % 2], batch(measured(place * 86_400 // 2, place, vsn=f"W{place}"), node=f"W{place}"))
            for place in range(20)
        ]
        await asyncio.gather(*(kept.append(one) for kept, one in sent))
        assert {*range(20)} == set(await values(both[0], span(back=30 * DAY)))
    finally:
        for db in dbs:
            db.close()
