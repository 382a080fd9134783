"""The same door where rows and measurements are kept in PostgreSQL."""

from pathlib import Path

import pytest

from tests.beehive.field import add_node, query
from tests.postgres import new_database
from tests.service import running_service
from tests.store.conftest import postgres_url

__all__ = ["postgres_url"]

pytestmark = pytest.mark.slow


def test_measurements_and_uploads_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    """Handed in once, found, and still there after a crash."""
    with running_service(tmp_path, {"DRAGOMAN_DATABASE_URL": new_database(postgres_url)}) as service:
        service.account("theone")
        node = add_node(service, "W023", allow="theone")
        batch = [node.record(value, name="pg.mixed", ago=10 - place) for place, value in enumerate((1, 2.5, "x"))]
        told = [node.send(*batch) for _ in range(2)]
        assert [(200, 3), (200, 3)] == [(one.status, one.json["highest"]) for one in told]
        assert 201 == node.upload("1795164459047831970-a.txt", b"bytes", task="pg").status
        service.kill()
        service.restart()
        assert [(200, 3)] == [(one.status, one.json["highest"]) for one in (node.send(*batch),)]
        assert [1, 2.5, "x"] == query(service, {"start": "-5m", "filter": {"name": "pg.mixed"}}).values
        (address,) = query(service, {"start": "2026-01-01", "filter": {"task": "pg"}}).values
        assert address.startswith(f"{service.url}/api/v1/data/sage/sage-pg-latest/{node.name}/")
        assert not (service.data / "measurements.db").exists()
