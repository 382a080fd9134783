"""Copies of jobs of the field, on both databases: one for each start, whoever asks again, with a number of its own."""

import asyncio
from collections.abc import Mapping
from functools import partial

import pytest

from dragoman.core.chains import Startable
from dragoman.core.errors import Conflict, Unavailable
from dragoman.core.field import FieldDraft
from dragoman.core.job import Job
from dragoman.core.manifests import assumed_manifest
from dragoman.core.starts import NewStart
from dragoman.core.things import Account, Identity, Verb
from dragoman.core.triggers import HOURLY
from dragoman.desk.board import Board
from dragoman.desk.field_jobs import FieldJobs
from dragoman.dialects.sage.plan import Conditions, planning
from dragoman.dialects.sage.read_job import DOOR, draft_of, read_document
from dragoman.dialects.sage.starting import copied
from dragoman.host.clock import HostClock
from dragoman.store import Connection, accounts, field_jobs, nodes, triggers
from tests.store.conftest import AnyDb
from tests.store.things import T0, add_account

pytestmark = pytest.mark.anyio

CONDITIONS = Conditions(images=("",))
TEXT = """
name: rain
plugins: [{name: a, pluginSpec: {image: x/a}}]
nodes: {W023: ~}
scienceRules: ["schedule(a): True"]
successCriteria: [WallClock(1h)]
"""


def field_of(db: AnyDb) -> FieldJobs:
    return FieldJobs(db, HostClock(), Board(db), lambda: None, startable={DOOR: Startable()})


def furnish(conn: Connection) -> tuple[Account, int]:
    """Somebody who has a stored job, and a node."""
    owner = add_account(conn)
    manifest = assumed_manifest("W023", "0" * 16)
    node = nodes.add_node(conn, vsn="W023", name="0" * 16, manifest=manifest, key_digest="key", at=T0)
    field_jobs.add_field_job(conn, draft_of(read_document(TEXT.encode()), TEXT), owner_id=owner.id, at=T0)
    return owner, node.id


def allow(conn: Connection, owner: Account, node_id: int) -> None:
    accounts.add_grant(conn, kind=nodes.KIND, ref=node_id, account_id=owner.id, verb=Verb.SCHEDULE, at=T0)


def start(conn: Connection, owner: Account, event: str) -> int:
    """A start that an event asks for, with an alias that was chosen for its job; its id."""
    new = NewStart(source="rule 1", event=event, owner_id=owner.id, job="sage/1", variables={}, rate=HOURLY)
    assert 1 == triggers.add_starts(conn, [new], at=T0)
    key = len(event)
    triggers.choose_alias(conn, key, door=DOOR, mint=lambda: f"minted-{event}")
    return key


async def make(jobs: FieldJobs, owner: Account, key: int, variables: Mapping[str, str]) -> list[str]:
    """Start it as a worker does; what stands in the way."""

    def copy(job: Job) -> FieldDraft:
        return copied(job, variables=variables)

    who = Identity(account=owner)
    return list(await jobs.start_copy(who, DOOR, "1", copy, planning(CONDITIONS), start_id=key))


async def test_a_start_makes_one_job(db: AnyDb) -> None:
    """Also when two workers make it at the same moment, and when one that has slept makes it later."""
    owner, node_id = await db.write(furnish)
    await db.write(allow, owner, node_id)
    jobs = field_of(db)
    one, two = await db.write(start, owner, "a"), await db.write(start, owner, "bb")
    asked = [partial(make, jobs, owner, key, {"RAIN": value}) for key, value in ((one, "1"), (two, "2"))]
    assert [[]] * 6 == list(await asyncio.gather(*(ask() for ask in (*asked, *asked, *asked))))
    assert [] == await asked[0]()
    found = {view.job.alias: view for view in await jobs.list(DOOR, owner)}
    assert {"1", "2", "3"} == set(found)
    aliases = [(await db.read(triggers.get_start, key)).alias for key in (one, two)]
    assert {"2", "3"} == set(aliases)
    goals = {goal.job_alias: goal for goal in await jobs.goals("W023")}
    assert {"2", "3"} == set(goals)
    for alias, value in zip(aliases, ("1", "2"), strict=True):
        (plugin,) = goals[alias].parts["W023"]["plugins"]
        assert {"RAIN": value} == plugin["plugin_spec"]["env"]
        assert ("rain", TEXT) == (found[alias].job.name, (await jobs.find(DOOR, alias)).job.letter)


async def test_a_number_that_others_take_is_tried_again(db: AnyDb) -> None:
    """Later, too: an event is not lost because many come at once."""
    owner, node_id = await db.write(furnish)
    await db.write(allow, owner, node_id)
    jobs, key, who = field_of(db), await db.write(start, owner, "a"), Identity(account=owner)
    tried = []

    def taken(_: Job) -> FieldDraft:
        tried.append(1)
        raise Conflict("Somebody else has this number.")

    with pytest.raises(Unavailable):
        await jobs.start_copy(who, DOOR, "1", taken, planning(CONDITIONS), start_id=key)
    assert len(tried) > 1
    assert [] == await make(jobs, owner, key, {})
    assert ["2", "1"] == [view.job.alias for view in await jobs.list(DOOR, owner)]


async def test_who_may_not_schedule_starts_nothing(db: AnyDb) -> None:
    """Nothing is stored then; it is looked at anew at each start."""
    owner, node_id = await db.write(furnish)
    jobs, key = field_of(db), await db.write(start, owner, "a")
    assert ["User ada does not have permission for node W023"] == await make(jobs, owner, key, {})
    assert ["1"] == [view.job.alias for view in await jobs.list(DOOR, owner)]
    await db.write(allow, owner, node_id)
    assert [] == await make(jobs, owner, key, {})
    assert ["2", "1"] == [view.job.alias for view in await jobs.list(DOOR, owner)]
