"""Writes batches: marks first, then series, then points; whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table, case, select, update

from dragoman.core.measurements import SECOND, Batch, Measurement, Receipt, Value, meta_text
from dragoman.measurements.partitions import make_partitions
from dragoman.measurements.tables import mark, series

HOUR = 3600 * SECOND

Known = Mapping[bytes, tuple[int, int]]
"""For the key of a series, its id and what it has as ``until``."""

# Written out, as this is done for each point: to have it made of tables costs twice as much as what the database does.
_WRITE = {
    name: f"""
        INSERT INTO point (series, "at", whole, number, text) VALUES ({", ".join([sign] * 5)})
        ON CONFLICT (series, "at")
        DO UPDATE SET whole = excluded.whole, number = excluded.number, text = excluded.text
    """  # noqa: S608 - nothing but the signs for parameters is put in
    for name, sign in (("sqlite", "?"), ("postgresql", "%s"))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """A receipt, and what was learned of series on the way: it is true once the transaction is."""

    receipt: Receipt
    learned: Known


def append(conn: Connection, batch: Batch, known: Known) -> Appended:
    """Keep what is new in a batch. Raises IntegrityError when a series that is ``known`` is gone."""
    # First of all: a partition cannot be made while others wait for this one with their series locked.
    make_partitions(conn, (one.at for _, one in batch.measurements))
    before = _raise_mark(conn, batch)
    fresh = [measurement for number, measurement in batch.measurements if number > before]
    receipt = Receipt(before=before, highest=max(before, batch.highest))
    return Appended(receipt=receipt, learned=_put(conn, fresh, known))


def put(conn: Connection, fresh: Sequence[Measurement], known: Known) -> Known:
    """Keep measurements; what was learned of series on the way. Raises as ``append``."""
    make_partitions(conn, (one.at for one in fresh))
    return _put(conn, fresh, known)


def _put(conn: Connection, fresh: Sequence[Measurement], known: Known) -> Known:
    if not fresh:
        return {}
    keys = _keys(fresh)
    learned = _settle(conn, dict(zip(keys, fresh, strict=True)), _ends(keys, fresh), known)
    ids = {key: (learned.get(key) or known[key])[0] for key in set(keys)}
    # One statement must not write the same row twice, so that the last of its kind is chosen here.
    rows = {(ids[key], one.at): _row(ids[key], one.at, one.value) for key, one in zip(keys, fresh, strict=True)}
    conn.exec_driver_sql(_WRITE[conn.dialect.name], list(rows.values()))
    return learned


def marks(conn: Connection, node: str, outbox: str) -> dict[str, int]:
    """The highest number that was taken of each stream of an outbox."""
    found = select(mark.c.stream, mark.c.highest).where(mark.c.node == node, mark.c.outbox == outbox)
    return {row.stream: row.highest for row in conn.execute(found)}


def _raise_mark(conn: Connection, batch: Batch) -> int:
    """Note the batch's highest number; the one from before. Two batches of one stream come one after another."""
    row = {"node": batch.node, "outbox": batch.outbox, "stream": batch.stream}
    conn.execute(_insert(conn, mark).values(**row, highest=0).on_conflict_do_nothing())
    here = (mark.c.node == batch.node, mark.c.outbox == batch.outbox, mark.c.stream == batch.stream)
    before: int = conn.execute(select(mark.c.highest).where(*here).with_for_update()).scalar_one()
    conn.execute(update(mark).where(*here).values(highest=max(before, batch.highest), at=batch.taken_at))
    return before


def _insert(conn: Connection, table: Table) -> Any:
    """An INSERT in the database's own words, which are loaded: those of the other one would take 3 MB."""
    return import_module(f"sqlalchemy.dialects.{conn.dialect.name}").insert(table)


def _keys(fresh: Sequence[Measurement]) -> list[bytes]:
    """The key of each one's series. Many share one object as their meta, whose text is made once."""
    known: dict[tuple[str, int], bytes] = {}
    keys = []
    for one in fresh:
        mark = (one.name, id(one.meta))
        if mark not in known:
            known[mark] = blake2b(f"{one.name}\0{meta_text(one.meta)}".encode(), digest_size=16).digest()
        keys.append(known[mark])
    return keys


def _ends(keys: Iterable[bytes], fresh: Iterable[Measurement]) -> dict[bytes, int]:
    """For each series, the full hour after its newest point."""
    ends: dict[bytes, int] = {}
    for key, measurement in zip(keys, fresh, strict=True):
        ends[key] = max(ends.get(key, 0), measurement.at - measurement.at % HOUR + HOUR)
    return ends


def _settle(
    conn: Connection, examples: Mapping[bytes, Measurement], ends: Mapping[bytes, int], known: Known
) -> dict[bytes, tuple[int, int]]:
    """Series that are new, or that go on longer than was noted; in one order, so that no two wait for each other."""
    learned = {}
    for key in sorted(key for key, end in ends.items() if key not in known or known[key][1] < end):
        one = examples[key]
        row = {"key": key, "name": one.name, "meta": meta_text(one.meta), "until": ends[key]}
        adding = _insert(conn, series).values(row)
        end = case((series.c.until > adding.excluded.until, series.c.until), else_=adding.excluded.until)
        putting = adding.on_conflict_do_update(index_elements=["key"], set_={"until": end})
        found = conn.execute(putting.returning(series.c.id, series.c.until)).one()
        learned[key] = (found.id, found.until)
    return learned


def _row(series_id: int, at: int, value: Value) -> tuple[Any, ...]:
    whole = value if isinstance(value, int) else None
    number = value if isinstance(value, float) else None
    return series_id, at, whole, number, value if isinstance(value, str) else None
