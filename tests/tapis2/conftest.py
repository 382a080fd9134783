"""One running service for the tests of this door, with joe and bob, who use it."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.service import Service, running_service
from tests.tapis2.people import Person, newcomer, requests

SETTINGS = {"DRAGOMAN_LOCAL_GRACE_SECONDS": "1", "DRAGOMAN_LOCAL_SLOTS": "8", "DRAGOMAN_OUTBOUND_ALLOW": "127.0.0.1"}
MAIL = {
    "DRAGOMAN_MAIL_SERVER": "127.0.0.1",
    "DRAGOMAN_MAIL_SENDER": "jobs@example.com",
    "DRAGOMAN_MAIL_STARTTLS": "off",
}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that these tests share."""
    with running_service(tmp_path_factory.mktemp("service"), SETTINGS) as running:
        yield running


@pytest.fixture(scope="session")
def joe(service: Service) -> Person:
    """Somebody."""
    return newcomer(service, "joe")


@pytest.fixture(scope="session")
def bob(service: Service) -> Person:
    """Somebody else."""
    return newcomer(service, "bob")


@pytest.fixture(scope="session")
def nobody(service: Service) -> Iterator[httpx2.Client]:
    """Requests without a token."""
    with requests(service) as http:
        yield http
