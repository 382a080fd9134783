"""The service is killed in the middle of a large file for an object store."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from dragoman.shells.s3_signing import signed
from dragoman.shells.s3_store import S3Target
from dragoman.shells.s3_uploads import PART, SLACK
from tests.hosts.swift import SwiftHost, swift_host
from tests.service import Service, running_service, wait_until
from tests.shells.grounds import bucket_of
from tests.tapis3.envelopes import told
from tests.tapis3.people import newcomer
from tests.tapis3.uploads import half_an_upload

__all__ = ["swift_host"]
pytestmark = [pytest.mark.slow, pytest.mark.serial]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that may be killed."""
    with running_service(tmp_path_factory.mktemp("own")) as running:
        yield running


def under_way(target: S3Target) -> list[str]:
    """When each upload in the bucket was begun."""
    address, headers = signed(target, "GET", "", {"uploads": ""}, datetime.now(UTC))
    text = httpx2.get(address, headers=dict(headers), timeout=60, trust_env=False).raise_for_status().text
    return re.findall("<Initiated>(.+?)</Initiated>", text)


def test_the_upload_is_aborted_at_the_next_start(own: Service, swift_host: SwiftHost) -> None:
    """The store keeps none of its parts, and the service no note of it."""
    target, ann = bucket_of(swift_host, "killed"), newcomer(own, "ann")
    asked: dict[str, Any] = {"id": "killed", "systemType": "S3", "host": target.endpoint, "bucketName": target.bucket}
    asked |= {"defaultAuthnMethod": "ACCESS_KEY", "canExec": False, "rootDir": "/"}
    told(ann.http.post("systems", json=asked), 201)
    keys = {"accessKey": target.access, "accessSecret": target.secret}
    told(ann.http.post("systems/credential/killed/user/ann", json=keys), 201)
    with half_an_upload(ann, "killed", "/f", 2 * PART):
        [begun] = wait_until(lambda: under_way(target), 60)
        # What is begun while a service starts may be its own.
        wait_until(lambda: time.time() > datetime.fromisoformat(begun).timestamp() + 2 * SLACK, 60)
        own.kill()
        assert 1 == len(under_way(target))
    own.restart()
    wait_until(lambda: not under_way(target), 60)
    wait_until(lambda: not any((own.data / "half-files").iterdir()), 60)
