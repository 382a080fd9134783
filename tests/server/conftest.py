"""One running service for the tests of this room."""

from collections.abc import Iterator

import pytest

from tests.service import Service, running_service


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that nothing here ends."""
    with running_service(tmp_path_factory.mktemp("server")) as running:
        yield running
