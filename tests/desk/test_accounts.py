"""Who is asking: a token is its account's while it is in force, and soon nobody's when it is not any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from dragoman.core.errors import Denied, Unauthenticated
from dragoman.core.states import RunState
from dragoman.core.things import Account, Identity
from dragoman.core.work import Decision, Move
from dragoman.desk.accounts import REMEMBERED, Accounts
from dragoman.store import Connection, accounts, moves, queue, tables
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import account_token, digest, mint
from tests.databases import sqlite_at
from tests.store.things import SECOND, T0, add_account, only_run, open_job

pytestmark = pytest.mark.anyio


class SetClock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> int:
        return self.at


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    opened = sqlite_at(tmp_path / "test.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def known(db: SqliteDb, clock: SetClock) -> Accounts:
    return Accounts(db, clock, digest, remade)


def remade(nonce: str) -> str:
    return account_token(b"the service's key", nonce)


def keep(db: SqliteDb, expires_at: int | None = None) -> tuple[Account, str]:
    """An account and a token of its own."""
    secret = mint()

    def work(conn: Connection) -> Account:
        added = add_account(conn)
        accounts.add_token(conn, account_id=added.id, digest=digest(secret), label="", at=T0, expires_at=expires_at)
        return added

    return db.write_now(work), secret


async def is_known(known: Accounts, secret: str) -> bool:
    try:
        await known.identify(secret)
    except Unauthenticated:
        return False
    return True


async def test_a_token_is_its_accounts(db: SqliteDb, known: Accounts) -> None:
    """It tells who asks, and that no job does."""
    owner, secret = keep(db)
    assert Identity(account=owner) == await known.identify(secret)


@pytest.mark.parametrize("secret", ["", "0" * 40, "x", "é\udc80", "' OR 1=1 --"])
async def test_what_is_no_token_is_nobody(db: SqliteDb, known: Accounts, secret: str) -> None:
    """Whatever stands there, it is told in the same words."""
    keep(db)
    with pytest.raises(Unauthenticated, match=r"^Invalid token\.$"):
        await known.identify(secret)


async def test_a_digest_is_no_token(db: SqliteDb, known: Accounts) -> None:
    """Who reads the database cannot ask with what stands there."""
    _, secret = keep(db)
    assert not await is_known(known, digest(secret))


async def test_a_token_ends_when_it_expires(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """It is good until that moment, and not from then on."""
    _, secret = keep(db, expires_at=T0 + 60 * SECOND)
    clock.at = T0 + 60 * SECOND - 1
    assert await is_known(Accounts(db, clock, digest, remade), secret)
    clock.at = T0 + 60 * SECOND
    assert not await is_known(known, secret)


async def test_a_token_that_was_just_used_ends_soon_after(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """What is remembered outlives its end for two seconds at the most."""
    _, secret = keep(db, expires_at=T0 + SECOND)
    assert await is_known(known, secret)
    clock.at = T0 + REMEMBERED
    assert not await is_known(known, secret)
    assert 2 * SECOND == REMEMBERED


async def test_a_revoked_token_dies(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """Its row is gone: within two seconds nobody asks with it any more, and using it does not prolong that."""
    _, secret = keep(db)
    assert await is_known(known, secret)
    db.write_now(lambda conn: conn.execute(delete(tables.token)))
    clock.at = T0 + REMEMBERED - 1
    assert await is_known(known, secret)
    clock.at = T0 + REMEMBERED
    assert not await is_known(known, secret)


async def test_a_revoked_token_stays_dead_when_the_clock_is_set_back(
    db: SqliteDb, clock: SetClock, known: Accounts
) -> None:
    """What was remembered at a time that is still to come is not believed."""
    clock.at = T0 + 3600 * SECOND
    _, secret = keep(db)
    assert await is_known(known, secret)
    db.write_now(lambda conn: conn.execute(delete(tables.token)))
    clock.at = T0
    assert not await is_known(known, secret)


async def test_what_was_refused_is_not_remembered(db: SqliteDb, known: Accounts) -> None:
    """A token is good as soon as it is kept, though somebody tried it before."""
    owner, secret = keep(db)
    late = mint()
    assert not await is_known(known, late)
    db.write_now(accounts.add_token, account_id=owner.id, digest=digest(late), label="", at=T0)
    assert await is_known(known, late)
    assert await is_known(known, secret)


async def test_a_running_jobs_key_dies_with_its_run(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """It names the owner and the job while the run goes on, and nobody within two seconds of its end.

    Of somebody who cannot log in (any longer) it is nobody's, either.
    """
    job = db.write_now(open_job)
    (held,) = db.write_now(queue.claim, owner="w", at=T0, lease=SECOND, most=1, ended=()).claims
    patch = {"key_digest": digest("key")}
    run = db.write_now(only_run, job)
    assert db.write_now(moves.apply, held, Decision(due_at=None, patch=patch, keep_lease=True), was=run, of=job, at=T0)
    assert not await is_known(known, "key")
    db.write_now(accounts.change_account, job.owner_id, email=None, password_hash="x", is_admin=None)
    who = await known.identify("key")
    assert (job.owner_id, job.id) == (who.account.id, who.job_id)
    failed = Decision(due_at=None, moves=(Move(was=run.state, now=RunState.FAILED, at=T0),))
    assert db.write_now(moves.apply, held, failed, was=run, of=job, at=T0)
    clock.at = T0 + REMEMBERED
    assert not await is_known(known, "key")


async def test_an_accounts_own_token_is_told_again(db: SqliteDb, known: Accounts) -> None:
    """The same each time, good like any other, and in no row as it is."""
    owner, _ = keep(db)
    who = Identity(account=owner)
    own = await known.own_token(who)
    assert own == await known.own_token(who)
    assert who == await known.identify(own)
    nonce, stored = db.write_now(accounts.own_token, owner.id) or ("", "")
    assert own not in {nonce, stored}


async def test_an_own_token_is_revoked_alone(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """The next one is another; what the account was given besides goes on. Twice is no harm."""
    owner, secret = keep(db)
    who = Identity(account=owner)
    first = await known.own_token(who)
    assert await is_known(known, first)
    await known.revoke_own_token(who)
    await known.revoke_own_token(who)
    assert [False, True] == [await is_known(known, one) for one in (first, secret)]
    second = await known.own_token(who)
    assert first != second
    assert await is_known(known, second)
    clock.at += REMEMBERED
    assert not await is_known(known, first)


async def test_an_own_token_of_a_lost_key_is_replaced(db: SqliteDb, clock: SetClock, known: Accounts) -> None:
    """What would be told is worth something, also when the service has another key than before."""
    owner, _ = keep(db)
    who = Identity(account=owner)
    first = await known.own_token(who)
    other = Accounts(db, clock, digest, lambda nonce: account_token(b"another", nonce))
    second = await other.own_token(who)
    assert first != second
    assert await is_known(other, second)


async def test_a_run_gets_no_lasting_token(db: SqliteDb, known: Accounts) -> None:
    """Its key ends with it, so it is told no other one, and takes none away."""
    owner, _ = keep(db)
    run = Identity(account=owner, job_id=1)
    own = await known.own_token(Identity(account=owner))
    for asked in (known.own_token, known.revoke_own_token):
        with pytest.raises(Denied, match="A job's own key"):
            await asked(run)
    assert await is_known(known, own)
