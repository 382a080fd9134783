"""One running service with two nodes, and people who may read what one of them measures."""

from collections.abc import Iterator

import pytest

from tests.beehive.field import Node, add_node
from tests.service import Account, Service, running_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that the tests of this door share."""
    with running_service(tmp_path_factory.mktemp("beehive")) as running:
        yield running


@pytest.fixture(scope="session")
def theone(service: Service) -> Account:
    """Who may schedule on W023."""
    return service.account("theone")


@pytest.fixture(scope="session")
def w023(service: Service, theone: Account) -> Node:
    """A node."""
    return add_node(service, "W023", allow=theone.name)


@pytest.fixture(scope="session")
def w024(service: Service, theone: Account) -> Node:
    """Another one."""
    return add_node(service, "W024", allow=theone.name)
