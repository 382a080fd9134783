"""Lists of jobs find, sort and count in SQL what each job by itself says of its condition, history and transfers."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, insert, text, update
from sqlalchemy.types import NullType

from dragoman.core.job import workload_as_json
from dragoman.core.listing import Listing, arrange
from dragoman.core.patterns import Wild
from dragoman.core.search import Condition, Op, comparable, holds
from dragoman.core.sources import Wanted
from dragoman.core.states import Cause, RunState, Wish
from dragoman.core.things import Whose
from dragoman.core.transfers import APP, ARCHIVE, INPUTS, Element
from dragoman.dialects.tapis3.job_derived import DERIVED
from dragoman.dialects.tapis3.job_facts import facts
from dragoman.dialects.tapis3.job_sources import SOURCES
from dragoman.dialects.tapis3.write_job import AS_TEXT, JOB_ATTRIBUTES, UNKNOWN, write_job
from dragoman.store import hosted_jobs, tables, transfers
from dragoman.store.hosted_jobs import Listed
from tests.store.conftest import AnyDb, db, postgres_url
from tests.store.things import add_account, add_system
from tests.tapis3.job_examples import NOW, PROFILE, cluster
from tests.tapis3.job_lives import WORKLOAD, Life

__all__ = ["db", "postgres_url"]

DTN = {"dtnSystemInputDir": "/dtn/in"}
S = RunState
BLANKS: tuple[dict[str, Any], ...] = (
    {},
    {"notes": {"b": "x, y: z", "a": [1, 2.50, -1e-7, True, None, {}, []], "é, : ": '\\ " \\", : '}},
    {"notes": {"ü 𝄞": "a\tb\n  c", "lang": {"x": [[1], [2, 3]]}}, "execSystemConstraints": ["a = 'b, c'", 'd: "e"']},
    {"subscriptions": [{"description": "to: me, you", "ttlminutes": 5}], "fileInputs": [{"name": "*[?", "notes": {}}]},
    {"parameterSet": {"appArgs": [{"arg": "'a  b' \"c\""}], "envVariables": []}, "notes": {"b": "x,y:z"}},
)
"""Attributes that are shown as JSON text, with all that is no blank between its parts."""
SEARCHED = (*DERIVED, *AS_TEXT)


def lives() -> list[tuple[Life, Wish, tuple[str, ...]]]:
    """Jobs of all fates, what was wished of them, and the tags of their transfers."""
    pid, slurm = {"pid": 4711}, {"job": "17", "scheduler_state": "OOM"}
    batch: dict[str, Any] = {"on": cluster(), "profile": PROFILE}
    plain, through = Wish.NONE, Life(code=0, handle=pid)
    through.attributes |= DTN
    skips = Life(code=3, handle=pid)
    skips.attributes |= {"archiveMode": "SKIP_ON_FAIL"}
    held = Life(handle={"pid": 0}).run_to(S.PLANNING).to(S.BLOCKED, reason="The host is down.").to(S.PLANNING)
    return [
        (Life().run_to(S.ACCEPTED), plain, ()),
        (held.to(S.BLOCKED, cause=Cause.CAPACITY, reason="It's full: 100 %."), plain, ()),
        (Life(handle=pid).run_to(S.RUNNING), plain, (INPUTS, APP)),
        (Life(handle=pid).run_to(S.RUNNING).to(S.BLOCKED, S.RUNNING), plain, (APP,)),
        (through.run_to(S.RUNNING).to(S.STAGING_OUT, S.FINISHED), plain, (INPUTS, ARCHIVE)),
        (Life(code=0, handle=pid).run_to(S.RUNNING).to(S.STAGING_OUT, S.BLOCKED, S.STAGING_OUT), plain, (ARCHIVE,)),
        (exited(Life(code=3, handle=pid), Cause.EXIT, "Exit code 3."), plain, (INPUTS,)),
        (exited(skips, Cause.EXIT), plain, ()),
        (exited(Life(code=-9, handle=pid), Cause.WALLTIME, "Too long."), plain, ()),
        (exited(Life(code=137, handle=slurm, **batch), Cause.MEMORY), plain, (INPUTS,)),
        (exited(Life(handle={**slurm, "scheduler_state": "??"}, **batch), Cause.WALLTIME), plain, ()),
        (exited(Life(handle={"job": "18", "scheduler_state": "CA"}, **batch), Cause.STOPPED), Wish.KILL, ()),
        (Life(handle=pid).run_to(S.RUNNING).to(S.FAILED, cause=Cause.LOST), plain, ()),
        (Life(handle=pid).run_to(S.QUEUED).to(S.FAILED), Wish.KILL, ()),
        (Life().run_to(S.STAGING_IN).to(S.FAILED, cause=Cause.STAGING, reason="No such file."), plain, (INPUTS,)),
        (Life().run_to(S.STAGING_JOB).to(S.FAILED, cause=Cause.STAGING), plain, ()),
        (Life(handle=pid).run_to(S.RUNNING).to(S.STAGING_OUT).to(S.FAILED, cause=Cause.OUTPUTS), plain, (ARCHIVE,)),
        (Life().run_to(S.SUBMITTING).to(S.BLOCKED, S.FAILED, cause=Cause.BROKEN), plain, ()),
        (Life().run_to(S.ACCEPTED).to(S.CANCELLED), Wish.KILL, ()),
    ]


def exited(life: Life, cause: Cause, reason: str = "") -> Life:
    """Its program ended for a cause, and what it left was kept."""
    life.run_to(S.RUNNING).to(S.STAGING_OUT, cause=cause, reason=reason)
    return life.to(S.FAILED, cause=cause, reason=reason)


def fill(conn: Connection) -> None:
    """The jobs, as the engine leaves their rows."""
    ada = add_account(conn)
    system_id = add_system(conn, ada)
    for number, (life, wish, tags) in enumerate(lives()):
        life.attributes |= BLANKS[number % len(BLANKS)]
        job_id = add_row(
            conn, tables.job, life.job, alias=f"u{number:02}", owner_id=ada.id, wish=wish, events=len(life.events)
        )
        run_id = add_row(conn, tables.run, life.run, job_id=job_id, system_id=system_id, key_digest="")
        for one in life.events:
            row = {**asdict(one), "job_id": job_id, "run_id": one.run_id and run_id}
            conn.execute(insert(tables.event).values({key: row[key] for key in row if key in tables.event.c}))
        for tag in tags:
            element = Element(source="vm/a", target="vm/b")
            transfers.add_transfer(conn, owner_id=ada.id, tag=tag, elements=[element], at=NOW, run_id=run_id)
        conn.execute(update(tables.job).where(tables.job.c.id == job_id).values(updated_at=NOW + number))
        if number % 2:
            write_with_blanks(conn, job_id, life.job.notes)


def write_with_blanks(conn: Connection, job_id: int, notes: Any) -> None:
    """As rows were written once."""
    told = bindparam("notes", json.dumps(notes), type_=NullType())
    conn.execute(text("UPDATE job SET notes = :notes WHERE id = :id").bindparams(told, id=job_id))


def add_row(conn: Connection, table: Any, thing: Any, **more: Any) -> int:
    """A thing as its table keeps it; what is missing is empty there."""
    known = {name: getattr(thing, name) for name in dict(table.c) if hasattr(thing, name)}
    row = {**known, "runs_open": 0, "workload": workload_as_json(WORKLOAD), **more}
    row = {name: "" if name in _WORDS and row[name] is None else row[name] for name in row if name in table.c}
    del row["id"]
    key: int = conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one()
    return key


_WORDS = {"outcome", "left"}


def found_by(conn: Connection, wanted: Wanted) -> hosted_jobs.Found:
    """What a list has."""
    return hosted_jobs.list_jobs_with_runs(conn, wanted, door="tapis3", account_id=1, whose=Whose.MINE, topic="T")


def written(one: Listed) -> dict[str, Any]:
    """A job as the door shows it."""
    return write_job(facts(one.job, one.run, one.moves), one.transfers)


def wanted(**asked: Any) -> Wanted:
    """A list of jobs."""
    return Wanted(sources=SOURCES, kinds=JOB_ATTRIBUTES, **asked)


@pytest.fixture
def known(db: AnyDb) -> list[dict[str, Any]]:
    """All jobs as they are shown, in the usual order."""
    db.write_now(fill)
    return [written(one) for one in db.write_now(found_by, wanted()).jobs]


def test_the_examples_show_each_of_them(known: list[dict[str, Any]]) -> None:
    """Each that can have a value has one, and is missing elsewhere where it can be."""
    empty = {name for name in SEARCHED if all(one[name] is None for one in known)}
    assert {*UNKNOWN} == empty
    assert 12 <= len({one["condition"] for one in known})
    assert {None, "FINISHED", "FAILED", "FAILED_SKIP_ARCHIVE"} == {one["remoteOutcome"] for one in known}
    assert {0, 1, 2} == {one["blockedCount"] for one in known}


def test_each_is_found_by_each_of_its_values(db: AnyDb, known: list[dict[str, Any]]) -> None:
    """Exactly those that show the value, or another, or a greater one, and how many that are."""
    for name, kind in ((name, JOB_ATTRIBUTES[name]) for name in SEARCHED):
        for value in {comparable(kind, one[name]) for one in known if one[name] is not None}:
            for op in (Op.EQ, Op.NEQ, Op.GT):
                query = Condition(attribute=name, op=op, values=(value,), kind=kind)
                found = db.write_now(found_by, wanted(query=query, total=True))
                assert found.is_part
                expected = [one["uuid"] for one in known if holds(query, one)]
                assert (name, expected) == (name, [one.job.alias for one in found.jobs])
                assert len(expected) == found.total


def test_lists_are_sorted_by_each(db: AnyDb, known: list[dict[str, Any]]) -> None:
    """Rising and falling, and only the wanted part is read."""
    for name in SEARCHED:
        for falling in (False, True):
            listing = Listing(limit=7, skip=2, order=((name, falling),))
            found = db.write_now(found_by, wanted(listing=listing))
            assert found.is_part
            expected = [one["uuid"] for one in arrange(known, listing, JOB_ATTRIBUTES)]
            assert (name, expected) == (name, [one.job.alias for one in found.jobs])


def test_json_is_found_by_what_its_text_is_like(db: AnyDb, known: list[dict[str, Any]]) -> None:
    """Also where it was written with blanks."""
    for part in ('"b":"x, y: z"', "[1,2.5,-1e-07,true,null,{},[]]", '\\u00e9, : ":"', "*[?", "a = 'b, c'\",", '["'):
        for name in AS_TEXT:
            pattern = (Wild.RUN, *part, Wild.RUN)
            query = Condition(attribute=name, op=Op.LIKE, values=(pattern,), kind=JOB_ATTRIBUTES[name])
            found = db.write_now(found_by, wanted(query=query))
            assert found.is_part
            expected = [one["uuid"] for one in known if holds(query, one)]
            assert (part, name, expected) == (part, name, [one.job.alias for one in found.jobs])
        assert any(part in one[name] for one in known for name in AS_TEXT)


def test_every_attribute_lies_somewhere() -> None:
    """All are searched in SQL."""
    assert {*JOB_ATTRIBUTES} == {*SOURCES}
