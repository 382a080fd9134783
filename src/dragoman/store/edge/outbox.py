"""What the centre has not acknowledged: records by stream and number, and files in the spool."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from dragoman.core.edge import Caps, Parcel, Scope, Stream, Told
from dragoman.core.measurements import Measurement
from dragoman.store.edge.facts import get_fact
from dragoman.store.edge.readings import add_readings
from dragoman.store.edge.tables import outbox, outbox_name, parcel

ENDLESS = (1 << 63) - 1
COSTS = 120
"""Bytes that a row takes beside its record, about."""


class Letter(NamedTuple):
    """A record with its number."""

    number: int
    record: str


class Outbox(NamedTuple):
    """A name under which the centre knows numbers, and the first number behind those."""

    name: str
    below: int


class Waiting(NamedTuple):
    """How much waits to be sent."""

    events: int
    measurements: int
    uploads: int


def begin_outbox(conn: Connection, name: str) -> None:
    """Have what is told from now on known under this name; what waits keeps that under which it may have been sent."""
    given = conn.execute(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'edge_outbox'")).scalar() or 0
    older = get_fact(conn, "outbox")  # of a program that had one name for all of them
    if older and conn.execute(select(outbox_name.c.first)).first() is None:
        conn.execute(insert(outbox_name).values(first=0, name=older))
    oldest = conn.execute(select(func.min(outbox.c.number))).scalar() or given + 1
    needed = select(func.max(outbox_name.c.first)).where(outbox_name.c.first <= oldest).scalar_subquery()
    conn.execute(delete(outbox_name).where(or_(outbox_name.c.first < needed, outbox_name.c.first > given)))
    conn.execute(insert(outbox_name).values(first=given + 1, name=name))


def oldest_outbox(conn: Connection) -> Outbox | None:
    """The one of the oldest record that waits; None when nothing does.

    It is to be empty before the next one is begun: the centre forgets, after long, which its node has left.
    """
    number = conn.execute(select(func.min(outbox.c.number))).scalar()
    if number is None:
        return None
    later = select(func.min(outbox_name.c.first)).where(outbox_name.c.first > number)
    of_it = select(outbox_name.c.name).where(outbox_name.c.first <= number).order_by(outbox_name.c.first.desc())
    return Outbox(conn.execute(of_it.limit(1)).scalar_one(), conn.execute(later).scalar() or ENDLESS)


def tell(conn: Connection, told: Sequence[Told], *, at: int) -> None:
    """Put measurements and events where they are to be known: to the node's readings, into the outbox, or both."""
    add_readings(conn, [one.measurement for one in told if one.scope is not Scope.CENTRE])
    rows = [_row(one, at) for one in apart(told) if one.scope is not Scope.NODE]
    if rows:
        conn.execute(insert(outbox), rows)


def apart(told: Sequence[Told]) -> list[Told]:
    """Events of one name a nanosecond apart: a series has one value at a time, and the later would hide the earlier."""
    seen: Counter[str] = Counter()
    found = []
    for one in told:
        event, is_ours = one.measurement, one.stream is Stream.EVENTS
        found.append(replace(one, measurement=replace(event, at=event.at + seen[event.name])) if is_ours else one)
        seen[event.name] += is_ours
    return found


def _row(told: Told, at: int) -> dict[str, object]:
    record = record_of(told.measurement)
    return {"stream": told.stream.value, "at": at, "record": record, "size": len(record.encode()) + COSTS}


def record_of(measurement: Measurement) -> str:
    """A measurement as it is sent, without its number and the bracket that ends it."""
    told = {
        "timestamp": measurement.at,
        "name": measurement.name,
        "value": measurement.value,
        "meta": dict(measurement.meta),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))[:-1]


def next_letters(conn: Connection, stream: Stream, *, most: int, most_bytes: int, below: int = ENDLESS) -> list[Letter]:
    """The oldest records of a stream below that number; at least one, if there is any, and no more bytes than that."""
    query = (
        select(outbox.c.number, outbox.c.record, outbox.c.size)
        .where(outbox.c.stream == stream.value, outbox.c.number < below)
        .order_by(outbox.c.number)
        .limit(most)
    )
    found: list[Letter] = []
    size = 0
    for row in conn.execute(query):
        size += row.size
        if found and size > most_bytes:
            break
        found.append(Letter(row.number, row.record))
    return found


