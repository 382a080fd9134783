"""Logins at the desk: tried before they are kept, sealed to their place, told to those who open the connection."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dragoman.core.errors import Broken, Conflict, Denied, Invalid, NotFound, Problem, Unavailable
from dragoman.core.registered import SystemDraft
from dragoman.core.things import Credential, Identity, System
from dragoman.desk.credentials import Credentials
from dragoman.desk.systems import Systems
from dragoman.host.clock import HostClock
from dragoman.store import Connection, accounts, logins, systems
from dragoman.store.sqlite import SqliteDb
from tests.databases import sqlite_at

pytestmark = pytest.mark.anyio

DOOR, KEY = "door", bytes(range(32))
VALUES = {
    "description": "",
    "kind": "linux",
    "shell": "ssh",
    "scheduler": "fork",
    "host": "h",
    "port": 22,
    "root": "/data",
    "slots": 1,
    "enabled": True,
    "uuid": "u",
}
DRAFT = SystemDraft(name="sys", values=VALUES, facet={})
GOOD = Credential(login="", method="password", secrets={"password": "good"})
BAD = Credential(login="", method="password", secrets={"password": "bad"})


class Host:
    """A host that lets in whoever knows the password ``good``."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.problem: Problem | None = None
        self.variables = {"WORK": "/work/ann", "EMPTY": "", "ODD": "work"}

    async def check(self, system: System, credential: Credential, login: str) -> None:
        """See ports.Reach."""
        self.seen.append((system.host, login))
        if self.problem:
            raise self.problem
        if "good" not in credential.secrets.values():
            raise Denied("Permission denied.")

    async def evaluate(self, system: System, credential: Credential | None, login: str, variable: str) -> str:
        """See ports.Reach."""
        await self.check(system, credential or BAD, login)
        return self.variables[variable]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    """An empty database."""
    opened = sqlite_at(tmp_path / "test.db")
    yield opened
    opened.close()


class Bench:
    """Systems and credentials on a database, with a host."""

    def __init__(self, db: SqliteDb, host: Host | None) -> None:
        self.db, self.host = db, host
        self.credentials = Credentials(db, HostClock(), KEY, host)
        self.systems = Systems(db, HostClock(), self.credentials)
        self.ann, self.bob = (self._account(name) for name in ("ann", "bob"))

    def _account(self, name: str) -> Identity:
        row: dict[str, Any] = {"name": name, "email": f"{name}@example.com", "password_hash": "x", "is_admin": False}
        return Identity(account=self.db.write_now(accounts.add_account, **row, at=0))

    async def set(self, new: Credential, *, who: Identity | None = None, user: str = "ann", skip: bool = False) -> None:
        await self.credentials.set(who or self.ann, DOOR, "sys", user=user, new=new, skip_check=skip)

    async def create(self, draft: SystemDraft = DRAFT, **more: Any) -> None:
        await self.systems.create(self.ann, DOOR, replace(draft, **more), skip_check=False)

    async def login(self, who: Identity) -> tuple[str, Credential | None]:
        _, login, credential = await self.credentials.login(await self.system_id(), who.account.id)
        return login, credential

    async def system_id(self) -> int:
        found = await self.db.read(systems.find_system, "sys")
        assert found is not None
        return found.id


@pytest.fixture
def host() -> Host:
    """The host of the system."""
    return Host()


@pytest.fixture
def bench(db: SqliteDb, host: Host) -> Bench:
    """A house that reaches its hosts."""
    return Bench(db, host)


async def test_a_login_is_tried_before_it_is_kept(bench: Bench, host: Host) -> None:
    """Refused, or silent, and nothing changes; without a secret there is nothing to try."""
    await bench.create()
    await bench.set(GOOD)
    with pytest.raises(Invalid, match="does not let ann in"):
        await bench.set(BAD)
    host.problem = Unavailable("no route to host")
    with pytest.raises(Invalid, match="no route"):
        await bench.set(BAD)
    assert ("ann", GOOD) == await bench.login(bench.ann)
    assert [("h", "ann")] * 3 == host.seen
    empty = replace(BAD, secrets={"password": ""})
    await bench.set(empty)
    assert ("ann", empty) == await bench.login(bench.ann)
    await bench.set(BAD, skip=True)
    assert ("ann", BAD) == await bench.login(bench.ann)
    assert 3 == len(host.seen)


async def test_a_login_may_have_another_name(bench: Bench, host: Host) -> None:
    """It is tried under that name."""
    await bench.create()
    await bench.set(replace(GOOD, login="ann01"))
    assert [("h", "ann01")] == host.seen
    assert ("ann01", replace(GOOD, login="ann01")) == await bench.login(bench.ann)
    assert ("bob", None) == await bench.login(bench.bob)


