"""One running service for the tests of this door, with ann and bob, who use it."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.places.conftest import house
from tests.service import Service, running_service
from tests.tapis3.hosts import grid, slurm
from tests.tapis3.people import Person, newcomer, requests

__all__ = ["grid", "house", "slurm"]

GRACE = {"DRAGOMAN_LOCAL_GRACE_SECONDS": "1", "DRAGOMAN_LOCAL_SLOTS": "8"}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that these tests share."""
    with running_service(tmp_path_factory.mktemp("service"), GRACE) as running:
        yield running


@pytest.fixture(scope="session")
def ann(service: Service) -> Person:
    """Somebody."""
    return newcomer(service, "ann")


@pytest.fixture(scope="session")
def bob(service: Service) -> Person:
    """Somebody else."""
    return newcomer(service, "bob")


@pytest.fixture(scope="session")
def nobody(service: Service) -> Iterator[httpx2.Client]:
    """Plain requests without a token."""
    with requests(service) as http:
        yield http
