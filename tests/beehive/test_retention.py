"""Uploads go when they are as old as the operator says, and do not come back."""

import time
from pathlib import Path

import httpx2
import pytest

from dragoman.core.measurements import SECOND
from tests.beehive.field import Node, add_node, query
from tests.beehive.test_uplink import blobs
from tests.service import Service, running_service, wait_until

pytestmark = pytest.mark.slow

DAY = 86_400 * SECOND


def test_old_uploads_are_deleted_with_their_records(tmp_path: Path) -> None:
    """When the service looks, which it does at its start; a node that sends one again is told that it was taken."""
    old, young = (f"{time.time_ns() - days * DAY}-a.jpg" for days in (40, 20))
    with running_service(tmp_path) as service:
        service.account("theone")
        node = add_node(service, "W023", allow="theone")
        urls = [node.upload(name, name.encode(), task="camera").json["url"] for name in (old, young)]
        assert [200, 200] == statuses(service, urls)
        assert 2 == len(uploads(service))
    with running_service(tmp_path, {"DRAGOMAN_FIELD_UPLOAD_DAYS": "30"}) as service:
        node = Node(service, "W023", node.token, node.name)
        wait_until(lambda: [404, 200] == statuses(service, urls))
        wait_until(lambda: 1 == blobs(service))
        wait_until(lambda: [f"{service.url}{urls[1]}"] == uploads(service))
        again = node.upload(old, old.encode(), task="camera")
        assert (200, urls[0]) == (again.status, again.json["url"])
        wait_until(lambda: 1 == blobs(service))
        assert ([404, 200], 1) == (statuses(service, urls), len(uploads(service)))


def statuses(service: Service, urls: list[str]) -> list[int]:
    """What the addresses of uploads answer."""
    return [httpx2.get(f"{service.url}{url}", timeout=120, trust_env=False).status_code for url in urls]


def uploads(service: Service) -> list[object]:
    """What the records of uploads say."""
    return query(service, {"start": "-90d", "filter": {"name": "upload"}}).values
