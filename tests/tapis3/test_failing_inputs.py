"""A job one of whose inputs cannot be brought ends when nothing is brought for it any more."""

import io
import os
import zipfile

import pytest

from tests.tapis3.envelopes import told
from tests.tapis3.local_jobs import add_app, await_status
from tests.tapis3.people import Person

pytestmark = [pytest.mark.slow]

LARGE = 128 << 20
"""Bytes that are still being copied when the missing file has long been missed."""


def put_large_app(who: Person, name: str) -> None:
    """An app whose archive takes a while to copy."""
    add_app(who, name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tapisjob_app.sh", "#!/bin/bash\n")
        archive.writestr("ballast", os.urandom(1 << 20) * (LARGE >> 20))
    buffer.seek(0)
    buffer.name = f"{name}.zip"
    who.tapis.files.insert(systemId="local", path=f"/apps/{name}.zip", file=buffer)


def test_what_is_still_coming_is_called_off_first(ann: Person) -> None:
    """The end is the last that its history tells, and names what is missing."""
    put_large_app(ann, "ballast")
    asked = {"name": "j", "appId": "ballast", "appVersion": "1", "fileInputs": [{"sourceUrl": "tapis://local/missing"}]}
    uuid = told(ann.http.post("jobs/submit", json=asked))["uuid"]
    await_status(ann, uuid, "FAILED")
    job = told(ann.http.get(f"jobs/{uuid}"))
    assert "JOB_TRANSFER_FAILED_OR_CANCELLED" == job["condition"]
    assert "local/missing" in job["lastMessage"]
    history = [(one["event"], one["eventDetail"]) for one in told(ann.http.get(f"jobs/{uuid}/history"))]
    assert ("JOB_NEW_STATUS", "FAILED") == history[-1]
    ends = {detail for event, detail in history if event == "JOB_INPUT_TRANSACTION_ID"} - {"ACCEPTED"}
    assert "FAILED" in ends
    assert len(ends) == 2  # the other was called off, or had come by then
