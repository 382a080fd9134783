"""Lists of jobs: what one has and what is shared with one, each once, in order, by parts, whatever lies in the jobs."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from dragoman.core.job import workload_as_json
from dragoman.core.states import JobState, RunState, Wish
from dragoman.core.things import JobQuery, Page
from dragoman.store import Connection, accounts, job_lists, jobs, tables
from tests.store.conftest import AnyDb
from tests.store.things import T0, WORKLOAD, add_account, add_job

ALL = Page(limit=100_000)


def listed(conn: Connection, me: int, query: JobQuery, page: Page) -> tuple[int, list[str]]:
    """What a list shows: the count, and the aliases on the page."""
    count, parts = job_lists.list_jobs(conn, account_id=me, door="rescale", query=query, page=page)
    return count, [head.alias for part in parts for head in part]


def stock(conn: Connection, owner: int, names: list[str], **more: Any) -> list[int]:
    """Drafts with these names, their aliases the same; their ids."""
    texts = dict.fromkeys(("outcome", "cause", "reason", "progress", "wish"), "")
    numbers = dict.fromkeys(("input_bytes", "output_bytes", "events", "runs", "runs_open"), 0)
    whole = {"letter": "{}", "workload": workload_as_json(WORKLOAD), "notes": {}, "created_at": T0, "updated_at": T0}
    row = {"door": "rescale", "owner_id": owner, "state": "DRAFT", **texts, **numbers, **whole, **more}
    conn.execute(insert(tables.job), [{**row, "name": name, "alias": name} for name in names])
    found = select(tables.job.c.id).where(tables.job.c.owner_id == owner).order_by(tables.job.c.id)
    return list(conn.execute(found).scalars())


def share(conn: Connection, ids: list[int], reader: int) -> None:
    """Let somebody see jobs."""
    row = {"kind": "job", "account_id": reader, "verb": "read", "path": "", "created_at": T0}
    conn.execute(insert(tables.grants), [{**row, "ref": ref} for ref in ids])


@pytest.mark.parametrize("order", ["created", "-created", "name", "-name"])
def test_own_and_shared_jobs_are_one_list(db: AnyDb, order: str) -> None:
    """Each is on one page, in one order; what was shared twice, with its owner, or with others, changes nothing."""

    def work(conn: Connection) -> tuple[list[str], list[tuple[int, list[str]]]]:
        ada, bob = add_account(conn, "ada").id, add_account(conn, "bob").id
        expected = []
        for number in range(12):
            alias = f"{number:02}"
            mine, theirs = (number % 3 == 0), (number % 3 == 1)
            (*_, last) = stock(conn, ada if mine else bob, [alias])
            conn.execute(update(tables.job).where(tables.job.c.id == last).values(name=f"n{number % 4}"))
            if mine or theirs:
                share(conn, [last], ada)
                accounts.add_grant(conn, kind="job", ref=last, account_id=ada, verb="run", at=T0)
                expected.append((f"n{number % 4}" if "name" in order else "", last, alias))
        expected.sort(reverse=order.startswith("-"))
        pages = [listed(conn, ada, JobQuery(order=order), Page(limit=3, offset=offset)) for offset in (0, 3, 6, 9)]
        return [alias for _, _, alias in expected], pages

    expected, pages = db.write_now(work)
    assert {8} == {count for count, _ in pages}
    assert expected == [alias for _, page in pages for alias in page]


def test_a_list_finds_exactly_the_phases_that_are_asked_for(db: AnyDb) -> None:
    """Whole states, parts of states, and both together."""
    progresses = ["", *(state.value for state in RunState)]
    everything = sorted(product((s.value for s in JobState), progresses, (w.value for w in Wish)))
    asked = [
        everything,
        [phase for phase in everything if phase[0] == "ENDED"],
        [phase for phase in everything if phase[1] == "RUNNING"],
        [phase for phase in everything if phase[0] == "DRAFT" or phase[2] == "KILL"],
        [],
    ]

    def work(conn: Connection) -> list[tuple[int, list[str]]]:
        me = add_account(conn).id
        for state, progress, wish in everything:
            stock(conn, me, [f"{state} {progress} {wish}"], state=state, progress=progress, wish=wish)
        return [listed(conn, me, JobQuery(phases=frozenset(phases), order="created"), ALL) for phases in asked]

    for phases, (count, aliases) in zip(asked, db.write_now(work), strict=True):
        expected = sorted(" ".join(phase) for phase in phases if phase[0] != "REMOVED")
        assert (len(expected), expected) == (count, sorted(aliases))


@pytest.mark.slow
def test_more_jobs_can_be_shared_than_a_statement_takes_values(db: AnyDb) -> None:
    """All of them are listed, and each can be looked at; another reader sees none."""

    def work(conn: Connection) -> tuple[list[int], list[bool]]:
        ada, bob, eve = (add_account(conn, name).id for name in ("ada", "bob", "eve"))
        ids = stock(conn, bob, [str(number) for number in range(70_000)])
        share(conn, ids, ada)
        counts = [listed(conn, me, JobQuery(), Page(limit=1))[0] for me in (ada, eve)]
        sees = [job_lists.sees_job(conn, job_id=ids[7], account_id=me) for me in (ada, bob, eve)]
        return counts, sees

    assert ([70_000, 0], [True, True, False]) == db.write_now(work)


@pytest.mark.slow
def test_a_list_needs_little_memory(db: AnyDb) -> None:
    """Neither requests nor workloads are read, and of large notes only those of a part at a time."""

    def fill(conn: Connection) -> int:
        me = add_account(conn).id
        stock(conn, me, ["large"], letter="x" * (32 << 20), workload={"x": "x" * (32 << 20)})
        stock(conn, me, [str(number) for number in range(1000)], notes={"description": "x" * 100_000})
        return me

    def weigh(conn: Connection) -> tuple[int, int]:
        count, parts = job_lists.list_jobs(conn, account_id=me, door="rescale", query=JobQuery(), page=ALL)
        tracemalloc.start()
        try:
            assert count == sum(len(part) for part in parts)
            return count, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    me = db.write_now(fill)
    count, peak = db.write_now(weigh)
    assert 1001 == count
    assert peak < 64 << 20


def test_a_locked_job_is_changed_by_one_at_a_time(db: AnyDb) -> None:
    """Whoever reads notes to change them sees what the one before wrote."""

    def append(conn: Connection, number: int) -> None:
        job = jobs.find_job(conn, door="rescale", alias="AAAAAA", lock=True)
        assert job is not None
        jobs.change_job(conn, job, name=None, notes={"all": [*job.notes.get("all", ()), number]}, at=T0)

    db.write_now(lambda conn: add_job(conn, add_account(conn)))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: db.write_now(append, number), range(40)))
    job = db.write_now(lambda conn: jobs.find_job(conn, door="rescale", alias="AAAAAA"))
    assert job is not None
    assert list(range(40)) == sorted(job.notes["all"])
