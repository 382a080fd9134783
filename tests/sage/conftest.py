"""A service with the people and nodes of the recordings: theone may schedule on W023 and W030, other on none."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sage.scheduler import Scheduler
from tests.service import Account, Service, running_service

RPI = {"name": "rpi", "hardware": {"capabilities": ["arm64"]}}
RAIN = {"name": "000048b02d15bc7c", "tags": ["rain", "chicago"], "computes": [RPI]}


def furnish(service: Service) -> dict[str, Account]:
    """Accounts, nodes and who may schedule there."""
    people = {name: service.account(name) for name in ("theone", "other")}
    people["root"] = Account(
        **json.loads(
            service.command(
                "account",
                "add",
                "root",
                "--email",
                "root@example.com",
                "--password",
                "x",
                "--admin",
                "--output",
                "json",
            ).stdout
        )
    )
    manifest = service.data.parent / "rain.json"
    manifest.write_text(json.dumps(RAIN))
    for vsn in ("W023", "W030"):
        service.command("node", "add", vsn, "--allow", "theone")
    service.command("node", "add", "W042", "--allow", "theone", "--manifest", str(manifest))
    service.command("node", "add", "W099")
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
