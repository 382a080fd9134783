"""Measurements that are older than the settings keep them are forgotten while the service runs."""

import asyncio
from pathlib import Path

import pytest

from dragoman.host.clock import HostClock
from dragoman.measurements import KeptMeasurements, prepare
from dragoman.server.retention import Retention
from dragoman.store.sqlite import SqliteDb
from tests.measurements.things import DAY, batch, measured, span, values

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("days", "left"), [(2, [1]), (0, [3, 1]), (0.5, [])])
async def test_what_is_too_old_goes(tmp_path: Path, days: float, left: list[int]) -> None:
    """At the start already; with 0 days, never."""
    db = SqliteDb(str(tmp_path / "measurements.db"), prepare=prepare)
    kept = KeptMeasurements(db)
    try:
        await kept.append(batch(*(measured(day * 86_400, day) for day in (3, 1))))
        retention = Retention(kept.forget, HostClock(), days=days)
        async with asyncio.timeout(120):
            while left != await values(kept, span(back=9 * DAY)):
                await asyncio.sleep(0.01)
        await retention.close()
    finally:
        db.close()
