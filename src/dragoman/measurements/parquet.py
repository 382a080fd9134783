"""Writes measurements into a Parquet file, for the tools that people analyse with. Needs pyarrow, an optional extra."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from dragoman.core.errors import Unavailable
from dragoman.core.measurements import Point, Series

GROUP = 50_000
"""Rows that are written together: what a reader has to unpack at least, and what lies in memory here."""


async def write_parquet(path: str, bunches: AsyncIterator[Sequence[tuple[Series, list[Point]]]]) -> int:
    """Write points as they come into a file, in constant memory; how many. The file is there when it is whole.

    Raises Unavailable where pyarrow is missing, and OSError.
    """
    pa, parquet = _pyarrow()
    schema = pa.schema(
        [
            ("timestamp", pa.timestamp("ns", tz="UTC")),
            ("name", pa.string()),
            ("value", pa.float64()),
            ("whole", pa.int64()),
            ("text", pa.string()),
            ("meta", pa.map_(pa.string(), pa.string())),
        ]
    )
    rows: list[tuple[Any, ...]] = []
    count = 0
    with _renamed(path) as new, parquet.ParquetWriter(new, schema, compression="zstd") as writer:
        async for bunch in bunches:
            for one, points in bunch:
                meta = list(one.meta.items())
                rows += [_row(one, meta, point) for point in points]
            if len(rows) >= GROUP:
                count += _write(pa, writer, schema, rows)
                rows = []
        return count + _write(pa, writer, schema, rows)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError as error:
        raise Unavailable(
            "Parquet needs one more library.",
            hint="Install the extra `parquet` of this program, or: pip install pyarrow.",
        ) from error
    return pa, parquet


@contextlib.contextmanager
def _renamed(path: str) -> Iterator[str]:
    """The name of a file that gets its own when it is written; what breaks off leaves nothing."""
    new = f"{path}.new"
    try:
        yield new
        os.replace(new, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)


def _row(one: Series, meta: list[tuple[str, str]], point: Point) -> tuple[Any, ...]:
    at, value = point
    if isinstance(value, str):
        return at, one.name, None, None, value, meta
    return at, one.name, float(value), value if isinstance(value, int) else None, None, meta


def _write(pa: Any, writer: Any, schema: Any, rows: list[tuple[Any, ...]]) -> int:
    if rows:
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    return len(rows)
