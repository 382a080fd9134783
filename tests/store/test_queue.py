"""The leased work table: claims, fences, slots and turns."""

from dataclasses import replace

from sqlalchemy import Connection

from dragoman.core.states import RunState, Wish
from dragoman.core.work import Claim, Decision, NewWork
from dragoman.store import accounts, jobs, moves, queue
from tests.store.conftest import AnyDb
from tests.store.things import SECOND, T0, add_account, add_job, next_step, only_run, open_job, walk_to_end

LEASE = 10 * SECOND


def claim(
    conn: Connection, *, at: int = T0, owner: str = "w1", most: int = 10, ended: tuple[str, ...] = ()
) -> list[Claim]:
    return list(queue.claim(conn, owner=owner, at=at, lease=LEASE, most=most, ended=ended).claims)


def test_a_claim_is_given_once(db: AnyDb) -> None:
    """What one worker has leased no other gets before the lease is over."""
    db.write_now(open_job)
    assert len(db.write_now(claim)) == 1
    assert db.write_now(claim, owner="w2") == []
    assert len(db.write_now(claim, owner="w2", at=T0 + LEASE + 1)) == 1


def test_a_passed_fence_drops_everything(db: AnyDb) -> None:
    """The commit of a worker that lost its lease writes nothing at all."""
    job = db.write_now(open_job)
    old = db.write_now(claim)[0]
    db.write_now(claim, owner="w2", at=T0 + LEASE + 1)
    run = db.write_now(only_run, job)
    assert not db.write_now(moves.apply, old, next_step(run, T0), was=run, of=job, at=T0)
    assert db.write_now(only_run, job).state is RunState.ACCEPTED


def test_extending_keeps_the_lease_and_a_lost_one_stays_lost(db: AnyDb) -> None:
    """A heartbeat holds what is ours and cannot bring back what is not."""
    db.write_now(open_job)
    mine = db.write_now(claim)
    db.write_now(queue.extend, mine, until=T0 + 3 * LEASE)
    assert db.write_now(claim, owner="w2", at=T0 + 2 * LEASE) == []
    assert len(db.write_now(claim, owner="w2", at=T0 + 4 * LEASE)) == 1
    db.write_now(queue.extend, mine, until=T0 + 90 * LEASE)
    assert len(db.write_now(claim, owner="w3", at=T0 + 6 * LEASE)) == 1


def test_a_late_heartbeat_does_not_take_back_what_was_given_back(db: AnyDb) -> None:
    """A lease that its holder has just put down is not held by a heartbeat that was on its way."""
    job = db.write_now(open_job)
    held = db.write_now(claim)[0]
    run = db.write_now(only_run, job)
    db.write_now(moves.apply, held, next_step(run, T0), was=run, of=job, at=T0)
    db.write_now(queue.extend, [held], until=T0 + LEASE)
    assert [held.ref] == [found.ref for found in db.write_now(claim, at=T0 + 1)]


def test_releasing_gives_it_back_at_once_and_uncounted(db: AnyDb) -> None:
    """A clean shutdown leaves no lease and no attempt behind."""
    db.write_now(open_job)
    db.write_now(queue.release, db.write_now(claim))
    again = db.write_now(claim, owner="w2")
    assert [1] == [found.attempt for found in again]


def test_only_as_many_runs_as_there_are_slots(db: AnyDb) -> None:
    """A system's slots bound what is admitted; the end of a run frees its slot."""

    def three(conn: Connection) -> None:
        for alias in ("AAAAAA", "BBBBBB", "CCCCCC"):
            open_job(conn, slots=2, alias=alias)

    db.write_now(three)
    first = db.write_now(claim)
    assert len(first) == 2
    assert db.write_now(claim, owner="w2") == []
    db.write_now(walk_to_end, first[0], first[0].ref, T0)
    assert len(db.write_now(claim)) == 1


def test_a_newcomer_passes_a_long_line(db: AnyDb) -> None:
    """Somebody's thousand runs do not keep another's one waiting behind them all."""

    def fill(conn: Connection) -> int:
        for number in range(20):
            open_job(conn, slots=3, alias=f"A{number}")
        grace = add_account(conn, "grace")
        job = add_job(conn, grace, "GRACE1")
        system_id = only_run(conn, open_job(conn, slots=3, alias="A20")).system_id
        jobs.submit_job(conn, job, system_id=system_id, runs=1, at=T0)
        return only_run(conn, job).id

    run_id = db.write_now(fill)
    assert run_id in [found.ref for found in db.write_now(claim, most=3)]


