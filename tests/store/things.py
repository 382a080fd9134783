"""Small things the store's tests are made of."""

from typing import Any

from sqlalchemy import Connection, select

from dragoman.core.job import Draft, Job, LogStyle, Resources, Run, Step, Workload
from dragoman.core.states import RunState
from dragoman.core.things import Account
from dragoman.core.work import Decision, Move
from dragoman.store import accounts, catalogue, events, jobs, moves, tables

SECOND = 1_000_000
T0 = 1_700_000_000 * SECOND

CHAIN = (
    RunState.ACCEPTED,
    RunState.PLANNING,
    RunState.STAGING_JOB,
    RunState.SUBMITTING,
    RunState.QUEUED,
    RunState.RUNNING,
    RunState.STAGING_OUT,
    RunState.FINISHED,
)

WORKLOAD = Workload(
    steps=(Step(command="true"),), resources=Resources(system="local", queue="default"), log=LogStyle(name="log")
)


def add_account(conn: Connection, name: str = "ada") -> Account:
    """An account that cannot log in."""
    return accounts.add_account(conn, name=name, email=f"{name}@example.com", password_hash="", is_admin=False, at=T0)


def add_system(conn: Connection, owner: Account, *, slots: int = 100, name: str = "local") -> int:
    """A system for runs to stand in line at."""
    values = {"description": "", "shell": "local", "scheduler": "fork", "slots": slots, "facets": {}}
    return catalogue.put_system(conn, name=name, owner_id=owner.id, values=values)


def add_job(conn: Connection, owner: Account, alias: str = "AAAAAA", **values: Any) -> Job:
    """A draft."""
    draft = Draft(door="rescale", alias=alias, name=alias, letter="{}", workload=WORKLOAD, inputs=(), **values)
    return jobs.add_job(conn, draft, owner_id=owner.id, workload=WORKLOAD, input_bytes=0, at=T0)


def open_job(conn: Connection, *, slots: int = 100, runs: int = 1, alias: str = "AAAAAA", at: int = T0) -> Job:
    """A submitted job, with an account and a system when there are none."""
    owner = conn.execute(select(tables.account)).first()
    account = add_account(conn) if owner is None else accounts.find_account(conn, name=owner.name)
    system_id = add_system(conn, account, slots=slots)
    job = add_job(conn, account, alias)
    jobs.submit_job(conn, job, system_id=system_id, runs=runs, at=at)
    return jobs.get_job(conn, job.id)


def only_run(conn: Connection, job: Job) -> Run:
    """The job's first run."""
    run = jobs.find_run(conn, job_id=job.id, number=1)
    assert run is not None
    return run


def next_step(run: Run, at: int) -> Decision:
    """The decision that moves a run one state further along a plain life."""
    now = CHAIN[CHAIN.index(run.state) + 1]
    move = Move(was=run.state, now=now, at=at)
    return Decision(due_at=None if now is RunState.FINISHED else at, moves=(move,))


def history(conn: Connection, job: Job) -> list[tuple[str, str]]:
    """The moves of a job's runs, in order."""
    return [(event.was, event.now) for event in events.list_events(conn, job.id) if event.run_id is not None]


def walk_to_end(conn: Connection, claim: Any, run_id: int, at: int) -> None:
    """Carry a claimed run through its whole life."""
    while (run := moves.get_run(conn, run_id)) and run.state is not RunState.FINISHED:
        job = jobs.get_job(conn, run.job_id)
        decision = next_step(run, at)
        last = decision.due_at is None
        kept = Decision(due_at=None, moves=decision.moves, keep_lease=not last)
        assert moves.apply(conn, claim, kept, was=run, of=job, at=at)