def acknowledge(conn: Connection, stream: Stream, highest: int) -> int:
    """The centre has everything of a stream up to that number; how many rows that freed."""
    gone = delete(outbox).where(outbox.c.stream == stream.value, outbox.c.number <= highest)
    return conn.execute(gone).rowcount


def add_parcels(conn: Connection, parcels: Sequence[Parcel], *, at: int) -> None:
    """Have these files uploaded; one that waits already is left alone."""
    for one in parcels:
        values = {
            "folder": one.folder,
            "at": one.at,
            "filename": one.filename,
            "meta": dict(one.meta),
            "size": one.size,
            "kept_at": at,
        }
        conn.execute(upsert(parcel).values(values).on_conflict_do_nothing())


def next_parcels(conn: Connection, *, most: int, after: int = 0) -> list[tuple[int, Parcel]]:
    """The oldest files behind that id, with their ids."""
    rows = conn.execute(select(parcel).where(parcel.c.id > after).order_by(parcel.c.id).limit(most))
    return [
        (row.id, Parcel(folder=row.folder, at=row.at, filename=row.filename, meta=row.meta, size=row.size))
        for row in rows
    ]


def known_folders(conn: Connection) -> set[str]:
    """The folders of the spool whose files wait."""
    return set(conn.execute(select(parcel.c.folder)).scalars())


def remove_parcel(conn: Connection, parcel_id: int) -> None:
    """The centre has it, or never will."""
    conn.execute(delete(parcel).where(parcel.c.id == parcel_id))


def trim(conn: Connection, caps: Caps, *, at: int) -> tuple[int, list[str]]:
    """Drop what is too much or too old: measurements oldest first, then uploads oldest first, events never.

    How many measurements were dropped, and the folders of uploads that were.
    """
    mine = outbox.c.stream == Stream.MEASUREMENTS.value
    dropped = conn.execute(delete(outbox).where(mine, outbox.c.at < at - caps.age)).rowcount
    excess = (conn.execute(select(func.sum(outbox.c.size))).scalar() or 0) - caps.bytes
    if excess > 0:
        dropped += conn.execute(delete(outbox).where(mine, outbox.c.number <= _last_of(conn, excess))).rowcount
    return dropped, _trim_parcels(conn, caps, at)


def _last_of(conn: Connection, excess: int) -> int:
    """The number up to which measurements take so many bytes."""
    query = (
        select(outbox.c.number, outbox.c.size)
        .where(outbox.c.stream == Stream.MEASUREMENTS.value)
        .order_by(outbox.c.number)
    )
    last = 0
    for row in conn.execute(query):
        last, excess = row.number, excess - row.size
        if excess <= 0:
            break
    return last


def _trim_parcels(conn: Connection, caps: Caps, at: int) -> list[str]:
    rows = conn.execute(select(parcel.c.id, parcel.c.folder, parcel.c.size, parcel.c.kept_at).order_by(parcel.c.id))
    waiting = list(rows)
    excess = sum(row.size for row in waiting) - caps.upload_bytes
    gone = []
    for row in waiting:
        if excess <= 0 and row.kept_at >= at - caps.age:
            break
        excess -= row.size
        gone.append(row)
    conn.execute(delete(parcel).where(parcel.c.id.in_([row.id for row in gone])))
    return [row.folder for row in gone]


def waiting(conn: Connection) -> Waiting:
    """How much waits to be sent."""
    rows = conn.execute(select(outbox.c.stream, func.count().label("many")).group_by(outbox.c.stream))
    counts = {row.stream: row.many for row in rows}
    files = conn.execute(select(func.count()).select_from(parcel)).scalar_one()
    return Waiting(counts.get(Stream.EVENTS.value, 0), counts.get(Stream.MEASUREMENTS.value, 0), files)
