"""The Db port on SQLite under people who do not wait for their answers."""

import asyncio
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dragoman.store.sqlite import SqliteDb

pytestmark = pytest.mark.anyio


def _count(conn: Connection) -> int:
    return int(conn.execute(text("SELECT count(*) FROM account")).scalar_one())


async def test_writes_that_are_taken_back_do_not_stop_the_writer(tmp_path: Path) -> None:
    """However many callers give up, at whatever moment, the next write is answered."""
    db, chance, before = SqliteDb(str(tmp_path / "test.db")), random.Random(7), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(100):
            tasks = [asyncio.ensure_future(db.write(_count)) for _ in range(20)]
            for task in tasks:
                await asyncio.sleep(0)
                if chance.random() < 0.7:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(10):
            assert 0 == await db.write(_count)
    finally:
        sys.setswitchinterval(before)
        db.close()
