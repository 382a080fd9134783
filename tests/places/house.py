"""A house with people's systems in it: directories of this host, reached by logins as if each were a host of its own.

The door that serves them is opened in the same process; ``tests.places.app`` serves it from a process of its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2

from dragoman.blobs import LocalBlobs
from dragoman.config import Settings
from dragoman.config.settings import Server, Upload
from dragoman.core.errors import Denied, NotFound
from dragoman.core.ports import Login
from dragoman.core.registered import SealedLogin
from dragoman.core.things import Account, Identity, System, Verb
from dragoman.desk import Desk, open_desk
from dragoman.dialects.tapis3.door import DOOR, Route, build
from dragoman.dialects.tapis3.files import ROUTES
from dragoman.engine import Engine, Limits, World
from dragoman.host.clock import HostClock
from dragoman.measurements import KeptMeasurements, prepare
from dragoman.shells.local_login import LocalLogin
from dragoman.store import Connection, accounts, catalogue, grants, logins, places
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import digest
from dragoman.web.door import Door
from tests.databases import sqlite_at
from tests.keys import signing_keys

PEOPLE = ("ann", "bob", "eve", "root")
"""``root`` is an admin."""
SYSTEMS: Mapping[str, Mapping[str, Any]] = {
    "vm": {},
    "store": {},
    "alike": {},
    "off": {"enabled": False},
    "grid": {"kind": "irods"},
    "bucket": {"kind": "s3", "root": "/top"},
}
"""All of them ann's. On ``alike`` everybody logs in under one name."""
LIMITS = Limits(lease=5.0, poll=0.2, watch=5.0, attempts=3, surprises=2, slowest=0.05)


@dataclass(kw_only=True)
class HostLogins:
    """The login of everybody on every system: this process's own, which may be replaced by another for a system."""

    instead: dict[str, Login] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    """(system, account) pairs that the host does not let in."""
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def of(self, system: System, account: Account) -> Login:
        """The login."""
        self.asked.append((system.name, account.name))
        if (system.name, account.name) in self.refused:
            raise Denied(f"{system.name} does not let {account.name} in.")
        return self.instead.get(system.name) or LocalLogin("/", lambda argv: argv)


@dataclass(kw_only=True)
class Web:
    """A web with a few pages."""

    pages: dict[str, bytes] = field(default_factory=dict)

    async def fetch(self, url: str) -> AsyncIterator[bytes]:
        """A page."""
        if url not in self.pages:
            raise NotFound("There is nothing.")
        return _pieces(self.pages[url])


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def token(name: str) -> str:
    """The token of somebody."""
    return digest(name)[:40]


