"""Who may see whom, and change what is said of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.core.errors import Denied, NotFound
from dragoman.core.things import Identity
from dragoman.desk.people import People
from dragoman.store import Connection, accounts
from dragoman.store.sqlite import SqliteDb
from tests.databases import sqlite_at
from tests.store.things import T0

pytestmark = pytest.mark.anyio


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SqliteDb]:
    opened = sqlite_at(tmp_path / "test.db")
    yield opened
    opened.close()


@pytest.fixture
def known(db: SqliteDb) -> dict[str, Identity]:
    """Ada, Bob and an admin."""

    def work(conn: Connection, name: str) -> Identity:
        email = f"{name}@example.com"
        is_admin = name == "root"
        return Identity(
            account=accounts.add_account(conn, name=name, email=email, password_hash="h", is_admin=is_admin, at=T0)
        )

    return {name: db.write_now(work, name) for name in ("ada", "bob", "root")}


async def test_people_see_and_change_themselves_alone(db: SqliteDb, known: dict[str, Identity]) -> None:
    """Of others they do not even learn whether they are here."""
    people = People(db)
    assert "rain" == (await people.change_profile(known["ada"], "ada", {"bio": "rain"})).bio
    assert "rain" == (await people.find(known["ada"], "ada")).profile.bio
    for name in ("bob", "nobody"):
        with pytest.raises(Denied):
            await people.find(known["ada"], name)
        with pytest.raises(Denied):
            await people.change_profile(known["ada"], name, {"bio": "x"})
    with pytest.raises(Denied):
        await people.list(known["ada"])


async def test_admins_see_and_change_everybody(db: SqliteDb, known: dict[str, Identity]) -> None:
    """By name; and who is not here, they are told."""
    people, root = People(db), known["root"]
    assert ["ada", "bob", "root"] == [one.account.name for one in await people.list(root)]
    assert "x" == (await people.change_profile(root, "bob", {"bio": "x"})).bio
    with pytest.raises(NotFound):
        await people.find(root, "nobody")
    with pytest.raises(NotFound):
        await people.change_profile(root, "nobody", {"bio": "x"})


async def test_a_run_brings_no_keys_to_nodes(db: SqliteDb, known: dict[str, Identity]) -> None:
    """What it would change outlives it, and opens what was not meant for it."""
    people = People(db)
    run = Identity(account=known["ada"].account, job_id=1)
    with pytest.raises(Denied, match="A job's own key"):
        await people.change_profile(run, "ada", {"ssh_public_keys": "ssh-rsa AAAA"})
    assert "" == (await people.find(run, "ada")).profile.ssh_public_keys
