"""A PostgreSQL database belongs to one data directory: with another one, what runs would be taken for lost."""

from pathlib import Path

import pytest

from tests.postgres import new_database
from tests.scenarios.rescale import FINISHED, Rescale
from tests.service import Service, running_service
from tests.store.conftest import postgres_url

__all__ = ["postgres_url"]

pytestmark = pytest.mark.slow


def refused(place: Path, url: str) -> str:
    """What a service says that does not start."""
    service = Service(place, {"DRAGOMAN_DATABASE_URL": url})
    with pytest.raises(AssertionError, match="did not get ready"):
        service.start()
    return service.told()


def test_another_directory_is_refused_and_what_runs_goes_on(tmp_path: Path, postgres_url: str) -> None:
    """A second service beside the first would find no run directories, and call all that runs lost."""
    url = new_database(postgres_url)
    settings = {"DRAGOMAN_DATABASE_URL": url}
    with running_service(tmp_path / "first", settings) as service, service.client(service.account("ada").token) as http:
        api = Rescale(http)
        job = api.submit("until test -e go; do sleep 0.1; done")
        api.wait(job, "Executing")
        assert "belongs to another data directory" in refused(tmp_path / "second", url)
        service.kill()
        service.restart()
        (work,) = service.data.glob("runs/*/home/work")
        (work / "go").touch()
        api.wait(job, "Completed")
        assert FINISHED == api.end(job)


def test_another_database_is_refused(tmp_path: Path, postgres_url: str) -> None:
    """Run directories of which it knows nothing would be cleared away under what runs there."""
    with running_service(tmp_path, {"DRAGOMAN_DATABASE_URL": new_database(postgres_url)}):
        pass
    assert "belongs to another database" in refused(tmp_path, new_database(postgres_url))
