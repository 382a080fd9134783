"""What the store finds of Tapis v2's jobs is what that door finds by itself, on both databases."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from dragoman.core.errors import Invalid
from dragoman.core.job import workload_as_json
from dragoman.core.listing import Listing
from dragoman.core.search import AllOf, Op
from dragoman.core.sources import Wanted
from dragoman.core.states import JobState, RunState
from dragoman.core.things import Whose
from dragoman.dialects.tapis2.door import DOOR
from dragoman.dialects.tapis2.job_facts import ATTRIBUTES, VISIBLE, facts
from dragoman.dialects.tapis2.job_lists import FIELDS
from dragoman.dialects.tapis2.job_sources import KINDS, SHOWN, SOURCES, compared, told
from dragoman.dialects.tapis2.job_states import DESCRIPTIONS
from dragoman.dialects.tapis2.searching import holds, read_conditions
from dragoman.dialects.tapis2.write_job import write_job
from dragoman.store import hosted_jobs, tables
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, WORKLOAD, add_account, add_system

NOW = T0 + 3_600 * SECOND
DAY = 86_400 * SECOND
LIVES = (
    *((JobState.OPEN, None, run) for run in RunState if run not in {"FINISHED", "FAILED", "CANCELLED"}),
    (JobState.SUSPENDED, None, RunState.QUEUED),
    (JobState.ENDED, RunState.FINISHED, RunState.FINISHED),
    (JobState.ENDED, RunState.FAILED, RunState.FAILED),
    (JobState.ENDED, RunState.CANCELLED, RunState.CANCELLED),
    (JobState.ENDED, None, RunState.FAILED),
)
"""How a job stands, how it has ended, how its run stands."""
KEPT = {
    "appUuid": "u-005",
    "archivePath": "a/b",
    "archiveSystem": "store",
    "workPath": "/w",
    "memoryPerNode": 1.0,
    "inputs": {},
    "parameters": {},
    "queue": "q",
    "maxHours": 1.0,
    "archiveOnAppError": False,
}


def fill(conn: Connection) -> int:
    """Jobs of all sorts; the id of whose they are."""
    ann = add_account(conn)
    system = add_system(conn, ann)
    for number, (life, has_inputs, archive) in enumerate(product(LIVES, (True, False), (True, False))):
        at = T0 + (number % 7) * 500_000 + (number % 5) * 333
        _add(conn, ann.id, system, number, life, at, hasInputs=has_inputs, archive=archive)
    return ann.id


def _add(conn: Connection, owner: int, system: int, number: int, life: Any, at: int, **flags: bool) -> None:
    state, outcome, now = life
    kept = {**KEPT, **flags, "owner": "ada", "systemId": f"sys{number % 3}", "appId": f"app{'.*[_%'[number % 5]}-1.0"}
    kept |= {"nodeCount": number % 4, "processorsPerNode": number}
    row = {
        "door": DOOR,
        "alias": f"{number:03}-007",
        "owner_id": owner,
        "name": f"job {number % 10}*",
        "cause": "",
        "reason": "",
        "progress": "",
        "wish": "",
        "letter": "{}",
        "workload": workload_as_json(WORKLOAD),
        "notes": {ATTRIBUTES: kept, VISIBLE: number % 9 > 0},
        "input_bytes": 0,
        "output_bytes": 0,
        "events": 0,
        "runs": 1,
        "runs_open": 0,
        "created_at": at,
        "updated_at": at + DAY,
        "submitted_at": at,
        "state": state,
        "outcome": outcome or "",
        "ended_at": at + 1000 if state is JobState.ENDED else None,
    }
    made = conn.execute(insert(tables.job).values(**row)).inserted_primary_key
    run = {
        "job_id": made[0] if made else 0,
        "number": 1,
        "state": now,
        "left": "",
        "cause": "",
        "reason": "",
        "system_id": system,
        "queue": "q",
        "token": f"t{number}",
        "key_digest": "",
        "handle": {},
        "wish": "",
        "variables": {},
        "output_count": 0,
        "output_bytes": 0,
        "created_at": at,
    }
    conn.execute(insert(tables.run).values(**run))


def _moment(shift: int) -> str:
    return f"2023-11-14T22:13:2{shift // 1000}.{shift % 1000:03}Z"  # T0 and that many milliseconds


ASKED = (
    *((f"status.{op}", word) for op in ("eq", "neq", "like") for word in DESCRIPTIONS),
    ("status.in", "CLEANING_UP,ARCHIVING"),
    ("status.nin", "FINISHED,STAGING_JOB"),
    ("status.rlike", "^S.*S$"),
    ("status.between", "FAILED,QUEUED"),
    *((f"created.{op}", _moment(shift)) for op in ("lt", "lte", "gt", "gte", "eq", "on") for shift in (0, 500, 999)),
    *((f"ended.{op}", _moment(shift)) for op in ("before", "after", "eq", "neq") for shift in (0, 1, 501)),
    ("created.between", f"{_moment(500)},{_moment(1500)}"),
    ("lastUpdated.gt", "now"),
    *((f"name.{op}", text) for op in ("like", "nlike", "eq", "gt") for text in ("job 3*", "*\\**", "job 3\\*", "JOB*")),
    ("name.like", "*j*o*b*"),
    ("name.in", "job 1*,job 2*"),
    ("name.rlike", "[13]"),
    *((f"appId.{op}", text) for op in ("like", "neq") for text in ("app.*", "app[*", "app_*", "app%-1.0")),
    *((f"nodeCount.{op}", text) for op in ("eq", "gt", "neq", "in", "lte") for text in ("2", "1.5", "-1", "1e300")),
    ("processorsPerNode.between", "3,7.5"),
    *((f"archive.{op}", text) for op in ("eq", "neq") for text in ("true", "False", "1")),
    ("visible", "true"),
    ("visible", "false"),
    ("systemId.nin", "sys0,sys1"),
    ("executionSystem", "sys2"),
    ("owner", "ada"),
    ("id.gte", "020-007"),
)


def test_the_store_finds_what_the_door_finds(db: AnyDb) -> None:
    """Exactly that, or where it cannot, at least that."""
    owner = db.write_now(fill)
    place: dict[str, Any] = {"door": DOOR, "account_id": owner, "whose": Whose.ALL, "topic": "READ"}
    everything = db.write_now(hosted_jobs.fitting_jobs, Wanted(sources=SOURCES, kinds=KINDS), **place)
    listed = db.write_now(hosted_jobs.listed_jobs, everything)
    rows = {
        one.job.id: write_job(facts(one.job, one.run, one.moves), owner="ada", tenant="t", base="") for one in listed
    }
    assert len(LIVES) * 4 == len(rows)
    exact = 0
    for asked in ASKED:
        (condition,) = read_conditions([asked], FIELDS)
        mine = {key for key, row in rows.items() if row["visible"] and holds(condition, row, FIELDS, NOW)}
        found = told(condition, FIELDS, NOW)
        query = AllOf(parts=(compared(SHOWN, Op.EQ, True), *([found.query] if found else ())))
        wanted = Wanted(sources=SOURCES, kinds=KINDS, query=query, listing=Listing(limit=0), part_only=True)
        assert mine <= set(db.write_now(hosted_jobs.fitting_jobs, wanted, **place)), asked
        part = db.write_now(hosted_jobs.list_jobs_with_runs, wanted, **place)
        if found and found.is_exact and part.is_part:
            assert mine == {one.job.id for one in part.jobs}, asked
            exact += 1
    assert exact > len(ASKED) * 3 // 4


@pytest.mark.parametrize(
    ("name", "text"),
    [("nodeCount.gt", "many"), ("archive", "perhaps"), ("created.lt", "soonish"), ("created.between", "now")],
)
def test_a_value_that_can_never_be_compared_is_refused(name: str, text: str) -> None:
    """Also where no job is there to be compared with."""
    (condition,) = read_conditions([(name, text)], FIELDS)
    with pytest.raises(Invalid):
        told(condition, FIELDS, NOW)