async def test_what_is_stored_can_be_tried_again(bench: Bench) -> None:
    """Nothing stored is not found; what was stored untried may prove wrong."""
    await bench.create()
    with pytest.raises(NotFound):
        await bench.credentials.check(bench.ann, DOOR, "sys", "ann")
    await bench.set(GOOD)
    await bench.credentials.check(bench.ann, DOOR, "sys", "ann")
    await bench.set(BAD, skip=True)
    with pytest.raises(Invalid):
        await bench.credentials.check(bench.ann, DOOR, "sys", "ann")
    assert 1 == await bench.credentials.remove(bench.ann, DOOR, "sys", "ann")
    assert 0 == await bench.credentials.remove(bench.ann, DOOR, "sys", "ann")


async def test_a_system_with_one_login_for_all(bench: Bench) -> None:
    """It is tried and kept with the system, or nothing is; everybody logs in with it."""
    with pytest.raises(Invalid):
        await bench.create(login="svc", credential=BAD)
    assert None is await bench.db.read(systems.find_system, "sys")
    await bench.create(login="svc", credential=GOOD)
    for person in (bench.ann, bench.bob):
        assert ("svc", replace(GOOD, login="svc")) == await bench.login(person)
    await bench.credentials.remove(bench.ann, DOOR, "sys", "svc")
    assert ("svc", None) == await bench.login(bench.bob)


async def test_others_may_not_touch_it(bench: Bench) -> None:
    """Who may not see a system sets no login there, and its owner sets nobody's who is not."""
    await bench.create()
    with pytest.raises(Denied):
        await bench.set(GOOD, who=bench.bob, user="bob")
    with pytest.raises(Invalid, match="nobody-here"):
        await bench.set(GOOD, user="nobody-here")
    await bench.set(GOOD, user="bob")
    assert ("bob", GOOD) == await bench.login(bench.bob)


async def test_a_secret_opens_in_its_place_alone(bench: Bench) -> None:
    """Copied to another account, or under another key, it is broken; the database never holds it in clear."""
    await bench.create()
    await bench.set(GOOD)
    system_id = await bench.system_id()

    def copy(conn: Connection) -> bytes:
        stored = logins.find_login(conn, system_id=system_id, account_id=bench.ann.account.id)
        assert stored is not None
        logins.put_login(conn, system_id=system_id, account_id=bench.bob.account.id, sealed=stored, at=0)
        return stored.secret

    assert b"good" not in bench.db.write_now(copy)
    with pytest.raises(Broken):
        await bench.login(bench.bob)
    other = Credentials(bench.db, HostClock(), bytes(32), None)
    with pytest.raises(Broken):
        await other.login(system_id, bench.ann.account.id)


async def test_a_root_may_be_told_by_the_host(bench: Bench) -> None:
    """Once, when the system is made, for its own login."""
    draft = replace(DRAFT, values={**VALUES, "root": "HOST_EVAL($WORK)/scratch"}, login="svc", credential=GOOD)
    await bench.create(draft)
    assert "/work/ann/scratch" == (await bench.systems.find(bench.ann, DOOR, "sys")).system.root


@pytest.mark.parametrize("root", ["HOST_EVAL($EMPTY)", "HOST_EVAL($ODD)", "HOST_EVAL($EMPTY, /a/..)/b"])
async def test_a_root_that_the_host_does_not_tell_is_refused(bench: Bench, root: str) -> None:
    """Empty, or no absolute path; a default helps."""
    draft = replace(DRAFT, values={**VALUES, "root": root}, login="svc", credential=GOOD)
    with pytest.raises(Invalid, match="no root directory"):
        await bench.create(draft)
    await bench.create(replace(draft, values={**VALUES, "root": "HOST_EVAL($EMPTY, /a)/b"}))
    assert "/a/b" == (await bench.systems.find(bench.ann, DOOR, "sys")).system.root


async def test_variables_of_a_host_are_told_to_who_may_run_there(bench: Bench) -> None:
    """As the login of who asks."""
    await bench.create()
    await bench.set(GOOD)
    assert "/work/ann" == await bench.systems.evaluate(bench.ann, DOOR, "sys", "WORK")
    with pytest.raises(Denied):
        await bench.systems.evaluate(bench.bob, DOOR, "sys", "WORK")


async def test_a_house_that_reaches_nobody_says_so(db: SqliteDb) -> None:
    """Then logins are kept untried, when that is asked for."""
    bench = Bench(db, None)
    await bench.create()
    with pytest.raises(Unavailable, match="skip the credential check"):
        await bench.set(GOOD)
    await bench.set(GOOD, skip=True)
    assert ("ann", GOOD) == await bench.login(bench.ann)
    with pytest.raises(Unavailable):
        await bench.systems.evaluate(bench.ann, DOOR, "sys", "WORK")
    with pytest.raises(Conflict):
        await bench.create()
