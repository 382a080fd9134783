"""A service with the people and nodes of the recordings: theone may schedule on three, and builder work on two."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dragoman.core.manifests import assumed_manifest, read_manifest
from dragoman.core.things import Verb
from dragoman.host.clock import HostClock
from dragoman.store import Connection, accounts, nodes
from dragoman.store.sqlite import SqliteDb
from dragoman.trust.tokens import digest, mint
from tests.sage.scheduler import Scheduler
from tests.service import Account, Service, running_service

RPI = {"name": "rpi", "hardware": {"capabilities": ["arm64"]}}
RAIN = {"name": "000048b02d15bc7c", "tags": ["rain", "chicago"], "computes": [RPI]}


def furnish(service: Service) -> dict[str, Account]:
    """Accounts, nodes and who may schedule there, as the command line makes them, in one go."""
    names = ("theone", "other", "root", "builder")
    people = {name: Account(name=name, email=f"{name}@example.com", token=mint()) for name in names}

    def work(conn: Connection, at: int) -> None:
        for one in people.values():
            made = accounts.add_account(
                conn, name=one.name, email=one.email, password_hash="none", is_admin=one.name == "root", at=at
            )
            accounts.add_token(conn, account_id=made.id, digest=digest(one.token), label="first", at=at)
        theone = accounts.find_account(conn, name="theone")
        builder = accounts.find_account(conn, name="builder")
        for vsn in ("W023", "W030", "W042", "W099"):
            name = f"0000{secrets.token_hex(6)}"
            manifest = read_manifest(RAIN, vsn, name) if vsn == "W042" else assumed_manifest(vsn, name)
            node = nodes.add_node(conn, vsn=vsn, name=name, manifest=manifest, key_digest=digest(mint()), at=at)
            for verb in (Verb.READ, Verb.SCHEDULE) if vsn != "W099" else ():
                accounts.add_grant(conn, kind=nodes.KIND, ref=node.id, account_id=theone.id, verb=verb, at=at)
            if vsn in {"W030", "W099"}:
                accounts.add_grant(conn, kind=nodes.KIND, ref=node.id, account_id=builder.id, verb=Verb.CHANGE, at=at)

    db = SqliteDb(str(service.data / "dragoman.db"))
    try:
        db.write_now(work, HostClock().now())
    finally:
        db.close()
    return people


@pytest.fixture(scope="session")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[str, Account]]]:
    """The service that most of these tests share."""
    with running_service(tmp_path_factory.mktemp("field")) as service:
        yield service, furnish(service)


@pytest.fixture(scope="session")
def service(field: tuple[Service, dict[str, Account]]) -> Service:
    return field[0]


@pytest.fixture(scope="session")
def people(field: tuple[Service, dict[str, Account]]) -> dict[str, Account]:
    return field[1]


@pytest.fixture
def client(service: Service, people: dict[str, Account]) -> Iterator[Callable[[str | None], Scheduler]]:
    """The client of somebody, by name; of nobody, or with a token of nobody's."""
    with ExitStack() as stack:

        def of(name: str | None) -> Scheduler:
            made = Scheduler(service, people[name].token if name in people else name)
            stack.callback(made.close)
            return made

        yield of


@pytest.fixture
def theone(client: Callable[[str | None], Scheduler]) -> Scheduler:
    return client("theone")


@pytest.fixture
def other(client: Callable[[str | None], Scheduler]) -> Scheduler:
    return client("other")


@pytest.fixture
def nobody(client: Callable[[str | None], Scheduler]) -> Scheduler:
    return client(None)


@pytest.fixture
def profiled(tmp_path: Path) -> Iterator[Callable[..., tuple[Service, dict[str, Account]]]]:
    """Another service, with other settings."""
    with ExitStack() as stack:

        def open_one(**settings: str) -> tuple[Service, dict[str, Account]]:
            found = {f"DRAGOMAN_FIELD_{key}": value for key, value in settings.items()}
            running = stack.enter_context(running_service(tmp_path / "other", found))
            return running, furnish(running)

        yield open_one