def test_a_wish_that_came_in_meanwhile_makes_the_work_due(db: AnyDb) -> None:
    """A handler that puts its run to sleep cannot sleep through a wish it has not seen."""
    job = db.write_now(open_job)
    held = db.write_now(claim)[0]
    run = db.write_now(only_run, job)
    db.write_now(jobs.wish_for_job, job, Wish.STOP, at=T0)
    sleep = Decision(due_at=queue.FAR, moves=next_step(run, T0).moves)
    assert db.write_now(moves.apply, held, sleep, was=run, of=job, at=T0)
    assert len(db.write_now(claim, at=T0 + 1)) == 1


def test_a_wish_takes_a_waiting_run_out_of_the_line(db: AnyDb) -> None:
    """A run that is to be stopped needs no slot."""

    def two(conn: Connection) -> int:
        open_job(conn, slots=1, alias="AAAAAA")
        job = open_job(conn, slots=1, alias="BBBBBB")
        jobs.wish_for_job(conn, job, Wish.STOP, at=T0)
        return only_run(conn, job).id

    run_id = db.write_now(two)
    assert run_id in [found.ref for found in db.write_now(claim, at=T0 + 1)]


def test_ended_tokens_are_claimed_first_and_held_ones_are_told(db: AnyDb) -> None:
    """A pushed end is handled at once, or kept in mind while somebody still holds the run."""
    job = db.write_now(open_job)
    held = db.write_now(claim)[0]
    run = db.write_now(only_run, job)
    sleep = Decision(due_at=queue.FAR, patch={"token": "tok"}, moves=next_step(run, T0).moves)
    db.write_now(
        moves.apply, held, Decision(due_at=None, patch={"token": "tok"}, keep_lease=True), was=run, of=job, at=T0
    )
    found = db.write_now(queue.claim, owner="w1", at=T0, lease=LEASE, most=5, ended=("tok",))
    assert ([], {"tok"}) == (list(found.claims), set(found.held))
    db.write_now(moves.apply, held, sleep, was=run, of=job, at=T0)
    found = db.write_now(queue.claim, owner="w1", at=T0, lease=LEASE, most=5, ended=("tok",))
    assert ([held.ref], frozenset()) == ([claim_.ref for claim_ in found.claims], found.held)


def test_an_ended_run_stays_due_when_its_holder_dies(db: AnyDb) -> None:
    """Its end is told only once, so that whoever takes it over must find it without being told."""
    job = db.write_now(open_job)
    held = db.write_now(claim)[0]
    run = db.write_now(only_run, job)
    sleep = Decision(due_at=queue.FAR, patch={"token": "tok"}, moves=next_step(run, T0).moves)
    db.write_now(moves.apply, held, sleep, was=run, of=job, at=T0)
    assert [] == db.write_now(claim, at=T0 + 1)
    assert 1 == len(db.write_now(claim, at=T0 + 1, ended=("tok",)))
    assert [run.id] == [found.ref for found in db.write_now(claim, owner="w2", at=T0 + 1 + LEASE + 1)]


def test_work_for_the_same_thing_is_one_row(db: AnyDb) -> None:
    """Asking twice makes it due at the earlier time, not twice."""
    db.write_now(queue.add_work, NewWork(kind="watch", ref=1, due_at=T0 + SECOND))
    db.write_now(queue.add_work, NewWork(kind="watch", ref=1, due_at=T0))
    assert len(db.write_now(claim)) == 1


def test_a_job_ends_with_its_last_run_and_with_the_worst_outcome(db: AnyDb) -> None:
    """One job event tells the end, when the last run has ended."""
    job = db.write_now(open_job, runs=2)
    first, second = db.write_now(claim)
    db.write_now(walk_to_end, first, first.ref, T0)
    assert db.write_now(jobs.get_job, job.id).ended_at is None
    run = db.write_now(moves.get_run, second.ref)
    assert run is not None
    failed = replace(next_step(run, T0).moves[0], now=RunState.FAILED)
    db.write_now(moves.apply, second, Decision(due_at=None, moves=(failed,)), was=run, of=job, at=T0)
    assert db.write_now(jobs.get_job, job.id).outcome is RunState.FAILED


def test_a_run_s_own_token_ends_with_the_run(db: AnyDb) -> None:
    """The key that a running job gets names its owner and its job, until the run has ended."""
    job = db.write_now(open_job)
    held = db.write_now(claim)[0]
    run = db.write_now(only_run, job)
    keyed = Decision(due_at=None, patch={"key_digest": "d"}, keep_lease=True)
    assert db.write_now(moves.apply, held, keyed, was=run, of=job, at=T0)
    db.write_now(accounts.change_account, job.owner_id, email=None, password_hash="x", is_admin=None)
    who = db.write_now(accounts.identify, digest="d", at=T0)
    assert who is not None
    assert (job.owner_id, job.id) == (who.account.id, who.job_id)
    db.write_now(walk_to_end, held, held.ref, T0)
    assert db.write_now(accounts.identify, digest="d", at=T0) is None
