"""One running service for most scenarios, with a few people who use it."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.scenarios.rescale import Rescale
from tests.service import Account, Service, running_service

GRACE = {"DRAGOMAN_LOCAL_GRACE_SECONDS": "1", "DRAGOMAN_LOCAL_SLOTS": "8"}

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that most scenarios share."""
    with running_service(tmp_path_factory.mktemp("service"), GRACE) as running:
        yield running


@pytest.fixture(scope="session")
def demouser(service: Service) -> Account:
    """The user of the documents."""
    return service.account("demouser")


@pytest.fixture(scope="session")
def api(service: Service, demouser: Account) -> Iterator[Rescale]:
    """Rescale's API, as the user of the documents."""
    with service.client(demouser.token) as http:
        yield Rescale(http)


@pytest.fixture(scope="session")
def other(service: Service) -> Iterator[Rescale]:
    """Rescale's API, as somebody else: other@example.com."""
    with service.client(service.account("other").token) as http:
        yield Rescale(http)


@pytest.fixture
def newcomer(service: Service) -> Iterator[Rescale]:
    """Rescale's API, as somebody who has nothing yet."""
    with service.client(service.account(f"newcomer{next(_numbers)}").token) as http:
        yield Rescale(http)


@pytest.fixture
def nobody(service: Service) -> Iterator[httpx2.Client]:
    """A client without a key."""
    with service.client() as http:
        yield http


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts a service of the test's own, with settings as keywords: ``local_grace_seconds=1``."""
    with contextlib.ExitStack() as stack:

        def start(**settings: object) -> Service:
            named = {f"DRAGOMAN_{key.upper()}": str(value) for key, value in settings.items()}
            return stack.enter_context(running_service(tmp_path / "service", {**GRACE, **named}))

        yield start
