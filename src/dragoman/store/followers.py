"""Who follows what is noted: their topics, found and locked together, and told in the order of the notes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    false,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from dragoman.core.notices import AMENDED, APP, SAID, SHARE
from dragoman.core.paths import parent_of
from dragoman.core.registered import ON_SYSTEM, Kind
from dragoman.core.standing import PATH
from dragoman.core.topics import (
    ANYTHING,
    APP_ON_SYSTEM,
    CHOICE,
    EVENT_SEQ,
    JOB,
    JOB_ALIAS,
    JOB_DOOR,
    JOB_OF_APP,
    JOB_ON_SYSTEM,
    SYSTEM_NAME,
    SYSTEM_OF_APP,
    About,
)
from dragoman.core.work import TOPIC, NewWork
from dragoman.store.queue import add_work
from dragoman.store.tables import app, audit, job, run, system, topic

_TOLD = frozenset({AMENDED, APP, SAID, SHARE})
"""Kinds of events beside moves that are told of a job."""
Key = tuple[str, int, str]
"""What makes a topic: its kind, its ref and its path."""

_HEARS: Mapping[str, tuple[str, ...]] = {
    Kind.SYSTEM: (Kind.SYSTEM,),
    Kind.APP: (Kind.APP,),
    PATH: (Kind.SYSTEM,),
    JOB: (),
    JOB_ON_SYSTEM: (Kind.SYSTEM,),
    JOB_OF_APP: (Kind.APP,),
    APP_ON_SYSTEM: (Kind.SYSTEM,),
    CHOICE: (Kind.SYSTEM,),
    SYSTEM_OF_APP: (Kind.APP,),
}
"""By the kind of a note: the kinds of topics that hear of it when they are about the same ref."""
# Written out: among what is returned, columns would lose their tables' names on SQLite.
FOLLOWED: ColumnElement[bool] = literal_column(
    "EXISTS (SELECT 1 FROM topic WHERE topic.kind IN ('*', 'system')"
    " OR (topic.kind = 'app' AND topic.door = job.door))",
    Boolean,
)
"""Whether anybody follows what jobs may be on, apps at a job's own door alone: most moves get by with this."""
_JOB = select(job.c.door, job.c.alias, job.c.owner_id).where(job.c.id == bindparam("id"))
_PLACES = select(run.c.system_id, run.c.app_id).where(run.c.job_id == bindparam("id")).distinct()


def keys(about: About) -> list[Key]:
    """The topics that hear of a note, when somebody follows them: a directory hears of what is in it."""
    found: list[Key] = [(kind, about.ref, "") for kind in _HEARS[about.kind]]
    if about.kind != SYSTEM_OF_APP:  # who hears of anything hears of the system itself
        found.append((ANYTHING, 0, ""))
    if about.kind == PATH:
        found += [(PATH, about.ref, path) for path in sorted({about.path, parent_of(about.path)})]
    return found


def apps_on(conn: Connection, system_id: int) -> list[About]:
    """The apps on a system that somebody follows: what is done to the system concerns them."""
    doors = conn.execute(select(topic.c.door).where(topic.c.kind == Kind.APP).distinct()).scalars().all()
    name = conn.execute(select(system.c.name).where(system.c.id == system_id)).scalar_one()
    runs_there = [and_(topic.c.door == one, app.c.facets[(one, ON_SYSTEM)].as_string() == name) for one in doors]
    found = select(topic.c.ref).distinct().join(app, app.c.id == topic.c.ref).where(topic.c.kind == Kind.APP)
    fits = (or_(false(), *runs_there), app.c.deleted_at.is_(None))
    refs = conn.execute(found.where(*fits)).scalars()
    return [About(kind=SYSTEM_OF_APP, ref=ref, detail={SYSTEM_NAME: name}) for ref in refs]


def touched(conn: Connection, notes: Sequence[About]) -> list[list[int]]:
    """For each note the topics that are to hear of it.

    They are locked, all in one order, until the notes are written: so these come in order, and nobody waits in a ring.
    """
    wanted = {key for about in notes for key in keys(about)}
    which = [and_(topic.c.kind == kind, topic.c.ref == ref, topic.c.path == path) for kind, ref, path in sorted(wanted)]
    found = select(topic).where(or_(*which)).order_by(topic.c.id).with_for_update()
    rows = conn.execute(found).all()
    return [[row.id for row in rows if (row.kind, row.ref, row.path) in keys(about)] for about in notes]


def write(conn: Connection, row: Mapping[str, Any], hearers: Sequence[int]) -> None:
    """Write a note, and have these topics told of it: this is their outbox."""
    seq = conn.execute(insert(audit).values(**row).returning(audit.c.id)).scalar_one()
    if hearers:
        conn.execute(update(topic).where(topic.c.id.in_(hearers)).values(events=seq))
    for one in hearers:
        add_work(conn, NewWork(kind=TOPIC, ref=one, due_at=row["at"]))


def note_events(conn: Connection, job_id: int, events: Sequence[Mapping[str, Any]]) -> None:
    """Have those who follow what a job is on told of these events of it; where nobody does, nothing is written."""
    of, places = conn.execute(_JOB, {"id": job_id}).one(), conn.execute(_PLACES, {"id": job_id}).all()
    notes = [
        *(About(kind=JOB_ON_SYSTEM, ref=system_id) for system_id in sorted({row.system_id for row in places})),
        *(About(kind=JOB_OF_APP, ref=app_id) for app_id in sorted({row.app_id for row in places} - {None})),
        About(kind=JOB, ref=job_id),
    ]
    hearers = touched(conn, notes)
    common = {"version": "", "account_id": of.owner_id, "operation": JOB}
    for event in events:
        is_move = event["kind"] == "move"
        detail = {JOB_ALIAS: of.alias, JOB_DOOR: of.door, EVENT_SEQ: event["seq"]}
        for about, which in zip(notes, hearers, strict=True):
            if which and (is_move or (about.kind == JOB and event["kind"] in _TOLD)):
                row = {"kind": about.kind, "ref": about.ref, **common, "detail": detail, "at": event["at"]}
                write(conn, row, which)