@dataclass(kw_only=True)
class House:
    """What a test works with."""

    db: SqliteDb
    desk: Desk
    engine: Engine
    world: World
    hosts: HostLogins
    web: Web
    people: Mapping[str, Identity]
    root: Path
    door: Door

    def at(self, system: str, path: str = "") -> Path:
        """Where a path of a system is on this host."""
        return self.root / system / path.lstrip("/")

    def put(self, system: str, path: str, content: bytes | str = b"", mode: int = 0o644) -> Path:
        """A file on a system."""
        file = self.at(system, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    async def allow(self, kind: str, system: str, verb: Verb, user: str | None, path: str = "") -> None:
        """Grant something, to everybody when nobody is named."""
        who = None if user is None else self.people[user].account.id
        await self.db.write(_allow, kind, system, verb, who, path)

    def http(self, user: str = "") -> httpx2.AsyncClient:
        """Requests below /v3/ with somebody's token, or without one."""
        transport = httpx2.ASGITransport(app=_Raw(self.door.app), raise_app_exceptions=False)
        headers = {"X-Tapis-Token": token(user)} if user else {}
        return httpx2.AsyncClient(transport=transport, base_url="http://test/v3/", headers=headers)

    async def ask(self, user: str, method: str, path: str, **more: Any) -> httpx2.Response:
        """One request, its path sent as it stands."""
        async with self.http(user) as http:
            path, _, query = path.partition("?")
            request = http.build_request(method, f"?{query}" if query else "", **more)
            request.headers[_Raw.HEADER] = f"/v3/{path}"
            return await http.send(request)


class _Raw:
    """Takes the path from a header, as the client library would not send it: it resolves dots."""

    HEADER = "x-raw-path"

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = dict(scope["headers"]).get(self.HEADER.encode(), scope["raw_path"])
        await self._app({**scope, "raw_path": raw, "path": unquote(raw.decode())}, receive, send)


def _allow(conn: Connection, kind: str, system: str, verb: Verb, account_id: int | None, path: str) -> None:
    found = places.find_place(conn, system)
    assert found is not None
    grants.give(conn, kind=kind, ref=found.id, account_id=account_id, verb=verb, path=path, at=0)


def _settle(conn: Connection, root: str, password_hash: str) -> dict[str, Identity]:
    people = {}
    for name in PEOPLE:
        new = {"name": name, "email": f"{name}@example.com", "password_hash": password_hash}
        account = accounts.add_account(conn, **new, is_admin=name == "root", at=0)
        accounts.add_token(conn, account_id=account.id, digest=digest(token(name)), label="", at=0)
        people[name] = Identity(account=account)
    for name, values in SYSTEMS.items():
        same = {"description": "", "shell": "", "scheduler": "", "slots": 9, "facets": {DOOR: {}}, "kind": "linux"}
        own = {**same, "root": f"{root}/{name}", "uuid": name, **values}
        system_id = catalogue.put_system(conn, name=name, owner_id=people["ann"].account.id, values=own)
        if name == "alike":
            sealed = SealedLogin(login="shared", method="", secret=b"")
            logins.put_login(conn, system_id=system_id, account_id=None, sealed=sealed, at=0)
    return people


@asynccontextmanager
async def open_house(
    place: Path, *, limits: Limits = LIMITS, most: int = 0, routes: Sequence[Route] = ROUTES, password_hash: str = ""
) -> AsyncIterator[House]:
    """A house with ann's systems, and the engine running; opened again on the same place it goes on."""
    db, clock, blobs = sqlite_at(place / "test.db"), HostClock(), LocalBlobs(str(place / "blobs"))
    root, hosts, web = place / "hosts", HostLogins(), Web()
    measured = SqliteDb(str(place / "measured.db"), prepare=prepare)
    for name in SYSTEMS:
        (root / name).mkdir(parents=True, exist_ok=True)
    people = await db.write(_people, str(root), password_hash)
    nothing: dict[int, Any] = {}
    world = World(
        db=db,
        clock=clock,
        blobs=blobs,
        places=nothing,
        limits=limits,
        mint={},
        job_key=str,
        digest=digest,
        logins=hosts,
        fetch=web,
    )
    engine = Engine(world)
    desk = open_desk(
        db=db,
        clock=clock,
        blobs=blobs,
        shells=nothing,
        work_of=lambda system_id, run_id: f"{system_id}/{run_id}",
        hint=engine.hint,
        hint_line=engine.hint_line,
        digest=digest,
        keys=signing_keys(),
        vault_key=bytes(32),
        measurements=KeptMeasurements(measured),
        host_logins=hosts,
    )
    settings = Settings(server=Server(data=os.fspath(place)), upload=Upload(max_bytes=most))
    door = Door(name=DOOR, prefixes=("/v3",), app=build(routes, desk, blobs, settings))
    running = asyncio.create_task(engine.run())
    try:
        yield House(
            db=db, desk=desk, engine=engine, world=world, hosts=hosts, web=web, people=people, root=root, door=door
        )
    finally:
        engine.stop()
        await running
        measured.close()
        db.close()


def _people(conn: Connection, root: str, password_hash: str) -> dict[str, Identity]:
    try:
        return {name: Identity(account=accounts.find_account(conn, name=name)) for name in PEOPLE}
    except NotFound:
        return _settle(conn, root, password_hash)
