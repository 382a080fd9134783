"""Days of measurements as files: whole, exact, and only when the day is over."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import parquet

from dragoman.core.measurements import SECOND, Measurement
from dragoman.measurements import KeptMeasurements, prepare
from dragoman.measurements import parquet as writing
from dragoman.store.sqlite import SqliteDb
from tests.cli.conftest import Dragoman

JSON = ("--output", "json")
DAY = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * SECOND
LENGTH = 86_400 * SECOND


def measure(data: Path, *measured: Measurement) -> None:
    """Have these in the data directory."""
    data.mkdir(exist_ok=True)
    SqliteDb(str(data / "dragoman.db")).close()
    db = SqliteDb(str(data / "measurements.db"), prepare=prepare)
    try:
        asyncio.run(KeptMeasurements(db).put(measured))
    finally:
        db.close()


def test_a_day_is_written_as_it_was_measured(dragoman: Dragoman, tmp_path: Path) -> None:
    """From midnight to midnight, to the nanosecond; whole numbers beyond what a float can hold, and texts."""
    meta = {"vsn": "W023", "sensor": "rg-15"}
    large = (1 << 63) - 1
    measure(
        tmp_path / "data",
        Measurement(DAY - 1, "env.rain", 1, meta),
        Measurement(DAY, "env.rain", 3.5, meta),
        Measurement(DAY + 123_456_789, "env.count", large, {"vsn": "W024"}),
        Measurement(DAY + LENGTH - 1, "sys.state", "Zürich 🌧", {}),
        Measurement(DAY + LENGTH, "env.rain", 2, meta),
    )
    (told,) = json.loads(dragoman("measurements", "export", "2026-11-20", *JSON).out)
    path = tmp_path / "measurements-2026-11-20.parquet"
    assert ("2026-11-20", 3, path.stat().st_size) == (told["day"], told["rows"], told["bytes"])
    table = parquet.read_table(path)
    at = table.column("timestamp").cast(pa.int64()).to_pylist()
    rows = dict(zip(table.column("name").to_pylist(), zip(at, *map(list, columns(table)), strict=True), strict=True))
    assert {
        "env.count": (DAY + 123_456_789, float(large), large, None, {"vsn": "W024"}),
        "env.rain": (DAY, 3.5, None, None, meta),
        "sys.state": (DAY + LENGTH - 1, None, None, "Zürich 🌧", {}),
    } == rows
    assert not list(tmp_path.glob("*.new"))


def columns(table: pa.Table) -> list[list[object]]:
    """What is beside time and name."""
    values = [table.column(name).to_pylist() for name in ("value", "whole", "text")]
    return [*values, [dict(meta) for meta in table.column("meta").to_pylist()]]


def test_many_rows_are_written_some_at_a_time(
    dragoman: Dragoman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In groups; another export writes the file anew, with what came late."""
    monkeypatch.setattr(writing, "GROUP", 100)
    many = [Measurement(DAY + place, f"env.n{place % 3}", place, {}) for place in range(6000)]
    measure(tmp_path / "data", *many[1:])
    assert 5999 == json.loads(dragoman("measurements", "export", "2026-11-20", *JSON).out)[0]["rows"]
    measure(tmp_path / "data", many[0])
    assert 6000 == json.loads(dragoman("measurements", "export", "2026-11-20", *JSON).out)[0]["rows"]
    file = parquet.ParquetFile(tmp_path / "measurements-2026-11-20.parquet")
    assert 1 < file.num_row_groups
    assert list(range(6000)) == sorted(file.read().column("whole").to_pylist())


def test_days_that_cannot_be_written(dragoman: Dragoman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is not over, one that is none; and nothing at all without the library."""
    measure(tmp_path / "data")
    today = (datetime.now(UTC) + timedelta(hours=1)).date()  # which is not over when it is asked for
    assert "is not over yet" in dragoman("measurements", "export", str(today)).err
    assert 2 == dragoman("measurements", "export", "2026-13-01").code
    assert 2 == dragoman("measurements", "export", "2026-11-20", "--to", "nowhere").code
    assert [{"rows": 0}] == [
        {"rows": one["rows"]} for one in json.loads(dragoman("measurements", "export", "2026-11-19", *JSON).out)
    ]
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    told = dragoman("measurements", "export", "2026-11-20")
    assert (1, True) == (told.code, "pip install pyarrow" in told.err)
    assert not (tmp_path / "measurements-2026-11-20.parquet").exists()
